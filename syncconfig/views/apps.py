"""Connected apps: the accounts we may speak to, and the pages before they are connected and disconnected."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from connectors.registry import PROVIDERS
from syncconfig import credentials
from syncconfig.models import Connection, ObjectSync
from syncconfig.permissions import MAY_CONFIGURE, MAY_CONNECT
from syncconfig.providers import configured
from syncconfig.views.form_targets import may_post_to_provider


@require_safe
@may_post_to_provider
def connected_apps(request: HttpRequest) -> HttpResponse:
    """Every app with its accounts, and what to do about each."""
    accounts: dict[str, list[Connection]] = {key: [] for key in PROVIDERS}
    for connection in Connection.objects.all():
        accounts[connection.provider].append(connection)
    apps = [{"provider": provider, "connections": accounts[key]} for key, provider in PROVIDERS.items()]
    context = {
        "apps": apps,
        "may_connect": request.user.has_perm(MAY_CONNECT),
        "may_configure": request.user.has_perm(MAY_CONFIGURE),
        "ready": all(any(c.usable for c in found) for found in accounts.values()),
        "has_syncs": ObjectSync.objects.settled().exists(),
    }
    return render(request, "syncconfig/apps.html", context)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where a person begins: the overview once there is a sync, the accounts before."""
    return HttpResponseRedirect(reverse("overview" if ObjectSync.objects.settled().exists() else "apps"))


@require_safe
@may_post_to_provider
@permission_required(MAY_CONNECT, raise_exception=True)
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """What the app will ask for and create, before the person is sent to its consent page."""
    if provider not in PROVIDERS:
        raise Http404
    context = {"provider": PROVIDERS[provider], "configured": configured(provider)}
    return render(request, "syncconfig/apps_connect.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_CONNECT, raise_exception=True)
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then revoke the access and forget the tokens."""
    connection = get_object_or_404(Connection.objects.exclude(status=Connection.Status.DISCONNECTED), pk=pk)
    provider = PROVIDERS[connection.provider]
    if request.method != "POST":
        return render(request, "syncconfig/apps_disconnect.html", {"connection": connection, "provider": provider})
    names = {"app": provider.label, "name": connection.name}
    if credentials.disconnect(connection):
        messages.success(request, _("%(app)s is disconnected: %(name)s. Our access was revoked.") % names)
    else:
        text = _("%(name)s is disconnected here, but %(app)s could not be told. Remove Tandem in the settings of %(app)s too.")
        messages.warning(request, text % names)
    return HttpResponseRedirect(reverse("apps"))
