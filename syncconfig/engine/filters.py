"""Filters: conditions in groups, compiled once into a callable over what was seen (spec section d).

Conditions of a group must all hold, one group is enough. What is unknown never passes. Conditions on associated records ("invoice.status") must
all hold for the same record; with `absent` no associated record may meet the block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec, FieldType, Value, Values
from syncconfig.engine.values import is_blank, match_key

MAX_GROUPS = 10
MAX_CONDITIONS = 20
MAX_CONDITIONS_IN_ALL = 250
MAX_VALUES = 1000

_TEXT = ("any_of", "none_of", "contains", "not_contains", "starts_with", "ends_with", "known", "unknown")
_NUMBER = ("eq", "ne", "gt", "gte", "lt", "lte", "between", "not_between", "known", "unknown")
_TIME = ("on", "before", "after", "between", "not_between", "less_ago", "more_ago", "less_ahead", "more_ahead", "known", "unknown")
_CHOICE = ("any_of", "none_of", "known", "unknown")
_CHOICES = ("any_of", "none_of", "exactly", "not_exactly", "contains_all", "not_contains_all", "known", "unknown")

OPERATORS: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: _TEXT,
    FieldType.EMAIL: _TEXT,
    FieldType.PHONE: _TEXT,
    FieldType.URL: _TEXT,
    FieldType.NUMBER: _NUMBER,
    FieldType.DATE: _TIME,
    FieldType.DATETIME: _TIME,
    FieldType.CHOICE: _CHOICE,
    FieldType.REFERENCE: _CHOICE,
    FieldType.CHOICES: _CHOICES,
    FieldType.BOOLEAN: ("is_true", "is_false", "known", "unknown"),
}
"""The operators each type offers, in the order they are shown."""

NO_VALUES = frozenset({"known", "unknown", "is_true", "is_false"})
TWO_VALUES = frozenset({"between", "not_between"})
DAY_COUNTS = frozenset({"less_ago", "more_ago", "less_ahead", "more_ahead"})
NEGATIVE = frozenset({"none_of", "ne", "not_contains", "not_between", "not_exactly", "not_contains_all"})
"""Operators that reject a record without a value unless `include_empty` is set."""
SEVERAL_VALUES = frozenset(
    {"any_of", "none_of", "contains", "not_contains", "starts_with", "ends_with", "exactly", "not_exactly", "contains_all", "not_contains_all"}
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as a person set it: `values` are texts, numbers with a dot, days as 2026-11-23, moments with zone or in the account's."""

    field: str
    operator: str
    values: tuple[str, ...] = ()
    include_empty: bool = False
    absent: bool = False


Group = tuple[Condition, ...]
Rules = tuple[Group, ...]


