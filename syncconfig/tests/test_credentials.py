from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from conftest import Sandboxes
from connectors import oauth
from connectors.errors import ConnectorError, Unauthorized, Unavailable
from connectors.oauth import Grant, parse_grant
from connectors.sandbox import quickbooks
from connectors.sandbox.server import Closed
from syncconfig import credentials
from syncconfig.encryption import CannotDecrypt
from syncconfig.models import Connection

REALM = quickbooks.DEFAULT_REALM
THREADS = 8


@pytest.fixture
def connected(sandboxes: Sandboxes, admin: Any) -> Connection:
    """A QuickBooks company that was connected just now."""
    grant = parse_grant("quickbooks", quickbooks.issue(sandboxes.quickbooks, REALM))
    return credentials.store_consent("quickbooks", grant, REALM, admin)


def refreshes(sandboxes: Sandboxes) -> int:
    return sum(entry.path.endswith("/tokens/bearer") for entry in sandboxes.quickbooks.log)


def expire(sandboxes: Sandboxes) -> None:
    """Every access token has ended at the provider, before its time."""
    for token, access in sandboxes.quickbooks.state.all("oauth.access"):
        sandboxes.quickbooks.state.put("oauth.access", token, {**access, "expires": 0})


def at_once(act: Callable[[], Any], times: int = THREADS) -> list[Any]:
    """Run it in several threads that start together; gives what each returned or raised."""
    results: list[Any] = []
    start = threading.Barrier(times)

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        except ConnectorError as error:
            results.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db
def test_a_connector_speaks_with_the_stored_token(connected: Connection, sandboxes: Sandboxes) -> None:
    account = credentials.connector_for(connected).account()

    assert account.id == REALM
    assert refreshes(sandboxes) == 0


@pytest.mark.django_db
def test_the_row_shows_no_secret(connected: Connection, sandboxes: Sandboxes) -> None:
    """S60, S64."""
    secrets = [token for kind in ("oauth.access", "oauth.refresh") for token, _ in sandboxes.quickbooks.state.all(kind)]

    assert connected.credentials.startswith("v1$")
    for secret in secrets:
        assert secret not in repr(connected) + str(connected) + repr(vars(connected))


@pytest.mark.django_db
def test_credentials_of_another_row_do_not_open(connected: Connection) -> None:
    """S60."""
    other = Connection.objects.create(provider="quickbooks", account_id="2", name="Other", credentials=connected.credentials)

    with pytest.raises(CannotDecrypt):
        credentials.connector_for(other).account()


@pytest.mark.django_db
def test_a_token_near_its_end_is_renewed_and_stored_before_it_is_given(connected: Connection, sandboxes: Sandboxes) -> None:
    """S62."""
    held = credentials._read(connected.pk)
    ending = Grant(held.grant.access_token, held.grant.refresh_token, timezone.now() + timedelta(seconds=30))
    credentials._store(connected, held, ending)

    token = credentials.TokenSource(connected.pk)(False)

    assert token != held.grant.access_token
    assert Connection.objects.get().credentials_version == 3
    assert refreshes(sandboxes) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_connectors_with_a_refused_token_spend_one_refresh(connected: Connection, sandboxes: Sandboxes) -> None:
    """S62."""
    sandboxes.quickbooks.switches.limit_scale = 0
    expire(sandboxes)

    answers = at_once(lambda: credentials.connector_for(connected).account().id)

    assert answers == [REALM] * THREADS
    assert refreshes(sandboxes) == 1
    assert Connection.objects.get().credentials_version == 2
    assert Connection.objects.get().lease_holder == ""


@pytest.mark.django_db(transaction=True)
def test_eight_threads_of_one_connector_spend_one_refresh(connected: Connection, sandboxes: Sandboxes) -> None:
    """S62."""
    sandboxes.quickbooks.switches.limit_scale = 0
    connector = credentials.connector_for(connected)
    connector.account()
    expire(sandboxes)

    assert at_once(lambda: connector.account().id) == [REALM] * THREADS
    assert refreshes(sandboxes) == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_is_free_while_the_provider_thinks(connected: Connection, sandboxes: Sandboxes) -> None:
    expire(sandboxes)
    thinking, done = threading.Event(), threading.Event()

    def hook(moment: str, _number: int, request: Any, _reply: Any) -> None:
        if moment == "before" and request.path.endswith("/tokens/bearer"):
            thinking.set()
            assert done.wait(10)

    sandboxes.quickbooks.hook = hook
    renewing = threading.Thread(target=lambda: (credentials.renewed_grant(connected.pk, 1), database.close()))
    renewing.start()
    assert thinking.wait(10)
    Connection.objects.create(provider="hubspot", account_id="7", name="Written meanwhile")
    done.set()
    renewing.join(10)

    assert Connection.objects.get(pk=connected.pk).credentials_version == 2


