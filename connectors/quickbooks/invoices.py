"""Invoices as they are read: the table, the lines, and what follows from the amounts. Members and rules: reference 5.3 and 6; states: spec R170."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.base import FieldSpec, FieldType, Line, Lines, Option, Value
from connectors.quickbooks.shapes import Entity, Facts, Join, Lookup, Row, address, origin, reference, shown
from connectors.quickbooks.values import amount, day, nested, number, text

VOID_MARK = "Voided"
CUSTOM_NUMBERS = ("1", "2", "3")
"""Sales forms show three custom fields to programs (reference 5.11)."""

SALES, GROUP, DISCOUNT, SUBTOTAL, WORDS = (
    "SalesItemLineDetail", "GroupLineDetail", "DiscountLineDetail", "SubTotalLineDetail", "DescriptionOnly",
)  # fmt: skip
NO_PRODUCT = frozenset({"SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"})
"""What stands in place of an item on a line that sells none."""

NONE, ONE = Decimal(0), Decimal(1)

_STATES = (Option("open", "Open"), Option("paid", "Paid"), Option("voided", "Voided"))
_PAYMENT_STATES = (Option("unpaid", "Unpaid"), Option("partially_paid", "Partially paid"), Option("paid", "Paid"), Option("voided", "Voided"))

_FIELDS = (
    FieldSpec("DocNumber", "Number", meaning="number", unique=True, clearable=False, max_length=21),
    FieldSpec("CustomerRef", "Customer", FieldType.REFERENCE, "contact", required=True, clearable=False, refers="contact"),
    FieldSpec("Line", "Lines", FieldType.LINES, "lines", required=True, clearable=False),
    FieldSpec("TxnDate", "Date", FieldType.DATE, "invoice_date", clearable=False),
    FieldSpec("DueDate", "Due date", FieldType.DATE, "due_date"),
    FieldSpec("CurrencyRef", "Currency", meaning="currency", clearable=False),
    FieldSpec("Status", "Status", FieldType.CHOICE, "status", read_only=True, options=_STATES),
    FieldSpec("Voided", "Voided", FieldType.BOOLEAN, "voided"),
    FieldSpec("PaymentStatus", "Payment status", FieldType.CHOICE, "payment_status", read_only=True, options=_PAYMENT_STATES),
    shown("TotalAmt", "Total", FieldType.NUMBER, "total"),
    shown("Balance", "Open balance", FieldType.NUMBER, "balance"),
    shown("Paid", "Paid amount", FieldType.NUMBER, "paid"),
    shown("TotalTax", "Tax", FieldType.NUMBER, "tax"),
    shown("Discount", "Discount", FieldType.NUMBER, "discount"),
    shown("LastPayment.Date", "Date of the last payment", FieldType.DATE, "last_payment_date"),
    shown("LastPayment.Amount", "Amount of the last payment", FieldType.NUMBER, "last_payment_amount"),
    shown("Link", "Link", FieldType.URL, "link"),
    FieldSpec("CustomerMemo.value", "Message to the customer", meaning="comments", max_length=1000),
    FieldSpec("PrivateNote", "Note to self", meaning="note", max_length=4000),
    FieldSpec("BillEmail.Address", "Recipient", FieldType.EMAIL, "recipient_email", max_length=100),
    *address("BillAddr", "Billing", ("bill_street", "bill_city", "bill_state", "bill_postal_code", "bill_country")),
    *address("ShipAddr", "Shipping"),
    reference("SalesTermRef", "Terms"),
    FieldSpec("TrackingNum", "Tracking number", max_length=31),
    FieldSpec("ShipDate", "Shipping date", FieldType.DATE),
    reference("ShipMethodRef", "Shipping method"),
    *origin("Invoice id"),
)
_CUSTOM = tuple(FieldSpec(f"CustomField.{n}", f"Custom field {n}", custom=True, max_length=31) for n in CUSTOM_NUMBERS)


def is_voided(row: Row) -> bool:
    """Whether a sales form or payment was voided: nothing is left of its amount, and the note says so (reference 5.3, 5.4)."""
    return not amount(row.get("TotalAmt")) and str(row.get("PrivateNote") or "").startswith(VOID_MARK)


def status(row: Row) -> str:
    """open, paid or voided. There is no such member: it follows from the amounts."""
    if is_voided(row):
        return "voided"
    return "open" if amount(row.get("Balance")) else "paid"


def payment_status(row: Row) -> str:
    """unpaid, partially_paid, paid or voided."""
    found = status(row)
    if found != "open":
        return found
    return "partially_paid" if amount(row.get("Balance")) < amount(row.get("TotalAmt")) else "unpaid"


def content(row: Row) -> Lines:
    """What an invoice sells. Where QuickBooks' own numbers do not add up, neither do these."""
    rows = list(_rows(row.get("Line")))
    lines = tuple(_line(one) for one in rows if one.get("DetailType") not in (SUBTOTAL, DISCOUNT))
    return Lines(lines, amount(row.get("TotalAmt")), discount(row), total_tax(row))


def _rows(lines: Any) -> Iterator[Row]:
    """Every line; of a bundle those it consists of, which alone carry its amounts."""
    for line in lines if isinstance(lines, list | tuple) else ():
        if not isinstance(line, Mapping):
            continue
        if line.get("DetailType") == GROUP:
            yield from _rows(nested(line, GROUP).get("Line"))
        else:
            yield line


def _line(row: Row) -> Line:
    """One line. Quantity and rate count only together; the amount always does."""
    detail = nested(row, SALES)
    item = nested(detail, "ItemRef")
    product = str(item.get("value") or "")
    total = NONE if row.get("DetailType") == WORDS else amount(row.get("Amount"))
    quantity, price = number(detail.get("Qty")), number(detail.get("UnitPrice"))
    if quantity is None or price is None:
        quantity, price = ONE, total
    return Line(
        text=str(row.get("Description") or ""),
        quantity=quantity,
        price=price,
        amount=total,
        product="" if product in NO_PRODUCT else product,
        name=str(item.get("name") or ""),
        id=str(row.get("Id") or ""),
    )


