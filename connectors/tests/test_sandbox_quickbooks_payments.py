"""Payments and credit memos in the simulated books, and what they do to invoices and customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.quickbooks import payments
from connectors.tests.quickbooks_shop import Row, Shop, line, open_shop, settling
from connectors.tests.quickbooks_world import code

ADA = {"value": "1"}


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield from open_shop()


def memo(shop: Shop, amount: float) -> Row:
    return shop.make("creditmemo", CustomerRef=ADA, Line=[line(amount)])


def full(shop: Shop, row: Row, **members: Any) -> tuple[int, Any]:
    return shop("POST", "/payment", {"Id": row["Id"], "SyncToken": row["SyncToken"], "CustomerRef": ADA, **members})


def test_a_payment_lowers_the_balance_links_the_invoice_and_moves_its_version(shop: Shop) -> None:
    invoice = shop.invoice(100)
    paid = shop.pay(60, (invoice, 60), PaymentRefNum="pi_1")
    after = shop.read("invoice", invoice["Id"])
    assert (after["Balance"], after["TotalAmt"], after["SyncToken"]) == (40, 100, "1")
    assert after["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    assert (paid["TotalAmt"], paid["UnappliedAmt"], paid["TxnDate"], paid["SyncToken"]) == (60, 0, "2027-01-15", "0")
    assert paid["DepositToAccountRef"]["name"] == "Undeposited Funds"
    told = {one["value"]["Name"]: one["value"]["Value"] for one in paid["Line"][0]["LineEx"]["any"]}
    assert told == {"txnId": invoice["Id"], "txnOpenBalance": "100.00", "txnReferenceNumber": "1001"}
    assert shop.balance() == 40
    assert code(shop.act("invoice", invoice, operation="void")) == "5010"


def test_one_payment_settles_several_invoices_and_several_settle_one(shop: Shop) -> None:
    one, two = shop.invoice(10), shop.invoice(20)
    shop.pay(25, (one, 10), (two, 15))
    shop.pay(5, (two, 5))
    assert [shop.read("invoice", row["Id"])["Balance"] for row in (one, two)] == [0, 0]
    assert len(shop.read("invoice", two["Id"])["LinkedTxn"]) == 2
    assert shop.balance() == 0


def test_what_is_more_than_open_stays_unapplied(shop: Shop) -> None:
    invoice = shop.invoice(10)
    paid = shop.pay(15, (invoice, 15))
    assert (paid["UnappliedAmt"], paid["Line"][0]["Amount"]) == (5, 10)
    assert shop.pay(7)["UnappliedAmt"] == 7
    assert shop.balance() == -12


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"CustomerRef": None}, "2020"),
        ({"TotalAmt": None}, "2020"),
        ({"TotalAmt": -1}, "2140"),
        ({"TotalAmt": 1}, "6000"),
        ({"Line": [{"Amount": 5}]}, "2020"),
        ({"Line": [settling({"Id": "1"}, -5)]}, "2290"),
        ({"Line": [settling({"Id": "99"}, 5)]}, "620"),
        ({"Line": [settling({"Id": "1"}, 5, "Check")]}, "620"),
        ({"CustomerRef": {"value": "2"}}, "620"),
        ({"PaymentRefNum": "r" * 22}, "2050"),
        ({"DepositToAccountRef": {"value": "99"}}, "2500"),
        ({"PaymentMethodRef": {"value": "99"}}, "2500"),
        ({"DocNumber": "1"}, "2010"),
    ],
)
def test_what_a_payment_cannot_have_is_refused(shop: Shop, members: dict[str, Any], expected: str) -> None:
    invoice = shop.invoice(10)
    body = {"CustomerRef": ADA, "TotalAmt": 5, "Line": [settling(invoice, 5)], **members}
    assert shop.refused("payment", **{name: value for name, value in body.items() if value is not None}) == expected
    assert shop.read("invoice", invoice["Id"]) == invoice


def test_a_parent_pays_for_its_sub_customer(shop: Shop) -> None:
    child = shop.make("customer", DisplayName="Ada's garden", Job=True, ParentRef=ADA)
    invoice = shop.invoice(10, customer=child["Id"])
    assert (shop.read("customer", "1")["Balance"], shop.read("customer", "1")["BalanceWithJobs"]) == (0, 10)
    shop.pay(10, (invoice, 10))
    assert shop.read("invoice", invoice["Id"])["Balance"] == 0
    assert shop.read("customer", "1")["BalanceWithJobs"] == 0


def test_a_payment_is_changed_only_as_a_whole(shop: Shop) -> None:
    one, two = shop.invoice(10), shop.invoice(10)
    paid = shop.pay(10, (one, 10))
    assert code(shop.change("payment", paid, PrivateNote="x")) == "2020"
    status, body = full(shop, paid, TotalAmt=10, Line=[settling(two, 10)])
    assert (status, body["Payment"]["SyncToken"]) == (200, "1")
    assert [shop.read("invoice", row["Id"])["Balance"] for row in (one, two)] == [10, 0]
    assert shop.read("invoice", one["Id"])["LinkedTxn"] == []
    unapplied = full(shop, body["Payment"], TotalAmt=10, Line=[])[1]["Payment"]
    assert (unapplied["UnappliedAmt"], shop.read("invoice", two["Id"])["Balance"], shop.balance()) == (10, 10, 10)


def test_a_change_that_settles_the_same_leaves_the_invoice_as_it_is(shop: Shop) -> None:
    invoice = shop.invoice(10)
    paid = shop.pay(10, (invoice, 10))
    before = shop.read("invoice", invoice["Id"])
    assert full(shop, paid, TotalAmt=10, Line=[settling(invoice, 10)], PrivateNote="x")[0] == 200
    assert shop.read("invoice", invoice["Id"]) == before


def test_a_deleted_payment_opens_the_invoice_again_and_leaves_a_stub(shop: Shop) -> None:
    invoice = shop.invoice(10)
    paid = shop.pay(12, (invoice, 10))
    shop.now += 60
    assert shop.act("payment", paid, operation="delete")[1]["Payment"]["status"] == "Deleted"
    again = shop.read("invoice", invoice["Id"])
    assert (again["Balance"], again["LinkedTxn"], again["SyncToken"], shop.balance()) == (10, [], "2", 10)
    parts = shop("GET", "/cdc", entities="Payment,Invoice", changedSince="2027-01-15T00:00:30-08:00")[1]["CDCResponse"][0]["QueryResponse"]
    assert (parts[0]["Payment"][0]["status"], "startPosition" in parts[0]) == ("Deleted", False)
    assert parts[1]["Invoice"] == [again]


def test_a_voided_payment_stays_with_nothing_in_it(shop: Shop) -> None:
    invoice = shop.invoice(10)
    paid = shop.pay(10, (invoice, 10))
    status, body = shop.act("payment", paid, operation="update", include="void")
    voided = body["Payment"]
    assert (status, voided["TotalAmt"], voided["UnappliedAmt"], voided["Line"], voided["PrivateNote"]) == (200, 0, 0, [], "Voided")
    assert (shop.read("invoice", invoice["Id"])["Balance"], shop.balance()) == (10, 10)


def test_a_deposited_payment_cannot_be_changed(shop: Shop) -> None:
    paid = shop.pay(10)
    payments.deposit(shop.company, paid["Id"], True)
    assert code(full(shop, paid, TotalAmt=11)) == "6540"
    assert code(shop.act("payment", paid, operation="delete")) == "6540"
    assert code(shop.act("payment", paid, operation="update", include="void")) == "6540"
    payments.deposit(shop.company, paid["Id"], False)
    assert full(shop, paid, TotalAmt=11)[1]["Payment"]["TotalAmt"] == 11


def test_a_payment_in_closed_books_cannot_be_touched(shop: Shop) -> None:
    paid = shop.pay(10, TxnDate="2026-12-01")
    shop.company.change_settings(book_close_date="2026-12-31")
    assert shop.refused("payment", CustomerRef=ADA, TotalAmt=1, TxnDate="2026-12-31") == "6210"
    assert code(full(shop, paid, TotalAmt=10, TxnDate="2027-01-01")) == "6210"
    assert code(shop.act("payment", paid, operation="delete")) == "6210"


def test_an_invoice_with_payments_is_voided_but_not_deleted_and_the_money_stays_unapplied(shop: Shop) -> None:
    invoice = shop.invoice(10)
    paid = shop.pay(10, (invoice, 10))
    current = shop.read("invoice", invoice["Id"])
    assert code(shop.act("invoice", current, operation="delete")) == "800"
    assert code(shop.change("invoice", current, CustomerRef={"value": "2"})) == "6000"
    voided = shop.act("invoice", current, operation="void")[1]["Invoice"]
    after = shop.read("payment", paid["Id"])
    assert (voided["LinkedTxn"], voided["Balance"]) == ([], 0)
    assert (after["UnappliedAmt"], after["Line"], after["SyncToken"], shop.balance()) == (10, [], "1", -10)


def test_an_invoice_that_becomes_smaller_gives_the_rest_back_to_its_latest_payments(shop: Shop) -> None:
    invoice = shop.invoice(100)
    first, second = shop.pay(60, (invoice, 60)), shop.pay(40, (invoice, 40))
    changed = shop.changed("invoice", shop.read("invoice", invoice["Id"]), Line=[line(70)])
    assert (changed["Balance"], changed["LinkedTxn"]) == (
        0,
        [{"TxnId": first["Id"], "TxnType": "Payment"}, {"TxnId": second["Id"], "TxnType": "Payment"}],
    )
    assert [shop.read("payment", row["Id"])["UnappliedAmt"] for row in (first, second)] == [0, 30]
    smaller = shop.changed("invoice", changed, Line=[line(50)])
    assert smaller["LinkedTxn"] == [{"TxnId": first["Id"], "TxnType": "Payment"}]
    assert shop.balance() == -50


def test_a_credit_memo_is_used_up_by_a_payment_of_nothing(shop: Shop) -> None:
    invoice, credit = shop.invoice(100), memo(shop, 30)
    assert (credit["RemainingCredit"], credit["Balance"], credit["DocNumber"], shop.balance()) == (30, 30, "1002", 70)
    lines = [settling(invoice, 30), settling(credit, 30, "CreditMemo")]
    paid = shop.make("payment", CustomerRef=ADA, TotalAmt=0, Line=lines)
    after = shop.read("creditmemo", credit["Id"])
    assert (paid["UnappliedAmt"], after["RemainingCredit"], after["Balance"], after["SyncToken"]) == (0, 0, 0, "1")
    assert (shop.read("invoice", invoice["Id"])["Balance"], shop.balance()) == (70, 70)
    shop.act("payment", paid, operation="delete")
    assert (shop.read("creditmemo", credit["Id"])["RemainingCredit"], shop.balance()) == (30, 70)


def test_a_credit_memo_is_changed_and_deleted_as_an_invoice_is(shop: Shop) -> None:
    credit = memo(shop, 30)
    changed = shop.changed("creditmemo", credit, Line=[line(20)])
    assert (changed["RemainingCredit"], shop.balance()) == (20, -20)
    assert code(shop.act("creditmemo", changed, operation="void")) == "500"
    shop.act("creditmemo", changed, operation="delete")
    assert shop.balance() == 0


def test_open_money_is_applied_to_a_new_invoice_where_the_company_wants_that(shop: Shop) -> None:
    early = shop.pay(30)
    assert shop.invoice(10)["Balance"] == 10
    shop.company.change_settings(auto_apply_payments=True)
    made = shop.invoice(50)
    assert (made["TotalAmt"], made["Balance"], made["LinkedTxn"]) == (50, 20, [{"TxnId": early["Id"], "TxnType": "Payment"}])
    assert shop.read("payment", early["Id"])["UnappliedAmt"] == 0
    assert shop.balance() == 30


@pytest.mark.parametrize(
    ("condition", "found"), [("PaymentRefNum = 'PI_2'", [20]), ("CustomerRef = '1' and TotalAmt > 15", [20]), ("TxnDate > '2027-01-01'", [10, 20])]
)
def test_payments_are_found_by_what_is_filterable(shop: Shop, condition: str, found: list[int]) -> None:
    shop.pay(10, PaymentRefNum="pi_1")
    shop.pay(20, PaymentRefNum="pi_2")
    assert [row["TotalAmt"] for row in shop.query(f"select * from Payment where {condition} orderby TotalAmt")["Payment"]] == found
    assert shop.query("select * from Payment where DocNumber = '1'") == "4001"
