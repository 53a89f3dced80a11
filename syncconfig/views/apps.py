"""Connected apps: the accounts we may speak to, and the pages before they are connected and disconnected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors.registry import PROVIDERS
from syncconfig import credentials
from syncconfig.budgets import Reads, all_states, reads, set_cap
from syncconfig.capabilities import Capability, capabilities
from syncconfig.forms import ReadCapForm, TokenForm
from syncconfig.inbox import SIDE_OF
from syncconfig.models import Connection, ObjectSync, WebhookDoor
from syncconfig.permissions import MAY_CONFIGURE, MAY_CONNECT
from syncconfig.providers import configured
from syncconfig.views.form_targets import may_post_to_provider


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the page shows it. `ends` is when its access ends, once that is near."""

    connection: Connection
    capabilities: list[Capability]
    reads: Reads
    ends: datetime | None


@require_safe
@may_post_to_provider
def connected_apps(request: HttpRequest) -> HttpResponse:
    """Every app with its accounts, and what to do about each."""
    now, counted = timezone.now(), all_states()
    accounts: dict[str, list[Account]] = {key: [] for key in PROVIDERS}
    for connection in Connection.objects.all():
        accounts[connection.provider].append(
            Account(connection, capabilities(connection), reads(connection, now, counted.get(connection.pk, {})), _ends(connection, now))
        )
    doors = {door.provider: door for door in WebhookDoor.objects.all()}
    apps = [{"provider": provider, "accounts": accounts[key], "door": doors.get(key)} for key, provider in PROVIDERS.items()]
    context = {
        "apps": apps,
        "may_connect": request.user.has_perm(MAY_CONNECT),
        "may_configure": request.user.has_perm(MAY_CONFIGURE),
        "ready": all(any(a.connection.usable for a in found) for found in accounts.values()),
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
    context = {
        "provider": PROVIDERS[provider],
        "configured": configured(provider),
        "live": settings.PROVIDERS == "live",
        "callback": settings.SITE_URL + reverse("consent_callback", args=[provider]),
        "webhook": settings.SITE_URL + reverse("webhooks", args=[provider]),
        "token_form": TokenForm(),
    }
    return render(request, "syncconfig/apps_connect.html", context)


@require_POST
@permission_required(MAY_CONNECT, raise_exception=True)
def read_cap(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the most reads a month. What waited for more goes on."""
    connection = get_object_or_404(Connection, pk=pk)
    form = ReadCapForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(message for errors in form.errors.values() for message in errors))
        return HttpResponseRedirect(reverse("apps"))
    set_cap(connection, form.cleaned_data["cap"])
    on = ObjectSync.objects.settled().filter(status=ObjectSync.Status.ON)
    on.filter(**{f"{SIDE_OF[connection.provider]}": connection}).update(next_run_at=timezone.now())
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("apps"))


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


def _ends(connection: Connection, now: datetime) -> datetime | None:
    """When the access ends, from the first warning on."""
    near = connection.ends_at is not None and connection.ends_at <= now + max(credentials.WARNED_BEFORE)
    return connection.ends_at if near else None
