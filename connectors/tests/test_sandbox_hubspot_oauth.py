"""Consent and tokens of the simulated HubSpot, as the reference tells them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from connectors.sandbox.hubspot import CLIENT_ID, CLIENT_SECRET
from connectors.tests.hubspot_world import SCOPES, World

CONTACTS = "/crm/objects/2026-09/contacts"
BACK = "http://127.0.0.1:9/connections/hubspot/callback/"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def token_call(world: World, part: str = "", **form: str) -> requests.Response:
    return requests.post(f"{world.url}/oauth/2026-03/token{part}", data={**CLIENT, **form}, timeout=10)


def consent(world: World, *, portal: str = "1234567", **more: str) -> str:
    """Press "Connect app"; the code that comes back."""
    asked = urlencode({"client_id": CLIENT_ID, "redirect_uri": BACK, "scope": " ".join(SCOPES), "state": "s1", **more})
    answer = requests.post(f"{world.url}/oauth/authorize/connect?{asked}", data={"portal": portal}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["s1"]
    return back["code"][0]


def exchange(world: World, code: str, **more: str) -> requests.Response:
    return token_call(world, grant_type="authorization_code", redirect_uri=BACK, code=code, **more)


# Consent and tokens


def test_the_consent_page_offers_the_accounts_and_what_is_asked(world: World) -> None:
    world.app.add_account(7654321, "Second <Company>")
    page = requests.get(f"{world.url}/oauth/authorize", params={"client_id": CLIENT_ID, "redirect_uri": BACK, "scope": "oauth a.b"}, timeout=10)
    assert page.status_code == 200
    for words in ("Connect app", "Cancel", "Fernhill Landscaping (1234567)", "Second &lt;Company&gt; (7654321)", "a.b", "simulation"):
        assert words in page.text


def test_pressing_cancel_returns_access_denied_with_the_state(world: World) -> None:
    asked = urlencode({"client_id": CLIENT_ID, "redirect_uri": BACK, "scope": "oauth", "state": "x y"})
    answer = requests.post(f"{world.url}/oauth/authorize/cancel?{asked}", allow_redirects=False, timeout=10)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (back["error"], back["state"]) == (["access_denied"], ["x y"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"scope": ""},
    ],
)
def test_a_wrong_request_for_consent_never_redirects(world: World, wrong: dict[str, str]) -> None:
    asked = {"client_id": CLIENT_ID, "redirect_uri": BACK, "scope": "oauth", **wrong}
    assert requests.get(f"{world.url}/oauth/authorize", params=asked, timeout=10).status_code == 400
    answer = requests.post(f"{world.url}/oauth/authorize/connect?{urlencode(asked)}", data={"portal": "1234567"}, allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_code_gives_tokens_once_and_only_to_the_same_return_address(world: World) -> None:
    """S56: what the portal is held to."""
    code = consent(world)
    body = exchange(world, code).json()
    assert (body["hub_id"], body["token_type"], body["expires_in"]) == (1234567, "bearer", 1800)
    assert set(body["scopes"]) == set(SCOPES)
    assert len(body["access_token"]) >= 300
    again = exchange(world, code)
    assert (again.status_code, again.json()["status"], again.json()["error"]) == (400, "BAD_AUTH_CODE", "invalid_grant")
    other = token_call(world, grant_type="authorization_code", redirect_uri=BACK + "x", code=consent(world))
    assert other.status_code == 400


def test_a_wrong_secret_gets_nothing(world: World) -> None:
    assert exchange(world, consent(world), client_secret="wrong").status_code == 400


def test_a_code_with_a_challenge_needs_its_verifier(world: World) -> None:
    """S55: what the portal is held to."""
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert exchange(world, consent(world, code_challenge=challenge), code_verifier="wrong").status_code == 400
    good = exchange(world, consent(world, code_challenge=challenge), code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert good.status_code == 200


def test_a_challenge_may_be_ignored(world: World) -> None:
    """S55: whether HubSpot looks at it is unverified."""
    world.app.switches.pkce = False
    assert exchange(world, consent(world, code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), code_verifier="wrong").status_code == 200


@pytest.mark.parametrize("rotates", [True, False])
def test_refreshing_gives_a_new_access_token_and_may_rotate_the_refresh_token(world: World, rotates: bool) -> None:
    world.app.switches.rotate_refresh_tokens = rotates
    first = exchange(world, consent(world)).json()
    second = token_call(world, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert (second["refresh_token"] != first["refresh_token"]) is rotates
    assert world.ask("GET", CONTACTS, token=second["access_token"]).status_code == 200
    again = token_call(world, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again.status_code == (400 if rotates else 200)
    if rotates:
        assert (again.json()["status"], again.json()["error"]) == ("BAD_REFRESH_TOKEN", "invalid_grant")


def test_access_tokens_expire_by_the_apps_clock(world: World) -> None:
    token = world.grant()["access_token"]
    world.now += 1799
    assert world.ask("GET", CONTACTS, token=token).status_code == 200
    world.now += 2
    refused = world.ask("GET", CONTACTS, token=token)
    assert (refused.status_code, refused.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_a_revoked_grant_ends_all_its_tokens(world: World) -> None:
    """S63: what the portal is held to."""
    tokens = world.grant()
    asked = {"token_type_hint": "refresh_token", "token": tokens["refresh_token"]}
    assert token_call(world, "/introspect", **asked).json()["active"] is True
    assert token_call(world, "/revoke", **asked).status_code == 200
    assert token_call(world, "/introspect", **asked).json()["active"] is False
    assert world.ask("GET", CONTACTS, token=tokens["access_token"]).status_code == 401
    assert token_call(world, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 400


def test_a_missing_scope_is_named(world: World) -> None:
    token = world.grant(scopes=["oauth", "crm.objects.contacts.read"])["access_token"]
    refused = world.ask("POST", CONTACTS, {"properties": {}}, token=token)
    assert (refused.status_code, refused.json()["category"]) == (403, "MISSING_SCOPES")
    assert refused.json()["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.write"]


def test_accounts_do_not_see_each_others_records(world: World) -> None:
    world.app.add_account(7654321, "Other", timeZone="Europe/Stockholm", companyCurrency="SEK")
    token = world.grant("7654321")["access_token"]
    mine = world.contact(email="mine@example.com")
    assert world.ask("GET", f"{CONTACTS}/{mine}", token=token).status_code == 404
    assert world.ask("POST", CONTACTS, {"properties": {"email": "mine@example.com"}}, token=token).status_code == 201
    assert world.ask("GET", "/account-info/2026-09/details", token=token).json()["timeZone"] == "Europe/Stockholm"
