"""The filter editor's form: groups of conditions that are edited without being saved, and sentences for what cannot be used.

Every press of a button posts the whole filter; what comes back is the same filter with the change. Only "apply" and "done" store it.
Inputs of one condition start with the hidden `place` ("0.1": group 0, condition 1); numbers are given anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.base import FieldSpec, FieldType
from syncconfig.engine.filters import (
    DAY_COUNTS,
    MAX_CONDITIONS,
    MAX_GROUPS,
    NEGATIVE,
    NO_VALUES,
    OPERATORS,
    SEVERAL_VALUES,
    TWO_VALUES,
    BadFilter,
    Condition,
    Rules,
    compile_filter,
)
from syncconfig.filter_words import OPERATOR_LABELS, TIMES, resolved_note

ASSOCIATION_LABELS = {"": gettext_lazy("Properties"), "invoice": gettext_lazy("Associated invoice"), "company": gettext_lazy("Associated company")}


@dataclass(frozen=True)
class Row:
    """One condition as it is edited. `place` names its inputs, `error` is one sentence."""

    condition: Condition
    place: str = ""
    spec: FieldSpec | None = None
    error: str = ""
    note: str = ""

    @property
    def operators(self) -> list[tuple[str, str]]:
        return [(o, str(OPERATOR_LABELS[o])) for o in OPERATORS[self.spec.type]] if self.spec else []

    @property
    def widget(self) -> str:
        """How values are asked for: none, options, lines, days, number, numbers, date, dates."""
        operator = self.condition.operator
        if operator in NO_VALUES or self.spec is None:
            return "none"
        if operator in DAY_COUNTS:
            return "days"
        two = "s" if operator in TWO_VALUES else ""
        if self.spec.type in TIMES:
            return f"date{two}"
        if self.spec.type is FieldType.NUMBER:
            return f"number{two}"
        return "options" if self.spec.options else "lines"

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Value, label, whether it is chosen; a chosen value the account no longer offers stays visible."""
        known = [(o.value, o.label) for o in self.spec.options] if self.spec else []
        gone = [(v, v) for v in self.condition.values if v not in dict(known)]
        return [(value, label, value in self.condition.values) for value, label in (*known, *gone)]

    @property
    def lines(self) -> str:
        return "\n".join(self.condition.values)

    @property
    def times(self) -> list[tuple[str, str]]:
        """Day and time of each value; the time is empty where a whole day is meant."""
        count = 2 if self.condition.operator in TWO_VALUES else 1
        parts = [(day, time) for day, _sep, time in (v.partition("T") for v in self.condition.values)]
        return (parts + [("", "")] * count)[:count]

    @property
    def numbers(self) -> list[str]:
        count = 2 if self.condition.operator in TWO_VALUES else 1
        return (list(self.condition.values) + [""] * count)[:count]

    @property
    def negative(self) -> bool:
        return self.condition.operator in NEGATIVE


