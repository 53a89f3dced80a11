"""The acceptance scenarios about invoices that are made in HubSpot (spec section 7, T11 to T17), played over HTTP on both simulations."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.vocabulary import CUSTOM_ITEM, Category, Kind
from syncconfig.engine.state import EventType, Reason
from syncconfig.explanations import labels_of
from syncconfig.models import RecordEvent, SyncRecord
from syncconfig.record_story import history
from syncconfig.tests.firm import ANN, Firm, Sold, customer_of, money, open_firm, said

pytestmark = pytest.mark.django_db(transaction=True)
State = SyncRecord.State


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


def test_t11_a_line_the_books_do_not_know_stands_on_one_custom_item_for_ever(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    first = firm.billed(contact, Sold("Hammock", "2", "99.95"))
    firm.settle()
    account = firm.syncs[Kind.INVOICE].options["income_account"]
    item = firm.items()[CUSTOM_ITEM]
    assert item["IncomeAccountRef"]["value"] == account
    made = firm.booked(DocNumber=firm.hubspot_invoices()[first]["hs_number"])
    assert made["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] == item["Id"]
    assert (made["Line"][0]["Description"], money(made["TotalAmt"])) == ("Hammock", Decimal("199.90"))
    firm.billed(contact, Sold("Parasol", "1", "25"))
    firm.settle()
    assert [row["Id"] for row in firm.books.table("Item").rows.values() if row["Name"] == CUSTOM_ITEM] == [item["Id"]]
    assert {line["SalesItemLineDetail"]["ItemRef"]["value"] for row in firm.booked_invoices() for line in row["Line"] if "Id" in line} == {item["Id"]}


def test_the_custom_item_is_found_again_when_it_was_renamed_and_made_anew_when_it_is_gone(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.billed(contact, Sold("Hammock"))
    firm.settle()
    item = firm.items()[CUSTOM_ITEM]["Id"]
    firm._post("quickbooks", f"/companies/{firm.books.realm}/item/{item}", {"Name": "Other sales"})
    firm.billed(contact, Sold("Parasol"))
    firm.settle()
    assert CUSTOM_ITEM not in firm.items()
    firm.toggle_item(item)
    firm.billed(contact, Sold("Lamp"))
    firm.settle()
    assert firm.items()[CUSTOM_ITEM]["Id"] != item


def test_a_crm_invoice_is_booked_when_it_leaves_draft_and_not_before(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    draft = firm.draft(contact, Sold("Mowing", "3", "45.00"), Sold("Design", "1.5", "80"))
    firm.round()
    record = firm.of(Kind.INVOICE, left_id=draft)
    assert (record.state, record.reason) == (State.EXCLUDED, Reason.FILTER)
    assert "draft" in said(record).lower()
    assert firm.booked_invoices() == []
    firm.finalize(draft)
    firm.settle()
    held = firm.hubspot_invoices()[draft]
    made = firm.booked(DocNumber=held["hs_number"])
    assert (money(made["TotalAmt"]), made["CustomerRef"]["value"]) == (Decimal("255.00"), customer_of(firm))
    assert firm.of(Kind.INVOICE, left_id=draft).state == State.IN_SYNC


def test_lines_go_to_items_by_the_link_of_their_product_and_then_by_sku(firm: Firm) -> None:
    firm.item("Mowing", "M-1")
    edging = firm.item("Edging", "E-1")
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    (product,) = [d["id"] for d in firm.hubspot.tables["products"].after(0) if d["properties"]["name"] == "Mowing"]
    unlinked = firm.product(name="Edging by hand", hs_sku="E-1", price="9")
    made = firm.billed(contact, Sold("Mowing", product=product), Sold("Edging", price="9", product=unlinked))
    firm.settle()
    lines = firm.booked(DocNumber=firm.hubspot_invoices()[made]["hs_number"])["Line"]
    assert [line["SalesItemLineDetail"]["ItemRef"]["value"] for line in lines if "Id" in line] == [firm.items()["Mowing"]["Id"], edging]


def test_t13_a_price_changed_in_the_books_fails_by_name_and_heals_without_a_click(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    invoice = firm.billed(contact, Sold("Mowing"), Sold("Design", "2", "80"))
    firm.settle()
    made = firm.booked_invoices()[0]["Id"]
    firm.rebook(made, rate_1="85")
    firm.round()
    record = firm.of(Kind.INVOICE, left_id=invoice)
    assert (record.state, record.reason) == (State.FAILING, Category.EDITED_IN_QUICKBOOKS)
    words = said(record)
    assert "2" in words
    assert "80" in words
    assert "85" in words
    firm.rebook(made, rate_1="80")
    firm.settle()
    assert firm.of(Kind.INVOICE, left_id=invoice).state == State.IN_SYNC


def test_t14_service_dates_payments_and_credits_in_the_books_are_welcome(firm: Firm) -> None:
    firm.books.change_settings(allow_service_date=True)
    contact = firm.contact(**ANN)
    firm.open_all()
    invoice = firm.billed(contact, Sold("Mowing", "2"))
    deal = firm.deal(contact)
    firm.attach(deal, invoice)
    firm.settle()
    made = firm.booked_invoices()[0]
    firm.rebook(made["Id"], service_0="2027-02-03")
    firm.receive(customer_of(firm), "30.00", [(made["Id"], "30.00")], PaymentRefNum="4711")
    firm.settle()
    assert firm.of(Kind.INVOICE, left_id=invoice).state == State.IN_SYNC
    (paid,) = firm.payments_of(invoice)
    assert (money(paid["hs_initial_amount"]), paid["hs_reference_number"]) == (Decimal(30), "4711")
    (text,) = firm.notes_of(deal)
    assert "30.00" in text
    assert made["DocNumber"] in text
    facts = firm.deal_facts(deal)
    assert money(facts["tandem_invoice_paid"]) == Decimal(30)
    assert money(facts["tandem_invoice_balance"]) == Decimal(60)
    firm.receive(customer_of(firm), "60.00", [(made["Id"], "60.00")])
    firm.settle()
    assert firm.hubspot_invoices()[invoice]["hs_invoice_status"] == "paid"
    assert len(firm.notes_of(deal)) == 2


def test_t15_an_edit_of_an_invoice_from_the_books_stays_in_the_crm_and_says_why(firm: Firm) -> None:
    firm.contact(**ANN)
    firm.open_all()
    firm.round()
    made = firm.book(customer_of(firm), memo="Thanks")
    firm.settle()
    mirror, _ = firm.mirror(made)
    firm.look()
    firm.edit_invoice(mirror, hs_comments="Changed by hand")
    firm.settle()
    assert firm.books.read("Invoice", made)["CustomerMemo"]["value"] == "Thanks"
    record = firm.of(Kind.INVOICE, right_id=made)
    assert RecordEvent.objects.filter(record_pk=record.pk, type=EventType.DRIFTED).exists()
    assert any("QuickBooks" in entry.text for entry in history(record, labels_of(record.sync)) if entry.text)


def test_t16_the_primary_company_is_associated_once_and_a_choice_by_hand_stays(firm: Firm) -> None:
    ann, ben = firm.contact(**ANN), firm.contact(email="ben@solo.example", firstname="Ben")
    acme = firm.company("Acme", ann)
    other = firm.company("Other")
    firm.open_all()
    firm.round()
    made, alone = firm.book(customer_of(firm)), firm.book(customer_of(firm, "ben@solo.example"))
    firm.settle()
    mirror, _ = firm.mirror(made)
    assert firm.associated(mirror, "companies") == {acme}
    assert firm.associated(mirror, "contacts") == {ann}
    solo, _ = firm.mirror(alone)
    assert (firm.associated(solo, "companies"), firm.associated(solo, "contacts")) == (set(), {ben})
    firm.reassociate(mirror, acme, other)
    firm.rebook(made, memo="Later")
    firm.settle()
    assert firm.associated(mirror, "companies") == {other}


def test_t17_a_number_the_books_use_already_is_not_renumbered(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.customer(DisplayName="Somebody else")
    firm.open_all()
    firm.book("Somebody else", DocNumber="INV-1001")
    invoice = firm.billed(contact)
    number = firm.hubspot_invoices()[invoice]["hs_number"]
    assert number == "INV-1001"
    firm.round()
    record = firm.of(Kind.INVOICE, left_id=invoice)
    assert (record.state, record.reason) == (State.FAILING, Category.INVOICE_NUMBER_IN_USE)
    assert number in said(record)
    assert [row["DocNumber"] for row in firm.booked_invoices()] == [number]


def test_a_customer_that_is_not_there_is_named(firm: Firm) -> None:
    contact = firm.contact(firstname="Nomail", lastname="Nobody")
    firm.open_all()
    invoice = firm.billed(contact)
    firm.round()
    record = firm.of(Kind.INVOICE, left_id=invoice)
    assert (record.state, record.reason) == (State.FAILING, Category.CUSTOMER_MISSING)
    assert "Nomail" in said(record)
    firm.edit_contact(contact, email="nomail@now.example")
    firm.settle()
    assert firm.of(Kind.INVOICE, left_id=invoice).state == State.IN_SYNC


def test_a_void_goes_either_way_for_invoices_of_the_crm(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    here, there = firm.billed(contact), firm.billed(contact)
    firm.settle()
    numbers = {i: firm.hubspot_invoices()[i]["hs_number"] for i in (here, there)}
    firm.void(here)
    firm.void_booked(firm.booked(DocNumber=numbers[there])["Id"])
    firm.settle()
    assert money(firm.booked(DocNumber=numbers[here])["TotalAmt"]) == 0
    assert firm.hubspot_invoices()[there]["hs_invoice_status"] == "voided"
    assert {firm.of(Kind.INVOICE, left_id=i).state for i in (here, there)} == {State.IN_SYNC}


def test_closed_books_refuse_and_the_date_is_not_touched(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    firm.books.change_settings(book_close_date=firm.books.today())
    invoice = firm.billed(contact)
    firm.round()
    record = firm.of(Kind.INVOICE, left_id=invoice)
    assert (record.state, record.reason) == (State.FAILING, Category.PERIOD_CLOSED)
    firm.look()
    firm.round()
    assert [w for w in firm.written() if w.provider == "quickbooks"] == []
