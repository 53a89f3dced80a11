"""The engine's memory on the database: bulk reads, and batches saved whole, fenced by the run's lease."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, DateTimeField, Exists, JSONField, OuterRef, Q, QuerySet

from connectors.vocabulary import NEEDS, Kind
from syncconfig.engine.matching import key_of, mark_of, name_of
from syncconfig.engine.references import References, need
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Cursor, Event, Intent, Row, State
from syncconfig.engine.store import Batch, Fenced
from syncconfig.engine.values import cleaned, keepable, to_json, values_to_json
from syncconfig.models import ObjectSync, RecordEvent, SyncRecord, SyncRun, WriteIntent
from syncconfig.stored_rows import intent_of, row_of, seen_json

LEASE = timedelta(seconds=180)
"""How long a run may be silent before another takes over: longer than the slowest provider call between two saves."""

REKEY_CHUNK = 1000
_SAVED = [f.attname for f in SyncRecord._meta.concrete_fields if f.attname not in ("id", "sync_id", "asked")]
_JSON = frozenset(f.attname for f in SyncRecord._meta.concrete_fields if isinstance(f, JSONField))
_TIMES = frozenset(f.attname for f in SyncRecord._meta.concrete_fields if isinstance(f, DateTimeField))
_WIDTHS = {f.attname: f.max_length or 0 for f in SyncRecord._meta.concrete_fields if isinstance(f, CharField)}
_AS_THEY_ARE = (
    "state",
    "reason",
    "origin",
    "linked_by",
    "dirty",
    "held",
    "attempts",
    "next_attempt_at",
    "generation",
    "last_synced_at",
    "last_direction",
)


class DatabaseStore:
    """The records of one sync. With a `run`, every save renews its lease and raises `Fenced` when it was lost."""

    def __init__(self, sync: ObjectSync, spec: SyncSpec, clock: Callable[[], datetime], run: SyncRun | None = None) -> None:
        self._sync = sync.original
        self._spec = spec
        self._clock = clock
        self._run = run
        self._cursors: dict[str, Any] = dict(self._sync.cursors)

    def cursor(self, side: Side) -> Cursor | None:
        stored = self._cursors.get(side)
        return Cursor(stored["value"], stored["sweep"], stored["complete"], tuple(stored["fields"])) if stored else None

    def by_ids(self, side: Side, ids: Collection[str]) -> list[Row]:
        return self._rows(self._records().filter(**{f"{side}_id__in": list(ids)})) if ids else []

    def by_pks(self, pks: Collection[int]) -> list[Row]:
        return self._rows(self._records().filter(pk__in=list(pks))) if pks else []

    def by_keys(self, keys: Collection[str], marks: Collection[str]) -> list[Row]:
        wanted = Q()
        if keys:
            short = [column(k, "left_key") for k in keys]
            wanted |= Q(left_key__in=short) | Q(right_key__in=short)
        if marks:
            short = [column(m, "left_mark") for m in marks]
            wanted |= Q(left_mark__in=short) | Q(right_mark__in=short)
        return self._rows(self._records().filter(wanted)) if wanted else []

    def by_names(self, side: Side, names: Collection[str]) -> list[Row]:
        short = [column(n, "right_name") for n in names]
        return self._rows(self._records().filter(**{f"{side}_name__in": short})) if short else []

    def born_left(self, key: str, values: Collection[str]) -> Iterator[Row]:
        linked = self._records().filter(origin=Side.LEFT, left_id__isnull=False, right_id__isnull=False)
        for record in linked.filter(**{f"right_seen__values__{key}__in": sorted(values)}).iterator(chunk_size=REKEY_CHUNK):
            yield row_of(record)

    def references(self, ids: Mapping[tuple[Kind, Side], Collection[str]], skus: Collection[str]) -> References:
        rows = {}
        for (kind, side), wanted in ids.items():
            for row in self._rows(self._beside(kind).filter(**{f"{side}_id__in": list(wanted)})):
                found = row.side(side)
                rows.update({(kind, side, found.id): row} if found else {})
        items: dict[str, tuple[Row, ...]] = {}
        short = [column(sku, "right_key") for sku in skus]
        for record in self._beside(Kind.PRODUCT).filter(right_key__in=short) if short else ():
            items[record.right_key] = (*items.get(record.right_key, ()), row_of(record))
        return References(rows, {sku: items.get(column(sku, "right_key"), ()) for sku in skus})

    def due(self, now: datetime, after: int, limit: int) -> list[Row]:
        return self._rows(self._due(now).filter(pk__gt=after)[:limit])

    def every(self, after: int, limit: int) -> list[Row]:
        return self._rows(self._records().filter(pk__gt=after)[:limit])

    def unseen(self, side: Side, sweep: int, after: int, limit: int) -> list[Row]:
        missing = self._records().filter(**{f"{side}_stands": True, f"{side}_sweep__lt": sweep, "pk__gt": after})
        return self._rows(missing[:limit])

    def intents(self) -> Iterator[Intent]:
        return iter([intent_of(i) for i in WriteIntent.objects.filter(sync=self._sync)])

    def waiting(self, now: datetime) -> int:
        return self._due(now).count()

    def linked(self) -> int:
        return self._records().filter(left_id__isnull=False, right_id__isnull=False).count()

    def wake_all(self) -> None:
        self._records().filter(dirty=False).update(dirty=True)

    def rekey_if(self, signature: str) -> None:
        """Compute the keys of every row anew when a setting changed what records are compared by."""
        if self.recall("keyed_by") == signature:
            return
        after = 0
        while rows := self.every(after, REKEY_CHUNK):
            self.save(Batch(rows=rows))
            after = rows[-1].pk
        self.remember("keyed_by", signature)

    def recall(self, name: str) -> Any:
        """Something the sync keeps beside its cursors; None when it was never remembered."""
        return self._cursors.get(name)

    def remember(self, name: str, value: str) -> None:
        self._cursors[name] = value
        ObjectSync.objects.filter(pk=self._sync.pk).update(cursors=self._cursors)

    def overlay(self) -> Overlay:
        """The same rows, looked up by the keys of this store's spec even where the stored ones are of another: for previews of an edit."""
        return Overlay(self._sync, self._spec, self._clock, self._run)

    def save(self, batch: Batch) -> None:
        with transaction.atomic():
            self._renew()
            if batch.deleted:
                self._records().filter(pk__in=batch.deleted).delete()
            self._save_rows(batch.rows)
            for side, sweep, ids in batch.touched:
                self._records().filter(**{f"{side}_id__in": list(ids)}).update(**{f"{side}_sweep": sweep})
            RecordEvent.objects.bulk_create([self._event(e) for e in batch.events])
            WriteIntent.objects.bulk_create([self._open(i) for i in batch.opened])
            self._close(batch.closed)
            if batch.decided:
                self._records().filter(pk__in=batch.decided, asked=True).update(asked=False)
            self._save_cursors(batch)
            self._wake(batch)
            self._wake_dependants(batch.rows)

    def _records(self) -> QuerySet[SyncRecord]:
        return SyncRecord.objects.filter(sync=self._sync)

    def _beside(self, kind: Kind) -> QuerySet[SyncRecord]:
        """The records of another kind between the same accounts."""
        sync = self._sync
        return SyncRecord.objects.filter(sync__left=sync.left_id, sync__right=sync.right_id, sync__draft_of=None, sync__kind=kind)

    def _due(self, now: datetime) -> QuerySet[SyncRecord]:
        open_writes = WriteIntent.objects.filter(sync=self._sync, record_pk=OuterRef("pk"))
        return self._records().filter(Q(dirty=True) | Q(asked=True) | Q(next_attempt_at__lte=now)).exclude(Exists(open_writes))

    def _rows(self, records: Iterable[SyncRecord]) -> list[Row]:
        return [row_of(r) for r in records]

    def _renew(self) -> None:
        if self._run is None:
            return
        mine = SyncRun.objects.live().filter(pk=self._run.pk, epoch=self._run.epoch)
        if not mine.update(lease_until=self._clock() + LEASE):
            raise Fenced

    def _save_rows(self, rows: Iterable[Row]) -> None:
        """One statement for all new rows and one for all known ones. A first sync saves every record several times, so no model is made of them."""
        fresh: list[list[Any]] = []
        known: list[list[Any]] = []
        for row in rows:
            columns = self._columns(row)
            values = [_written(name, columns[name]) for name in _SAVED]
            (known if row.pk else fresh).append([*values, self._sync.pk, *([row.pk] if row.pk else [])])
        with connection.cursor() as cursor:
            if fresh:
                cursor.executemany(_insert_sql(), fresh)
            if known:
                cursor.executemany(_upsert_sql(), known)

    def _columns(self, row: Row) -> dict[str, Any]:
        """A row by column, as model fields would hold it."""
        columns: dict[str, Any] = {}
        for side in Side:
            seen = row.side(side)
            columns[f"{side}_id"] = seen.id if seen else None
            columns[f"{side}_stands"] = bool(seen and seen.stands)
            columns[f"{side}_sweep"] = seen.sweep if seen else 0
            columns[f"{side}_seen"] = seen_json(seen) if seen else None
            columns[f"{side}_base"] = values_to_json(row.base(side))
            for name, of in (("key", key_of), ("mark", mark_of), ("name", name_of)):
                columns[f"{side}_{name}"] = column(of(self._spec, row, side), f"{side}_{name}")
        columns.update({name: getattr(row, name) for name in _AS_THEY_ARE})
        waits = {name: column(getattr(row, name), name) for name in ("wants", "needs")}
        return {**columns, **waits, "title": cleaned(row.title)[:512], "details": _texts(row.details)}

    def _event(self, event: Event) -> RecordEvent:
        return RecordEvent(
            sync=self._sync,
            record_pk=event.pk,
            run=self._run,
            at=self._clock(),
            type=event.type,
            side=event.side or "",
            changes=[[c.field, to_json(c.old), to_json(c.new)] for c in event.changes],
            category=event.category,
            details=_texts(event.details),
            words=cleaned(event.words),
            trace=cleaned(event.trace)[:128],
        )

    def _open(self, intent: Intent) -> WriteIntent:
        write = intent.write
        body = {
            "fields": values_to_json(write.fields),
            "id": write.id,
            "version": write.version,
            "expected": values_to_json(write.expected),
            "agreed": values_to_json(intent.agreed),
            "changes": [[c.field, to_json(c.old), to_json(c.new)] for c in intent.changes],
            "lost": list(intent.lost),
        }
        sent_at = intent.sent_at or self._clock()
        return WriteIntent(
            sync=self._sync,
            record_pk=intent.pk,
            side=intent.side,
            call=write.call,
            key=write.key,
            operation=write.operation,
            body=body,
            sent_at=sent_at,
        )

    def _close(self, names: Iterable[tuple[str, str]]) -> None:
        by_call: dict[str, list[str]] = {}
        for call, key in names:
            by_call.setdefault(call, []).append(key)
        for call, keys in by_call.items():
            WriteIntent.objects.filter(sync=self._sync, call=call, key__in=keys).delete()

    def _save_cursors(self, batch: Batch) -> None:
        if not batch.cursors:
            return
        for side, c in batch.cursors.items():
            self._cursors[side] = {"value": c.value, "sweep": c.sweep, "complete": c.complete, "fields": list(c.fields)}
        ObjectSync.objects.filter(pk=self._sync.pk).update(cursors=self._cursors)

    def _wake(self, batch: Batch) -> None:
        if batch.wake_keys:
            short = [column(k, "left_key") for k in batch.wake_keys]
            alone = Q(left_id=None) | Q(right_id=None) | Q(state=State.FAILING)
            self._records().filter(Q(left_key__in=short) | Q(right_key__in=short), alone, dirty=False).update(dirty=True)
        if batch.wake_names:
            wanted = {column(name, "wants") for _, name in batch.wake_names}
            self._records().filter(wants__in=wanted, dirty=False).update(dirty=True)

    def _wake_dependants(self, rows: Iterable[Row]) -> None:
        """Have rows of other syncs decided again that wait for one of these, and those syncs run soon."""
        kind = Kind(self._sync.kind)
        dependants = [other for other, kinds in NEEDS.items() if kind in kinds]
        changed = [column(need(kind, side, seen.id), "needs") for row in rows for side in Side if (seen := row.side(side))] if dependants else []
        if not changed:
            return
        waiting = SyncRecord.objects.filter(sync__in=self._dependants(dependants), needs__in=changed, dirty=False)
        if waiting.update(dirty=True):
            ObjectSync.objects.filter(pk__in=self._dependants(dependants), status=ObjectSync.Status.ON).update(next_run_at=self._clock())

    def _dependants(self, kinds: Sequence[Kind]) -> list[int]:
        sync = self._sync
        syncs = ObjectSync.objects.settled().filter(left=sync.left_id, right=sync.right_id, kind__in=kinds)
        return list(syncs.values_list("pk", flat=True))


