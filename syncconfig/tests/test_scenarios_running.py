"""Acceptance scenarios of runs (spec section 7): time, interruption, accounts that refuse, turning off and deleting, over HTTP and as workers run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from connectors.sandbox.server import Closed, Reply, Request, Server
from connectors.vocabulary import Direction
from syncconfig import actions, drafts, run_queue, runner, tasks
from syncconfig.engine.filters import Condition
from syncconfig.engine.state import State
from syncconfig.models import Connection, FieldMapping, FilterCondition, ObjectSync, RecordEvent, SyncRecord, SyncRun, WriteIntent
from syncconfig.sync_status import states_of, status_of
from syncconfig.tables import record_list
from syncconfig.tests.system import Command, System, work
from syncconfig.tests.town import Town, phone, running

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = {"hubspot": 0, "quickbooks": 0}
PROVIDERS = ("hubspot", "quickbooks")


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


def people(town: Town, number: int) -> None:
    """Contacts that stand in HubSpot only, as an import puts them there."""
    contacts = town.hubspot.tables["contacts"]
    for n in range(number):
        town.insert(contacts, email=f"person{n}@example.com", firstname="Person", lastname=str(n))


def everyone_once(town: Town, number: int) -> None:
    """Each of the people is one contact and one customer, and the contact is marked with it."""
    wanted = sorted(f"Person {n}" for n in range(number))
    assert sorted(row["DisplayName"] for row in town.customers().values()) == wanted
    marks = [c.get("tandem_quickbooks_id", "") for c in town.contacts().values()]
    assert len(set(marks)) == len(marks) == number
    assert "" not in marks


def chip(sync: ObjectSync) -> str:
    """What the overview says of a sync."""
    sync = ObjectSync.objects.select_related("left", "right").get(pk=sync.pk)
    return status_of(sync, states_of([sync])[sync.pk]).text


def due(sync: ObjectSync) -> timedelta:
    """How long until the sync runs by itself."""
    sync.refresh_from_db()
    assert sync.next_run_at
    return sync.next_run_at - timezone.now()


def five_minutes_later(sync: ObjectSync) -> None:
    """As if the time until the next run, and since both sides were looked at, had passed."""
    cursors = {name: kept for name, kept in ObjectSync.objects.get(pk=sync.pk).cursors.items() if not name.startswith("looked_")}
    ObjectSync.objects.filter(pk=sync.pk).update(next_run_at=timezone.now(), cursors=cursors)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_t19_a_change_is_on_the_other_side_within_ten_minutes(town: Town, provider: str) -> None:
    contact = town.contact(email="alice@example.com", firstname="Alice", phone="1")
    sync = town.set_up()
    tasks.dispatch()
    assert work() == [SyncRun.State.SUCCEEDED]
    (customer,) = town.customers()
    assert due(sync) + timedelta(minutes=1) <= timedelta(minutes=10)
    if provider == "hubspot":
        town.edit_contact(contact, phone="2")
    else:
        town.edit_customer(customer, PrimaryPhone="2")
    tasks.dispatch()
    assert work() == []
    five_minutes_later(sync)
    tasks.dispatch()
    assert work() == [SyncRun.State.SUCCEEDED]
    assert (town.contacts()[contact]["phone"], phone(town.customers()[customer])) == ("2", "2")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_t26_a_grant_that_ends_in_a_run_costs_nothing_and_a_new_one_finishes_it(town: Town, provider: str) -> None:
    """S63: no call after the refusal."""
    people(town, 35)
    sync = town.set_up()

    def end_the_grant(moment: str, request: Request, reply: Reply | None) -> None:
        if (moment == "before" and b'"operation"' in request.body) or (b'"inputs"' in request.body and request.path.endswith("/batch/update")):
            town.undisturbed()
            town.revoke(provider)

    town.on_request(provider, end_the_grant)
    broken = town.run(sync)
    assert (broken.state, broken.error) == (SyncRun.State.FAILED, "RECONNECT_NEEDED")
    assert Connection.objects.get(provider=provider).status == Connection.Status.RECONNECT_NEEDED
    assert chip(sync) == "Reconnect needed"
    five_minutes_later(sync)
    tasks.dispatch()
    assert work() == []
    town.look()
    assert town.run(sync).error == "RECONNECT_NEEDED"
    assert town.asked(provider) == []
    town.connect(provider)
    town.settled(sync)
    everyone_once(town, 35)
    assert chip(sync) == "Up to date"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_t26_an_account_that_refuses_even_a_fresh_token_has_to_be_reconnected(town: Town, provider: str) -> None:
    """S63: 401s only."""
    people(town, 2)
    sync = town.set_up()
    refusal = Reply(401, {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no"})
    town.on_request(provider, lambda moment, request, reply: None if "oauth" in request.path else refusal)
    assert town.run(sync).error == "RECONNECT_NEEDED"
    assert Connection.objects.get(provider=provider).status == Connection.Status.RECONNECT_NEEDED
    town.undisturbed()
    town.connect(provider)
    town.settled(sync)
    everyone_once(town, 2)


def test_a_refusal_from_before_a_reconnection_is_not_held_against_it(town: Town) -> None:
    people(town, 2)
    sync = town.set_up()

    def refuse(moment: str, request: Request, reply: Reply | None) -> Reply | None:
        if request.path.startswith("/oauth"):
            return None
        Connection.objects.filter(provider="hubspot").update(connected_at=timezone.now())
        return Reply(401, {})

    town.on_request("hubspot", refuse)
    assert town.run(sync).error == "RECONNECT_NEEDED"
    assert Connection.objects.get(provider="hubspot").status == Connection.Status.CONNECTED


def test_t27_throttled_killed_and_started_again_a_first_sync_has_everyone_once(town: Town) -> None:
    people(town, 70)
    sync = town.set_up()
    books = town.sandboxes.quickbooks
    with Command("sync", "--json") as victim:

        def run_out(moment: str, request: Request, reply: Reply | None) -> None:
            if moment == "after" and reply and reply.status == 429:
                victim.kill()
            if moment == "after" and b'"operation"' in request.body:
                books.switches.limit_scale = 1e-9

        town.on_request("quickbooks", run_out)
        assert victim.wait() == -9
    assert 0 < len(town.customers()) < 70
    books.switches.limit_scale = 0
    town.undisturbed()
    with Command("sync", "--json") as command:
        assert command.wait() == 0
        (run,) = json.loads(command.output)["runs"]
    assert run["counts"] == {"in_sync": 70, "failing": 0, "excluded": 0, "pending": 0}
    everyone_once(town, 70)
    assert town.run(sync).result["writes"] == NOTHING


def test_t28_the_counts_are_those_of_the_records_behind_them(system_of_samples: ObjectSync) -> None:
    sync = system_of_samples
    shown = SyncRecord.objects.by_state([sync.pk])[sync.pk]
    assert shown == said("status")["syncs"][0]["counts"]
    assert all(shown[state] for state in (State.IN_SYNC, State.FAILING, State.EXCLUDED))
    for state, number in shown.items():
        listed = said("records", "list", "--state", state, "--limit", "1000")["records"]
        assert [r["state"] for r in listed] == [state] * number
        assert [r["record"] for r in listed] == list(record_list([sync], states=[state]).values_list("pk", flat=True))


@pytest.fixture
def system_of_samples(sandboxes: Any, admin: Any) -> ObjectSync:
    """The sample company after its first sync."""
    system = System(sandboxes, admin)
    sync = system.turn_on(drafts.start(system.left, system.right, "contact", timezone.now()))
    system.run(sync)
    return sync


def said(*words: str) -> Any:
    out = StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_t30_nothing_flows_while_off_and_afterwards_the_rules_decide(town: Town) -> None:
    contact = town.contact(email="alice@example.com", firstname="Alice", phone="1", city="Denver", company="Acme")
    sync = town.set_up()
    town.settled(sync)
    (customer,) = town.customers()
    drafts.turn_off(sync)
    town.edit_contact(contact, phone="2", city="Boulder")
    town.edit_customer(customer, PrimaryPhone="3", CompanyName="Acme & Daughters")
    town.look()
    tasks.dispatch()
    tasks.start(sync, SyncRun.Trigger.MANUAL)
    assert work() == [SyncRun.State.INTERRUPTED]
    assert (town.asked("hubspot"), town.asked("quickbooks")) == ([], [])
    town.edit_settings(sync)
    tasks.dispatch()
    assert work() == [SyncRun.State.SUCCEEDED]
    card, row = town.contacts()[contact], town.customers()[customer]
    assert (card["phone"], phone(row)) == ("3", "3")
    assert (card["city"], row["BillAddr"]["City"]) == ("Boulder", "Boulder")
    assert (card["company"], row["CompanyName"]) == ("Acme & Daughters", "Acme & Daughters")


def test_t31_a_deleted_sync_takes_its_settings_along_and_no_record(town: Town, admin_browser: Client) -> None:
    people(town, 3)
    sync = town.set_up()
    town.settled(sync)
    before = town.portrait()
    town.look()
    assert admin_browser.post(f"/syncs/{sync.pk}/delete/").status_code == 302
    for model in (ObjectSync, FieldMapping, FilterCondition, SyncRecord, SyncRun, WriteIntent, RecordEvent):
        assert not model.objects.exists(), model
    assert (town.asked("hubspot"), town.asked("quickbooks"), town.portrait()) == ([], [], before)
    town.settled(town.set_up())
    assert town.portrait() == before


def test_t33_a_draft_a_paused_sync_and_a_message_twice_run_nothing(town: Town) -> None:
    people(town, 1)
    sync = town.start("contact", timezone.now())
    with pytest.raises(CommandError):
        call_command("sync", "--json")
    town.look()
    asked = tasks.start(sync, SyncRun.Trigger.MANUAL)
    assert work() == [SyncRun.State.INTERRUPTED]
    assert tasks.run(asked.pk) == "taken"
    ObjectSync.objects.filter(pk=sync.pk).update(status=ObjectSync.Status.PAUSED, pause_reason="gone", next_run_at=timezone.now())
    tasks.dispatch()
    tasks.start(sync, SyncRun.Trigger.MANUAL)
    assert work() == [SyncRun.State.INTERRUPTED]
    assert (town.asked("hubspot"), town.asked("quickbooks"), town.customers()) == ([], [], {})


def test_t33_a_link_by_hand_waits_for_the_run_and_refuses_what_cannot_be_one(town: Town) -> None:
    town.contact(email="alice@example.com", firstname="Alice")
    twins = [town.customer(DisplayName=name, PrimaryEmailAddr="alice@example.com") for name in ("North", "South")]
    sync = town.set_up()
    town.settled(sync)
    left = SyncRecord.objects.get(sync=sync, right_id=None)
    right = [SyncRecord.objects.get(sync=sync, right_id=twin) for twin in twins]
    under_way = run_queue.claim(run_queue.ask(sync, SyncRun.Trigger.MANUAL).pk, timezone.now())
    assert under_way
    for one, other, problem in ((left, right[0], "running"), (right[0], right[1], "same_side")):
        with pytest.raises(actions.Refused) as refused:
            actions.link(one, other, town.admin, timezone.now())
        assert refused.value.problem == problem
    runner.execute(under_way)
    actions.link(left, right[0], town.admin, timezone.now())
    with pytest.raises(actions.Refused) as refused:
        actions.link(SyncRecord.objects.get(left_id=left.left_id), right[1], town.admin, timezone.now())
    assert refused.value.problem in ("linked", "same_side")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_that_is_down_loses_nothing(town: Town, provider: str, settings: Any) -> None:
    people(town, 35)
    sync = town.set_up()
    server, down = town.sandboxes.servers[provider], False

    def go_down(moment: str, request: Request, reply: Reply | None) -> None:
        nonlocal down
        if not down and moment == "after" and (b'"operation"' in request.body or request.path.endswith("/batch/update")):
            down = True
            server.stop()
        if down:
            raise Closed

    town.on_request(provider, go_down)
    broken = town.run(sync)
    assert (broken.state, broken.error) == (SyncRun.State.FAILED, "SERVICE_UNAVAILABLE")
    assert SyncRecord.objects.filter(sync=sync).count() == 35
    town.undisturbed()
    again = Server(server.app).start()
    settings.SANDBOX_URLS = {**settings.SANDBOX_URLS, provider: again.url}
    try:
        assert due(sync) <= timedelta(minutes=5)
        town.settled(sync)
        everyone_once(town, 35)
    finally:
        again.stop()


def test_settings_saved_during_a_run_end_it_before_it_writes_what_they_exclude(town: Town) -> None:
    people(town, 3)
    sync = town.set_up()
    nobody = ((Condition("city", "any_of", ("Atlantis",)),),)

    def narrow(moment: str, request: Request, reply: Reply | None) -> None:
        town.undisturbed()
        town.edit_settings(sync, filters={Direction.TO_RIGHT: nobody})

    town.on_request("quickbooks", narrow)
    assert town.run(sync).state == SyncRun.State.INTERRUPTED
    town.settled(sync)
    assert town.customers() == {}


def test_a_full_comparison_decides_everything_anew(town: Town) -> None:
    """A filter that counts days changes its mind as time goes by, although nobody touched the record."""
    contact = town.contact(email="ann@example.com", firstname="Ann", lastname="Lee")
    sync = town.set_up(to_books=((Condition("createdate", "more_ago", ("2",)),),))
    town.run(sync)
    assert SyncRecord.objects.get(sync=sync, left_id=contact).reason == "filter"
    town.clock.advance(days=3)
    town.run(sync)
    assert SyncRecord.objects.get(sync=sync, left_id=contact).reason == "filter"
    town.run(sync, full=True)
    assert SyncRecord.objects.get(sync=sync, left_id=contact).state == State.IN_SYNC
