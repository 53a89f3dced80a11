"""The pages for people: payments received, deposited, voided and deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from connectors.sandbox import pages
from connectors.sandbox.quickbooks import payments
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import PAGE, frame, missing, page_number, problem, steps, to
from connectors.sandbox.server import Reply, Request

Row = dict[str, Any]
BASE = "/companies/{realm}/payment"
TEXTS = {"TotalAmt": "Amount received", "TxnDate": "Date", "PaymentRefNum": "Reference", "PrivateNote": "Note to self"}


def routes(app: QuickBooksApp) -> None:
    """Add the pages to an app."""

    @app.route("GET", BASE)
    def listing(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        return _listing(company, request) if company else missing()

    @app.route("GET", BASE + "/new")
    def blank(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        return _receive(company, request.query.get("customer", "")) if company else missing()

    @app.route("POST", BASE + "/new")
    def receive(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        if not company:
            return missing()
        try:
            return to(company, "payment", company.create("Payment", _body(company, request.form))["Id"])
        except Fault as fault:
            return _receive(company, request.form.get("customer", ""), fault)

    @app.route("GET", BASE + "/{id}")
    def show(request: Request) -> Reply:
        company, row = _place(app, request)
        return _page(company, row) if company and row else missing()

    @app.route("POST", BASE + "/{id}/deposit")
    def deposit(request: Request) -> Reply:
        return _act(app, request, lambda company, row: payments.deposit(company, row["Id"], not payments.is_deposited(company, row["Id"])))

    @app.route("POST", BASE + "/{id}/void")
    def void(request: Request) -> Reply:
        return _act(app, request, lambda company, row: company.void("Payment", row))

    @app.route("POST", BASE + "/{id}/delete")
    def delete(request: Request) -> Reply:
        return _act(app, request, lambda company, row: company.delete("Payment", row), stays=False)


def _act(app: QuickBooksApp, request: Request, act: Callable[[Company, Row], object], *, stays: bool = True) -> Reply:
    company, row = _place(app, request)
    if not company or not row:
        return missing()
    try:
        act(company, row)
    except Fault as fault:
        return _page(company, row, fault)
    return to(company, "payment", row["Id"] if stays else "")


def _place(app: QuickBooksApp, request: Request) -> tuple[Company | None, Row | None]:
    company = app.companies.get(request.params["realm"])
    return company, company.table("Payment").rows.get(request.params["id"]) if company else None


def _listing(company: Company, request: Request) -> Reply:
    words, number = request.query.get("q", "").strip().casefold(), page_number(request)
    rows = reversed(company.table("Payment").rows.values())
    found = [row for row in rows if words in f"{row['CustomerRef']['name']} {row.get('PaymentRefNum', '')}".casefold()]
    base = BASE.format(realm=company.realm)
    shown = [
        (
            pages.link(f"Payment {row['Id']}", f"{base}/{row['Id']}"),
            row["CustomerRef"]["name"],
            row["TxnDate"],
            str(row["TotalAmt"]),
            str(row["UnappliedAmt"]),
            row.get("PaymentRefNum", ""),
        )
        for row in found[(number - 1) * PAGE : number * PAGE]
    ]
    search = pages.form(base, [("q", "Search", request.query.get("q", ""))], submit="Search", method="get")
    table = pages.table(("Payment", "Customer", "Date", "Amount", "Not applied", "Reference"), shown)
    body = pages.link("Receive payment", f"{base}/new") + search + pages.note(f"{len(found)} found") + table
    return frame(f"Payments of {company.profile['name']}", body + steps(base, words, number, len(found)), company)


def _page(company: Company, row: Row, fault: Fault | None = None) -> Reply:
    base = f"{BASE.format(realm=company.realm)}/{row['Id']}"
    deposited = payments.is_deposited(company, row["Id"])
    words = f"{row['CustomerRef']['name']} paid {row['TotalAmt']} on {row['TxnDate']}, not applied {row['UnappliedAmt']}"
    lines = [(link["TxnType"], link["TxnId"], str(line["Amount"])) for line in row["Line"] for link in line["LinkedTxn"]]
    body = problem(fault) + pages.note(words) + pages.table(("Form", "Number", "Amount"), lines)
    body += pages.button("Take off the deposit" if deposited else "Deposit at the bank", f"{base}/deposit")
    body += pages.button("Void", f"{base}/void") + pages.button("Delete", f"{base}/delete")
    body += pages.note(f"Version {row['SyncToken']}, changed {row['MetaData']['LastUpdatedTime']}")
    return frame(f"Payment {row['Id']}", body, company, status=400 if fault else 200)


def _receive(company: Company, customer: str, fault: Fault | None = None) -> Reply:
    """First the customer, by name or number; then the amounts."""
    base = f"{BASE.format(realm=company.realm)}/new"
    table = company.table("Customer")
    customer = next(table.holders("DisplayName", customer), customer)
    if customer not in table.rows:
        return frame("Receive payment", problem(fault) + pages.form(base, [("customer", "Customer", customer)], submit="Next", method="get"), company)
    fields = [("customer", f"Customer number of {table.rows[customer]['DisplayName']}", customer)]
    fields += [(name, label, company.today() if name == "TxnDate" else "") for name, label in TEXTS.items()]
    fields.append(("PaymentMethodRef", "Method", ""))
    fields += [(f"{kind} {row['Id']}", f"{kind} {row.get('DocNumber', '')}: open {row['Balance']}", "") for kind, row in _open(company, customer)]
    methods = [("", ""), *((row["Id"], row["Name"]) for row in company.table("PaymentMethod").rows.values() if row["Active"])]
    body = problem(fault) + pages.form(base, fields, options={"PaymentMethodRef": methods})
    return frame("Receive payment", body, company, status=400 if fault else 200)


def _open(company: Company, customer: str) -> Iterator[tuple[str, Row]]:
    for kind in payments.LINKED:
        for row_id in company.table(kind).holders("CustomerRef", customer):
            row = company.read(kind, row_id)
            if row["Balance"]:
                yield kind, row


def _body(company: Company, form: dict[str, str]) -> Row:
    body: Row = {name: form.get(name, "").strip() for name in TEXTS}
    customer = company.table("Customer").rows.get(form.get("customer", ""), {})
    body["CustomerRef"] = {"value": form.get("customer", "")}
    body["PaymentMethodRef"] = {"value": form.get("PaymentMethodRef", "")}
    if company.settings.multicurrency:
        body["CurrencyRef"] = customer.get("CurrencyRef")
    body["Line"] = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": name.split()[1], "TxnType": name.split()[0]}]}
        for name, amount in form.items()
        if amount.strip() and name.partition(" ")[0] in payments.LINKED
    ]
    return body
