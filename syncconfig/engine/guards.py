"""Guards: a run that would change suspiciously much stops before its first write and says the numbers (spec R127, correctness 1.5).

They have a floor, so that small accounts never meet them in daily work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from connectors.base import Operation
from syncconfig.engine.plan import Plan
from syncconfig.engine.spec import Side
from syncconfig.engine.state import Reason

MIN_GONE, MAX_GONE_SHARE = 10, 0.05
MIN_UPDATES, MAX_UPDATE_SHARE = 100, 0.30
MIN_WRITES, MAX_FAILED_SHARE = 50, 0.20
FLOOR = min(MIN_GONE, MIN_UPDATES)
"""With no more rows to decide than this no guard can trip."""


class Blocked(Exception):
    """The run stopped by itself. `guard` is a stable word: gone, updates, failures; `count` of `total` tripped it."""

    def __init__(self, guard: str, count: int, total: int, *, detail: str = "") -> None:
        super().__init__(f"{guard}: {count} of {total} {detail}".rstrip())
        self.guard = guard
        self.count = count
        self.total = total
        self.detail = detail


def check_plan(linked: int, plans: Iterable[Plan]) -> None:
    """Refuse when too many links lost a side, or too many linked records would be updated."""
    gone, updates = 0, Counter[Side]()
    for plan in plans:
        for planned in plan.planned:
            gone += (
                planned.row.linked and planned.decision.reason == Reason.COUNTERPART_DELETED and planned.before.reason != Reason.COUNTERPART_DELETED
            )
            for change in planned.decision.changes:
                gone += change.operation is Operation.DELETE
                updates[change.side] += change.operation is Operation.UPDATE and not planned.halves
    if gone > max(MIN_GONE, linked * MAX_GONE_SHARE):
        raise Blocked("gone", gone, linked)
    for side, count in updates.items():
        if count > max(MIN_UPDATES, linked * MAX_UPDATE_SHARE):
            raise Blocked("updates", count, linked, detail=side)


def check_failures(failed: Counter[str], written: int) -> None:
    """Stop a run when one category fails too large a share of its writes."""
    tried = written + sum(failed.values())
    if tried >= MIN_WRITES:
        category, count = max(failed.items(), key=lambda item: item[1], default=("", 0))
        if count > tried * MAX_FAILED_SHARE:
            raise Blocked("failures", count, tried, detail=category)
