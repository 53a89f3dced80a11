"""A simulated HubSpot on a port, with a clock that tests move and a connector that speaks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from connectors.base import Operation, Outcome, Page, Record, Write
from connectors.hubspot import PROVIDER, HubSpotConnector
from connectors.hubspot.objects import KEY_PROPERTY
from connectors.sandbox.hubspot import CLIENT_ID, HubSpot, build
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.oauth import issue
from connectors.sandbox.hubspot.records import PERSON
from connectors.sandbox.server import Closed, Reply, Request, Server
from connectors.sandbox.state import State
from connectors.vocabulary import Kind

START = 1_795_000_000.0
FOREVER = 9e12
SCOPES = [*PROVIDER.asked_scopes, "crm.objects.companies.write", "crm.objects.invoices.write"]
PLAIN = ("email", "firstname", "lastname", "phone", "full_name")
WITH_COMPANY = (*PLAIN, "company_name")
WITH_INVOICES = (*WITH_COMPANY, "invoice.status", "invoice.created", "invoice.source")


class World:
    """`now` is the clock in seconds; `ask` sends a raw request with a live token."""

    def __init__(self, path: Path | None = None) -> None:
        self.now = START
        self.app: HubSpot = build(State(path), clock=lambda: self.now)
        self.app.switches.limit = None
        self.app.switches.search_limit = None
        self.app.keep_log = True
        self.account: Account = self.app.accounts["1234567"]
        self.server = Server(self.app)
        self.url = self.server.url
        self.token = self.grant()["access_token"]
        self.app.state.put("hubspot/access", self.token, {**(self.app.state.get("hubspot/access", self.token) or {}), "expires": FOREVER})
        self.session = requests.Session()

    def grant(self, portal: str = "1234567", scopes: Iterable[str] = SCOPES) -> dict[str, Any]:
        return issue(self.app, {"client": CLIENT_ID, "portal": portal, "scopes": list(scopes)})

    def connector(self) -> HubSpotConnector:
        connector = PROVIDER.connect(replace(PROVIDER.sandbox(self.url), pace=0), lambda fresh: self.token, "1234567")
        assert isinstance(connector, HubSpotConnector)
        connector._client.session.sleep = lambda seconds: None
        return connector

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "", **rest: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.session.request(method, self.url + path, json=body, headers=headers, timeout=10, **rest)

    def contact(self, **properties: str) -> str:
        """A contact made by a person; its id."""
        contacts = self.account.tables["contacts"]
        return str(contacts.insert(contacts.check(properties), PERSON)["id"])

    def edit(self, record_id: str, kind: str = "contacts", **properties: str) -> None:
        """A person's edit, a millisecond later."""
        self.now += 0.001
        table = self.account.tables[kind]
        table.change(table.documents[int(record_id)], table.check(properties, record_id), PERSON)

    def company(self, contact_id: str, **properties: str) -> str:
        companies = self.account.tables["companies"]
        made = str(companies.insert(companies.check(properties), PERSON)["id"])
        self.account.associate("contacts", contact_id, "companies", made, source=PERSON)
        return made

    def invoice(self, contact_id: str, **properties: str) -> str:
        invoices = self.account.tables["invoices"]
        made = str(invoices.insert(invoices.check({"hs_currency": "USD", **properties}), PERSON)["id"])
        self.account.associate("invoices", made, "contacts", contact_id, source=PERSON)
        return made

    def held(self, record_id: str) -> dict[str, str]:
        """The properties a contact holds now."""
        return dict(self.account.tables["contacts"].documents[int(record_id)]["properties"])

    def sent(self, act: Callable[[], object]) -> list[str]:
        """The requests that an act sends, as "METHOD last/parts"."""
        start = len(self.app.log)
        act()
        return [f"{entry.method} {entry.path.partition('2026-09/')[2]}" for entry in self.app.log[start:]]


@contextmanager
def running() -> Iterator[World]:
    world = World()
    with world.server:
        yield world


def everything(connector: HubSpotConnector, fields: Iterable[str] = PLAIN, since: str | None = None) -> tuple[dict[str, Record], str]:
    """All records of a pass by id, and the cursor behind it."""
    pages = list(connector.changes(Kind.CONTACT, since, tuple(fields)))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    return {record.id: record for page in pages for record in page.records}, pages[-1].cursor


def pages(connector: HubSpotConnector, since: str | None, fields: Iterable[str] = PLAIN) -> list[Page]:
    return list(connector.changes(Kind.CONTACT, since, tuple(fields)))


def create(number: int, call: str = "call", **fields: Any) -> Write:
    return Write(call, str(number), Operation.CREATE, fields)


def update(number: int, record_id: str, expected: dict[str, Any], call: str = "call", **fields: Any) -> Write:
    return Write(call, str(number), Operation.UPDATE, fields, id=record_id, expected=expected)


def outcomes(connector: HubSpotConnector, writes: list[Write], fields: tuple[str, ...] = (*PLAIN, KEY_PROPERTY)) -> dict[str, Outcome]:
    found = list(connector.write(Kind.CONTACT, writes, fields))
    assert sorted(o.name for o in found) == sorted(w.name for w in writes)
    return {outcome.name[1]: outcome for outcome in found}


def lose(world: World, part: str, *, moment: str = "after", times: int = 1) -> None:
    """Cut the connection at requests whose path holds `part`: "before" nothing is done, "after" it is."""
    left = [times]

    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == moment and part in request.path and left[0]:
            left[0] -= 1
            raise Closed
        return None

    world.app.hook = hook


def answer(world: World, part: str, reply: Reply, *, times: int = 1) -> None:
    """Answer requests whose path holds `part` with this, and do nothing."""
    left = [times]

    def hook(when: str, number: int, request: Request, made: Reply | None) -> Reply | None:
        if when == "before" and part in request.path and left[0]:
            left[0] -= 1
            return reply
        return None

    world.app.hook = hook
