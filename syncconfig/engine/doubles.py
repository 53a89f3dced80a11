"""The guard against a second invoice for one payment: automations book paid documents for payments whose invoice the books have (spec R182).

Pure. Such a double is of the same customer and amount, is paid in full, and is of the day on which the invoice of the left was paid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connectors.base import Lines, Operation, Value
from connectors.vocabulary import Category
from syncconfig.engine.decision import Decision
from syncconfig.engine.plan import Plan, Planned
from syncconfig.engine.spec import Doubles, Side, SyncSpec
from syncconfig.engine.state import Row, Seen, State

Mark = tuple[Value, Value, Value]
"""Customer, total and day."""


def suspects(spec: SyncSpec, plan: Plan) -> list[Planned]:
    """The documents of the right that would be made on the left and are paid in full."""
    if spec.doubles is None:
        return []
    key, word = spec.doubles.paid
    return [p for p in plan.planned if _makes_a_copy(p) and p.row.right and p.row.right.values.get(key) == word]


def _makes_a_copy(planned: Planned) -> bool:
    return any(c.side is Side.LEFT and c.operation is Operation.CREATE for c in planned.decision.changes)


def refuse(spec: SyncSpec, found: Iterable[Planned], originals: Iterable[Row]) -> None:
    """Let those fail that are doubles of one of `originals`, linked rows that were born on the left."""
    if spec.doubles is None:
        return
    paid = {mark: row for row in originals if row.left and (mark := _original(spec.doubles, row.left, row.right))}
    for planned in found:
        mark = _double(spec.doubles, planned.row.right)
        original = paid.get(mark) if mark else None
        if original:
            details = {"side": str(Side.LEFT), "title": original.title}
            planned.decision = Decision(State.FAILING, Category.DUPLICATE_BLOCKED, details)
            planned.row = replace(planned.row, wants="")


def _double(d: Doubles, right: Seen | None) -> Mark | None:
    content = right.values.get(d.content) if right else None
    return (right.values.get(d.customer), content.total, right.values.get(d.day)) if right and isinstance(content, Lines) else None


def _original(d: Doubles, left: Seen, right: Seen | None) -> Mark | None:
    content, day = (right.values.get(d.content) if right else None), left.values.get(d.paid_on)
    return (right.values.get(d.customer), content.total, day) if right and isinstance(content, Lines) and day else None