class BadFilter(ValueError):
    """A rule that cannot be compiled. `condition` is the one at fault; `problem` is a stable word: field, operator, values, number, date, size."""

    def __init__(self, problem: str, condition: Condition | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.condition = condition


Test = Callable[[Value, datetime], bool]


@dataclass(frozen=True, slots=True)
class _Compiled:
    condition: Condition
    association: str
    key: str
    test: Test

    def holds(self, values: Values, now: datetime) -> bool:
        return self.key in values and self.test(values[self.key], now)


@dataclass(frozen=True)
class Filter:
    """A compiled filter. Call it with what was seen and the time; it gives None when the record passes, else a condition that it fails.

    With several groups the failed condition is of the group that came furthest.
    """

    rules: Rules
    fields: frozenset[str]
    _groups: tuple[tuple[_Compiled, ...], ...]

    def __call__(self, values: Values, related: Mapping[str, tuple[Values, ...]], now: datetime) -> Condition | None:
        best: tuple[int, Condition] | None = None
        for group in self._groups:
            passed, failed = _walk(group, values, related, now)
            if failed is None:
                return None
            if best is None or passed > best[0]:
                best = (passed, failed)
        return best[1] if best else None


def _walk(group: tuple[_Compiled, ...], values: Values, related: Mapping[str, tuple[Values, ...]], now: datetime) -> tuple[int, Condition | None]:
    passed = 0
    blocks: dict[tuple[str, bool], list[_Compiled]] = {}
    for compiled in group:
        if compiled.association:
            blocks.setdefault((compiled.association, compiled.condition.absent), []).append(compiled)
        elif compiled.holds(values, now):
            passed += 1
        else:
            return passed, compiled.condition
    for (association, absent), block in blocks.items():
        depths = [_depth(block, record, now) for record in related.get(association, ())]
        deepest = max(depths, default=0)
        if absent and deepest == len(block):
            return passed, block[0].condition
        if not absent and deepest < len(block):
            return passed + deepest, block[deepest].condition
        passed += len(block)
    return passed, None


def _depth(block: Sequence[_Compiled], record: Values, now: datetime) -> int:
    """How many conditions of a block hold before the first that does not."""
    for depth, compiled in enumerate(block):
        if not compiled.holds(record, now):
            return depth
    return len(block)


def compile_filter(rules: Rules, fields: Mapping[str, FieldSpec], zone: ZoneInfo) -> Filter:
    """Make a filter of rules. Raises `BadFilter` with the rule at fault; no rules let everything through."""
    if len(rules) > MAX_GROUPS or sum(map(len, rules)) > MAX_CONDITIONS_IN_ALL or any(len(g) > MAX_CONDITIONS for g in rules):
        raise BadFilter("size")
    groups = tuple(tuple(_compile(c, fields, zone) for c in group) for group in rules if group)
    return Filter(rules, frozenset(c.field for group in rules for c in group), groups)


def _compile(condition: Condition, fields: Mapping[str, FieldSpec], zone: ZoneInfo) -> _Compiled:
    spec = fields.get(condition.field)
    if spec is None:
        raise BadFilter("field", condition)
    if condition.operator not in OPERATORS[spec.type]:
        raise BadFilter("operator", condition)
    _check_values(condition)
    test = _test(condition, spec, zone)
    key = condition.field.removeprefix(f"{spec.association}.") if spec.association else condition.field
    return _Compiled(condition, spec.association, key, _with_blanks(condition, test))


def _check_values(condition: Condition) -> None:
    count = len(condition.values)
    wanted = 0 if condition.operator in NO_VALUES else 2 if condition.operator in TWO_VALUES else None if condition.operator in SEVERAL_VALUES else 1
    if (wanted is not None and count != wanted) or (wanted is None and not 0 < count <= MAX_VALUES) or any(not v.strip() for v in condition.values):
        raise BadFilter("values", condition)


def _with_blanks(condition: Condition, test: Test) -> Test:
    """Blanks decide before the operator does: only "unknown" and negative operators with `include_empty` let them through."""
    if condition.operator == "known":
        return lambda value, now: not is_blank(value)
    if condition.operator == "unknown":
        return lambda value, now: is_blank(value)
    on_blank = condition.include_empty and condition.operator in NEGATIVE
    return lambda value, now: on_blank if is_blank(value) else test(value, now)


def _test(condition: Condition, spec: FieldSpec, zone: ZoneInfo) -> Test:
    operator, values = condition.operator, condition.values
    if operator in NO_VALUES:
        return (lambda value, now: value is True) if operator == "is_true" else (lambda value, now: value is False)
    if spec.type is FieldType.NUMBER:
        return _number_test(operator, _numbers(condition))
    if spec.type in (FieldType.DATE, FieldType.DATETIME):
        return _time_test(condition, zone)
    if spec.type is FieldType.CHOICES:
        return _choices_test(operator, frozenset(map(match_key, values)))
    return _text_test(operator, tuple(map(match_key, values)))


def _text_test(operator: str, wanted: tuple[str, ...]) -> Test:
    among = frozenset(wanted)
    tests: dict[str, Callable[[str], bool]] = {
        "any_of": lambda v: v in among,
        "none_of": lambda v: v not in among,
        "contains": lambda v: any(w in v for w in wanted),
        "not_contains": lambda v: not any(w in v for w in wanted),
        "starts_with": lambda v: v.startswith(wanted),
        "ends_with": lambda v: v.endswith(wanted),
    }
    test = tests[operator]
    return lambda value, now: test(match_key(value))


def _choices_test(operator: str, wanted: frozenset[str]) -> Test:
    tests: dict[str, Callable[[frozenset[str]], bool]] = {
        "any_of": lambda v: bool(v & wanted),
        "none_of": lambda v: not v & wanted,
        "exactly": lambda v: v == wanted,
        "not_exactly": lambda v: v != wanted,
        "contains_all": lambda v: v >= wanted,
        "not_contains_all": lambda v: not v >= wanted,
    }
    test = tests[operator]
    return lambda value, now: test(frozenset(map(match_key, value)) if isinstance(value, tuple) else frozenset({match_key(value)}))


def _numbers(condition: Condition) -> tuple[Decimal, ...]:
    try:
        numbers = tuple(Decimal(v) for v in condition.values)
    except InvalidOperation:
        raise BadFilter("number", condition) from None
    if not all(n.is_finite() for n in numbers):
        raise BadFilter("number", condition)
    return numbers


def _number_test(operator: str, bounds: tuple[Decimal, ...]) -> Test:
    low, high = bounds[0], bounds[-1]
    tests: dict[str, Callable[[Decimal], bool]] = {
        "eq": lambda v: v == low,
        "ne": lambda v: v != low,
        "gt": lambda v: v > low,
        "gte": lambda v: v >= low,
        "lt": lambda v: v < low,
        "lte": lambda v: v <= low,
        "between": lambda v: low <= v <= high,
        "not_between": lambda v: not low <= v <= high,
    }
    test = tests[operator]
    return lambda value, now: isinstance(value, Decimal) and test(value)


@dataclass(frozen=True, slots=True)
class Span:
    """The moments a person's time means: a whole day, or one instant (then `end` equals `start`)."""

    start: datetime
    end: datetime


def resolve(text: str, zone: ZoneInfo) -> Span:
    """The span of a day ("2026-11-23": from its start to the start of the next) or an instant ("2026-11-23T00:00"), in the account's zone.

    Raises ValueError for anything else.
    """
    if "T" not in text and " " not in text:
        day = date.fromisoformat(text)
        return Span(datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone))
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return Span(moment, moment)


