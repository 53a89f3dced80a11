"""Attacks on the consent: foreign codes, crossed callbacks, tampered accounts, and what an address gives away (security S54 to S58)."""

from __future__ import annotations

import re
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from conftest import Sandboxes
from connectors.registry import PROVIDERS
from connectors.sandbox.quickbooks import add_company
from connectors.sandbox.server import Logged
from portal.tests.test_consent import come_back, said, start
from syncconfig.models import Connection

pytestmark = pytest.mark.django_db

OTHER = {"hubspot": "7654321", "quickbooks": "9130350000000000009"}
REFUSED = "belongs to no connection that was started here"

both = pytest.mark.parametrize("provider", list(PROVIDERS))


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def changed(address: str, **values: str | None) -> str:
    """A callback with other values in its query; None takes a value away."""
    told = {name: value for name, value in {**query(address), **values}.items() if value is not None}
    return f"{address.partition('?')[0]}?{urlencode(told)}"


def add_account(sandboxes: Sandboxes, provider: str) -> str:
    """A second account, which the person does not mean."""
    if provider == "hubspot":
        sandboxes.hubspot.add_account(int(OTHER[provider]), "Somebody Else")
    else:
        add_company(sandboxes.quickbooks, OTHER[provider], "Somebody Else")
    return OTHER[provider]


def token_calls(sandboxes: Sandboxes, provider: str) -> list[Logged]:
    app = getattr(sandboxes, provider)
    return [entry for entry in app.log if entry.method == "POST" and entry.path.endswith(("/token", "/bearer"))]


@pytest.fixture
def attacker() -> Client:
    """The browser of somebody who may connect accounts, too, and means no good."""
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(User.objects.create_superuser("mallory", "mallory@tandem.example", "a third long sentence"))
    return browser


# State


@both
@pytest.mark.parametrize(
    "state", [None, "", "0", "x" * 43, "x" * 10_000, "\x00", "a&code=1"], ids=["none", "empty", "short", "guessed", "long", "nul", "and"]
)
def test_an_answer_without_the_state_that_was_given_out_is_refused(
    provider: str, state: str | None, sandboxes: Sandboxes, admin_browser: Client
) -> None:
    """S54: no code is exchanged, nothing is stored, and the page that follows works."""
    answer = come_back(admin_browser, changed(sandboxes.consent(start(admin_browser, provider)), state=state))
    assert REFUSED in said(answer)
    assert token_calls(sandboxes, provider) == []
    assert not Connection.objects.exists()
    assert admin_browser.get(answer["Location"]).status_code == 200


