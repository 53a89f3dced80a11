"""Invoices as they are written: lines, currency, custom fields, voiding. Rules: reference 5.3, 5.11, 6 and 8; what is not sent: spec R163, R164."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.base import Line, Lines, Operation, Value, Values, Write
from connectors.quickbooks.invoices import CUSTOM_NUMBERS, SALES, VOID_MARK, custom_value, is_voided
from connectors.quickbooks.lookup import rows_by_value, searched
from connectors.quickbooks.packing import Body, Name, Packing, paired, refused
from connectors.quickbooks.query import Condition, equal
from connectors.quickbooks.shapes import Lookup, Row
from connectors.quickbooks.values import amount, day, native, nested
from connectors.vocabulary import Category

CENT = Decimal("0.01")
SEVEN_PLACES = Decimal("0.0000001")
"""What QuickBooks keeps of quantities and rates (reference 8)."""

NOT_TAXED = {"TaxCodeRef": {"value": "NON"}}
"""Said on every line in the United States, because QuickBooks would else take a default from item and customer (reference 5.3)."""


def packed_lines(content: Value, american: bool) -> list[Body]:
    """Lines as a create sends them. Raises Rejected for what QuickBooks would take otherwise than it is meant."""
    if not isinstance(content, Lines) or not content.lines:
        raise refused(Category.NO_LINE_ITEMS, "the invoice has no line", "Line")
    extra = [*content.adjustments, *(["discount"] if content.discount else []), *(["tax"] if content.tax else [])]
    if extra or content.total < 0:
        raise refused(Category.HEADER_ADJUSTMENT, ", ".join(extra) or f"a total of {content.total}", "Line")
    total = sum((line.amount for line in content.lines), Decimal(0))
    if total != content.total:
        raise refused(Category.AMOUNT_MISMATCH, f"lines of {total} for a total of {content.total}", "Line")
    return [_packed_line(line, number, american) for number, line in enumerate(content.lines, start=1)]


def _packed_line(line: Line, number: int, american: bool) -> Body:
    if not line.product:
        raise refused(Category.INCOME_ACCOUNT_INVALID, f"line {number} sells no item", "Line")
    quantity, price = _seven(line.quantity), _seven(line.price)
    if cents(quantity * price) != line.amount:
        raise refused(Category.AMOUNT_MISMATCH, f"line {number}: {quantity} times {price} is not {line.amount}", "Line")
    detail = {"ItemRef": {"value": line.product}, "Qty": quantity, "UnitPrice": price, **(NOT_TAXED if american else {})}
    words = {"Description": line.text} if line.text else {}
    return {"DetailType": SALES, **words, "Amount": line.amount, SALES: detail}


def cents(value: Decimal) -> Decimal:
    """An amount of money, rounded half up as QuickBooks does (reference 8)."""
    return value.quantize(CENT, ROUND_HALF_UP)


def _seven(value: Decimal) -> Decimal:
    return value if value == value.quantize(CENT) else value.quantize(SEVEN_PLACES, ROUND_HALF_UP).normalize()


def packed_custom(values: Values, expected: Values, current: Row | None, names: Mapping[str, str]) -> list[dict[str, str]]:
    """All custom fields of the company, because a field that is missing from an update loses its value."""
    found = []
    for number, name in sorted(names.items()):
        key = f"CustomField.{number}"
        known = values if key in values else expected
        value = known[key] if key in known else custom_value(current or {}, number)
        found.append({"DefinitionId": number, "Type": "StringType", "Name": name, "StringValue": str(native(value))})
    return found


def _custom_keys(values: Iterable[str]) -> list[str]:
    return [key for key in values if key.startswith("CustomField.")]


class InvoicePacking(Packing):
    """Invoices. Lines are sent by a create only; voiding takes a request of its own."""

    def prepare(self, writes: Sequence[Write]) -> None:
        if any(write.operation is Operation.CREATE for write in writes):
            _ = self.company.american
        keys = {key for write in writes for key in write.fields}
        if "CurrencyRef" in keys:
            _ = self.company.currency
        if _custom_keys(keys):
            _ = self.company.custom_names

    def needs_current(self, write: Write) -> bool:
        known = write.fields.keys() | write.expected.keys()
        rest = [f"CustomField.{n}" for n in CUSTOM_NUMBERS if f"CustomField.{n}" not in known]
        return super().needs_current(write) or bool(rest and _custom_keys(write.fields))

    def created(self, values: Values) -> Body:
        if values.get("Voided"):
            raise refused(Category.VALUE_INVALID, "a voided invoice is not made anew", "Voided")
        lines = packed_lines(values.get("Line"), self.company.american)
        plain = super().created(self._plain(values))
        custom = [entry for entry in self._custom(values, {}, None) if entry["StringValue"]]
        return {**plain, **({"CustomField": custom} if custom else {}), "Line": lines}

    def changed(self, values: Values, expected: Values, current: Row | None) -> Body:
        body = super().changed(self._plain(values), expected, current)
        if "PrivateNote" in body:
            body["PrivateNote"] = _still_voided(str(body["PrivateNote"]), str(expected.get("PrivateNote") or ""))
        custom = self._custom(values, expected, current)
        return {**body, **({"CustomField": custom} if custom else {})}

    def voids(self, write: Write) -> bool:
        return write.operation is Operation.UPDATE and write.fields.get("Voided") is True

    def differing(self, wanted: Values, row: Row) -> list[str]:
        note = str(wanted.get("PrivateNote") or "")
        marked = is_voided(row) and str(row.get("PrivateNote") or "").endswith(note)
        skipped = {"Voided"} if not wanted.get("Voided") else set()
        return super().differing({k: v for k, v in wanted.items() if k not in skipped and not (k == "PrivateNote" and marked)}, row)

    def standing(self, creates: Sequence[Write]) -> dict[Name, Row]:
        """By number; without one by customer, day and total, and then only where as many rows as creates fit."""
        numbered = {str(write.fields["DocNumber"]).strip(): write for write in creates if write.fields.get("DocNumber")}
        found: dict[Name, Row] = {}
        for _, row in rows_by_value(self.client, Lookup("DocNumber", (self.entity.name,)), numbered) if numbered else ():
            write = numbered.get(str(row.get("DocNumber") or "").strip())
            if write and write.name not in found and _fits(write.fields, row):
                found[write.name] = row
        return {**found, **self._unnumbered([write for write in creates if not write.fields.get("DocNumber")])}

    def _unnumbered(self, creates: Sequence[Write]) -> dict[Name, Row]:
        alike: dict[object, list[Write]] = {}
        for write in creates:
            alike.setdefault(_sign(write.fields), []).append(write)
        fitting: dict[object, dict[str, Row]] = {}
        searches = [(self.entity.name, (*_conditions(writes[0].fields), self.recently())) for writes in alike.values()]
        for _, row in searched(self.client, searches) if searches else ():
            for sign, writes in alike.items():
                if _fits(writes[0].fields, row) and not self.differing({"Line": writes[0].fields.get("Line")}, row):
                    fitting.setdefault(sign, {})[row["Id"]] = row
        return paired(alike, fitting)

    def _plain(self, values: Values) -> dict[str, Value]:
        """The members that need no word of their own. A currency is named only where the company uses several (reference 8)."""
        plain = {key: value for key, value in values.items() if key not in ("Line", "Voided") and not key.startswith("CustomField.")}
        wanted = plain.get("CurrencyRef")
        if "CurrencyRef" in plain and not (wanted and self.company.multi_currency):
            if wanted and wanted != self.company.currency:
                raise refused(Category.CURRENCY_MISMATCH, f"{wanted} is not used in QuickBooks", "CurrencyRef")
            del plain["CurrencyRef"]
        return plain

    def _custom(self, values: Values, expected: Values, current: Row | None) -> list[dict[str, str]]:
        written = _custom_keys(values)
        if not written:
            return []
        names = self.company.custom_names
        unknown = [key for key in written if key.partition(".")[2] not in names and values[key]]
        if unknown:
            raise refused(Category.MAPPING_BROKEN, "the custom field is not in use", unknown[0])
        return packed_custom(values, expected, current, names)


def _still_voided(note: str, before: str) -> str:
    """A note with the word that marks a voided invoice, if that stood there: QuickBooks has no other sign of it."""
    if not before.startswith(VOID_MARK) or note.startswith(VOID_MARK):
        return note
    return f"{VOID_MARK} - {note}" if note else VOID_MARK


def _fits(wanted: Values, row: Row) -> bool:
    """Whether a row has customer, day and total of a create; one voided since has no total."""
    content = wanted.get("Line")
    total = content.total if isinstance(content, Lines) else None
    same_day = wanted.get("TxnDate") in (None, day(row.get("TxnDate")))
    same_total = amount(row.get("TotalAmt")) == total or is_voided(row)
    return nested(row, "CustomerRef").get("value") == wanted.get("CustomerRef") and same_day and same_total


def _sign(wanted: Values) -> object:
    content = wanted.get("Line")
    return (wanted.get("CustomerRef"), wanted.get("TxnDate"), content if isinstance(content, Lines) else None)


def _conditions(wanted: Values) -> tuple[Condition, ...]:
    when: Any = wanted.get("TxnDate")
    return (equal("CustomerRef", str(wanted.get("CustomerRef") or "")), *([equal("TxnDate", when)] if when else []))
