"""HubSpot's webhooks: the v3 signature, and the events of classic and generic subscriptions. Source: HubSpot reference, section 15."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Unexpected
from connectors.hubspot.errors import PROVIDER
from connectors.hubspot.facts import COMPANIES, CONTACTS, DEALS, DISCOUNTS, FEES, INVOICES, LINE_ITEMS, NOTES, PAYMENTS, PRODUCTS, TAXES, ObjectType
from connectors.vocabulary import Kind
from connectors.webhooks import Change, Delivery, Hint, Webhooks, digest, mac, same

FRESH_SECONDS = 300
"""A signature older than this, or from so far in the future, is refused."""

RECORDS: dict[str, tuple[Kind, ...]] = {
    CONTACTS.path: (Kind.CONTACT,),
    PRODUCTS.path: (Kind.PRODUCT,),
    INVOICES.path: (Kind.INVOICE,),
    PAYMENTS.path: (Kind.PAYMENT,),
    NOTES.path: (Kind.NOTE,),
}
PARTS: dict[str, tuple[Kind, ...]] = {
    COMPANIES.path: (Kind.CONTACT,),
    DEALS.path: (Kind.INVOICE,),
    LINE_ITEMS.path: (Kind.INVOICE,),
    DISCOUNTS.path: (Kind.INVOICE,),
    FEES.path: (Kind.INVOICE,),
    TAXES.path: (Kind.INVOICE,),
}

_TYPES: tuple[ObjectType, ...] = (CONTACTS, COMPANIES, DEALS, PRODUCTS, LINE_ITEMS, NOTES, INVOICES, DISCOUNTS, FEES, TAXES, PAYMENTS)
_BY_ID = {type.type_id: type.path for type in _TYPES}
_BY_NAME = {"contact": "contacts", "company": "companies", "deal": "deals", "product": "products", "line_item": "line_items"}
"""Objects by their name in classic subscriptions."""

_CHANGES = {
    "creation": Change.CHANGED,
    "propertyChange": Change.CHANGED,
    "associationChange": Change.CHANGED,
    "deletion": Change.GONE,
    "merge": Change.MERGED,
    "restore": Change.RESTORED,
    "privacyDeletion": Change.ERASED,
}

_DECODED = {f"%{ord(char):02X}": char for char in ":/?@!$'()*,;"}
_ESCAPE = re.compile("|".join(_DECODED), re.IGNORECASE)


def genuine(delivery: Delivery, secret: str, now: float) -> bool:
    """Version 3 of the signature, not older than five minutes; versions 1 and 2 are not accepted. Source: section 15.4."""
    signature, sent = delivery.headers.get("x-hubspot-signature-v3", ""), delivery.headers.get("x-hubspot-request-timestamp", "")
    if not (sent.isascii() and sent.isdecimal()) or abs(now - int(sent) / 1000) > FRESH_SECONDS:
        return False
    message = delivery.method.encode() + signed_address(delivery.url).encode() + delivery.body + sent.encode()
    return same(signature, mac(secret, message))


def signed_address(url: str) -> str:
    """An address as HubSpot signs it: some escapes are decoded, the others and the "?" before the query stay."""
    return _ESCAPE.sub(lambda found: _DECODED[found.group().upper()], url)


def hints(body: Any) -> list[Hint]:
    """The hints of a delivery, an array of events. Raises `Unexpected`."""
    if not isinstance(body, list):
        raise Unexpected("a delivery is an array of events", provider=PROVIDER)
    try:
        return [hint for event in body for hint in _hints(event)]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise Unexpected("an event has not the documented shape", provider=PROVIDER) from None


def _hints(event: dict[str, Any]) -> list[Hint]:
    name, _, what = str(event.get("subscriptionType") or event.get("eventType") or "").rpartition(".")
    change = _CHANGES.get(what)
    if change is None:
        return []
    at = datetime.fromtimestamp(int(event["occurredAt"]) / 1000, UTC)
    if what == "associationChange":
        ends = _ends(event, name)
    elif name == "object":
        ends = {_BY_ID.get(str(event["objectTypeId"]), ""): _ids(event, change)}
    else:
        ends = {_BY_NAME.get(name, ""): _ids(event, change)}
    account = str(event["portalId"])
    key = digest(account, event.get("subscriptionId"), event["eventId"], event["occurredAt"], name, what, ends)
    return [Hint(account, path, ids, change, at, digest(key, path)) for path, ids in ends.items() if (path in RECORDS or path in PARTS) and ids]


def _ids(event: dict[str, Any], change: Change) -> tuple[str, ...]:
    """The record of an event; of a merge every record that took part, the new one too (section 7.4)."""
    named = [event.get("objectId")]
    if change is Change.MERGED:
        named += [event.get("newObjectId"), event.get("primaryObjectId"), *(event.get("mergedObjectIds") or ())]
    return tuple(dict.fromkeys(_id(value) for value in named if value is not None))


def _ends(event: dict[str, Any], name: str) -> dict[str, tuple[str, ...]]:
    """Both ends of an association by object. Classic events tell the type of one end by their name and of both in the association's type."""
    ends: dict[str, tuple[str, ...]] = {}
    one, _, other = str(event.get("associationType") or "").partition("_TO_")
    told = (("from", one), ("to", other))
    for end, word in told:
        type_id = str(event.get(f"{end}ObjectTypeId") or "")
        path = _BY_ID.get(type_id) or _BY_NAME.get(word.lower()) or (_BY_NAME.get(name, "") if end == "from" else "")
        if path and event.get(f"{end}ObjectId") is not None:
            ends[path] = (*ends.get(path, ()), _id(event[f"{end}ObjectId"]))
    return ends


def _id(value: object) -> str:
    """An id as text. Raises ValueError for anything that is not a whole number."""
    return str(int(str(value)))


WEBHOOKS = Webhooks(RECORDS, PARTS, genuine, hints)

__all__ = ["WEBHOOKS", "signed_address"]
