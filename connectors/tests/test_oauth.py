from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors import oauth
from connectors.errors import ConnectorError, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.oauth import Client, Grant
from connectors.registry import PROVIDERS
from connectors.sandbox import quickbooks
from connectors.sandbox.server import App, Closed, Reply, Request, Server
from connectors.sandbox.state import State

QBO = PROVIDERS["quickbooks"]
CLIENT = Client(quickbooks.CLIENT_ID, quickbooks.CLIENT_SECRET)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(quickbooks.build(State())) as running:
        yield running


def answering(reply: Reply) -> Iterator[Server]:
    app = App("odd", State())
    for path in ("/oauth2/v1/tokens/bearer", "/v2/oauth2/tokens/revoke"):
        app.route("POST", path)(lambda _request: reply)
    with Server(app) as running:
        yield running


def test_a_refresh_gives_a_grant_and_spends_the_token(server: Server) -> None:
    first = quickbooks.issue(server.app, quickbooks.DEFAULT_REALM)

    grant = oauth.refresh(QBO, QBO.sandbox(server.url), CLIENT, first["refresh_token"])

    assert grant.access_token != first["access_token"]
    assert timedelta(minutes=59) < grant.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    assert grant.refresh_expires_at is not None


def test_a_dead_grant_is_unauthorized(server: Server) -> None:
    with pytest.raises(Unauthorized) as caught:
        oauth.refresh(QBO, QBO.sandbox(server.url), CLIENT, "unknown")
    assert caught.value.code == "invalid_grant"


def test_a_wrong_client_is_unexpected_and_not_a_dead_grant(server: Server) -> None:
    token = quickbooks.issue(server.app, quickbooks.DEFAULT_REALM)["refresh_token"]
    with pytest.raises(Unexpected) as caught:
        oauth.refresh(QBO, QBO.sandbox(server.url), Client(CLIENT.id, "wrong"), token)
    assert caught.value.code == "invalid_client"


def test_revoking_ends_the_grant(server: Server) -> None:
    """S63."""
    token = quickbooks.issue(server.app, quickbooks.DEFAULT_REALM)["refresh_token"]
    endpoints = QBO.sandbox(server.url)

    oauth.revoke(QBO, endpoints, CLIENT, token)

    with pytest.raises(Unauthorized):
        oauth.refresh(QBO, endpoints, CLIENT, token)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(429, {}, {"Retry-After": "7"}), Throttled),
        (Reply(500, "<html>down</html>"), Unavailable),
        (Reply(503, None), Unavailable),
        (Reply(400, "<html>odd</html>"), Unexpected),
        (Reply(200, "<html>odd</html>"), Unexpected),
        (Reply(200, {"access_token": "a"}), Unexpected),
        (Reply(200, {"access_token": "", "refresh_token": "r", "expires_in": 3600}), Unexpected),
        (Reply(200, {"access_token": "a", "refresh_token": "r", "expires_in": "soon"}), Unexpected),
        (Reply(200, ["a"]), Unexpected),
        (Reply(307, None, {"Location": "http://127.0.0.1:9/"}), Unavailable),
    ],
)
def test_every_other_answer_has_its_error(reply: Reply, error: type[ConnectorError]) -> None:
    """S41, S43: a redirect among them."""
    for server in answering(reply):
        with pytest.raises(error) as caught:
            oauth.refresh(QBO, QBO.sandbox(server.url), CLIENT, "canary-refresh")
        if isinstance(caught.value, Throttled):
            assert caught.value.retry_after == 7


def test_a_lost_answer_and_a_closed_port_are_unavailable(server: Server) -> None:
    def close(_moment: str, _number: int, _request: Request, _reply: Reply | None) -> Reply | None:
        raise Closed

    server.app.hook = close
    with pytest.raises(Unavailable):
        oauth.refresh(QBO, QBO.sandbox(server.url), CLIENT, "canary-refresh")
    with pytest.raises(Unavailable):
        oauth.refresh(QBO, QBO.sandbox("http://127.0.0.1:9"), CLIENT, "canary-refresh")


def test_no_secret_reaches_an_error_or_a_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """S64."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Unauthorized) as caught:
        oauth.refresh(QBO, QBO.sandbox(server.url), CLIENT, "canary-refresh")

    shown = caplog.text + repr(caught.value) + repr(vars(caught.value)) + repr(caught.value.__cause__) + repr(CLIENT)
    assert "canary-refresh" not in shown
    assert CLIENT.secret not in shown


def test_where_no_refresh_token_comes_back_the_old_one_goes_on() -> None:
    grant = oauth.parse_grant("hubspot", {"access_token": "a", "expires_in": 1800, "scopes": ["one", "two"]}, previous_refresh_token="kept")

    assert grant.refresh_token == "kept"
    assert grant.scopes == ("one", "two")
    assert isinstance(grant, Grant)
