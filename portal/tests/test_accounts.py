"""Accounts as they are given to us: a token instead of a consent, permissions that may be left out, an access that ends, what an account can do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from conftest import Sandboxes
from connectors.errors import Unauthorized
from connectors.registry import PROVIDERS
from connectors.sandbox.hubspot import CLIENT_ID, PORTAL_ID, oauth
from connectors.vocabulary import Direction, Kind
from syncconfig import budgets, credentials, drafts, tasks
from syncconfig.budgets import DatabaseLedger
from syncconfig.capabilities import capabilities
from syncconfig.models import Connection, Notification
from syncconfig.specs import keyed, prepare
from syncconfig.tests.system import work
from syncconfig.tests.town import Town, running


def said(answer: HttpResponse) -> str:
    return " ".join(str(m) for m in get_messages(answer.wsgi_request))


def token_of(sandboxes: Any, scopes: tuple[str, ...] = PROVIDERS["hubspot"].asked_scopes) -> str:
    return str(oauth.issue(sandboxes.hubspot, {"client": CLIENT_ID, "portal": str(PORTAL_ID), "scopes": list(scopes)})["access_token"])


# A token of a private app


@pytest.mark.django_db
def test_a_token_of_a_private_app_connects_its_account_and_is_never_shown(sandboxes: Sandboxes, admin_browser: Client) -> None:
    token = token_of(sandboxes)
    answer = admin_browser.post("/connections/hubspot/token/", {"token": f" {token} "})
    connection = Connection.objects.get()
    assert (answer["Location"], connection.status, connection.account_id) == ("/apps/", "connected", str(PORTAL_ID))
    assert "is connected" in said(answer)
    assert credentials.connector_for(connection).account().id == str(PORTAL_ID)
    assert not [e for e in sandboxes.hubspot.log if e.path.endswith("/token")]
    assert token not in connection.credentials
    assert token not in admin_browser.get("/apps/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "words"), [("wrong", "did not accept"), ("two words", "not an access token"), ("", "required"), ("ä", "not an access token")]
)
def test_a_wrong_token_is_refused_in_one_sentence_and_nothing_is_stored(sandboxes: Sandboxes, admin_browser: Client, token: str, words: str) -> None:
    answer = admin_browser.post("/connections/hubspot/token/", {"token": token})
    assert words in said(answer)
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_only_hubspot_has_such_tokens_and_only_who_may_connect_gives_one(sandboxes: Sandboxes, admin_browser: Client, viewer_browser: Client) -> None:
    assert admin_browser.post("/connections/quickbooks/token/", {"token": "x"}).status_code == 404
    assert viewer_browser.post("/connections/hubspot/token/", {"token": token_of(sandboxes)}).status_code == 403
    assert "Use a token of a private app" in admin_browser.get("/apps/connect/hubspot/").content.decode()
    assert "private app" not in admin_browser.get("/apps/connect/quickbooks/").content.decode()


@pytest.mark.django_db
def test_a_token_that_ends_asks_for_a_person_and_is_not_renewed(sandboxes: Sandboxes, admin: User) -> None:
    connection = credentials.store_token("hubspot", token_of(sandboxes), admin)
    for key, _ in sandboxes.hubspot.state.all("hubspot/access"):
        sandboxes.hubspot.state.delete("hubspot/access", key)
    with pytest.raises(Unauthorized):
        credentials.connector_for(connection).account()
    connection.refresh_from_db()
    assert connection.status == "reconnect_needed"
    assert not [e for e in sandboxes.hubspot.log if e.path.endswith("/token")]


@pytest.mark.django_db
def test_a_token_is_forgotten_here_and_has_to_be_ended_at_hubspot(sandboxes: Sandboxes, admin: User, admin_browser: Client) -> None:
    connection = credentials.store_token("hubspot", token_of(sandboxes), admin)
    answer = admin_browser.post(f"/apps/{connection.pk}/disconnect/")
    assert "Remove Tandem in the settings of HubSpot too" in said(answer)
    connection.refresh_from_db()
    assert (connection.status, connection.credentials) == ("disconnected", "")


@pytest.mark.django_db
def test_where_the_client_id_is_not_set_a_token_still_works_and_a_consent_is_refused_in_a_sentence(
    sandboxes: Sandboxes, admin: User, admin_browser: Client, settings: Any
) -> None:
    credentials.store_token("hubspot", token_of(sandboxes), admin)
    Connection.objects.update(status="reconnect_needed")
    page = admin_browser.get("/apps/").content.decode()
    assert "Give a new token" in page
    assert 'name="connection"' not in page
    settings.PROVIDERS = "live"
    answer = admin_browser.post("/connections/hubspot/connect/")
    assert (answer.status_code, answer["Location"]) == (302, "/apps/")
    assert "The client id of the HubSpot app is not set" in said(answer)


# Permissions that may be left out


@pytest.mark.django_db
def test_what_an_account_may_lack_is_asked_for_apart_whatever_the_address_says(sandboxes: Sandboxes, admin_browser: Client) -> None:
    answer = admin_browser.post("/connections/hubspot/connect/?scope=everything&auth_params=optional_scope%3Dmore")
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert sorted(asked["scope"][0].split()) == sorted(PROVIDERS["hubspot"].scopes)
    assert asked["optional_scope"][0].split() == list(PROVIDERS["hubspot"].optional_scopes)


@pytest.mark.django_db
def test_without_the_permissions_for_payments_everything_else_works_and_the_page_says_what_happens_instead(
    sandboxes: Sandboxes, admin_browser: Client
) -> None:
    answer = admin_browser.post("/connections/hubspot/token/", {"token": token_of(sandboxes, PROVIDERS["hubspot"].scopes)})
    assert "did not" not in said(answer)
    left = Connection.objects.get()
    assert left.details["payments"] == "no"
    assert drafts.followers_of(Kind.INVOICE, left) == [Kind.NOTE]
    page = unescape(admin_browser.get("/apps/").content.decode())
    assert "Payments are shown on the deal instead" in page


# An access that ends


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


def test_the_hard_end_of_an_access_is_asked_for_and_kept(town: Town, transactional_db: None) -> None:
    connection = credentials._read(town.right.pk)
    credentials.renewed_grant(town.right.pk, connection.version)
    town.right.refresh_from_db()
    assert town.right.ends_at is not None
    assert timedelta(days=1800) < town.right.ends_at - timezone.now() < timedelta(days=1830)
    assert town.left.ends_at is None


@pytest.mark.django_db(transaction=True)
def test_people_are_told_a_month_and_a_week_before_an_access_ends_once_each(town: Town, admin: User, admin_browser: Client) -> None:
    now = timezone.now()
    told = []
    for days in (40, 29, 20, 6.5, 3):
        Connection.objects.filter(pk=town.right.pk).update(ends_at=now + timedelta(days=days))
        tasks.dispatch()
        told.append(Notification.objects.filter(user=admin, kind="access_ends").count())
        # What was told was told as long ago as the days have gone by since.
        Connection.objects.exclude(warned_at=None).update(warned_at=now - timedelta(days=1))
    assert told == [0, 1, 1, 2, 2]
    page = unescape(admin_browser.get("/apps/").content.decode())
    assert "ends this access on" in page
    assert f'name="connection" value="{town.right.pk}"' in page
    assert "ends our access to" in unescape(admin_browser.get("/notifications/").content.decode())


# What an account can do


def fill_unique(town: Town, kind: str) -> None:
    """Ten unique properties, which is all an object may have."""
    account = town.hubspot
    for number in range(10):
        made = {"name": f"own_{number}", "label": f"Own {number}", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
        account.put_definition(kind, {**account.definitions(kind)["email"], **made, "hubspotDefined": False, "hasUniqueValue": True})


@pytest.mark.django_db(transaction=True)
def test_where_hubspot_takes_no_more_unique_properties_nothing_is_created_there_and_the_other_way_works(town: Town, admin_browser: Client) -> None:
    town.sandboxes.hubspot.state.delete(f"hubspot/{PORTAL_ID}/properties/contacts", "tandem_quickbooks_id")
    definitions = town.hubspot._definitions["contacts"]
    definitions.pop("tandem_quickbooks_id", None)
    fill_unique(town, "contacts")
    prepare(town.left, credentials.connector_for(town.left), Kind.CONTACT)
    assert not keyed(town.left, Kind.CONTACT)
    assert definitions["tandem_quickbooks_id"]["hasUniqueValue"] is False

    sync = town.start(Kind.CONTACT, town.clock.now())
    sync.direction = Direction.BOTH
    assert [p.step for p in drafts.problems(sync)] == ["choose"]
    sync.direction = Direction.TO_RIGHT
    sync.save()
    assert drafts.problems(sync) == []
    drafts.set_rules(sync, Direction.TO_RIGHT, ())
    town.customer(DisplayName="Stays in the books", GivenName="Stays", PrimaryEmailAddr="stays@example.com")
    contact = town.contact(email="ann@example.com", firstname="Ann", lastname="Lee")
    town.settled(town.turn_on(sync))
    assert town.customer_of("ann@example.com")["GivenName"] == "Ann"
    assert list(town.contacts()) == [contact]
    unmarked = next(c for c in capabilities(town.left) if c.name == "Unique properties")
    assert not unmarked.there
    assert "contacts" in unmarked.meaning


@pytest.mark.django_db(transaction=True)
def test_each_account_says_what_it_can_do(town: Town, admin_browser: Client) -> None:
    for connection in (town.left, town.right):
        assert all(one.meaning for one in capabilities(connection))
    page = unescape(admin_browser.get("/apps/").content.decode())
    for words in ("Payment records", "Unique properties", "Several currencies", "Sales tax", "Custom fields on invoices"):
        assert words in page


# Reads that are counted


@pytest.mark.django_db(transaction=True)
def test_reads_are_shown_and_a_limit_is_set_by_who_may_connect(town: Town, admin_browser: Client, viewer_browser: Client) -> None:
    sync = town.set_up()
    town.settled(sync)
    used = budgets.reads(town.right, datetime.now(UTC)).used
    assert used
    assert f"QuickBooks counted {used} reads this month" in unescape(admin_browser.get("/syncs/").content.decode())
    assert f"{used} reads this month" in unescape(admin_browser.get("/apps/").content.decode())
    assert viewer_browser.post(f"/apps/{town.right.pk}/reads/", {"cap": "1000"}).status_code == 403
    assert "Saved." in said(admin_browser.post(f"/apps/{town.right.pk}/reads/", {"cap": "1000"}))
    assert budgets.reads(town.right, datetime.now(UTC)).cap == 1000
    assert "at most 1000" in unescape(admin_browser.get("/apps/").content.decode())
    assert "greater than or equal to 100" in said(admin_browser.post(f"/apps/{town.right.pk}/reads/", {"cap": "5"}))
    admin_browser.post(f"/apps/{town.right.pk}/reads/", {"cap": ""})
    assert budgets.reads(town.right, datetime.now(UTC)).cap is None


@pytest.mark.django_db(transaction=True)
def test_a_sync_whose_reads_are_used_up_says_so_and_goes_on_with_a_higher_limit(town: Town, admin_browser: Client) -> None:
    sync = town.set_up()
    town.settled(sync)
    DatabaseLedger(town.right.pk).change(lambda state: state.update(cap=1))
    town.run(sync)
    assert "Reads of this month used up" in unescape(admin_browser.get("/syncs/").content.decode())
    admin_browser.post(f"/apps/{town.right.pk}/reads/", {"cap": "100000"})
    tasks.dispatch()
    assert work() == ["succeeded"]
