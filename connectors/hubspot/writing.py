"""Creates and updates in batches, and finding out what became of those whose answer was lost. Source: HubSpot reference, sections 6.3 and 7.

A create with the linking property is an upsert by it and so never makes a second record. An update is preceded by a read of what it was decided on,
the nearest HubSpot offers to a condition, unless it writes our own properties only, and followed by a read of the whole record: what a person
changed in between carries the time of our update, and no feed would show it. Answers are matched by trace id, unique value or record id. A batch
that was refused as a whole did nothing and is halved until the refused member stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from itertools import groupby

from connectors.base import Failed, FieldSpec, FieldType, Operation, Outcome, Record, Stored, Unknown, Value, Write
from connectors.errors import (
    AlreadyExists,
    Ambiguous,
    ConnectorError,
    Forbidden,
    NotFound,
    Rejected,
    Stale,
    Throttled,
    Unauthorized,
    Unavailable,
)
from connectors.hubspot.client import BATCH_WITH_HISTORY, HubSpotClient, Raw
from connectors.hubspot.errors import PROVIDER, member_error
from connectors.hubspot.objects import ASSOCIATED, KEY_PROPERTY, OBJECTS, OWN_PROPERTIES
from connectors.hubspot.reading import CALLS_AT_ONCE, Wanted, chunks, fields_of, record_of
from connectors.hubspot.values import canonical, stored

STOPPING = (Unauthorized, Forbidden, Throttled, Unavailable)
"""Errors that concern the whole account: what has not been sent is not sent."""

Payload = Callable[[Write], Raw]
Match = Callable[[Raw], str]
"""The name of an answer's member: what `_name` gives for its write."""


