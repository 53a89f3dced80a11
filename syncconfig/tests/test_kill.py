"""A first sync, killed with SIGKILL at request after request and started again: the two simulated accounts end as without a kill.

Only the accounts themselves are looked at, never our tables. What is killed is the sync command of this project in a process of its own.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.sample import generate
from connectors.sandbox.state import State
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts
from syncconfig.sandboxes import sandboxes as simulations
from syncconfig.tests.system import System
from syncconfig.tests.trials import KEYS, MOMENTS, Boundary, Start, Trial, tried

PEOPLE = 1200
AT_LEAST = 50
"""Request boundaries at which a first sync is killed."""


def contents(trial: Trial) -> dict[str, list[tuple[str, ...]]]:
    """What stands in both accounts, without ids and times."""
    contacts = list(trial.apps["hubspot"].accounts["1234567"].tables["contacts"].after(0))  # type: ignore[attr-defined]
    customers = trial.apps["quickbooks"].companies["9130350000000000001"].table("Customer").rows.values()  # type: ignore[attr-defined]
    left = sorted(tuple(str(c["properties"].get(k)) for k in ("email", "firstname", "lastname", "phone", "city")) for c in contacts)
    assert all(c["properties"].get("tandem_quickbooks_id") for c in contacts)
    names = ("DisplayName", "GivenName", "FamilyName", "PrimaryEmailAddr", "PrimaryPhone")
    right = sorted(tuple(str(c.get(k)) for k in names) for c in customers)
    return {"hubspot": left, "quickbooks": right}


@pytest.fixture
def start(sandboxes: Any, admin: Any, tmp_path: Path) -> Iterator[Start]:
    """A portal with a two-way contact sync without filters, and 1,200 people: half on both sides, a quarter on each side only."""
    apps = {key: simulations()[key].build(State()) for key in KEYS}
    for key in KEYS:
        simulations()[key].load(apps[key], simulations()[key].account, generate(PEOPLE))
        sandboxes.servers[key].app.__dict__.update(apps[key].__dict__)
    system = System(sandboxes, admin)
    sync = system.start(Kind.CONTACT)
    drafts.set_rules(sync, Direction.TO_RIGHT, ())
    system.turn_on(sync)
    with Start.here({key: getattr(sandboxes, key) for key in KEYS}, tmp_path / "start") as start:
        yield start


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_first_sync_killed_at_any_request_ends_as_without_a_kill(start: Start, tmp_path: Path) -> None:
    with Trial(start, tmp_path / "golden") as golden:
        code, [run] = golden.sync()
        assert (code, run["counts"]["pending"], run["counts"]["failing"]) == (0, 0, 0), run
        expected = contents(golden)
        boundaries = golden.boundaries()
    assert len(expected["hubspot"]) == len(expected["quickbooks"]) == PEOPLE
    assert len(boundaries) >= AT_LEAST

    def attempt(number: int, boundary: Boundary, moment: str) -> str:
        with Trial(start, tmp_path / f"kill{number}") as trial:
            trial.kill_at(boundary, moment)
            code, _ = trial.sync()
            if code != -signal.SIGKILL:
                return f"it was not killed, and ended with {code}"
            code, _ = trial.sync()
            return "" if (code, contents(trial)) == (0, expected) else f"the accounts differ (exit code {code})"

    cases = [(boundary, MOMENTS[place % 3 > 0]) for place, boundary in enumerate(boundaries)]
    assert tried(attempt, cases) == []
