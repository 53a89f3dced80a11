"""The pages for people: invoices, written, changed, mailed, voided and deleted as in the application."""

from __future__ import annotations

from connectors.sandbox import pages
from connectors.sandbox.quickbooks import invoice_form, sales
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.desk import Desk, Row, version
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import frame, problem
from connectors.sandbox.quickbooks.headers import VOIDED
from connectors.sandbox.server import Reply, Request


def state(row: Row, today: str) -> str:
    """What a person calls the state of an invoice."""
    if str(row.get("PrivateNote", "")).startswith(VOIDED) and not row["TotalAmt"]:
        return "voided"
    if not row["Balance"]:
        return "paid"
    return "overdue" if row["DueDate"] < today else "partly paid" if row["Balance"] < row["TotalAmt"] else "open"


def _cells(company: Company, row: Row) -> tuple[str, ...]:
    sums = (str(row["TotalAmt"]), str(row["Balance"]))
    return row.get("DocNumber") or "without number", row["CustomerRef"]["name"], row["TxnDate"], row["DueDate"], *sums, state(row, company.today())


def _page(company: Company, row: Row | None, request: Request, fault: Fault | None) -> Reply:
    address = f"{DESK.base(company)}/{row['Id'] if row else 'new'}"
    body = problem(fault) + (_summary(company, row) if row else "")
    body += pages.form(address, invoice_form.fields(company, row), options=invoice_form.options(company))
    if row:
        for label, action in (("Mail to the customer", "send"), ("Void", "void"), ("Delete", "delete")):
            body += pages.button(label, f"{address}/{action}")
        body += version(row)
    return frame(f"Invoice {row.get('DocNumber', '')}".strip() if row else "New invoice", body, company, status=400 if fault else 200)


def _summary(company: Company, row: Row) -> str:
    tax = row["TxnTaxDetail"]["TotalTax"]
    words = f"{state(row, company.today()).capitalize()}: total {row['TotalAmt']}, of it tax {tax}, open {row['Balance']}"
    paid = [pages.link(f"Payment {link['TxnId']}", f"/companies/{company.realm}/payment/{link['TxnId']}") for link in row["LinkedTxn"]]
    receive = pages.link("Receive payment", f"/companies/{company.realm}/payment/new?customer={row['CustomerRef']['value']}")
    return pages.note(words) + " ".join([*paid, receive])


DESK = Desk(
    name="Invoice",
    path="invoice",
    opening="New invoice",
    columns=("Number", "Customer", "Date", "Due", "Total", "Open", "State"),
    searched=lambda row: f"{row.get('DocNumber', '')} {row['CustomerRef']['name']}",
    cells=_cells,
    page=_page,
    body=lambda company, request, row: invoice_form.body(company, request.form, row),
    newest_first=True,
)


def routes(app: QuickBooksApp) -> None:
    """Add the pages to an app."""
    DESK.routes(app)
    DESK.editing(app)
    DESK.deed(app, "/send", lambda company, row, request: sales.send(company, row["Id"], ""))
    DESK.deed(app, "/void", lambda company, row, request: company.void("Invoice", row))
    DESK.deed(app, "/delete", lambda company, row, request: company.delete("Invoice", row), stays=False)
