"""Payments as they are written: one invoice each, never more than it is open for. Rules: reference 5.4; not supported: spec R174."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.base import Operation, Values, Write
from connectors.errors import NotFound
from connectors.quickbooks.company import Company
from connectors.quickbooks.errors import PROVIDER_KEY
from connectors.quickbooks.invoice_packing import cents
from connectors.quickbooks.invoices import targets
from connectors.quickbooks.lookup import rows_by_id, searched
from connectors.quickbooks.packing import Body, Name, Packed, Packing, paired, refused
from connectors.quickbooks.payments import only_invoice, paid
from connectors.quickbooks.query import equal
from connectors.quickbooks.shapes import Row
from connectors.quickbooks.values import amount, day, native, nested, number
from connectors.vocabulary import Category

OUTPUT = frozenset({"MetaData", "domain", "sparse", "UnappliedAmt"})
"""Members of a row that QuickBooks makes itself; the others are sent back by an update, which is of the whole row."""


class PaymentPacking(Packing):
    """Payments. They are sent one request after the other, so that two of them see what the first left open of their invoice."""

    in_flight = 1

    def pack(self, writes: Sequence[Write]) -> dict[str, Packed]:
        updates = [write.id for write in writes if write.operation is Operation.UPDATE]
        rows = rows_by_id(self.client, "Payment", updates) if updates else {}
        wanted = [str(write.fields.get("Invoice") or "") for write in writes] + [only_invoice(row) for row in rows.values()]
        invoices = rows_by_id(self.client, "Invoice", [record_id for record_id in wanted if record_id]) if any(wanted) else {}
        if any(write.fields for write in writes):
            _ = self.company.currency
        if any(write.fields.get("Method") for write in writes):
            _ = self.company.methods
        desk = _Desk(self.company, invoices)
        return {write.key: self.worded(write, lambda one: self._one(one, rows, desk)) for write in writes}

    def standing(self, creates: Sequence[Write]) -> dict[Name, Row]:
        """By customer, day, amount, invoice and reference, and only where as many rows as creates fit."""
        alike: dict[object, list[Write]] = {}
        for write in creates:
            alike.setdefault(_sign(write.fields), []).append(write)
        ids = [str(write.fields["Invoice"]) for write in creates if write.fields.get("Invoice")]
        invoices = rows_by_id(self.client, "Invoice", ids) if ids else {}
        searches = []
        for writes in alike.values():
            values = writes[0].fields
            customer = nested(invoices.get(str(values.get("Invoice")), {}), "CustomerRef").get("value")
            when: Any = values.get("TxnDate")
            if customer:
                conditions = (equal("CustomerRef", str(customer)), *([equal("TxnDate", when)] if when else []), self.recently())
                searches.append((self.entity.name, conditions))
        fitting: dict[object, dict[str, Row]] = {}
        for _, row in searched(self.client, searches) if searches else ():
            for sign, writes in alike.items():
                if _fits(writes[0].fields, row):
                    fitting.setdefault(sign, {})[row["Id"]] = row
        return paired(alike, fitting)

    def differing(self, wanted: Values, row: Row) -> list[str]:
        found = super().differing(wanted, row)
        chosen = wanted.get("Method")
        stored = nested(row, "PaymentMethodRef").get("value")
        # A method that the company does not have was never sent.
        if "Method" in wanted and (self.company.methods.get(str(stored)) if stored else None) != (chosen if self._method_id(chosen) else None):
            found.append("Method")
        return found

    def _one(self, write: Write, rows: Mapping[str, Row], desk: _Desk) -> Body | None:
        if write.operation is Operation.CREATE:
            return desk.created(write.fields)
        if write.operation is Operation.DELETE:
            return self.body(write, rows)
        if write.id not in rows:
            raise NotFound("there is no such payment", provider=PROVIDER_KEY)
        return desk.changed(write, rows[write.id]) if write.fields else None

    def _method_id(self, chosen: object) -> str:
        return self.company.method_id(str(chosen)) if chosen else ""


class _Desk:
    """The payments of one request: what each takes is no longer open for the next."""

    def __init__(self, company: Company, invoices: Mapping[str, Row]) -> None:
        self._company = company
        self._invoices = invoices
        self._open = {record_id: amount(row.get("Balance")) for record_id, row in invoices.items()}

    def created(self, values: Values) -> Body:
        invoice = self._invoice(values.get("Invoice"))
        total = self._money(values.get("Amount"))
        self._take(invoice, total, Decimal(0))
        body: Body = {"CustomerRef": {"value": nested(invoice, "CustomerRef").get("value")}, "TotalAmt": total}
        if self._check_currency(values, invoice):
            body["CurrencyRef"] = {"value": nested(invoice, "CurrencyRef").get("value")}
        return {**body, **self._header(values, {}), "Line": [_settling(invoice["Id"], total)]}

    def changed(self, write: Write, current: Row) -> Body:
        """The whole row with what is to be another. Raises Rejected for a payment that is more than the money for one invoice.

        A row that moved on is not judged: its body bears the SyncToken of the write, which QuickBooks refuses, or knows as answered before.
        """
        body = {key: value for key, value in current.items() if key not in OUTPUT}
        body = self._header(write.fields, {**body, "Id": write.id, "SyncToken": write.version, "sparse": False})
        if current["SyncToken"] != write.version:
            return body
        if len(list(targets(current))) != 1 or not only_invoice(current) or amount(current.get("UnappliedAmt")):
            raise refused(Category.PAYMENT_SPLIT, "the payment is over several invoices, or not all of it is applied")
        self._check_currency(write.fields, current)
        return {**body, **self._moved(write.fields, current)}

    def _moved(self, values: Values, current: Row) -> Body:
        """The members that say how much of what a payment settles, where that is to be another."""
        old, own = only_invoice(current), paid(current)
        total = self._money(values["Amount"]) if "Amount" in values else own
        target = str(values.get("Invoice") or old)
        if (target, total) == (old, own):
            return {}
        invoice = self._invoice(target)
        if target != old and nested(invoice, "CustomerRef").get("value") != nested(current, "CustomerRef").get("value"):
            raise refused(Category.PAYMENT_CUSTOMER_DIFFERS, "the invoice belongs to another customer", "Invoice")
        self._take(invoice, total, own if target == old else Decimal(0))
        return {"TotalAmt": total, "Line": [_settling(target, total)]}

    def _header(self, values: Values, body: Body) -> Body:
        found = dict(body)
        for key in ("TxnDate", "PaymentRefNum"):
            if key in values:
                found[key] = native(values[key])
        if "Method" in values:
            found["PaymentMethodRef"] = {"value": self._method_id(values["Method"], nested(body, "PaymentMethodRef").get("value"))}
        return {key: value for key, value in found.items() if value not in ("", {"value": ""})}

    def _method_id(self, wanted: object, current: object) -> str:
        """The company's method of a neutral name, which of several is the one that stands there; "" where it has none."""
        if current and self._company.methods.get(str(current)) == wanted:
            return str(current)
        return self._company.method_id(str(wanted)) if wanted else ""

    def _invoice(self, record_id: object) -> Row:
        found = self._invoices.get(str(record_id or ""))
        if found is None:
            raise refused(Category.DEPENDENCY_FAILING, f"there is no invoice {record_id or ''}".strip(), "Invoice")
        return found

    def _money(self, value: object) -> Decimal:
        total = number(value)
        if total is None or total <= 0 or total != cents(total):
            raise refused(Category.VALUE_INVALID, f"{value} cannot be paid", "Amount")
        return total

    def _take(self, invoice: Row, total: Decimal, own: Decimal) -> None:
        """Reserve an amount of an invoice of which this payment has `own` already."""
        left = self._open.get(invoice["Id"], Decimal(0)) + own
        if total > left:
            words = f"the payment of {cents(total)} is more than the {cents(left)} open on invoice {invoice.get('DocNumber') or invoice['Id']}"
            raise refused(Category.AMOUNT_MISMATCH, words, "Amount")
        self._open[invoice["Id"]] = left - total

    def _check_currency(self, values: Values, document: Row) -> bool:
        """Whether the currency has to be named. Raises Rejected for one that is not that of the document."""
        own, wanted = nested(document, "CurrencyRef").get("value") or self._company.currency, values.get("CurrencyRef")
        if wanted and wanted != own:
            raise refused(Category.CURRENCY_MISMATCH, f"{wanted} is not the currency of the invoice, which is {own}", "CurrencyRef")
        return self._company.multi_currency


def _settling(invoice_id: str, total: Decimal) -> Body:
    return {"Amount": total, "LinkedTxn": [{"TxnId": invoice_id, "TxnType": "Invoice"}]}


def _sign(values: Values) -> object:
    return (values.get("Invoice"), values.get("TxnDate"), values.get("Amount"), _reference(values.get("PaymentRefNum")))


def _fits(values: Values, row: Row) -> bool:
    """Whether a payment is what a create wanted to make."""
    return _sign(values) == (only_invoice(row), day(row.get("TxnDate")), amount(row.get("TotalAmt")), _reference(row.get("PaymentRefNum")))


def _reference(value: object) -> str:
    return str(value or "").strip()
