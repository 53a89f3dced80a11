"""Between native JSON and flat canonical values, in both directions; the only place that knows how fields are nested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from connectors.base import FieldSpec, FieldType, Presence, Record, Value, Values
from connectors.quickbooks.objects import ADDRESSES, DELETED_SUFFIX, LINES, PLACE_PARTS, Entity

Row = Mapping[str, Any]
Getter = Callable[[Row], Value]
Read = Callable[[Row], Record]


def reader(entity: Entity, realm: str, keys: Iterable[str]) -> Read:
    """A function that makes a Record of a row, holding these fields of it. Keys the entity does not have are left out."""
    specs = {spec.key: spec for spec in entity.fields}
    getters = [(key, _getter(specs[key], realm)) for key in dict.fromkeys(keys) if key in specs]

    def read(row: Row) -> Record:
        meta = row.get("MetaData", {})
        if row.get("status") == "Deleted":
            return Record(row["Id"], {}, presence=Presence.ABSENT, modified_at=moment(meta.get("LastUpdatedTime")), namespace=entity.name)
        return Record(
            id=row["Id"],
            fields={key: get(row) for key, get in getters},
            version=row["SyncToken"],
            title=bare_name(row) or "",
            presence=Presence.PRESENT if row.get("Active", True) else Presence.INACTIVE,
            modified_at=moment(meta.get("LastUpdatedTime")),
            created_at=moment(meta.get("CreateTime")),
            namespace=entity.name,
        )

    return read


def _getter(spec: FieldSpec, realm: str) -> Getter:
    member, _, part = spec.key.partition(".")
    if spec.key == "Key":
        return lambda row: f"{realm}:{row['Id']}"
    if spec.key == "DisplayName":
        return bare_name
    if part == "Lines":
        return lambda row: street(row.get(member) or {})
    if spec.key == "PrimaryEmailAddr.Address":
        return lambda row: first_address((row.get(member) or {}).get(part))
    if spec.type is FieldType.REFERENCE:
        return lambda row: text((row.get(member) or {}).get("value"))
    convert = CONVERTERS.get(spec.type, text)
    if part:
        return lambda row: convert((row.get(member) or {}).get(part))
    return lambda row: convert(row.get(member))


def text(value: Any) -> Value:
    """Text, or None where it is empty or missing."""
    return str(value) if value not in (None, "") else None


def number(value: Any) -> Value:
    return value if isinstance(value, Decimal) else Decimal(str(value)) if value is not None else None


def moment(value: Any) -> datetime | None:
    """A native time as aware UTC."""
    return _moment(value) if value else None


@lru_cache(maxsize=4096)
def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


CONVERTERS: dict[FieldType, Callable[[Any], Value]] = {
    FieldType.NUMBER: number,
    FieldType.BOOLEAN: lambda value: bool(value) if value is not None else None,
    FieldType.DATETIME: moment,
}


def bare_name(row: Row) -> str | None:
    """The display name without the suffix that making a row inactive puts there."""
    name = str(row.get("DisplayName") or "")
    return (name if row.get("Active", True) else name.removesuffix(DELETED_SUFFIX)) or None


def first_address(value: str | None) -> str | None:
    """The first of several e-mail addresses that stand in the field with commas between."""
    return (value.split(",")[0].strip() or None) if value else None


def street(address: Row) -> str | None:
    """The lines that hold something, joined by line breaks."""
    if not address:
        return None
    return "\n".join(str(address[line]) for line in LINES if address.get(line)) or None


def lines(value: Value) -> dict[str, str]:
    """A street as five lines, empty ones included so that old ones vanish; what is more than five goes into the last."""
    parts = [part.strip() for part in str(value or "").splitlines() if part.strip()]
    kept = [*parts[:4], ", ".join(parts[4:])] if len(parts) > 5 else parts
    return dict(zip(LINES, [*kept, *[""] * (5 - len(kept))], strict=True))


def incomplete(values: Values, expected: Values) -> bool:
    """Whether an address is written of which some parts are known from neither the write nor the observation behind it."""
    known = values.keys() | expected.keys()
    touched = {key.partition(".")[0] for key in values}
    return any(f"{member}.{part}" not in known for member in ADDRESSES if member in touched for part in ("Lines", *PLACE_PARTS))


def members(values: Values, expected: Values, current: Row | None = None) -> dict[str, Any]:
    """Flat values as native members. An address always comes whole, because QuickBooks replaces nested objects as a whole:
    parts that are not written keep what was expected, or what `current` holds. None becomes "", which clears."""
    result: dict[str, Any] = {}
    for key in values:
        member, _, part = key.partition(".")
        if member in ADDRESSES:
            result.setdefault(member, _address(member, {**expected, **values}, (current or {}).get(member) or {}))
        elif part:
            result[member] = {part: native(values[key])}
        else:
            result[member] = native(values[key])
    return result


def _address(member: str, known: Values, current: Row) -> dict[str, Any]:
    key = f"{member}.Lines"
    address = lines(known[key] if key in known else street(current))
    for part in PLACE_PARTS:
        key = f"{member}.{part}"
        address[part] = str(native(known[key] if key in known else current.get(part)))
    return address


def native(value: Value) -> Any:
    """One canonical value as JSON takes it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value


def without_empty(native_members: dict[str, Any]) -> dict[str, Any]:
    """Members of a create: what is empty is not sent."""
    kept = {key: without_empty(value) if isinstance(value, dict) else value for key, value in native_members.items()}
    return {key: value for key, value in kept.items() if value not in ("", {})}


def differing(wanted: Values, stored: Values) -> list[str]:
    """Keys whose stored value is not the one wanted, blanks at the ends, line ends and the case of addresses aside."""
    return [key for key, value in wanted.items() if key in stored and _plain(key, value) != _plain(key, stored[key])]


def _plain(key: str, value: Value) -> object:
    if not isinstance(value, str):
        return value
    plain = "\n".join(line.strip() for line in value.splitlines() if line.strip())
    return (plain.casefold() if key in ("PrimaryEmailAddr.Address", "WebAddr.URI") else plain) or None
