"""A simulated HubSpot whose token may do everything with products, deals, invoices and payments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from connectors.hubspot import PROVIDER, HubSpotConnector
from connectors.sandbox.hubspot.definitions import INVERSES, LINKS, TYPES
from connectors.tests.hubspot_world import FOREVER, World

SCOPES = sorted(
    {
        "oauth",
        "tax_rates.read",
        *PROVIDER.asked_scopes,
        *(f"crm.objects.{facts.scope or facts.name}.{access}" for facts in TYPES.values() for access in ("read", "write")),
    }
)
OBJECTS = "/crm/objects/2026-09"
DEFAULTS = {(start, to): there for start, to, there, _, label in reversed(LINKS) if label is None}
DEFAULTS |= {(to, start): INVERSES[number] for (start, to), number in DEFAULTS.items()}


class Shop(World):
    """`make` and the like expect success; `ask` shows any answer."""

    def __init__(self) -> None:
        super().__init__()
        self.token = self.lasting(SCOPES)
        self.narrow = self.lasting(PROVIDER.asked_scopes)

    def lasting(self, scopes: Iterable[str]) -> str:
        """An access token that does not expire."""
        token = str(self.grant(scopes=scopes)["access_token"])
        self.app.state.put("hubspot/access", token, {**(self.app.state.get("hubspot/access", token) or {}), "expires": FOREVER})
        return token

    def connector(self) -> HubSpotConnector:
        """One that may do only what accounts are asked for."""
        connector = PROVIDER.connect(replace(PROVIDER.sandbox(self.url), pace=0), lambda fresh: self.narrow, "1234567")
        assert isinstance(connector, HubSpotConnector)
        connector._client.session.sleep = lambda seconds: None
        return connector

    def make(self, kind: str, properties: Mapping[str, Any], **to: str) -> str:
        """A record made by the API, associated with one record of each type in `to`; its id."""
        answer = self.ask("POST", f"{OBJECTS}/{kind}", {"properties": properties, "associations": spec(kind, **to)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def patch(self, kind: str, record_id: str, **properties: Any) -> int:
        """The status of an update."""
        return self.ask("PATCH", f"{OBJECTS}/{kind}/{record_id}", {"properties": properties}).status_code

    def held_by(self, kind: str, record_id: str) -> dict[str, str]:
        """Every property of a record, as the API reads it."""
        names = [d["name"] for d in self.ask("GET", f"/crm/properties/2026-09/{kind}").json()["results"]]
        found = self.ask("POST", f"{OBJECTS}/{kind}/batch/read", {"inputs": [{"id": record_id}], "properties": names}).json()["results"]
        return {name: value for name, value in found[0]["properties"].items() if value is not None}

    def associated(self, kind: str, record_id: str, to: str) -> list[str]:
        rows = self.ask("POST", f"/crm/associations/2026-09/{kind}/{to}/batch/read", {"inputs": [{"id": record_id}]}).json()["results"]
        return [row["toObjectId"] for row in rows[0]["to"]] if rows else []

    def draft(self, *lines: Mapping[str, Any], **properties: Any) -> str:
        """A billable draft of one contact with these lines."""
        contact = self.make("contacts", {"email": f"buyer{self.app.served}@example.com", "city": "Golden"})
        invoice = self.make("invoices", {"hs_currency": "USD", **properties}, contacts=contact)
        for line in lines:
            self.make("line_items", line, invoices=invoice)
        return invoice

    def opened(self, *lines: Mapping[str, Any]) -> str:
        """A billable invoice that was finalised."""
        invoice = self.draft(*(lines or (LINE,)))
        assert self.patch("invoices", invoice, hs_invoice_status="open") == 200
        return invoice

    def payment(self, invoice: str, amount: str = "100", **properties: Any) -> str:
        values = {"hs_initial_amount": amount, "hs_initiated_date": "2026-11-18T12:00:00Z", "hs_latest_status": "succeeded", **properties}
        return self.make("commerce_payments", values, invoices=invoice)


LINE = {"name": "Work", "quantity": 2, "price": 50}


def spec(kind: str, **to: str) -> list[dict[str, Any]]:
    """The associations of a create."""
    return [
        {"to": {"id": record}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": DEFAULTS[(kind, other)]}]}
        for other, record in to.items()
    ]


@contextmanager
def open_shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.server:
        yield shop
