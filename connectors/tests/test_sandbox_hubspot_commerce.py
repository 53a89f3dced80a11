"""The simulated HubSpot keeps products, deals, lines and notes as the reference says: definitions, scopes, associations, arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.hubspot.definitions import INVERSES, LINKS, TYPES
from connectors.sandbox.hubspot.line_items import amounts
from connectors.tests.hubspot_shop import OBJECTS, Shop, open_shop, spec

SMALLEST: dict[str, dict[str, Any]] = {
    "products": {"name": "P"},
    "line_items": {},
    "invoices": {"hs_currency": "USD"},
    "commerce_payments": {"hs_initial_amount": 5, "hs_initiated_date": "2026-11-01T00:00:00Z"},
    "deals": {"dealname": "D", "dealstage": "closedwon", "pipeline": "default"},
    "notes": {"hs_timestamp": "2026-11-01T00:00:00Z"},
    "taxes": {"hs_type": "PERCENT", "hs_value": 5},
    "discounts": {"hs_type": "FIXED", "hs_value": 5},
    "fees": {"hs_type": "FIXED", "hs_value": 5},
}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as made:
        yield made


@pytest.mark.parametrize("kind", SMALLEST)
def test_every_type_is_created_read_searched_and_archived_by_name_and_by_type_id(shop: Shop, kind: str) -> None:
    made = shop.make(kind, SMALLEST[kind])
    facts = TYPES[kind]
    shown = shop.ask("GET", f"{OBJECTS}/{facts.type_id}/{made}").json()
    assert {facts.created, "hs_lastmodifieddate"} <= set(shown["properties"])
    moment = str(round(shop.now * 1000))
    for name in (facts.created, "hs_lastmodifieddate"):
        only = {"propertyName": name, "operator": "EQ", "value": moment}
        found = shop.ask("POST", f"{OBJECTS}/{kind}/search", {"filterGroups": [{"filters": [only]}]})
        assert made in [row["id"] for row in found.json()["results"]]
    assert shop.ask("DELETE", f"{OBJECTS}/{kind}/{made}").status_code == 204
    assert shop.ask("GET", f"{OBJECTS}/{kind}/{made}").status_code == 404
    assert [row["id"] for row in shop.ask("GET", f"{OBJECTS}/{kind}?archived=true").json()["results"]] == [made]


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, values in SMALLEST.items() for name in values if (name,) in TYPES[kind].required])
def test_a_create_without_a_required_property_is_refused(shop: Shop, kind: str, name: str) -> None:
    values = {key: value for key, value in SMALLEST[kind].items() if key != name}
    refused = shop.ask("POST", f"{OBJECTS}/{kind}", {"properties": values})
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert name in refused.json()["message"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("line_items", "amount"),
        ("line_items", "hs_total_discount"),
        ("invoices", "hs_balance_due"),
        ("invoices", "hs_tax"),
        ("commerce_payments", "hs_payment_id"),
        ("commerce_payments", "hs_payment_source_app"),
        ("commerce_payments", "hs_net_amount"),
        ("deals", "hs_is_closed_won"),
        ("products", "createdate"),
    ],
)
def test_what_hubspot_calculates_or_reserves_cannot_be_written(shop: Shop, kind: str, name: str) -> None:
    definition = shop.ask("GET", f"/crm/properties/2026-09/{kind}/{name}").json()
    assert definition["modificationMetadata"]["readOnlyValue"] is True
    refused = shop.ask("POST", f"{OBJECTS}/{kind}", {"properties": {**SMALLEST[kind], name: "1"}})
    assert refused.status_code == 400
    assert "READ_ONLY_VALUE" in refused.text


@pytest.mark.parametrize(
    ("kind", "scope", "schema"),
    [
        ("products", "crm.objects.products.read", "e-commerce"),
        ("line_items", "e-commerce", "e-commerce"),
        ("taxes", "crm.objects.line_items.read", "e-commerce"),
        ("notes", "crm.objects.contacts.read", "crm.schemas.contacts.write"),
        ("commerce_payments", "crm.objects.commercepayments.read", "crm.schemas.commercepayments.write"),
        ("deals", "crm.objects.deals.read", "crm.schemas.deals.write"),
    ],
)
def test_each_type_asks_for_its_scopes(shop: Shop, kind: str, scope: str, schema: str) -> None:
    reader = shop.grant(scopes=["oauth", scope])["access_token"]
    assert shop.ask("GET", f"{OBJECTS}/{kind}", token=reader).status_code == 200
    stranger = shop.grant(scopes=["oauth", "crm.objects.companies.read"])["access_token"]
    assert shop.ask("GET", f"{OBJECTS}/{kind}", token=stranger).status_code == 403
    group = TYPES[kind].singular.replace("_", "") + "information"
    own = {"name": "qbo_key", "label": "Key", "type": "string", "fieldType": "text", "groupName": group, "hasUniqueValue": True}
    both = [scope, scope.replace(".read", ".write")]
    poor = shop.grant(scopes=[s for s in both if s != schema])["access_token"]
    refused = shop.ask("POST", f"/crm/properties/2026-09/{kind}", own, token=poor)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["context"]["requiredGranularScopes"] == [schema]
    rich = shop.grant(scopes=[*both, schema])["access_token"]
    assert shop.ask("POST", f"/crm/properties/2026-09/{kind}", own, token=rich).status_code == 201


def test_products_are_upserted_by_a_unique_property_of_our_own(shop: Shop) -> None:
    own = {"name": "qbo_key", "label": "Key", "type": "string", "fieldType": "text", "groupName": "productinformation", "hasUniqueValue": True}
    assert shop.ask("POST", "/crm/properties/2026-09/products", own).status_code == 201
    inputs = [{"id": f"q{n}", "idProperty": "qbo_key", "properties": {"name": "Same", "hs_sku": "S"}} for n in range(3)]
    first = shop.ask("POST", f"{OBJECTS}/products/batch/upsert", {"inputs": inputs}).json()["results"]
    again = shop.ask("POST", f"{OBJECTS}/products/batch/upsert", {"inputs": inputs}).json()["results"]
    assert {row["new"] for row in first} == {True}
    assert {row["new"] for row in again} == {False}
    assert {row["id"] for row in first} == {row["id"] for row in again}


# Associations


def test_association_types_have_the_ids_of_the_table_in_both_directions(shop: Shop) -> None:
    for start, to, there, back, label in LINKS:
        for one, other, number in ((start, to, there), (to, start, back)):
            rows = shop.ask("GET", f"/crm/associations/2026-09/{one}/{other}/labels").json()["results"]
            assert {"category": "HUBSPOT_DEFINED", "typeId": number, "label": label} in rows
    assert all(INVERSES[INVERSES[number]] == number for number in INVERSES)
    deal, note = shop.make("deals", SMALLEST["deals"]), shop.make("notes", SMALLEST["notes"])
    body = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 214}]
    assert shop.ask("PUT", f"{OBJECTS}/notes/{note}/associations/deals/{deal}", body).status_code == 201
    row = shop.ask("POST", "/crm/associations/2026-09/deals/notes/batch/read", {"inputs": [{"id": deal}]}).json()["results"][0]["to"][0]
    assert (row["toObjectId"], row["associationTypes"][0]["typeId"]) == (note, 213)


@pytest.mark.parametrize(
    ("kind", "to"), [("products", "contacts"), ("products", "line_items"), ("notes", "invoices"), ("notes", "commerce_payments")]
)
def test_pairs_that_have_no_association_are_refused(shop: Shop, kind: str, to: str) -> None:
    one, other = shop.make(kind, SMALLEST[kind]), shop.make(to, SMALLEST.get(to, {}))
    assert shop.ask("PUT", f"{OBJECTS}/{kind}/{one}/associations/default/{to}/{other}").status_code == 400
    assert (
        shop.ask(
            "POST", f"/crm/associations/2026-09/{to}/{kind}/batch/associate/default", {"inputs": [{"from": {"id": other}, "to": {"id": one}}]}
        ).status_code
        == 400
    )
    assert shop.associated(kind, one, to) == []


@pytest.mark.parametrize("spaced", [False, True])
def test_a_read_names_lines_with_or_without_a_space(shop: Shop, spaced: bool) -> None:
    shop.app.switches.spaced_association_keys = spaced
    deal = shop.make("deals", SMALLEST["deals"])
    line = shop.make("line_items", {}, deals=deal)
    shown = shop.ask("GET", f"{OBJECTS}/deals/{deal}?associations=line_items").json()["associations"]
    assert shown["line items" if spaced else "line_items"]["results"] == [{"id": line, "type": "deal_to_line_item"}]


def test_a_line_has_one_parent_only_however_it_is_asked(shop: Shop) -> None:
    deal, invoice = shop.make("deals", SMALLEST["deals"]), shop.make("invoices", {"hs_currency": "USD"})
    line = shop.make("line_items", {"name": "L"}, deals=deal)
    assert shop.ask("PUT", f"{OBJECTS}/invoices/{invoice}/associations/default/line_items/{line}").status_code == 400
    assert shop.ask("PUT", f"{OBJECTS}/line_items/{line}/associations/default/deals/{deal}").status_code == 200
    inside = {"properties": {"hs_currency": "USD"}, "associations": spec("invoices", line_items=line)}
    assert shop.ask("POST", f"{OBJECTS}/invoices", inside).status_code == 400
    loose = shop.make("line_items", {"name": "M"})
    two = [{"properties": {"hs_currency": "USD"}, "associations": spec("invoices", line_items=loose)} for _ in range(2)]
    assert shop.ask("POST", f"{OBJECTS}/invoices/batch/create", {"inputs": two}).status_code == 400
    pairs = [{"from": {"id": loose}, "to": {"id": parent}} for parent in (invoice, shop.make("invoices", {"hs_currency": "USD"}))]
    assert shop.ask("POST", "/crm/associations/2026-09/line_items/invoices/batch/associate/default", {"inputs": pairs}).status_code == 400
    assert shop.associated("line_items", loose, "invoices") == []
    assert shop.ask("POST", "/crm/associations/2026-09/line_items/invoices/batch/associate/default", {"inputs": pairs[:1]}).status_code == 200


def test_lines_go_and_come_back_with_their_parent(shop: Shop) -> None:
    deal = shop.make("deals", SMALLEST["deals"])
    line, gone = shop.make("line_items", {"name": "L"}, deals=deal), shop.make("line_items", {"name": "G"}, deals=deal)
    assert shop.ask("DELETE", f"{OBJECTS}/line_items/{gone}").status_code == 204
    shop.now += 10
    assert shop.ask("DELETE", f"{OBJECTS}/deals/{deal}").status_code == 204
    assert shop.ask("GET", f"{OBJECTS}/line_items/{line}").status_code == 404
    shop.session.post(f"{shop.url}/contacts/1234567/record/0-3/{deal}/restore", timeout=10)
    assert shop.associated("deals", deal, "line_items") == [line]


# Deals and notes


def test_deals_move_through_the_pipeline_every_account_has(shop: Shop) -> None:
    [pipeline] = shop.ask("GET", "/crm/pipelines/2026-09/deals").json()["results"]
    assert pipeline["id"] == "default"
    assert {s["id"] for s in pipeline["stages"] if s["metadata"]["isClosed"] == "true"} == {"closedwon", "closedlost"}
    assert shop.ask("GET", "/crm/pipelines/2026-09/deals/default/stages").json()["results"] == pipeline["stages"]
    assert shop.ask("GET", "/crm/pipelines/2026-09/deals/other").status_code == 404
    deal = shop.make("deals", {"dealname": "D", "pipeline": "default", "dealstage": "contractsent", "amount": "12.5"})
    assert shop.held_by("deals", deal)["hs_is_closed_won"] == "false"
    assert shop.patch("deals", deal, dealstage="closedwon") == 200
    assert (shop.held_by("deals", deal)["hs_is_closed_won"], shop.held_by("deals", deal)["amount_in_home_currency"]) == ("true", "12.5")
    assert shop.patch("deals", deal, dealstage="nowhere") == 400


def test_a_note_is_pinned_to_a_deal_it_belongs_to_only(shop: Shop) -> None:
    deal = shop.make("deals", SMALLEST["deals"])
    note, stray = shop.make("notes", {**SMALLEST["notes"], "hs_note_body": "<b>Paid</b>"}, deals=deal), shop.make("notes", SMALLEST["notes"])
    assert shop.patch("deals", deal, hs_pinned_engagement_id=stray) == 400
    assert shop.patch("deals", deal, hs_pinned_engagement_id=note) == 200


def test_deals_merge_into_a_third_one_and_keep_their_lines(shop: Shop) -> None:
    deals = [shop.make("deals", {**SMALLEST["deals"], "dealname": name}) for name in ("One", "Two")]
    lines = {shop.make("line_items", {}, deals=deal) for deal in deals}
    merged = shop.ask("POST", f"{OBJECTS}/deals/merge", {"primaryObjectId": deals[0], "objectIdToMerge": deals[1]}).json()["id"]
    assert merged not in deals
    assert set(shop.associated("deals", merged, "line_items")) == lines
    one, other = shop.make("products", {"name": "One"}), shop.make("products", {"name": "Two"})
    assert shop.ask("POST", f"{OBJECTS}/products/merge", {"primaryObjectId": one, "objectIdToMerge": other}).status_code == 400


# Lines


def test_a_line_copies_its_product_and_keeps_the_copy(shop: Shop) -> None:
    values = {"name": "Mulch", "hs_sku": "M1", "price": "38.50", "description": "Bark", "hs_cost_of_goods_sold": "20"}
    product = shop.make("products", values)
    copied = shop.make("line_items", {"hs_product_id": product, "quantity": 2})
    own = shop.make("line_items", {"hs_product_id": product, "price": "40"})
    assert shop.patch("products", product, name="Other", price="1") == 200
    held = shop.held_by("line_items", copied)
    assert {name: held[name] for name in values} == values
    assert held["amount"] == "77.00"
    assert (shop.held_by("line_items", own)["price"], shop.held_by("line_items", own)["name"]) == ("40", "Mulch")
    assert shop.ask("DELETE", f"{OBJECTS}/products/{product}").status_code == 204
    assert shop.held_by("line_items", copied)["name"] == "Mulch"
    assert shop.patch("line_items", copied, quantity=3) == 200
    refused = shop.ask("POST", f"{OBJECTS}/line_items", {"properties": {"hs_product_id": product}})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("values", "less", "amount"),
    [
        ({"quantity": "10", "price": "234.56", "hs_discount_percentage": "20"}, "469.12", "1876.48"),
        ({"quantity": "3", "price": "10.10", "discount": "1.05"}, "3.15", "27.15"),
        ({"quantity": "0.333", "price": "0.15"}, "0.00", "0.05"),
        ({"quantity": "1", "price": "2.675"}, "0.00", "2.68"),
        ({"quantity": "2", "price": "0"}, "0.00", "0.00"),
    ],
)
def test_a_line_comes_to_quantity_times_price_less_discounts(shop: Shop, values: dict[str, str], less: str, amount: str) -> None:
    held = shop.held_by("line_items", shop.make("line_items", values))
    assert (held["hs_total_discount"], held["amount"]) == (less, amount)
    assert Decimal(held["hs_pre_discount_amount"]) - Decimal(less) == Decimal(amount)


def test_a_discount_may_also_be_a_percentage(shop: Shop) -> None:
    shop.app.switches.discount_per_unit = False
    assert shop.held_by("line_items", shop.make("line_items", {"quantity": 3, "price": 100, "discount": 10}))["amount"] == "270.00"


def test_one_kind_of_discount_takes_the_place_of_the_other(shop: Shop) -> None:
    line = shop.make("line_items", {"quantity": 2, "price": 100, "discount": 10})
    assert shop.patch("line_items", line, hs_discount_percentage=5, discount=1) == 400
    assert shop.patch("line_items", line, hs_discount_percentage=5) == 200
    held = shop.held_by("line_items", line)
    assert (held["amount"], held.get("discount")) == ("190.00", None)


def test_prices_are_never_negative(shop: Shop) -> None:
    refused = shop.ask("POST", f"{OBJECTS}/line_items", {"properties": {"price": -1, "quantity": 1}})
    assert refused.status_code == 400
    line = shop.make("line_items", {"price": 0, "quantity": 1})
    assert shop.patch("line_items", line, price="-0.01") == 400


def test_a_line_is_taxed_by_a_rate_of_the_account(shop: Shop) -> None:
    rates = {rate["name"]: rate for rate in shop.ask("GET", "/tax-rates/2026-09/tax-rates").json()["results"]}
    rate = rates["Denver sales tax"]
    assert (rate["percentageRate"], rate["active"]) == (8.81, True)
    assert shop.ask("GET", f"/tax-rates/2026-09/tax-rates/{rate['id']}").json() == rate
    poor = shop.grant(scopes=["oauth"])["access_token"]
    assert shop.ask("GET", "/tax-rates/2026-09/tax-rates", token=poor).status_code == 403
    held = shop.held_by("line_items", shop.make("line_items", {"quantity": 1, "price": 100, "hs_tax_rate_group_id": rate["id"]}))
    assert (held["amount"], held["hs_tax_amount"], held["hs_post_tax_amount"]) == ("100.00", "8.81", "108.81")
    assert shop.ask("POST", f"{OBJECTS}/line_items", {"properties": {"hs_tax_rate_group_id": "1"}}).status_code == 400


def test_an_amount_goes_when_its_price_does() -> None:
    assert set(amounts({"quantity": "2"}).values()) == {""}
    assert amounts({"quantity": "2", "price": "3"})["amount"] == "6.00"