def discount(row: Row) -> Decimal:
    """What the document's discount takes off; a percentage carries its amount too."""
    return sum((amount(line.get("Amount")) for line in _rows(row.get("Line")) if line.get("DetailType") == DISCOUNT), NONE)


def total_tax(row: Row) -> Decimal:
    return amount(nested(row, "TxnTaxDetail").get("TotalTax"))


def payment_ids(row: Row) -> Iterator[str]:
    """The Ids of the payments an invoice is linked to."""
    links = row.get("LinkedTxn")
    for link in links if isinstance(links, list | tuple) else ():
        if isinstance(link, Mapping) and link.get("TxnType") == "Payment" and link.get("TxnId"):
            yield str(link["TxnId"])


def applied(payment: Row, invoice_id: str) -> Decimal:
    """How much of a payment goes to an invoice."""
    return sum((part for kind, target, part in targets(payment) if (kind, target) == ("Invoice", invoice_id)), NONE)


def targets(payment: Row) -> Iterator[tuple[str, str, Decimal]]:
    """(type, Id, amount) of everything a payment settles or uses."""
    for line in _rows(payment.get("Line")):
        links = line.get("LinkedTxn")
        for link in links if isinstance(links, list | tuple) else ():
            if isinstance(link, Mapping) and link.get("TxnId"):
                yield str(link.get("TxnType") or ""), str(link["TxnId"]), amount(line.get("Amount"))


def _last_payment(row: Row, facts: Facts) -> tuple[date, Decimal] | None:
    """(day, amount for this invoice) of the latest payment."""
    found = [(day(p.get("TxnDate")), str(p["Id"]), p) for p in (facts.joined.get(i) for i in payment_ids(row)) if p]
    dated = [(when, len(payment_id), payment_id, payment) for when, payment_id, payment in found if when]
    if not dated:
        return None
    when, _, _, payment = max(dated, key=lambda one: one[:3])
    return when, applied(payment, row["Id"])


def _last_date(row: Row, facts: Facts) -> Value:
    found = _last_payment(row, facts)
    return found[0] if found else None


def _last_amount(row: Row, facts: Facts) -> Value:
    found = _last_payment(row, facts)
    return found[1] if found else None


def currency(row: Row, facts: Facts) -> Value:
    """The currency of a document; one that names none is in the home currency."""
    return text(nested(row, "CurrencyRef").get("value")) or text(facts.company.currency)


def custom_value(row: Row, definition: str) -> Value:
    """The value of a custom field by its DefinitionId."""
    entries = row.get("CustomField")
    for entry in entries if isinstance(entries, list | tuple) else ():
        if isinstance(entry, Mapping) and str(entry.get("DefinitionId")) == definition:
            return text(entry.get("StringValue"))
    return None


def _custom(definition: str) -> Any:
    return lambda row, _: custom_value(row, definition)


_LAST = frozenset({"LastPayment.Date", "LastPayment.Amount"})

INVOICE = Entity(
    "Invoice",
    "invoice",
    "invoice?txnId=",
    _FIELDS,
    title=lambda row: str(row.get("DocNumber") or row["Id"]),
    lookups={"DocNumber": Lookup("DocNumber", ("Invoice", "CreditMemo"))},
    inactive=lambda row: False,
    getters={
        "Line": lambda row, _: content(row),
        "CurrencyRef": currency,
        "Status": lambda row, _: status(row),
        "Voided": lambda row, _: is_voided(row),
        "PaymentStatus": lambda row, _: payment_status(row),
        "Paid": lambda row, _: amount(row.get("TotalAmt")) - amount(row.get("Balance")),
        "TotalTax": lambda row, _: total_tax(row),
        "Discount": lambda row, _: discount(row),
        "LastPayment.Date": _last_date,
        "LastPayment.Amount": _last_amount,
        **{spec.key: _custom(spec.key.partition(".")[2]) for spec in _CUSTOM},
    },
    asking=frozenset({"CurrencyRef", *_LAST}),
    custom=_CUSTOM,
    join=Join("Payment", _LAST, payment_ids),
    born_with=frozenset({"Line"}),
    deletable=True,
)


def custom_names(preferences: Row) -> dict[str, str]:
    """The names of the custom fields that sales forms use, by DefinitionId. Two lists tell of them, of flags and of names (reference 5.11)."""
    told: dict[str, Any] = {}
    wrappers = nested(preferences, "SalesFormsPrefs").get("CustomField")
    for wrapper in wrappers if isinstance(wrappers, list | tuple) else ():
        for entry in nested({"": wrapper}, "").get("CustomField") or ():
            told[str(entry.get("Name"))] = entry.get("BooleanValue") if entry.get("Type") == "BooleanType" else entry.get("StringValue")
    return {
        n: str(told.get(f"SalesFormsPrefs.SalesCustomName{n}") or f"Custom field {n}")
        for n in CUSTOM_NUMBERS
        if told.get(f"SalesFormsPrefs.UseSalesCustom{n}") in (True, "true")
    }


def with_custom(fields: Sequence[FieldSpec], preferences: Row) -> tuple[FieldSpec, ...]:
    """The fields and, by label, the custom ones that the company uses."""
    names = custom_names(preferences)
    used = (replace(spec, label=names[n]) for n, spec in zip(CUSTOM_NUMBERS, _CUSTOM, strict=True) if n in names)
    return (*fields, *sorted(used, key=lambda spec: spec.label.casefold()))
