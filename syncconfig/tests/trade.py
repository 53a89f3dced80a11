"""Trade of two accounts for trials: people work at their desks in both, without pages and limits, and do the same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.hubspot import writing
from connectors.sandbox.hubspot.commerce_pages import make, pay
from connectors.sandbox.hubspot.desk import Desk, Link, person
from connectors.sandbox.quickbooks.books import cents
from connectors.sandbox.stand import People
from syncconfig.tests.firm import Firm

PEOPLE, INVOICES = 30, 60


@dataclass
class Shop:
    """People who work in both accounts at their desks, without the pages. The same every time."""

    firm: Firm
    today: date = field(init=False)

    def __post_init__(self) -> None:
        self.today = date.fromisoformat(self.firm.books.today())
        self.desk: Desk = person(self.firm.sandboxes.hubspot, self.firm.hubspot)
        self.company = self.firm.books
        self.products: dict[str, str] = {}
        self.items: dict[str, str] = {}

    def open(self) -> None:
        """People and products on both sides, and every sync on; those of people and products have run."""
        People(PEOPLE, left_too=True)(self.firm.sandboxes.hubspot, self.firm.sandboxes.quickbooks)
        for name, sku in (("Mowing", "M-1"), ("Edging", "E-1"), ("Design", "D-1"), ("Services", "")):
            self.items[name] = self.firm.item(name, sku)
        self.firm.open_contacts()
        self.firm.open_products()
        self.firm.settle()
        self.products = {d["properties"]["name"]: d["id"] for d in self.firm.hubspot.tables["products"].after(0)}
        self.firm.open_invoices()
        self.contacts = [d["id"] for d in self.firm.hubspot.tables["contacts"].after(0)]
        self.customers = list(self.company.table("Customer").rows)

    def book(self, number: int) -> dict[str, Any]:
        """An invoice in QuickBooks: one to four lines, some with tax, some with a discount."""
        sales = [(name, 1 + number % 3, Decimal(1000 + 137 * number + place) / 100) for place, name in enumerate(self._names(number, "Services"))]
        lines: list[dict[str, Any]] = [
            {
                "DetailType": "SalesItemLineDetail",
                "Description": f"{name} {number}",
                "Amount": cents(quantity * price),
                "SalesItemLineDetail": {"ItemRef": {"value": self.items[name]}, "Qty": quantity, "UnitPrice": price},
            }
            for name, quantity, price in sales
        ]
        if number % 7 == 0:
            lines.append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": Decimal(10)}})
        body: dict[str, Any] = {
            "CustomerRef": {"value": self.customers[number % PEOPLE]},
            "TxnDate": (self.today - timedelta(days=number % 20)).isoformat(),
            "DueDate": (self.today + timedelta(days=30)).isoformat(),
            "CustomerMemo": {"value": f"Thanks {number}"},
            "Line": lines,
        }
        if number % 5 == 0:
            for line in lines[: 1 + number % 4]:
                line["SalesItemLineDetail"]["TaxCodeRef"] = {"value": "TAX"}
            body["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": self.company.settings.tax_code}}
        return dict(self.company.create("Invoice", body))

    def receive(self, invoice: str, amount: Decimal, reference: str) -> dict[str, Any]:
        """A payment in QuickBooks of one invoice."""
        row = self.company.read("Invoice", invoice)
        line = {"Amount": amount, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
        members = {"TotalAmt": amount, "TxnDate": self.today.isoformat(), "PaymentRefNum": reference, "Line": [line]}
        return dict(self.company.create("Payment", {"CustomerRef": row["CustomerRef"], **members}))

    def bill(self, number: int) -> str:
        """A finalised invoice in HubSpot: one to four lines, of products, of a SKU only, or of nothing that the books know; some on a deal."""
        contact = self.contacts[number % PEOPLE]
        made = make(self.desk, "invoices", {"hs_currency": "USD", "hs_comments": f"Danke {number}"}, [Link("contacts", contact)])
        for place, name in enumerate(self._names(number, "Hammock")):
            known = {"hs_product_id": self.products[name]} if name in ("Mowing", "Design") else {}
            product = {"hs_sku": "E-1"} if name == "Edging" else known
            values = {"name": f"{name} {number}", "quantity": str(1 + number % 3), "price": str(Decimal(2000 + 91 * number + place) / 100), **product}
            make(self.desk, "line_items", values, [Link("invoices", made["id"])])
        if number % 5 == 0:
            values = {"dealname": f"Deal {number}", "pipeline": "default", "dealstage": "appointmentscheduled"}
            make(self.desk, "deals", values, [Link("contacts", contact), Link("invoices", made["id"])])
        self.change(made["id"], hs_invoice_status="open")
        return str(made["id"])

    def change(self, invoice: str, **values: str) -> None:
        table = self.firm.hubspot.tables["invoices"]
        held = table.documents[int(invoice)]
        writing.change(self.desk, table, held, writing.check(self.desk, table, values, held))

    def pay(self, invoice: str, **values: str) -> None:
        """A payment recorded in HubSpot: of all that is due, unless an amount is given."""
        pay(self.desk, self.firm.hubspot.tables["invoices"].documents[int(invoice)], {"hs_payment_method_type": "check", **values})

    def booked(self, number: str) -> dict[str, Any]:
        return self.firm.booked(DocNumber=number)

    def rewrite(self, invoice: str, lines: Callable[[list[Any]], list[Any]], **members: Any) -> None:
        """Change the lines of an invoice in QuickBooks."""
        row = self.company.read("Invoice", invoice)
        kept = [line for line in row["Line"] if "Id" in line]
        changed = [{k: v for k, v in line.items() if k not in ("LineNum", "Amount") and v is not None} for line in lines(kept)]
        priced = [{**line, "Amount": cents(Decimal(d["Qty"]) * Decimal(d["UnitPrice"]))} for line in changed if (d := line["SalesItemLineDetail"])]
        self.company.update("Invoice", {"Id": invoice, "SyncToken": row["SyncToken"], "sparse": True, "Line": priced, **members})

    @staticmethod
    def _names(number: int, last: str) -> list[str]:
        return [("Mowing", "Edging", last, "Design")[(number + place) % 4] for place in range(1 + number % 4)]


def first(shop: Shop) -> None:
    """What the first sync of invoices meets: invoices and payments on both sides."""
    for number in range(INVOICES):
        row = shop.book(number)
        if number % 4 == 0:
            shop.receive(row["Id"], row["Balance"], f"Q-{number}")
        if number % 6 == 1:
            shop.receive(row["Id"], Decimal("5.00"), f"Q-{number}")
            shop.receive(row["Id"], Decimal("3.50"), f"Q-{number}b")
        bill = shop.bill(number)
        if number % 3 == 0:
            shop.pay(bill, hs_reference_number=f"H-{number}")
        if number % 6 == 1:
            shop.pay(bill, hs_initial_amount="1.00", hs_reference_number=f"H-{number}")


def later(shop: Shop) -> None:
    """What people change of invoices that stand on both sides already, and what they add."""
    books = [shop.book(number) for number in range(12)]
    bills = [shop.bill(number) for number in range(12)]
    paid = [shop.receive(books[n]["Id"], Decimal("4.00"), f"Q-{n}") for n in range(4)]
    shop.firm.settle()
    company, numbers = shop.company, [shop.firm.hubspot_invoices()[bill]["hs_number"] for bill in bills]
    shop.rewrite(books[3]["Id"], lambda lines: [{**lines[0], "SalesItemLineDetail": {**lines[0]["SalesItemLineDetail"], "Qty": 9}}, *lines[1:]])
    shop.rewrite(books[7]["Id"], lambda lines: lines[:2])
    shop.rewrite(books[10]["Id"], lambda lines: [*lines, {**lines[0], "Id": None, "Description": "More"}])
    shop.rewrite(books[1]["Id"], lambda lines: lines[::-1], CustomerMemo={"value": "Backwards"})
    shop.rewrite(books[4]["Id"], lambda lines: lines, CustomerMemo={"value": "Later"})
    company.void("Invoice", company.read("Invoice", books[5]["Id"]))
    company.void("Invoice", shop.booked(numbers[6]))
    company.delete("Payment", company.read("Payment", paid[0]["Id"]))
    company.void("Payment", company.read("Payment", paid[1]["Id"]))
    shop.receive(shop.booked(numbers[5])["Id"], Decimal("5.00"), "Q-5")
    shop.receive(shop.booked(numbers[10])["Id"], shop.booked(numbers[10])["Balance"], "Q-10")
    shop.receive(books[8]["Id"], company.read("Invoice", books[8]["Id"])["Balance"], "Q-8")
    shop.change(bills[7], hs_invoice_status="voided")
    shop.change(bills[8], hs_comments="Later")
    shop.pay(bills[9], hs_reference_number="H-9")
    shop.book(12)
    shop.bill(12)
