"""Credentials: from a consent to a `Connection`, and from a `Connection` to a connector that always has a working token.

A refresh token is spent once. Whoever wants to spend it takes the connection's lease by a conditional update, asks the provider without
holding any lock, and stores the new pair before anybody uses it; others wait for the version to grow. A crash between the answer and the
storing leaves the old token, which is tried once more by the next; if the provider refuses it, a person has to reconnect.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from connectors import oauth
from connectors.base import Connector
from connectors.errors import ConnectorError, Unauthorized, Unavailable, Unexpected
from connectors.oauth import Grant
from connectors.registry import PROVIDERS
from syncconfig.budgets import DatabaseLedger
from syncconfig.encryption import decrypt, encrypt
from syncconfig.models import Connection
from syncconfig.providers import client, endpoints
from syncconfig.visits import visit

LEASE_SECONDS = 60
"""Longer than one refresh can take, with its time-outs."""
WAIT_SECONDS = 40
POLL_SECONDS = 0.05
EARLY = timedelta(seconds=90)
"""A token this close to its end is renewed before it is used."""


WARNED_BEFORE = (timedelta(days=30), timedelta(days=7))
"""How long before the end of an access people are told (reference/quickbooks.md section 2.3)."""

NO_LEASE: dict[str, Any] = {"lease_holder": "", "lease_until": None}


class AccountMismatch(Exception):
    """The consent was given for another account than the one that was meant. Nothing was stored."""

    def __init__(self, wanted: str, got: str) -> None:
        super().__init__("another account")
        self.wanted = wanted
        self.got = got


@dataclass(frozen=True, slots=True)
class Held:
    """A grant and the version it is stored under."""

    grant: Grant
    version: int


def connector_for(connection: Connection) -> Connector:
    """A connector for the account. Makes no call. Its first request raises `Unauthorized` when the account has to be reconnected."""
    at, ledger = endpoints(connection.provider), DatabaseLedger(connection.pk)
    return PROVIDERS[connection.provider].connect(at, TokenSource(connection.pk), connection.account_id, ledger)


class TokenSource:
    """The token callable of one connector; safe for several threads.

    A thread that says its token was refused gets the current one when another thread has renewed it since.
    """

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id
        self._held: Held | None = None
        self._given = threading.local()
        self._home = threading.get_ident()
        self._lock = threading.Lock()

    def __call__(self, refused: bool) -> str:
        """The access token. Raises `Unauthorized` or `Unavailable`."""
        with visit(self._home):
            return self._token(refused)

    def _token(self, refused: bool) -> str:
        with self._lock:
            held = self._held
            if held is None or held.grant.expires_at - EARLY < timezone.now():
                held = current_grant(self._connection_id)
            elif refused and held.version == getattr(self._given, "version", held.version):
                held = renewed_grant(self._connection_id, held.version)
            self._held = held
            self._given.version = held.version
            return held.grant.access_token


def current_grant(connection_id: int) -> Held:
    """The stored grant, renewed first when its access token is about to end. Raises `Unauthorized`, `Unavailable`."""
    held = _read(connection_id)
    if held.grant.expires_at - EARLY >= timezone.now():
        return held
    return renewed_grant(connection_id, held.version)


def renewed_grant(connection_id: int, version: int) -> Held:
    """A grant newer than this version: somebody else's when there is one, else fetched here. Raises `Unauthorized`, `Unavailable`."""
    holder = str(uuid.uuid4())
    give_up_at = time.monotonic() + WAIT_SECONDS
    while True:
        held = _read(connection_id)
        if held.version != version:
            return held
        if _take_lease(connection_id, version, holder):
            return _renew(connection_id, held, holder)
        if time.monotonic() > give_up_at:
            raise Unavailable("another process is renewing the access and does not finish")
        time.sleep(POLL_SECONDS)


def mark_reconnect_needed(connection_id: int, error: ConnectorError, *, version: int | None = None) -> None:
    """Note that the account refuses us. With a version: only if no newer grant was stored meanwhile."""
    rows = Connection.objects.filter(pk=connection_id, status=Connection.Status.CONNECTED)
    if version is not None:
        rows = rows.filter(credentials_version=version)
    rows.update(
        status=Connection.Status.RECONNECT_NEEDED,
        last_error=f"{error.code} {error.words}".strip()[:255],
        last_error_at=timezone.now(),
        **NO_LEASE,
    )


def store_consent(
    provider_key: str, grant: Grant, claimed_account: str, user: AbstractBaseUser | None, expected: Connection | None = None
) -> Connection:
    """Bind what a person consented to: the account is asked who it is, with the new token, before anything is stored.

    `claimed_account` is what the callback's address said, "" where it says nothing. With `expected` only that account will do.
    Raises `AccountMismatch`, or what the connector raises.
    """
    if PROVIDERS[provider_key].account_parameter and not (claimed_account.isascii() and claimed_account.isalnum()):
        raise Unexpected("the callback names no account", provider=provider_key)
    account = PROVIDERS[provider_key].connect(endpoints(provider_key), lambda _refused: grant.access_token, claimed_account, None).account()
    if claimed_account and account.id != claimed_account:
        raise AccountMismatch(claimed_account, str(account.id))
    if expected and expected.account_id != account.id:
        raise AccountMismatch(str(expected), f"{account.name} ({account.id})")
    with transaction.atomic(durable=True):
        row = Connection.objects.select_for_update().filter(provider=provider_key, account_id=account.id).first()
        connection = row or Connection(provider=provider_key, account_id=account.id)
        connection.name, connection.zone, connection.currency, connection.country = account.name, account.zone, account.currency, account.country
        connection.sandbox, connection.details = account.sandbox, dict(account.details)
        connection.scopes = list(grant.scopes)
        connection.connected_by_id, connection.connected_at = user.pk if user else None, timezone.now()
        connection.status, connection.last_error, connection.last_error_at = Connection.Status.CONNECTED, "", None
        connection.credentials = encrypt(_dump(grant), connection.encryption_context)
        connection.credentials_version += 1
        connection.token_expires_at, connection.ends_at, connection.warned_at = grant.expires_at, grant.ends_at, None
        connection.lease_holder, connection.lease_until = "", None
        connection.save()
    return connection


