"""The webhooks of the simulated HubSpot: what a request changed, in HubSpot's words, and HubSpot's signatures. Source: reference section 15."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from connectors.sandbox.hubspot.accounts import PRIMARY, Account
from connectors.sandbox.hubspot.definitions import TYPES
from connectors.sandbox.hubspot.records import API, PERSON, Source
from connectors.sandbox.hubspot.values import milliseconds
from connectors.sandbox.state import Document
from connectors.sandbox.webhooks import Event, Noted, Webhooks

if TYPE_CHECKING:
    from connectors.sandbox.hubspot.app import HubSpot

PATIENCE_SECONDS = 5.0
PAUSES = (60, 300, 900, 1800, 3600, 7200, 10800, 14400, 21600, 25200)
"""Seconds before each of the ten further tries, about 24 hours together; how HubSpot spreads them is not told."""
JITTER = 0.1

CLASSIC = frozenset({"contacts", "companies", "deals", "products", "line_items"})
"""Types whose events have names of their own."""
UNSUBSCRIBABLE = frozenset({"hs_lastmodifieddate", "lastmodifieddate", "num_unique_conversion_events"})
"""The time of the last change, by both its names, and one more."""

_DECODED = {f"%{ord(char):02X}": char for char in ":/?@!$'()*,;"}
_ESCAPE = re.compile("|".join(_DECODED), re.IGNORECASE)


@dataclass
class Subscriptions:
    """What the app is subscribed to, and what the sources leave open about the words.

    `format`: "generic" calls everything "object.creation" and so on, with `objectTypeId`; "classic" uses "contact.creation" where a type has such
    names, and the generic ones for the rest. `type_key` is the member that holds the name. `unsubscribed` are properties nobody hears of, besides
    those that cannot be subscribed. `api_source` is the `changeSource` of what apps write. `creation_tells_values` adds a propertyChange for every
    value of a new record, `merge_tells_creation` the creation of the record that a merge makes, and `merge_names_object` the `objectId` of a merge.
    """

    format: Literal["classic", "generic"] = "generic"
    type_key: Literal["subscriptionType", "eventType"] = "subscriptionType"
    unsubscribed: set[str] = field(default_factory=set)
    api_source: str = "INTEGRATION"
    creation_tells_values: bool = False
    merge_tells_creation: bool = False
    merge_names_object: bool = True


class HubSpotWebhooks(Webhooks):
    """`client` is the app whose webhooks these are, `caller` the app that sent the present request, "" for a person at the pages."""

    def __init__(self, app: HubSpot, client: str, secret: str) -> None:
        super().__init__(secret=secret, patience=PATIENCE_SECONDS)
        self.subscriptions = Subscriptions()
        self.caller = ""
        self._app = app
        self._client = client
        self._event_ids = itertools.count(1)

    # What a request did

    def events(self, noted: Noted) -> Iterator[Event]:
        """The events of a request, in accounts that are connected with the app."""
        portals = {grant["portal"] for _, grant in self._app.state.all("hubspot/grants") if grant["client"] == self._client}
        for key, before in noted.items():
            if key[0] not in portals:
                continue
            account = self._app.accounts[key[0]]
            if len(key) == 3:
                yield from self._of_record(account, key[1], key[2], before, noted)
            else:
                yield from self._of_pair(account, key[1:], before)

    def _of_record(self, account: Account, kind: str, record_id: str, before: Document | None, noted: Noted) -> Iterator[Event]:
        records = account.tables[kind]
        now = records.exact(record_id)
        if now is None:
            successor = records.merged.get(int(record_id))
            if successor is not None:
                yield from self._merge(account, kind, record_id, records.documents[successor], noted)
            elif before is not None:
                yield self._event(account, kind, "privacyDeletion", self._app.moment(), self._asked(), objectId=int(record_id))
                yield self._event(account, kind, "deletion", self._app.moment(), self._asked(), objectId=int(record_id), changeFlag="DELETED")
        elif before is None:
            yield from self._creation(account, kind, now, noted)
        elif (before["archived"] is None) != (now["archived"] is None):
            gone = now["archived"] is not None
            flag = {"changeFlag": "DELETED"} if gone else {}
            what = "deletion" if gone else "restore"
            yield self._event(account, kind, what, now["updated"], self._asked(), objectId=int(record_id), **flag)
        else:
            yield from self._values(account, kind, before["properties"], now)

    def _creation(self, account: Account, kind: str, now: Document, noted: Noted) -> Iterator[Event]:
        by_merge = any((account.portal, kind, old) in noted for old in now["properties"].get("hs_merged_object_ids", "").split(";"))
        if by_merge and not self.subscriptions.merge_tells_creation:
            return
        yield self._event(account, kind, "creation", now["created"], Source(*now["source"]), objectId=int(now["id"]), changeFlag="CREATED")
        if self.subscriptions.creation_tells_values:
            yield from self._values(account, kind, {}, now)

    def _values(self, account: Account, kind: str, before: Document, now: Document) -> Iterator[Event]:
        """A propertyChange for every value that is another one now."""
        after = now["properties"]
        for name in dict.fromkeys((*after, *before)):
            value = after.get(name, "")
            if value == before.get(name, "") or name in UNSUBSCRIBABLE or name in self.subscriptions.unsubscribed:
                continue
            entry = account.tables[kind].history(now, name)[0]
            source, at = Source(entry["sourceType"], entry["sourceId"]), milliseconds(entry["timestamp"])
            yield self._event(account, kind, "propertyChange", at, source, objectId=int(now["id"]), propertyName=name, propertyValue=value)

    def _merge(self, account: Account, kind: str, record_id: str, successor: Document, noted: Noted) -> Iterator[Event]:
        """One event for all records that were merged, told at the primary one."""
        absorbed = [old for old in successor["properties"]["hs_merged_object_ids"].split(";") if (account.portal, kind, old) in noted]
        if record_id != absorbed[0]:
            return
        primary, *others = ((noted[account.portal, kind, old] or {})["properties"] for old in absorbed)
        members = {
            "primaryObjectId": int(record_id),
            "mergedObjectIds": [int(old) for old in absorbed[1:]],
            "newObjectId": int(successor["id"]),
            "numberOfPropertiesMoved": sum(not primary.get(name) for other in others for name in other),
        }
        if self.subscriptions.merge_names_object:
            members["objectId"] = int(successor["id"])
        yield self._event(account, kind, "merge", successor["created"], self._asked(), **members)

    def _of_pair(self, account: Account, pair: Sequence[str], before: frozenset[int]) -> Iterator[Event]:
        """What changed between two records, as the first of them sees it; the other side has events of its own."""
        kind, record_id, to, to_id = pair
        now = account.types_between(kind, record_id, to, to_id)
        for number in sorted(now ^ before):
            if self._name(kind, "associationChange").startswith("object."):
                words: dict[str, Any] = {"associationTypeId": number, "associationCategory": "HUBSPOT_DEFINED"}
                words |= {"fromObjectTypeId": TYPES[kind].type_id, "toObjectTypeId": TYPES[to].type_id}
            else:
                words = {"associationType": f"{TYPES[kind].legacy}_TO_{TYPES[to].legacy}"}
            words |= {"associationRemoved": number in before, "isPrimaryAssociation": number in PRIMARY}
            ends = {"fromObjectId": int(record_id), "toObjectId": int(to_id)}
            yield self._event(account, kind, "associationChange", self._app.moment(), self._asked(), **ends, **words)

    def _asked(self) -> Source:
        """Who sent the present request."""
        return API if self.caller else PERSON

    def _name(self, kind: str, what: str) -> str:
        """What a subscription is called. Privacy deletions have no generic name, associations of products no classic one."""
        classic = self.subscriptions.format == "classic" and kind in CLASSIC and (kind, what) != ("products", "associationChange")
        return f"{TYPES[kind].singular if classic or what == 'privacyDeletion' else 'object'}.{what}"

    def _event(self, account: Account, kind: str, what: str, at: int, source: Source, **members: Any) -> Event:
        """`at` is in milliseconds."""
        name, type_id = self._name(kind, what), TYPES[kind].type_id
        generic = name.startswith("object.") and what != "associationChange"
        by_app = source.type == API.type
        return {
            "eventId": next(self._event_ids),
            "subscriptionId": crc32(f"{name} {type_id} {members.get('propertyName', '')}".encode()),
            "portalId": int(account.portal),
            "appId": self._app.app_id(self._client),
            "occurredAt": at,
            self.subscriptions.type_key: name,
            **({"objectTypeId": type_id} if generic else {}),
            "changeSource": self.subscriptions.api_source if by_app else source.type,
            "sourceId": str(self._app.app_id(self.caller)) if by_app and self.caller else source.id,
            **members,
        }

    # How it is sent

    def body(self, events: Sequence[Event], attempt: int) -> list[Event]:
        return [{**event, "attemptNumber": attempt} for event in events]

    def headers(self, target: str, body: bytes) -> dict[str, str]:
        # Real time, whatever time the accounts have: the receiver compares it with its own clock.
        sent = str(round(time.time() * 1000))
        return {
            "Content-Type": "application/json",
            "X-HubSpot-Signature": v1(self.secret, body),
            "X-HubSpot-Signature-Version": "v1",
            "X-HubSpot-Signature-v3": v3(self.secret, "POST", target, body, sent),
            "X-HubSpot-Request-Timestamp": sent,
        }

    def pause(self, attempt: int) -> float | None:
        return PAUSES[attempt] * random.uniform(1 - JITTER, 1 + JITTER) if attempt < len(PAUSES) else None

    def taken(self, status: int) -> bool:
        return 200 <= status < 300


def v1(secret: str, body: bytes) -> str:
    """The older signature, which does not cover where and when a request was sent."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def v3(secret: str, method: str, uri: str, body: bytes, sent: str) -> str:
    """The signature to check. `sent` are milliseconds as they stand in the header; some escapes of the address are decoded before it is signed."""
    address = _ESCAPE.sub(lambda found: _DECODED[found.group().upper()], uri)
    message = method.encode() + address.encode() + body + sent.encode()
    return base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode()
