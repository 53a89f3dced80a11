"""What is particular to one kind, as a table, and the fields that are no property as it is.

A computed field is made of properties and of associated records; the other way round its value becomes properties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec, Value, Values
from connectors.hubspot.facts import ObjectType, Own
from connectors.hubspot.values import day, noon

Properties = Mapping[str, str | None]
Zone = Callable[[], ZoneInfo]
"""The account's time zone, asked for when it is needed first."""


class Gap(Enum):
    """What a computed field gives instead of a value that nobody knows."""

    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read of one record. `links` are the ids of its associated records by path, lowest first, `others` the properties
    of those that were read, by path and id. A path that is missing was not looked at."""

    properties: Properties
    zone: Zone
    links: Mapping[str, tuple[str, ...]]
    others: Mapping[str, Mapping[str, Properties]]

    def associated(self, type: ObjectType) -> list[tuple[str, Properties]]:
        """The associated records that were read, with their ids."""
        known = self.others[type.path]
        return [(record_id, known[record_id]) for record_id in self.links[type.path] if record_id in known]


@dataclass(frozen=True, slots=True)
class Source:
    """Associated records that a field shows: these of their properties, or their ids only. Found by association, or by the id in a property."""

    type: ObjectType
    properties: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class Computed:
    """How a field is read, and what it needs for that; `write` gives the properties that store a value, where it can be written."""

    read: Callable[[Sight], Value | Gap]
    properties: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    write: Callable[[Value, Zone], Mapping[str, str]] | None = None

    def told(self, sight: Sight) -> bool:
        """Whether everything that is needed was read."""
        for name in self.properties:
            if name not in sight.properties:
                return False
        for source in self.sources:
            path = source.type.path
            if (not source.by and path not in sight.links) or (source.properties and path not in sight.others):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Whole:
    """Fields that are stored together: changing one of them needs the others. `pack` gives the properties of all their values."""

    keys: frozenset[str]
    pack: Callable[[Values, Zone], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Model:
    """One kind. `own` are our properties by the path of the type that has them; `always` are read with every record, for its `title` and merges.

    `related` are object types by the association name that filter fields carry, `related_properties` what these fields show of them.
    `identity` is the unique field that tells a create without our key, `aliases` where a record keeps further values of a unique field,
    separated by semicolons. `born` are properties of every record we make, `parents` the fields whose records a new one is associated with,
    `through` what those are associated with and it as well. `guard` tells in words why a record is not ours to change. A kind that is not
    `listed` is read by id only.
    """

    type: ObjectType
    fields: tuple[FieldSpec, ...]
    own: Mapping[str, tuple[Own, ...]]
    title: Callable[[Properties], str | None]
    always: tuple[str, ...]
    computed: Mapping[str, Computed] = field(default_factory=dict)
    whole: Whole | None = None
    related: Mapping[str, ObjectType] = field(default_factory=dict)
    related_properties: Mapping[str, str] = field(default_factory=dict)
    identity: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    born: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, ObjectType] = field(default_factory=dict)
    through: Mapping[ObjectType, ObjectType] = field(default_factory=dict)
    guard: Callable[[Properties], str] = lambda properties: ""
    listed: bool = True

    @property
    def own_keys(self) -> frozenset[str]:
        """Fields that nobody but us writes."""
        names = {own.name for found in self.own.values() for own in found}
        return frozenset(spec.key for spec in self.fields if spec.key.rpartition(".")[2] in names)

    @property
    def standard(self) -> frozenset[str]:
        return frozenset(spec.key for spec in self.fields)

    def needed(self, key: str) -> tuple[str, ...]:
        """The properties that a field is made of."""
        return self.computed[key].properties if key in self.computed else (key,)


def calendar_day(name: str) -> Computed:
    """A moment that is shown as the calendar day it is in the account's zone."""
    return Computed(
        lambda sight: day(sight.properties[name], sight.zone()) if sight.properties[name] else None,
        (name,),
        write=lambda value, zone: {name: noon(value, zone()) if value else ""},
    )


def worded(name: str, spelled: Callable[[str], str]) -> Computed:
    """A text whose case says nothing, shown and stored as `spelled`."""

    def settled(value: Value) -> str | None:
        return spelled(value) if value and isinstance(value, str) else None

    return Computed(lambda sight: settled(sight.properties[name]), (name,), write=lambda value, zone: {name: settled(value) or ""})
