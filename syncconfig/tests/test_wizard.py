from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from syncconfig import run_queue, runner
from syncconfig.models import Connection, FieldList, ObjectSync, SyncRun
from syncconfig.tests.rows import make_connection, make_record, make_sync
from syncconfig.tests.system import System

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return " ".join(answer.content.decode().split())


def preview(sync: ObjectSync) -> SyncRun:
    """Do what the worker does with the preview that a page asked for."""
    asked = SyncRun.objects.filter(sync=sync, trigger="preview").latest("pk")
    claimed = run_queue.claim(asked.pk, timezone.now())
    assert claimed
    return runner.execute(claimed)


@pytest.fixture
def system(sandboxes: Any, admin: User) -> System:
    return System(sandboxes, admin)


@pytest.fixture
def draft(db: None) -> ObjectSync:
    return make_sync("draft")


def configure_form(sync: ObjectSync, **changes: Any) -> dict[str, Any]:
    """The configure page as it would be posted unchanged."""
    mappings = list(sync.mappings.all())
    form = {"winner": sync.winner, "match_by": "default", "key_needed": "on", "shown": [m.pk for m in mappings]}
    return {**form, "on": [m.pk for m in mappings if m.enabled], **changes}


# ---- the whole way -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_person_sets_up_a_contact_sync_from_choose_to_save(system: System, admin_browser: Client) -> None:
    assert "Choose the data you want to sync" in text(admin_browser.get("/syncs/new/"))
    form = {"left": system.left.pk, "right": system.right.pk, "kind": "contact", "direction": "both"}
    answer = admin_browser.post("/syncs/new/", form)
    sync = ObjectSync.objects.get()
    assert answer.headers["Location"] == f"/syncs/{sync.pk}/configure/"

    answer = admin_browser.post(f"/syncs/{sync.pk}/configure/", configure_form(sync))
    assert answer.headers["Location"] == f"/syncs/{sync.pk}/limit/"
    limit = text(admin_browser.get(f"/syncs/{sync.pk}/limit/"))
    assert "All customers in QuickBooks" in limit
    assert "<b>Invoice: status</b>" in limit
    assert "Read both sides" in limit

    assert admin_browser.post(f"/syncs/{sync.pk}/limit/").headers["Location"] == f"/syncs/{sync.pk}/review/"
    assert "Waiting for a free worker" in text(admin_browser.get(f"/syncs/{sync.pk}/review/"))
    assert preview(sync).state == "succeeded"

    review = text(admin_browser.get(f"/syncs/{sync.pk}/review/"))
    assert "Sample of changes" in review
    assert "Contact and Customer, both ways" in review
    answer = admin_browser.post(f"/syncs/{sync.pk}/save/")
    sync.refresh_from_db()
    assert (answer.headers["Location"], sync.status) == ("/syncs/", "on")
    assert SyncRun.objects.filter(sync=sync, trigger="first", state="queued").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_limit_page_counts_what_was_read(system: System, admin_browser: Client) -> None:
    admin_browser.post("/syncs/new/", {"left": system.left.pk, "right": system.right.pk, "kind": "contact", "direction": "both"})
    sync = ObjectSync.objects.get()
    admin_browser.post(f"/syncs/{sync.pk}/configure/", configure_form(sync))
    admin_browser.post(f"/syncs/{sync.pk}/limit/", {"do": "read"})
    assert "Both sides are being read" in text(admin_browser.get(f"/syncs/{sync.pk}/limit/"))
    preview(sync)
    page = text(admin_browser.get(f"/syncs/{sync.pk}/limit/?sample=to_left"))
    standing = sync.records.filter(right_stands=True).count()
    assert f"<b>{standing}</b> of {standing} match" in page
    assert len(re.findall(r'<li><a href="/records/\d+/"', page)) == min(20, standing)


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_refuses_becomes_one_sentence(system: System, admin_browser: Client) -> None:
    Connection.objects.filter(pk=system.left.pk).update(credentials="")
    form = {"left": system.left.pk, "right": system.right.pk, "kind": "contact", "direction": "both"}
    page = text(admin_browser.post("/syncs/new/", form))
    assert "HubSpot no longer accepts our access." in page
    assert not ObjectSync.objects.exists()


