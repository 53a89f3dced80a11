"""Items and the lists around them in the simulated books."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.quickbooks import DEFAULT_REALM, add_company
from connectors.tests.quickbooks_shop import Shop, line, open_shop
from connectors.tests.quickbooks_world import code


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield from open_shop()


def stock(shop: Shop, **changes: Any) -> dict[str, Any]:
    members = {
        "Name": "Fountain", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 4, "InvStartDate": "2026-01-01",
        "IncomeAccountRef": shop.account("SalesOfProductIncome"), "AssetAccountRef": shop.account("Inventory"),
        "ExpenseAccountRef": shop.account("SuppliesMaterialsCogs"), **changes,
    }  # fmt: skip
    return {name: value for name, value in members.items() if value is not None}


def test_a_service_needs_a_name_a_type_and_an_income_account(shop: Shop) -> None:
    made = shop.make("item", Name="Design", Sku="D-1", Type="Service", UnitPrice=75.5, IncomeAccountRef=shop.account("ServiceFeeIncome"))
    assert shop.read("item", made["Id"]) == made
    assert (made["UnitPrice"], made["Sku"], made["FullyQualifiedName"], made["Active"]) == (75.5, "D-1", "Design", True)
    assert made["IncomeAccountRef"]["name"] == "Services"
    assert shop.refused("item", Type="Service", IncomeAccountRef=shop.account("ServiceFeeIncome")) == "2020"
    assert shop.refused("item", Name="X", IncomeAccountRef=shop.account("ServiceFeeIncome")) == "2020"
    assert shop.refused("item", Name="X", Type="Service") == "2020"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"AssetAccountRef": None}, "2020"),
        ({"ExpenseAccountRef": None}, "2020"),
        ({"QtyOnHand": None}, "6520"),
        ({"InvStartDate": None}, "6270"),
        ({"InvStartDate": "1 May"}, "2060"),
        ({"QtyOnHand": "many"}, "2080"),
        ({"Name": "a:b"}, "2040"),
        ({"Name": "n" * 101}, "2050"),
        ({"Name": " mowing"}, "6240"),
        ({"Type": "Group"}, "2170"),
        ({"Type": "Category"}, "2170"),
        ({"Type": "Thing"}, "2170"),
        ({"Colour": "red"}, "2010"),
        ({"UnitPrice": 100000000000}, "2240"),
        ({"IncomeAccountRef": {"value": "99"}}, "2500"),
        ({"IncomeAccountRef": {"value": "3"}}, "6430"),
    ],
)
def test_an_item_that_lacks_what_its_type_needs_is_refused(shop: Shop, changes: dict[str, Any], expected: str) -> None:
    assert shop.make("item", **stock(shop, Name="Good"))["QtyOnHand"] == 4
    assert shop.refused("item", **stock(shop, **changes)) == expected


def test_an_item_is_made_inactive_with_a_suffix_and_is_refused_on_new_lines_only(shop: Shop) -> None:
    invoice = shop.invoice(45)
    item = shop.changed("item", shop.read("item", "1"), Active=False)
    assert item["Name"] == "Mowing (deleted)"
    assert shop.refused("invoice", CustomerRef={"value": "1"}, Line=[line(45)]) == "2500"
    kept = shop.changed("invoice", invoice, Line=[{**invoice["Line"][0], "Amount": 50}])
    assert kept["TotalAmt"] == 50
    assert [row["Name"] for row in shop.query("select * from Item")["Item"]] == ["Mulch"]


def test_a_purchase_needs_an_expense_account_and_by_switch_every_item_does(shop: Shop) -> None:
    members = {"Name": "X", "Type": "Service", "IncomeAccountRef": shop.account("ServiceFeeIncome")}
    assert shop.refused("item", **members, PurchaseCost=3) == "2020"
    shop.app.switches.expense_account_required = True
    assert shop.refused("item", **members) == "2020"
    assert shop.make("item", **members, ExpenseAccountRef=shop.account("SuppliesMaterials"))["Name"] == "X"


def test_skus_may_repeat_unless_the_switch_says_otherwise(shop: Shop) -> None:
    members = {"Sku": "M-1", "Type": "Service", "IncomeAccountRef": shop.account("ServiceFeeIncome")}
    assert shop.make("item", Name="X", **members)["Sku"] == "M-1"
    assert shop.query("select * from Item where Sku = 'm-1'")["maxResults"] == 2
    shop.app.switches.skus_unique = True
    assert shop.refused("item", Name="Y", **members) == "6240"


def test_an_item_keeps_its_kind_and_its_tracking(shop: Shop) -> None:
    item = shop.make("item", **stock(shop))
    assert code(shop.change("item", item, Type="Service")) == "2120"
    assert code(shop.change("item", item, TrackQtyOnHand=False)) == "6000"
    assert shop.changed("item", item, UnitPrice="12.3456789")["UnitPrice"] == 12.3456789


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Item where Type = 'Service'", ["Mowing"]),
        ("Item where Name like 'M%' orderby Name desc", ["Mulch", "Mowing"]),
        ("Account where AccountType = 'Income' and Active = true maxresults 2", ["Services", "Sales of Product Income"]),
        ("Account where AccountSubType = 'Inventory'", ["Inventory Asset"]),
        ("Term where Name = 'Net 30'", ["Net 30"]),
        ("TaxCode", ["Denver"]),
        ("PaymentMethod where Type = 'CREDIT_CARD'", ["Visa", "MasterCard"]),
    ],
)  # fmt: skip
def test_lists_are_found_by_what_the_sheet_says_is_filterable(shop: Shop, text: str, found: list[str]) -> None:
    answer = shop.query(f"select * from {text}")
    assert [row["Name"] for row in answer[text.split()[0]]] == found


@pytest.mark.parametrize("text", ["Item where UnitPrice > 1", "Account orderby CurrentBalance", "TaxRate where RateValue = 8"])
def test_other_properties_are_not_queryable(shop: Shop, text: str) -> None:
    assert shop.query(f"select * from {text}") == "4001"


def test_tax_lists_can_only_be_read(shop: Shop) -> None:
    assert shop("GET", "/taxrate/1")[1]["TaxRate"]["RateValue"] == 8
    assert shop.refused("taxcode", Name="New") == "500"
    assert shop.refused("item", {"operation": "delete"}, Id="1", SyncToken="0") == "500"


def test_companies_of_other_countries_have_tax_codes_of_their_own(shop: Shop) -> None:
    other = add_company(shop.app, "9130350000000000002", "Elsewhere", country="GB", currency="GBP", currency_name="British Pound Sterling")
    assert [row["Name"] for row in other.table("TaxCode").rows.values()] == ["20.0% S", "5.0% R", "0.0% Z", "Exempt"]
    assert len(shop.app.companies[DEFAULT_REALM].table("TaxCode").rows) == 1


def test_change_data_capture_tells_of_items(shop: Shop) -> None:
    shop.now += 60
    shop.changed("item", shop.read("item", "2"), UnitPrice=40)
    [block] = shop("GET", "/cdc", entities="Item", changedSince="2027-01-15T00:00:30-08:00")[1]["CDCResponse"][0]["QueryResponse"]
    assert [row["UnitPrice"] for row in block["Item"]] == [40]


def test_a_list_row_is_created_with_its_parent_in_its_name(shop: Shop) -> None:
    status, body = shop("POST", "/account", {"Name": "Mowing", "AccountType": "Income", "SubAccount": True, "ParentRef": {"value": "5"}})
    assert (status, body["Account"]["FullyQualifiedName"]) == (200, "Services:Mowing")
    assert shop.refused("account", Name="Of no type") == "6010"
    assert shop("POST", "/term", {"Name": "10th", "DayOfMonthDue": 10})[1]["Term"]["Type"] == "DATE_DRIVEN"


def test_the_currency_of_a_customer_never_changes(shop: Shop) -> None:
    row = shop.read("customer", "1")
    assert code(shop.change("customer", row, CurrencyRef={"value": "EUR"})) == "6000"
    assert shop.changed("customer", row, CurrencyRef={"value": "USD"})["CurrencyRef"] == row["CurrencyRef"]
