"""What every company has from its first day: accounts, terms, payment methods, tax rates and codes of its country (reference 5.6 to 5.8, 5.12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.sandbox.quickbooks.books import Books
from connectors.sandbox.quickbooks.entities import ENTITIES

ACCOUNTS: tuple[tuple[str, str, str, str], ...] = (
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset"),
    ("Undeposited Funds", "Other Current Asset", "UndepositedFunds", "Asset"),
    ("Checking", "Bank", "Checking", "Asset"),
    ("Inventory Asset", "Other Current Asset", "Inventory", "Asset"),
    ("Services", "Income", "ServiceFeeIncome", "Revenue"),
    ("Sales of Product Income", "Income", "SalesOfProductIncome", "Revenue"),
    ("Landscaping Services", "Income", "ServiceFeeIncome", "Revenue"),
    ("Discounts given", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense"),
    ("Supplies & Materials", "Expense", "SuppliesMaterials", "Expense"),
)
"""Name, type, sub-type, classification."""

TERMS: tuple[tuple[str, dict[str, int]], ...] = (
    ("Due on receipt", {"DueDays": 0}),
    ("Net 15", {"DueDays": 15}),
    ("Net 30", {"DueDays": 30}),
    ("Net 60", {"DueDays": 60}),
    ("10th of the month", {"DayOfMonthDue": 10, "DueNextMonthDays": 5}),
)
PAYMENT_METHODS = (("Cash", "NON_CREDIT_CARD"), ("Check", "NON_CREDIT_CARD"), ("Visa", "CREDIT_CARD"), ("MasterCard", "CREDIT_CARD"))

TAXES: dict[str, tuple[tuple[str, str], ...]] = {
    "US": (("Denver", "8"),),
    "GB": (("20.0% S", "20"), ("5.0% R", "5"), ("0.0% Z", "0"), ("Exempt", "0")),
    "CA": (("HST ON", "13"), ("GST", "5"), ("Zero-rated", "0"), ("Exempt", "0")),
}
"""By country: tax codes with their percentage."""

OTHER_TAXES = (("GST", "10"), ("GST free", "0"))


def found(books: Books) -> None:
    """Give a company without accounts its lists."""
    if books.table("Account").rows:
        return
    for name, kind, sub_type, classification in ACCOUNTS:
        _add(books, "Account", {"Name": name, "AccountType": kind, "AccountSubType": sub_type, "Classification": classification})
    for name, rule in TERMS:
        _add(books, "Term", {"Name": name, "Type": "DATE_DRIVEN" if "DayOfMonthDue" in rule else "STANDARD", **rule})
    for name, kind in PAYMENT_METHODS:
        _add(books, "PaymentMethod", {"Name": name, "Type": kind})
    for name, percent in TAXES.get(books.profile["country"], OTHER_TAXES):
        _add_tax(books, name, Decimal(percent))
    books.change_settings(tax_code="1" if books.american else "")


def _add_tax(books: Books, name: str, percent: Decimal) -> None:
    rate = {"Name": name, "Description": name, "RateValue": percent, "AgencyRef": {"value": "1"}, "SpecialTaxType": "NONE", "DisplayType": "ReadOnly"}
    rate_id = _add(books, "TaxRate", rate)
    detail = {"TaxRateRef": {"value": rate_id, "name": name}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
    code = {"Name": name, "Description": name, "SalesTaxRateList": {"TaxRateDetail": [detail]}, "PurchaseTaxRateList": {"TaxRateDetail": []}}
    _add(books, "TaxCode", code)


def _add(books: Books, name: str, values: dict[str, Any]) -> str:
    entity = ENTITIES[name]
    row = books.row(entity, {**entity.defaults, "Active": True, **values}, None)
    if entity.fully_named:
        row["FullyQualifiedName"] = row["Name"]
    books.table(name).put(row)
    return str(row["Id"])
