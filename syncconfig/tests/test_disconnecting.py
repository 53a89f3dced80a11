"""The end of an access, by us or by the account: what the provider hears, what is forgotten, what stays (security S63)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.db import models
from django.test import Client

from connectors.errors import Unauthorized
from connectors.sandbox.server import Reply, Request
from syncconfig import credentials, tasks
from syncconfig.models import Connection, FieldMapping, FilterCondition, FilterGroup, ObjectSync, SyncRecord
from syncconfig.tests.system import work
from syncconfig.tests.test_scenarios_running import five_minutes_later
from syncconfig.tests.test_secrets import dumped, issued, spellings
from syncconfig.tests.town import TOKENS, Town, running

pytestmark = pytest.mark.django_db(transaction=True)

KEPT: tuple[type[models.Model], ...] = (FieldMapping, FilterGroup, FilterCondition, SyncRecord)
REVOKE = {"hubspot": "/oauth/2026-03/token/revoke", "quickbooks": "/v2/oauth2/tokens/revoke"}

each = pytest.mark.parametrize("provider", list(TOKENS))


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


def synced(town: Town) -> ObjectSync:
    """A sync with people who are linked, and one that only HubSpot has."""
    for name in ("Ann", "Bob"):
        town.contact(email=f"{name}@acme.example", firstname=name)
    sync = town.set_up()
    town.settled(sync)
    return sync


def kept() -> dict[str, list[Any]]:
    """Links, bases and settings, row by row."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in KEPT}


@each
def test_disconnecting_tells_the_provider_forgets_the_tokens_and_keeps_links_and_settings(town: Town, provider: str, admin_browser: Client) -> None:
    """S63: by the button; every token of the access is dead at the provider, and none is left in the database."""
    sync = synced(town)
    row, before, tokens = Connection.objects.get(provider=provider), kept(), issued(town)
    town.look()
    admin_browser.post(f"/apps/{row.pk}/disconnect/")
    row.refresh_from_db()
    assert (row.status, row.credentials, row.token_expires_at) == ("disconnected", "", None)
    assert [entry.path for entry in town.asked(provider)] == [REVOKE[provider]]
    assert not any(list(getattr(town.sandboxes, provider).state.all(collection)) for collection in TOKENS[provider])
    assert kept() == before
    assert len(before["SyncRecord"]) == 2
    assert ObjectSync.objects.get(pk=sync.pk).options == sync.options
    assert not any(found in text for token in tokens for found in spellings(token) for text in dumped().values())


@each
def test_after_disconnecting_nobody_calls_and_reconnecting_goes_on_where_it_was(town: Town, provider: str) -> None:
    """S63: neither by schedule, nor by hand, nor for a look at the fields."""
    sync = synced(town)
    credentials.disconnect(Connection.objects.get(provider=provider))
    town.look()
    five_minutes_later(sync)
    tasks.dispatch()
    work()
    town.run(sync)
    with pytest.raises(Unauthorized):
        credentials.connector_for(Connection.objects.get(provider=provider)).account()
    assert town.asked(provider) == []
    town.connect(provider)
    town.look()
    town.settled(sync)
    assert [written for written in town.written() if written.verb == "create"] == []


@each
def test_a_token_that_is_kept_somewhere_is_worth_nothing_after_disconnecting(town: Town, provider: str) -> None:
    """S63: revoking is not only forgetting."""
    row = Connection.objects.get(provider=provider)
    token = credentials.TokenSource(row.pk)(False)
    api = {"hubspot": "/account-info/2026-09/details", "quickbooks": f"/v3/company/{row.account_id}/preferences"}[provider]
    url = town.sandboxes.servers[provider].url + api
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(url, headers=headers, timeout=5).status_code == 200
    credentials.disconnect(row)
    assert requests.get(url, headers=headers, timeout=5).status_code == 401


@each
def test_an_app_that_was_removed_at_the_provider_is_noticed_once_and_then_it_is_quiet(town: Town, provider: str) -> None:
    """S63: refusals only; people are told to reconnect, and not one more call is made for the account."""
    sync = synced(town)
    before = kept()
    town.revoke(provider)
    five_minutes_later(sync)
    tasks.dispatch()
    work()
    assert Connection.objects.get(provider=provider).status == Connection.Status.RECONNECT_NEEDED
    town.look()
    for _ in range(3):
        five_minutes_later(sync)
        tasks.dispatch()
        work()
        town.run(sync)
    assert town.asked(provider) == []
    assert {name: len(rows) for name, rows in kept().items()} == {name: len(rows) for name, rows in before.items()}


@each
def test_an_account_that_answers_401_to_everything_is_asked_a_handful_of_times(town: Town, provider: str) -> None:
    """S63: a fresh token is fetched once, and when that is refused as well, a person has to look."""
    sync = synced(town)

    def refuse(moment: str, request: Request, reply: Reply | None) -> Reply | None:
        return None if "oauth" in request.path else Reply(401, {"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no"})

    town.on_request(provider, refuse)
    town.look()
    town.run(sync)
    assert Connection.objects.get(provider=provider).status == Connection.Status.RECONNECT_NEEDED
    refused = [entry for entry in town.asked(provider) if entry.status == 401]
    assert 2 <= len(refused) <= 10
    town.look()
    town.run(sync)
    assert town.asked(provider) == []
