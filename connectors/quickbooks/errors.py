"""How QuickBooks Online words its errors: faults in several shapes, classified by code, then by text, then by HTTP status.

Shapes: reference 7.1. A fault may come with HTTP 200, in lower case from the gateway, as XML whatever was asked for, or inside a query answer;
a proxy may send HTML. Codes: reference 7.3 and `derived/error-codes.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from connectors.errors import ConnectorError, CursorExpired, Forbidden, NotFound, Rejected, Stale, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.vocabulary import Category

PROVIDER_KEY = "quickbooks"
THROTTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FaultError:
    """One error of a fault, in the provider's words."""

    code: str
    message: str
    detail: str
    element: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one code means. `text` is a pattern that message or detail must hold; `field` names the field key it is about."""

    error: type[ConnectorError]
    category: Category | None = None
    field: str = ""
    text: str = ""


def _rejected(category: Category, field: str = "", text: str = "") -> Rule:
    return Rule(Rejected, category, field, text)


_INVALID = _rejected(Category.VALUE_INVALID)
_TOKEN = Rule(Unauthorized)
_DOWN = Rule(Unavailable)
_OURS = Rule(Unexpected)

RULES: dict[str, tuple[Rule, ...]] = {
    **dict.fromkeys(("100", "110", "120", "3200", "3202"), (_TOKEN,)),
    **dict.fromkeys(("130", "140", "150", "4002", "10000"), (_DOWN,)),
    **dict.fromkeys(("600", "1040", "1050", "2130", "4000", "4001", "10100"), (_OURS,)),
    **dict.fromkeys(("2030", "2060", "2070", "2080", "2090", "2100", "2110", "2120", "2180", "2190", "2220", "2230", "2240", "2500"), (_INVALID,)),
    "500": (_rejected(Category.ENCODING, text="UTF-8"), _rejected(Category.FEATURE_OFF)),
    "610": (Rule(NotFound),),
    "2000": (_rejected(Category.MAPPING_BROKEN),),
    "2010": (_rejected(Category.MAPPING_BROKEN),),
    "2020": (_rejected(Category.REQUIRED_VALUE_MISSING),),
    "2040": (_rejected(Category.CHARACTER_NOT_ALLOWED),),
    "2050": (_rejected(Category.VALUE_TOO_LONG),),
    "2170": (_rejected(Category.OPTION_UNKNOWN),),
    "2200": (_rejected(Category.VALUE_INVALID, "WebAddr.URI"),),
    "2210": (_rejected(Category.VALUE_INVALID, "PrimaryEmailAddr.Address"),),
    "3000": (_rejected(Category.MAPPING_BROKEN),),
    "3001": (Rule(Throttled),),
    "3100": (Rule(Forbidden),),
    "5010": (Rule(Stale),),
    "5020": (Rule(Forbidden),),
    "5030": (_rejected(Category.FEATURE_OFF),),
    "6000": (_rejected(Category.REQUIRED_VALUE_MISSING, text=r"required|must (give|enter|have)"), _rejected(Category.VALUE_INVALID)),
    "6080": (_rejected(Category.REQUIRED_VALUE_MISSING, "DisplayName"),),
    "6190": (Rule(Forbidden, Category.COMPANY_INACTIVE),),
    "6240": (_rejected(Category.DISPLAY_NAME_IN_USE, "DisplayName"),),
    "6250": (_rejected(Category.CUSTOMER_INACTIVE),),
    "10200": (Rule(CursorExpired),),
}
"""Rules by code, the first whose text fits counts. A code that is not listed rejects the record without a category of its own."""

STATUS_RULES: dict[int, Rule] = {401: _TOKEN, 403: Rule(Forbidden), 404: Rule(NotFound), 429: Rule(Throttled)}
XML_ERROR = re.compile(r'<Error\b[^>]*\bcode="(?P<code>\d+)"(?P<rest>.*)', re.DOTALL)
XML_TEXT = re.compile(r"<(?P<tag>Message|Detail)>(?P<text>[^<]*)")


class QuickBooksDialect:
    """Judges whole answers. Members of a batch are judged one by one with `fault_error`."""

    provider = PROVIDER_KEY

    def judge(self, status: int, headers: Mapping[str, str], body: Any, text: str) -> ConnectorError | None:
        trace = headers.get("intuit_tid", "")
        found = next(faults_of(body), None) or xml_fault(text)
        if found:
            return error_of(found, trace, headers)
        if status < 300:
            return None
        rule = STATUS_RULES.get(status) or (_DOWN if status >= 500 else _OURS)
        return _make(rule, FaultError(str(status), f"HTTP {status}", ""), trace, headers)


def faults_of(body: Any) -> Iterator[FaultError]:
    """Yield the errors of every fault an answer carries: at its top, in its query answer, in the blocks of change data capture."""
    if not isinstance(body, dict):
        return
    fault = body.get("Fault") or body.get("fault")
    if isinstance(fault, dict):
        yield from _errors(fault)
    if isinstance(body.get("QueryResponse"), dict):
        yield from faults_of(body["QueryResponse"])
    for name in ("CDCResponse", "QueryResponse"):
        if isinstance(body.get(name), list):
            for block in body[name]:
                yield from faults_of(block)


def fault_error(fault: Any, trace: str) -> ConnectorError:
    """The error a batch member's "Fault" stands for."""
    found = next(faults_of({"Fault": fault}), None) or FaultError("", "a fault without an error", "")
    return error_of(found, trace, {})


def error_of(found: FaultError, trace: str, headers: Mapping[str, str]) -> ConnectorError:
    """Classify one error by code and text."""
    words = f"{found.message} {found.detail}"
    rules = RULES.get(found.code, ())
    rule = next((r for r in rules if not r.text or re.search(r.text, words, re.IGNORECASE)), Rule(Rejected))
    return _make(rule, found, trace, headers)


def xml_fault(text: str) -> FaultError | None:
    """The first error of a fault in XML. Read with patterns, because the text comes from outside and may be cut."""
    match = XML_ERROR.search(text)
    if not match:
        return None
    texts = {m["tag"]: unescape(m["text"]) for m in reversed(list(XML_TEXT.finditer(match["rest"])))}
    return FaultError(match["code"], texts.get("Message", ""), texts.get("Detail", ""))


def _errors(fault: dict[str, Any]) -> Iterator[FaultError]:
    errors = fault.get("Error") or fault.get("error") or [{}]
    for error in errors if isinstance(errors, list) else [errors]:
        lower = {str(key).lower(): str(value or "") for key, value in error.items()} if isinstance(error, dict) else {}
        yield FaultError(lower.get("code", ""), lower.get("message", ""), lower.get("detail", ""), lower.get("element", ""))


def _make(rule: Rule, found: FaultError, trace: str, headers: Mapping[str, str]) -> ConnectorError:
    """Build the error. The words of a refused token are left out: they quote it."""
    words = found.message if rule.error is Unauthorized else found.detail or found.message
    message = f"QuickBooks answered with code {found.code}"
    if rule.error is Throttled:
        return Throttled(message, retry_after=retry_after(headers), provider=PROVIDER_KEY, code=found.code, words=words, trace=trace)
    error = rule.error(message, provider=PROVIDER_KEY, code=found.code, words=words, trace=trace, field=rule.field)
    if rule.category is not None:
        error.category = rule.category
    return error


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait: Intuit says 60; a header counts where one comes."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else THROTTLE_SECONDS
