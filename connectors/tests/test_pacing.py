"""Staying under limits: what a service that counts in rolling windows sees, whatever answers take (correctness I40)."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Throttled
from connectors.pacing import MAX_WAIT_SECONDS, Limit, MemoryLedger, Pace, State, hold_all, month_of, next_month, reads_of

START = 1_800_000_000.0
TEN = Limit("requests", 10, 10.0)
FIVE = Limit("search", 5, 1.0)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced(clock: Clock, ledger: MemoryLedger | None = None) -> Pace:
    return Pace(ledger or MemoryLedger(), "plain", clock, clock.sleep)


def traffic(limits: tuple[Limit, ...], latencies: list[float], callers: int) -> list[float]:
    """When a service counted the requests of several callers who share a ledger: somewhere between leaving and answer. One after another in time."""
    clock, ledger, counted = Clock(), MemoryLedger(), []
    free = [(START, n) for n in range(callers)]
    open_: list[tuple[float, int, Callable[[], None]]] = []
    for number, latency in enumerate(latencies):
        at, caller = heapq.heappop(free)
        clock.now = max(clock.now, at)
        pace = paced(clock, ledger)

        def doze(seconds: float) -> None:
            clock.now += seconds
            while open_ and open_[0][0] <= clock.now:
                heapq.heappop(open_)[2]()

        pace.sleep = doze
        doze(0)
        ticket = pace.enter(limits)
        counted.append(clock.now + latency * ((number % 3) / 2))
        end = clock.now + latency

        def answered(ticket: object = ticket, end: float = end) -> None:
            late = Pace(ledger, "plain", lambda: end)
            late.leave(ticket)  # type: ignore[arg-type]

        heapq.heappush(open_, (end, number, answered))
        heapq.heappush(free, (end, caller))
    return sorted(counted)


def most_in_a_window(counted: list[float], seconds: float) -> int:
    return max(sum(1 for t in counted if start <= t < start + seconds) for start in counted)


@given(st.lists(st.floats(0, 4), min_size=1, max_size=60), st.integers(1, 8))
def test_no_window_of_the_service_ever_holds_more_than_the_limit(latencies: list[float], callers: int) -> None:
    counted = traffic((TEN,), latencies, callers)
    assert most_in_a_window(counted, TEN.seconds) <= TEN.count


@given(st.lists(st.floats(0, 0.3), min_size=30, max_size=60))
def test_a_request_that_counts_in_several_windows_stays_under_all_of_them(latencies: list[float]) -> None:
    counted = traffic((TEN, FIVE), latencies, 4)
    assert most_in_a_window(counted, TEN.seconds) <= TEN.count
    assert most_in_a_window(counted, FIVE.seconds) <= FIVE.count


def test_at_least_95_percent_of_a_limit_are_used() -> None:
    counted = traffic((TEN,), [0.1] * 200, 2)
    assert (len(counted) - TEN.count) / (counted[-1] - counted[0]) >= 0.95 * TEN.count / TEN.seconds


def test_what_was_saved_up_while_idle_may_be_sent_at_once() -> None:
    counted = traffic((TEN,), [0.0] * 10, 1)
    assert counted[-1] == counted[0]


def test_a_held_window_lets_nobody_go_and_others_do() -> None:
    clock, ledger = Clock(), MemoryLedger()
    paced(clock, ledger).hold(["search"], 20)
    paced(clock, ledger).enter((TEN,))
    assert clock.now == START
    paced(clock, ledger).enter((FIVE,))
    assert clock.now >= START + 20


def test_an_account_that_rests_is_not_waited_for_but_reported() -> None:
    clock, ledger = Clock(), MemoryLedger()
    hold_all(ledger, datetime.fromtimestamp(START, UTC) + timedelta(hours=5))
    with pytest.raises(Throttled) as refused:
        paced(clock, ledger).enter((TEN,))
    assert refused.value.retry_after == 5 * 3600 > MAX_WAIT_SECONDS
    clock.now += 5 * 3600
    paced(clock, ledger).enter((TEN,))


def test_what_the_service_tells_replaces_the_documented_limit() -> None:
    clock = Clock()
    pace = paced(clock)
    pace.leave(pace.enter((TEN,)), told=(3, 2))
    for _ in range(2):
        pace.leave(pace.enter((TEN,)))
    assert clock.now == START
    pace.enter((TEN,))
    assert clock.now >= START + 10


def test_requests_of_others_are_counted_as_the_service_tells() -> None:
    clock = Clock()
    pace = paced(clock)
    pace.leave(pace.enter((TEN,)), told=(10, 1))
    pace.enter((TEN,))
    assert clock.now == START
    pace.enter((TEN,))
    assert clock.now >= START + 10


def test_a_request_whose_process_died_counts_until_it_can_have_no_answer() -> None:
    clock, ledger = Clock(), MemoryLedger()
    only = Limit("requests", 1, 10.0)
    paced(clock, ledger).enter((only,))
    with pytest.raises(Throttled):
        paced(clock, ledger).enter((only,))
    clock.now += 170
    paced(clock, ledger).enter((only,))


def test_metered_reads_are_counted_by_month_and_stop_at_the_cap() -> None:
    clock, ledger = Clock(), MemoryLedger()
    pace = paced(clock, ledger)
    for _ in range(3):
        pace.enter((), metered=True)
    pace.enter(())
    assert ledger.change(lambda state: reads_of(state, month_of(START))) == 3

    def cap(state: State) -> None:
        state["cap"] = 4

    ledger.change(cap)
    pace.enter((), metered=True)
    with pytest.raises(Throttled) as refused:
        pace.enter((), metered=True)
    assert refused.value.code == "READ_CAP"
    pace.enter(())
    clock.now = next_month(START).timestamp()
    pace.enter((), metered=True)


def test_the_next_month_begins_on_its_first_day() -> None:
    assert next_month(datetime(2026, 12, 31, 23, 59, tzinfo=UTC).timestamp()) == datetime(2027, 1, 1, tzinfo=UTC)
    assert next_month(datetime(2026, 1, 31, tzinfo=UTC).timestamp()) == datetime(2026, 2, 1, tzinfo=UTC)


def test_threads_that_share_a_ledger_stay_under_the_limit_together() -> None:
    ledger, sent, lock = MemoryLedger(), [], threading.Lock()
    limit = Limit("requests", 5, 0.2)

    def one() -> None:
        pace = Pace(ledger, "plain")
        ticket = pace.enter((limit,))
        with lock:
            sent.append(time.time())
        pace.leave(ticket)

    threads = [threading.Thread(target=one) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(sent) == 15
    assert most_in_a_window(sorted(sent), 0.2) <= 5
