"""What complete syncs of everything send: where the tokens are (security S45), and which permissions the calls need (S59)."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from connectors.hubspot.facts import API_VERSION
from connectors.registry import PROVIDERS
from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.server import Reply, Request
from connectors.tests.conformance import reference
from connectors.tests.crooked import Crooked
from connectors.vocabulary import Direction, Kind
from syncconfig import credentials
from syncconfig.tests.firm import ANN, Firm, Sold, customer_of, open_firm
from syncconfig.tests.test_secrets import spellings
from syncconfig.tests.town import TOKENS

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("/contacts/", "/companies/")
SIGN_IN = {"hubspot": "/oauth/2026-03/token", "quickbooks": "/oauth2/v1/tokens/bearer"}
REVOKE = {"hubspot": "/oauth/2026-03/token/revoke", "quickbooks": "/v2/oauth2/tokens/revoke"}
ALSO_OPENED_BY_THE_SHOP = {"crm.objects.products.read", "crm.objects.products.write"}
"""The permission for the shop, without which products get no property of ours, opens every call on products as well (reference section 3)."""
SECRETS = {"hubspot": hubspot.CLIENT_SECRET, "quickbooks": quickbooks.CLIENT_SECRET}


@dataclass(frozen=True)
class Heard:
    """One request to a provider's API, with everything that came."""

    provider: str
    request: Request

    @property
    def authorization(self) -> str:
        return next((value for name, value in self.request.headers.items() if name.lower() == "authorization"), "")

    @property
    def elsewhere(self) -> str:
        """All of it but that header."""
        request = self.request
        headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
        return f"{request.method} {request.path} {dict(request.query)} {headers} {request.body.decode('latin-1')}"


class Wire:
    """What both providers hear, and every token they give out meanwhile, by provider and collection."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.heard: list[Heard] = []
        self.tokens: dict[str, dict[str, set[str]]] = {key: {kind: set() for kind in kinds[:2]} for key, kinds in TOKENS.items()}
        for provider in TOKENS:
            firm.on_request(provider, self._listener(provider))

    def _listener(self, provider: str) -> Callable[[str, Request, Reply | None], None]:
        def listen(moment: str, request: Request, reply: Reply | None) -> None:
            if moment == "before" and not request.path.startswith(PAGES):
                self.heard.append(Heard(provider, request))
            self.note(provider)

        return listen

    def note(self, provider: str) -> None:
        state = getattr(self.firm.sandboxes, provider).state
        for collection, found in self.tokens[provider].items():
            found.update(key for key, _ in state.all(collection))


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


def everything_flows(firm: Firm) -> Wire:
    """People, products, invoices and payments cross in both directions, are changed, and end; tokens end, too; both accounts are disconnected."""
    wire = Wire(firm)
    for provider in TOKENS:
        firm.connect(provider)
    for kind in Kind:
        for connection in (firm.left, firm.right):
            credentials.connector_for(connection).setup(kind)
    contact = firm.contact(**ANN)
    firm.company("Acme", contact)
    firm.customer(DisplayName="Bob", PrimaryEmailAddr="bob@acme.example", GivenName="Bob")
    firm.product(name="Edging", hs_sku="E-1", price="5.00")
    firm.open_contacts()
    firm.open_products(Direction.BOTH)
    firm.open_invoices()
    firm.round()
    deal = firm.deal(contact)
    billed = firm.billed(contact, Sold("Design", "1", "120"), Sold("Edging", "2", "5.00", percent_off="10"))
    firm.attach(deal, billed)
    firm.books.create("Invoice", taxed(firm))
    booked = firm.book(customer_of(firm), Sold("Services", "1", "50"))
    firm.settle()
    end_the_tokens(firm)
    firm.pay(billed, "20.00")
    firm.receive(customer_of(firm), "10.00", [(booked, "10.00")])
    firm.rebook(booked, memo="Later")
    firm.edit_contact(contact, phone="555-0100")
    firm.settle()
    firm.void_booked(firm.book(customer_of(firm), Sold("Services", "1", "7")))
    firm.archive(contact)
    firm.round()
    for provider in TOKENS:
        wire.note(provider)
    for connection in (firm.left, firm.right):
        connection.refresh_from_db()
        assert credentials.disconnect(connection)
    return wire


def taxed(firm: Firm) -> dict[str, Any]:
    """An invoice with sales tax, as the books take it."""
    item, code = firm.items()["Services"]["Id"], firm.books.settings.tax_code
    detail = {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": Decimal(30), "TaxCodeRef": {"value": "TAX"}}
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal(30), "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": customer_of(firm)}, "Line": [line], "TxnTaxDetail": {"TxnTaxCodeRef": {"value": code}}}


def end_the_tokens(firm: Firm) -> None:
    """All access tokens end at the providers, so that each has to be renewed in the middle of a sync."""
    for provider, collections in TOKENS.items():
        state = getattr(firm.sandboxes, provider).state
        for key, _ in list(state.all(collections[0])):
            state.delete(collections[0], key)


def test_a_token_goes_to_its_own_provider_only_and_there_in_the_header_only(firm: Firm) -> None:
    """S45: over complete syncs, with renewals: no token in an address or a body, none of the other provider anywhere."""
    wire = everything_flows(firm)
    access = {key: wire.tokens[key][kinds[0]] for key, kinds in TOKENS.items()}
    refresh = {key: wire.tokens[key][kinds[1]] for key, kinds in TOKENS.items()}
    assert all(len(found) >= 2 for found in (*access.values(), *refresh.values()))
    api = 0
    for heard in wire.heard:
        mine, path = heard.provider, heard.request.path
        (other,) = {*TOKENS} - {mine}
        everything = f"{heard.authorization} {heard.elsewhere}"
        for token in (*access[other], *refresh[other], SECRETS[other]):
            assert not any(found in everything for found in spellings(token)), (mine, path)
        for token in access[mine]:
            assert not any(found in heard.elsewhere for found in spellings(token)), (mine, path)
        if path in (SIGN_IN[mine], REVOKE[mine]):
            assert not any(token in heard.request.path + str(heard.request.query) for token in refresh[mine])
            continue
        api += 1
        assert heard.authorization.removeprefix("Bearer ") in access[mine], (mine, path)
        for token in (*refresh[mine], SECRETS[mine]):
            assert not any(found in everything for found in spellings(token)), (mine, path)
    assert api > 60


@pytest.fixture
def documented() -> list[dict[str, Any]]:
    """HubSpot's calls of the version in use, with the permissions of which any one is enough."""
    if why := reference.missing():
        pytest.skip(why)
    return [row for row in reference.read(reference.HUBSPOT, "endpoint-inventory.json")["endpoints"] if row["version"] == API_VERSION]


