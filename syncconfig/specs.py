"""From settings rows to the engine's frozen spec, and the stored field lists both are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from connectors.base import Connector, FieldSpec, FieldType, Option, Value
from connectors.registry import PROVIDERS
from connectors.vocabulary import (
    CONFIRMED_BY,
    EXACT_CASE,
    FROM_LEFT,
    GATES,
    KEPT,
    KEPT_BY_RIGHT,
    MATCH_MEANING,
    RETRACTED,
    DefaultCondition,
    Direction,
    Kind,
)
from connectors.vocabulary import Gate as GateRule
from syncconfig.credentials import connector_for
from syncconfig.engine.filters import Condition, Filter, Rules, compile_filter
from syncconfig.engine.spec import Doubles, FieldMap, Gate, Match, MatchBy, Side, SyncSpec, WriteRule
from syncconfig.engine.state import Reason
from syncconfig.models import Connection, FieldList, FieldMapping, FilterGroup, ObjectSync

Fields = Mapping[str, FieldSpec]
UNKEYED = "unkeyed"
"""Among the facts about an account: the kinds whose records it cannot mark."""


class NoFields(Exception):
    """The field lists of an account were never read."""


def fields_of(connection: Connection, kind: Kind) -> dict[str, FieldSpec]:
    """The stored fields of a kind by key, in the provider's order. Raises `NoFields`."""
    stored = FieldList.objects.filter(connection=connection, kind=kind).first()
    if stored is None:
        raise NoFields
    return {entry["key"]: _field(entry) for entry in stored.fields}


def read_fields(connection: Connection, kind: Kind) -> dict[str, FieldSpec]:
    """Ask the provider for the fields of a kind and keep them, our own created where they are missing. Raises what the connector raises."""
    connector = connector_for(connection)
    prepare(connection, connector, kind)
    fields = connector.fields(kind)
    FieldList.objects.update_or_create(connection=connection, kind=kind, defaults={"fields": [asdict(f) for f in fields], "read_at": timezone.now()})
    return {f.key: f for f in fields}


def prepare(connection: Connection, connector: Connector, kind: Kind) -> None:
    """Create what an account lacks for a kind, and remember whether records of it can be created there safely. Raises what the connector raises."""
    safe = connector.setup(kind)
    unkeyed = {*connection.details.get(UNKEYED, ())} - {str(kind)} | (set() if safe else {str(kind)})
    if unkeyed != {*connection.details.get(UNKEYED, ())}:
        connection.details = {**connection.details, UNKEYED: sorted(unkeyed)}
        Connection.objects.filter(pk=connection.pk).update(details=connection.details)


def keyed(connection: Connection, kind: Kind) -> bool:
    """Whether records of a kind can be created in an account without ever making one twice, as far as is known."""
    return str(kind) not in connection.details.get(UNKEYED, ())


def _field(entry: Mapping[str, Any]) -> FieldSpec:
    return FieldSpec(**{**entry, "type": FieldType(entry["type"]), "options": tuple(Option(**o) for o in entry["options"])})


def meaning_key(fields: Iterable[FieldSpec], meaning: str) -> str:
    """The key of the field with a meaning; empty when the account has none."""
    return next((f.key for f in fields if meaning and f.meaning == meaning), "")


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
        master=Side.RIGHT if kind in KEPT_BY_RIGHT else None,
        copies=meaning_key(fields[Side.LEFT].values(), "billable"),
        voided=_pair(fields, "voided", "voided"),
        retracts=kind in RETRACTED,
        constants={Side.RIGHT: constants_of(sync, fields[Side.RIGHT])},
        kept=tuple(f.key for f in fields[Side.LEFT].values() if f.meaning in KEPT.get(kind, ())),
        gates=tuple(_gates(sync, fields, zone)),
        doubles=_doubles(sync, fields),
    )


def _doubles(sync: ObjectSync, fields: Mapping[Side, Fields]) -> Doubles | None:
    """The guard against second invoices is up where invoices are sent."""
    if sync.kind != Kind.INVOICE or not sync.flows(Side.RIGHT):
        return None
    right = [meaning_key(fields[Side.RIGHT].values(), meaning) for meaning in ("contact", "lines", "last_payment_date", "payment_status")]
    paid_on = meaning_key(fields[Side.LEFT].values(), "paid_on")
    return Doubles(right[0], right[1], right[2], (right[3], "paid"), paid_on) if all((*right, paid_on)) else None


def _pair(fields: Mapping[Side, Fields], left: str, right: str) -> tuple[str, str]:
    return (meaning_key(fields[Side.LEFT].values(), left), meaning_key(fields[Side.RIGHT].values(), right))


def constants_of(sync: ObjectSync, fields: Fields) -> dict[str, Value]:
    """What every record created in QuickBooks gets besides its mapped fields: type and accounts of items (spec R68)."""
    if sync.kind != Kind.PRODUCT:
        return {}
    chosen: dict[str, Value] = {meaning: sync.options.get(meaning) for meaning in ("product_type", "income_account", "expense_account")}
    if needs_stock(sync, fields):
        # An inventory item begins with an empty shelf on the day of set-up; quantities are the books' own (spec R149).
        chosen |= {"asset_account": sync.options.get("asset_account"), "quantity": Decimal(0), "stock_since": sync.setup_at.date()}
    keys = {meaning: meaning_key(fields.values(), meaning) for meaning in chosen}
    return {keys[meaning]: value for meaning, value in chosen.items() if keys[meaning] and value is not None and value != ""}


def needs_stock(sync: ObjectSync, fields: Fields) -> bool:
    """Whether new items are of the type whose quantity is kept."""
    options = next((f.options for f in fields.values() if f.meaning == "product_type"), ())
    return any(o.value == sync.options.get("product_type") and o.label == "Inventory" for o in options)


def _gates(sync: ObjectSync, fields: Mapping[Side, Fields], zone: ZoneInfo) -> Iterator[Gate]:
    rules = list(GATES.get(Kind(sync.kind), ()))
    if sync.options.get("item_types"):
        rules.append(GateRule(Direction.TO_LEFT, DefaultCondition("product_type", "any_of", tuple(sync.options["item_types"])), Reason.ITEM_TYPE))
    for rule in rules:
        side = Side.LEFT if rule.born is FROM_LEFT else Side.RIGHT
        key = meaning_key(fields[side].values(), rule.condition.meaning)
        if key:
            condition = Condition(key, rule.condition.operator, rule.condition.values, include_empty=True)
            yield Gate(side, compile_filter(((condition,),), fields[side], zone), rule.verdict)


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
    kind = Kind(sync.kind)
    meaning = MATCH_MEANING.get(kind, "")
    confirmed = tuple("{}>{}".format(*_pair(fields, m, m)) for m in CONFIRMED_BY.get(kind, ()))
    return Match(by, *_pair(fields, meaning, meaning), confirmed, kind in EXACT_CASE)


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
    born = Side(m.born) if m.born else None
    return FieldMap(sources, m.right_field, Direction(m.direction), WriteRule(m.rule), m.required, m.ignore_blanks, options, born, m.frozen)