def store_token(provider_key: str, token: str, user: AbstractBaseUser | None) -> Connection:
    """Bind the account that a token of its own belongs to. Raises what the connector raises."""
    return store_consent(provider_key, oauth.static_grant(token), "", user)


def forecast_end(now: datetime) -> list[Connection]:
    """The connections whose access the provider ends soon and whose people were not told at this distance yet; they count as told from now on."""
    due = []
    for connection in Connection.objects.usable().filter(ends_at__lte=now + max(WARNED_BEFORE)):
        step = min(before for before in WARNED_BEFORE if connection.ends_at <= now + before)
        if connection.warned_at is None or connection.warned_at < connection.ends_at - step:
            due.append(connection)
    Connection.objects.filter(pk__in=[c.pk for c in due]).update(warned_at=now)
    return due


def missing_scopes(connection: Connection) -> list[str]:
    """Permissions that are needed and were not granted; none where the provider does not tell what it granted."""
    return sorted(set(PROVIDERS[connection.provider].scopes) - set(connection.scopes)) if connection.scopes else []


def disconnect(connection: Connection) -> bool:
    """Revoke the access at the provider and forget the tokens; links and settings stay. False when the provider could not be told."""
    told = True
    if connection.credentials:
        try:
            grant = _load(decrypt(connection.credentials, connection.encryption_context))
            if not grant.refresh_token:
                raise Unexpected("a token of the account's own can be ended there only", provider=connection.provider)
            oauth.revoke(PROVIDERS[connection.provider], endpoints(connection.provider), client(connection.provider), grant.refresh_token)
        except Unexpected:
            told = not connection.usable  # a provider may know nothing of a grant that has ended already
        except ConnectorError:
            told = False
    Connection.objects.filter(pk=connection.pk).update(
        status=Connection.Status.DISCONNECTED,
        credentials="",
        credentials_version=F("credentials_version") + 1,
        token_expires_at=None,
        **NO_LEASE,
    )
    connection.refresh_from_db()
    return told


def _read(connection_id: int) -> Held:
    row = Connection.objects.get(pk=connection_id)
    if not row.usable or not row.credentials:
        raise Unauthorized("the account has to be reconnected", provider=row.provider, code=row.status)
    return Held(_load(decrypt(row.credentials, row.encryption_context)), row.credentials_version)


def _take_lease(connection_id: int, version: int, holder: str) -> bool:
    """True for exactly one asker per version, until it stores a grant, gives the lease back or lets it run out."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    with transaction.atomic(durable=True):
        rows = Connection.objects.filter(free, pk=connection_id, credentials_version=version)
        return rows.update(lease_holder=holder, lease_until=now + timedelta(seconds=LEASE_SECONDS)) == 1


def _renew(connection_id: int, held: Held, holder: str) -> Held:
    row = Connection.objects.get(pk=connection_id)
    try:
        if not held.grant.refresh_token:
            raise Unauthorized("the account's token is not accepted any more", provider=row.provider)
        grant = oauth.refresh(PROVIDERS[row.provider], endpoints(row.provider), client(row.provider), held.grant.refresh_token)
    except Unauthorized as error:
        mark_reconnect_needed(connection_id, error, version=held.version)
        latest = _read(connection_id)  # raises, unless somebody stored a newer grant meanwhile
        if latest.version == held.version:
            raise
        return latest
    except ConnectorError:
        Connection.objects.filter(pk=connection_id, lease_holder=holder).update(**NO_LEASE)
        raise
    return _store(row, held, grant)


def _store(row: Connection, held: Held, grant: Grant) -> Held:
    """Make the new pair durable before anything else happens, in a transaction of its own."""
    with transaction.atomic(durable=True):
        stored = Connection.objects.filter(pk=row.pk, credentials_version=held.version).update(
            credentials=encrypt(_dump(grant), row.encryption_context),
            credentials_version=held.version + 1,
            token_expires_at=grant.expires_at,
            ends_at=grant.ends_at,
            **NO_LEASE,
        )
    return Held(grant, held.version + 1) if stored else _read(row.pk)


def _dump(grant: Grant) -> str:
    return json.dumps(
        {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "expires_at": grant.expires_at.isoformat(),
            "refresh_expires_at": grant.refresh_expires_at and grant.refresh_expires_at.isoformat(),
            "ends_at": grant.ends_at and grant.ends_at.isoformat(),
            "scopes": list(grant.scopes),
        }
    )


def _load(text: str) -> Grant:
    stored = json.loads(text)
    lasts, ends = stored["refresh_expires_at"], stored["ends_at"]
    return Grant(
        access_token=stored["access_token"],
        refresh_token=stored["refresh_token"],
        expires_at=datetime.fromisoformat(stored["expires_at"]),
        refresh_expires_at=datetime.fromisoformat(lasts) if lasts else None,
        ends_at=datetime.fromisoformat(ends) if ends else None,
        scopes=tuple(stored["scopes"]),
    )
