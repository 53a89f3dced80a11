"""Where an app finds the OAuth addresses (reference 2.1). The documents of production and of development name the same ones here."""

from __future__ import annotations

from connectors.sandbox.quickbooks import oauth
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.server import Reply, Request

DOCUMENTS = ("/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration")
KEYS = "/op/v1/jwks"
IDENTITY_SCOPES = ["openid", "email", "profile", "address", "phone"]


def routes(app: QuickBooksApp) -> None:
    """Add the documents to an app; Intuit's Python client asks for them with a slash at the end."""
    for path in DOCUMENTS:
        for end in ("", "/"):
            app.route("GET", path + end)(_document)

    @app.route("GET", KEYS)
    def keys(request: Request) -> Reply:
        # No identity token is given out, so there is no key to check one with.
        return Reply(200, {"keys": []})


def _document(request: Request) -> Reply:
    base = "http://" + oauth.header(request, "host")
    return Reply(
        200,
        {
            "issuer": f"{base}/op/v1",
            "authorization_endpoint": f"{base}/connect/oauth2",
            "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
            "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
            "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
            "jwks_uri": base + KEYS,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": IDENTITY_SCOPES,
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
        },
    )
