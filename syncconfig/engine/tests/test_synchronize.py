"""A run from end to end, on two accounts in memory: the scenarios of the specification that need no provider."""

from __future__ import annotations

import pytest

from connectors.errors import Rejected, Throttled, Unauthorized
from connectors.vocabulary import Category, Direction
from syncconfig.engine.filters import Condition
from syncconfig.engine.guards import Blocked
from syncconfig.engine.spec import Side
from syncconfig.engine.state import EventType, Reason, State
from syncconfig.engine.tests.world import World, make_spec


@pytest.fixture
def world() -> World:
    return World()


def finalised(status: str = "open") -> dict[str, str]:
    return {"status": status}


def test_a_customer_becomes_a_contact_that_carries_its_mark(world: World) -> None:
    customer = world.customer("Acme", "ann@a.example", given="Ann", tel="555")
    world.sync()
    (contact,) = world.lefts()
    assert contact.fields["email"] == "ann@a.example"
    assert contact.fields["mark"] == f"1:{customer}"


def test_a_created_customer_is_marked_on_its_contact_in_the_same_run(world: World) -> None:
    world.contact("ann@a.example", company="Acme")
    world.sync()
    assert world.lefts()[0].fields["mark"] == f"1:{world.rights()[0].id}"


def test_a_second_run_writes_nothing(world: World) -> None:
    world.contact("ann@a.example", company="Acme")
    world.customer("Bob", "bob@b.example")
    world.sync()
    before = world.writes()
    report = world.sync()
    assert world.writes() == before
    assert sum(report.writes.values()) == 0


def test_t6_at_first_match_the_winner_replaces_and_the_old_value_is_in_the_history(world: World) -> None:
    world.contact("ann@a.example", phone="111")
    world.customer("Ann", "ann@a.example", tel="222")
    world.sync()
    assert world.lefts()[0].fields["phone"] == "222"
    (event,) = [e for e in world.store.events if e.type is EventType.UPDATED]
    assert ("Phone", "111", "222") in [(c.field, c.old, c.new) for c in event.changes]
    assert "Phone" in event.details["lost"]


def test_t7_at_first_match_an_empty_winner_is_filled_and_erases_nothing(world: World) -> None:
    world.contact("ann@a.example", phone="111")
    world.customer("Ann", "ann@a.example")
    world.sync()
    assert world.lefts()[0].fields["phone"] == "111"
    assert world.rights()[0].fields["tel"] == "111"


def linked(world: World) -> tuple[str, str]:
    contact = world.contact("ann@a.example", first="Ann", phone="111")
    customer = world.customer("Ann", "ann@a.example", given="Ann", tel="111")
    world.sync()
    return contact, customer


def test_t8_an_edit_on_one_side_flows_whoever_wins_conflicts(world: World) -> None:
    contact, _ = linked(world)
    world.left.edit(contact, {"phone": "999"})
    world.sync()
    assert world.rights()[0].fields["tel"] == "999"


def test_t9_when_both_changed_the_winner_stands_on_both_and_the_loser_is_in_the_history(world: World) -> None:
    contact, customer = linked(world)
    world.left.edit(contact, {"phone": "999"})
    world.right.edit(customer, {"tel": "222"})
    world.sync()
    assert (world.lefts()[0].fields["phone"], world.rights()[0].fields["tel"]) == ("222", "222")
    assert any(c.old == "999" and "Phone" in e.details.get("lost", "") for e in world.store.events for c in e.changes)


def test_both_changed_to_the_same_value_writes_nothing(world: World) -> None:
    contact, customer = linked(world)
    before = world.writes()
    world.left.edit(contact, {"phone": "7"})
    world.right.edit(customer, {"tel": "7"})
    world.sync()
    assert world.writes() == before


def test_a_cleared_value_is_cleared_on_the_other_side(world: World) -> None:
    contact, _ = linked(world)
    world.left.edit(contact, {"phone": None})
    world.sync()
    assert world.rights()[0].fields["tel"] is None


def test_a_changed_email_updates_the_counterpart_instead_of_creating(world: World) -> None:
    contact, _ = linked(world)
    world.left.edit(contact, {"email": "new@a.example"})
    world.sync()
    assert [r.fields["mail"] for r in world.rights()] == ["new@a.example"]


def test_t4_the_reason_of_an_exclusion_names_the_condition() -> None:
    rules = {Direction.TO_RIGHT: ((Condition("invoice.status", "none_of", ("draft",)),),)}
    world = World(make_spec(rules=rules))
    draft = world.contact("a@a.example", invoices=[finalised("draft")])
    good = world.contact("b@b.example", invoices=[finalised("draft"), finalised("open")])
    world.sync()
    row = world.row(left=draft)
    assert (row.state, row.reason, row.details["field"], row.details["operator"]) == (State.EXCLUDED, Reason.FILTER, "invoice.status", "none_of")
    assert world.row(left=good).state is State.IN_SYNC


