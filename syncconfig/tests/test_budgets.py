"""What accounts may be asked: shared by all processes, counted by month, resting when told to (correctness I40; design section 5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database

from connectors.pacing import Limit, Pace
from connectors.sandbox.server import Reply, Request
from syncconfig import budgets, run_queue, runner
from syncconfig.budgets import DatabaseLedger
from syncconfig.credentials import connector_for
from syncconfig.models import Connection, ObjectSync, SyncRun
from syncconfig.tests.town import DENVER, Town, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


@pytest.fixture
def books(town: Town) -> Connection:
    return town.right


def enter_at_once(connection: Connection, limit: Limit, number: int) -> list[float]:
    """When each of several callers was let go. Each has a ledger of its own, as processes have."""
    sent: list[float] = []
    lock, gate = threading.Lock(), threading.Barrier(number)

    def one() -> None:
        try:
            pace = Pace(DatabaseLedger(connection.pk))
            gate.wait(10)
            ticket = pace.enter((limit,))
            with lock:
                sent.append(time.time())
            pace.leave(ticket)
        finally:
            database.close()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(sent)


def test_everybody_who_asks_one_account_stays_under_its_limit_together(books: Connection) -> None:
    sent = enter_at_once(books, Limit("requests", 4, 0.6), 12)
    assert len(sent) == 12
    assert max(sum(1 for t in sent if start <= t < start + 0.6) for start in sent) <= 4


def test_accounts_do_not_wait_for_each_other(town: Town) -> None:
    only = Limit("requests", 1, 30.0)
    started = time.monotonic()
    for connection in (town.left, town.right):
        Pace(DatabaseLedger(connection.pk)).enter((only,))
    assert time.monotonic() - started < 10


def test_the_reads_of_quickbooks_are_counted_and_its_writes_are_not(town: Town, books: Connection) -> None:
    before = budgets.reads(books, datetime.now(UTC)).used
    sync = town.set_up()
    town.look()
    town.contact(email="ann@example.com", firstname="Ann", lastname="Lee")
    town.run(sync)
    asked = town.asked("quickbooks")
    writes = [e for e in asked if "requestid" in e.query]
    assert writes
    assert budgets.reads(books, datetime.now(UTC)).used - before == len(asked) - len(writes)
    assert budgets.reads(town.left, datetime.now(UTC)).used == 0


def used(connection: Connection, month: str, number: int) -> None:
    DatabaseLedger(connection.pk).change(lambda state: state.update(reads={month: number}))


def test_the_forecast_goes_on_at_the_rate_of_the_month_so_far(books: Connection) -> None:
    Connection.objects.filter(pk=books.pk).update(connected_at=datetime(2026, 1, 1, tzinfo=UTC))
    books.refresh_from_db()
    used(books, "2026-11", 1000)
    assert budgets.reads(books, datetime(2026, 11, 11, tzinfo=UTC)).forecast == 3000
    assert budgets.reads(books, datetime(2026, 11, 30, 23, 59, tzinfo=UTC)).forecast in (1000, 1001)
    Connection.objects.filter(pk=books.pk).update(connected_at=datetime(2026, 11, 10, tzinfo=UTC))
    books.refresh_from_db()
    assert budgets.reads(books, datetime(2026, 11, 12, tzinfo=UTC)).forecast == 1000 + 9500


def test_looks_become_rarer_as_the_reads_of_a_month_run_short(books: Connection) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    usual = budgets.poll_interval(books, now)
    budgets.set_cap(books, 1_000_000)
    assert budgets.poll_interval(books, now) == usual
    budgets.set_cap(books, 8_000)
    used(books, "2026-11", 7_200)
    stretched = budgets.poll_interval(books, now)
    assert stretched == timedelta(days=10) / 100
    used(books, "2026-11", 7_900)
    assert budgets.poll_interval(books, now) > stretched


def test_at_the_cap_nothing_is_read_until_the_next_month_and_nothing_is_lost(town: Town, books: Connection) -> None:
    sync = town.set_up()
    town.settled(sync)
    budgets.set_cap(books, budgets.reads(books, datetime.now(UTC)).used)
    town.contact(email="ann@example.com", firstname="Ann", lastname="Lee")
    town.look()
    run = town.run(sync)
    assert (run.state, run.error, run.error_details["code"]) == (SyncRun.State.FAILED, "read_cap", "READ_CAP")
    assert town.asked("quickbooks") == []
    assert ObjectSync.objects.get(pk=sync.pk).next_run_at.day == 1
    budgets.set_cap(books, None)
    town.settled(sync)
    assert town.customer_of("ann@example.com")


def test_a_used_up_day_of_hubspot_rests_until_midnight_in_the_accounts_zone(town: Town, settings: Any) -> None:
    settings.SANDBOX_PACE = 50.0
    sync = town.set_up()
    town.settled(sync)

    def used_up(moment: str, request: Request, reply: Reply | None) -> Reply | None:
        told = {"status": "error", "message": "You have reached your daily limit.", "errorType": "RATE_LIMIT", "policyName": "DAILY"}
        return Reply(429, told) if moment == "before" and "/crm/" in request.path else None

    town.on_request("hubspot", used_up)
    assert town.run(sync).error == "RATE_LIMIT"
    until = ObjectSync.objects.get(pk=sync.pk).next_run_at.astimezone(DENVER)
    assert (until.hour, until.minute) == (0, 0)
    assert timedelta() < until - town.clock.now() <= timedelta(days=1)
    town.undisturbed()
    town.look()
    assert town.run(sync).error == "RATE_LIMIT"
    assert town.asked("hubspot") == []


def test_a_scheduled_run_asks_hubspot_by_the_minute_and_quickbooks_every_five(town: Town) -> None:
    sync = town.set_up()
    town.settled(sync)
    asked = []
    for _ in range(10):
        town.clock.advance(seconds=60)
        town.look()
        [queued] = runner.dispatch(town.clock.now())
        claimed = run_queue.claim(queued, town.clock.now())
        assert claimed
        runner.execute(claimed, clock=town.clock.now)
        asked.append((bool(town.asked("hubspot")), bool(town.asked("quickbooks"))))
    assert [left for left, _ in asked] == [True] * 10
    assert sum(right for _, right in asked) == 2


def test_idle_runs_of_the_schedule_are_forgotten_after_a_week_and_all_others_kept(town: Town) -> None:
    town.contact(email="ann@example.com", firstname="Ann", lastname="Lee")
    sync = town.set_up()
    town.settled(sync)
    eventful, idle = SyncRun.objects.order_by("pk")
    SyncRun.objects.filter(pk=eventful.pk).update(trigger=SyncRun.Trigger.SCHEDULE)
    assert run_queue.prune(town.clock.now() + timedelta(days=8)) == 0
    SyncRun.objects.filter(pk=idle.pk).update(trigger=SyncRun.Trigger.SCHEDULE)
    assert run_queue.prune(town.clock.now() + timedelta(days=6)) == 0
    assert run_queue.prune(town.clock.now() + timedelta(days=8)) == 1
    assert list(SyncRun.objects.all()) == [eventful]


def test_a_connector_under_limits_meets_no_refusal(town: Town, books: Connection, settings: Any) -> None:
    settings.SANDBOX_PACE = 5.0
    town.sandboxes.quickbooks.switches.limit_scale = 1.0
    town.sandboxes.quickbooks.switches.limit_speed = 5.0
    town.look()
    for _ in range(12):
        connector_for(books).account()
    assert {e.status for e in town.asked("quickbooks")} == {200}
