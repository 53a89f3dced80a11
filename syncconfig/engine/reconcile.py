"""What one row needs, as a pure function: the decision tables of a two-way merge.

The unit of merge is the group. Each side is compared with its own base, so a side's rewriting, rounding or trimming is no change. The base is
never advanced for something that is asked to be written: only the answer of the write does that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.base import Lines, Operation, Value
from connectors.vocabulary import Category, Direction, Kind
from syncconfig.engine import mapping, scope
from syncconfig.engine.decision import Change, Decision
from syncconfig.engine.documents import differences
from syncconfig.engine.judge import Act, base_parts, judge
from syncconfig.engine.mapping import Maps, Parts
from syncconfig.engine.references import NONE, References, Unreached, need
from syncconfig.engine.spec import FieldMap, Side, SyncSpec, flows
from syncconfig.engine.state import FieldChange, Reason, Row, Seen, State
from syncconfig.engine.values import Unfit, is_blank, match_key, same, same_all


def reconcile(spec: SyncSpec, row: Row, now: datetime, refs: References = NONE) -> Decision:
    """Decide a row. Linked rows are merged, others created on the side they lack; `now` serves filters that count days.

    `refs` knows the records of other kinds that this one names.
    """
    if row.held:
        return Decision(State.EXCLUDED, Reason.BY_HAND)
    gone = next((side for side in Side if (seen := row.side(side)) and not seen.stands), None)
    if gone:
        return scope.gone(spec, row, gone)
    stopped = scope.at_gates(spec, row, now)
    if stopped is not None:
        return scope.withdrawn(spec, row) or stopped
    failed = scope.out_of_scope(spec, row, now)
    if failed is not None:
        return failed
    return _merge(spec, row, refs) if row.linked else _create(spec, row, refs)


def _create(spec: SyncSpec, row: Row, refs: References) -> Decision:
    side = Side.LEFT if row.left else Side.RIGHT
    seen, to = row.side(side), side.other
    if seen is None or not flows(spec.direction, to):
        return Decision(State.EXCLUDED, Reason.DIRECTION)
    key = spec.match_field(side)
    if spec.key_needed and key and not match_key(seen.values.get(key)):
        return Decision(State.EXCLUDED, Reason.NO_KEY, {"side": side, "field": spec.field(side, key).label})
    foreign = scope.kept_elsewhere(spec, row, side, refs)
    if foreign:
        return foreign
    if spec.master is to and seen.values.get(spec.voided_field(side)) is True:
        return Decision(State.EXCLUDED, Reason.VOIDED, {"side": side})
    fields: dict[str, Value] = {}
    agreed: dict[str, Value] = {}
    try:
        for maps in spec.groups_of(side):
            values = mapping.parts(maps, side, seen)
            if values is None or not flows(maps[0].direction, to) or mapping.blank(values):
                continue
            fields.update(mapping.translate(spec, maps, to, seen, refs))
            agreed.update({m.key: v for m, v in zip(maps, values, strict=True)})
    except Unreached as error:
        return scope.unreached(error, to)
    except Unfit as unfit:
        return Decision(State.FAILING, unfit.category, {**unfit.details, "side": to})
    missing = next((m for m in spec.maps_of(side) if m.required and flows(m.direction, to) and is_blank(fields.get(m.target(to)))), None)
    if missing:
        return _lacking(spec, seen, side, missing, refs)
    fields = {k: v for k, v in fields.items() if not is_blank(v)}
    return Decision(State.PENDING, changes=(Change(to, Operation.CREATE, {**spec.constants.get(to, {}), **fields}, agreed=agreed),))


def _lacking(spec: SyncSpec, seen: Seen, side: Side, missing: FieldMap, refs: References) -> Decision:
    """A record that cannot be made because a value is missing; one that is looked for through another record may still come."""
    target = spec.field(side.other, missing.target(side.other))
    needs = ""
    if target.through:
        needs = need(Kind(target.refers), side, str(seen.values.get(mapping.source(missing, side, seen)) or ""))
    reason = Reason.NO_DEAL if target.through else Reason.NO_NAME
    return Decision(State.EXCLUDED, reason, {"side": side, "field": target.label}, needs=needs)


@dataclass
class _Draft:
    """The changes to one side while its groups are walked."""

    fields: dict[str, Value] = field(default_factory=dict)
    expected: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, Value] = field(default_factory=dict)


@dataclass
class _Found:
    """What walking the groups of a row gathers. `trouble` is the first thing that went wrong."""

    drafts: dict[Side, _Draft] = field(default_factory=lambda: {side: _Draft() for side in Side})
    bases: list[tuple[Side, str, Value]] = field(default_factory=list)
    lost: list[tuple[Side, FieldChange]] = field(default_factory=list)
    drifted: list[tuple[Side, FieldChange]] = field(default_factory=list)
    trouble: Decision | None = None

    def decision(self) -> Decision:
        changes = tuple(Change(side, Operation.UPDATE, d.fields, d.expected, d.agreed) for side, d in self.drafts.items() if d.fields)
        decision = Decision(State.PENDING if changes else State.IN_SYNC)
        if self.trouble:
            decision = self.trouble
        return replace(decision, changes=changes, bases=tuple(self.bases), lost=tuple(self.lost), drifted=tuple(self.drifted))


def _merge(spec: SyncSpec, row: Row, refs: References) -> Decision:
    assert row.left
    assert row.right
    found = _Found()
    void = any(seen.values.get(spec.voided_field(side)) is True for side, seen in ((Side.LEFT, row.left), (Side.RIGHT, row.right)))
    for maps in spec.groups_of(row.origin):
        left, right = mapping.parts(maps, Side.LEFT, row.left), mapping.parts(maps, Side.RIGHT, row.right)
        if left is None or right is None or (void and maps[0].frozen):
            continue  # of a document that no longer counts, only that travels
        if maps[0].frozen and row.origin == Side.LEFT:
            _hold(spec, maps, row, (left, right), refs, found)
        else:
            _carry(spec, maps, row, (left, right), refs, found)
    return found.decision()


def _carry(spec: SyncSpec, maps: Maps, row: Row, shown: tuple[Parts, Parts], refs: References, found: _Found) -> None:
    """Judge a group, and gather what becomes of it."""
    verdict = judge(spec, maps, row, *shown, refs)
    if verdict.act is Act.AGREE:
        found.bases.extend(_agreements(maps, row, *shown))
    if verdict.drifts:
        found.drifted.extend(_drift(spec, maps, row, *shown))
    if verdict.act not in (Act.WRITE_LEFT, Act.WRITE_RIGHT):
        return
    to = Side.LEFT if verdict.act is Act.WRITE_LEFT else Side.RIGHT
    try:
        overwritten = _write(spec, maps, row, to, found.drafts[to], refs)
    except Unreached as waiting:
        found.trouble = found.trouble or scope.unreached(waiting, to)
        return
    except Unfit as error:
        found.trouble = found.trouble or Decision(State.FAILING, error.category, {**error.details, "side": to})
        return
    if overwritten is None:
        found.bases.extend(_agreements(maps, row, *shown))
    elif verdict.loses:
        found.lost.extend((to, change) for change in overwritten if not is_blank(change.old))


def _hold(spec: SyncSpec, maps: Maps, row: Row, shown: tuple[Parts, Parts], refs: References, found: _Found) -> None:
    """A group that was agreed on once: a later difference is named, and heals by itself when it is undone (spec R160, R161)."""
    assert row.left
    assert row.right
    old = {side: base_parts(maps, row, side) for side in Side}
    now = dict(zip(Side, shown, strict=True))
    moved = {side: old[side] is None or not same_all(now[side], old[side] or ()) for side in Side}
    if not any(moved.values()):
        return
    if mapping.equivalent(spec, maps, row.left, row.right, refs):
        found.bases.extend(_agreements(maps, row, *shown))
        return
    side = Side.RIGHT if moved[Side.RIGHT] else Side.LEFT
    category = Category.EDITED_IN_QUICKBOOKS if side is Side.RIGHT else Category.EDITED_IN_HUBSPOT
    label = spec.field(side, maps[0].target(side)).label
    details = {"side": str(side), "field": label, "difference": _difference(old[side] or now[side], now[side])}
    found.trouble = found.trouble or Decision(State.FAILING, category, details)


def _difference(before: Parts, after: Parts) -> str:
    """What changed of a group, a difference in each line: those of a document in its own words, others as number 0, value, before, after."""
    found = []
    for old, new in zip(before, after, strict=True):
        if isinstance(old, Lines) and isinstance(new, Lines):
            found.append(differences(old, new))
        elif not same(old, new):
            found.append(f"0|value|{'' if old is None else old}|{'' if new is None else new}")
    return "\n".join(found)


def _agreements(maps: Maps, row: Row, left: Parts, right: Parts) -> Iterator[tuple[Side, str, Value]]:
    for side, values in ((Side.LEFT, left), (Side.RIGHT, right)):
        for m, value in zip(maps, values, strict=True):
            base = row.base(side)
            if m.key not in base or base[m.key] != value:
                yield side, m.key, value


def _write(spec: SyncSpec, maps: Maps, row: Row, to: Side, draft: _Draft, refs: References) -> list[FieldChange] | None:
    """Add a group to the changes of a side and tell what it overwrites; None when the side already shows what would be written.

    A group of several fields is written whole. A single part that cannot be emptied keeps its value.
    """
    origin, target = row.side(to.other), row.side(to)
    assert origin
    assert target
    wanted = mapping.translate(spec, maps, to, origin, refs)
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
