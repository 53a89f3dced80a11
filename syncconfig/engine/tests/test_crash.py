"""A crash anywhere, and people who go on working before the restart: nothing is lost, nothing is doubled."""

from __future__ import annotations

import itertools

import pytest

from connectors.base import Write
from syncconfig.engine.spec import Side
from syncconfig.engine.state import State
from syncconfig.engine.store import Batch
from syncconfig.engine.tests.world import World, make_spec


class Crash(BaseException):
    """The process is gone."""


def crash_at(world: World, moment: str) -> None:
    """The next write to the right side crashes us before or after the provider commits it."""

    def disturb(at: str, write: Write) -> bool:
        if at == moment:
            world.right.disturb = None
            raise Crash
        return False

    world.right.disturb = disturb


@pytest.mark.parametrize("remembers", [True, False])
@pytest.mark.parametrize("rewrites", [True, False])
def test_edits_around_a_crash_after_the_commit_are_never_lost(remembers: bool, rewrites: bool) -> None:
    """correctness 4.3: a plan made again from the old base would take our own write for somebody's edit."""
    for winner, first, left_edit, right_edit in itertools.product(Side, ("111", "222"), (None, "333", "444"), (None, "333", "555")):
        world = World(make_spec(winner=winner))
        world.right.remembers = remembers
        if rewrites:
            world.right.rewrite = lambda fields: {**fields, "tel": "222x" if fields.get("tel") == "222" else fields.get("tel")}
        contact = world.contact("ann@a.example", first="Ann", phone="000")
        world.sync()
        customer = world.rights()[0].id
        world.left.edit(contact, {"phone": first})
        crash_at(world, "after")
        with pytest.raises(Crash):
            world.sync()
        if left_edit:
            world.left.edit(contact, {"phone": left_edit})
        if right_edit:
            world.right.edit(customer, {"tel": right_edit})
        for _ in range(3):
            world.sync()
        check_outcome(world, winner, first, left_edit, right_edit)


def check_outcome(world: World, winner: Side, first: str, left_edit: str | None, right_edit: str | None) -> None:
    """Some edit stands on both sides, and every other one is in the history.

    Where the provider forgets what it was sent and shows something else by now, nobody can prove that our write happened: what stands there
    counts as somebody's edit, and the conflict rule decides.
    """
    left, right = world.lefts()[0].fields["phone"], world.rights()[0].fields["tel"]
    edits = {Side.LEFT: left_edit, Side.RIGHT: right_edit}
    case = (winner, first, edits, left, right)
    stored = {"222": "222x"} if world.right.rewrite else {}
    if not world.right.remembers and (right_edit or first in stored):
        edits = {Side.LEFT: left_edit or first, Side.RIGHT: right_edit or stored[first]}
    expected = edits[winner] or edits[winner.other] or first
    losers = {str(c.old) for e in world.store.events for c in e.changes}
    assert expected in (left, right), case
    assert right in (left, stored.get(str(left))), case
    for edit in filter(None, (left_edit, right_edit)):
        assert edit == expected or edit in losers, case


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("remembers", [True, False])
@pytest.mark.parametrize("at", range(8))
def test_a_crash_at_any_write_of_a_first_sync_ends_as_without(moment: str, remembers: bool, at: int) -> None:
    world = World()
    for side in (world.left, world.right):
        side.remembers = remembers
    for n in range(5):
        world.contact(f"l{n}@a.example", first=str(n), phone=str(n))
        world.customer(f"R{n}", f"r{n}@a.example")
    countdown = [at]

    def disturb(when: str, write: Write) -> bool:
        if when == moment:
            countdown[0] -= 1
            if countdown[0] == -1:
                raise Crash
        return False

    world.left.disturb = world.right.disturb = disturb
    with pytest.raises(Crash):
        world.sync()
    world.left.disturb = world.right.disturb = None
    world.sync()
    assert (len(world.lefts()), len(world.rights())) == (10, 10)
    assert {r.state for r in world.store.rows.values()} == {State.IN_SYNC}
    before = world.writes()
    world.sync()
    assert world.writes() == before


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", range(10))
def test_a_crash_at_any_of_our_own_commits_ends_as_without(at: int, before: bool) -> None:
    world = World()
    for n in range(4):
        world.contact(f"l{n}@a.example", first=str(n))
        world.customer(f"R{n}", f"r{n}@a.example")
    save, countdown = world.store.save, [at]

    def crashing(batch: Batch) -> None:
        countdown[0] -= 1
        if countdown[0] == -1 and before:
            raise Crash
        save(batch)
        if countdown[0] == -1:
            raise Crash

    world.store.save = crashing  # type: ignore[method-assign]

    def work() -> None:
        while True:
            world.sync()

    with pytest.raises(Crash):
        work()
    world.store.save = save  # type: ignore[method-assign]
    world.sync()
    assert (len(world.lefts()), len(world.rights())) == (8, 8)
    assert {r.state for r in world.store.rows.values()} == {State.IN_SYNC}
