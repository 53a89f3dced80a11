"""Consent and tokens. Source: reference sections 2.2 to 2.4.

The real service wants https or localhost as place to return to; here any loopback address will do as well.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from connectors.sandbox import pages
from connectors.sandbox.hubspot.app import CLIENTS, HubSpot, header
from connectors.sandbox.hubspot.refusals import missing
from connectors.sandbox.pkce import proves
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

ACCESS_SECONDS = 1800
CODE_SECONDS = 600
ROOT = "/oauth/{version}/token"
OLD_ACCESS = "/oauth/v1/access-tokens/{token}"
OLD_REFRESH = "/oauth/v1/refresh-tokens/{token}"
OLD_ANSWER = ("access_token", "refresh_token", "token_type", "expires_in")


class Denied(Exception):
    """An error of the token endpoints."""

    def __init__(self, status: str, message: str, error: str = "invalid_grant") -> None:
        super().__init__(message)
        self.body = {"error": error, "error_description": message, "status": status, "message": message}


def add(app: HubSpot) -> None:
    """Serve consent and token calls."""

    @app.route("GET", "/oauth/authorize")
    def consent(request: Request) -> Reply:
        return _consent(app, request)

    @app.route("GET", "/oauth/{portal}/authorize")
    def consent_of_account(request: Request) -> Reply:
        return _consent(app, request)

    @app.route("POST", "/oauth/authorize/connect")
    def connect(request: Request) -> Reply:
        problem = same_origin(request) or _problem(app, request.query)
        portal = request.form.get("portal", "")
        if problem or portal not in app.accounts:
            return Reply(400, pages.layout("Connect", pages.note(problem or "Choose an account.", error=True)))
        code = secrets.token_urlsafe(32)
        query = request.query
        app.state.put(
            "hubspot/codes",
            code,
            {
                "client": query["client_id"],
                "redirect_uri": query["redirect_uri"],
                "portal": portal,
                "scopes": _scopes(query),
                "expires": app.clock() + CODE_SECONDS,
                "challenge": query.get("code_challenge", ""),
            },
        )
        return _back(query, {"code": code})

    @app.route("POST", "/oauth/authorize/cancel")
    def cancel(request: Request) -> Reply:
        problem = same_origin(request) or _problem(app, request.query)
        if problem:
            return Reply(400, pages.layout("Connect", pages.note(problem, error=True)))
        return _back(request.query, {"error": "access_denied", "error_description": "The user denied access."})

    @app.route("POST", ROOT)
    def token(request: Request) -> Reply:
        answer = _answer(lambda: _token(app, request.form))
        if request.params["version"] == "v1" and answer.status == 200:
            answer.body = {name: answer.body[name] for name in OLD_ANSWER}
        return answer

    @app.route("POST", ROOT + "/introspect")
    def introspect(request: Request) -> Reply:
        return _answer(lambda: _introspect(app, request.form))

    @app.route("POST", ROOT + "/revoke")
    def revoke(request: Request) -> Reply:
        return _answer(lambda: _revoke(app, request.form))

    @app.route("GET", OLD_ACCESS)
    def describe_access(request: Request) -> Reply:
        use, document, grant = _held(app, request.params)
        if document is None or grant is None or use != "access" or document["expires"] <= app.clock():
            return _unknown_token(app)
        client: Document = app.state.get(CLIENTS, grant["client"]) or {}
        more = {"app_id": client["app_id"], "expires_in": int(document["expires"] - app.clock())}
        return Reply(200, {**_facts(grant), **more, "token": request.params["token"], "token_type": "access"})

    @app.route("GET", OLD_REFRESH)
    def describe_refresh(request: Request) -> Reply:
        use, _, grant = _held(app, request.params)
        if grant is None or use != "refresh":
            return _unknown_token(app)
        return Reply(200, {**_facts(grant), "client_id": grant["client"], "token": request.params["token"], "token_type": "refresh"})

    @app.route("DELETE", OLD_REFRESH)
    def forget_refresh(request: Request) -> Reply:
        use, document, _ = _held(app, request.params)
        if document is None or use != "refresh":
            return _unknown_token(app)
        disconnect(app, document["grant"])
        return Reply(204)


def same_origin(request: Request) -> str:
    """What is wrong with the sender of a form; "" when it is a page of ours or no browser."""
    origin = header(request, "Origin")
    return "" if not origin or urlsplit(origin).netloc == header(request, "Host") else "This form was sent from another site."


def _consent(app: HubSpot, request: Request) -> Reply:
    problem = _problem(app, request.query)
    if problem:
        return Reply(400, pages.layout("Connect", pages.note(problem, error=True)))
    only = request.params.get("portal", "")
    accounts = [(key, f"{account.name} ({key})") for key, account in app.accounts.items() if not only or key == only]
    asked = "?" + urlencode(request.query)
    body = (
        pages.note("This is a simulation of HubSpot. An app asks for access to one of these accounts.")
        + pages.table(["It wants to use"], [[scope] for scope in _scopes(request.query)])
        + pages.form("/oauth/authorize/connect" + asked, [("portal", "Account", "")], submit="Connect app", options={"portal": accounts})
        + pages.button("Cancel", "/oauth/authorize/cancel" + asked)
    )
    return Reply(200, pages.layout("Connect an app", body))


def _problem(app: HubSpot, query: Mapping[str, str]) -> str:
    if app.state.get(CLIENTS, query.get("client_id", "")) is None:
        return "There is no app with this client id."
    place = urlsplit(query.get("redirect_uri", ""))
    loopback = place.scheme == "http" and place.hostname in ("localhost", "127.0.0.1")
    if not loopback and not (place.scheme == "https" and place.hostname):
        return "The redirect address must be https, or http on this machine."
    return "" if _scopes(query) else "The app asks for no scope."


def _scopes(query: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys([*query.get("scope", "").split(), *query.get("optional_scope", "").split()]))


def _back(query: Mapping[str, str], answer: Mapping[str, str]) -> Reply:
    state = {"state": query["state"]} if "state" in query else {}
    joint = "&" if urlsplit(query["redirect_uri"]).query else "?"
    return Reply(302, "", {"Location": query["redirect_uri"] + joint + urlencode({**answer, **state})})


def _answer(act: Callable[[], Document]) -> Reply:
    try:
        return Reply(200, act())
    except Denied as denied:
        return Reply(400, denied.body)


def _client(app: HubSpot, form: Mapping[str, str]) -> Document:
    client = app.state.get(CLIENTS, form.get("client_id", ""))
    if client is None or not secrets.compare_digest(client["secret"].encode(), form.get("client_secret", "").encode()):
        raise Denied("BAD_CLIENT_ID", "missing or unknown client id or secret", "invalid_client")
    return client


def _token(app: HubSpot, form: Mapping[str, str]) -> Document:
    _client(app, form)
    if form.get("grant_type") == "authorization_code":
        return _exchange(app, form)
    if form.get("grant_type") == "refresh_token":
        return _refresh(app, form)
    raise Denied("BAD_GRANT_TYPE", "unknown grant type", "unsupported_grant_type")


def _exchange(app: HubSpot, form: Mapping[str, str]) -> Document:
    code = form.get("code", "")
    kept = app.state.get("hubspot/codes", code)
    app.state.delete("hubspot/codes", code)
    if kept is None or kept["expires"] <= app.clock() or kept["client"] != form["client_id"]:
        raise Denied("BAD_AUTH_CODE", "missing or unknown auth code")
    if kept["redirect_uri"] != form.get("redirect_uri"):
        raise Denied("BAD_REDIRECT_URI", "redirect_uri does not match the one of the authorization")
    if app.switches.pkce and kept["challenge"] and not proves(form.get("code_verifier", ""), kept["challenge"]):
        raise Denied("BAD_AUTH_CODE", "code_verifier does not match")
    return issue(app, {"client": kept["client"], "portal": kept["portal"], "scopes": kept["scopes"]})


def _refresh(app: HubSpot, form: Mapping[str, str]) -> Document:
    held = app.state.get("hubspot/refresh", form.get("refresh_token", ""))
    grant = app.state.get("hubspot/grants", held["grant"]) if held else None
    if held is None or grant is None or grant["client"] != form["client_id"]:
        raise Denied("BAD_REFRESH_TOKEN", "missing or unknown refresh token")
    if not app.switches.rotate_refresh_tokens:
        return _tokens(app, held["grant"], grant, form["refresh_token"])
    app.state.delete("hubspot/refresh", form["refresh_token"])
    return _tokens(app, held["grant"], grant, _new_refresh(app, held["grant"]))


def issue(app: HubSpot, grant: Document) -> Document:
    """Connect an app to an account: a new grant with its first pair of tokens. `grant` is {"client", "portal", "scopes"}."""
    key = secrets.token_hex(16)
    app.state.put("hubspot/grants", key, grant)
    return _tokens(app, key, grant, _new_refresh(app, key))


def _new_refresh(app: HubSpot, grant_key: str) -> str:
    refresh = secrets.token_urlsafe(48)
    app.state.put("hubspot/refresh", refresh, {"grant": grant_key})
    return refresh


def _tokens(app: HubSpot, key: str, grant: Document, refresh: str) -> Document:
    for token, kept in app.state.all("hubspot/access"):
        if kept["expires"] <= app.clock():
            app.state.delete("hubspot/access", token)
    access = secrets.token_urlsafe(225)
    app.state.put("hubspot/access", access, {"grant": key, "expires": app.clock() + ACCESS_SECONDS})
    return {
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "bearer",
        "token_use": "access_token",
        "expires_in": ACCESS_SECONDS,
        "hub_id": int(grant["portal"]),
        "scopes": grant["scopes"],
        "user_id": 1,
    }


def _held(app: HubSpot, form: Mapping[str, str]) -> tuple[str, Document | None, Document | None]:
    """The token a call names, in either documented way: what it is, its document, its grant."""
    hint = form.get("token_type_hint", "")
    token = form.get("token") or form.get(hint, "")
    for use in ("access", "refresh"):
        document = app.state.get(f"hubspot/{use}", token)
        if document:
            return use, document, app.state.get("hubspot/grants", document["grant"])
    return "", None, None


def _introspect(app: HubSpot, form: Mapping[str, str]) -> Document:
    client = _client(app, form)
    use, document, grant = _held(app, form)
    if document is None or grant is None:
        return {"active": False}
    token = form.get("token") or form.get(form.get("token_type_hint", ""), "")
    facts = {"token": token, "token_use": f"{use}_token", "token_type": "bearer", "client_id": form["client_id"], "app_id": client["app_id"]}
    if use == "refresh":
        return {"active": True, **facts, **_facts(grant)}
    left = int(document["expires"] - app.clock())
    signed = _signed(client, document, grant)
    return {"active": left > 0, **facts, **_facts(grant), "expires_in": left, "is_private_distribution": True, "signed_access_token": signed}


def _signed(client: Document, document: Document, grant: Document) -> Document:
    """What HubSpot packs into an access token, without a signature that anybody could check."""
    return {
        "appId": client["app_id"],
        "expiresAt": round(document["expires"] * 1000),
        "hubId": int(grant["portal"]),
        "hublet": "na1",
        "installingUserId": 1,
        "isPrivateDistribution": True,
        "isServiceAccount": False,
        "isUserLevel": False,
        "scopes": " ".join(grant["scopes"]),
        "userId": 1,
        **dict.fromkeys(("newSignature", "scopeToScopeGroupPks", "signature", "trialScopes", "trialScopeToScopeGroupPks"), ""),
    }


def _facts(grant: Document) -> Document:
    return {"hub_id": int(grant["portal"]), "scopes": grant["scopes"], "user_id": 1, "user": "owner@fernhill.example"}


def _unknown_token(app: HubSpot) -> Reply:
    return missing("There is no such token.").reply(app.correlation_id())


def _revoke(app: HubSpot, form: Mapping[str, str]) -> Document:
    _client(app, form)
    _, document, grant = _held(app, form)
    if document and grant and grant["client"] == form["client_id"]:
        disconnect(app, document["grant"])
    return {}


def disconnect(app: HubSpot, grant_key: str) -> None:
    """End a grant: none of its tokens is accepted any more."""
    app.state.delete("hubspot/grants", grant_key)
    for use in ("access", "refresh"):
        for token, kept in app.state.all(f"hubspot/{use}"):
            if kept["grant"] == grant_key:
                app.state.delete(f"hubspot/{use}", token)
