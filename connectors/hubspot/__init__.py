"""HubSpot: contacts, products, invoices, payments and notes, with their companies and deals as far as these need them."""

from __future__ import annotations

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.facts import API_VERSION, OAUTH_VERSION
from connectors.hubspot.objects import OPTIONAL_SCOPES, OWN_PROPERTIES, SCOPES
from connectors.hubspot.webhooks import WEBHOOKS
from connectors.provider import Endpoints, ObjectName, Provider
from connectors.vocabulary import Kind


def endpoints(api: str, app: str) -> Endpoints:
    """Addresses below the API's host and the application's host."""
    token = f"{api}/oauth/{OAUTH_VERSION}/token"
    return Endpoints(
        api=api,
        authorize=f"{app}/oauth/authorize",
        token=token,
        revoke=f"{token}/revoke",
        userinfo=f"{api}/account-info/{API_VERSION}/details",
        web=app,
    )


PROVIDER = Provider(
    key="hubspot",
    label="HubSpot",
    scopes=SCOPES,
    optional_scopes=OPTIONAL_SCOPES,
    static_tokens=True,
    live=endpoints("https://api.hubapi.com", "https://app.hubspot.com"),
    sandbox=lambda url: endpoints(url, url),
    basic_auth=False,
    account_parameter="",
    objects={
        Kind.CONTACT: ObjectName("contact", "contacts"),
        Kind.PRODUCT: ObjectName("product", "products"),
        Kind.INVOICE: ObjectName("invoice", "invoices"),
        Kind.PAYMENT: ObjectName("payment", "payments"),
        Kind.NOTE: ObjectName("note", "notes"),
    },
    connect=HubSpotConnector,
    webhooks=WEBHOOKS,
    creates=tuple(dict.fromkeys(own.label for properties in OWN_PROPERTIES.values() for found in properties.values() for own in found)),
)

__all__ = ["PROVIDER", "HubSpotConnector"]
