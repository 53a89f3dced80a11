"""How QuickBooks Online words its errors: faults in several shapes, classified by code, then by text, then by HTTP status.

Shapes: reference 7.1. A fault may come with HTTP 200, in lower case from the gateway, as XML whatever was asked for, or inside a query answer;
a proxy may send HTML. Codes: reference 7.3 and `derived/error-codes.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
    """What one code means. `text` is a pattern that message or detail must hold; `field` names the field key it is about.

    `element` is a pattern for the member that the error names, `entity` what was written; without them the rule holds for all.
    """

    error: type[ConnectorError]
    category: Category | None = None
    field: str = ""
    text: str = ""
    element: str = ""
    entity: str = ""

    def fits(self, found: FaultError, entity: str) -> bool:
        words = ADVICE.sub("", f"{found.message} {found.detail}")
        return (
            (not self.entity or self.entity == entity)
            and bool(re.search(self.text, words, re.IGNORECASE))
            and bool(re.search(self.element, found.element, re.IGNORECASE))
        )


ADVICE = re.compile(r"Check the fields with [\w, ]*\.")
"""What QuickBooks says of every reference, whichever it is."""


def _rejected(category: Category, field: str = "", text: str = "", *, element: str = "", entity: str = "") -> Rule:
    return Rule(Rejected, category, field, text, element, entity)


_INVALID = _rejected(Category.VALUE_INVALID)
_MISSING = _rejected(Category.REQUIRED_VALUE_MISSING)
_TOKEN = Rule(Unauthorized)
_DOWN = Rule(Unavailable)
_OURS = Rule(Unexpected)
_CLOSED = _rejected(Category.PERIOD_CLOSED, "TxnDate")
_NUMBER = _rejected(Category.INVOICE_NUMBER_IN_USE, "DocNumber")
_ACCOUNT = _rejected(Category.INCOME_ACCOUNT_INVALID)

_REFERENCES = (
    *(
        _rejected(category, **{where: pattern})
        for where in ("element", "text")
        for category, pattern in (
            (Category.INCOME_ACCOUNT_INVALID, r"account"),
            (Category.CUSTOMER_INACTIVE, r"customer"),
            (Category.ITEM_INACTIVE, r"item"),
        )
    ),
    replace(_ACCOUNT, entity="Item"),
)
"""Something that a record names is missing or inactive: by the member named, else by the words; an item names accounts only."""

_BUSINESS = (
    _rejected(Category.SERVICE_DATE_REQUIRED, "Line", r"service date"),
    _rejected(Category.FEATURE_OFF, text=r"turned off"),
    _rejected(Category.TAX_REQUIRED, "Line", r"(GST|HST|VAT|sales tax)\S* rate|not have a tax code"),
    _rejected(Category.CURRENCY_MISMATCH, "CurrencyRef", r"currenc"),
    _rejected(Category.PAYMENT_CUSTOMER_DIFFERS, "Invoice", r"customer of a linked transaction|different customer"),
    _rejected(Category.AMOUNT_MISMATCH, "Amount", r"amount applied"),
    _rejected(Category.DISCOUNT_TOO_LARGE, "Line", r"discount\b.*(greater|more|larger|exceed)|must (not be (below|less than)|be) (zero|0)"),
    replace(_MISSING, text=r"required|must (give|enter|have)"),
    _INVALID,
)
"""Code 6000 says nothing by itself; the words are the reason (reference 7.3). Tax: reference 6.2."""

RULES: dict[str, tuple[Rule, ...]] = {
    **dict.fromkeys(("100", "110", "120", "3200", "3202"), (_TOKEN,)),
    **dict.fromkeys(("130", "140", "150", "4002", "10000"), (_DOWN,)),
    **dict.fromkeys(("600", "1040", "1050", "2130", "4000", "4001", "10100"), (_OURS,)),
    **dict.fromkeys(("2030", "2060", "2070", "2080", "2090", "2100", "2110", "2120", "2140", "2150", "2160", "2180", "2190"), (_INVALID,)),
    **dict.fromkeys(("2230", "2240", "2290", "6100", "6160", "6170", "6230", "6220", "6280"), (_INVALID,)),
    **dict.fromkeys(("6110", "6120", "6450", "6480", "6540"), (_INVALID,)),
    "500": (_rejected(Category.ENCODING, text="UTF-8"), _rejected(Category.FEATURE_OFF)),
    "610": (*(rule for rule in _REFERENCES if rule.element), Rule(NotFound)),
    "620": (_rejected(Category.PAYMENT_CUSTOMER_DIFFERS, "Invoice", entity="Payment"), _INVALID),
    "2000": (_rejected(Category.MAPPING_BROKEN),),
    "2010": (_rejected(Category.MAPPING_BROKEN),),
    "2020": (
        _rejected(Category.CURRENCY_MISMATCH, "CurrencyRef", element="CurrencyRef"),
        replace(_ACCOUNT, element="AccountRef", entity="Item"),
        _MISSING,
    ),
    "2040": (_rejected(Category.CHARACTER_NOT_ALLOWED),),
    "2050": (_rejected(Category.VALUE_TOO_LONG),),
    "2170": (_rejected(Category.OPTION_UNKNOWN),),
    "2200": (_rejected(Category.VALUE_INVALID, "WebAddr.URI"),),
    "2210": (_rejected(Category.VALUE_INVALID, "BillEmail.Address", entity="Invoice"), _rejected(Category.VALUE_INVALID, "PrimaryEmailAddr.Address")),
    "2220": (_rejected(Category.CURRENCY_MISMATCH, "CurrencyRef", entity="Invoice"), _INVALID),
    "2250": (_rejected(Category.NO_LINE_ITEMS, "Line"),),
    "2500": (*_REFERENCES, _INVALID),
    "3000": (_rejected(Category.MAPPING_BROKEN),),
    "3001": (Rule(Throttled),),
    "3100": (Rule(Forbidden),),
    "5010": (Rule(Stale),),
    "5020": (Rule(Forbidden),),
    "5030": (_rejected(Category.FEATURE_OFF),),
    "6000": _BUSINESS,
    "6070": (_rejected(Category.AMOUNT_MISMATCH, "Line"),),
    "6080": (_rejected(Category.REQUIRED_VALUE_MISSING, "DisplayName"),),
    "6090": (_rejected(Category.REQUIRED_VALUE_MISSING, "Line"),),
    "6140": (replace(_CLOSED, text=r"clos"), _NUMBER),
    "6190": (Rule(Forbidden, Category.COMPANY_INACTIVE),),
    "6200": (replace(_NUMBER, text=r"duplicate|already been used|different number"), _CLOSED),
    "6210": (replace(_NUMBER, text=r"duplicate|already been used|different number"), _CLOSED),
    "6240": (
        _rejected(Category.VALUE_INVALID, "Sku", r"\bSKU\b", entity="Item"),
        _rejected(Category.ITEM_NAME_IN_USE, "Name", entity="Item"),
        _rejected(Category.DISPLAY_NAME_IN_USE, "DisplayName"),
    ),
    "6250": (_rejected(Category.CUSTOMER_INACTIVE),),
    "6270": (_rejected(Category.REQUIRED_VALUE_MISSING, "InvStartDate"),),
    "6420": (_rejected(Category.REQUIRED_VALUE_MISSING, "BillEmail.Address"),),
    "6430": (_ACCOUNT,),
    "6520": (_rejected(Category.REQUIRED_VALUE_MISSING, "QtyOnHand"),),
    "10200": (Rule(CursorExpired),),
}
"""Rules by code, the first that fits counts. A code that is not listed rejects the record without a category of its own."""

STATUS_RULES: dict[int, Rule] = {401: _TOKEN, 403: Rule(Forbidden), 404: Rule(NotFound), 429: Rule(Throttled)}
XML_ERROR = re.compile(r'<Error\b[^>]*\bcode="(?P<code>\d+)"(?P<rest>.*)', re.DOTALL)
XML_TEXT = re.compile(r"<(?P<tag>Message|Detail)>(?P<text>[^<]*)")


class QuickBooksDialect:
    """Judges whole answers. Members of a batch are judged one by one with `fault_error`."""

    provider = PROVIDER_KEY

    def budget(self, headers: Mapping[str, str]) -> tuple[int, int] | None:
        """QuickBooks tells nothing of its limits (reference 2.4)."""
        return None

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


def fault_error(fault: Any, trace: str, entity: str = "") -> ConnectorError:
    """The error a batch member's "Fault" stands for; `entity` is what it wrote."""
    found = next(faults_of({"Fault": fault}), None) or FaultError("", "a fault without an error", "")
    return error_of(found, trace, {}, entity)


def error_of(found: FaultError, trace: str, headers: Mapping[str, str], entity: str = "") -> ConnectorError:
    """Classify one error by code, text, and what was written (spec D7)."""
    rule = next((rule for rule in RULES.get(found.code, ()) if rule.fits(found, entity)), Rule(Rejected))
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
