"""A town whose people also sell: products, invoices and payments are made at the providers' own pages, and the syncs of money can be set up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests
from django.contrib.auth.models import User

from connectors.sandbox.hubspot import PORTAL_ID, links
from connectors.sandbox.hubspot.desk import Desk, Link
from connectors.sandbox.hubspot.records import PERSON
from connectors.sandbox.quickbooks import DEFAULT_REALM
from connectors.vocabulary import FOLLOWERS, Direction, Kind
from syncconfig import drafts, runner
from syncconfig.explanations import explain_record, labels_of
from syncconfig.models import ObjectSync, SyncRecord, SyncRun
from syncconfig.tests.town import CONTACTS, INVOICES, Town, running

DEALS, PRODUCTS = "0-3", "0-7"

ANN = {"email": "ann@acme.example", "firstname": "Ann", "lastname": "Archer"}


@dataclass(frozen=True)
class Sold:
    """One line as a person types it. `product` is a record number in HubSpot, an item's name in QuickBooks."""

    name: str = "Mowing"
    quantity: str = "1"
    price: str = "45.00"
    product: str = ""
    percent_off: str = ""


@dataclass
class Firm(Town):
    """Both accounts, empty but for what people do, and the portal."""

    syncs: dict[Kind, ObjectSync] = field(default_factory=dict)
    realm: str = DEFAULT_REALM

    @property
    def books(self) -> Any:
        return self.sandboxes.quickbooks.companies[self.realm]

    @property
    def pages(self) -> str:
        """Where the books' own pages begin."""
        return f"/companies/{self.realm}"

    # Setting up and running

    def open_contacts(self) -> ObjectSync:
        """A contact sync without a filter towards QuickBooks, so that every contact becomes a customer."""
        self.syncs[Kind.CONTACT] = self.set_up()
        return self.syncs[Kind.CONTACT]

    def open_products(self, direction: Direction = Direction.TO_LEFT) -> ObjectSync:
        sync = self.start(Kind.PRODUCT, self.clock.now())
        sync.direction = direction
        accounts = {"income_account": self.income_account(), "expense_account": self.account("Cost of Goods Sold")}
        sync.options = {**sync.options, **accounts}
        sync.save()
        self.syncs[Kind.PRODUCT] = self.turn_on(sync)
        return self.syncs[Kind.PRODUCT]

    def open_invoices(self, direction: Direction = Direction.BOTH, *, since_set_up: bool = True) -> ObjectSync:
        """An invoice sync with its recommended filters; without `since_set_up` every invoice of the books comes."""
        sync = self.start(Kind.INVOICE, self.clock.now())
        sync.direction = direction
        if direction is not Direction.TO_LEFT:
            sync.options = {"income_account": self.income_account()}
        sync.save()
        if not since_set_up:
            drafts.set_rules(sync, Direction.TO_LEFT, ())
        self.syncs[Kind.INVOICE] = self.turn_on(sync)
        for kind in FOLLOWERS:
            found = ObjectSync.objects.settled().filter(left=self.left, right=self.right, kind=kind).first()
            if found:
                self.syncs[kind] = found
        return self.syncs[Kind.INVOICE]

    def open_all(self, direction: Direction = Direction.BOTH) -> None:
        self.open_contacts()
        self.open_products()
        self.open_invoices(direction)

    def round(self) -> dict[Kind, SyncRun]:
        """Every sync once, in the order of their dependence; each has to come through."""
        done = {}
        for sync in runner.in_order(self.syncs.values()):
            run = self.run(sync)
            assert run.state in (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL), (sync.kind, run.state, run.error, run.error_details)
            done[Kind(sync.kind)] = run
        return done

    def settle(self) -> None:
        """Rounds until nothing is left to write; two have to do."""
        self.round()
        self.round()
        again = self.round()
        assert all(not any(run.result["writes"].values()) for run in again.values()), {kind: run.result["writes"] for kind, run in again.items()}

    def of(self, kind: Kind, **where: Any) -> SyncRecord:
        return self.record(self.syncs[kind], **where)

    def income_account(self) -> str:
        return self.account("Income")

    def account(self, kind: str) -> str:
        """An active account of the books of a type."""
        return next(row["Id"] for row in self.books.table("Account").rows.values() if row["AccountType"] == kind and row["Active"])

    # What people do in HubSpot

    def product(self, **values: str) -> str:
        return self._post("hubspot", f"/contacts/{PORTAL_ID}/objects/{PRODUCTS}/new", values)

    def draft(self, contact: str, *sold: Sold) -> str:
        """A draft invoice for a contact, with lines."""
        invoice = self._post("hubspot", self._place(CONTACTS, contact) + "/draft", {})
        for line in sold:
            self.add_line(invoice, line)
        return invoice

    def add_line(self, invoice: str, line: Sold) -> None:
        values = {"name": line.name, "quantity": line.quantity, "price": line.price, "hs_product_id": line.product}
        self._post("hubspot", self._place(INVOICES, invoice) + "/line", {**values, "hs_discount_percentage": line.percent_off})

    def finalize(self, invoice: str) -> str:
        return self._post("hubspot", self._place(INVOICES, invoice) + "/finalize", {})

    def billed(self, contact: str, *sold: Sold) -> str:
        """A finalised invoice."""
        invoice = self.draft(contact, *(sold or (Sold(),)))
        self.finalize(invoice)
        return invoice

    def void(self, invoice: str) -> None:
        self._post("hubspot", self._place(INVOICES, invoice) + "/void", {})

    def edit_invoice(self, invoice: str, **values: str) -> None:
        self._post("hubspot", self._place(INVOICES, invoice) + "/edit", values)

    def pay(self, invoice: str, amount: str = "", **values: str) -> None:
        """Record a payment on an invoice in HubSpot: of all that is due, unless an amount is given."""
        self._post("hubspot", self._place(INVOICES, invoice) + "/payment", {"hs_initial_amount": amount, **values})

    def deal(self, contact: str, name: str = "Garden") -> str:
        return self._post("hubspot", self._place(CONTACTS, contact) + "/deal", {"dealname": name})

    def attach(self, deal: str, invoice: str) -> None:
        """A person associates an invoice with a deal; no page does it."""
        app = self.sandboxes.hubspot
        with app.lock:
            links.make(Desk(self.hubspot, app.switches, PERSON), "invoices", invoice, [Link("deals", deal)])

    def reassociate(self, invoice: str, old: str, new: str) -> None:
        """A person puts an invoice to another company; no page does it."""
        app = self.sandboxes.hubspot
        with app.lock:
            desk = Desk(self.hubspot, app.switches, PERSON)
            links.remove(desk, "invoices", invoice, Link("companies", old))
            links.make(desk, "invoices", invoice, [Link("companies", new)])

    # What people do in QuickBooks

    def item(self, name: str, sku: str = "", price: str = "45.00", **values: str) -> str:
        form = {"Name": name, "Sku": sku, "UnitPrice": price, "Type": "Service", "IncomeAccountRef": self.income_account(), **values}
        return self._post("quickbooks", f"{self.pages}/item/new", form)

    def toggle_item(self, item: str) -> None:
        self._post("quickbooks", f"{self.pages}/item/{item}/active", {})

    def book(self, customer: str, *sold: Sold, **values: str) -> str:
        """An invoice that a person writes in QuickBooks for a customer, by name or number."""
        form = {"customer": customer, **values}
        for n, line in enumerate(sold or (Sold(product="Services"),)):
            form |= {f"item {n}": line.product or line.name, f"text {n}": line.name, f"quantity {n}": line.quantity, f"rate {n}": line.price}
        return self._post("quickbooks", f"{self.pages}/invoice/new", form)

    def rebook(self, invoice: str, **values: str) -> None:
        """A person changes fields of an invoice in QuickBooks, by the names of the form: rate_0, item_1, memo, TxnDate."""
        self._post("quickbooks", f"{self.pages}/invoice/{invoice}", {name.replace("_", " "): value for name, value in values.items()})

    def void_booked(self, invoice: str) -> None:
        self._post("quickbooks", f"{self.pages}/invoice/{invoice}/void", {})

    def receive(self, customer: str, amount: str, invoices: Sequence[tuple[str, str]], **values: str) -> str:
        """A payment in QuickBooks: its total, and how much of it goes to which invoice."""
        form = {"customer": customer, "TotalAmt": amount, "TxnDate": self.books.today(), **values}
        return self._post("quickbooks", f"{self.pages}/payment/new", {**form, **{f"Invoice {number}": part for number, part in invoices}})

    def undo_payment(self, payment: str, deed: str = "delete") -> None:
        """Delete or void a payment in QuickBooks."""
        url = f"{self.sandboxes.servers['quickbooks'].url}{self.pages}/payment/{payment}/{deed}"
        assert requests.post(url, allow_redirects=False, timeout=5).status_code == 303

    # What stands there

    def hubspot_invoices(self) -> dict[str, dict[str, str]]:
        return {d["id"]: d["properties"] for d in self.hubspot.tables["invoices"].after(0)}

    def hubspot_invoice(self, **where: str) -> tuple[str, dict[str, str]]:
        """The one invoice whose properties hold these values, with its id."""
        (found,) = [(i, p) for i, p in self.hubspot_invoices().items() if all(p.get(k) == v for k, v in where.items())]
        return found

    def mirror(self, booked: str) -> tuple[str, dict[str, str]]:
        """The invoice in HubSpot that stands for one of the books."""
        return self.hubspot_invoice(tandem_quickbooks_id=f"{self.realm}:{booked}")

    def lines_of(self, invoice: str) -> list[dict[str, str]]:
        """The line items of an invoice in HubSpot, in their order."""
        found = [self.hubspot.tables["line_items"].documents[int(n)] for n in self.hubspot.associated("invoices", invoice, "line_items")]
        live = [d["properties"] for d in found if d["archived"] is None]
        return sorted(live, key=lambda p: int(p.get("hs_position_on_quote") or 0))

    def associated(self, invoice: str, kind: str) -> set[str]:
        return set(self.hubspot.associated("invoices", invoice, kind))

    def payments_of(self, invoice: str) -> list[dict[str, str]]:
        """The payments of an invoice in HubSpot."""
        table = self.hubspot.tables["commerce_payments"].documents
        found = (table[int(n)] for n in self.hubspot.associated("invoices", invoice, "commerce_payments"))
        return [d["properties"] for d in found if d["archived"] is None]

    def notes_of(self, deal: str) -> list[str]:
        """The notes on a deal's timeline, as their text."""
        table = self.hubspot.tables["notes"].documents
        found = (table[int(n)] for n in self.hubspot.associated("deals", deal, "notes"))
        return [d["properties"]["hs_note_body"] for d in found if d["archived"] is None]

    def deal_facts(self, deal: str) -> dict[str, str]:
        return dict(self.hubspot.tables["deals"].documents[int(deal)]["properties"])

    def booked(self, **where: Any) -> dict[str, Any]:
        """The one invoice of the books with these members."""
        (found,) = [row for row in self.booked_invoices() if all(row.get(k) == v for k, v in where.items())]
        return found

    def booked_invoices(self) -> list[dict[str, Any]]:
        return [self.books.read("Invoice", key) for key in self.books.table("Invoice").rows]

    def received(self) -> list[dict[str, Any]]:
        return [self.books.read("Payment", key) for key in self.books.table("Payment").rows]

    def items(self) -> dict[str, dict[str, Any]]:
        return {row["Name"]: row for row in self.books.table("Item").rows.values()}


@contextmanager
def open_firm(fixture: Any, admin: User) -> Iterator[Firm]:
    """A firm on free ports, at noon of a coming day; its books have one item without a SKU."""
    with running(fixture, admin, made=Firm) as firm:
        firm.clock.until_noon()
        firm.item("Services", price="10")
        yield firm


def customer_of(firm: Firm, email: str = ANN["email"]) -> str:
    """The number of the customer with an address."""
    return str(firm.customer_of(email)["Id"])


def said(record: SyncRecord) -> str:
    """What a person reads about a record."""
    found = explain_record(record, labels_of(record.sync))
    assert found, record.reason
    return f"{found.label}. {found.why} {found.todo}"


def money(text: Any) -> Decimal:
    return Decimal(str(text or 0)).quantize(Decimal("0.01"))