def test_t24_leaving_the_filter_suspends_and_coming_back_merges_without_duplicate(world: World) -> None:
    contact, customer = linked(world)
    narrow = {d: ((Condition(f, "any_of", ("nobody@x.example",)),),) for d, f in ((Direction.TO_RIGHT, "email"), (Direction.TO_LEFT, "mail"))}
    world.settings(rules=narrow)
    world.left.edit(contact, {"phone": "5"})
    world.right.edit(customer, {"given": "Anna"})
    before = world.writes()
    world.sync()
    assert world.writes() == before
    assert world.row(left=contact).reason == Reason.FILTER
    world.settings()
    world.sync()
    assert world.row(left=contact).state is State.IN_SYNC
    assert world.rights()[0].fields["tel"] == "5"
    assert world.lefts()[0].fields["first"] == "Anna"
    assert (len(world.lefts()), len(world.rights())) == (1, 1)


@pytest.mark.parametrize("how", ["remove", "deactivate"])
def test_t25_a_deleted_counterpart_is_neither_deleted_nor_created_again(world: World, how: str) -> None:
    contact, customer = linked(world)
    getattr(world.right, how)(customer)
    world.sync()
    row = world.row(left=contact)
    assert (row.state, row.reason) == (State.EXCLUDED, Reason.COUNTERPART_DELETED)
    world.left.edit(contact, {"phone": "5"})
    before = world.writes()
    world.sync(full=True)
    assert world.writes() == before


def test_a_restored_counterpart_resumes(world: World) -> None:
    contact, customer = linked(world)
    world.right.deactivate(customer)
    world.sync()
    world.left.edit(contact, {"phone": "5"})
    world.sync()
    world.right.activate(customer)
    world.sync()
    assert world.row(left=contact).state is State.IN_SYNC
    assert world.rights()[0].fields["tel"] == "5"


def test_one_way_leaves_edits_of_the_receiver_until_the_sender_changes() -> None:
    world = World(make_spec(direction=Direction.TO_RIGHT, winner=Side.LEFT))
    contact, customer = linked(world)
    world.right.edit(customer, {"tel": "drift"})
    world.sync()
    assert world.rights()[0].fields["tel"] == "drift"
    assert [e.type for e in world.store.events if e.type is EventType.DRIFTED]
    world.left.edit(contact, {"phone": "555"})
    world.sync()
    assert world.rights()[0].fields["tel"] == "555"


def test_a_value_too_long_fails_the_record_and_the_other_fields_still_flow(world: World) -> None:
    contact, _ = linked(world)
    world.left.edit(contact, {"phone": "5" * 30, "first": "Anna"})
    world.sync()
    row = world.row(left=contact)
    assert (row.state, row.reason, row.details["max"]) == (State.FAILING, Category.VALUE_TOO_LONG, "20")
    assert (world.rights()[0].fields["given"], world.rights()[0].fields["tel"]) == ("Anna", "111")


def test_what_the_server_made_of_a_value_is_not_written_back() -> None:
    world = World()
    world.right.rewrite = lambda fields: {**fields, "tel": str(fields["tel"]).replace("-", "")} if fields.get("tel") else fields
    contact = world.contact("ann@a.example", phone="55-5")
    world.sync()
    world.sync()
    assert world.rights()[0].fields["tel"] == "555"
    assert world.left.current(contact).fields["phone"] == "55-5"


def test_a_refused_record_fails_with_the_words_and_the_others_go_on(world: World) -> None:
    world.right.refuse = lambda fields: Rejected("no", words="Invalid phone", category=Category.VALUE_INVALID) if fields.get("tel") == "bad" else None
    bad, good = world.contact("a@a.example", phone="bad"), world.contact("b@b.example", phone="1")
    world.sync()
    assert (world.row(left=bad).state, world.row(left=bad).details["words"]) == (State.FAILING, "Invalid phone")
    assert world.row(left=good).state is State.IN_SYNC
    world.sync()
    assert world.row(left=bad).attempts == 1
    world.left.edit(bad, {"phone": "2"})
    world.sync()
    assert world.row(left=bad).state is State.IN_SYNC


def test_t26_an_account_that_refuses_us_stops_the_run_and_loses_nothing(world: World) -> None:
    contact = world.contact("ann@a.example")
    world.right.disturb = None
    real = world.right.write
    world.right.outage = None

    def refuse(kind: object, writes: object, fields: object) -> object:
        world.right.outage = Unauthorized("revoked")
        return real(kind, writes, fields)  # type: ignore[arg-type]

    world.right.write = refuse  # type: ignore[assignment,method-assign]
    report = world.sync()
    assert isinstance(report.stopped, Unauthorized)
    assert world.row(left=contact).dirty
    del world.right.write
    world.right.outage = None
    world.sync()
    assert len(world.rights()) == 1


