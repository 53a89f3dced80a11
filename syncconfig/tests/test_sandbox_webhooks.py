"""The bundled simulations tell the portal of changes, and it takes what they sign."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.hubspot import oauth
from syncconfig.management.commands.sandbox import portal
from syncconfig.sandboxes import build_sandboxes


def test_the_simulations_call_the_portal_they_are_built_for() -> None:
    for key, app in build_sandboxes(None, scale=3, webhooks="http://localhost:8000").items():
        assert app.webhooks.target == f"http://localhost:8000/webhooks/{key}/"
        assert 0 < app.webhooks.mail.delay < 1
        assert app.webhooks.waiting == 0


def test_without_a_portal_they_call_nobody() -> None:
    assert [app.webhooks.target for app in build_sandboxes(None, scale=3).values()] == ["", ""]


@pytest.mark.parametrize(
    ("providers", "site", "told"),
    [
        ("sandbox", "http://localhost:8000", "http://localhost:8000"),
        ("sandbox", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("sandbox", "https://tandem.example.com", ""),
        ("sandbox", "http://10.0.0.5:8000", ""),
        ("live", "http://localhost:8000", ""),
        ("custom", "http://localhost:8000", ""),
    ],
)
def test_only_a_portal_on_this_machine_that_speaks_to_them_is_told(settings: Any, providers: str, site: str, told: str) -> None:
    settings.PROVIDERS, settings.SITE_URL = providers, site
    assert portal() == told


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["classic", "newer"])
def test_the_portal_takes_what_they_sign(live_server: Any, settings: Any, sandboxes: Any, form: str) -> None:
    settings.SITE_URL = live_server.url
    oauth.issue(sandboxes.hubspot, {"client": hubspot.CLIENT_ID, "portal": str(hubspot.PORTAL_ID), "scopes": []})
    quickbooks.issue(sandboxes.quickbooks, quickbooks.DEFAULT_REALM)
    formats = {"hubspot": "generic", "quickbooks": "cloudevents"}
    places = {
        "hubspot": (f"contacts/{hubspot.PORTAL_ID}/objects/0-1/new", {"email": "new@example.com", "firstname": "Åsa"}),
        "quickbooks": (f"companies/{quickbooks.DEFAULT_REALM}/customer/new", {"DisplayName": "Åsa"}),
    }
    for key, (place, values) in places.items():
        webhooks = sandboxes.servers[key].app.webhooks
        webhooks.subscriptions.format = "classic" if form == "classic" else formats[key]
        webhooks.target = f"{live_server.url}/webhooks/{key}/"
        requests.post(f"{sandboxes.servers[key].url}/{place}", data=values, allow_redirects=False, timeout=5)
        assert webhooks.settle()
        assert [delivery.status for delivery in webhooks.deliveries] == [200]
        webhooks.target = ""
