"""Creates, updates and deletes in batches. Source: HubSpot reference, sections 6.3 and 7.

A create with the linking property is an upsert by it and so never makes a second record. An update is preceded by a read of what it was decided on,
the nearest HubSpot offers to a condition, unless it writes our own properties only, and followed by a read of the whole record: what a person
changed in between carries the time of our update, and no feed would show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from itertools import groupby

from connectors.base import Failed, FieldSpec, FieldType, Lines, Operation, Outcome, Presence, Record, Stored, Unknown, Value, Values, Write
from connectors.errors import Ambiguous, ConnectorError, NotFound, Rejected, Stale, Unavailable
from connectors.hubspot.batches import STOPPING, Item, Match, Sender
from connectors.hubspot.client import HubSpotClient, Raw
from connectors.hubspot.errors import PROVIDER
from connectors.hubspot.facts import KEY_PROPERTY, ObjectType
from connectors.hubspot.reading import CALLS_AT_ONCE, Reader, Wanted, fields_of, record_of, want
from connectors.hubspot.values import stored
from connectors.vocabulary import Category

Payload = Callable[[Write], Raw]
Part = Callable[[str, ObjectType, Raw], None]
"""Called with the id of a record, and the type and the answer of one that is a part of it."""


@dataclass
class Writer:
    """Writes of one kind. `wanted` is what records of outcomes hold; `specs` are the known fields by key. `on_part` is told of every record
    that an outcome shows as a part of its own."""

    client: HubSpotClient
    wanted: Wanted
    specs: Mapping[str, FieldSpec]
    on_part: Part = lambda record_id, type, raw: None
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.model = self.wanted.model
        self.path = self.wanted.path
        self.sender = Sender(self.client)

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """One outcome for each write, as answers come in."""
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            for future in as_completed([pool.submit(self._group, group) for group in groups(writes)]):
                yield from future.result()

    def _group(self, writes: list[Write]) -> list[Outcome]:
        """Send the writes of one request."""
        if self.sender.stopped:
            return [Failed(write.name, self.sender.stopped) for write in writes]
        single, doubled = apart(writes)
        outcomes: list[Outcome] = [Failed(write.name, stale("the same record twice in one request")) for write in doubled]
        if single[0].operation is Operation.DELETE:
            return outcomes + self._delete(single)
        able = []
        for write in single:
            problem = self._unwritable(write)
            if problem:
                outcomes.append(Failed(write.name, problem))
            else:
                able.append(write)
        if not able:
            return outcomes
        return outcomes + (self._update(able) if able[0].operation is Operation.UPDATE else self._creates(able))

    def _unwritable(self, write: Write) -> ConnectorError | None:
        """Why a write cannot be sent at all: it sets a field that is none of the record's own."""
        whole = self.model.whole.keys if self.model.whole else frozenset()
        settable = self._settable(write) | whole
        for key in write.fields:
            computed = self.model.computed.get(key)
            if computed and not computed.write and key not in settable:
                return rejected(Category.VALUE_INVALID, f"{self._label(key)} cannot be set.", key)
        return None

    def _settable(self, write: Write) -> frozenset[str]:
        """Fields that are no property and are set all the same."""
        return frozenset(self.model.parents) if write.operation is Operation.CREATE else frozenset()

    def _label(self, key: str) -> str:
        return self.specs[key].label if key in self.specs else key

    # Creates

    def _creates(self, writes: list[Write]) -> list[Outcome]:
        return self._upsert(writes) if keyed(writes[0]) else self._create(writes)

    def _upsert(self, writes: list[Write]) -> list[Outcome]:
        def payload(write: Write) -> Raw:
            return {"properties": self._input(write), "id": stored(write.fields[KEY_PROPERTY]), "idProperty": KEY_PROPERTY}

        raws, outcomes = self._send("upsert", writes, payload, by_key)
        known = self._read_back([raw for _, raw in raws if not raw.get("new", True)])
        return outcomes + [Stored(write.name, known.get(str(raw["id"])) or self._created(raw)) for write, raw in raws]

    def _create(self, writes: list[Write]) -> list[Outcome]:
        def payload(write: Write) -> Raw:
            return {"properties": self._input(write), "associations": []}

        raws, outcomes = self._send("create", writes, payload, by_trace)
        return outcomes + [Stored(write.name, self._created(raw)) for write, raw in raws]

    def _read_back(self, raws: Sequence[Raw]) -> dict[str, Record]:
        """What an upsert found instead of creating it; a read that fails leaves the answer to speak for itself."""
        try:
            ids = [str(raw["id"]) for raw in raws]
            found = self.client.batch_read(self.path, ids, self.wanted.properties) if ids else []
        except ConnectorError:
            return {str(raw["id"]): self._record(raw) for raw in raws}
        return {str(raw["id"]): self._record(raw) for raw in found}

    def _created(self, raw: Raw, links: Mapping[str, tuple[str, ...]] | None = None) -> Record:
        """A new record, associated with `links` only. What its answer does not show is empty, save what HubSpot fills in by itself."""
        silent = (FieldType.CHOICE, FieldType.CHOICES)
        blank: dict[str, str | None] = {
            key: None
            for key in self.wanted.properties
            if key not in self.wanted.computed and (spec := self.specs.get(key)) and not spec.read_only and spec.type not in silent
        }
        needed = {name: None for computed in self.wanted.computed.values() for name in computed.properties}
        full = {**raw, "properties": {**blank, **needed, **raw["properties"]}}
        mine = {type.path: (links or {}).get(type.path, ()) for type in self.wanted.associations}
        nobody: dict[str, dict[str, Mapping[str, str | None]]] = {type.path: {} for type in self.wanted.reads}
        related: dict[str, tuple[Values, ...]] = dict.fromkeys(self.wanted.links, ())
        return record_of(self.wanted, full, fields_of(self.wanted, full["properties"], mine, nobody), related)

    # Updates

    def _update(self, writes: list[Write]) -> list[Outcome]:
        try:
            before = self._now([write for write in writes if not self._ours(write)])
        except ConnectorError as error:
            return self._failed(writes, self.sender.noticed(error))
        refused: list[Outcome] = []
        ready: list[Write] = []
        for write in writes:
            problem = None if self._ours(write) else self._moved_on(write, before.get(write.id))
            if problem:
                refused.append(Failed(write.name, problem))
            else:
                ready.append(write)

        def payload(write: Write) -> Raw:
            return {"properties": self._input(write, before.get(write.id)), "id": write.id}

        raws, outcomes = self._send("update", ready, payload, by_id)
        try:
            after = self._now([write for write, _ in raws])
        except ConnectorError:
            after = {}
        return refused + outcomes + [self._updated(write, raw, after.get(write.id)) for write, raw in raws]

    def _now(self, writes: Sequence[Write], more: Sequence[str] = ()) -> dict[str, Raw]:
        """What the records of some writes hold, by id, in the fields that are wanted and those that are written, and in `more` properties."""
        if not writes:
            return {}
        names = [name for write in writes for key in (*write.fields, *write.expected) if key in self.specs for name in self.model.needed(key)]
        properties = tuple(dict.fromkeys([*self.wanted.properties, *names, *more]))
        return {str(raw["id"]): raw for raw in self.client.batch_read(self.path, [write.id for write in writes], properties)}

    def _ours(self, write: Write) -> bool:
        """Whether nobody but us writes these properties."""
        return {*write.fields, *write.expected} <= self.model.own_keys

    def _updated(self, write: Write, answer: Raw, now: Raw | None) -> Outcome:
        """What an update stored. A record that could not be read afterwards has no time, so that the feed shows it once more."""
        if now is None:
            return Stored(write.name, replace(self._record(answer), modified_at=None))
        if now["updatedAt"] == answer["updatedAt"]:
            return Stored(write.name, self._record(now))
        return Stored(write.name, self._record(overlaid(now, answer)), self._record(now))

    def _moved_on(self, write: Write, raw: Raw | None) -> ConnectorError | None:
        if raw is None:
            return NotFound("has no such record", provider=PROVIDER)
        words = self.model.guard(raw["properties"])
        if words:
            return rejected(Category.VALUE_INVALID, words)
        return differing(write, self._values(raw, write.expected))

    # Deletes

    def _delete(self, writes: list[Write]) -> list[Outcome]:
        errors = self.sender.each(lambda ids: self.client.batch_archive(self.path, ids), [write.id for write in writes])
        return [self._deleted(write, errors.get(write.id)) for write in writes]

    def _deleted(self, write: Write, error: ConnectorError | None) -> Outcome:
        """A delete is sent again by itself, so that one without any answer may have happened."""
        if error is None or isinstance(error, NotFound):
            return Stored(write.name, Record(write.id, {}, presence=Presence.ABSENT))
        return Unknown(write.name, error) if isinstance(error, Unavailable) else failure(write, error)

    # Sending

    def _send(self, verb: str, writes: Sequence[Write], payload: Payload, match: Match) -> tuple[list[tuple[Write, Raw]], list[Outcome]]:
        """Send one batch: the writes that were stored with their answers, and the outcomes of the others."""
        if not writes:
            return [], []
        found = self.sender.send(self.path, verb, [Item(trace(write), natural(verb, write), payload(write)) for write in writes], match)
        done = [(write, result) for write in writes if not isinstance(result := found[trace(write)], ConnectorError)]
        return done, [failure(write, result) for write in writes if isinstance(result := found[trace(write)], ConnectorError)]

    def _failed(self, writes: Sequence[Write], error: ConnectorError) -> list[Outcome]:
        return [failure(write, error) for write in writes]

    def _input(self, write: Write, before: Raw | None = None) -> dict[str, str]:
        """The properties that a write sets; `before` is what the record holds, for fields that are stored with others."""
        packed: dict[str, str] = dict(self.model.born) if write.operation is Operation.CREATE else {}
        whole = self.model.whole
        if whole and not whole.keys.isdisjoint(write.fields):
            present = self._values(before, whole.keys) if before else {}
            packed |= whole.pack({**present, **{key: write.fields[key] for key in whole.keys & write.fields.keys()}}, self.wanted.zone)
        for key, value in write.fields.items():
            computed = self.model.computed.get(key)
            if computed is None:
                packed[key] = stored(value)
            elif computed.write:
                packed |= computed.write(value, self.wanted.zone)
        return packed

    def _values(self, raw: Raw, keys: Mapping[str, Value] | frozenset[str]) -> dict[str, Value]:
        """What a record's own properties tell of some fields."""
        types = {key: self.specs[key].type if key in self.specs else FieldType.TEXT for key in keys}
        return fields_of(want(self.model, keys, types, self.wanted.zone), raw["properties"])

    def _reader(self, keys: Sequence[str]) -> Reader:
        """Reads some fields of records, associated ones included."""
        types = {key: self.specs[key].type if key in self.specs else FieldType.TEXT for key in keys}
        return Reader(self.client, want(self.model, keys, types, self.wanted.zone))

    def _record(self, raw: Raw) -> Record:
        """A record of its own properties only: associated records are left out, that is unknown."""
        return record_of(self.wanted, raw, fields_of(self.wanted, raw["properties"]), {})


