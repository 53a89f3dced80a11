"""Credentials in the database: what a dump shows, what opens them, and how the key is changed under load (security S60, S61)."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection as database

from connectors.oauth import static_grant
from syncconfig import credentials
from syncconfig.credentials import Held
from syncconfig.encryption import PREFIX, CannotDecrypt, decrypt, encrypt, rotate
from syncconfig.models import Connection, ObjectSync, SyncRun
from syncconfig.tests.system import Command
from syncconfig.tests.test_secrets import dumped, issued, spellings
from syncconfig.tests.town import TOKENS, Town, running

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 6


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


def swap(*pks: int) -> None:
    """Each row gets what the other one held, as somebody does who can write to the database."""
    first, second = Connection.objects.filter(pk__in=pks)
    first.credentials, second.credentials = second.credentials, first.credentials
    Connection.objects.bulk_update([first, second], ["credentials"])


def calls(town: Town, *providers: str) -> int:
    return sum(len(town.asked(provider)) for provider in providers or TOKENS)


def fails_unsent(town: Town, sync: ObjectSync, *providers: str) -> None:
    """A run that ends before its first request to these, or to any provider."""
    town.look()
    with pytest.raises(CannotDecrypt):
        town.run(sync)
    assert SyncRun.objects.latest("pk").state == SyncRun.State.FAILED
    assert calls(town, *providers) == 0


# At rest


def test_a_dump_shows_no_token_and_not_the_key(town: Town, settings: Any) -> None:
    """S60: plain, quoted, in hexadecimal or in base64, of either provider; the key is outside of the database."""
    tokens, tables = issued(town), dumped()
    assert len(tokens) >= 4
    for secret in (*tokens, *settings.TOKEN_KEYS):
        for name, text in tables.items():
            assert not any(found in text for found in spellings(secret)), name


def test_swapped_rows_do_not_open_and_nothing_is_sent(town: Town) -> None:
    """S60: not even as the other account's token to the same provider."""
    sync = town.set_up()
    other = Connection.objects.create(provider="quickbooks", account_id="9130350000000000009", name="Other")
    Connection.objects.filter(pk=other.pk).update(credentials=encrypt(credentials._dump(static_grant("other")), other.encryption_context))
    for one, second in ((town.left, town.right), (town.right, other)):
        swap(one.pk, second.pk)
        town.look()
        for row in (one, second):
            with pytest.raises(CannotDecrypt):
                credentials.connector_for(row).account()
        assert calls(town) == 0
        fails_unsent(town, sync, *{one.provider, second.provider})
        swap(one.pk, second.pk)
    assert credentials.connector_for(town.right).account().id == town.right.account_id


def test_one_flipped_bit_anywhere_closes_a_row(town: Town) -> None:
    """S60: nothing is opened in part, and nothing is sent."""
    stored = base64.urlsafe_b64decode(town.right.credentials.removeprefix(PREFIX))
    town.look()
    for place in range(len(stored)):
        broken = bytearray(stored)
        broken[place] ^= 1 << (place % 8)
        Connection.objects.filter(pk=town.right.pk).update(credentials=PREFIX + base64.urlsafe_b64encode(bytes(broken)).decode())
        with pytest.raises(CannotDecrypt):
            credentials.connector_for(town.right).account()
    assert calls(town) == 0


def test_without_its_key_a_portal_sends_nothing(town: Town, settings: Any) -> None:
    """S60: a copy of the database in another environment is silent."""
    sync = town.set_up()
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    fails_unsent(town, sync)


# Changing the key


class Load:
    """Threads that keep calling both accounts, each with a connector of its own; what failed, and whose calls came through."""

    def __init__(self, town: Town) -> None:
        self.failures: list[Exception] = []
        self.done: list[int] = []
        self._over = threading.Event()
        rows = [town.left, town.right] * (CALLERS // 2)
        self._threads = [threading.Thread(target=self._call, args=(row,)) for row in rows]

    def _call(self, row: Connection) -> None:
        try:
            while not self._over.is_set():
                assert credentials.connector_for(row).account().id == row.account_id
                self.done.append(row.pk)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            self.failures.append(error)
        finally:
            database.close()

    def until(self, number: int) -> None:
        """Wait for so many more calls."""
        wanted, give_up = len(self.done) + number, time.monotonic() + 30
        while len(self.done) < wanted and not self.failures:
            assert time.monotonic() < give_up
            time.sleep(0.01)

    @contextmanager
    def going(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join(30)


def key() -> str:
    return Fernet.generate_key().decode()


def opens(stored: str, keys: list[str], context: str, settings: Any) -> bool:
    before, settings.TOKEN_KEYS = settings.TOKEN_KEYS, keys
    try:
        return bool(decrypt(stored, context))
    except CannotDecrypt:
        return False
    finally:
        settings.TOKEN_KEYS = before


def test_the_key_is_changed_while_calls_go_on_and_none_fails(town: Town, settings: Any) -> None:
    """S61: the new key goes in front, the command moves what is stored while tokens are renewed too, the old key goes away."""
    load = Load(town)
    with load.going():
        for _ in range(2):
            new = key()
            settings.TOKEN_KEYS = [new, *settings.TOKEN_KEYS]
            load.until(20)
            for provider, collections in TOKENS.items():
                app = getattr(town.sandboxes, provider)
                with app.lock:
                    for token, _ in list(app.state.all(collections[0])):
                        app.state.delete(collections[0], token)
            with Command("rotatekeys", TOKEN_KEYS=",".join(settings.TOKEN_KEYS)) as command:
                assert command.wait() == 0, command.errors
            load.until(20)
            settings.TOKEN_KEYS = [new]
            load.until(20)
    assert load.failures == []
    assert set(Connection.objects.values_list("status", flat=True)) == {"connected"}


def test_the_old_key_opens_everything_until_the_command_is_done_and_nothing_afterwards(town: Town, settings: Any) -> None:
    """S61: a row at a time, each with one statement, so that it may be broken off anywhere."""
    (old,), new = settings.TOKEN_KEYS, key()
    settings.TOKEN_KEYS = [new, old]
    for row in Connection.objects.all():
        assert opens(row.credentials, [old], row.encryption_context, settings)
    call_command("rotatekeys", verbosity=0)
    for row in Connection.objects.all():
        assert opens(row.credentials, [new], row.encryption_context, settings)
        assert not opens(row.credentials, [old], row.encryption_context, settings)


def test_what_a_refresh_stores_during_the_command_is_not_overwritten(town: Town, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """S61: the new pair would be lost, and with it the access."""
    settings.TOKEN_KEYS = [key(), *settings.TOKEN_KEYS]
    renewed: dict[int, Held] = {}

    def renew_first(stored: str) -> str:
        row = Connection.objects.get(credentials=stored)
        renewed[row.pk] = credentials.renewed_grant(row.pk, row.credentials_version)
        return rotate(stored)

    monkeypatch.setattr("syncconfig.management.commands.rotatekeys.rotate", renew_first)
    call_command("rotatekeys", verbosity=0)
    assert len(renewed) == 2
    assert {pk: credentials._read(pk) for pk in renewed} == renewed
