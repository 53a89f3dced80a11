"""Configure: conflict rule, matching, and the mapped fields with their own small pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connectors.base import FieldSpec, FieldType
from connectors.errors import ConnectorError
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts
from syncconfig.engine.spec import Side
from syncconfig.explanations import explain_error
from syncconfig.forms import ConfigureForm, MappingForm, MappingRulesForm, OptionsForm, OptionTableForm, counterparts, has_option_table, mappable
from syncconfig.models import FieldMapping, ObjectSync, SyncRecord
from syncconfig.models.sync import DirectionChoice
from syncconfig.permissions import MAY_MAP
from syncconfig.provider_words import in_own_language
from syncconfig.settings_summary import recommended_matching
from syncconfig.specs import Fields, broken_mappings, fields_of
from syncconfig.sync_options import active_options
from syncconfig.views.wizard import frame, posted, saved, step_url, wizard_step

STEP = ObjectSync.Step.CONFIGURE
SHOWS = ("all", "default", "custom", "association", "off")


@dataclass(frozen=True)
class MappingRow:
    """One mapped field as the table shows it. `flows` is the direction it has within the sync's own, empty when nothing travels.

    `lock` says why it cannot be switched off. Rows with a `heading` stand together under it.
    """

    mapping: FieldMapping
    left: str
    right: str
    sources: str
    flows: str
    fixed: bool
    broken: bool
    association: bool
    options: str
    note: str
    lock: str = ""
    heading: str = ""

    @property
    def on(self) -> bool:
        return self.mapping.enabled or self.fixed


def sides_of(draft: ObjectSync) -> dict[Side, Fields]:
    return {side: fields_of(draft.connection(side), Kind(draft.kind)) for side in Side}


@require_http_methods(["GET", "POST"])
@wizard_step(STEP)
def configure(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """The whole step is one form; every button saves it first, `then` says where to go on."""
    sides = sides_of(draft)
    form = ConfigureForm(posted(request), instance=draft, sides=sides)
    complete = not request.POST.get("then")
    special = OptionsForm(posted(request), sync=draft, options=active_options(draft, sides[Side.RIGHT]), right=sides[Side.RIGHT], complete=complete)
    if special.is_valid() and form.is_valid():
        form.save()
        _save_switches(draft, request.POST.getlist("shown"), request.POST.getlist("on"))
        saved(draft, request, STEP)
        return _onward(request, draft)
    rows = mapping_rows(draft, sides)
    show = request.GET.get("show", "all")
    context = {
        "form": form,
        "special": special,
        "may_choose_matching": drafts.may_choose_matching(Kind(draft.kind)),
        "rows": _shown(rows, show, request.GET.get("q", "")),
        "on": sum(row.on for row in rows),
        "total": len(rows),
        "show": show if show in SHOWS else "all",
        "q": request.GET.get("q", ""),
        "shows": [(key, label) for key, label in zip(SHOWS, (_("All"), _("Default"), _("Custom"), _("Association"), _("Off")), strict=True)],
        "match_label": recommended_matching(draft, sides),
        "existing": _existing(draft),
        "may_map": request.user.has_perm(MAY_MAP),
    }
    return render(request, "syncconfig/wizard_configure.html", {**frame(draft, STEP), **context})


def _onward(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """After saving: the next step, or what the pressed button names."""
    then = request.POST.get("then", "")
    pk = draft.draft_of_id or draft.pk
    if then == "add":
        return HttpResponseRedirect(reverse("mapping_new", args=[pk]))
    if then.startswith("edit:") and then[5:].isdecimal():
        return HttpResponseRedirect(reverse("mapping_edit", args=[pk, int(then[5:])]))
    if then.startswith("show:") and then[5:] in SHOWS:
        return HttpResponseRedirect(f"{step_url(draft, STEP)}?show={then[5:]}#maps")
    if then == "refresh":
        _refresh(request, draft)
        return HttpResponseRedirect(step_url(draft, STEP))
    return HttpResponseRedirect(step_url(draft, ObjectSync.Step.LIMIT))


def _refresh(request: HttpRequest, draft: ObjectSync) -> None:
    try:
        drafts.refresh_fields(draft)
    except ConnectorError as error:
        said = explain_error(error.category, error.provider, error.words)
        messages.error(request, f"{said.why} {said.todo}")
    else:
        messages.success(request, _("The fields of both accounts were read again."))


def _save_switches(draft: ObjectSync, shown: list[str], on: list[str]) -> None:
    """Switch the mapped fields that the page showed; those that creating needs stay on."""
    for mapping in draft.mappings.all():
        if str(mapping.pk) in shown and not mapping.fixed and mapping.enabled != (str(mapping.pk) in on):
            mapping.enabled = not mapping.enabled
            mapping.save(update_fields=["enabled"])


def mapping_rows(draft: ObjectSync, sides: dict[Side, Fields]) -> list[MappingRow]:
    """The mapped fields of a draft in words, in their order, those under a heading last."""
    broken = {m.pk for m in broken_mappings(draft, sides)}
    rows = [_row(draft, m, sides, broken=m.pk in broken) for m in draft.mappings.all()]
    return sorted(rows, key=lambda row: row.heading)


def _row(draft: ObjectSync, m: FieldMapping, sides: dict[Side, Fields], *, broken: bool) -> MappingRow:
    labels = [_label(sides[Side.LEFT], key) for key in m.left_sources]
    left, right = sides[Side.LEFT].get(m.left_field), sides[Side.RIGHT].get(m.right_field)
    options = ""
    if left and right and has_option_table(left, right):
        options = _("Options %(n)s of %(total)s") % {"n": len(counterparts(left, right, m.options)), "total": len(left.options)}
    return MappingRow(
        mapping=m,
        left=labels[0],
        right=_label(sides[Side.RIGHT], m.right_field),
        sources=", ".join(labels[1:]),
        flows=narrowed(m.direction, draft.direction),
        fixed=m.fixed,
        broken=broken,
        association=bool(left and (left.meaning.startswith("associated_") or left.refers or left.type is FieldType.LINES)),
        options=options,
        note=" ".join(words for words in (in_own_language(m.note), _frozen(m)) if words),
        lock=_("Needed to create and link records, so it stays on.") if m.fixed else "",
        heading=_("On the deals of the invoice") if left and left.meaning.startswith("deal_") else "",
    )


def _frozen(m: FieldMapping) -> str:
    """What becomes of later changes of a value that is agreed on once."""
    return _("Records made in HubSpot carry it over once: a later difference is shown as a failure and never written.") if m.frozen else ""


def narrowed(one: str, other: str) -> str:
    """The direction that two directions leave; empty when they oppose each other."""
    if DirectionChoice.BOTH in (one, other):
        return other if one == DirectionChoice.BOTH else one
    return one if one == other else ""


def _label(fields: Fields, key: str) -> str:
    return fields[key].label if key in fields else key


def _shown(rows: list[MappingRow], show: str, q: str) -> list[MappingRow]:
    tests = {
        "default": lambda r: r.mapping.predefined,
        "custom": lambda r: not r.mapping.predefined,
        "association": lambda r: r.association,
        "off": lambda r: not r.on,
    }
    test = tests.get(show, lambda r: True)
    text = q.strip().casefold()
    return [r for r in rows if test(r) and text in f"{r.left} {r.right} {r.sources}".casefold()]


def _existing(draft: ObjectSync) -> dict[str, int]:
    """How many records stand on each side and would be created on the other without matching; empty before they were read."""
    records = SyncRecord.objects.filter(sync=draft.original)
    found = {side.value: records.filter(**{f"{side}_stands": True}).count() for side in Side}
    return found if any(found.values()) else {}


@require_http_methods(["GET", "POST"])
@wizard_step(STEP)
def mapping_new(request: HttpRequest, draft: ObjectSync) -> HttpResponse:
    """Add an own mapped field: the HubSpot property first, then the QuickBooks fields that fit it."""
    if not request.user.has_perm(MAY_MAP):
        raise PermissionDenied
    sides = sides_of(draft)
    form = MappingForm(posted(request), sync=draft, sides=sides, initial={"direction": draft.direction, "left": ""})
    if request.method == "POST" and form.is_valid():
        mapping = form.save()
        saved(draft, request, STEP)
        messages.success(request, _("Added: %(left)s and %(right)s.") % _names(mapping, sides))
        if has_option_table(sides[Side.LEFT][mapping.left_field], sides[Side.RIGHT][mapping.right_field]):
            return HttpResponseRedirect(reverse("mapping_edit", args=[draft.draft_of_id or draft.pk, mapping.pk]))
        return HttpResponseRedirect(f"{step_url(draft, STEP)}#maps")
    return render(request, "syncconfig/wizard_mapping.html", {**frame(draft, STEP), **_choices(request, draft, sides), "form": form})


@require_http_methods(["GET", "POST"])
@wizard_step(STEP)
def mapping_edit(request: HttpRequest, draft: ObjectSync, mapping_pk: int) -> HttpResponse:
    """Edit one mapped field: an own one wholly, a predefined one in its rules only; and its option table where it has one."""
    mapping = get_object_or_404(draft.mappings.all(), pk=mapping_pk)
    if not mapping.predefined and not request.user.has_perm(MAY_MAP):
        raise PermissionDenied
    if mapping.fixed:
        messages.warning(request, _("This mapped field is needed to create and link records and cannot be changed."))
        return HttpResponseRedirect(f"{step_url(draft, STEP)}#maps")
    sides = sides_of(draft)
    form = _mapping_form(request, draft, mapping, sides)
    table = _option_table(request, mapping, sides)
    if request.method == "POST" and form.is_valid() and (table is None or table.is_valid()):
        form.save()
        if table and set(table.fields) & set(request.POST):
            table.save()
        saved(draft, request, STEP)
        return HttpResponseRedirect(f"{step_url(draft, STEP)}#maps")
    context = {**frame(draft, STEP), **_choices(request, draft, sides, mapping), "form": form, "table": table, "mapping": mapping}
    return render(request, "syncconfig/wizard_mapping.html", {**context, **_names(mapping, sides)})


def _mapping_form(request: HttpRequest, draft: ObjectSync, mapping: FieldMapping, sides: dict[Side, Fields]) -> MappingForm | MappingRulesForm:
    rules = {"if_empty": mapping.rule == "if_empty", "ignore_blanks": mapping.ignore_blanks}
    if mapping.predefined:
        return MappingRulesForm(posted(request), mapping=mapping, initial=rules)
    initial = {"left": mapping.left_field, "right": mapping.right_field, "direction": mapping.direction, **rules}
    return MappingForm(posted(request), sync=draft, sides=sides, mapping=mapping, initial=initial)


def _option_table(request: HttpRequest, mapping: FieldMapping, sides: dict[Side, Fields]) -> OptionTableForm | None:
    left, right = sides[Side.LEFT].get(mapping.left_field), sides[Side.RIGHT].get(mapping.right_field)
    if not left or not right or not has_option_table(left, right):
        return None
    return OptionTableForm(posted(request), mapping=mapping, left=left, right=right)


def _names(mapping: FieldMapping, sides: dict[Side, Fields]) -> dict[str, str]:
    return {"left": _label(sides[Side.LEFT], mapping.left_field), "right": _label(sides[Side.RIGHT], mapping.right_field)}


def _choices(request: HttpRequest, draft: ObjectSync, sides: dict[Side, Fields], mapping: FieldMapping | None = None) -> dict[str, Any]:
    """What can be picked: left fields, directions within the sync's, and right fields with the reason why one does not fit."""
    asked = request.POST or request.GET
    chosen = asked.get("left") or (mapping.left_field if mapping else "")
    direction = asked.get("direction") or (mapping.direction if mapping else draft.direction)
    left = sides[Side.LEFT].get(chosen)
    right = asked.get("right") or (mapping.right_field if mapping else "")
    directions = [(value, label) for value, label in DirectionChoice.choices if draft.direction in (DirectionChoice.BOTH, value)]
    return {
        "lefts": mappable(sides[Side.LEFT]),
        "directions": directions,
        "chosen": chosen,
        "direction": direction,
        "chosen_right": right,
        "rights": [(f, _why(left, f, direction)) for f in mappable(sides[Side.RIGHT])] if left else [],
        "custom": [f.label for f in sides[Side.RIGHT].values() if f.custom],
        "few_custom": draft.kind == Kind.INVOICE,
    }


def _why(left: FieldSpec, right: FieldSpec, direction: str) -> str:
    return drafts.why_incompatible(left, right, Direction(direction)) if direction in tuple(Direction) else ""


@require_POST
@wizard_step(STEP)
def mapping_delete(request: HttpRequest, draft: ObjectSync, mapping_pk: int) -> HttpResponse:
    """Delete an own mapped field; the values it wrote stay."""
    if not request.user.has_perm(MAY_MAP):
        raise PermissionDenied
    mapping = get_object_or_404(draft.mappings.filter(predefined=False), pk=mapping_pk)
    mapping.delete()
    saved(draft, request, STEP)
    messages.success(request, _("The mapping was deleted. Values it wrote stay."))
    return HttpResponseRedirect(f"{step_url(draft, STEP)}#maps")
