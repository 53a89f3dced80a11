"""python-quickbooks, node-quickbooks and Intuit's OAuth client work against the simulated QuickBooks unchanged, each in one run of its script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from connectors.sandbox.quickbooks import CLIENT_ID, CLIENT_SECRET, DEFAULT_REALM, QuickBooksApp, build, issue
from connectors.sandbox.server import Server
from connectors.sandbox.state import State
from connectors.tests.clients.talk import Clock, Talk, converse, press
from connectors.tests.conformance.plugin import Conformance

CLIENTS = {
    "python": ("quickbooks", "quickbooks_client.py"),
    "node": ("node", "quickbooks_client.cjs"),
    "intuit": ("intuit", "intuit_client.py"),
}
CROWD = [f"Crowd {n:02}" for n in range(35)]
NAME = "King's Groceries & Söner"


@pytest.fixture(scope="module", params=["python", "node"])
def quickbooks(request: pytest.FixtureRequest, watched: Conformance | None) -> Iterator[Talk]:
    for talk in talking(request.param):
        # node-quickbooks revokes by a form, as RFC 7009 has it, where Intuit documents JSON.
        faults = watched.taken() if watched else []
        assert [fault for fault in faults if not fault.startswith("POST /v2/oauth2/tokens/revoke, sent")] == []
        yield talk


@pytest.fixture(scope="module")
def intuit() -> Iterator[Talk]:
    yield from talking("intuit")


def talking(language: str) -> Iterator[Talk]:
    clock = Clock()
    app = build(State(), clock=clock)
    app.switches.limit_scale = 0
    answers = {
        "consent": partial(press, realm=DEFAULT_REALM),
        "refusal": partial(press, button=1),
        "connection": lambda scope: connection(app, scope),
        "wait": clock.wait,
    }
    with Server(app) as server:
        told = converse(server, *CLIENTS[language], answers, CLIENT_ID=CLIENT_ID, CLIENT_SECRET=CLIENT_SECRET)
        yield Talk(app, language, told)


def connection(app: QuickBooksApp, scope: str) -> str:
    """A company connected without a consent page."""
    return json.dumps({**issue(app, DEFAULT_REALM, scope), "realm": DEFAULT_REALM})


def rows(quickbooks: Talk, entity: str) -> dict[str, Any]:
    """What stands in the books, by Id."""
    return dict(quickbooks.app.companies[DEFAULT_REALM].table(entity).rows)


# OAuth


def test_intuits_client_finds_every_address_by_discovery(intuit: Talk) -> None:
    found = intuit["discovered"]
    base = found["issuer"].removesuffix("/op/v1")
    assert found["keys"] == f"{base}/op/v1/jwks"
    assert found["authorize"] == f"{base}/connect/oauth2"
    assert found["token"] == f"{base}/oauth2/v1/tokens/bearer"


def test_a_person_may_refuse_and_the_client_hears_of_it(intuit: Talk) -> None:
    assert intuit["denied"] == {"error": ["access_denied"], "state": ["s0"]}


def test_a_person_consents_and_the_client_learns_the_company(intuit: Talk) -> None:
    assert intuit["consent"]["realm"] == DEFAULT_REALM
    assert intuit["consent"]["state"] == intuit["consent"]["own state"]


def test_a_wrong_secret_gets_no_tokens_and_a_trace_id(intuit: Talk) -> None:
    refused = intuit["wrong_secret"]
    assert (refused["status"], refused["body"]) == (401, {"error": "invalid_client"})
    assert refused["trace"].startswith("1-")


def test_a_code_becomes_tokens_that_tell_how_long_they_last(intuit: Talk) -> None:
    tokens = intuit["exchanged"]
    assert (tokens["expires"], tokens["refresh expires"], tokens["hard end"]) == (3600, 8726400, None)


def test_the_person_is_told_who_asked_for_it(intuit: Talk) -> None:
    assert intuit["person"]["email"].endswith(".example")


def test_a_refresh_gives_new_tokens_and_on_request_the_hard_end(intuit: Talk) -> None:
    tokens = intuit["refreshed"]
    assert tokens["access"] != intuit["exchanged"]["access"]
    assert tokens["refresh"] != intuit["exchanged"]["refresh"]
    assert 157679900 < tokens["hard end"] <= 157680000


def test_an_old_refresh_token_is_dead(intuit: Talk) -> None:
    assert (intuit["old_token"]["status"], intuit["old_token"]["body"]["error"]) == (400, "invalid_grant")


def test_revoking_ends_everything(intuit: Talk) -> None:
    revoked = intuit["revoked"]
    assert revoked["answer"] is True
    assert [revoked[name]["status"] for name in ("refresh", "person", "again")] == [400, 401, 400]
    assert intuit.app.state.count("oauth.access") == intuit.app.state.count("oauth.refresh") == 0


def test_a_company_is_connected(quickbooks: Talk) -> None:
    assert quickbooks["connected"]["realm"] == DEFAULT_REALM


@pytest.mark.parametrize("quickbooks", ["python"], indirect=True)
def test_the_client_leads_a_person_to_the_consent_page(quickbooks: Talk) -> None:
    assert quickbooks["connected"]["state"] == "s1"


def test_an_expired_token_is_refused_and_refreshed(quickbooks: Talk) -> None:
    # python-quickbooks tells the status only.
    assert quickbooks["expired"]["code"] == {"python": "401", "node": "3200"}[quickbooks.language]
    assert "errorCode=003200" in quickbooks["expired"]["words"]
    assert quickbooks["refreshed"]["access"] != quickbooks["connected"]["access"]


@pytest.mark.parametrize("quickbooks", ["node"], indirect=True)
def test_the_client_for_node_reads_who_the_person_is(quickbooks: Talk) -> None:
    assert quickbooks["person"]["emailVerified"] is True
    assert quickbooks["refresh_refused"]["code"] == "invalid_grant"


def test_a_revoked_connection_is_refused(quickbooks: Talk) -> None:
    assert quickbooks["revoked"]["code"] == {"python": "401", "node": "3200"}[quickbooks.language]
    assert quickbooks.app.state.count("oauth.refresh") == 0


# People


def test_company_and_preferences_are_read(quickbooks: Talk) -> None:
    assert quickbooks["company"] == {"name": "Cedar & Slate Landscaping", "country": "US", "currency": "USD"}


def test_a_customer_is_created(quickbooks: Talk) -> None:
    made = quickbooks["customer"]
    row = rows(quickbooks, "Customer")[made["Id"]]
    assert (made["DisplayName"], made["SyncToken"]) == (NAME, "0")
    assert (row["DisplayName"], row["PrimaryEmailAddr"]["Address"], row["BillAddr"]["City"]) == (NAME, "king@groceries.example", "Golden")


def test_a_customer_is_found_by_name_by_id_and_by_pattern(quickbooks: Talk) -> None:
    assert quickbooks["found"]["ids"] == [["1"], ["1"], ["1"]]
    assert quickbooks["found"]["read"]["BillAddr"]["Line1"] == "1 Main Street"


def test_a_customer_is_updated(quickbooks: Talk) -> None:
    assert (quickbooks["updated"]["CompanyName"], quickbooks["updated"]["SyncToken"]) == ("King Holding", "1")
    row = rows(quickbooks, "Customer")["1"]
    assert (row["CompanyName"], row["PrimaryEmailAddr"]["Address"]) == ("King Holding", "king@groceries.example")


@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        ("stale", "5010", "at the same time"),
        ("duplicate", "6240", "Another customer"),
        ("too_long", "2050", "Max:100"),
        ("unknown", "610", "Not Found"),
        ("wrong_query", "4001", "not queryable"),
    ],
)
def test_a_fault_reaches_the_client_with_its_code_and_words(quickbooks: Talk, step: str, code: str, words: str) -> None:
    assert quickbooks[step]["code"] == code
    assert words in quickbooks[step]["words"]


@pytest.mark.parametrize("quickbooks", ["node"], indirect=True)
def test_a_fault_with_status_200_is_seen(quickbooks: Talk) -> None:
    assert (quickbooks["fault_with_ok"]["kind"], quickbooks["fault_with_ok"]["code"]) == (200, "610")


@pytest.mark.parametrize("quickbooks", ["node"], indirect=True)
def test_an_entity_in_lower_case_is_found_unless_the_case_matters(quickbooks: Talk) -> None:
    assert quickbooks["found"]["ids"][0] == ["1"]
    assert (quickbooks["case_matters"]["kind"], quickbooks["case_matters"]["code"]) == (400, "4001")


def test_a_company_that_is_not_connected_is_forbidden(quickbooks: Talk) -> None:
    # python-quickbooks does not know faults in lower case and gives a code of its own.
    assert quickbooks["foreign"]["code"] == {"python": "10000", "node": "3100"}[quickbooks.language]
    assert "errorCode=003100" in quickbooks["foreign"]["words"]


def test_a_request_id_makes_a_repeated_create_one(quickbooks: Talk) -> None:
    assert quickbooks["replayed"] == ["2", "2"]
    assert [row["Id"] for row in rows(quickbooks, "Customer").values() if row["DisplayName"] == "Only Once"] == ["2"]


# Batches, pages and changes


def test_batches_create_what_they_can_and_tell_the_fault_of_the_rest(quickbooks: Talk) -> None:
    assert sorted(quickbooks["batch_created"]["names"]) == CROWD
    assert quickbooks["batch_created"]["fault"] == ["Only Once", "6240"]


def test_a_batch_makes_customers_inactive(quickbooks: Talk) -> None:
    assert sorted(quickbooks["batch_updated"]) == [f"{name} (deleted)" for name in CROWD[:10]]
    assert sum(not row["Active"] for row in rows(quickbooks, "Customer").values()) == 10


def test_all_pages_hold_every_active_customer_once(quickbooks: Talk) -> None:
    assert quickbooks["paged"] == {"names": [*CROWD[10:], NAME, "Only Once"], "count": 27}


def test_change_data_capture_tells_what_changed_and_what_is_gone(quickbooks: Talk) -> None:
    changes = quickbooks["changes"]
    assert sorted(changes["Customer"], key=int) == [str(n) for n in range(1, 38)]
    assert {key for key, status in changes["Invoice"].items() if status == "Deleted"} == {"3", "4", "5"}
    assert {key for key, status in changes["Invoice"].items() if status != "Deleted"} == set(rows(quickbooks, "Invoice")) == {"1", "2"}
    assert (changes["Payment"], changes["Item"]) == ({"1": "Deleted"}, {"1": ""})


# What is sold


def test_an_item_is_created_and_listed_with_its_sku(quickbooks: Talk) -> None:
    assert (quickbooks["item"]["UnitPrice"], quickbooks["skus"]) == (38.5, ["M-1"])
    assert rows(quickbooks, "Item")["1"]["IncomeAccountRef"]["name"] == "Sales of Product Income"


def test_an_invoice_is_created_from_an_amount(quickbooks: Talk) -> None:
    made = quickbooks["invoice"]
    assert (made["TotalAmt"], made["Balance"], made["DocNumber"]) == (77, 77, "1001")
    assert [line["DetailType"] for line in made["Line"]] == ["SalesItemLineDetail", "SubTotalLineDetail"]


def test_an_invoice_is_updated_as_it_was_read(quickbooks: Talk) -> None:
    assert (quickbooks["noted"]["TotalAmt"], quickbooks["noted"]["PrivateNote"]) == (80, "Two loads")
    assert rows(quickbooks, "Invoice")["1"]["TotalAmt"] == 80
    assert len(rows(quickbooks, "Invoice")["1"]["Line"]) == 2


def test_an_invoice_is_sent(quickbooks: Talk) -> None:
    assert (quickbooks["sent"]["EmailStatus"], quickbooks["sent"]["BillEmail"]["Address"]) == ("EmailSent", "king+bills@groceries.example")


def test_a_payment_settles_a_part_of_the_invoice(quickbooks: Talk) -> None:
    paid = quickbooks["paid"]
    assert (paid["payment"]["UnappliedAmt"], paid["invoice"]["Balance"]) == (10, 40)
    assert paid["invoice"]["LinkedTxn"][0]["TxnId"] == paid["payment"]["Id"]


def test_payment_and_invoice_are_voided(quickbooks: Talk) -> None:
    voided = quickbooks["voided"]
    assert [(row["TotalAmt"], row["PrivateNote"]) for row in voided.values()] == [(0, "Voided"), (0, "Voided")]
    held = rows(quickbooks, "Invoice")
    assert (held["2"]["TotalAmt"], held["1"]["Balance"]) == (0, 80)


def test_payment_and_invoices_are_deleted(quickbooks: Talk) -> None:
    assert [row["status"] for row in quickbooks["deleted"].values()] == ["Deleted", "Deleted"]
    assert quickbooks["batch_deleted"] == ["Deleted", "Deleted"]
    assert rows(quickbooks, "Payment") == {}


# Limits


def test_the_limit_of_calls_is_told(quickbooks: Talk) -> None:
    assert quickbooks["throttled"]["code"] == "3001"
    assert quickbooks["throttled"]["kind"] == {"python": "ValidationException", "node": 429}[quickbooks.language]
