from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from syncconfig.models import ObjectSync, RecordEvent, SyncRecord, SyncRun
from syncconfig.tests.rows import make_connection, make_record, make_sync

pytestmark = pytest.mark.django_db
Assert = Callable[..., Any]


def text(answer: Any) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return " ".join(answer.content.decode().split())


@pytest.fixture
def sync() -> ObjectSync:
    return make_sync()


@pytest.fixture
def operator_browser(viewer: User) -> Client:
    viewer.user_permissions.add(Permission.objects.get(codename="operate"))
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(viewer)
    return browser


# ---- the list --------------------------------------------------------------------------------------------------------------


def test_an_empty_list_says_so(viewer_browser: Client) -> None:
    assert "No records yet" in text(viewer_browser.get("/records/"))


def test_every_record_has_a_row_with_links_to_both_sides(sync: ObjectSync, viewer_browser: Client) -> None:
    both = make_record(sync, "Amelia", left={"email": "a"}, right={"DisplayName": "A"}, state="in_sync")
    make_record(sync, "Larkspur", left={"email": ""}, state="excluded", reason="no_key", details={"side": "left", "field": "Email"})
    page = text(viewer_browser.get("/records/"))
    assert re.search(rf'href="http[^"]*/{sync.left.account_id}/[^"]*{both.left_id}"', page)
    assert re.search(rf'href="http[^"]*{both.right_id}"', page)
    assert page.count("opens in HubSpot") == 2
    assert page.count("opens in QuickBooks") == 1
    assert "Email is empty in HubSpot" in page
    assert 'name="record"' not in page


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("state=failing", {"Fern"}),
        ("state=failing&state=excluded", {"Fern", "Larkspur"}),
        ("reason=no_key", {"Larkspur"}),
        ("q=amel", {"Amelia"}),
        ("q=office%40amelia", {"Amelia"}),
        ("q=77001", {"Fern"}),
        ("state=nonsense", {"Amelia", "Fern", "Larkspur"}),
        ("q=heron", set()),
    ],
)
def test_filters_of_the_address_narrow_the_list(sync: ObjectSync, viewer_browser: Client, query: str, titles: set[str]) -> None:
    make_record(sync, "Amelia", state="in_sync", left_key="office@amelia.example")
    make_record(sync, "Fern", state="failing", reason="VALUE_INVALID", left_id="77001")
    make_record(sync, "Larkspur", state="excluded", reason="no_key")
    page = text(viewer_browser.get(f"/records/?{query}"))
    assert {t for t in ("Amelia", "Fern", "Larkspur") if f">{t}</a>" in page} == titles
    assert (f"{len(titles)} record" in page) or not titles


def test_a_filter_can_be_taken_off_alone(sync: ObjectSync, viewer_browser: Client) -> None:
    make_record(sync, "Fern", state="failing", reason="VALUE_INVALID")
    page = text(viewer_browser.get("/records/?state=failing&q=fern&page=1"))
    assert 'href="?q=fern" class="t-icon-btn" aria-label="Remove filter: State"' in page
    assert 'href="?state=failing" class="t-icon-btn" aria-label="Remove filter: Search"' in page


def test_pages_of_25_50_or_100(sync: ObjectSync, viewer_browser: Client) -> None:
    for n in range(60):
        make_record(sync, f"Person {n:03}")
    first = text(viewer_browser.get("/records/"))
    assert "Person 024" in first
    assert "Person 025" not in first
    assert "Person 059" in text(viewer_browser.get("/records/?page=3"))
    assert "Person 049" in text(viewer_browser.get("/records/?size=50"))
    assert "Person 025" not in text(viewer_browser.get("/records/?size=1000000"))


def test_the_number_of_queries_does_not_grow_with_rows(sync: ObjectSync, viewer_browser: Client, django_assert_max_num_queries: Assert) -> None:
    def some(n: int) -> None:
        for _ in range(n):
            make_record(sync, left={"email": "a"}, right={"DisplayName": "A"}, state="failing", reason="VALUE_INVALID", details={"side": "right"})

    some(3)
    viewer_browser.get("/records/?size=100")
    with django_assert_max_num_queries(14) as few:
        viewer_browser.get("/records/?size=100")
    some(27)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert text(viewer_browser.get("/records/?size=100")).count("opens in HubSpot") == 30


def test_chosen_records_are_retried_and_only_by_those_who_may(sync: ObjectSync, viewer_browser: Client, admin_browser: Client) -> None:
    one, other = (make_record(sync, state="failing", reason="VALUE_INVALID") for _ in range(2))
    assert viewer_browser.post("/records/retry/", {"record": one.pk}).status_code == 403
    answer = admin_browser.post("/records/retry/", {"record": one.pk, "next": "/records/?state=failing"})
    assert answer.headers["Location"] == "/records/?state=failing"
    assert list(SyncRecord.objects.filter(asked=True)) == [one]
    assert SyncRun.objects.get().trigger == "manual"
    assert other.pk


