"""People of both sides trade at random while syncs run and answers get lost; the auditor finds nothing (correctness, I28 to I35)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.server import Closed, Reply, Request
from connectors.vocabulary import Kind
from syncconfig import runner
from syncconfig.models import SyncRecord
from syncconfig.tests.auditor import Auditor
from syncconfig.tests.firm import Firm, Sold, open_firm
from syncconfig.tests.town import DENVER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
SEEDS = range(5)
STEPS = 40
PRICES = ("45.00", "0.335", "19.99", "7.125", "120")
QUANTITIES = ("1", "3", "2.5", "0.5")


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


@dataclass
class Trade:
    """What people do, drawn from dice, and syncs of which some lose answers."""

    firm: Firm
    auditor: Auditor
    dice: random.Random
    contacts: list[str] = field(default_factory=list)
    bills: list[str] = field(default_factory=list)
    books: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.firm.item("Mowing", "M-1")
        for n in range(3):
            self.contacts.append(self.firm.contact(email=f"p{n}@acme.example", firstname=f"P{n}", lastname="Buyer"))
        self.firm.open_all()
        self.firm.round()
        self.auditor.watch()

    def customer(self) -> str:
        return str(self.dice.choice([row["Id"] for row in self.firm.customers().values() if row.get("Active", True)]))

    def sold(self) -> list[Sold]:
        choose = self.dice.choice
        return [Sold(choose(("Mowing", "Services", "Hammock")), choose(QUANTITIES), choose(PRICES)) for _ in range(self.dice.randint(1, 3))]

    def step(self) -> None:
        often: list[Callable[[], object]] = [self.bill, self.book, self.receive, self.pay]
        seldom: list[Callable[[], object]] = [self.rebook, self.memo, self.void_bill, self.void_book, self.undo]
        try:
            self.dice.choice([*often, *often, *often, *seldom])()
        except AssertionError as refused:
            if "<!doctype html>" not in str(refused):  # a provider may refuse what a person wants
                raise
        if self.dice.random() < 0.5:
            self.sync(lossy=self.dice.random() < 0.3)

    def bill(self) -> None:
        self.bills.append(self.firm.billed(self.dice.choice(self.contacts), *self.sold()))

    def book(self) -> None:
        sold = [Sold("Services" if line.name == "Hammock" else line.name, line.quantity, line.price) for line in self.sold()]
        self.books.append(self.firm.book(self.customer(), *sold, discount=self.dice.choice(("", "", "10")), tax=self.dice.choice(("", "1"))))

    def receive(self) -> None:
        open_ = [row for row in self.firm.booked_invoices() if row["Balance"] > 0]
        if open_:
            row = self.dice.choice(open_)
            amount = str(self.dice.choice((row["Balance"], (row["Balance"] / 3).quantize(row["Balance"]) or row["Balance"])))
            self.received.append(self.firm.receive(row["CustomerRef"]["value"], amount, [(row["Id"], amount)]))

    def pay(self) -> None:
        open_ = [i for i in self.bills if self.firm.hubspot_invoices()[i]["hs_invoice_status"] == "open"]
        if open_:
            self.firm.pay(self.dice.choice(open_), self.dice.choice(("", "1.00")))

    def rebook(self) -> None:
        if self.books:
            self.firm.rebook(self.dice.choice(self.books), quantity_0=self.dice.choice(QUANTITIES))

    def memo(self) -> None:
        rows = self.firm.booked_invoices()
        if rows:
            self.firm.rebook(self.dice.choice(rows)["Id"], memo=f"Memo {self.dice.random()}")

    def void_bill(self) -> None:
        if self.bills:
            self.firm.void(self.dice.choice(self.bills))

    def void_book(self) -> None:
        unpaid = [i for i in self.books if self.firm.books.read("Invoice", i)["Balance"] == self.firm.books.read("Invoice", i)["TotalAmt"]]
        if unpaid:
            self.firm.void_booked(self.dice.choice(unpaid))

    def undo(self) -> None:
        if self.received:
            self.firm.undo_payment(self.received.pop(), self.dice.choice(("delete", "void")))

    def sync(self, *, lossy: bool = False) -> None:
        """Every sync once; with `lossy`, one answer to a write is lost, before or after it took effect."""
        at, left = self.dice.choice(("before", "after")), [self.dice.randint(1, 6) if lossy else 0]
        for app in (self.firm.sandboxes.hubspot, self.firm.sandboxes.quickbooks):
            app.hook = Losing(app.hook, at, left)
        for sync in runner.in_order(self.firm.syncs.values()):
            self.firm.run(sync, unguarded=True)
        self.auditor.watch()


@dataclass
class Losing:
    """Loses the answer to one writing request, on top of another hook."""

    inner: Any
    at: str
    left: list[int]

    def __call__(self, moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        self.inner(moment, number, request, reply)
        writing = b'"operation"' in request.body or request.path.rpartition("/")[2] in ("create", "update", "upsert", "archive")
        if writing and moment == self.at:
            self.left[0] -= 1
            if self.left[0] == 0:
                raise Closed
        return None


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_people_do_the_auditor_finds_nothing(firm: Firm, seed: int) -> None:
    auditor = Auditor(firm, ZoneInfo(str(DENVER)))
    trade = Trade(firm, auditor, random.Random(seed))
    trade.begin()
    for _ in range(STEPS):
        trade.step()
    for _ in range(3):
        firm.clock.advance(minutes=20)
        trade.sync()
    firm.look()
    trade.sync()
    assert firm.written() == []
    assert auditor.commits > STEPS / 2
    assert auditor.close() == []
    waiting = SyncRecord.objects.filter(sync=firm.syncs[Kind.INVOICE], state=SyncRecord.State.PENDING)
    assert not waiting.exists(), list(waiting.values("title", "reason"))
