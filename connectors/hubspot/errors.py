"""How HubSpot words its errors: one table from status, category and code to what the caller must do. Source: HubSpot reference, sections 4 to 7."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypedDict

from connectors.errors import AlreadyExists, ConnectorError, Forbidden, NotFound, Rejected, Stale, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.vocabulary import Category

PROVIDER = "hubspot"
DAY_SECONDS = 86_400.0

PAUSES = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0, "DAILY": 3600.0}
"""Seconds to wait by `policyName` of a 429 that names none. The daily budget returns at midnight in the account's zone."""
LOCKED_SECONDS = 2.0
OVERLOADED_SECONDS = 3.0
"""Some seconds without requests where HubSpot's own processing limits were hit (502, 504)."""

CODES = {
    "PROPERTY_DOESNT_EXIST": Category.MAPPING_BROKEN,
    "READ_ONLY_VALUE": Category.MAPPING_BROKEN,
    "INVALID_OPTION": Category.OPTION_UNKNOWN,
    "CONFLICTING_UNIQUE_VALUE": Category.ALREADY_LINKED,
    "REQUIRED_FIELD": Category.REQUIRED_VALUE_MISSING,
    "MISSING_REQUIRED_PROPERTY": Category.REQUIRED_VALUE_MISSING,
    "MISSING_REQUIRED_ASSOCIATION": Category.REQUIRED_VALUE_MISSING,
    "MAX_LENGTH": Category.VALUE_TOO_LONG,
}
"""Codes of refused properties; every other `INVALID_...` is a value that does not fit."""

CURRENCIES = frozenset({"hs_currency", "hs_currency_code", "hs_line_item_currency_code"})
"""Properties whose option is refused when the account does not use the currency (section 10.2)."""
PHRASES = (
    ("INVOICE_TO_LINE_ITEM", Category.NO_LINE_ITEMS),
    ("can no longer be edited", Category.VALUE_INVALID),
    ("cannot be changed", Category.VALUE_INVALID),
    ("cannot be deleted", Category.VALUE_INVALID),
)
"""Words of refusals that have no code of their own, or one that says less (sections 12.1, 12.2 and 13)."""


class Details(TypedDict):
    provider: str
    code: str
    words: str
    trace: str


EXISTING = re.compile(r"Existing ID:\s*(\d+)")
HELD = re.compile(r"(\d+) already has that value")


class HubSpotDialect:
    provider = PROVIDER

    def judge(self, status: int, headers: Mapping[str, str], body: Any, text: str) -> ConnectorError | None:
        """The error an answer stands for; None for every success, batches with mixed results included."""
        if 200 <= status < 300:
            return None
        found = body if isinstance(body, dict) else {}
        details = _details(found, headers.get("X-HubSpot-Correlation-Id") or "")
        if status in (423, 429, 477):
            daily = status == 429 and found.get("policyName") == "DAILY"
            return Throttled("must wait", retry_after=_pause(status, headers, found), daily=daily, **details)
        if status >= 500:
            return Unavailable("does not work at the moment", pause=OVERLOADED_SECONDS if status in (502, 504) else 0.0, **details)
        simple = {401: Unauthorized, 403: Forbidden, 404: NotFound}.get(status)
        if simple:
            return simple(_MESSAGES[status], **details)
        if status in (400, 409) and found:
            return refusal(found, details)
        return Unexpected(f"unexpected answer: status {status}", **details)

    def budget(self, headers: Mapping[str, str]) -> tuple[int, int] | None:
        """The ten-second limit; searches tell nothing (section 4)."""
        limit, left = headers.get("X-HubSpot-RateLimit-Max") or "", headers.get("X-HubSpot-RateLimit-Remaining") or ""
        return (max(1, int(limit)), int(left)) if limit.isdecimal() and left.isdecimal() else None


def member_error(body: Mapping[str, Any]) -> ConnectorError:
    """The error of one member of a batch."""
    details = _details(body, "")
    return NotFound(_MESSAGES[404], **details) if body.get("category") == "OBJECT_NOT_FOUND" else refusal(body, details)


def refusal(body: Mapping[str, Any], details: Details) -> ConnectorError:
    """What a 400 or a 409 means for the record."""
    message, category = str(body.get("message") or ""), str(body.get("category") or "")
    if category in ("CONFLICT", "OBJECT_ALREADY_EXISTS"):
        holder = EXISTING.search(message)
        if holder or category == "OBJECT_ALREADY_EXISTS":
            return AlreadyExists("exists already", existing_id=holder.group(1) if holder else "", **details)
        return Stale("was changed at the same time", **details)
    name, code, words = _property_problem(body, message)
    known = CODES.get(code) or (Category.VALUE_INVALID if code.startswith("INVALID_") else Category.UNKNOWN)
    if code == "INVALID_OPTION" and name in CURRENCIES:
        known = Category.CURRENCY_MISMATCH
    known = next((category for phrase, category in PHRASES if phrase in message), known)
    if HELD.search(message):
        code, known = "CONFLICTING_UNIQUE_VALUE", Category.ALREADY_LINKED
    trace = details["trace"]
    return Rejected("was refused", provider=PROVIDER, code=code or details["code"], words=words, trace=trace, category=known, field=name)


def _property_problem(body: Mapping[str, Any], message: str) -> tuple[str, str, str]:
    """Property, code and words of the first problem, from the JSON list at the message's end or from `errors`."""
    start = message.find("[{")
    if start >= 0:
        try:
            problems = json.loads(message[start:])
            first = problems[0]
            return str(first.get("name") or ""), str(first.get("error") or ""), "; ".join(str(p.get("message") or "") for p in problems)
        except (ValueError, AttributeError, LookupError, TypeError):
            pass
    for error in body.get("errors") or ():
        if isinstance(error, dict) and error.get("code"):
            names = (error.get("context") or {}).get("propertyName") or [""]
            return str(names[0]), str(error["code"]), message
    return "", "", message


def _details(body: Mapping[str, Any], trace: str) -> Details:
    words = str(body.get("message") or "")
    return {"provider": PROVIDER, "code": str(body.get("category") or ""), "words": words, "trace": str(body.get("correlationId") or trace)}


def _pause(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> float:
    told = headers.get("Retry-After") or ""
    if told.isdecimal():
        return float(told)
    if status == 423:
        return LOCKED_SECONDS
    return DAY_SECONDS if status == 477 else PAUSES.get(str(body.get("policyName") or ""), 10.0)


_MESSAGES = {401: "does not accept the connection any more", 403: "does not permit this", 404: "has no such record"}
