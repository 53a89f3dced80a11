"""The item that lines stand on which name no product the books know (spec R166, R167): made on first need, found again, never doubled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from connectors.base import Connector, Operation, Presence, Record, Stored, Value, Write
from connectors.vocabulary import CUSTOM_ITEM, Kind
from syncconfig.models import ObjectSync
from syncconfig.specs import fields_of, meaning_key
from syncconfig.store import DatabaseStore

REMEMBERED = "custom_item"


def finder(sync: ObjectSync, connector: Connector, store: DatabaseStore) -> Callable[[], str]:
    """A function that gives the id of the item in the books of a sync of invoices: the one remembered, else one of that name, else a new one.

    It gives "" when no income account is chosen, or when the books refuse the item; the invoices that need it say so then.
    """

    def find() -> str:
        known = str(store.recall(REMEMBERED) or "")
        item = _standing(connector, known) or _named(sync, connector) or _made(sync, connector, after=known)
        if item and item != known:
            store.remember(REMEMBERED, item)
        return item

    return find


def _standing(connector: Connector, item: str) -> str:
    """The id, if the item still stands under whatever name."""
    found = next(iter(connector.read(Kind.PRODUCT, [item], ())), None) if item else None
    return _usable(found)


def _usable(record: Record | None) -> str:
    return record.id if record and record.presence is Presence.PRESENT else ""


def _named(sync: ObjectSync, connector: Connector) -> str:
    key = meaning_key(fields_of(sync.right, Kind.PRODUCT).values(), "item_name")
    return next((i for record in connector.find(Kind.PRODUCT, key, [CUSTOM_ITEM], [key]) if (i := _usable(record))), "")


def _made(sync: ObjectSync, connector: Connector, *, after: str) -> str:
    """Create the item as a service. The key tells it from the one that stood there before, so that a lost answer never makes two."""
    fields = fields_of(sync.right, Kind.PRODUCT)
    account = sync.options.get("income_account")
    if not account:
        return ""
    types = next((f.options for f in fields.values() if f.meaning == "product_type"), ())
    service: Value = next((o.value for o in types if o.label == "Service"), None)
    values: dict[str, Value] = {"item_name": CUSTOM_ITEM, "product_type": service, "income_account": str(account)}
    keyed = {meaning_key(fields.values(), meaning): value for meaning, value in values.items()}
    call = hashlib.sha256(f"{sync.uid}|{REMEMBERED}|{after}".encode()).hexdigest()[:32]
    writes = [Write(call, "0", Operation.CREATE, keyed)]
    outcome = next(iter(connector.write(Kind.PRODUCT, writes, ())))
    if not isinstance(outcome, Stored):
        outcome = next(iter(connector.settle(Kind.PRODUCT, writes, ())))
    return outcome.record.id if isinstance(outcome, Stored) else ""