class Overlay(DatabaseStore):
    """Rows under another spec than the one their stored keys were made with. Keys are computed once, in memory; observations are saved
    with the stored keys of the sync's own settings, which the next run puts right if they differ."""

    def by_keys(self, keys: Collection[str], marks: Collection[str]) -> list[Row]:
        index = self._index
        return self.by_pks({pk for wanted in (keys, marks) for key in wanted for pk in index.get(key, ())})

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        after = 0
        while rows := self.every(after, REKEY_CHUNK):
            after = rows[-1].pk
            for row in rows:
                for key in {of(self._spec, row, side) for of in (key_of, mark_of) for side in Side} - {""}:
                    found.setdefault(key, []).append(row.pk)
        return found


def column(value: str, name: str) -> str:
    """A compared value as its column holds it: too long ones, and those no column takes, by their digest."""
    length = SyncRecord._meta.get_field(name).max_length or 0
    if len(value) <= length and keepable(value):
        return value
    return "sha256:" + hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()


def _texts(details: Mapping[str, str]) -> dict[str, str]:
    return {name: cleaned(text) for name, text in details.items()}


def _written(name: str, value: Any) -> Any:
    """A column's value as the database driver takes it."""
    if name in _JSON:
        return None if value is None else json.dumps(value)
    return connection.ops.adapt_datetimefield_value(value) if name in _TIMES else value


@cache
def _insert_sql() -> str:
    names = ", ".join(map(connection.ops.quote_name, [*_SAVED, "sync_id"]))
    return f"INSERT INTO {SyncRecord._meta.db_table} ({names}) VALUES ({', '.join(['%s'] * (len(_SAVED) + 1))})"  # noqa: S608 - column names


@cache
def _upsert_sql() -> str:
    names = ", ".join(map(connection.ops.quote_name, [*_SAVED, "sync_id", "id"]))
    changes = ", ".join(f"{n} = excluded.{n}" for n in map(connection.ops.quote_name, _SAVED))
    places = ", ".join(["%s"] * (len(_SAVED) + 2))
    return f"INSERT INTO {SyncRecord._meta.db_table} ({names}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {changes}"  # noqa: S608
