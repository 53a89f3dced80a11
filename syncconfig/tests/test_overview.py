from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from syncconfig.models import Connection, ObjectSync, SyncRecord, SyncRun
from syncconfig.sync_status import SyncState, percent, states_of, status_of
from syncconfig.tables import reason_counts, record_list
from syncconfig.tests.rows import make_connection, make_record, make_sync

pytestmark = pytest.mark.django_db
Assert = Callable[..., Any]


def text(answer: Any) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return " ".join(answer.content.decode().split())


def make_run(sync: ObjectSync, state: str = "succeeded", **values: Any) -> SyncRun:
    ended = None if state in ("queued", "running") else timezone.now()
    values = {"trigger": "schedule", "ended_at": ended, **values}
    return SyncRun.objects.create(sync=sync, left=sync.left, right=sync.right, state=state, **values)


@pytest.fixture
def operator_browser(viewer: User) -> Client:
    """Support staff: may sync, retry and link, may not configure."""
    viewer.user_permissions.add(Permission.objects.get(codename="operate"))
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(viewer)
    return browser


# ---- empty states ------------------------------------------------------------------------------------------------------


def test_without_a_connection_the_page_offers_to_connect(admin_browser: Client) -> None:
    assert "No connection yet" in text(admin_browser.get("/syncs/"))


def test_with_one_side_missing_the_page_names_it(admin_browser: Client) -> None:
    make_connection("hubspot")
    page = text(admin_browser.get("/syncs/"))
    assert "QuickBooks Online is not connected yet" in page
    assert "/apps/connect/quickbooks/" in page


def test_with_both_sides_the_page_offers_to_set_up(admin_browser: Client, viewer_browser: Client) -> None:
    make_connection("hubspot")
    make_connection("quickbooks")
    assert "Set up your sync" in text(admin_browser.get("/syncs/"))
    assert "You may see, not change" in text(viewer_browser.get("/syncs/"))


# ---- the object view ---------------------------------------------------------------------------------------------------


def test_counts_are_links_to_exactly_the_records_they_count(viewer_browser: Client) -> None:
    sync = make_sync()
    for state, n in (("in_sync", 2), ("failing", 1), ("excluded", 3)):
        for _ in range(n):
            make_record(sync, state=state, reason={"failing": "VALUE_INVALID", "excluded": "filter"}.get(state, ""))
    page = text(viewer_browser.get("/syncs/"))
    assert "<h1>Cedar &amp; Slate Landscaping</h1>" in page
    assert f'href="/syncs/?panel={sync.pk}:failing" aria-label="1 failing, Contact sync">1</a>' in page
    assert f'href="/syncs/?panel={sync.pk}:excluded" aria-label="3 excluded, Contact sync">3</a>' in page
    assert '<span class="t-count t-zero">0</span>' in page
    assert SyncRecord.objects.by_state([sync.pk]) == {sync.pk: {"pending": 0, "in_sync": 2, "failing": 1, "excluded": 3}}
    assert record_list([sync], states=["excluded"]).count() == 3


def test_several_pairs_stand_under_their_own_headings(viewer_browser: Client) -> None:
    make_sync()
    make_sync(right=make_connection("quickbooks", "Second Company"))
    page = text(viewer_browser.get("/syncs/"))
    assert "<h1>Sync overview</h1>" in page
    assert "Second Company" in page


def test_a_viewer_sees_no_control_and_an_admin_all(viewer_browser: Client, admin_browser: Client) -> None:
    sync = make_sync()
    page = text(viewer_browser.get("/syncs/"))
    assert "Sync now" not in page
    assert "/configure/" not in page
    page = text(admin_browser.get("/syncs/"))
    assert f"/syncs/{sync.pk}/turn-off/" in page
    assert f"/syncs/{sync.pk}/run/" in page


def test_an_operator_may_run_but_not_configure(operator_browser: Client) -> None:
    sync = make_sync()
    page = text(operator_browser.get("/syncs/"))
    assert f"/syncs/{sync.pk}/run/" in page
    assert "turn-off" not in page
    assert operator_browser.post(f"/syncs/{sync.pk}/run/").status_code == 302
    assert operator_browser.post(f"/syncs/{sync.pk}/turn-off/").status_code == 403
    assert operator_browser.post(f"/syncs/{sync.pk}/delete/").status_code == 403


@pytest.mark.parametrize("action", ["run", "run-anyway", "turn-off", "delete"])
def test_a_viewer_may_do_nothing_and_a_stranger_sees_nothing(viewer_browser: Client, action: str) -> None:
    sync = make_sync()
    assert viewer_browser.post(f"/syncs/{sync.pk}/{action}/").status_code == 403
    assert Client(SERVER_NAME="localhost").post(f"/syncs/{sync.pk}/{action}/").headers["Location"].startswith("/accounts/login/")
    sync.refresh_from_db()
    assert sync.status == "on"


