"""The two doors of a consent: out to the provider, and back."""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from connectors.errors import ConnectorError
from connectors.registry import PROVIDERS
from portal.consent.adapter import welcome
from portal.consent.outcome import back, failed, refused
from portal.consent.provider import provider_classes
from syncconfig import credentials
from syncconfig.forms import TokenForm
from syncconfig.models import Connection
from syncconfig.permissions import MAY_CONNECT
from syncconfig.providers import configured

CALLBACKS = {c.id: OAuth2CallbackView.adapter_view(c.oauth2_adapter_class) for c in provider_classes}


@require_POST
@permission_required(MAY_CONNECT, raise_exception=True)
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """Send the person to the provider. The form's `connection` names the account to reconnect; without it, any account will do."""
    if not configured(provider):
        return refused(
            request, _("The client id of the %(app)s app is not set. Ask the person who runs this portal.") % {"app": PROVIDERS[provider].label}
        )
    again = request.POST.get("connection")
    expected = get_object_or_404(Connection, pk=again, provider=provider) if again else None
    door = get_adapter().get_provider(request, provider)
    return door.redirect(request, AuthProcess.REDIRECT, next_url=reverse("apps"), data={"connection": expected and expected.pk})


@require_POST
@sensitive_post_parameters("token")
@permission_required(MAY_CONNECT, raise_exception=True)
def token(request: HttpRequest, provider: str) -> HttpResponse:
    """Bind the account of a token that its private app shows, where the provider has such tokens."""
    if not PROVIDERS[provider].static_tokens:
        raise Http404
    form = TokenForm(request.POST)
    if not form.is_valid():
        return refused(request, " ".join(message for errors in form.errors.values() for message in errors))
    try:
        connection = credentials.store_token(provider, form.cleaned_data["token"], request.user)
    except ConnectorError as error:
        return failed(request, provider, error)
    welcome(request, connection)
    return back()


@require_GET
@login_not_required
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """Take the provider's answer. Always a redirect to an address without code or state; a stranger is not even told where they came from."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("account_login"))
    return CALLBACKS[provider](request)
