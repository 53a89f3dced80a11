from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from conftest import Sandboxes
from connectors.oauth import parse_grant
from connectors.sandbox import quickbooks
from syncconfig import credentials
from syncconfig.models import Connection


@pytest.fixture
def connected(sandboxes: Sandboxes, admin: Any) -> Connection:
    grant = parse_grant("quickbooks", quickbooks.issue(sandboxes.quickbooks, quickbooks.DEFAULT_REALM))
    return credentials.store_consent("quickbooks", grant, quickbooks.DEFAULT_REALM, admin)


@pytest.mark.django_db
def test_an_empty_portal_offers_both_apps(admin_browser: Client) -> None:
    page = admin_browser.get("/apps/").content.decode()

    assert page.count("No account yet") == 2
    assert "/apps/connect/hubspot/" in page
    assert "/apps/connect/quickbooks/" in page


@pytest.mark.django_db
def test_a_viewer_sees_connections_and_no_controls(connected: Connection, viewer_browser: Client) -> None:
    page = viewer_browser.get("/apps/").content.decode()

    assert connected.name.replace("&", "&amp;") in page
    assert "disconnect/" not in page
    assert "/apps/connect/" not in page
    assert viewer_browser.get("/apps/connect/hubspot/").status_code == 403
    assert viewer_browser.post(f"/apps/{connected.pk}/disconnect/").status_code == 403


@pytest.mark.django_db
def test_a_connection_that_ended_asks_to_reconnect(connected: Connection, admin_browser: Client) -> None:
    Connection.objects.update(status="reconnect_needed")
    page = admin_browser.get("/apps/").content.decode()

    assert "Reconnect needed" in page
    assert f'name="connection" value="{connected.pk}"' in page


@pytest.mark.django_db
def test_the_connect_page_lists_what_is_asked_for(sandboxes: Sandboxes, admin_browser: Client) -> None:
    answer = admin_browser.get("/apps/connect/quickbooks/")

    assert "com.intuit.quickbooks.accounting" in answer.content.decode()
    assert sandboxes.servers["quickbooks"].url in answer["Content-Security-Policy"]
    assert admin_browser.get("/apps/connect/elsewhere/").status_code == 404


@pytest.mark.django_db
def test_disconnecting_asks_first(connected: Connection, admin_browser: Client) -> None:
    assert "Disconnect" in admin_browser.get(f"/apps/{connected.pk}/disconnect/").content.decode()
    assert Connection.objects.get().status == "connected"

    answer = admin_browser.post(f"/apps/{connected.pk}/disconnect/")

    assert Connection.objects.get().status == "disconnected"
    assert "Our access was revoked" in str(next(iter(get_messages(answer.wsgi_request))))
    assert admin_browser.post(f"/apps/{connected.pk}/disconnect/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "{{ settings.SECRET_KEY }}"])
def test_a_hostile_company_name_is_only_text(name: str, connected: Connection, admin_browser: Client) -> None:
    Connection.objects.update(name=name)
    for address in ("/apps/", f"/apps/{connected.pk}/disconnect/"):
        page = admin_browser.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "SECRET_KEY" not in page or "{{ settings.SECRET_KEY }}" in page


@pytest.mark.django_db
def test_the_start_page_leads_to_the_apps(admin_browser: Client) -> None:
    assert admin_browser.get("/")["Location"] == "/apps/"
