"""Whatever is done in the simulated books, in whatever order, the sums agree; they survive a restart and a merge of customers."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.quickbooks import DEFAULT_REALM, build, seed
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.state import Document, State

STEPS = 150


def opened(state: State) -> Company:
    company = build(state).companies[DEFAULT_REALM]
    parent = company.create("Customer", {"DisplayName": "Ada"})
    company.create("Customer", {"DisplayName": "Ben", "ParentRef": {"value": parent["Id"]}, "Job": True})
    company.create("Item", {"Name": "Mowing", "Type": "Service", "UnitPrice": 45, "IncomeAccountRef": {"value": "5"}})
    return company


def line(amount: Decimal) -> Document:
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}


def check(company: Company) -> None:
    """Invoices are open by what payments leave, payments keep what they do not apply, customers owe the sum; links go both ways."""
    payments = company.table("Payment").rows
    owed = {row_id: Decimal(0) for row_id in company.table("Customer").rows}
    for name, sign in (("Invoice", 1), ("CreditMemo", -1)):
        for row in company.table(name).rows.values():
            takers = {
                p["Id"]: sum(Decimal(x["Amount"]) for x in p["Line"] if x["LinkedTxn"][0] == {"TxnId": row["Id"], "TxnType": name})
                for p in payments.values()
            }
            assert row["Balance"] == row["TotalAmt"] - sum(takers.values()) >= 0
            assert {link["TxnId"] for link in row["LinkedTxn"]} == {payment_id for payment_id, taken in takers.items() if taken}
            owed[row["CustomerRef"]["value"]] += sign * Decimal(row["Balance"])
    for row in payments.values():
        signed = [Decimal(x["Amount"]) * (1 if x["LinkedTxn"][0]["TxnType"] == "CreditMemo" else -1) for x in row["Line"]]
        assert row["UnappliedAmt"] == row["TotalAmt"] + sum(signed) >= 0
        owed[row["CustomerRef"]["value"]] -= Decimal(row["UnappliedAmt"])
    rows = company.table("Customer").rows
    for row_id, row in rows.items():
        below = sum(owed[child] for child, kin in rows.items() if kin.get("ParentRef", {}).get("value") == row_id)
        assert (row["Balance"], row["BalanceWithJobs"]) == (owed[row_id], owed[row_id] + below)


class Clerk:
    """Does one thing after another, chosen by chance; a refusal must leave everything as it was."""

    def __init__(self, company: Company, source: random.Random) -> None:
        self.company = company
        self.source = source

    def step(self) -> None:
        acts: tuple[Callable[[], object], ...] = (
            self.sell,
            self.sell,
            self.credit,
            self.pay,
            self.pay,
            self.change,
            self.repay,
            self.void,
            self.delete,
        )
        try:
            self.source.choice(acts)()
        except Fault as fault:
            if fault.code not in ("800", "6000", "620"):
                raise

    def amount(self) -> Decimal:
        return Decimal(self.source.randrange(1, 20000)) / 100

    def customer(self) -> Document:
        return {"value": self.source.choice(list(self.company.table("Customer").rows))}

    def pick(self, name: str) -> Document | None:
        rows = list(self.company.table(name).rows.values())
        return self.source.choice(rows) if rows else None

    def sell(self) -> None:
        self.company.create("Invoice", {"CustomerRef": self.customer(), "Line": [line(self.amount()) for _ in range(self.source.randrange(1, 4))]})

    def credit(self) -> None:
        self.company.create("CreditMemo", {"CustomerRef": self.customer(), "Line": [line(self.amount())]})

    def lines(self) -> list[Document]:
        names = [self.source.choice(("Invoice", "Invoice", "CreditMemo")) for _ in range(self.source.randrange(3))]
        rows = [(name, self.pick(name)) for name in names]
        return [{"Amount": self.amount(), "LinkedTxn": [{"TxnId": row["Id"], "TxnType": name}]} for name, row in rows if row]

    def pay(self) -> None:
        self.company.create("Payment", {"CustomerRef": self.customer(), "TotalAmt": self.amount() * 2, "Line": self.lines()})

    def repay(self) -> None:
        row = self.pick("Payment")
        if row:
            body = {"Id": row["Id"], "SyncToken": row["SyncToken"], "CustomerRef": row["CustomerRef"], "TotalAmt": self.amount() * 2}
            self.company.update("Payment", {**body, "Line": self.lines()})

    def change(self) -> None:
        name = self.source.choice(("Invoice", "CreditMemo"))
        row = self.pick(name)
        if row:
            body = {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, "CustomerRef": self.customer(), "Line": [line(self.amount())]}
            self.company.update(name, body)

    def void(self) -> None:
        name = self.source.choice(("Invoice", "Payment"))
        row = self.pick(name)
        if row:
            self.company.void(name, row)

    def delete(self) -> None:
        name = self.source.choice(("Invoice", "CreditMemo", "Payment"))
        row = self.pick(name)
        if row:
            self.company.delete(name, row)


@pytest.mark.parametrize("auto", [False, True])
@pytest.mark.parametrize("number", range(6))
def test_the_sums_agree_after_every_step(number: int, auto: bool) -> None:
    company = opened(State())
    company.change_settings(auto_apply_payments=auto)
    clerk = Clerk(company, random.Random(number))
    for _ in range(STEPS):
        clerk.step()
        check(company)
    assert all(len(company.table(name).rows) for name in ("Invoice", "CreditMemo", "Payment"))


def test_a_refused_payment_changes_nothing() -> None:
    company = opened(State())
    invoice = company.create("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(Decimal(10))]})
    linked = {"Amount": Decimal(8), "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    with pytest.raises(Fault, match="6000"):
        company.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 5, "Line": [linked]})
    assert company.read("Invoice", invoice["Id"]) == invoice
    assert not company.table("Payment").rows


def test_books_go_on_after_a_restart(tmp_path: Path) -> None:
    state = State(tmp_path / "books.sqlite3")
    company = opened(state)
    company.change_settings(custom_field_1="Crew #", book_close_date="2020-01-01")
    invoice = company.create("Invoice", {"CustomerRef": {"value": "2"}, "Line": [line(Decimal("10.10"))], "DocNumber": "A-1"})
    linked = {"Amount": Decimal("3.30"), "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    company.create("Payment", {"CustomerRef": {"value": "2"}, "TotalAmt": Decimal("3.30"), "Line": [linked]})
    state.commit()
    again = build(State(tmp_path / "books.sqlite3")).companies[DEFAULT_REALM]
    assert again.settings == company.settings
    assert list(again.table("Invoice").holders("DocNumber", "a-1")) == [invoice["Id"]]
    check(again)
    row = again.read("Invoice", invoice["Id"])
    assert again.update("Invoice", {"Id": row["Id"], "SyncToken": "1", "sparse": True, "Line": [line(Decimal(5))]})["Balance"] == Decimal("1.70")
    check(again)


@pytest.mark.parametrize("stays", [False, True])
def test_a_merge_hands_transactions_and_balances_to_the_winner(stays: bool) -> None:
    company = opened(State())
    company.switches.merge_leaves_inactive = stays
    third: Any = company.create("Customer", {"DisplayName": "Carl"})
    invoice = company.create("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(Decimal(10))]})
    company.create("Invoice", {"CustomerRef": {"value": "2"}, "Line": [line(Decimal(7))]})
    company.merge("Customer", third["Id"], "1")
    moved = company.read("Invoice", invoice["Id"])
    assert (moved["CustomerRef"], moved["SyncToken"]) == ({"value": third["Id"], "name": "Carl"}, "1")
    assert company.read("Customer", "2")["FullyQualifiedName"] == "Carl:Ben"
    assert company.read("Customer", third["Id"])["BalanceWithJobs"] == 17
    assert ("1" in company.table("Customer").rows) is stays
    check(company)


def test_the_sample_company_agrees_with_itself() -> None:
    app = build(State())
    seed(app, DEFAULT_REALM)
    check(app.companies[DEFAULT_REALM])


def settled(row: Document) -> Document:
    """A row without what every change moves, and without what a payment tells of other payments."""
    kept = {name: value for name, value in row.items() if name not in ("SyncToken", "MetaData", "Line")}
    return {**kept, "Line": [{name: value for name, value in one.items() if name != "LineEx"} for one in row.get("Line", ())]}


@pytest.mark.parametrize("name", ["Customer", "Vendor", "Account", "Term", "PaymentMethod", "Item", "Invoice", "CreditMemo", "Payment"])
def test_a_row_sent_back_as_it_was_read_stays_as_it_is(name: str) -> None:
    app = build(State())
    seed(app, DEFAULT_REALM)
    company = app.companies[DEFAULT_REALM]
    sent = 0
    for row in list(company.table(name).rows.values()):
        if row.get("Type") not in ("Category", "Group"):
            now = company.read(name, row["Id"])
            after = company.update(name, now)
            assert settled(after) == settled(now)
            assert int(after["SyncToken"]) == int(now["SyncToken"]) + 1
            sent += 1
    assert sent
    check(company)
