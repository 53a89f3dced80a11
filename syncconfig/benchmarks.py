"""Benchmarks: what the product costs, as ratios to a bare script that makes the same calls in the same run.

The simulations run in a process of their own, the portal uses a database made for the purpose. Absolute times are of this machine; ratios travel.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import requests
from django.db import connection, reset_queries
from django.test.utils import override_settings
from django.utils import timezone

from connectors.base import Connector
from connectors.oauth import parse_grant
from connectors.registry import PROVIDERS
from connectors.sandbox.stand import Stand, serve
from connectors.vocabulary import Kind
from syncconfig import drafts, runner
from syncconfig.credentials import connector_for, store_consent
from syncconfig.models import Connection, ObjectSync, SyncRun

QUICKBOOKS_PAGE, HUBSPOT_PAGE = 1000, 100
BARE_QUERY = "select * from Customer where Active in (true, false) orderby Id startposition {start} maxresults {size}"


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


@contextmanager
def stand(people: int, *, left_too: bool = False) -> Iterator[Stand]:
    """Both simulations in a process of their own, with people in QuickBooks and, if wanted, the same people in HubSpot."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, people, left_too, PROVIDERS["hubspot"].scopes), daemon=True)
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
    """Connections to both accounts, as a consent would leave them."""
    found = {}
    for key in PROVIDERS:
        grant = parse_grant(key, made.answers[key])
        found[key] = store_consent(key, grant, made.accounts[key], None)
        connector_for(found[key]).setup(Kind.CONTACT)
    return found


def turned_on(connections: dict[str, Connection]) -> ObjectSync:
    now = timezone.now()
    sync = drafts.start(connections["hubspot"], connections["quickbooks"], Kind.CONTACT, now)
    return drafts.save_and_turn_on(sync, None, now)


def run(sync: ObjectSync) -> SyncRun:
    claimed = runner.claim(runner.ask(sync, SyncRun.Trigger.COMMAND).pk, timezone.now())
    if claimed is None:
        raise RuntimeError("the run could not be claimed")
    return runner.execute(claimed)


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    result = act()
    return result, time.perf_counter() - started


def first_sync(people: int) -> list[Measured]:
    """Customers into an empty HubSpot: calls against the smallest number, time against the bare script, queries for each record; then an idle run."""
    with stand(people) as made:
        bare_seconds = timed(lambda: bare_first_sync(made, people))[1]
    with stand(people) as made:
        sync = turned_on(connect(made))
        reset_queries()
        connection.force_debug_cursor = True
        first, seconds = timed(lambda: run(sync))
        queries = len(connection.queries_log)
        connection.force_debug_cursor = False
        idle = run(sync)
    check(first, created=people)
    calls = sum(first.result["calls"].values())
    least = math.ceil(people / QUICKBOOKS_PAGE) + 1 + math.ceil(people / HUBSPOT_PAGE)
    label = f"first sync of {people:,} customers"
    return [
        Measured(f"{label}: calls / smallest number", round(calls / least, 3), 1.05, "x", f"{calls} calls, at least {least} needed"),
        Measured(f"{label}: time / bare script", round(seconds / bare_seconds, 2), 4, "x", f"{seconds:.1f} s against {bare_seconds:.1f} s"),
        Measured(f"{label}: queries for each record", round(queries / people, 3), 0.5, "", f"{queries} queries"),
        Measured("a run in which nothing changed: writes", sum(idle.result["writes"].values()), 0, ""),
        Measured("a run in which nothing changed: QuickBooks calls", idle.result["calls"]["quickbooks"], 1, ""),
        Measured("a run in which nothing changed: HubSpot calls", idle.result["calls"]["hubspot"], 3, "", "one search for each object"),
    ]


def check(finished: SyncRun, *, created: int) -> None:
    if finished.state != SyncRun.State.SUCCEEDED or finished.result["created"]["hubspot"] != created:
        raise RuntimeError(f"the measured run did not do its work: {finished.state} {finished.error} {finished.result}")


