"""A thousand invoices with hostile numbers and dates: each agrees to the cent and the calendar day on both sides, or fails by a named category.

What stands on both sides is read from the simulations only; our own records are asked for one thing, the category of what did not come through.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.hubspot import writing
from connectors.sandbox.hubspot.commerce_pages import make
from connectors.sandbox.hubspot.desk import Link, person
from connectors.sandbox.hubspot.refusals import Refusal
from connectors.sandbox.quickbooks.faults import Fault
from connectors.vocabulary import Category, Direction, Kind
from syncconfig.models import Connection, SyncRecord, SyncRun
from syncconfig.tests.firm import Firm, open_firm

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
State = SyncRecord.State
EACH = 100
DONE = (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL)
ZONES = ("Pacific/Honolulu", "America/Denver", "UTC", "Asia/Kolkata", "Pacific/Kiritimati")
"""From UTC-10 to UTC+14; Denver changes its clocks, Kolkata is half an hour off."""
CURRENCIES = ("USD", "USD", "USD", "EUR", "JPY", "KWD")
QUANTITIES = ("1", "3", "0.333", "2.5", "1000", "0", "7.1234567", "0.0000001", "12345.678", "-2")
PRICES = ("0.335", "0.005", "19.999", "58.125", "0", "0.0000001", "1234567.89", "12.3456789", "1.005", "99999999.99", "-25", "33.333333333")
DAYS = tuple(
    map(
        date.fromisoformat,
        ("2027-12-31", "2028-01-01", "2028-02-29", "2028-03-12", "2028-11-05", "2028-03-26", "2028-10-29", "2028-06-30"),
    )
)
HOURS = (time(0), time(0, 30), time(12), time(23, 30), time(23, 59, 59))


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


@dataclass
class Hostile:
    """One firm in one zone, and the dice."""

    firm: Firm
    zone: ZoneInfo
    dice: random.Random

    def people(self) -> None:
        """A contact and a customer for each currency, linked by the first round."""
        self.contacts, self.customers = {}, {}
        for currency in dict.fromkeys(CURRENCIES):
            email = f"{currency.lower()}@acme.example"
            self.contacts[currency] = self.firm.contact(email=email, firstname=currency, lastname="Buyer")
            body = {"DisplayName": f"{currency} Buyer", "PrimaryEmailAddr": {"Address": email}, "CurrencyRef": {"value": currency}}
            self.customers[currency] = self.firm.books.create("Customer", body)["Id"]

    def draw(self) -> None:
        self.currency = self.dice.choice(CURRENCIES)
        self.day = self.dice.choice(DAYS)
        self.sold = [(self.dice.choice(QUANTITIES), self.dice.choice(PRICES)) for _ in range(self.dice.randint(1, 4))]

    def bill(self) -> str:
        """An invoice made and finalised in HubSpot, unless HubSpot itself refuses it; gives its id or ""."""
        app = self.firm.sandboxes.hubspot
        desk = person(app, self.firm.hubspot)
        moment = datetime.combine(self.day, self.dice.choice(HOURS), self.zone).astimezone(UTC)
        with app.lock:
            try:
                values = {
                    "hs_currency": self.currency,
                    "hs_invoice_date": f"{moment:%Y-%m-%dT%H:%M:%S.000Z}",
                    "hs_due_date": "2029-01-15T12:00:00.000Z",
                }
                invoice = make(desk, "invoices", values, [Link("contacts", self.contacts[self.currency])])
                for quantity, price in self.sold:
                    make(desk, "line_items", self.line(quantity, price), [Link("invoices", invoice["id"])])
                self.adjust(desk, invoice["id"])
                table = self.firm.hubspot.tables["invoices"]
                invoice = table.documents[int(invoice["id"])]
                writing.change(desk, table, invoice, writing.check(desk, table, {"hs_invoice_status": "open"}, invoice))
            except Refusal:
                return ""
        return str(invoice["id"])

    def line(self, quantity: str, price: str) -> dict[str, str]:
        discount = self.dice.choice(({}, {}, {"hs_discount_percentage": "33.333"}, {"discount": "0.01"}, {"hs_discount_percentage": "100"}))
        return {"name": "Work", "quantity": quantity, "price": price, **discount}

    def adjust(self, desk: Any, invoice: str) -> None:
        """Now and then a discount, a fee or a tax on the whole invoice, which the books cannot take over."""
        kind = self.dice.choice((*(("",) * 12), "discounts", "fees", "taxes"))
        if kind:
            make(desk, kind, {"hs_label": "Whole", "hs_type": self.dice.choice(("FIXED", "PERCENT")), "hs_value": "2.5"}, [Link("invoices", invoice)])

    def book(self) -> str:
        """An invoice written in QuickBooks, unless QuickBooks itself refuses it; gives its Id or ""."""
        lines: list[dict[str, Any]] = [sale(Decimal(quantity), Decimal(price)) for quantity, price in self.sold]
        if self.dice.random() < 0.2:
            lines.append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": Decimal("3.333")}})
        body: dict[str, Any] = {
            "CustomerRef": {"value": self.customers[self.currency]},
            "CurrencyRef": {"value": self.currency},
            "TxnDate": self.day.isoformat(),
            "DueDate": (self.day + timedelta(days=30)).isoformat(),
            "Line": lines,
        }
        if self.dice.random() < 0.3:
            body["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": self.firm.books.settings.tax_code}}
        try:
            return str(self.firm.books.create("Invoice", body)["Id"])
        except Fault:
            return ""

    # What has to hold

    def verdict_of_bill(self, invoice: str) -> str:
        """ "agrees" or the category by which it failed; anything else is an error of ours."""
        held = self.firm.hubspot_invoices()[invoice]
        found = [row for row in self.firm.booked_invoices() if row.get("DocNumber") == held["hs_number"]]
        if not found:
            return self.named(left_id=invoice)
        (row,) = found
        assert row["TotalAmt"] == Decimal(held["hs_amount_billed"]), (held, row)
        assert sum(line["Amount"] for line in row["Line"] if "Id" in line) == row["TotalAmt"]
        assert row["TxnDate"] == self.day_of(held["hs_invoice_date"])
        assert row["CurrencyRef"]["value"] == held["hs_currency"]
        return "agrees"

    def verdict_of_book(self, invoice: str) -> str:
        row = self.firm.books.read("Invoice", invoice)
        mark = f"{self.firm.realm}:{invoice}"
        mirrors = [(i, p) for i, p in self.firm.hubspot_invoices().items() if p.get("tandem_quickbooks_id") == mark]
        assert len(mirrors) <= 1, mirrors
        finished = [(i, p) for i, p in mirrors if p["hs_invoice_status"] != "draft"]
        if not finished:
            return self.named(right_id=invoice)
        ((mirror, held),) = finished
        assert Decimal(held["hs_amount_billed"]) == row["TotalAmt"], (held, row)
        assert (
            sum(Decimal(line["amount"]) for line in self.firm.lines_of(mirror)) + self.parts(mirror, "taxes") - self.parts(mirror, "discounts")
            == row["TotalAmt"]
        )
        assert (self.day_of(held["hs_invoice_date"]), self.day_of(held["hs_due_date"])) == (row["TxnDate"], row["DueDate"])
        assert Decimal(held["tandem_quickbooks_balance"]) == row["Balance"]
        return "agrees"

    def parts(self, invoice: str, kind: str) -> Decimal:
        table = self.firm.hubspot.tables[kind].documents
        found = (table[int(n)]["properties"] for n in self.firm.hubspot.associated("invoices", invoice, kind))
        return sum((Decimal(p["hs_value"]) for p in found), Decimal(0))

    def day_of(self, stored: str) -> str:
        return datetime.fromisoformat(stored).astimezone(self.zone).date().isoformat()

    def named(self, **where: str) -> str:
        record = self.firm.of(Kind.INVOICE, **where)
        assert (record.state, record.reason in set(Category)) == (State.FAILING, True), (record.state, record.reason, record.details)
        return record.reason


def sale(quantity: Decimal, price: Decimal) -> dict[str, Any]:
    amount = (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": quantity, "UnitPrice": price},
    }


@pytest.mark.parametrize("zone", ZONES)
def test_hostile_invoices_agree_to_the_cent_and_the_day_or_fail_by_name(firm: Firm, zone: str) -> None:
    firm.hubspot.details["timeZone"] = zone
    firm.books.change_settings(multicurrency=True)
    firm.left, firm.right = firm.connect("hubspot"), firm.connect("quickbooks")
    assert Connection.objects.get(pk=firm.left.pk).zone == zone
    world = Hostile(firm, ZoneInfo(zone), random.Random(zone))
    world.people()
    firm.open_contacts()
    firm.open_invoices(Direction.BOTH, since_set_up=True)
    firm.clock.advance(minutes=1)
    bills, books = [], []
    while len(bills) < EACH:
        world.draw()
        bills += [made] if (made := world.bill()) else []
    while len(books) < EACH:
        world.draw()
        books += [made] if (made := world.book()) else []
    firm.syncs[Kind.INVOICE].refresh_from_db()
    for _ in range(2):
        for sync in firm.syncs.values():
            done = firm.run(sync, unguarded=True)
            assert done.state in DONE, (sync.kind, done.error, done.error_details)
    verdicts = Counter(world.verdict_of_bill(i) for i in bills), Counter(world.verdict_of_book(i) for i in books)
    logging.getLogger(__name__).info("%s: %s", zone, verdicts)
    assert min(found["agrees"] for found in verdicts) > EACH / 10, verdicts
    before = sum(len(app.log) for app in (firm.sandboxes.hubspot, firm.sandboxes.quickbooks))
    firm.look()
    for sync in firm.syncs.values():
        firm.run(sync)
    assert firm.written() == [], before
