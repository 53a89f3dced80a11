"""The pages for people: what a company sells."""

from __future__ import annotations

from typing import Any

from connectors.sandbox import pages
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.catalog import SOLD_TYPES
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import PAGE, frame, missing, page_number, problem, steps, to
from connectors.sandbox.server import Reply, Request

Row = dict[str, Any]
BASE = "/companies/{realm}/item"
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


def routes(app: QuickBooksApp) -> None:
    """Add the pages to an app."""

    @app.route("GET", BASE)
    def listing(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        return _listing(company, request) if company else missing()

    @app.route("GET", BASE + "/new")
    def blank(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        return _form(company, None) if company else missing()

    @app.route("POST", BASE + "/new")
    def create(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        if not company:
            return missing()
        try:
            return to(company, "item", company.create("Item", _body(request.form, None))["Id"])
        except Fault as fault:
            return _form(company, None, fault)

    @app.route("GET", BASE + "/{id}")
    def show(request: Request) -> Reply:
        company, row = _place(app, request)
        return _form(company, row) if company and row else missing()

    @app.route("POST", BASE + "/{id}")
    def change(request: Request) -> Reply:
        company, row = _place(app, request)
        return _change(company, row, _body(request.form, row)) if company and row else missing()

    @app.route("POST", BASE + "/{id}/active")
    def toggle(request: Request) -> Reply:
        company, row = _place(app, request)
        return _change(company, row, {"Active": not row["Active"]}) if company and row else missing()


def _place(app: QuickBooksApp, request: Request) -> tuple[Company | None, Row | None]:
    company = app.companies.get(request.params["realm"])
    return company, company.table("Item").rows.get(request.params["id"]) if company else None


def _change(company: Company, row: Row, members: Row) -> Reply:
    try:
        company.update("Item", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, **members})
    except Fault as fault:
        return _form(company, row, fault)
    return to(company, "item", row["Id"])


def _listing(company: Company, request: Request) -> Reply:
    words, number = request.query.get("q", "").strip().casefold(), page_number(request)
    found = [row for row in company.table("Item").rows.values() if words in f"{row['Name']} {row.get('Sku', '')}".casefold()]
    base = BASE.format(realm=company.realm)
    rows = [
        (pages.link(row["Name"], f"{base}/{row['Id']}"), row.get("Sku", ""), row["Type"], str(row.get("UnitPrice", "")), _state(row))
        for row in found[(number - 1) * PAGE : number * PAGE]
    ]
    body = pages.link("New item", f"{base}/new") + pages.form(base, [("q", "Search", request.query.get("q", ""))], submit="Search", method="get")
    body += pages.note(f"{len(found)} found") + pages.table(("Name", "SKU", "Type", "Price", "State"), rows)
    return frame(f"Items of {company.profile['name']}", body + steps(base, words, number, len(found)), company)


def _state(row: Row) -> str:
    return "active" if row["Active"] else "inactive"


def _form(company: Company, row: Row | None, fault: Fault | None = None) -> Reply:
    base = BASE.format(realm=company.realm)
    fields = [(name, label, _text(row or {}, name)) for name, label in LABELS.items()]
    accounts = [("", ""), *((account["Id"], account["Name"]) for account in company.table("Account").rows.values() if account["Active"])]
    options = {name: accounts for name in LABELS if name.endswith("Ref")}
    kinds = (row["Type"],) if row and row["Type"] not in SOLD_TYPES else SOLD_TYPES
    body = problem(fault) + pages.form(
        f"{base}/{row['Id'] if row else 'new'}", fields, options={**options, "Type": [(kind, kind) for kind in kinds], "Taxable": FLAGS}
    )
    if row:
        body += pages.button("Make inactive" if row["Active"] else "Make active", f"{base}/{row['Id']}/active")
        body += pages.note(f"Version {row['SyncToken']}, changed {row['MetaData']['LastUpdatedTime']}")
    return frame(row["Name"] if row else "New item", body, company, status=400 if fault else 200)


def _text(row: Row, name: str) -> str:
    value = row.get(name, "")
    if isinstance(value, dict):
        return str(value["value"])
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body(form: dict[str, str], row: Row | None) -> Row:
    """The members a form changes; a new item of type Inventory is tracked."""
    body: Row = {}
    for name in LABELS:
        value = form.get(name, "").replace("\r\n", "\n").strip()
        if name in form and value != _text(row or {}, name):
            body[name] = {"value": value} if name.endswith("Ref") else value
    if row is None and form.get("Type") == "Inventory":
        body["TrackQtyOnHand"] = True
    return body
