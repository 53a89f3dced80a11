"""Products and services, as a table. Members, lengths and rules: API reference, page Item; accounts: reference 5.2 and 5.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors.base import FieldSpec, FieldType, Option
from connectors.quickbooks.shapes import NAME_BREAKERS, Entity, Lookup, Row, is_inactive, origin, shown
from connectors.quickbooks.values import bare

_TYPES = (
    Option("Service", "Service"),
    Option("NonInventory", "Non-inventory"),
    Option("Inventory", "Inventory"),
    Option("Category", "Category"),
    Option("Group", "Bundle"),
)
_STOCK = "Inventory"
INCOME, COST, EXPENSE, ASSET = "Income", "Cost of Goods Sold", "Expense", "Other Current Asset"

ACCOUNTS: dict[str, tuple[str, ...]] = {
    "IncomeAccountRef": (INCOME,),
    "ExpenseAccountRef": (COST, EXPENSE),
    "AssetAccountRef": (ASSET,),
}
"""By field, the types of account that fit. An inventory item takes its asset account from the sub-type Inventory, and no Expense account."""

_FIELDS = (
    FieldSpec("Sku", "SKU", meaning="sku", max_length=100),
    FieldSpec("Name", "Name", meaning="item_name", required=True, unique=True, clearable=False, max_length=100, forbidden=NAME_BREAKERS),
    FieldSpec("Description", "Description", meaning="description", max_length=4000),
    FieldSpec("UnitPrice", "Price", FieldType.NUMBER, "price"),
    FieldSpec("PurchaseCost", "Cost", FieldType.NUMBER, "cost"),
    FieldSpec("PurchaseDesc", "Purchase description", max_length=1000),
    FieldSpec("Type", "Type", FieldType.CHOICE, "product_type", read_only=True, options=_TYPES),
    FieldSpec("Active", "Active", FieldType.BOOLEAN, "active", clearable=False),
    shown("QtyOnHand", "Quantity on hand", FieldType.NUMBER, "quantity"),
    shown("InvStartDate", "Quantity as of", FieldType.DATE, "stock_since"),
    shown("ParentRef.name", "Category", meaning="category"),
    shown("Taxable", "Taxable", FieldType.BOOLEAN, "taxable"),
    shown("IncomeAccountRef", "Income account", FieldType.CHOICE, "income_account"),
    shown("ExpenseAccountRef", "Expense account", FieldType.CHOICE, "expense_account"),
    shown("AssetAccountRef", "Inventory asset account", FieldType.CHOICE, "asset_account"),
    *origin("Item id"),
)

_NAME = bare("Name")

ITEM = Entity(
    "Item",
    "item",
    "item?itemId=",
    _FIELDS,
    title=_NAME,
    lookups={"Name": Lookup("Name", ("Item",), suffixed=True), "Sku": Lookup("Sku", ("Item",))},
    getters={"Name": lambda row, _: _NAME(row) or None},
    born_with=frozenset({"Type", "QtyOnHand", "InvStartDate", *ACCOUNTS}),
    named_by="Name",
)


def with_accounts(fields: Sequence[FieldSpec], accounts: Sequence[Row]) -> tuple[FieldSpec, ...]:
    """The fields with the company's active accounts as options of those that name one, by name."""

    def options(key: str) -> tuple[Option, ...]:
        fitting = [row for row in accounts if not is_inactive(row) and row.get("AccountType") in ACCOUNTS[key]]
        if key == "AssetAccountRef":
            fitting = [row for row in fitting if row.get("AccountSubType") == _STOCK]
        found = (Option(str(row["Id"]), str(row.get("FullyQualifiedName") or row.get("Name") or row["Id"])) for row in fitting)
        return tuple(sorted(found, key=lambda option: option.label.casefold()))

    return tuple(replace(spec, options=options(spec.key)) if spec.key in ACCOUNTS else spec for spec in fields)


def tracked(body: dict[str, object]) -> dict[str, object]:
    """The body of a create; QuickBooks wants to be told that the quantity of an inventory item is tracked."""
    return {**body, "TrackQtyOnHand": True} if body.get("Type") == _STOCK else body
