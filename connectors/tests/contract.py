"""What every connector promises, as one suite. A test module per connector subclasses `ConnectorContract` and provides a `Place`.

class TestMemory(ConnectorContract):
    @pytest.fixture
    def place(self): return MemoryPlace(...)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import pytest

from connectors.base import Connector, Failed, Operation, Outcome, Page, Presence, Record, Stored, Unknown, Values, Write
from connectors.errors import AlreadyExists, CursorExpired, NotFound, Rejected, Stale
from connectors.vocabulary import Kind

KIND = Kind.CONTACT
AWKWARD = (
    "O'Brien",
    "Back\\slash",
    "x' OR Id > '0",
    "100% natural",
    "under_score",
    "Sunflower \N{SUNFLOWER} Farm",
    "\N{SUNFLOWER}",
    "Pye\N{RIGHT SINGLE QUOTATION MARK}s Cakes",
    "1998\N{EN DASH}2004 & sons + co",
    "Öbergs Trädgård",
    "株式会社みどり",
    '"quoted" <b>',
    "trailing\\",
)


class Place(Protocol):
    """An account of a provider, and the hands of a person there.

    `text_key` is a plain text field that can be emptied, `unique_key` the field no two records share and `find` takes.
    """

    connector: Connector
    text_key: str
    unique_key: str

    def values(self, name: str) -> dict[str, str]:
        """A valid create whose unique field comes from this name."""

    def create(self, values: Values) -> str: ...

    def edit(self, record_id: str, values: Values) -> None: ...

    def remove(self, record_id: str) -> None: ...

    def lose_answers(self, moment: str) -> None:
        """Lose the answer of every writing request, "before" or "after" it took effect; "" ends it."""

    def count(self) -> int:
        """How many records stand there, read past the connector."""


class ConnectorContract:
    """Sentences that hold for every connector."""

    awkward: Sequence[str] = AWKWARD
    unreadable_cursor = "rubbish"

    def keys(self, place: Place) -> list[str]:
        return [spec.key for spec in place.connector.fields(KIND)]

    def everything(self, place: Place, since: str | None = None) -> tuple[dict[str, Record], str]:
        """Read a pass to its end: the last showing of each record, and the cursor behind it."""
        pages = list(place.connector.changes(KIND, since, self.keys(place)))
        assert pages[-1].complete
        assert not any(page.complete for page in pages[:-1])
        return {record.id: record for page in pages for record in page.records}, pages[-1].cursor

    def write(self, place: Place, *writes: Write) -> dict[tuple[str, str], Outcome]:
        return {outcome.name: outcome for outcome in place.connector.write(KIND, writes, self.keys(place))}

    def one(self, place: Place, write: Write) -> Outcome:
        return self.write(place, write)[write.name]

    def settled(self, place: Place, *writes: Write) -> dict[tuple[str, str], Outcome]:
        return {outcome.name: outcome for outcome in place.connector.settle(KIND, writes, self.keys(place))}

    def read(self, place: Place, *ids: str) -> dict[str, Record]:
        return {record.id: record for record in place.connector.read(KIND, ids, self.keys(place))}

    def test_it_knows_its_account(self, place: Place) -> None:
        account = place.connector.account()
        assert account.id
        assert account.name
        assert account.currency
        assert account.sandbox

    def test_setup_can_be_repeated(self, place: Place) -> None:
        place.connector.setup(KIND)
        fields = place.connector.fields(KIND)
        place.connector.setup(KIND)
        assert place.connector.fields(KIND) == fields

    def test_field_keys_are_unique_and_name_the_test_fields(self, place: Place) -> None:
        keys = self.keys(place)
        assert len(keys) == len(set(keys))
        assert {place.text_key, place.unique_key} <= set(keys)

    def test_a_first_pass_lists_everything(self, place: Place) -> None:
        ids = {place.create(place.values(f"Person {n}")) for n in range(5)}
        pages = list(place.connector.changes(KIND, None, self.keys(place)))
        assert all(page.full for page in pages)
        assert ids <= {record.id for page in pages for record in page.records}

    def test_a_listing_of_nothing_is_one_complete_page(self, place: Place) -> None:
        pages = list(place.connector.changes(KIND, None, self.keys(place)))
        assert [page.complete for page in pages] == [True]

    def test_a_record_shows_only_the_fields_asked_for(self, place: Place) -> None:
        record_id = place.create(place.values("Alice"))
        [record] = place.connector.read(KIND, [record_id], [place.unique_key])
        assert dict(record.fields) == {place.unique_key: place.values("Alice")[place.unique_key]}

    def test_a_feed_shows_what_was_created_and_edited_since(self, place: Place) -> None:
        old = place.create(place.values("Old"))
        _, cursor = self.everything(place)
        new = place.create(place.values("New"))
        place.edit(old, {place.text_key: "edited"})
        seen, _ = self.everything(place, cursor)
        assert seen[old].fields[place.text_key] == "edited"
        assert new in seen

    def test_a_feed_that_is_read_again_shows_the_latest_state(self, place: Place) -> None:
        record_id = place.create(place.values("Alice"))
        _, cursor = self.everything(place)
        for n in range(3):
            place.edit(record_id, {place.text_key: f"edit {n}"})
            seen, cursor = self.everything(place, cursor)
            assert seen[record_id].fields[place.text_key] == f"edit {n}"

    def test_an_edit_after_a_page_was_given_shows_in_the_next_pass(self, place: Place) -> None:
        record_id = place.create(place.values("Alice"))
        pages: list[Page] = []
        for page in place.connector.changes(KIND, None, self.keys(place)):
            pages.append(page)
            place.edit(record_id, {place.text_key: "meanwhile"})
        seen, _ = self.everything(place, pages[-1].cursor)
        assert seen[record_id].fields[place.text_key] == "meanwhile"

    def test_an_unreadable_cursor_is_an_expired_one(self, place: Place) -> None:
        with pytest.raises(CursorExpired):
            list(place.connector.changes(KIND, self.unreadable_cursor, self.keys(place)))

    def test_reading_by_id_gives_each_record_once(self, place: Place) -> None:
        ids = [place.create(place.values(f"Person {n}")) for n in range(3)]
        records = list(place.connector.read(KIND, [*ids, ids[0]], self.keys(place)))
        assert sorted(record.id for record in records) == sorted(ids)
        assert all(record.presence is Presence.PRESENT for record in records)

    def test_a_removed_record_is_absent(self, place: Place) -> None:
        kept, gone = place.create(place.values("Kept")), place.create(place.values("Gone"))
        place.remove(gone)
        found = self.read(place, kept, gone)
        assert found[kept].presence is Presence.PRESENT
        assert found[gone].presence is Presence.ABSENT

    def test_finding_and_writing_nothing_makes_no_call(self, place: Place) -> None:
        keys = self.keys(place)
        calls = place.connector.calls
        assert not list(place.connector.find(KIND, place.unique_key, [], keys))
        assert not list(place.connector.write(KIND, [], keys))
        assert place.connector.calls == calls

    def test_find_ignores_case_and_outer_blanks(self, place: Place) -> None:
        values = place.values("Alice Moreno")
        record_id = place.create(values)
        wanted = f" {values[place.unique_key].upper()} "
        assert [r.id for r in place.connector.find(KIND, place.unique_key, [wanted], self.keys(place))] == [record_id]

    def test_find_gives_nothing_for_a_part_of_a_value(self, place: Place) -> None:
        values = place.values("Alice Moreno")
        place.create(values)
        assert not list(place.connector.find(KIND, place.unique_key, [values[place.unique_key][1:]], self.keys(place)))

    def test_awkward_names_are_found_and_nothing_else(self, place: Place) -> None:
        ids = {name: place.create(place.values(name)) for name in self.awkward}
        for name, record_id in ids.items():
            found = place.connector.find(KIND, place.unique_key, [place.values(name)[place.unique_key]], self.keys(place))
            assert [record.id for record in found] == [record_id], name

    def test_awkward_texts_are_stored_as_they_are(self, place: Place) -> None:
        writes = [create(place.values(f"Person {n}") | {place.text_key: text}, key=str(n)) for n, text in enumerate(AWKWARD)]
        for write, outcome in zip(writes, map(self.write(place, *writes).get, [w.name for w in writes]), strict=True):
            assert isinstance(outcome, Stored)
            assert outcome.record.fields[place.text_key] == write.fields[place.text_key]

    def test_a_create_is_stored_and_comes_back_as_stored(self, place: Place) -> None:
        outcome = self.one(place, create(place.values("Alice") | {place.text_key: "hello"}))
        assert isinstance(outcome, Stored)
        now = self.read(place, outcome.record.id)[outcome.record.id]
        assert outcome.record.fields.items() <= now.fields.items()
        assert outcome.record.version == now.version
        assert outcome.record.fields[place.text_key] == "hello"

    def test_outcomes_are_matched_by_name_in_every_order(self, place: Place) -> None:
        writes = [create(place.values(f"Person {n}"), call=f"call-{n // 4}", key=str(n)) for n in range(10)]
        outcomes = self.write(place, *writes)
        assert set(outcomes) == {write.name for write in writes}
        for write in writes:
            outcome = outcomes[write.name]
            assert isinstance(outcome, Stored)
            assert outcome.record.fields[place.unique_key] == write.fields[place.unique_key]

    def test_an_update_changes_only_what_it_names(self, place: Place) -> None:
        before = self.read(place, record_id := place.create(place.values("Alice") | {place.text_key: "old"}))[record_id]
        outcome = self.one(place, update(before, {place.text_key: "new"}))
        assert isinstance(outcome, Stored)
        unchanged = place.unique_key
        assert outcome.record.fields[place.text_key] == "new"
        assert outcome.record.fields[unchanged] == before.fields[unchanged]

    def test_none_empties_a_value(self, place: Place) -> None:
        before = self.read(place, record_id := place.create(place.values("Alice") | {place.text_key: "old"}))[record_id]
        outcome = self.one(place, update(before, {place.text_key: None}))
        assert isinstance(outcome, Stored)
        assert outcome.record.fields[place.text_key] is None

    def test_an_update_of_a_record_that_moved_on_is_stale_and_changes_nothing(self, place: Place) -> None:
        before = self.read(place, record_id := place.create(place.values("Alice") | {place.text_key: "old"}))[record_id]
        place.edit(record_id, {place.text_key: "a person's"})
        outcome = self.one(place, update(before, {place.text_key: "ours"}))
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, Stale)
        assert self.read(place, record_id)[record_id].fields[place.text_key] == "a person's"

    def test_an_update_of_a_removed_record_fails_as_not_found(self, place: Place) -> None:
        before = self.read(place, record_id := place.create(place.values("Alice")))[record_id]
        place.remove(record_id)
        outcome = self.one(place, update(before, {place.text_key: "ours"}))
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, NotFound | Stale)

    def test_one_refused_member_does_not_hold_up_the_others(self, place: Place) -> None:
        place.create(place.values("Taken"))
        outcomes = self.write(place, create(place.values("taken"), key="1"), create(place.values("Free"), key="2"))
        refused, stored = outcomes["call", "1"], outcomes["call", "2"]
        assert isinstance(stored, Stored)
        if isinstance(refused, Failed):
            assert isinstance(refused.error, Rejected | AlreadyExists)
        else:
            assert isinstance(refused, Stored)
        assert place.count() == 2

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_create_with_a_lost_answer_is_settled_to_exactly_one_record(self, place: Place, moment: str) -> None:
        write = create(place.values("Alice") | {place.text_key: "hello"})
        place.lose_answers(moment)
        assert isinstance(self.one(place, write), Unknown)
        assert place.count() == (1 if moment == "after" else 0)
        place.lose_answers("")
        outcome = self.settled(place, write)[write.name]
        if isinstance(outcome, Failed):
            assert moment == "before"
            assert isinstance(outcome.error, Stale)
            assert place.count() == 0
            outcome = self.one(place, replace(write, call="again"))
        assert isinstance(outcome, Stored)
        assert outcome.record.fields[place.text_key] == "hello"
        assert place.count() == 1

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_an_update_with_a_lost_answer_is_settled_to_what_stands_there(self, place: Place, moment: str) -> None:
        before = self.read(place, record_id := place.create(place.values("Alice")))[record_id]
        write = update(before, {place.text_key: "ours"})
        place.lose_answers(moment)
        assert isinstance(self.one(place, write), Unknown)
        place.lose_answers("")
        outcome = self.settled(place, write)[write.name]
        happened = self.read(place, record_id)[record_id].fields[place.text_key] == "ours"
        assert happened or moment == "before"
        if happened:
            assert isinstance(outcome, Stored)
        else:
            assert isinstance(outcome, Failed)
            assert isinstance(outcome.error, Stale)

    def test_settling_twice_makes_no_second_record(self, place: Place) -> None:
        write = create(place.values("Alice"))
        place.lose_answers("after")
        self.one(place, write)
        place.lose_answers("")
        ids = {outcome.record.id for _ in range(2) for outcome in self.settled(place, write).values() if isinstance(outcome, Stored)}
        assert len(ids) == 1
        assert place.count() == 1

    def lost_and_edited(self, place: Place) -> Write:
        """A create whose answer was lost after it happened, and whose record a person changed since."""
        write = create(place.values("Alice") | {place.text_key: "ours"})
        place.lose_answers("after")
        self.one(place, write)
        place.lose_answers("")
        [found] = place.connector.find(KIND, place.unique_key, [str(write.fields[place.unique_key])], self.keys(place))
        place.edit(found.id, {place.text_key: "a person's"})
        return write

    def test_a_settled_create_tells_what_a_person_did_to_it_since(self, place: Place) -> None:
        write = self.lost_and_edited(place)
        outcome = self.settled(place, write)[write.name]
        assert isinstance(outcome, Stored)
        assert (outcome.current or outcome.record).fields[place.text_key] == "a person's"
        assert place.count() == 1

    def test_the_feed_shows_our_own_writes_with_the_version_they_came_back_with(self, place: Place) -> None:
        _, cursor = self.everything(place)
        outcome = self.one(place, create(place.values("Alice")))
        assert isinstance(outcome, Stored)
        seen, _ = self.everything(place, cursor)
        assert seen[outcome.record.id].version == outcome.record.version

    def test_a_cursor_that_noted_our_own_write_still_shows_what_a_person_does_next(self, place: Place) -> None:
        _, cursor = self.everything(place)
        outcome = self.one(place, create(place.values("Alice")))
        assert isinstance(outcome, Stored)
        cursor = place.connector.noted(KIND, cursor, [outcome.record])
        place.edit(outcome.record.id, {place.text_key: "a person's"})
        seen, _ = self.everything(place, cursor)
        assert seen[outcome.record.id].fields[place.text_key] == "a person's"

    def test_a_record_has_an_address_for_people(self, place: Place) -> None:
        assert "42" in place.connector.url(KIND, "42")


_calls = itertools.count(1)


def create(values: Values, *, call: str = "call", key: str = "1") -> Write:
    return Write(call, key, Operation.CREATE, values)


def update(observed: Record, values: Values, *, call: str = "", key: str = "1") -> Write:
    expected = {name: observed.fields.get(name) for name in values}
    return Write(call or f"update-{next(_calls)}", key, Operation.UPDATE, values, id=observed.id, version=observed.version, expected=expected)
