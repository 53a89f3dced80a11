"""Two accounts that begin empty, a portal connected to them, and the people who work in both: scenarios are played here, over HTTP only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import requests
from django.contrib.auth.models import User
from django.db import connection

from conftest import Sandboxes
from connectors.sandbox.hubspot import PORTAL_ID
from connectors.sandbox.hubspot.records import API, PERSON
from connectors.sandbox.quickbooks import DEFAULT_REALM
from connectors.sandbox.server import Logged, Reply, Request, Server
from connectors.sandbox.state import State
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts, run_queue, runner
from syncconfig.engine.filters import Rules
from syncconfig.models import ObjectSync, SyncRun
from syncconfig.sandboxes import sandboxes
from syncconfig.tests.system import System

DENVER = ZoneInfo("America/Denver")
CONTACTS, COMPANIES, INVOICES = "0-1", "0-2", "0-53"
TOKENS = {"hubspot": ("hubspot/access", "hubspot/refresh", "hubspot/grants"), "quickbooks": ("oauth.access", "oauth.refresh")}
"""Where each simulation keeps the tokens it has given out."""


class Clock:
    """The time of both simulations and of the runs: the real one, until it is moved on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> float:
        return time.time() + self.ahead.total_seconds()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self(), UTC)

    def advance(self, **span: float) -> None:
        self.ahead += timedelta(**span)

    def until_noon(self) -> None:
        """Go on to the next noon in the accounts' zone, far from both ends of the day."""
        here = self.now().astimezone(DENVER)
        noon = here.replace(hour=12, minute=0, second=0, microsecond=0)
        self.ahead += (noon if noon > here else noon + timedelta(days=1)) - here


@dataclass(frozen=True)
class Written:
    """One record that a request created or changed, as the request asked for it. `id` is empty for a new one."""

    provider: str
    verb: str
    id: str
    values: dict[str, Any]


