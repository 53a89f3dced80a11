"""Delivers webhooks as the providers do, with their signatures, to a portal that is driven without a browser."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from connectors.sandbox.hubspot import PORTAL_ID
from connectors.sandbox.quickbooks import DEFAULT_REALM

SECRETS = {"hubspot": "the secret of the app", "quickbooks": "the verifier of the app"}


@dataclass
class Postman:
    """`clock` is that of the portal: signatures carry real time, whatever time the accounts have."""

    browser: Client = field(default_factory=lambda: Client(SERVER_NAME="localhost", raise_request_exception=False))
    numbers: Any = field(default_factory=lambda: count(1))

    def hubspot(self, *events: Mapping[str, Any], **headers: str) -> HttpResponse:
        return self.deliver("hubspot", json.dumps(events).encode(), **headers)

    def quickbooks(self, body: Any, **headers: str) -> HttpResponse:
        return self.deliver("quickbooks", json.dumps(body).encode(), **headers)

    def deliver(self, provider: str, body: bytes, *, secret: str = "", **headers: str) -> HttpResponse:
        """Post a body with its signature; `headers` replace those of the provider."""
        path = f"/webhooks/{provider}/"
        signed = self.headers(provider, body, secret or SECRETS[provider])
        given = {name: value for name, value in {**signed, **headers}.items() if value is not None}
        return self.browser.post(path, body, content_type="application/json", headers=given)

    def headers(self, provider: str, body: bytes, secret: str) -> dict[str, str]:
        sent = str(round(time.time() * 1000))
        message = body
        if provider == "hubspot":
            message = f"POST{settings.SITE_URL}/webhooks/hubspot/".encode() + body + sent.encode()
        signature = b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()
        if provider == "quickbooks":
            return {"intuit-signature": signature}
        return {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": sent}

    def event(self, kind: str, record: str, *, portal: int = PORTAL_ID, **more: Any) -> dict[str, Any]:
        """An event of HubSpot that happened just now."""
        numbers = {"eventId": next(self.numbers), "subscriptionId": 1, "portalId": portal, "appId": 9, "attemptNumber": 0}
        return {**numbers, "subscriptionType": kind, "occurredAt": round(time.time() * 1000), "objectId": int(record), **more}

    def notice(self, entity: str, record: str, operation: str = "Update", *, realm: str = DEFAULT_REALM, **more: Any) -> dict[str, Any]:
        """A classic delivery of QuickBooks about something that happened just now."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(time.time() + 1))
        told = {"name": entity, "id": record, "operation": operation, "lastUpdated": at, **more}
        return {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": [told]}}]}
