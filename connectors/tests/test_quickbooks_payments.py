"""Payments read: what they settle, how they were made, what became of them; few calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Presence, Values
from connectors.quickbooks.payments import METHODS, PAYMENT, method
from connectors.tests.quickbooks_shop import Row, Till, open_till, sample_till, settling
from connectors.tests.quickbooks_world import Told, record_of
from connectors.vocabulary import DEFAULT_MAPPINGS, Kind

K = Kind.PAYMENT


@pytest.fixture
def till() -> Iterator[Till]:
    yield from open_till()


@pytest.fixture
def sample() -> Iterator[Till]:
    yield from sample_till()


def money(invoice: Row, amount: str, **more: Any) -> Values:
    return {"Invoice": invoice["Id"], "Amount": Decimal(amount), "TxnDate": date(2027, 1, 12), **more}


@pytest.mark.parametrize("kind", [Kind.PAYMENT, Kind.NOTE])
def test_every_meaning_of_the_default_mappings_has_a_field(kind: Kind) -> None:
    assert {mapping.right for mapping in DEFAULT_MAPPINGS[kind]} <= {spec.meaning for spec in PAYMENT.fields}


def test_sample_payments_tell_what_they_settle_by_three_calls(sample: Till) -> None:
    [page] = sample.connector.changes(K, None, sample.keys(K))
    assert sample.connector.calls == 3
    told = {record.fields["PaymentRefNum"] or record.id: record.fields for record in page.records}
    assert len(told) == 11
    one, several, over = told["2041"], told["70112"], told["M-4410"]
    assert (one["Amount"], one["Invoice"], one["Invoices"], one["Number"], one["Invoice.Balance"], one["Method"]) == (
        Decimal(180), "1", Decimal(1), sample.company.read("Invoice", "1")["DocNumber"], Decimal(0), "check",
    )  # fmt: skip
    assert (several["Amount"], several["Invoice"], several["Invoices"], several["Number"], several["Invoice.Balance"]) == (
        Decimal("2077.50"), None, Decimal(3), None, None,
    )  # fmt: skip
    assert (over["Amount"], over["TotalAmt"], over["Invoices"], over["Method"]) == (Decimal("1574.40"), Decimal(1600), Decimal(1), "card")
    [credit] = [fields for fields in told.values() if fields["Credit"]]
    assert (credit["TotalAmt"], credit["Amount"], credit["Invoices"], credit["Method"]) == (Decimal(0), Decimal(165), Decimal(1), None)
    assert {fields["CurrencyRef"] for fields in told.values()} == {"USD"}
    assert {record.title for record in page.records} >= {"Payment 2041", "Payment 5"}


def test_only_what_is_wanted_is_looked_up(sample: Till) -> None:
    [page] = sample.connector.changes(Kind.NOTE, None, ["Amount", "Invoice", "TxnDate"])
    assert (len(page.records), sample.connector.calls) == (11, 1)


def test_methods_are_read_once_for_each_connector(till: Till) -> None:
    till.pay(5, PaymentMethodRef={"value": "3"})
    for _ in range(3):
        [page] = till.connector.changes(K, None, ["Method"])
        assert page.records[0].fields["Method"] == "card"
    assert till.connector.calls == 4


@pytest.mark.parametrize(
    ("name", "kind", "neutral"),
    [
        ("Visa", "CREDIT_CARD", "card"),
        ("Cash", "NON_CREDIT_CARD", "cash"),
        ("Cheque", "NON_CREDIT_CARD", "check"),
        ("Cashier's Check", "NON_CREDIT_CARD", "check"),
        ("E-Check", "NON_CREDIT_CARD", "ach"),
        ("ACH (bank)", "NON_CREDIT_CARD", "ach"),
        ("Direct Debit", "NON_CREDIT_CARD", "ach"),
        ("Wire transfer", "NON_CREDIT_CARD", "wire_transfer"),
        ("Gift card", "NON_CREDIT_CARD", "card"),
        ("Barter", "NON_CREDIT_CARD", "other"),
        (None, None, "other"),
    ],
)
def test_a_method_has_a_neutral_name(name: str, kind: str, neutral: str) -> None:
    assert method({"Name": name, "Type": kind}) == neutral
    assert neutral in {option.value for option in METHODS}


@pytest.mark.parametrize(
    ("lines", "only", "several", "amount"),
    [
        ([("Invoice", "7", 60)], "7", 1, 60),
        ([("Invoice", "7", 20), ("Invoice", "7", 10)], "7", 1, 30),
        ([("Invoice", "7", 60), ("CreditMemo", "8", 10)], "7", 1, 60),
        ([("Invoice", "7", 60), ("Invoice", "8", 20)], None, 2, 80),
        ([], None, 0, 80),
    ],
)
def test_the_amount_is_that_of_the_one_invoice_or_all_that_is_applied(
    lines: list[tuple[str, str, int]], only: str | None, several: int, amount: int
) -> None:
    row = {"Id": "1", "SyncToken": "0", "TotalAmt": 100, "UnappliedAmt": 20, "Line": [settling({"Id": i}, a, kind) for kind, i, a in lines]}
    fields = record_of(PAYMENT, row).fields
    assert (fields["Invoice"], fields["Invoices"], fields["Amount"]) == (only, several, amount)


@pytest.mark.parametrize("odd", [None, "", [], {}, [None], [{"LinkedTxn": None}], [{"LinkedTxn": [None, {}]}], [{"LinkedTxn": [{"TxnId": "1"}]}]])
def test_odd_lines_break_nothing(odd: Any) -> None:
    record = record_of(PAYMENT, {"Id": "1", "SyncToken": "0", "TotalAmt": odd, "Line": odd, "PaymentMethodRef": odd}, company=Told(currency="EUR"))
    assert set(record.fields) == {spec.key for spec in PAYMENT.fields}
    assert (record.fields["Invoice"], record.fields["Method"], record.fields["CurrencyRef"]) == (None, None, "EUR")


def test_deleted_and_voided_payments_show_in_the_feed(till: Till) -> None:
    made = till.invoice(100)
    gone, voided = till.pay(10, (made, 10)), till.pay(20, (made, 20))
    *_, page = till.connector.changes(K, None, ["Amount"])
    assert till.act("payment", gone, operation="delete")[0] == till.act("payment", voided, include="void")[0] == 200
    *_, later = till.connector.changes(K, page.cursor, ["Amount", "Credit"])
    assert {record.id: record.presence for record in later.records} == {gone["Id"]: Presence.ABSENT, voided["Id"]: Presence.INACTIVE}
    assert [record.fields for record in later.records if record.fields] == [{"Amount": Decimal(0), "Credit": False}]
    assert till.record(K, gone["Id"]).presence is Presence.ABSENT
