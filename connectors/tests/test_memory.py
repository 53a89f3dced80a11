"""The connector in memory keeps the contract, and everything that can go wrong on demand goes wrong as told."""

from __future__ import annotations

import pytest

from connectors.base import Failed, FieldSpec, FieldType, Presence, Stored, Unknown, Values, Write
from connectors.errors import AlreadyExists, CursorExpired, Rejected, Unavailable
from connectors.memory import MemoryConnector
from connectors.tests.contract import KIND, ConnectorContract, Place, create, update
from connectors.vocabulary import Category

SPECS = (
    FieldSpec("name", "Name", meaning="display_name", required=True, unique=True, clearable=False, max_length=40, forbidden=":"),
    FieldSpec("email", "E-mail", FieldType.EMAIL, "email"),
    FieldSpec("note", "Note"),
    FieldSpec("key", "Key", meaning="own_key", read_only=True),
    FieldSpec("code", "Code", unique=True),
)
KEYS = [spec.key for spec in SPECS]


class MemoryPlace:
    text_key = "note"
    unique_key = "name"

    def __init__(self) -> None:
        self.connector = MemoryConnector(SPECS)

    def values(self, name: str) -> dict[str, str]:
        return {"name": name}

    def create(self, values: Values) -> str:
        return self.connector.create(values)

    def edit(self, record_id: str, values: Values) -> None:
        self.connector.edit(record_id, values)

    def remove(self, record_id: str) -> None:
        self.connector.remove(record_id)

    def lose_answers(self, moment: str) -> None:
        self.connector.disturb = lambda when, write: when == moment

    def count(self) -> int:
        return len(self.connector.standing())


class TestMemory(ConnectorContract):
    @pytest.fixture
    def place(self) -> Place:
        return MemoryPlace()


@pytest.fixture
def side() -> MemoryConnector:
    return MemoryConnector(SPECS, page_size=2)


def only(side: MemoryConnector, write: Write) -> object:
    [outcome] = side.write(KIND, [write], KEYS)
    return outcome


def test_it_pages_and_goes_on_in_the_middle(side: MemoryConnector) -> None:
    ids = [side.create({"name": f"N{n}"}) for n in range(5)]
    first = next(side.changes(KIND, None, KEYS))
    rest = list(side.changes(KIND, first.cursor, KEYS))
    assert [r.id for page in (first, *rest) for r in page.records] == ids
    assert [page.complete for page in (first, *rest)] == [False, False, True]


def test_a_feed_repeats_the_overlap_and_no_more() -> None:
    side = MemoryConnector(SPECS, overlap=2)
    ids = [side.create({"name": f"N{n}"}) for n in range(5)]
    [page] = side.changes(KIND, None, KEYS)
    [again] = side.changes(KIND, page.cursor, KEYS)
    assert [record.id for record in again.records] == ids[-2:]


def test_rules_rewrite_and_refuse_what_is_stored(side: MemoryConnector) -> None:
    side.rewrite = lambda fields: {**fields, "note": str(fields.get("note") or "")[:3] or None}
    side.refuse = lambda fields: Rejected("closed", category=Category.VALUE_INVALID) if fields.get("name") == "Bad" else None
    stored = only(side, create({"name": "Good", "note": "truncated"}))
    refused = only(side, create({"name": "Bad"}, call="other"))
    assert isinstance(stored, Stored)
    assert stored.record.fields["note"] == "tru"
    assert isinstance(refused, Failed)
    assert refused.error.category is Category.VALUE_INVALID


@pytest.mark.parametrize(
    ("values", "category"),
    [
        ({}, Category.REQUIRED_VALUE_MISSING),
        ({"name": None}, Category.REQUIRED_VALUE_MISSING),
        ({"name": "a:b"}, Category.CHARACTER_NOT_ALLOWED),
        ({"name": "n" * 41}, Category.VALUE_TOO_LONG),
        ({"name": "Anna", "key": "1:1"}, Category.MAPPING_BROKEN),
        ({"name": "Anna", "colour": "red"}, Category.MAPPING_BROKEN),
    ],
)
def test_values_that_the_field_list_forbids_are_rejected(side: MemoryConnector, values: Values, category: Category) -> None:
    outcome = only(side, create(values))
    assert isinstance(outcome, Failed)
    assert outcome.error.category is category
    assert not side.standing()