def test_retry_goes_back_to_our_own_pages_only(sync: ObjectSync, admin_browser: Client) -> None:
    assert admin_browser.post("/records/retry/", {"next": "https://elsewhere.example/"}).headers["Location"] == "/records/"


def test_strangers_texts_are_shown_as_text(sync: ObjectSync, viewer_browser: Client) -> None:
    nasty = '"><script>alert(1)</script>'
    r = make_record(
        sync, nasty, left={"email": nasty}, state="failing", reason="VALUE_INVALID", details={"side": "right", "field": nasty, "value": nasty}
    )
    for url in ("/records/", f"/records/{r.pk}/", f"/syncs/?panel={sync.pk}:failing", "/records/?q=%22%3E%3Cscript%3Ealert(1)"):
        assert "<script>alert" not in text(viewer_browser.get(url))


# ---- one record --------------------------------------------------------------------------------------------------------------


def test_a_record_shows_both_sides_what_was_agreed_and_what_comes_next(sync: ObjectSync, viewer_browser: Client) -> None:
    base = {"phone>PrimaryPhone.FreeFormNumber": "014-2277"}
    r = make_record(
        sync,
        "Amelia",
        left={"phone": "014-2290", "city": "Bayview"},
        right={"PrimaryPhone.FreeFormNumber": "014-2277", "BillAddr.City": "Bayview"},
        left_base=base,
        right_base=base,
        state="pending",
        dirty=True,
    )
    ObjectSync.objects.filter(pk=sync.pk).update(keep_linked=True)
    page = text(viewer_browser.get(f"/records/{r.pk}/"))
    assert '<b class="t-name">014-2290</b>' in page
    assert "<del>014-2277</del>" in page
    assert "Will be written to QuickBooks" in page
    assert "Same on both sides" in page


def test_a_failing_record_says_why_what_to_do_and_the_providers_words(sync: ObjectSync, viewer_browser: Client) -> None:
    details = {"side": "right", "field": "WebAddr.URI", "code": "2200", "words": "URL invalid", "trace": "1-673"}
    r = make_record(sync, "Fern", left={"email": "f@f.example"}, state="failing", reason="VALUE_INVALID", details=details)
    page = text(viewer_browser.get(f"/records/{r.pk}/"))
    assert "QuickBooks does not accept the value of Website." in page
    assert "<summary>What QuickBooks said</summary><pre>2200 URL invalid 1-673</pre>" in page


def test_the_history_tells_old_and_new_and_who(sync: ObjectSync, admin: User, viewer_browser: Client) -> None:
    r = make_record(sync, "Amelia", left={"email": "a"}, right={"DisplayName": "A"})
    now = timezone.now()

    def event(kind: str, **values: Any) -> None:
        RecordEvent.objects.create(sync=sync, record_pk=r.pk, at=now, type=kind, **values)

    event("linked", details={"by": "hand"}, actor=admin)
    event("updated", side="left", changes=[["Phone number", "014", "015"], ["City", None, "Bayview"]], details={"lost": "Phone number"})
    event("failed", side="right", category="VALUE_INVALID", details={"field": "Phone"}, words="not a phone", trace="1-9")
    event("gone", category="counterpart_deleted", details={"side": "right"})
    RecordEvent.objects.create(sync=sync, record_pk=r.pk + 1, at=now, type="linked", words="of another record")
    page = text(viewer_browser.get(f"/records/{r.pk}/"))
    assert "by alice" in page
    assert "<b>Written to HubSpot</b>" in page
    assert "<del>014</del>" in page
    assert "<ins>Bayview</ins>" in page
    assert "Both sides had changed these: Phone number." in page
    assert "<b>Not written to QuickBooks</b>: Invalid value or format." in page
    assert "<pre>not a phone 1-9</pre>" in page
    assert "of another record" not in page
    assert page.index("Counterpart gone") < page.index("<b>Linked</b>")


def test_a_record_whose_settings_name_a_lost_field_still_opens(sync: ObjectSync, viewer_browser: Client) -> None:
    r = make_record(sync, "Amelia", left={"email": "a"})
    group = sync.filter_groups.first()
    assert group
    group.conditions.create(field="gone", operator="known")
    assert "name a field that is gone" in text(viewer_browser.get(f"/records/{r.pk}/"))


def test_one_record_is_retried(sync: ObjectSync, operator_browser: Client) -> None:
    r = make_record(sync, state="failing", reason="VALUE_INVALID", attempts=4)
    assert operator_browser.post(f"/records/{r.pk}/retry/").headers["Location"] == f"/records/{r.pk}/"
    r.refresh_from_db()
    assert r.asked


def test_a_viewer_may_look_but_not_retry_or_link(sync: ObjectSync, viewer_browser: Client) -> None:
    r = make_record(sync, left={"email": "a"})
    page = text(viewer_browser.get(f"/records/{r.pk}/"))
    assert "Retry now" not in page
    assert "/link/" not in page
    assert viewer_browser.post(f"/records/{r.pk}/retry/").status_code == 403
    assert viewer_browser.get(f"/records/{r.pk}/link/").status_code == 403
    assert Client(SERVER_NAME="localhost").get(f"/records/{r.pk}/").status_code == 302


