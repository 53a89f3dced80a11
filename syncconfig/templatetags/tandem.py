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
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from connectors.base import Line, Lines, Value
from syncconfig.engine.values import from_json
from syncconfig.models import SyncRecord
from syncconfig.models.sync import DirectionChoice
from syncconfig.record_columns import direction_words

register = template.Library()

STATE_CHIPS: Mapping[str, tuple[str, str]] = {
    "in_sync": ("ok", "ok"),
    "failing": ("fail", "fail"),
    "pending": ("wait", "wait"),
    "excluded": ("mute", "skip"),
}
ARROWS: Mapping[str, str] = {DirectionChoice.BOTH: "both", DirectionChoice.TO_LEFT: "left", DirectionChoice.TO_RIGHT: "right"}
KIND_ICONS: Mapping[str, str] = {"contact": "person", "product": "tag", "payment": "get", "note": "list"}
CENTS = 2


@register.inclusion_tag("includes/chip.html")
def state_chip(state: str) -> dict[str, str]:
    """The chip of a record's state."""
    tone, icon = STATE_CHIPS.get(state, ("mute", "info"))
    return {"tone": tone, "icon": icon, "text": str(SyncRecord.State(state).label)}


@register.inclusion_tag("syncconfig/includes/arrow.html")
def arrow(direction: str) -> dict[str, str]:
    """A direction as arrow and words."""
    return {"icon": ARROWS.get(direction, ""), "text": direction_words(direction)}


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
    """A value as people read it, by the language's formats. The lines of a document are markup, everything else is plain text."""
    if isinstance(shown, bool):
        return _("Yes") if shown else _("No")
    if isinstance(shown, Decimal):
        return _plain(shown) if int(shown.as_tuple().exponent) >= 0 else _money(shown)
    if isinstance(shown, Lines):
        return document(shown)
    if isinstance(shown, datetime):
        return date_format(timezone.localtime(shown), "SHORT_DATETIME_FORMAT")
    if isinstance(shown, date):
        return date_format(shown, "DATE_FORMAT")
    if isinstance(shown, tuple):
        return ", ".join(shown)
    return "" if shown is None else str(shown)


def document(content: Lines) -> SafeString:
    """What a document sells, one line below the other, and what it comes to."""
    rows = [(_line_words(line), _money(line.amount)) for line in content.lines]
    rows += [(_("Discount"), _money(-content.discount))] if content.discount else []
    rows += [(_("Tax"), _money(content.tax))] if content.tax else []
    lines = format_html_join("", '<span class="t-line"><span>{}</span> <span class="t-num">{}</span></span>', rows)
    total = format_html('<span class="t-line t-name"><span>{}</span> <span class="t-num">{}</span></span>', _("Total"), _money(content.total))
    return format_html('<span class="t-doc">{}{}</span>', lines, total)


def _line_words(line: Line) -> str:
    facts = {"quantity": _plain(line.quantity), "text": line.text or line.name or line.sku or _("Without a text"), "price": _money(line.price)}
    return _("%(quantity)s × %(text)s, %(price)s each") % facts


def _plain(number: Decimal) -> str:
    """A number with the places it needs."""
    return number_format(Decimal(f"{number.normalize():f}"), use_l10n=True, force_grouping=True)


def _money(amount: Decimal) -> str:
    """An amount with two places, or with as many as it has."""
    places = -int(amount.normalize().as_tuple().exponent)
    return number_format(amount, decimal_pos=max(CENTS, places), use_l10n=True, force_grouping=True)


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
