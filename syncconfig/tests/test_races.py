"""Several threads and processes at one sync.

Run on SQLite and, where DATABASE_URL names one, on PostgreSQL: SQLite writes one after another and hides races.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from connectors.sandbox.server import Reply, Request
from syncconfig import actions, run_queue, runner, tasks
from syncconfig.engine.state import State
from syncconfig.engine.store import Batch, Fenced
from syncconfig.models import ObjectSync, RecordEvent, SyncRecord, SyncRun
from syncconfig.specs import spec_of
from syncconfig.store import LEASE, DatabaseStore
from syncconfig.tests.rows import make_sync
from syncconfig.tests.system import Command, work
from syncconfig.tests.town import Town, running

pytestmark = pytest.mark.django_db(transaction=True)

Result = TypeVar("Result")
PATIENCE = 20
"""Seconds that a thread waits for another before the test gives up."""


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


def at_once(number: int, act: Callable[[int], Result]) -> list[Result]:
    """What `act` gives in several threads that begin at the same moment."""
    gate = threading.Barrier(number)

    def one(place: int) -> Result:
        try:
            gate.wait(PATIENCE)
            return act(place)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def people(town: Town, number: int) -> None:
    for n in range(number):
        town.insert(town.hubspot.tables["contacts"], email=f"person{n}@example.com", firstname="Person", lastname=str(n))


def everyone_once(town: Town, number: int) -> None:
    assert sorted(row["DisplayName"] for row in town.customers().values()) == sorted(f"Person {n}" for n in range(number))
    marks = [c.get("tandem_quickbooks_id") for c in town.contacts().values()]
    assert len(set(marks)) == len(marks) == number


def test_of_many_who_claim_a_run_one_gets_it() -> None:
    run = run_queue.ask(make_sync(), SyncRun.Trigger.MANUAL)
    claimed = at_once(8, lambda _: run_queue.claim(run.pk, timezone.now()))
    (winner,) = [c for c in claimed if c]
    assert (winner.epoch, winner.attempts, winner.state) == (1, 1, SyncRun.State.RUNNING)


def test_of_several_runs_of_one_pair_of_accounts_one_lives_and_the_others_wait() -> None:
    sync = make_sync()
    runs = [run_queue.ask(sync, trigger) for trigger in (SyncRun.Trigger.MANUAL, *[SyncRun.Trigger.PREVIEW] * 3)]
    claimed = at_once(4, lambda place: run_queue.claim(runs[place].pk, timezone.now()))
    assert len([c for c in claimed if c]) == 1
    assert sorted(SyncRun.objects.values_list("state", flat=True)) == [*[SyncRun.State.QUEUED] * 3, SyncRun.State.RUNNING]


def test_many_who_ask_share_one_run_that_does_what_any_of_them_wants() -> None:
    sync = make_sync()
    asked = at_once(8, lambda place: run_queue.ask(sync, SyncRun.Trigger.MANUAL, full=place == 3, unguarded=place == 5))
    assert len({run.pk for run in asked}) == 1
    run = SyncRun.objects.get()
    assert (run.state, run.full, run.unguarded) == (SyncRun.State.QUEUED, True, True)


def test_who_asks_while_others_claim_always_gets_a_run() -> None:
    sync = make_sync()

    def ask(_: int) -> int:
        return len({run_queue.ask(sync, SyncRun.Trigger.MANUAL).pk for _ in range(25)})

    def take(_: int) -> int:
        taken = 0
        for _ in range(60):
            run = SyncRun.objects.filter(state=SyncRun.State.QUEUED).first()
            if run and run_queue.claim(run.pk, timezone.now()):
                taken += SyncRun.objects.filter(pk=run.pk).update(state=SyncRun.State.SUCCEEDED)
        return taken

    counts = at_once(5, lambda place: ask(place) if place < 3 else take(place))
    assert all(counts[:3])
    waiting = SyncRun.objects.filter(state=SyncRun.State.QUEUED).count()
    assert waiting <= 1
    assert SyncRun.objects.count() == sum(counts[3:]) + waiting


def test_dispatchers_at_the_same_moment_ask_for_one_run() -> None:
    sync = make_sync(next_run_at=timezone.now())
    named = at_once(4, lambda _: runner.dispatch(timezone.now()))
    run = SyncRun.objects.get()
    assert all(found in ([], [run.pk]) for found in named)
    assert [run.pk] in named
    sync.refresh_from_db()
    assert sync.next_run_at
    assert sync.next_run_at > timezone.now() + timedelta(seconds=30)


def test_workers_with_the_same_message_run_it_once(town: Town) -> None:
    people(town, 3)
    sync = town.set_up()
    run = run_queue.ask(sync, SyncRun.Trigger.FIRST)
    assert sorted(at_once(4, lambda _: tasks.run(run.pk))) == [SyncRun.State.SUCCEEDED, *["taken"] * 3]
    work()
    everyone_once(town, 3)
    assert RecordEvent.objects.filter(type="created").count() == 3


def test_two_commands_at_once_double_nothing(town: Town) -> None:
    people(town, 65)
    town.set_up()
    with Command("sync", "--json") as one, Command("sync", "--json") as other:
        codes = sorted((one.wait(), other.wait()))
    assert codes in ([0, 0], [0, 1]), (one.errors, other.errors)
    if codes == [0, 1]:
        refused = one if one.process.returncode else other
        assert "under way" in refused.errors
    everyone_once(town, 65)
    assert RecordEvent.objects.filter(type="created").count() == 65


def test_a_process_that_slept_beyond_its_lease_changes_nothing_when_it_wakes(town: Town) -> None:
    people(town, 65)
    sync = town.set_up()
    with Command("sync", "--json") as sleeper:
        asleep = threading.Event()

        def put_to_sleep(moment: str, request: Request, reply: Reply | None) -> None:
            if moment == "after" and b'"operation":"create"' in request.body and not asleep.is_set():
                os.kill(sleeper.process.pid, signal.SIGSTOP)
                asleep.set()

        town.on_request("quickbooks", put_to_sleep)
        assert asleep.wait(PATIENCE)
        assert stopped(sleeper.process.pid)
        late = timezone.now() + LEASE + timedelta(seconds=1)
        run = SyncRun.objects.live().get()
        assert run_queue.claim(run.pk, timezone.now()) is None
        assert runner.dispatch(late) == [run.pk]
        heir = run_queue.claim(run.pk, late)
        assert heir
        assert runner.execute(heir, clock=lambda: late).state == SyncRun.State.SUCCEEDED
        ended = state_of(sync)
        os.kill(sleeper.process.pid, signal.SIGCONT)
        sleeper.wait()
    assert "taken over" in sleeper.errors
    assert state_of(sync) == ended
    everyone_once(town, 65)
    town.undisturbed()
    town.settled(sync)
    everyone_once(town, 65)


def stopped(pid: int) -> bool:
    """Whether a process stands still, after the time the system takes for that."""
    for _ in range(100):
        if (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "T":
            return True
        time.sleep(0.02)
    return False


def state_of(sync: ObjectSync) -> tuple[Any, ...]:
    """Everything a run may change."""
    records = list(SyncRecord.objects.filter(sync=sync).order_by("pk").values())
    return records, RecordEvent.objects.count(), list(SyncRun.objects.values()), ObjectSync.objects.get(pk=sync.pk).cursors


def test_a_worker_that_was_taken_over_stops_before_it_saves(town: Town) -> None:
    people(town, 40)
    sync = town.set_up()
    first = run_queue.claim(run_queue.ask(sync, SyncRun.Trigger.FIRST).pk, timezone.now())
    assert first
    written, go = threading.Event(), threading.Event()

    def clock() -> datetime:
        if town.customers() and not written.is_set():
            written.set()
            assert go.wait(PATIENCE)
        return timezone.now()

    def work_slowly() -> SyncRun:
        try:
            return runner.execute(first, clock=clock)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(work_slowly)
        assert written.wait(PATIENCE)
        late = timezone.now() + LEASE + timedelta(seconds=1)
        second = run_queue.claim(runner.dispatch(late)[0], late)
        assert second
        assert (second.pk, second.epoch > first.epoch) == (first.pk, True)
        assert runner.execute(second, clock=lambda: late).state == SyncRun.State.SUCCEEDED
        ended = state_of(sync)
        go.set()
        assert slow.result(PATIENCE).pk == first.pk
    assert state_of(sync) == ended
    everyone_once(town, 40)


@pytest.mark.parametrize("change", [{"epoch": 9}, {"state": SyncRun.State.QUEUED}, {"state": SyncRun.State.INTERRUPTED}])
def test_without_its_lease_a_run_saves_nothing_at_all(town: Town, change: dict[str, Any]) -> None:
    people(town, 2)
    sync = town.set_up()
    town.settled(sync)
    run = run_queue.claim(run_queue.ask(sync, SyncRun.Trigger.MANUAL).pk, timezone.now())
    assert run
    store = DatabaseStore(sync, spec_of(sync), timezone.now, run)
    row = store.every(0, 1)[0]
    SyncRun.objects.filter(pk=run.pk).update(**change)
    before = state_of(sync)
    with pytest.raises(Fenced):
        store.save(Batch(deleted=[row.pk]))
    assert state_of(sync) == before


def test_a_holder_that_renewed_its_lease_in_time_is_not_taken_over() -> None:
    sync = make_sync()
    run = run_queue.claim(run_queue.ask(sync, SyncRun.Trigger.MANUAL).pk, timezone.now() - LEASE - timedelta(seconds=1))
    assert run
    DatabaseStore(sync, spec_of(sync), timezone.now, run).save(Batch())
    assert run_queue.release_abandoned(timezone.now()) == 0
    assert SyncRun.objects.live().get().epoch == run.epoch


def test_a_run_begins_on_the_rows_that_a_link_by_hand_left(town: Town) -> None:
    contact = town.contact(email="alice@example.com", firstname="Alice")
    twins = [town.customer(DisplayName=name, PrimaryEmailAddr="alice@example.com") for name in ("North", "South")]
    sync = town.set_up()
    town.settled(sync)
    one, other = SyncRecord.objects.get(left_id=contact), SyncRecord.objects.get(right_id=twins[0])
    run = run_queue.ask(sync, SyncRun.Trigger.MANUAL)
    linked, go = threading.Event(), threading.Event()

    def act(place: int) -> SyncRun | None:
        if place:
            assert linked.wait(PATIENCE)
            threading.Timer(0.3, go.set).start()
            claimed = run_queue.claim(run.pk, timezone.now())
            assert go.is_set(), "a run began while a link was being made"
            return claimed
        with transaction.atomic():
            actions.link(one, other, town.admin, timezone.now())
            linked.set()
            assert go.wait(PATIENCE)
        return None

    _, claimed = at_once(2, act)
    claimed = claimed or run_queue.claim(run.pk, timezone.now())
    assert claimed
    assert runner.execute(claimed).state == SyncRun.State.PARTIAL
    pair = SyncRecord.objects.get(left_id=contact)
    assert (pair.right_id, pair.state, SyncRecord.objects.count()) == (twins[0], State.IN_SYNC, 2)


def test_a_link_by_hand_at_the_moment_a_run_begins_is_refused_or_kept(town: Town) -> None:
    contact = town.contact(email="alice@example.com", firstname="Alice")
    twins = [town.customer(DisplayName=name, PrimaryEmailAddr="alice@example.com") for name in ("North", "South")]
    sync = town.set_up()
    town.settled(sync)
    one, other = SyncRecord.objects.get(left_id=contact), SyncRecord.objects.get(right_id=twins[0])
    run = run_queue.ask(sync, SyncRun.Trigger.MANUAL)

    def act(place: int) -> str:
        if place:
            return tasks.run(run.pk)
        with suppress(actions.Refused):
            actions.link(one, other, town.admin, timezone.now())
            return "linked"
        return "refused"

    link, ran = at_once(2, act)
    assert ran in (SyncRun.State.PARTIAL, "taken")
    runner.dispatch(timezone.now())
    work()
    town.settled(sync)
    pair = SyncRecord.objects.get(left_id=contact)
    assert (pair.right_id == twins[0]) is (link == "linked")
    assert SyncRecord.objects.filter(sync=sync).count() == (2 if link == "linked" else 3)


def test_status_can_be_asked_while_a_run_is_under_way(town: Town) -> None:
    people(town, 3)
    town.set_up()
    told: list[Any] = []

    def ask(moment: str, request: Request, reply: Reply | None) -> None:
        if moment == "after" and b'"operation"' in request.body:
            with Command("status", "--json") as status:
                assert status.wait() == 0, status.errors
            told.append(json.loads(status.output)["syncs"][0]["counts"])

    town.on_request("quickbooks", ask)
    assert town.run(ObjectSync.objects.get()).state == SyncRun.State.SUCCEEDED
    assert told == [{"in_sync": 0, "failing": 0, "excluded": 0, "pending": 3}]


def test_a_record_asked_for_while_a_run_saves_it_is_tried_again(town: Town) -> None:
    """A run writes rows whole; what a person asked for in between must not be written over."""
    town.contact(email="ann@example.com", firstname="Ann", lastname="Lee")
    sync = town.set_up()
    town.run(sync)
    now = timezone.now()
    SyncRecord.objects.filter(sync=sync).update(dirty=True)
    store = DatabaseStore(sync, spec_of(sync), timezone.now)
    (row,) = store.due(now, 0, 10)
    assert actions.retry(SyncRecord.objects.filter(sync=sync)) == 1
    store.save(Batch(rows=[replace(row, dirty=False)]))
    assert [r.pk for r in store.due(now, 0, 10)] == [row.pk]
    store.save(Batch(rows=[replace(row, dirty=False)], decided=[row.pk]))
    assert store.due(now, 0, 10) == []
