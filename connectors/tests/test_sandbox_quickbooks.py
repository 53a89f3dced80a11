"""The simulated accounting API behaves as the reference sheet says, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox.quickbooks import DEFAULT_REALM, add_company, build, issue, seed
from connectors.sandbox.server import Server
from connectors.sandbox.state import State
from connectors.tests.quickbooks_world import Caller, code, serving


@pytest.fixture
def call() -> Iterator[Caller]:
    yield from serving()


def test_a_created_customer_is_read_back_whole_with_system_members(call: Caller) -> None:
    made = call.create(DisplayName="King's Groceries", PrimaryEmailAddr={"Address": "j@x.example"}, BillAddr={"Line1": "1 Main", "City": ""})
    assert call("GET", f"/customer/{made['Id']}")[1]["Customer"] == made
    assert (made["SyncToken"], made["Active"], made["Balance"], made["FullyQualifiedName"]) == ("0", True, 0, "King's Groceries")
    assert made["BillAddr"] == {"Id": "1", "Line1": "1 Main"}
    assert made["MetaData"]["CreateTime"] == "2027-01-15T00:00:00-08:00"
    assert "Notes" not in made


def test_summer_times_carry_the_summer_offset(call: Caller) -> None:
    call.now = 1_815_000_000.0
    call.token = issue(call.app, DEFAULT_REALM)["access_token"]
    assert call.create(DisplayName="A")["MetaData"]["CreateTime"].endswith("-07:00")


def test_the_name_is_built_from_the_parts_of_a_person(call: Caller) -> None:
    assert call.create(Title="Dr.", GivenName="Ada", FamilyName="Berg")["DisplayName"] == "Dr. Ada Berg"
    assert code(call("POST", "/customer", {"Notes": "nameless"})) == "6080"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"DisplayName": "a:b"}, "2040"),
        ({"DisplayName": "a\tb"}, "2040"),
        ({"DisplayName": "n" * 501}, "2050"),
        ({"DisplayName": "A", "PrimaryPhone": {"FreeFormNumber": "1" * 31}}, "2050"),
        ({"DisplayName": "A", "Colour": "red"}, "2010"),
        ({"DisplayName": "A", "PrimaryPhone": {"Number": "1"}}, "2010"),
        ({"DisplayName": "A", "PrimaryPhone": "1"}, "2010"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "x@y"}}, "2210"),
        ({"DisplayName": "A", "WebAddr": {"URI": "no site"}}, "2200"),
        ({"DisplayName": "A", "Active": "perhaps"}, "2230"),
        ({"DisplayName": "A", "ParentRef": {"value": "99"}}, "2500"),
    ],
)
def test_bad_members_are_refused(call: Caller, members: dict[str, Any], expected: str) -> None:
    assert code(call("POST", "/customer", members)) == expected
    assert call.query("select count(*) from Customer") == {"totalCount": 0}


@pytest.mark.parametrize("entity", ["customer", "vendor", "employee"])
def test_a_name_is_unique_over_three_lists(call: Caller, entity: str) -> None:
    call.create(entity, DisplayName="Acme")
    status, body = call("POST", "/customer", {"DisplayName": " aCME "})
    assert (status, code((status, body))) == (400, "6240")
    assert f"Another {entity} is" in body["Fault"]["Error"][0]["Detail"]


def test_case_may_make_a_name_another_by_switch(call: Caller) -> None:
    call.app.switches.names_ignore_case = False
    call.create(DisplayName="Acme")
    assert call("POST", "/customer", {"DisplayName": "ACME"})[0] == 200
    assert code(call("POST", "/customer", {"DisplayName": "Acme"})) == "6240"


def test_a_sparse_update_keeps_and_a_full_one_clears_what_is_not_sent(call: Caller) -> None:
    made = call.create(DisplayName="A", Notes="note", Mobile={"FreeFormNumber": "1"})
    _, body = call.update(made, GivenName="Ada")
    sparse = body["Customer"]
    assert (sparse["Notes"], sparse["GivenName"], sparse["SyncToken"]) == ("note", "Ada", "1")
    _, body = call("POST", "/customer", {"Id": made["Id"], "SyncToken": "1", "DisplayName": "A", "Notes": "other"})
    assert body["Customer"]["Notes"] == "other"
    assert "Mobile" not in body["Customer"]
    assert "GivenName" not in body["Customer"]


def test_nested_members_are_replaced_whole_or_merged_by_switch(call: Caller) -> None:
    made = call.create(DisplayName="A", BillAddr={"Line1": "1 Main", "City": "Denver"})
    _, body = call.update(made, BillAddr={"City": "Boulder"})
    assert body["Customer"]["BillAddr"] == {"Id": "2", "City": "Boulder"}
    call.app.switches.nested_replaced = False
    _, body = call.update(body["Customer"], BillAddr={"Line1": "2 Main", "City": ""})
    assert body["Customer"]["BillAddr"] == {"Id": "3", "Line1": "2 Main"}


def test_an_empty_text_clears_except_a_name_and_by_switch_not_at_all(call: Caller) -> None:
    made = call.create(DisplayName="A", Notes="note")
    assert code(call.update(made, DisplayName="")) == "2020"
    call.app.switches.empty_text_clears = False
    kept = call.update(made, Notes="")[1]["Customer"]
    assert kept["Notes"] == "note"
    call.app.switches.empty_text_clears = True
    assert "Notes" not in call.update(kept, Notes="")[1]["Customer"]


def test_a_stale_token_is_refused_and_a_balance_moves_it(call: Caller) -> None:
    made = call.create(DisplayName="A")
    call.app.companies[DEFAULT_REALM].set_balance(made["Id"], 12.5)
    assert code(call.update(made, Notes="x")) == "5010"
    assert call("GET", f"/customer/{made['Id']}")[1]["Customer"]["Balance"] == 12.5


def test_inactive_rows_are_renamed_hidden_and_come_back(call: Caller) -> None:
    made = call.create(DisplayName="Ames")
    inactive = call.update(made, Active=False)[1]["Customer"]
    assert (inactive["DisplayName"], inactive["FullyQualifiedName"]) == ("Ames (deleted)", "Ames (deleted)")
    assert call.query("select * from Customer") == {}
    assert call.names("Active in (true,false)") == ["Ames (deleted)"]
    assert call("GET", f"/customer/{made['Id']}")[0] == 200
    assert call.update(inactive, Active=True)[1]["Customer"]["DisplayName"] == "Ames"


def test_a_freed_name_that_was_taken_stops_reactivation(call: Caller) -> None:
    inactive = call.update(call.create(DisplayName="Ames"), Active=False)[1]["Customer"]
    call.create(DisplayName="Ames")
    assert code(call.update(inactive, Active=True)) == "6240"


def test_a_customer_with_a_balance_cannot_be_made_inactive(call: Caller) -> None:
    made = call.create(DisplayName="A")
    call.app.companies[DEFAULT_REALM].set_balance(made["Id"], 5)
    assert code(call.update({**made, "SyncToken": "1"}, Active=False)) == "6220"


def test_a_missing_row_and_an_unknown_entity_are_refused(call: Caller) -> None:
    assert code(call("GET", "/customer/4711")) == "610"
    assert code(call("POST", "/customer", {"Id": "4711", "SyncToken": "0"})) == "610"
    assert code(call("GET", "/spaceship/1")) == "500"
    assert code(call("POST", "/customer", {"Id": "1"}, operation="delete")) == "500"


@pytest.mark.parametrize("xml", [False, True])
def test_limits_are_ten_a_second_and_forty_batches_a_minute(call: Caller, xml: bool) -> None:
    call.app.switches.limit_scale, call.app.switches.throttle_as_xml = 1, xml
    headers = {"Authorization": f"Bearer {call.token}"}
    url = f"{call.url}/v3/company/{DEFAULT_REALM}/preferences"
    answers = [requests.get(url, headers=headers, timeout=10) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "ThrottleExceeded" in answers[-1].text
    assert answers[-1].headers["Content-Type"].startswith("application/xml" if xml else "application/json")
    statuses = []
    for _ in range(41):
        call.now += 1
        batched = requests.post(url.replace("preferences", "batch"), data='{"BatchItemRequest":[]}', headers=headers, timeout=10)
        statuses.append(batched.status_code)
    assert statuses == [200] * 40 + [429]


def test_every_answer_carries_a_trace_id(call: Caller) -> None:
    traces = {requests.get(call.url + path, timeout=10).headers["intuit_tid"] for path in ("/", "/nothing", "/v3/company/1/preferences")}
    assert len(traces) == 3


def test_companies_share_nothing(call: Caller) -> None:
    other = add_company(call.app, "9130350000000000002", "Elsewhere", country="CA", currency="CAD", currency_name="Canadian Dollar")
    call.create(DisplayName="Acme")
    assert other.create("Customer", {"DisplayName": "Acme"})["Id"] == "1"
    assert len(other.table("Customer").rows) == 1
    assert other.table("Customer").rows["1"]["CurrencyRef"]["value"] == "CAD"


def test_state_survives_a_restart_with_its_indexes_and_replays(tmp_path: Path) -> None:
    state = State(tmp_path / "sandbox.sqlite3")
    app = build(state)
    app.switches.limit_scale = 0
    seed(app, DEFAULT_REALM)
    with Server(app) as server:
        first = Caller(app, server.url)
        first.token = issue(app, DEFAULT_REALM)["access_token"]
        _, made = first("POST", "/customer", {"DisplayName": "Late"}, requestid="r1")
    again = build(State(tmp_path / "sandbox.sqlite3"))
    with Server(again) as server:
        second = Caller(again, server.url)
        second.token = first.token
        assert second("POST", "/customer", {"DisplayName": "Late"}, requestid="r1")[1]["Customer"] == made["Customer"]
        assert code(second("POST", "/customer", {"DisplayName": "late"})) == "6240"
        assert second.create(DisplayName="Next")["Id"] == str(int(made["Customer"]["Id"]) + 1)


def test_the_sample_company_is_loaded_once(call: Caller) -> None:
    seed(call.app, DEFAULT_REALM)
    seed(call.app, DEFAULT_REALM)
    counts = [call.query(f"select count(*) from {entity}")["totalCount"] for entity in ("Customer", "Vendor", "Employee")]
    assert 28 <= counts[0] <= 35
    assert counts[1:] == [4, 2]
    assert "Ames Storage (deleted)" in call.names("Active = false")
