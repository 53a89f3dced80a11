"""Acceptance scenarios of contacts (spec section 7), over HTTP: what stands in both accounts afterwards, and what was asked for to get there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.hubspot.records import PERSON
from connectors.vocabulary import Direction
from syncconfig import actions
from syncconfig.engine.filters import Condition
from syncconfig.engine.spec import Side
from syncconfig.engine.state import EventType, State
from syncconfig.models import ObjectSync, RecordEvent, SyncRecord
from syncconfig.tests.town import Town, Written, address, phone, running

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = {"email": "alice@acme.example", "firstname": "Alice", "lastname": "Moreno"}
BOB = {"email": "bob@acme.example", "firstname": "Bob", "lastname": "Castellan"}
CHARLIE = {"email": "charlie@acme.example", "firstname": "Charlie", "lastname": "Whitcomb"}
ALICE_IN_BOOKS = {"DisplayName": "Alice Moreno", "GivenName": "Alice", "FamilyName": "Moreno", "PrimaryEmailAddr": "alice@acme.example"}
IN_DENVER = ((Condition("city", "any_of", ("Denver",)),),)
BOOKS_IN_DENVER = ((Condition("BillAddr.City", "any_of", ("Denver",)),),)


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


@pytest.fixture
def linked(town: Town) -> tuple[ObjectSync, str, str]:
    """Alice on both sides, linked and equal: the sync, her contact and her customer."""
    contact = town.contact(**ALICE, phone="1", city="Denver")
    sync = town.set_up()
    town.settled(sync)
    customer = town.customer_of(ALICE["email"])["Id"]
    town.look()
    return sync, contact, customer


def record(sync: ObjectSync, contact: str) -> SyncRecord:
    return SyncRecord.objects.get(sync=sync, left_id=contact)


def states(sync: ObjectSync) -> list[tuple[str, str]]:
    return list(SyncRecord.objects.filter(sync=sync).order_by("pk").values_list("state", "reason"))


def names(town: Town) -> list[str]:
    return sorted(row["DisplayName"] for row in town.customers().values())


def three_of_acme(town: Town) -> tuple[ObjectSync, list[str]]:
    """T1: three contacts of Acme, each with an invoice that the recommended filter lets through."""
    contacts = [town.contact(**person) for person in (ALICE, BOB, CHARLIE)]
    town.company("Acme", *contacts)
    sync = town.set_up(to_books=None)
    town.clock.advance(days=1)
    for contact in contacts:
        town.invoice(contact)
    return sync, contacts


def test_t1_the_first_contact_of_a_company_takes_its_name_and_the_others_fail(town: Town) -> None:
    sync, contacts = three_of_acme(town)
    town.settled(sync)
    assert names(town) == ["Acme"]
    assert town.customer_of(ALICE["email"])["DisplayName"] == "Acme"
    assert states(sync) == [(State.IN_SYNC, ""), *[(State.FAILING, "DISPLAY_NAME_IN_USE")] * 2]
    assert record(sync, contacts[1]).details["holder"] == "Alice Moreno"


def test_t2_with_the_mapping_off_the_others_get_their_own_names(town: Town) -> None:
    sync, _ = three_of_acme(town)
    town.settled(sync)
    town.edit_settings(sync, maps={"DisplayName": {"enabled": False}})
    town.settled(sync)
    assert names(town) == ["Acme", "Bob Castellan", "Charlie Whitcomb"]
    assert states(sync) == [(State.IN_SYNC, "")] * 3


def test_t3_a_contact_without_company_becomes_a_customer_of_its_own_name(town: Town) -> None:
    town.contact(**ALICE)
    town.settled(town.set_up())
    assert names(town) == ["Alice Moreno"]


@pytest.mark.parametrize("condition", ["invoice.status", "invoice.source", "invoice.created"])
def test_t4_the_recommended_filter_keeps_a_contact_out_and_names_the_condition(town: Town, condition: str) -> None:
    town.clock.until_noon()
    contact = town.contact(**ALICE)
    sync = town.set_up(to_books=None)
    if condition == "invoice.created":
        town.invoice(contact)
    town.clock.advance(days=1)
    if condition == "invoice.status":
        town.invoice(contact, "draft")
    if condition == "invoice.source":
        town.synced_invoice(contact)
    town.settled(sync)
    assert names(town) == []
    excluded = record(sync, contact)
    assert (excluded.state, excluded.reason, excluded.details["field"]) == (State.EXCLUDED, "filter", condition)


def test_t4_the_date_is_a_whole_day_in_the_accounts_zone(town: Town) -> None:
    town.clock.until_noon()
    contact = town.contact(**ALICE)
    sync = town.set_up(to_books=None)
    town.clock.advance(hours=11, minutes=50)
    town.invoice(contact)
    town.settled(sync)
    assert names(town) == []
    town.clock.advance(minutes=20)
    town.invoice(contact)
    town.settled(sync)
    assert names(town) == ["Alice Moreno"]


def test_t5_an_address_in_another_case_links_and_doubles_nothing(town: Town) -> None:
    town.contact(**ALICE)
    customer = town.customer(**{**ALICE_IN_BOOKS, "PrimaryEmailAddr": "Alice@ACME.example"})
    sync = town.set_up()
    town.settled(sync)
    assert (len(town.contacts()), len(town.customers())) == (1, 1)
    assert (record(sync, next(iter(town.contacts()))).right_id, states(sync)) == (customer, [(State.IN_SYNC, "")])


def test_t6_at_first_match_the_winner_replaces_and_the_old_value_is_in_the_activity(town: Town) -> None:
    contact = town.contact(**ALICE, phone="from HubSpot")
    town.customer(**ALICE_IN_BOOKS, PrimaryPhone="from QuickBooks")
    sync = town.set_up()
    town.settled(sync)
    assert town.contacts()[contact]["phone"] == "from QuickBooks"
    events = RecordEvent.objects.filter(sync=sync, type=EventType.UPDATED)
    assert ["Phone number", "from HubSpot", "from QuickBooks"] in [change for e in events for change in e.changes]


def test_t7_at_first_match_an_empty_value_of_the_winner_is_filled(town: Town) -> None:
    contact = town.contact(**ALICE, phone="from HubSpot")
    town.customer(**ALICE_IN_BOOKS)
    town.settled(town.set_up())
    assert phone(town.customer_of(ALICE["email"])) == "from HubSpot"
    assert town.contacts()[contact]["phone"] == "from HubSpot"


def test_t8_a_change_of_one_side_flows_whoever_wins_conflicts(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    town.edit_contact(contact, phone="2")
    town.settled(sync)
    assert town.written() == [Written("quickbooks", "update", customer, {"PrimaryPhone": {"FreeFormNumber": "2"}})]


@pytest.mark.parametrize(("winner", "stands"), [(Side.RIGHT, "3"), (Side.LEFT, "2")])
def test_t9_of_two_changes_the_winners_stands_on_both_sides_and_the_others_is_in_the_activity(town: Town, winner: Side, stands: str) -> None:
    contact = town.contact(**ALICE, phone="1")
    sync = town.set_up(winner=winner)
    town.settled(sync)
    customer = town.customer_of(ALICE["email"])["Id"]
    town.edit_contact(contact, phone="2")
    town.edit_customer(customer, PrimaryPhone="3")
    town.settled(sync)
    assert (town.contacts()[contact]["phone"], phone(town.customers()[customer])) == (stands, stands)
    last = RecordEvent.objects.filter(sync=sync, type=EventType.UPDATED).first()
    assert last
    assert [change[1:] for change in last.changes] == [["2", "3"] if winner is Side.RIGHT else ["3", "2"]]
    assert "phone" in last.details["lost"].lower()


def test_an_edit_is_written_once_to_the_other_side_and_never_to_its_own(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    for edit, provider in (
        (lambda: town.edit_contact(contact, lastname="Moreno-Diaz"), "quickbooks"),
        (lambda: town.edit_customer(customer, PrimaryPhone="4"), "hubspot"),
    ):
        town.look()
        edit()
        for _ in range(3):
            town.run(sync)
        assert [(w.provider, w.verb, w.id) for w in town.written()] == [(provider, "update", customer if provider == "quickbooks" else contact)]
        for _ in range(3):
            town.look()
            assert town.run(sync).result["writes"] == {"hubspot": 0, "quickbooks": 0}
            assert town.written() == []


def test_a_cleared_value_is_cleared_on_the_other_side(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    town.edit_contact(contact, phone="")
    town.settled(sync)
    assert phone(town.customers()[customer]) == ""


def test_a_change_of_address_updates_the_counterpart_and_doubles_nothing(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    town.edit_contact(contact, email="alice@new.example")
    town.settled(sync)
    assert {key: address(row) for key, row in town.customers().items()} == {customer: "alice@new.example"}


def test_a_renamed_company_renames_the_customer_with_the_next_run(town: Town) -> None:
    contact = town.contact(**ALICE)
    company = town.company("Acme", contact)
    sync = town.set_up()
    town.settled(sync)
    town.clock.advance(hours=1)
    town.look()
    town.rename_company(company, "Acme & Daughters")
    assert town.run(sync).result["full"] is False
    assert names(town) == ["Acme & Daughters"]
    assert [(w.provider, w.values) for w in town.written()] == [("quickbooks", {"DisplayName": "Acme & Daughters"})]


def test_an_invoice_that_is_no_draft_any_more_brings_its_contact_into_scope(town: Town) -> None:
    town.clock.until_noon()
    contact = town.contact(**ALICE)
    sync = town.set_up(to_books=None)
    town.clock.advance(days=1)
    invoice = town.invoice(contact, "draft")
    town.settled(sync)
    assert names(town) == []
    town.clock.advance(hours=1)
    town.invoice_status(invoice, "open")
    assert town.settled(sync).result["full"] is False
    assert names(town) == ["Alice Moreno"]


def test_t24_narrowed_filters_suspend_a_link_and_widened_ones_resume_it(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    town.edit_contact(contact, city="Boulder")
    town.settled(sync)
    town.edit_settings(sync, filters={Direction.TO_RIGHT: IN_DENVER, Direction.TO_LEFT: BOOKS_IN_DENVER})
    before = town.portrait()
    town.look()
    town.settled(sync)
    assert states(sync) == [(State.EXCLUDED, "filter")]
    town.edit_contact(contact, phone="2")
    town.settled(sync)
    assert town.written() == []
    assert town.portrait()["quickbooks"] == before["quickbooks"]
    town.edit_settings(sync, filters={Direction.TO_RIGHT: (), Direction.TO_LEFT: ()})
    town.settled(sync)
    assert states(sync) == [(State.IN_SYNC, "")]
    assert {key: phone(row) for key, row in town.customers().items()} == {customer: "2"}
    assert list(town.contacts()) == [contact]


def test_t25_an_inactive_customer_leaves_its_contact_and_a_return_resumes(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    town.toggle_customer(customer)
    town.settled(sync)
    assert states(sync) == [(State.EXCLUDED, "counterpart_deleted")]
    town.edit_contact(contact, phone="2")
    town.settled(sync)
    town.run(sync, full=True)
    assert town.written() == []
    assert (list(town.contacts()), list(town.customers())) == ([contact], [customer])
    town.toggle_customer(customer)
    town.settled(sync)
    assert (states(sync), phone(town.customers()[customer])) == ([(State.IN_SYNC, "")], "2")


def test_t25_a_customer_that_is_gone_is_not_made_again(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    town.books.purge("Customer", customer)
    town.settled(sync)
    town.edit_contact(contact, phone="2")
    town.run(sync, full=True)
    assert states(sync) == [(State.EXCLUDED, "counterpart_deleted")]
    assert (town.written(), town.customers(), list(town.contacts())) == ([], {}, [contact])


def test_t25_an_archived_contact_leaves_its_customer_and_a_return_resumes(town: Town, linked: tuple[ObjectSync, str, str]) -> None:
    sync, contact, customer = linked
    town.archive(contact)
    town.run(sync, full=True)
    assert states(sync) == [(State.EXCLUDED, "counterpart_deleted")]
    town.edit_customer(customer, PrimaryPhone="2")
    town.run(sync, full=True)
    assert (town.written(), list(town.customers())) == ([], [customer])
    town.restore(contact)
    town.settled(sync)
    assert (states(sync), town.contacts()[contact]["phone"]) == ([(State.IN_SYNC, "")], "2")


def test_t34_two_customers_with_one_address_are_both_named_and_a_link_by_hand_resolves(town: Town) -> None:
    contact = town.contact(**ALICE)
    twins = [town.customer(**{**ALICE_IN_BOOKS, "DisplayName": name}) for name in ("Acme North", "Acme South")]
    sync = town.set_up()
    town.settled(sync)
    assert states(sync) == [(State.FAILING, "SEVERAL_MATCHES")] * 3
    assert all(f"right:{twin}" in record(sync, contact).details["list"] for twin in twins)
    chosen = SyncRecord.objects.get(sync=sync, right_id=twins[1])
    actions.link(record(sync, contact), chosen, town.admin, town.clock.now())
    town.settled(sync)
    pair, other = record(sync, contact), SyncRecord.objects.get(sync=sync, right_id=twins[0])
    assert (pair.state, pair.right_id, pair.linked_by) == (State.IN_SYNC, twins[1], "hand")
    assert (other.state, other.reason, other.details["row"]) == (State.FAILING, "ALREADY_LINKED", str(pair.pk))
    assert (len(town.contacts()), len(town.customers())) == (1, 2)


def test_t34_two_contacts_with_the_value_of_one_customer_are_both_named(town: Town) -> None:
    twins = [town.contact(**person, phone="5550100") for person in (ALICE, BOB)]
    customer = town.customer(DisplayName="Acme", PrimaryPhone="5550100")
    sync = town.set_up(match_by="fields", match_left="phone", match_right="PrimaryPhone.FreeFormNumber")
    town.settled(sync)
    listed = SyncRecord.objects.get(sync=sync, right_id=customer)
    assert (listed.state, listed.reason) == (State.FAILING, "SEVERAL_MATCHES")
    assert all(f"left:{twin}" in listed.details["list"] for twin in twins)
    actions.link(record(sync, twins[0]), listed, town.admin, town.clock.now())
    town.settled(sync)
    assert (record(sync, twins[0]).state, record(sync, twins[0]).right_id) == (State.IN_SYNC, customer)
    assert (len(town.contacts()), len(town.customers())) == (2, 1)


@pytest.mark.parametrize("odd", ["Zoe\0y", "Zo\ud800e", "=cmd|'!A1", "Ørsted 'quoted' \"twice\" \\ % _", "e\u0301\u200bx", "لينا 🌻", "two\r\nlines"])
def test_an_odd_name_harms_no_other_record_and_never_ends_a_run(town: Town, odd: str) -> None:
    strange = town.hubspot.tables["contacts"].insert({**ALICE, "firstname": odd}, PERSON)["id"]
    town.contact(**BOB)
    sync = town.set_up()
    town.settled(sync)
    assert town.customer_of(BOB["email"])["GivenName"] == "Bob"
    assert record(sync, strange).state in (State.IN_SYNC, State.FAILING)
    assert town.contacts()[strange]["firstname"] == odd
