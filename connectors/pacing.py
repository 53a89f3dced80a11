"""Staying under a provider's limits: how many requests of an account count in a window of time, over everybody who speaks to it.

A request counts from before it leaves until one whole window after its answer came, because only then has the service forgotten it for sure: so a
limit can be used up to its last request without a single refusal. What counts is kept in a `Ledger`, which several processes may share. Limits are
the documented ones until the service tells others.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from connectors.errors import Throttled

STEPS = 50
"""Parts of a window that requests are counted in."""
PATIENCE_SECONDS = 150.0
"""A request without an answer counts for so long, and then one window: longer than any call may take."""
MAX_WAIT_SECONDS = 65.0
"""Whoever would have to wait longer is told so instead."""
NAP_SECONDS = 0.25
EVERYTHING = "*"
"""What is held when an account is not to be asked at all."""
READ_CAP = "READ_CAP"
"""The code of a refusal of our own: the account's reads of this month are used up."""

State = dict[str, Any]
"""Plain JSON: "counts" by window and part, "holds" and "limits" by window, "reads" by month, "cap"."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests in any `seconds`. Requests of several kinds may count in one window."""

    window: str
    count: int
    seconds: float

    def faster(self, factor: float) -> Limit:
        """The same count in a shorter time."""
        return Limit(self.window, self.count, self.seconds / factor)

    def part(self, moment: float) -> str:
        """The part of time after which what ends at a moment is over."""
        return str(math.ceil(moment * STEPS / self.seconds))

    def end(self, part: str) -> float:
        return int(part) * self.seconds / STEPS


Ticket = tuple[tuple[Limit, str], ...]
"""Where a request counts until it is answered."""


class Ledger(Protocol):
    """Keeps the state of one account."""

    def change(self, act: Callable[[State], T]) -> T:
        """Let `act` read and change the state while nobody else does; what it gives. What it raises changes nothing."""


class MemoryLedger:
    """A ledger of this process."""

    def __init__(self) -> None:
        self._state: State = {}
        self._lock = threading.Lock()

    def change(self, act: Callable[[State], T]) -> T:
        with self._lock:
            return act(self._state)


@dataclass
class Pace:
    """Lets the requests of one account go when they may. Safe for several threads. `clock` is the time of day in seconds, the same for all."""

    ledger: Ledger = field(default_factory=MemoryLedger)
    provider: str = ""
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def enter(self, limits: tuple[Limit, ...], *, metered: bool = False) -> Ticket:
        """Return when a request may leave; it counts from now on. `metered` ones are counted by month too.

        Raises `Throttled` when the account is not to be asked for long, or has used up its reads.
        """
        while True:
            now = self.clock()
            found = self.ledger.change(lambda state: _enter(state, limits, now, metered, self.provider))  # noqa: B023 - called at once
            if not isinstance(found, float):
                return found
            if found > MAX_WAIT_SECONDS:
                raise Throttled("is not to be asked yet", retry_after=found, provider=self.provider)
            self.sleep(min(found, NAP_SECONDS))

    def leave(self, ticket: Ticket, told: tuple[int, int] | None = None) -> None:
        """The answer is there. `told` is (limit, what is left of it) of the first window, where the service says so."""
        if ticket:
            now = self.clock()
            self.ledger.change(lambda state: _leave(state, ticket, now, told))

    def hold(self, windows: Iterable[str], seconds: float) -> None:
        """Let nobody go for a while."""
        until = self.clock() + seconds
        self.ledger.change(lambda state: _hold(state, windows, until))


def hold_all(ledger: Ledger, until: datetime) -> None:
    """Let nobody ask an account anything before a moment."""
    ledger.change(lambda state: _hold(state, (EVERYTHING,), until.timestamp()))


def reads_of(state: Mapping[str, Any], month: str) -> int:
    """How many metered reads were counted in a month like "2026-11"."""
    return int(state.get("reads", {}).get(month, 0))


def month_of(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


def next_month(now: float) -> datetime:
    """When the next month begins, in UTC."""
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _enter(state: State, limits: tuple[Limit, ...], now: float, metered: bool, provider: str) -> float | Ticket:
    """The ticket, or the seconds to wait at least."""
    holds = state.get("holds", {})
    wait = max([0.0, *(float(holds.get(name, 0)) - now for name in (EVERYTHING, *(limit.window for limit in limits)))])
    if metered and state.get("cap") is not None and reads_of(state, month_of(now)) >= state["cap"]:
        raise Throttled("has no reads left this month", retry_after=next_month(now).timestamp() - now, provider=provider, code=READ_CAP)
    wait = max([wait, *(_wait(state, limit, now) for limit in limits)])
    if wait > 0:
        return wait
    if metered:
        _meter(state, month_of(now))
    ticket = tuple((limit, limit.part(now + limit.seconds + PATIENCE_SECONDS)) for limit in limits)
    for limit, part in ticket:
        _count(state, limit, part, 1)
    return ticket


def _wait(state: State, limit: Limit, now: float) -> float:
    """Seconds until a window takes one more, as far as is known now."""
    counts: dict[str, int] = state.setdefault("counts", {}).setdefault(limit.window, {})
    for part in [part for part in counts if limit.end(part) <= now]:
        del counts[part]
    missing = sum(counts.values()) + 1 - int(state.get("limits", {}).get(limit.window, limit.count))
    for part in sorted(counts, key=int):
        if missing <= 0:
            break
        missing -= counts[part]
        if missing <= 0:
            return max(limit.end(part) - now, 0.001)
    return 0.0


def _leave(state: State, ticket: Ticket, now: float, told: tuple[int, int] | None) -> None:
    for limit, part in ticket:
        _count(state, limit, part, -1)
        _count(state, limit, limit.part(now + limit.seconds), 1)
    if told:
        _correct(state, ticket[0][0], now, *told)


def _correct(state: State, limit: Limit, now: float, maximum: int, left: int) -> None:
    """Go by what the service says: another limit than the documented one, and requests that somebody else sent."""
    state.setdefault("limits", {})[limit.window] = maximum
    others = (maximum - left) - sum(state["counts"][limit.window].values())
    if others > 0:
        _count(state, limit, limit.part(now + limit.seconds), others)


def _count(state: State, limit: Limit, part: str, number: int) -> None:
    counts = state.setdefault("counts", {}).setdefault(limit.window, {})
    counts[part] = counts.get(part, 0) + number
    if counts[part] <= 0:
        del counts[part]


def _hold(state: State, windows: Iterable[str], until: float) -> None:
    holds = state.setdefault("holds", {})
    for name in windows:
        holds[name] = max(float(holds.get(name, 0)), until)


def _meter(state: State, month: str) -> None:
    reads = state.setdefault("reads", {})
    reads[month] = reads.get(month, 0) + 1
    for old in sorted(reads)[:-13]:
        del reads[old]
