"""What a property accepts: values come as JSON, are checked against their definition, and are stored as strings."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.hubspot.definitions import LENGTHS, MAX_LENGTH
from connectors.sandbox.state import Document

EMAIL = re.compile(r"[^\s@,;<>()\"]+@[^\s@,;<>()\"]+\.[^\s@,;<>()\".]+")
DAY_MS = 86_400_000


class Bad(ValueError):
    """A value the property does not take; `code` is HubSpot's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def iso(moment: int) -> str:
    """Milliseconds as HubSpot writes a moment: 2026-11-23T08:10:35.123Z."""
    seconds, rest = divmod(moment, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def milliseconds(text: str) -> int:
    """A moment or a day, as text in ISO form or as epoch milliseconds, in milliseconds."""
    if re.fullmatch(r"-?\d{5,}", text):
        return int(text)
    parsed = datetime.fromisoformat(text)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def stored(kind: str, definition: Document, value: Any) -> str:
    """The value as it is stored; "" clears. Raises `Bad`."""
    if value is None or value == "":
        return ""
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    name, data_type = definition["name"], definition["type"]
    if data_type == "number":
        return _number(text)
    if data_type == "bool":
        return _boolean(text)
    if data_type in ("date", "datetime"):
        return _moment(data_type, text)
    if data_type == "enumeration":
        return _choice(definition, text)
    if len(text) > LENGTHS.get((kind, name), MAX_LENGTH):
        raise Bad("MAX_LENGTH", f"Property value is too long: {name}")
    return _email(text) if (kind, name) == ("contacts", "email") else text


def _email(text: str) -> str:
    if not EMAIL.fullmatch(text.strip()):
        raise Bad("INVALID_EMAIL", f"Email address {text} is invalid")
    return text.strip().lower()


def _number(text: str) -> str:
    try:
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", text):
            raise InvalidOperation
        return f"{Decimal(text):f}"
    except InvalidOperation:
        raise Bad("INVALID_INTEGER", f"{text} was not a valid number.") from None


def _boolean(text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise Bad("INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]")
    return text.lower()


def _moment(data_type: str, text: str) -> str:
    try:
        moment = milliseconds(text)
        if data_type == "datetime":
            return iso(moment)
        if moment % DAY_MS:
            raise ValueError(text)
        return datetime.fromtimestamp(moment // 1000, UTC).date().isoformat()
    except (ValueError, OverflowError):
        raise Bad("INVALID_DATE", f"{text} was not a valid date.") from None


def _choice(definition: Document, text: str) -> str:
    allowed = {option["value"] for option in definition["options"]}
    parts = [part for part in text.split(";") if part] if definition["fieldType"] == "checkbox" else [text]
    for part in parts:
        if allowed and part not in allowed:
            raise Bad("INVALID_OPTION", f"{part} was not one of the allowed options: {sorted(allowed)}")
    return ";".join(parts)
