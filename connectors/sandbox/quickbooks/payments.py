"""Payments: what they settle, what remains of them, and what they do to invoices and credit memos (reference 5.4, 10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.sandbox.quickbooks import headers
from connectors.sandbox.quickbooks.books import Books, cents
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.members import cleaned, number
from connectors.sandbox.quickbooks.transactions import PAYMENT
from connectors.sandbox.state import Document

Line = dict[str, Any]
LINKED = ("Invoice", "CreditMemo")


def create(books: Books, body: dict[str, Any]) -> Document:
    """Store a new payment and give it back as it is read from now on."""
    return _store(books, books.fresh(PAYMENT, cleaned(PAYMENT, body)), None)


def update(books: Books, old: Document, body: dict[str, Any]) -> Document:
    """Change a payment as a whole; lines that are not sent are gone. A sparse update is refused."""
    if body.get("sparse") in (True, "true"):
        raise Fault("2020", "Required parameter Line is missing in the request : a payment can only be updated as a whole", element="Line")
    _refuse_fixed(books, old)
    return _store(books, books.replaced(PAYMENT, old, cleaned(PAYMENT, body)), old)


def void(books: Books, old: Document) -> Document:
    """The payment stays with nothing in it; what it settled is open again."""
    _refuse_fixed(books, old)
    row = books.bump("Payment", old["Id"], TotalAmt=0, UnappliedAmt=0, Line=[], PrivateNote=headers.void_note(old))
    _follow(books, old, row)
    return row


def delete(books: Books, old: Document) -> None:
    """Take a payment away; what it settled is open again."""
    _refuse_fixed(books, old)
    books.purge("Payment", old["Id"])
    _follow(books, old, None)


def deposit(books: Books, payment_id: str, deposited: bool) -> None:
    """Put a payment on a bank deposit or take it off; while it is on one, it cannot be changed."""
    books.read("Payment", payment_id)
    if deposited:
        books.state.put(f"{books.realm}.deposited", payment_id, {"Id": payment_id})
    else:
        books.state.delete(f"{books.realm}.deposited", payment_id)


def is_deposited(books: Books, payment_id: str) -> bool:
    return books.state.get(f"{books.realm}.deposited", payment_id) is not None


def applied(books: Books, name: str, row: Document) -> Decimal:
    """How much of an invoice or a credit memo its payments take."""
    rows = books.table("Payment").rows
    return sum((_taken(rows[link["TxnId"]], name, row["Id"]) for link in row["LinkedTxn"] if link["TxnId"] in rows), Decimal(0))


def links(books: Books, name: str, row_id: str, before: list[Line]) -> list[Line]:
    """Those of a form's links whose payments still settle something of it."""
    rows = books.table("Payment").rows
    return [link for link in before if link["TxnId"] in rows and _taken(rows[link["TxnId"]], name, row_id)]


def release(books: Books, name: str, row_id: str, excess: Decimal | None) -> None:
    """Take money off a form, of the latest payments first, and leave it with them unapplied; None takes all. The form itself is not changed."""
    for link in reversed(books.read(name, row_id)["LinkedTxn"]):
        payment = books.read("Payment", link["TxnId"])
        taken = _taken(payment, name, row_id)
        free = taken if excess is None else min(taken, excess)
        if free:
            excess = None if excess is None else excess - free
            kept = [line for line in payment["Line"] if _target(line) != (name, row_id)]
            if taken > free:
                kept.append(_line(books, name, row_id, taken - free, taken))
            _rewrite(books, payment, kept)


def apply_open_credit(books: Books, invoice: Document) -> None:
    """Let the customer's unapplied payments settle a new invoice, oldest first."""
    for payment_id in list(books.table("Payment").holders("CustomerRef", invoice["CustomerRef"]["value"])):
        payment, open_amount = books.read("Payment", payment_id), Decimal(books.read("Invoice", invoice["Id"])["Balance"])
        amount = min(Decimal(payment["UnappliedAmt"]), open_amount)
        if amount > 0:
            row = _rewrite(books, payment, [*payment["Line"], _line(books, "Invoice", invoice["Id"], amount)])
            _settle(books, "Invoice", invoice["Id"], row)


def _rewrite(books: Books, payment: Document, lines: list[Line]) -> Document:
    """A payment with other lines, as a side effect; its customer's balance moves by what is unapplied now."""
    unapplied = _unapplied(Decimal(payment["TotalAmt"]), lines)
    row = books.bump("Payment", payment["Id"], Line=lines, UnappliedAmt=unapplied)
    books.shift_balance(payment["CustomerRef"]["value"], Decimal(payment["UnappliedAmt"]) - unapplied)
    return row


def _store(books: Books, values: Document, old: Document | None) -> Document:
    customer = headers.settle_customer(books, values, {**old, "LinkedTxn": []} if old else None)
    total = values.get("TotalAmt")
    if total is None:
        raise Fault("2020", "Required parameter TotalAmt is missing in the request", element="TotalAmt")
    if total < 0:
        raise Fault("2140", "The amount of a payment must not be below zero", element="TotalAmt")
    values.setdefault("TxnDate", books.today())
    headers.refuse_closed(books, values["TxnDate"])
    headers.settle_currency(books, values, customer)
    if "DepositToAccountRef" not in values:
        values["DepositToAccountRef"] = {"value": _undeposited_funds(books)}
    books.refer(PAYMENT, values, old)
    values["TotalAmt"] = cents(total)
    values["Line"] = _applied_lines(books, values.get("Line"), customer, old)
    values["UnappliedAmt"] = _unapplied(values["TotalAmt"], values["Line"])
    if values["UnappliedAmt"] < 0:
        raise Fault("6000", "Business Validation Error: The amount applied is greater than the payment.", element="Line")
    row = books.row(PAYMENT, values, old)
    books.table("Payment").put(row)
    _follow(books, old, row)
    return row


