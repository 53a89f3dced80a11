"""What each account may be asked and was asked, shared by all processes: one row that is changed under a lock (see `connectors.pacing`)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from connectors.pacing import State, hold_all, month_of, next_month, reads_of
from syncconfig.models import Budget, Connection
from syncconfig.visits import visit

T = TypeVar("T")


class DatabaseLedger:
    """The ledger of one connection. Safe for the threads of a connector."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id
        self._home = threading.get_ident()

    def change(self, act: Callable[[State], T]) -> T:
        with visit(self._home), transaction.atomic():
            row = Budget.objects.select_for_update().filter(connection_id=self._connection_id).first()
            if row is None:
                Budget.objects.get_or_create(connection_id=self._connection_id)
                row = Budget.objects.select_for_update().get(connection_id=self._connection_id)
            given = act(row.state)
            row.save(update_fields=["state"])
            return given


@dataclass(frozen=True, slots=True)
class Reads:
    """Metered reads of a connection in one month: counted so far, expected by its end, and the cap, None for none."""

    month: str
    used: int
    forecast: int
    cap: int | None

    @property
    def used_up(self) -> bool:
        return self.cap is not None and self.used >= self.cap


def reads(connection: Connection, now: datetime, known: State | None = None) -> Reads:
    """What was read this month and, at the same rate, will have been by its end. The first day of a month counts as a whole one."""
    state = state_of(connection) if known is None else known
    used = reads_of(state, month_of(now.timestamp()))
    end = next_month(now.timestamp())
    start = (end - timedelta(days=1)).replace(day=1)
    began = max(start, connection.connected_at or start)
    share = max((now - began) / (end - start), timedelta(days=1) / (end - start))
    return Reads(month_of(now.timestamp()), used, used + round(used / share * ((end - now) / (end - start))), state.get("cap"))


def state_of(connection: Connection) -> State:
    """A copy of what is counted."""
    row = Budget.objects.filter(connection=connection).first()
    return row.state if row else {}


def all_states() -> dict[int, State]:
    """What is counted, by connection."""
    return dict(Budget.objects.values_list("connection_id", "state"))


def set_cap(connection: Connection, cap: int | None) -> None:
    """Let a connection read at most so much in a month."""

    def put(state: State) -> None:
        state["cap"] = cap

    DatabaseLedger(connection.pk).change(put)


def rest_until_midnight(connection: Connection, now: datetime) -> datetime:
    """Ask an account nothing more before the next midnight in its own zone, when its daily quota returns."""
    here = now.astimezone(ZoneInfo(connection.zone or "UTC"))
    until = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    hold_all(DatabaseLedger(connection.pk), until)
    return until


def poll_interval(connection: Connection, now: datetime) -> timedelta:
    """How long to wait between two looks at a change feed: longer as the month's reads run short, so that they last to its end."""
    usual = timedelta(seconds=settings.POLL_SECONDS[connection.provider])
    state = state_of(connection)
    if state.get("cap") is None:
        return usual
    left = state["cap"] - reads_of(state, month_of(now.timestamp()))
    remaining = next_month(now.timestamp()) - now
    if left <= 0:
        return remaining
    return max(usual, remaining / left * READS_PER_LOOK)


READS_PER_LOOK = 8
"""About how many metered reads one look costs with everything it leads to, over all syncs of a pair."""
