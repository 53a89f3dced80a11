"""Invoices and credit memos: created, changed, voided, deleted, with what follows for customers and payments (reference 5.3, 5.5, 10)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

from connectors.sandbox.quickbooks import headers, payments
from connectors.sandbox.quickbooks.books import Books, cents
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.lines import DISCOUNT, GROUP, SALES, Form, Line, discount, gate, stored_lines, subtotal
from connectors.sandbox.quickbooks.members import cleaned
from connectors.sandbox.quickbooks.shapes import Entity
from connectors.sandbox.quickbooks.tax import NOT_APPLICABLE, taxed
from connectors.sandbox.state import Document

COPIED = {"BillAddr": "BillAddr", "ShipAddr": "ShipAddr", "PrimaryEmailAddr": "BillEmail"}
"""From member to member: what a new form takes over from its customer."""


def create(books: Books, entity: Entity, body: dict[str, Any], flags: AbstractSet[str]) -> Document:
    """Store a new form and give it back as it is read from now on."""
    sent = cleaned(entity, body)
    values = {**books.fresh(entity, sent), "LinkedTxn": []}
    row = _store(books, entity, values, sent, None, flags)
    if entity.name == "Invoice" and books.settings.auto_apply_payments:
        payments.apply_open_credit(books, row)
        return books.read("Invoice", row["Id"])
    return row


def update(books: Books, entity: Entity, old: Document, body: dict[str, Any], flags: AbstractSet[str]) -> Document:
    """Change a form as a whole or in the members sent. A sent Line replaces all lines."""
    headers.refuse_closed(books, old["TxnDate"])
    sent = cleaned(entity, body)
    if body.get("sparse") in (True, "true"):
        values = books.merged(entity, old, sent)
    else:
        values = books.replaced(entity, old, sent)
        sent = {"Line": None, "TxnTaxDetail": None, "CustomField": None, "Deposit": None, **sent}
    return _store(books, entity, values, sent, old, flags)


def void(books: Books, old: Document) -> Document:
    """Everything becomes zero, the lines stay without their rates, the payments lose their link."""
    headers.refuse_closed(books, old["TxnDate"])
    payments.release(books, "Invoice", old["Id"], None)
    row = books.bump(
        "Invoice",
        old["Id"],
        Line=[_zeroed(line) for line in old["Line"]],
        TxnTaxDetail={"TotalTax": 0},
        LinkedTxn=[],
        PrivateNote=headers.void_note(old),
        Deposit=0,
        TotalAmt=0,
        Balance=0,
        **{name: 0 for name in ("HomeTotalAmt", "HomeBalance") if name in old},
    )
    books.shift_balance(old["CustomerRef"]["value"], -old["Balance"])
    return row


def delete(books: Books, entity: Entity, old: Document) -> None:
    """Take a form away. One with payments must lose them first."""
    headers.refuse_closed(books, old["TxnDate"])
    if old["LinkedTxn"]:
        raise Fault("800", f"This {entity.word} is linked to other transactions; unlink them first.")
    books.shift_balance(old["CustomerRef"]["value"], -owed(entity.name, old))
    books.purge(entity.name, old["Id"])


def send(books: Books, row_id: str, address: str) -> Document:
    """Mail an invoice, to its own address or to another one that it keeps from then on; nothing leaves the sandbox."""
    row = books.read("Invoice", row_id)
    target = {"Address": address} if address else row.get("BillEmail")
    if not target:
        raise Fault("6420", "An e-mail address is required because the form is to be sent by e-mail.", element="BillEmail")
    told = {"DeliveryType": "Email", "DeliveryTime": books.touched(row)["LastUpdatedTime"]}
    return books.bump("Invoice", row_id, BillEmail=target, EmailStatus="EmailSent", DeliveryInfo=told)


def owed(name: str, row: Document) -> Decimal:
    """What a form adds to its customer's balance."""
    return Decimal(row["Balance"]) if name == "Invoice" else -Decimal(row["Balance"])


def _store(books: Books, entity: Entity, values: Document, sent: Document, old: Document | None, flags: AbstractSet[str]) -> Document:
    customer = headers.settle_customer(books, values, old)
    values.setdefault("TxnDate", books.today())
    headers.refuse_closed(books, values["TxnDate"])
    headers.settle_currency(books, values, customer)
    if old is None:
        for source, target in COPIED.items():
            if source in customer:
                values.setdefault(target, {k: v for k, v in customer[source].items() if k != "Id"})
    if "DueDate" in entity.members:
        headers.settle_due_date(books, values, customer, old)
    books.refer(entity, values, old)
    if old is None or "CustomField" in sent:
        values["CustomField"] = headers.custom_fields(books, sent.get("CustomField"))
    if values["EmailStatus"] == "NeedToSend" and "BillEmail" not in values:
        raise Fault("6420", "An e-mail address is required because the form is to be sent by e-mail.", element="BillEmail")
    _settle_lines(books, values, sent, old, customer)
    left = _sum(values)
    # The number comes last of all checks: a form that is refused uses none up.
    headers.settle_number(books, entity, values, old, flags)
    return _book(books, entity, values, old, left)