def test_a_taken_name_is_rejected_and_another_taken_value_names_its_holder(side: MemoryConnector) -> None:
    side.create({"name": "Acme"}, namespace="vendor")
    holder = side.create({"name": "Bob", "code": "B1"})
    name, code = only(side, create({"name": " acme"}, call="a")), only(side, create({"name": "New", "code": "b1"}, call="b"))
    assert isinstance(name, Failed)
    assert name.error.category is Category.DISPLAY_NAME_IN_USE
    assert isinstance(code, Failed)
    assert isinstance(code.error, AlreadyExists)
    assert code.error.existing_id == holder


def test_holders_of_another_sort_are_met_by_find_only(side: MemoryConnector) -> None:
    side.create({"name": "Acme"}, namespace="vendor")
    [found] = side.find(KIND, "name", ["ACME"], KEYS)
    assert found.namespace == "vendor"
    assert [record for page in side.changes(KIND, None, KEYS) for record in page.records] == []


def test_inactive_merged_and_removed_records_show_what_they_are(side: MemoryConnector) -> None:
    a, b, c = (side.create({"name": name}) for name in "abc")
    [*_, last] = side.changes(KIND, None, KEYS)
    side.deactivate(a)
    side.merge(b, c)
    seen = {record.id: record for page in side.changes(KIND, last.cursor, KEYS) for record in page.records}
    assert (seen[a].presence, seen[b].presence, seen[c].presence) == (Presence.INACTIVE, Presence.PRESENT, Presence.ABSENT)
    assert [record.id for record in side.read(KIND, [c], KEYS)] == [b]
    side.activate(a)
    assert side.current(a).presence is Presence.PRESENT


def test_related_records_travel_with_their_record(side: MemoryConnector) -> None:
    record_id = side.create({"name": "Alice"}, related={"invoice": ({"status": "draft"},)})
    [*_, last] = side.changes(KIND, None, KEYS)
    side.relate(record_id, "invoice", ({"status": "open"},))
    [record] = [r for page in side.changes(KIND, last.cursor, KEYS) for r in page.records]
    assert record.related == {"invoice": ({"status": "open"},)}


def test_expired_cursors_are_refused_and_new_ones_work(side: MemoryConnector) -> None:
    [page] = side.changes(KIND, None, KEYS)
    side.expire_cursors()
    with pytest.raises(CursorExpired):
        list(side.changes(KIND, page.cursor, KEYS))
    [fresh] = side.changes(KIND, None, KEYS)
    assert [p.complete for p in side.changes(KIND, fresh.cursor, KEYS)] == [True]


def test_a_crash_leaves_what_had_happened(side: MemoryConnector) -> None:
    def crash(moment: str, write: Write) -> bool:
        if moment == "after":
            raise KeyboardInterrupt
        return False

    side.disturb = crash
    with pytest.raises(KeyboardInterrupt):
        only(side, create({"name": "Alice"}))
    assert [record.title for record in side.standing()] == ["Alice"]


def test_a_service_that_forgets_is_asked_before_it_is_told_again() -> None:
    side = MemoryConnector(SPECS, remembers=False)
    side.disturb = lambda moment, write: moment == "after"
    write = create({"name": "Alice"})
    assert isinstance(only(side, write), Unknown)
    side.disturb = None
    [outcome] = side.settle(KIND, [write], KEYS)
    assert isinstance(outcome, Stored)
    assert len(side.standing()) == 1


def test_expected_values_can_stand_in_for_versions() -> None:
    side = MemoryConnector(SPECS, checks_versions=False)
    record_id = side.create({"name": "Alice", "note": "old"})
    before = side.current(record_id)
    side.edit(record_id, {"email": "alice@example.com"})
    assert isinstance(only(side, update(before, {"note": "ours"})), Stored)
    assert isinstance(only(side, update(before, {"note": "again"})), Failed)


def test_an_outage_stops_reads_and_fails_writes(side: MemoryConnector) -> None:
    side.outage = Unavailable("down")
    with pytest.raises(Unavailable):
        list(side.read(KIND, ["1"], KEYS))
    outcome = only(side, create({"name": "Alice"}))
    assert isinstance(outcome, Failed)
    assert side.log == [("read", 1), ("write", 1)]
    assert not side.written


def test_a_call_takes_no_more_writes_than_a_request(side: MemoryConnector) -> None:
    with pytest.raises(ValueError, match="more writes"):
        list(side.write(KIND, [create({"name": f"N{n}"}, key=str(n)) for n in range(31)], KEYS))
