"""A store in memory, with the same promises as the one on the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from connectors.vocabulary import Kind
from syncconfig.engine.matching import key_of, mark_of, name_of
from syncconfig.engine.references import References, need
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Cursor, Event, Intent, Row, State
from syncconfig.engine.store import Batch


class MemoryStore:
    """Rows of one sync by pk. `spec` says what the match keys and unique values of a row are, `beside` are the other syncs of the accounts."""

    def __init__(self, spec: SyncSpec, *, beside: Iterable[MemoryStore] = ()) -> None:
        self.spec = spec
        self.beside: dict[Kind, MemoryStore] = {store.spec.kind: store for store in beside}
        for store in beside:
            store.beside[spec.kind] = self
        self.rows: dict[int, Row] = {}
        self.events: list[Event] = []
        self.open: dict[tuple[str, str], Intent] = {}
        self.cursors: dict[Side, Cursor] = {}
        self._last_pk = 0

    def cursor(self, side: Side) -> Cursor | None:
        return self.cursors.get(side)

    def by_ids(self, side: Side, ids: Collection[str]) -> list[Row]:
        return [row for row in self.rows.values() if (s := row.side(side)) and s.id in ids]

    def by_pks(self, pks: Collection[int]) -> list[Row]:
        return [self.rows[pk] for pk in sorted(pks) if pk in self.rows]

    def by_keys(self, keys: Collection[str], marks: Collection[str]) -> list[Row]:
        return [row for row in self.rows.values() if any(key_of(self.spec, row, s) in keys or mark_of(self.spec, row, s) in marks for s in Side)]

    def by_names(self, side: Side, names: Collection[str]) -> list[Row]:
        return [row for row in self.rows.values() if name_of(self.spec, row, side) in names]

    def born_left(self, key: str, values: Collection[str]) -> Iterator[Row]:
        return (r for r in self.rows.values() if r.left and r.right and r.origin == Side.LEFT and r.right.values.get(key) in values)

    def references(self, ids: Mapping[tuple[Kind, Side], Collection[str]], skus: Collection[str]) -> References:
        rows = {
            (kind, side, found.id): row
            for (kind, side), wanted in ids.items()
            if kind in self.beside
            for row in self.beside[kind].by_ids(side, wanted)
            if (found := row.side(side))
        }
        items: dict[str, tuple[Row, ...]] = {}
        for row in self.beside[Kind.PRODUCT].by_keys(skus, ()) if Kind.PRODUCT in self.beside else ():
            key = key_of(self.beside[Kind.PRODUCT].spec, row, Side.RIGHT)
            items[key] = (*items.get(key, ()), row)
        return References(rows, items)

    def due(self, now: datetime, after: int, limit: int) -> list[Row]:
        waiting = {i.pk for i in self.open.values()}
        found = (
            r
            for pk, r in sorted(self.rows.items())
            if pk > after and pk not in waiting and (r.dirty or (r.next_attempt_at is not None and r.next_attempt_at <= now))
        )
        return [row for row, _ in zip(found, range(limit), strict=False)]

    def every(self, after: int, limit: int) -> list[Row]:
        return [row for pk, row in sorted(self.rows.items()) if pk > after][:limit]

    def unseen(self, side: Side, sweep: int, after: int, limit: int) -> list[Row]:
        return [r for pk, r in sorted(self.rows.items()) if pk > after and (s := r.side(side)) and s.stands and s.sweep < sweep][:limit]

    def intents(self) -> Iterator[Intent]:
        return iter(list(self.open.values()))

    def waiting(self, now: datetime) -> int:
        return len(self.due(now, 0, len(self.rows)))

    def linked(self) -> int:
        return sum(row.linked for row in self.rows.values())

    def wake_all(self) -> None:
        self.rows = {pk: replace(row, dirty=True) for pk, row in self.rows.items()}

    def save(self, batch: Batch) -> None:
        for pk in batch.deleted:
            del self.rows[pk]
        for row in batch.rows:
            if not row.pk:
                self._last_pk += 1
                row = replace(row, pk=self._last_pk)
            self._check_unique(row)
            self.rows[row.pk] = row
        for side, sweep, ids in batch.touched:
            for row in self.by_ids(side, ids):
                s = row.side(side)
                assert s
                now = replace(s, sweep=sweep)
                self.rows[row.pk] = replace(row, left=now) if side is Side.LEFT else replace(row, right=now)
        self.events.extend(batch.events)
        self.open.update({i.write.name: i for i in batch.opened})
        for name in batch.closed:
            self.open.pop(name, None)
        self.cursors.update(batch.cursors)
        self._wake(batch)
        changed = {need(self.spec.kind, side, s.id) for row in batch.rows for side in Side if (s := row.side(side))}
        for store in self.beside.values():
            store.rows = {pk: replace(row, dirty=True) if row.needs in changed else row for pk, row in store.rows.items()}

    def _check_unique(self, row: Row) -> None:
        """The database refuses a second row with the same id on a side; so does this."""
        for side in Side:
            s = row.side(side)
            assert not s or all(r.pk == row.pk for r in self.by_ids(side, {s.id})), f"{side} id is taken"

    def _wake(self, batch: Batch) -> None:
        if not batch.wake_keys and not batch.wake_names:
            return
        wanted = {name for _, name in batch.wake_names}
        for row in self.by_keys(batch.wake_keys, ()) + [r for r in self.rows.values() if r.wants in wanted]:
            if not row.linked or row.state is State.FAILING:
                self.rows[row.pk] = replace(self.rows[row.pk], dirty=True)
