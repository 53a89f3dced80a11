"""Where a request and its secrets may go: no redirect, link, certificate, proxy or file of passwords leads them elsewhere (security S41, S42)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from connectors import oauth
from connectors.errors import ConnectorError, Unavailable
from connectors.http import ApiSession
from connectors.oauth import Client
from connectors.provider import Provider
from connectors.registry import PROVIDERS
from connectors.sandbox.server import Reply, Request
from connectors.tests.crooked import Crooked, says, self_signed, serving_with
from connectors.tests.hubspot_world import World
from connectors.tests.test_http import Plain
from connectors.vocabulary import Kind

TOKEN = "canary-token"
CLIENT = Client("canary-client", "canary-secret")
REDIRECTS = (301, 302, 303, 307, 308)
ENVIRONMENT = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

both = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
Ask = Callable[[Provider, str], object]


def read(provider: Provider, url: str) -> object:
    return provider.connect(provider.sandbox(url), lambda refused: TOKEN, "1", None).account()


def exchange(provider: Provider, url: str) -> object:
    return oauth.exchange(provider, provider.sandbox(url), CLIENT, "canary-code", "http://localhost/back/", "canary-verifier")


def refresh(provider: Provider, url: str) -> object:
    return oauth.refresh(provider, provider.sandbox(url), CLIENT, TOKEN)


def revoke(provider: Provider, url: str) -> object:
    return oauth.revoke(provider, provider.sandbox(url), CLIENT, TOKEN)


every_call = pytest.mark.parametrize("ask", [read, exchange, refresh, revoke])
to_the_sign_in = pytest.mark.parametrize("ask", [exchange, refresh, revoke])


def session(url: str) -> ApiSession:
    return ApiSession(url, lambda refused: TOKEN, Plain(), sleep=lambda seconds: None)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again at once."""
    monkeypatch.setattr("connectors.http.backoff", lambda attempt: 0.0)


@pytest.fixture
def thief() -> Iterator[Crooked]:
    with Crooked() as made:
        yield made


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path)


# Redirects and links


@every_call
@both
@pytest.mark.parametrize("status", REDIRECTS)
def test_no_call_follows_a_redirect(status: int, provider: Provider, ask: Ask, thief: Crooked) -> None:
    """S41: neither an API nor a token endpoint can send a token, a code or the client's secret on."""
    with Crooked(says(status, Location=f"{thief.url}/steal")) as server:
        with pytest.raises(ConnectorError):
            ask(provider, server.url)
        assert len(server.heard) == 1
    assert thief.met == 0


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_an_answer_like_any_other(status: int, method: str, thief: Crooked) -> None:
    """S41: the caller is told of it, and nothing more happens."""
    with Crooked(says(status, Location=f"{thief.url}/steal")) as server:
        assert session(server.url).request(method, "/x", body=None).status == status
    assert thief.met == 0


def test_a_foreign_link_to_the_next_page_is_not_followed(world: World, thief: Crooked) -> None:
    """S41: of HubSpot's `next` only the cursor is used, and only as a parameter of the next request to HubSpot."""
    people = [world.contact(email=f"person{n}@example.com") for n in range(230)]

    def redirect(moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if moment == "after" and reply and isinstance(reply.body, dict) and "paging" in reply.body:
            reply.body["paging"]["next"]["link"] = f"{thief.url}/steal?{request.path}"
        return reply

    connector = world.connector()
    world.app.hook = redirect
    pages = list(connector.changes(Kind.CONTACT, None, ("email",)))
    assert sum(len(page.records) for page in pages) == len(people)
    assert thief.met == 0


@pytest.mark.parametrize("cursor", ["{url}/steal", "@127.0.0.1:{port}/", "1&after=2", "//127.0.0.1:{port}", "\r\nHost: 127.0.0.1:{port}", "../../x?"])
def test_a_cursor_that_is_an_address_stays_a_value(world: World, thief: Crooked, cursor: str) -> None:
    """S41: it is encoded, and sent to HubSpot."""
    world.contact(email="person@example.com")
    planted = cursor.format(url=thief.url, port=thief.url.rpartition(":")[2])
    seen: list[str] = []

    def plant(moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if moment == "before" and "after" in request.query:
            seen.append(request.query["after"])
            return Reply(200, {"results": []})
        if moment == "after" and reply and "after" not in request.query and request.path.endswith("/contacts"):
            reply.body["paging"] = {"next": {"after": planted}}
        return reply

    connector = world.connector()
    world.app.hook = plant
    list(connector.changes(Kind.CONTACT, None, ("email",)))
    assert seen == [planted]
    assert thief.met == 0


# Certificates


@both
@every_call
def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_anything_is_sent(provider: Provider, ask: Ask, certificate: Path) -> None:
    """S42: the API and the token endpoints fail closed."""
    with Crooked(context=serving_with(certificate)) as server:
        with pytest.raises(Unavailable):
            ask(provider, server.url)
        assert server.met > 0
        assert server.heard == []


def test_a_write_is_not_sent_to_such_a_server_either(certificate: Path) -> None:
    """S42: not even one that is sent once only."""
    with Crooked(context=serving_with(certificate)) as server:
        with pytest.raises(Unavailable, match="could not be reached"):
            session(server.url).request("POST", "/x", body={"canary": 1})
        assert server.heard == []


@every_call
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_nothing_in_the_environment_vouches_for_a_certificate(variable: str, ask: Ask, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S42: there is no switch. Another client, told to trust the same file, gets its answer from the same server."""
    with Crooked(context=serving_with(certificate)) as server:
        assert requests.get(server.url, verify=str(certificate), timeout=5).status_code == 200
        server.heard.clear()
        monkeypatch.setenv(variable, str(certificate))
        monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
        with pytest.raises(Unavailable):
            ask(PROVIDERS["quickbooks"], server.url)
        assert server.heard == []


def test_a_certificate_of_another_name_is_refused(certificate: Path) -> None:
    """S42: that somebody vouches for a server is not enough; it has to be the one that was asked for."""
    with Crooked(context=serving_with(certificate)) as server:
        talk = session(server.url)
        talk._session.verify = str(certificate)
        assert talk.request("GET", "/x").status == 200
        server.heard.clear()
        talk.base_url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(Unavailable):
            talk.request("GET", "/x")
        assert server.heard == []


# The environment


@every_call
@both
def test_a_proxy_of_the_environment_is_not_asked(provider: Provider, ask: Ask, thief: Crooked, monkeypatch: pytest.MonkeyPatch) -> None:
    """S42: a proxy would end the encryption, and see the token where there is none."""
    for variable in ENVIRONMENT:
        monkeypatch.setenv(variable, thief.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with Crooked(says(400)) as server:
        with pytest.raises(ConnectorError):
            ask(provider, server.url)
        assert server.met == 1
    assert thief.met == 0


def test_a_file_of_passwords_does_not_take_the_place_of_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S42, S45."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Crooked() as server:
        session(server.url).request("GET", "/x")
        (request,) = server.heard
    assert f"Authorization: Bearer {TOKEN}".encode() in request


@to_the_sign_in
@both
def test_the_secrets_of_a_sign_in_are_in_the_body_or_the_header_and_never_in_the_address(provider: Provider, ask: Ask) -> None:
    """S45, S57: an address ends up in logs."""
    with Crooked(says(400)) as server:
        with pytest.raises(ConnectorError):
            ask(provider, server.url)
        (request,) = server.heard
    line, _, rest = request.partition(b"\r\n")
    assert b"canary" not in line
    assert b"canary" in rest
    assert b"referer" not in rest.lower()
