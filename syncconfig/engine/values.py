"""Values: when two are the same, how one side's value becomes the other's, and how values are kept as JSON."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec, FieldType, Line, Lines, Value, Values
from connectors.vocabulary import Category

TEXT_TYPES = frozenset({FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.URL})
_INTO_TEXT = frozenset(
    {FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME, FieldType.BOOLEAN, FieldType.CHOICE, FieldType.CHOICES, FieldType.REFERENCE}
)
_MOMENTS = frozenset({FieldType.DATE, FieldType.DATETIME})
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


class Unfit(Exception):
    """A value the target field cannot take. `details` are the words an explanation needs: field, value, max, n, c."""

    def __init__(self, category: Category, **details: str) -> None:
        super().__init__(category)
        self.category = category
        self.details = details


def is_blank(value: Value) -> bool:
    """Whether a value says nothing: none, empty, or blanks only."""
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def text(value: str) -> str:
    """Text in one form: composed characters, plain line ends, no blanks around it."""
    return unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n").strip()


def same(one: Value, other: Value) -> bool:
    """Whether two values of one field are equal: text by its one form, numbers by amount, all blanks alike."""
    if is_blank(one) or is_blank(other):
        return is_blank(one) and is_blank(other)
    if isinstance(one, str) and isinstance(other, str):
        return text(one) == text(other)
    if isinstance(one, Lines) and isinstance(other, Lines):
        return said(one) == said(other)
    return type(one) is type(other) and one == other


def said(content: Lines) -> tuple[object, ...]:
    """What a document says, without the names that products have and the ids that lines have on one side only."""
    lines = tuple((text(line.text), *_positive(line.quantity, line.price), line.amount, line.product) for line in content.lines)
    return (lines, content.total, content.discount, content.tax)


def _positive(quantity: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """Quantity and price with the sign on the price: one side takes no negative price, the other no negative quantity."""
    return (-quantity, -price) if quantity < 0 else (quantity, price)


def same_all(one: tuple[Value, ...], other: tuple[Value, ...]) -> bool:
    return len(one) == len(other) and all(map(same, one, other))


def match_key(value: Value, *, exact_case: bool = False) -> str:
    """What records are matched by: text trimmed and without case unless `exact_case`, other values by their text; empty for blanks."""
    if is_blank(value):
        return ""
    plain = text(str(value))
    return plain if exact_case else plain.casefold()


def compatible(source: FieldSpec, target: FieldSpec) -> bool:
    """Whether values of one field may be written into another (spec R58)."""
    if target.read_only or target.association or source.association:
        return False
    if FieldType.LINES in (source.type, target.type) or target.refers:
        return source.type == target.type and source.refers == target.refers
    if target.type in TEXT_TYPES:
        return source.type in TEXT_TYPES or source.type in _INTO_TEXT
    return source.type == target.type or {source.type, target.type} <= _MOMENTS


def convert(value: Value, source: FieldSpec, target: FieldSpec, options: Mapping[str, str], zone: ZoneInfo) -> Value:
    """The value as the target field takes it; None for a blank. Raises `Unfit` and never shortens or guesses (spec R59, R60)."""
    if is_blank(value):
        return None
    if target.type in TEXT_TYPES:
        return _as_text(value, target, zone)
    if target.type is FieldType.CHOICE:
        return _as_option(str(value), source, target, options)
    if target.type is FieldType.CHOICES and isinstance(value, tuple):
        return tuple(sorted(_as_option(v, source, target, options) for v in value))
    if target.type is FieldType.DATE and isinstance(value, datetime):
        return value.astimezone(zone).date()
    if target.type is FieldType.DATETIME and isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), zone)
    if target.type is FieldType.NUMBER and not isinstance(value, Decimal):
        return _as_number(str(value), target)
    return value


def _as_text(value: Value, target: FieldSpec, zone: ZoneInfo) -> str:
    result = _words(value, zone)
    if any(unicodedata.category(c) == "Cs" or c == "\0" for c in result):
        raise Unfit(Category.ENCODING, field=target.label)
    for character in target.forbidden:
        if character in result:
            raise Unfit(Category.CHARACTER_NOT_ALLOWED, field=target.label, c=character)
    if target.max_length is not None and len(result) > target.max_length:
        raise Unfit(Category.VALUE_TOO_LONG, field=target.label, max=str(target.max_length), n=str(len(result)))
    if target.type is FieldType.EMAIL and not _EMAIL.fullmatch(result):
        raise Unfit(Category.VALUE_INVALID, field=target.label, value=result)
    return result


def _words(value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ";".join(value)
    return text(str(value))


def _as_option(value: str, source: FieldSpec, target: FieldSpec, options: Mapping[str, str]) -> str:
    if value in options:
        return options[value]
    stored = {o.value for o in target.options}
    if not stored or value in stored:
        return value
    label = next((o.label for o in source.options if o.value == value), value).casefold()
    for option in target.options:
        if option.label.casefold() == label:
            return option.value
    raise Unfit(Category.OPTION_UNKNOWN, field=target.label, value=value)


def _as_number(value: str, target: FieldSpec) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Unfit(Category.VALUE_INVALID, field=target.label, value=value) from None


def keepable(value: str) -> bool:
    """Whether every database takes this text: PostgreSQL refuses NUL, and half a surrogate pair has no UTF-8."""
    if "\0" in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def cleaned(value: str) -> str:
    """Text to be shown: what no database takes is replaced by a question mark."""
    return value if keepable(value) else value.replace("\0", "?").encode(errors="replace").decode()


def to_json(value: Value) -> Any:
    """A value as JSON that `from_json` reads back exactly."""
    if isinstance(value, str):
        return value if keepable(value) else {"bytes": value.encode(errors="surrogatepass").hex()}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, Decimal):
        return {"n": str(value)}
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Lines):
        return _lines_to_json(value)
    return value


_AMOUNTS = ("quantity", "price", "amount")
_WORDS = ("text", "product", "name", "sku", "id")


def _lines_to_json(content: Lines) -> dict[str, Any]:
    lines = [[*(str(getattr(line, name)) for name in _AMOUNTS), *(to_json(getattr(line, name)) for name in _WORDS)] for line in content.lines]
    return {"lines": lines, "sums": [str(content.total), str(content.discount), str(content.tax)], "adjustments": list(content.adjustments)}


def _lines_from_json(stored: Mapping[str, Any]) -> Lines:
    total, discount, tax = map(Decimal, stored["sums"])
    return Lines(tuple(map(_line_from_json, stored["lines"])), total, discount, tax, tuple(stored["adjustments"]))


def _line_from_json(row: Sequence[Any]) -> Line:
    quantity, price, amount = map(Decimal, row[: len(_AMOUNTS)])
    words = dict(zip(_WORDS, (str(from_json(word)) for word in row[len(_AMOUNTS) :]), strict=True))
    return Line(quantity=quantity, price=price, amount=amount, **words)


def from_json(stored: Any) -> Value:
    if isinstance(stored, dict):
        if "lines" in stored:
            return _lines_from_json(stored)
        if "n" in stored:
            return Decimal(stored["n"])
        if "bytes" in stored:
            return bytes.fromhex(stored["bytes"]).decode(errors="surrogatepass")
        return datetime.fromisoformat(stored["at"]) if "at" in stored else date.fromisoformat(stored["on"])
    return tuple(stored) if isinstance(stored, list) else stored


def values_to_json(values: Values) -> dict[str, Any]:
    return {key: to_json(value) for key, value in values.items()}


def values_from_json(stored: Mapping[str, Any]) -> dict[str, Value]:
    return {key: from_json(value) for key, value in stored.items()}
