"""What can be done with a whole sync: sync now, run anyway once, turn off, delete. Every change is a POST and ends at the overview."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connectors.vocabulary import Category, Kind
from syncconfig import drafts, tasks
from syncconfig.engine.spec import Side
from syncconfig.models import ObjectSync, SyncRecord, SyncRun
from syncconfig.permissions import MAY_CONFIGURE, MAY_OPERATE
from syncconfig.views.followers import set_by_people


def _sync(pk: int) -> ObjectSync:
    return get_object_or_404(ObjectSync.objects.settled().select_related("left", "right"), pk=pk)


@require_POST
@permission_required(MAY_OPERATE, raise_exception=True)
def run_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a run of a sync that is on."""
    sync = _sync(pk)
    if sync.status != ObjectSync.Status.ON:
        messages.warning(request, _("%(sync)s is not on. Edit its settings to turn it on.") % {"sync": sync})
    elif not (sync.left.usable and sync.right.usable):
        messages.warning(request, _("An account has to be reconnected first."))
    else:
        tasks.start(sync, SyncRun.Trigger.MANUAL, actor=request.user)
        messages.success(request, _("%(sync)s starts now.") % {"sync": sync})
    return redirect("overview")


@require_POST
@permission_required(MAY_OPERATE, raise_exception=True)
def run_anyway(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a sync that stopped by itself go on, the first run without the guard that stopped it."""
    sync = _sync(pk)
    if sync.status != ObjectSync.Status.PAUSED or sync.pause_reason == Category.MAPPING_BROKEN:
        messages.warning(request, _("%(sync)s is not waiting for a decision.") % {"sync": sync})
        return redirect("overview")
    with transaction.atomic():
        drafts.resume(sync)
        tasks.start(sync, SyncRun.Trigger.MANUAL, actor=request.user, unguarded=True)
    messages.success(request, _("%(sync)s runs once without asking, and goes on as usual after that.") % {"sync": sync})
    return redirect("overview")


@require_http_methods(["GET", "POST"])
@permission_required(MAY_CONFIGURE, raise_exception=True)
@set_by_people
def turn_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then stop the flow in both directions."""
    sync = _sync(pk)
    if request.method != "POST":
        return render(request, "syncconfig/sync_turn_off.html", {"sync": sync})
    drafts.turn_off(sync)
    messages.success(request, _("%(sync)s is off. Settings, links and history are kept.") % {"sync": sync})
    return redirect("overview")


def _falls_back(sync: ObjectSync) -> bool:
    """Whether lines of invoices lose their items with this sync (spec R232)."""
    invoices = ObjectSync.objects.settled().filter(left=sync.left, right=sync.right, kind=Kind.INVOICE, status=ObjectSync.Status.ON).first()
    return sync.kind == Kind.PRODUCT and invoices is not None and invoices.flows(Side.RIGHT)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_CONFIGURE, raise_exception=True)
@set_by_people
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, then forget settings, links and history; no record is touched anywhere."""
    sync = _sync(pk)
    if request.method != "POST":
        linked = SyncRecord.objects.filter(sync__in=drafts.family(sync), left_id__isnull=False, right_id__isnull=False).count()
        return render(request, "syncconfig/sync_delete.html", {"sync": sync, "linked": linked, "falls_back": _falls_back(sync)})
    if SyncRun.objects.live().filter(sync__in=drafts.family(sync)).exists():
        messages.warning(request, _("%(sync)s is at work. Turn it off, wait until the run has ended, then delete it.") % {"sync": sync})
        return redirect("overview")
    name = str(sync)
    drafts.delete(sync)
    messages.success(request, _("%(sync)s was deleted. No record was deleted in HubSpot or QuickBooks.") % {"sync": name})
    return redirect("overview")