@pytest.mark.django_db
def test_a_dead_grant_asks_for_a_person_and_stops_every_call(connected: Connection, sandboxes: Sandboxes) -> None:
    """S62, S63."""
    for kind in ("oauth.access", "oauth.refresh"):
        for token, _ in sandboxes.quickbooks.state.all(kind):
            sandboxes.quickbooks.state.delete(kind, token)
    connector = credentials.connector_for(connected)

    with pytest.raises(Unauthorized):
        connector.account()
    connected.refresh_from_db()
    assert connected.status == "reconnect_needed"
    assert connected.last_error.startswith("invalid_grant")

    served = sandboxes.quickbooks.served
    with pytest.raises(Unauthorized):
        credentials.connector_for(connected).account()
    assert sandboxes.quickbooks.served == served


@pytest.mark.django_db
def test_a_newer_grant_of_somebody_else_survives_our_dead_one(connected: Connection, sandboxes: Sandboxes, admin: Any) -> None:
    old = credentials._read(connected.pk)
    for kind in ("oauth.access", "oauth.refresh"):
        for token, _ in sandboxes.quickbooks.state.all(kind):
            sandboxes.quickbooks.state.delete(kind, token)
    fresh = parse_grant("quickbooks", quickbooks.issue(sandboxes.quickbooks, REALM))
    credentials.store_consent("quickbooks", fresh, REALM, admin)

    held = credentials._renew(connected.pk, old, "nobody")

    assert held.grant.access_token == fresh.access_token
    assert Connection.objects.get().status == "connected"


@pytest.mark.django_db
def test_a_provider_that_is_down_costs_neither_lease_nor_grant(connected: Connection, sandboxes: Sandboxes) -> None:
    def hook(moment: str, _number: int, request: Any, _reply: Any) -> None:
        if moment == "before" and request.path.endswith("/tokens/bearer"):
            raise Closed

    sandboxes.quickbooks.hook = hook
    with pytest.raises(Unavailable):
        credentials.renewed_grant(connected.pk, 1)
    row = Connection.objects.get()
    assert (row.status, row.lease_holder, row.lease_until) == ("connected", "", None)

    sandboxes.quickbooks.hook = None
    assert credentials.renewed_grant(connected.pk, 1).version == 2


@pytest.mark.django_db
def test_a_lease_whose_holder_died_runs_out(connected: Connection) -> None:
    Connection.objects.update(lease_holder="dead", lease_until=timezone.now() - timedelta(seconds=1))

    assert credentials.renewed_grant(connected.pk, 1).version == 2


@pytest.mark.django_db
def test_a_lease_that_is_held_makes_others_wait(connected: Connection, monkeypatch: pytest.MonkeyPatch, sandboxes: Sandboxes) -> None:
    Connection.objects.update(lease_holder="busy", lease_until=timezone.now() + timedelta(seconds=60))
    monkeypatch.setattr(credentials, "WAIT_SECONDS", 0.2)

    with pytest.raises(Unavailable):
        credentials.renewed_grant(connected.pk, 1)
    assert refreshes(sandboxes) == 0


def test_a_lease_outlasts_the_slowest_refresh() -> None:
    """S43, S62: also one whose answer stalls at the end of its time."""
    assert oauth.CALL_SECONDS + oauth.READ_SECONDS < credentials.LEASE_SECONDS


@pytest.mark.django_db
def test_disconnecting_revokes_and_forgets(connected: Connection, sandboxes: Sandboxes) -> None:
    """S63."""
    assert credentials.disconnect(connected) is True

    row = Connection.objects.get()
    assert (row.status, row.credentials, row.token_expires_at) == ("disconnected", "", None)
    assert list(sandboxes.quickbooks.state.all("oauth.refresh")) == []
    with pytest.raises(Unauthorized):
        credentials.connector_for(row).account()


@pytest.mark.django_db
def test_disconnecting_forgets_even_when_the_provider_is_down(connected: Connection, sandboxes: Sandboxes) -> None:
    """S63."""
    sandboxes.servers["quickbooks"].stop()

    assert credentials.disconnect(connected) is False
    assert Connection.objects.get().credentials == ""


@pytest.mark.django_db
def test_missing_permissions_are_named(connected: Connection) -> None:
    """S59."""
    connected.scopes = ["something.else"]
    assert credentials.missing_scopes(connected) == ["com.intuit.quickbooks.accounting"]
    connected.scopes = []
    assert credentials.missing_scopes(connected) == []


def test_a_grant_never_shows_its_tokens() -> None:
    """S64."""
    grant = Grant("opaque-access", "opaque-refresh", datetime.now(UTC))

    assert "opaque" not in repr(grant)
