"""Every small state of the merge, one field with four values: the laws of correctness 1.3 hold in all of them.

The right side may rewrite "c" into "b" as it stores. A state is decided, its writes are carried out and absorbed, and it is decided again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from connectors.base import FieldSpec, Presence, Record, Stored, Value
from connectors.vocabulary import Direction, Kind
from syncconfig.engine.answer import absorb
from syncconfig.engine.decision import Decision
from syncconfig.engine.filters import compile_filter
from syncconfig.engine.plan import Plan, Planned, finish, intents
from syncconfig.engine.reconcile import reconcile
from syncconfig.engine.spec import FieldMap, Match, MatchBy, Side, SyncSpec, WriteRule
from syncconfig.engine.state import Reason, Row, Seen, State
from syncconfig.engine.tests.world import ZONE

NOW = datetime(2026, 11, 23, tzinfo=UTC)
VALUES: tuple[Value, ...] = (None, "a", "b", "c")
SIZES = {Side.LEFT: 100, Side.RIGHT: 30}


@dataclass(frozen=True)
class Settings:
    direction: Direction
    mapped: Direction
    winner: Side
    rule: WriteRule
    ignore_blanks: bool

    def spec(self) -> SyncSpec:
        fields = {Side.LEFT: {"l": FieldSpec("l", "L")}, Side.RIGHT: {"r": FieldSpec("r", "R")}}
        maps = (FieldMap(("l",), "r", self.mapped, self.rule, ignore_blanks=self.ignore_blanks),)
        open_filter = compile_filter((), fields[Side.LEFT], ZONE)
        filters = {Direction.TO_LEFT: open_filter, Direction.TO_RIGHT: open_filter}
        return SyncSpec("n", "1", Kind.CONTACT, self.direction, self.winner, Match(MatchBy.NONE), maps, filters, fields, ZONE)

    def may(self, side: Side) -> bool:
        return all(d in (Direction.BOTH, side.inward) for d in (self.direction, self.mapped))


def every_settings() -> Iterator[Settings]:
    for d, m, w, rule, blanks in itertools.product(Direction, Direction, Side, WriteRule, (False, True)):
        yield Settings(d, m, w, rule, blanks)


def every_row() -> Iterator[Row]:
    bases = [None, *itertools.product(VALUES, VALUES)]
    for left, right, base in itertools.product(VALUES, VALUES, bases):
        row = Row(1, Seen("1", {"l": left}), Seen("2", {"r": right}))
        yield replace(row, left_base={"l>r": base[0]}, right_base={"l>r": base[1]}) if base else row


def carry_out(spec: SyncSpec, row: Row, decision: Decision, *, rewrites: bool) -> Row:
    """The row after its writes were stored and their answers absorbed."""
    plan = Plan([Planned(row, decision, row)])
    (after,) = finish(spec, plan, NOW)
    for intent in intents(spec, plan, [after], SIZES, NOW):
        stored = {k: "b" if rewrites and intent.side is Side.RIGHT and v == "c" else v for k, v in intent.write.fields.items()}
        after = absorb(spec, after, intent, Stored(intent.write.name, Record(intent.write.id, stored)), NOW).row
    return after


def value(row: Row, side: Side) -> Value:
    seen = row.side(side)
    assert seen
    return seen.values["l" if side is Side.LEFT else "r"]


def written(decision: Decision) -> dict[Side, Value]:
    return {c.side: next(iter(c.fields.values())) for c in decision.changes}


@pytest.mark.parametrize("rewrites", [False, True])
def test_every_small_state_keeps_the_laws(rewrites: bool) -> None:
    count = 0
    for settings in every_settings():
        spec = settings.spec()
        for row in every_row():
            decision = reconcile(spec, row, NOW)
            check_laws(settings, row, decision)
            after = carry_out(spec, row, decision, rewrites=rewrites)
            again = reconcile(spec, after, NOW)
            assert not again.changes, ("a second run writes", settings, row)  # L8
            count += 1
    assert count == 72 * 16 * 17


def check_laws(settings: Settings, row: Row, decision: Decision) -> None:
    left, right = value(row, Side.LEFT), value(row, Side.RIGHT)
    writes = written(decision)
    case = (settings, row, writes)
    assert len(writes) <= 1, case
    for side, new in writes.items():
        assert settings.may(side), case  # L9
        assert new == value(row, side.other), case  # L5
    if left == right:
        assert not writes, case  # L3
    if not row.left_base:
        check_first(settings, row, writes, case)
        return
    changed = {side: value(row, side) != row.base(side)["l>r"] for side in Side}
    if not any(changed.values()):
        assert not writes, case
    plain = settings.rule is WriteRule.ALWAYS and not settings.ignore_blanks
    for side in Side:
        if plain and left != right and changed[side] and not changed[side.other] and settings.may(side.other):
            assert set(writes) == {side.other}, case  # L1, L2
    if plain and left != right and all(changed.values()) and settings.may(Side.LEFT) and settings.may(Side.RIGHT):
        winner = settings.winner if value(row, settings.winner) is not None else settings.winner.other
        assert set(writes) == {winner.other}, case


def check_first(settings: Settings, row: Row, writes: dict[Side, Value], case: object) -> None:
    """The first match: an empty side never erases, the winner stands where both are filled."""
    for side, new in writes.items():
        assert new is not None, case
        if value(row, side) is not None:
            assert settings.winner is side.other, case
    for side in Side:
        fills = value(row, side) is None and value(row, side.other) is not None
        if fills and settings.may(side):
            assert set(writes) == {side}, case


@pytest.mark.parametrize(("left", "right"), list(itertools.product(Presence, Presence)))
def test_a_side_that_is_not_there_is_never_written_over_or_again(left: Presence, right: Presence) -> None:
    for settings in every_settings():
        spec = settings.spec()
        for row in every_row():
            assert row.left
            assert row.right
            there = replace(row, left=replace(row.left, presence=left), right=replace(row.right, presence=right))
            decision = reconcile(spec, there, NOW)
            if left is right is Presence.PRESENT:
                assert decision.state is not State.EXCLUDED
            else:
                assert (decision.state, decision.reason, decision.changes) == (State.EXCLUDED, Reason.COUNTERPART_DELETED, ())
