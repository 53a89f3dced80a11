"""Items through the connector: read, found, created, changed, made inactive; few calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Failed, FieldType, Operation, Presence, Record, Stored, Unknown, Values, Write
from connectors.errors import NotFound, Rejected, Stale
from connectors.quickbooks.items import ITEM, tracked, with_accounts
from connectors.sandbox.quickbooks import RequestIds
from connectors.tests.contract import create, update
from connectors.tests.quickbooks_shop import Till, open_till, sample_till
from connectors.tests.quickbooks_world import record_of
from connectors.vocabulary import DEFAULT_MAPPINGS, Category, Kind

PRODUCT = Kind.PRODUCT


@pytest.fixture
def till() -> Iterator[Till]:
    yield from open_till()


@pytest.fixture
def sample() -> Iterator[Till]:
    yield from sample_till()


def named(till: Till, *names: str) -> list[Record]:
    return list(till.connector.find(PRODUCT, "Name", names, till.keys(PRODUCT)))


def service(till: Till, name: str, **more: Any) -> Values:
    return {"Name": name, "Type": "Service", "IncomeAccountRef": till.account("ServiceFeeIncome")["value"], **more}


def test_every_meaning_of_the_default_mappings_has_a_field() -> None:
    assert {mapping.right for mapping in DEFAULT_MAPPINGS[PRODUCT]} <= {spec.meaning for spec in ITEM.fields}


def test_a_stocked_product_shows_all_its_values(sample: Till) -> None:
    [head] = named(sample, "sprinkler head")
    fields = dict(head.fields)
    assert (fields["Sku"], fields["UnitPrice"], fields["PurchaseCost"], fields["Type"]) == (
        "CS-106", Decimal("14.95"), Decimal("6.80"), "Inventory",
    )  # fmt: skip
    assert (fields["QtyOnHand"], fields["InvStartDate"], fields["Taxable"], fields["Active"]) == (Decimal(500), date(2026, 1, 15), True, True)
    assert fields["AssetAccountRef"] == sample.account("Inventory")["value"]
    assert (head.title, head.namespace, fields["Key"]) == ("Sprinkler Head", "Item", f"{sample.company.realm}:{head.id}")


def test_categories_bundles_and_inactive_items_are_listed_as_what_they_are(sample: Till) -> None:
    [page] = sample.connector.changes(PRODUCT, None, ["Name", "Type"])
    shown = {record.title: record for record in page.records}
    assert (shown["Materials"].fields["Type"], shown["Garden Starter Package"].fields["Type"]) == ("Category", "Group")
    assert (shown["Pond Liner"].presence, shown["Pond Liner"].fields["Name"]) == (Presence.INACTIVE, "Pond Liner")


def test_an_item_names_its_category() -> None:
    row = {"Id": "1", "SyncToken": "0", "Name": "Mulch", "ParentRef": {"value": "9", "name": "Materials"}}
    assert record_of(ITEM, row, ["ParentRef.name"]).fields == {"ParentRef.name": "Materials"}


@pytest.mark.parametrize("odd", [None, "", "odd", [], {}, {"value": None}, 0, True])
def test_odd_values_break_nothing(odd: Any) -> None:
    members = {spec.key.partition(".")[0] for spec in ITEM.fields} - {"Key", "MetaData", "Active"}
    record = record_of(ITEM, {"Id": "1", "SyncToken": "0", **dict.fromkeys(members, odd)})
    assert set(record.fields) == {spec.key for spec in ITEM.fields}
    assert record.fields["IncomeAccountRef"] is None


def test_accounts_that_fit_are_offered_by_one_query(till: Till) -> None:
    till.company.update("Account", {"Id": till.account("DiscountsRefundsGiven")["value"], "SyncToken": "0", "sparse": True, "Active": False})
    fields = {spec.key: spec for spec in till.connector.fields(PRODUCT)}
    labels = {key: [option.label for option in fields[key].options] for key in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef")}
    assert labels == {
        "IncomeAccountRef": ["Landscaping Services", "Sales of Product Income", "Services"],
        "ExpenseAccountRef": ["Cost of Goods Sold", "Supplies & Materials"],
        "AssetAccountRef": ["Inventory Asset"],
    }
    assert all(fields[key].read_only and fields[key].type is FieldType.CHOICE for key in labels)
    assert till.connector.calls == 1


def test_a_company_without_accounts_offers_none() -> None:
    assert with_accounts(ITEM.fields, []) == ITEM.fields


@pytest.mark.parametrize(
    "values",
    [
        {"Sku": "MOW-2", "UnitPrice": Decimal("45.1234567"), "Description": "Häckar 🌲\nnext line", "PurchaseCost": Decimal("7.5")},
        {"Type": "NonInventory", "UnitPrice": Decimal(0)},
        {"Type": "Inventory", "QtyOnHand": Decimal(7), "InvStartDate": date(2027, 1, 1), "UnitPrice": Decimal("14.95")},
    ],
)
def test_an_item_is_created_with_its_type_and_accounts(till: Till, values: dict[str, Any]) -> None:
    accounts = {
        "IncomeAccountRef": till.account("SalesOfProductIncome")["value"],
        "ExpenseAccountRef": till.account("SuppliesMaterialsCogs")["value"],
    }
    if values.get("Type") == "Inventory":
        accounts["AssetAccountRef"] = till.account("Inventory")["value"]
    wanted = {"Name": "New thing", "Type": "Service", **accounts, **values}
    [outcome] = till.write(PRODUCT, create(wanted))
    assert isinstance(outcome, Stored)
    assert {key: outcome.record.fields[key] for key in wanted} == wanted
    assert till.record(PRODUCT, outcome.record.id) == outcome.record


def test_stock_is_tracked_and_nothing_else_is() -> None:
    assert tracked({"Type": "Inventory"})["TrackQtyOnHand"] is True
    assert tracked({"Type": "Service"}) == {"Type": "Service"}


def test_an_update_never_touches_accounts_type_and_stock(sample: Till) -> None:
    [before] = named(sample, "Sprinkler Head")
    [outcome] = sample.write(
        PRODUCT, update(before, {"UnitPrice": Decimal("15.50"), "QtyOnHand": Decimal(3), "Type": "Service", "IncomeAccountRef": "1"})
    )
    assert isinstance(outcome, Stored)
    changed = {key for key, value in outcome.record.fields.items() if value != before.fields[key]} - {"MetaData.LastUpdatedTime"}
    assert changed == {"UnitPrice"}


def test_a_write_that_says_nothing_gives_the_item_as_it_is(till: Till) -> None:
    before = till.record(PRODUCT, "1")
    said_nothing, gone = till.write(
        PRODUCT, update(before, {"Type": "Inventory"}, call="c", key="1"), Write("c", "2", Operation.UPDATE, {}, id="4711", version="0")
    )
    assert said_nothing == Stored(("c", "1"), before)
    assert isinstance(gone, Failed)
    assert isinstance(gone.error, NotFound)


def test_a_name_is_looked_for_among_items_only_inactive_ones_included(till: Till) -> None:
    till.make("customer", DisplayName="Compost")
    inactive = till.make("item", Name="Compost", Type="Service", IncomeAccountRef=till.account("ServiceFeeIncome"))
    till.changed("item", inactive, Active=False)
    [found] = named(till, " COMPOST ")
    assert (found.id, found.presence, found.fields["Name"]) == (inactive["Id"], Presence.INACTIVE, "Compost")


def test_all_items_of_a_sku_are_found(till: Till) -> None:
    other = till.make("item", Name="Mulch, fine", Sku="m-1", Type="Service", IncomeAccountRef=till.account("ServiceFeeIncome"))
    found = till.connector.find(PRODUCT, "Sku", ["M-1"], ["Sku"])
    assert {record.id for record in found} == {"2", other["Id"]}
    assert till.connector.calls == 1


@pytest.mark.parametrize(
    ("values", "category", "field"),
    [
        ({"Name": "mowing"}, Category.ITEM_NAME_IN_USE, "Name"),
        ({"Name": "a:b"}, Category.CHARACTER_NOT_ALLOWED, ""),
        ({"Name": "n" * 101}, Category.VALUE_TOO_LONG, ""),
        ({"Name": None}, Category.REQUIRED_VALUE_MISSING, ""),
        ({"IncomeAccountRef": None}, Category.INCOME_ACCOUNT_INVALID, ""),
        ({"IncomeAccountRef": "3"}, Category.INCOME_ACCOUNT_INVALID, ""),
        ({"IncomeAccountRef": "4711"}, Category.INCOME_ACCOUNT_INVALID, ""),
        ({"UnitPrice": Decimal("1.2345678901234567")}, Category.VALUE_INVALID, ""),
        ({"Type": "Inventory"}, Category.INCOME_ACCOUNT_INVALID, ""),
        ({"Type": "Category"}, Category.OPTION_UNKNOWN, ""),
    ],
)
def test_a_refused_item_says_why_and_does_not_hold_up_others(till: Till, values: Values, category: Category, field: str) -> None:
    refused, stored = till.write(PRODUCT, create({**service(till, "Odd"), **values}, key="1"), create(service(till, "Fine"), key="2"))
    assert isinstance(refused, Failed)
    assert isinstance(refused.error, Rejected)
    assert (refused.error.category, refused.error.field) == (category, field)
    assert isinstance(stored, Stored)


def test_an_inactive_income_account_is_told_as_one(till: Till) -> None:
    account = till.account("DiscountsRefundsGiven")["value"]
    till.company.update("Account", {"Id": account, "SyncToken": "0", "sparse": True, "Active": False})
    [outcome] = till.write(PRODUCT, create({**service(till, "Custom line item"), "IncomeAccountRef": account}))
    assert isinstance(outcome, Failed)
    assert outcome.error.category is Category.INCOME_ACCOUNT_INVALID


def test_items_are_not_deleted(till: Till) -> None:
    [outcome] = till.write(PRODUCT, Write("call", "1", Operation.DELETE, {}, id="1", version="0"))
    assert isinstance(outcome, Failed)
    assert outcome.error.category is Category.FEATURE_OFF


def test_an_item_that_moved_on_is_stale(till: Till) -> None:
    before = till.record(PRODUCT, "1")
    till.changed("item", till.read("item", "1"), Description="a person's")
    [outcome] = till.write(PRODUCT, update(before, {"Description": "ours"}))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Stale)


@pytest.mark.parametrize("mode", list(RequestIds))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_never_makes_two_items(till: Till, mode: RequestIds, moment: str) -> None:
    till.app.switches.requestids = mode
    writes = [create(service(till, f"Lost {n}", Sku="same", UnitPrice=Decimal(n)), key=str(n)) for n in range(3)]
    till.lose_answers(moment)
    assert all(isinstance(outcome, Unknown) for outcome in till.write(PRODUCT, *writes))
    till.lose_answers("")
    for _ in range(2):
        assert all(isinstance(outcome, Stored) for outcome in till.settle(PRODUCT, *writes))
    assert len(till.rows("Item")) == 5


def test_the_feed_shows_what_changed(till: Till) -> None:
    *_, page = till.connector.changes(PRODUCT, None, ["Name"])
    till.changed("item", till.read("item", "2"), Active=False)
    *_, later = till.connector.changes(PRODUCT, page.cursor, ["Name"])
    assert [(record.id, record.presence) for record in later.records] == [("2", Presence.INACTIVE)]


def test_the_page_of_an_item_opens(till: Till) -> None:
    address = till.connector.url(PRODUCT, "1")
    assert address == f"{till.url}/app/item?itemId=1"
    assert till.app.serve("GET", address.removeprefix(till.url), {}, b"").status == 303