def test_reading_that_is_throttled_comes_through_and_keeps_what_was_read(world: World) -> None:
    world.contact("ann@a.example")
    world.right.outage = Throttled("slow down")
    with pytest.raises(Throttled):
        world.sync()
    world.right.outage = None
    world.sync()
    assert len(world.rights()) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("remembers", [True, False])
def test_a_lost_answer_doubles_nothing(moment: str, remembers: bool) -> None:
    world = World()
    world.right.remembers = remembers
    lost = []

    def disturb(at: str, write: object) -> bool:
        if at == moment and not lost:
            lost.append(write)
            return True
        return False

    world.right.disturb = disturb
    for n in range(5):
        world.contact(f"{n}@a.example", first=str(n))
    world.sync()
    world.sync()
    assert len(lost) == 1
    assert len(world.rights()) == 5
    assert {r.state for r in world.store.rows.values()} == {State.IN_SYNC}


def test_a_mass_of_vanished_counterparts_blocks_before_the_first_write(world: World) -> None:
    customers = [world.customer(f"C{n}", f"c{n}@a.example") for n in range(30)]
    world.sync()
    for customer in customers[:20]:
        world.right.remove(customer)
    world.contact("new@a.example")
    before = world.writes()
    with pytest.raises(Blocked) as blocked:
        world.sync()
    assert (blocked.value.guard, blocked.value.count) == ("gone", 20)
    assert world.writes() == before
    world.sync(unguarded=True)
    assert world.writes() > before


def test_an_emptied_listing_unlinks_nothing(world: World) -> None:
    for n in range(30):
        world.customer(f"C{n}", f"c{n}@a.example")
    world.sync()
    rows = dict(world.right.rows)
    listing = world.right._listing  # the provider's list is empty for once, its records still answer
    world.right._listing = lambda after, started, fields: listing(10**9, started, fields)  # type: ignore[method-assign]
    world.sync(full=True)
    assert world.right.rows == rows
    assert {r.state for r in world.store.rows.values()} == {State.IN_SYNC}


def test_a_category_that_fails_too_often_stops_the_run(world: World) -> None:
    world.right.refuse = lambda fields: Rejected("no", category=Category.NO_PERMISSION)
    for n in range(80):
        world.contact(f"{n}@a.example", first=str(n))
    with pytest.raises(Blocked) as blocked:
        world.sync()
    assert blocked.value.guard == "failures"


def test_a_run_without_guards_goes_on_where_too_much_fails(world: World) -> None:
    world.right.refuse = lambda fields: Rejected("no", category=Category.NO_PERMISSION)
    for n in range(80):
        world.contact(f"{n}@a.example", first=str(n))
    report = world.sync(unguarded=True)
    assert report.failed[Category.NO_PERMISSION] == 80


def test_a_preview_writes_nothing_and_foretells_the_run(world: World) -> None:
    world.contact("a@a.example", first="A")
    world.contact("b@b.example", phone="1")
    world.contact("x@x.example", company="A")
    world.contact(None)
    world.customer("B", "b@b.example", tel="2")
    world.customer("C", "c@c.example")
    foreseen = world.preview()
    assert world.writes() == 0
    assert (foreseen.create[Side.RIGHT], foreseen.create[Side.LEFT], foreseen.update[Side.LEFT], foreseen.link) == (1, 1, 1, 1)
    assert foreseen.failing == {Category.DISPLAY_NAME_IN_USE: 1}
    assert foreseen.excluded == {Reason.NO_KEY: 1}
    report = world.sync()
    assert report.created == {Side.RIGHT: 1, Side.LEFT: 1}


def test_a_merge_on_the_left_keeps_the_link_and_reports_the_other(world: World) -> None:
    a, b = world.contact("a@a.example", first="A"), world.contact("b@b.example", first="B")
    world.sync()
    world.left.merge(a, b)
    world.sync()
    survivor = world.row(left=a)
    assert survivor.linked
    assert len(world.rights()) == 2
    assert EventType.UNLINKED in {e.type for e in world.store.events}


def test_a_stop_in_the_middle_is_resumed_without_loss(world: World) -> None:
    for n in range(12):
        world.contact(f"{n}@a.example", first=str(n))
    calls = iter([False, False, True])
    report = world.sync(should_stop=lambda: next(calls, True))
    assert report.interrupted
    world.sync()
    assert len(world.rights()) == 12
