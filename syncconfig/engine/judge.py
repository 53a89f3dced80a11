"""The decision tables of one group of mapped fields (correctness 1.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from syncconfig.engine import mapping
from syncconfig.engine.mapping import Maps, Parts
from syncconfig.engine.references import NONE, References
from syncconfig.engine.spec import Side, SyncSpec, WriteRule, flows
from syncconfig.engine.state import Row
from syncconfig.engine.values import same_all


class Act(StrEnum):
    """What becomes of one group."""

    NOTHING = "nothing"
    AGREE = "agree"
    WRITE_LEFT = "write_left"
    WRITE_RIGHT = "write_right"

    @staticmethod
    def write(side: Side) -> Act:
        return Act.WRITE_LEFT if side is Side.LEFT else Act.WRITE_RIGHT


@dataclass(frozen=True, slots=True)
class Verdict:
    """The act for one group, and whether the written side's value is one that somebody set and that now gives way, or was left as it drifted."""

    act: Act
    loses: bool = False
    drifts: bool = False


NOTHING = Verdict(Act.NOTHING)
AGREE = Verdict(Act.AGREE)


def judge(spec: SyncSpec, maps: Maps, row: Row, left: Parts, right: Parts, refs: References = NONE) -> Verdict:
    """The decision table of one group (correctness 1.3). `left` and `right` are what the sides show."""
    assert row.left
    assert row.right
    old = {side: base_parts(maps, row, side) for side in Side}
    old_left, old_right = old[Side.LEFT], old[Side.RIGHT]
    known = old_left is not None and old_right is not None
    if mapping.equivalent(spec, maps, row.left, row.right, refs):
        settled = known and old_left == left and old_right == right
        return NOTHING if settled else AGREE
    may = {side: flows(spec.direction, side) and flows(maps[0].direction, side) for side in Side}
    values = {Side.LEFT: left, Side.RIGHT: right}
    if old_left is None or old_right is None:
        return _first(spec, maps, values, may)
    changed = {Side.LEFT: not same_all(left, old_left), Side.RIGHT: not same_all(right, old_right)}
    return _later(spec, maps, values, may, changed)


def _first(spec: SyncSpec, maps: Maps, values: Mapping[Side, Parts], may: Mapping[Side, bool]) -> Verdict:
    """Nothing was agreed yet: fill what is empty, else the conflict rule; an empty side never erases (spec R109 to R112)."""
    for side in Side:
        if mapping.extends(values[side.other], values[side]):
            return _to(spec, side, maps, values) if may[side] else AGREE
    loser = spec.winner.other
    return _to(spec, loser, maps, values, loses=True) if may[loser] else AGREE


def _later(spec: SyncSpec, maps: Maps, values: Mapping[Side, Parts], may: Mapping[Side, bool], changed: Mapping[Side, bool]) -> Verdict:
    """The sides differ and once agreed: carry what changed; if both changed, the conflict rule (spec R110 to R115)."""
    if not any(changed.values()):
        return NOTHING
    if changed[Side.LEFT] and changed[Side.RIGHT]:
        loser = spec.winner.other
        if not may[loser] or mapping.blank(values[spec.winner]):
            loser = loser.other
        return _to(spec, loser, maps, values, loses=True) if may[loser] else AGREE
    to = Side.RIGHT if changed[Side.LEFT] else Side.LEFT
    if may[to]:
        return _to(spec, to, maps, values)
    return Verdict(Act.AGREE, drifts=True) if may[to.other] else AGREE


def _to(spec: SyncSpec, side: Side, maps: Maps, values: Mapping[Side, Parts], *, loses: bool = False) -> Verdict:
    """Write a side, unless a rule of the map keeps its value: fill only empty ones, ignore blanks, never empty a required one."""
    first = maps[0]
    if first.rule is WriteRule.IF_EMPTY and not mapping.blank(values[side]):
        return AGREE
    if mapping.blank(values[side.other]) and any(m.required or m.ignore_blanks or not spec.field(side, m.target(side)).clearable for m in maps):
        return AGREE
    return Verdict(Act.write(side), loses=loses)


def base_parts(maps: Maps, row: Row, side: Side) -> Parts | None:
    """What a side agreed to for a group; None when some map of it was never agreed."""
    base = row.base(side)
    if any(m.key not in base for m in maps):
        return None
    return tuple(base[m.key] for m in maps)
