"""HubSpot's own clients for Python and Node work against the simulated HubSpot unchanged, each in one run of its script that these tests look at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.sandbox.hubspot import CLIENT_ID, CLIENT_SECRET, PORTAL_ID, build
from connectors.sandbox.server import Server
from connectors.sandbox.state import State
from connectors.tests.clients.talk import Clock, Talk, converse, press
from connectors.tests.hubspot_shop import SCOPES

GRANTED = [scope for scope in SCOPES if scope != "crm.objects.deals.write"]
CLIENTS = {"python": ("hubspot", "hubspot_client.py"), "node": ("node", "hubspot_client.cjs")}
UNIQUE = "ledger_key"


@pytest.fixture(scope="module", params=list(CLIENTS))
def hubspot(request: pytest.FixtureRequest) -> Iterator[Talk]:
    clock = Clock()
    app = build(State(), clock=clock)
    app.switches.limit = app.switches.search_limit = None
    app.keep_log = True
    with Server(app) as server:

        def consent(address: str) -> str:
            # The clients know no other address of the page than HubSpot's own; a person's browser finds the sandbox there.
            assert address.startswith("https://app.hubspot.com/oauth/authorize?")
            return press(f"{server.url}/oauth/authorize?{urlsplit(address).query}", portal=str(PORTAL_ID))

        answers = {"consent": consent, "wait": clock.wait}
        secrets = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "SCOPES": " ".join(GRANTED)}
        yield Talk(app, request.param, converse(server, *CLIENTS[request.param], answers, **secrets))


def account(hubspot: Talk) -> Any:
    return hubspot.app.accounts[str(PORTAL_ID)]


def held(hubspot: Talk, record_id: str, kind: str = "contacts") -> Any:
    """A record as the sandbox holds it."""
    return account(hubspot).tables[kind].documents[int(record_id)]


def alive(hubspot: Talk) -> list[str]:
    return [document["id"] for document in account(hubspot).tables["contacts"].after(0)]


# OAuth


def test_a_person_consents_where_the_client_leads_to_and_comes_back_with_its_state(hubspot: Talk) -> None:
    assert hubspot["consent"]["state"] == "spring & autumn"


def test_a_code_becomes_tokens_once(hubspot: Talk) -> None:
    assert (hubspot["exchanged"]["type"], hubspot["exchanged"]["seconds"]) == ("bearer", 1800)
    again = hubspot["code_again"]
    assert (again["status"], again["body"]["error"], again["body"]["status"]) == (400, "invalid_grant", "BAD_AUTH_CODE")


def test_tokens_tell_whose_they_are(hubspot: Talk) -> None:
    described = hubspot["described"]
    assert described["hubs"] == [PORTAL_ID, PORTAL_ID]
    assert described["client"] == CLIENT_ID
    assert sorted(described["scopes"]) == sorted(GRANTED)
    assert 1790 < described["seconds"] <= 1800


def test_an_expired_token_is_refused_and_refreshed(hubspot: Talk) -> None:
    assert (hubspot["expired"]["status"], hubspot["expired"]["body"]["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert hubspot["refreshed"]["access"] != hubspot["exchanged"]["access"]
    assert hubspot.app.state.get("hubspot/refresh", hubspot["exchanged"]["refresh"]) is None


def test_a_revoked_refresh_token_ends_the_connection(hubspot: Talk) -> None:
    revoked = hubspot["revoked"]
    assert (revoked["call"]["status"], revoked["call"]["body"]["category"]) == (401, "INVALID_AUTHENTICATION")
    assert (revoked["refresh"]["status"], revoked["refresh"]["body"]["status"]) == (400, "BAD_REFRESH_TOKEN")
    assert revoked["describe"]["status"] == 404
    assert hubspot.app.state.count("hubspot/grants") == 0


# Properties


def test_property_groups_are_made_changed_and_archived(hubspot: Talk) -> None:
    assert hubspot["property_group"] == {"labels": ["Ledger", "The ledger"], "all": ["contactinformation", "ledger"]}
    assert account(hubspot).groups("contacts")["ledger"]["label"] == "The ledger"


def test_a_property_is_made_changed_and_read(hubspot: Talk) -> None:
    told, definition = hubspot["property_definition"], account(hubspot).definitions("contacts")[UNIQUE]
    assert (told["labels"], told["listed"]) == (["Key", "Ledger key"], True)
    for name in ("name", "label", "type", "fieldType", "groupName", "hasUniqueValue", "archived", "modificationMetadata"):
        assert told["read"][name] == definition[name]


def test_a_taken_property_name_is_a_conflict(hubspot: Talk) -> None:
    taken = hubspot["property_taken"]
    assert (taken["status"], taken["body"]["category"]) == (409, "OBJECT_ALREADY_EXISTS")


def test_properties_are_made_read_and_archived_in_batches(hubspot: Talk) -> None:
    assert sorted(hubspot["property_batch"]["made"]) == ["area", "side"]
    assert hubspot["property_batch"]["types"] == {"side": "enumeration", "area": "number"}
    definitions = account(hubspot).definitions("contacts")
    assert (definitions["side"]["archived"], definitions["area"]["archived"]) == (False, True)


# Single records


def test_a_contact_is_created_with_its_company(hubspot: Talk) -> None:
    made = hubspot["created"]
    assert (made["properties"]["lastname"], made["archived"]) == ("Löfgren", False)
    assert held(hubspot, made["id"])["properties"]["email"] == "ada@fern.example"
    assert list(account(hubspot).associated("contacts", made["id"], "companies")) == [hubspot["company"]["id"]]


def test_a_second_contact_of_an_address_is_a_conflict_that_names_the_first(hubspot: Talk) -> None:
    body = hubspot["duplicate"]["body"]
    assert (hubspot["duplicate"]["status"], body["category"]) == (409, "CONFLICT")
    assert body["message"].endswith(f"Existing ID: {hubspot['created']['id']}")


def test_a_contact_is_updated(hubspot: Talk) -> None:
    assert hubspot["updated"]["properties"]["phone"] == held(hubspot, hubspot["created"]["id"])["properties"]["phone"] == "+1 303 555 0100"


def test_a_contact_is_read_by_its_address_with_history_and_associations(hubspot: Talk) -> None:
    read = hubspot["read"]
    assert read["id"] == hubspot["created"]["id"]
    assert {name: read["properties"][name] for name in ("phone", "lastname")} == {"phone": "+1 303 555 0100", "lastname": "Löfgren"}
    assert "firstname" not in read["properties"]
    assert [entry["value"] for entry in read["propertiesWithHistory"]["phone"]] == ["+1 303 555 0100"]
    assert {row["id"] for row in read["associations"]["companies"]["results"]} == {hubspot["company"]["id"]}


def test_wrong_values_are_told_one_by_one(hubspot: Talk) -> None:
    body = hubspot["invalid"]["body"]
    assert (hubspot["invalid"]["status"], body["category"]) == (400, "VALIDATION_ERROR")
    assert {error["context"]["propertyName"][0]: error["code"] for error in body["errors"]} == {
        "side": "INVALID_OPTION",
        "no_such": "PROPERTY_DOESNT_EXIST",
    }
    packed = json.loads(body["message"].partition(": ")[2])
    assert [problem["name"] for problem in packed] == ["side", "no_such"]


def test_an_unknown_record_is_not_found(hubspot: Talk) -> None:
    assert (hubspot["unknown"]["status"], hubspot["unknown"]["body"]["category"]) == (404, "OBJECT_NOT_FOUND")


def test_a_missing_scope_is_named(hubspot: Talk) -> None:
    body = hubspot["forbidden"]["body"]
    assert (hubspot["forbidden"]["status"], body["category"]) == (403, "MISSING_SCOPES")
    assert body["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.deals.write"]


def test_a_wrong_token_is_refused(hubspot: Talk) -> None:
    assert (hubspot["wrong_token"]["status"], hubspot["wrong_token"]["body"]["category"]) == (401, "INVALID_AUTHENTICATION")


# Batches


def test_a_hundred_contacts_are_created_at_once(hubspot: Talk) -> None:
    ids = hubspot["batch_created"]
    assert len(set(ids)) == 100
    assert held(hubspot, ids[5])["properties"][UNIQUE] == "C-005"


def test_trace_ids_tell_which_of_a_batch_failed(hubspot: Talk) -> None:
    mixed = hubspot["batch_mixed"]
    [made], [error] = mixed["results"], mixed["errors"]
    assert (made["objectWriteTraceId"], made["properties"]["email"]) == ("one", "mixed@crowd.example")
    assert (error["context"]["objectWriteTraceId"], error["category"], mixed["numErrors"]) == (["two"], "CONFLICT", 1)


def test_a_batch_is_read_by_a_unique_property_and_names_what_is_missing(hubspot: Talk) -> None:
    read, ids = hubspot["batch_read"], hubspot["batch_created"]
    assert {row["id"]: row["properties"]["lastname"] for row in read["results"]} == {ids[7]: "Crowd 007", ids[8]: "Crowd 008"}
    assert [(error["category"], error["context"]["ids"]) for error in read["errors"]] == [("OBJECT_NOT_FOUND", ["C-999"])]


def test_a_batch_is_updated(hubspot: Talk) -> None:
    assert {row["id"] for row in hubspot["batch_updated"]["results"]} == set(hubspot["batch_created"][:2])
    assert [held(hubspot, key)["properties"].get("city") for key in hubspot["batch_created"][:3]] == ["Golden", "Golden", None]


def test_an_upsert_tells_what_it_created(hubspot: Talk) -> None:
    assert hubspot["batch_upserted"] == {"C-002": False, "C-200": True}
    assert held(hubspot, hubspot["batch_created"][2])["properties"]["lastname"] == "Upserted"
    assert account(hubspot).tables["contacts"].holder(UNIQUE, "C-200")["properties"]["lastname"] == "Upserted"


def test_a_batch_is_archived_and_listed_as_such(hubspot: Talk) -> None:
    assert hubspot["batch_archived"] == hubspot["batch_created"][90:]
    assert all(held(hubspot, key)["archived"] is not None for key in hubspot["batch_archived"])


# Lists and search


def test_all_pages_of_a_list_hold_every_contact_once(hubspot: Talk) -> None:
    ids = hubspot["paged"]
    assert len(ids) == len(set(ids)) == 113
    assert ids == sorted(ids, key=int)
    assert set(alive(hubspot)) - set(ids) == {hubspot["merged"][0]}


def test_a_search_filters_sorts_and_pages(hubspot: Talk) -> None:
    assert hubspot["searched"] == {"total": 4, "keys": ["C-006", "C-005", "C-001", "C-000"]}


# Associations


def test_records_are_associated_singly_and_in_batches(hubspot: Talk) -> None:
    told, first = hubspot["associated"], hubspot["created"]["id"]
    assert (told["default"], told["labels"]) == (279, [["Primary"], ["Primary"]])
    assert told["types"] == {key: [1, 279] for key in told["ids"]}
    assert told["pages"] == [[first, told["ids"][0]], told["ids"][1:]]


def test_associations_are_removed_singly_and_in_batches(hubspot: Talk) -> None:
    left = [hubspot["created"]["id"], hubspot["associated"]["ids"][2]]
    assert hubspot["dissociated"] == left
    assert list(account(hubspot).associated("companies", hubspot["company"]["id"], "contacts")) == left


def test_association_types_have_labels(hubspot: Talk) -> None:
    assert hubspot["labels"] == {"279": None, "1": "Primary"}


# What is sold


def test_an_invoice_adds_up_the_line_of_a_product(hubspot: Talk) -> None:
    sold = hubspot["sold"]
    assert sold["product"]["properties"]["hs_sku"] == sold["line"]["properties"]["hs_sku"] == "M-1"
    assert sold["line"]["properties"]["amount"] == sold["invoice"]["properties"]["hs_amount_billed"] == "77.00"
    [(line, key)] = sold["invoice"]["associations"].items()
    assert (line, [row["id"] for row in key["results"]]) == ("line_items", [sold["line"]["id"]])
    assert held(hubspot, sold["invoice"]["id"], "invoices")["properties"]["hs_title"] == "Spring"


def test_the_stages_of_the_pipeline_are_listed(hubspot: Talk) -> None:
    assert {"closedwon", "closedlost"} <= set(hubspot["pipelines"])


def test_plain_requests_of_a_client_reach_the_newest_version(hubspot: Talk) -> None:
    assert hubspot["newest"]["account"] == PORTAL_ID
    assert hubspot["newest"]["contact"]["properties"]["city"] == held(hubspot, hubspot["created"]["id"])["properties"]["city"] == "Boulder"


# Ends


def test_an_archived_contact_is_not_found(hubspot: Talk) -> None:
    assert hubspot["archived"]["status"] == 404
    assert held(hubspot, hubspot["batch_created"][20])["archived"] is not None


def test_two_contacts_merge_into_a_third(hubspot: Talk) -> None:
    merged, read = hubspot["merged"]
    assert merged == read
    assert merged not in hubspot["batch_created"]
    assert held(hubspot, merged)["properties"]["hs_merged_object_ids"].split(";") == hubspot["batch_created"][30:32]


def test_a_privacy_delete_leaves_nothing(hubspot: Talk) -> None:
    assert hubspot["forgotten"] is None
    assert account(hubspot).tables["contacts"].get(hubspot["batch_created"][40]) is None


# Limits


def test_the_limit_of_calls_is_told(hubspot: Talk) -> None:
    told = hubspot["throttled"]
    assert (told["status"], told["body"]["errorType"], told["body"]["policyName"]) == (429, "RATE_LIMIT", "TEN_SECONDLY_ROLLING")


@pytest.mark.parametrize("hubspot", ["node"], indirect=True)
def test_the_client_for_node_knows_by_the_words_of_the_limit_how_long_to_wait(hubspot: Talk) -> None:
    first, second = hubspot["searched_again"]
    assert first == second == len(alive(hubspot))
    last = [entry for entry in hubspot.app.log if entry.path.endswith("/search")][-3:]
    assert [entry.status for entry in last] == [200, 429, 200]
    assert 1 <= last[2].at - last[1].at < 3
