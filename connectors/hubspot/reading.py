"""From HubSpot's answers to records: what a set of fields needs, the associated records that show in them, and how a record is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from connectors.base import FieldType, Presence, Record, Value, Values
from connectors.hubspot.client import BATCH, HubSpotClient, Raw
from connectors.hubspot.facts import ObjectType
from connectors.hubspot.model import Computed, Gap, Model, Properties, Sight, Zone
from connectors.hubspot.values import associated, canonical, moment

CALLS_AT_ONCE = 4
CACHE_SIZE = 50_000

Seen = Callable[[ObjectType, Raw], None]
"""Called for every associated record that was read."""
Links = Mapping[str, Mapping[str, Sequence[str]]]
"""Ids of associated records, by path and by the id of the record they belong to."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a set of fields takes to read. `types` by field key; `texts` are the fields whose values need no conversion; `computed` are those that
    are no property, `plain` the others. `links` are the names of associated object types whose records show as they are, with the
    fields that want them.

    `associations` are the types whose ids are needed, `reads` those whose records are, with the properties to read and the property that holds
    the id where it is no association; a change of one of these shows in the fields.
    """

    model: Model
    fields: tuple[str, ...]
    types: Mapping[str, FieldType]
    properties: tuple[str, ...]
    links: Mapping[str, tuple[str, ...]]
    texts: frozenset[str]
    plain: tuple[str, ...]
    computed: Mapping[str, Computed]
    associations: tuple[ObjectType, ...]
    reads: Mapping[ObjectType, tuple[str, ...]]
    by: Mapping[ObjectType, str]
    zone: Zone

    @property
    def path(self) -> str:
        return self.model.type.path

    @property
    def associated_types(self) -> tuple[ObjectType, ...]:
        """Object types a change of which shows in the fields."""
        return tuple(self.reads)


def want(model: Model, fields: Iterable[str], types: Mapping[str, FieldType], zone: Zone) -> Wanted:
    """Sort the fields of a request by what they need. `types` knows every one of them."""
    keys = tuple(dict.fromkeys(fields))
    names = {f.key: f.association for f in model.fields if f.association}
    computed = {key: model.computed[key] for key in keys if key in model.computed}
    needed = [name for key in keys if key not in names for name in model.needed(key)]
    links = {name: found for name in model.related if (found := tuple(key for key in keys if names.get(key) == name))}
    associations: dict[ObjectType, None] = {}
    reads: dict[ObjectType, list[str]] = {}
    by: dict[ObjectType, str] = {}
    for source in (source for entry in computed.values() for source in entry.sources):
        if source.by:
            by[source.type] = source.by
        else:
            associations[source.type] = None
        if source.properties:
            reads.setdefault(source.type, []).extend(source.properties)
    for name, found in links.items():
        associations[model.related[name]] = None
        reads.setdefault(model.related[name], []).extend(model.related_properties[key] for key in found)
    return Wanted(
        model,
        keys,
        types,
        tuple(dict.fromkeys([*needed, *model.always])),
        links,
        frozenset(k for k in keys if k not in computed and types[k] in (FieldType.TEXT, FieldType.PHONE, FieldType.URL, FieldType.CHOICE)),
        tuple(key for key in keys if key not in computed),
        computed,
        tuple(associations),
        {type: tuple(dict.fromkeys(names)) for type, names in reads.items()},
        by,
        zone,
    )


@dataclass
class Reader:
    """Builds records of one kind. Associated records are read once and kept for the reader's life, the latest `CACHE_SIZE` of a type."""

    client: HubSpotClient
    wanted: Wanted
    on_read: Seen | None = None
    _cache: dict[str, dict[str, Properties]] = field(default_factory=dict)

    def records(self, raws: Sequence[Raw], *, listed: bool = False, known: Links | None = None) -> list[Record]:
        """Records of answers. `listed` says that the answers carry their associations, as those of a list do; what `known` tells is not asked."""
        told = known or {}
        links = {type.path: told[type.path] if type.path in told else self._links(type, raws, listed) for type in self.wanted.associations}
        for type in self.wanted.reads:
            name = self.wanted.by.get(type)
            own = [raw["properties"].get(name) or "" for raw in raws] if name else []
            self._fetch(type, [*own, *flat(links.get(type.path, {}))])
        return [self._record(raw, links) for raw in raws]

    def keep(self, kind: ObjectType, raws: Iterable[Raw]) -> None:
        """Remember associated records that were read elsewhere; they replace what was known."""
        kept = self._cache.setdefault(kind.path, {})
        for raw in raws:
            kept[str(raw["id"])] = raw["properties"]
        for key in list(islice(kept, max(0, len(kept) - CACHE_SIZE))):
            del kept[key]

    def _links(self, to: ObjectType, raws: Sequence[Raw], listed: bool) -> dict[str, list[str]]:
        if not listed:
            return self.client.associations(self.wanted.path, to.path, [str(raw["id"]) for raw in raws]) if raws else {}
        found: dict[str, list[str]] = {}
        cut: list[str] = []
        for raw in raws:
            shown = raw.get("associations") or {}
            group = shown.get(to.path) or shown.get(to.path.replace("_", " ")) or {}
            found[str(raw["id"])] = list(dict.fromkeys(str(row["id"]) for row in group.get("results") or ()))
            if group.get("paging"):
                cut.append(str(raw["id"]))
        return {**found, **self.client.associations(self.wanted.path, to.path, cut)} if cut else found

    def _fetch(self, kind: ObjectType, ids: Iterable[str]) -> None:
        """Read associated records that are not known yet."""
        kept = self._cache.setdefault(kind.path, {})
        missing = [record_id for record_id in dict.fromkeys(ids) if record_id and record_id not in kept]
        properties = self.wanted.reads[kind]

        def read(part: Sequence[str]) -> list[Raw]:
            return self.client.batch_read(kind.path, part, properties)

        for raws in at_once(read, chunks(missing, BATCH)):
            self.keep(kind, raws)
            if self.on_read:
                for raw in raws:
                    self.on_read(kind, raw)

    def _record(self, raw: Raw, links: Links) -> Record:
        mine = {path: in_order(found.get(str(raw["id"]), ())) for path, found in links.items()}
        related = {name: self._related(name, mine[self.wanted.model.related[name].path]) for name in self.wanted.links}
        return record_of(self.wanted, raw, fields_of(self.wanted, raw["properties"], mine, self._cache), related)

    def _related(self, name: str, ids: Iterable[str]) -> tuple[Values, ...]:
        model = self.wanted.model
        kept = self._cache.get(model.related[name].path, {})
        keys = self.wanted.links[name]
        return tuple({key.partition(".")[2]: associated(key, kept[i].get(model.related_properties[key])) for key in keys} for i in ids if i in kept)


