"""Voids, and lost answers: never two invoices, whatever becomes of request and answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from connectors.base import Failed, Operation, Outcome, Record, Stored, Unknown, Values, Write
from connectors.errors import NotFound, Stale, Throttled
from connectors.sandbox.quickbooks import RequestIds
from connectors.sandbox.server import Closed, Reply, Request
from connectors.tests.contract import create, update
from connectors.tests.quickbooks_shop import Till, bill, line, open_till, sale
from connectors.vocabulary import Category, Kind

K = Kind.INVOICE
MODES = pytest.mark.parametrize("mode", list(RequestIds))
MOMENTS = pytest.mark.parametrize("moment", ["before", "after"])


@pytest.fixture
def till() -> Iterator[Till]:
    yield from open_till()


def made(till: Till, **values: Any) -> Record:
    [outcome] = till.write(K, create(bill(**values), call="made"))
    assert isinstance(outcome, Stored)
    return outcome.record


def test_a_void_is_a_request_of_its_own_with_version_and_key(till: Till) -> None:
    before = made(till)
    till.app.log.clear()
    [outcome] = till.write(K, update(before, {"Voided": True}, call="c" * 36, key="k" * 10))
    assert isinstance(outcome, Stored)
    fields = outcome.record.fields
    assert (fields["Voided"], fields["Status"], fields["PaymentStatus"], fields["TotalAmt"], fields["Balance"]) == (True, "voided", "voided", 0, 0)
    [entry] = till.app.log
    assert (entry.path.rsplit("/", 1)[1], entry.query["operation"], entry.query["requestid"]) == ("invoice", "void", "c" * 36 + "-" + "k" * 10)


def test_a_void_leaves_the_lines_without_their_amounts(till: Till) -> None:
    [outcome] = till.write(K, update(made(till), {"Voided": True}))
    assert isinstance(outcome, Stored)
    content: Any = outcome.record.fields["Line"]
    assert [(one.name, one.quantity, one.price, one.amount) for one in content.lines] == [("Mowing", 1, 0, 0)]
    assert content.total == 0


@pytest.mark.parametrize("value", [False, None])
def test_not_to_void_is_nothing_to_write(till: Till, value: bool | None) -> None:
    before = made(till)
    alone, among, born = till.write(
        K,
        update(before, {"Voided": value}, call="c", key="1"),
        update(before, {"Voided": value, "PrivateNote": "x"}, call="c", key="2"),
        create(bill(DocNumber="INV-2", Voided=value), call="c", key="3"),
    )
    assert alone.name == ("c", "1")
    assert all(isinstance(outcome, Stored) and outcome.record.fields["Voided"] is False for outcome in (alone, among, born))


def test_what_else_is_written_comes_before_the_void_which_keeps_its_mark(till: Till) -> None:
    before = made(till)
    [outcome] = till.write(K, update(before, {"Voided": True, "PrivateNote": "wrong customer", "DueDate": date(2027, 3, 1)}))
    assert isinstance(outcome, Stored)
    fields = outcome.record.fields
    assert (fields["Status"], fields["PrivateNote"], fields["DueDate"]) == ("voided", "Voided - wrong customer", date(2027, 3, 1))
    [later] = till.write(K, update(outcome.record, {"PrivateNote": "another note"}))
    assert isinstance(later, Stored)
    assert (later.record.fields["Status"], later.record.fields["PrivateNote"]) == ("voided", "Voided - another note")
    [empty] = till.write(K, update(later.record, {"PrivateNote": None}))
    assert isinstance(empty, Stored)
    assert (empty.record.fields["Status"], empty.record.fields["PrivateNote"]) == ("voided", "Voided")


def test_voiding_an_invoice_that_moved_on_is_stale(till: Till) -> None:
    before = made(till)
    till.pay(10, (till.read("invoice", before.id), 10))
    [outcome] = till.write(K, update(before, {"Voided": True}))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Stale)
    assert till.record(K, before.id).fields["PaymentStatus"] == "partially_paid"


def test_voiding_an_invoice_that_is_gone_is_not_found(till: Till) -> None:
    [outcome] = till.write(K, Write("call", "1", Operation.UPDATE, {"Voided": True}, id="4711", version="0"))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, NotFound)


def test_a_paid_invoice_is_voided_and_its_payment_stays(till: Till) -> None:
    before = made(till)
    till.pay(90, (till.read("invoice", before.id), 90))
    [outcome] = till.write(K, update(till.record(K, before.id), {"Voided": True}))
    assert isinstance(outcome, Stored)
    [payment] = till.rows("Payment")
    assert (payment["UnappliedAmt"], outcome.record.fields["LastPayment.Date"]) == (90, None)


def test_a_throttled_void_stops_the_account(till: Till) -> None:
    before = made(till)
    till.connector._client.session.sleep = lambda seconds: None
    refused = {"Fault": {"Error": [{"Message": "m", "Detail": "d", "code": "3001"}]}}
    till.app.hook = lambda when, number, request, reply: Reply(429, refused) if when == "before" and "operation" in request.query else None
    [outcome] = till.write(K, update(before, {"Voided": True}))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Throttled)


@MODES
@MOMENTS
@pytest.mark.parametrize("more", [{}, {"PrivateNote": "wrong customer"}])
def test_a_lost_void_is_settled_to_a_voided_invoice_or_decided_again(till: Till, mode: RequestIds, moment: str, more: Values) -> None:
    till.app.switches.requestids = mode
    one = update(made(till), {"Voided": True, **more})
    till.lose(K, moment, one)
    [outcome] = till.settle(K, one)
    if isinstance(outcome, Failed):
        assert isinstance(outcome.error, Stale)
        assert more
        assert moment == "after"
        [outcome] = till.write(K, update(till.record(K, one.id), {"Voided": True, **more}))
    assert isinstance(outcome, Stored)
    assert till.record(K, one.id).fields["Voided"] is True


@MODES
def test_a_void_whose_answer_alone_was_lost_is_settled(till: Till, mode: RequestIds) -> None:
    till.app.switches.requestids = mode
    one = update(made(till), {"Voided": True, "PrivateNote": "wrong customer"})

    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "after" and request.query.get("operation") == "void":
            raise Closed
        return None

    till.app.hook = hook
    assert isinstance(till.write(K, one)[0], Unknown)
    till.app.hook = None
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert (outcome.current or outcome.record).fields["PrivateNote"] == "Voided - wrong customer"


@MODES
@MOMENTS
@pytest.mark.parametrize("numbers", [("INV-1", "INV-2", "inv-1"), (None, None, None)])
def test_a_lost_answer_never_makes_two_invoices(till: Till, mode: RequestIds, moment: str, numbers: tuple[str | None, ...]) -> None:
    """Without numbers of their own, and with two of them quite the same."""
    till.app.switches.requestids = mode
    writes = [create({**bill(sale("3", "0.335", "1.01", text="x\ny ")), "DocNumber": number}, key=str(n)) for n, number in enumerate(numbers)]
    writes.append(create({**bill(customer="2"), "DocNumber": None}, key="9"))
    till.lose(K, moment, *writes)
    ids: set[str] = set()
    for _ in range(2):
        outcomes = till.settle(K, *writes)
        assert all(isinstance(outcome, Stored) for outcome in outcomes)
        ids |= {outcome.record.id for outcome in outcomes if isinstance(outcome, Stored)}
    assert len(ids) == len(till.rows("Invoice")) == 4


@MODES
def test_two_batches_of_which_one_got_through_make_each_invoice_once(till: Till, mode: RequestIds) -> None:
    till.app.switches.requestids = mode
    writes = [create(bill(DocNumber=f"N-{n}"), call=f"call-{n % 2}", key=str(n)) for n in range(6)]

    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if request.query.get("requestid") == f"call-{0 if when == 'before' else 1}":
            raise Closed
        return None

    till.app.hook = hook
    assert all(isinstance(outcome, Unknown) for outcome in till.write(K, *writes))
    till.app.hook = None
    assert all(isinstance(outcome, Stored) for outcome in till.settle(K, *writes))
    assert sorted(row["DocNumber"] for row in till.rows("Invoice")) == [f"N-{n}" for n in range(6)]


def test_a_settled_create_whose_invoice_was_voided_since_is_the_voided_one(till: Till) -> None:
    till.app.switches.requestids = RequestIds.FORGET
    one = create(bill())
    till.lose(K, "after", one)
    [row] = till.rows("Invoice")
    till.act("invoice", row, operation="void")
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert outcome.record.fields["Status"] == "voided"
    assert len(till.rows("Invoice")) == 1


def test_a_replayed_create_tells_what_a_person_did_since(till: Till) -> None:
    one = create(bill())
    till.lose(K, "after", one)
    [row] = till.rows("Invoice")
    till.changed("invoice", row, Line=[line(7)], PrivateNote="a person's")
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert outcome.current is not None
    assert (outcome.record.fields["PrivateNote"], outcome.current.fields["PrivateNote"]) == (None, "a person's")
    assert len(till.rows("Invoice")) == 1


def test_an_invoice_of_another_with_our_number_is_not_taken_for_ours(till: Till) -> None:
    one = create(bill())
    till.lose(K, "before", one)
    foreign = [
        till.invoice(90, customer="2", DocNumber="INV-1", TxnDate="2027-01-10"),
        till.invoice(90, DocNumber="INV-1", TxnDate="2027-01-11"),
        till.invoice(91, DocNumber="INV-1", TxnDate="2027-01-10"),
        till.invoice(90, DocNumber="INV-10", TxnDate="2027-01-10"),
    ]
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert outcome.record.id not in {row["Id"] for row in foreign}
    assert len(till.rows("Invoice")) == 5


def test_an_old_invoice_that_looks_the_same_is_not_taken_for_one_without_a_number(till: Till) -> None:
    till.invoice(90, TxnDate="2027-01-10")
    till.now += 40 * 86400
    one = create({**bill(), "DocNumber": None})
    till.lose(K, "before", one)
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert len(till.rows("Invoice")) == 2


def test_a_lost_create_whose_number_was_taken_is_rejected(till: Till) -> None:
    till.company.change_settings(custom_numbers=True, warn_duplicate_numbers=True)
    one = create(bill())
    till.lose(K, "before", one)
    till.invoice(1, customer="2", DocNumber="INV-1")
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Failed)
    assert outcome.error.category is Category.INVOICE_NUMBER_IN_USE


@MODES
@MOMENTS
def test_a_lost_update_is_settled(till: Till, mode: RequestIds, moment: str) -> None:
    till.app.switches.requestids = mode
    one = update(made(till), {"CustomerMemo.value": "thanks\r\nagain", "DueDate": date(2027, 3, 1)})
    till.lose(K, moment, one)
    [outcome] = till.settle(K, one)
    assert isinstance(outcome, Stored)
    assert till.record(K, one.id).fields["DueDate"] == date(2027, 3, 1)


@MODES
@MOMENTS
def test_a_lost_delete_is_settled(till: Till, mode: RequestIds, moment: str) -> None:
    till.app.switches.requestids = mode
    before = made(till)
    one = Write("call", "1", Operation.DELETE, {}, id=before.id, version=before.version)
    till.lose(K, moment, one)
    outcomes: list[Outcome] = till.settle(K, one) + till.settle(K, replace(one, call="other"))
    assert all(isinstance(outcome, Stored) for outcome in outcomes)
    assert not till.rows("Invoice")
