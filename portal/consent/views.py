"""The two doors of a consent: out to the provider, and back."""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from portal.consent.provider import provider_classes
from syncconfig.models import Connection
from syncconfig.permissions import MAY_CONNECT

CALLBACKS = {c.id: OAuth2CallbackView.adapter_view(c.oauth2_adapter_class) for c in provider_classes}


@require_POST
@permission_required(MAY_CONNECT, raise_exception=True)
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """Send the person to the provider. The form's `connection` names the account to reconnect; without it, any account will do."""
    again = request.POST.get("connection")
    expected = get_object_or_404(Connection, pk=again, provider=provider) if again else None
    door = get_adapter().get_provider(request, provider)
    return door.redirect(request, AuthProcess.REDIRECT, next_url=reverse("apps"), data={"connection": expected and expected.pk})


@require_GET
@login_not_required
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """Take the provider's answer. Always a redirect to an address without code or state; a stranger is not even told where they came from."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("account_login"))
    return CALLBACKS[provider](request)
