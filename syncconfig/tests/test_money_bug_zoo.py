"""Known ways to get money wrong, each built in for one test: the auditor and the play of `test_money_invariants` see every one of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Lines
from connectors.hubspot import saga, values
from syncconfig.engine import documents, mapping, scope
from syncconfig.tests.auditor import Auditor
from syncconfig.tests.firm import ANN, Firm, Sold, customer_of, open_firm
from syncconfig.tests.test_money_invariants import Trade
from syncconfig.tests.town import DENVER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


def play(firm: Firm) -> list[str]:
    """A short story in which every bug of this zoo shows: what the auditor has to say about it."""
    auditor = Auditor(firm, ZoneInfo(str(DENVER)))
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    auditor.watch()
    bill = firm.billed(contact, Sold("Hammock", "3", "0.335"), Sold("Design", "2", "80", percent_off="33.333"))
    book = firm.book(customer_of(firm), Sold("Services", "1", "100"), Sold("Services", "2", "7.125"), discount="10", TxnDate="2027-12-31")
    trade = Trade(firm, auditor, random.Random(1))
    trade.sync()
    firm.rebook(book, quantity_0="2")
    firm.receive(customer_of(firm), "20.00", [(book, "20.00")])
    made = next(row for row in firm.booked_invoices() if row["Id"] != book) if len(firm.booked_invoices()) > 1 else None
    if made:
        firm.rebook(made["Id"], memo="Later")
    trade.sync()
    firm.pay(bill, "10")
    trade.sync()
    undone = firm.receive(customer_of(firm), "5.00", [(book, "5.00")])
    trade.sync()
    firm.undo_payment(undone)
    trade.sync()
    trade.sync()
    return auditor.close()


def test_the_story_without_a_bug_pleases_the_auditor(firm: Firm) -> None:
    assert play(firm) == []


def shifted_day(monkeypatch: pytest.MonkeyPatch) -> None:
    real = values.noon
    monkeypatch.setattr("connectors.hubspot.model.noon", lambda day, zone: real(day + timedelta(days=1), zone))


def moved_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    real = documents.translated

    def wrong(content: Lines, *rest: Any) -> Lines:
        found = real(content, *rest)
        first = found.lines[0]
        line = replace(first, quantity=Decimal(1), price=first.amount + Decimal("0.01"), amount=first.amount + Decimal("0.01"))
        return replace(found, lines=(line, *found.lines[1:]), total=found.total + Decimal("0.01"))

    monkeypatch.setattr(documents, "translated", wrong)


def kept_payments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "withdrawn", lambda spec, row: None)


def never_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saga.Saga, "_reopen", lambda self, mirrors: None)


def opened_first(monkeypatch: pytest.MonkeyPatch) -> None:
    real = saga.Saga._make

    def wrong(self: saga.Saga, mirrors: Any) -> None:
        self._finish(mirrors)
        real(self, mirrors)

    monkeypatch.setattr(saga.Saga, "_make", wrong)


def renumbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "_translated", numbered(mapping._translated))


def numbered(real: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(spec: Any, m: Any, to: Any, value: Any, *rest: Any) -> Any:
        found = real(spec, m, to, value, *rest)
        return f"{found}-1" if m.right == "DocNumber" and found else found

    return wrong


BUGS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "a calendar day that goes through another zone": (shifted_day, "I34"),
    "a cent moved to make ends meet": (moved_cent, "I28"),
    "amounts of an open invoice changed under it": (never_taken_back, "I29"),
    "an invoice opened before its lines are there": (opened_first, "I30"),
    "a suffix that makes a number free": (renumbered, "I32"),
    "a copy of a payment that stays when the payment goes": (kept_payments, "I31"),
}


@pytest.mark.parametrize("name", BUGS)
def test_the_auditor_sees(firm: Firm, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    build_in, broken = BUGS[name]
    build_in(monkeypatch)
    violations = play(firm)
    assert any(sentence.startswith(broken) for sentence in violations), violations
