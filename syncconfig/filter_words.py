"""Filters in words: operators, values as people write them, and the instants that dates stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from connectors.base import FieldSpec, FieldType
from syncconfig.engine.filters import DAY_COUNTS, NO_VALUES, TWO_VALUES, Condition, Rules, resolve

TIMES = frozenset({FieldType.DATE, FieldType.DATETIME})

OPERATOR_LABELS = {
    "any_of": gettext_lazy("is any of"),
    "none_of": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains any of"),
    "not_contains": gettext_lazy("contains none of"),
    "starts_with": gettext_lazy("starts with any of"),
    "ends_with": gettext_lazy("ends with any of"),
    "known": gettext_lazy("is known"),
    "unknown": gettext_lazy("is unknown"),
    "eq": gettext_lazy("is equal to"),
    "ne": gettext_lazy("is not equal to"),
    "gt": gettext_lazy("is greater than"),
    "gte": gettext_lazy("is greater than or equal to"),
    "lt": gettext_lazy("is less than"),
    "lte": gettext_lazy("is less than or equal to"),
    "between": gettext_lazy("is between"),
    "not_between": gettext_lazy("is not between"),
    "on": gettext_lazy("is on"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "less_ago": gettext_lazy("is less than so many days ago"),
    "more_ago": gettext_lazy("is more than so many days ago"),
    "less_ahead": gettext_lazy("is less than so many days from now"),
    "more_ahead": gettext_lazy("is more than so many days from now"),
    "exactly": gettext_lazy("is exactly"),
    "not_exactly": gettext_lazy("is not exactly"),
    "contains_all": gettext_lazy("contains all of"),
    "not_contains_all": gettext_lazy("does not contain all of"),
    "is_true": gettext_lazy("is true"),
    "is_false": gettext_lazy("is false"),
}
"""Operators as they are offered (spec section d)."""

_DAY_OPERATORS = {
    "less_ago": gettext_lazy("is less than"),
    "more_ago": gettext_lazy("is more than"),
    "less_ahead": gettext_lazy("is less than"),
    "more_ahead": gettext_lazy("is more than"),
}


@dataclass(frozen=True, slots=True)
class ConditionWords:
    """One condition in three parts, so that a page can set them apart. `extra` adds what to do about blanks; `note` tells the resolved instants."""

    field: str
    operator: str
    values: str = ""
    extra: str = ""
    note: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.field, self.operator, self.values, self.extra) if part)


def rules_words(rules: Rules, fields: Mapping[str, FieldSpec], zone: ZoneInfo) -> list[list[ConditionWords]]:
    """Every group's conditions in words, in order."""
    return [[condition_words(c, fields.get(c.field), zone) for c in group] for group in rules]


def condition_words(condition: Condition, field: FieldSpec | None, zone: ZoneInfo | None) -> ConditionWords:
    """One condition; a field the account no longer has keeps its key."""
    label = field.label if field else condition.field
    if condition.absent:
        label = _("no associated record with %(field)s") % {"field": label}
    operator = _DAY_OPERATORS.get(condition.operator) or OPERATOR_LABELS.get(condition.operator) or condition.operator
    extra = _("or has no value") if condition.include_empty else ""
    note = resolved_note(condition, zone) if field and field.type in TIMES and zone else ""
    return ConditionWords(label, str(operator), _values(condition, field, zone), extra, note)


def _values(condition: Condition, field: FieldSpec | None, zone: ZoneInfo | None) -> str:
    if condition.operator in NO_VALUES or not condition.values:
        return ""
    if condition.operator in DAY_COUNTS:
        return _days(condition)
    shown = [_value(v, field, zone) for v in condition.values]
    if condition.operator in TWO_VALUES and len(shown) == 2:
        return _("%(low)s and %(high)s") % {"low": shown[0], "high": shown[1]}
    return ", ".join(shown)


def _days(condition: Condition) -> str:
    text = condition.values[0]
    count = int(text) if text.isdecimal() else 0
    if condition.operator.endswith("ago"):
        return ngettext("%(n)s day ago", "%(n)s days ago", count) % {"n": text}
    return ngettext("%(n)s day from now", "%(n)s days from now", count) % {"n": text}


def _value(text: str, field: FieldSpec | None, zone: ZoneInfo | None) -> str:
    if field is None:
        return text
    if field.type in TIMES:
        return _time(text, zone)
    return next((o.label for o in field.options if o.value == text), text)


def _time(text: str, zone: ZoneInfo | None) -> str:
    """A day, or a moment in the zone of the account; a moment without a zone is meant there."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo and zone:
        moment = moment.astimezone(zone)
    day = date_format(moment, "DATE_FORMAT")
    return day if len(text) == len("2026-11-23") else f"{day}, {moment:%H:%M}"


def resolved_note(condition: Condition, zone: ZoneInfo) -> str:
    """From when to when a date condition lets through, with the zone and in UTC; empty for conditions without a fixed date (spec R87)."""
    if condition.operator in NO_VALUES | DAY_COUNTS:
        return ""
    try:
        spans = [resolve(v, zone) for v in condition.values]
    except (ValueError, OverflowError):
        return ""
    if not spans:
        return ""
    bounds = {
        "after": _("From %(start)s.") if spans[0].start != spans[0].end else _("After %(start)s."),
        "before": _("Before %(start)s."),
        "not_between": _("Before %(start)s or from %(end)s on."),
    }
    sentence = bounds.get(condition.operator, _("From %(start)s until %(end)s."))
    start = spans[0].end if condition.operator == "after" else spans[0].start
    return sentence % {"start": instant(start, zone), "end": instant(spans[-1].end, zone)}


def instant(moment: datetime, zone: ZoneInfo) -> str:
    """A moment with its zone and its time in UTC."""
    local, utc = moment.astimezone(zone), moment.astimezone(ZoneInfo("UTC"))
    words = {"day": date_format(local.replace(tzinfo=None), "DATE_FORMAT"), "time": f"{local:%H:%M}", "zone": zone.key, "utc": f"{utc:%H:%M}"}
    return _("%(day)s, %(time)s in %(zone)s (%(utc)s UTC)") % words
