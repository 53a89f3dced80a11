"""From HubSpot's answers to records: what a set of fields needs, the associated records that show in them, and how a record is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from connectors.base import FieldType, Presence, Record, Value, Values
from connectors.hubspot.client import BATCH, HubSpotClient, Raw
from connectors.hubspot.objects import (
    ALWAYS,
    ASSOCIATED,
    ASSOCIATED_PROPERTIES,
    COMPANIES,
    COMPUTED,
    FIELDS,
    INVOICES,
    OBJECTS,
    ObjectType,
)
from connectors.hubspot.values import associated, canonical, moment
from connectors.vocabulary import Kind

CALLS_AT_ONCE = 4
CACHE_SIZE = 50_000

Seen = Callable[[ObjectType, Raw], None]
"""Called for every associated record that was read."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a set of fields takes to read. `types` by field key; `links` are the associated object types whose records show in the fields;
    `texts` are the fields whose values need no conversion."""

    kind: Kind
    fields: tuple[str, ...]
    types: Mapping[str, FieldType]
    properties: tuple[str, ...]
    links: Mapping[str, tuple[str, ...]]
    texts: frozenset[str]

    @property
    def company_name(self) -> bool:
        return "company_name" in self.fields

    @property
    def associated_types(self) -> tuple[ObjectType, ...]:
        """Object types a change of which shows in the fields."""
        companies = (COMPANIES,) if self.company_name or "company" in self.links else ()
        return (*companies, *((INVOICES,) if "invoice" in self.links else ()))

    def associated_properties(self, kind: ObjectType) -> tuple[str, ...]:
        """Properties to read of an associated type."""
        name = "company" if kind is COMPANIES else "invoice"
        keys = [ASSOCIATED_PROPERTIES[key] for key in self.links.get(name, ())]
        return tuple(dict.fromkeys([*(["name"] if kind is COMPANIES else []), *keys]))


def want(kind: Kind, fields: Iterable[str], types: Mapping[str, FieldType]) -> Wanted:
    """Sort the fields of a request by what they need. `types` knows every one of them."""
    keys = tuple(dict.fromkeys(fields))
    associations = {f.key: f.association for f in FIELDS[kind] if f.association}
    plain = [key for key in keys if key not in associations and key not in COMPUTED]
    needed = [name for key in keys for name in COMPUTED.get(key, ())]
    links = {name: tuple(key for key in keys if associations.get(key) == name) for name in ASSOCIATED}
    properties = tuple(dict.fromkeys([*plain, *needed, *ALWAYS[kind]]))
    texts = frozenset(key for key in keys if types[key] in (FieldType.TEXT, FieldType.PHONE, FieldType.URL, FieldType.CHOICE))
    return Wanted(kind, keys, types, properties, {name: found for name, found in links.items() if found}, texts)


@dataclass
class Reader:
    """Builds records of one kind. Associated records are read once and kept for the reader's life, the latest `CACHE_SIZE` of a type."""

    client: HubSpotClient
    wanted: Wanted
    on_read: Seen | None = None
    _cache: dict[str, dict[str, Raw]] = field(default_factory=dict)

    def records(self, raws: Sequence[Raw], *, listed: bool = False) -> list[Record]:
        """Records of answers. `listed` says that the answers carry their associations, as those of a list do."""
        links = {name: self._links(name, raws, listed) for name in self.wanted.links}
        primary = {str(raw["id"]): raw["properties"].get("associatedcompanyid") or "" for raw in raws} if self.wanted.company_name else {}
        if self.wanted.company_name or "company" in links:
            self._fetch(COMPANIES, [*primary.values(), *flat(links.get("company", {}))])
        if "invoice" in links:
            self._fetch(INVOICES, flat(links["invoice"]))
        return [self._record(raw, links, primary) for raw in raws]

    def keep(self, kind: ObjectType, raws: Iterable[Raw]) -> None:
        """Remember associated records that were read elsewhere; they replace what was known."""
        kept = self._cache.setdefault(kind.path, {})
        for raw in raws:
            kept[str(raw["id"])] = raw
        for key in list(islice(kept, max(0, len(kept) - CACHE_SIZE))):
            del kept[key]

    def _links(self, name: str, raws: Sequence[Raw], listed: bool) -> dict[str, list[str]]:
        path, to = OBJECTS[self.wanted.kind].path, ASSOCIATED[name].path
        if not listed:
            return self.client.associations(path, to, [str(raw["id"]) for raw in raws]) if raws else {}
        found: dict[str, list[str]] = {}
        cut: list[str] = []
        for raw in raws:
            group = (raw.get("associations") or {}).get(to) or {}
            found[str(raw["id"])] = list(dict.fromkeys(str(row["id"]) for row in group.get("results") or ()))
            if group.get("paging"):
                cut.append(str(raw["id"]))
        return {**found, **self.client.associations(path, to, cut)} if cut else found

    def _fetch(self, kind: ObjectType, ids: Iterable[str]) -> None:
        """Read associated records that are not known yet."""
        kept = self._cache.setdefault(kind.path, {})
        missing = [record_id for record_id in dict.fromkeys(ids) if record_id and record_id not in kept]
        properties = self.wanted.associated_properties(kind)

        def read(part: Sequence[str]) -> list[Raw]:
            return self.client.batch_read(kind.path, part, properties)

        for raws in at_once(read, chunks(missing, BATCH)):
            self.keep(kind, raws)
            if self.on_read:
                for raw in raws:
                    self.on_read(kind, raw)

    def _record(self, raw: Raw, links: Mapping[str, Mapping[str, list[str]]], primary: Mapping[str, str]) -> Record:
        record_id = str(raw["id"])
        values = fields_of(self.wanted, raw["properties"])
        if self.wanted.company_name:
            company = self._cache.get(COMPANIES.path, {}).get(primary[record_id])
            values["company_name"] = canonical(FieldType.TEXT, company["properties"].get("name")) if company else None
        related = {name: self._related(name, found.get(record_id, [])) for name, found in links.items()}
        return record_of(raw, values, related)

    def _related(self, name: str, ids: Iterable[str]) -> tuple[Values, ...]:
        kept = self._cache.get(ASSOCIATED[name].path, {})
        keys = self.wanted.links[name]
        return tuple(
            {key.partition(".")[2]: associated(key, kept[i]["properties"].get(ASSOCIATED_PROPERTIES[key])) for key in keys} for i in ids if i in kept
        )


