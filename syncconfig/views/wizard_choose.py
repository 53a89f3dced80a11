"""Choose: which accounts, which object and which direction, with what follows from them told before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from connectors.errors import ConnectorError
from connectors.registry import SIDES
from connectors.vocabulary import CHOSEN, DEFAULT_DIRECTION, Kind
from syncconfig import drafts
from syncconfig.engine.spec import Side
from syncconfig.explanations import explain_error, side_name
from syncconfig.forms import DirectionForm, NewSyncForm
from syncconfig.models import Connection, ObjectSync
from syncconfig.permissions import MAY_CONFIGURE
from syncconfig.provider_words import object_names
from syncconfig.views.wizard import frame, posted, saved, step_url, wizard_step


@dataclass(frozen=True)
class ObjectPair:
    """One object pair as it can be chosen: what both sides call it, the direction that is preselected, and whether it syncs or was begun."""

    kind: Kind
    left: str
    right: str
    direction: str
    taken: bool = False
    begun: ObjectSync | None = None


def kind_choices(syncs: dict[str, ObjectSync]) -> list[ObjectPair]:
    """The objects a sync can be set up for, with the syncs that there are by kind."""
    choices = []
    for kind in CHOSEN:
        left, right = (object_names(provider, kind).plural for provider in SIDES)
        sync = syncs.get(kind)
        begun = sync if sync and sync.status == ObjectSync.Status.DRAFT else None
        direction = begun.direction if begun else DEFAULT_DIRECTION[kind].value
        choices.append(ObjectPair(kind, left[:1].upper() + left[1:], right, direction, taken=sync is not None and not begun, begun=begun))
    return choices


@require_http_methods(["GET", "POST"])
@permission_required(MAY_CONFIGURE, raise_exception=True)
def new(request: HttpRequest) -> HttpResponse:
    """Choose accounts, object and direction of a new sync; saving reads the fields of both accounts and begins the draft."""
    asked = request.POST or request.GET
    accounts = {side: Connection.objects.usable().filter(provider=provider) for side, provider in zip(Side, SIDES, strict=True)}
    missing = [side for side in Side if not accounts[side].exists()]
    if missing:
        messages.warning(request, _("Connect %(system)s first.") % {"system": side_name(missing[0])})
        return redirect("apps")
    pair = {side: found for side in Side if (found := _certain(accounts[side], asked.get(side.value, "")))}
    kinds = kind_choices(_syncs_of(pair[Side.LEFT], pair[Side.RIGHT]) if len(pair) == len(Side) else {})
    form = NewSyncForm(request.POST if _is_next(request) else None, initial=_initial(asked, pair, kinds))
    draft = _begin(form) if form.is_valid() else None
    if draft:
        _set_direction(draft, form.cleaned_data["direction"])
        saved(draft, request, ObjectSync.Step.CHOOSE)
        return HttpResponseRedirect(step_url(draft, ObjectSync.Step.CONFIGURE))
    right = pair.get(Side.RIGHT) or accounts[Side.RIGHT][0]
    context = {
        "form": form,
        "step": "choose",
        "steps": _first_steps(),
        "back": reverse("overview"),
        "rights": [(company, drafts.abroad(company)) for company in accounts[Side.RIGHT]],
        **_consequences(str(form["kind"].value()), right, kinds, certain=len(pair) == len(Side)),
    }
    return render(request, "syncconfig/wizard_new.html", context)


def _is_next(request: HttpRequest) -> bool:
    """Whether the choice is to be saved; the button for browsers without script only shows what follows from it."""
    return request.method == "POST" and request.POST.get("do") != "show"


def _certain(accounts: QuerySet[Connection], wanted: str) -> Connection | None:
    """The account that was asked for, or the only one there is."""
    if wanted.isdecimal():
        return accounts.filter(pk=wanted).first()
    found = list(accounts[:2])
    return found[0] if len(found) == 1 else None


def _initial(asked: QueryDict, pair: Mapping[Side, Connection], kinds: list[ObjectPair]) -> dict[str, Any]:
    """What is preselected: the object asked for, else the first without a sync, with the direction that goes with it."""
    free = [k for k in kinds if not k.taken] or kinds
    chosen = next((k for k in free if k.kind == asked.get("kind")), free[0])
    return {**{side.value: account.pk for side, account in pair.items()}, "kind": chosen.kind.value, "direction": chosen.direction}


def _consequences(kind: str, right: Connection, kinds: list[ObjectPair], *, certain: bool = True) -> dict[str, Any]:
    """What follows from the chosen object: why nothing can be sent to QuickBooks, if so, and the contact sync that invoices wait for."""
    contact = next(k for k in kinds if k.kind is Kind.CONTACT)
    return {
        "kinds": kinds,
        "kind": kind,
        "abroad": drafts.abroad(right) if kind == Kind.INVOICE else "",
        "contact_first": contact if certain and not contact.taken else None,
    }


def _begin(form: NewSyncForm) -> ObjectSync | None:
    """The draft, or None with the provider's refusal as one sentence on the form."""
    data = form.cleaned_data
    try:
        return drafts.start(data["left"], data["right"], Kind(data["kind"]), timezone.now())
    except ConnectorError as error:
        said = explain_error(error.category, error.provider, error.words)
        form.add_error(None, f"{said.why} {said.todo}")
        return None


def _set_direction(draft: ObjectSync, direction: str) -> None:
    form = DirectionForm({"direction": direction}, instance=draft)
    if form.is_valid():
        form.save()


def _first_steps() -> list[dict[str, Any]]:
    return [{"key": s.value, "label": s.label, "url": "", "done": False} for s in ObjectSync.Step]


def _syncs_of(left: Connection, right: Connection) -> dict[str, ObjectSync]:
    return {sync.kind: sync for sync in ObjectSync.objects.settled().filter(left=left, right=right)}


@require_http_methods(["GET", "POST"])
@wizard_step(ObjectSync.Step.CHOOSE)
def choose(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """The direction; accounts and object of a begun sync stay. Saving reads the fields where they are missing."""
    form = DirectionForm(posted(request), instance=draft)
    if request.method == "POST" and form.is_valid():
        try:
            drafts.ensure_fields(draft.left, draft.right, Kind(draft.kind))
        except ConnectorError as error:
            said = explain_error(error.category, error.provider, error.words)
            form.add_error(None, f"{said.why} {said.todo}")
        else:
            form.save()
            saved(draft, request, ObjectSync.Step.CHOOSE)
            return HttpResponseRedirect(step_url(draft, ObjectSync.Step.CONFIGURE))
    changed = draft.draft_of_id is not None and draft.direction != draft.original.direction
    consequences = _consequences(draft.kind, draft.right, kind_choices(_syncs_of(draft.left, draft.right)))
    context = {"form": form, "changed": changed, "rights": [(draft.right, drafts.abroad(draft.right))], **consequences}
    return render(request, "syncconfig/wizard_choose.html", {**frame(draft, "choose"), **context})