def groups(writes: Sequence[Write]) -> list[list[Write]]:
    """Writes by the request they travel in, in their order."""

    def place(write: Write) -> tuple[str, str, bool]:
        return (write.call, write.operation, keyed(write))

    return [list(group) for _, group in groupby(sorted(writes, key=place), key=place)]


def apart(writes: Sequence[Write]) -> tuple[list[Write], list[Write]]:
    """The writes of a request, and those whose record came before in it: HubSpot refuses a batch with one twice."""
    taken: set[str] = set()
    single: list[Write] = []
    doubled: list[Write] = []
    for write in writes:
        name = write.id or stored(write.fields.get(KEY_PROPERTY)).lower()
        (doubled if name and name in taken else single).append(write)
        taken.add(name)
    return single, doubled


def differing(write: Write, present: Values) -> ConnectorError | None:
    """The error of an update whose record moved on. What is not known is not compared."""
    for key, value in write.expected.items():
        if key in present and comparable(present[key]) != comparable(value):
            return Stale("changed meanwhile", provider=PROVIDER, field=key)
    return None


def comparable(value: Value) -> Value:
    """A value without what it does not say: lines have ids of their own."""
    return replace(value, lines=tuple(replace(line, id="") for line in value.lines)) if isinstance(value, Lines) else value


