"""What the pages for people say about settings, addresses, permissions and properties is what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from connectors.hubspot.facts import COMPANIES, CONTACTS, DEALS, INVOICES, LINE_ITEMS, PRODUCTS
from connectors.hubspot.objects import MODELS, OPTIONAL_SCOPES, SCOPES
from connectors.registry import PROVIDERS

ROOT = Path(settings.BASE_DIR)
README, CONNECTING, OPERATING = (ROOT / name for name in ("README.md", "docs/connecting.md", "docs/operating.md"))
SITE = "https://tandem.example.com"

SETTINGS = (ROOT / "portal" / "settings.py").read_text()
READ = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
BUILT = {f"{key}_{part}_URL".upper() for key, parts in settings.PROVIDER_URLS.items() for part in parts}
"""Names of settings as they are read, and those that are put together there."""
NAME = re.compile(r"\b(?:(?:HUBSPOT|QUICKBOOKS|SYNC|SITE|TRUSTED)_[A-Z_]+|PROVIDERS)\b")
"""What looks like the name of a setting of the portal's dealings with providers."""
OBJECTS = {"contact": CONTACTS, "company": COMPANIES, "deal": DEALS, "product": PRODUCTS, "line_item": LINE_ITEMS, "invoice": INVOICES}


def blocks() -> list[Any]:
    """The JSON files that the page on connecting shows: the app's, and that of its webhooks."""
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", CONNECTING.read_text(), re.DOTALL)]


def subscriptions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = blocks()[1]["config"]["subscriptions"]["crmObjects"]
    return found


def keys_of(value: Any) -> set[str]:
    """The names of all members, at any depth."""
    if isinstance(value, dict):
        return {*value, *(key for member in value.values() for key in keys_of(member))}
    return {key for member in value for key in keys_of(member)} if isinstance(value, list) else set()


def test_every_permission_is_explained() -> None:
    table = "\n".join(line for line in CONNECTING.read_text().splitlines() if line.startswith("|"))
    assert [scope for scope in (*SCOPES, *OPTIONAL_SCOPES) if f"`{scope}`" not in table] == []
    assert [scope for scope in PROVIDERS["quickbooks"].asked_scopes if f"`{scope}`" not in CONNECTING.read_text()] == []


@pytest.mark.parametrize("page", [README, CONNECTING, OPERATING], ids=lambda page: page.name)
def test_pages_name_no_setting_that_does_not_exist(page: Path) -> None:
    named = {name.removesuffix("_FILE") for name in NAME.findall(page.read_text())}
    assert named
    assert named - READ - BUILT == set()


def test_every_setting_of_a_provider_is_on_the_page_about_connecting_and_in_the_table() -> None:
    of_live_accounts = {name for name in READ if name.startswith(("HUBSPOT_", "QUICKBOOKS_")) and "_SANDBOX_" not in name}
    assert of_live_accounts - set(NAME.findall(CONNECTING.read_text())) == set()
    assert (of_live_accounts | BUILT | {"SITE_URL", "TRUSTED_PROXIES", "PROVIDERS"}) - set(NAME.findall(README.read_text())) == set()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_addresses_that_providers_are_told_are_those_of_the_portal(provider: str) -> None:
    page = CONNECTING.read_text()
    assert f"`<SITE_URL>{reverse('consent_callback', args=[provider])}`" in page
    assert f"`<SITE_URL>{reverse('webhooks', args=[provider])}`" in page


def test_every_property_that_is_created_is_announced() -> None:
    rows = {cells[1].strip(): cells[2].strip().split(", ") for line in CONNECTING.read_text().splitlines() if len(cells := line.split("|")) == 4}
    announced = {"payments, where the account keeps them": "commerce_payments", "contacts": "contacts", "products": "products"}
    announced |= {name: name for name in ("invoices", "deals", "notes")}
    created = {path: [own.label for own in found] for model in MODELS.values() for path, found in model.own.items()}
    assert {announced[name]: labels for name, labels in rows.items() if name in announced} == created


def test_the_app_is_described_with_our_permissions_and_address() -> None:
    app = blocks()[0]
    documented = {"uid", "type", "config", "name", "description", "distribution", "auth", "redirectUrls", "requiredScopes", "optionalScopes"}
    assert keys_of(app) <= documented
    assert app["config"]["distribution"] == "private"
    assert app["config"]["auth"] == {
        "type": "oauth",
        "redirectUrls": [SITE + reverse("consent_callback", args=["hubspot"])],
        "requiredScopes": list(SCOPES),
        "optionalScopes": list(OPTIONAL_SCOPES),
    }


def test_the_webhooks_are_described_with_our_address_and_in_documented_words() -> None:
    webhooks = blocks()[1]
    lists = {"crmObjects", "legacyCrmObjects", "hubEvents"}
    assert webhooks["config"]["settings"]["targetUrl"] == SITE + reverse("webhooks", args=["hubspot"])
    documented = {"subscriptionType", "objectType", "propertyName", "active", "targetUrl", "maxConcurrentRequests"}
    assert keys_of(webhooks) == {"config", "settings", "subscriptions"} | documented | lists
    assert all(("propertyName" in entry) == entry["subscriptionType"].endswith("propertyChange") for entry in subscriptions())


def test_every_subscription_starts_a_look() -> None:
    deaf = [entry for entry in subscriptions() if not PROVIDERS["hubspot"].webhooks.hints([event(entry)])]
    assert deaf == []


def event(entry: dict[str, Any]) -> dict[str, Any]:
    """What such a subscription brings."""
    type_id = OBJECTS[entry["objectType"]].type_id
    one = {"eventId": 1, "portalId": 2, "occurredAt": 1_795_000_000_000, "subscriptionType": entry["subscriptionType"], "objectId": 3}
    ends = {"fromObjectId": 3, "toObjectId": 4, "fromObjectTypeId": type_id, "toObjectTypeId": CONTACTS.type_id}
    return {**one, "objectTypeId": type_id, **(ends if entry["subscriptionType"].endswith("associationChange") else {})}


def test_every_property_that_is_subscribed_to_is_one_that_is_read() -> None:
    read: dict[str, set[str]] = {}
    for model in MODELS.values():
        read.setdefault(model.type.path, set()).update(name for field in model.fields for name in model.needed(field.key))
        for source in (source for computed in model.computed.values() for source in computed.sources):
            read.setdefault(source.type.path, set()).update(source.properties)
    wanted = [(OBJECTS[entry["objectType"]].path, entry["propertyName"]) for entry in subscriptions() if "propertyName" in entry]
    assert [(path, name) for path, name in wanted if name not in read.get(path, set())] == []
