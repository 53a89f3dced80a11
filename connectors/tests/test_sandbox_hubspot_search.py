"""Search and associations of the simulated HubSpot, as the reference tells them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.hubspot import CLIENT_ID, CLIENT_SECRET
from connectors.tests.hubspot_world import World

CONTACTS = "/crm/objects/2026-09/contacts"
BACK = "http://127.0.0.1:9/connections/hubspot/callback/"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def search(world: World, filters: list[dict[str, Any]], kind: str = "contacts", **more: Any) -> dict[str, Any]:
    answer = world.ask("POST", f"/crm/objects/2026-09/{kind}/search", {"filterGroups": [{"filters": filters}] if filters else [], **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# Search


def test_every_operator_selects_what_it_says(world: World) -> None:
    a, b = world.contact(email="a@example.com", city="Denver"), world.contact(email="b@example.com", city="Boulder")
    c = world.contact(email="c@example.com")
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"operator": "EQ", "value": "denver"}, {a}),
        ({"operator": "NEQ", "value": "Denver"}, {b}),
        ({"operator": "IN", "values": ["denver", "boulder"]}, {a, b}),
        ({"operator": "NOT_IN", "values": ["denver"]}, {b}),
        ({"operator": "HAS_PROPERTY"}, {a, b}),
        ({"operator": "NOT_HAS_PROPERTY"}, {c}),
        ({"operator": "CONTAINS_TOKEN", "value": "bou*"}, {b}),
        ({"operator": "NOT_CONTAINS_TOKEN", "value": "bou*"}, {a, c}),
        ({"operator": "GT", "value": "c"}, {a}),
        ({"operator": "BETWEEN", "value": "a", "highValue": "c"}, {b}),
    ]
    for rule, expected in cases:
        found = search(world, [{"propertyName": "city", **rule}])
        assert {r["id"] for r in found["results"]} == expected, rule
    assert {r["id"] for r in search(world, [], query="boulder b@example")["results"]} == set()
    assert {r["id"] for r in search(world, [], query="b@example")["results"]} == {b}


def test_ids_sort_and_compare_as_numbers(world: World) -> None:
    ids = [world.contact(email=f"{n}@example.com") for n in range(12)]
    rule = {"propertyName": "hs_object_id", "operator": "GT", "value": ids[3]}
    found = search(world, [rule], sorts=[{"propertyName": "hs_object_id", "direction": "DESCENDING"}], limit=5)
    assert [r["id"] for r in found["results"]] == ids[:6:-1]
    assert found["total"] == 8


def test_search_never_shows_archived_records_and_filters_by_association(world: World) -> None:
    contact, other = world.contact(email="x@example.com"), world.contact(email="y@example.com")
    company = world.company(contact, name="Acme")
    assert {r["id"] for r in search(world, [{"propertyName": "associations.company", "operator": "EQ", "value": company}])["results"]} == {contact}
    world.ask("DELETE", f"{CONTACTS}/{other}")
    assert {r["id"] for r in search(world, [])["results"]} == {contact}


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "9900", "limit": 200},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "EQ", "value": "x"}] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "EQ", "value": "x"}] * 4}] * 5},
        {"filterGroups": [{"filters": [{"propertyName": "city", "operator": "EQ", "value": "x"}]}] * 6},
        {"filterGroups": [{"filters": [{"propertyName": "nonsense", "operator": "EQ", "value": "x"}]}]},
        {"sorts": [{"propertyName": "city"}, {"propertyName": "state"}]},
        {"query": "x" * 3001},
    ],
)
def test_searches_beyond_the_documented_limits_are_refused(world: World, body: dict[str, Any]) -> None:
    assert world.ask("POST", f"{CONTACTS}/search", body).status_code == 400


def test_the_modified_property_of_contacts_has_a_name_of_its_own(world: World) -> None:
    assert world.ask("POST", f"{CONTACTS}/search", {"sorts": [{"propertyName": "hs_lastmodifieddate"}]}).status_code == 400
    assert world.ask("POST", "/crm/objects/2026-09/companies/search", {"sorts": [{"propertyName": "hs_lastmodifieddate"}]}).status_code == 200


def test_a_lagging_index_shows_the_old_version_while_reads_show_the_new(world: World) -> None:
    contact = world.contact(email="l@example.com", city="Old")
    world.app.switches.search_lag = 30
    world.now += 1
    world.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"city": "New"}})
    fresh = world.contact(email="n@example.com")
    old = search(world, [], properties=["city"])["results"]
    assert [(r["id"], r["properties"]["city"]) for r in old] == [(contact, "Old")]
    assert world.ask("GET", f"{CONTACTS}/{contact}?properties=city").json()["properties"]["city"] == "New"
    world.now += 30
    assert {r["id"]: r["properties"]["city"] for r in search(world, [], properties=["city"])["results"]} == {contact: "New", fresh: None}


# Associations


def test_a_contacts_first_company_becomes_the_primary_one(world: World) -> None:
    contact = world.contact(email="c@example.com")
    companies = [world.ask("POST", "/crm/objects/2026-09/companies", {"properties": {"name": name}}).json()["id"] for name in ("One", "Two")]
    for company in companies:
        assert world.ask("PUT", f"{CONTACTS}/{contact}/associations/default/companies/{company}").status_code == 200
    rows = world.ask("POST", "/crm/associations/2026-09/contacts/companies/batch/read", {"inputs": [{"id": contact}]}).json()["results"][0]["to"]
    types = {row["toObjectId"]: {t["typeId"] for t in row["associationTypes"]} for row in rows}
    assert types == {companies[0]: {1, 279}, companies[1]: {279}}
    assert world.held(contact)["associatedcompanyid"] == companies[0]
    body = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    assert world.ask("PUT", f"{CONTACTS}/{contact}/associations/companies/{companies[1]}", body).status_code == 201
    assert world.held(contact)["associatedcompanyid"] == companies[1]
    assert world.ask("DELETE", f"{CONTACTS}/{contact}/associations/companies/{companies[1]}").status_code == 204
    assert "associatedcompanyid" not in world.held(contact)


def test_invoices_are_associated_at_their_creation(world: World) -> None:
    contact = world.contact(email="i@example.com")
    spec = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 177}]}
    values = {"hs_currency": "USD", "hs_invoice_status": "draft"}
    made = world.ask("POST", "/crm/objects/2026-09/invoices", {"properties": values, "associations": [spec]})
    assert made.status_code == 201
    shown = world.ask("GET", f"{CONTACTS}/{contact}?associations=invoices").json()["associations"]["invoices"]["results"]
    assert shown == [{"id": made.json()["id"], "type": "contact_to_invoice"}]
    wrong = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 181}]}
    assert world.ask("POST", "/crm/objects/2026-09/invoices", {"properties": {"hs_currency": "USD"}, "associations": [wrong]}).status_code == 400
    assert world.ask("POST", "/crm/objects/2026-09/invoices", {"properties": {"hs_invoice_status": "draft"}}).status_code == 400


def test_associations_read_in_pages_and_only_the_older_version_reads_one_record(world: World) -> None:
    world.app.switches.associations_page = 2
    contact = world.contact(email="p@example.com")
    invoices = [world.invoice(contact) for _ in range(3)]
    address = "/crm/associations/2026-09/contacts/invoices/batch/read"
    first = world.ask("POST", address, {"inputs": [{"id": contact}]}).json()["results"][0]
    second = world.ask("POST", address, {"inputs": [{"id": contact, "after": first["paging"]["next"]["after"]}]}).json()["results"][0]
    assert [row["toObjectId"] for row in (*first["to"], *second["to"])] == invoices
    assert "paging" not in second
    assert world.ask("GET", f"/crm/objects/2026-03/contacts/{contact}/associations/invoices").status_code == 200
    assert world.ask("GET", f"{CONTACTS}/{contact}/associations/invoices").status_code == 404
    labels = world.ask("GET", "/crm/associations/2026-09/contacts/companies/labels").json()["results"]
    assert {row["typeId"]: row["label"] for row in labels} == {279: None, 1: "Primary"}


@pytest.mark.parametrize("touches", [False, True])
def test_an_association_may_or_may_not_move_the_modified_time(world: World, touches: bool) -> None:
    world.app.switches.associations_touch = touches
    contact = world.contact(email="t@example.com")
    invoice = world.ask("POST", "/crm/objects/2026-09/invoices", {"properties": {"hs_currency": "USD"}}).json()["id"]
    before = world.held(contact)["lastmodifieddate"]
    world.now += 5
    world.ask("PUT", f"{CONTACTS}/{contact}/associations/default/invoices/{invoice}")
    assert (world.held(contact)["lastmodifieddate"] != before) is touches
