"""Planning a chunk of rows: match, reconcile, keep names unique, and turn decisions into rows, history and intents. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.base import Operation, Presence, Value, Write
from connectors.vocabulary import UNIQUE_CATEGORY, Category
from syncconfig.engine.decision import Change, Decision
from syncconfig.engine.matching import Index, Refused, join, name_of
from syncconfig.engine.reconcile import reconcile
from syncconfig.engine.references import NONE, References, told
from syncconfig.engine.scope import out_of_scope
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Event, EventType, FieldChange, Intent, Row, State
from syncconfig.engine.values import match_key, same

Name = tuple[Side, str]
"""A unique value on a side, as it is compared."""


@dataclass(slots=True)
class Planned:
    """One row after deciding, and what is still to be written for it. `halves` are the two rows a new link was made of."""

    row: Row
    decision: Decision
    before: Row
    halves: tuple[Row, ...] = ()


@dataclass(slots=True)
class Plan:
    """The decisions of one chunk, in the order of its rows. `deleted` rows became part of another or are gone; `refs` served them."""

    planned: list[Planned] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    refs: References = NONE


def names(spec: SyncSpec, plan: Plan) -> dict[Name, str]:
    """The unique values that the changes of a plan would take, with each as it would be written."""
    found: dict[Name, str] = {}
    for change in (c for p in plan.planned for c in p.decision.changes):
        name = taken_name(spec, change)
        if name:
            found[(change.side, name)] = str(change.fields[spec.unique_fields[change.side]])
    return found


def taken_name(spec: SyncSpec, change: Change) -> str:
    """The unique value a change would take, as it is compared; empty when it takes none."""
    return match_key(change.fields.get(spec.unique_fields.get(change.side, "")))


def draft(spec: SyncSpec, rows: Sequence[Row], index: Index, now: datetime, refs: References = NONE, *, consumed: set[int] | None = None) -> Plan:
    """Match and reconcile each row. `consumed` collects the pks of halves that were joined, over several chunks of one preview."""
    plan = Plan(refs=refs)
    gone = consumed if consumed is not None else set()
    for row in rows:
        if row.pk in gone:
            continue
        if _vanished(row):
            plan.deleted.append(row.pk)
            index.drop(row)
            continue
        planned = _decide(spec, row, index, now, refs)
        plan.planned.append(planned)
        if planned.halves:
            gone.update(half.pk for half in planned.halves)
            plan.deleted.extend(half.pk for half in planned.halves if half.pk != planned.row.pk)
            plan.events.append(Event(planned.row.pk, EventType.LINKED, details={"by": planned.row.linked_by}))
            for half in planned.halves:
                index.drop(half)
            index.add(planned.row)
    return plan


def _vanished(row: Row) -> bool:
    """Nothing of the row is left anywhere."""
    return all(seen is None or seen.presence is Presence.ABSENT for seen in (row.left, row.right))


def _decide(spec: SyncSpec, row: Row, index: Index, now: datetime, refs: References) -> Planned:
    seen = row.left or row.right
    if row.linked or row.held or seen is None or not seen.stands:
        return Planned(row, reconcile(spec, row, now, refs), row)
    found = index.find(row)
    if isinstance(found, Refused):
        excluded = out_of_scope(spec, row, now)
        refusal = Decision(State.FAILING, found.category, {**found.details, "side": Side.LEFT if row.left else Side.RIGHT})
        return Planned(row, excluded or refusal, row)
    if found is None:
        return Planned(row, reconcile(spec, row, now, refs), row)
    both = join(spec, row, found.row, found.by)
    return Planned(both, reconcile(spec, both, now, refs), row, halves=(row, found.row))


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a unique value: a row of this sync, or something else at the provider."""

    title: str
    pk: int = 0
    namespace: str = ""


def keep_names_unique(spec: SyncSpec, plan: Plan, holders: Mapping[Name, Sequence[Holder]], claims: dict[Name, Holder]) -> None:
    """Refuse changes that would take a unique value somebody holds, or that an earlier row of the plan claims (spec R133).

    Of several that want one value, the first in the order of the plan gets it. `claims` carries on over the chunks of a preview.
    """
    for planned in plan.planned:
        for change in planned.decision.changes:
            name = taken_name(spec, change)
            if not name:
                continue
            place = (change.side, name)
            holder = next((h for h in holders.get(place, ()) if h.pk != planned.row.pk), None) or claims.get(place)
            if holder and holder.pk != planned.row.pk:
                planned.decision = _refused(spec, planned, change, holder)
                planned.row = replace(planned.row, wants=name)
            else:
                claims[place] = Holder(planned.row.title, planned.row.pk)


def _refused(spec: SyncSpec, planned: Planned, change: Change, holder: Holder) -> Decision:
    """The decision without the refused value: a create fails, an update keeps its other fields."""
    key = spec.unique_fields[change.side]
    category = UNIQUE_CATEGORY.get(spec.field(change.side, key).meaning, Category.ALREADY_LINKED)
    details = {
        "name": str(change.fields[key]),
        "holder": holder.title,
        "namespace": holder.namespace,
        "row": str(holder.pk or ""),
        "side": change.side,
    }
    rest = [c for c in planned.decision.changes if c is not change]
    if change.operation is Operation.UPDATE:
        kept = {k: v for k, v in change.fields.items() if k != key}
        maps = {m.key for m in spec.maps if m.target(change.side) == key}
        agreed = {k: v for k, v in change.agreed.items() if k not in maps}
        rest += [replace(change, fields=kept, agreed=agreed)] if kept else []
    return replace(planned.decision, state=State.FAILING, reason=category, details=details, changes=tuple(rest))