@dataclass
class FilterEditor:
    """A filter under edit: groups of rows, and what may be chosen."""

    fields: Mapping[str, FieldSpec]
    zone: ZoneInfo
    groups: list[list[Row]] = field(default_factory=list)
    error: str = ""

    @classmethod
    def of_rules(cls, rules: Rules, fields: Mapping[str, FieldSpec], zone: ZoneInfo) -> FilterEditor:
        editor = cls(fields, zone, [[Row(c) for c in group] for group in rules])
        return editor.arranged()

    @classmethod
    def of_post(cls, data: QueryDict, fields: Mapping[str, FieldSpec], zone: ZoneInfo) -> FilterEditor:
        groups: dict[str, list[Row]] = {}
        for place in data.getlist("place"):
            groups.setdefault(place.partition(".")[0], []).append(Row(_posted(data, place, fields)))
        return cls(fields, zone, list(groups.values())).arranged()

    def arranged(self) -> FilterEditor:
        """Number the rows anew and look up their fields."""
        self.groups = [
            [
                replace(row, place=f"{g}.{c}", spec=self.fields.get(row.condition.field), note=resolved_note(row.condition, self.zone))
                for c, row in enumerate(rows)
            ]
            for g, rows in enumerate(self.groups)
            if rows
        ]
        return self

    def change(self, action: str) -> None:
        """Carry out a button: group, add:0, copy:0, drop:0, remove:0.1. Anything else changes nothing."""
        name, _sep, place = action.partition(":")
        group, _sep, condition = place.partition(".")
        number = int(group) if group.isdecimal() and int(group) < len(self.groups) else None
        if name == "group" and len(self.groups) < MAX_GROUPS:
            self.groups.append([self._blank()])
        elif name == "add" and number is not None and len(self.groups[number]) < MAX_CONDITIONS:
            self.groups[number].append(self._blank())
        elif name == "copy" and number is not None and len(self.groups) < MAX_GROUPS:
            self.groups.insert(number + 1, list(self.groups[number]))
        elif name == "drop" and number is not None:
            del self.groups[number]
        elif name == "remove" and number is not None and condition.isdecimal():
            self.groups[number] = [row for n, row in enumerate(self.groups[number]) if n != int(condition)]
        self.arranged()

    def _blank(self) -> Row:
        first = next(iter(self.fields.values()))
        return Row(Condition(first.key, OPERATORS[first.type][0]))

    def rules(self) -> Rules:
        return tuple(tuple(row.condition for row in rows) for rows in self.groups)

    def is_valid(self) -> bool:
        """Whether every condition can be used; gives each row that cannot its sentence."""
        self.groups = [[replace(row, error=self._problem(row)) for row in rows] for rows in self.groups]
        try:
            if not any(row.error for rows in self.groups for row in rows):
                compile_filter(self.rules(), self.fields, self.zone)
        except BadFilter as bad:
            self.error = problem_words(bad)
        return not self.error and not any(row.error for rows in self.groups for row in rows)

    def _problem(self, row: Row) -> str:
        try:
            compile_filter(((row.condition,),), self.fields, self.zone)
        except BadFilter as bad:
            return problem_words(bad)
        return ""

    @property
    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The fields by heading: those of the record first, then those of each associated record."""
        found: dict[str, list[tuple[str, str]]] = {}
        for spec in self.fields.values():
            found.setdefault(spec.association, []).append((spec.key, spec.label))
        return [(str(ASSOCIATION_LABELS.get(name, name.capitalize())), entries) for name, entries in found.items()]


def problem_words(bad: BadFilter) -> str:
    """One sentence for what is wrong with a condition."""
    sentences = {
        "field": _("The account no longer offers this property. Choose another one or remove the condition."),
        "operator": _("This comparison does not fit the property. Choose another one."),
        "values": _("Fill in a value."),
        "number": _("Use a number such as 1250.50."),
        "date": _("Use a day such as 2026-11-23, or a whole number of days."),
        "size": _("A filter takes at most 10 groups and 20 conditions in each."),
    }
    return sentences.get(bad.problem, _("This condition cannot be used."))


def _posted(data: QueryDict, place: str, fields: Mapping[str, FieldSpec]) -> Condition:
    key = data.get(f"{place}-field", "")
    spec = fields.get(key)
    operator = data.get(f"{place}-operator", "")
    if spec and operator not in OPERATORS[spec.type]:
        operator = OPERATORS[spec.type][0]
    values = _values(data, place, spec, operator) if spec and operator not in NO_VALUES else ()
    return Condition(key, operator, tuple(values), bool(data.get(f"{place}-empty")), bool(spec and spec.association and data.get(f"{place}-absent")))


def _values(data: QueryDict, place: str, spec: FieldSpec, operator: str) -> Iterable[str]:
    if operator in DAY_COUNTS:
        return _present([data.get(f"{place}-days", "")])
    if spec.type in TIMES:
        pairs = zip(data.getlist(f"{place}-day"), [*data.getlist(f"{place}-time"), "", ""], strict=False)
        return [f"{day.strip()}T{time.strip()}" if time.strip() else day.strip() for day, time in pairs if day.strip()]
    if spec.type is FieldType.NUMBER:
        return _present(data.getlist(f"{place}-number"))
    if spec.options:
        return _present(data.getlist(f"{place}-option"))
    text = data.get(f"{place}-lines", "")
    return _present(text.splitlines() if operator in SEVERAL_VALUES else [text])


def _present(values: Iterable[str]) -> list[str]:
    return [v.strip() for v in values if v.strip()]
