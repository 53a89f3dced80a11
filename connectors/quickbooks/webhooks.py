"""QuickBooks' webhooks: Intuit's signature, and both payloads, the classic one and CloudEvents. Source: reference section 9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Unexpected
from connectors.quickbooks.errors import PROVIDER_KEY
from connectors.vocabulary import Kind
from connectors.webhooks import Change, Delivery, Hint, Webhooks, digest, mac, same

RECORDS: dict[str, tuple[Kind, ...]] = {
    "Customer": (Kind.CONTACT,),
    "Item": (Kind.PRODUCT,),
    "Invoice": (Kind.INVOICE,),
    "Payment": (Kind.PAYMENT, Kind.NOTE),
}
PARTS: dict[str, tuple[Kind, ...]] = {"Payment": (Kind.INVOICE,)}
"""A payment changes what is open on the invoices it pays."""

_CHANGES = {"delete": Change.GONE, "deleted": Change.GONE, "merge": Change.MERGED, "merged": Change.MERGED}
_BY_TYPE = {name.lower(): name for name in RECORDS}
_FRACTION = re.compile(r"\.\d+")


def genuine(delivery: Delivery, secret: str, now: float) -> bool:
    """HMAC-SHA256 of the raw body in base64. It carries no time, so that a delivery may be repeated by anybody who saw it: events are only hints."""
    return same(delivery.headers.get("intuit-signature", ""), mac(secret, delivery.body))


def hints(body: Any) -> list[Hint]:
    """The hints of a delivery in either payload. Raises `Unexpected`."""
    try:
        if isinstance(body, list):
            return [hint for event in body for hint in _cloud_event(event)]
        return [hint for notice in body["eventNotifications"] for hint in _classic(notice)]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unexpected("a delivery has not the documented shape", provider=PROVIDER_KEY) from None


def _cloud_event(event: dict[str, Any]) -> Iterator[Hint]:
    _, entity, operation, _ = str(event["type"]).split(".", 3)
    lost = (event.get("data") or {}).get("deletedid")
    realm, key = str(event["intuitaccountid"]), digest(event.get("source"), event["id"])
    yield from _hint(realm, _BY_TYPE.get(entity.lower(), ""), event["intuitentityid"], lost, operation, event["time"], key)


def _classic(notice: dict[str, Any]) -> Iterator[Hint]:
    realm = str(notice["realmId"])
    for told in notice["dataChangeEvent"]["entities"]:
        name, record_id, operation, at = str(told["name"]), told["id"], str(told["operation"]), told["lastUpdated"]
        key = digest(realm, name, record_id, operation, at)
        yield from _hint(realm, name, record_id, told.get("deletedId"), operation, at, key)


def _hint(realm: str, name: str, record_id: object, lost: object, operation: str, at: object, key: str) -> Iterator[Hint]:
    if name in RECORDS:
        ids = tuple(dict.fromkeys(_id(value) for value in (record_id, lost) if value is not None))
        yield Hint(realm, name, ids, _CHANGES.get(operation.lower(), Change.CHANGED), _moment(str(at)), key)


def _id(value: object) -> str:
    """An id as text. Raises ValueError for anything that is not a whole number."""
    return str(int(str(value)))


def _moment(text: str) -> datetime:
    """A time to the second, as rows carry it; nine fractional digits are more than Python reads."""
    return datetime.fromisoformat(_FRACTION.sub("", text)).astimezone(UTC)


WEBHOOKS = Webhooks(RECORDS, PARTS, genuine, hints)