# ---- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["choose", "configure", "limit", "review", "limit/to_left", "mappings/new"])
def test_a_viewer_may_not_open_the_wizard_and_a_stranger_is_sent_to_the_login(draft: ObjectSync, viewer_browser: Client, step: str) -> None:
    assert viewer_browser.get(f"/syncs/{draft.pk}/{step}/").status_code == 403
    stranger = Client(SERVER_NAME="localhost").get(f"/syncs/{draft.pk}/{step}/")
    assert stranger.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("action", ["save", "discard", "review/again"])
def test_a_viewer_may_not_save_or_discard(draft: ObjectSync, viewer_browser: Client, action: str) -> None:
    assert viewer_browser.post(f"/syncs/{draft.pk}/{action}/").status_code == 403
    assert ObjectSync.objects.filter(pk=draft.pk).exists()


def test_own_mappings_need_their_permission(draft: ObjectSync, viewer: User) -> None:
    viewer.user_permissions.add(Permission.objects.get(codename="configure"))
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(viewer)
    assert "Adding mappings needs the permission" in text(browser.get(f"/syncs/{draft.pk}/configure/"))
    assert browser.get(f"/syncs/{draft.pk}/mappings/new/").status_code == 403
    assert browser.post(f"/syncs/{draft.pk}/mappings/new/", {"left": "jobtitle", "right": "Suffix", "direction": "both"}).status_code == 403


# ---- steps -----------------------------------------------------------------------------------------------------------


def test_a_step_whose_precondition_is_missing_leads_to_the_missing_one(admin_browser: Client) -> None:
    draft = make_sync("draft")
    ObjectSync.objects.filter(pk=draft.pk).update(step="configure")
    answer = admin_browser.get(f"/syncs/{draft.pk}/review/", follow=True)
    assert answer.redirect_chain == [(f"/syncs/{draft.pk}/configure/", 302)]
    assert "Finish the step “Configure” first." in text(answer)


def test_without_field_lists_the_choose_step_is_the_missing_one(draft: ObjectSync, admin_browser: Client) -> None:
    FieldList.objects.all().delete()
    assert admin_browser.get(f"/syncs/{draft.pk}/configure/").headers["Location"] == f"/syncs/{draft.pk}/choose/"


def test_one_way_presets_and_locks_the_conflict_rule(draft: ObjectSync, admin_browser: Client) -> None:
    admin_browser.post(f"/syncs/{draft.pk}/choose/", {"direction": "to_right"})
    draft.refresh_from_db()
    assert (draft.direction, draft.winner) == ("to_right", "left")
    assert "In a one-way sync the sending side wins." in text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))
    admin_browser.post(f"/syncs/{draft.pk}/configure/", configure_form(draft, winner="right"))
    draft.refresh_from_db()
    assert draft.winner == "left"


def test_accounts_are_asked_for_only_where_there_are_several(admin_browser: Client) -> None:
    make_connection("hubspot", "One")
    make_connection("quickbooks", "Two")
    assert '<select name="left"' not in text(admin_browser.get("/syncs/new/"))
    make_connection("quickbooks", "Three")
    page = text(admin_browser.get("/syncs/new/"))
    assert '<select name="left"' in page
    assert "Three" in page


def test_a_pair_that_syncs_already_cannot_be_chosen_again(admin_browser: Client) -> None:
    sync = make_sync("on")
    assert "(already synced)" in text(admin_browser.get("/syncs/new/"))
    form = {"left": sync.left.pk, "right": sync.right.pk, "kind": "contact", "direction": "both"}
    assert "already have a contact sync" in text(admin_browser.post("/syncs/new/", form))


# ---- configure -------------------------------------------------------------------------------------------------------


