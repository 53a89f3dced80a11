"""Consent, tokens and their rotation (reference section 2)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from connectors.sandbox import pages
from connectors.sandbox.pkce import proves
from connectors.sandbox.server import Reply, Request

if TYPE_CHECKING:
    from connectors.sandbox.quickbooks.app import QuickBooksApp

CLIENT_ID = "sandbox-quickbooks-client"
CLIENT_SECRET = "sandbox-quickbooks-secret"  # noqa: S105 (public on purpose)
SCOPES = frozenset({"com.intuit.quickbooks.accounting", "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address"})
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8726400
HARD_SECONDS = 157680000
CODE_SECONDS = 600
DAY = 86400

CODES, ACCESS, REFRESH = "oauth.codes", "oauth.access", "oauth.refresh"


def routes(app: QuickBooksApp) -> None:
    """Add the OAuth addresses to an app."""

    @app.route("GET", "/connect/oauth2")
    def consent(request: Request) -> Reply:
        problem = _refusal(app, request)
        if problem:
            return Reply(400, pages.layout("Intuit sandbox", pages.note(problem, error=True)))
        query = urlencode(request.query)
        companies = [(realm, company.profile["name"]) for realm, company in app.companies.items()]
        scopes = ", ".join(request.query["scope"].split())
        body = (
            pages.note("This is a simulation of QuickBooks Online. An app asks for access to a company.")
            + pages.note(f"It asks for: {scopes}")
            + pages.form(f"/connect/oauth2?{query}", [("realm", "Company", companies[0][0])], submit="Connect", options={"realm": companies})
            + pages.button("Cancel", f"/connect/oauth2/cancel?{query}")
        )
        return Reply(200, pages.layout("Connect to QuickBooks", body), {"X-Frame-Options": "DENY"})

    @app.route("POST", "/connect/oauth2")
    def connect(request: Request) -> Reply:
        realm = request.form.get("realm", "")
        problem = _refusal(app, request) or ("" if realm in app.companies else "No such company")
        if problem:
            return Reply(400, pages.layout("Intuit sandbox", pages.note(problem, error=True)))
        code = secrets.token_urlsafe(24)
        query = request.query
        asked = {"scope": query["scope"], "redirect": query["redirect_uri"], "challenge": query.get("code_challenge", "")}
        app.state.put(CODES, code, {**asked, "realm": realm, "at": app.clock(), "grant": ""})
        return _back(query["redirect_uri"], {"code": code, "state": query.get("state", ""), "realmId": realm})

    @app.route("POST", "/connect/oauth2/cancel")
    def cancel(request: Request) -> Reply:
        problem = _refusal(app, request)
        if problem:
            return Reply(400, pages.layout("Intuit sandbox", pages.note(problem, error=True)))
        return _back(request.query["redirect_uri"], {"error": "access_denied", "state": request.query.get("state", "")})

    @app.route("POST", "/oauth2/v1/tokens/bearer")
    def bearer(request: Request) -> Reply:
        if not _is_client(request):
            return Reply(401, {"error": "invalid_client"})
        form = request.form
        hard = header(request, "x-include-refresh-token-hard-expires-in").lower() == "true"
        if form.get("grant_type") == "authorization_code":
            return _exchange(app, form, hard)
        if form.get("grant_type") == "refresh_token":
            return _refresh(app, form.get("refresh_token", ""), hard)
        return Reply(400, {"error": "unsupported_grant_type"})

    @app.route("POST", "/v2/oauth2/tokens/revoke")
    def revoke(request: Request) -> Reply:
        if not _is_client(request):
            return Reply(401, {"error": "invalid_client"})
        # Intuit's clients send JSON, others the form that RFC 7009 asks for.
        body = request.json if isinstance(request.json, dict) else request.form
        token = body.get("token", "")
        known = app.state.get(REFRESH, str(token)) or app.state.get(ACCESS, str(token))
        if not known:
            return Reply(400, {"error": "invalid_request"})
        _end(app, known["grant"])
        return Reply(200)

    @app.route("GET", "/v1/openid_connect/userinfo")
    def userinfo(request: Request) -> Reply:
        access = access_of(app, request)
        if access is None:
            return Reply(401, {"error": "invalid_token"})
        if "openid" not in access["scope"].split():
            return Reply(403, {"error": "insufficient_scope"})
        return Reply(200, {"sub": "5a0c8e2e-sandbox-bookkeeper", "email": "bookkeeper@cedarandslate.example", "emailVerified": True})


def issue(app: QuickBooksApp, realm: str, scope: str = "com.intuit.quickbooks.accounting") -> dict[str, Any]:
    """A new connection's tokens, as the token endpoint answers them."""
    return _tokens(app, {"realm": realm, "scope": scope, "grant": secrets.token_hex(8), "granted": app.clock()}, hard=False)


