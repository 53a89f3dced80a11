"""Sales tax of a form: the older and the automated engine of US companies, and tax codes on lines everywhere else (reference section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from connectors.sandbox.quickbooks.books import Books, cents
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.lines import SALES, Line, discount, sold, subtotal
from connectors.sandbox.quickbooks.members import number, reference
from connectors.sandbox.state import Document

NONE: Document = {"TotalTax": 0}
NOT_APPLICABLE = "NotApplicable"
INCLUSIVE = "TaxInclusive"


def taxed(books: Books, values: Document, sent: Any) -> Document:
    """The TxnTaxDetail of a form whose lines are settled. `sent` is the one of the body, None where the body has none.

    Amounts are rounded to cents for each rate.
    """
    if sent is not None and not isinstance(sent, dict):
        raise Fault("2010", "Property Name:TxnTaxDetail is not an object", element="TxnTaxDetail")
    wanted = sent or {}
    lines = wanted.get("TaxLine") or []
    if not isinstance(lines, list) or any(not isinstance(line, dict) or line.get("DetailType") != "TaxLineDetail" for line in lines):
        raise Fault("2020", "Required parameter DetailType is missing in the request", element="TaxLine")
    if not books.settings.using_sales_tax:
        return NONE
    return _american(books, values, wanted) if books.american else _foreign(books, values, wanted)


def _american(books: Books, values: Document, wanted: Document) -> Document:
    lines = [line for line in sold(values["Line"]) if line[SALES].get("TaxCodeRef") == {"value": "TAX"}]
    base = subtotal(lines)
    if values.get("ApplyTaxAfterDiscount"):
        base -= cents(discount(values["Line"]) * base / subtotal(values["Line"])) if base else 0
    override = number("TotalTax", wanted.get("TotalTax"))
    if books.settings.automated_sales_tax:
        return _automated(books, values, base, override)
    code = reference("TxnTaxCodeRef", wanted.get("TxnTaxCodeRef"))
    if code is None:
        return {"TotalTax": cents(override)} if override else NONE
    books.reference("TaxCode", code["value"], "TxnTaxCodeRef")
    found = _summed([_tax_line(books, rate, base) for rate in _rates(books, code["value"])] if base else [])
    return {"TxnTaxCodeRef": code, **found, **({"TotalTax": cents(override)} if override is not None else {})}


def _automated(books: Books, values: Document, base: Decimal, override: Decimal | None) -> Document:
    """The engine goes by the address: without one there is no tax. A code that was sent is not echoed; a sent total counts by switch only."""
    if override is not None and not books.switches.automated_tax_recomputes:
        return {"TotalTax": cents(override)}
    address = values.get("ShipAddr") or values.get("BillAddr") or {}
    code = books.settings.tax_code
    if not base or not code or not (address.get("PostalCode") or address.get("CountrySubDivisionCode")):
        return NONE
    return _summed([_tax_line(books, rate, base) for rate in _rates(books, code)])


def _foreign(books: Books, values: Document, wanted: Document) -> Document:
    way = values.get("GlobalTaxCalculation")
    if way == NOT_APPLICABLE:
        if wanted:
            raise Fault("6170", "TxnTaxDetail is not allowed where GlobalTaxCalculation is NotApplicable", element="TxnTaxDetail")
        return NONE
    whole, off = subtotal(values["Line"]), discount(values["Line"])
    share = 1 - off / whole if whole else Decimal(1)
    bases: dict[str, Decimal] = {}
    included: dict[str, Decimal] = {}
    for line in sold(values["Line"]):
        detail = line[SALES]
        for rate in _rates(books, detail["TaxCodeRef"]["value"]) if "TaxCodeRef" in detail else ():
            bases[rate] = bases.get(rate, Decimal(0)) + Decimal(line["Amount"]) * share
            if way == INCLUSIVE and "TaxInclusiveAmt" in detail:
                included[rate] = included.get(rate, Decimal(0)) + (Decimal(detail["TaxInclusiveAmt"]) - Decimal(line["Amount"])) * share
    found = _summed([_tax_line(books, rate, cents(base), included.get(rate)) for rate, base in bases.items()])
    sent = number("TotalTax", wanted.get("TotalTax"))
    if sent is None or cents(sent) == found["TotalTax"]:
        return found
    if books.switches.stale_tax_refused:
        raise Fault("6000", "Business Validation Error: The tax amount does not match the lines; leave TxnTaxDetail out.", element="TxnTaxDetail")
    return {**found, "TotalTax": cents(sent)}


def _rates(books: Books, code: str) -> Iterable[str]:
    details = books.read("TaxCode", code).get("SalesTaxRateList", {}).get("TaxRateDetail", ())
    return [detail["TaxRateRef"]["value"] for detail in details]


def _tax_line(books: Books, rate: str, base: Decimal, amount: Decimal | None = None) -> Line:
    percent = Decimal(books.read("TaxRate", rate)["RateValue"])
    detail = {"TaxRateRef": {"value": rate}, "PercentBased": True, "TaxPercent": percent, "NetAmountTaxable": base}
    tax = cents(base * percent / 100) if amount is None else cents(amount)
    return {"Amount": tax, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}


def _summed(lines: list[Line]) -> Document:
    return {"TotalTax": cents(sum((line["Amount"] for line in lines), Decimal(0))), **({"TaxLine": lines} if lines else {})}