def _applied_lines(books: Books, sent: Any, customer: Document, old: Document | None) -> list[Line]:
    """Lines with what is really settled: never more than was open, so that the rest stays unapplied."""
    if sent is None:
        return []
    if not isinstance(sent, list) or not all(isinstance(line, dict) for line in sent):
        raise Fault("2010", "Property Name:Line is not a list of lines", element="Line")
    found: dict[tuple[str, str], Decimal] = {}
    for line in sent:
        amount = number("Line.Amount", line.get("Amount"))
        if amount is None:
            raise Fault("2020", "Required parameter Line.Amount is missing in the request", element="Amount")
        if amount < 0:
            raise Fault("2290", "Negative amounts are not supported on this line", element="Amount")
        target = _target(line)
        name, row_id = target
        row = books.table(name).rows.get(row_id) if name in LINKED else None
        if row is None or not _same_family(books, row["CustomerRef"]["value"], customer["Id"]):
            raise Fault("620", f"Transaction {name} {row_id} cannot be linked", element="LinkedTxn")
        own = _taken(old, name, row_id) if old else Decimal(0)
        room = Decimal(row["Balance"]) + own - found.get(target, Decimal(0))
        found[target] = found.get(target, Decimal(0)) + min(cents(amount), room)
    return [_line(books, *target, amount, _taken(old, *target) if old else Decimal(0)) for target, amount in found.items() if amount > 0]


def _target(line: Line) -> tuple[str, str]:
    """(type, Id) of what a line settles."""
    linked = line.get("LinkedTxn")
    if not isinstance(linked, list) or len(linked) != 1 or not isinstance(linked[0], dict):
        raise Fault("2020", "Required parameter LinkedTxn is missing in the request", element="LinkedTxn")
    return str(linked[0].get("TxnType", "")), str(linked[0].get("TxnId", ""))


def _same_family(books: Books, owner: str, payer: str) -> bool:
    """Whether a payer is the customer of a form or stands above it."""
    while owner != payer:
        parent = books.read("Customer", owner).get("ParentRef")
        if not parent:
            return False
        owner = parent["value"]
    return True


def _line(books: Books, name: str, row_id: str, amount: Decimal, own: Decimal = Decimal(0)) -> Line:
    """A stored line. What was open is told without what this payment took before (`own`)."""
    row = books.read(name, row_id)
    told = {"txnId": row_id, "txnOpenBalance": f"{cents(row['Balance'] + own)}", "txnReferenceNumber": row.get("DocNumber", "")}
    extra = [{"name": "{http://schema.intuit.com/finance/v3}NameValue", "value": {"Name": key, "Value": value}} for key, value in told.items()]
    return {"Amount": amount, "LinkedTxn": [{"TxnId": row_id, "TxnType": name}], "LineEx": {"any": extra}}


def _unapplied(total: Decimal, lines: list[Line]) -> Decimal:
    """What remains of a payment and the credit memos it uses."""
    return total + sum((Decimal(line["Amount"]) * (1 if _target(line)[0] == "CreditMemo" else -1) for line in lines), Decimal(0))


def _taken(payment: Document, name: str, row_id: str) -> Decimal:
    """What a payment takes of one form."""
    return sum((Decimal(line["Amount"]) for line in payment["Line"] if _target(line) == (name, row_id)), Decimal(0))


def _follow(books: Books, old: Document | None, row: Document | None) -> None:
    """Bring the forms of a payment's old and new lines and the customers' balances up to date."""
    payment = row or old or {}
    targets = {_target(line) for version in (old, row) if version for line in version["Line"]}
    for name, row_id in sorted(targets):
        before = _taken(old, name, row_id) if old else 0
        after = _taken(row, name, row_id) if row else 0
        if before != after:
            _settle(books, name, row_id, payment)
    for version, sign in ((old, 1), (row, -1)):
        if version:
            books.shift_balance(version["CustomerRef"]["value"], sign * Decimal(version["UnappliedAmt"]))


def _settle(books: Books, name: str, row_id: str, payment: Document) -> None:
    """Link a form to a payment or unlink it, with the balance that follows; the form gets a new version."""
    form = books.read(name, row_id)
    link = {"TxnId": payment["Id"], "TxnType": "Payment"}
    linked = links(books, name, row_id, [*(one for one in form["LinkedTxn"] if one != link), link])
    left = Decimal(form["TotalAmt"]) - cents(form.get("Deposit", 0)) - applied(books, name, {**form, "LinkedTxn": linked})
    changes: Document = {"LinkedTxn": linked, "Balance": left}
    if name == "CreditMemo":
        changes["RemainingCredit"] = left
    if "HomeBalance" in form:
        changes["HomeBalance"] = cents(left * Decimal(form["ExchangeRate"]))
    books.bump(name, row_id, **changes)
    moved = left - Decimal(form["Balance"])
    books.shift_balance(form["CustomerRef"]["value"], moved if name == "Invoice" else -moved)


def _refuse_fixed(books: Books, old: Document) -> None:
    headers.refuse_closed(books, old["TxnDate"])
    if is_deposited(books, old["Id"]):
        raise Fault("6540", "This transaction has been deposited. Remove it from the deposit before you change or delete it.")


def _undeposited_funds(books: Books) -> str:
    return next(str(row["Id"]) for row in books.table("Account").rows.values() if row.get("AccountSubType") == "UndepositedFunds")
