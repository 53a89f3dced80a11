"""The simulated HubSpot keeps the facts of the reference: records, batches, properties, limits, state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox.hubspot import CLIENT_ID, CLIENT_SECRET, build, load, seed
from connectors.sandbox.sample import PEOPLE, VENDORS, generate
from connectors.sandbox.state import State
from connectors.tests.hubspot_world import World

CONTACTS = "/crm/objects/2026-09/contacts"
BACK = "http://127.0.0.1:9/connections/hubspot/callback/"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def batch(world: World, verb: str, inputs: list[dict[str, Any]], **more: Any) -> requests.Response:
    return world.ask("POST", f"{CONTACTS}/batch/{verb}", {"inputs": inputs, **more})


def search(world: World, filters: list[dict[str, Any]], kind: str = "contacts", **more: Any) -> dict[str, Any]:
    answer = world.ask("POST", f"/crm/objects/2026-09/{kind}/search", {"filterGroups": [{"filters": filters}] if filters else [], **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# Single records


def test_a_contact_is_created_with_strings_and_system_properties(world: World) -> None:
    made = world.ask("POST", CONTACTS, {"properties": {"email": " Ada@Example.COM ", "hs_email_optout": True}})
    assert made.status_code == 201
    body = made.json()
    assert body["properties"]["email"] == "ada@example.com"
    assert body["properties"]["hs_email_optout"] == "true"
    assert body["properties"]["hs_object_id"] == body["id"]
    assert body["createdAt"] == body["updatedAt"] == body["properties"]["lastmodifieddate"]
    assert body["archived"] is False


def test_a_second_contact_with_the_address_is_a_conflict_that_names_the_first(world: World) -> None:
    held = world.contact(email="dup@example.com")
    refused = world.ask("POST", CONTACTS, {"properties": {"email": "DUP@example.com"}})
    assert refused.status_code == 409
    assert refused.json()["category"] == "CONFLICT"
    assert refused.json()["message"] == f"Contact already exists. Existing ID: {held}"
    assert refused.json()["correlationId"]


def test_an_update_to_a_taken_address_is_a_validation_error_that_names_the_holder(world: World) -> None:
    held, other = world.contact(email="held@example.com"), world.contact(email="other@example.com")
    refused = world.ask("PATCH", f"{CONTACTS}/{other}", {"properties": {"email": "held@example.com"}})
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert refused.json()["message"].endswith(f"on {other}. {held} already has that value.")
    assert refused.json()["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nonsense", "1", "PROPERTY_DOESNT_EXIST"),
        ("hs_lead_status", "new", "INVALID_OPTION"),
        ("email", "a@example.com, b@example.com", "INVALID_EMAIL"),
        ("date_of_birth", "1980-02-30", "INVALID_DATE"),
        ("date_of_birth", "1700000000000", "INVALID_DATE"),
        ("createdate", "2020-01-01T00:00:00Z", "READ_ONLY_VALUE"),
        ("firstname", "x" * 65537, "MAX_LENGTH"),
    ],
)
def test_refused_values_carry_their_code_in_the_messages_json_tail(world: World, name: str, value: str, code: str) -> None:
    refused = world.ask("POST", CONTACTS, {"properties": {name: value}})
    assert refused.status_code == 400
    assert f'"error": "{code}"' in refused.json()["message"]
    assert f'"name": "{name}"' in refused.json()["message"]
    assert world.app.state.count("hubspot/1234567/contacts") == 0


def test_reading_leaves_unknown_properties_out_and_shows_empty_ones_as_null(world: World) -> None:
    contact = world.contact(email="r@example.com", phone="1")
    world.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"phone": ""}})
    shown = world.ask("GET", f"{CONTACTS}/{contact}?properties=phone,nonsense").json()["properties"]
    assert shown["phone"] is None
    assert "nonsense" not in shown


def test_a_contact_answers_to_its_main_and_additional_addresses(world: World) -> None:
    one, other = world.contact(email="main@example.com"), world.contact(email="second@example.com")
    merged = world.ask("POST", f"{CONTACTS}/merge", {"primaryObjectId": one, "objectIdToMerge": other}).json()
    for address in ("main@example.com", "SECOND@example.com"):
        assert world.ask("GET", f"{CONTACTS}/{address}?idProperty=email").json()["id"] == merged["id"]


def test_a_merge_makes_a_third_record_and_the_old_ids_keep_answering(world: World) -> None:
    one, other = world.contact(email="p@example.com", firstname="Primary"), world.contact(email="o@example.com", firstname="Other", phone="5")
    company = world.company(other, name="Kept")
    merged = world.ask("POST", f"{CONTACTS}/merge", {"primaryObjectId": one, "objectIdToMerge": other}).json()
    assert merged["id"] not in (one, other)
    for old in (one, other):
        shown = world.ask("GET", f"{CONTACTS}/{old}?properties=firstname,phone,hs_merged_object_ids,associatedcompanyid").json()
        assert shown["id"] == merged["id"]
        assert shown["properties"]["firstname"] == "Primary"
        assert shown["properties"]["phone"] == "5"
        assert shown["properties"]["hs_merged_object_ids"] == f"{one};{other}"
        assert shown["properties"]["associatedcompanyid"] == company
    assert world.ask("PATCH", f"{CONTACTS}/{one}", {"properties": {"phone": "6"}}).json()["id"] == merged["id"]
    assert batch(world, "update", [{"id": one, "properties": {"phone": "7"}}]).json()["errors"][0]["context"]["ids"] == [one]
    assert [r["id"] for r in world.ask("GET", CONTACTS).json()["results"]] == [merged["id"]]


def test_the_list_pages_by_id_without_gaps(world: World) -> None:
    ids = [world.contact(email=f"l{n}@example.com") for n in range(7)]
    seen, after = [], ""
    while True:
        page = world.ask("GET", f"{CONTACTS}?limit=3" + (f"&after={after}" if after else "")).json()
        seen += [r["id"] for r in page["results"]]
        if "paging" not in page:
            break
        after = page["paging"]["next"]["after"]
        assert after == ids[len(seen)]
    assert seen == ids
    assert world.ask("GET", f"{CONTACTS}?limit=101").status_code == 400


def test_archived_records_are_listed_apart_and_come_back_with_their_id(world: World) -> None:
    contact = world.contact(email="a@example.com")
    assert world.ask("DELETE", f"{CONTACTS}/{contact}").status_code == 204
    assert world.ask("DELETE", f"{CONTACTS}/{contact}").status_code == 204
    assert world.ask("GET", f"{CONTACTS}/{contact}").status_code == 404
    assert world.ask("GET", CONTACTS).json()["results"] == []
    [gone] = world.ask("GET", f"{CONTACTS}?archived=true").json()["results"]
    assert (gone["id"], gone["archived"]) == (contact, True)
    assert gone["archivedAt"]
    assert requests.post(f"{world.url}/contacts/1234567/record/0-1/{contact}/restore", timeout=10).status_code == 200
    assert world.ask("GET", f"{CONTACTS}/{contact}").status_code == 200


def test_a_privacy_delete_leaves_nothing(world: World) -> None:
    contact = world.contact(email="forget@example.com")
    world.company(contact, name="Stays")
    assert world.ask("POST", f"{CONTACTS}/gdpr-delete", {"idProperty": "email", "objectId": "forget@example.com"}).status_code == 204
    assert world.ask("GET", f"{CONTACTS}/{contact}?archived=true").status_code == 404
    assert "forget@example.com" not in str([list(world.app.state.all(name)) for name in ("hubspot/1234567/contacts", "hubspot/1234567/associations")])


def test_property_history_is_newest_first_and_says_who(world: World) -> None:
    contact = world.contact(email="h@example.com", firstname="One")
    world.now += 1
    world.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"firstname": "Two"}})
    world.now += 1
    world.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"firstname": ""}})
    history = world.ask("GET", f"{CONTACTS}/{contact}?propertiesWithHistory=firstname,phone").json()["propertiesWithHistory"]
    assert [entry["value"] for entry in history["firstname"]] == ["", "Two", "One"]
    assert [entry["sourceType"] for entry in history["firstname"]] == ["INTEGRATION", "INTEGRATION", "CRM_UI"]
    assert history["firstname"][0]["timestamp"] > history["firstname"][1]["timestamp"]
    assert history["phone"] == []


# Batches


def test_batches_take_a_hundred_and_answer_in_an_order_of_their_own(world: World) -> None:
    inputs = [{"properties": {"email": f"b{n}@example.com"}} for n in range(100)]
    answer = batch(world, "create", inputs)
    assert (answer.status_code, answer.json()["status"]) == (201, "COMPLETE")
    emails = [r["properties"]["email"] for r in answer.json()["results"]]
    assert emails != [f"b{n}@example.com" for n in range(100)]
    assert len(set(emails)) == 100
    assert batch(world, "create", [*inputs, {"properties": {}}]).status_code == 400


def test_without_trace_ids_one_duplicate_sinks_the_whole_batch(world: World) -> None:
    world.contact(email="dup@example.com")
    answer = batch(world, "create", [{"properties": {"email": "new@example.com"}}, {"properties": {"email": "dup@example.com"}}])
    assert answer.status_code == 409
    assert world.app.state.count("hubspot/1234567/contacts") == 1


@pytest.mark.parametrize(("switch", "status"), [(207, 207), (0, 201)])
def test_with_trace_ids_each_input_of_a_create_is_answered_by_itself(world: World, switch: int, status: int) -> None:
    world.app.switches.multi_status = switch
    world.contact(email="dup@example.com")
    inputs = [{"properties": {"email": mail}, "objectWriteTraceId": trace} for mail, trace in (("a@example.com", "t1"), ("dup@example.com", "t2"))]
    answer = batch(world, "create", inputs)
    assert answer.status_code == status
    assert [r["objectWriteTraceId"] for r in answer.json()["results"]] == ["t1"]
    assert answer.json()["numErrors"] == 1
    assert answer.json()["errors"][0]["context"] == {"objectWriteTraceId": ["t2"]}
    assert answer.json()["errors"][0]["category"] == "CONFLICT"


def test_a_batch_read_names_what_it_did_not_find(world: World) -> None:
    contact = world.contact(email="f@example.com")
    answer = batch(world, "read", [{"id": contact}, {"id": "999"}], properties=["email"])
    assert answer.status_code == 207
    assert [r["id"] for r in answer.json()["results"]] == [contact]
    assert answer.json()["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert answer.json()["errors"][0]["context"]["ids"] == ["999"]


def own_key(world: World) -> str:
    body = {"name": "own_key", "label": "Own key", "type": "string", "fieldType": "text", "groupName": "contactinformation", "hasUniqueValue": True}
    assert world.ask("POST", "/crm/properties/2026-09/contacts", body).status_code == 201
    return "own_key"


def test_an_upsert_by_an_own_unique_property_creates_once_then_updates(world: World) -> None:
    key = own_key(world)
    inputs = [{"id": "q:1", "idProperty": key, "properties": {"firstname": "A"}}]
    first, second = batch(world, "upsert", inputs).json()["results"][0], batch(world, "upsert", inputs).json()["results"][0]
    assert (first["new"], second["new"]) == (True, False)
    assert first["id"] == second["id"]
    assert first["properties"][key] == "q:1"
    assert world.ask("GET", f"{CONTACTS}/q:1?idProperty={key}").json()["id"] == first["id"]


def test_a_property_that_is_not_unique_cannot_name_a_record(world: World) -> None:
    assert batch(world, "upsert", [{"id": "x", "idProperty": "phone", "properties": {}}]).status_code == 400
    assert world.ask("GET", f"{CONTACTS}/x?idProperty=phone").status_code == 400


def test_a_record_twice_in_one_batch_is_refused(world: World) -> None:
    contact = world.contact(email="two@example.com")
    assert batch(world, "update", [{"id": contact, "properties": {"phone": str(n)}} for n in range(2)]).status_code == 400
    assert "phone" not in world.held(contact)


# Properties


def test_a_property_is_created_once_in_a_known_group(world: World) -> None:
    address = "/crm/properties/2026-09/contacts"
    body = {"name": "tier", "label": "Tier", "type": "number", "fieldType": "number", "groupName": "mine"}
    assert world.ask("POST", address, body).status_code == 400
    assert world.ask("POST", address + "/groups", {"name": "mine", "label": "Mine"}).status_code == 201
    assert world.ask("POST", address + "/groups", {"name": "mine", "label": "Mine"}).status_code == 409
    assert world.ask("POST", address, body).status_code == 201
    assert world.ask("POST", address, body).status_code == 409
    assert world.ask("POST", address, {**body, "name": "Bad-Name"}).status_code == 400
    assert world.ask("POST", address, {**body, "name": "odd", "fieldType": "text"}).status_code == 400
    assert world.ask("PATCH", address + "/tier", {"label": "Level"}).json()["label"] == "Level"
    assert world.ask("GET", address + "/tier").json()["modificationMetadata"]["readOnlyValue"] is False
    assert world.ask("PATCH", address + "/email", {"label": "No"}).status_code == 400
    assert world.ask("POST", CONTACTS, {"properties": {"tier": "1,5"}}).status_code == 400
    assert world.ask("POST", CONTACTS, {"properties": {"tier": 1.5}}).json()["properties"]["tier"] == "1.5"


# Limits


def test_the_ten_second_limit_counts_down_in_headers_and_answers_429(world: World) -> None:
    world.app.switches.limit = 3
    left = [world.ask("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = world.ask("GET", CONTACTS)
    assert (refused.status_code, refused.json()["policyName"], refused.json()["errorType"]) == (429, "TEN_SECONDLY_ROLLING", "RATE_LIMIT")
    world.now += 10.1
    assert world.ask("GET", CONTACTS).status_code == 200


def test_search_has_a_limit_of_its_own_and_tells_no_headers(world: World) -> None:
    world.app.switches.limit, world.app.switches.search_limit = 1, 5
    answers = [world.ask("POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert answers[-1].json()["policyName"] == "SECONDLY"
    assert not any(name.startswith("X-HubSpot-RateLimit") for a in answers for name in a.headers)
    assert world.ask("GET", CONTACTS).status_code == 200


# State, sample and speed


def test_a_file_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    app = build(State(tmp_path / "sandbox.sqlite3"))
    seed(app)
    account = app.accounts["1234567"]
    again = build(State(tmp_path / "sandbox.sqlite3")).accounts["1234567"]
    contacts, kept = account.tables["contacts"], again.tables["contacts"]
    assert kept.documents == contacts.documents
    assert kept.unique == contacts.unique
    for record_id in map(str, contacts.documents):
        assert again.associated("contacts", record_id, "companies") == account.associated("contacts", record_id, "companies")


def test_the_sample_company_has_the_awkward_cases(world: World) -> None:
    seed(world.app)
    contacts = [d["properties"] for d in world.account.tables["contacts"].documents.values()]
    assert len(contacts) == sum(person.in_hubspot for person in PEOPLE)
    names = {p.get("company") for p in contacts}
    assert names & {vendor.company for vendor in VENDORS}
    assert any(":" in name for name in names if name)
    assert any("'" in name for name in names if name)
    assert any(not p.get("email") for p in contacts)
    emails = [p.side("quickbooks")["email"].lower() for p in PEOPLE if p.in_quickbooks and p.email]
    assert len(emails) > len(set(emails)), "two customers share an address"
    statuses = {d["properties"]["hs_invoice_status"] for d in world.account.tables["invoices"].documents.values()}
    assert statuses == {"draft", "open", "paid", "voided"}


def test_a_generated_population_is_the_same_every_time_and_loads_in_bulk(world: World) -> None:
    assert list(generate(50, seed=7)) == list(generate(50, seed=7))
    assert list(generate(50, seed=7)) != list(generate(50, seed=8))
    assert load(world.app, 1234567, generate(200)) == 150
    found = search(world, [{"propertyName": "associatedcompanyid", "operator": "HAS_PROPERTY"}])
    assert found["total"] == 150
