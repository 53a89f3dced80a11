"""Products of the HubSpot connector against the simulation, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Failed, Operation, Outcome, Record, Stored, Unknown, Write
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.objects import KEY_PROPERTY
from connectors.sandbox.hubspot import seed
from connectors.tests.hubspot_shop import Shop
from connectors.tests.hubspot_world import lose
from connectors.vocabulary import DEFAULT_MAPPINGS, GATES, Category, Direction, Kind

PRODUCT = Kind.PRODUCT
KEYS = (
    "hs_sku",
    "name",
    "description",
    "price",
    "hs_cost_of_goods_sold",
    "hs_product_type",
    "hs_status",
    "hs_pricing_model",
    KEY_PROPERTY,
    "tandem_quickbooks_quantity",
    "tandem_quickbooks_category",
    "tandem_quickbooks_taxable",
    "createdate",
)


@pytest.fixture
def connector(shop: Shop) -> HubSpotConnector:
    made = shop.connector()
    made.setup(PRODUCT)
    return made


def everything(connector: HubSpotConnector, since: str | None = None) -> tuple[dict[str, Record], str]:
    pages = list(connector.changes(PRODUCT, since, KEYS))
    return {record.id: record for page in pages for record in page.records}, pages[-1].cursor


def written(connector: HubSpotConnector, **fields: Any) -> Outcome:
    return next(iter(connector.write(PRODUCT, [Write("call", "1", Operation.CREATE, fields)], KEYS)))


def test_setup_creates_the_own_properties_of_products_once(shop: Shop, connector: HubSpotConnector) -> None:
    held = shop.account.definitions("products")
    assert held[KEY_PROPERTY]["hasUniqueValue"] is True
    assert (held["tandem_quickbooks_taxable"]["type"], held["tandem_quickbooks_quantity"]["type"]) == ("bool", "number")
    assert shop.sent(lambda: connector.setup(PRODUCT)) == ["GET products"]


def test_fields_carry_every_meaning_that_mappings_and_gates_of_products_use(connector: HubSpotConnector) -> None:
    specs = {spec.key: spec for spec in connector.fields(PRODUCT)}
    meanings = {spec.meaning for spec in specs.values()}
    assert {meaning for mapping in DEFAULT_MAPPINGS[PRODUCT] for meaning in mapping.left} <= meanings
    assert {gate.condition.meaning for gate in GATES[PRODUCT] if gate.born is Direction.TO_RIGHT} <= meanings
    assert [option.value for option in specs["hs_product_type"].options] == ["inventory", "non_inventory", "service"]
    assert list(specs)[: len(KEYS)] == list(KEYS)
    assert [spec.key for spec in specs.values() if spec.required] == ["name"]


def test_every_product_of_the_sample_shows_with_its_values(shop: Shop, connector: HubSpotConnector) -> None:
    seed(shop.app)
    records, _ = everything(connector)
    assert len(records) == shop.app.state.count("hubspot/1234567/products")
    by_sku = {record.fields["hs_sku"]: record for record in records.values()}
    mulch = by_sku["CS-104"]
    assert mulch.title == "Bark Mulch, cubic yard"
    assert {key: mulch.fields[key] for key in KEYS[1:8]} == {
        "name": "Bark Mulch, cubic yard",
        "description": "Shredded cedar, delivered",
        "price": Decimal("38.5"),
        "hs_cost_of_goods_sold": Decimal("21.25"),
        "hs_product_type": "non_inventory",
        "hs_status": "active",
        "hs_pricing_model": None,
    }
    assert by_sku["CS-123"].fields["hs_status"] == "inactive"
    assert by_sku["CS-121"].fields["price"] == Decimal("39.999")


@pytest.mark.parametrize(("model", "known"), [("", True), ("flat", True), ("volume", False), ("graduated", False), ("stairstep", False)])
def test_a_tiered_price_is_unknown_rather_than_wrong(shop: Shop, connector: HubSpotConnector, model: str, known: bool) -> None:
    made = shop.make("products", {"name": "Gravel", "price": "8.25", "hs_pricing_model": model})
    [record] = connector.read(PRODUCT, [made], KEYS)
    assert ("price" in record.fields) is known
    assert record.fields["hs_pricing_model"] == (model or None)


def test_a_created_product_gives_back_everything_it_was_made_of(shop: Shop, connector: HubSpotConnector) -> None:
    fields = {"name": "Spade", "hs_sku": "S-1", "price": Decimal("19.95"), "tandem_quickbooks_taxable": True, KEY_PROPERTY: "1:9"}
    outcome = written(connector, **fields)
    assert isinstance(outcome, Stored)
    assert {**outcome.record.fields, "createdate": None} == {
        **{key: None for key in KEYS if key not in ("hs_product_type", "hs_status")},
        **fields,
    } | {"createdate": None}
    assert shop.held_by("products", outcome.record.id)["tandem_quickbooks_taxable"] == "true"
    [found] = connector.find(PRODUCT, KEY_PROPERTY, ["1:9"], KEYS)
    assert found.id == outcome.record.id


def test_a_product_without_a_name_is_refused_for_it(connector: HubSpotConnector) -> None:
    outcome = written(connector, hs_sku="S-2", **{KEY_PROPERTY: "1:10"})
    assert isinstance(outcome, Failed)
    assert (outcome.error.category, outcome.error.field) == (Category.REQUIRED_VALUE_MISSING, "name")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_create_is_settled_to_one_product(shop: Shop, connector: HubSpotConnector, moment: str) -> None:
    write = Write("call", "1", Operation.CREATE, {"name": "Rake", "price": Decimal("5"), KEY_PROPERTY: "1:11"})
    lose(shop, "/batch/upsert", moment=moment)
    assert isinstance(next(iter(connector.write(PRODUCT, [write], KEYS))), Unknown)
    [settled] = connector.settle(PRODUCT, [write], KEYS)
    assert isinstance(settled, Stored)
    assert settled.record.fields["price"] == Decimal(5)
    assert shop.app.state.count("hubspot/1234567/products") == 1


def test_a_price_is_updated_where_it_stands_as_expected(shop: Shop, connector: HubSpotConnector) -> None:
    made = shop.make("products", {"name": "Gravel", "price": "8.25"})
    write = Write("c", "1", Operation.UPDATE, {"price": Decimal("9")}, id=made, expected={"price": Decimal("8.25")})
    [outcome] = connector.write(PRODUCT, [write], KEYS)
    assert isinstance(outcome, Stored)
    assert (outcome.record.fields["price"], outcome.record.fields["name"]) == (Decimal(9), "Gravel")
    [again] = connector.write(PRODUCT, [write], KEYS)
    assert isinstance(again, Failed), "it has moved on by our own write"
    [settled] = connector.settle(PRODUCT, [write], KEYS)
    assert isinstance(settled, Stored)


def test_a_product_is_taken_away_and_stays_away(shop: Shop, connector: HubSpotConnector) -> None:
    made = shop.make("products", {"name": "Gravel"})
    write = Write("c", "1", Operation.DELETE, {}, id=made)
    for _ in range(2):
        [outcome] = connector.write(PRODUCT, [write], KEYS)
        assert isinstance(outcome, Stored)
        assert outcome.record.presence == "absent"
    assert shop.account.tables["products"].documents[int(made)]["archived"]
