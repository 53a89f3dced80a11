from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

OPEN = re.compile(
    r"^/(accounts/(login|logout|signup|inactive|confirm-email|password/reset|login/code|2fa/(authenticate|trust))|language/|healthz$|readyz$|webhooks/|admin/login/)"
)
SAMPLES = {"pk": "1", "provider": "quickbooks"}


def addresses(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    """One address for each pattern of the project, with sample values for its parts."""
    for pattern in patterns:
        route = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: SAMPLES.get(part[1], "1"), str(pattern.pattern))
        route = re.sub(r"\(\?P<\w+>[^)]*\)", "1", route).replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + route)
        elif isinstance(pattern, URLPattern):
            yield prefix + route


ADDRESSES = sorted(set(addresses(get_resolver().url_patterns)))


@pytest.mark.django_db
@pytest.mark.parametrize("address", [a for a in ADDRESSES if not OPEN.match(a)])
def test_a_stranger_is_sent_to_the_login(address: str) -> None:
    answer = Client().get(address)

    assert answer.status_code == 302, (address, answer.status_code)
    assert re.match(r"^/(accounts|admin)/login/", answer["Location"]), (address, answer["Location"])
    assert answer.content == b""


def test_the_list_of_addresses_is_not_empty() -> None:
    assert {"/apps/", "/connections/quickbooks/connect/", "/admin/", "/accounts/password/change/"} <= set(ADDRESSES)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/accounts/login/", "/apps/", "/nowhere/", "/admin/", "/accounts/2fa/", "/accounts/signup/", "/healthz"])
def test_every_page_carries_its_protection(address: str, admin_browser: Client) -> None:
    for browser in (admin_browser, Client()):
        headers = browser.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        for part in ("script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert part in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "no-store" in headers["Cache-Control"]
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/apps/", "/nowhere/", "/accounts/2fa/", "/accounts/password/change/", "/apps/connect/hubspot/"]
)
def test_no_page_has_script_or_style_inside(address: str, admin_browser: Client) -> None:
    page = admin_browser.get(address).content.decode()

    assert "<main" in page or address == "/accounts/login/"
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_an_unknown_host_is_refused() -> None:
    answer = Client().get("/accounts/login/", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.django_db
def test_a_post_without_its_token_is_refused(admin: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)

    for address in ("/connections/quickbooks/connect/", "/language/", "/accounts/logout/", "/accounts/login/"):
        assert browser.post(address).status_code == 403


@pytest.mark.django_db
def test_an_error_of_ours_shows_a_page_and_no_details(admin_browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr("syncconfig.views.apps.render", burst)
    admin_browser.raise_request_exception = False
    answer = admin_browser.get("/apps/")

    assert answer.status_code == 500
    assert b"Something went wrong on our side" in answer.content
    assert b"canary" not in answer.content
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["alice", "alice@tandem.example"])
def test_people_log_in_by_name_or_address(name: str, admin: Any) -> None:
    browser = Client()

    answer = browser.post("/accounts/login/", {"login": name, "password": "a long enough sentence"})

    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert browser.get("/apps/").status_code == 200


@pytest.mark.django_db
def test_five_wrong_passwords_close_a_login_for_a_while(admin: Any) -> None:
    cache.clear()
    for _ in range(6):
        Client().post("/accounts/login/", {"login": "alice", "password": "wrong"})

    browser = Client()
    browser.post("/accounts/login/", {"login": "alice", "password": "a long enough sentence"})
    assert browser.get("/apps/").status_code == 302
    cache.clear()


@pytest.mark.django_db
def test_one_address_cannot_try_for_ever(db: None) -> None:
    cache.clear()
    answers = [Client().post("/accounts/login/", {"login": f"person{n}", "password": "wrong"}).status_code for n in range(35)]

    assert answers[0] == 200
    assert answers[-1] == 429
    cache.clear()


@pytest.mark.django_db
def test_nobody_signs_up(django_user_model: Any) -> None:
    form = {"username": "mallory", "email": "m@example.com", "password1": "a long enough sentence", "password2": "a long enough sentence"}
    answer = Client().post("/accounts/signup/", form)

    assert not django_user_model.objects.exists()
    assert answer.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "\\\\evil.example", "javascript:alert(1)"])
def test_no_login_leads_away(target: str, admin: Any) -> None:
    cache.clear()
    answer = Client().post("/accounts/login/", {"login": "alice", "password": "a long enough sentence", "next": target})

    assert answer.status_code == 302
    assert answer["Location"] == "/"


@pytest.mark.django_db
def test_a_session_ends_when_idle_and_after_its_day(admin_browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    assert admin_browser.get("/apps/").status_code == 200
    monkeypatch.setattr("portal.middleware.time.time", lambda: now + 29 * 60)
    assert admin_browser.get("/apps/").status_code == 200
    monkeypatch.setattr("portal.middleware.time.time", lambda: now + 58 * 60)
    assert admin_browser.get("/apps/").status_code == 200
    monkeypatch.setattr("portal.middleware.time.time", lambda: now + 89 * 60)
    assert admin_browser.get("/apps/").status_code == 302


@pytest.mark.django_db
def test_a_session_does_not_outlive_twelve_hours(admin_browser: Client, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    now = time.time()
    settings.SESSION_IDLE_SECONDS = 24 * 3600
    assert admin_browser.get("/apps/").status_code == 200
    monkeypatch.setattr("portal.middleware.time.time", lambda: now + 12 * 3600 + 1)
    assert admin_browser.get("/apps/").status_code == 302


@pytest.mark.django_db
def test_logging_out_ends_the_session_on_the_server(admin: Any) -> None:
    browser = Client()
    browser.force_login(admin)
    stolen = browser.cookies["sessionid"].value
    browser.post("/accounts/logout/")

    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/apps/").status_code == 302


@pytest.mark.django_db
def test_the_second_factor_secret_is_encrypted(admin: Any) -> None:
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(admin, "JBSWY3DPEHPK3PXP")

    stored = Authenticator.objects.get().data["secret"]
    assert stored.startswith("v1$")
    assert get_adapter().decrypt(stored) == "JBSWY3DPEHPK3PXP"


@pytest.mark.django_db
def test_the_language_can_be_chosen(admin_browser: Client) -> None:
    admin_browser.post("/language/", {"language": "sv", "next": "/apps/"})

    page = admin_browser.get("/apps/").content.decode()
    assert '<html lang="sv"' in page
    assert "Anslutna appar" in page
