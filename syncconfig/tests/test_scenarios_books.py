"""Scenarios about the company behind the books: outside the USA, automations, and invoice syncs that are turned off, edited and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from connectors.sandbox.quickbooks.app import add_company
from connectors.vocabulary import FOLLOWERS, Category, Direction, Kind
from syncconfig import drafts
from syncconfig.actions import link
from syncconfig.models import ObjectSync, SyncRecord
from syncconfig.tests.firm import ANN, Firm, Sold, customer_of, money, open_firm, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
State = SyncRecord.State
CENT = Decimal("0.01")
LONDON = "9130350000000000044"


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    with open_firm(settings, admin) as firm:
        yield firm


@pytest.fixture
def british(firm: Firm) -> Firm:
    """The same firm with its books in the United Kingdom."""
    add_company(firm.sandboxes.quickbooks, LONDON, country="GB", currency="GBP", currency_name="Pound Sterling", zone="Europe/London")
    firm.realm = LONDON
    firm.right = firm.connect("quickbooks", LONDON)
    firm.item("Services", price="10")
    return firm


def test_t18_invoices_are_not_sent_to_a_company_outside_the_usa_and_come_from_there(british: Firm) -> None:
    contact = british.contact(**ANN)
    british.open_contacts()
    british.open_products()
    sync = british.start(Kind.INVOICE, british.clock.now())
    sync.direction = Direction.BOTH
    sync.options = {"income_account": british.income_account()}
    sync.save()
    (problem,) = drafts.problems(sync)
    assert "USA" in problem.sentence
    british.open_invoices(Direction.TO_LEFT)
    british.round()
    code = next(iter(british.books.table("TaxCode").rows.values()))
    made = british.book(customer_of(british), Sold("Services", "3", "33.335"), **{"code 0": code["Name"]})
    british.settle()
    mirror, held = british.mirror(made)
    booked = british.books.read("Invoice", made)
    assert money(held["hs_amount_billed"]) == booked["TotalAmt"]
    assert money(held["tandem_quickbooks_tax"]) == booked["TxnTaxDetail"]["TotalTax"] > 0
    assert (held["hs_currency"], british.associated(mirror, "contacts")) == ("GBP", {contact})


@pytest.mark.parametrize("price", ["33.335", "99.99", "0.01", "1234.56"])
def test_prices_with_the_tax_inside_come_to_the_same_total(british: Firm, price: str) -> None:
    british.contact(**ANN)
    british.open_contacts()
    british.open_invoices(Direction.TO_LEFT)
    british.round()
    code = next(iter(british.books.table("TaxCode").rows.values()))
    gross = (Decimal(price) * 3).quantize(CENT, ROUND_HALF_UP)
    net = (gross / Decimal("1.2")).quantize(CENT, ROUND_HALF_UP)
    rate = (net / 3).quantize(Decimal("0.0000001"))
    detail = {"ItemRef": {"value": "1"}, "Qty": Decimal(3), "UnitPrice": rate, "TaxCodeRef": {"value": code["Id"]}, "TaxInclusiveAmt": gross}
    body = {
        "CustomerRef": {"value": customer_of(british)},
        "GlobalTaxCalculation": "TaxInclusive",
        "Line": [{"DetailType": "SalesItemLineDetail", "Amount": net, "SalesItemLineDetail": detail}],
    }
    made = british.books.create("Invoice", body)
    british.round()
    mirror, held = british.mirror(made["Id"])
    assert money(held["hs_amount_billed"]) == british.books.read("Invoice", made["Id"])["TotalAmt"] == gross
    taxes = [british.hubspot.tables["taxes"].documents[int(n)]["properties"]["hs_value"] for n in british.associated(mirror, "taxes")]
    assert sum(money(line["amount"]) for line in british.lines_of(mirror)) + sum(map(money, taxes)) == gross
    assert sum(map(money, taxes)) == gross - net


def test_t32_a_document_that_an_automation_makes_for_a_paid_invoice_is_not_taken_for_a_second_one(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    invoice = firm.billed(contact, Sold("Design", "1", "120"))
    firm.settle()
    firm.pay(invoice)
    double = firm.book(customer_of(firm), Sold("Services", "1", "120"))
    firm.receive(customer_of(firm), "120.00", [(double, "120.00")])
    firm.round()
    record = firm.of(Kind.INVOICE, right_id=double)
    assert (record.state, record.reason) == (State.FAILING, Category.DUPLICATE_BLOCKED)
    assert firm.hubspot_invoices()[invoice]["hs_number"] in said(record)
    firm.round()
    assert len(firm.hubspot_invoices()) == 1
    assert money(firm.booked(DocNumber=firm.hubspot_invoices()[invoice]["hs_number"])["Balance"]) == 0


def test_another_invoice_of_the_same_amount_is_no_double(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    invoice = firm.billed(contact, Sold("Design", "1", "120"))
    firm.settle()
    other = firm.book(customer_of(firm), Sold("Services", "1", "120"))
    firm.settle()
    assert firm.of(Kind.INVOICE, right_id=other).state == State.IN_SYNC
    firm.pay(invoice)
    firm.clock.advance(days=1)
    third = firm.book(customer_of(firm), Sold("Services", "1", "120"))
    firm.receive(customer_of(firm), "120.00", [(third, "120.00")])
    firm.settle()
    assert firm.of(Kind.INVOICE, right_id=third).state == State.IN_SYNC


def test_t30_nothing_flows_while_the_invoice_sync_is_off_and_all_of_it_afterwards(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    first = firm.book(customer_of(firm), Sold("Services", "1", "50"))
    firm.settle()
    drafts.turn_off(firm.syncs[Kind.INVOICE])
    assert set(ObjectSync.objects.filter(kind__in=[Kind.INVOICE, *FOLLOWERS]).values_list("status", flat=True)) == {"off"}
    firm.receive(customer_of(firm), "50.00", [(first, "50.00")])
    invoice = firm.billed(contact)
    firm.syncs = {kind: sync for kind, sync in firm.syncs.items() if kind in (Kind.CONTACT, Kind.PRODUCT)}
    firm.round()
    assert firm.mirror(first)[1]["hs_invoice_status"] == "open"
    copy = drafts.begin_edit(ObjectSync.objects.settled().get(kind=Kind.INVOICE))
    firm.turn_on(copy)
    firm.syncs |= {Kind(sync.kind): sync for sync in ObjectSync.objects.settled()}
    firm.settle()
    assert firm.mirror(first)[1]["hs_invoice_status"] == "paid"
    assert firm.of(Kind.INVOICE, left_id=invoice).state == State.IN_SYNC


def test_t31_deleting_the_invoice_sync_deletes_no_invoice_and_setting_it_up_again_doubles_none(firm: Firm) -> None:
    contact = firm.contact(**ANN)
    firm.open_all()
    firm.round()
    firm.book(customer_of(firm), Sold("Services", "1", "50"))
    firm.billed(contact)
    firm.settle()
    before = (len(firm.hubspot_invoices()), len(firm.booked_invoices()))
    drafts.delete(firm.syncs[Kind.INVOICE])
    assert set(ObjectSync.objects.values_list("kind", flat=True)) == {Kind.CONTACT, Kind.PRODUCT}
    assert (len(firm.hubspot_invoices()), len(firm.booked_invoices())) == before == (2, 2)
    firm.syncs = {kind: sync for kind, sync in firm.syncs.items() if kind in (Kind.CONTACT, Kind.PRODUCT)}
    firm.open_invoices(since_set_up=False)
    firm.settle()
    assert (len(firm.hubspot_invoices()), len(firm.booked_invoices())) == before
    linked = SyncRecord.objects.filter(sync=firm.syncs[Kind.INVOICE], left_id__isnull=False, right_id__isnull=False)
    assert linked.count() == 2


def test_t34_an_invoice_waits_for_its_contact_until_a_customer_is_linked_by_hand(firm: Firm, admin: Any) -> None:
    twins = [firm.customer(DisplayName=name, PrimaryEmailAddr=ANN["email"]) for name in ("Acme North", "Acme South")]
    contact = firm.contact(**ANN)
    firm.open_all()
    invoice = firm.billed(contact)
    firm.round()
    record = firm.of(Kind.INVOICE, left_id=invoice)
    assert (record.state, record.reason) == (State.FAILING, Category.DEPENDENCY_FAILING)
    assert "Ann" in said(record)
    link(firm.of(Kind.CONTACT, left_id=contact), firm.of(Kind.CONTACT, right_id=twins[1]), admin, firm.clock.now())
    firm.round()
    assert firm.of(Kind.INVOICE, left_id=invoice).state == State.IN_SYNC
    assert firm.booked_invoices()[0]["CustomerRef"]["value"] == twins[1]
