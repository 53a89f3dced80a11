"""Who belongs to whom, and what customers are called: matching and display names in whole runs, on two accounts in memory."""

from __future__ import annotations

import pytest

from connectors.vocabulary import Category
from syncconfig.engine.spec import FieldMap
from syncconfig.engine.state import Reason, State
from syncconfig.engine.tests.world import MAPS, World


@pytest.fixture
def world() -> World:
    return World()


def test_a_contact_becomes_a_customer_named_after_its_company(world: World) -> None:
    world.contact("ann@a.example", first="Ann", last="Lee", company="Acme")
    world.sync()
    (customer,) = world.rights()
    assert customer.fields["name"] == "Acme"
    assert (customer.fields["given"], customer.fields["family"], customer.fields["mail"]) == ("Ann", "Lee", "ann@a.example")


def test_t3_without_company_the_display_name_is_first_and_last_name(world: World) -> None:
    world.contact("ann@a.example", first="Ann", last="Lee")
    world.sync()
    assert world.rights()[0].fields["name"] == "Ann Lee"


def test_without_any_name_the_display_name_is_the_email(world: World) -> None:
    world.contact("ann@a.example")
    world.sync()
    assert world.rights()[0].fields["name"] == "ann@a.example"


def test_t1_further_contacts_of_a_company_fail_and_nothing_is_renamed(world: World) -> None:
    first, second, third = (world.contact(f"{n}@acme.example", first=n, company="Acme") for n in ("ann", "bob", "cid"))
    world.sync()
    assert [r.fields["name"] for r in world.rights()] == ["Acme"]
    assert world.row(left=first).state is State.IN_SYNC
    for contact in (second, third):
        row = world.row(left=contact)
        assert (row.state, row.reason) == (State.FAILING, Category.DISPLAY_NAME_IN_USE)
        assert row.details["name"] == "Acme"


def test_t2_with_the_mapping_off_the_others_get_their_own_names_and_the_first_keeps_its(world: World) -> None:
    for name in ("ann", "bob", "cid"):
        world.contact(f"{name}@acme.example", first=name, last="X", company="Acme")
    world.sync()
    world.settings(maps=tuple(FieldMap(("full_name", "email"), m.right, m.direction, required=True) if m.right == "name" else m for m in MAPS))
    world.sync()
    assert sorted(str(r.fields["name"]) for r in world.rights()) == ["Acme", "bob X", "cid X"]


def test_a_failing_display_name_wakes_when_the_holder_gives_it_up(world: World) -> None:
    holder = world.customer("Acme", "old@acme.example")
    contact = world.contact("ann@acme.example", company="Acme")
    world.sync()
    assert world.row(left=contact).state is State.FAILING
    world.right.edit(holder, {"name": "Acme Old"})
    world.sync()
    assert world.row(left=contact).state is State.IN_SYNC


def test_a_vendor_holds_its_name_too(world: World) -> None:
    world.right.create({"name": "Acme"}, namespace="Vendor")
    contact = world.contact("ann@acme.example", company="acme ")
    world.sync()
    row = world.row(left=contact)
    assert (row.reason, row.details["namespace"]) == (Category.DISPLAY_NAME_IN_USE, "Vendor")


def test_t5_email_in_another_case_links_and_creates_nothing(world: World) -> None:
    contact = world.contact("ann@a.example", first="Ann")
    customer = world.customer("Ann", "ANN@A.example", given="Ann")
    world.sync()
    row = world.row(left=contact)
    assert row.right is not None
    assert row.right.id == customer
    assert (len(world.lefts()), len(world.rights())) == (1, 1)


def test_records_without_key_are_excluded_with_the_reason(world: World) -> None:
    contact = world.contact(None, first="Ann")
    world.sync()
    row = world.row(left=contact)
    assert (row.state, row.reason) == (State.EXCLUDED, Reason.NO_KEY)
    assert world.rights() == []


def test_t34_two_records_with_the_key_of_one_are_not_guessed_and_both_are_listed(world: World) -> None:
    contact = world.contact("ann@a.example")
    one, two = world.customer("Ann 1", "ann@a.example"), world.customer("Ann 2", "ann@a.example")
    world.sync()
    assert world.writes() == 0
    rows = [world.row(left=contact), world.row(right=one), world.row(right=two)]
    assert {r.reason for r in rows} == {Category.SEVERAL_MATCHES}
    assert "Ann 1" in rows[0].details["list"]
    assert "Ann 2" in rows[0].details["list"]


def test_several_matches_heal_when_the_key_is_corrected(world: World) -> None:
    contact = world.contact("ann@a.example")
    one, two = world.customer("Ann 1", "ann@a.example"), world.customer("Ann 2", "ann@a.example")
    world.sync()
    world.right.edit(two, {"mail": "other@a.example"})
    world.sync()
    linked_right = world.row(left=contact).right
    assert linked_right is not None
    assert linked_right.id == one
    assert len(world.lefts()) == 2
