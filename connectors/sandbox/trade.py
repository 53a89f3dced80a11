"""Generated trade in bulk: people and products on both sides, and invoices of either of them, entered without the APIs as people would have."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.hubspot import writing
from connectors.sandbox.hubspot.commerce_pages import make
from connectors.sandbox.hubspot.desk import Desk, Link, person
from connectors.sandbox.hubspot.sales import add_products
from connectors.sandbox.quickbooks.books import cents
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.seed_sales import item
from connectors.sandbox.sample_commerce import generate_products
from connectors.sandbox.stand import People
from connectors.sandbox.state import Document

PRODUCTS = 20
MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class Sale:
    """One line: the place of a product among `PRODUCTS`, how many, and what one of them costs."""

    product: int
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Invoices:
    """A `stand.Fill`: as many people on both sides as invoices, one for each, in the books ("quickbooks") or finalised in the CRM ("hubspot")."""

    number: int
    side: Literal["hubspot", "quickbooks"]

    def __call__(self, left: hubspot.HubSpot, right: quickbooks.QuickBooksApp) -> None:
        People(self.number, left_too=True)(left, right)
        desk, company = person(left, left.accounts[str(hubspot.PORTAL_ID)]), right.companies[quickbooks.DEFAULT_REALM]
        goods = [replace(product, in_hubspot=True, in_quickbooks=True) for product in generate_products(PRODUCTS)]
        products, items = add_products(desk, goods), [company.create("Item", item(company, product)) for product in goods]
        if self.side == "hubspot":
            contacts = [contact["id"] for contact in desk.account.tables["contacts"].after(0)]
            for contact, sales in zip(contacts, self.sales(), strict=True):
                bill(desk, contact, [(products[sale.product], sale) for sale in sales])
            left.state.commit()
        else:
            for customer, sales in zip(list(company.table("Customer").rows), self.sales(), strict=True):
                book(company, customer, [(items[sale.product], sale) for sale in sales])
            right.state.commit()

    def sales(self) -> Iterator[list[Sale]]:
        """What each invoice sells: one to four lines, the same at every call."""
        dice = random.Random(self.number)
        for _ in range(self.number):
            yield [self._sale(dice) for _ in range(dice.randint(1, MOST_LINES))]

    @staticmethod
    def _sale(dice: random.Random) -> Sale:
        return Sale(dice.randrange(PRODUCTS), dice.randint(1, 9), Decimal(dice.randint(100, 20_000)) / 100)


def bill(desk: Desk, contact: str, sales: list[tuple[Document, Sale]]) -> Document:
    """Make and finalise an invoice in HubSpot."""
    made = make(desk, "invoices", {"hs_currency": desk.account.currency}, [Link("contacts", contact)])
    for product, sale in sales:
        values = {"hs_product_id": product["id"], "quantity": str(sale.quantity), "price": str(sale.price)}
        make(desk, "line_items", values, [Link("invoices", made["id"])])
    table = desk.account.tables["invoices"]
    draft = table.documents[int(made["id"])]
    return writing.change(desk, table, draft, writing.check(desk, table, {"hs_invoice_status": "open"}, draft))


def book(company: Company, customer: str, sales: list[tuple[Document, Sale]], **members: Any) -> Document:
    """Write an invoice in QuickBooks; `members` are further ones of its body."""
    lines = [
        {
            "DetailType": "SalesItemLineDetail",
            "Description": row["Name"],
            "Amount": cents(sale.quantity * sale.price),
            "SalesItemLineDetail": {"ItemRef": {"value": row["Id"]}, "Qty": sale.quantity, "UnitPrice": sale.price},
        }
        for row, sale in sales
    ]
    return company.create("Invoice", {"CustomerRef": {"value": customer}, "Line": lines, **members})
