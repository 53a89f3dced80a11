"""The pages for people: payments received, deposited, voided and deleted."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.sandbox import pages
from connectors.sandbox.quickbooks import payments
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.desk import Desk, Row, version
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import frame, problem
from connectors.sandbox.server import Reply, Request

TEXTS = {"TotalAmt": "Amount received", "TxnDate": "Date", "PaymentRefNum": "Reference", "PrivateNote": "Note to self"}


def _cells(company: Company, row: Row) -> tuple[str, ...]:
    amounts = (str(row["TotalAmt"]), str(row["UnappliedAmt"]))
    return f"Payment {row['Id']}", row["CustomerRef"]["name"], row["TxnDate"], *amounts, row.get("PaymentRefNum", "")


def _page(company: Company, row: Row | None, request: Request, fault: Fault | None) -> Reply:
    if row is None:
        return _receive(company, request.form.get("customer", "") or request.query.get("customer", ""), fault)
    base = f"{DESK.base(company)}/{row['Id']}"
    deposited = payments.is_deposited(company, row["Id"])
    words = f"{row['CustomerRef']['name']} paid {row['TotalAmt']} on {row['TxnDate']}, not applied {row['UnappliedAmt']}"
    lines = [(link["TxnType"], link["TxnId"], str(line["Amount"])) for line in row["Line"] for link in line["LinkedTxn"]]
    body = problem(fault) + pages.note(words) + pages.table(("Form", "Number", "Amount"), lines)
    body += pages.button("Take off the deposit" if deposited else "Deposit at the bank", f"{base}/deposit")
    body += pages.button("Void", f"{base}/void") + pages.button("Delete", f"{base}/delete") + version(row)
    return frame(f"Payment {row['Id']}", body, company, status=400 if fault else 200)


def _receive(company: Company, customer: str, fault: Fault | None) -> Reply:
    """First the customer, by name or number; then the amounts."""
    base = f"{DESK.base(company)}/new"
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


def _body(company: Company, request: Request, row: Row | None) -> Row:
    form = request.form
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


DESK = Desk(
    name="Payment",
    path="payment",
    opening="Receive payment",
    columns=("Payment", "Customer", "Date", "Amount", "Not applied", "Reference"),
    searched=lambda row: f"{row['CustomerRef']['name']} {row.get('PaymentRefNum', '')}",
    cells=_cells,
    page=_page,
    body=_body,
    newest_first=True,
)


def routes(app: QuickBooksApp) -> None:
    """Add the pages to an app."""
    DESK.routes(app)
    DESK.deed(app, "/deposit", lambda company, row, request: payments.deposit(company, row["Id"], not payments.is_deposited(company, row["Id"])))
    DESK.deed(app, "/void", lambda company, row, request: company.void("Payment", row))
    DESK.deed(app, "/delete", lambda company, row, request: company.delete("Payment", row), stays=False)
