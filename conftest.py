"""Shared by all tests: a database that several threads and processes can open, both simulations on free ports, and the people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client
from django.utils import translation

from connectors.sandbox.server import Server
from syncconfig.sandboxes import build_sandboxes

pytest_plugins = ["connectors.tests.conformance.plugin"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that two processes end together."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file of this test run: the in-memory default locks whole tables and would hide what the product does."""
    database = connections["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "tandem.sqlite3")


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """A slow hash is right in the product and wasted time here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A page asked for in Swedish leaves its thread in Swedish: the next test begins in the language of the settings."""
    yield
    translation.deactivate()


@dataclass(frozen=True)
class Sandboxes:
    """Both simulations. `hubspot` and `quickbooks` are the apps, whose switches and state a test may turn."""

    servers: dict[str, Server]

    def __getattr__(self, key: str) -> Any:
        return self.servers[key].app

    def consent(self, address: str, *, cancel: bool = False, account: str = "") -> str:
        """Do what a person does on a provider's consent page; gives the address of the callback, with its query."""
        parts = urlsplit(address)
        shown = requests.get(address, timeout=5)
        assert shown.status_code == 200, shown.text
        hubspot = parts.path == "/oauth/authorize"
        path = {(True, False): "/connect", (True, True): "/cancel", (False, False): "", (False, True): "/cancel"}[hubspot, cancel]
        field = "portal" if hubspot else "realm"
        app = self.hubspot if hubspot else self.quickbooks
        chosen = account or next(iter(app.accounts if hubspot else app.companies))
        answer = requests.post(
            f"{parts.scheme}://{parts.netloc}{parts.path}{path}?{parts.query}", data={field: chosen}, allow_redirects=False, timeout=5
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@pytest.fixture
def sandboxes(settings: Any) -> Iterator[Sandboxes]:
    """Both simulations with the sample company, and a portal that speaks to them."""
    apps = build_sandboxes(None)
    apps["hubspot"].switches.limit = apps["hubspot"].switches.search_limit = None
    apps["quickbooks"].switches.limit_scale = 0
    servers = {key: Server(app).start() for key, app in apps.items()}
    settings.PROVIDERS = "sandbox"
    settings.SANDBOX_PACE = 0
    settings.SANDBOX_URLS = {key: server.url for key, server in servers.items()}
    settings.PROVIDER_CLIENTS = {"hubspot": ("", ""), "quickbooks": ("", "")}
    for server in servers.values():
        server.app.keep_log = True
    yield Sandboxes(servers)
    for server in servers.values():
        server.stop()


@pytest.fixture
def admin(db: None) -> User:
    """Alice may do everything."""
    return User.objects.create_superuser("alice", "alice@tandem.example", "a long enough sentence")


@pytest.fixture
def viewer(db: None) -> User:
    """Bob may look."""
    return User.objects.create_user("bob", "bob@tandem.example", "another long sentence")


@pytest.fixture
def connector_person(viewer: User) -> User:
    """Charlie may connect accounts, and is no superuser."""
    viewer.user_permissions.add(Permission.objects.get(codename="connect"))
    return User.objects.get(pk=viewer.pk)


@pytest.fixture
def admin_browser(admin: User) -> Client:
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(admin)
    return browser


@pytest.fixture
def viewer_browser(viewer: User) -> Client:
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(viewer)
    return browser
