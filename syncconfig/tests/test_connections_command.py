from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from conftest import Sandboxes
from connectors.oauth import parse_grant
from connectors.sandbox import quickbooks
from syncconfig import credentials
from syncconfig.models import Connection

REALM = quickbooks.DEFAULT_REALM


@pytest.fixture
def connected(sandboxes: Sandboxes, admin: Any) -> Connection:
    grant = parse_grant("quickbooks", quickbooks.issue(sandboxes.quickbooks, REALM))
    return credentials.store_consent("quickbooks", grant, REALM, admin)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_list_says_when_there_is_none() -> None:
    assert run("connections", "list").strip() == "No account is connected."
    assert json.loads(run("connections", "list", "--json")) == {"connections": []}


@pytest.mark.django_db
def test_list_and_check_tell_the_same_account(connected: Connection) -> None:
    listed = json.loads(run("connections", "list", "--json"))["connections"][0]
    checked = json.loads(run("connections", "check", "--json"))["connections"][0]

    assert listed["account"] == REALM
    assert checked == {**listed, "ok": True, "problem": ""}


@pytest.mark.django_db
def test_check_fails_when_the_access_ended(connected: Connection, sandboxes: Sandboxes, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("oauth.access", "oauth.refresh"):
        for token, _ in sandboxes.quickbooks.state.all(kind):
            sandboxes.quickbooks.state.delete(kind, token)

    with pytest.raises(SystemExit) as ended:
        run("connections", "check")
    assert ended.value.code == 1
    assert Connection.objects.get().status == "reconnect_needed"


@pytest.mark.django_db
def test_disconnect_by_number(connected: Connection) -> None:
    """S63."""
    run("connections", "disconnect", "quickbooks", REALM)

    assert Connection.objects.get().status == "disconnected"
    with pytest.raises(CommandError):
        run("connections", "disconnect", "quickbooks", "unknown")


@pytest.mark.django_db
def test_rotatekeys_moves_credentials_so_that_the_old_key_can_go(connected: Connection, settings: Any) -> None:
    """S61."""
    new = Fernet.generate_key().decode()
    settings.TOKEN_KEYS = [new, *settings.TOKEN_KEYS]
    run("rotatekeys")
    settings.TOKEN_KEYS = [new]

    assert credentials.connector_for(connected).account().id == REALM


@pytest.mark.django_db
def test_rotatekeys_stops_when_a_key_is_missing(connected: Connection, settings: Any) -> None:
    """S61: and says which setting is wrong."""
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(CommandError, match="TOKEN_KEYS"):
        run("rotatekeys")
