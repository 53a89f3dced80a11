"""The pages for people: look at a company's customers, vendors and employees, change them, make them inactive or merge customers."""

from __future__ import annotations

from functools import partial

from connectors.sandbox import pages
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.desk import Desk, Row, activity, switch, version
from connectors.sandbox.quickbooks.entities import PEOPLE
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import frame, missing, problem, to
from connectors.sandbox.quickbooks.shapes import PARTS, Entity
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.webhooks import panel

NAMES = ("DisplayName", "Title", "GivenName", "MiddleName", "FamilyName", "CompanyName")
FORM_MEMBERS = (*NAMES, "PrimaryEmailAddr", "PrimaryPhone", "Mobile", "Fax", "WebAddr")
DEEP_LINKS = (
    ("/app/customerdetail", "nameId", "Customer", "customer"),
    ("/app/item", "itemId", "Item", "item"),
    ("/app/invoice", "txnId", "Invoice", "invoice"),
    ("/app/recvpayment", "txnId", "Payment", "payment"),
)
ADDRESS_PARTS = ("City", "CountrySubDivisionCode", "PostalCode", "Country")


def routes(app: QuickBooksApp) -> None:
    """Add the pages to an app."""

    @app.route("GET", "/")
    def home(request: Request) -> Reply:
        rows = [(pages.link(company.profile["name"], f"/companies/{realm}/customer"), realm) for realm, company in app.companies.items()]
        words = "This is a simulation of QuickBooks Online for trying things out. Nothing here reaches Intuit."
        return frame("QuickBooks sandbox", pages.note(words) + pages.table(("Company", "Company id"), rows) + panel(app.webhooks))

    for address, parameter, name, path in DEEP_LINKS:
        app.route("GET", address)(partial(_deep_link, app, parameter, name, path))

    for entity in PEOPLE.values():
        desk = _desk(entity)
        desk.routes(app)
        desk.editing(app)
        desk.switching(app)

    @app.route("POST", "/companies/{realm}/customer/{id}/merge")
    def merge(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        winner, loser = request.form.get("into", "").strip(), request.params["id"]
        if not company or loser not in company.table("Customer").rows:
            return missing()
        if winner == loser or winner not in company.table("Customer").rows:
            return frame("Not merged", pages.note("There is no other customer with this number.", error=True), status=400)
        company.merge("Customer", winner, loser)
        return to(company, "customer", winner)


def _deep_link(app: QuickBooksApp, parameter: str, name: str, path: str, request: Request) -> Reply:
    """From the application's own address, which names no company, to the row; a choice where several companies have one of that number."""
    row_id = request.query.get(parameter, "")
    holders = [company for company in app.companies.values() if row_id in company.table(name).rows]
    if len(holders) == 1:
        return to(holders[0], path, row_id)
    rows = [(pages.link(c.profile["name"], f"/companies/{c.realm}/{path}/{pages.part(row_id)}"),) for c in holders]
    return frame("Which company?", pages.table(("Company",), rows), status=200 if rows else 404)


def _desk(entity: Entity) -> Desk:
    return Desk(
        name=entity.name,
        path=entity.path,
        opening=f"New {entity.word}",
        columns=("Name", "E-mail", "State", "Number"),
        searched=lambda row: f"{row['DisplayName']} {row.get('CompanyName', '')} {_email(row)}",
        cells=lambda company, row: (row["DisplayName"], _email(row), activity(row), row["Id"]),
        page=partial(_page, entity),
        body=lambda company, request, row: _body(entity, request.form, row or {}),
    )


def _email(row: Row) -> str:
    return str(row.get("PrimaryEmailAddr", {}).get("Address", ""))


def _page(entity: Entity, company: Company, row: Row | None, request: Request, fault: Fault | None) -> Reply:
    address = f"/companies/{company.realm}/{entity.path}/{row['Id'] if row else 'new'}"
    body = problem(fault) + pages.form(address, _fields(entity, row or {}))
    if row:
        body += switch(row, address) + version(row)
    if row and entity.name == "Customer":
        body += pages.form(f"{address}/merge", [("into", "Merge into customer number", "")], submit="Merge")
    return frame(row["DisplayName"] if row else f"New {entity.word}", body, company, status=400 if fault else 200)


def _fields(entity: Entity, row: Row) -> list[tuple[str, str, str]]:
    """(name, label, value) of everything a person may edit."""
    fields = []
    for name in FORM_MEMBERS:
        if name in entity.members:
            value = row.get(name, "")
            fields.append((name, name, next((str(v) for k, v in value.items() if k != "Id"), "") if isinstance(value, dict) else str(value)))
    address = row.get(_address(entity), {})
    lines = "\n".join(address[f"Line{n}"] for n in range(1, 6) if f"Line{n}" in address)
    fields.append(("street address", "Street", lines))
    fields += [(part, part, address.get(part, "")) for part in ADDRESS_PARTS]
    return [*fields, ("Notes", "Notes", str(row.get("Notes", "")))] if "Notes" in entity.members else fields


def _body(entity: Entity, form: dict[str, str], row: Row) -> Row:
    """The members a form changes. What was not changed is not sent, so that an untouched inactive name stays as it is."""
    body: Row = {}
    before = {name: value for name, _, value in _fields(entity, row)}
    after = {name: form.get(name, before[name]).replace("\r\n", "\n").strip() for name in before}
    for name in (*FORM_MEMBERS, "Notes"):
        if name in after and (not row or after[name] != before[name]):
            part = next(iter(PARTS.get(entity.members[name].sort, {})), "")
            body[name] = {part: after[name]} if part else after[name]
    places = ("street address", *ADDRESS_PARTS)
    if any(after[name] != before[name] for name in places):
        lines = [line for line in after["street address"].split("\n") if line][:5]
        body[_address(entity)] = {**{f"Line{n}": line for n, line in enumerate(lines, 1)}, **{part: after[part] for part in ADDRESS_PARTS}}
    return body


def _address(entity: Entity) -> str:
    return "BillAddr" if "BillAddr" in entity.members else "PrimaryAddr"
