"""The webhooks of the simulated QuickBooks: what a request changed, in both of Intuit's payloads, and Intuit's signature (reference section 9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from connectors.sandbox.quickbooks.entities import ENTITIES
from connectors.sandbox.quickbooks.headers import VOIDED
from connectors.sandbox.quickbooks.oauth import CLIENT_ID, REFRESH
from connectors.sandbox.quickbooks.times import stamp
from connectors.sandbox.state import Document
from connectors.sandbox.webhooks import Event, Noted, Webhooks

if TYPE_CHECKING:
    from connectors.sandbox.quickbooks.app import QuickBooksApp

VERIFIER = "sandbox-quickbooks-verifier"
PATIENCE_SECONDS = 3.0
PAUSES = (10, 20, 30, 300, 1200, 7200, 14400, 21600)
"""Seconds before each further try; the last one for ever."""

UNTOLD = frozenset({"TaxCode", "TaxRate"})
"""Entities that webhooks do not know."""
PAST = {"Create": "created", "Update": "updated", "Delete": "deleted", "Merge": "merged", "Void": "voided", "Emailed": "emailed"}
"""Operations of the classic payload, and what CloudEvents call them."""


@dataclass
class Subscriptions:
    """What Intuit's sources leave open, or let an app choose.

    `format` is the payload. `content_type` is that of CloudEvents, which also come as "application/cloudevents+json". `empty_data` off leaves
    the member `data` out where it has nothing to say. `side_effects` tells of rows that change only because another one did: the invoice that a
    payment settles, the customer who owes less.
    """

    format: Literal["classic", "cloudevents"] = "cloudevents"
    content_type: str = "application/json"
    empty_data: bool = True
    side_effects: bool = False


class QuickBooksWebhooks(Webhooks):
    """An event is {"realm", "name", "id", "operation", "deleted", "lastUpdated", "time", "number"}; the payload is made of it when it is sent."""

    def __init__(self, app: QuickBooksApp) -> None:
        super().__init__(secret=VERIFIER, patience=PATIENCE_SECONDS)
        self.subscriptions = Subscriptions()
        self._app = app

    # What a request did

    def events(self, noted: Noted) -> Iterator[Event]:
        """The events of a request, in companies that are connected."""
        realms = {known["realm"] for _, known in self._app.state.all(REFRESH) if self._app.clock() <= known["expires"]}
        merges = [key for key in noted if len(key) == 4]
        merged = {(realm, name, row_id) for realm, name, winner, loser in merges for row_id in (winner, loser)}
        for key, before in noted.items():
            realm, name, row_id = key[:3]
            if realm not in realms or name in UNTOLD:
                continue
            if key in merges:
                yield self._event(realm, name, row_id, "Merge", before, deleted=key[3])
            elif key not in merged and (operation := self._operation(realm, name, row_id, before)):
                yield self._event(realm, name, row_id, operation, before)

    def _operation(self, realm: str, name: str, row_id: str, before: Any) -> str:
        """What happened to a row; "" for nothing that is told."""
        if name == "Preferences":
            return "Update"
        now = self._app.companies[realm].table(name).rows.get(row_id)
        if now is None:
            return "Delete" if before else ""
        if before is None:
            return "Create"
        if _voided(now) and not _voided(before):
            return "Void"
        if now.get("DeliveryInfo") != before.get("DeliveryInfo"):
            return "Emailed"
        told = now["SyncToken"] != before["SyncToken"] and (self.subscriptions.side_effects or not _followed(name, before, now))
        return "Update" if told else ""

    def _event(self, realm: str, name: str, row_id: str, operation: str, before: Document | None, *, deleted: str = "") -> Event:
        company, at = self._app.companies[realm], self._app.clock()
        row = company.table(name).rows.get(row_id) if name in ENTITIES else None
        version = (row or before or {}).get("SyncToken", "") if name in ENTITIES else company.settings_version
        updated = row["MetaData"]["LastUpdatedTime"] if row else stamp(at)
        number = uuid.uuid5(uuid.NAMESPACE_URL, f"{realm}/{name}/{row_id}/{operation}/{version}/{at}")
        return {
            "realm": realm,
            "name": name,
            "id": row_id,
            "operation": operation,
            "deleted": deleted,
            "lastUpdated": updated,
            "time": at,
            "number": str(number),
        }

    # How it is sent

    def body(self, events: Sequence[Event], attempt: int) -> Any:
        if self.subscriptions.format == "cloudevents":
            return [self._cloud_event(event) for event in events]
        ordered = sorted(events, key=lambda event: str(event["realm"]))
        notices = [(realm, [_entity(event) for event in own]) for realm, own in groupby(ordered, key=lambda event: str(event["realm"]))]
        return {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm, entities in notices]}

    def _cloud_event(self, event: Event) -> Event:
        data = {"data": {"deletedid": event["deleted"]}} if event["deleted"] else {"data": {}} if self.subscriptions.empty_data else {}
        return {
            "specversion": "1.0",
            "id": event["number"],
            "source": SOURCE,
            "type": f"qbo.{event['name'].lower()}.{PAST[event['operation']]}.v1",
            "datacontenttype": "application/json",
            "time": precise(event["time"]),
            "intuitentityid": event["id"],
            "intuitaccountid": event["realm"],
            **data,
        }

    def headers(self, target: str, body: bytes) -> dict[str, str]:
        kind = self.subscriptions.content_type if self.subscriptions.format == "cloudevents" else "application/json"
        return {"Content-Type": kind, "intuit-signature": signature(self.secret, body)}

    def pause(self, attempt: int) -> float | None:
        return PAUSES[min(attempt, len(PAUSES) - 1)]

    def taken(self, status: int) -> bool:
        return status == 200


SOURCE = "intuit." + base64.b64encode(hashlib.sha256(CLIENT_ID.encode()).digest()).decode()


def signature(verifier: str, body: bytes) -> str:
    """The same for both payloads."""
    return base64.b64encode(hmac.digest(verifier.encode(), body, hashlib.sha256)).decode()


def precise(moment: float) -> str:
    """A time as CloudEvents were seen to carry it: 2025-09-10T21:31:25.179550196Z."""
    seconds, fraction = divmod(moment, 1)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{int(fraction * 1e9):09d}Z"


def _entity(event: Event) -> Event:
    """An event of the classic payload, whose times have an offset without a colon."""
    zone = event["lastUpdated"]
    told = {"name": event["name"], "id": event["id"], "operation": event["operation"], "lastUpdated": zone[:-3] + zone[-2:]}
    return {**told, "deletedId": event["deleted"]} if event["deleted"] else told


def _voided(row: Document) -> bool:
    return str(row.get("PrivateNote", "")).startswith(VOIDED) and not row.get("TotalAmt")


def _followed(name: str, before: Document, now: Document) -> bool:
    """Whether nothing of a row changed but what the books calculate."""
    changed = [member for member in ENTITIES[name].members if before.get(member) != now.get(member)]
    return bool(changed) and all(ENTITIES[name].members[member].read_only for member in changed)
