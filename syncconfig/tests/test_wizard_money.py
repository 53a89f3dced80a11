"""The wizard for products and invoices. Scenarios carry the numbers of the acceptance list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from connectors.base import Line, Lines
from connectors.sandbox.quickbooks import add_company
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts, run_queue
from syncconfig.engine.values import to_json
from syncconfig.models import ObjectSync, SyncRun
from syncconfig.specs import rules_of
from syncconfig.tests.firm import Firm, open_firm
from syncconfig.tests.money_rows import COST, INCOME, SPENT, STOCK, make_accounts, make_draft, make_on
from syncconfig.tests.rows import make_record, mark_read
from syncconfig.tests.system import System
from syncconfig.tests.test_wizard import configure_form, preview, result, text

pytestmark = pytest.mark.django_db
ABROAD = "Invoices cannot be sent to this QuickBooks company: outside the USA every invoice needs tax"
NO_ACCOUNT = "Choose an active income account of the QuickBooks company."


@pytest.fixture
def system(sandboxes: Any, admin: User) -> System:
    return System(sandboxes, admin)


def money_form(sync: ObjectSync, **changes: Any) -> dict[str, Any]:
    """The configure page of products or invoices as it would be posted unchanged."""
    form = configure_form(sync)
    form |= {"product_type": "Service", "item_types": ["Service", "NonInventory", "Inventory"]} if sync.kind == Kind.PRODUCT else {}
    return {**form, **{name: value for name, value in sync.options.items() if value}, **changes}


def configure(browser: Client, sync: ObjectSync, **changes: Any) -> Any:
    return browser.post(f"/syncs/{sync.pk}/configure/", money_form(sync, **changes))


# ---- choose --------------------------------------------------------------------------------------------------------------


def test_each_object_is_offered_with_its_counterpart_and_usual_direction(admin_browser: Client) -> None:
    left, right = make_accounts()
    drafts.start(left, right, Kind.PRODUCT, timezone.now())
    page = text(admin_browser.get("/syncs/new/"))
    assert '<option value="contact" data-direction="both" disabled>Customers (already synced)</option>' in page
    assert '<option value="product" data-direction="to_left" selected>Products and services (draft, goes on where it was left)</option>' in page
    assert '<option value="invoice" data-direction="to_left">Invoices</option>' in page
    assert '<option value="product" selected>Products</option>' in page
    assert "payment" not in re.findall(r'<option value="(\w+)"', page)


def test_without_script_a_button_shows_what_goes_with_the_object(admin_browser: Client) -> None:
    left, right = make_accounts()
    form = {"left": left.pk, "right": right.pk, "kind": "invoice", "direction": "both", "do": "show"}
    page = text(admin_browser.post("/syncs/new/", form))
    assert '<option value="invoice" selected>Invoices</option>' in page
    assert re.search(r'value="to_left" checked', page)
    assert '<section data-kind="invoice"><h2' in page
    assert '<section data-kind="contact" hidden>' in page
    for words in ("primary company of its contact", "Processing fees are not posted", "Only invoices created in HubSpot"):
        assert words in page
    assert not ObjectSync.objects.filter(kind="invoice").exists()


def test_a_draft_goes_on_where_it_was_left(admin_browser: Client) -> None:
    draft = make_draft(Kind.PRODUCT, income_account=INCOME)
    form = {"left": draft.left_id, "right": draft.right_id, "kind": "product", "direction": "both"}
    assert admin_browser.post("/syncs/new/", form).headers["Location"] == f"/syncs/{draft.pk}/configure/"
    draft.refresh_from_db()
    assert draft.options["income_account"] == INCOME


def test_invoices_wait_for_the_contact_sync_and_lead_there(admin_browser: Client) -> None:
    left, right = make_accounts(contacts=False)
    page = text(admin_browser.get("/syncs/new/?kind=invoice"))
    assert "Invoices need the contact sync." in page
    assert '<a class="t-link" href="/syncs/new/?kind=contact">' in page
    form = {"left": left.pk, "right": right.pk, "kind": "invoice", "direction": "to_left"}
    assert "Set up the contact sync first: an invoice needs the customer it is for." in text(admin_browser.post("/syncs/new/", form))
    assert not ObjectSync.objects.exists()
    begun = drafts.start(left, right, Kind.CONTACT, timezone.now())
    assert f'<a class="t-link" href="/syncs/{begun.pk}/choose/">' in text(admin_browser.get("/syncs/new/?kind=invoice"))
    assert "Set up the contact sync first" in text(admin_browser.post("/syncs/new/", form))


@pytest.mark.parametrize("kind", ["payment", "note", "planet"])
def test_what_follows_the_invoices_cannot_be_chosen(admin_browser: Client, kind: str) -> None:
    left, right = make_accounts()
    form = {"left": left.pk, "right": right.pk, "kind": kind, "direction": "to_left"}
    assert "Select a valid choice" in text(admin_browser.post("/syncs/new/", form))
    assert not ObjectSync.objects.filter(kind=kind).exists()


def test_t18_nothing_is_sent_to_a_company_outside_the_usa_and_the_page_says_why(admin_browser: Client) -> None:
    left, right = make_accounts(country="GB")
    page = text(admin_browser.get("/syncs/new/?kind=invoice"))
    assert f'<span class="t-sub t-why" id="abroad">{ABROAD}' in page
    disabled = re.findall(r'<input type="radio" name="direction" value="(\w+)"(?: checked)? data-outward disabled', page)
    assert disabled == ["both", "to_right"]
    form = {"left": left.pk, "right": right.pk, "kind": "invoice"}
    for outward in ("both", "to_right"):
        assert f"<li>{ABROAD}" in text(admin_browser.post("/syncs/new/", {**form, "direction": outward}))
    assert not ObjectSync.objects.filter(kind="invoice").exists()
    products = text(admin_browser.get("/syncs/new/?kind=product"))
    assert 'id="abroad" hidden' in products
    assert ABROAD in products, "the script finds the reason there"

    assert admin_browser.post("/syncs/new/", {**form, "direction": "to_left"}).status_code == 302
    draft = ObjectSync.objects.get(kind="invoice")
    assert f"<li>{ABROAD}" in text(admin_browser.post(f"/syncs/{draft.pk}/choose/", {"direction": "both"}))
    draft.refresh_from_db()
    assert draft.direction == "to_left"


def test_t18_a_draft_that_got_round_the_page_is_not_saved(admin_browser: Client) -> None:
    left, right = make_accounts(country="GB")
    draft = drafts.start(left, right, Kind.INVOICE, timezone.now())
    ObjectSync.objects.filter(pk=draft.pk).update(direction="both", step="review", options={"income_account": INCOME})
    ended(draft, result())
    assert ABROAD in text(admin_browser.post(f"/syncs/{draft.pk}/save/", follow=True))
    draft.refresh_from_db()
    assert draft.status == "draft"


@pytest.mark.django_db(transaction=True)
def test_t18_the_country_comes_from_the_company_and_invoices_still_arrive(system: System, admin_browser: Client) -> None:
    add_company(system.sandboxes.quickbooks, "9130350000000000077", "Hedge & Lawn Ltd", country="GB", currency="GBP")
    system.right = system.connect("quickbooks", "9130350000000000077")
    system.turn_on(system.start(Kind.CONTACT))
    form = {"left": system.left.pk, "right": system.right.pk, "kind": "invoice"}
    assert f"<li>{ABROAD}" in text(admin_browser.post("/syncs/new/", {**form, "direction": "both"}))
    assert admin_browser.post("/syncs/new/", {**form, "direction": "to_left"}).status_code == 302
    sync = system.turn_on(ObjectSync.objects.get(kind="invoice"))
    assert system.run(sync).state in ("succeeded", "partial")


# ---- configure -----------------------------------------------------------------------------------------------------------


def test_t12_next_is_refused_without_an_income_account(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE)
    for forged in ("", "77", COST, "4711"):
        page = text(configure(admin_browser, draft, income_account=forged))
        assert NO_ACCOUNT in page or "Select a valid choice" in page, forged
        assert "Income account for “Custom line item”" in page
        draft.refresh_from_db()
        assert "income_account" not in draft.options
    assert configure(admin_browser, draft, income_account=INCOME).headers["Location"] == f"/syncs/{draft.pk}/limit/"
    draft.refresh_from_db()
    assert draft.options == {"income_account": INCOME}


def test_t12_an_account_that_was_closed_since_keeps_the_draft_from_being_saved(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, income_account="77")
    ended(draft, result())
    assert NO_ACCOUNT in text(admin_browser.get(f"/syncs/{draft.pk}/review/"))
    assert NO_ACCOUNT in text(admin_browser.post(f"/syncs/{draft.pk}/save/", follow=True))
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_accounts_are_asked_for_only_where_something_is_sent(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, "to_left")
    assert "Custom line item" not in text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))
    assert configure(admin_browser, draft).status_code == 302


def test_only_active_accounts_of_the_fitting_type_are_offered(admin_browser: Client) -> None:
    page = text(admin_browser.get(f"/syncs/{make_draft(Kind.PRODUCT).pk}/configure/"))
    offered = {name: re.findall(r'<option value="(\d+)"', part) for name, part in re.findall(r'<select name="(\w+_account)"(.*?)</select>', page)}
    assert offered == {"income_account": ["79", "78"], "expense_account": [COST, SPENT], "asset_account": [STOCK]}


@pytest.mark.parametrize(("direction", "shown"), [("to_left", {"item_types"}), ("to_right", {"product_type", "income_account"}), ("both", None)])
def test_each_setting_of_products_stands_where_its_direction_is_on(admin_browser: Client, direction: str, shown: set[str] | None) -> None:
    page = text(admin_browser.get(f"/syncs/{make_draft(Kind.PRODUCT, direction).pk}/configure/"))
    every = {"item_types", "product_type", "income_account"}
    assert {name for name in every if f'name="{name}"' in page} == (shown or every)


def test_items_with_stock_need_an_asset_account_too(admin_browser: Client) -> None:
    draft = make_draft(Kind.PRODUCT, income_account=INCOME, expense_account=COST)
    assert configure(admin_browser, draft, product_type="Service").status_code == 302
    page = text(configure(admin_browser, draft, product_type="Inventory"))
    assert "Choose an active asset account of the QuickBooks company." in page
    assert configure(admin_browser, draft, product_type="Inventory", asset_account=STOCK).status_code == 302
    draft.refresh_from_db()
    assert draft.options == {"product_type": "Inventory", "income_account": INCOME, "expense_account": COST, "asset_account": STOCK}


def test_item_types_are_all_some_or_refused(admin_browser: Client) -> None:
    draft = make_draft(Kind.PRODUCT, "to_left")
    page = text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))
    assert re.findall(r'name="item_types" value="(\w+)"[^>]*checked', page) == ["Service", "NonInventory", "Inventory"]
    assert "Choose at least one." in text(configure(admin_browser, draft, item_types=[]))
    assert "Select a valid choice" in text(configure(admin_browser, draft, item_types=["Category"]))
    configure(admin_browser, draft, item_types=["Service"])
    draft.refresh_from_db()
    assert draft.options["item_types"] == ["Service"]
    configure(admin_browser, draft, item_types=["Service", "NonInventory", "Inventory"])
    draft.refresh_from_db()
    assert "item_types" not in draft.options


def test_settings_of_the_other_direction_are_kept(admin_browser: Client) -> None:
    draft = make_draft(Kind.PRODUCT, "to_left", income_account=INCOME)
    configure(admin_browser, draft, income_account="78", item_types=["Service"])
    draft.refresh_from_db()
    assert draft.options == {"product_type": "Service", "income_account": INCOME, "item_types": ["Service"]}


@pytest.mark.django_db(transaction=True)
def test_reading_the_fields_again_needs_no_account_and_brings_new_ones(system: System, admin_browser: Client) -> None:
    system.turn_on(system.start(Kind.CONTACT))
    form = {"left": system.left.pk, "right": system.right.pk, "kind": "invoice", "direction": "both"}
    admin_browser.post("/syncs/new/", form)
    draft = ObjectSync.objects.get(kind="invoice")
    company = next(iter(system.sandboxes.quickbooks.companies.values()))
    company.create("Account", {"Name": "Snow services", "AccountType": "Income", "AccountSubType": "ServiceFeeIncome"})
    assert "Snow services" not in text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))
    assert configure(admin_browser, draft, then="refresh").headers["Location"] == f"/syncs/{draft.pk}/configure/"
    assert "Snow services" in text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))


def test_invoices_are_matched_in_the_recommended_way_only(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, "to_left")
    page = text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))
    assert "Number, where Contact and Line items agree as well" in page
    assert 'name="match_by"' not in page
    assert 'name="key_needed"' not in page
    forged = {"match_by": "none", "confirm_none": "on", "match_left": "hs_number", "match_right": "DocNumber", "key_needed": "on"}
    assert configure(admin_browser, draft, **forged).status_code == 302
    draft.refresh_from_db()
    assert (draft.match_by, draft.match_left, draft.key_needed) == ("default", "", False)


def test_mapped_fields_that_an_invoice_cannot_be_without_stay_as_they_are(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, "to_left")
    page = text(admin_browser.get(f"/syncs/{draft.pk}/configure/"))
    assert "Needed to create and link records, so it stays on." in page
    assert "a later difference is shown as a failure and never written" in page
    assert page.index("On the deals of the invoice") < page.index("QuickBooks invoice total")
    configure(admin_browser, draft, on=[])
    on = {m.right_field for m in draft.mappings.filter(enabled=True)}
    assert on == {"CustomerRef", "Line", "CurrencyRef", "Key"}
    lines = draft.mappings.get(right_field="Line")
    forged = admin_browser.post(f"/syncs/{draft.pk}/mappings/{lines.pk}/", {"if_empty": "on"}, follow=True)
    assert "cannot be changed" in text(forged)
    lines.refresh_from_db()
    assert lines.rule == "always"


def test_options_that_match_by_name_are_counted(admin_browser: Client) -> None:
    page = text(admin_browser.get(f"/syncs/{make_draft(Kind.INVOICE, 'to_left').pk}/configure/"))
    assert "Options 3 of 4" in page, "a draft has no counterpart"


@pytest.mark.django_db(transaction=True)
def test_t21_only_the_first_three_custom_fields_are_offered(system: System, admin_browser: Client) -> None:
    company = next(iter(system.sandboxes.quickbooks.companies.values()))
    company.change_settings(custom_field_1="Crew", custom_field_2="Site", custom_field_3="Gate code")
    system.turn_on(system.start(Kind.CONTACT))
    draft = system.start(Kind.INVOICE)
    ObjectSync.objects.filter(pk=draft.pk).update(step="configure")
    page = text(admin_browser.get(f"/syncs/{draft.pk}/mappings/new/?left=hs_comments&direction=to_left"))
    assert "Custom fields of invoices in QuickBooks: Crew, Gate code, Site." in page
    assert "QuickBooks shows only the first three custom fields to other programs." in page
    assert set(re.findall(r'value="CustomField\.(\w+)"', page)) == {"1", "2", "3"}
    forged = {"left": "hs_comments", "right": "CustomField.4", "direction": "to_right"}
    assert "Select a valid choice" in text(admin_browser.post(f"/syncs/{draft.pk}/mappings/new/", forged))
    assert not draft.mappings.filter(predefined=False).exists()


def test_t21_without_a_custom_field_the_page_says_what_one_has_to_be(admin_browser: Client) -> None:
    page = text(admin_browser.get(f"/syncs/{make_draft(Kind.INVOICE).pk}/mappings/new/"))
    assert "No custom field of invoices was found in QuickBooks." in page
    assert "Text and number" in page


@pytest.mark.parametrize("kind", [Kind.PRODUCT, Kind.INVOICE])
def test_t22_without_the_permission_nothing_is_added_but_predefined_ones_are_switched(viewer: User, kind: Kind) -> None:
    draft = make_draft(kind, "to_left", custom=("Crew",))
    viewer.user_permissions.add(Permission.objects.get(codename="configure"))
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(viewer)
    page = text(browser.get(f"/syncs/{draft.pk}/configure/"))
    assert "Adding mappings needs the permission" in page
    assert 'value="add"' not in page
    assert browser.get(f"/syncs/{draft.pk}/mappings/new/").status_code == 403
    assert (
        browser.post(f"/syncs/{draft.pk}/mappings/new/", {"left": "createdate", "right": "PrivateNote", "direction": "to_right"}).status_code == 403
    )
    off = draft.mappings.filter(enabled=True, required=False).first()
    assert off
    assert configure(browser, draft, on=[m.pk for m in draft.mappings.all() if m.enabled and m != off]).status_code == 302
    off.refresh_from_db()
    assert not off.enabled


# ---- limit ---------------------------------------------------------------------------------------------------------------


def test_t23_the_filter_of_invoices_to_quickbooks_is_shown_and_fixed(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, income_account=INCOME)
    page = text(admin_browser.get(f"/syncs/{draft.pk}/limit/"))
    outbound = page[page.index('id="filter-to_right"') :]
    assert "Fixed" in outbound
    assert "<b>Status</b>" in outbound
    assert "July 1, 2026, 09:30 in America/Denver (15:30 UTC)" in outbound
    assert "This filter cannot be edited." in outbound
    assert f"/syncs/{draft.pk}/limit/to_right/" not in page
    assert f"/syncs/{draft.pk}/limit/to_left/" in page


def test_t23_a_write_to_the_fixed_filter_is_refused(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, income_account=INCOME)
    before = rules_of(draft, Direction.TO_RIGHT)
    assert len(before[0]) == 3
    forged = {"place": "0.0", "0.0-field": "hs_currency", "0.0-operator": "known", "do": "done"}
    for answer in (
        admin_browser.get(f"/syncs/{draft.pk}/limit/to_right/", follow=True),
        admin_browser.post(f"/syncs/{draft.pk}/limit/to_right/", forged, follow=True),
        admin_browser.post(f"/syncs/{draft.pk}/limit/", {"do": "recommended:to_right"}, follow=True),
    ):
        assert "This filter is fixed and cannot be edited." in text(answer)
        assert rules_of(draft, Direction.TO_RIGHT) == before


def test_letting_every_invoice_through_is_said_with_their_number(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, "to_left")
    for day in (1, 2):
        make_record(draft, right={"MetaData.CreateTime": datetime(2025, 1, day, tzinfo=UTC)})
    mark_read(draft)
    page = text(admin_browser.get(f"/syncs/{draft.pk}/limit/"))
    assert "<b>0</b> of 2 match" in page
    assert "old ones too" not in page
    admin_browser.post(f"/syncs/{draft.pk}/limit/to_left/", {"do": "done"})
    page = text(admin_browser.get(f"/syncs/{draft.pk}/limit/"))
    assert "All 2 invoices in QuickBooks will sync, old ones too." in page
    assert "Use recommended" in page


# ---- review --------------------------------------------------------------------------------------------------------------


def ended(draft: ObjectSync, answer: dict[str, Any]) -> None:
    """A preview of the present settings that has ended."""
    run = run_queue.ask(draft, "preview")
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded", ended_at=timezone.now(), result=answer)


def test_the_review_names_every_setting_and_what_follows_along(admin_browser: Client) -> None:
    draft = make_draft(Kind.INVOICE, income_account=INCOME)
    lines = Lines((Line("Mowing <b>", Decimal("2.5"), Decimal("40"), Decimal("100")),), Decimal("97.5"), discount=Decimal("5"), tax=Decimal("2.5"))
    sample = {"title": "1001", "side": "left", "operation": "create", "changes": [["Line items", None, to_json(lines)]]}
    ended(draft, {**result(created=101), "samples": [sample]})
    page = text(admin_browser.get(f"/syncs/{draft.pk}/review/"))
    for words in ("Invoice and Invoice, both ways", "Payments, Payment notes on deals", "Income account for “Custom line item”", "Sales"):
        assert words in page
    assert "Filter to QuickBooks" in page
    assert "Avoid duplicates" not in page
    assert "101 records would be created in QuickBooks, more than 100." in page
    assert '<span>2.5 × Mowing &lt;b&gt;, 40.00 each</span> <span class="t-num">100.00</span>' in page
    for name, amount in (("Discount", "-5.00"), ("Tax", "2.50"), ("Total", "97.50")):
        assert f'<span>{name}</span> <span class="t-num">{amount}</span>' in page
    assert "Type that number" in text(admin_browser.post(f"/syncs/{draft.pk}/save/", follow=True))
    admin_browser.post(f"/syncs/{draft.pk}/save/", {"confirmed": "101"})
    assert set(ObjectSync.objects.filter(status="on").values_list("kind", "direction")) == {
        ("contact", "both"),
        ("invoice", "both"),
        ("payment", "both"),
        ("note", "to_left"),
    }


def test_the_review_of_products_names_types_and_accounts(admin_browser: Client) -> None:
    draft = make_draft(Kind.PRODUCT, income_account=INCOME, expense_account=COST, item_types=["Service", "Inventory"])
    page = text(admin_browser.get(f"/syncs/{draft.pk}/review/"))
    for words in ("Type of new items", "Sales", "Cost of Goods Sold", "Service, Inventory"):
        assert words in page
    assert "Inventory asset account" not in page
    assert "Payments" not in page


def test_an_edit_shows_the_account_before_and_after(admin_browser: Client) -> None:
    sync = make_on(Kind.INVOICE)
    assert configure(admin_browser, sync, income_account="78").status_code == 302
    page = text(admin_browser.get(f"/syncs/{sync.pk}/review/"))
    assert "<del>Sales</del>" in page
    assert "<ins>Services</ins>" in page
    sync.refresh_from_db()
    assert sync.options["income_account"] == INCOME


# ---- the whole way -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [Kind.PRODUCT, Kind.INVOICE])
def test_a_person_sets_up_every_kind_with_the_sample_company(system: System, admin_browser: Client, kind: Kind) -> None:
    system.run(system.turn_on(system.start(Kind.CONTACT)))
    form = {"left": system.left.pk, "right": system.right.pk, "kind": kind.value, "direction": "both"}
    admin_browser.post("/syncs/new/", form)
    sync = ObjectSync.objects.get(kind=kind)
    accounts = {name: options[0].value for name, options in drafts.account_options(sync).items()}
    pages = [f"/syncs/{sync.pk}/{step}/" for step in ("choose", "configure", "mappings/new", "limit", "limit/to_left", "review")]
    assert configure(admin_browser, sync, **accounts).headers["Location"] == pages[3]
    drafts.set_rules(sync, Direction.TO_LEFT, ())
    assert admin_browser.post(pages[3]).headers["Location"] == pages[5]
    for page in (*pages, *(f"/syncs/{sync.pk}/mappings/{mapping.pk}/" for mapping in sync.mappings.filter(required=False))):
        assert "<h1>" in text(admin_browser.get(page))
    assert preview(sync).state == "succeeded"
    review = text(admin_browser.get(pages[5]))
    assert "Sample of changes" in review
    assert not re.search(r"Lines?\(|Decimal\(", review)
    sync.refresh_from_db()
    created = str(SyncRun.objects.filter(sync=sync, trigger="preview").latest("pk").result["right"]["create"])
    admin_browser.post(f"/syncs/{sync.pk}/save/", {"confirmed": created})
    sync.refresh_from_db()
    assert sync.status == "on"
    for follower in drafts.family(sync):
        assert system.run(follower).state in ("succeeded", "partial")
        for record in follower.records.all():
            assert not re.search(r"Lines?\(|Decimal\(", text(admin_browser.get(f"/records/{record.pk}/")))


@pytest.fixture
def firm(settings: Any, admin: User) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


@pytest.mark.django_db(transaction=True)
def test_t20_a_custom_field_mapped_in_the_wizard_reaches_older_invoices(firm: Firm, admin_browser: Client) -> None:
    firm.books.change_settings(custom_field_1="Crew")
    firm.contact(email="ann@acme.example", firstname="Ann", lastname="Archer")
    firm.open_all(Direction.TO_LEFT)
    firm.round()
    made = firm.book(str(firm.customer_of("ann@acme.example")["Id"]), **{"custom 1": "North"})
    firm.settle()
    sync = firm.syncs[Kind.INVOICE]
    assert not firm.mirror(made)[1].get("hs_purchase_order_number")

    configure(admin_browser, sync, then="refresh")
    admin_browser.post(f"/syncs/{sync.pk}/mappings/new/", {"left": "hs_purchase_order_number", "right": "CustomField.1", "direction": "to_left"})
    assert "Added: " in text(admin_browser.get(f"/syncs/{sync.pk}/review/"))
    preview(ObjectSync.objects.get(draft_of=sync))
    saved = admin_browser.post(f"/syncs/{sync.pk}/save/", follow=True)
    assert "All records are looked at once more." in text(saved)
    assert SyncRun.objects.filter(sync=sync, trigger="settings", state="queued").count() == 1
    firm.settle()
    assert firm.mirror(made)[1]["hs_purchase_order_number"] == "North"
