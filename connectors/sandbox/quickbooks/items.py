"""What an item needs by its type (reference 5.2)."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.quickbooks.books import Books
from connectors.sandbox.quickbooks.catalog import SOLD_TYPES
from connectors.sandbox.quickbooks.entities import ENTITIES
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.state import Document

DEFAULT_NAME = "Services"
PURCHASE_TYPES = ("Cost of Goods Sold", "Expense")


def check(books: Books, values: Document, old: Document | None) -> None:
    """Refuse an item that lacks what its type needs, or whose accounts are of another type."""
    kind = _required(values, "Type")
    if kind not in SOLD_TYPES:
        raise Fault("2170", f"Items of type {kind} cannot be created or changed", element="Type")
    if old and old["Type"] != kind and "Inventory" in (old["Type"], kind):
        raise Fault("2120", f"An item of type {old['Type']} cannot become one of type {kind}", element="Type")
    _account(books, values, "IncomeAccountRef", ("Income",), "SalesOfProductIncome" if kind == "Inventory" else "")
    if kind == "Inventory":
        _check_inventory(books, values, old)
    elif books.switches.expense_account_required or values.get("PurchaseCost") or values.get("PurchaseDesc") or "ExpenseAccountRef" in values:
        _account(books, values, "ExpenseAccountRef", PURCHASE_TYPES)
    _check_place(books, values)
    if books.switches.skus_unique and values.get("Sku"):
        own = old["Id"] if old else ""
        if any(row_id != own for row_id in books.table("Item").holders("Sku", values["Sku"])):
            raise Fault("6240", "The SKU supplied already exists.", element="Sku")


def default_item(books: Books) -> str:
    """The Id of the item a line without one gets; the company has one called Services from its first such line on."""
    chosen = books.settings.default_item
    if chosen:
        return chosen
    for row_id in books.table("Item").holders("Name", DEFAULT_NAME):
        return row_id
    income = next(row for row in books.table("Account").rows.values() if row.get("AccountSubType") == "ServiceFeeIncome")
    values = {**ENTITIES["Item"].defaults, "Name": DEFAULT_NAME, "Active": True, "Type": "Service"}
    values["IncomeAccountRef"] = {"value": income["Id"], "name": income["Name"]}
    return str(place(books, values)["Id"])


def place(books: Books, values: Document) -> Document:
    """Store an item of any type, as the company's own pages can: categories and bundles cannot be made otherwise."""
    row = {**books.row(ENTITIES["Item"], values, None), "FullyQualifiedName": values["Name"]}
    books.table("Item").put(row)
    return row


def _check_inventory(books: Books, values: Document, old: Document | None) -> None:
    _account(books, values, "ExpenseAccountRef", PURCHASE_TYPES[:1])
    _account(books, values, "AssetAccountRef", ("Other Current Asset",), "Inventory")
    if old and old.get("TrackQtyOnHand") and not values.get("TrackQtyOnHand"):
        raise Fault("6000", "Business Validation Error: Tracking of the quantity on hand cannot be switched off", element="TrackQtyOnHand")
    if not values.get("TrackQtyOnHand"):
        raise Fault("2020", "Required parameter TrackQtyOnHand is missing in the request", element="TrackQtyOnHand")
    if "QtyOnHand" not in values:
        raise Fault("6520", "A tracked inventory item needs a quantity on hand", element="QtyOnHand")
    if "InvStartDate" not in values:
        raise Fault("6270", "A tracked inventory item needs a start date", element="InvStartDate")


def _check_place(books: Books, values: Document) -> None:
    parent = values.get("ParentRef")
    if parent and books.read("Item", parent["value"])["Type"] != "Category":
        raise Fault("2120", "Only a category can be the parent of an item", element="ParentRef")


def _account(books: Books, values: Document, name: str, types: tuple[str, ...], sub_type: str = "") -> None:
    account = books.read("Account", _required(values, name)["value"])
    if account.get("AccountType") not in types or (sub_type and account.get("AccountSubType") != sub_type):
        raise Fault("6430", f"Invalid account type used : {name} must be of type {' or '.join(types)} {sub_type}".strip(), element=name)


def _required(values: Document, name: str) -> Any:
    if not values.get(name):
        raise Fault("2020", f"Required parameter {name} is missing in the request", element=name)
    return values[name]