def fields_of(wanted: Wanted, properties: Mapping[str, str | None]) -> dict[str, Value]:
    """The wanted fields that a record's own properties tell; those that are not among them are left out."""
    values: dict[str, Value] = {
        key: (properties[key] or None) if key in wanted.texts else canonical(wanted.types[key], properties[key])
        for key in wanted.fields
        if key in properties
    }
    if "full_name" in wanted.fields and "firstname" in properties and "lastname" in properties:
        values["full_name"] = full_name(properties)
    return values


def record_of(raw: Raw, values: Values, related: Mapping[str, tuple[Values, ...]]) -> Record:
    """A record with its title and its times."""
    properties = raw["properties"]
    merged = [part for part in (properties.get("hs_merged_object_ids") or "").split(";") if part]
    return Record(
        id=str(raw["id"]),
        fields=values,
        version=raw["updatedAt"],
        title=full_name(properties) or properties.get("email") or properties.get("company") or str(raw["id"]),
        presence=Presence.ABSENT if raw.get("archived") else Presence.PRESENT,
        modified_at=moment(raw["updatedAt"]),
        created_at=moment(raw["createdAt"]),
        related=related,
        merged_ids=tuple(merged),
    )


def full_name(properties: Mapping[str, str | None]) -> str | None:
    """First and last name in one text; None when both are empty."""
    return " ".join(part.strip() for part in (properties.get("firstname"), properties.get("lastname")) if part and part.strip()) or None


def flat(links: Mapping[str, list[str]]) -> list[str]:
    return [record_id for ids in links.values() for record_id in ids]


def chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


A = TypeVar("A")
R = TypeVar("R")


def at_once(call: Callable[[A], R], arguments: Sequence[A]) -> list[R]:
    """The results of several calls made side by side, in the order of their arguments."""
    if len(arguments) < 2:
        return [call(argument) for argument in arguments]
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        return list(pool.map(call, arguments))
