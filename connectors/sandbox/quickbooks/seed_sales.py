"""Puts what the sample company sells, and what it has sold, into its books."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.quickbooks.books import cents
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.entities import ENTITIES
from connectors.sandbox.quickbooks.items import place
from connectors.sandbox.sample_books import (
    BUNDLE,
    BUNDLE_PARTS,
    CATEGORY,
    CREDITS,
    CUSTOM_FIELDS,
    INVOICES,
    PAYMENTS,
    SERVICES,
    Credit,
    Invoice,
    Payment,
    Sale,
)
from connectors.sandbox.sample_commerce import PRODUCTS, Product

Row = dict[str, Any]
TYPES = {"service": "Service", "non_inventory": "NonInventory", "inventory": "Inventory"}
STOCK = 500


def seed(company: Company) -> None:
    """Items, then invoices, credit memos and payments, then what happened to them."""
    crew, rep = CUSTOM_FIELDS
    company.change_settings(custom_field_1=crew, custom_field_2=rep, default_terms=_id(company, "Term", "Net 30"))
    items(company)
    invoices = [company.create("Invoice", _invoice(company, invoice)) for invoice in INVOICES]
    for payment in PAYMENTS:
        company.create("Payment", _payment(company, payment, invoices))
    for credit in CREDITS:
        _use(company, credit, invoices)
    for invoice, row in zip(INVOICES, invoices, strict=True):
        if invoice.voided:
            company.void("Invoice", row)


def items(company: Company) -> None:
    """Services, the products the books know, a category and a bundle; inactive ones last, so that their names are free for nobody."""
    income = {"value": _id(company, "Account", "Services")}
    default = company.create("Item", {"Name": SERVICES, "Type": "Service", "IncomeAccountRef": income})
    company.change_settings(default_item=default["Id"])
    for product in PRODUCTS:
        if product.in_quickbooks:
            row = company.create("Item", item(company, product))
            if product.side("quickbooks")["active"] == "false":
                company.update("Item", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, "Active": False})
    place(company, {"Name": CATEGORY, "Active": True, "Type": "Category"})
    parts = [{"ItemRef": {"value": _id(company, "Item", name), "name": name}, "Qty": Decimal(count)} for name, count in BUNDLE_PARTS]
    place(company, {"Name": BUNDLE, "Active": True, "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": parts}})


def item(company: Company, product: Product) -> Row:
    """A product as the body of a create."""
    values = product.side("quickbooks")
    stocked, service = values["kind"] == "inventory", values["kind"] == "service"
    members: Row = {
        "Name": values["name"],
        "Sku": values["sku"],
        "Type": TYPES[values["kind"]],
        "Description": values["description"],
        "UnitPrice": Decimal(values["price"]),
        "Taxable": not service,
        "IncomeAccountRef": {"value": _id(company, "Account", "Landscaping Services" if service else "Sales of Product Income")},
    }
    if values["cost"]:
        members["PurchaseCost"] = Decimal(values["cost"])
        members["ExpenseAccountRef"] = {"value": _id(company, "Account", "Cost of Goods Sold")}
    if stocked:
        members |= {"TrackQtyOnHand": True, "QtyOnHand": STOCK, "InvStartDate": _day(company, 365)}
        members["AssetAccountRef"] = {"value": _id(company, "Account", "Inventory Asset")}
    return members


def _invoice(company: Company, invoice: Invoice) -> Row:
    lines = [_line(company, sale) for sale in invoice.sales]
    if invoice.bundles:
        detail = {"GroupItemRef": {"value": _id(company, "Item", BUNDLE)}, "Quantity": invoice.bundles}
        lines.append({"DetailType": "GroupLineDetail", "GroupLineDetail": detail})
    if invoice.discount:
        detail = {"PercentBased": True, "DiscountPercent": Decimal(invoice.discount)}
        lines.append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
    members: Row = {
        "CustomerRef": {"value": _id(company, "Customer", invoice.customer)},
        "TxnDate": _day(company, invoice.days_ago),
        "SalesTermRef": {"value": _id(company, "Term", invoice.term)},
        "PrivateNote": invoice.note,
        "Line": lines,
    }
    if invoice.taxed:
        members["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": company.settings.tax_code}}
    if invoice.crew:
        members["CustomField"] = [{"DefinitionId": "1", "Type": "StringType", "StringValue": invoice.crew}]
    return members


def _payment(company: Company, payment: Payment, invoices: list[Row]) -> Row:
    return {
        "CustomerRef": {"value": _id(company, "Customer", payment.customer)},
        "TxnDate": _day(company, payment.days_ago),
        "TotalAmt": payment.total,
        "PaymentMethodRef": {"value": _id(company, "PaymentMethod", payment.method)},
        "PaymentRefNum": payment.reference,
        "Line": [_settling(invoices[number], "Invoice", amount) for number, amount in payment.applied],
    }


def _use(company: Company, credit: Credit, invoices: list[Row]) -> None:
    """Create a credit memo and use it for an invoice, by a payment of nothing."""
    customer, day = {"value": _id(company, "Customer", credit.customer)}, _day(company, credit.days_ago)
    lines = [_line(company, sale) for sale in credit.sales]
    memo = company.create("CreditMemo", {"CustomerRef": customer, "TxnDate": day, "Line": lines})
    used = [_settling(invoices[credit.invoice], "Invoice", credit.used), _settling(memo, "CreditMemo", credit.used)]
    company.create("Payment", {"CustomerRef": customer, "TxnDate": day, "TotalAmt": 0, "Line": used})


def _line(company: Company, sale: Sale) -> Row:
    row = company.read("Item", _id(company, "Item", sale.item))
    quantity, rate = Decimal(sale.quantity), Decimal(sale.rate or row["UnitPrice"])
    detail = {"ItemRef": {"value": row["Id"]}, "Qty": quantity, "UnitPrice": rate}
    text = sale.text or row.get("Description", "")
    return {"DetailType": "SalesItemLineDetail", "Description": text, "Amount": cents(quantity * rate), "SalesItemLineDetail": detail}


def _settling(row: Row, kind: str, amount: str) -> Row:
    return {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]}


def _id(company: Company, entity: str, name: str) -> str:
    return next(company.table(entity).holders(ENTITIES[entity].key, name))


def _day(company: Company, days_ago: int) -> str:
    return (date.fromisoformat(company.today()) - timedelta(days=days_ago)).isoformat()