def test_the_number_of_queries_does_not_grow_with_syncs_runs_and_records(viewer_browser: Client, django_assert_max_num_queries: Assert) -> None:
    first = make_sync()
    make_record(first)
    make_run(first)
    viewer_browser.get("/syncs/")
    with django_assert_max_num_queries(12) as few:
        viewer_browser.get("/syncs/")
    for _ in range(4):
        sync = make_sync()
        for n in range(10):
            make_record(sync, state="failing", reason="VALUE_INVALID")
            make_run(sync, "failed" if n % 2 else "succeeded")
    with django_assert_max_num_queries(len(few.captured_queries)):
        viewer_browser.get("/syncs/")


def test_a_page_that_polls_gets_the_part_alone(viewer_browser: Client) -> None:
    make_sync()
    part = text(viewer_browser.get("/syncs/", headers={"HX-Request": "true"}))
    assert part.startswith('<div id="live"')
    assert "<html" not in part


# ---- status ------------------------------------------------------------------------------------------------------------


def status(sync: ObjectSync) -> str:
    sync.refresh_from_db()
    return status_of(sync, states_of([sync])[sync.pk]).text


def test_the_chip_says_what_a_sync_is_doing() -> None:
    sync = make_sync("draft")
    assert status(sync) == "Draft"
    ObjectSync.objects.filter(pk=sync.pk).update(status="on")
    assert status(sync) == "Waiting to start"
    run = make_run(sync, "running", trigger="first", progress={"phase": "write", "done": 5, "total": 10})
    assert status(sync) == "First sync, 80 %"
    SyncRun.objects.filter(pk=run.pk).update(state="partial", ended_at=timezone.now())
    assert status(sync) == "Up to date"
    live = make_run(sync, "queued")
    assert status(sync) == "Syncing"
    live.delete()
    make_run(sync, "failed", error="RATE_LIMIT", error_details={"provider": "quickbooks"})
    assert status(sync) == "Slowed by rate limit"
    make_run(sync, "failed", error="SERVICE_UNAVAILABLE", error_details={"provider": "quickbooks"})
    assert status(sync) == "Service not available"
    ObjectSync.objects.filter(pk=sync.pk).update(status="paused", pause_reason="failures", pause_details={"count": 30, "total": 90})
    assert status(sync) == "Paused"
    Connection.objects.filter(pk=sync.right_id).update(status="reconnect_needed")
    assert status(ObjectSync.objects.get(pk=sync.pk)) == "Reconnect needed"
    ObjectSync.objects.filter(pk=sync.pk).update(status="off")
    assert status(sync) == "Off"


def test_previews_are_no_runs_of_the_sync() -> None:
    sync = make_sync()
    make_run(sync, trigger="preview")
    assert states_of([sync])[sync.pk] == SyncState()


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        ({}, 0),
        ({"phase": "read_left", "done": 50, "total": 100}, 15),
        ({"phase": "read_right", "done": 5, "total": None}, 30),
        ({"phase": "write", "done": 200, "total": 100}, 100),
    ],
)
def test_progress_is_a_percentage(progress: dict[str, Any], shown: int) -> None:
    assert percent(SyncRun(progress=progress)) == shown


def test_a_first_sync_shows_its_four_phases_with_numbers(viewer_browser: Client) -> None:
    sync = make_sync()
    make_record(sync, left={"email": "a@a.example"}, right={"DisplayName": "A"}, state="in_sync")
    make_record(sync, right={"DisplayName": "B"}, state="failing", reason="VALUE_INVALID")
    make_run(sync, "running", trigger="first", started_at=timezone.now(), progress={"phase": "write", "done": 1, "total": 2})
    page = text(viewer_browser.get("/syncs/"))
    for words in ("1 contact<", "2 customers", "1 linked, 0 excluded", "1 in sync, 1 failing", "80 %", 'hx-trigger="every 1s"'):
        assert words in page


# ---- the panel -----------------------------------------------------------------------------------------------------------


def test_the_panel_groups_by_cause_with_why_and_what_to_do(admin_browser: Client) -> None:
    sync = make_sync()
    for n in range(7):
        make_record(sync, f"Long {n}", state="failing", reason="VALUE_TOO_LONG", details={"field": "Phone", "max": "30", "n": "41", "side": "right"})
    named = {"name": "Fern", "holder": "Fern Hollow", "namespace": "Vendor", "side": "right"}
    make_record(sync, "Fern", left={"email": "f@f.example"}, state="failing", reason="DISPLAY_NAME_IN_USE", details=named)
    page = text(admin_browser.get(f"/syncs/?panel={sync.pk}:failing"))
    assert "Contact sync: 8 failing" in page
    assert "2 causes." in page
    assert "is used by the vendor Fern Hollow." in page
    assert page.index("Text too long") < page.index("Display name already taken")
    assert "Show 2 more" in page
    assert "Retry all 8" in page


