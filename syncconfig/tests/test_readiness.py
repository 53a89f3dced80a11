"""Before you start: every rule in the good and in the bad case, asked of both simulations; the page, and the command."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from conftest import Sandboxes
from connectors.base import Account
from connectors.sandbox.hubspot import PORTAL_ID
from connectors.sandbox.hubspot.records import API
from connectors.sandbox.quickbooks import DEFAULT_REALM, add_company
from connectors.sandbox.server import Reply, Request
from connectors.vocabulary import Kind
from syncconfig.credentials import connector_for
from syncconfig.engine.spec import Side
from syncconfig.models import Connection, ObjectSync
from syncconfig.readiness import Check, State, checks, outbound_invoices_blocked
from syncconfig.readiness_rules import RULES, Facts
from syncconfig.readiness_texts import FLAGS, STATEMENTS
from syncconfig.specs import read_fields
from syncconfig.tests.rows import make_connection, make_record
from syncconfig.tests.system import System

pytestmark = pytest.mark.django_db(transaction=True)

BRITISH = "9130350000000000002"


@pytest.fixture
def system(sandboxes: Sandboxes, admin: User) -> System:
    return System(sandboxes, admin)


def books(system: System) -> Any:
    return system.sandboxes.quickbooks.companies[DEFAULT_REALM]


def portal(system: System) -> Any:
    return system.sandboxes.hubspot.accounts[str(PORTAL_ID)]


def asked(system: System, right: Connection | None = None, left: Connection | None = None) -> dict[str, Check]:
    """The checks of the pair, asked now, by key."""
    found = checks(left or system.left, right or system.right, now=timezone.now())
    assert len({check.key for check in found}) == len(found)
    return {check.key: check for check in found}


def british(system: System) -> Connection:
    add_company(system.sandboxes.quickbooks, BRITISH, "Thames Gardens", country="GB", currency="GBP", currency_name="Pound Sterling")
    return system.connect("quickbooks", BRITISH)


def make_sync(system: System, kind: Kind, direction: str, status: str = "on", **values: Any) -> ObjectSync:
    return ObjectSync.objects.create(left=system.left, right=system.right, kind=kind, direction=direction, status=status, **values)


def page_of(answer: Any) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.headers.get("Location"))
    return " ".join(answer.content.decode().split())


# ---- settings of the accounts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "good", "bad", "state", "title"),
    [
        ("document_numbers", {"custom_numbers": False}, {"custom_numbers": True}, State.ADVISED, "Custom transaction numbers are on"),
        ("revenue_recognition", {}, {"revenue_recognition": True}, State.BLOCKED, "Revenue recognition is on"),
        ("sales_tax", {"using_sales_tax": False}, {"using_sales_tax": True}, State.MANUAL, "Sales tax is in use"),
        ("closing_date", {"book_close_date": "2020-06-30"}, {"book_close_date": ""}, State.ADVISED, "Books are not locked"),
    ],
)
def test_a_setting_of_the_books_is_judged_as_it_stands_now(
    system: System, key: str, good: dict[str, Any], bad: dict[str, Any], state: State, title: str
) -> None:
    books(system).change_settings(**good)
    fine = asked(system)[key]
    assert (fine.state, fine.todo, fine.link) == (State.OK, "", "")
    books(system).change_settings(**bad)
    found = asked(system)[key]
    assert (found.state, found.title) == (state, title)
    assert found.why
    assert found.todo
    assert (found.link, found.link_label) == (system.sandboxes.servers["quickbooks"].url, "Open QuickBooks")


def test_the_closing_date_is_told_and_one_that_is_still_to_come_blocks(system: System) -> None:
    books(system).change_settings(book_close_date="2020-06-30")
    assert asked(system)["closing_date"].why == "They are closed up to June 30, 2020."
    ahead = (datetime.now(UTC) + timedelta(days=40)).date()
    books(system).change_settings(book_close_date=ahead.isoformat())
    found = asked(system)["closing_date"]
    assert (found.state, found.title) == (State.BLOCKED, "Books are closed ahead of time")
    assert str(ahead.year) in found.why


def test_payments_have_to_be_set_up_in_hubspot(system: System) -> None:
    assert asked(system)["payments"].state is State.OK
    system.sandboxes.hubspot.set_payments(PORTAL_ID, False)
    found = asked(system)["payments"]
    assert (found.state, found.title) == (State.ADVISED, "HubSpot keeps no payments")


def test_hubspots_own_quickbooks_sync_blocks_and_what_we_wrote_does_not(system: System) -> None:
    connector_for(system.left).setup(Kind.INVOICE)
    invoices = portal(system).tables["invoices"]
    for document in list(invoices.after(0)):
        invoices.change(document, {"hs_invoice_source": "hubspot"}, API)
    assert asked(system)["data_sync"].state is State.OK
    first = next(iter(invoices.after(0)))
    invoices.change(first, {"hs_invoice_source": "data_sync"}, API)
    found = asked(system)["data_sync"]
    assert (found.state, found.title) == (State.BLOCKED, "HubSpot’s own QuickBooks sync is active")
    assert found.link_label == "Open HubSpot"
    invoices.change(first, {"tandem_quickbooks_id": f"{DEFAULT_REALM}:1"}, API)
    assert asked(system)["data_sync"].state is State.OK


def test_what_an_account_does_not_tell_is_left_to_a_person() -> None:
    connections = {side: Connection(provider=provider) for side, provider in zip(Side, ("hubspot", "quickbooks"), strict=True)}
    silent = {side: Account("1", "Silent", "UTC", "") for side in Side}
    facts = Facts(connections, silent, {}, timezone.now())
    found = {check.key: check for check in (rule.judge(facts) for rule in RULES)}
    told_by_accounts = {flag.key for flag in FLAGS} | {"country", "home_currency", "multi_currency"}
    assert {found[key].state for key in told_by_accounts} == {State.MANUAL}
    assert found["payments"].why == "HubSpot does not tell how this is set."
    assert found["country"].why == "QuickBooks does not tell how this is set."
    assert all(found[key].todo for key in told_by_accounts)


# ---- country and currencies ---------------------------------------------------------------------------------------------------


def test_t18_a_company_outside_the_united_states_receives_no_invoices(system: System) -> None:
    assert asked(system)["country"].state is State.OK
    found = asked(system, british(system))["country"]
    assert (found.state, found.title) == (State.BLOCKED, "QuickBooks company is outside the United States")
    assert "tax" in found.why


def test_the_same_reason_is_told_by_the_stored_country(system: System) -> None:
    assert outbound_invoices_blocked(system.right) == ""
    other = british(system)
    assert outbound_invoices_blocked(other) == asked(system, other)["country"].why
    assert outbound_invoices_blocked(Connection(country="USA")) == ""
    assert outbound_invoices_blocked(Connection(country="")) == ""


def test_different_home_currencies_are_named(system: System) -> None:
    assert asked(system)["home_currency"].why == "USD on both sides."
    found = asked(system, british(system))
    assert (found["home_currency"].state, found["home_currency"].title) == (State.ADVISED, "Different home currencies")
    assert found["home_currency"].why == "HubSpot counts in USD, QuickBooks in GBP. No amount is converted."
    assert found["multi_currency"].state is State.ADVISED
    assert found["multi_currency"].why.startswith("HubSpot uses USD too, QuickBooks GBP only")


def test_further_currencies_need_multi_currency_in_the_books(system: System) -> None:
    assert asked(system)["multi_currency"].title == "One currency"
    portal(system).details["additionalCurrencies"] = ["SEK", "EUR"]
    found = asked(system)["multi_currency"]
    assert (found.state, found.title) == (State.ADVISED, "QuickBooks uses one currency")
    assert found.why.startswith("HubSpot uses EUR, SEK too, QuickBooks USD only")
    books(system).change_settings(multicurrency=True)
    assert asked(system)["multi_currency"].state is State.OK


# ---- products, customers, workflows ---------------------------------------------------------------------------------------------


def test_items_without_a_sku_are_counted_and_named_but_not_bundles_categories_or_inactive_ones(system: System) -> None:
    found = asked(system)["skus"]
    assert (found.state, found.title) == (State.ADVISED, f"{len(found.details)} products have no SKU")
    assert {"Consultation", "Services"} <= set(found.details)
    rows = books(system).table("Item").rows.values()
    assert set(found.details) == {r["Name"] for r in rows if not r.get("Sku") and r["Type"] not in ("Category", "Group") and r["Active"]}
    (consultation,) = [r for r in rows if r["Name"] == "Consultation"]
    books(system).update("Item", {"Id": consultation["Id"], "SyncToken": consultation["SyncToken"], "sparse": True, "Sku": "CS-900"})
    assert "Consultation" not in asked(system)["skus"].details


def test_a_company_whose_items_all_have_one_is_fine(system: System) -> None:
    found = asked(system, british(system))["skus"]
    assert (found.state, found.title, found.details) == (State.OK, "Every product has a SKU", ())


def products_seen(system: System, *titles: str, **values: Any) -> ObjectSync:
    """A product sync that has read QuickBooks to its end and saw these items without a SKU, besides a bundle and an item with one."""
    read_fields(system.right, Kind.PRODUCT)
    sync = make_sync(system, Kind.PRODUCT, "to_left", **{"cursors": {"right": {"complete": True}}, **values})
    for title in titles:
        make_record(sync, title, right={"Name": title, "Sku": None, "Type": "Service"})
    make_record(sync, "Starter package", right={"Name": "Starter package", "Sku": None, "Type": "Group"})
    make_record(sync, "Mulch", right={"Name": "Mulch", "Sku": "CS-1", "Type": "Service"}, right_key="CS-1")
    return sync


def test_a_product_sync_that_has_read_the_books_is_not_asked_twice(system: System) -> None:
    sync = products_seen(system, "Advice", "Site visit")
    system.sandboxes.quickbooks.log.clear()
    found = asked(system)["skus"]
    assert (found.title, found.details) == ("2 products have no SKU", ("Advice", "Site visit"))
    assert found.link == f"/records/?sync={sync.pk}&reason=no_key"
    assert not [entry for entry in system.sandboxes.quickbooks.log if "Item" in entry.path or b"Item" in entry.body]


@pytest.mark.parametrize("values", [{"cursors": {}}, {"match_by": "fields"}, {"status": "off"}])
def test_one_that_has_not_or_is_off_or_matches_otherwise_is_no_witness(system: System, values: dict[str, Any]) -> None:
    products_seen(system, "Advice", **values)
    assert "Consultation" in asked(system)["skus"].details


@pytest.mark.parametrize(("key", "kind"), [("products_first", Kind.PRODUCT), ("customers_first", Kind.CONTACT)])
def test_products_and_customers_are_to_be_synced_before_invoices(system: System, key: str, kind: Kind) -> None:
    assert asked(system)[key].state is State.ADVISED
    sync = make_sync(system, kind, "to_right")
    assert asked(system)[key].state is State.ADVISED
    ObjectSync.objects.filter(pk=sync.pk).update(direction="both")
    assert asked(system)[key].state is State.OK
    for status in ("off", "draft"):
        ObjectSync.objects.filter(pk=sync.pk).update(status=status)
        assert asked(system)[key].state is State.ADVISED


def test_workflows_matter_while_invoices_may_go_to_quickbooks(system: System) -> None:
    assert asked(system)["workflows"].state is State.MANUAL
    sync = make_sync(system, Kind.INVOICE, "to_left")
    assert asked(system)["workflows"].state is State.OK
    ObjectSync.objects.filter(pk=sync.pk).update(direction="both")
    found = asked(system)["workflows"]
    assert found.state is State.MANUAL
    assert found.todo == "In such workflows, exclude payments whose source is an invoice."


def test_what_no_account_tells_is_always_for_a_person(system: System) -> None:
    found = asked(system)
    assert {s.key for s in STATEMENTS} == {"agreement", "billing_contact", "accounting_properties", "fees"}
    assert {found[s.key].state for s in STATEMENTS} == {State.MANUAL}
    assert found["fees"].link == "/reports/fees/"


def test_permissions_that_were_not_granted_block(system: System) -> None:
    assert asked(system)["rights"].state is State.OK
    system.left.scopes = [scope for scope in system.left.scopes if not scope.endswith("invoices.read")]
    found = asked(system)["rights"]
    assert (found.state, found.link) == (State.BLOCKED, "/apps/")
    assert found.details == ("crm.objects.invoices.read",)


# ---- accounts that do not answer ------------------------------------------------------------------------------------------------


def revoke(system: System, provider: str) -> None:
    """What happens when somebody removes the app from the account."""
    state = getattr(system.sandboxes, provider).state
    for collection in {"hubspot": ("hubspot/access", "hubspot/refresh"), "quickbooks": ("oauth.access", "oauth.refresh")}[provider]:
        for key, _ in state.all(collection):
            state.delete(collection, key)


def test_an_account_that_refuses_us_is_one_blocked_check_and_the_rest_is_judged(system: System) -> None:
    revoke(system, "quickbooks")
    found = asked(system)
    assert (found["account_right"].state, found["account_right"].title) == (State.BLOCKED, "QuickBooks cannot be read")
    assert found["account_right"].why.startswith("QuickBooks no longer accepts our access.")
    assert found["account_right"].link == "/apps/"
    assert found["payments"].state is State.OK
    assert not {"skus", "country", "closing_date", "home_currency"} & set(found)


def test_services_that_are_down_are_two_blocked_checks_on_the_page(system: System, viewer_browser: Client) -> None:
    for app in (system.sandboxes.hubspot, system.sandboxes.quickbooks):
        app.hook = lambda moment, number, request, reply: Reply(503, "down") if moment == "before" else None
    page = page_of(viewer_browser.get(f"/readiness/{system.left.pk}/{system.right.pk}/"))
    assert "<dt>Blocked</dt><dd>2</dd>" in page
    for name in ("HubSpot", "QuickBooks"):
        assert f"{name} cannot be read" in page
        assert f"{name} does not answer at the moment. Changes are kept." in page


def test_products_that_cannot_be_read_leave_the_other_checks(system: System) -> None:
    def refuse(moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        return Reply(403, "no") if moment == "before" and ("Item" in request.query.get("query", "") or b"Item" in request.body) else None

    system.sandboxes.quickbooks.hook = refuse
    found = asked(system)
    assert (found["skus"].state, found["skus"].title) == (State.BLOCKED, "Products cannot be read")
    assert found["skus"].why == "The connected user may not do this in QuickBooks."
    assert found["country"].state is State.OK


# ---- the page -------------------------------------------------------------------------------------------------------------------


def address(system: System) -> str:
    return f"/readiness/{system.left.pk}/{system.right.pk}/"


def test_a_stranger_sees_nothing(system: System) -> None:
    stranger = Client(SERVER_NAME="localhost")
    for where in ("/readiness/", address(system)):
        assert stranger.get(where).headers["Location"].startswith("/accounts/login/")
    assert stranger.post(address(system)).headers["Location"].startswith("/accounts/login/")


def test_a_viewer_sees_every_check_by_urgency_and_may_check_again(system: System, viewer_browser: Client) -> None:
    books(system).change_settings(revenue_recognition=True)
    page = page_of(viewer_browser.get(address(system)))
    places = [page.index(text) for text in ("Needs attention", "Revenue recognition is on", "Books are not locked", "Only you can check", ">Fine<")]
    assert places == sorted(places)
    assert f"<dt>Blocked</dt><dd>{sum(c.state is State.BLOCKED for c in asked(system).values())}</dd>" in page
    assert all(check.title in page for check in asked(system).values())
    assert "Checked " in page
    assert "Set up your sync" not in page
    again = viewer_browser.post(address(system))
    assert (again.status_code, again.headers["Location"]) == (302, address(system))
    books(system).change_settings(revenue_recognition=False)
    assert "Revenue recognition is off" in page_of(viewer_browser.get(address(system)))


def test_an_admin_goes_on_to_the_set_up_and_later_to_the_overview(system: System, admin_browser: Client) -> None:
    assert "Set up your sync" in page_of(admin_browser.get(address(system)))
    make_sync(system, Kind.CONTACT, "both")
    page = page_of(admin_browser.get(address(system)))
    assert "Set up your sync" not in page
    assert ">Sync overview</a>" in page


def test_items_are_listed_on_demand_and_never_more_than_a_page_bears(system: System, viewer_browser: Client) -> None:
    products_seen(system, *(f"Item <b>{n:03}" for n in range(203)))
    page = page_of(viewer_browser.get(address(system)))
    assert "<summary>List all 203" in page
    assert "<li>Item &lt;b&gt;199</li><li>and 3 more</li>" in page


def test_a_pair_that_is_none_is_not_found(system: System, viewer_browser: Client) -> None:
    for pair in (f"{system.right.pk}/{system.left.pk}", f"{system.left.pk}/{system.left.pk}", f"{system.left.pk}/999999"):
        assert viewer_browser.get(f"/readiness/{pair}/").status_code == 404


def test_the_only_pair_is_opened_and_several_are_offered(system: System, viewer_browser: Client) -> None:
    assert viewer_browser.get("/readiness/").headers["Location"] == address(system)
    other = make_connection("quickbooks", "Second & Company")
    page = page_of(viewer_browser.get("/readiness/"))
    assert f'href="{address(system)}"' in page
    assert f'href="/readiness/{system.left.pk}/{other.pk}/"' in page
    assert "and Second &amp; Company</a>" in page


def test_without_a_pair_the_page_says_what_is_missing(viewer_browser: Client) -> None:
    make_connection("hubspot")
    assert "Two accounts are needed" in page_of(viewer_browser.get("/readiness/"))


def test_the_pages_before_and_after_lead_there(system: System, admin_browser: Client) -> None:
    assert 'href="/readiness/"' in page_of(admin_browser.get("/apps/"))
    assert 'href="/readiness/"' in page_of(admin_browser.get("/syncs/new/"))
    make_sync(system, Kind.CONTACT, "both")
    assert f'href="{address(system)}"' in page_of(admin_browser.get("/syncs/"))
    ObjectSync.objects.create(left=system.left, right=make_connection("quickbooks"), kind=Kind.CONTACT, status="on")
    assert f'href="{address(system)}"' in page_of(admin_browser.get("/syncs/"))


def test_texts_are_made_in_the_language_of_the_reader(system: System) -> None:
    books(system).change_settings(book_close_date="2020-06-30")
    with override("sv"):
        assert "30 juni 2020" in asked(system)["closing_date"].why


# ---- the command ----------------------------------------------------------------------------------------------------------------


def command(*words: str) -> tuple[str, int]:
    """What the command says, and its exit code."""
    out = StringIO()
    try:
        call_command("readiness", *words, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


@pytest.fixture
def nothing_blocked(system: System) -> System:
    connector_for(system.left).setup(Kind.INVOICE)
    invoices = portal(system).tables["invoices"]
    for document in list(invoices.after(0)):
        invoices.change(document, {"hs_invoice_source": "hubspot"}, API)
    return system


def test_the_command_ends_with_one_only_when_something_is_blocked(nothing_blocked: System) -> None:
    said, code = command("--json")
    (pair,) = json.loads(said)["pairs"]
    assert code == 0
    assert pair["accounts"]["quickbooks"] == {"account": DEFAULT_REALM, "name": "Cedar & Slate Landscaping"}
    states = {check["key"]: check["state"] for check in pair["checks"]}
    assert states == {key: check.state.value for key, check in asked(nothing_blocked).items()}
    books(nothing_blocked).change_settings(revenue_recognition=True)
    said, code = command("--json")
    assert code == 1
    assert json.loads(said)["pairs"][0]["checks"][0]["key"] == "revenue_recognition"


def test_the_command_speaks_of_every_pair(nothing_blocked: System) -> None:
    british(nothing_blocked)
    said, code = command()
    assert code == 1
    assert said.count(" and ") >= 2
    assert "  blocked  QuickBooks company is outside the United States." in said
    assert "  ok       QuickBooks company is in the United States." in said


def test_the_command_says_when_there_is_no_pair_and_leaves_out_what_was_disconnected(system: System) -> None:
    Connection.objects.filter(pk=system.right.pk).update(status="disconnected")
    assert command() == ("No pair of accounts is connected.\n", 0)
    assert json.loads(command("--json")[0]) == {"pairs": []}
