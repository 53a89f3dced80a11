"""Payments written: within what is open, changed as a whole; never two for one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Failed, Operation, Presence, Stored, Values, Write
from connectors.errors import NotFound, Stale
from connectors.sandbox.quickbooks import RequestIds
from connectors.sandbox.quickbooks.payments import deposit
from connectors.tests.contract import create, update
from connectors.tests.quickbooks_shop import Row, Till, line, open_till, sample_till, settling
from connectors.vocabulary import Category, Kind

K = Kind.PAYMENT
MODES = pytest.mark.parametrize("mode", list(RequestIds))
MOMENTS = pytest.mark.parametrize("moment", ["before", "after"])


@pytest.fixture
def till() -> Iterator[Till]:
    yield from open_till()


@pytest.fixture
def sample() -> Iterator[Till]:
    yield from sample_till()


def money(invoice: Row, amount: str, **more: Any) -> Values:
    return {"Invoice": invoice["Id"], "Amount": Decimal(amount), "TxnDate": date(2027, 1, 12), **more}


def test_a_payment_is_recorded_against_its_invoice(till: Till) -> None:
    made = till.invoice(100, customer="2")
    record = till.stored(K, money(made, "40.25", Method="card", PaymentRefNum="pi_3Nxyz", CurrencyRef="USD"))
    fields = record.fields
    assert (fields["Invoice"], fields["Amount"], fields["TotalAmt"], fields["TxnDate"], fields["Invoice.Balance"], fields["Number"]) == (
        made["Id"], Decimal("40.25"), Decimal("40.25"), date(2027, 1, 12), Decimal("59.75"), made["DocNumber"],
    )  # fmt: skip
    assert (fields["Method"], fields["PaymentRefNum"], fields["Credit"]) == ("card", "pi_3Nxyz", False)
    [row] = till.rows("Payment")
    assert (row["CustomerRef"]["value"], row["UnappliedAmt"], row["PaymentMethodRef"]["name"]) == ("2", 0, "Visa")
    assert till.record(K, record.id) == record


def test_a_method_the_company_has_not_is_left_out(till: Till) -> None:
    assert till.stored(K, money(till.invoice(100), "40", Method="wire_transfer")).fields["Method"] is None


@pytest.mark.parametrize(
    ("values", "category", "field"),
    [
        ({"Amount": Decimal("100.01")}, Category.AMOUNT_MISMATCH, "Amount"),
        ({"Amount": Decimal(0)}, Category.VALUE_INVALID, "Amount"),
        ({"Amount": Decimal("0.005")}, Category.VALUE_INVALID, "Amount"),
        ({"Amount": None}, Category.VALUE_INVALID, "Amount"),
        ({"Invoice": "4711"}, Category.DEPENDENCY_FAILING, "Invoice"),
        ({"Invoice": None}, Category.DEPENDENCY_FAILING, "Invoice"),
        ({"CurrencyRef": "EUR"}, Category.CURRENCY_MISMATCH, "CurrencyRef"),
    ],
)
def test_what_would_book_money_wrongly_is_not_sent(till: Till, values: Values, category: Category, field: str) -> None:
    made = till.invoice(100, DocNumber="INV-7")
    till.app.log.clear()
    error = till.rejected(K, create({**money(made, "40"), **values}))
    assert (error.category, error.field) == (category, field)
    assert not [entry for entry in till.app.log if "requestid" in entry.query]
    if category is Category.AMOUNT_MISMATCH:
        assert "100.01" in error.words
        assert "100.00 open on invoice INV-7" in error.words


def test_two_payments_of_one_request_respect_the_balance_together(till: Till) -> None:
    first, other = till.invoice(100), till.invoice(30)
    writes = [create(money(first, "60"), key="1"), create(money(first, "60"), key="2"), create(money(first, "40"), key="3")]
    outcomes = till.write(K, *writes, create(money(other, "30"), key="4"))
    assert [type(outcome) for outcome in outcomes] == [Stored, Failed, Stored, Stored]
    assert [row["Balance"] for row in till.rows("Invoice")] == [0, 0]


def test_payments_of_several_requests_respect_it_too(till: Till) -> None:
    made = till.invoice(100)
    outcomes = till.write(K, *(create(money(made, "30"), call=f"call-{n}") for n in range(6)))
    assert [type(outcome) for outcome in outcomes].count(Stored) == 3
    assert (till.rows("Invoice")[0]["Balance"], len(till.rows("Payment"))) == (10, 3)


def test_a_batch_of_payments_takes_three_calls(till: Till) -> None:
    made = [till.invoice(100) for _ in range(30)]
    till.connector.account()
    calls = till.connector.calls
    outcomes = list(till.connector.write(K, [create(money(row, "1"), key=str(n)) for n, row in enumerate(made)], ["Amount"]))
    assert len(outcomes) == 30
    assert till.connector.calls == calls + 3


def test_foreign_money_is_booked_in_the_currency_of_the_invoice(till: Till) -> None:
    till.company.change_settings(multicurrency=True)
    euro = till.make("customer", DisplayName="Élan", CurrencyRef={"value": "EUR", "name": "Euro"})["Id"]
    made = till.invoice(100, customer=euro, CurrencyRef={"value": "EUR"})
    assert till.stored(K, money(made, "40", CurrencyRef="EUR")).fields["CurrencyRef"] == "EUR"
    assert till.rejected(K, create(money(made, "40", CurrencyRef="USD"))).category is Category.CURRENCY_MISMATCH


def test_closed_books_are_told(till: Till) -> None:
    made = till.invoice(100)
    till.company.change_settings(book_close_date="2027-01-31")
    assert till.rejected(K, create(money(made, "40"))).category is Category.PERIOD_CLOSED


def test_a_payment_is_changed_as_a_whole(till: Till) -> None:
    made = till.invoice(100)
    before = till.stored(K, money(made, "40", Method="cash", PaymentRefNum="old"))
    till.company.bump("Payment", before.id, PrivateNote="a person's")
    before = till.record(K, before.id)
    later = {"Amount": Decimal("99.5"), "TxnDate": date(2027, 1, 13), "PaymentRefNum": None, "Method": "check"}
    [outcome] = till.write(K, update(before, later))
    assert isinstance(outcome, Stored)
    assert {key: outcome.record.fields[key] for key in later} == later
    assert outcome.record.fields["Invoice.Balance"] == Decimal("0.5")
    assert till.rows("Payment")[0]["PrivateNote"] == "a person's"


def test_the_date_alone_leaves_the_money_where_it_is(till: Till) -> None:
    made = till.invoice(100)
    before = till.stored(K, money(made, "40"))
    [outcome] = till.write(K, update(before, {"TxnDate": date(2027, 1, 13)}))
    assert isinstance(outcome, Stored)
    changed = {key for key, value in outcome.record.fields.items() if value != before.fields[key]}
    assert changed == {"TxnDate"}


def test_one_card_is_not_exchanged_for_another(till: Till) -> None:
    row = till.pay(40, (till.invoice(100), 40), PaymentMethodRef={"value": "4"})
    [outcome] = till.write(K, update(till.record(K, row["Id"]), {"Method": "card", "PaymentRefNum": "x"}))
    assert isinstance(outcome, Stored)
    assert till.rows("Payment")[0]["PaymentMethodRef"]["name"] == "MasterCard"
    [outcome] = till.write(K, update(outcome.record, {"Method": None}))
    assert isinstance(outcome, Stored)
    assert outcome.record.fields["Method"] is None


def test_a_payment_moves_to_another_invoice_of_the_customer_only(till: Till) -> None:
    first, second, bens = till.invoice(100), till.invoice(30), till.invoice(50, customer="2")
    before = till.stored(K, money(first, "40"))
    assert till.rejected(K, update(before, {"Invoice": bens["Id"]})).category is Category.PAYMENT_CUSTOMER_DIFFERS
    assert till.rejected(K, update(before, {"Invoice": second["Id"]})).category is Category.AMOUNT_MISMATCH
    [outcome] = till.write(K, update(before, {"Invoice": second["Id"], "Amount": Decimal(30)}))
    assert isinstance(outcome, Stored)
    assert [row["Balance"] for row in till.rows("Invoice")] == [100, 0, 50]


@pytest.mark.parametrize("amount", ["100.01", "0"])
def test_a_changed_amount_stays_within_what_is_open(till: Till, amount: str) -> None:
    before = till.stored(K, money(till.invoice(100), "40"))
    till.rejected(K, update(before, {"Amount": Decimal(amount)}))
    assert till.rows("Payment")[0]["TotalAmt"] == 40


def test_a_payment_that_is_more_than_the_money_for_one_invoice_is_left_alone(till: Till) -> None:
    first, second = till.invoice(100), till.invoice(30)
    memo = till.make("creditmemo", CustomerRef={"value": "1"}, Line=[line(10)])
    odd = [till.pay(40, (first, 20), (second, 20)), till.pay(15), till.pay(30, (till.read("invoice", first["Id"]), 20))]
    used = [settling(till.read("invoice", first["Id"]), 10), settling(memo, 10, "CreditMemo")]
    odd.append(till.make("payment", CustomerRef={"value": "1"}, TotalAmt=0, Line=used))
    for row in odd:
        error = till.rejected(K, update(till.record(K, row["Id"]), {"PaymentRefNum": "x"}))
        assert error.category is Category.PAYMENT_SPLIT


def test_a_payment_that_moved_on_is_stale_and_one_that_is_gone_not_found(till: Till) -> None:
    before = till.stored(K, money(till.invoice(100), "40"))
    till.company.bump("Payment", before.id, PrivateNote="a person's")
    stale, gone = till.write(
        K,
        update(before, {"PaymentRefNum": "x"}, call="c", key="1"),
        Write("c", "2", Operation.UPDATE, {"PaymentRefNum": "x"}, id="4711", version="0"),
    )
    assert isinstance(stale, Failed)
    assert isinstance(stale.error, Stale)
    assert isinstance(gone, Failed)
    assert isinstance(gone.error, NotFound)


def test_a_deposited_payment_is_told_in_quickbooks_words(till: Till) -> None:
    before = till.stored(K, money(till.invoice(100), "40"))
    deposit(till.company, before.id, True)
    error = till.rejected(K, update(before, {"PaymentRefNum": "x"}))
    assert error.category is Category.VALUE_INVALID
    assert "deposit" in error.words


def test_a_payment_of_ours_is_taken_away_again(till: Till) -> None:
    record = till.stored(K, money(till.invoice(100), "40"))
    [outcome] = till.write(K, Write("call", "1", Operation.DELETE, {}, id=record.id, version=record.version))
    assert isinstance(outcome, Stored)
    assert outcome.record.presence is Presence.ABSENT
    assert till.rows("Invoice")[0]["Balance"] == 100


@MODES
@MOMENTS
def test_a_lost_answer_never_makes_two_payments(till: Till, mode: RequestIds, moment: str) -> None:
    """Two of them are quite the same, and one settles all that is open."""
    till.app.switches.requestids = mode
    first, second = till.invoice(100), till.invoice(30, customer="2")
    writes = [create(money(first, "25"), key="1"), create(money(first, "25"), key="2"), create(money(second, "30", PaymentRefNum="pi"), key="3")]
    till.lose(K, moment, *writes)
    ids: set[str] = set()
    for _ in range(2):
        outcomes = till.settle(K, *writes)
        assert all(isinstance(outcome, Stored) for outcome in outcomes)
        ids |= {outcome.record.id for outcome in outcomes if isinstance(outcome, Stored)}
    assert len(ids) == len(till.rows("Payment")) == 3
    assert [row["Balance"] for row in till.rows("Invoice")] == [50, 0]


@pytest.mark.parametrize(
    "other",
    [{"total": 41}, {"TxnDate": "2027-01-11"}, {"PaymentRefNum": "another"}, {"apply": False}],
)
def test_another_payment_is_not_taken_for_ours(till: Till, other: dict[str, Any]) -> None:
    made = till.invoice(100)
    one = create(money(made, "40", PaymentRefNum="ours"))
    till.lose(K, "before", one)
    given = {"TxnDate": "2027-01-12", "PaymentRefNum": "ours", **{k: v for k, v in other.items() if k not in ("total", "apply")}}
    total = other.get("total", 40)
    till.pay(total, *([(made, total)] if other.get("apply", True) else []), **given)
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert len(till.rows("Payment")) == 2


@MODES
@MOMENTS
def test_a_lost_change_is_settled(till: Till, mode: RequestIds, moment: str) -> None:
    till.app.switches.requestids = mode
    before = till.stored(K, money(till.invoice(100), "40"))
    one = update(before, {"Amount": Decimal(100), "Method": "wire_transfer", "PaymentRefNum": "x"})
    till.lose(K, moment, one)
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert (till.rows("Payment")[0]["TotalAmt"], till.rows("Invoice")[0]["Balance"]) == (100, 0)


def test_a_lost_change_that_a_person_overtook_is_stale(till: Till) -> None:
    before = till.stored(K, money(till.invoice(100), "40"))
    one = update(before, {"Amount": Decimal(50)})
    till.lose(K, "before", one)
    till.company.bump("Payment", before.id, PaymentRefNum="a person's")
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Stale)


def test_notes_are_not_written(till: Till) -> None:
    with pytest.raises(ValueError, match="note"):
        till.connector.write(Kind.NOTE, [], [])
    with pytest.raises(ValueError, match="note"):
        till.connector.settle(Kind.NOTE, [], [])


def test_a_lost_change_tells_what_a_person_did_to_the_payment_since(till: Till) -> None:
    """Even what we would not change ourselves: a second invoice on it."""
    first, second = till.invoice(100), till.invoice(30)
    before = till.stored(K, money(first, "40"))
    one = update(before, {"PaymentRefNum": "ours"})
    till.lose(K, "after", one)
    row = till.read("payment", before.id)
    lines = [settling(first, 20), settling(second, 20)]
    assert till("POST", "/payment", {**row, "sparse": False, "Line": lines})[0] == 200
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert outcome.current is not None
    assert (outcome.record.fields["Invoices"], outcome.current.fields["Invoices"]) == (1, 2)


def test_the_payment_of_a_parent_customer_is_not_held_to_be_of_another(till: Till) -> None:
    child = till.make("customer", DisplayName="Ada's barn", Job=True, ParentRef={"value": "1"})["Id"]
    row = till.pay(40, (till.invoice(100, customer=child), 40), customer="1")
    [outcome] = till.write(K, update(till.record(K, row["Id"]), {"TxnDate": date(2027, 1, 13), "Amount": Decimal(50)}))
    assert isinstance(outcome, Stored)
    assert till.rows("Invoice")[0]["Balance"] == 50


def test_a_payment_is_found_by_its_reference(till: Till) -> None:
    record = till.stored(K, money(till.invoice(100), "40", PaymentRefNum="pi_3N"))
    assert [found.id for found in till.connector.find(K, "PaymentRefNum", ["PI_3n"], ["Amount"])] == [record.id]


def test_the_page_of_a_payment_opens_and_is_its_link(till: Till) -> None:
    record = till.stored(K, money(till.invoice(100), "40"))
    assert record.fields["Link"] == till.connector.url(Kind.NOTE, record.id) == f"{till.url}/app/recvpayment?txnId={record.id}"
    assert till.app.serve("GET", f"/app/recvpayment?txnId={record.id}", {}, b"").status == 303
