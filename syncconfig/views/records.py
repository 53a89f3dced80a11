"""The record view: every record of every sync, with filters in the address and retry of what is chosen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from syncconfig import actions, tasks
from syncconfig.columns import columns_of
from syncconfig.explanations import label_of
from syncconfig.models import ObjectSync, SyncRecord, SyncRun
from syncconfig.permissions import MAY_OPERATE
from syncconfig.record_columns import RECORD_COLUMNS, TABLE, lines_of
from syncconfig.tables import RecordFilter, reason_counts, record_list
from syncconfig.views.overview import rights, syncs

SIZES = (25, 50, 100)


@require_safe
def records(request: HttpRequest) -> HttpResponse:
    """The list. Filters, search, page and page size are in the address."""
    every = syncs()
    wanted = RecordFilter.of(request.GET, every)
    size = int(request.GET["size"]) if request.GET.get("size") in map(str, SIZES) else SIZES[0]
    page = Paginator(wanted.records(), size).get_page(request.GET.get("page"))
    columns = columns_of(request.user, TABLE, RECORD_COLUMNS)
    context: dict[str, Any] = {
        **rights(request),
        "page": page,
        "columns": columns,
        "lines": [(line, [(column, column.cell(line)) for column in columns]) for line in lines_of(page.object_list)],
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "size": size,
        "sizes": SIZES,
        "wanted": wanted,
        "syncs": every,
        "states": SyncRecord.State.choices,
        "state": wanted.states[0] if len(wanted.states) == 1 else "",
        "state_words": ", ".join(str(SyncRecord.State(s).label) for s in wanted.states),
        "reason_words": ", ".join(label_of(r) for r in wanted.reasons),
        "sync_words": ", ".join(str(s) for s in wanted.syncs),
        "reasons": _reasons(wanted),
    }
    return render(request, "syncconfig/records.html", context)


def _reasons(wanted: RecordFilter) -> list[tuple[str, str, int]]:
    """Categories and reasons that can be filtered by, with their numbers."""
    found: dict[str, int] = {}
    for c in reason_counts(record_list(wanted.syncs, states=wanted.states)):
        if c.reason:
            found[c.reason] = found.get(c.reason, 0) + c.count
    return [(reason, label_of(reason), n) for reason, n in sorted(found.items(), key=lambda item: -item[1])]


@require_POST
@permission_required(MAY_OPERATE, raise_exception=True)
def retry(request: HttpRequest) -> HttpResponse:
    """Decide records again at once: the chosen ones, or with `all` every record that the posted filter shows."""
    every = syncs()
    wanted = RecordFilter.of(request.POST, every)
    if request.POST.get("all"):
        found = wanted.records()
    else:
        chosen = [pk for pk in request.POST.getlist("record") if pk.isdecimal()]
        found = record_list(every).filter(pk__in=chosen)
    count = retry_records(request, found)
    if not count:
        messages.warning(request, _("No record was chosen."))
    return HttpResponseRedirect(back_to(request, reverse("records")))


def retry_records(request: HttpRequest, found: QuerySet[SyncRecord]) -> int:
    """Have records decided again and wake their syncs. How many there were."""
    with transaction.atomic():
        asleep = set(found.order_by().values_list("sync_id", flat=True).distinct())
        count = actions.retry(SyncRecord.objects.filter(pk__in=found.order_by().values("pk")))
        for sync in ObjectSync.objects.filter(pk__in=asleep, status=ObjectSync.Status.ON):
            tasks.start(sync, SyncRun.Trigger.MANUAL, actor=request.user)
    if count:
        messages.success(request, ngettext("%(n)s record is looked at again.", "%(n)s records are looked at again.", count) % {"n": count})
    return count


def back_to(request: HttpRequest, otherwise: str) -> str:
    """Where the form came from, if that is one of our own pages."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()) else otherwise
