"""The feed misses nothing: not in overflow, not in equal seconds, not after a break, and repeats little."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.base import Page, Presence, Stored
from connectors.errors import CursorExpired, Unavailable
from connectors.quickbooks import QuickBooksConnector
from connectors.sandbox.quickbooks import issue
from connectors.sandbox.server import Reply
from connectors.tests.contract import KIND, create
from connectors.tests.test_quickbooks_contract import QuickBooksPlace, sandbox_place

KEYS = ["DisplayName", "Notes"]


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(clock: Clock) -> Iterator[QuickBooksPlace]:
    for place in sandbox_place(clock):
        place.connector._now = clock
        yield place


def people(place: QuickBooksPlace, count: int, start: int = 0) -> list[str]:
    return [place.create({"DisplayName": f"Person {n}"}) for n in range(start, start + count)]


def passed(connector: QuickBooksConnector, since: str | None) -> list[Page]:
    return list(connector.changes(KIND, since, KEYS))


def ids(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def test_a_listing_takes_one_call_for_each_thousand(place: QuickBooksPlace) -> None:
    made = people(place, 2300)
    pages = passed(place.connector, None)
    assert ids(pages) == made
    assert (len(pages), place.connector.calls) == (3, 3)


def test_a_listing_goes_on_where_it_was_broken_off(place: QuickBooksPlace, clock: Clock) -> None:
    made = people(place, 2300)
    first = next(place.connector.changes(KIND, None, KEYS))
    clock.now += 1800
    place.edit(made[0], {"Notes": "meanwhile"})
    rest = passed(place.connector, first.cursor)
    assert ids([first, *rest]) == made
    assert all(page.full for page in rest)
    assert ids(passed(place.connector, rest[-1].cursor))[-1] == made[0]


def test_a_quiet_feed_takes_one_call_and_repeats_nothing(place: QuickBooksPlace, clock: Clock) -> None:
    people(place, 3)
    cursor = passed(place.connector, None)[-1].cursor
    for _ in range(3):
        clock.now += 60
        calls = place.connector.calls
        [page] = passed(place.connector, cursor)
        assert (page.records, page.complete, page.full) == ((), True, False)
        assert place.connector.calls == calls + 1
        cursor = page.cursor


def test_a_change_that_shows_late_is_still_seen(place: QuickBooksPlace, clock: Clock) -> None:
    people(place, 1)
    cursor = passed(place.connector, None)[-1].cursor
    clock.now += 600
    cursor = passed(place.connector, cursor)[-1].cursor
    clock.now -= 240
    [late] = people(place, 1, start=1)
    clock.now += 300
    assert ids(passed(place.connector, cursor)) == [late]


def test_our_own_writes_are_not_shown_again(place: QuickBooksPlace) -> None:
    cursor = passed(place.connector, None)[-1].cursor
    [outcome] = place.connector.write(KIND, [create({"DisplayName": "Ours"})], KEYS)
    assert isinstance(outcome, Stored)
    assert ids(passed(place.connector, cursor)) == [outcome.record.id]
    assert ids(passed(place.connector, place.connector.noted(KIND, cursor, [outcome.record]))) == []


def test_two_changes_in_one_second_are_both_seen(place: QuickBooksPlace) -> None:
    [one] = people(place, 1)
    cursor = passed(place.connector, None)[-1].cursor
    place.edit(one, {"Notes": "first"})
    pages = passed(place.connector, cursor)
    place.edit(one, {"Notes": "second"})
    assert [r.fields["Notes"] for page in passed(place.connector, pages[-1].cursor) for r in page.records] == ["second"]


def test_an_overflow_is_paged_through_and_stubs_are_kept(place: QuickBooksPlace, clock: Clock) -> None:
    gone = people(place, 1)
    cursor = passed(place.connector, None)[-1].cursor
    clock.now += 600
    place.remove(gone[0])
    made = []
    for batch in range(5):
        clock.now += 1
        made += people(place, 500, start=1 + batch * 500)
    pages = passed(place.connector, cursor)
    records = [record for page in pages for record in page.records]
    assert [r.id for r in records if r.presence is Presence.ABSENT] == gone
    assert sorted((r.id for r in records if r.presence is Presence.PRESENT), key=int) == made
    assert not any(page.full for page in pages)
    clock.now += 600
    later = passed(place.connector, pages[-1].cursor)[-1].cursor
    assert ids(passed(place.connector, later)) == []


def test_more_than_a_page_within_one_second_is_paged_through(place: QuickBooksPlace, clock: Clock) -> None:
    cursor = passed(place.connector, None)[-1].cursor
    clock.now += 600
    made = people(place, 2500)
    pages = passed(place.connector, cursor)
    assert sorted(set(ids(pages)), key=int) == made


def test_an_overflow_goes_on_where_it_was_broken_off(place: QuickBooksPlace, clock: Clock) -> None:
    cursor = passed(place.connector, None)[-1].cursor
    clock.now += 600
    made = people(place, 1500)
    clock.now += 1
    made += people(place, 1500, start=1500)
    pages = place.connector.changes(KIND, cursor, KEYS)
    first = next(pages)
    rest = passed(place.connector, first.cursor)
    assert set(ids([first, *rest])) == set(made)
    assert rest[-1].complete


def test_rows_that_move_while_an_overflow_is_paged_are_seen(place: QuickBooksPlace, clock: Clock) -> None:
    cursor = passed(place.connector, None)[-1].cursor
    clock.now += 600
    made = []
    for batch in range(5):
        clock.now += 1
        made += people(place, 500, start=batch * 500)
    seen: set[str] = set()
    for page in place.connector.changes(KIND, cursor, KEYS):
        seen |= {record.id for record in page.records}
        clock.now += 1
        if not page.complete:
            place.edit(made[0], {"Notes": str(clock.now)})
            place.edit(made[600], {"Notes": str(clock.now)})
    assert seen == set(made)


def test_an_inactive_record_and_a_deleted_one_show_as_such(place: QuickBooksPlace) -> None:
    inactive, gone = people(place, 2)
    cursor = passed(place.connector, None)[-1].cursor
    place.edit(inactive, {"Active": False})
    place.remove(gone)
    records = {record.id: record for page in passed(place.connector, cursor) for record in page.records}
    assert records[inactive].presence is Presence.INACTIVE
    assert records[inactive].fields["DisplayName"] == "Person 0"
    assert records[gone].presence is Presence.ABSENT


def test_a_cursor_of_thirty_days_is_expired_without_a_call(place: QuickBooksPlace, clock: Clock) -> None:
    cursor = passed(place.connector, None)[-1].cursor
    clock.now += 30 * 86400
    calls = place.connector.calls
    with pytest.raises(CursorExpired):
        passed(place.connector, cursor)
    assert place.connector.calls == calls


def test_a_cursor_the_service_refuses_is_expired_too(place: QuickBooksPlace, clock: Clock) -> None:
    cursor = passed(place.connector, None)[-1].cursor
    started = clock.now
    place.connector._now = lambda: started
    clock.now += 31 * 86400
    place.app.hook = None
    token = issue(place.app, place.company.realm)["access_token"]
    place.connector._client.session.token = lambda fresh: token
    with pytest.raises(CursorExpired):
        passed(place.connector, cursor)


def test_a_feed_that_fails_keeps_its_cursor(place: QuickBooksPlace) -> None:
    cursor = passed(place.connector, None)[-1].cursor
    [made] = people(place, 1)
    place.connector._client.session.sleep = lambda seconds: None
    place.app.hook = lambda moment, number, request, reply: Reply(503, "<html>maintenance</html>") if moment == "before" else None
    with pytest.raises(Unavailable):
        passed(place.connector, cursor)
    place.app.hook = None
    assert ids(passed(place.connector, cursor)) == [made]
