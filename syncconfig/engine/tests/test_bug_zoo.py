"""Known bugs, planted one at a time: each must be caught, or the tests beside this one prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Outcome, Record, Stored
from syncconfig.engine import answer, plan, reconcile, scope, synchronize
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Intent, Row
from syncconfig.engine.store import Batch
from syncconfig.engine.tests import test_crash, test_reconcile_exhaustive, test_synchronize
from syncconfig.engine.tests.world import World


def caught(check: Callable[[], object]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check()


def test_absorbing_what_was_sent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = answer._stored

    def sent(spec: SyncSpec, row: Row, intent: Intent, outcome: Stored, now: Any) -> answer.Absorbed:
        believed = replace(outcome.record, fields={**outcome.record.fields, **intent.write.fields})
        return real(spec, row, intent, replace(outcome, record=believed), now)

    monkeypatch.setattr(answer, "_stored", sent)
    caught(test_synchronize.test_what_the_server_made_of_a_value_is_not_written_back)


def test_one_base_for_both_sides_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = answer._stored

    def shared(spec: SyncSpec, row: Row, intent: Intent, outcome: Stored, now: Any) -> answer.Absorbed:
        absorbed = real(spec, row, intent, outcome, now)
        after = absorbed.row
        base = after.right_base if intent.side is Side.RIGHT else after.left_base
        return replace(absorbed, row=replace(after, left_base=base, right_base=base))

    monkeypatch.setattr(answer, "_stored", shared)
    caught(lambda: test_reconcile_exhaustive.test_every_small_state_keeps_the_laws(True))


def test_a_filter_that_gates_only_creates_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = scope.out_of_scope
    monkeypatch.setattr(scope, "out_of_scope", lambda spec, row, now: None if row.linked else real(spec, row, now))
    caught(lambda: test_synchronize.test_t24_leaving_the_filter_suspends_and_coming_back_merges_without_duplicate(World()))


def test_a_fresh_key_on_every_retry_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of settling what was sent, the writes are forgotten and planned again under new keys."""

    def forget(run: synchronize.Run) -> None:
        run.store.save(Batch(closed=[i.write.name for i in run.store.intents()]))
        run.store.wake_all()

    monkeypatch.setattr(synchronize, "_settle", forget)
    caught(lambda: test_crash.test_edits_around_a_crash_after_the_commit_are_never_lost(True, True))


def test_planning_before_settling_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synchronize, "_settle", lambda run: None)
    caught(lambda: test_crash.test_a_crash_at_any_write_of_a_first_sync_ends_as_without("after", True, 0))


def test_matching_answers_by_position_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The accounts in memory answer in reverse order."""
    real = synchronize._absorb

    def by_position(run: Any, sent: Any, outcomes: list[Outcome]) -> None:
        names = list(sent)[: len(outcomes)]
        real(run, sent, [replace(o, name=name) for o, name in zip(outcomes, names, strict=True)])

    monkeypatch.setattr(synchronize, "_absorb", by_position)

    def check() -> None:
        world = World()
        for n in range(3):
            world.contact(f"{n}@a.example", first=str(n))
        world.sync()
        for row in world.store.rows.values():
            assert row.left
            assert row.right
            assert row.left.values["first"] == row.right.values["given"]

    caught(check)


def test_an_empty_winner_that_erases_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile.mapping, "extends", lambda values, other: False)
    caught(lambda: test_synchronize.test_t7_at_first_match_an_empty_winner_is_filled_and_erases_nothing(World()))


def test_names_that_are_not_kept_unique_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synchronize, "keep_names_unique", lambda spec, plan, holders, claims: None)
    caught(lambda: test_synchronize.test_a_preview_writes_nothing_and_foretells_the_run(World()))


def test_a_listing_taken_as_proof_of_absence_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from syncconfig.engine import observe

    def believe(spec: SyncSpec, side: Side, connector: Any, store: Any, sweep: int) -> None:
        rows = store.unseen(side, sweep, 0, 1000)
        gone = [Record(row.side(side).id, {}, presence=observe.Presence.ABSENT) for row in rows]
        store.save(observe.observation(spec, side, gone, store, sweep))

    monkeypatch.setattr(observe, "look_again", believe)
    monkeypatch.setattr(synchronize.guards, "check_plan", lambda linked, plans: None)
    caught(lambda: test_synchronize.test_an_emptied_listing_unlinks_nothing(World()))


def test_idempotency_keys_that_ignore_the_generation_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second write of a row would be answered with the first one's answer."""
    real = plan._batch
    monkeypatch.setattr(plan, "_batch", lambda spec, members, *rest: real(spec, [(replace(r, generation=1), p, c) for r, p, c in members], *rest))
    caught(lambda: test_synchronize.test_t8_an_edit_on_one_side_flows_whoever_wins_conflicts(edited_twice()))


def edited_twice() -> World:
    """A world in which the pair of T8 was written before."""
    world = World()
    contact = world.contact("ann@a.example", first="Ann", phone="0")
    world.sync()
    world.left.edit(contact, {"phone": "1"})
    world.sync()
    world.left.edit(contact, {"phone": "2"})
    world.sync()
    assert world.rights()[0].fields["tel"] == "2"
    return world
