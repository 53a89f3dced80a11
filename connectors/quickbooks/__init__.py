"""QuickBooks Online: addresses, scopes and how to connect. Addresses: Intuit OAuth guide and discovery document (reference 2.1, 2.4)."""

from __future__ import annotations

from dataclasses import replace

from connectors.base import Connector
from connectors.http import Token
from connectors.pacing import Ledger
from connectors.provider import Endpoints, Provider
from connectors.quickbooks.connector import QuickBooksConnector
from connectors.quickbooks.errors import PROVIDER_KEY
from connectors.quickbooks.objects import OBJECT_NAMES
from connectors.quickbooks.webhooks import WEBHOOKS

LIVE = Endpoints(
    api="https://quickbooks.api.intuit.com",
    authorize="https://appcenter.intuit.com/connect/oauth2",
    token="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 (an address)
    revoke="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    userinfo="https://accounts.platform.intuit.com/v1/openid_connect/userinfo",
    web="https://app.qbo.intuit.com",
)
TRIAL = replace(
    LIVE,
    api="https://sandbox-quickbooks.api.intuit.com",
    userinfo="https://sandbox-accounts.platform.intuit.com/v1/openid_connect/userinfo",
)
"""Intuit's own test environment: the same keys page, other hosts."""


def sandbox(url: str) -> Endpoints:
    """The bundled simulation at an address like http://127.0.0.1:8002."""
    return Endpoints(
        api=url,
        authorize=f"{url}/connect/oauth2",
        token=f"{url}/oauth2/v1/tokens/bearer",
        revoke=f"{url}/v2/oauth2/tokens/revoke",
        userinfo=f"{url}/v1/openid_connect/userinfo",
        web=url,
    )


def connect(endpoints: Endpoints, token: Token, account_id: str, ledger: Ledger | None = None) -> Connector:
    """A connector to one company; makes no call."""
    return QuickBooksConnector(endpoints, token, account_id, ledger)


PROVIDER = Provider(
    key=PROVIDER_KEY,
    label="QuickBooks Online",
    scopes=("com.intuit.quickbooks.accounting",),
    live=LIVE,
    sandbox=sandbox,
    basic_auth=True,
    account_parameter="realmId",
    objects=OBJECT_NAMES,
    connect=connect,
    webhooks=WEBHOOKS,
    trial=TRIAL,
    token_headers={"x-include-refresh-token-hard-expires-in": "true"},
)
