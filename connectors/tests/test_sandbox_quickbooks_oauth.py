"""Consent and tokens of the simulated QuickBooks behave as Intuit's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from connectors.sandbox.quickbooks import CLIENT_ID, CLIENT_SECRET, DEFAULT_REALM, QuickBooksApp, Rotation, add_company, build
from connectors.sandbox.server import Server
from connectors.sandbox.state import State

BACK = "http://127.0.0.1:8000/connections/quickbooks/callback/"
BASIC = (CLIENT_ID, CLIENT_SECRET)
SECOND = "9130350000000000002"


class Person:
    """Someone in front of the consent page, and the app behind the callback."""

    def __init__(self, app: QuickBooksApp, url: str) -> None:
        self.app = app
        self.url = url
        self.now = 1_800_000_000.0

    def ask(self, **changes: str) -> requests.Response:
        query = {"client_id": CLIENT_ID, "response_type": "code", "scope": "com.intuit.quickbooks.accounting", "redirect_uri": BACK, "state": "s&1"}
        return requests.get(f"{self.url}/connect/oauth2", params={**query, **changes}, timeout=10)

    def press(self, page: requests.Response, which: int, **form: str) -> dict[str, str]:
        actions = [action.replace("&amp;", "&") for action in re.findall(r'<form method="post" action="([^"]+)"', page.text)]
        answer = requests.post(self.url + actions[which], data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(BACK + "?")
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def connect(self, scope: str = "com.intuit.quickbooks.accounting", realm: str = DEFAULT_REALM) -> dict[str, Any]:
        back = self.press(self.ask(scope=scope), 0, realm=realm)
        return self.exchange(back["code"]).json()  # type: ignore[no-any-return]

    def exchange(self, code: str, redirect: str = BACK) -> requests.Response:
        return self.token({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect})

    def refresh(self, token: str) -> requests.Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": token})

    def token(self, form: dict[str, str], auth: tuple[str, str] = BASIC, **headers: str) -> requests.Response:
        return requests.post(f"{self.url}/oauth2/v1/tokens/bearer", data=form, auth=auth, headers=headers, timeout=10)

    def status(self, access: str, realm: str = DEFAULT_REALM) -> int:
        answer = requests.get(f"{self.url}/v3/company/{realm}/preferences", headers={"Authorization": f"Bearer {access}"}, timeout=10)
        return answer.status_code


@pytest.fixture
def person() -> Iterator[Person]:
    person: Person | None = None
    app = build(State(), clock=lambda: person.now if person else 1_800_000_000.0)
    app.switches.limit_scale = 0
    add_company(app, SECOND, "Second & Sons")
    with Server(app) as server:
        person = Person(app, server.url)
        yield person


def test_a_person_picks_a_company_and_the_app_learns_which(person: Person) -> None:
    page = person.ask()
    assert "Second &amp; Sons" in page.text
    back = person.press(page, 0, realm=SECOND)
    assert (back["state"], back["realmId"]) == ("s&1", SECOND)
    tokens = person.exchange(back["code"]).json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["x_refresh_token_expires_in"]) == ("bearer", 3600, 8726400)
    assert (person.status(tokens["access_token"], SECOND), person.status(tokens["access_token"])) == (200, 403)


def test_a_person_may_refuse(person: Person) -> None:
    assert person.press(person.ask(), 1) == {"error": "access_denied", "state": "s&1"}


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other"},
        {"response_type": "token"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": BACK + "?a=b"},
        {"scope": ""},
        {"scope": "everything"},
    ],
)
def test_a_wrong_request_is_shown_and_not_sent_back(person: Person, change: dict[str, str]) -> None:
    assert person.ask(**change).status_code == 400


def test_only_registered_addresses_get_codes_once_some_are_registered(person: Person) -> None:
    """S56: what the portal is held to."""
    person.app.switches.registered_redirects = {"http://127.0.0.1:9000/other/"}
    assert person.ask().status_code == 400
    person.app.switches.registered_redirects.add(BACK)
    assert person.ask().status_code == 200


def test_a_code_works_once_and_its_second_use_ends_the_connection(person: Person) -> None:
    """S56: what the portal is held to."""
    back = person.press(person.ask(), 0, realm=DEFAULT_REALM)
    tokens = person.exchange(back["code"]).json()
    again = person.exchange(back["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert person.status(tokens["access_token"]) == 401


def test_a_code_needs_its_own_redirect_address_and_a_known_client(person: Person) -> None:
    """S56: what the portal is held to."""
    back = person.press(person.ask(), 0, realm=DEFAULT_REALM)
    assert person.exchange(back["code"], "http://127.0.0.1:8000/elsewhere/").json()["error"] == "invalid_grant"
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK}
    assert person.token(form, (CLIENT_ID, "wrong")).status_code == 401
    assert person.token(form).status_code == 200


@pytest.mark.parametrize("pkce", [True, False])
def test_a_code_with_a_challenge_needs_its_verifier_unless_challenges_are_ignored(person: Person, pkce: bool) -> None:
    """S55: no source says whether Intuit looks at a challenge. The pair is the example of RFC 7636."""
    person.app.switches.pkce = pkce
    challenge = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    good = {"code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}
    for verifier, wanted in ((good, 200), ({"code_verifier": "wrong"}, 400 if pkce else 200), ({}, 400 if pkce else 200)):
        back = person.press(person.ask(**challenge), 0, realm=DEFAULT_REALM)
        answer = person.token({"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK, **verifier})
        assert answer.status_code == wanted, verifier
        assert wanted == 200 or answer.json()["error"] == "invalid_grant"


def test_an_access_token_lasts_an_hour(person: Person) -> None:
    access = person.connect()["access_token"]
    person.now += 3599
    assert person.status(access) == 200
    person.now += 1
    answer = requests.get(f"{person.url}/v3/company/{DEFAULT_REALM}/preferences", headers={"Authorization": f"Bearer {access}"}, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["fault"]["error"][0]["code"] == "3200"


def test_every_refresh_rotates_and_the_old_value_is_dead(person: Person) -> None:
    first = person.connect()
    second = person.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert person.status(second["access_token"]) == 200
    dead = person.refresh(first["refresh_token"])
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")
    assert person.refresh(second["refresh_token"]).status_code == 200


def test_daily_rotation_keeps_the_value_for_a_day(person: Person) -> None:
    person.app.switches.rotation = Rotation.DAILY
    first = person.connect()["refresh_token"]
    person.now += 80000
    assert person.refresh(first).json()["refresh_token"] == first
    person.now += 7000
    assert person.refresh(first).json()["refresh_token"] != first
    assert person.refresh(first).status_code == 400


def test_the_hard_end_is_told_on_request_and_kept(person: Person) -> None:
    first = person.connect()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": first}
    person.now += 1000
    answer = person.token(form, **{"x-include-refresh-token-hard-expires-in": "true"}).json()
    assert answer["x_refresh_token_hard_expires_in"] == 157680000 - 1000
    person.now += 157680000
    assert person.refresh(answer["refresh_token"]).status_code == 400


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_connection(person: Person, which: str) -> None:
    """S63: what the portal is held to."""
    tokens = person.connect()
    url = f"{person.url}/v2/oauth2/tokens/revoke"
    assert requests.post(url, json={"token": tokens[which]}, timeout=10).status_code == 401
    assert requests.post(url, json={"token": tokens[which]}, auth=BASIC, timeout=10).status_code == 200
    assert person.status(tokens["access_token"]) == 401
    assert person.refresh(tokens["refresh_token"]).status_code == 400


def test_user_info_needs_its_scope(person: Person) -> None:
    url = f"{person.url}/v1/openid_connect/userinfo"

    def status(scope: str) -> int:
        access = person.connect(scope)["access_token"]
        return requests.get(url, headers={"Authorization": f"Bearer {access}"}, timeout=10).status_code

    assert status("com.intuit.quickbooks.accounting") == 403
    assert status("com.intuit.quickbooks.accounting openid email") == 200


def test_a_foreign_page_cannot_press_connect(person: Person) -> None:
    query = {"client_id": CLIENT_ID, "response_type": "code", "scope": "com.intuit.quickbooks.accounting", "redirect_uri": BACK}
    url = f"{person.url}/connect/oauth2"
    foreign = requests.post(url, params=query, data={"realm": DEFAULT_REALM}, headers={"Origin": "https://evil.example"}, timeout=10)
    assert foreign.status_code == 403
    own = requests.post(url, params=query, data={"realm": DEFAULT_REALM}, headers={"Origin": person.url}, allow_redirects=False, timeout=10)
    assert parse_qs(urlsplit(own.headers["Location"]).query)["realmId"] == [DEFAULT_REALM]
