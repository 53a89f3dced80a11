"""Native JSON and flat values say the same in both directions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Presence
from connectors.quickbooks.customers import CUSTOMER
from connectors.quickbooks.shapes import LINES
from connectors.quickbooks.values import day, differing, incomplete, lines, members, number, street, without_empty
from connectors.tests.quickbooks_world import record_of
from connectors.vocabulary import DEFAULT_MAPPINGS, Kind

KEYS = [spec.key for spec in CUSTOMER.fields]
ROW: dict[str, Any] = {
    "Id": "7",
    "SyncToken": "3",
    "MetaData": {"CreateTime": "2026-01-05T10:48:27-08:00", "LastUpdatedTime": "2026-07-05T10:48:27-07:00"},
    "DisplayName": "Pye's Cakes",
    "PrimaryEmailAddr": {"Address": "karen@pye.example, lewis@pye.example"},
    "BillAddr": {"Id": "9", "Line1": "25 Court Street", "Line3": "Rear", "City": "Arvada"},
    "Balance": Decimal("12.50"),
    "BalanceWithJobs": 0,
    "Active": True,
    "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
}


def test_a_row_becomes_a_record_with_every_field_known() -> None:
    record = record_of(CUSTOMER, ROW)
    assert set(record.fields) == set(KEYS)
    assert record.fields["Key"] == "123:7"
    assert record.fields["PrimaryEmailAddr.Address"] == "karen@pye.example"
    assert record.fields["BillAddr.Lines"] == "25 Court Street\nRear"
    assert record.fields["BillAddr.Country"] is None
    assert record.fields["Balance"] == Decimal("12.50")
    assert record.fields["CurrencyRef"] == "USD"
    assert record.fields["MetaData.CreateTime"] == record.created_at == datetime(2026, 1, 5, 18, 48, 27, tzinfo=UTC)
    assert record.modified_at == datetime(2026, 7, 5, 17, 48, 27, tzinfo=UTC)
    assert (record.id, record.version, record.title, record.presence, record.namespace) == ("7", "3", "Pye's Cakes", Presence.PRESENT, "Customer")


def test_an_inactive_row_loses_its_suffix_and_an_active_one_keeps_it() -> None:
    inactive = record_of(CUSTOMER, {**ROW, "Active": False, "DisplayName": "Ames (deleted)"})
    assert (inactive.fields["DisplayName"], inactive.title, inactive.presence) == ("Ames", "Ames", Presence.INACTIVE)
    assert record_of(CUSTOMER, {**ROW, "DisplayName": "Ames (deleted)"}).fields["DisplayName"] == "Ames (deleted)"


def test_a_stub_of_a_deleted_row_is_absent() -> None:
    stub = {"domain": "QBO", "status": "Deleted", "Id": "7", "MetaData": {"LastUpdatedTime": "2026-07-05T10:48:27-07:00"}}
    assert record_of(CUSTOMER, stub).presence is Presence.ABSENT


def test_every_meaning_of_the_default_mappings_has_a_field() -> None:
    meanings = {spec.meaning for spec in CUSTOMER.fields}
    assert {mapping.right for mapping in DEFAULT_MAPPINGS[Kind.CONTACT]} <= meanings


def test_an_address_is_sent_whole_with_what_was_observed() -> None:
    expected = {"BillAddr.Lines": "Old\nRear", "BillAddr.City": "Arvada", "BillAddr.Country": None}
    address = members({"BillAddr.City": "Denver"}, expected, {"BillAddr": {"PostalCode": "80002"}})["BillAddr"]
    assert address == {
        "Line1": "Old", "Line2": "Rear", "Line3": "", "Line4": "", "Line5": "", "City": "Denver",
        "CountrySubDivisionCode": "", "PostalCode": "80002", "Country": "",
    }  # fmt: skip


def test_an_address_is_incomplete_while_a_part_of_it_is_unknown() -> None:
    parts = ["BillAddr.Lines", "BillAddr.City", "BillAddr.CountrySubDivisionCode", "BillAddr.PostalCode", "BillAddr.Country"]
    assert incomplete({"BillAddr.City": "Denver"}, dict.fromkeys(parts[2:]))
    assert not incomplete({"BillAddr.City": "Denver"}, dict.fromkeys(parts))
    assert not incomplete({"Notes": "x"}, {})


def test_none_is_sent_as_the_empty_text_that_clears_and_left_out_of_creates() -> None:
    native = members({"Notes": None, "PrimaryPhone.FreeFormNumber": None, "DisplayName": "A"}, {})
    assert native == {"Notes": "", "PrimaryPhone": {"FreeFormNumber": ""}, "DisplayName": "A"}
    assert without_empty(native) == {"DisplayName": "A"}


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=9), max_size=5))
def test_a_street_of_up_to_five_lines_comes_back_as_it_was(parts: list[str]) -> None:
    assert street(lines("\n".join(parts))) == ("\n".join(parts) or None)


def test_more_than_five_lines_end_in_the_fifth() -> None:
    assert lines("a\nb\nc\n\nd\ne\nf") == dict(zip(LINES, ["a", "b", "c", "d", "e, f"], strict=True))


def test_values_differ_only_in_what_matters() -> None:
    wanted = {"Notes": " hello ", "PrimaryEmailAddr.Address": "A@x.example", "Fax.FreeFormNumber": None, "GivenName": "Al"}
    stored = {"Notes": "hello", "PrimaryEmailAddr.Address": "a@X.example", "Fax.FreeFormNumber": None, "GivenName": "AL"}
    assert differing(wanted, stored) == ["GivenName"]


@pytest.mark.parametrize(
    ("told", "day_"), [("2027-01-02", date(2027, 1, 2)), ("2027-01-02-08:00", date(2027, 1, 2)), ("soon", None), ("", None), (None, None), (7, None)]
)
def test_a_day_is_the_companys_own_whatever_offset_stands_behind_it(told: Any, day_: date | None) -> None:
    assert day(told) == day_


@pytest.mark.parametrize(
    ("told", "exact"), [("0.10", Decimal("0.1")), (7, Decimal(7)), ("seven", None), ("", None), (None, None), (True, None), ([], None)]
)
def test_a_number_is_exact_or_none(told: Any, exact: Decimal | None) -> None:
    assert number(told) == exact


def test_days_and_references_are_written_as_quickbooks_has_them() -> None:
    written = members({"TxnDate": date(2027, 1, 2), "CustomerRef": "7", "CustomerMemo.value": None}, {})
    assert written == {"TxnDate": "2027-01-02", "CustomerRef": {"value": "7"}, "CustomerMemo": {"value": ""}}
    assert without_empty(members({"CustomerRef": None}, {})) == {}
