"""The whole system over HTTP: two simulated accounts, connected by OAuth, kept together by runs on the database."""

from __future__ import annotations

import pytest

from connectors.vocabulary import Kind
from syncconfig.engine.state import State
from syncconfig.models import SyncRecord, SyncRun
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
