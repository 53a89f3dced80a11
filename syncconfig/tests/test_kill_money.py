"""Syncs of invoices, payments and notes, killed with SIGKILL at request after request and started again: both accounts end as without a kill.

Only the accounts themselves are looked at, never our tables; the auditor of money watches every commit of every trial.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncconfig.tests.firm import Firm
from syncconfig.tests.money_portrait import accounts, difference
from syncconfig.tests.town import running
from syncconfig.tests.trade import Shop, first, later
from syncconfig.tests.trials import KEYS, MOMENTS, Boundary, Start, Trial, tried

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

WRITING = re.compile(r"/batch/(create|update|upsert|archive)$|^batch (create|update|delete)|operation=void$")
READS = 4
"""One of so many requests that only read is killed; of those that write, each is, before and after."""

NEW = {
    "objects/invoices/batch/upsert",
    "objects/line_items/batch/create",
    "objects/taxes/batch/create",
    "objects/discounts/batch/create",
    "associations/invoices/companies/batch/create",
    "associations/invoices/contacts/batch/create",
    "objects/invoices/batch/update",
    "objects/deals/batch/update",
    "objects/commerce_payments/batch/create",
    "objects/commerce_payments/batch/update",
    "objects/notes/batch/create",
    "batch create Item",
    "batch create Invoice",
    "batch create Payment",
}
CHANGED = {
    "objects/line_items/batch/archive",
    "objects/line_items/batch/update",
    "objects/discounts/batch/archive",
    "objects/taxes/batch/update",
    "objects/commerce_payments/batch/archive",
    "batch update Invoice",
    "invoice operation=void",
}


@pytest.fixture
def shop(settings: Any, admin: Any) -> Iterator[Shop]:
    with running(settings, admin, made=Firm) as firm:
        shop = Shop(firm)
        shop.open()
        yield shop


def chosen(boundaries: list[Boundary]) -> list[tuple[Boundary, str]]:
    """Every request that writes, at both moments, and some of those that read; the same in every run, in whatever order they were sent."""
    reads = sorted(boundary for boundary in boundaries if not WRITING.search(boundary.kind))
    writes = [(boundary, moment) for boundary in boundaries if WRITING.search(boundary.kind) for moment in MOMENTS]
    return [*writes, *((boundary, MOMENTS[place % 2]) for place, boundary in enumerate(reads[::READS]))]


def about_money(boundaries: list[Boundary]) -> list[Boundary]:
    """Those of the runs after people and products."""
    others = ("objects/contacts/search", "objects/companies/search", "objects/products/search", "cdc entities=Customer", "cdc entities=Item")
    return [boundary for boundary in boundaries if boundary.kind not in others]


@pytest.fixture
def start(request: pytest.FixtureRequest, shop: Shop, tmp_path: Path) -> Iterator[Start]:
    """What stands after something happened in the shop."""
    request.param(shop)
    with Start.here({key: getattr(shop.firm.sandboxes, key) for key in KEYS}, tmp_path / "start") as start:
        yield start


@pytest.mark.parametrize(("start", "kinds"), [(first, NEW), (later, CHANGED)], indirect=["start"], ids=["first", "later"])
def test_syncs_of_money_killed_at_any_request_end_as_without_a_kill(start: Start, tmp_path: Path, kinds: set[str]) -> None:
    with Trial(start, tmp_path / "golden") as golden:
        assert golden.sync()[0] == 0
        cases = chosen(about_money(golden.boundaries()))
        code, runs = golden.sync(2)
        assert (code, [run["writes"] for run in runs[5:]]) == (0, [{"hubspot": 0, "quickbooks": 0}] * 5)
        assert all(run["counts"]["failing"] == run["counts"]["pending"] == 0 for run in runs), runs
        expected = accounts(golden.servers).portrait()
    assert kinds <= {boundary.kind for boundary, _ in cases}

    def attempt(number: int, boundary: Boundary, moment: str) -> str:
        with Trial(start, tmp_path / f"kill{number}") as trial:
            seen = accounts(trial.servers)
            auditor = seen.auditor()
            auditor.watch()
            trial.kill_at(boundary, moment)
            code, _ = trial.sync()
            if code != -signal.SIGKILL:
                return f"it was not killed, and ended with {code}"
            code, _ = trial.sync(2)
            wrong = [*auditor.close(), difference(seen.portrait(), expected)]
        return "" if (code, wrong) == (0, [""]) else f"exit code {code}, {wrong}"

    assert tried(attempt, cases) == []
