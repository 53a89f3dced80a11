"""Records that are born with their associations: payments and notes. Source: HubSpot reference, sections 6.2, 6.3, 13 and 14.1.

An upsert takes no associations, so these are created with the linking property, which no two records hold: a member that is refused because its
value is taken exists already, and is read instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.base import Failed, Outcome, Record, Stored, Unknown, Write
from connectors.errors import ConnectorError, NotFound
from connectors.hubspot.client import BATCH, NEW_ASSOCIATIONS, Raw
from connectors.hubspot.facts import ASSOCIATION_TYPES, KEY_PROPERTY, ObjectType
from connectors.hubspot.reading import Reader, chunks, in_order
from connectors.hubspot.settling import SettlingWriter
from connectors.hubspot.values import stored
from connectors.hubspot.writing import by_key, by_trace, keyed, rejected
from connectors.vocabulary import Category

Parents = Mapping[ObjectType, tuple[str, ...]]
"""What a new record is associated with: ids by type."""


class LinkedWriter(SettlingWriter):
    """A writer of records with parents."""

    def _creates(self, writes: list[Write]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        ready = []
        for write in writes:
            missing = next((key for key in (*self.model.parents, KEY_PROPERTY) if not write.fields.get(key)), None)
            if missing:
                outcomes.append(Failed(write.name, rejected(Category.REQUIRED_VALUE_MISSING, f"{self._label(missing)} is missing.", missing)))
            else:
                ready.append(write)
        try:
            parents = self._parents(ready)
        except ConnectorError as error:
            return outcomes + self._failed(ready, self.sender.noticed(error))
        return outcomes + self._born(ready, parents)

    def _born(self, writes: list[Write], parents: Mapping[str, Parents]) -> list[Outcome]:
        def payload(write: Write) -> Raw:
            return {"properties": self._input(write), "associations": self._associations(parents[write.key])}

        raws, others = self._send("create", writes, payload, by_trace)
        made: list[Outcome] = [Stored(write.name, self._created(raw, _by_path(parents[write.key]))) for write, raw in raws]
        errors = {outcome.name: outcome.error for outcome in others if isinstance(outcome, Failed)}
        taken = [write for write in writes if getattr(errors.get(write.name), "category", None) is Category.ALREADY_LINKED]
        try:
            found = self._by_key(taken)
        except ConnectorError as error:
            return made + [Unknown(o.name, error) if o.name in {w.name for w in taken} else o for o in others]
        held = {write.name: record for write in taken if (record := found.get(_key(write)))}
        return made + [Stored(o.name, held[o.name]) if o.name in held else _dependent(o) for o in others]

    def _parents(self, writes: Sequence[Write]) -> dict[str, Parents]:
        """What each new record is associated with, by the write's key."""
        found: dict[str, dict[ObjectType, tuple[str, ...]]] = {}
        for write in writes:
            found[write.key] = {type: _ids(write, key) for key, type in self.model.parents.items()}
        for parent, other in self.model.through.items():
            ids = list(dict.fromkeys(record_id for parents in found.values() for record_id in parents[parent]))
            links = self.client.associations(parent.path, other.path, ids) if ids else {}
            for parents in found.values():
                parents[other] = tuple(dict.fromkeys(i for record_id in parents[parent] for i in in_order(links.get(record_id, ()))))[:1]
        return dict(found)

    def _associations(self, parents: Parents) -> list[Raw]:
        def types(type: ObjectType) -> list[Raw]:
            return [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": ASSOCIATION_TYPES[(self.model.type, type)]}]

        return [{"to": {"id": record_id}, "types": types(type)} for type, ids in parents.items() for record_id in ids]

    def _by_key(self, writes: Sequence[Write]) -> dict[str, Record]:
        """The records that hold the keys of some writes, by key."""
        found: dict[str, Record] = {}
        for part in chunks([_key(write) for write in writes], BATCH):
            raws = self.client.batch_read(self.path, part, (*self.wanted.properties, KEY_PROPERTY), id_property=KEY_PROPERTY)
            records = Reader(self.client, self.wanted).records(raws)
            found |= {by_key(raw): record for raw, record in zip(raws, records, strict=True)}
        return found

    def _settle_creates(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """By the linking property: what is there was made, with its associations or, if somebody took them away, with them again."""
        able = [write for write in writes if keyed(write)]
        try:
            found = self._by_key(able)
            self._tie([(found[_key(write)].id, write) for write in able if _key(write) in found])
        except ConnectorError as error:
            yield from (Unknown(write.name, error) for write in writes)
            return
        yield from (Stored(write.name, found[_key(write)]) for write in able if _key(write) in found)
        yield from self.write([write for write in writes if write not in able or _key(write) not in found])

    def _tie(self, found: Sequence[tuple[str, Write]]) -> None:
        """Associate records with the parents that are missing."""
        for key, type in self.model.parents.items():
            links = self.client.associations(self.path, type.path, [record_id for record_id, _ in found]) if found else {}
            lost = [(record_id, i) for record_id, write in found for i in _ids(write, key) if i not in links.get(record_id, ())]
            for part in chunks(lost, NEW_ASSOCIATIONS):
                self.client.associate(self.model.type, type, part)


def _key(write: Write) -> str:
    return stored(write.fields.get(KEY_PROPERTY)).strip().lower()


def _ids(write: Write, key: str) -> tuple[str, ...]:
    value = write.fields.get(key)
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) and value else ()


def _by_path(parents: Parents) -> dict[str, tuple[str, ...]]:
    return {type.path: in_order(ids) for type, ids in parents.items()}


def _dependent(outcome: Outcome) -> Outcome:
    """A create that met no such record names a parent that is gone."""
    if isinstance(outcome, Failed) and isinstance(outcome.error, NotFound):
        words = "A record that this one belongs to is not there any more."
        return Failed(outcome.name, rejected(Category.DEPENDENCY_FAILING, words))
    return outcome
