"""Our rules inside allauth's flow: only a signed-in person with the permission, only to bind a data account, never to sign in."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess, Provider
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from connectors.errors import ConnectorError
from connectors.registry import PROVIDERS
from connectors.vocabulary import Kind
from portal.consent.outcome import explain, failed, refused
from syncconfig import credentials
from syncconfig.models import Connection
from syncconfig.permissions import MAY_CONNECT
from syncconfig.providers import client
from syncconfig.specs import prepare


class ConsentAdapter(DefaultSocialAccountAdapter):
    """allauth's questions about outside accounts, answered for data accounts."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        """Our two clients, from the environment. Rows in allauth's own table are never used."""
        keys = [key for key in PROVIDERS if provider in (None, key)]
        return [SocialApp(provider=key, client_id=client(key).id, secret="") for key in keys]

    def generate_state_param(self, state: dict[str, Any]) -> str:
        """256 random bits; allauth's own are fewer than the 128 a state should have."""
        return secrets.token_urlsafe(32)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Bind the account that was consented to."""
        if sociallogin.state.get("process") != AuthProcess.REDIRECT or not request.user.has_perm(MAY_CONNECT):
            raise PermissionDenied
        provider_key = sociallogin.account.provider
        expected = Connection.objects.filter(pk=(sociallogin.state.get("data") or {}).get("connection"), provider=provider_key).first()
        try:
            connection = credentials.store_consent(provider_key, sociallogin.grant, sociallogin.claimed_account, request.user, expected)
        except credentials.AccountMismatch as error:
            raise ImmediateHttpResponse(refused(request, _mismatch(error))) from None
        except ConnectorError as error:
            raise ImmediateHttpResponse(failed(request, provider_key, error)) from None
        welcome(request, connection)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """A consent that was refused, or a callback that nobody here asked for."""
        if isinstance(exception, PermissionDenied):
            raise exception
        if error == AuthError.CANCELLED:
            text = _("You did not give consent in %(app)s. Nothing was connected.")
        else:
            text = _("This answer of %(app)s belongs to no connection that was started here, or it came too late. Connect again.")
        raise ImmediateHttpResponse(refused(request, text % {"app": provider.name}))


def _mismatch(error: credentials.AccountMismatch) -> str:
    return _("You chose %(got)s, but this connection belongs to %(wanted)s. Nothing was changed; connect again and choose that account.") % {
        "got": error.got,
        "wanted": error.wanted,
    }


def welcome(request: HttpRequest, connection: Connection) -> None:
    """Create what the account lacks, and say what was connected."""
    app = PROVIDERS[connection.provider].label
    messages.success(request, _("%(app)s is connected: %(name)s.") % {"app": app, "name": connection.name})
    missing = credentials.missing_scopes(connection)
    if missing:
        messages.warning(request, _("%(app)s did not grant these permissions: %(missing)s.") % {"app": app, "missing": ", ".join(missing)})
    try:
        connector = credentials.connector_for(connection)
        for kind in Kind:
            if kind is not Kind.PAYMENT or connection.details.get("payments") != "no":
                prepare(connection, connector, kind)
    except ConnectorError as error:
        messages.warning(request, _("Preparing the account did not finish.") + " " + explain(connection.provider, error))