def test_the_panel_finds_by_name_and_opens_for_no_wrong_address(viewer_browser: Client) -> None:
    sync = make_sync()
    make_record(sync, "Heron", state="failing", reason="VALUE_INVALID")
    make_record(sync, "Otter", state="failing", reason="VALUE_INVALID")
    page = text(viewer_browser.get(f"/syncs/?panel={sync.pk}:failing&q=heron"))
    assert "Heron" in page
    assert "Otter" not in page
    for wrong in ("999:failing", f"{sync.pk}:nonsense", "x", f"{sync.pk}"):
        assert 'id="panel"' not in text(viewer_browser.get(f"/syncs/?panel={wrong}"))


def test_retry_of_a_cause_wakes_exactly_its_records(operator_browser: Client) -> None:
    sync = make_sync()
    one = make_record(sync, state="failing", reason="VALUE_INVALID", attempts=3)
    other = make_record(sync, state="failing", reason="VALUE_TOO_LONG", attempts=3)
    form = {"all": "1", "sync": sync.pk, "state": "failing", "reason": "VALUE_INVALID", "next": "/syncs/"}
    assert operator_browser.post("/records/retry/", form).headers["Location"] == "/syncs/"
    assert list(SyncRecord.objects.filter(asked=True)) == [one]
    other.refresh_from_db()
    assert other.attempts == 3
    assert SyncRun.objects.filter(sync=sync, trigger="manual").count() == 1


# ---- actions -------------------------------------------------------------------------------------------------------------


def test_a_paused_sync_says_its_numbers_and_runs_once_when_told(operator_browser: Client) -> None:
    sync = make_sync("paused", pause_reason="gone", pause_details={"count": 48, "total": 900})
    page = text(operator_browser.get("/syncs/"))
    assert "48 of 900 linked records no longer stand on one side." in page
    assert "Run anyway, once" in page
    operator_browser.post(f"/syncs/{sync.pk}/run-anyway/")
    sync.refresh_from_db()
    assert (sync.status, sync.pause_reason) == ("on", "")
    assert SyncRun.objects.get(sync=sync).unguarded


def test_a_sync_that_did_not_stop_by_itself_is_not_run_unguarded(operator_browser: Client) -> None:
    sync = make_sync("off")
    operator_browser.post(f"/syncs/{sync.pk}/run-anyway/")
    operator_browser.post(f"/syncs/{sync.pk}/run/")
    sync.refresh_from_db()
    assert sync.status == "off"
    assert not SyncRun.objects.exists()


def test_turning_off_asks_first_and_keeps_everything(admin_browser: Client) -> None:
    sync = make_sync()
    make_record(sync)
    assert "Turn off the Contact sync" in text(admin_browser.get(f"/syncs/{sync.pk}/turn-off/"))
    sync.refresh_from_db()
    assert sync.status == "on"
    admin_browser.post(f"/syncs/{sync.pk}/turn-off/")
    sync.refresh_from_db()
    assert (sync.status, sync.records.count()) == ("off", 1)
    assert "Turn on" in text(admin_browser.get("/syncs/"))


def test_deleting_asks_first_names_the_links_and_spares_other_syncs(admin_browser: Client) -> None:
    sync, other = make_sync(), make_sync()
    make_record(sync, left={"email": "a"}, right={"DisplayName": "A"})
    page = text(admin_browser.get(f"/syncs/{sync.pk}/delete/"))
    assert "1 link are deleted for good" in page
    assert "No record is deleted in HubSpot or QuickBooks" in page
    admin_browser.post(f"/syncs/{sync.pk}/delete/")
    assert list(ObjectSync.objects.all()) == [other]


def test_a_sync_at_work_is_not_deleted(admin_browser: Client) -> None:
    sync = make_sync()
    make_run(sync, "running")
    assert "is at work" in text(admin_browser.post(f"/syncs/{sync.pk}/delete/", follow=True))
    assert ObjectSync.objects.filter(pk=sync.pk).exists()


def test_groups_of_reasons_come_largest_first() -> None:
    sync = make_sync()
    make_record(sync, state="excluded", reason="no_key")
    for _ in range(2):
        make_record(sync, state="excluded", reason="filter")
    assert [(c.reason, c.count) for c in reason_counts(record_list([sync]))] == [("filter", 2), ("no_key", 1)]