def test_switches_are_saved_and_the_required_one_stays_on(draft: ObjectSync, admin_browser: Client) -> None:
    shown = [m.pk for m in draft.mappings.all()]
    admin_browser.post(f"/syncs/{draft.pk}/configure/", configure_form(draft, on=[], shown=shown))
    assert [m.right_field for m in draft.mappings.filter(enabled=True)] == ["Key"]


def test_a_narrowed_list_saves_only_what_it_showed(draft: ObjectSync, admin_browser: Client) -> None:
    fax = draft.mappings.get(right_field="Fax.FreeFormNumber")
    admin_browser.post(f"/syncs/{draft.pk}/configure/", configure_form(draft, on=[fax.pk], shown=[fax.pk]))
    fax.refresh_from_db()
    assert fax.enabled
    assert draft.mappings.get(right_field="PrimaryEmailAddr.Address").enabled


def test_own_match_fields_have_to_be_comparable(draft: ObjectSync, admin_browser: Client) -> None:
    bad = configure_form(draft, match_by="fields", match_left="tandem_quickbooks_balance", match_right="Taxable")
    assert "cannot be compared" in text(admin_browser.post(f"/syncs/{draft.pk}/configure/", bad))
    missing = configure_form(draft, match_by="fields", match_left="email", match_right="")
    assert "Choose a field on each side" in text(admin_browser.post(f"/syncs/{draft.pk}/configure/", missing))
    good = configure_form(draft, match_by="fields", match_left="company", match_right="CompanyName")
    assert admin_browser.post(f"/syncs/{draft.pk}/configure/", good).status_code == 302
    draft.refresh_from_db()
    assert (draft.match_by, draft.match_left, draft.match_right) == ("fields", "company", "CompanyName")


def test_no_matching_has_to_be_confirmed_and_names_the_numbers(draft: ObjectSync, admin_browser: Client) -> None:
    make_record(draft, left={"email": "a@a.example"})
    make_record(draft, left={"email": "b@b.example"})
    make_record(draft, right={"DisplayName": "C"})
    page = text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))
    assert "up to 1 records in HubSpot and 2 in QuickBooks" in page
    assert "Confirm that records are created" in text(admin_browser.post(f"/syncs/{draft.pk}/configure/", configure_form(draft, match_by="none")))
    admin_browser.post(f"/syncs/{draft.pk}/configure/", configure_form(draft, match_by="none", confirm_none="on"))
    draft.refresh_from_db()
    assert draft.match_by == "none"


def test_an_own_mapping_is_added_edited_and_deleted(draft: ObjectSync, admin_browser: Client) -> None:
    page = text(admin_browser.get(f"/syncs/{draft.pk}/mappings/new/?left=jobtitle&direction=both"))
    assert '<option value="Balance" disabled>Balance: Job title cannot be written to Balance in QuickBooks.' in page
    admin_browser.post(f"/syncs/{draft.pk}/mappings/new/", {"left": "jobtitle", "right": "Suffix", "direction": "to_right", "if_empty": "on"})
    mapping = draft.mappings.get(right_field="Suffix")
    assert (mapping.left_field, mapping.direction, mapping.rule, mapping.predefined) == ("jobtitle", "to_right", "if_empty", False)
    changed = {"left": "jobtitle", "right": "MiddleName", "direction": "both", "ignore_blanks": "on"}
    admin_browser.post(f"/syncs/{draft.pk}/mappings/{mapping.pk}/", changed)
    mapping.refresh_from_db()
    assert (mapping.right_field, mapping.direction, mapping.rule, mapping.ignore_blanks) == ("MiddleName", "both", "always", True)
    admin_browser.post(f"/syncs/{draft.pk}/mappings/{mapping.pk}/delete/")
    assert not draft.mappings.filter(pk=mapping.pk).exists()


