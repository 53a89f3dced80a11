"""Queries, change data capture, batches and request ids of the simulated accounting API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.quickbooks import DEFAULT_REALM, RequestIds, load
from connectors.sandbox.sample import generate
from connectors.tests.quickbooks_world import Caller, code, serving


@pytest.fixture
def call() -> Iterator[Caller]:
    yield from serving()


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("DisplayName = 'anna'", ["Anna"]),
        ("DisplayName IN ('Anna', 'Carl', 'nobody')", ["Anna", "Carl"]),
        ("DisplayName LIKE '%n%'", ["Anna", "Ben"]),
        ("DisplayName > 'B' AND DisplayName <= 'ben'", ["Ben"]),
        ("PrimaryEmailAddr = 'B@x.example'", ["Ben"]),
        ("Id >= '2' orderby DisplayName desc", ["Carl", "Ben"]),
        ("Active = true order by Id startposition 2 maxresults 1", ["Ben"]),
        ("MetaData.LastUpdatedTime > '2027-01-15T08:00:10+00:00'", ["Carl"]),
        ("MetaData.CreateTime < '2027-01-15T00:00:01-08:00'", ["Anna"]),
        ("Balance < 1 and Active in (true, false)", ["Anna", "Ben", "Carl"]),
    ],
)
def test_queries_find(call: Caller, condition: str, names: list[str]) -> None:
    for name in ("Anna", "Ben", "Carl"):
        call.create(DisplayName=name, PrimaryEmailAddr={"Address": f"{name[0]}@x.example"})
        call.now += 10
    assert call.names(condition) == names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select * from Customer where Notes = 'x'", "4001"),
        ("select * from Customer orderby PrimaryEmailAddr", "4001"),
        ("select * from customer", "4001"),
        ("select * from Customer startposition 0", "4001"),
        ("select * from Customer where MetaData.CreateTime > 'soon'", "4001"),
        ("select * from Customer where DisplayName = 'O'Brien'", "4000"),
        ("select * from Customer where DisplayName = 'O''Brien'", "4000"),
        ("select * from Customer where DisplayName = 'Pye\u2019s'", "4000"),
        ("select * from Customer where DisplayName = 'a' or Id = '1'", "4000"),
        ("select * from Customer where DisplayName != 'a'", "4000"),
        ("select DisplayName from Customer", "4000"),
        ("delete from Customer", "4000"),
        ("select * from Customer where DisplayName = 'open", "4000"),
        ("", "4000"),
    ],
)
def test_queries_are_refused(call: Caller, text: str, expected: str) -> None:
    assert call.query(text) == expected


def test_pages_hold_a_hundred_rows_unless_asked_and_a_thousand_at_most(call: Caller) -> None:
    load(call.app, DEFAULT_REALM, generate(1500))
    assert call.query("select * from Customer")["maxResults"] == 100
    assert call.query("select * from Customer maxresults 5000")["maxResults"] == 1000
    assert call.query("select count(*) from Customer") == {"totalCount": 1125}


def test_escaped_names_are_found_by_get_as_by_post(call: Caller) -> None:
    call.create(DisplayName="O'Brien \\ Söhne & co + 1")
    text = "select * from Customer where DisplayName = 'O\\'Brien \\\\ Söhne & co + 1'"
    assert call("GET", "/query", query=text)[1]["QueryResponse"] == call.query(text)
    assert call.query(text)["maxResults"] == 1


def test_change_data_capture_shows_rows_and_stubs(call: Caller) -> None:
    kept, gone = call.create(DisplayName="Kept"), call.create(DisplayName="Gone")
    call.now += 60
    call.app.companies[DEFAULT_REALM].purge("Customer", gone["Id"])
    since = "2027-01-15T00:00:30-08:00"
    [block, vendors] = call("GET", "/cdc", entities="Customer,Vendor", changedSince=since)[1]["CDCResponse"][0]["QueryResponse"]
    assert block == {
        "Customer": [{"domain": "QBO", "status": "Deleted", "Id": gone["Id"], "MetaData": {"LastUpdatedTime": "2027-01-15T00:01:00-08:00"}}],
        "maxResults": 1,
        "totalCount": 1,
    }
    assert vendors == {}
    changed = call.update(kept, Notes="x")[1]["Customer"]
    [block] = call("GET", "/cdc", entities="Customer", changedSince=since)[1]["CDCResponse"][0]["QueryResponse"]
    assert block["startPosition"] == 1
    assert changed in block["Customer"]


def test_change_data_capture_holds_a_thousand_and_reaches_thirty_days(call: Caller) -> None:
    load(call.app, DEFAULT_REALM, generate(1500))
    [block] = call("GET", "/cdc", entities="Customer", changedSince="2027-01-10T00:00:00-08:00")[1]["CDCResponse"][0]["QueryResponse"]
    assert len(block["Customer"]) == 1000
    assert code(call("GET", "/cdc", entities="Customer", changedSince="2026-12-01T00:00:00-08:00")) == "4001"
    assert code(call("GET", "/cdc", entities="Customer", changedSince="yesterday")) == "2190"
    assert code(call("GET", "/cdc", entities="TaxCode", changedSince="2027-01-10T00:00:00-08:00")) == "2020"


def batch(call: Caller, members: list[dict[str, Any]], requestid: str = "") -> tuple[int, Any]:
    return call("POST", "/batch", {"BatchItemRequest": members}, **({"requestid": requestid} if requestid else {}))


def creates(*names: str) -> list[dict[str, Any]]:
    return [{"bId": str(n), "operation": "create", "Customer": {"DisplayName": name}} for n, name in enumerate(names)]


def test_batch_members_have_their_own_answers_in_no_order(call: Caller) -> None:
    status, body = batch(call, [*creates(*(f"P{n}" for n in range(28)), "P0"), {"bId": "q", "Query": "select * from Customer"}])
    answers = body["BatchItemResponse"]
    assert status == 200
    assert [answer["bId"] for answer in answers] != [*map(str, range(29)), "q"]
    by_id = {answer["bId"]: answer for answer in answers}
    assert by_id["28"]["Fault"]["Error"][0]["code"] == "6240"
    assert by_id["q"]["QueryResponse"]["maxResults"] == 28


def test_a_batch_of_more_than_thirty_or_with_bad_ids_is_refused_whole(call: Caller) -> None:
    assert code(batch(call, creates(*(f"P{n}" for n in range(31))))) == "1040"
    assert code(batch(call, creates("A"), "r" * 37)) == "2130"
    assert code(batch(call, [{**member, "bId": "1"} for member in creates("A", "B")])) == "2130"
    assert code(call("POST", "/batch", [])) == "2020"
    assert call.query("select count(*) from Customer") == {"totalCount": 0}


@pytest.mark.parametrize(
    ("mode", "seconds", "count"), [(RequestIds.REMEMBER, 0, 1), (RequestIds.FORGET, 3600, 1), (RequestIds.FORGET, 5, 2), (RequestIds.IGNORE, 0, 2)]
)
def test_request_ids_are_remembered_forgotten_or_ignored(call: Caller, mode: RequestIds, seconds: float, count: int) -> None:
    call.app.switches.requestids, call.app.switches.requestid_seconds = mode, seconds
    first = call("POST", "/customer", {"DisplayName": "Acme"}, requestid="r1")[1]["Customer"]
    call.update(first, DisplayName="Renamed")
    call.now += 60
    again = call("POST", "/customer", {"DisplayName": "Acme"}, requestid="r1")[1]["Customer"]
    assert (again == first) is (count == 1)
    assert call.query("select count(*) from Customer") == {"totalCount": count}


def test_a_replay_is_per_member_and_survives_the_objects_end(call: Caller) -> None:
    [first] = batch(call, creates("Acme"), "r1")[1]["BatchItemResponse"]
    call.app.companies[DEFAULT_REALM].purge("Customer", first["Customer"]["Id"])
    answers = {answer["bId"]: answer for answer in batch(call, creates("Acme", "New"), "r1")[1]["BatchItemResponse"]}
    assert answers["0"] == first
    assert call.names("Active in (true,false)") == ["New"]
    assert answers["1"]["Customer"]["DisplayName"] == "New"


@pytest.mark.parametrize("replayed", [True, False])
def test_a_fault_is_replayed_or_not_by_switch(call: Caller, replayed: bool) -> None:
    call.app.switches.replay_faults = replayed
    taken = call.create(DisplayName="Acme")
    assert code(call("POST", "/customer", {"DisplayName": "Acme"}, requestid="r1")) == "6240"
    call.update(taken, DisplayName="Other")
    assert (call("POST", "/customer", {"DisplayName": "Acme"}, requestid="r1")[0] == 400) is replayed


def test_faults_may_ride_on_http_200_by_switch(call: Caller) -> None:
    call.app.switches.faults_with_ok = True
    status, body = call("POST", "/customer", {})
    assert (status, code((status, body))) == (200, "6080")


def test_a_merge_leaves_a_stub_or_an_inactive_row_by_switch(call: Caller) -> None:
    company = call.app.companies[DEFAULT_REALM]
    winner, one, two = (call.create(DisplayName=name)["Id"] for name in ("Winner", "One", "Two"))
    company.merge("Customer", winner, one)
    company.switches.merge_leaves_inactive = True
    company.merge("Customer", winner, two)
    assert call.names("Active in (true,false)") == ["Winner", "Two (deleted)"]
    assert company.read("Customer", winner)["SyncToken"] == "2"
