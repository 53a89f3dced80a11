"""The lists that sales refer to. Members and lengths: reference sections 3.3, 5.2 and 5.6 to 5.12, member names from the XSD."""

from __future__ import annotations

from connectors.sandbox.quickbooks.shapes import NAME_BREAKERS, Entity, Family, Member, Sort, members

ITEM_TYPES = ("Inventory", "Service", "NonInventory", "Category", "Group")
SOLD_TYPES = ("Inventory", "Service", "NonInventory")
"""Types that a line may name and that the API creates."""

ACTIVE = Member("Active", Sort.FLAG, filterable=True, sortable=True)


def _name(longest: int) -> Member:
    return Member("Name", longest=longest, filterable=True, sortable=True, forbidden=NAME_BREAKERS, kept=True)


ACCOUNT = Entity(
    "Account",
    "account",
    "account",
    members(
        _name(100),
        ACTIVE,
        Member("AccountType", filterable=True, sortable=True),
        Member("AccountSubType", filterable=True, sortable=True),
        Member("Classification", filterable=True, sortable=True),
        Member("AcctNum", longest=20),
        Member("Description", longest=4000),
        Member("SubAccount", Sort.FLAG),
        Member("ParentRef", Sort.REFERENCE, target="Account"),
        Member("CurrentBalance", Sort.NUMBER, read_only=True, filterable=True),
        Member("CurrentBalanceWithSubAccounts", Sort.NUMBER, read_only=True),
        Member("CurrencyRef", Sort.REFERENCE),
    ),
    {"SubAccount": False, "CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0},
    Family.LIST,
    "Name",
)
TERM = Entity(
    "Term",
    "term",
    "term",
    members(
        _name(31),
        ACTIVE,
        Member("Type", read_only=True),
        Member("DueDays", Sort.NUMBER),
        Member("DiscountDays", Sort.NUMBER),
        Member("DiscountPercent", Sort.NUMBER),
        Member("DayOfMonthDue", Sort.NUMBER),
        Member("DueNextMonthDays", Sort.NUMBER),
        Member("DiscountDayOfMonth", Sort.NUMBER),
    ),
    {},
    Family.LIST,
    "Name",
)
PAYMENT_METHOD = Entity(
    "PaymentMethod",
    "paymentmethod",
    "payment method",
    members(_name(31), ACTIVE, Member("Type", filterable=True, choices=("CREDIT_CARD", "NON_CREDIT_CARD"))),
    {"Type": "NON_CREDIT_CARD"},
    Family.LIST,
    "Name",
)
TAX_RATE = Entity(
    "TaxRate",
    "taxrate",
    "tax rate",
    members(
        _name(100),
        ACTIVE,
        Member("Description", longest=100),
        Member("RateValue", Sort.NUMBER),
        Member("AgencyRef", Sort.REFERENCE),
        Member("SpecialTaxType"),
        Member("DisplayType"),
    ),
    {},
    Family.LIST,
    "Name",
    made=False,
    captured=False,
)
TAX_CODE = Entity(
    "TaxCode",
    "taxcode",
    "tax code",
    members(
        _name(100),
        ACTIVE,
        Member("Description", longest=100),
        Member("Hidden", Sort.FLAG),
        Member("Taxable", Sort.FLAG),
        Member("TaxGroup", Sort.FLAG),
        Member("SalesTaxRateList", Sort.NESTED),
        Member("PurchaseTaxRateList", Sort.NESTED),
    ),
    {"Hidden": False, "Taxable": True, "TaxGroup": True},
    Family.LIST,
    "Name",
    made=False,
    captured=False,
)
ITEM = Entity(
    "Item",
    "item",
    "item",
    members(
        _name(100),
        ACTIVE,
        Member("Sku", longest=100, filterable=True, sortable=True),
        Member("Type", filterable=True, sortable=True, choices=ITEM_TYPES, kept=True),
        Member("Description", longest=4000, filterable=True, sortable=True),
        Member("UnitPrice", Sort.NUMBER),
        Member("PurchaseDesc", longest=1000),
        Member("PurchaseCost", Sort.NUMBER),
        Member("Taxable", Sort.FLAG),
        Member("IncomeAccountRef", Sort.REFERENCE, target="Account", kept=True),
        Member("ExpenseAccountRef", Sort.REFERENCE, target="Account"),
        Member("AssetAccountRef", Sort.REFERENCE, target="Account"),
        Member("TrackQtyOnHand", Sort.FLAG),
        Member("QtyOnHand", Sort.NUMBER),
        Member("InvStartDate", Sort.DATE),
        Member("ReorderPoint", Sort.NUMBER, kept=True),
        Member("SubItem", Sort.FLAG),
        Member("ParentRef", Sort.REFERENCE, target="Item"),
        Member("SalesTaxCodeRef", Sort.REFERENCE, target="TaxCode"),
        Member("PurchaseTaxCodeRef", Sort.REFERENCE, target="TaxCode"),
        Member("SalesTaxIncluded", Sort.FLAG),
        Member("PurchaseTaxIncluded", Sort.FLAG),
        Member("TaxClassificationRef", Sort.REFERENCE),
        Member("ClassRef", Sort.REFERENCE),
        Member("PrefVendorRef", Sort.REFERENCE, target="Vendor"),
        Member("ManPartNum", longest=31),
        Member("ItemGroupDetail", Sort.NESTED, read_only=True),
        Member("PrintGroupedItems", Sort.FLAG, read_only=True),
    ),
    {"Taxable": False, "UnitPrice": 0, "PurchaseCost": 0, "TrackQtyOnHand": False},
    Family.LIST,
    "Name",
)
