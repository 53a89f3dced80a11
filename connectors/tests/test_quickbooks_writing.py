"""Writes: what is refused and why, what is not known and how it is found out, and how many calls that takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Failed, Operation, Outcome, Record, Stored, Unknown, Values, Write
from connectors.errors import Forbidden, NotFound, Rejected, Stale, Throttled, Unavailable
from connectors.sandbox.quickbooks import RequestIds
from connectors.sandbox.server import Reply, Request
from connectors.tests.contract import KIND, create, update
from connectors.tests.test_quickbooks_contract import QuickBooksPlace, sandbox_place
from connectors.vocabulary import Category


@pytest.fixture
def place() -> Iterator[QuickBooksPlace]:
    yield from sandbox_place()


def keys(place: QuickBooksPlace) -> list[str]:
    return [spec.key for spec in place.connector.fields(KIND)]


def write(place: QuickBooksPlace, *writes: Write) -> list[Outcome]:
    outcomes = {outcome.name: outcome for outcome in place.connector.write(KIND, writes, keys(place))}
    assert len(outcomes) == len(writes)
    return [outcomes[one.name] for one in writes]


def settle(place: QuickBooksPlace, *writes: Write) -> list[Outcome]:
    outcomes = {outcome.name: outcome for outcome in place.connector.settle(KIND, writes, keys(place))}
    assert len(outcomes) == len(writes)
    return [outcomes[one.name] for one in writes]


def observed(place: QuickBooksPlace, values: Values) -> Record:
    [record] = place.connector.read(KIND, [place.create(values)], keys(place))
    return record


def fault(code: str, **more: Any) -> dict[str, Any]:
    return {"Fault": {"Error": [{"Message": "words", "Detail": "more words", "code": code}], "type": "ValidationFault"}, **more}


def answer(place: QuickBooksPlace, reply: Reply, moment: str = "before") -> None:
    """Answer every batch this way, after it was served or instead."""

    def hook(when: str, number: int, request: Request, served: Reply | None) -> Reply | None:
        return reply if when == moment and request.path.endswith("/batch") else None

    place.app.hook = hook


@pytest.mark.parametrize(
    ("values", "category", "field"),
    [
        ({"DisplayName": "taken"}, Category.DISPLAY_NAME_IN_USE, "DisplayName"),
        ({"DisplayName": "Vendor"}, Category.DISPLAY_NAME_IN_USE, "DisplayName"),
        ({"DisplayName": "a:b"}, Category.CHARACTER_NOT_ALLOWED, ""),
        ({"DisplayName": "n" * 501}, Category.VALUE_TOO_LONG, ""),
        ({"DisplayName": None}, Category.REQUIRED_VALUE_MISSING, "DisplayName"),
        ({"DisplayName": "A", "PrimaryEmailAddr.Address": "nobody"}, Category.VALUE_INVALID, "PrimaryEmailAddr.Address"),
        ({"DisplayName": "A", "WebAddr.URI": "not a site"}, Category.VALUE_INVALID, "WebAddr.URI"),
        ({"DisplayName": "A", "PreferredDeliveryMethod": "Pigeon"}, Category.OPTION_UNKNOWN, ""),
        ({"DisplayName": "half \ud800 pair"}, Category.ENCODING, ""),
    ],
)
def test_a_refused_record_says_why(place: QuickBooksPlace, values: Values, category: Category, field: str) -> None:
    place.create({"DisplayName": "Taken"})
    place.company.create("Vendor", {"DisplayName": "vendor"})
    refused, stored = write(place, create(values, key="1"), create({"DisplayName": "Fine"}, key="2"))
    assert isinstance(refused, Failed)
    assert isinstance(refused.error, Rejected)
    assert (refused.error.category, refused.error.field) == (category, field)
    assert isinstance(stored, Stored)


def test_writes_of_one_call_travel_together_with_its_id(place: QuickBooksPlace) -> None:
    write(place, *(create({"DisplayName": f"P{n}"}, call=f"call-{n // 30}", key=str(n % 30)) for n in range(90)))
    assert sorted(entry.query["requestid"] for entry in place.app.log) == ["call-0", "call-1", "call-2"]
    assert {entry.query["minorversion"] for entry in place.app.log} == {"75"}


def test_several_calls_are_in_flight(place: QuickBooksPlace) -> None:
    meeting = threading.Barrier(4, timeout=10)
    batch = place.connector._client.batch

    def together(members: Any, requestid: str = "") -> Any:
        meeting.wait()
        return batch(members, requestid)

    place.connector._client.batch = together  # type: ignore[method-assign]
    outcomes = write(place, *(create({"DisplayName": f"P{n}"}, call=f"call-{n}") for n in range(4)))
    assert all(isinstance(outcome, Stored) for outcome in outcomes)


def test_an_address_part_is_written_without_losing_the_parts_nobody_observed(place: QuickBooksPlace) -> None:
    before = observed(place, {"DisplayName": "A", "BillAddr.Lines": "1 Main\nRear", "BillAddr.City": "Arvada", "BillAddr.PostalCode": "80002"})
    [outcome] = write(place, update(before, {"BillAddr.City": "Denver"}))
    assert isinstance(outcome, Stored)
    address = {key: outcome.record.fields[f"BillAddr.{key}"] for key in ("Lines", "City", "PostalCode", "Country")}
    assert address == {"Lines": "1 Main\nRear", "City": "Denver", "PostalCode": "80002", "Country": None}


def test_an_address_part_is_not_written_over_an_address_that_moved_on(place: QuickBooksPlace) -> None:
    before = observed(place, {"DisplayName": "A", "BillAddr.City": "Arvada"})
    place.edit(before.id, {"BillAddr.Lines": "new street"})
    [outcome] = write(place, update(before, {"BillAddr.City": "Denver"}))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Stale)


def test_a_whole_address_needs_no_look_before_it_is_written(place: QuickBooksPlace) -> None:
    before = observed(place, {"DisplayName": "A", "BillAddr.City": "Arvada"})
    parts = {f"BillAddr.{part}": None for part in ("CountrySubDivisionCode", "PostalCode", "Country")}
    calls = place.connector.calls
    [outcome] = write(place, update(before, {"BillAddr.Lines": "1 Main", "BillAddr.City": "Denver", **parts}))
    assert isinstance(outcome, Stored)
    assert place.connector.calls == calls + 1


def test_a_name_whose_record_was_made_inactive_is_free(place: QuickBooksPlace) -> None:
    place.edit(place.create({"DisplayName": "Ames"}), {"Active": False})
    [outcome] = write(place, create({"DisplayName": "Ames"}))
    assert isinstance(outcome, Stored)


def test_a_member_missing_from_the_answer_is_unknown(place: QuickBooksPlace) -> None:
    answer(place, Reply(200, {"BatchItemResponse": [{"bId": "2", **fault("5010")}], "time": "x"}))
    missing, stale = write(place, create({"DisplayName": "A"}, key="1"), create({"DisplayName": "B"}, key="2"))
    assert isinstance(missing, Unknown)
    assert isinstance(stale, Failed)
    assert isinstance(stale.error, Stale)


@pytest.mark.parametrize("member", [fault("10000"), {"Customer": {}}, {}])
def test_a_member_that_tells_nothing_definite_is_unknown(place: QuickBooksPlace, member: dict[str, Any]) -> None:
    answer(place, Reply(200, {"BatchItemResponse": [{"bId": "1", **member}]}))
    [outcome] = write(place, create({"DisplayName": "A"}))
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    "reply", [Reply(500, fault("10000")), Reply(200, fault("10000")), Reply(504, "<html>"), Reply(200, "<html>"), Reply(200, b'{"BatchItemResp')]
)
def test_an_answer_nobody_can_read_makes_every_member_unknown_and_is_settled(place: QuickBooksPlace, reply: Reply) -> None:
    answer(place, reply, moment="after")
    one = create({"DisplayName": "A"})
    assert isinstance(write(place, one)[0], Unknown)
    place.app.hook = None
    assert isinstance(settle(place, one)[0], Stored)
    assert place.count() == 1


@pytest.mark.parametrize(
    ("reply", "error"), [(Reply(403, fault("3100")), Forbidden), (Reply(400, fault("6190")), Forbidden), (Reply(400, fault("1040")), Rejected)]
)
def test_a_refused_request_fails_every_member(place: QuickBooksPlace, reply: Reply, error: type[Exception]) -> None:
    answer(place, reply)
    outcomes = write(place, create({"DisplayName": "A"}, key="1"), create({"DisplayName": "B"}, key="2"))
    assert all(isinstance(outcome, Failed) and isinstance(outcome.error, error) for outcome in outcomes)


def test_after_an_error_that_stops_the_account_nothing_more_is_sent(place: QuickBooksPlace) -> None:
    answer(place, Reply(403, fault("3100")))
    outcomes = write(place, *(create({"DisplayName": f"P{n}"}, call=f"call-{n}") for n in range(20)))
    assert all(isinstance(outcome, Failed) and isinstance(outcome.error, Forbidden) for outcome in outcomes)
    assert place.connector.calls < 20


def test_a_service_out_of_reach_fails_every_write_as_unavailable(place: QuickBooksPlace) -> None:
    place.connector._client.session.base_url = "http://127.0.0.1:9/v3/company/1"
    place.connector._client.session.sleep = lambda seconds: None
    [outcome] = write(place, create({"DisplayName": "A"}))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Unavailable)


def test_a_throttled_batch_waits_and_goes_through(place: QuickBooksPlace) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        place.app.hook = None

    place.connector._client.session.sleep = sleep
    answer(place, Reply(429, '<IntuitResponse><Fault><Error code="3001"><Message>m</Message></Error></Fault></IntuitResponse>'))
    [outcome] = write(place, create({"DisplayName": "A"}))
    assert isinstance(outcome, Stored)
    assert waited == [60.0]


def test_a_throttled_member_did_not_happen(place: QuickBooksPlace) -> None:
    answer(place, Reply(200, {"BatchItemResponse": [{"bId": "1", **fault("3001")}]}))
    [outcome] = write(place, create({"DisplayName": "A"}))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Throttled)


@pytest.mark.parametrize("mode", list(RequestIds))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_lost_answers_are_settled_however_request_ids_are_kept(place: QuickBooksPlace, mode: RequestIds, moment: str) -> None:
    place.app.switches.requestids = mode
    before = observed(place, {"DisplayName": "Old"})
    writes = [create({"DisplayName": f"New {n}", "Notes": "ours"}, key=str(n)) for n in range(3)]
    writes.append(Write("call", "9", Operation.UPDATE, {"Notes": "ours"}, id=before.id, version=before.version))
    place.lose_answers(moment)
    assert all(isinstance(outcome, Unknown) for outcome in write(place, *writes))
    place.lose_answers("")
    outcomes = settle(place, *writes)
    assert all(isinstance(outcome, Stored) and outcome.record.fields["Notes"] == "ours" for outcome in outcomes)
    assert place.count() == 4


def test_a_lost_update_that_a_person_overtook_is_stale(place: QuickBooksPlace) -> None:
    before = observed(place, {"DisplayName": "Old"})
    one = update(before, {"Notes": "ours"})
    place.lose_answers("before")
    write(place, one)
    place.lose_answers("")
    place.edit(before.id, {"Notes": "a person's"})
    [outcome] = settle(place, one)
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Stale)


def test_a_replayed_update_tells_what_a_person_did_since(place: QuickBooksPlace) -> None:
    before = observed(place, {"DisplayName": "Old"})
    one = update(before, {"Notes": "ours"})
    place.lose_answers("after")
    write(place, one)
    place.lose_answers("")
    place.edit(before.id, {"Notes": "a person's"})
    [outcome] = settle(place, one)
    assert isinstance(outcome, Stored)
    assert outcome.record.fields["Notes"] == "ours"
    assert outcome.current is not None
    assert outcome.current.fields["Notes"] == "a person's"


def test_a_lost_create_whose_name_a_vendor_took_is_rejected(place: QuickBooksPlace) -> None:
    one = create({"DisplayName": "Acme"})
    place.lose_answers("before")
    write(place, one)
    place.lose_answers("")
    place.company.create("Vendor", {"DisplayName": "Acme"})
    [outcome] = settle(place, one)
    assert isinstance(outcome, Failed)
    assert outcome.error.category is Category.DISPLAY_NAME_IN_USE


def test_an_update_of_nothing_is_not_found(place: QuickBooksPlace) -> None:
    [outcome] = write(place, Write("call", "1", Operation.UPDATE, {"Notes": "x"}, id="4711", version="0"))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, NotFound)
