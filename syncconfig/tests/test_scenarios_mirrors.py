"""The acceptance scenarios about invoices of the books, payments and notes (spec section 7, T20), played over HTTP on both simulations."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.vocabulary import Category, Direction, Kind
from syncconfig import drafts
from syncconfig.engine.state import Reason
from syncconfig.models import FieldMapping, ObjectSync, SyncRecord
from syncconfig.specs import read_fields
from syncconfig.tests.firm import ANN, Firm, Sold, customer_of, money, open_firm, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
State = SyncRecord.State


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


# Invoices of the books


def test_an_invoice_of_the_books_is_complete_before_it_opens(firm: Firm) -> None:
    firm.item("Mowing", "M-1")
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    made = firm.book(
        customer_of(firm), Sold("Mowing", "3", "45.125"), Sold("Services", "1", "9.99"), discount="10", memo="Thanks", DueDate="2027-03-31"
    )
    firm.settle()
    booked = firm.books.read("Invoice", made)
    mirror, held = firm.mirror(made)
    assert (held["hs_invoice_status"], held["hs_invoice_billable"], held["hs_number"]) == ("open", "false", booked["DocNumber"])
    assert money(held["hs_amount_billed"]) == booked["TotalAmt"]
    assert [(line["name"], money(line["amount"])) for line in firm.lines_of(mirror)] == [("Mowing", Decimal("135.38")), ("Services", Decimal("9.99"))]
    assert held["hs_comments"] == "Thanks"
    assert firm.associated(mirror, "contacts") == {contact}
    assert len(firm.associated(mirror, "discounts")) == 1
    assert held["hs_due_date"].startswith("2027-03-31")


def test_edits_in_the_books_follow_into_the_mirror(firm: Firm) -> None:
    firm.contact(**ANN)
    firm.open_all()
    firm.round()
    made = firm.book(customer_of(firm), Sold("Services", "2", "10"), Sold("Services", "1", "5"))
    firm.settle()
    firm.rebook(made, quantity_0="3", memo="New")
    firm.settle()
    mirror, held = firm.mirror(made)
    assert (money(held["hs_amount_billed"]), held["hs_comments"], held["hs_invoice_status"]) == (Decimal(35), "New", "open")
    assert [money(line["amount"]) for line in firm.lines_of(mirror)] == [Decimal(30), Decimal(5)]


def test_invoices_before_the_cut_off_stay_where_they_are(firm: Firm) -> None:
    firm.contact(**ANN)
    firm.open_contacts()
    firm.round()
    old = firm.book(customer_of(firm))
    firm.clock.advance(days=2)
    firm.open_invoices()
    new = firm.book(customer_of(firm))
    firm.settle()
    record = firm.of(Kind.INVOICE, right_id=old)
    assert (record.state, record.reason) == (State.EXCLUDED, Reason.FILTER)
    assert firm.of(Kind.INVOICE, right_id=new).state == State.IN_SYNC


# Payments


def test_payments_of_the_books_come_and_go_with_the_invoice(firm: Firm) -> None:
    firm.contact(**ANN)
    firm.open_all()
    firm.round()
    made = firm.book(customer_of(firm), Sold("Services", "1", "100"))
    first = firm.receive(customer_of(firm), "40.00", [(made, "40.00")], PaymentRefNum="A-1")
    firm.settle()
    mirror, held = firm.mirror(made)
    assert (money(held["tandem_quickbooks_balance"]), held["tandem_quickbooks_payment_status"]) == (Decimal(60), "partially_paid")
    assert [money(p["hs_initial_amount"]) for p in firm.payments_of(mirror)] == [Decimal(40)]
    second = firm.receive(customer_of(firm), "60.00", [(made, "60.00")])
    firm.settle()
    assert firm.mirror(made)[1]["hs_invoice_status"] == "paid"
    assert len(firm.payments_of(mirror)) == 2
    firm.undo_payment(first)
    firm.undo_payment(second, "void")
    firm.settle()
    _, held = firm.mirror(made)
    assert (held["hs_invoice_status"], money(held["tandem_quickbooks_balance"])) == ("open", Decimal(100))
    assert firm.payments_of(mirror) == []


def test_a_payment_over_several_invoices_is_shown_as_not_supported(firm: Firm) -> None:
    firm.contact(**ANN)
    firm.open_all()
    firm.round()
    one, two = firm.book(customer_of(firm), Sold("Services", "1", "10")), firm.book(customer_of(firm), Sold("Services", "1", "20"))
    payment = firm.receive(customer_of(firm), "30.00", [(one, "10.00"), (two, "20.00")])
    firm.settle()
    record = firm.of(Kind.PAYMENT, right_id=payment)
    assert (record.state, record.reason) == (State.FAILING, Category.PAYMENT_SPLIT)
    assert "2" in said(record)
    assert {firm.mirror(i)[1]["hs_invoice_status"] for i in (one, two)} == {"paid"}


def test_payments_of_crm_invoices_are_recorded_in_the_books_once(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    invoice = firm.billed(contact, Sold("Design", "1", "100"))
    firm.settle()
    firm.pay(invoice, "25", hs_reference_number="R-1", hs_payment_method_type="check")
    firm.pay(invoice)
    firm.settle()
    booked = firm.booked_invoices()[0]
    assert (money(booked["Balance"]), sorted(money(p["TotalAmt"]) for p in firm.received())) == (Decimal(0), [Decimal(25), Decimal(75)])
    assert {p["CustomerRef"]["value"] for p in firm.received()} == {customer_of(firm)}
    assert len(firm.payments_of(invoice)) == 2
    removed = next(p["Id"] for p in firm.received() if money(p["TotalAmt"]) == 25)
    firm.undo_payment(removed)
    firm.round()
    record = firm.of(Kind.PAYMENT, right_id=removed)
    assert (record.state, record.reason) == (State.FAILING, Category.EDITED_IN_QUICKBOOKS)


def test_an_account_without_payments_shows_them_on_the_invoice_and_the_deal(firm: Firm) -> None:
    firm.sandboxes.hubspot.set_payments(int(firm.left.account_id), False)
    firm.left = firm.connect("hubspot")
    contact = firm.contact(**ANN)
    firm.open_all()
    assert not ObjectSync.objects.filter(kind=Kind.PAYMENT).exists()
    firm.round()
    made = firm.book(customer_of(firm), Sold("Services", "1", "100"))
    firm.settle()
    mirror, _ = firm.mirror(made)
    deal = firm.deal(contact)
    firm.attach(deal, mirror)
    firm.receive(customer_of(firm), "40.00", [(made, "40.00")])
    firm.settle()
    assert money(firm.mirror(made)[1]["tandem_quickbooks_paid"]) == Decimal(40)
    assert len(firm.notes_of(deal)) == 1
    facts = firm.deal_facts(deal)
    assert (facts["tandem_invoice_number"], money(facts["tandem_invoice_balance"])) == (firm.mirror(made)[1]["hs_number"], Decimal(60))


def test_a_deal_that_an_invoice_is_put_to_later_shows_its_facts(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    made = firm.book(customer_of(firm), Sold("Services", "1", "100"))
    firm.settle()
    deal = firm.deal(contact)
    firm.attach(deal, firm.mirror(made)[0])
    firm.run(firm.syncs[Kind.INVOICE], full=True)
    facts = firm.deal_facts(deal)
    assert facts["tandem_invoice_number"] == firm.mirror(made)[1]["hs_number"]
    assert (money(facts["tandem_invoice_total"]), facts["tandem_invoice_payment_status"]) == (Decimal(100), "unpaid")
    firm.settle()


def test_a_note_is_changed_in_place_and_goes_with_its_payment(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    made = firm.book(customer_of(firm), Sold("Services", "1", "100"))
    firm.settle()
    mirror, _ = firm.mirror(made)
    deal = firm.deal(contact, "Garden <b>")
    payment = firm.receive(customer_of(firm), "40.00", [(made, "40.00")], PaymentRefNum="<script>")
    firm.settle()
    assert firm.notes_of(deal) == []
    firm.attach(deal, mirror)
    firm.edit_invoice(mirror, hs_title="touched")
    firm.settle()
    (text,) = firm.notes_of(deal)
    assert "<script>" not in text
    assert "40.00" in text
    firm.undo_payment(payment)
    firm.settle()
    assert firm.notes_of(deal) == []


# Custom fields


def test_t20_a_custom_field_that_is_mapped_later_comes_with_older_invoices_too(firm: Firm) -> None:
    firm.books.change_settings(custom_field_1="Crew #")
    firm.contact(**ANN)
    firm.open_all()
    firm.round()
    made = firm.book(customer_of(firm), **{"custom 1": "7"})
    firm.settle()
    assert not firm.mirror(made)[1].get("hs_purchase_order_number")
    read_fields(firm.right, Kind.INVOICE)
    copy = drafts.begin_edit(firm.syncs[Kind.INVOICE])
    FieldMapping.objects.create(
        sync=copy, left_sources=["hs_purchase_order_number"], right_field="CustomField.1", direction=Direction.TO_LEFT, position=99
    )
    firm.syncs[Kind.INVOICE] = firm.turn_on(copy)
    firm.settle()
    assert firm.mirror(made)[1]["hs_purchase_order_number"] == "7"