@dataclass
class Town(System):
    """Two empty accounts, a portal connected to them, and the people who work in both through the providers' own pages."""

    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.seen: dict[str, int] = {}
        self.look()

    # Setting up and running

    def set_up(self, *, to_books: Rules | None = (), **settings: Any) -> ObjectSync:
        """A contact sync that is on: recommended settings, but those given. `to_books` filters towards QuickBooks, None as recommended."""
        sync = self.start(Kind.CONTACT, self.clock.now())
        for name, value in settings.items():
            setattr(sync, name, value)
        sync.save()
        if to_books is not None:
            drafts.set_rules(sync, Direction.TO_RIGHT, to_books)
        return self.turn_on(sync)

    def edit_settings(
        self, sync: ObjectSync, *, maps: Mapping[str, dict[str, Any]] | None = None, filters: Mapping[Direction, Rules] | None = None
    ) -> ObjectSync:
        """Edit sync settings and save: mapped fields by their QuickBooks field, filters by direction."""
        sync.refresh_from_db()
        copy = drafts.begin_edit(ObjectSync.objects.get(pk=sync.pk))
        for right_field, values in (maps or {}).items():
            assert copy.mappings.filter(right_field=right_field).update(**values) == 1
        for direction, rules in (filters or {}).items():
            drafts.set_rules(copy, direction, rules)
        return self.turn_on(copy)

    def run(self, sync: ObjectSync, **options: Any) -> SyncRun:
        """One run in this process, by the town's clock."""
        asked = run_queue.ask(sync, SyncRun.Trigger.COMMAND, **options)
        claimed = run_queue.claim(asked.pk, self.clock.now())
        assert claimed, "another run is under way"
        return runner.execute(claimed, clock=self.clock.now)

    def settled(self, sync: ObjectSync) -> SyncRun:
        """A run that has to come through, and a second one that has nothing left to write."""
        done = self.run(sync)
        assert done.state in (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL), (done.state, done.error, done.error_details)
        again = self.run(sync)
        assert again.result["writes"] == {"hubspot": 0, "quickbooks": 0}, again.result
        return done

    # What people do in HubSpot

    def contact(self, **values: str) -> str:
        return self._post("hubspot", f"/contacts/{PORTAL_ID}/objects/{CONTACTS}/new", values)

    def edit_contact(self, contact: str, **values: str) -> None:
        self._post("hubspot", self._place(CONTACTS, contact) + "/edit", values)

    def archive(self, contact: str) -> None:
        self._post("hubspot", self._place(CONTACTS, contact) + "/archive", {})

    def restore(self, contact: str) -> None:
        self._post("hubspot", self._place(CONTACTS, contact) + "/restore", {})

    def company(self, name: str, *contacts: str) -> str:
        """A company, primary for these contacts."""
        made = self._post("hubspot", f"/contacts/{PORTAL_ID}/objects/{COMPANIES}/new", {"name": name})
        for contact in contacts:
            self._post("hubspot", self._place(CONTACTS, contact) + "/company", {"company": made})
        return made

    def rename_company(self, company: str, name: str) -> None:
        self._post("hubspot", self._place(COMPANIES, company) + "/edit", {"name": name})

    def invoice(self, contact: str, status: str = "open") -> str:
        """An invoice that a person makes in HubSpot, now."""
        return self._post("hubspot", self._place(CONTACTS, contact) + "/invoice", {"hs_number": f"N-{contact}", "hs_invoice_status": status})

    def invoice_status(self, invoice: str, status: str) -> None:
        self._post("hubspot", self._place(INVOICES, invoice) + "/edit", {"hs_invoice_status": status})

    def insert(self, table: Any, **values: str) -> str:
        """A record as an import puts it there: a page for each of many takes long."""
        with self.sandboxes.hubspot.lock:
            return str(table.insert(table.check(values), PERSON)["id"])

    def synced_invoice(self, contact: str) -> str:
        """An invoice that came from QuickBooks; no page makes one."""
        made, invoices = self.invoice(contact), self.hubspot.tables["invoices"]
        invoices.change(invoices.documents[int(made)], {"hs_invoice_source": "data_sync"}, API)
        return made

    # What people do in QuickBooks

    def customer(self, **values: str) -> str:
        return self._post("quickbooks", f"/companies/{DEFAULT_REALM}/customer/new", values)

    def edit_customer(self, customer: str, **values: str) -> None:
        self._post("quickbooks", f"/companies/{DEFAULT_REALM}/customer/{customer}", values)

    def toggle_customer(self, customer: str) -> None:
        """Make a customer inactive, or active again."""
        self._post("quickbooks", f"/companies/{DEFAULT_REALM}/customer/{customer}/active", {})

    def _post(self, provider: str, path: str, values: dict[str, str]) -> str:
        """Send a page's form; the number of the record it leads to."""
        answer = requests.post(self.sandboxes.servers[provider].url + path, data=values, allow_redirects=False, timeout=5)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def _place(self, kind: str, record: str) -> str:
        return f"/contacts/{PORTAL_ID}/record/{kind}/{record}"

    # What stands there

    @property
    def hubspot(self) -> Any:
        return self.sandboxes.hubspot.accounts[str(PORTAL_ID)]

    @property
    def books(self) -> Any:
        return self.sandboxes.quickbooks.companies[DEFAULT_REALM]

    def contacts(self) -> dict[str, dict[str, str]]:
        """The properties of every live contact by id."""
        return {d["id"]: d["properties"] for d in self.hubspot.tables["contacts"].after(0)}

    def customers(self) -> dict[str, dict[str, Any]]:
        """Every customer by Id, inactive ones too."""
        return dict(self.books.table("Customer").rows)

    def customer_of(self, email: str) -> dict[str, Any]:
        """The one customer with an address."""
        (found,) = [row for row in self.customers().values() if address(row) == email]
        return found

    def portrait(self) -> dict[str, list[tuple[str, ...]]]:
        """Both accounts without ids and times; a contact's mark is told by the name of the customer it names."""
        keys = {f"{DEFAULT_REALM}:{row['Id']}": row["DisplayName"] for row in self.customers().values()}
        names = ("email", "firstname", "lastname", "phone", "city")
        left = [(*(c.get(n, "") for n in names), keys.get(c.get("tandem_quickbooks_id", ""), "no customer")) for c in self.contacts().values()]
        plain = ("DisplayName", "GivenName", "FamilyName")
        rows = self.customers().values()
        right = [(*(r.get(n, "") for n in plain), address(r), phone(r), r.get("BillAddr", {}).get("City", "")) for r in rows]
        return {"hubspot": sorted(left), "quickbooks": sorted(right)}

    # What was asked of the providers

    def look(self) -> None:
        """Take note of what was asked so far."""
        self.seen = {key: len(server.app.log) for key, server in self.sandboxes.servers.items()}

    def asked(self, provider: str) -> list[Logged]:
        """What was asked of a provider's API since the last look."""
        pages = ("/contacts/", "/companies/")
        return [e for e in getattr(self.sandboxes, provider).log[self.seen[provider] :] if not e.path.startswith(pages)]

    def written(self) -> list[Written]:
        """Every record that requests since the last look created or changed."""
        return [w for provider in ("hubspot", "quickbooks") for entry in self.asked(provider) for w in writes_of(provider, entry)]

    def on_request(self, provider: str, act: Callable[[str, Request, Reply | None], Reply | None]) -> None:
        """Have `act(moment, request, reply)` see every request of a provider before and after it is served (see `sandbox.server.Hook`)."""

        def hook(moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
            try:
                return act(moment, request, reply)
            finally:
                connection.close()  # the thread of the simulation lives on

        getattr(self.sandboxes, provider).hook = hook

    def undisturbed(self) -> None:
        for server in self.sandboxes.servers.values():
            server.app.hook = None

    def revoke(self, provider: str) -> None:
        """What happens when somebody removes the app from the account: every token is dead."""
        state = getattr(self.sandboxes, provider).state
        for collection in TOKENS[provider]:
            for key, _ in state.all(collection):
                state.delete(collection, key)


AnyTown = TypeVar("AnyTown", bound=Town)


@contextmanager
def running(fixture: Any, admin: User, made: type[AnyTown] = Town) -> Iterator[AnyTown]:  # type: ignore[assignment]
    """A town on free ports, without request limits. `fixture` is pytest-django's `settings`."""
    clock = Clock()
    apps = {key: simulation.build(State(), clock=clock) for key, simulation in sandboxes().items()}
    apps["hubspot"].switches.limit = apps["hubspot"].switches.search_limit = None
    apps["quickbooks"].switches.limit_scale = 0
    servers = {key: Server(app).start() for key, app in apps.items()}
    fixture.PROVIDERS = "sandbox"
    fixture.SANDBOX_URLS = {key: server.url for key, server in servers.items()}
    fixture.SANDBOX_PACE = 0
    fixture.PROVIDER_CLIENTS = dict.fromkeys(servers, ("", ""))
    for app in apps.values():
        app.keep_log = True
    try:
        yield made(Sandboxes(servers), admin, clock)
    finally:
        for server in servers.values():
            server.stop()


def writes_of(provider: str, entry: Logged) -> Iterator[Written]:
    """The records that one served request created or changed."""
    verb = entry.path.rpartition("/")[2]
    if entry.method != "POST" or entry.status >= 300 or not entry.body.startswith(b"{"):
        return
    body = json.loads(entry.body)
    if provider == "hubspot" and verb in ("create", "update", "upsert"):
        for item in body["inputs"]:
            yield Written(provider, "update" if verb == "update" else "create", item.get("id", "") if verb == "update" else "", item["properties"])
    if provider == "quickbooks":
        for item in body.get("BatchItemRequest", ()):
            if "operation" in item:
                values = {k: v for k, v in item["Customer"].items() if k not in ("Id", "SyncToken", "sparse")}
                yield Written(provider, item["operation"], item["Customer"].get("Id", ""), values)


def address(row: dict[str, Any]) -> str:
    return str(row.get("PrimaryEmailAddr", {}).get("Address", ""))


def phone(row: dict[str, Any]) -> str:
    return str(row.get("PrimaryPhone", {}).get("FreeFormNumber", ""))
