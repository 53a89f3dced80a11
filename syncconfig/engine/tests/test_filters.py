"""Filters, operator by operator (spec section d)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import FieldSpec, FieldType, Value
from syncconfig.engine.filters import MAX_CONDITIONS, MAX_GROUPS, OPERATORS, BadFilter, Condition, Rules, compile_filter
from syncconfig.engine.tests.world import ZONE

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
FIELDS = {
    "name": FieldSpec("name", "Name"),
    "size": FieldSpec("size", "Size", FieldType.NUMBER),
    "day": FieldSpec("day", "Day", FieldType.DATE),
    "at": FieldSpec("at", "At", FieldType.DATETIME),
    "stage": FieldSpec("stage", "Stage", FieldType.CHOICE),
    "tags": FieldSpec("tags", "Tags", FieldType.CHOICES),
    "flag": FieldSpec("flag", "Flag", FieldType.BOOLEAN),
    "invoice.status": FieldSpec("invoice.status", "Invoice status", FieldType.CHOICE, association="invoice"),
    "invoice.total": FieldSpec("invoice.total", "Invoice total", FieldType.NUMBER, association="invoice"),
}


def passes(rules: Rules, values: dict[str, Value], related: Any = None, now: datetime = NOW) -> bool:
    return compile_filter(rules, FIELDS, ZONE)(values, related or {}, now) is None


def one(field: str, operator: str, *values: str, **more: bool) -> Rules:
    return ((Condition(field, operator, values, **more),),)


@pytest.mark.parametrize(
    ("field", "operator", "values", "value", "expected"),
    [
        ("name", "any_of", ("acme", "bolt"), " ACME ", True),
        ("name", "any_of", ("acme",), "acme co", False),
        ("name", "none_of", ("acme",), "Bolt", True),
        ("name", "none_of", ("acme",), "Acme", False),
        ("name", "contains", ("cm", "zz"), "Acme", True),
        ("name", "not_contains", ("cm",), "Acme", False),
        ("name", "starts_with", ("ac", "bo"), "Bolt", True),
        ("name", "ends_with", ("me",), "Acme", True),
        ("name", "known", (), "  ", False),
        ("name", "unknown", (), "  ", True),
        ("name", "unknown", (), "x", False),
        ("size", "eq", ("1.0",), Decimal("1"), True),
        ("size", "ne", ("1",), Decimal("2"), True),
        ("size", "gt", ("1",), Decimal("1"), False),
        ("size", "gte", ("1",), Decimal("1"), True),
        ("size", "lt", ("1",), Decimal("0.99"), True),
        ("size", "lte", ("1",), Decimal("1"), True),
        ("size", "between", ("1", "3"), Decimal("3"), True),
        ("size", "not_between", ("1", "3"), Decimal("3"), False),
        ("day", "on", ("2026-11-23",), date(2026, 11, 23), True),
        ("day", "before", ("2026-11-23",), date(2026, 11, 23), False),
        ("day", "after", ("2026-11-23",), date(2026, 11, 23), False),
        ("day", "after", ("2026-11-23",), date(2026, 11, 24), True),
        ("day", "between", ("2026-11-20", "2026-11-23"), date(2026, 11, 23), True),
        ("day", "not_between", ("2026-11-20", "2026-11-23"), date(2026, 11, 24), True),
        ("at", "after", ("2026-11-23",), datetime(2026, 11, 24, 6, 59, tzinfo=UTC), False),
        ("at", "after", ("2026-11-23",), datetime(2026, 11, 24, 7, 0, tzinfo=UTC), True),
        ("at", "after", ("2026-11-23T00:00",), datetime(2026, 11, 23, 7, 0, tzinfo=UTC), True),
        ("at", "after", ("2026-11-23T00:00",), datetime(2026, 11, 23, 6, 59, tzinfo=UTC), False),
        ("at", "after", ("2026-11-23T12:00",), datetime(2026, 11, 23, 19, 0, tzinfo=UTC), False),
        ("at", "before", ("2026-11-23T12:00",), datetime(2026, 11, 23, 18, 59, tzinfo=UTC), True),
        ("at", "on", ("2026-11-23",), datetime(2026, 11, 24, 6, 0, tzinfo=UTC), True),
        ("at", "less_ago", ("2",), NOW - timedelta(days=1), True),
        ("at", "less_ago", ("2",), NOW + timedelta(hours=1), False),
        ("at", "more_ago", ("2",), NOW - timedelta(days=3), True),
        ("at", "less_ahead", ("2",), NOW + timedelta(days=1), True),
        ("at", "more_ahead", ("2",), NOW + timedelta(days=3), True),
        ("stage", "any_of", ("open", "paid"), "paid", True),
        ("stage", "none_of", ("draft",), "draft", False),
        ("tags", "any_of", ("a", "z"), ("a", "b"), True),
        ("tags", "none_of", ("z",), ("a", "b"), True),
        ("tags", "exactly", ("b", "a"), ("a", "b"), True),
        ("tags", "not_exactly", ("a",), ("a", "b"), True),
        ("tags", "contains_all", ("a", "b"), ("a", "b", "c"), True),
        ("tags", "not_contains_all", ("a", "z"), ("a", "b"), True),
        ("flag", "is_true", (), True, True),
        ("flag", "is_false", (), False, True),
        ("flag", "is_false", (), None, False),
    ],
)
def test_an_operator_decides(field: str, operator: str, values: tuple[str, ...], value: Value, expected: bool) -> None:
    assert passes(one(field, operator, *values), {field: value}) is expected


@pytest.mark.parametrize(
    ("field", "operator", "values"),
    [
        ("name", "none_of", ("a",)),
        ("name", "not_contains", ("a",)),
        ("size", "ne", ("1",)),
        ("size", "not_between", ("1", "2")),
        ("day", "not_between", ("2026-01-01", "2026-01-02")),
        ("tags", "not_exactly", ("a",)),
        ("tags", "not_contains_all", ("a",)),
    ],
)
def test_negative_operators_reject_blanks_unless_they_are_included(field: str, operator: str, values: tuple[str, ...]) -> None:
    assert not passes(one(field, operator, *values), {field: None})
    assert passes(one(field, operator, *values, include_empty=True), {field: None})


def test_an_invoice_without_status_is_not_none_of_draft() -> None:
    assert not passes(one("invoice.status", "none_of", "draft"), {}, {"invoice": ({"status": None},)})


def test_what_is_unknown_never_passes() -> None:
    assert not passes(one("name", "none_of", "x", include_empty=True), {})
    assert not passes(one("name", "unknown"), {})


def test_no_condition_lets_everything_through() -> None:
    assert passes((), {})
    assert passes(((),), {})


def test_groups_are_joined_by_or_and_conditions_by_and() -> None:
    rules: Rules = ((Condition("name", "any_of", ("a",)), Condition("size", "gt", ("1",))), (Condition("stage", "any_of", ("open",)),))
    assert passes(rules, {"name": "a", "size": Decimal(2), "stage": None})
    assert passes(rules, {"name": "b", "size": Decimal(2), "stage": "open"})
    assert not passes(rules, {"name": "a", "size": Decimal(1), "stage": "paid"})


def test_the_reason_names_the_condition_of_the_group_that_came_furthest() -> None:
    rules: Rules = ((Condition("stage", "any_of", ("open",)),), (Condition("name", "any_of", ("a",)), Condition("size", "gt", ("1",))))
    failed = compile_filter(rules, FIELDS, ZONE)({"name": "a", "size": Decimal(1), "stage": "paid"}, {}, NOW)
    assert failed is not None
    assert failed.field == "size"


def test_conditions_on_associated_records_hold_for_the_same_record() -> None:
    rules: Rules = ((Condition("invoice.status", "any_of", ("open",)), Condition("invoice.total", "gt", ("100",))),)
    apart = ({"status": "open", "total": Decimal(1)}, {"status": "draft", "total": Decimal(500)})
    assert not passes(rules, {}, {"invoice": apart})
    assert passes(rules, {}, {"invoice": (*apart, {"status": "open", "total": Decimal(101)})})
    assert not passes(rules, {}, {"invoice": ()})
    assert not passes(rules, {}, {})


def test_absent_means_that_no_associated_record_meets_the_block() -> None:
    rules = one("invoice.status", "any_of", "draft", absent=True)
    assert passes(rules, {}, {"invoice": ({"status": "open"},)})
    assert passes(rules, {}, {"invoice": ()})
    assert not passes(rules, {}, {"invoice": ({"status": "open"}, {"status": "draft"})})


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (Condition("gone", "any_of", ("x",)), "field"),
        (Condition("size", "starts_with", ("x",)), "operator"),
        (Condition("name", "any_of", ()), "values"),
        (Condition("name", "any_of", (" ",)), "values"),
        (Condition("name", "known", ("x",)), "values"),
        (Condition("size", "between", ("1",)), "values"),
        (Condition("size", "eq", ("one",)), "number"),
        (Condition("size", "eq", ("NaN",)), "number"),
        (Condition("day", "after", ("soon",)), "date"),
        (Condition("at", "less_ago", ("x",)), "date"),
        (Condition("at", "less_ago", ("9" * 30,)), "date"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_is_refused_with_its_condition(condition: Condition, problem: str) -> None:
    with pytest.raises(BadFilter) as refused:
        compile_filter(((condition,),), FIELDS, ZONE)
    assert (refused.value.problem, refused.value.condition) == (problem, condition)


def test_there_are_upper_limits() -> None:
    good = Condition("name", "known")
    for rules in (((good,),) * (MAX_GROUPS + 1), ((good,) * (MAX_CONDITIONS + 1),)):
        with pytest.raises(BadFilter, match="size"):
            compile_filter(rules, FIELDS, ZONE)


def test_every_operator_of_every_type_compiles_and_answers() -> None:
    samples: dict[FieldType, tuple[str, str, Value]] = {
        FieldType.TEXT: ("name", "a", "a"),
        FieldType.NUMBER: ("size", "1", Decimal(1)),
        FieldType.DATE: ("day", "2026-11-23", date(2026, 11, 23)),
        FieldType.DATETIME: ("at", "2026-11-23", NOW),
        FieldType.CHOICE: ("stage", "a", "a"),
        FieldType.CHOICES: ("tags", "a", ("a",)),
        FieldType.BOOLEAN: ("flag", "", True),
    }
    for kind, (field, text, value) in samples.items():
        for operator in OPERATORS[kind]:
            if operator in ("known", "unknown", "is_true", "is_false"):
                values: tuple[str, ...] = ()
            elif operator in ("between", "not_between"):
                values = (text, text)
            else:
                values = ("1",) if operator.endswith(("_ago", "_ahead")) else (text,)
            assert passes(one(field, operator, *values), {field: value}) in (True, False)
