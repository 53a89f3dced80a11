"""Edit columns: which columns a table has for the person who looks at it, and in which order."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from syncconfig import columns
from syncconfig.columns import Column
from syncconfig.record_columns import RECORD_COLUMNS, TABLE

DRAFT = "columns"
"""The parameter of the address that holds a choice which is not saved yet."""
STEPS = {"up": -1, "down": 1}


@require_http_methods(["GET", "POST"])
def record_columns(request: HttpRequest) -> HttpResponse:
    """The columns of the record view. Moving one up or down shows the page again; saving goes back to the records that were filtered."""
    if request.method == "POST":
        return _posted(request)
    draft = request.GET.getlist(DRAFT)
    shown = columns.arranged(RECORD_COLUMNS, draft) if draft else columns.columns_of(request.user, TABLE, RECORD_COLUMNS)
    movable = [column for column in shown if not column.fixed]
    context = {
        "fixed": [c for c in shown if c.fixed],
        "movable": movable,
        "rest": [c for c in RECORD_COLUMNS if c not in shown],
        "back": _back(request),
    }
    return render(request, "syncconfig/columns.html", context)


def _posted(request: HttpRequest) -> HttpResponse:
    if "reset" in request.POST:
        columns.reset(request.user, TABLE)
        return HttpResponseRedirect(_back(request))
    chosen = columns.arranged(RECORD_COLUMNS, request.POST.getlist("show"))
    for direction in STEPS:
        if direction in request.POST:
            return _moved(request, chosen, request.POST[direction], direction)
    columns.choose(request.user, TABLE, chosen)
    return HttpResponseRedirect(_back(request))


def _moved(request: HttpRequest, chosen: list[Column], key: str, direction: str) -> HttpResponse:
    """The page again, with one column in another place and the button that moved it in focus."""
    keys = [column.key for column in chosen if not column.fixed]
    if key in keys:
        place = keys.index(key)
        keys.insert(max(0, place + STEPS[direction]), keys.pop(place))
    query = request.GET.copy()
    query.setlist(DRAFT, [column.key for column in chosen if column.fixed] + keys)
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}#{direction}-{key}")


def _back(request: HttpRequest) -> str:
    """The record view as it was filtered."""
    query = request.GET.copy()
    query.pop(DRAFT, None)
    return reverse("records") + (f"?{query.urlencode()}" if query else "")
