"""Notes that tell of a payment on the timeline of a deal: one text of our own format. Source: HubSpot reference, section 14.1.

Every paragraph says one value, so that the text tells again what it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from html import escape, unescape

from connectors.base import FieldSpec, FieldType, Value, Values
from connectors.hubspot.facts import DEALS, NOTES, Own, key_property, text
from connectors.hubspot.model import Computed, Model, Sight, Source, Whole, Zone
from connectors.hubspot.payments import METHODS
from connectors.hubspot.values import cents, noon, stored

BODY, TIME = "hs_note_body", "hs_timestamp"
HEADING, LINK = "Payment received", "Open in QuickBooks"
LABELS = {
    "number": "Invoice",
    "amount": "Amount",
    "date": "Date",
    "method": "Method",
    "reference": "Reference",
    "balance": "Remaining balance",
}
PARAGRAPH = re.compile(r"<p>([A-Za-z ]+): (.*?)</p>", re.DOTALL)
ANCHOR = re.compile(rf'<a [^>]*?href="([^"]*)"[^>]*>{LINK}</a>')
METHOD_LABELS = {option.value: option.label for option in METHODS}
METHOD_VALUES = {label: value for value, label in METHOD_LABELS.items()}

OWN: tuple[Own, ...] = (key_property("note", "payment"),)

FIELDS = (
    FieldSpec("amount", "Amount", FieldType.NUMBER, "amount"),
    FieldSpec("currency", "Currency", meaning="currency"),
    FieldSpec("date", "Date", FieldType.DATE, "date"),
    FieldSpec("method", "Method", FieldType.CHOICE, "method", options=METHODS),
    text("reference", "Reference", "reference"),
    text("number", "Invoice number", "number"),
    FieldSpec("balance", "Remaining balance", FieldType.NUMBER, "balance"),
    text("link", "Link", "link", type=FieldType.URL),
    FieldSpec("deals", "Deals", FieldType.CHOICES, "deals", required=True, refers="invoice", through="deals"),
    *(own.field() for own in OWN),
)
TOLD = frozenset({*LABELS, "currency", "link"})
"""Fields that stand in the text."""


def pack(values: Values) -> str:
    """The text of a note. Values that are missing or None have no paragraph."""
    said = {**values, "method": METHOD_LABELS.get(str(values.get("method")), values.get("method")), "amount": _money(values)}
    said["balance"] = cents(values.get("balance"))
    told = [(label, stored(said.get(key))) for key, label in LABELS.items()]
    link = values.get("link")
    anchor = f'<p><a href="{escape(str(link))}">{LINK}</a></p>' if link else ""
    return f"<p>{HEADING}</p>" + "".join(f"<p>{label}: {escape(value)}</p>" for label, value in told if value) + anchor


def _money(values: Values) -> str:
    amount, currency = cents(values.get("amount")), values.get("currency")
    return f"{amount} {stored(currency)}" if currency else amount


def unpack(body: str) -> dict[str, Value]:
    """What the text of a note says; what it does not say is None."""
    found = {label: unescape(value) for label, value in PARAGRAPH.findall(body)}
    said: dict[str, str] = {key: found.get(label, "") for key, label in LABELS.items()}
    amount, _, currency = said["amount"].partition(" ")
    anchor = ANCHOR.search(body)
    return {
        "amount": _number(amount),
        "currency": currency or None,
        "date": _date(said["date"]),
        "method": METHOD_VALUES.get(said["method"], said["method"]) or None,
        "reference": said["reference"] or None,
        "number": said["number"] or None,
        "balance": _number(said["balance"]),
        "link": unescape(anchor.group(1)) or None if anchor else None,
    }


def _number(word: str) -> Decimal | None:
    try:
        return Decimal(word) if word else None
    except InvalidOperation:
        return None


def _date(word: str) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        return None


def _properties(values: Values, zone: Zone) -> Mapping[str, str]:
    when = values.get("date")
    return {BODY: pack(values), **({TIME: noon(when, zone())} if when else {})}


def _told(key: str) -> Computed:
    def read(sight: Sight) -> Value:
        return unpack(sight.properties[BODY] or "")[key]

    return Computed(read, (BODY,))


MODEL = Model(
    NOTES,
    FIELDS,
    own={NOTES.path: OWN},
    title=lambda properties: None,
    always=(BODY,),
    computed={
        **{key: _told(key) for key in TOLD},
        "deals": Computed(lambda sight: tuple(sorted(sight.links[DEALS.path])) or None, sources=(Source(DEALS),)),
    },
    whole=Whole(TOLD, _properties),
    parents={"deals": DEALS},
    listed=False,
)
