"""The wizard's frame: which step opens, what a working copy is, how a draft is discarded.

The address keeps the sync's own number. What the steps show and save is the sync itself while it is a draft, else the working copy of its edit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connectors.vocabulary import Kind
from syncconfig import drafts
from syncconfig.engine.spec import Side
from syncconfig.explanations import side_name
from syncconfig.models import ObjectSync
from syncconfig.permissions import MAY_CONFIGURE
from syncconfig.provider_words import object_names
from syncconfig.specs import NoFields
from syncconfig.views.followers import View, set_by_people


def working_copy(pk: int) -> ObjectSync:
    """What the wizard works on: the draft itself, else the working copy of the sync, begun when there is none.

    Raises `ObjectSync.DoesNotExist` for one that was discarded or deleted.
    """
    sync = ObjectSync.objects.settled().select_related("left", "right").get(pk=pk)
    if sync.status == ObjectSync.Status.DRAFT:
        return sync
    try:
        with transaction.atomic():
            return drafts.begin_edit(sync)
    except IntegrityError:  # somebody began the same edit at the same moment
        return ObjectSync.objects.select_related("left", "right", "draft_of").get(draft_of=sync)


def step_url(draft: ObjectSync, step: str) -> str:
    return reverse(f"sync_{step}", args=[draft.draft_of_id or draft.pk])


def wizard_step(step: str) -> Callable[[View], View]:
    """A view of one step: for those who may configure, with the draft in place of the number; sends to the step that is missing first."""

    def decorate(view: View) -> View:
        @wraps(view)
        @permission_required(MAY_CONFIGURE, raise_exception=True)
        @set_by_people
        def wrapped(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                draft = working_copy(pk)
            except ObjectSync.DoesNotExist:
                messages.warning(request, _("This set-up no longer exists: somebody discarded or deleted it. Nothing was written."))
                return HttpResponseRedirect(reverse("overview"))
            missing = drafts.missing_step(draft, step)
            if missing:
                messages.warning(request, _("Finish the step “%(step)s” first.") % {"step": ObjectSync.Step(missing).label})
                return HttpResponseRedirect(step_url(draft, missing))
            try:
                return view(request, draft, *args, **kwargs)
            except NoFields:
                messages.warning(request, _("The fields of the accounts have not been read yet. Save this step to read them."))
                return HttpResponseRedirect(step_url(draft, ObjectSync.Step.CHOOSE))

        return wrapped

    return decorate


def saved(draft: ObjectSync, request: HttpRequest, step: str) -> None:
    """Note that a step changed the draft: a preview older than this no longer counts."""
    ObjectSync.objects.filter(pk=draft.pk).update(saved_at=timezone.now(), saved_by=request.user.pk)
    drafts.reached(draft, step)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the posted values, which may be none at all, or nothing when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def frame(draft: ObjectSync, step: str) -> dict[str, Any]:
    """What every step's template needs: the step bar, names of sides and objects."""
    order = list(ObjectSync.Step)
    reached = order.index(ObjectSync.Step(draft.step))
    steps = [
        {
            "key": s.value,
            "label": s.label,
            "url": step_url(draft, s) if n <= reached and s != step else "",
            "done": n < order.index(ObjectSync.Step(step)),
        }
        for n, s in enumerate(order)
    ]
    place = order.index(ObjectSync.Step(step))
    back = step_url(draft, order[place - 1]) if place else reverse("overview")
    return {
        "draft": draft,
        "sync": draft.original,
        "editing": draft.draft_of_id is not None,
        "step": step,
        "steps": steps,
        "back": back,
        "names": {side.value: side_name(side) for side in Side},
        "objects": {side.value: object_names(draft.connection(side).provider, Kind(draft.kind)) for side in Side},
    }


@require_POST
@permission_required(MAY_CONFIGURE, raise_exception=True)
@set_by_people
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a draft, or an edit; the sync an edit belongs to goes on unchanged."""
    sync = get_object_or_404(ObjectSync.objects.settled(), pk=pk)
    if sync.status == ObjectSync.Status.DRAFT:
        drafts.delete(sync)
        messages.success(request, _("The draft was discarded."))
    else:
        ObjectSync.objects.filter(draft_of=sync).delete()
        messages.success(request, _("The changes were discarded. The sync goes on with its settings."))
    return redirect("overview")
