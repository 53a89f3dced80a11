"""Payments as they are read: the table, what they settle, and how they were made. Members and rules: reference 5.4 and 5.8."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from connectors.base import FieldSpec, FieldType, Option, Value
from connectors.quickbooks.invoices import applied, currency, is_voided, targets
from connectors.quickbooks.shapes import Entity, Facts, Join, Lookup, Row, origin, shown
from connectors.quickbooks.values import amount, nested, number, text

METHODS = (
    Option("card", "Card"),
    Option("ach", "ACH"),
    Option("cash", "Cash"),
    Option("check", "Check"),
    Option("wire_transfer", "Wire transfer"),
    Option("other", "Other"),
)
_PATTERNS = (
    ("wire_transfer", r"\bwire\b"),
    ("ach", r"\bach\b|\beft\b|\be-?che(ck|que)|direct debit|bank transfer"),
    ("check", r"che(ck|que)"),
    ("cash", r"\bcash\b"),
    ("card", r"\bcard\b"),
)
"""How people name what is no credit card; the first pattern that fits counts."""

_FIELDS = (
    FieldSpec("Amount", "Amount", FieldType.NUMBER, "amount", required=True, clearable=False),
    shown("TotalAmt", "Total", FieldType.NUMBER, "total"),
    FieldSpec("TxnDate", "Date", FieldType.DATE, "date", required=True, clearable=False),
    FieldSpec("CurrencyRef", "Currency", meaning="currency", clearable=False),
    FieldSpec("Method", "Method", FieldType.CHOICE, "method", options=METHODS),
    FieldSpec("PaymentRefNum", "Reference", meaning="reference", max_length=21),
    FieldSpec("Invoice", "Invoice", FieldType.REFERENCE, "invoice", required=True, clearable=False, refers="invoice"),
    shown("Invoices", "How many invoices", FieldType.NUMBER, "invoices"),
    shown("Credit", "Only applies a credit", FieldType.BOOLEAN, "credit"),
    shown("Number", "Number of the invoice", meaning="number"),
    shown("Invoice.Balance", "Open balance of the invoice", FieldType.NUMBER, "balance"),
    shown("Link", "Link", FieldType.URL, "link"),
    *origin("Payment id"),
)


def method(row: Row) -> str:
    """The neutral name of a payment method of the company, by its type, then by its name."""
    if row.get("Type") == "CREDIT_CARD":
        return "card"
    name = str(row.get("Name") or "").casefold()
    return next((found for found, pattern in _PATTERNS if re.search(pattern, name)), "other")


def invoice_ids(row: Row) -> list[str]:
    """The invoices that a payment is applied to, each once."""
    return list(dict.fromkeys(target for kind, target, _ in targets(row) if kind == "Invoice"))


def only_invoice(row: Row) -> str:
    """The one invoice that a payment is applied to, or "" where there is none or more than one."""
    found = invoice_ids(row)
    return found[0] if len(found) == 1 else ""


def paid(row: Row) -> Decimal:
    """What the one invoice got; of a payment over several or none, all that is applied."""
    only = only_invoice(row)
    return applied(row, only) if only else amount(row.get("TotalAmt")) - amount(row.get("UnappliedAmt"))


def applies_credit(row: Row) -> bool:
    """Whether no money came in: a credit memo settles an invoice by a payment of nothing."""
    return not amount(row.get("TotalAmt")) and any(True for _ in targets(row))


def _method(row: Row, facts: Facts) -> Value:
    chosen = text(nested(row, "PaymentMethodRef").get("value"))
    return facts.company.methods.get(str(chosen), "other") if chosen else None


def _joined(row: Row, facts: Facts) -> Row:
    return facts.joined.get(only_invoice(row)) or {}


def _join_ids(row: Row) -> Iterator[str]:
    only = only_invoice(row)
    if only:
        yield only


_OF_INVOICE = frozenset({"Number", "Invoice.Balance"})

PAYMENT = Entity(
    "Payment",
    "payment",
    "recvpayment?txnId=",
    _FIELDS,
    title=lambda row: f"Payment {row.get('PaymentRefNum') or row['Id']}",
    lookups={"PaymentRefNum": Lookup("PaymentRefNum", ("Payment",))},
    inactive=lambda row: is_voided(row) and not any(True for _ in targets(row)),
    getters={
        "Amount": lambda row, _: paid(row),
        "CurrencyRef": currency,
        "Method": _method,
        "Invoice": lambda row, _: text(only_invoice(row)),
        "Invoices": lambda row, _: Decimal(len(invoice_ids(row))),
        "Credit": lambda row, _: applies_credit(row),
        "Number": lambda row, facts: text(_joined(row, facts).get("DocNumber")),
        "Invoice.Balance": lambda row, facts: number(_joined(row, facts).get("Balance")),
    },
    asking=frozenset({"CurrencyRef", "Method", *_OF_INVOICE}),
    join=Join("Invoice", _OF_INVOICE, _join_ids),
    deletable=True,
)
