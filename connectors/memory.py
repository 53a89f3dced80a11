"""A complete connector in memory, for tests of the engine: the contract, kept by a few dictionaries, with everything that can go wrong on demand.

    side = MemoryConnector(specs)
    alice = side.create({"name": "Alice"})             what a person does at the provider
    side.disturb = lambda moment, write: moment == "after"      every answer to a write is lost

It is deterministic: ids count up, the clock moves one second with every change, batches answer in reverse order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.base import (
    Account,
    Failed,
    FieldSpec,
    Operation,
    Outcome,
    Page,
    Presence,
    Record,
    Stored,
    Unknown,
    Value,
    Values,
    Write,
)
from connectors.errors import AlreadyExists, Ambiguous, ConnectorError, CursorExpired, NotFound, Rejected, Stale
from connectors.memory_store import Row, Store, fold, forbidden
from connectors.vocabulary import UNIQUE_CATEGORY, Category, Kind

Disturb = Callable[[str, Write], bool]
"""disturb(moment, write): True loses the answer; moment "before" means that nothing happened, "after" that it did. It may raise: a crash."""


@dataclass
class MemoryConnector:
    """`rewrite` changes values as they are stored, `refuse` names an error for what would be stored, `disturb` loses answers.

    `overlap` is how many of the last changes a feed shows again. `remembers` says whether a call that is sent again is recognised;
    `checks_versions` whether an update needs the right version, or else the expected values. `shows_removed` says whether the feed tells
    of removed records. `outage`, when set, is what every call raises. `log` holds (method, number of things), `written` the writes that happened.
    """

    specs: Sequence[FieldSpec]
    provider: str = "memory"
    account_id: str = "1"
    batch_size: int = 30
    page_size: int = 1000
    overlap: int = 3
    remembers: bool = True
    checks_versions: bool = True
    shows_removed: bool = True
    rewrite: Callable[[dict[str, Value]], Mapping[str, Value]] | None = None
    refuse: Callable[[Values], ConnectorError | None] | None = None
    disturb: Disturb | None = None
    outage: ConnectorError | None = None

    def __post_init__(self) -> None:
        self.store = Store([spec.key for spec in self.specs if spec.unique])
        self.rows = self.store.rows
        self.log: list[tuple[str, int]] = []
        self.written: list[Write] = []
        self._by_key = {spec.key: spec for spec in self.specs}
        self._answers: dict[tuple[str, str], Record] = {}
        self._merged: dict[str, str] = {}
        self._oldest_cursor = 0

    # What people do at the provider.

    def create(self, fields: Values, *, namespace: str = "", related: Mapping[str, tuple[Values, ...]] | None = None) -> str:
        """A person creates a record; gives its id. Another namespace makes it a holder of another sort, which only `find` meets."""
        error = self._problem(fields, None)
        if error:
            raise error
        return self.store.insert(self._rewritten(fields), namespace, dict(related or {})).id

    def edit(self, record_id: str, fields: Values) -> None:
        """A person changes values."""
        error = self._problem(fields, self.rows[record_id])
        if error:
            raise error
        self._change(self.rows[record_id], fields)

    def relate(self, record_id: str, name: str, values: tuple[Values, ...]) -> None:
        """The associated records of one name are from now on these."""
        self.rows[record_id].related[name] = values
        self.store.touch(self.rows[record_id])

    def remove(self, record_id: str) -> None:
        """A person deletes a record for good."""
        row = self.rows[record_id]
        self.store.forget(row)
        row.presence = Presence.ABSENT
        self.store.touch(row)

    def deactivate(self, record_id: str) -> None:
        self.rows[record_id].presence = Presence.INACTIVE
        self.store.touch(self.rows[record_id])

    def activate(self, record_id: str) -> None:
        self.rows[record_id].presence = Presence.PRESENT
        self.store.touch(self.rows[record_id])

    def merge(self, winner: str, loser: str) -> None:
        """A person merges two records: the loser's id answers with the winner from now on."""
        self.remove(loser)
        row = self.rows[winner]
        row.merged_ids = (*row.merged_ids, loser, *self.rows[loser].merged_ids)
        self._merged.update(dict.fromkeys(row.merged_ids, winner))
        self.store.touch(row)

    def expire_cursors(self) -> None:
        """The feed no longer reaches back to any cursor given so far."""
        self.store.changes += 1
        self._oldest_cursor = self.store.changes

    def current(self, record_id: str) -> Record:
        """What stands there now, with every field; no call."""
        return self._record(self.rows[record_id], list(self._by_key))

    def standing(self) -> list[Record]:
        """Every record of the connector's own list that is not gone, inactive ones included; no call."""
        return [self._record(row, list(self._by_key)) for row in self.rows.values() if row.presence is not Presence.ABSENT and not row.namespace]

    # The contract.

    @property
    def calls(self) -> int:
        return len(self.log)

    def account(self) -> Account:
        self._call("account", 1)
        return Account(self.account_id, "In memory", "UTC", "USD", sandbox=True)

    def setup(self, kind: Kind) -> bool:
        """Nothing is missing in memory."""
        return True

    def fields(self, kind: Kind) -> tuple[FieldSpec, ...]:
        return tuple(self.specs)

    def changes(self, kind: Kind, since: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """Cursors: "list:LAST_NUMBER:CHANGES" inside a listing, "feed:CHANGES" behind it."""
        parts = since.split(":") if since else ["list", "0", str(self.store.changes)]
        if not parts[-1].isdecimal() or int(parts[-1]) < self._oldest_cursor:
            raise CursorExpired("forgotten", provider=self.provider)
        if parts[0] == "list":
            yield from self._listing(int(parts[1]), int(parts[2]), fields)
            return
        seen = int(parts[1]) - self.overlap
        rows = self.store.after(seen)
        shown = [row for row in rows if not row.namespace and (self.shows_removed or row.presence is not Presence.ABSENT)]
        yield from self._paged(shown, fields, f"feed:{self.store.changes}", parts[1])

    def noted(self, kind: Kind, cursor: str, records: Sequence[Record]) -> str:
        """This feed shows the last changes again whoever made them."""
        return cursor

    def read(self, kind: Kind, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Record]:
        self._call("read", len(ids))
        for record_id in dict.fromkeys(self._merged.get(i, i) for i in ids):
            row = self.rows.get(record_id)
            yield self._record(row, fields) if row else Record(record_id, {}, presence=Presence.ABSENT)

    def concerned(self, kind: Kind, object: str, ids: Sequence[str]) -> list[str]:
        return list(ids)

    def find(self, kind: Kind, key: str, values: Iterable[str], fields: Sequence[str]) -> Iterator[Record]:
        wanted = {fold(value) for value in values}
        if not wanted:
            return
        self._call("find", len(wanted))
        for row in self._found(key, wanted):
            yield self._record(row, fields)

    def write(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        groups: dict[str, list[Write]] = {}
        for write in writes:
            groups.setdefault(write.call, []).append(write)
        for group in groups.values():
            if len(group) > self.batch_size:
                raise ValueError("more writes in one call than a request takes")
            yield from self._request(group, fields)

    def settle(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        again = []
        for write in writes:
            answer = self._happened(write, fields)
            if answer:
                yield answer
            else:
                again.append(write)
        for outcome in self.write(kind, again, fields):
            yield self._judged(next(w for w in again if w.name == outcome.name), outcome, fields)

    def url(self, kind: Kind, record_id: str) -> str:
        return f"memory://{self.account_id}/{record_id}"

    # Reading.

    def _listing(self, after: int, started: int, fields: Sequence[str]) -> Iterator[Page]:
        rows = [r for r in self.rows.values() if int(r.id) > after and not r.namespace and r.presence is not Presence.ABSENT]
        for start in range(0, max(len(rows), 1), self.page_size):
            self._call("changes", 1)
            part = rows[start : start + self.page_size]
            complete = start + self.page_size >= len(rows)
            cursor = f"feed:{started}" if complete else f"list:{part[-1].id}:{started}"
            yield Page(tuple(self._record(row, fields) for row in part), cursor, complete, full=True, total=len(rows))

    def _paged(self, rows: list[Row], fields: Sequence[str], cursor: str, before: str) -> Iterator[Page]:
        """Pages oldest first. Only the last cursor moves on: a pass that is broken off starts again."""
        for start in range(0, max(len(rows), 1), self.page_size):
            self._call("changes", 1)
            part = rows[start : start + self.page_size]
            complete = start + self.page_size >= len(rows)
            yield Page(tuple(self._record(row, fields) for row in part), cursor if complete else f"feed:{before}", complete, full=False)

    def _found(self, key: str, wanted: set[str]) -> list[Row]:
        if self._by_key[key].unique:
            return [row for value in sorted(wanted) for row in self.store.holders(key, value)]
        return [r for r in self.rows.values() if r.presence is not Presence.ABSENT and not r.namespace and fold(r.fields.get(key)) in wanted]

    def _record(self, row: Row, keys: Sequence[str]) -> Record:
        if row.presence is Presence.ABSENT:
            return Record(row.id, {}, presence=Presence.ABSENT, modified_at=row.modified_at, namespace=row.namespace)
        return Record(
            id=row.id,
            fields={key: self._value(row, self._by_key[key]) for key in keys if key in self._by_key},
            version=str(row.changed),
            title=next((str(v) for v in row.fields.values() if v), ""),
            presence=row.presence,
            modified_at=row.modified_at,
            created_at=row.created_at,
            related=dict(row.related),
            merged_ids=row.merged_ids,
            namespace=row.namespace,
        )

    def _value(self, row: Row, spec: FieldSpec) -> Value:
        computed: dict[str, Value] = {"own_key": f"{self.account_id}:{row.id}", "created": row.created_at, "modified": row.modified_at}
        return computed[spec.meaning] if spec.meaning in computed else row.fields.get(spec.key)

    # Writing.

    def _request(self, group: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        self.log.append(("write", len(group)))
        if self.outage:
            yield from (Failed(write.name, self.outage) for write in group)
            return
        yield from [self._one(write, fields) for write in group][::-1]

    def _one(self, write: Write, fields: Sequence[str]) -> Outcome:
        lost = Unknown(write.name, Ambiguous("the answer was lost", provider=self.provider))
        if self.disturb and self.disturb("before", write):
            return lost
        if self.remembers and write.name in self._answers:
            outcome: Outcome = Stored(write.name, self._answers[write.name])
        else:
            outcome = self._perform(write, fields)
        return lost if self.disturb and self.disturb("after", write) else outcome

    def _perform(self, write: Write, fields: Sequence[str]) -> Outcome:
        if write.operation is Operation.DELETE:
            return self._delete(write)
        row = self.rows.get(write.id) if write.operation is Operation.UPDATE else None
        if write.operation is Operation.UPDATE and (row is None or row.presence is Presence.ABSENT):
            return Failed(write.name, NotFound("no such record", provider=self.provider))
        if row is not None and self._moved(row, write):
            return Failed(write.name, Stale("the record moved on", provider=self.provider))
        error = self._problem(write.fields, row)
        if error:
            return Failed(write.name, error)
        if row is None:
            row = self.store.insert(self._rewritten(write.fields), "", {})
        else:
            self._change(row, write.fields)
        record = self._record(row, fields)
        self._answers[write.name] = self._record(row, list(self._by_key))
        self.written.append(write)
        return Stored(write.name, record)

    def _delete(self, write: Write) -> Outcome:
        if write.id not in self.rows:
            return Failed(write.name, NotFound("no such record", provider=self.provider))
        self.remove(write.id)
        self.written.append(write)
        return Stored(write.name, Record(write.id, {}, presence=Presence.ABSENT))

    def _moved(self, row: Row, write: Write) -> bool:
        if self.checks_versions:
            return str(row.changed) != write.version
        return any(row.fields.get(key) != value for key, value in write.expected.items() if key in write.fields)

    def _happened(self, write: Write, fields: Sequence[str]) -> Stored | None:
        """The proof that a write took effect, as far as looking gives one."""
        self._call("settle", 1)
        answer = self._answers.get(write.name) if self.remembers else None
        if answer:
            kept = {key: value for key, value in answer.fields.items() if key in fields}
            now = self._record(self.rows[answer.id], fields)
            return Stored(write.name, replace(answer, fields=kept), now if now.version != answer.version else None)
        if write.operation is not Operation.CREATE:
            return None
        unique = next((key for key in write.fields if self._by_key[key].unique and write.fields[key]), None)
        found = self._found(unique, {fold(write.fields[unique])}) if unique else []
        same = [row for row in found if not row.namespace and all(row.fields.get(key) == value for key, value in write.fields.items())]
        return Stored(write.name, self._record(same[0], fields)) if same else None

    def _judged(self, write: Write, outcome: Outcome, fields: Sequence[str]) -> Outcome:
        if isinstance(outcome, Failed) and isinstance(outcome.error, Stale):
            row = self.rows[write.id]
            if all(row.fields.get(key) == value for key, value in write.fields.items()):
                return Stored(write.name, self._record(row, fields))
        return outcome

    def _problem(self, values: Values, row: Row | None) -> ConnectorError | None:
        """Why these values cannot be stored, as the field list and the rules of the account have it."""
        for key, value in values.items():
            error = self._invalid(key, value, row)
            if error:
                return error
        missing = [s.key for s in self.specs if s.required and not s.read_only and row is None and values.get(s.key) is None]
        if missing:
            return self._rejected(Category.REQUIRED_VALUE_MISSING, missing[0])
        return self.refuse({**(row.fields if row else {}), **values}) if self.refuse else None

    def _invalid(self, key: str, value: Value, row: Row | None) -> ConnectorError | None:
        spec = self._by_key.get(key)
        category = forbidden(spec, value)
        if category:
            return self._rejected(category, key)
        return self._taken(spec, value, row) if spec and spec.unique and value is not None else None

    def _taken(self, spec: FieldSpec, value: Value, row: Row | None) -> ConnectorError | None:
        others = [other for other in self.store.holders(spec.key, fold(value)) if other is not row]
        if not others:
            return None
        if spec.meaning in UNIQUE_CATEGORY:
            return self._rejected(UNIQUE_CATEGORY[spec.meaning], spec.key)
        return AlreadyExists("taken", existing_id=others[0].id)

    def _rejected(self, category: Category, key: str) -> Rejected:
        return Rejected(category.value.lower().replace("_", " "), provider=self.provider, category=category, field=key)

    def _change(self, row: Row, values: Values) -> None:
        self.store.put(row, self._rewritten({**row.fields, **values}))

    def _rewritten(self, values: Values) -> dict[str, Value]:
        return dict(self.rewrite(dict(values)) if self.rewrite else values)

    def _call(self, method: str, things: int) -> None:
        self.log.append((method, things))
        if self.outage:
            raise self.outage
