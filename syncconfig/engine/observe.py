"""Observing: read a side page by page, keep what it showed together with the cursor, and look again at what a full listing did not show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from connectors.base import Connector, Presence, Record
from connectors.errors import CursorExpired
from syncconfig.engine.matching import key_of, name_of
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Cursor, Event, EventType, Row, Seen, State, seen
from syncconfig.engine.store import Batch, Store

LOOK_AGAIN = 500

Progress = Callable[[int, int | None], None]
"""Told how many records of a side were read, and of how many if known."""


def observe(spec: SyncSpec, side: Side, connector: Connector, store: Store, *, full: bool, progress: Progress) -> bool:
    """Read what changed on a side since its cursor, everything when `full`, when more fields are needed or the feed expired.

    Returns whether the whole side was listed. Afterwards every observation and the cursor behind it are saved.
    """
    fields = spec.wanted_fields(side)
    cursor = store.cursor(side)
    if cursor is None or not set(fields) <= set(cursor.fields) or (full and cursor.complete):
        cursor = Cursor("", (cursor.sweep if cursor else 0) + 1, False, fields)
    try:
        return _read(spec, side, connector, store, cursor, progress)
    except CursorExpired:
        return _read(spec, side, connector, store, Cursor("", cursor.sweep + 1, False, fields), progress)


def _read(spec: SyncSpec, side: Side, connector: Connector, store: Store, cursor: Cursor, progress: Progress) -> bool:
    done = 0
    listed = not cursor.complete
    for page in connector.changes(spec.kind, cursor.value or None, cursor.fields):
        finished = page.complete and not listed
        cursor = replace(cursor, value=page.cursor, complete=cursor.complete or finished)
        batch = observation(spec, side, page.records, store, cursor.sweep if page.full else 0)
        batch.cursors[side] = cursor
        store.save(batch)
        done += len(page.records)
        progress(done, page.total)
    if listed:
        look_again(spec, side, connector, store, cursor.sweep)
        store.save(Batch(cursors={side: replace(cursor, complete=True)}))
    return listed


def look_again(spec: SyncSpec, side: Side, connector: Connector, store: Store, sweep: int) -> None:
    """Read the records that a full listing should have shown and did not: only a direct answer proves that one is gone."""
    after = 0
    while rows := store.unseen(side, sweep, after, LOOK_AGAIN):
        after = rows[-1].pk
        ids = [s.id for row in rows if (s := row.side(side))]
        records = list(connector.read(spec.kind, ids, spec.wanted_fields(side)))
        store.save(observation(spec, side, records, store, sweep))


def refresh(spec: SyncSpec, side: Side, connector: Connector, store: Store, ids: Sequence[str]) -> None:
    """Read some records again: a write met something else than it expected, or somebody said that they changed."""
    records = list(connector.read(spec.kind, ids, spec.wanted_fields(side)))
    store.save(observation(spec, side, records, store, 0))


def observation(spec: SyncSpec, side: Side, records: Iterable[Record], store: Store, sweep: int) -> Batch:
    """The batch that keeps what some records showed. `sweep` 0: not part of a listing."""
    latest = {record.id: record for record in records}
    rows = {s.id: row for row in store.by_ids(side, latest.keys() | _merged(latest.values())) if (s := row.side(side))}
    batch = Batch()
    touched: list[str] = []
    for record in latest.values():
        row = _followed(record, rows, side, batch)
        before = row.side(side) if row else None
        now = seen(record, sweep or (before.sweep if before else 0), before)
        if row is None:
            if record.presence is not Presence.ABSENT:
                _add(spec, side, Row(), now, batch)
        elif before is None or changed(before, now):
            _add(spec, side, row, now, batch)
        elif now.sweep != before.sweep:
            touched.append(record.id)
    if touched:
        batch.touched.append((side, sweep, touched))
    return batch


def changed(before: Seen, now: Seen) -> bool:
    """Whether an observation says anything new. Versions and times alone do not, but QuickBooks wants the newest version for a write."""
    return (before.id, before.values, before.presence, before.related, before.title, before.version) != (
        now.id,
        now.values,
        now.presence,
        now.related,
        now.title,
        now.version,
    )


def _merged(records: Iterable[Record]) -> set[str]:
    return {old for record in records for old in record.merged_ids}


def _followed(record: Record, rows: Mapping[str, Row], side: Side, batch: Batch) -> Row | None:
    """The row of a record; the row of a record that was merged into it, where it has none of its own (spec R122)."""
    own = rows.get(record.id)
    absorbed = [rows[old] for old in record.merged_ids if old in rows and old != record.id]
    heir = own or next((r for r in absorbed if r.linked), absorbed[0] if absorbed else None)
    for row in absorbed:
        if heir is None or row.pk == heir.pk:
            continue
        if row.linked:
            left, right = (None, row.right) if side is Side.LEFT else (row.left, None)
            batch.rows.append(replace(row, left=left, right=right, left_base={}, right_base={}, state=State.PENDING, linked_by="", dirty=True))
            batch.events.append(Event(row.pk, EventType.UNLINKED, side, details={"merged_into": record.id}))
        else:
            batch.deleted.append(row.pk)
    return heir


def _add(spec: SyncSpec, side: Side, row: Row, now: Seen, batch: Batch) -> None:
    left, right = (now, row.right) if side is Side.LEFT else (row.left, now)
    after = replace(row, left=left, right=right, dirty=True, attempts=0, origin=row.origin or side)
    batch.rows.append(after)
    for s in Side:
        old_key, old_name = key_of(spec, row, s), name_of(spec, row, s)
        if old_key != key_of(spec, after, s) or not row.pk:
            batch.wake_keys.update(k for k in (old_key, key_of(spec, after, s)) if k)
        if old_name and old_name != name_of(spec, after, s):
            batch.wake_names.add((s, old_name))
