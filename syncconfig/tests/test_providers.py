from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from connectors.registry import PROVIDERS
from syncconfig.providers import client, configured, endpoints, loopback


@pytest.mark.parametrize("key", list(PROVIDERS))
def test_live_speaks_to_the_addresses_of_the_tables_only(key: str, settings: Any) -> None:
    settings.PROVIDERS = "live"
    settings.PROVIDER_URLS = {key: {"api": "http://127.0.0.1:1"}}

    assert endpoints(key) == PROVIDERS[key].live


def test_the_trial_environment_has_its_own_hosts(settings: Any) -> None:
    settings.PROVIDERS = "live"
    settings.PROVIDER_TRIAL = {"quickbooks": True}

    assert endpoints("quickbooks").api != PROVIDERS["quickbooks"].live.api


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://localhost:1/", "http://[::1]:8001"])
def test_loopback_addresses_are_accepted(url: str) -> None:
    assert loopback(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://example.com",
        "http://localhost.example.com",
        "http://127.0.0.1@evil.example",
        "http://user@127.0.0.1",
        "http://2130706433",
        "http://0.0.0.0",
        "file:///etc/passwd",
        "",
    ],
)
def test_other_addresses_are_refused(url: str, settings: Any) -> None:
    settings.PROVIDERS = "custom"
    settings.PROVIDER_URLS = {"hubspot": {"api": url}}

    with pytest.raises(ImproperlyConfigured):
        endpoints("hubspot")


def test_custom_addresses_replace_those_of_the_simulation(settings: Any) -> None:
    settings.PROVIDERS = "custom"
    settings.PROVIDER_URLS = {"quickbooks": {"api": "http://127.0.0.1:5", "token": "http://127.0.0.1:6/token", "authorize": ""}}

    found = endpoints("quickbooks")
    assert (found.api, found.token) == ("http://127.0.0.1:5", "http://127.0.0.1:6/token")
    assert found.authorize.startswith("http://127.0.0.1:5/")


def test_live_without_a_client_is_not_configured(settings: Any) -> None:
    settings.PROVIDERS = "live"
    settings.PROVIDER_CLIENTS = {"hubspot": ("", "")}

    assert not configured("hubspot")
    with pytest.raises(ImproperlyConfigured):
        client("hubspot")