NOBODY: Mapping[str, Mapping[str, Properties]] = {}
NO_LINKS: Mapping[str, tuple[str, ...]] = {}


def fields_of(
    wanted: Wanted,
    properties: Properties,
    links: Mapping[str, tuple[str, ...]] = NO_LINKS,
    others: Mapping[str, Mapping[str, Properties]] = NOBODY,
) -> dict[str, Value]:
    """The wanted fields that a record's properties and what was read around it tell; the others are left out."""
    values: dict[str, Value] = {
        key: (properties[key] or None) if key in wanted.texts else canonical(wanted.types[key], properties[key])
        for key in wanted.plain
        if key in properties
    }
    if wanted.computed:
        sight = Sight(properties, wanted.zone, links, others)
        for key, computed in wanted.computed.items():
            if computed.told(sight) and not isinstance(value := computed.read(sight), Gap):
                values[key] = value
    return values


def record_of(wanted: Wanted, raw: Raw, values: Values, related: Mapping[str, tuple[Values, ...]]) -> Record:
    """A record with its title and its times."""
    properties = raw["properties"]
    merged = [part for part in (properties.get("hs_merged_object_ids") or "").split(";") if part]
    return Record(
        id=str(raw["id"]),
        fields=values,
        version=raw["updatedAt"],
        title=wanted.model.title(properties) or str(raw["id"]),
        presence=Presence.ABSENT if raw.get("archived") else Presence.PRESENT,
        modified_at=moment(raw["updatedAt"]),
        created_at=moment(raw["createdAt"]),
        related=related,
        merged_ids=tuple(merged),
    )


def in_order(ids: Iterable[str]) -> tuple[str, ...]:
    """Ids, the lowest first."""
    found = tuple(ids)
    return found if len(found) < 2 else tuple(sorted(found, key=int))


def flat(links: Mapping[str, Sequence[str]]) -> list[str]:
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
