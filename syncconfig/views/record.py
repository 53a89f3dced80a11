"""The page of one record: both sides, what was agreed, what happens next and why, its history; and linking it by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from syncconfig import actions, tasks
from syncconfig.deep_links import Linker
from syncconfig.engine.filters import BadFilter
from syncconfig.engine.spec import Side
from syncconfig.explanations import explain_record, labels_of, side_name
from syncconfig.models import ObjectSync, SyncRecord, SyncRun
from syncconfig.permissions import MAY_OPERATE
from syncconfig.record_story import both_sides, history
from syncconfig.specs import NoFields
from syncconfig.sync_status import object_name
from syncconfig.tables import record_list
from syncconfig.views.overview import rights
from syncconfig.views.records import retry_records

CANDIDATES = 20


def _record(pk: int) -> SyncRecord:
    return get_object_or_404(SyncRecord.objects.select_related("sync", "sync__left", "sync__right"), pk=pk)


@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """One record or linked pair."""
    found = _record(pk)
    sync, labels = found.sync, labels_of(found.sync)
    halves = Linker().halves(found)
    context: dict[str, Any] = {
        **rights(request),
        "record": found,
        "sync": sync,
        "said": explain_record(found, labels),
        "ends": [(half, object_name(sync, side)) for half, side in zip(halves, Side, strict=True)],
        "linked": found.left_id is not None and found.right_id is not None,
        "fields": both_sides(found, timezone.now()),
        "events": history(found, labels),
        "origin": side_name(found.origin) if found.origin else "",
        "linked_by": _linked_by(found),
        "candidates": candidate_lines(str(found.details.get("list", ""))),
        "system": side_name(found.details["side"]) if found.details.get("side") in tuple(Side) else "",
    }
    return render(request, "syncconfig/record.html", context)


def candidate_lines(stored: str) -> list[str]:
    """The records that share a key, each with what its sides are called in place of left and right."""
    lines = []
    for line in stored.splitlines():
        title, _sep, ids = line.rpartition(" (")
        for side in Side:
            ids = ids.replace(f"{side}:", f"{side_name(side)} ")
        lines.append(f"{title} ({ids}")
    return lines


def _linked_by(found: SyncRecord) -> str:
    words = {
        "key": _("The value records are matched by"),
        "mark": _("The mark of an earlier link"),
        "hand": _("A person"),
        "created": _("Created by the sync"),
    }
    return words.get(found.linked_by, "")


@require_POST
@permission_required(MAY_OPERATE, raise_exception=True)
def retry_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide one record again at once."""
    found = _record(pk)
    retry_records(request, record_list([found.sync]).filter(pk=found.pk))
    return HttpResponseRedirect(reverse("record", args=[pk]))


@require_http_methods(["GET", "POST"])
@permission_required(MAY_OPERATE, raise_exception=True)
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the record of the other side that belongs to this one, look at both, confirm."""
    found = _record(pk)
    if found.left_id is not None and found.right_id is not None:
        messages.warning(request, _("This record is linked already."))
        return HttpResponseRedirect(reverse("record", args=[pk]))
    missing = Side.LEFT if found.left_id is None else Side.RIGHT
    free = record_list([found.sync], search=request.GET.get("q", "")).filter(**{f"{missing.other}_id": None, f"{missing}_stands": True})
    if request.method == "POST":
        wanted = request.POST.get("other", "")
        other = get_object_or_404(SyncRecord.objects.filter(sync=found.sync), pk=int(wanted) if wanted.isdecimal() else 0)
        return _link(request, found, other)
    wanted = request.GET.get("with", "")
    chosen = free.filter(pk=wanted).first() if wanted.isdecimal() else None
    context: dict[str, Any] = {
        "record": found,
        "sync": found.sync,
        "system": side_name(missing),
        "object": object_name(found.sync, missing),
        "candidates": [] if chosen else list(free[:CANDIDATES]),
        "many": free.count() > CANDIDATES,
        "chosen": chosen,
        "q": request.GET.get("q", ""),
    }
    return render(request, "syncconfig/record_link.html", context)


def _link(request: HttpRequest, one: SyncRecord, other: SyncRecord) -> HttpResponse:
    try:
        pair = actions.link(one, other, request.user, timezone.now())
    except actions.Refused as refused:
        messages.error(request, refusal_words(refused))
        return HttpResponseRedirect(reverse("record", args=[one.pk]))
    except (NoFields, BadFilter):
        messages.error(request, _("The settings of this sync name a field that is gone. Edit them first."))
        return HttpResponseRedirect(reverse("record", args=[one.pk]))
    if pair.sync.status == ObjectSync.Status.ON:
        tasks.start(pair.sync, SyncRun.Trigger.MANUAL, actor=request.user)
    messages.success(request, _("Linked. Their fields are brought together at the next pass."))
    return HttpResponseRedirect(reverse("record", args=[pair.pk]))


def refusal_words(refused: actions.Refused) -> str:
    """Why a link by hand cannot be made now, in one sentence."""
    sentences = {
        "running": _("A run is under way. Wait until it has ended, then link the records."),
        "open_write": _("A write of one of these records is still open. Wait for the next pass, then link them."),
        "linked": _("One of the two records is linked already."),
        "same_side": _("Two records of the same side cannot be linked."),
    }
    return sentences.get(refused.problem, _("These two records cannot be linked."))
