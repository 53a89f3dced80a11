"""Finding out what became of writes whose answer was lost, by what the records hold now and held since.

Source: HubSpot reference, sections 6.1 (history) and 7.2. Only a create with the linking property is sent again, for an upsert can never make
a second record; so is a delete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from connectors.base import Failed, FieldType, Operation, Outcome, Stored, Unknown, Write
from connectors.errors import AlreadyExists, Ambiguous, ConnectorError, NotFound
from connectors.hubspot.client import BATCH_WITH_HISTORY, Raw
from connectors.hubspot.errors import PROVIDER
from connectors.hubspot.facts import KEY_PROPERTY
from connectors.hubspot.reading import chunks
from connectors.hubspot.values import canonical, stored
from connectors.hubspot.writing import Writer, doubted, keyed, overlaid, stale


class SettlingWriter(Writer):
    """A writer that can look back."""

    def settle(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """One outcome for each write."""
        yield from self._settle_updates([write for write in writes if write.operation is Operation.UPDATE])
        yield from self._settle_creates([write for write in writes if write.operation is Operation.CREATE])
        yield from doubted(list(self.write([write for write in writes if write.operation is Operation.DELETE])))

    def _settle_updates(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        for part in chunks(writes, BATCH_WITH_HISTORY):
            yield from self._settle(part, "", lambda write: write.id)

    def _settle_creates(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        for part in chunks([write for write in writes if keyed(write)], BATCH_WITH_HISTORY):
            yield from self._settle(part, KEY_PROPERTY, lambda write: stored(write.fields[KEY_PROPERTY]))
        for write in writes:
            if not keyed(write):
                yield self._settle_named(write)

    def _settle(self, writes: Sequence[Write], id_property: str, name: Callable[[Write], str]) -> Iterator[Outcome]:
        history = tuple(dict.fromkeys(key for write in writes for key in write.fields if key not in self.model.computed))
        needed = [property for write in writes for key in write.fields for property in self.model.needed(key)]
        properties = tuple(dict.fromkeys([*self.wanted.properties, *needed]))
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
            return Failed(write.name, stale("did not take effect"))
        now = self._record(raw)
        written = self._record(overlaid(raw, {**raw, "properties": self._input(write, raw)}))
        return Stored(write.name, written, None if written.fields == now.fields else now)

    def _landed(self, write: Write, raw: Raw) -> bool:
        """Whether the history of a written property shows our value after the one the write was decided on. A batch sets all of a record or none.

        A computed field has no history: what it is now has to do.
        """
        changed = [key for key, value in write.fields.items() if key not in write.expected or write.expected[key] != value]
        present = self._values(raw, dict.fromkeys(changed))
        return not changed or any(
            present.get(key) == write.fields[key]
            if key in self.model.computed
            else self._appears(write, key, (raw.get("propertiesWithHistory") or {}).get(key) or ())
            for key in changed
        )

    def _appears(self, write: Write, key: str, entries: Sequence[Raw]) -> bool:
        spec = self.specs.get(key)
        for entry in entries:
            value = canonical(spec.type if spec else FieldType.TEXT, entry.get("value"))
            if value == write.fields[key]:
                return True
            if key in write.expected and value == write.expected[key]:
                return False
        return False

    def _settle_named(self, write: Write) -> Outcome:
        """A create without the linking property: only a unique value of its own can tell, and it does not tell who made the record."""
        value = write.fields.get(self.model.identity)
        if not isinstance(value, str):
            return Unknown(write.name, Ambiguous("nothing tells this record apart", provider=PROVIDER))
        try:
            found = self.client.batch_read(self.path, [value], self.wanted.properties, id_property=self.model.identity)
        except ConnectorError as error:
            return Unknown(write.name, error)
        if found:
            return Failed(write.name, AlreadyExists("exists already", existing_id=str(found[0]["id"]), provider=PROVIDER))
        return Failed(write.name, stale("did not take effect"))
