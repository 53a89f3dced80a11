"""What one row needs, as a pure function: the decision tables of a two-way merge.

The unit of merge is the group. Each side is compared with its own base, so a side's rewriting, rounding or trimming is no change. The base is
never advanced for something that is asked to be written: only the answer of the write does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from connectors.base import Operation, Presence, Value, Values
from connectors.vocabulary import Direction
from syncconfig.engine import mapping
from syncconfig.engine.filters import Condition
from syncconfig.engine.mapping import Maps, Parts
from syncconfig.engine.spec import Side, SyncSpec, WriteRule, flows
from syncconfig.engine.state import FieldChange, Reason, Row, State
from syncconfig.engine.values import Unfit, is_blank, match_key, same, same_all


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written to one side: `fields` in its own keys, `expected` what it showed there, `agreed` the source's base values it carries."""

    side: Side
    operation: Operation
    fields: Values
    expected: Values = field(default_factory=dict)
    agreed: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one row needs. `bases` are agreements without a write, `lost` values that give way, `drifted` edits that one-way maps leave alone."""

    state: State
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    bases: tuple[tuple[Side, str, Value], ...] = ()
    lost: tuple[tuple[Side, FieldChange], ...] = ()
    drifted: tuple[tuple[Side, FieldChange], ...] = ()


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


def reconcile(spec: SyncSpec, row: Row, now: datetime) -> Decision:
    """Decide a row. Linked rows are merged, others created on the side they lack; `now` serves filters that count days."""
    if row.held:
        return Decision(State.EXCLUDED, Reason.BY_HAND)
    gone = next((side for side in Side if (seen := row.side(side)) and not seen.stands), None)
    if gone:
        return _gone(row, gone)
    failed = out_of_scope(spec, row, now)
    if failed is not None:
        return failed
    return _merge(spec, row) if row.linked else _create(spec, row)


def _gone(row: Row, side: Side) -> Decision:
    """A side was deleted or made inactive: nothing is written, nothing is deleted, the base stays for a return (spec R120, R121)."""
    reason = Reason.COUNTERPART_DELETED if row.linked else Reason.INACTIVE
    seen = row.side(side)
    presence = seen.presence if seen else Presence.ABSENT
    return Decision(State.EXCLUDED, reason, {"side": side, "presence": presence})


def out_of_scope(spec: SyncSpec, row: Row, now: datetime) -> Decision | None:
    """The exclusion of a row that no active direction lets take part, or None when it is in scope (spec R89, R90).

    One direction's filter is enough. A link kept by `keep_linked` stays in scope whatever the filters say.
    """
    if spec.keep_linked and row.linked:
        return None
    failed: tuple[Side, Condition] | None = None
    active = False
    for target in (Side.RIGHT, Side.LEFT):
        seen = row.side(target.other)
        if seen is None or not flows(spec.direction, target):
            continue
        active = True
        condition = spec.filters[target.inward](seen.values, seen.related, now) if target.inward in spec.filters else None
        if condition is None:
            return None
        failed = failed or (target.other, condition)
    if not active or failed is None:
        return Decision(State.EXCLUDED, Reason.DIRECTION)
    side, condition = failed
    details = {"side": side, "field": condition.field, "operator": condition.operator, "values": "\n".join(condition.values)}
    return Decision(State.EXCLUDED, Reason.FILTER, details)


def _create(spec: SyncSpec, row: Row) -> Decision:
    side = Side.LEFT if row.left else Side.RIGHT
    seen, to = row.side(side), side.other
    if seen is None or not flows(spec.direction, to):
        return Decision(State.EXCLUDED, Reason.DIRECTION)
    key = spec.match_field(side)
    if spec.key_needed and key and not match_key(seen.values.get(key)):
        return Decision(State.EXCLUDED, Reason.NO_KEY, {"side": side, "field": spec.field(side, key).label})
    fields: dict[str, Value] = {}
    agreed: dict[str, Value] = {}
    try:
        for maps in spec.groups:
            values = mapping.parts(maps, side, seen)
            if values is None or not flows(maps[0].direction, to) or mapping.blank(values):
                continue
            fields.update(mapping.translate(spec, maps, to, seen))
            agreed.update({m.key: v for m, v in zip(maps, values, strict=True)})
    except Unfit as unfit:
        return Decision(State.FAILING, unfit.category, {**unfit.details, "side": to})
    missing = next((m for m in spec.maps if m.required and flows(m.direction, to) and is_blank(fields.get(m.target(to)))), None)
    if missing:
        return Decision(State.EXCLUDED, Reason.NO_NAME, {"side": side, "field": spec.field(to, missing.target(to)).label})
    fields = {k: v for k, v in fields.items() if not is_blank(v)}
    return Decision(State.PENDING, changes=(Change(to, Operation.CREATE, fields, agreed=agreed),))


@dataclass
class _Draft:
    """The changes to one side while its groups are walked."""

    fields: dict[str, Value] = field(default_factory=dict)
    expected: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, Value] = field(default_factory=dict)


def _merge(spec: SyncSpec, row: Row) -> Decision:
    assert row.left
    assert row.right
    drafts = {side: _Draft() for side in Side}
    bases: list[tuple[Side, str, Value]] = []
    lost: list[tuple[Side, FieldChange]] = []
    drifted: list[tuple[Side, FieldChange]] = []
    unfit: tuple[Side, Unfit] | None = None
    for maps in spec.groups:
        left, right = mapping.parts(maps, Side.LEFT, row.left), mapping.parts(maps, Side.RIGHT, row.right)
        if left is None or right is None:
            continue
        verdict = judge(spec, maps, row, left, right)
        if verdict.act is Act.AGREE:
            bases.extend(_agreements(maps, row, left, right))
        if verdict.drifts:
            drifted.extend(_drift(spec, maps, row, left, right))
        if verdict.act not in (Act.WRITE_LEFT, Act.WRITE_RIGHT):
            continue
        to = Side.LEFT if verdict.act is Act.WRITE_LEFT else Side.RIGHT
        try:
            overwritten = _write(spec, maps, row, to, drafts[to])
        except Unfit as error:
            unfit = unfit or (to, error)
            continue
        if overwritten is None:
            bases.extend(_agreements(maps, row, left, right))
        elif verdict.loses:
            lost.extend((to, change) for change in overwritten if not is_blank(change.old))
    changes = tuple(Change(side, Operation.UPDATE, d.fields, d.expected, d.agreed) for side, d in drafts.items() if d.fields)
    decision = Decision(State.PENDING if changes else State.IN_SYNC, changes=changes, bases=tuple(bases), lost=tuple(lost), drifted=tuple(drifted))
    if unfit:
        to, problem = unfit
        return replace(decision, state=State.FAILING, reason=problem.category, details={**problem.details, "side": to})
    return decision


def judge(spec: SyncSpec, maps: Maps, row: Row, left: Parts, right: Parts) -> Verdict:
    """The decision table of one group (correctness 1.3). `left` and `right` are what the sides show."""
    assert row.left
    assert row.right
    old = {side: base_parts(maps, row, side) for side in Side}
    old_left, old_right = old[Side.LEFT], old[Side.RIGHT]
    known = old_left is not None and old_right is not None
    if mapping.equivalent(spec, maps, row.left, row.right):
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


def _agreements(maps: Maps, row: Row, left: Parts, right: Parts) -> Iterator[tuple[Side, str, Value]]:
    for side, values in ((Side.LEFT, left), (Side.RIGHT, right)):
        for m, value in zip(maps, values, strict=True):
            base = row.base(side)
            if m.key not in base or base[m.key] != value:
                yield side, m.key, value


def _write(spec: SyncSpec, maps: Maps, row: Row, to: Side, draft: _Draft) -> list[FieldChange] | None:
    """Add a group to the changes of a side and tell what it overwrites; None when the side already shows what would be written.

    A group of several fields is written whole. A single part that cannot be emptied keeps its value.
    """
    origin, target = row.side(to.other), row.side(to)
    assert origin
    assert target
    wanted = mapping.translate(spec, maps, to, origin)
    wanted = {k: v for k, v in wanted.items() if not (is_blank(v) and not spec.field(to, k).clearable)}
    shown = {k: target.values.get(k) for k in wanted}
    if all(same(v, shown[k]) for k, v in wanted.items()):
        return None
    draft.fields.update(wanted)
    draft.expected.update(shown)
    draft.agreed.update({m.key: v for m, v in zip(maps, mapping.parts(maps, to.other, origin) or (), strict=True)})
    return [FieldChange(spec.field(to, k).label, shown[k], v) for k, v in wanted.items() if not same(v, shown[k])]


def _drift(spec: SyncSpec, maps: Maps, row: Row, left: Parts, right: Parts) -> Iterator[tuple[Side, FieldChange]]:
    to = Side.RIGHT if spec.direction is Direction.TO_RIGHT or maps[0].direction is Direction.TO_RIGHT else Side.LEFT
    now = right if to is Side.RIGHT else left
    before = base_parts(maps, row, to) or now
    for m, old, new in zip(maps, before, now, strict=True):
        if old != new:
            yield to, FieldChange(spec.field(to, m.target(to)).label, old, new)