def access_of(app: QuickBooksApp, request: Request) -> dict[str, Any] | None:
    """What the request's access token stands for: {"realm", "scope", "grant", ...}, or None when it is missing, unknown or expired."""
    scheme, _, token = header(request, "authorization").partition(" ")
    access = app.state.get(ACCESS, token) if scheme.lower() == "bearer" else None
    return access if access and app.clock() < access["expires"] else None


def _refusal(app: QuickBooksApp, request: Request) -> str:
    """Why a consent request is not shown or followed; "" when it is in order."""
    query = request.query
    target = urlsplit(query.get("redirect_uri", ""))
    registered = app.switches.registered_redirects
    if query.get("client_id") != CLIENT_ID:
        return "Unknown client_id"
    if query.get("response_type") != "code":
        return "response_type must be code"
    if target.scheme not in ("http", "https") or not target.netloc or target.query or target.fragment:
        return "redirect_uri must be an absolute address without a query"
    if registered and query["redirect_uri"] not in registered:
        return "redirect_uri is not registered"
    scopes = set(query.get("scope", "").split())
    return "" if scopes and scopes <= SCOPES else "scope is missing or not enabled for this app"


def _exchange(app: QuickBooksApp, form: dict[str, str], hard: bool) -> Reply:
    code = app.state.get(CODES, form.get("code", ""))
    if code is None or code["redirect"] != form.get("redirect_uri") or app.clock() - code["at"] > CODE_SECONDS:
        return _invalid_grant("Invalid authorization code")
    if code["grant"]:
        _end(app, code["grant"])
        return _invalid_grant("Authorization code was used before")
    if app.switches.pkce and code["challenge"] and not proves(form.get("code_verifier", ""), code["challenge"]):
        return _invalid_grant("Invalid code verifier")
    grant = secrets.token_hex(8)
    app.state.put(CODES, form["code"], {**code, "grant": grant})
    connection = {"realm": code["realm"], "scope": code["scope"], "grant": grant, "granted": app.clock()}
    return Reply(200, _tokens(app, connection, hard=hard))


def _refresh(app: QuickBooksApp, token: str, hard: bool) -> Reply:
    known = app.state.get(REFRESH, token)
    now = app.clock()
    if known is None or now > known["expires"] or now > known["granted"] + HARD_SECONDS:
        return _invalid_grant("Incorrect or invalid refresh token")
    connection = {key: known[key] for key in ("realm", "scope", "grant", "granted")}
    if app.switches.rotation == "daily" and now - known["at"] < DAY:
        return Reply(200, _tokens(app, connection, hard=hard, refresh=token))
    if app.switches.rotation == "lenient":
        for other, held in app.state.all(REFRESH):
            if held["grant"] == known["grant"] and held["number"] < known["number"]:
                app.state.delete(REFRESH, other)
    else:
        app.state.delete(REFRESH, token)
    return Reply(200, _tokens(app, connection, hard=hard))


def _tokens(app: QuickBooksApp, connection: dict[str, Any], *, hard: bool, refresh: str = "") -> dict[str, Any]:
    now = app.clock()
    for token, access in app.state.all(ACCESS):
        if access["expires"] <= now:
            app.state.delete(ACCESS, token)
    access_token, refresh_token = secrets.token_urlsafe(32), refresh or secrets.token_urlsafe(32)
    app.state.put(ACCESS, access_token, {**connection, "expires": now + ACCESS_SECONDS})
    kept = app.state.get(REFRESH, refresh_token) or {"at": now, "number": app.state.next_id("refresh tokens")}
    app.state.put(REFRESH, refresh_token, {**connection, "at": kept["at"], "number": kept["number"], "expires": now + REFRESH_SECONDS})
    answer = {
        "token_type": "bearer",
        "access_token": access_token,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh_token,
        "x_refresh_token_expires_in": REFRESH_SECONDS,
    }
    return {**answer, "x_refresh_token_hard_expires_in": int(connection["granted"] + HARD_SECONDS - now)} if hard else answer


def _end(app: QuickBooksApp, grant: str) -> None:
    """End a connection: every token of it dies."""
    for collection in (ACCESS, REFRESH):
        for token, known in app.state.all(collection):
            if known["grant"] == grant:
                app.state.delete(collection, token)


def _is_client(request: Request) -> bool:
    scheme, _, value = header(request, "authorization").partition(" ")
    try:
        given = base64.b64decode(value, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{CLIENT_ID}:{CLIENT_SECRET}".encode())


def header(request: Request, name: str) -> str:
    """A request header by its lower-case name; "" when absent."""
    return next((value for key, value in request.headers.items() if key.lower() == name), "")


def _invalid_grant(words: str) -> Reply:
    return Reply(400, json.dumps({"error": "invalid_grant", "error_description": words}).encode(), content_type="application/json;charset=UTF-8")


def _back(address: str, query: dict[str, str]) -> Reply:
    return Reply(302, None, {"Location": f"{address}?{urlencode(query)}"})
