"""Looking records up: by id with proof of absence, by name over all lists, by e-mail address; few calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.base import Presence
from connectors.sandbox.server import Reply, Request
from connectors.tests.contract import KIND
from connectors.tests.test_quickbooks_contract import QuickBooksPlace, sandbox_place

KEYS = ["DisplayName", "PrimaryEmailAddr.Address"]
EMAIL = "PrimaryEmailAddr.Address"


@pytest.fixture
def place() -> Iterator[QuickBooksPlace]:
    yield from sandbox_place()


def named(place: QuickBooksPlace, *names: str) -> list[tuple[str, str, Presence]]:
    return [(r.namespace, r.id, r.presence) for r in place.connector.find(KIND, "DisplayName", names, KEYS)]


def test_a_name_is_looked_for_among_vendors_and_employees_too_in_one_call(place: QuickBooksPlace) -> None:
    place.company.create("Vendor", {"DisplayName": "Greer Nursery"})
    place.company.create("Employee", {"GivenName": "Ruth", "FamilyName": "Calloway"})
    place.create({"DisplayName": "Acme"})
    found = named(place, "greer nursery", "RUTH CALLOWAY", "acme", "nobody")
    assert sorted(namespace for namespace, _, _ in found) == ["Customer", "Employee", "Vendor"]
    assert place.connector.calls == 1


def test_an_inactive_holder_is_found_by_its_plain_name(place: QuickBooksPlace) -> None:
    record_id = place.create({"DisplayName": "Ames"})
    place.edit(record_id, {"Active": False})
    assert named(place, "Ames") == [("Customer", record_id, Presence.INACTIVE)]


def test_hundreds_of_names_take_few_calls(place: QuickBooksPlace) -> None:
    made = [place.create({"DisplayName": f"Person {n}"}) for n in range(400)]
    assert sorted((i for _, i, _ in named(place, *(f"person {n}" for n in range(400)))), key=int) == made
    assert place.connector.calls == 1


def test_a_search_with_more_than_a_page_of_answers_is_read_to_its_end(place: QuickBooksPlace) -> None:
    for n in range(1100):
        place.create({"DisplayName": f"s {n}"})
    wanted = place.create({"DisplayName": "Pye\u2019s"})
    assert named(place, "Pye\u2019s") == [("Customer", wanted, Presence.PRESENT)]


def test_the_first_of_several_addresses_finds_its_customer(place: QuickBooksPlace) -> None:
    both = place.create({"DisplayName": "Both", EMAIL: "a@x.example, b@x.example"})
    one = place.create({"DisplayName": "One", EMAIL: "A@x.example"})
    assert {r.id for r in place.connector.find(KIND, EMAIL, ["a@X.example"], KEYS)} == {both, one}
    assert not list(place.connector.find(KIND, EMAIL, ["b@x.example"], KEYS))


def test_awkward_addresses_are_found(place: QuickBooksPlace) -> None:
    made = place.create({"DisplayName": "Siobhan", EMAIL: "siobhan.o'brien@obrien.example"})
    assert [r.id for r in place.connector.find(KIND, EMAIL, ["Siobhan.O'Brien@obrien.example"], KEYS)] == [made]


def test_a_service_that_minds_case_still_finds_small_letters(place: QuickBooksPlace) -> None:
    place.app.switches.query_ignores_case = False
    made = place.create({"DisplayName": "Alice", EMAIL: "alice@x.example"})
    assert [r.id for r in place.connector.find(KIND, EMAIL, ["Alice@X.example"], KEYS)] == [made]


def test_other_fields_cannot_be_searched_by(place: QuickBooksPlace) -> None:
    with pytest.raises(ValueError, match="Notes"):
        list(place.connector.find(KIND, "Notes", ["x"], KEYS))


def test_inactive_records_are_read_by_id_and_hundreds_take_few_calls(place: QuickBooksPlace) -> None:
    made = [place.create({"DisplayName": f"Person {n}"}) for n in range(400)]
    place.edit(made[5], {"Active": False})
    records = {r.id: r for r in place.connector.read(KIND, made, KEYS)}
    assert len(records) == 400
    assert records[made[5]].presence is Presence.INACTIVE
    assert place.connector.calls == 2


def test_absence_takes_two_looks(place: QuickBooksPlace) -> None:
    [record] = place.connector.read(KIND, ["4711"], KEYS)
    assert record.presence is Presence.ABSENT
    assert [entry.path.rsplit("/", 1)[1] for entry in place.app.log] == ["query", "4711", "4711"]


def test_a_record_that_comes_back_on_the_second_look_is_not_absent(place: QuickBooksPlace) -> None:
    record_id = place.create({"DisplayName": "Alice"})
    missing = {"Fault": {"Error": [{"Message": "Object Not Found", "Detail": "", "code": "610"}], "type": "ValidationFault"}}
    answers = [{"QueryResponse": {}, "time": "2026-01-05T08:00:00.000-08:00"}, missing]

    def hook(moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        return Reply(200, answers.pop(0)) if moment == "before" and answers else None

    place.app.hook = hook
    [record] = place.connector.read(KIND, [record_id], KEYS)
    assert record.presence is Presence.PRESENT


def test_an_id_that_answers_with_another_record_was_merged(place: QuickBooksPlace) -> None:
    winner, loser = place.create({"DisplayName": "Winner"}), place.create({"DisplayName": "Loser"})
    place.company.merge("Customer", winner, loser)

    def hook(moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        answers_for_loser = moment == "after" and request.path.endswith(f"/customer/{loser}")
        return Reply(200, {"Customer": place.company.read("Customer", winner)}) if answers_for_loser else None

    place.app.hook = hook
    [record] = place.connector.read(KIND, [loser], KEYS)
    assert (record.id, record.merged_ids) == (winner, (loser,))