# ---- linking -----------------------------------------------------------------------------------------------------------------


def test_linking_by_hand_offers_unlinked_records_of_the_other_side_and_confirms(sync: ObjectSync, operator_browser: Client) -> None:
    contact = make_record(sync, "Amelia", left={"email": "a@a.example"})
    customer = make_record(sync, "Aviary Inc", right={"DisplayName": "Aviary Inc", "Key": "1:12"})
    make_record(sync, "Taken", left={"email": "t"}, right={"DisplayName": "Taken"})
    make_record(sync, "Another contact", left={"email": "b@b.example"})
    page = text(operator_browser.get(f"/records/{contact.pk}/link/"))
    assert "Aviary Inc" in page
    assert "Taken" not in page
    assert "Another contact" not in page
    assert "Link Amelia with Aviary Inc?" in text(operator_browser.get(f"/records/{contact.pk}/link/?with={customer.pk}"))
    assert not RecordEvent.objects.exists()
    answer = operator_browser.post(f"/records/{contact.pk}/link/", {"other": customer.pk})
    pair = SyncRecord.objects.get(left_id=contact.left_id)
    assert answer.headers["Location"] == f"/records/{pair.pk}/"
    assert pair.right_id == customer.right_id
    assert RecordEvent.objects.get().actor is not None


def test_a_link_is_refused_with_a_sentence(sync: ObjectSync, operator_browser: Client) -> None:
    contact, other = make_record(sync, left={"email": "a"}), make_record(sync, left={"email": "b"})
    customer = make_record(sync, right={"DisplayName": "A"})
    assert "Two records of the same side cannot be linked." in text(
        operator_browser.post(f"/records/{contact.pk}/link/", {"other": other.pk}, follow=True)
    )
    SyncRun.objects.create(sync=sync, left=sync.left, right=sync.right, trigger="schedule", state="running")
    answer = operator_browser.post(f"/records/{contact.pk}/link/", {"other": customer.pk}, follow=True)
    assert "A run is under way." in text(answer)
    contact.refresh_from_db()
    assert contact.right_id is None


def test_a_record_of_another_sync_cannot_be_linked(sync: ObjectSync, operator_browser: Client) -> None:
    contact = make_record(sync, left={"email": "a"})
    elsewhere = make_record(make_sync(right=make_connection("quickbooks")), right={"DisplayName": "A"})
    for other in (elsewhere.pk, "x", ""):
        assert operator_browser.post(f"/records/{contact.pk}/link/", {"other": other}).status_code == 404


def test_a_half_that_fails_promises_no_creation_and_names_the_candidates(sync: ObjectSync, viewer_browser: Client) -> None:
    details = {"value": "k@k.example", "k": "2", "list": "Keller (right:26)\nKeller Holdings (right:27)", "side": "right"}
    r = make_record(sync, "Keller", right={"DisplayName": "Keller", "GivenName": "Adam"}, state="failing", reason="SEVERAL_MATCHES", details=details)
    page = text(viewer_browser.get(f"/records/{r.pk}/"))
    assert "created in HubSpot" not in page
    assert "<li>Keller Holdings (QuickBooks 27)</li>" in page
    shown = {"DisplayName": "Fern", "PrimaryEmailAddr.Address": "f@f.example", "Key": "1:9"}
    new = make_record(sync, "Fern", right=shown, dirty=True)
    assert "Will be linked or created in HubSpot" in text(viewer_browser.get(f"/records/{new.pk}/"))


# ---- the support desk ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["connection", "objectsync", "syncrun", "syncrecord", "recordevent"])
def test_the_support_desk_lists_without_changing_and_shows_no_secret(
    sync: ObjectSync, admin_browser: Client, model: str, django_assert_max_num_queries: Assert
) -> None:
    sync.left.credentials = "SECRET-CIPHERTEXT"
    sync.left.save()
    for _ in range(20):
        r = make_record(sync, state="failing", reason="VALUE_INVALID")
        RecordEvent.objects.create(sync=sync, record_pk=r.pk, at=timezone.now(), type="failed")
    with django_assert_max_num_queries(16):
        page = text(admin_browser.get(f"/admin/syncconfig/{model}/"))
    assert "SECRET-CIPHERTEXT" not in page
    assert admin_browser.get(f"/admin/syncconfig/{model}/add/").status_code == 403


def test_the_support_desks_page_of_a_connection_holds_no_credentials(sync: ObjectSync, admin_browser: Client) -> None:
    sync.left.credentials = "SECRET-CIPHERTEXT"
    sync.left.save()
    page = text(admin_browser.get(f"/admin/syncconfig/connection/{sync.left.pk}/change/"))
    assert sync.left.account_id in page
    assert "SECRET-CIPHERTEXT" not in page
    assert admin_browser.post(f"/admin/syncconfig/connection/{sync.left.pk}/delete/", {"post": "yes"}).status_code == 403
