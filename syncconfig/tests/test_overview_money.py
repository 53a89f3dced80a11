"""The overview and the pages of records, where there are syncs of money and those that follow them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from connectors.base import Line, Lines
from connectors.vocabulary import Kind
from syncconfig import drafts
from syncconfig.engine.values import to_json
from syncconfig.models import ObjectSync, RecordEvent, SyncRun
from syncconfig.templatetags.tandem import words
from syncconfig.tests.money_rows import make_accounts, make_draft, make_on
from syncconfig.tests.rows import make_record
from syncconfig.tests.test_wizard import text
from syncconfig.views.overview import pairs_of, syncs

pytestmark = pytest.mark.django_db
SOLD = Lines(
    (
        Line("Mowing & edging", Decimal(4), Decimal("45"), Decimal("180"), product="12", name="Mowing"),
        Line("", Decimal("2.50"), Decimal("0.125"), Decimal("0.3125"), name="Gravel"),
    ),
    Decimal("171.3125"),
    discount=Decimal("9.00"),
)


def followers(sync: ObjectSync) -> list[ObjectSync]:
    return drafts.family(sync)[1:]


# ---- those that follow ---------------------------------------------------------------------------------------------------


def test_syncs_stand_in_the_order_of_their_dependence_with_what_follows_below(admin_browser: Client) -> None:
    sync = make_on(Kind.INVOICE)
    drafts.start(sync.left, sync.right, Kind.PRODUCT, timezone.now())
    page = text(admin_browser.get("/syncs/"))
    names = re.findall(r'</svg>((?:\w+ )+sync)</span><span class="t-sub t-in">([^<]+)<', page)
    assert names == [
        ("Contact sync", "Contact and Customer"),
        ("Product sync", "Product and Product or service"),
        ("Invoice sync", "Invoice and Invoice"),
        ("Payment sync", "Follows the invoice sync"),
        ("Payment note sync", "Follows the invoice sync"),
    ]


def test_what_follows_has_counts_and_sync_now_and_no_other_control(admin_browser: Client) -> None:
    sync = make_on(Kind.INVOICE)
    payments = followers(sync)[-1]
    make_record(payments, state="in_sync")
    page = text(admin_browser.get("/syncs/"))
    assert f'href="/syncs/?panel={payments.pk}:in_sync"' in page
    for follower in followers(sync):
        assert set(re.findall(rf'"/syncs/{follower.pk}/([\w-]+)/"', page)) == {"run"}
    assert {"configure", "turn-off", "delete", "run"} <= set(re.findall(rf'"/syncs/{sync.pk}/([\w-]+)/"', page))


def test_what_will_follow_a_draft_has_no_line_yet(admin_browser: Client) -> None:
    make_draft(Kind.INVOICE)
    page = text(admin_browser.get("/syncs/"))
    assert "Invoice sync" in page
    assert "Payment sync" not in page


PAGES = ("choose", "configure", "mappings/new", "limit", "limit/to_left", "review", "turn-off", "delete")
POSTS = (*(page for page in PAGES if page != "review"), "save", "discard", "review/again")


@pytest.mark.parametrize("place", sorted({*PAGES, *POSTS}))
def test_what_follows_cannot_be_edited_turned_off_or_deleted(admin_browser: Client, place: str) -> None:
    sync = make_on(Kind.INVOICE)
    for follower in followers(sync):
        for ask in [admin_browser.get] * (place in PAGES) + [admin_browser.post] * (place in POSTS):
            answer = ask(f"/syncs/{follower.pk}/{place}/", {"direction": "both", "then": ""}, follow=True)
            assert answer.redirect_chain[-1][0] == "/syncs/"
            assert f"The {str(follower).lower()} follows the invoice sync" in text(answer)
        before = follower.settings_version
        follower.refresh_from_db()
        assert (follower.status, follower.settings_version) == ("on", before)
        assert not hasattr(follower, "edit")


def test_what_follows_a_draft_is_not_discarded_alone(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE)
    (payments,) = [f for f in followers(draft) if f.kind == Kind.PAYMENT]
    admin_browser.post(f"/syncs/{payments.pk}/discard/")
    assert ObjectSync.objects.filter(pk=payments.pk).exists()
    admin_browser.post(f"/syncs/{draft.pk}/discard/")
    assert set(ObjectSync.objects.values_list("kind", flat=True)) == {"contact"}


def test_what_follows_can_be_run_by_itself(admin_browser: Client) -> None:
    for follower in followers(make_on(Kind.INVOICE)):
        admin_browser.post(f"/syncs/{follower.pk}/run/")
        assert SyncRun.objects.filter(sync=follower, trigger="manual", state="queued").count() == 1


def test_what_follows_is_switched_and_deleted_with_the_invoices(admin_browser: Client) -> None:
    sync = make_on(Kind.INVOICE)
    make_record(sync, left={"hs_number": "1"}, right={"DocNumber": "1"})
    make_record(followers(sync)[0], left={}, right={})
    assert "Payments and payment notes stop as well." in text(admin_browser.get(f"/syncs/{sync.pk}/turn-off/"))
    admin_browser.post(f"/syncs/{sync.pk}/turn-off/")
    assert {f.status for f in followers(sync)} == {"off"}
    page = text(admin_browser.get(f"/syncs/{sync.pk}/delete/"))
    assert "2 links are deleted for good" in page
    assert "The payment sync and the payment note sync are deleted with it." in page
    admin_browser.post(f"/syncs/{sync.pk}/delete/")
    assert set(ObjectSync.objects.values_list("kind", flat=True)) == {"contact"}


def test_deleting_the_products_says_where_the_lines_go(admin_browser: Client) -> None:
    invoices = make_on(Kind.INVOICE)
    products = drafts.start(invoices.left, invoices.right, Kind.PRODUCT, timezone.now())
    ObjectSync.objects.filter(pk=products.pk).update(status="on")
    url = f"/syncs/{products.pk}/delete/"
    assert "Custom line item" in text(admin_browser.get(url))
    ObjectSync.objects.filter(pk=invoices.pk).update(direction="to_left")
    assert "Custom line item" not in text(admin_browser.get(url))


def test_a_pair_is_free_until_every_object_has_a_sync() -> None:
    sync = make_on(Kind.INVOICE)
    (pair,) = pairs_of(syncs())
    assert (len(pair.lines), pair.free) == (4, True)
    drafts.start(sync.left, sync.right, Kind.PRODUCT, timezone.now())
    (pair,) = pairs_of(syncs())
    assert (len(pair.lines), pair.free) == (5, False)


def test_an_account_without_payments_has_notes_only() -> None:
    left, right = make_accounts()
    left.details = {"payments": "no"}
    left.save()
    sync = drafts.start(left, right, Kind.INVOICE, timezone.now())
    assert [f.kind for f in followers(sync)] == ["note"]


# ---- values in words -----------------------------------------------------------------------------------------------------


def plain(markup: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", line) for line in re.findall(r'<span class="t-line[^"]*">(.*?</span>)</span>', markup)]


def test_lines_are_a_list_with_their_sums() -> None:
    shown = words(SOLD)
    assert plain(shown) == [
        "4 × Mowing &amp; edging, 45.00 each 180.00",
        "2.5 × Gravel, 0.125 each 0.3125",
        "Discount -9.00",
        "Total 171.3125",
    ]
    assert plain(words(Lines((), Decimal(0)))) == ["Total 0.00"]
    assert "Tax" not in shown


def test_lines_follow_the_language() -> None:
    with override("sv"):
        assert "45,00" in words(SOLD)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0", "0"),
        ("25", "25"),
        ("180.0", "180.00"),
        ("1200.5", "1,200.50"),
        ("45.000000", "45.00"),
        ("58.125", "58.125"),
        ("1E+2", "100"),
        ("-3.1", "-3.10"),
    ],
)
def test_amounts_keep_their_cents(number: str, shown: str) -> None:
    assert words(Decimal(number)) == shown


def test_the_record_of_an_invoice_shows_its_lines_and_how_they_changed(admin_browser: Client) -> None:
    sync = make_on(Kind.INVOICE)
    record = make_record(sync, "1001", left={"lines": SOLD, "hs_number": "1001"}, right={"Line": SOLD, "DocNumber": "1001"}, state="in_sync")
    less = Lines(SOLD.lines[:1], Decimal("171"), discount=Decimal(9))
    changes = [["Lines", to_json(less), to_json(SOLD)], ["Total", to_json(Decimal("171")), to_json(Decimal("171.3125"))]]
    RecordEvent.objects.create(sync=sync, record_pk=record.pk, at=timezone.now(), type="updated", side="left", changes=changes)
    page = text(admin_browser.get(f"/records/{record.pk}/"))
    assert page.count("4 × Mowing &amp; edging, 45.00 each") == 4
    assert not re.search(r"Lines?\(|Decimal\(|SafeString", page)
    assert re.search(r'<del><span class="t-doc">.*</del>.*<ins><span class="t-doc">', page)
    assert f"/syncs/{sync.pk}/configure/" in page


def test_the_record_of_a_payment_offers_no_settings(admin_browser: Client) -> None:
    payments = followers(make_on(Kind.INVOICE))[-1]
    record = make_record(payments, "Payment", left={}, right={}, state="in_sync")
    assert "/configure/" not in text(admin_browser.get(f"/records/{record.pk}/"))


def test_commands_give_lines_as_json() -> None:
    sync = make_on(Kind.INVOICE)
    record = make_record(sync, "1001", left={"lines": SOLD}, right={"Line": SOLD}, state="in_sync")
    RecordEvent.objects.create(
        sync=sync, record_pk=record.pk, at=timezone.now(), type="updated", side="left", changes=[["Lines", None, to_json(SOLD)]]
    )
    shown = said("records", "show", str(record.pk), "--json")
    assert shown["hubspot"]["values"]["lines"]["sums"] == ["171.3125", "9.00", "0"]
    assert shown["history"][0]["changes"][0][2] == to_json(SOLD)
    assert said("records", "list", "--kind", "invoice", "--json")["records"][0]["title"] == "1001"
    assert {s["kind"] for s in said("status", "--json")["syncs"]} == {"contact", "invoice", "payment", "note"}


def said(*command: str) -> Any:
    out = StringIO()
    call_command(*command, stdout=out)
    return json.loads(out.getvalue())