def accepted(documented: list[dict[str, Any]], method: str, path: str) -> set[str]:
    """The permissions of which a call needs one.

    The objects' calls share their addresses and differ by the type in them. Definitions of properties are listed for all types together; a type's own
    are those that name it, for products and line items the one of the shop, and notes go with contacts (reference section 3).
    """
    kind = path.split("/")[4] if path.startswith(("/crm/objects/", "/crm/properties/")) else ""
    found: set[str] = set()
    for row in documented:
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(row["path"]))
        if row["method"] == method and re.fullmatch(pattern, path) and (row["api"] == kind or not path.startswith("/crm/objects/")):
            found |= set(row["any_of_scopes"])
    assert found, f"{method} {path} is no documented call"
    if not path.startswith("/crm/properties/"):
        return found
    area = {"notes": "contacts"}.get(kind, kind.replace("_", ""))
    return {scope for scope in found if area in scope.split(".") or (scope == "e-commerce" and kind in ("products", "line_items"))}


def test_nobody_but_the_two_providers_is_called(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """S44, S45: whatever addresses people write into records, which a careless product would look at."""
    dialled: set[int] = set()
    begin = socket.socket.connect

    def connect(self: socket.socket, where: Any) -> None:
        dialled.add(where[1])
        begin(self, where)

    monkeypatch.setattr(socket.socket, "connect", connect)
    with Crooked() as stranger:
        firm.contact(email="eve@acme.example", firstname=f"{stranger.url}/steal", website=stranger.url)
        firm.customer(DisplayName="Eve", PrimaryEmailAddr="eve@slate.example", WebAddr=stranger.url, Notes=f"<img src={stranger.url}>")
        firm.product(name="Eavesdropping", hs_sku="E-2", price="5.00", description=stranger.url, hs_url=stranger.url)
        everything_flows(firm)
        assert stranger.met == 0
    assert dialled == {server.port for server in firm.sandboxes.servers.values()}


def test_hubspot_is_asked_for_what_the_calls_need_and_for_nothing_else(firm: Firm, documented: list[dict[str, Any]]) -> None:
    """S59: the permissions of the consent open every call of complete syncs, and each of them opens a call that no other does."""
    everything_flows(firm)
    calls = {(entry.method, entry.path) for entry in firm.sandboxes.hubspot.log if not entry.path.startswith((*PAGES, "/oauth/"))}
    asked = set(PROVIDERS["hubspot"].asked_scopes)
    opened = {f"{method} {path}": accepted(documented, method, path) & asked for method, path in calls}
    assert [call for call, scopes in opened.items() if not scopes] == []
    assert asked - set().union(*opened.values()) == set()
    needed = {scope for scopes in opened.values() if len(scopes) == 1 for scope in scopes}
    assert asked - needed <= ALSO_OPENED_BY_THE_SHOP


def test_quickbooks_is_asked_for_the_books_and_nothing_else() -> None:
    """S59: no sign-in of persons, no payments processing (reference section 2.2)."""
    assert PROVIDERS["quickbooks"].asked_scopes == ("com.intuit.quickbooks.accounting",)
