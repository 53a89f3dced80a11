"""The report on fees: page, file and command tell the same sums of what payments received in HubSpot cost (spec R181)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from connectors.sandbox.hubspot.records import API
from syncconfig.money import last_month
from syncconfig.spreadsheet import as_csv
from syncconfig.tests.firm import ANN, Firm, Sold, open_firm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    """Two payments that were taken in HubSpot, with fees, and one that came from the books."""
    with open_firm(settings, admin) as firm:
        contact = firm.contact(**ANN)
        firm.open_all()
        invoice = firm.billed(contact, Sold("Design", "1", "300"))
        firm.settle()
        for amount in ("100", "150"):
            firm.pay(invoice, amount)
        table = firm.hubspot.tables["commerce_payments"]
        for document, fee in zip(table.after(0), ("3.20", "4.65"), strict=True):
            table.change(document, {"hs_fees_amount": fee, "hs_platform_fee": "0.50"}, API)
        booked = firm.booked_invoices()[0]
        firm.receive(booked["CustomerRef"]["value"], "50.00", [(booked["Id"], "50.00")])
        firm.settle()
        yield firm


def today(firm: Firm) -> str:
    return str(firm.books.today())


def test_the_page_sums_the_fees_of_a_period_and_gives_a_file(firm: Firm, admin_browser: Client) -> None:
    period = {"first": today(firm), "last": today(firm)}
    page = admin_browser.get("/reports/fees/", period).content.decode()
    for number in ("250", "7.85", "1.00", "8.85"):
        assert number in page
    answer = admin_browser.get("/reports/fees/", {**period, "format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(Decimal(r["Amount"]), Decimal(r["Fees"])) for r in rows] == [(Decimal(100), Decimal("3.70")), (Decimal(150), Decimal("5.15"))]
    assert {r["Invoice"] for r in rows} == {"INV-1001"}


def test_the_page_says_what_is_wrong_with_a_period_and_what_an_empty_one_is(firm: Firm, admin_browser: Client) -> None:
    assert "ends before it begins" in admin_browser.get("/reports/fees/", {"first": "2026-02-02", "last": "2026-02-01"}).content.decode()
    assert "valid date" in admin_browser.get("/reports/fees/", {"first": "soon", "last": "2026-02-01"}).content.decode()
    assert "No payments in this period" in admin_browser.get("/reports/fees/", {"first": "2026-02-02", "last": "2026-02-03"}).content.decode()


def test_a_stranger_has_to_sign_in(firm: Firm) -> None:
    assert Client(SERVER_NAME="localhost").get("/reports/fees/").status_code == 302


def test_the_command_tells_the_same_sums(firm: Firm) -> None:
    def said(*words: str) -> str:
        out = io.StringIO()
        call_command("fees", "--from", today(firm), "--to", today(firm), *words, stdout=out)
        return out.getvalue()

    (one,) = json.loads(said("--json"))["sums"]
    assert (one["currency"], one["payments"], Decimal(one["processing_fee"]), Decimal(one["platform_fee"])) == ("USD", 2, Decimal("7.85"), Decimal(1))
    assert "8.85 in all" in said()
    assert len(said("--csv").strip().splitlines()) == 3
    with pytest.raises(CommandError, match="no day"):
        call_command("fees", "--from", "soon")
    with pytest.raises(CommandError, match="ends before"):
        call_command("fees", "--from", "2026-03-01", "--to", "2026-02-01")


def test_the_period_is_the_last_calendar_month_where_none_is_given() -> None:
    assert last_month(date(2028, 3, 31)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert last_month(date(2027, 1, 1)) == (date(2026, 12, 1), date(2026, 12, 31))


def test_no_cell_of_a_file_is_a_formula() -> None:
    row = as_csv(["a"], [["=1+1", "-5", Decimal("-5"), "+x", "@x", "plain"]]).splitlines()[1]
    assert row == "'=1+1,'-5,-5,'+x,'@x,plain"
