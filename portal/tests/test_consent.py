from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core import management
from django.http import HttpResponse
from django.test import Client

from conftest import Sandboxes
from connectors.registry import PROVIDERS
from connectors.sandbox.quickbooks import add_company
from syncconfig.models import Connection


def start(browser: Client, provider: str, **form: object) -> str:
    answer = browser.post(f"/connections/{provider}/connect/", form)
    assert answer.status_code == 302
    return answer["Location"]


def come_back(browser: Client, address: str) -> HttpResponse:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def said(answer: HttpResponse) -> str:
    return " ".join(str(m) for m in get_messages(answer.wsgi_request))


@pytest.mark.django_db
@pytest.mark.parametrize("provider", list(PROVIDERS))
def test_consent_stores_a_connection_and_no_login(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S57, S58: the callback answers a redirect to a clean address, and the token is asked whose it is."""
    answer = come_back(admin_browser, sandboxes.consent(start(admin_browser, provider)))

    connection = Connection.objects.get(provider=provider)
    assert connection.status == "connected"
    assert connection.connected_by.username == "alice"
    assert connection.zone == "America/Denver"
    assert answer["Location"] == "/apps/"
    assert f"is connected: {connection.name}." in said(answer)
    assert not SocialAccount.objects.exists()
    assert not SocialToken.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("provider", list(PROVIDERS))
def test_a_refused_consent_stores_nothing(provider: str, sandboxes: Sandboxes, admin_browser: Client) -> None:
    answer = come_back(admin_browser, sandboxes.consent(start(admin_browser, provider), cancel=True))

    assert answer["Location"] == "/apps/"
    assert "You did not give consent" in said(answer)
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_the_consent_asks_with_a_fresh_state_and_a_challenge(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S54, S55, S56."""
    first, second = (parse_qs(urlsplit(start(admin_browser, "hubspot")).query) for _ in range(2))

    assert first["state"] != second["state"]
    assert len(first["state"][0]) >= 43  # 256 bits
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == ["http://localhost/connections/hubspot/callback/"]


@pytest.mark.django_db
def test_a_forged_state_is_refused_without_a_call(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S54."""
    address = sandboxes.consent(start(admin_browser, "quickbooks"))
    state = parse_qs(urlsplit(address).query)["state"][0]
    sandboxes.quickbooks.log.clear()

    answer = come_back(admin_browser, address.replace(state, "forged0123456789"))

    assert "belongs to no connection that was started here" in said(answer)
    assert not Connection.objects.exists()
    assert not sandboxes.quickbooks.log


@pytest.mark.django_db
def test_a_state_works_once(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S54, S56."""
    address = sandboxes.consent(start(admin_browser, "quickbooks"))
    come_back(admin_browser, address)
    before = Connection.objects.get().credentials_version

    answer = come_back(admin_browser, address)

    assert "belongs to no connection" in said(answer)
    assert Connection.objects.get().credentials_version == before


@pytest.mark.django_db
def test_a_state_of_the_other_provider_is_refused(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S54, S56."""
    address = sandboxes.consent(start(admin_browser, "quickbooks"))

    answer = come_back(admin_browser, address.replace("/connections/quickbooks/", "/connections/hubspot/"))

    assert "belongs to no connection" in said(answer)
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_an_answer_for_another_browser_is_refused(sandboxes: Sandboxes, admin_browser: Client, viewer_browser: Client) -> None:
    """S54: a state belongs to the session that asked."""
    address = sandboxes.consent(start(admin_browser, "quickbooks"))

    answer = come_back(viewer_browser, address)

    assert "belongs to no connection" in said(answer)
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_a_state_ends_after_ten_minutes(sandboxes: Sandboxes, admin_browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """S54."""
    address = sandboxes.consent(start(admin_browser, "quickbooks"))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 601)

    assert "came too late" in said(come_back(admin_browser, address))
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_a_tampered_company_is_refused(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S58."""
    add_company(sandboxes.quickbooks, "9130350000000000009", "Somebody Else")
    address = sandboxes.consent(start(admin_browser, "quickbooks"))

    come_back(admin_browser, address.replace("9130350000000000001", "9130350000000000009"))

    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_a_stranger_is_sent_to_the_login_without_the_code(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S57."""
    address = sandboxes.consent(start(admin_browser, "quickbooks"))

    answer = come_back(Client(SERVER_NAME="localhost"), address)

    assert answer["Location"] == "/accounts/login/"
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_who_may_not_connect_is_refused_at_both_doors(sandboxes: Sandboxes, admin_browser: Client, admin: User, viewer_browser: Client) -> None:
    assert viewer_browser.post("/connections/quickbooks/connect/").status_code == 403

    address = sandboxes.consent(start(admin_browser, "quickbooks"))
    admin.is_superuser = False
    admin.save()
    assert come_back(admin_browser, address).status_code == 403
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_the_permission_alone_is_enough(sandboxes: Sandboxes, connector_person: User) -> None:
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(connector_person)

    come_back(browser, sandboxes.consent(start(browser, "quickbooks")))

    assert Connection.objects.get().connected_by == connector_person


@pytest.mark.django_db
def test_reconnecting_to_the_same_account_renews_it(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S58."""
    come_back(admin_browser, sandboxes.consent(start(admin_browser, "quickbooks")))
    Connection.objects.update(status="reconnect_needed")
    pk = Connection.objects.get().pk

    come_back(admin_browser, sandboxes.consent(start(admin_browser, "quickbooks", connection=pk)))

    connection = Connection.objects.get()
    assert (connection.pk, connection.status, connection.credentials_version) == (pk, "connected", 2)


@pytest.mark.django_db
def test_reconnecting_to_another_account_is_refused_by_name(sandboxes: Sandboxes, admin_browser: Client) -> None:
    """S58."""
    come_back(admin_browser, sandboxes.consent(start(admin_browser, "quickbooks")))
    add_company(sandboxes.quickbooks, "9130350000000000009", "Somebody Else")
    before = Connection.objects.get()

    address = sandboxes.consent(start(admin_browser, "quickbooks", connection=before.pk), account="9130350000000000009")
    answer = come_back(admin_browser, address)

    assert "You chose Somebody Else (9130350000000000009)" in said(answer)
    assert f"belongs to {before.name} ({before.account_id})" in said(answer)
    assert Connection.objects.get().credentials == before.credentials


@pytest.mark.django_db
def test_two_companies_of_one_person_are_two_connections(sandboxes: Sandboxes, admin_browser: Client) -> None:
    add_company(sandboxes.quickbooks, "9130350000000000009", "Somebody Else")
    for account in ("9130350000000000001", "9130350000000000009"):
        come_back(admin_browser, sandboxes.consent(start(admin_browser, "quickbooks"), account=account))

    assert set(Connection.objects.values_list("account_id", flat=True)) == {"9130350000000000001", "9130350000000000009"}


@pytest.mark.django_db
def test_a_provider_that_is_down_is_named(sandboxes: Sandboxes, admin_browser: Client) -> None:
    address = sandboxes.consent(start(admin_browser, "quickbooks"))
    sandboxes.servers["quickbooks"].stop()

    answer = come_back(admin_browser, address)

    assert f"{PROVIDERS['quickbooks'].label} does not answer at the moment. Nothing was changed" in said(answer)
    assert answer["Location"] == "/apps/"
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_tokens_stand_nowhere_in_the_clear(sandboxes: Sandboxes, admin_browser: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """S57, S60, S64."""
    caplog.set_level("DEBUG")
    address = sandboxes.consent(start(admin_browser, "quickbooks"))
    answer = come_back(admin_browser, address)
    code = parse_qs(urlsplit(address).query)["code"][0]
    secrets = [code, *(token for kind in ("oauth.access", "oauth.refresh") for token, _ in sandboxes.quickbooks.state.all(kind))]
    assert len(secrets) == 3

    dump = tmp_path / "dump.json"
    management.call_command("dumpdata", "--output", str(dump), verbosity=0)
    page = admin_browser.get("/apps/").content.decode()
    for secret in secrets:
        for place in (dump.read_text(), caplog.text, page, answer.content.decode(), answer["Location"]):
            assert secret not in place


@pytest.mark.django_db
def test_a_consent_cannot_be_started_by_a_link(sandboxes: Sandboxes, admin_browser: Client) -> None:
    assert admin_browser.get("/connections/quickbooks/connect/").status_code == 405
    assert Client(enforce_csrf_checks=True, SERVER_NAME="localhost").post("/connections/quickbooks/connect/").status_code in (302, 403)
