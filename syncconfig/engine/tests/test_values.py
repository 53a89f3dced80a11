"""Values: equality, translation between types, and their form as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import FieldSpec, FieldType, Option, Value
from connectors.vocabulary import Category
from syncconfig.engine.tests.world import ZONE
from syncconfig.engine.values import Unfit, compatible, convert, from_json, match_key, same, to_json

STAGES = (Option("1", "Lead"), Option("2", "Customer"))
VALUES = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.lists(st.text(min_size=1)).map(tuple),
)


def field(kind: FieldType, **more: object) -> FieldSpec:
    return FieldSpec("f", "Field", kind, **more)  # type: ignore[arg-type]


def move(value: Value, source: FieldType, target: FieldSpec, options: dict[str, str] | None = None, choices: tuple[Option, ...] = ()) -> Value:
    return convert(value, field(source, options=choices), target, options or {}, ZONE)


@given(VALUES)
def test_a_value_survives_json(value: Value) -> None:
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


@given(VALUES, VALUES)
def test_sameness_is_symmetric(one: Value, other: Value) -> None:
    assert same(one, one)
    assert same(one, other) == same(other, one)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("a", " a ", True),
        ("a\r\nb", "a\nb", True),
        ("e\u0301", "\u00e9", True),
        ("", None, True),
        ((), None, True),
        (Decimal("1.00"), Decimal("1"), True),
        ("a", "A", False),
        ("1", Decimal("1"), False),
        ("a\u200bb", "ab", False),
    ],
)
def test_text_has_one_form_and_numbers_one_amount(one: Value, other: Value, equal: bool) -> None:
    assert same(one, other) is equal


def test_match_keys_are_trimmed_and_without_case() -> None:
    assert match_key(" ANN@A.example ") == match_key("ann@a.example")
    assert match_key(None) == match_key("  ") == ""


@pytest.mark.parametrize(
    ("value", "source", "expected"),
    [
        (Decimal("1200.50"), FieldType.NUMBER, "1200.5"),
        (Decimal("1E+3"), FieldType.NUMBER, "1000"),
        (True, FieldType.BOOLEAN, "true"),
        (date(2026, 2, 28), FieldType.DATE, "2026-02-28"),
        (("a", "b"), FieldType.CHOICES, "a;b"),
        ("  x\r\ny ", FieldType.TEXT, "x\ny"),
    ],
)
def test_every_type_can_be_written_as_text(value: Value, source: FieldType, expected: str) -> None:
    assert move(value, source, field(FieldType.TEXT)) == expected


def test_days_and_moments_meet_at_midnight_of_the_account() -> None:
    midnight = move(date(2026, 7, 1), FieldType.DATE, field(FieldType.DATETIME))
    assert midnight == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert move(midnight, FieldType.DATETIME, field(FieldType.DATE)) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("value", "target", "category", "details"),
    [
        ("x" * 11, field(FieldType.TEXT, max_length=10), Category.VALUE_TOO_LONG, {"max": "10", "n": "11"}),
        ("a:b", field(FieldType.TEXT, forbidden=":"), Category.CHARACTER_NOT_ALLOWED, {"c": ":"}),
        ("nobody", field(FieldType.EMAIL), Category.VALUE_INVALID, {"value": "nobody"}),
        ("a\ud800", field(FieldType.TEXT), Category.ENCODING, {}),
        ("a\0", field(FieldType.TEXT), Category.ENCODING, {}),
        ("seven", field(FieldType.NUMBER), Category.VALUE_INVALID, {"value": "seven"}),
        ("9", field(FieldType.CHOICE, options=STAGES), Category.OPTION_UNKNOWN, {"value": "9"}),
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(value: str, target: FieldSpec, category: Category, details: dict[str, str]) -> None:
    with pytest.raises(Unfit) as refused:
        move(value, FieldType.TEXT, target)
    assert refused.value.category is category
    assert details.items() <= refused.value.details.items()


def test_options_go_by_the_table_then_by_value_then_by_label() -> None:
    target = field(FieldType.CHOICE, options=STAGES)
    assert move("x", FieldType.CHOICE, target, {"x": "2"}) == "2"
    assert move("1", FieldType.CHOICE, target) == "1"
    assert move("c", FieldType.CHOICE, target, choices=(Option("c", "customer"),)) == "2"


def test_blanks_are_blank_in_every_type() -> None:
    for kind in FieldType:
        assert move("  ", FieldType.TEXT, field(kind)) is None


def test_everything_goes_into_text_and_little_else_mixes() -> None:
    text = field(FieldType.TEXT)
    assert all(compatible(field(kind), text) for kind in FieldType if kind is not FieldType.LINES)
    assert not compatible(field(FieldType.LINES), text)
    assert compatible(field(FieldType.LINES), field(FieldType.LINES))
    assert compatible(field(FieldType.DATE), field(FieldType.DATETIME))
    assert not compatible(text, field(FieldType.NUMBER))
    assert not compatible(text, field(FieldType.TEXT, read_only=True))
    assert not compatible(field(FieldType.TEXT, association="invoice"), text)
