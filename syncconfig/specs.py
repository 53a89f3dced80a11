"""From settings rows to the engine's frozen spec, and the stored field lists both are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from connectors.base import FieldSpec, FieldType, Option
from connectors.registry import PROVIDERS
from connectors.vocabulary import MATCH_MEANING, Direction, Kind
from syncconfig.credentials import connector_for
from syncconfig.engine.filters import Condition, Filter, Rules, compile_filter
from syncconfig.engine.spec import FieldMap, Match, MatchBy, Side, SyncSpec, WriteRule
from syncconfig.models import Connection, FieldList, FieldMapping, FilterGroup, ObjectSync

Fields = Mapping[str, FieldSpec]


class NoFields(Exception):
    """The field lists of an account were never read."""


def fields_of(connection: Connection, kind: Kind) -> dict[str, FieldSpec]:
    """The stored fields of a kind by key, in the provider's order. Raises `NoFields`."""
    stored = FieldList.objects.filter(connection=connection, kind=kind).first()
    if stored is None:
        raise NoFields
    return {entry["key"]: _field(entry) for entry in stored.fields}


def read_fields(connection: Connection, kind: Kind) -> dict[str, FieldSpec]:
    """Ask the provider for the fields of a kind and keep them. Raises what the connector raises."""
    fields = connector_for(connection).fields(kind)
    FieldList.objects.update_or_create(connection=connection, kind=kind, defaults={"fields": [asdict(f) for f in fields], "read_at": timezone.now()})
    return {f.key: f for f in fields}


def _field(entry: Mapping[str, Any]) -> FieldSpec:
    return FieldSpec(**{**entry, "type": FieldType(entry["type"]), "options": tuple(Option(**o) for o in entry["options"])})


def meaning_key(fields: Iterable[FieldSpec], meaning: str) -> str:
    """The key of the field with a meaning; empty when the account has none."""
    return next((f.key for f in fields if f.meaning == meaning), "")


def spec_of(sync: ObjectSync) -> SyncSpec:
    """The settings of a sync, or of an edit of it, as the engine takes them.

    Mapped fields that an account no longer offers are left out (see `broken_mappings`). Raises `NoFields`, and `BadFilter` for a condition on such a
    field: a filter that cannot be evaluated lets nothing through.
    """
    kind = Kind(sync.kind)
    fields: dict[Side, Fields] = {side: fields_of(sync.connection(side), kind) for side in Side}
    zone = zone_of(sync)
    return SyncSpec(
        namespace=str(sync.original.uid),
        version=f"{sync.pk}.{sync.settings_version}",
        kind=kind,
        direction=Direction(sync.direction),
        winner=Side(sync.winner) if sync.direction == Direction.BOTH else sender(Direction(sync.direction)),
        match=match_of(sync, fields),
        maps=tuple(_map(m, sources) for m in sync.mappings.all() if (sources := _present(m, fields))),
        filters={side.other.inward: filter_of(sync, side.other.inward, fields[side], zone) for side in Side},
        fields=fields,
        zone=zone,
        mark=(meaning_key(fields[Side.LEFT].values(), "counterpart_key"), meaning_key(fields[Side.RIGHT].values(), "own_key")),
        key_needed=sync.key_needed,
        keep_linked=sync.keep_linked,
        names={side: PROVIDERS[sync.connection(side).provider].label for side in Side},
    )


def zone_of(sync: ObjectSync) -> ZoneInfo:
    """The zone in which days begin: the HubSpot account's."""
    return ZoneInfo(sync.left.zone or "UTC")


def sender(direction: Direction) -> Side:
    """The side that values of a one-way direction come from."""
    return Side.LEFT if direction is Direction.TO_RIGHT else Side.RIGHT


def match_of(sync: ObjectSync, fields: Mapping[Side, Fields]) -> Match:
    """How records are matched: by the kind's own key, by two chosen fields, or not at all."""
    by = MatchBy(sync.match_by)
    if by is MatchBy.FIELDS and sync.match_left in fields[Side.LEFT] and sync.match_right in fields[Side.RIGHT]:
        return Match(by, sync.match_left, sync.match_right)
    meaning = MATCH_MEANING[Kind(sync.kind)]
    return Match(by, meaning_key(fields[Side.LEFT].values(), meaning), meaning_key(fields[Side.RIGHT].values(), meaning))


def rules_of(sync: ObjectSync, direction: Direction) -> Rules:
    """The stored conditions of one direction."""
    groups = sync.filter_groups.filter(direction=direction).prefetch_related("conditions")
    return tuple(tuple(condition_of(c) for c in group.conditions.all()) for group in groups)


def condition_of(stored: Any) -> Condition:
    return Condition(stored.field, stored.operator, tuple(stored.values), stored.include_empty, stored.absent)


def filter_of(sync: ObjectSync, direction: Direction, fields: Fields, zone: ZoneInfo) -> Filter:
    """The compiled filter of one direction. Raises `BadFilter`."""
    return compile_filter(rules_of(sync, direction), fields, zone)


def broken_mappings(sync: ObjectSync, fields: Mapping[Side, Fields]) -> list[FieldMapping]:
    """Mappings that are on and name a field an account no longer offers."""
    return [m for m in sync.mappings.all() if m.sources and not _present(m, fields)]


def locked_groups(sync: ObjectSync) -> list[FilterGroup]:
    return list(sync.filter_groups.filter(locked=True))


def _present(mapping: FieldMapping, fields: Mapping[Side, Fields]) -> tuple[str, ...]:
    """The sources of a mapping that exist; empty when it is off or one of its ends is gone."""
    if mapping.right_field not in fields[Side.RIGHT]:
        return ()
    return tuple(key for key in mapping.sources if key in fields[Side.LEFT])


def _map(m: FieldMapping, sources: tuple[str, ...]) -> FieldMap:
    options = tuple((str(left), str(right)) for left, right in m.options)
    return FieldMap(sources, m.right_field, Direction(m.direction), WriteRule(m.rule), m.required, m.ignore_blanks, options)