@pytest.mark.parametrize(
    ("left", "right", "sentence"),
    [
        ("jobtitle", "Balance", "Job title cannot be written to Balance in QuickBooks."),
        ("phone", "PrimaryPhone.FreeFormNumber", "Phone number and Phone are mapped already."),
        ("jobtitle", "GivenName", "Another mapped field writes the same field"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_the_reason(draft: ObjectSync, admin_browser: Client, left: str, right: str, sentence: str) -> None:
    answer = admin_browser.post(f"/syncs/{draft.pk}/mappings/new/", {"left": left, "right": right, "direction": "both"})
    assert sentence in text(answer)
    assert not draft.mappings.filter(predefined=False).exists()


def test_a_predefined_mapping_takes_rules_but_no_other_fields(draft: ObjectSync, admin_browser: Client) -> None:
    phone = draft.mappings.get(right_field="PrimaryPhone.FreeFormNumber")
    url = f"/syncs/{draft.pk}/mappings/{phone.pk}/"
    assert 'name="right"' not in text(admin_browser.get(url))
    admin_browser.post(url, {"if_empty": "on", "left": "jobtitle", "right": "Suffix"})
    phone.refresh_from_db()
    assert (phone.left_field, phone.right_field, phone.rule) == ("phone", "PrimaryPhone.FreeFormNumber", "if_empty")
    admin_browser.post(url, {})
    phone.refresh_from_db()
    assert phone.rule == "always"
    assert admin_browser.post(f"{url}delete/").status_code == 404


# ---- edit, discard, save -----------------------------------------------------------------------------------------------


def test_an_edit_changes_nothing_before_it_is_saved_and_can_be_discarded(admin_browser: Client) -> None:
    sync = make_sync("on")
    admin_browser.post(f"/syncs/{sync.pk}/choose/", {"direction": "to_left"})
    sync.refresh_from_db()
    assert sync.direction == "both"
    assert sync.edit.direction == "to_left"
    assert "Only to HubSpot".lower() in text(admin_browser.get(f"/syncs/{sync.pk}/review/")).lower()
    admin_browser.post(f"/syncs/{sync.pk}/discard/")
    assert not ObjectSync.objects.filter(draft_of=sync).exists()
    assert ObjectSync.objects.filter(pk=sync.pk).exists()


def test_a_draft_that_is_discarded_is_gone(draft: ObjectSync, admin_browser: Client) -> None:
    admin_browser.post(f"/syncs/{draft.pk}/discard/")
    assert not ObjectSync.objects.exists()


def test_the_review_of_an_edit_shows_what_it_changes(admin_browser: Client) -> None:
    sync = make_sync("on", decided_version=1)
    admin_browser.get(f"/syncs/{sync.pk}/configure/")
    edit = ObjectSync.objects.get(draft_of=sync)
    fax = edit.mappings.get(right_field="Fax.FreeFormNumber")
    admin_browser.post(f"/syncs/{sync.pk}/configure/", configure_form(edit, winner="left", on=[fax.pk], shown=[fax.pk]))
    page = text(admin_browser.get(f"/syncs/{sync.pk}/review/"))
    assert "<del>Use QuickBooks data</del>" in page
    assert "<ins>Use HubSpot data</ins>" in page
    assert "Switched on: Fax number and Fax" in page


def test_saving_waits_for_the_preview_of_the_present_settings(draft: ObjectSync, admin_browser: Client) -> None:
    answer = admin_browser.post(f"/syncs/{draft.pk}/save/", follow=True)
    assert "Wait for the preview to end." in text(answer)
    SyncRun.objects.filter(sync=draft).update(state="succeeded", result=result())
    admin_browser.post(f"/syncs/{draft.pk}/choose/", {"direction": "to_left"})
    assert "Wait for the preview to end." in text(admin_browser.post(f"/syncs/{draft.pk}/save/", follow=True))
    draft.refresh_from_db()
    assert draft.status == "draft"


def result(created: int = 0) -> dict[str, Any]:
    sides = {"left": {"create": 0, "update": 0}, "right": {"create": created, "update": 0}}
    return {**sides, "link": 0, "equal": 0, "excluded": {}, "failing": {}, "samples": [], "troubles": []}


def test_many_creations_in_quickbooks_have_to_be_typed(draft: ObjectSync, admin_browser: Client) -> None:
    run = run_queue.ask(draft, "preview")
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded", ended_at=timezone.now(), result=result(created=101))
    assert "101 records would be created in QuickBooks, more than 100." in text(admin_browser.get(f"/syncs/{draft.pk}/review/"))
    for typed in ("", "100"):
        answer = admin_browser.post(f"/syncs/{draft.pk}/save/", {"confirmed": typed}, follow=True)
        assert "Type that number to confirm." in text(answer)
    admin_browser.post(f"/syncs/{draft.pk}/save/", {"confirmed": "101"})
    draft.refresh_from_db()
    assert draft.status == "on"


def test_a_hundred_creations_need_no_typing(draft: ObjectSync, admin_browser: Client) -> None:
    run = run_queue.ask(draft, "preview")
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded", ended_at=timezone.now(), result=result(created=100))
    admin_browser.post(f"/syncs/{draft.pk}/save/")
    draft.refresh_from_db()
    assert draft.status == "on"


def test_a_draft_with_a_problem_is_refused_with_its_sentence(draft: ObjectSync, admin_browser: Client) -> None:
    group = draft.filter_groups.first()
    assert group
    group.conditions.create(field="gone_field", operator="known")
    run = run_queue.ask(draft, "preview")
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded", result=result())
    answer = admin_browser.post(f"/syncs/{draft.pk}/save/", follow=True)
    assert "The condition on gone_field cannot be used." in text(answer)
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_failed_preview_says_why_and_is_not_started_again_by_itself(draft: ObjectSync, admin_browser: Client) -> None:
    run = run_queue.ask(draft, "preview")
    details = {"provider": "quickbooks", "words": "busy"}
    SyncRun.objects.filter(pk=run.pk).update(state="failed", ended_at=timezone.now(), error="SERVICE_UNAVAILABLE", error_details=details)
    assert "QuickBooks does not answer at the moment" in text(admin_browser.get(f"/syncs/{draft.pk}/review/"))
    assert SyncRun.objects.count() == 1
    admin_browser.post(f"/syncs/{draft.pk}/review/again/")
    assert SyncRun.objects.count() == 2


def test_the_preview_shows_strangers_texts_as_text(draft: ObjectSync, admin_browser: Client) -> None:
    run = run_queue.ask(draft, "preview")
    nasty = "<script>alert(1)</script>"
    sample = {"title": nasty, "side": "right", "operation": "update", "changes": [["Phone", None, nasty]]}
    trouble = {"title": nasty, "category": "VALUE_INVALID", "details": {"side": "right", "field": "Phone", "value": nasty}}
    shown = {**result(), "samples": [sample], "troubles": [trouble], "failing": {"VALUE_INVALID": 1}}
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded", ended_at=timezone.now(), result=shown)
    page = text(admin_browser.get(f"/syncs/{draft.pk}/review/"))
    assert nasty not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4


def test_the_polled_part_is_a_fragment_for_htmx_and_a_redirect_for_others(draft: ObjectSync, admin_browser: Client) -> None:
    run_queue.ask(draft, "preview")
    part = admin_browser.get(f"/syncs/{draft.pk}/review/preview/", headers={"HX-Request": "true"})
    assert text(part).startswith('<div class="t-stackv" id="preview" hx-get=')
    assert admin_browser.get(f"/syncs/{draft.pk}/review/preview/").status_code == 302


@pytest.mark.parametrize("page", ["choose", "configure", "limit", "review", "save"])
def test_a_draft_that_is_gone_sends_back_with_a_sentence(admin_browser: Client, page: str) -> None:
    for ask in (admin_browser.get, admin_browser.post):
        answer = ask(f"/syncs/4711/{page}/", follow=True)
        if answer.status_code != 405:
            assert answer.redirect_chain[-1][0] == "/syncs/"
            assert "no longer exists" in answer.content.decode()


def test_the_settings_in_words_keep_the_names_of_the_services(admin_browser: Client, draft: ObjectSync) -> None:
    ObjectSync.objects.filter(pk=draft.pk).update(direction="to_left", step="review")
    assert "Contact and Customer, only to HubSpot" in text(admin_browser.get(f"/syncs/{draft.pk}/review/"))
