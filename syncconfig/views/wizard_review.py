"""Review: a preview of what would happen, the settings in words, and the one button that saves and starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from syncconfig import drafts, tasks
from syncconfig.engine.spec import Side
from syncconfig.explanations import Labels, explain, explain_run, label_of, labels_of
from syncconfig.models import ObjectSync, SyncRun
from syncconfig.settings_summary import summary
from syncconfig.sync_status import percent
from syncconfig.views.wizard import frame, step_url, wizard_step

STEP = ObjectSync.Step.REVIEW
CREATE_LIMIT = 100
"""More creations in QuickBooks than this have to be confirmed by typing the number (spec R94)."""
SHOWN_CHANGES = 6


def latest_preview(draft: ObjectSync) -> SyncRun | None:
    """The newest preview that was asked for after the last change of the draft."""
    changed_at = draft.saved_at or draft.setup_at
    return SyncRun.objects.filter(sync=draft, trigger=SyncRun.Trigger.PREVIEW, created_at__gte=changed_at).order_by("-pk").first()


@require_safe
@wizard_step(STEP)
def review(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """The whole page. A draft without a preview of its present settings gets one started."""
    problems = drafts.problems(draft)
    run = latest_preview(draft)
    if run is None and not problems:
        run = tasks.start(draft, SyncRun.Trigger.PREVIEW, actor=request.user)
    if request.GET.get("format") == "json" and run and run.state == SyncRun.State.SUCCEEDED:
        return JsonResponse(run.result, headers={"Content-Disposition": 'attachment; filename="preview.json"'})
    lines = summary(draft)
    context = {**preview_context(draft, run), "problems": problems, "lines": lines, "changed": sum(bool(line.before or line.notes) for line in lines)}
    return render(request, "syncconfig/wizard_review.html", {**frame(draft, STEP), **context})


@require_safe
@wizard_step(STEP)
def preview_part(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """The part of the page that updates by itself while the preview runs."""
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(step_url(draft, STEP))
    return render(request, "syncconfig/preview.html", {**frame(draft, STEP), **preview_context(draft, latest_preview(draft))})


@require_POST
@wizard_step(STEP)
def preview_again(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """Read both sides once more and foresee again; one that is still under way will do."""
    run = latest_preview(draft)
    if run is None or run.ended:
        tasks.start(draft, SyncRun.Trigger.PREVIEW, actor=request.user)
    return HttpResponseRedirect(step_url(draft, STEP))


@require_POST
@wizard_step(STEP)
def save(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """Make the settings those in force, turn the sync on, and start."""
    refusal = _refusal(draft, request.POST.get("confirmed", ""))
    if refusal:
        messages.error(request, refusal)
        return HttpResponseRedirect(step_url(draft, STEP))
    first = draft.original.decided_version == 0
    with transaction.atomic():
        sync = drafts.save_and_turn_on(draft, request.user, timezone.now())
        for one in drafts.family(sync):
            tasks.start(one, SyncRun.Trigger.FIRST if first else SyncRun.Trigger.SETTINGS, actor=request.user)
    started = _("%(sync)s saved. The first sync has started.") if first else _("%(sync)s saved. All records are looked at once more.")
    messages.success(request, started % {"sync": sync})
    return redirect("overview")


def _refusal(draft: ObjectSync, confirmed: str) -> str:
    """Why the draft cannot be saved now, as one sentence; empty when it can."""
    problem = next(iter(drafts.problems(draft)), None)
    if problem:
        return problem.sentence
    run = latest_preview(draft)
    if run is None or run.state != SyncRun.State.SUCCEEDED:
        return _("Wait for the preview to end. Nothing is written without one.")
    created = creations(run.result)
    if created > CREATE_LIMIT and confirmed.strip() != str(created):
        return _("%(n)s records would be created in QuickBooks. Type that number to confirm.") % {"n": created}
    return ""


def creations(result: Mapping[str, Any]) -> int:
    """How many records a preview would create in QuickBooks."""
    return int(result.get(Side.RIGHT, {}).get("create", 0))


def preview_context(draft: ObjectSync, run: SyncRun | None) -> dict[str, Any]:
    """The preview in words: still under way, failed, or its counts, samples and troubles."""
    context: dict[str, Any] = {"run": run, "percent": percent(run) if run else 0}
    if run is None or not run.ended:
        return context
    if run.state != SyncRun.State.SUCCEEDED:
        return {**context, "failed": explain_run(run) or _interrupted()}
    result, labels = run.result, labels_of(draft)
    created = creations(result)
    return {
        **context,
        "result": result,
        "rows": _rows(result),
        "samples": [_sample(s) for s in result["samples"]],
        "troubles": [_trouble(t, labels) for t in result["troubles"]],
        "created": created,
        "limit": CREATE_LIMIT,
        "must_confirm": created > CREATE_LIMIT,
    }


def _interrupted() -> dict[str, str]:
    return {"label": _("The preview was interrupted"), "why": _("It ended before both sides were read."), "todo": _("Preview again.")}


def _rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of the table: counts by side where a side is written, one count in all for the others."""
    left, right = result["left"], result["right"]
    excluded = [f"{label_of(reason)}: {n}" for reason, n in sorted(result["excluded"].items(), key=lambda item: -item[1])]
    failing = [f"{label_of(category)}: {n}" for category, n in sorted(result["failing"].items(), key=lambda item: -item[1])]
    marked = [_("%(n)s of them only receive the number of their QuickBooks record") % {"n": result["marked"]}] if result.get("marked") else []
    return [
        {"name": _("Created"), "icon": "plus", "tone": "ok", "left": left["create"], "right": right["create"]},
        {"name": _("Updated"), "icon": "pen", "tone": "wait", "left": left["update"], "right": right["update"], "notes": marked},
        {"name": _("Linked"), "icon": "link", "tone": "wait", "all": result["link"], "notes": [_("Pairs that are found to belong together")]},
        {"name": _("Already equal"), "icon": "ok", "tone": "ok", "all": result["equal"]},
        {"name": _("Excluded"), "icon": "skip", "tone": "mute", "all": sum(result["excluded"].values()), "notes": excluded},
        {"name": _("Would fail"), "icon": "fail", "tone": "fail", "all": sum(result["failing"].values()), "notes": failing},
    ]


def _sample(sample: Mapping[str, Any]) -> dict[str, Any]:
    changes = sample["changes"]
    return {**sample, "changes": changes[:SHOWN_CHANGES], "more": max(0, len(changes) - SHOWN_CHANGES), "created": sample["operation"] == "create"}


def _trouble(trouble: Mapping[str, Any], labels: Labels) -> dict[str, Any]:
    return {"title": trouble["title"], "said": explain(trouble["category"], trouble["details"], labels)}
