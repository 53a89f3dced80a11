"""Which addresses the portal may speak to at all (security S40)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

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
    """S40."""
    settings.PROVIDERS = "live"
    settings.PROVIDER_URLS = {key: {"api": "http://127.0.0.1:1"}}

    assert endpoints(key) == PROVIDERS[key].live


def test_the_trial_environment_has_its_own_hosts(settings: Any) -> None:
    settings.PROVIDERS = "live"
    settings.PROVIDER_TRIAL = {"quickbooks": True}

    assert endpoints("quickbooks").api != PROVIDERS["quickbooks"].live.api


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://localhost:1/", "http://[::1]:8001"])
def test_loopback_addresses_are_accepted(url: str) -> None:
    """S40: those of other simulations, for tests."""
    assert loopback(url) == url.rstrip("/")


@pytest.mark.parametrize("url", [*DANGEROUS, ""])
def test_other_addresses_are_refused(url: str, settings: Any) -> None:
    """S40: a name would be looked up again at every call, and could lead anywhere by then; so could another way to write a number."""
    settings.PROVIDERS = "custom"
    settings.PROVIDER_URLS = {"hubspot": {"api": url}}

    with pytest.raises(ImproperlyConfigured):
        endpoints("hubspot")


@contextmanager
def cut_off() -> Iterator[list[str]]:
    """Every name that is looked up and every host that is connected to; nothing answers."""
    asked: list[str] = []

    def look_up(host: str, *rest: Any) -> Any:
        asked.append(host)
        raise OSError("there is no network here")

    def connect(self: socket.socket, where: Any) -> None:
        look_up(str(where[0]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr("connectors.http.backoff", lambda attempt: 0.0)
        yield asked


@pytest.mark.django_db
def test_no_connection_is_begun_to_a_dangerous_address(sandboxes: Sandboxes, admin: Any) -> None:
    """S40: neither for a call, nor for a new token, nor to end the old one; whichever address of which simulation it is."""
    System(sandboxes, admin)
    with cut_off() as asked:
        ways = product(("sandbox", "custom"), DANGEROUS, Connection.objects.all(), ("api", "token", "revoke", "authorize"), ASKED)
        for way, url, row, part, ask in ways:
            urls = {row.provider: {"api": sandboxes.servers[row.provider].url, part: url}}
            with override_settings(PROVIDERS=way, PROVIDER_URLS=urls, SANDBOX_URLS={row.provider: url}), pytest.raises(ImproperlyConfigured):
                ask(row)
            Connection.objects.update(**credentials.NO_LEASE)
    assert asked == []


@pytest.mark.django_db
def test_a_live_portal_looks_up_the_names_of_the_tables_and_no_other(sandboxes: Sandboxes, admin: Any, settings: Any) -> None:
    """S40: whatever addresses of tests the environment still holds."""
    System(sandboxes, admin)
    settings.PROVIDERS = "live"
    settings.PROVIDER_CLIENTS = dict.fromkeys(PROVIDERS, ("client", "secret"))
    settings.PROVIDER_URLS = {key: dict.fromkeys(("api", "authorize", "token", "revoke", "userinfo"), "http://127.0.0.1:1") for key in PROVIDERS}
    settings.SANDBOX_URLS = dict.fromkeys(PROVIDERS, "http://169.254.169.254")
    for row in Connection.objects.all():
        live = PROVIDERS[row.provider].live
        with cut_off() as asked:
            for ask in ASKED:
                with suppress(ConnectorError):
                    ask(row)
        assert set(asked) == {urlsplit(url).hostname for url in (live.api, live.token, live.revoke)}


@pytest.mark.parametrize("key", list(PROVIDERS))
def test_the_addresses_of_the_tables_are_names_under_https(key: str) -> None:
    """S40: of the providers themselves."""
    for found in filter(None, (PROVIDERS[key].live, PROVIDERS[key].trial)):
        for url in (found.api, found.authorize, found.token, found.revoke, found.userinfo, found.web):
            assert urlsplit(url).scheme == "https"
            assert str(urlsplit(url).hostname).endswith((".hubapi.com", ".hubspot.com", ".intuit.com"))


def test_custom_addresses_replace_those_of_the_simulation(settings: Any) -> None:
    settings.PROVIDERS = "custom"
    settings.PROVIDER_URLS = {"quickbooks": {"api": "http://127.0.0.1:5", "token": "http://127.0.0.1:6/token", "authorize": ""}}

    found = endpoints("quickbooks")
    assert (found.api, found.token) == ("http://127.0.0.1:5", "http://127.0.0.1:6/token")
    assert found.authorize.startswith("http://127.0.0.1:5/")


def test_live_without_a_client_is_not_configured(settings: Any) -> None:
    """S65."""
    settings.PROVIDERS = "live"
    settings.PROVIDER_CLIENTS = {"hubspot": ("", "")}

    assert not configured("hubspot")
    with pytest.raises(ImproperlyConfigured):
        client("hubspot")
