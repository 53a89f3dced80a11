"""Lines, states and custom fields of invoices, from rows as they come and to bodies as they go; no service."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Line, Lines, Presence
from connectors.errors import Rejected
from connectors.http import dumps, loads
from connectors.quickbooks.invoice_packing import cents, packed_custom, packed_lines
from connectors.quickbooks.invoices import INVOICE, content, custom_names, with_custom
from connectors.tests.quickbooks_shop import sale, sales
from connectors.tests.quickbooks_world import Told, record_of
from connectors.vocabulary import Category

ROW: dict[str, Any] = {"Id": "7", "SyncToken": "3", "TotalAmt": Decimal("11.72"), "Balance": Decimal("11.72")}


def sold(amount: Any, **detail: Any) -> dict[str, Any]:
    return {"Id": "1", "DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail}


def test_a_row_of_every_kind_of_line_becomes_lines_that_add_up() -> None:
    inner = [sold(Decimal("7.96"), ItemRef={"value": "25", "name": "Berries"}, UnitPrice=Decimal("0.5306667"), Qty=15), sold(Decimal("2.65"))]
    row = {
        **ROW,
        "Line": [
            {"Id": "1", "DetailType": "GroupLineDetail", "Amount": 0, "GroupLineDetail": {"Quantity": 3, "Line": inner}},
            {"DetailType": "DescriptionOnly", "Description": "Subtotal:", "Amount": Decimal("10.61"), "DescriptionLineDetail": {}},
            {"Amount": Decimal("10.61"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
            sold(2, ItemRef={"value": "SHIPPING_ITEM_ID"}),
            {"Amount": Decimal("2.00"), "DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 20}},
        ],
        "TxnTaxDetail": {"TotalTax": Decimal("1.11")},
    }
    found = content(row)
    assert found.lines == (
        Line("", Decimal(15), Decimal("0.5306667"), Decimal("7.96"), "25", "Berries", id="1"),
        Line("", Decimal(1), Decimal("2.65"), Decimal("2.65"), id="1"),
        Line("Subtotal:", Decimal(1), Decimal(0), Decimal(0)),
        Line("", Decimal(1), Decimal(2), Decimal(2), id="1"),
    )
    assert (found.discount, found.tax) == (Decimal(2), Decimal("1.11"))
    assert sum(line.amount for line in found.lines) - found.discount + found.tax == found.total


@pytest.mark.parametrize("detail", [{"Qty": 3}, {"UnitPrice": 5}, {}, {"Qty": 3, "UnitPrice": None}])
def test_a_line_without_quantity_or_rate_is_one_of_its_amount(detail: dict[str, Any]) -> None:
    [line] = content({**ROW, "Line": [sold(Decimal("12.5"), **detail)]}).lines
    assert (line.quantity, line.price, line.amount) == (Decimal(1), Decimal("12.5"), Decimal("12.5"))


def test_an_invoice_that_does_not_add_up_is_told_as_it_is() -> None:
    found = content({**ROW, "TotalAmt": Decimal(9), "Line": [sold(Decimal(5), Qty=1, UnitPrice=5)]})
    assert (found.total, found.lines[0].amount) == (Decimal(9), Decimal(5))


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.decimals(allow_nan=False, allow_infinity=False, places=2) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Amount", "DetailType", "SalesItemLineDetail", "GroupLineDetail", "Line", "ItemRef", "value", "TxnId", "TxnType"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=9,
)
MEMBERS = sorted({spec.key.partition(".")[0] for spec in (*INVOICE.fields, *INVOICE.custom)} - {"Key", "MetaData"})


@given(st.dictionaries(st.sampled_from([*MEMBERS, "LinkedTxn", "TxnTaxDetail"]), ODD, max_size=6))
def test_rows_of_any_shape_become_records_with_every_field(members: dict[str, Any]) -> None:
    record = record_of(INVOICE, {**members, "Id": "7", "SyncToken": "0"})
    assert set(record.fields) == {spec.key for spec in (*INVOICE.fields, *INVOICE.custom)}
    assert isinstance(record.fields["Line"], Lines)
    assert record.presence is Presence.PRESENT


@pytest.mark.parametrize(
    ("total", "balance", "note", "states"),
    [
        ("10", "10", "", ("open", "unpaid", False)),
        ("10", "4", "", ("open", "partially_paid", False)),
        ("10", "0", "", ("paid", "paid", False)),
        ("0", "0", "", ("paid", "paid", False)),
        ("0", "0", "Voided", ("voided", "voided", True)),
        ("0", "0", "Voided - booked twice", ("voided", "voided", True)),
        ("10", "10", "Voided cheque came back", ("open", "unpaid", False)),
    ],
)
def test_the_states_follow_from_the_amounts_and_the_note(total: str, balance: str, note: str, states: tuple[str, str, bool]) -> None:
    fields = record_of(INVOICE, {**ROW, "TotalAmt": Decimal(total), "Balance": Decimal(balance), "PrivateNote": note}).fields
    assert (fields["Status"], fields["PaymentStatus"], fields["Voided"]) == states
    assert fields["Paid"] == Decimal(total) - Decimal(balance)


def test_an_invoice_without_a_currency_is_in_the_home_currency() -> None:
    assert record_of(INVOICE, ROW, company=Told(currency="SEK")).fields["CurrencyRef"] == "SEK"
    assert record_of(INVOICE, {**ROW, "CurrencyRef": {"value": "EUR"}}, company=Told(currency="SEK")).fields["CurrencyRef"] == "EUR"


def test_the_title_is_the_number_or_the_id() -> None:
    assert [record_of(INVOICE, {**ROW, "DocNumber": number}, []).title for number in ("1036", "", None)] == ["1036", "7", "7"]


def test_a_payment_that_is_gone_or_without_a_day_is_no_last_payment() -> None:
    row = {**ROW, "LinkedTxn": [{"TxnId": n, "TxnType": "Payment"} for n in "123"] + [{"TxnId": "4", "TxnType": "Estimate"}, None]}
    paid = {"Id": "2", "TxnDate": "2027-01-02+01:00", "Line": [{"Amount": 5, "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}]}]}
    fields = record_of(INVOICE, row, joined=[{"Id": "1"}, paid, {"Id": "4", "TxnDate": "2027-01-09"}]).fields
    assert (str(fields["LastPayment.Date"]), fields["LastPayment.Amount"]) == ("2027-01-02", Decimal(5))


MONEY = st.decimals("0.01", "99999", places=2)
LINES = st.builds(
    lambda quantity, price, text: sale(str(quantity), str(price), str(cents(quantity * price)), text=text),
    st.decimals("0.0000001", "999", places=7) | st.integers(1, 999).map(Decimal),
    st.decimals("0.0000001", "9999", places=7) | MONEY,
    st.text(st.characters(codec="utf-8"), max_size=20),
)


@given(st.lists(LINES, min_size=1, max_size=5))
def test_what_is_sent_is_what_is_read_back(lines: list[Line]) -> None:
    """Over JSON as it travels: no digit and no cent is lost."""
    wanted = sales(*lines)
    found = content({**ROW, "TotalAmt": wanted.total, "Line": loads(dumps(packed_lines(wanted, True)).encode())})
    assert [(line.text, line.quantity, line.price, line.amount, line.product) for line in found.lines] == [
        (line.text, line.quantity, line.price, line.amount, line.product) for line in wanted.lines
    ]


@given(st.decimals("0", "99999", places=9), st.decimals("0", "999", places=9))
def test_no_line_is_sent_whose_amount_quickbooks_would_reckon_otherwise(price: Decimal, quantity: Decimal) -> None:
    """It keeps seven decimals of both: where those come to another amount, nothing is sent."""
    amount = cents(price * quantity)
    line = sale(str(quantity), str(price), str(amount))
    kept = [value.quantize(Decimal("0.0000001"), ROUND_HALF_UP) for value in (quantity, price)]
    if cents(kept[0] * kept[1]) != amount:
        with pytest.raises(Rejected) as caught:
            packed_lines(sales(line), False)
        assert caught.value.category is Category.AMOUNT_MISMATCH
        return
    [sent] = packed_lines(sales(line), False)
    assert [sent["SalesItemLineDetail"][name] for name in ("Qty", "UnitPrice")] == kept
    assert "TaxCodeRef" not in sent["SalesItemLineDetail"]


def preferences(flags: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    told = [{"Name": f"SalesFormsPrefs.UseSalesCustom{n}", "Type": "BooleanType", "BooleanValue": flag} for n, flag in flags.items()]
    named = [{"Name": f"SalesFormsPrefs.SalesCustomName{n}", "Type": "StringType", "StringValue": name} for n, name in names.items()]
    return {"SalesFormsPrefs": {"CustomField": [{"CustomField": told}, {"CustomField": named}]}}


def test_custom_fields_are_those_switched_on() -> None:
    found = preferences({"3": False, "2": True, "1": True}, {"1": "Crew #", "3": "Old"})
    assert custom_names(found) == {"1": "Crew #", "2": "Custom field 2"}
    assert [spec.label for spec in with_custom((), found)] == ["Crew #", "Custom field 2"]


@pytest.mark.parametrize("odd", [{}, {"SalesFormsPrefs": None}, {"SalesFormsPrefs": {"CustomField": [None, {}, {"CustomField": None}]}}])
def test_odd_preferences_tell_of_no_custom_field(odd: dict[str, Any]) -> None:
    assert custom_names(odd) == {}


def test_custom_fields_are_sent_together_with_what_was_observed_or_stands_there() -> None:
    current = {"CustomField": [{"DefinitionId": "2", "StringValue": "stands"}, {"DefinitionId": "3", "StringValue": "old"}]}
    found = packed_custom({"CustomField.1": "new"}, {"CustomField.3": "observed"}, current, {"1": "A", "2": "B", "3": "C"})
    assert [(one["DefinitionId"], one["Name"], one["StringValue"]) for one in found] == [
        ("1", "A", "new"), ("2", "B", "stands"), ("3", "C", "observed"),
    ]  # fmt: skip