def _time_test(condition: Condition, zone: ZoneInfo) -> Test:
    try:
        if condition.operator in DAY_COUNTS:
            return _days_test(condition.operator, timedelta(days=int(condition.values[0])), zone)
        spans = [resolve(v, zone) for v in condition.values]
    except (ValueError, OverflowError):
        raise BadFilter("date", condition) from None
    start, end = spans[0].start, spans[0].end
    last = spans[-1].end
    whole = last != spans[-1].start
    within: Callable[[datetime], bool] = lambda v: start <= v < last if whole else start <= v <= last  # noqa: E731
    tests: dict[str, Callable[[datetime], bool]] = {
        "on": within,
        "before": lambda v: v < start,
        "after": lambda v: v >= end if end != start else _after_instant(v, start),
        "between": within,
        "not_between": lambda v: not within(v),
    }
    test = tests[condition.operator]
    return lambda value, now: test(_moment(value, zone))


def _after_instant(value: datetime, bound: datetime) -> bool:
    """Later than an instant; after midnight includes the day that begins there (spec D2, D3)."""
    return value >= bound if (bound.hour, bound.minute, bound.second, bound.microsecond) == (0, 0, 0, 0) else value > bound


def _days_test(operator: str, days: timedelta, zone: ZoneInfo) -> Test:
    tests: dict[str, Callable[[datetime, datetime], bool]] = {
        "less_ago": lambda v, now: now - days < v <= now,
        "more_ago": lambda v, now: v <= now - days,
        "less_ahead": lambda v, now: now <= v < now + days,
        "more_ahead": lambda v, now: v >= now + days,
    }
    test = tests[operator]
    return lambda value, now: test(_moment(value, zone), now)


def _moment(value: Value, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), zone)
    return resolve(str(value), zone).start