def finish(spec: SyncSpec, plan: Plan, now: datetime) -> list[Row]:
    """The rows as they stand after deciding, with their history added to the plan. Rows with changes wait for the answer."""
    rows = []
    for planned in plan.planned:
        rows.append(_finished(planned, now))
        plan.events.extend(_history(planned))
    return rows


def _finished(planned: Planned, now: datetime) -> Row:
    row, decision = planned.row, planned.decision
    bases: dict[Side, dict[str, Value]] = {side: dict(row.base(side)) for side in Side}
    for side, key, value in decision.bases:
        bases[side][key] = value
    in_sync = decision.state is State.IN_SYNC
    return replace(
        row,
        left_base=bases[Side.LEFT],
        right_base=bases[Side.RIGHT],
        state=decision.state,
        reason=decision.reason,
        details=decision.details,
        dirty=False,
        generation=row.generation + len(decision.changes),
        attempts=0 if in_sync else row.attempts,
        next_attempt_at=None,
        wants=row.wants if decision.state is State.FAILING else "",
        needs=decision.needs,
        last_synced_at=now if in_sync and row.last_synced_at is None else row.last_synced_at,
    )


def at_rest(spec: SyncSpec, row: Row, now: datetime, refs: References) -> Row:
    """A row after its write was stored: finished when nothing more is to be done for it, else left for the next decision."""
    decision = reconcile(spec, row, now, refs)
    return _finished(Planned(row, decision, row), now) if decision.state is State.IN_SYNC else row


def _history(planned: Planned) -> Iterable[Event]:
    row, before, decision = planned.row, planned.before, planned.decision
    same_news = (before.state, before.reason) == (decision.state, decision.reason)
    if decision.state is State.FAILING and not same_news:
        yield Event(row.pk, EventType.FAILED, category=decision.reason, details=decision.details)
    if decision.state is State.EXCLUDED and before.state is not State.PENDING and not same_news:
        gone = any(seen is not None and not seen.stands for seen in (row.left, row.right))
        yield Event(row.pk, EventType.GONE if gone else EventType.EXCLUDED, category=decision.reason, details=decision.details)
    if before.state is State.EXCLUDED and decision.state is not State.EXCLUDED and row.linked:
        yield Event(row.pk, EventType.INCLUDED)
    for side, change in decision.drifted:
        yield Event(row.pk, EventType.DRIFTED, side, (change,))


def intents(spec: SyncSpec, plan: Plan, rows: Sequence[Row], batch_size: Mapping[Side, int], now: datetime) -> list[Intent]:
    """The plan's changes as stored writes, batched by side and operation, with keys that no other write ever has."""
    result: list[Intent] = []
    for side in Side:
        for operation in Operation:
            found = [
                (r, p, c) for r, p in zip(rows, plan.planned, strict=True) for c in p.decision.changes if (c.side, c.operation) == (side, operation)
            ]
            for start in range(0, len(found), batch_size[side]):
                result.extend(_batch(spec, found[start : start + batch_size[side]], plan.refs, now))
    return result


def _batch(spec: SyncSpec, members: Sequence[tuple[Row, Planned, Change]], refs: References, now: datetime) -> Iterable[Intent]:
    side, operation = members[0][2].side, members[0][2].operation
    identity = "|".join([spec.namespace, side, operation, *(f"{row.pk}.{row.generation}" for row, _, _ in members)])
    call = hashlib.sha256(identity.encode()).hexdigest()[:32]
    for place, (row, planned, change) in enumerate(members):
        target = row.side(side)
        changes = changes_of(spec, change, refs) if operation is Operation.UPDATE else ()
        write = Write(
            call,
            str(place),
            operation,
            change.fields,
            id=target.id if target else "",
            version=target.version if target else "",
            expected=change.expected,
        )
        # A create lists no changes: its values are all new, and a first sync would store every value twice.
        yield Intent(row.pk, side, write, change.agreed, changes, _lost(planned.decision, side), now)


def changes_of(spec: SyncSpec, change: Change, refs: References) -> tuple[FieldChange, ...]:
    """Old and new of each field a change writes, by label; records that are named by their titles."""
    pairs = ((spec.field(change.side, key), change.expected.get(key), value) for key, value in change.fields.items())
    return tuple(
        FieldChange(f.label, told(f, change.side, old, refs), told(f, change.side, new, refs)) for f, old, new in pairs if not same(old, new)
    )


def _lost(decision: Decision, side: Side) -> tuple[str, ...]:
    return tuple(change.field for lost_side, change in decision.lost if lost_side is side)


def holders_of(spec: SyncSpec, rows: Iterable[Row], side: Side) -> dict[Name, list[Holder]]:
    """The rows that hold unique values on a side."""
    found: dict[Name, list[Holder]] = {}
    for row in rows:
        name = name_of(spec, row, side)
        if name:
            found.setdefault((side, name), []).append(Holder(row.title, row.pk))
    return found
