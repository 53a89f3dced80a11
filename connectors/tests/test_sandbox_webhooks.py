"""The post of the simulations: what comes twice, late, in no order or never, what is tried again, and that nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from connectors.sandbox import webhooks
from connectors.sandbox.hubspot import PORTAL_ID, load, seed
from connectors.sandbox.sample import generate
from connectors.sandbox.webhooks import Mail
from connectors.tests.hubspot_world import World, lose
from connectors.tests.letterbox import LetterBox

CONTACTS = "/crm/objects/2026-09/contacts"


@pytest.fixture
def box(world: World) -> Iterator[LetterBox]:
    with LetterBox() as made:
        world.app.webhooks.target = made.url
        yield made
        world.app.webhooks.target = ""


def add(world: World, *names: str) -> list[int]:
    """Contacts made by the API, each by a call of its own; their ids."""
    made = [world.ask("POST", CONTACTS, {"properties": {"email": f"{name}@example.com"}}) for name in names]
    assert all(answer.status_code == 201 for answer in made)
    return [int(answer.json()["id"]) for answer in made]


def told(box: LetterBox) -> list[int]:
    """The records of all events, in the order in which they came."""
    return [event["objectId"] for letter in box.letters for event in letter.json]


def test_a_change_is_told_once_and_counted(world: World, box: LetterBox) -> None:
    made = add(world, "a")
    assert world.app.webhooks.settle()
    assert told(box) == made
    hooks = world.app.webhooks
    assert (hooks.sent, hooks.failed, hooks.dropped, hooks.waiting) == (1, 0, 0, 0)
    [delivery] = hooks.deliveries
    assert (delivery.attempt, delivery.status, delivery.events[0]["objectId"]) == (0, 200, made[0])
    assert abs(delivery.sent_at - time.time()) < 60


def test_what_happens_without_a_target_is_never_told(world: World, box: LetterBox) -> None:
    world.app.webhooks.target = ""
    add(world, "a")
    world.app.webhooks.target = box.url
    made = add(world, "b")
    assert world.app.webhooks.settle()
    assert told(box) == made


def test_what_is_loaded_or_seeded_is_history(world: World, box: LetterBox) -> None:
    seed(world.app)
    load(world.app, PORTAL_ID, generate(20))
    assert world.app.webhooks.settle()
    assert box.letters == []


def test_what_waits_together_comes_in_batches_of_a_hundred(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail.delay = 3600
    for start in (0, 100):
        inputs = [{"properties": {"email": f"n{start + n}@example.com"}} for n in range(100 if start == 0 else 30)]
        assert world.ask("POST", f"{CONTACTS}/batch/create", {"inputs": inputs}).status_code == 201
    assert box.letters == []
    assert world.app.webhooks.waiting == 130
    world.app.webhooks.hurry()
    assert world.app.webhooks.settle()
    assert [len(letter.json) for letter in box.letters] == [100, 30]
    assert told(box) == sorted(told(box))


def test_events_come_as_late_as_the_provider_is(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail.delay = 0.3
    begun = time.monotonic()
    add(world, "a")
    assert box.letters == []
    assert world.app.webhooks.settle()
    assert time.monotonic() - begun >= 0.3
    assert len(box.letters) == 1


def test_events_come_twice_with_the_same_number(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail = Mail(doubled=1, hold=0.05)
    add(world, "a")
    assert world.app.webhooks.settle()
    one, other = box.letters
    assert one.json == other.json


def test_events_never_come(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail = Mail(lost=1)
    add(world, "a", "b")
    assert world.app.webhooks.settle()
    assert (box.letters, world.app.webhooks.dropped) == ([], 2)


def test_a_share_of_the_events_is_held_back_behind_later_ones(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail = Mail(held=0.5, hold=0.3, seed=3)
    made = add(world, *"abcdefgh")
    assert world.app.webhooks.settle()
    assert told(box) != made
    assert sorted(told(box)) == made


def test_events_that_are_sent_at_one_moment_may_have_no_order(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail = Mail(delay=3600, shuffled=True)
    made = add(world, *"abcdefgh")
    world.app.webhooks.hurry()
    assert world.app.webhooks.settle()
    assert told(box) != made
    assert sorted(told(box)) == made


def test_the_same_seed_strikes_the_same_events(world: World, box: LetterBox) -> None:
    struck = []
    for turn in ("a", "b"):
        world.app.webhooks.mail = Mail(delay=3600, lost=0.3, doubled=0.3, seed=7)
        box.letters.clear()
        made = add(world, *(f"{turn}{n}" for n in range(30)))
        world.app.webhooks.hurry()
        assert world.app.webhooks.settle()
        struck.append([told(box).count(record) for record in made])
    assert struck[0] == struck[1]
    assert set(struck[0]) == {0, 1, 2}


def test_a_refused_request_is_sent_again_as_a_whole_with_the_number_of_the_try(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail.pace = 0
    box.answers.extend([500, 404, 302])
    inputs = [{"properties": {"email": f"n{n}@example.com"}} for n in range(3)]
    assert world.ask("POST", f"{CONTACTS}/batch/create", {"inputs": inputs}).status_code == 201
    assert world.app.webhooks.settle()
    assert [[event["attemptNumber"] for event in letter.json] for letter in box.letters] == [[n] * 3 for n in range(4)]
    assert [event["eventId"] for event in box.letters[0].json] == [event["eventId"] for event in box.letters[3].json]
    assert (world.app.webhooks.sent, world.app.webhooks.failed) == (3, 3)
    assert [delivery.status for delivery in world.app.webhooks.deliveries] == [500, 404, 302, 200]


def test_hubspot_gives_up_after_ten_further_tries(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail.pace = 0
    box.answers.extend([503] * 20)
    add(world, "a")
    assert world.app.webhooks.settle()
    assert [letter.json[0]["attemptNumber"] for letter in box.letters] == list(range(11))
    assert (world.app.webhooks.failed, world.app.webhooks.dropped) == (11, 1)


def test_the_pauses_between_tries_take_about_a_day(world: World) -> None:
    pauses = [world.app.webhooks.pause(attempt) for attempt in range(11)]
    assert pauses[-1] is None
    assert 20 * 3600 < sum(pause for pause in pauses if pause) < 28 * 3600


def test_an_answer_that_takes_too_long_counts_as_none(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail.pace = 0
    world.app.webhooks.patience, box.slowness = 0.1, 0.4
    add(world, "a")
    while not world.app.webhooks.failed:
        time.sleep(0.01)
    box.slowness = 0
    assert world.app.webhooks.settle()
    assert world.app.webhooks.deliveries[0].status == 0
    assert world.app.webhooks.sent == 1


@pytest.mark.parametrize("silent", [True, False])
def test_api_answers_do_not_wait_for_a_dead_target(world: World, box: LetterBox, silent: bool) -> None:
    if silent:
        box.slowness = 30
    else:
        world.app.webhooks.target = "http://127.0.0.1:9"
    begun = time.monotonic()
    add(world, *"abcde")
    assert time.monotonic() - begun < 1
    assert world.app.webhooks.sent == 0


def test_requests_may_be_under_way_together(world: World, box: LetterBox) -> None:
    world.app.webhooks.mail = Mail(at_once=5, batch=1)
    box.slowness = 0.3
    begun = time.monotonic()
    made = add(world, *"abcde")
    assert world.app.webhooks.settle()
    assert time.monotonic() - begun < 1.2
    assert sorted(told(box)) == made


def test_no_more_waits_than_there_is_room_for(world: World, box: LetterBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST_WAITING", 2)
    world.app.webhooks.mail.delay = 3600
    add(world, "a", "b", "c")
    assert (world.app.webhooks.waiting, world.app.webhooks.dropped) == (2, 1)
    world.app.webhooks.target = ""
    assert (world.app.webhooks.waiting, world.app.webhooks.dropped) == (0, 3)


def test_an_answer_that_was_lost_on_its_way_was_a_change_all_the_same(world: World, box: LetterBox) -> None:
    lose(world, "/contacts", moment="before")
    with pytest.raises(requests.ConnectionError):
        add(world, "never")
    lose(world, "/contacts", moment="after")
    with pytest.raises(requests.ConnectionError):
        add(world, "done")
    assert world.app.webhooks.settle()
    assert [world.held(str(record))["email"] for record in told(box)] == ["done@example.com"]


def test_what_is_refused_is_not_told(world: World, box: LetterBox) -> None:
    assert world.ask("POST", CONTACTS, {"properties": {"email": "no address"}}).status_code == 400
    assert world.ask("POST", CONTACTS, {"properties": {"email": "a@example.com"}}, token="wrong").status_code == 401
    assert world.app.webhooks.settle()
    assert box.letters == []


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://127.0.0.1/", "http://10.0.0.1/", "http://user@127.0.0.1/", "ftp://localhost/", "localhost", "http://x:y/"]
)
def test_only_plain_addresses_of_this_machine_are_called(world: World, url: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        world.app.webhooks.target = url
    assert world.app.webhooks.target == ""


@pytest.mark.parametrize("url", ["http://localhost:8000/webhooks/", "http://127.0.0.1", "http://[::1]:8000/"])
def test_any_loopback_address_will_do(world: World, url: str) -> None:
    world.app.webhooks.target = url
    assert world.app.webhooks.target == url
    world.app.webhooks.target = ""


def test_the_front_page_tells_where_changes_go_and_how_many_went(world: World, box: LetterBox) -> None:
    add(world, "a")
    assert world.app.webhooks.settle()
    page = requests.get(world.url + "/", timeout=10).text
    assert box.url in page
    assert "<td>1</td><td>0</td><td>0</td><td>0</td>" in page
    world.app.webhooks.target = ""
    assert "told to nobody" in requests.get(world.url + "/", timeout=10).text
