"""Limit: one filter for each active direction, in words and with what it lets through, and the editor of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from connectors.vocabulary import Direction, Kind
from syncconfig import drafts, live_count, tasks
from syncconfig.engine.filters import BadFilter, Filter, compile_filter
from syncconfig.engine.spec import Side
from syncconfig.filter_form import FilterEditor, problem_words
from syncconfig.filter_words import ConditionWords, rules_words
from syncconfig.live_count import LiveCount
from syncconfig.models import ObjectSync, SyncRecord, SyncRun
from syncconfig.specs import Fields, fields_of, rules_of, zone_of
from syncconfig.views.wizard import frame, saved, step_url, wizard_step

STEP = ObjectSync.Step.LIMIT


@dataclass
class Block:
    """The filter of one direction as the page shows it. `side` is the one whose records it judges.

    `unlimited`: it lets everything through although the recommended filter does not.
    """

    direction: Direction
    side: Side
    groups: list[list[ConditionWords]]
    locked: bool
    count: LiveCount
    error: str = ""
    recommended: bool = False
    unlimited: bool = False
    sample: list[SyncRecord] = field(default_factory=list)
    sampled: bool = False

    @property
    def notes(self) -> list[str]:
        return [words.note for group in self.groups for words in group if words.note]


def side_of(direction: Direction) -> Side:
    """The side whose records a direction carries."""
    return Side.LEFT if direction is Direction.TO_RIGHT else Side.RIGHT


def active(draft: ObjectSync) -> list[Direction]:
    return [d for d in (Direction.TO_LEFT, Direction.TO_RIGHT) if draft.direction in (Direction.BOTH, d)]


@require_http_methods(["GET", "POST"])
@wizard_step(STEP)
def limit(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """Both filters in words; the buttons read both sides, or put the recommended filter back."""
    if request.method == "POST":
        return _act(request, draft)
    sampled = request.GET.get("sample", "")
    # Asked for before counting: a run that ends in between is shown as under way once more, never as nothing counted.
    reading = SyncRun.objects.filter(sync=draft, trigger=SyncRun.Trigger.PREVIEW, state__in=(SyncRun.State.QUEUED, SyncRun.State.RUNNING)).first()
    blocks = [block(draft, direction, timezone.now(), sampled=sampled == direction) for direction in active(draft)]
    context = {"blocks": blocks, "unread": any(b.count.matching is None for b in blocks), "reading": reading}
    template = "syncconfig/limit_blocks.html" if request.headers.get("HX-Request") else "syncconfig/wizard_limit.html"
    return render(request, template, {**frame(draft, STEP), **context})


def _act(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    action, _sep, name = request.POST.get("do", "").partition(":")
    if action == "read":
        tasks.start(draft, SyncRun.Trigger.PREVIEW, actor=request.user)
        return HttpResponseRedirect(step_url(draft, STEP))
    if action == "recommended" and name in tuple(Direction):
        direction = Direction(name)
        if is_locked(draft, direction):
            return _refused_as_fixed(request, draft)
        fields = {side: fields_of(draft.connection(side), Kind(draft.kind)) for side in Side}
        drafts.set_rules(draft, direction, drafts.recommended(draft, direction, fields, draft.original.setup_at))
        saved(draft, request, STEP)
        messages.success(request, _("The recommended filter is set again."))
        return HttpResponseRedirect(step_url(draft, STEP))
    saved_before = [p for p in drafts.problems(draft) if p.step == STEP]
    if saved_before:
        messages.error(request, saved_before[0].sentence)
        return HttpResponseRedirect(step_url(draft, STEP))
    drafts.reached(draft, STEP)
    return HttpResponseRedirect(step_url(draft, ObjectSync.Step.REVIEW))


def is_locked(draft: ObjectSync, direction: Direction) -> bool:
    return draft.filter_groups.filter(direction=direction, locked=True).exists()


def _refused_as_fixed(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    messages.warning(request, _("This filter is fixed and cannot be edited."))
    return HttpResponseRedirect(step_url(draft, STEP))


def block(draft: ObjectSync, direction: Direction, now: datetime, *, sampled: bool = False) -> Block:
    """One direction's filter with its live count."""
    side = side_of(direction)
    fields = fields_of(draft.connection(side), Kind(draft.kind))
    rules, zone = rules_of(draft, direction), zone_of(draft)
    shown = Block(direction, side, rules_words(rules, fields, zone), is_locked(draft, direction), LiveCount(None, 0))
    both = {s: fields_of(draft.connection(s), Kind(draft.kind)) for s in Side}
    recommended = drafts.recommended(draft, direction, both, draft.original.setup_at)
    shown.recommended, shown.unlimited = rules == recommended, bool(recommended) and not any(rules)
    try:
        compiled = compile_filter(rules, fields, zone)
    except BadFilter as bad:
        shown.error = problem_words(bad)
        return shown
    shown.count = live_count.count(draft, side, compiled, now)
    if sampled:
        shown.sampled, shown.sample = True, live_count.sample(draft, side, compiled, now)
    return shown


@require_http_methods(["GET", "POST"])
@wizard_step(STEP)
def edit_filter(request: HttpRequest, draft: ObjectSync, direction: str) -> HttpResponse:
    """The editor of one direction. Buttons change what is under edit; Apply stores it and stays, Done stores it and closes."""
    if direction not in tuple(active(draft)):
        raise Http404
    way = Direction(direction)
    side = side_of(way)
    fields, zone = fields_of(draft.connection(side), Kind(draft.kind)), zone_of(draft)
    if is_locked(draft, way):
        return _refused_as_fixed(request, draft)
    if request.method == "GET":
        editor = FilterEditor.of_rules(rules_of(draft, way), fields, zone)
        return _editor_page(request, draft, way, editor)
    editor = FilterEditor.of_post(request.POST, fields, zone)
    action = request.POST.get("do", "")
    editor.change(action)
    if action in ("apply", "done") and editor.is_valid():
        drafts.set_rules(draft, way, editor.rules())
        saved(draft, request, STEP)
        here = reverse("sync_filter", args=[draft.draft_of_id or draft.pk, way])
        return HttpResponseRedirect(here if action == "apply" else step_url(draft, STEP))
    return _editor_page(request, draft, way, editor)


def _editor_page(request: HttpRequest, draft: ObjectSync, way: Direction, editor: FilterEditor) -> HttpResponse:
    now = timezone.now()
    blocks = [block(draft, direction, now) for direction in active(draft)]
    count = _count_of(draft, side_of(way), editor, editor.fields, now)
    context: dict[str, Any] = {"blocks": blocks, "editor": editor, "direction": way, "count": count, "panel": True}
    return render(request, "syncconfig/wizard_limit.html", {**frame(draft, STEP), **context, "way": way})


def _count_of(draft: ObjectSync, side: Side, editor: FilterEditor, fields: Fields, now: datetime) -> LiveCount | None:
    """What the filter under edit would let through; None while it cannot be used."""
    try:
        wanted: Filter = compile_filter(editor.rules(), fields, editor.zone)
    except BadFilter:
        return None
    return live_count.count(draft, side, wanted, now)
