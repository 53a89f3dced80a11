"""Which addresses the portal may speak to at all (security S40)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured

from conftest import Sandboxes
from connectors.errors import ConnectorError
from connectors.registry import PROVIDERS
from syncconfig import credentials
from syncconfig.models import Connection
from syncconfig.providers import client, configured, endpoints, loopback
from syncconfig.tests.system import System

DANGEROUS = [
    "http://169.254.169.254",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1",
    "http://192.168.0.1:8001",
    "http://example.com",
    "https://api.hubapi.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://127.0.0.1@evil.example",
    "http://127.0.0.1\\@evil.example",
    "http://127.0.0.1:80@169.254.169.254",
    "http://user@127.0.0.1",
    "http://user:word@localhost",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://127.1",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::ffff:169.254.169.254]",
    "http://[fd00::1]",
    "http://inside.example",
    "file:///etc/passwd",
    "ftp://127.0.0.1",
    "//127.0.0.1",
    "127.0.0.1:8001",
]
ASKED: list[Callable[[Connection], object]] = [
    lambda row: credentials.connector_for(row).account(),
    lambda row: credentials.renewed_grant(row.pk, row.credentials_version),
    credentials.disconnect,
]


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


@pytest.mark.parametrize("url", [*DANGEROUS, ""])
def test_other_addresses_are_refused(url: str, settings: Any) -> None:
    """S40: a name would be looked up again at every call, and could lead anywhere by then; so could another way to write a number."""
    settings.PROVIDERS = "custom"
    settings.PROVIDER_URLS = {"hubspot": {"api": url}}

    with pytest.raises(ImproperlyConfigured):
        endpoints("hubspot")


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every name that is looked up and every address that is connected to; nothing answers."""
    asked: list[Any] = []

    def refuse(*where: Any, **more: Any) -> Any:
        asked.append(where)
        raise OSError("there is no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return asked


@pytest.mark.django_db
@pytest.mark.parametrize("url", DANGEROUS)
def test_no_connection_is_begun_to_a_dangerous_address(url: str, sandboxes: Sandboxes, admin: Any, settings: Any, dialled_later: Any) -> None:
    """S40: neither for a call, nor for a new token, nor to end the old one; whichever of a provider's addresses it is."""
    System(sandboxes, admin)
    good = {key: server.url for key, server in sandboxes.servers.items()}
    dialled = dialled_later()
    settings.PROVIDERS = "custom"
    for row in Connection.objects.all():
        for part in ("api", "token", "revoke", "authorize"):
            settings.PROVIDER_URLS = {row.provider: {"api": good[row.provider], part: url}}
            for ask in ASKED:
                with pytest.raises(ImproperlyConfigured):
                    ask(row)
    assert dialled == []


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
