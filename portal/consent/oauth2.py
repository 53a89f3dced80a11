"""How allauth's callback exchanges the code: through `connectors.oauth`, so that time-outs, size limits and errors are ours.

No token is put into allauth's own objects, which may be stored or rendered.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from connectors import oauth
from connectors.errors import ConnectorError
from connectors.oauth import Grant
from connectors.registry import PROVIDERS
from portal.consent.outcome import failed
from syncconfig.providers import client, endpoints


class ConsentOAuth2Adapter(OAuth2Adapter):
    """One provider's addresses and its code exchange."""

    @property
    def authorize_url(self) -> str:
        return endpoints(self.provider_id).authorize

    @property
    def access_token_url(self) -> str:  # type: ignore[override]
        return endpoints(self.provider_id).token

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Registered at the provider, so it never depends on the request; on this machine either loopback name is fine."""
        path = reverse("consent_callback", args=[self.provider_id])
        return settings.SITE_URL + path if settings.PROVIDERS == "live" else request.build_absolute_uri(path)

    def get_access_token_data(self, request: HttpRequest, app: SocialApp, client_: OAuth2Client, pkce_code_verifier: str | None = None) -> Grant:
        try:
            return oauth.exchange(
                PROVIDERS[self.provider_id],
                endpoints(self.provider_id),
                client(self.provider_id),
                request.GET["code"],
                self.get_callback_url(request, app),
                pkce_code_verifier or "",
            )
        except ConnectorError as error:
            raise ImmediateHttpResponse(failed(request, self.provider_id, error)) from None

    def parse_token(self, data: Grant) -> SocialToken:
        return SocialToken(token="")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        parameter = PROVIDERS[self.provider_id].account_parameter
        account = request.GET.get(parameter, "") if parameter else ""
        login = self.get_provider().sociallogin_from_response(request, {"uid": account[:64] or "unknown"})
        login.grant, login.claimed_account = kwargs["response"], account
        return login


class HubSpotAdapter(ConsentOAuth2Adapter):
    provider_id = "hubspot"


class QuickBooksAdapter(ConsentOAuth2Adapter):
    provider_id = "quickbooks"