def bare_first_sync(made: Stand, people: int) -> None:
    """The same calls as a first sync of customers, by a script that keeps nothing."""
    rows = list(bare_customers(made))
    session = bare_session(made, "hubspot")
    base = f"{made.urls['hubspot']}/crm/objects/2026-09/contacts"
    session.get(base, params={"limit": "100"}, timeout=60).raise_for_status()
    waiting = iter(rows)
    while part := list(islice(waiting, HUBSPOT_PAGE)):
        inputs = [{"id": row["PrimaryEmailAddr"]["Address"], "idProperty": "email", "properties": bare_properties(row)} for row in part]
        session.post(f"{base}/batch/upsert", json={"inputs": inputs}, timeout=60).raise_for_status()


def bare_properties(row: dict[str, Any]) -> dict[str, str]:
    address = row.get("BillAddr", {})
    return {
        "email": row["PrimaryEmailAddr"]["Address"],
        "firstname": row.get("GivenName", ""),
        "lastname": row.get("FamilyName", ""),
        "phone": row.get("PrimaryPhone", {}).get("FreeFormNumber", ""),
        "address": address.get("Line1", ""),
        "city": address.get("City", ""),
    }


def bare_customers(made: Stand) -> Iterator[dict[str, Any]]:
    session = bare_session(made, "quickbooks")
    start = 1
    while True:
        query = BARE_QUERY.format(start=start, size=QUICKBOOKS_PAGE)
        address = f"{made.urls['quickbooks']}/v3/company/{made.accounts['quickbooks']}/query"
        answer = session.get(address, params={"query": query, "minorversion": "75"}, timeout=60)
        answer.raise_for_status()
        rows = answer.json()["QueryResponse"].get("Customer", [])
        yield from rows
        if len(rows) < QUICKBOOKS_PAGE:
            return
        start += len(rows)


def bare_session(made: Stand, key: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Authorization": f"Bearer {made.answers[key]['access_token']}", "Accept": "application/json"})
    return session


def reading(people: int) -> list[Measured]:
    """Reading every record through a connector, against a bare loop over the same pages."""
    with stand(people, left_too=True) as made:
        connections = connect(made)
        rows = []
        for key, bare in (("quickbooks", bare_customers), ("hubspot", bare_contacts)):
            bare_seconds = min(timed(lambda bare=bare: sum(1 for _ in bare(made)))[1] for _ in range(2))  # type: ignore[misc]
            connector = connector_for(connections[key])
            names = [f.key for f in connector.fields(Kind.CONTACT) if f.meaning and not f.association and f.meaning != "associated_company_name"]
            seconds = min(timed(lambda c=connector, n=names: read_all(c, n))[1] for _ in range(2))  # type: ignore[misc]
            rows.append(
                Measured(f"reading {people:,} records from {key} / bare loop", round(seconds / bare_seconds, 2), 1.5, "x", f"{seconds:.1f} s")
            )
    return rows


def read_all(connector: Connector, names: list[str]) -> int:
    return sum(len(page.records) for page in connector.changes(Kind.CONTACT, None, names))


def bare_contacts(made: Stand) -> Iterator[dict[str, Any]]:
    session = bare_session(made, "hubspot")
    names = "email,firstname,lastname,company,phone,mobilephone,fax,website,salutation,address,city,state,zip,country,jobtitle,lifecyclestage"
    after = ""
    while True:
        params = {"limit": "100", "properties": names, **({"after": after} if after else {})}
        body = session.get(f"{made.urls['hubspot']}/crm/objects/2026-09/contacts", params=params, timeout=60).json()
        yield from body["results"]
        after = body.get("paging", {}).get("next", {}).get("after", "")
        if not after:
            return


SCENARIOS: dict[str, tuple[Callable[[int], list[Measured]], int]] = {"first-sync": (first_sync, 2000), "reading": (reading, 20_000)}
"""Scenario and its usual number of people."""
