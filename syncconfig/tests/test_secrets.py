"""What must not be found anywhere: tokens and client secrets in the log and in the database, data of persons in the log."""

from __future__ import annotations

import base64
import copy
import io
import json
import logging
import logging.config
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django_q.models import OrmQ

from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.server import Closed, Reply, Request
from connectors.vocabulary import Kind
from syncconfig import tasks
from syncconfig.credentials import connector_for
from syncconfig.models import Connection, SyncRun
from syncconfig.tests.system import Command, work
from syncconfig.tests.town import TOKENS, Town, running

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT_SECRETS = {hubspot.CLIENT_SECRET, quickbooks.CLIENT_SECRET}
PEOPLE = (
    {"email": "canary.alice@feather.example", "firstname": "Canaryalice", "lastname": "Feather", "phone": "555-0100-CANARY"},
    {"email": "canary.bob@feather.example", "firstname": "Canarybob", "lastname": "Feather", "phone": "555-0101-CANARY"},
)


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


class Listener:
    """Everything that is logged: as the product writes it, and before anything is hidden."""

    def __init__(self) -> None:
        self.written, self.raw = io.StringIO(), io.StringIO()

    @property
    def text(self) -> str:
        return self.written.getvalue() + self.raw.getvalue()


@contextmanager
def listening(level: str) -> Iterator[Listener]:
    """The product's own logging at a level, written to a listener; afterwards as before."""
    listener = Listener()
    facts = copy.deepcopy(configured.LOGGING)
    facts["root"]["level"] = facts["loggers"]["django"]["level"] = facts["loggers"]["django-q"]["level"] = level
    facts["handlers"]["stderr"]["stream"] = listener.written
    handlers = list(logging.getLogger().handlers)
    try:
        logging.config.dictConfig(facts)
        logging.getLogger().addHandler(logging.StreamHandler(listener.raw))
        yield listener
    finally:
        logging.config.dictConfig(configured.LOGGING)
        logging.getLogger().handlers[:] = handlers


def issued(town: Town) -> set[str]:
    """Every token the simulations know now."""
    return {
        key
        for provider, collections in TOKENS.items()
        for collection in collections
        for key, _ in getattr(town.sandboxes, provider).state.all(collection)
        if not collection.endswith("grants")
    }


def spellings(secret: str) -> set[str]:
    """A secret as it may turn up: plain, encoded, and in the three ways its base64 reads inside a longer text."""
    found = {secret, secret.encode().hex(), urllib.parse.quote(secret)}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + secret.encode()).decode().rstrip("=")
        found.add(whole[4:-4] if shift else whole[:-4])
    return found


def dumped() -> dict[str, str]:
    """Every table with all its values as text; what is packed is unpacked too."""
    tables = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            tables[name] = "\n".join(bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for row in cursor for v in row)
    tables["sessions unpacked"] = "\n".join(json.dumps(session.get_decoded()) for session in Session.objects.all())
    tables["queue unpacked"] = "\n".join(str(message.task) for message in OrmQ.objects.all())
    return tables


def give_consent(town: Town, browser: Client, provider: str) -> None:
    """The way of a person: start, consent, come back."""
    start = browser.post(f"/connections/{provider}/connect/")
    parts = urllib.parse.urlsplit(town.sandboxes.consent(start["Location"]))
    assert browser.get(f"{parts.path}?{parts.query}").status_code == 302


def everything_happens(town: Town, browser: Client) -> set[str]:
    """Consent, a first sync, edits, renewed and refused tokens, lost answers, a failing record, a preview, a page of each kind. Gives all tokens."""
    tokens = issued(town)
    for provider in TOKENS:
        give_consent(town, browser, provider)
        tokens |= issued(town)
    contacts = [town.contact(**person) for person in PEOPLE]
    town.company("Canary Feathers", *contacts)
    sync = town.set_up()
    tasks.start(sync, SyncRun.Trigger.PREVIEW)
    tasks.start(sync, SyncRun.Trigger.FIRST)
    work()
    for provider, collections in TOKENS.items():
        state = getattr(town.sandboxes, provider).state
        for key, _ in list(state.all(collections[0])):
            state.delete(collections[0], key)
    town.edit_contact(contacts[0], phone="555-0102-CANARY")
    lose_an_answer(town)
    town.run(sync)
    tokens |= issued(town)
    town.undisturbed()
    town.run(sync, full=True)
    for path in ("/apps/", "/syncs/", "/records/", f"/records/{sync.records.order_by('pk')[0].pk}/"):
        assert browser.get(path).status_code == 200
    tasks.start(sync, SyncRun.Trigger.MANUAL)
    town.revoke("hubspot")
    assert town.run(sync).error == "RECONNECT_NEEDED"
    return tokens | issued(town)


def lose_an_answer(town: Town) -> None:
    def lose(moment: str, request: Request, reply: Reply | None) -> None:
        if moment == "after" and b'"operation"' in request.body:
            town.undisturbed()
            raise Closed

    town.on_request("quickbooks", lose)


def test_no_token_secret_or_person_is_in_the_log_at_its_most_talkative(town: Town, admin_browser: Client) -> None:
    """S64."""
    with listening("DEBUG") as listener:
        tokens = everything_happens(town, admin_browser)
    assert len(tokens) >= 12
    assert "run ended" in listener.written.getvalue()
    assert "run ended" in listener.raw.getvalue()
    for secret in tokens | CLIENT_SECRETS:
        assert not any(s in listener.text for s in spellings(secret)), secret
    for person in PEOPLE:
        for name, value in person.items():
            assert value not in listener.text, name
    assert "CANARY" not in listener.text


def test_no_token_or_secret_is_in_any_table(town: Town, admin_browser: Client) -> None:
    """S60, S64: in no spelling, the queue and the sessions included."""
    tokens = everything_happens(town, admin_browser)
    tables = dumped()
    assert PEOPLE[0]["email"] in tables["syncconfig_syncrecord"]
    assert Connection.objects.get(provider="quickbooks").credentials in tables["syncconfig_connection"]
    assert "syncconfig.tasks.run" in tables["queue unpacked"]
    assert "_auth_user_id" in tables["sessions unpacked"]
    for secret in tokens | CLIENT_SECRETS:
        for name, text in tables.items():
            assert not any(s in text for s in spellings(secret)), name


def test_a_command_says_nothing_secret_either(town: Town) -> None:
    """S64."""
    for person in PEOPLE:
        town.contact(**person)
    town.set_up()
    tokens = issued(town)
    with Command("sync", "--json", LOG_LEVEL="DEBUG") as command:
        assert command.wait() == 0
    said = command.output + command.errors
    assert "run ended" in command.errors
    assert json.loads(command.output)["runs"]
    for secret in tokens | CLIENT_SECRETS | {value for person in PEOPLE for value in person.values()}:
        assert not any(s in said for s in spellings(secret))


def test_what_holds_a_token_does_not_show_it(town: Town) -> None:
    """S64."""
    for row in Connection.objects.all():
        connector = connector_for(row)
        connector.fields(Kind.CONTACT)
        shown = repr(row) + str(row) + repr(connector) + repr(vars(connector))
        assert not any(token in shown for token in issued(town))
