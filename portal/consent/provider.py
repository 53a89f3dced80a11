"""The two providers as allauth knows them. Names, addresses and scopes come from the connectors' own tables."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider

from connectors.registry import PROVIDERS
from portal.consent.oauth2 import HubSpotAdapter, QuickBooksAdapter


class ConsentProvider(OAuth2Provider):
    """Consent to an account's data. It can neither sign anybody in nor up."""

    account_class = ProviderAccount
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return list(PROVIDERS[self.id].scopes)

    def get_auth_params(self) -> dict[str, Any]:
        """What an account may lack the product for is asked for apart, so that it can be left out (reference/hubspot.md section 2.2)."""
        optional = PROVIDERS[self.id].optional_scopes
        return {"optional_scope": " ".join(optional)} if optional else {}

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["uid"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}


class HubSpotConsent(ConsentProvider):
    id = "hubspot"
    name = "HubSpot"
    oauth2_adapter_class = HubSpotAdapter


class QuickBooksConsent(ConsentProvider):
    id = "quickbooks"
    name = "QuickBooks"
    oauth2_adapter_class = QuickBooksAdapter


provider_classes = [HubSpotConsent, QuickBooksConsent]
