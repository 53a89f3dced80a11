"""Between native JSON and flat canonical values, in both directions; the only place that knows how fields are nested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from connectors.base import FieldSpec, FieldType, Line, Lines, Value, Values
from connectors.quickbooks.shapes import ADDRESSES, DELETED_SUFFIX, LINES, PLACE_PARTS, Entity, Getter, Row, is_inactive


def getters_of(entity: Entity) -> dict[str, Getter]:
    """How each field of an entity is told from a row."""
    special: dict[str, Getter] = {
        "Key": lambda row, facts: f"{facts.company.realm}:{row['Id']}",
        "Link": lambda row, facts: entity.link(facts.company.web, quote(row["Id"], safe="")),
        **entity.getters,
    }
    return {spec.key: special.get(spec.key) or _getter(spec) for spec in (*entity.fields, *entity.custom)}


def _getter(spec: FieldSpec) -> Getter:
    member, _, part = spec.key.partition(".")
    if part == "Lines":
        return lambda row, _: street(nested(row, member))
    convert = CONVERTERS.get(spec.type, text)
    if member.endswith("Ref") and not part:
        part = "value"
    if part:
        return lambda row, _: convert(nested(row, member).get(part))
    return lambda row, _: convert(row.get(member))


def nested(row: Row, member: str) -> Row:
    """A member that is an object; an empty one where it is missing or something else."""
    value = row.get(member)
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> Value:
    """Text, or None where it is empty or missing."""
    return str(value) if value not in (None, "") else None


def number(value: Any) -> Decimal | None:
    """An exact number, or None for what is none."""
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(str(value)) if value is not None and not isinstance(value, bool) else None
    except InvalidOperation:
        return None


def amount(value: Any) -> Decimal:
    """Money; what is missing is none of it."""
    return number(value) or Decimal(0)


def moment(value: Any) -> datetime | None:
    """A native time as aware UTC."""
    return _moment(value) if value else None


@lru_cache(maxsize=4096)
def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


def day(value: Any) -> date | None:
    """A calendar day; an offset behind it does not move it (reference 8). None for what is no day."""
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


CONVERTERS: dict[FieldType, Callable[[Any], Value]] = {
    FieldType.NUMBER: number,
    FieldType.BOOLEAN: lambda value: bool(value) if value is not None else None,
    FieldType.DATE: day,
    FieldType.DATETIME: moment,
}


def bare(member: str) -> Callable[[Row], str]:
    """Gives a row's name without the suffix that making it inactive puts there."""

    def name(row: Row) -> str:
        found = str(row.get(member) or "")
        return found.removesuffix(DELETED_SUFFIX) if is_inactive(row) else found

    return name


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
            result.setdefault(member, _address(member, {**expected, **values}, nested(current or {}, member)))
        elif part:
            result[member] = {part: native(values[key])}
        elif member.endswith("Ref"):
            result[member] = {"value": native(values[key])}
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
    return value.isoformat() if isinstance(value, date) else value


def without_empty(native_members: dict[str, Any]) -> dict[str, Any]:
    """Members of a create: what is empty is not sent."""
    kept = {key: without_empty(value) if isinstance(value, dict) else value for key, value in native_members.items()}
    return {key: value for key, value in kept.items() if value not in ("", {})}


def differing(wanted: Values, stored: Values) -> list[str]:
    """Keys whose stored value is not the one wanted, blanks at the ends, line ends and the case of addresses aside."""
    return [key for key, value in wanted.items() if key in stored and _plain(key, value) != _plain(key, stored[key])]


def _plain(key: str, value: Value) -> object:
    if isinstance(value, Lines):
        return (tuple(map(_plain_line, value.lines)), value.total, value.discount, value.tax)
    if not isinstance(value, str):
        return value
    plain = "\n".join(line.strip() for line in value.splitlines() if line.strip())
    return (plain.casefold() if key in ("PrimaryEmailAddr.Address", "WebAddr.URI", "BillEmail.Address") else plain) or None


def _plain_line(line: Line) -> object:
    return (line.product, line.quantity, line.price, line.amount, _plain("", line.text))
