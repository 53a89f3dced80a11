"""What all scenarios share: a figure with its limit, simulations in a process of their own, a portal connected to them, and a bare session."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import requests
from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from connectors.oauth import parse_grant
from connectors.registry import PROVIDERS
from connectors.sandbox.stand import Fill, Stand, serve
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts, run_queue, runner
from syncconfig.credentials import connector_for, store_consent
from syncconfig.models import Connection, ObjectSync, SyncRun

QUICKBOOKS_PAGE, QUICKBOOKS_BATCH, HUBSPOT_PAGE = 1000, 30, 100
"""Most records that one call reads or writes; HubSpot's pages and batches are of one size."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the table: `value` against `limit` in `unit`; a ratio is to the bare script or to the smallest number of calls."""

    what: str
    value: float
    limit: float
    unit: str
    note: str = ""

    @property
    def ok(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Timed:
    """A run with its seconds and the number of its database queries."""

    run: SyncRun
    seconds: float
    queries: int

    @property
    def calls(self) -> int:
        return sum(self.run.result["calls"].values())


@contextmanager
def stand(fill: Fill) -> Iterator[Stand]:
    """Both simulations in a process of their own, filled, and a portal that speaks to them."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, fill, PROVIDERS["hubspot"].asked_scopes), daemon=True)
    process.start()
    there.close()
    try:
        made: Stand = here.recv()
        with override_settings(PROVIDERS="sandbox", SANDBOX_URLS=made.urls, SANDBOX_PACE=0.0):
            yield made
    finally:
        here.close()
        process.join(10)


def connect(made: Stand) -> dict[str, Connection]:
    """Connections to both accounts, as a consent would leave them. Syncs of an earlier stand are gone: its accounts had the same numbers."""
    ObjectSync.objects.filter(left__account_id=made.accounts["hubspot"]).delete()
    found = {}
    for key in PROVIDERS:
        grant = parse_grant(key, made.answers[key])
        found[key] = store_consent(key, grant, made.accounts[key], None)
        for kind in Kind:
            connector_for(found[key]).setup(kind)
    return found


def turned_on(connections: dict[str, Connection], kind: Kind, direction: Direction | None = None, since: datetime | None = None) -> ObjectSync:
    """A sync with its recommended settings; `since` is when it counts as set up, for the filters that ask for it."""
    sync = drafts.start(connections["hubspot"], connections["quickbooks"], kind, since or timezone.now())
    if direction:
        sync.direction = direction
        sync.options = {**sync.options, **{name: found[0].value for name, found in drafts.account_options(sync).items() if found}}
        sync.save()
    return drafts.save_and_turn_on(sync, None, timezone.now())


def run(sync: ObjectSync) -> SyncRun:
    claimed = run_queue.claim(run_queue.ask(sync, SyncRun.Trigger.COMMAND).pk, timezone.now())
    if claimed is None:
        raise RuntimeError("the run could not be claimed")
    return runner.execute(claimed)


def counted(sync: ObjectSync) -> Timed:
    """A run, with its queries. They are counted only: Django's own log of them takes much of the time."""
    queries = count()

    def tally(execute: Callable[..., Any], *arguments: Any) -> Any:
        next(queries)
        return execute(*arguments)

    with connection.execute_wrapper(tally):
        finished, seconds = timed(lambda: run(sync))
    return Timed(finished, seconds, next(queries))


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    result = act()
    return result, time.perf_counter() - started


def check(finished: SyncRun, provider: str, created: int) -> None:
    """Raises when a run did not create this many records at a provider, or did not succeed."""
    if finished.state != SyncRun.State.SUCCEEDED or finished.result["created"][provider] != created:
        raise RuntimeError(f"the measured run did not do its work: {finished.state} {finished.error} {finished.result}")


def quickbooks_pages(rows: int) -> int:
    """How many pages it takes to read this many rows: a full page does not tell that it is the last one."""
    return rows // QUICKBOOKS_PAGE + 1


def bare_session(made: Stand, key: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Authorization": f"Bearer {made.answers[key]['access_token']}", "Accept": "application/json"})
    return session
