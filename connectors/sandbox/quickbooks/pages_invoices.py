"""The pages for people: invoices, written, changed, mailed, voided and deleted as in the application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.sandbox import pages
from connectors.sandbox.quickbooks import invoice_form, sales
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import PAGE, frame, missing, page_number, problem, steps, to
from connectors.sandbox.quickbooks.headers import VOIDED
from connectors.sandbox.server import Reply, Request

Row = dict[str, Any]
BASE = "/companies/{realm}/invoice"
COLUMNS = ("Number", "Customer", "Date", "Due", "Total", "Open", "State")


def routes(app: QuickBooksApp) -> None:
    """Add the pages to an app."""

    @app.route("GET", BASE)
    def listing(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        return _listing(company, request) if company else missing()

    @app.route("GET", BASE + "/new")
    def blank(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        return _page(company, None) if company else missing()

    @app.route("POST", BASE + "/new")
    def create(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        if not company:
            return missing()
        try:
            return to(company, "invoice", company.create("Invoice", invoice_form.body(company, request.form, None))["Id"])
        except Fault as fault:
            return _page(company, None, fault)

    @app.route("GET", BASE + "/{id}")
    def show(request: Request) -> Reply:
        company, row = _place(app, request)
        return _page(company, row) if company and row else missing()

    @app.route("POST", BASE + "/{id}")
    def change(request: Request) -> Reply:
        return _act(app, request, lambda company, row: company.update("Invoice", _edit(company, request, row)))

    @app.route("POST", BASE + "/{id}/send")
    def send(request: Request) -> Reply:
        return _act(app, request, lambda company, row: sales.send(company, row["Id"], ""))

    @app.route("POST", BASE + "/{id}/void")
    def void(request: Request) -> Reply:
        return _act(app, request, lambda company, row: company.void("Invoice", row))

    @app.route("POST", BASE + "/{id}/delete")
    def delete(request: Request) -> Reply:
        return _act(app, request, lambda company, row: company.delete("Invoice", row), stays=False)


def state(row: Row, today: str) -> str:
    """What a person calls the state of an invoice."""
    if str(row.get("PrivateNote", "")).startswith(VOIDED) and not row["TotalAmt"]:
        return "voided"
    if not row["Balance"]:
        return "paid"
    return "overdue" if row["DueDate"] < today else "partly paid" if row["Balance"] < row["TotalAmt"] else "open"


def _act(app: QuickBooksApp, request: Request, act: Callable[[Company, Row], object], *, stays: bool = True) -> Reply:
    """Do something with an invoice as it is now, and go back to it or, when it is gone, to the list."""
    company, row = _place(app, request)
    if not company or not row:
        return missing()
    try:
        act(company, row)
    except Fault as fault:
        return _page(company, row, fault)
    return to(company, "invoice", row["Id"] if stays else "")


def _edit(company: Company, request: Request, row: Row) -> Row:
    return {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, **invoice_form.body(company, request.form, row)}


def _place(app: QuickBooksApp, request: Request) -> tuple[Company | None, Row | None]:
    company = app.companies.get(request.params["realm"])
    return company, company.table("Invoice").rows.get(request.params["id"]) if company else None


def _listing(company: Company, request: Request) -> Reply:
    words, number = request.query.get("q", "").strip().casefold(), page_number(request)
    rows = reversed(company.table("Invoice").rows.values())
    found = [row for row in rows if words in f"{row.get('DocNumber', '')} {row['CustomerRef']['name']}".casefold()]
    base, today = BASE.format(realm=company.realm), company.today()
    shown = [
        (
            pages.link(row.get("DocNumber") or "without number", f"{base}/{row['Id']}"),
            row["CustomerRef"]["name"],
            row["TxnDate"],
            row["DueDate"],
            str(row["TotalAmt"]),
            str(row["Balance"]),
            state(row, today),
        )
        for row in found[(number - 1) * PAGE : number * PAGE]
    ]
    body = pages.link("New invoice", f"{base}/new") + pages.form(base, [("q", "Search", request.query.get("q", ""))], submit="Search", method="get")
    body += pages.note(f"{len(found)} found") + pages.table(COLUMNS, shown)
    return frame(f"Invoices of {company.profile['name']}", body + steps(base, words, number, len(found)), company)


def _page(company: Company, row: Row | None, fault: Fault | None = None) -> Reply:
    base = BASE.format(realm=company.realm)
    address = f"{base}/{row['Id'] if row else 'new'}"
    body = problem(fault) + (_summary(company, row) if row else "")
    body += pages.form(address, invoice_form.fields(company, row), options=invoice_form.options(company))
    if row:
        for label, action in (("Mail to the customer", "send"), ("Void", "void"), ("Delete", "delete")):
            body += pages.button(label, f"{address}/{action}")
        body += pages.note(f"Version {row['SyncToken']}, changed {row['MetaData']['LastUpdatedTime']}")
    return frame(f"Invoice {row.get('DocNumber', '')}".strip() if row else "New invoice", body, company, status=400 if fault else 200)


def _summary(company: Company, row: Row) -> str:
    tax = row["TxnTaxDetail"]["TotalTax"]
    words = f"{state(row, company.today()).capitalize()}: total {row['TotalAmt']}, of it tax {tax}, open {row['Balance']}"
    paid = [pages.link(f"Payment {link['TxnId']}", f"/companies/{company.realm}/payment/{link['TxnId']}") for link in row["LinkedTxn"]]
    receive = pages.link("Receive payment", f"/companies/{company.realm}/payment/new?customer={row['CustomerRef']['value']}")
    return pages.note(words) + " ".join([*paid, receive])
