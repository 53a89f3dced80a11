"""The pages for people: what a company sells."""

from __future__ import annotations

from typing import Any

from connectors.sandbox import pages
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.catalog import SOLD_TYPES
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.desk import Desk, Row, activity, switch, version
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import frame, problem
from connectors.sandbox.server import Reply, Request

LABELS = {
    "Name": "Name",
    "Sku": "SKU",
    "Type": "Type",
    "Description": "Description",
    "UnitPrice": "Price",
    "PurchaseCost": "Cost",
    "Taxable": "Taxable",
    "IncomeAccountRef": "Income account",
    "ExpenseAccountRef": "Expense account",
    "AssetAccountRef": "Inventory asset account",
    "QtyOnHand": "Quantity on hand",
    "InvStartDate": "Quantity as of",
}
FLAGS = (("true", "yes"), ("false", "no"))


def _cells(company: Company, row: Row) -> tuple[str, ...]:
    return row["Name"], row.get("Sku", ""), row["Type"], str(row.get("UnitPrice", "")), activity(row)


def _page(company: Company, row: Row | None, request: Request, fault: Fault | None) -> Reply:
    address = f"{DESK.base(company)}/{row['Id'] if row else 'new'}"
    fields = [(name, label, _text(row or {}, name)) for name, label in LABELS.items()]
    accounts = [("", ""), *((account["Id"], account["Name"]) for account in company.table("Account").rows.values() if account["Active"])]
    options: dict[str, Any] = {name: accounts for name in LABELS if name.endswith("Ref")}
    kinds = (row["Type"],) if row and row["Type"] not in SOLD_TYPES else SOLD_TYPES
    options = {**options, "Type": [(kind, kind) for kind in kinds], "Taxable": FLAGS}
    body = problem(fault) + pages.form(address, fields, options=options)
    if row:
        body += switch(row, address) + version(row)
    return frame(row["Name"] if row else "New item", body, company, status=400 if fault else 200)


def _text(row: Row, name: str) -> str:
    value = row.get(name, "")
    if isinstance(value, dict):
        return str(value["value"])
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body(company: Company, request: Request, row: Row | None) -> Row:
    """The members a form changes; a new item of type Inventory is tracked."""
    form = request.form
    body: Row = {}
    for name in LABELS:
        value = form.get(name, "").replace("\r\n", "\n").strip()
        if name in form and value != _text(row or {}, name):
            body[name] = {"value": value} if name.endswith("Ref") else value
    if row is None and form.get("Type") == "Inventory":
        body["TrackQtyOnHand"] = True
    return body


DESK = Desk(
    name="Item",
    path="item",
    opening="New item",
    columns=("Name", "SKU", "Type", "Price", "State"),
    searched=lambda row: f"{row['Name']} {row.get('Sku', '')}",
    cells=_cells,
    page=_page,
    body=_body,
)


def routes(app: QuickBooksApp) -> None:
    """Add the pages to an app."""
    DESK.routes(app)
    DESK.editing(app)
    DESK.switching(app)
