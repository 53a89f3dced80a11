"""What templates need to show syncs and records: chips, arrows, values, and addresses with a changed query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from connectors.base import Value
from syncconfig.engine.values import from_json
from syncconfig.models import SyncRecord
from syncconfig.models.sync import DirectionChoice

register = template.Library()

STATE_CHIPS: Mapping[str, tuple[str, str]] = {
    "in_sync": ("ok", "ok"),
    "failing": ("fail", "fail"),
    "pending": ("wait", "wait"),
    "excluded": ("mute", "skip"),
}
ARROWS: Mapping[str, str] = {DirectionChoice.BOTH: "both", DirectionChoice.TO_LEFT: "left", DirectionChoice.TO_RIGHT: "right"}
KIND_ICONS: Mapping[str, str] = {"contact": "person"}


@register.inclusion_tag("includes/chip.html")
def state_chip(state: str) -> dict[str, str]:
    """The chip of a record's state."""
    tone, icon = STATE_CHIPS.get(state, ("mute", "info"))
    return {"tone": tone, "icon": icon, "text": str(SyncRecord.State(state).label)}


@register.inclusion_tag("syncconfig/includes/arrow.html")
def arrow(direction: str) -> dict[str, str]:
    """A direction as arrow and words."""
    words = {DirectionChoice.BOTH: _("Both ways"), DirectionChoice.TO_LEFT: _("To HubSpot"), DirectionChoice.TO_RIGHT: _("To QuickBooks")}
    return {"icon": ARROWS.get(direction, ""), "text": words.get(direction, "")}  # type: ignore[call-overload]


@register.inclusion_tag("syncconfig/includes/tip.html")
def tip(said: Any, key: str, classes: str = "") -> dict[str, Any]:
    """The info button that explains a category or reason; `key` makes its id."""
    return {"said": said, "id": f"tip-{key}", "classes": classes}


@register.filter
def kind_icon(kind: str) -> str:
    return KIND_ICONS.get(kind, "doc")


@register.filter
def arriving(side: str) -> str:
    """The direction of values that arrive at a side."""
    return DirectionChoice.TO_LEFT if side == "left" else DirectionChoice.TO_RIGHT


@register.filter
def value(stored: Any) -> str:
    """A stored value as people read it; empty text for none."""
    return words(from_json(stored))


@register.filter
def words(shown: Value) -> str:
    """A value as people read it, by the language's formats."""
    if isinstance(shown, bool):
        return _("Yes") if shown else _("No")
    if isinstance(shown, Decimal):
        return number_format(shown, use_l10n=True, force_grouping=True)
    if isinstance(shown, datetime):
        return date_format(timezone.localtime(shown), "SHORT_DATETIME_FORMAT")
    if isinstance(shown, date):
        return date_format(shown, "DATE_FORMAT")
    if isinstance(shown, tuple):
        return ", ".join(shown)
    return "" if shown is None else str(shown)


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago, in one unit; the moment itself where it is long gone."""
    if moment is None:
        return ""
    passed = timezone.now() - moment
    if passed.total_seconds() < 60:
        return _("just now")
    if passed.days >= 1:
        return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key, "")


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The present address's query with some parameters set; those given as "" or None are left out. Page numbers start anew."""
    request: HttpRequest = context["request"]
    params = request.GET.copy()
    if "page" not in changes:
        params.pop("page", None)
    for key, wanted in changes.items():
        params.pop(key, None)
        if wanted not in ("", None):
            params[key] = wanted
    return f"?{params.urlencode()}" if params else "?"
