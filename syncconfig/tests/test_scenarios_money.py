"""The acceptance scenarios about products, invoices and payments (spec section 7), played over HTTP on both simulations."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.vocabulary import CUSTOM_ITEM, Category, Direction, Kind
from syncconfig import drafts
from syncconfig.engine.state import EventType, Reason
from syncconfig.explanations import explain_record, labels_of
from syncconfig.models import FieldMapping, ObjectSync, RecordEvent, SyncRecord
from syncconfig.record_story import history
from syncconfig.specs import read_fields
from syncconfig.tests.firm import Firm, Sold, money, open_firm

pytestmark = pytest.mark.django_db(transaction=True)
State = SyncRecord.State
ANN = {"email": "ann@acme.example", "firstname": "Ann", "lastname": "Archer"}


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


def customer_of(firm: Firm, email: str = ANN["email"]) -> str:
    return str(firm.customer_of(email)["Id"])


def said(record: SyncRecord) -> str:
    """What a person reads about a record."""
    found = explain_record(record, labels_of(record.sync))
    assert found, record.reason
    return f"{found.label}. {found.why} {found.todo}"


# Products


def test_t10_an_item_without_a_sku_is_left_out_and_says_so(firm: Firm) -> None:
    bare = firm.item("Consultation")
    known = firm.item("Mowing", "M-1", Description="Per visit", PurchaseCost="12.50", ExpenseAccountRef=firm.account("Cost of Goods Sold"))
    firm.open_products()
    firm.settle()
    record = firm.of(Kind.PRODUCT, right_id=bare)
    assert (record.state, record.reason) == (State.EXCLUDED, Reason.NO_KEY)
    assert "SKU" in said(record)
    (product,) = [d["properties"] for d in firm.hubspot.tables["products"].after(0)]
    assert (product["name"], product["hs_sku"], product["description"]) == ("Mowing", "M-1", "Per visit")
    assert (money(product["price"]), money(product["hs_cost_of_goods_sold"]), product["hs_product_type"]) == (
        Decimal(45),
        Decimal("12.50"),
        "service",
    )
    assert firm.of(Kind.PRODUCT, right_id=known).state == State.IN_SYNC


def test_products_are_matched_by_sku_and_never_by_name(firm: Firm) -> None:
    firm.product(name="Mowing", hs_sku="X-9", price="40")
    match = firm.product(name="Other name", hs_sku="M-1", price="40")
    firm.item("Mowing", "M-1", "45.00")
    firm.open_products()
    firm.settle()
    products = {d["id"]: d["properties"] for d in firm.hubspot.tables["products"].after(0)}
    assert len(products) == 2
    assert (products[match]["name"], money(products[match]["price"])) == ("Mowing", Decimal(45))


def test_a_product_goes_to_the_books_as_a_service_on_the_chosen_account(firm: Firm) -> None:
    firm.product(name="Design", hs_sku="D-1", price="75.5")
    firm.product(name="Design", hs_sku="D-2", price="80")
    sync = firm.open_products(Direction.BOTH)
    firm.settle()
    made = firm.items()["Design"]
    assert (made["Sku"], made["Type"], made["IncomeAccountRef"]["value"], money(made["UnitPrice"])) == (
        "D-1",
        "Service",
        sync.options["income_account"],
        Decimal("75.50"),
    )
    clash = firm.of(Kind.PRODUCT, state=State.FAILING)
    assert clash.reason == Category.ITEM_NAME_IN_USE
    assert "Design" in said(clash)


def test_inactive_items_are_left_out_and_come_back_with_their_link(firm: Firm) -> None:
    item = firm.item("Mowing", "M-1")
    firm.open_products()
    firm.settle()
    firm.toggle_item(item)
    firm.round()
    assert firm.of(Kind.PRODUCT, right_id=item).reason == Reason.COUNTERPART_DELETED
    firm.toggle_item(item)
    firm.settle()
    again = firm.of(Kind.PRODUCT, right_id=item)
    assert (again.state, again.reason) == (State.IN_SYNC, "")


def test_two_items_with_one_sku_are_not_guessed_between(firm: Firm) -> None:
    firm.product(name="Gravel", hs_sku="G-1")
    doubles = [firm.item("Gravel, bag", "G-1"), firm.item("Gravel, pallet", "G-1")]
    firm.open_products()
    firm.settle()
    assert {firm.of(Kind.PRODUCT, right_id=item).reason for item in doubles} == {Category.SEVERAL_MATCHES}
    assert "Gravel, pallet" in said(firm.of(Kind.PRODUCT, right_id=doubles[0]))


# Invoices of the CRM


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
