"""Values between HubSpot's strings and the canonical form, both ways, in this one place. Source: HubSpot reference, section 10.2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec, FieldType, Lines, Option, Value
from connectors.hubspot.facts import MAX_LENGTH

SOURCES = {"hubspot": "hubspot", "crm_ui": "hubspot", "data_sync": "data_sync", "legacy": "legacy", "legacy_quickbooks": "legacy"}
"""Stored values of hs_invoice_source. HubSpot documents their labels only; no value at all means made in HubSpot as well."""


def canonical(type: FieldType, text: str | None) -> Value:
    """A property's string as a value. What does not fit its type is kept as text rather than lost."""
    if not text:
        return None
    parse = _PARSERS.get(type)
    if parse is None:
        return text
    try:
        return parse(text)
    except (ValueError, InvalidOperation, OverflowError):
        return text


def stored(value: Value) -> str:
    """A value as the string HubSpot stores; "" clears."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Lines):
        raise TypeError("lines are records of their own")
    return ";".join(value) if isinstance(value, tuple) else value


def moment(text: str) -> datetime:
    """A moment in ISO form or in epoch milliseconds."""
    if "-" not in text[1:]:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is UTC:
        return parsed
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def milliseconds(text: str) -> int:
    """The same as whole milliseconds."""
    return in_milliseconds(moment(text))


def in_milliseconds(when: datetime) -> int:
    """A moment as epoch milliseconds."""
    return round(when.timestamp() * 1000)


NOON = time(12)


def day(text: str | None, zone: ZoneInfo) -> Value:
    """The calendar day of a moment for people in a zone. What is no moment is kept as text."""
    if not text:
        return None
    try:
        return moment(text).astimezone(zone).date()
    except (ValueError, OverflowError):
        return text


def cents(value: Value) -> str:
    """An amount with two decimals at least, as people write money."""
    if not isinstance(value, Decimal):
        return stored(value)
    exponent = value.as_tuple().exponent
    return f"{value:.2f}" if isinstance(exponent, int) and exponent > -2 else stored(value)


def noon(value: Value, zone: ZoneInfo) -> str:
    """A calendar day as the moment of its noon in a zone, which `day` gives back; "" clears. Source: section 10.2."""
    return stored(datetime.combine(value, NOON, zone) if isinstance(value, date) and not isinstance(value, datetime) else value)


def number(text: str | None) -> Decimal:
    """A number property; zero when it is empty or none."""
    value = canonical(FieldType.NUMBER, text)
    return value if isinstance(value, Decimal) else Decimal(0)


def source_word(text: str | None) -> str:
    """Where an invoice comes from, in the words that all spellings share."""
    word = (text or "hubspot").lower().replace(" ", "_")
    return SOURCES.get(word, word)


def associated(key: str, text: str | None) -> Value:
    """The value of a field of an associated record, with the words all its spellings share."""
    if key == "invoice.source":
        return source_word(text)
    if key == "invoice.status":
        return text.lower() if text else None
    return canonical(FieldType.DATETIME if key == "invoice.created" else FieldType.TEXT, text)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _date(text: str) -> date:
    return moment(text).date() if text.lstrip("-").isdecimal() else date.fromisoformat(text[:10])


def _choices(text: str) -> tuple[str, ...]:
    return tuple(sorted({part for part in text.split(";") if part}))


_PARSERS: Mapping[FieldType, Callable[[str], Value]] = {
    FieldType.NUMBER: Decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: moment,
    FieldType.CHOICES: _choices,
    FieldType.EMAIL: lambda text: text.strip().lower(),
}

_TYPES: Mapping[str, FieldType] = {
    "number": FieldType.NUMBER,
    "bool": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "enumeration": FieldType.CHOICE,
    "phone_number": FieldType.PHONE,
}


def specification(definition: Mapping[str, Any]) -> FieldSpec:
    """The field that a property definition describes."""
    kind = _TYPES.get(definition["type"], FieldType.TEXT)
    if definition.get("fieldType") == "checkbox" and kind is FieldType.CHOICE:
        kind = FieldType.CHOICES
    if definition.get("fieldType") == "phonenumber":
        kind = FieldType.PHONE
    options = definition.get("options") or () if kind in (FieldType.CHOICE, FieldType.CHOICES) else ()
    return FieldSpec(
        definition["name"],
        definition["label"],
        kind,
        read_only=bool((definition.get("modificationMetadata") or {}).get("readOnlyValue")) or bool(definition.get("calculated")),
        unique=bool(definition.get("hasUniqueValue")),
        custom=not definition.get("hubspotDefined"),
        options=tuple(Option(o["value"], o["label"]) for o in options if not o.get("hidden")),
        max_length=MAX_LENGTH if kind in (FieldType.TEXT, FieldType.PHONE) else None,
    )