def keyed(write: Write) -> bool:
    """Whether a write sets the linking property."""
    return bool(write.fields.get(KEY_PROPERTY))


def trace(write: Write) -> str:
    """The trace id of a write within its request."""
    return f"{write.call}-{write.key}"


def natural(verb: str, write: Write) -> str:
    """What names a write in an answer besides its trace id."""
    return write.id if verb == "update" else stored(write.fields.get(KEY_PROPERTY)).strip().lower() if verb == "upsert" else trace(write)


def by_id(raw: Raw) -> str:
    return str(raw["id"])


def by_key(raw: Raw) -> str:
    return (raw["properties"].get(KEY_PROPERTY) or "").strip().lower()


def by_trace(raw: Raw) -> str:
    return str(raw.get("objectWriteTraceId") or "")


def overlaid(before: Raw, after: Raw) -> Raw:
    """A record with the properties an answer shows over those read before."""
    return {**before, **after, "properties": {**before["properties"], **after["properties"]}}


def failure(write: Write, error: ConnectorError) -> Outcome:
    """What became of a write that met an error."""
    return Unknown(write.name, error) if isinstance(error, Ambiguous) else Failed(write.name, error)


def stale(words: str) -> Stale:
    return Stale("changed meanwhile", provider=PROVIDER, words=words)


def rejected(category: Category, words: str, field: str = "") -> Rejected:
    """A refusal of our own."""
    return Rejected("was refused", provider=PROVIDER, words=words, category=category, field=field)


def doubted(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes of writes that were sent before: what stops the account now tells nothing of then."""
    return [Unknown(o.name, o.error) if isinstance(o, Failed) and isinstance(o.error, STOPPING) else o for o in outcomes]
