"""The whole system over HTTP: two simulated accounts, connected by OAuth, kept together by runs on the database."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors.sandbox.sample import generate
from connectors.sandbox.state import State as Documents
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts
from syncconfig.engine.state import State
from syncconfig.models import SyncRecord, SyncRun
from syncconfig.sandboxes import sandboxes as simulations
from syncconfig.tests.system import System

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def system(sandboxes, admin) -> System:  # type: ignore[no-untyped-def]
    return System(sandboxes, admin)


def test_a_first_sync_of_the_sample_company_brings_both_sides_together(system: System) -> None:
    sync = system.start(Kind.CONTACT)
    system.turn_on(sync)
    run = system.run(sync)
    assert run.state in (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL), (run.error, run.error_details)
    states = {s: SyncRecord.objects.filter(sync=sync, state=s).count() for s in State}
    assert states[State.PENDING] == 0, states
    assert states[State.IN_SYNC] > 20, states
    again = system.run(sync)
    assert again.result["writes"] == {"hubspot": 0, "quickbooks": 0}, again.result
    assert again.result["calls"] == {"hubspot": 3, "quickbooks": 1}, again.result


def test_a_first_sync_asks_the_database_for_batches_and_never_for_one_record(sandboxes, admin) -> None:  # type: ignore[no-untyped-def]
    """Twice the people cost at most half a query more for each of them, reading, deciding and writing together."""
    counts = {}
    for number in (200, 600):
        fill(sandboxes, number)
        system = System(sandboxes, admin)
        sync = system.start(Kind.CONTACT)
        drafts.set_rules(sync, Direction.TO_RIGHT, ())
        system.turn_on(sync)
        with CaptureQueriesContext(connection) as queries:
            run = system.run(sync)
        assert run.state == SyncRun.State.SUCCEEDED, (run.error, run.result)
        assert SyncRecord.objects.filter(sync=sync, state=State.IN_SYNC).count() == number
        counts[number] = len(queries)
        sync.delete()
    assert counts[600] - counts[200] < 400 * 0.5, counts


def fill(sandboxes, number: int) -> None:  # type: ignore[no-untyped-def]
    """Other people in both accounts in place of those who are there: half on both sides, a quarter on each only."""
    for key, simulation in simulations().items():
        app = simulation.build(Documents())
        simulation.load(app, simulation.account, generate(number))
        sandboxes.servers[key].app.__dict__.update(app.__dict__)
        sandboxes.servers[key].app.keep_log = True
