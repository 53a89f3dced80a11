"""Webhooks of both providers, from the request to what stands on the other side (security S46 to S53; correctness I24, I42)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from connectors.sandbox.hubspot.objects import merge
from syncconfig import inbox, webhook_door
from syncconfig.models import InboxEvent, Notification, ObjectSync, RecordEvent, SyncRecord, SyncRun, WebhookDoor
from syncconfig.tests.postman import SECRETS, Postman
from syncconfig.tests.system import work
from syncconfig.tests.town import Town, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    settings.WEBHOOK_SECRETS = {key: [secret] for key, secret in SECRETS.items()}
    with running(settings, admin) as town:
        yield town


@pytest.fixture
def postman(town: Town, monkeypatch: pytest.MonkeyPatch) -> Postman:
    monkeypatch.setattr(webhook_door, "STEP_SECONDS", 0.0)
    return Postman()


@pytest.fixture
def ann(town: Town) -> str:
    return town.contact(email="ann@example.com", firstname="Ann", lastname="Lee", phone="555 0100")


@pytest.fixture
def sync(town: Town, ann: str) -> ObjectSync:
    """Ann stands on both sides; nothing is left to do."""
    sync = town.set_up()
    town.settled(sync)
    town.look()
    return sync


def customer(town: Town) -> dict[str, Any]:
    return town.customer_of("ann@example.com")


def door(provider: str) -> WebhookDoor:
    return WebhookDoor.objects.get(pk=provider)


# What a right delivery does


def test_an_edit_in_hubspot_that_a_webhook_names_is_written_without_asking_any_feed(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    town.edit_contact(ann, phone="555 0199")
    assert postman.hubspot(postman.event("contact.propertyChange", ann, propertyName="phone", propertyValue="555 0199")).status_code == 200
    work()
    assert customer(town)["PrimaryPhone"]["FreeFormNumber"] == "555 0199"
    assert not [e for e in town.asked("hubspot") if e.path.endswith("/search")]
    assert not [e for e in town.asked("quickbooks") if e.path.endswith("/cdc")]
    run = SyncRun.objects.filter(trigger=SyncRun.Trigger.WEBHOOK).get()
    assert run.result["writes"] == {"hubspot": 0, "quickbooks": 1}


def test_an_edit_in_quickbooks_that_a_webhook_names_is_written(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    town.edit_customer(customer(town)["Id"], PrimaryPhone="555 0133")
    assert postman.quickbooks(postman.notice("Customer", customer(town)["Id"])).status_code == 200
    work()
    assert town.contacts()[ann]["phone"] == "555 0133"


def test_a_webhook_run_leaves_the_schedule_alone(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    before = ObjectSync.objects.get(pk=sync.pk).next_run_at
    town.edit_contact(ann, phone="555 0199")
    postman.hubspot(postman.event("contact.propertyChange", ann))
    work()
    assert ObjectSync.objects.get(pk=sync.pk).next_run_at == before


def test_a_scheduled_run_that_finds_a_webhook_run_waiting_makes_a_whole_one_of_it(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    postman.hubspot(postman.event("contact.propertyChange", ann))
    waiting = SyncRun.objects.get(state=SyncRun.State.QUEUED)
    assert waiting.told_only
    town.run(sync)
    waiting.refresh_from_db()
    assert not waiting.told_only
    assert [e for e in town.asked("quickbooks") if e.path.endswith("/cdc")]


def test_a_webhook_run_that_had_to_wait_for_a_command_is_woken_when_that_ends(
    town: Town, sync: ObjectSync, ann: str, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []

    def meanwhile(moment: str, request: Any, reply: Any) -> None:
        if not heard and moment == "before" and request.path.endswith("/search"):
            heard.append(postman.hubspot(postman.event("contact.propertyChange", ann)).status_code)
            assert work() == ["taken"]

    town.on_request("hubspot", meanwhile)
    call_command("sync", "--json", stdout=StringIO())
    town.undisturbed()
    assert heard == [200]
    assert work() == ["succeeded"]


def test_a_new_contact_that_a_webhook_names_is_created_on_the_other_side(town: Town, sync: ObjectSync, postman: Postman) -> None:
    bob = town.contact(email="bob@example.com", firstname="Bob", lastname="Hill")
    postman.hubspot(postman.event("contact.creation", bob), postman.event("contact.propertyChange", bob))
    work()
    assert town.customer_of("bob@example.com")["GivenName"] == "Bob"
    assert InboxEvent.objects.filter(done_at=None).count() == 0


def test_what_a_body_claims_is_never_written(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    before = town.portrait()
    lies = postman.event("contact.propertyChange", ann, propertyName="email", propertyValue="evil@example.com")
    gone = postman.event("contact.deletion", ann)
    assert postman.hubspot(lies, gone).status_code == 200
    assert postman.quickbooks(postman.notice("Customer", customer(town)["Id"], "Delete")).status_code == 200
    work()
    assert town.portrait() == before
    assert town.written() == []


def test_events_of_accounts_nobody_connected_and_of_records_nobody_knows_change_nothing(town: Town, sync: ObjectSync, postman: Postman) -> None:
    assert postman.hubspot(postman.event("contact.creation", "5", portal=999)).status_code == 200
    assert postman.quickbooks(postman.notice("Customer", "1", realm="4444")).status_code == 200
    assert InboxEvent.objects.count() == 0
    assert postman.hubspot(postman.event("contact.creation", "987654321")).status_code == 200
    work()
    assert town.written() == []
    assert SyncRecord.objects.count() == 1


def test_the_same_delivery_a_hundred_times_wakes_once_and_writes_once(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    town.edit_contact(ann, phone="555 0199")
    event = postman.event("contact.propertyChange", ann)
    for attempt in range(50):
        assert postman.hubspot({**event, "attemptNumber": attempt}).status_code == 200
    work()
    for attempt in range(50):
        assert postman.hubspot({**event, "attemptNumber": attempt}).status_code == 200
    work()
    assert SyncRun.objects.filter(trigger=SyncRun.Trigger.WEBHOOK).count() == 1
    assert len(town.written()) == 1


def test_our_own_writes_that_come_back_wake_nobody(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    town.edit_contact(ann, phone="555 0199")
    town.run(sync)
    stored = customer(town)["MetaData"]["LastUpdatedTime"]
    notice = postman.notice("Customer", customer(town)["Id"], lastUpdated=stored)
    assert postman.quickbooks(notice).status_code == 200
    runs = SyncRun.objects.count()
    work()
    assert SyncRun.objects.count() == runs
    assert InboxEvent.objects.get().done_at is not None


def test_events_out_of_order_late_and_twice_end_where_none_would_have(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    """I24: the feed alone leads to the same place."""
    events = []
    for number in range(6):
        town.edit_contact(ann, phone=f"555 010{number}")
        events.append(postman.event("contact.propertyChange", ann))
    town.archive(ann)
    town.restore(ann)
    events += [postman.event("contact.deletion", ann), postman.event("contact.restore", ann)]
    for event in [*reversed(events), *events[::2]]:
        postman.hubspot(event)
        work()
    told = town.portrait()
    town.settled(sync)
    assert town.portrait() == told
    assert customer(town)["PrimaryPhone"]["FreeFormNumber"] == "555 0105"


def test_a_change_that_no_webhook_told_is_found_by_the_schedule(town: Town, sync: ObjectSync, ann: str) -> None:
    town.edit_contact(ann, phone="555 0177")
    town.run(sync)
    assert customer(town)["PrimaryPhone"]["FreeFormNumber"] == "555 0177"


# Merged, gone, restored, forgotten


def test_a_merge_that_a_webhook_names_moves_the_link_to_the_new_record(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    other = town.contact(email="ann.lee@example.com", firstname="Ann", lastname="Lee")
    merged = str(merge(town.hubspot, town.hubspot.tables["contacts"], ann, other)["id"])
    postman.hubspot(postman.event("contact.merge", ann, primaryObjectId=int(ann), mergedObjectIds=[int(other)], newObjectId=int(merged)))
    work()
    record = SyncRecord.objects.get(right_id=customer(town)["Id"])
    assert record.left_id == merged
    assert len(town.customers()) == 1


def test_an_archived_contact_and_its_restoring_are_followed(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    town.archive(ann)
    postman.hubspot(postman.event("contact.deletion", ann))
    work()
    assert not SyncRecord.objects.get().left_stands
    town.restore(ann)
    postman.hubspot(postman.event("contact.restore", ann))
    work()
    assert SyncRecord.objects.get().left_stands
    assert len(town.customers()) == 1


def test_a_person_who_is_forgotten_in_hubspot_is_forgotten_here_and_stays_in_the_books(
    town: Town, sync: ObjectSync, ann: str, postman: Postman
) -> None:
    town.edit_contact(ann, phone="555 0142")
    town.settled(sync)
    town.look()
    town.archive(ann)
    postman.hubspot(postman.event("contact.deletion", ann), postman.event("contact.privacyDeletion", ann))
    record = SyncRecord.objects.get()
    assert record.left_seen["values"] == {}
    assert record.left_base == record.right_base == {}
    assert not [event for event in RecordEvent.objects.all() if "555" in str(event.changes) or event.words]
    work()
    town.run(sync)
    town.run(sync, full=True)
    assert town.written() == []
    assert customer(town)["Active"] is True
    record.refresh_from_db()
    assert record.state == SyncRecord.State.EXCLUDED
    assert record.left_seen["values"] == {}


def test_one_who_stood_in_hubspot_only_is_forgotten_without_a_trace(town: Town, postman: Postman) -> None:
    nobody = town.contact(firstname="Nora")
    town.run(town.set_up())
    assert SyncRecord.objects.count() == 1
    town.archive(nobody)
    postman.hubspot(postman.event("contact.privacyDeletion", nobody))
    assert SyncRecord.objects.count() == 0


# Wrong deliveries


@pytest.mark.parametrize("provider", ["hubspot", "quickbooks"])
def test_a_wrong_signature_is_refused_with_401_and_an_empty_body_and_counted(town: Town, sync: ObjectSync, postman: Postman, provider: str) -> None:
    answer = postman.deliver(provider, b"[]", secret="another secret")
    assert (answer.status_code, answer.content) == (401, b"")
    assert (door(provider).refused, door(provider).accepted) == (1, 0)
    assert InboxEvent.objects.count() == 0


def test_an_old_delivery_of_hubspot_is_refused(town: Town, postman: Postman) -> None:
    old = str(round((time.time() - 301) * 1000))
    assert postman.hubspot(**{"X-HubSpot-Request-Timestamp": old}).status_code == 401


def test_the_signed_address_is_the_configured_one_whatever_the_request_says(town: Town, postman: Postman, settings: Any) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert postman.hubspot(**forged).status_code == 200
    body = b"[]"
    signed = postman.headers("hubspot", body, SECRETS["hubspot"])
    settings.SITE_URL = "https://elsewhere.example"
    answer = postman.browser.post("/webhooks/hubspot/", body, content_type="application/json", headers=signed)
    assert answer.status_code == 401


def test_both_secrets_are_accepted_while_one_is_exchanged_and_then_the_new_one_only(town: Town, postman: Postman, settings: Any) -> None:
    settings.WEBHOOK_SECRETS = {"hubspot": ["new", "old"], "quickbooks": ["new", "old"]}
    for provider in ("hubspot", "quickbooks"):
        body = b"[]"
        assert postman.deliver(provider, body, secret="old").status_code == 200
        assert postman.deliver(provider, body, secret="new").status_code == 200
    settings.WEBHOOK_SECRETS = {"hubspot": ["new"], "quickbooks": ["new"]}
    for provider in ("hubspot", "quickbooks"):
        assert postman.deliver(provider, b"[]", secret="old").status_code == 401


def test_without_a_secret_the_provider_is_asked_to_come_again(town: Town, postman: Postman, settings: Any) -> None:
    settings.PROVIDERS = "custom"
    settings.WEBHOOK_SECRETS = {"hubspot": [""], "quickbooks": []}
    assert postman.deliver("quickbooks", b"[]").status_code == 503
    assert postman.deliver("hubspot", b"[]").status_code == 503


def test_many_wrong_signatures_in_a_row_alarm_whoever_may_connect_once(town: Town, postman: Postman, admin: Any, viewer: Any) -> None:
    for _ in range(25):
        postman.deliver("quickbooks", b"[]", secret="wrong")
    assert [n.user_id for n in Notification.objects.filter(kind="webhooks_refused")] == [admin.pk]
    assert door("quickbooks").refused == 25
    postman.deliver("quickbooks", b"[]")
    assert door("quickbooks").refused_since == 0


@pytest.mark.parametrize("body", [b"{", b"null", b"[1]", b'{"eventNotifications": 5}'])
@pytest.mark.parametrize("provider", ["hubspot", "quickbooks"])
def test_a_signed_body_without_the_documented_shape_is_refused(town: Town, postman: Postman, provider: str, body: bytes) -> None:
    answer = postman.deliver(provider, body)
    assert (answer.status_code, answer.content) == (400, b"")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(town: Town, postman: Postman) -> None:
    assert postman.deliver("quickbooks", b" " * 1_600_000).status_code == 413


def test_the_two_addresses_take_posts_of_the_two_providers_only_and_need_no_sign_in_or_csrf_token(town: Town) -> None:
    stranger = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert stranger.get("/webhooks/hubspot/").status_code == 405
    assert stranger.post("/webhooks/stripe/", b"", content_type="application/json").status_code == 404
    assert stranger.post("/webhooks/hubspot/", b"", content_type="application/json").status_code == 401


def test_over_https_a_plain_request_is_refused_and_not_sent_on(town: Town, postman: Postman, settings: Any) -> None:
    settings.HTTPS = True
    assert postman.quickbooks({"eventNotifications": []}).status_code == 403


def test_when_nothing_can_be_stored_or_queued_the_provider_hears_it_and_comes_again(
    town: Town, sync: ObjectSync, ann: str, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no queue")

    town.edit_contact(ann, phone="555 0199")
    event = postman.event("contact.propertyChange", ann)
    with monkeypatch.context() as patch:
        patch.setattr("syncconfig.tasks.async_task", broken)
        assert postman.hubspot(event).status_code == 500
    assert postman.hubspot(event).status_code == 200
    work()
    assert customer(town)["PrimaryPhone"]["FreeFormNumber"] == "555 0199"


def test_a_burst_of_a_thousand_is_answered_in_time_and_read_once(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    town.edit_contact(ann, phone="555 0199")
    slowest = 0.0
    for _ in range(10):
        events = [postman.event("contact.propertyChange", ann) for _ in range(100)]
        started = time.monotonic()
        assert postman.hubspot(*events).status_code == 200
        slowest = max(slowest, time.monotonic() - started)
    work()
    assert slowest < 3
    assert len([e for e in town.asked("hubspot") if e.path.endswith("/batch/read")]) <= 3
    assert len(town.written()) == 1


# Keeping


def test_paused_syncs_keep_their_events_and_look_when_they_go_on(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    ObjectSync.objects.filter(pk=sync.pk).update(status=ObjectSync.Status.PAUSED)
    town.edit_contact(ann, phone="555 0199")
    postman.hubspot(postman.event("contact.propertyChange", ann))
    assert not SyncRun.objects.filter(state=SyncRun.State.QUEUED).exists()
    assert InboxEvent.objects.filter(done_at=None).count() == 1
    ObjectSync.objects.filter(pk=sync.pk).update(status=ObjectSync.Status.ON)
    town.run(sync)
    assert InboxEvent.objects.filter(done_at=None).count() == 0


def test_events_are_remembered_for_a_week_and_then_forgotten(town: Town, sync: ObjectSync, ann: str, postman: Postman) -> None:
    postman.hubspot(postman.event("contact.propertyChange", ann))
    assert inbox.prune(timezone.now() + timedelta(days=7)) == 0
    assert inbox.prune(timezone.now() + timedelta(days=9)) == 1
