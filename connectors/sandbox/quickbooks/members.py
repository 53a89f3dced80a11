"""Checks and cleans the members of a body: unknown properties, types, lengths, forbidden characters. Nothing here knows other rows."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.shapes import PARTS, PARTS_IGNORED, SYSTEM_MEMBERS, Entity, Member, Sort

EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
HOST = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?", re.ASCII)
DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?")
GREATEST = Decimal(99_999_999_999)


def cleaned(entity: Entity, body: dict[str, Any]) -> dict[str, Any]:
    """The writable members of a body, checked; an empty value (null, "") comes as None, which clears."""
    result: dict[str, Any] = {}
    for name, value in body.items():
        if name in SYSTEM_MEMBERS:
            continue
        member = entity.members.get(name)
        if member is None:
            raise Fault("2010", f"Property Name:{name} specified is unsupported or invalid", element=name)
        if not member.read_only:
            result[name] = _value(member, value)
    return result


def _value(member: Member, value: Any) -> Any:
    if value is None:
        return None
    if member.sort is Sort.NESTED:
        return value
    if member.sort in PARTS:
        return _nested(member, value)
    if member.sort is Sort.REFERENCE:
        return reference(member.name, value)
    if member.sort is Sort.FLAG:
        return _flag(member, value)
    if member.sort is Sort.NUMBER:
        return number(member.name, value)
    if member.sort is Sort.DATE:
        return day(member.name, value)
    return _text(member.name, value, member)


def _nested(member: Member, value: Any) -> dict[str, str]:
    """The stored parts that were sent, empty ones included: whether those clear is decided where the row is changed."""
    if not isinstance(value, dict):
        raise Fault("2010", f"Property Name:{member.name} is not an object", element=member.name)
    lengths, ignored = PARTS[member.sort], PARTS_IGNORED[member.sort]
    for part in value:
        if part not in lengths and part not in ignored:
            raise Fault("2010", f"Property Name:{member.name}.{part} specified is unsupported or invalid", element=part)
    kept = {}
    for part, longest in lengths.items():
        if part in value:
            kept[part] = _bounded(f"{member.name}.{part}", "" if value[part] is None else str(value[part]), member.longest or longest)
    if member.sort is Sort.EMAIL and kept.get("Address"):
        _check_email(kept["Address"], member.name)
    if member.sort is Sort.WEB and kept.get("URI"):
        _check_web(kept["URI"])
    if member.sort is Sort.ADDRESS and sum(len(kept.get(f"Line{n}", "")) for n in range(1, 6)) > 2000:
        raise Fault("2050", f"Max:2000 Supplied length for the lines of {member.name}", element=member.name)
    return kept


def _check_email(address: str, element: str) -> None:
    if not all(EMAIL.fullmatch(one.strip()) for one in address.split(",")):
        raise Fault("2210", "Email Address Validation Error : The email address does not conform to the RFC 822 syntax.", element=element)


def _check_web(address: str) -> None:
    host = SCHEME.sub("", address.strip()).split("/")[0].split("?")[0]
    if not HOST.fullmatch(host):
        raise Fault("2200", "Website Address Validation Error : The website address is not well formed.", element="WebAddr")


def reference(name: str, value: Any) -> dict[str, str] | None:
    """{"value": Id} of a sent reference, None of an empty one; the name that came along is not kept."""
    if value is None:
        return None
    if not isinstance(value, dict) or not set(value) <= {"value", "name", "type"}:
        raise Fault("2010", f"Property Name:{name} is not a reference", element=name)
    return {"value": str(value["value"])} if value.get("value") else None


def number(name: str, value: Any) -> Decimal | None:
    """A sent number, in a string or not. Raises Fault 2080 for what is none and 2240 for one that is too great."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise InvalidOperation
        found = Decimal(value)
    except InvalidOperation:
        raise Fault("2080", f"{name} is not a number", element=name) from None
    if not found.is_finite() or abs(found) > GREATEST:
        raise Fault("2240", f"{name} is outside the range", element=name)
    return found


def day(name: str, value: Any) -> str | None:
    """A sent calendar day as YYYY-MM-DD; a zone behind it is dropped. Raises Fault 2060."""
    if value is None or value == "":
        return None
    found = DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise Fault("2060", f"{name} is not a date of the form YYYY-MM-DD", element=name) from None


def _flag(member: Member, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise Fault("2230", f"{member.name} is not a boolean", element=member.name)


def _text(name: str, value: Any, member: Member) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Fault("2010", f"Property Name:{name} is not a text", element=name)
    text = str(value)
    if any(character in text for character in member.forbidden):
        raise Fault("2040", f"{name} contains a character that is not allowed (colon, tab, new line)", element=name)
    if member.choices and text not in ("", *member.choices):
        raise Fault("2170", f"{name} must be one of {', '.join(member.choices)}", element=name)
    return _bounded(name, text, member.longest) or None


def _bounded(name: str, text: str, longest: int) -> str:
    if longest and len(text) > longest:
        raise Fault("2050", f"Min:0 Max:{longest} supported. Supplied length:{len(text)}", element=name)
    return text
