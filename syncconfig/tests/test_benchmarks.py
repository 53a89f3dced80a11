"""What the product costs in calls and queries, as the benchmark measures it; seconds are for people to look at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncconfig.benchmarks.invoices import first_invoices
from syncconfig.tests.system import Command

pytestmark = pytest.mark.long


@pytest.mark.django_db(transaction=True)
def test_a_first_sync_of_a_thousand_invoices_takes_hardly_more_calls_than_it_must_either_way() -> None:
    found = {row.what: row for row in first_invoices(1000)}
    ratios = [row.value for what, row in found.items() if what.endswith("calls / smallest number")]
    assert len(ratios) == 2
    assert all(1 <= ratio <= 1.05 for ratio in ratios), ratios
    assert [row for what, row in found.items() if not what.endswith("bare script") and not row.ok] == []


@pytest.mark.parametrize("scenario", ["first-invoices", "first-sync"])
def test_the_command_fails_when_a_figure_is_above_its_limit_and_only_then(tmp_path: Path, scenario: str) -> None:
    with Command("benchmark", scenario, "--number", "40", "--json", DATABASE_URL=f"sqlite:///{tmp_path}/own.sqlite3") as command:
        code = command.wait()
    measured = json.loads(command.output.strip().splitlines()[-1])["measured"]
    assert code == (0 if all(row["ok"] for row in measured) else 1), command.errors
    assert all(row["ok"] == (row["value"] <= row["limit"]) for row in measured)
    assert [row["value"] for row in measured if row["what"].endswith("calls / smallest number")] == [1.0] * (2 if scenario == "first-invoices" else 1)