@dataclass
class Writer:
    """Writes of one kind. `wanted` is what records of outcomes hold; `specs` are the known fields by key."""

    client: HubSpotClient
    wanted: Wanted
    specs: Mapping[str, FieldSpec]
    _stopped: ConnectorError | None = field(default=None)

    def __post_init__(self) -> None:
        self.path = OBJECTS[self.wanted.kind].path
        self._own = {str(definition["name"]) for definition in OWN_PROPERTIES[self.wanted.kind]}

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """One outcome for each write, as answers come in."""
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            for future in as_completed([pool.submit(self._group, group) for group in groups(writes)]):
                yield from future.result()

    def _group(self, writes: list[Write]) -> list[Outcome]:
        """Send the writes of one request."""
        if self._stopped:
            return [Failed(write.name, self._stopped) for write in writes]
        single, doubled = apart(writes)
        outcomes: list[Outcome] = [Failed(write.name, _stale("the same record twice in one request")) for write in doubled]
        if single[0].operation is Operation.UPDATE:
            return outcomes + self._update(single)
        return outcomes + (self._upsert(single) if keyed(single[0]) else self._create(single))

    # Creates

    def _upsert(self, writes: list[Write]) -> list[Outcome]:
        def payload(write: Write) -> Raw:
            return {**self._input(write), "id": stored(write.fields[KEY_PROPERTY]), "idProperty": KEY_PROPERTY}

        raws, outcomes = self._send("upsert", writes, payload, lambda raw: (raw["properties"].get(KEY_PROPERTY) or "").strip().lower())
        known = self._read_back([raw for _, raw in raws if not raw.get("new", True)])
        return outcomes + [Stored(write.name, known.get(str(raw["id"])) or self._created(raw)) for write, raw in raws]

    def _create(self, writes: list[Write]) -> list[Outcome]:
        def payload(write: Write) -> Raw:
            return {**self._input(write), "associations": []}

        raws, outcomes = self._send("create", writes, payload, lambda raw: str(raw.get("objectWriteTraceId") or ""))
        return outcomes + [Stored(write.name, self._created(raw)) for write, raw in raws]

    def _read_back(self, raws: Sequence[Raw]) -> dict[str, Record]:
        """What an upsert found instead of creating it; a read that fails leaves the answer to speak for itself."""
        try:
            ids = [str(raw["id"]) for raw in raws]
            found = self.client.batch_read(self.path, ids, self.wanted.properties) if ids else []
        except ConnectorError:
            return {str(raw["id"]): self._record(raw) for raw in raws}
        return {str(raw["id"]): self._record(raw) for raw in found}

    def _created(self, raw: Raw) -> Record:
        """A new record. What its answer does not show is empty, save what HubSpot fills in by itself."""
        silent = (FieldType.CHOICE, FieldType.CHOICES)
        blank: dict[str, str | None] = {
            key: None for key in self.wanted.properties if (spec := self.specs.get(key)) and not spec.read_only and spec.type not in silent
        }
        full = {**raw, "properties": {**blank, **raw["properties"]}}
        record = self._record(full)
        values: dict[str, Value] = {**record.fields, **({"company_name": None} if self.wanted.company_name else {})}
        return replace(record, fields=values, related={name: () for name in ASSOCIATED if name in self.wanted.links})

    # Updates

    def _update(self, writes: list[Write]) -> list[Outcome]:
        try:
            before = self._now([write for write in writes if not self._ours(write)])
        except ConnectorError as error:
            return self._failed(writes, error)
        refused: list[Outcome] = []
        ready: list[Write] = []
        for write in writes:
            problem = None if self._ours(write) else self._moved_on(write, before.get(write.id))
            if problem:
                refused.append(Failed(write.name, problem))
            else:
                ready.append(write)
        raws, outcomes = self._send("update", ready, lambda w: {**self._input(w), "id": w.id}, lambda raw: str(raw["id"]))
        try:
            after = self._now([write for write, _ in raws])
        except ConnectorError:
            after = {}
        return refused + outcomes + [self._updated(write, raw, after.get(write.id)) for write, raw in raws]

    def _now(self, writes: Sequence[Write]) -> dict[str, Raw]:
        """What the records of some writes hold, by id, in the fields that are wanted and those that are written."""
        if not writes:
            return {}
        names = [name for write in writes for name in (*write.fields, *write.expected) if name in self.specs]
        properties = tuple(dict.fromkeys([*self.wanted.properties, *names]))
        return {str(raw["id"]): raw for raw in self.client.batch_read(self.path, [write.id for write in writes], properties)}

    def _ours(self, write: Write) -> bool:
        """Whether nobody but us writes these properties."""
        return {*write.fields, *write.expected} <= self._own

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
        for key, value in write.expected.items():
            if key in raw["properties"] and self._value(key, raw["properties"][key]) != value:
                return Stale("changed meanwhile", provider=PROVIDER, field=key)
        return None

    # Sending

    def _send(self, verb: str, writes: Sequence[Write], payload: Payload, match: Match) -> tuple[list[tuple[Write, Raw]], list[Outcome]]:
        """Send one batch: the writes that were stored with their answers, and the outcomes of the others."""
        if not writes:
            return [], []
        try:
            body = self.client.batch_write(self.path, verb, [payload(write) for write in writes])
        except (Rejected, AlreadyExists) as error:
            if len(writes) == 1:
                return [], [Failed(writes[0].name, error)]
            half = len(writes) // 2
            first, second = self._send(verb, writes[:half], payload, match), self._send(verb, writes[half:], payload, match)
            return first[0] + second[0], first[1] + second[1]
        except ConnectorError as error:
            return [], self._failed(writes, error)
        return self._matched(verb, writes, body, match)

    def _matched(self, verb: str, writes: Sequence[Write], body: Raw, match: Match) -> tuple[list[tuple[Write, Raw]], list[Outcome]]:
        answers: dict[str, Raw] = {}
        for raw in body.get("results") or ():
            answers[str(raw.get("objectWriteTraceId") or "")] = answers[match(raw)] = raw
        errors: dict[str, ConnectorError] = {}
        for item in body.get("errors") or ():
            context = item.get("context") or {}
            for name in (*(context.get("objectWriteTraceId") or ()), *(context.get("ids") or ())):
                errors[str(name)] = member_error(item)
        done: list[tuple[Write, Raw]] = []
        rest: list[Outcome] = []
        for write in writes:
            found = answers.get(trace(write)) or answers.get(natural(verb, write))
            error = errors.get(trace(write)) or errors.get(natural(verb, write))
            if found:
                done.append((write, found))
            elif error:
                rest.append(Failed(write.name, error))
            else:
                rest.append(Unknown(write.name, Ambiguous("the answer does not tell", provider=PROVIDER)))
        return done, rest

    def _failed(self, writes: Sequence[Write], error: ConnectorError) -> list[Outcome]:
        if isinstance(error, STOPPING):
            self._stopped = error
        if isinstance(error, Ambiguous):
            return [Unknown(write.name, error) for write in writes]
        return [Failed(write.name, error) for write in writes]

    def _input(self, write: Write) -> Raw:
        return {"properties": {key: stored(value) for key, value in write.fields.items()}, "objectWriteTraceId": trace(write)}

    def _value(self, key: str, text: str | None) -> Value:
        spec = self.specs.get(key)
        return canonical(spec.type if spec else FieldType.TEXT, text)

    def _record(self, raw: Raw) -> Record:
        """A record of its own properties only: associated records are left out, that is unknown."""
        return record_of(raw, fields_of(self.wanted, raw["properties"]), {})

    # Settling

    def settle(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """What became of writes whose answer was lost, by what the records hold now and held since.

        Only a create with the linking property is sent again, for an upsert can never make a second record.
        """
        updates = [write for write in writes if write.operation is Operation.UPDATE]
        linked = [write for write in writes if write.operation is Operation.CREATE and keyed(write)]
        named = [write for write in writes if write.operation is Operation.CREATE and not keyed(write)]
        for part in chunks(updates, BATCH_WITH_HISTORY):
            yield from self._settle(part, "", lambda write: write.id)
        for part in chunks(linked, BATCH_WITH_HISTORY):
            yield from self._settle(part, KEY_PROPERTY, lambda write: stored(write.fields[KEY_PROPERTY]))
        for write in named:
            yield self._settle_named(write)

    def _settle(self, writes: Sequence[Write], id_property: str, name: Callable[[Write], str]) -> Iterator[Outcome]:
        history = tuple(dict.fromkeys(key for write in writes for key in write.fields))
        properties = tuple(dict.fromkeys([*self.wanted.properties, *history]))
        keys = list(dict.fromkeys(name(write) for write in writes))
        try:
            found = self.client.batch_read(self.path, keys, properties, id_property=id_property, history=history)
        except ConnectorError as error:
            yield from (Unknown(write.name, error) for write in writes)
            return
        raws = {(str(raw["id"]) if not id_property else (raw["properties"].get(id_property) or "").lower()): raw for raw in found}
        for write in writes:
            raw = raws.get(name(write).lower())
            if raw:
                yield self._settled(write, raw)
            elif not id_property:
                yield Failed(write.name, NotFound("has no such record", provider=PROVIDER))
        if id_property:
            yield from self.write([write for write in writes if name(write).lower() not in raws])

    def _settled(self, write: Write, raw: Raw) -> Outcome:
        if write.operation is Operation.UPDATE and not self._landed(write, raw):
            return Failed(write.name, _stale("did not take effect"))
        now = self._record(raw)
        written = self._record(overlaid(raw, {**raw, "properties": {key: stored(value) for key, value in write.fields.items()}}))
        return Stored(write.name, written, None if written.fields == now.fields else now)

    def _landed(self, write: Write, raw: Raw) -> bool:
        """Whether the history of a written property shows our value after the one the write was decided on. A batch sets all of a record or none."""
        changed = [key for key, value in write.fields.items() if key not in write.expected or write.expected[key] != value]
        return not changed or any(self._appears(write, key, (raw.get("propertiesWithHistory") or {}).get(key) or ()) for key in changed)

    def _appears(self, write: Write, key: str, entries: Sequence[Raw]) -> bool:
        for entry in entries:
            value = self._value(key, entry.get("value"))
            if value == write.fields[key]:
                return True
            if key in write.expected and value == write.expected[key]:
                return False
        return False

    def _settle_named(self, write: Write) -> Outcome:
        """A create without the linking property: only its e-mail address can tell, and it does not tell who made the record."""
        email = write.fields.get("email")
        if not isinstance(email, str):
            return Unknown(write.name, Ambiguous("nothing tells this record apart", provider=PROVIDER))
        try:
            found = self.client.batch_read(self.path, [email], self.wanted.properties, id_property="email")
        except ConnectorError as error:
            return Unknown(write.name, error)
        if found:
            return Failed(write.name, AlreadyExists("exists already", existing_id=str(found[0]["id"]), provider=PROVIDER))
        return Failed(write.name, _stale("did not take effect"))


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


def keyed(write: Write) -> bool:
    """Whether a write sets the linking property."""
    return bool(write.fields.get(KEY_PROPERTY))


def trace(write: Write) -> str:
    """The trace id of a write within its request."""
    return f"{write.call}-{write.key}"


def natural(verb: str, write: Write) -> str:
    """What names a write in an answer besides its trace id."""
    return write.id if verb == "update" else stored(write.fields.get(KEY_PROPERTY)).strip().lower() if verb == "upsert" else trace(write)


def overlaid(before: Raw, after: Raw) -> Raw:
    """A record with the properties an answer shows over those read before."""
    return {**before, **after, "properties": {**before["properties"], **after["properties"]}}


def _stale(words: str) -> Stale:
    return Stale("changed meanwhile", provider=PROVIDER, words=words)
