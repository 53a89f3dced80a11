"""The token endpoints: exchanging a consent's code, refreshing, revoking. Asking for the consent, with its state, is the portal's.

Sources: reference/hubspot.md sections 2.3 and 2.4, reference/quickbooks.md section 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import urllib3

from connectors.errors import ConnectorError, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.http import CONNECT_SECONDS, loads, read_body
from connectors.provider import Endpoints, Provider
from connectors.wire import Wire

READ_SECONDS = 20
CALL_SECONDS = 30
"""From asking to the last byte of the answer, head and body."""
MAX_ANSWER_BYTES = 256 * 1024
DEAD_GRANT = "invalid_grant"
"""The answer that no repetition cures: a person has to reconnect."""

MESSAGES: dict[type[ConnectorError], str] = {
    Unauthorized: "the account no longer accepts us",
    Unavailable: "the sign-in service does not answer",
    Unexpected: "the sign-in service refused the request",
}


@dataclass(frozen=True, slots=True)
class Client:
    """This portal, as the provider knows it."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token endpoint gave. Times are aware UTC. `refresh_expires_at` is when the refresh token ends if it is not used before, `ends_at` when
    the whole grant ends whatever is done; None where the provider names no end. Without a refresh token the access token is all there is.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime | None = None
    ends_at: datetime | None = None
    scopes: tuple[str, ...] = ()


NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def static_grant(token: str) -> Grant:
    """A token that an account gave as it is: it never ends by itself and cannot be renewed (reference/hubspot.md section 2.1)."""
    return Grant(access_token=token, refresh_token="", expires_at=NEVER)


def exchange(provider: Provider, endpoints: Endpoints, client: Client, code: str, redirect_uri: str, code_verifier: str = "") -> Grant:
    """Turn the code of a consent into a grant. Raises like `refresh`; a used or foreign code is `Unauthorized`."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if code_verifier:
        form["code_verifier"] = code_verifier
    return parse_grant(provider.key, _post(provider, endpoints.token, client, form=form))


def refresh(provider: Provider, endpoints: Endpoints, client: Client, refresh_token: str) -> Grant:
    """Spend the refresh token on a new grant. One request, never repeated here: the first answer may have been lost and the token with it.

    Raises `Unauthorized` when the grant is dead, `Throttled`, `Unavailable`, or `Unexpected` when the client itself is refused.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = _post(provider, endpoints.token, client, form=form)
    return parse_grant(provider.key, answer, previous_refresh_token=refresh_token)


def revoke(provider: Provider, endpoints: Endpoints, client: Client, refresh_token: str) -> None:
    """End the grant at the provider. A grant that is dead already counts as revoked. Raises like `refresh`."""
    try:
        if provider.basic_auth:
            _post(provider, endpoints.revoke, client, body={"token": refresh_token})
        else:
            _post(provider, endpoints.revoke, client, form={"token_type_hint": "refresh_token", "token": refresh_token})
    except Unauthorized:
        return


def parse_grant(provider_key: str, answer: Any, *, previous_refresh_token: str = "", now: datetime | None = None) -> Grant:
    """The grant in a token endpoint's answer. Where no refresh token comes back, the previous one goes on. Raises `Unexpected`."""
    now = now or datetime.now(UTC)
    try:
        lasts, hard = answer.get("x_refresh_token_expires_in"), answer.get("x_refresh_token_hard_expires_in")
        scopes = answer.get("scopes") or str(answer.get("scope") or "").split()
        grant = Grant(
            access_token=str(answer["access_token"]),
            refresh_token=str(answer.get("refresh_token") or previous_refresh_token),
            expires_at=now + timedelta(seconds=int(answer["expires_in"])),
            refresh_expires_at=now + timedelta(seconds=int(lasts)) if lasts else None,
            ends_at=now + timedelta(seconds=int(hard)) if hard else None,
            scopes=tuple(str(scope) for scope in scopes),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unexpected("the token answer has not the documented shape", provider=provider_key) from None
    if not grant.access_token or not grant.refresh_token:
        raise Unexpected("the token answer holds no token", provider=provider_key)
    return grant


def _post(provider: Provider, url: str, client: Client, *, form: Mapping[str, str] | None = None, body: Mapping[str, str] | None = None) -> Any:
    """Post as this client and give the parsed answer, None when it is empty. No exception keeps the request, which holds the secrets."""
    identity = {} if provider.basic_auth else {"client_id": client.id, "client_secret": client.secret}
    try:
        with Wire(CALL_SECONDS) as http:
            response = http.post(
                url,
                data={**form, **identity} if form is not None else None,
                json=body,
                headers={"Accept": "application/json", **provider.token_headers},
                auth=(client.id, client.secret) if provider.basic_auth else None,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                stream=True,
            )
            raw = read_body(response, MAX_ANSWER_BYTES)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
        raise Unavailable(MESSAGES[Unavailable], provider=provider.key, words=type(failure).__name__) from None
    answer = loads(raw)
    error = _judge(provider.key, response.status_code, response.headers, answer)
    if error:
        raise error
    return answer


def _judge(provider_key: str, status: int, headers: Mapping[str, str], answer: Any) -> ConnectorError | None:
    """The error an answer of a token endpoint stands for, or None."""
    if 200 <= status < 300:
        return None
    code = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    words = str(answer.get("error_description") or answer.get("message") or "") if isinstance(answer, dict) else ""
    trace = headers.get("intuit_tid") or headers.get("x-hubspot-correlation-id") or ""
    if status == 429:
        return Throttled(
            "too many sign-in requests", retry_after=_seconds(headers.get("Retry-After")), provider=provider_key, code=code, words=words, trace=trace
        )
    refused: type[ConnectorError] = Unauthorized if code == DEAD_GRANT else Unavailable if status >= 500 or status < 400 else Unexpected
    return refused(MESSAGES[refused], provider=provider_key, code=code or str(status), words=words[:200], trace=trace)


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 60.0
