"""What the sample company sells, offers and has billed, as its HubSpot account knows it. `load_products` fills an account in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.sandbox.hubspot import invoices, line_items, links, writing
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.commerce_pages import make, pay
from connectors.sandbox.hubspot.desk import Desk, Link, decimal
from connectors.sandbox.hubspot.records import PERSON
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.sample_commerce import DEALS, INVOICES, PRODUCTS, Line, Product, SampleDeal, SampleInvoice
from connectors.sandbox.state import Document

DAY_MS = 86_400_000


def load_products(app: HubSpot, portal_id: int, products: Iterable[Product]) -> int:
    """Write products into an account as a person's import would, without the API. Gives their number; others than HubSpot's are passed over."""
    with app.lock:
        made = add_products(Desk(app.accounts[str(portal_id)], app.switches, PERSON), products)
        app.state.commit()
    return len(made)


def fill(desk: Desk) -> None:
    """Products, deals and invoices; the people they belong to are there."""
    catalog = _by_name(add_products(desk, PRODUCTS))
    deals = {deal.name: _deal(desk, deal, catalog) for deal in DEALS}
    for invoice in INVOICES:
        _invoice(desk, invoice, deals.get(invoice.deal), catalog)


def add_products(desk: Desk, products: Iterable[Product]) -> list[Document]:
    """Gives the records made, of those products that stand in HubSpot."""
    table = desk.account.tables["products"]
    return [table.insert(_properties(product), desk.source) for product in products if product.in_hubspot]


def _properties(product: Product) -> dict[str, str]:
    held = product.side("hubspot")
    return {
        "name": held["name"],
        "hs_sku": held["sku"],
        "price": held["price"],
        "hs_cost_of_goods_sold": held["cost"],
        "description": held["description"],
        "hs_product_type": held["kind"],
        "hs_status": "active" if held["active"] == "true" else "inactive",
    }


def _by_name(products: Iterable[Document]) -> dict[str, str]:
    """Product ids by SKU and by name; the first one of several."""
    found: dict[str, str] = {}
    for product in products:
        for name in ("hs_sku", "name"):
            found.setdefault(product["properties"].get(name, ""), product["id"])
    return found


def _deal(desk: Desk, sample: SampleDeal, catalog: Mapping[str, str]) -> Document:
    values = {"dealname": sample.name, "pipeline": "default", "dealstage": sample.stage, "closedate": iso(desk.now)}
    deal = make(desk, "deals", values, [Link("contacts", _contact(desk, sample.contact))])
    lines = [_line(desk, line, Link("deals", deal["id"]), catalog) for line in sample.lines]
    total = sum(decimal(line["properties"], "amount") for line in lines)
    table = desk.account.tables["deals"]
    return writing.change(desk, table, deal, writing.check(desk, table, {"amount": str(total)}, deal))


def _invoice(desk: Desk, sample: SampleInvoice, deal: Document | None, catalog: Mapping[str, str]) -> None:
    """An invoice with its number and status as the table has them, older than the seeding if it says so."""
    table = desk.account.tables["invoices"]
    made = desk.now - sample.days_ago * DAY_MS
    dates = {"hs_invoice_date": iso(made), "hs_due_date": iso(made + 30 * DAY_MS)}
    mirrored = {"hs_invoice_billable": "false"} if sample.source == "data_sync" else {}
    values = {"hs_number": sample.number, "hs_invoice_status": sample.status, "hs_currency": desk.account.currency, **dates, **mirrored}
    invoice = table.insert(values, desk.source, created=made)
    parties = [Link("contacts", _contact(desk, sample.contact)), *([Link("deals", deal["id"])] if deal else [])]
    links.make(desk, "invoices", invoice["id"], parties)
    here = Link("invoices", invoice["id"])
    lines = [_line(desk, line, here, catalog) for line in sample.lines]
    if sample.tax:
        make(desk, "taxes", {"hs_label": "Sales tax", "hs_type": "PERCENT", "hs_value": str(sample.tax)}, [here])
    for amount in sample.paid:
        pay(desk, table.documents[int(invoice["id"])], {"hs_initial_amount": str(amount), "hs_payment_method_type": "check"})
    if mirrored:
        total = sum(decimal(line["properties"], "amount") for line in lines)
        values = {"hs_amount_billed": str(total), "hs_invoice_source": sample.source}
        table.change(table.documents[int(invoice["id"])], values, invoices.CALCULATED)


def _line(desk: Desk, sample: Line, parent: Link, catalog: Mapping[str, str]) -> Document:
    known = catalog.get(sample.product)
    values = {"quantity": str(sample.quantity), **({"hs_product_id": known} if known else {"name": sample.product})}
    if sample.price is not None:
        values["price"] = str(sample.price)
    if sample.discount:
        values["hs_discount_percentage"] = str(sample.discount)
    return writing.create(desk, desk.account.tables["line_items"], line_items.checked(desk, None, values, [parent]), [parent])


def _contact(desk: Desk, email: str) -> str:
    contact = desk.account.tables["contacts"].holder("email", email)
    assert contact is not None, email
    return str(contact["id"])