@both
def test_a_state_is_long_random_and_never_given_out_twice(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S54: 43 characters of base64 are 256 bits."""
    states = [query(start(admin_browser, provider))["state"] for _ in range(20)]
    assert len(set(states)) == 20
    assert all(len(state) >= 43 for state in states)
    assert len(set("".join(states))) > 40


@both
def test_a_state_is_spent_by_an_answer_that_fails(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S54: a second try with a better code has to begin anew."""
    address = sandboxes.consent(start(admin_browser, provider))
    come_back(admin_browser, changed(address, code="guessed"))
    assert REFUSED in said(come_back(admin_browser, address))
    assert not Connection.objects.exists()


# Codes


@both
def test_a_consent_is_asked_for_with_a_challenge_and_exchanged_with_its_verifier(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S55: of the method S256, another one each time; the verifier is in no address."""
    first, second = start(admin_browser, provider), start(admin_browser, provider)
    assert query(first)["code_challenge_method"] == "S256"
    assert query(first)["code_challenge"] != query(second)["code_challenge"]
    come_back(admin_browser, sandboxes.consent(first))
    (exchanged,) = token_calls(sandboxes, provider)
    verifier = parse_qs(exchanged.body.decode())["code_verifier"][0]
    assert len(verifier) >= 43
    assert verifier not in first
    assert not exchanged.query


@both
def test_the_code_of_another_consent_is_worth_nothing_here(provider: str, sandboxes: Sandboxes, admin_browser: Client, attacker: Client) -> None:
    """S55: an attacker's code in an answer to the victim is exchanged with the victim's verifier, and the provider refuses it."""
    victims = sandboxes.consent(start(admin_browser, provider))
    planted = query(sandboxes.consent(start(attacker, provider)))["code"]
    answer = come_back(admin_browser, changed(victims, code=planted))
    assert "did not accept this consent" in said(answer)
    assert not Connection.objects.exists()


@both
def test_a_provider_that_ignores_challenges_is_connected_all_the_same(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S55: whether either provider knows PKCE is unverified."""
    getattr(sandboxes, provider).switches.pkce = False
    come_back(admin_browser, sandboxes.consent(start(admin_browser, provider)))
    assert Connection.objects.get().status == "connected"


@both
def test_a_code_works_once_even_with_a_fresh_state(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S56: what is stored stays as it was."""
    first = sandboxes.consent(start(admin_browser, provider))
    come_back(admin_browser, first)
    before = Connection.objects.get()
    again = sandboxes.consent(start(admin_browser, provider))
    answer = come_back(admin_browser, changed(again, code=query(first)["code"]))
    assert "did not accept this consent" in said(answer)
    assert Connection.objects.get().credentials == before.credentials


@pytest.mark.parametrize(("asked", "answered"), [("hubspot", "quickbooks"), ("quickbooks", "hubspot")])
def test_crossed_callbacks_are_refused(asked: str, answered: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S56: also where a consent of the other provider is under way."""
    start(admin_browser, answered)
    address = sandboxes.consent(start(admin_browser, asked))
    answer = come_back(admin_browser, address.replace(f"/{asked}/", f"/{answered}/"))
    assert REFUSED in said(answer)
    assert token_calls(sandboxes, asked) == token_calls(sandboxes, answered) == []
    assert not Connection.objects.exists()


def test_each_provider_has_an_address_of_its_own_which_is_the_same_all_the_way(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S56."""
    used = {}
    for provider in PROVIDERS:
        address = start(admin_browser, provider)
        come_back(admin_browser, sandboxes.consent(address))
        (exchanged,) = token_calls(sandboxes, provider)
        used[provider] = query(address)["redirect_uri"]
        assert parse_qs(exchanged.body.decode())["redirect_uri"] == [used[provider]]
    assert used == {key: f"http://localhost/connections/{key}/callback/" for key in PROVIDERS}


# What an address gives away


def outcomes(sandboxes: Sandboxes, browser: Client, provider: str) -> dict[str, tuple[str, HttpResponse]]:
    """Every way a callback ends: its address and its answer."""
    good = sandboxes.consent(start(browser, provider))
    refused = sandboxes.consent(start(browser, provider), cancel=True)
    forged = changed(sandboxes.consent(start(browser, provider)), state=secrets.token_urlsafe(32))
    wrong = changed(sandboxes.consent(start(browser, provider)), code=secrets.token_urlsafe(32))
    told = {"good": good, "again": good, "refused": refused, "forged": forged, "wrong": wrong}
    found = {name: (address, come_back(browser, address)) for name, address in told.items()}
    stranger = sandboxes.consent(start(browser, provider))
    found["stranger"] = stranger, come_back(Client(SERVER_NAME="localhost"), stranger)
    sandboxes.servers[provider].stop()
    found["down"] = good, come_back(browser, changed(good, state=query(start(browser, provider))["state"]))
    return found


@both
def test_every_answer_to_a_callback_is_a_redirect_to_a_clean_address(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S57: 302 without a page of its own; the browser tells other sites nothing of where it was and keeps nothing."""
    for name, (_, answer) in outcomes(sandboxes, admin_browser, provider).items():
        assert (answer.status_code, answer.content) == (302, b""), name
        assert answer["Location"] in ("/apps/", "/accounts/login/"), name
        assert answer["Referrer-Policy"] == "same-origin", name
        assert "no-store" in answer["Cache-Control"], name


@both
def test_what_follows_a_callback_repeats_nothing_of_its_address(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S57, S64: neither code nor state nor token is on the page, in its addresses, or in a cookie."""
    for name, (address, answer) in outcomes(sandboxes, admin_browser, provider).items():
        page = admin_browser.get(answer["Location"])
        state = getattr(sandboxes, provider).state
        tokens = [key for kind in ("oauth.access", "oauth.refresh", "hubspot/access", "hubspot/refresh") for key, _ in state.all(kind)]
        shown = page.content.decode() + str(page.headers) + str(answer.headers) + "".join(m.OutputString() for m in answer.cookies.values())
        for secret in (query(address).get("code"), query(address).get("state"), *tokens):
            assert not secret or secret not in shown, name


# The account


@both
def test_reconnecting_gives_nothing_to_another_account(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S58: whatever the person chose, the token itself is asked whose it is."""
    come_back(admin_browser, sandboxes.consent(start(admin_browser, provider)))
    other = add_account(sandboxes, provider)
    before = Connection.objects.get()
    address = sandboxes.consent(start(admin_browser, provider, connection=before.pk), account=other)
    answer = come_back(admin_browser, address)
    assert "You chose " in said(answer)
    assert f"({other}), but this connection belongs to" in said(answer)
    assert Connection.objects.get().credentials == before.credentials


@pytest.mark.parametrize(
    "realm", [None, "", "x", OTHER["quickbooks"], "9130350000000000001/../9130350000000000009", "../../v1", "1?x=", "1#", "1" * 5000, "\x00"]
)
def test_a_company_number_that_was_tampered_with_binds_nothing(realm: str | None, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S58: what is no number is not even asked about with the new token, and nothing is stored."""
    add_account(sandboxes, "quickbooks")
    address = changed(sandboxes.consent(start(admin_browser, "quickbooks")), realmId=realm)
    sandboxes.quickbooks.log.clear()
    answer = come_back(admin_browser, address)
    assert answer["Location"] == "/apps/"
    assert not Connection.objects.exists()
    called = [entry.path for entry in sandboxes.quickbooks.log]
    assert all(re.fullmatch(r"/oauth2/v1/tokens/bearer|/v3/company/\w+/companyinfo/\w+", path) for path in called), called


def test_a_company_number_in_an_answer_of_hubspot_means_nothing(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S58: HubSpot's account is told by the token, never by the address."""
    address = sandboxes.consent(start(admin_browser, "hubspot"))
    come_back(admin_browser, changed(address, realmId="7654321", hub_id="7654321", portalId="7654321"))
    assert Connection.objects.get().account_id == "1234567"
