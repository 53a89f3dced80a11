"""The acceptance scenarios about products (spec section 7, T10), played over HTTP on both simulations."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.vocabulary import Category, Direction, Kind
from syncconfig.engine.state import Reason
from syncconfig.models import SyncRecord
from syncconfig.tests.firm import Firm, money, open_firm, said

pytestmark = pytest.mark.django_db(transaction=True)
State = SyncRecord.State


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


def test_t10_an_item_without_a_sku_is_left_out_and_says_so(firm: Firm) -> None:
    bare = firm.item("Consultation")
    known = firm.item("Mowing", "M-1", Description="Per visit", PurchaseCost="12.50", ExpenseAccountRef=firm.account("Cost of Goods Sold"))
    firm.open_products()
    firm.settle()
    record = firm.of(Kind.PRODUCT, right_id=bare)
    assert (record.state, record.reason) == (State.EXCLUDED, Reason.NO_KEY)
    assert "SKU" in said(record)
    (product,) = [d["properties"] for d in firm.hubspot.tables["products"].after(0)]
    assert (product["name"], product["hs_sku"], product["description"]) == ("Mowing", "M-1", "Per visit")
    assert (money(product["price"]), money(product["hs_cost_of_goods_sold"]), product["hs_product_type"]) == (
        Decimal(45),
        Decimal("12.50"),
        "service",
    )
    assert firm.of(Kind.PRODUCT, right_id=known).state == State.IN_SYNC


def test_products_are_matched_by_sku_and_never_by_name(firm: Firm) -> None:
    firm.product(name="Mowing", hs_sku="X-9", price="40")
    match = firm.product(name="Other name", hs_sku="M-1", price="40")
    firm.item("Mowing", "M-1", "45.00")
    firm.open_products()
    firm.settle()
    products = {d["id"]: d["properties"] for d in firm.hubspot.tables["products"].after(0)}
    assert len(products) == 2
    assert (products[match]["name"], money(products[match]["price"])) == ("Mowing", Decimal(45))


def test_a_product_goes_to_the_books_as_a_service_on_the_chosen_account(firm: Firm) -> None:
    firm.product(name="Design", hs_sku="D-1", price="75.5")
    firm.product(name="Design", hs_sku="D-2", price="80")
    sync = firm.open_products(Direction.BOTH)
    firm.settle()
    made = firm.items()["Design"]
    assert (made["Sku"], made["Type"], made["IncomeAccountRef"]["value"], money(made["UnitPrice"])) == (
        "D-1",
        "Service",
        sync.options["income_account"],
        Decimal("75.50"),
    )
    clash = firm.of(Kind.PRODUCT, state=State.FAILING)
    assert clash.reason == Category.ITEM_NAME_IN_USE
    assert "Design" in said(clash)


def test_inactive_items_are_left_out_and_come_back_with_their_link(firm: Firm) -> None:
    item = firm.item("Mowing", "M-1")
    firm.open_products()
    firm.settle()
    firm.toggle_item(item)
    firm.round()
    assert firm.of(Kind.PRODUCT, right_id=item).reason == Reason.COUNTERPART_DELETED
    firm.toggle_item(item)
    firm.settle()
    again = firm.of(Kind.PRODUCT, right_id=item)
    assert (again.state, again.reason) == (State.IN_SYNC, "")


def test_two_items_with_one_sku_are_not_guessed_between(firm: Firm) -> None:
    firm.product(name="Gravel", hs_sku="G-1")
    doubles = [firm.item("Gravel, bag", "G-1"), firm.item("Gravel, pallet", "G-1")]
    firm.open_products()
    firm.settle()
    assert {firm.of(Kind.PRODUCT, right_id=item).reason for item in doubles} == {Category.SEVERAL_MATCHES}
    assert "Gravel, pallet" in said(firm.of(Kind.PRODUCT, right_id=doubles[0]))