def _settle_lines(books: Books, values: Document, sent: Document, old: Document | None, customer: Document) -> None:
    """Lines, deposit and tax; a tax that was settled before stays as long as neither it nor the lines are sent."""
    if books.american:
        values.pop("GlobalTaxCalculation", None)
    else:
        values.setdefault("GlobalTaxCalculation", "TaxExcluded")
    if old is None or "Line" in sent:
        coded = values.get("GlobalTaxCalculation") != NOT_APPLICABLE
        values["Line"] = stored_lines(books, sent.get("Line"), Form(bool(customer.get("Taxable", True)), coded), old)
        if not books.settings.allow_discount and any(line["DetailType"] == DISCOUNT for line in values["Line"]) and gate(books, DISCOUNT):
            values["Line"] = [line for line in values["Line"] if line["DetailType"] != DISCOUNT]
    if sent.get("Deposit") and not books.settings.allow_deposit and gate(books, "Deposit"):
        values["Deposit"] = 0
    if old is None or "Line" in sent or "TxnTaxDetail" in sent:
        wanted = sent.get("TxnTaxDetail")
        if old and wanted is None and "TxnTaxDetail" not in sent and "TxnTaxCodeRef" in old["TxnTaxDetail"]:
            wanted = {"TxnTaxCodeRef": old["TxnTaxDetail"]["TxnTaxCodeRef"]}
        values["TxnTaxDetail"] = taxed(books, values, wanted)


def _sum(values: Document) -> Decimal:
    """Put the total in; gives what is left of it after the deposit."""
    total = cents(subtotal(values["Line"]) - discount(values["Line"]) + Decimal(values["TxnTaxDetail"]["TotalTax"]))
    if total < 0:
        raise Fault("6000", "Business Validation Error: The total of a transaction must not be below zero.", element="Line")
    left = total - cents(values.get("Deposit", 0))
    if left < 0:
        raise Fault("6000", "Business Validation Error: The deposit is greater than the total.", element="Deposit")
    values["TotalAmt"] = total
    return left


def _book(books: Books, entity: Entity, values: Document, old: Document | None, left: Decimal) -> Document:
    """Take the payments off what is left, store the form and move the balances of its customers."""
    if old:
        excess = payments.applied(books, entity.name, old) - left
        if excess > 0 and entity.name == "CreditMemo":
            raise Fault("6000", "Business Validation Error: More of this credit memo has been applied than would be left.", element="Line")
        if excess > 0:
            payments.release(books, entity.name, old["Id"], excess)
            values["LinkedTxn"] = payments.links(books, entity.name, old["Id"], old["LinkedTxn"])
        left -= payments.applied(books, entity.name, {**old, "LinkedTxn": values["LinkedTxn"]})
    values["Balance"] = left
    if entity.name == "CreditMemo":
        values["RemainingCredit"] = left
    if books.settings.multicurrency:
        rate = Decimal(values["ExchangeRate"])
        values |= {"HomeTotalAmt": cents(values["TotalAmt"] * rate), "HomeBalance": cents(left * rate)}
    row = books.row(entity, values, old)
    books.table(entity.name).put(row)
    if old and old["CustomerRef"]["value"] != row["CustomerRef"]["value"]:
        books.shift_balance(old["CustomerRef"]["value"], -owed(entity.name, old))
        old = None
    books.shift_balance(row["CustomerRef"]["value"], owed(entity.name, row) - (owed(entity.name, old) if old else 0))
    return row


def _zeroed(line: Line) -> Line:
    """A line of a voided form: no amount, no quantity, no rate."""
    found = {**line, **({"Amount": 0} if "Amount" in line else {})}
    detail = line.get(SALES)
    if detail:
        found[SALES] = {**{k: v for k, v in detail.items() if k not in ("UnitPrice", "TaxInclusiveAmt")}, **({"Qty": 0} if "Qty" in detail else {})}
    if GROUP in line:
        found[GROUP] = {**line[GROUP], "Quantity": 0, "Line": [_zeroed(inner) for inner in line[GROUP]["Line"]]}
    return found
