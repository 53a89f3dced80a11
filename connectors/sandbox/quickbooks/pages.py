"""The pages for people: look at a company's customers, vendors and employees, change them, make them inactive or merge customers."""

from __future__ import annotations

from functools import partial
from typing import Any

from connectors.sandbox import pages
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.entities import PEOPLE
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import PAGE, frame, missing, page_number, problem, steps, to
from connectors.sandbox.quickbooks.shapes import PARTS, Entity
from connectors.sandbox.server import Reply, Request

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
        return frame("QuickBooks sandbox", pages.note(words) + pages.table(("Company", "Company id"), rows))

    for address, parameter, name, path in DEEP_LINKS:
        app.route("GET", address)(partial(_deep_link, app, parameter, name, path))

    @app.route("GET", "/companies/{realm}/{entity}")
    def listing(request: Request) -> Reply:
        found = _place(app, request)
        return _listing(*found, request) if found else missing()

    @app.route("GET", "/companies/{realm}/{entity}/new")
    def blank(request: Request) -> Reply:
        found = _place(app, request)
        return _form(*found, "", {}) if found else missing()

    @app.route("POST", "/companies/{realm}/{entity}/new")
    def create(request: Request) -> Reply:
        found = _place(app, request)
        if not found:
            return missing()
        company, entity = found
        try:
            return to(company, entity.path, company.create(entity.name, _body(entity, request.form, {}))["Id"])
        except Fault as fault:
            return _form(company, entity, "", {}, fault)

    @app.route("GET", "/companies/{realm}/{entity}/{id}")
    def show(request: Request) -> Reply:
        found = _place(app, request)
        row = found[0].table(found[1].name).rows.get(request.params["id"]) if found else None
        return _form(*found, request.params["id"], row) if found and row else missing()

    @app.route("POST", "/companies/{realm}/{entity}/{id}")
    def change(request: Request) -> Reply:
        return _act(app, request, lambda company, entity, row: _body(entity, request.form, row))

    @app.route("POST", "/companies/{realm}/{entity}/{id}/active")
    def toggle(request: Request) -> Reply:
        return _act(app, request, lambda company, entity, row: {"Active": not row["Active"]})

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


def _act(app: QuickBooksApp, request: Request, members: Any) -> Reply:
    """Change a row as a person does: on top of whatever it is now."""
    found = _place(app, request)
    row = found[0].table(found[1].name).rows.get(request.params["id"]) if found else None
    if not found or not row:
        return missing()
    company, entity = found
    try:
        company.update(entity.name, {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, **members(company, entity, row)})
    except Fault as fault:
        return _form(company, entity, row["Id"], row, fault)
    return to(company, entity.path, row["Id"])


def _place(app: QuickBooksApp, request: Request) -> tuple[Company, Entity] | None:
    company, entity = app.companies.get(request.params["realm"]), PEOPLE.get(request.params["entity"])
    return (company, entity) if company and entity else None


def _listing(company: Company, entity: Entity, request: Request) -> Reply:
    query = request.query
    words, page = query.get("q", "").strip().casefold(), page_number(request)
    found = [row for row in company.table(entity.name).rows.values() if words in _haystack(row)]
    shown = found[(page - 1) * PAGE : page * PAGE]
    base = f"/companies/{company.realm}/{entity.path}"
    rows = [(pages.link(r["DisplayName"], f"{base}/{r['Id']}"), _email(r), "active" if r["Active"] else "inactive", r["Id"]) for r in shown]
    search = pages.form(base, [("q", "Search", query.get("q", ""))], submit="Search", method="get")
    count = pages.note(f"{len(found)} found")
    listed = pages.table(("Name", "E-mail", "State", "Number"), rows)
    body = pages.link(f"New {entity.word}", f"{base}/new") + search + count + listed + steps(base, words, page, len(found))
    return frame(f"{entity.name}s of {company.profile['name']}", body, company)


def _haystack(row: dict[str, Any]) -> str:
    return f"{row['DisplayName']} {row.get('CompanyName', '')} {_email(row)}".casefold()


def _email(row: dict[str, Any]) -> str:
    return str(row.get("PrimaryEmailAddr", {}).get("Address", ""))


def _form(company: Company, entity: Entity, row_id: str, row: dict[str, Any], fault: Fault | None = None) -> Reply:
    base = f"/companies/{company.realm}/{entity.path}"
    body = problem(fault)
    body += pages.form(f"{base}/{pages.part(row_id) if row_id else 'new'}", _fields(entity, row))
    if row_id:
        body += pages.button("Make inactive" if row["Active"] else "Make active", f"{base}/{row_id}/active")
        body += pages.note(f"Version {row['SyncToken']}, changed {row['MetaData']['LastUpdatedTime']}")
    if row_id and entity.name == "Customer":
        body += pages.form(f"{base}/{row_id}/merge", [("into", "Merge into customer number", "")], submit="Merge")
    return frame(row.get("DisplayName", f"New {entity.word}"), body, company, status=400 if fault else 200)


def _fields(entity: Entity, row: dict[str, Any]) -> list[tuple[str, str, str]]:
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


def _body(entity: Entity, form: dict[str, str], row: dict[str, Any]) -> dict[str, Any]:
    """The members a form changes. What was not changed is not sent, so that an untouched inactive name stays as it is."""
    body: dict[str, Any] = {}
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
