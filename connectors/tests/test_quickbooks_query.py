"""Queries say what they should and nothing that a stranger's text could add."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.quickbooks.query import Condition, at_least, containing, equal, is_safe, literal, one_of, safe_run, select
from connectors.sandbox.quickbooks.query import parse

REFUSED = "\u2019\u2013"


def test_a_query_shows_active_and_inactive_rows() -> None:
    assert select("Customer", order=("Id",), start=1001) == (
        "SELECT * FROM Customer WHERE Active IN (true,false) ORDERBY Id STARTPOSITION 1001 MAXRESULTS 1000"
    )


def test_documents_have_no_activity_to_ask_for() -> None:
    assert select("Invoice", order=("Id",)) == "SELECT * FROM Invoice ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
    assert select("Payment", [equal("CustomerRef", "7"), equal("TxnDate", date(2027, 1, 2))]) == (
        "SELECT * FROM Payment WHERE CustomerRef = '7' AND TxnDate = '2027-01-02' STARTPOSITION 1 MAXRESULTS 1000"
    )


def test_apostrophes_and_backslashes_are_escaped_backslash_first() -> None:
    assert literal("O'Brien\\") == "'O\\'Brien\\\\'"


@given(st.text(max_size=60).filter(lambda text: not set(text) & set(REFUSED)))
def test_any_text_stays_one_value(text: str) -> None:
    statement = parse(select("Customer", [one_of("DisplayName", [text, "other"])]), REFUSED)
    assert statement.conditions[1].values == (text, "other")
    assert len(statement.conditions) == 2


@given(st.text(max_size=60))
def test_a_like_pattern_never_meets_the_lexers_refusals_and_matches_its_text(text: str) -> None:
    statement = parse(select("Customer", [containing("DisplayName", text)]), REFUSED)
    pattern = str(statement.conditions[1].values[0])
    assert pattern.strip("%") in text


@pytest.mark.parametrize(
    ("text", "run"),
    [("Pye\u2019s Cakes", "s Cakes"), ("100% natural", "natural"), ("\N{SUNFLOWER}", ""), ("1998\u20132004 & sons", "2004 & sons"), ("", "")],
)
def test_the_longest_safe_run_of_a_text(text: str, run: str) -> None:
    assert safe_run(text) == run


def test_letters_of_every_script_are_safe_and_punctuation_beyond_ascii_is_not() -> None:
    assert is_safe("Öbergs Trädgård 株式会社 O'Brien & co: 100%")
    assert not is_safe("Pye\u2019s")
    assert not is_safe("line\nbreak")


def test_times_carry_their_offset() -> None:
    assert str(at_least("MetaData.LastUpdatedTime", datetime(2026, 1, 5, tzinfo=UTC))) == "MetaData.LastUpdatedTime >= '2026-01-05T00:00:00+00:00'"
    with pytest.raises(ValueError, match="offset"):
        literal(datetime(2026, 1, 5))  # noqa: DTZ001


@pytest.mark.parametrize(("field", "operator"), [("Notes", "="), ("Id", "!="), ("Id = '1' AND Active", "=")])
def test_fields_and_operators_come_from_lists(field: str, operator: str) -> None:
    with pytest.raises(ValueError, match="no such condition"):
        Condition(field, operator, "x")


def test_entities_and_orders_come_from_lists() -> None:
    with pytest.raises(ValueError, match="no such query"):
        select("Customer; drop")
    with pytest.raises(ValueError, match="no such query"):
        select("Customer", order=("Id desc",))
