"""Intuit's own OAuth client for Python, unchanged, against the sandbox: it takes every address from the discovery document it is told to read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from steps import ask, step

DISCOVERY = os.environ["SANDBOX"] + "/.well-known/openid_configuration"
ID, SECRET, BACK = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], os.environ["BACK"]


def refused(act: Callable[[], Any]) -> dict[str, Any]:
    """The error of a call, as the client raises it."""
    try:
        act()
    except AuthClientError as error:
        return {"status": error.status_code, "body": json.loads(error.content), "trace": error.intuit_tid}
    raise AssertionError("not refused")


def tokens() -> dict[str, Any]:
    """What the last answer left in the client."""
    return {
        "access": auth.access_token,
        "refresh": auth.refresh_token,
        "expires": auth.expires_in,
        "refresh expires": auth.x_refresh_token_expires_in,
        "hard end": auth.x_refresh_token_hard_expires_in,
    }


auth = AuthClient(ID, SECRET, BACK, DISCOVERY)


@step
def discovered() -> dict[str, str]:
    return {"issuer": auth.issuer_uri, "keys": auth.jwks_uri, "authorize": auth.auth_endpoint, "token": auth.token_endpoint}


@step
def denied() -> dict[str, list[str]]:
    return parse_qs(urlsplit(ask("refusal", auth.get_authorization_url([Scopes.ACCOUNTING], state_token="s0"))).query)


@step
def consent() -> dict[str, Any]:
    scopes = [Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL]
    back = parse_qs(urlsplit(ask("consent", auth.get_authorization_url(scopes))).query)
    return {"code": back["code"][0], "realm": back["realmId"][0], "state": back["state"][0], "own state": auth.state_token}


@step
def wrong_secret() -> dict[str, Any]:
    return refused(lambda: AuthClient(ID, "wrong", BACK, DISCOVERY).get_bearer_token(consent["code"], realm_id=consent["realm"]))


@step
def exchanged() -> dict[str, Any]:
    auth.get_bearer_token(consent["code"], realm_id=consent["realm"])
    return tokens()


@step
def person() -> dict[str, Any]:
    return auth.get_user_info().json()


@step
def refreshed() -> dict[str, Any]:
    auth.include_refresh_token_hard_expires_in = True
    auth.refresh()
    return tokens()


@step
def old_token() -> dict[str, Any]:
    return refused(lambda: auth.refresh(refresh_token=exchanged["refresh"]))


@step
def revoked() -> dict[str, Any]:
    answer = auth.revoke(token=refreshed["refresh"])
    return {"answer": answer, "refresh": refused(auth.refresh), "person": refused(auth.get_user_info), "again": refused(auth.revoke)}
