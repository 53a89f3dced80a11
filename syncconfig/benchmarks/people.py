"""Contacts: the first sync of many, a run in which nothing changed, and reading them all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

from connectors.base import Connector
from connectors.sandbox.stand import People, Stand
from connectors.vocabulary import Kind
from syncconfig.benchmarks.measuring import (
    HUBSPOT_PAGE,
    QUICKBOOKS_PAGE,
    Measured,
    bare_session,
    check,
    connect,
    counted,
    quickbooks_pages,
    run,
    stand,
    timed,
    turned_on,
)
from syncconfig.credentials import connector_for

BARE_QUERY = "select * from Customer where Active in (true, false) orderby Id startposition {start} maxresults {size}"


def first_sync(people: int) -> list[Measured]:
    """Customers into an empty HubSpot: calls against the smallest number, time against the bare script, queries for each record; then an idle run."""
    with stand(People(people)) as made:
        bare_seconds = timed(lambda: bare_first_sync(made, people))[1]
    with stand(People(people)) as made:
        sync = turned_on(connect(made), Kind.CONTACT)
        first = counted(sync)
        idle = run(sync)
    check(first.run, "hubspot", people)
    least = quickbooks_pages(people) + 1 + math.ceil(people / HUBSPOT_PAGE)
    label = f"first sync of {people:,} customers"
    return [
        Measured(f"{label}: calls / smallest number", round(first.calls / least, 3), 1.05, "x", f"{first.calls} calls, at least {least} needed"),
        Measured(
            f"{label}: time / bare script", round(first.seconds / bare_seconds, 2), 4, "x", f"{first.seconds:.1f} s against {bare_seconds:.1f} s"
        ),
        Measured(f"{label}: queries for each record", round(first.queries / people, 3), 0.5, "", f"{first.queries} queries"),
        Measured("a run in which nothing changed: writes", sum(idle.result["writes"].values()), 0, ""),
        Measured("a run in which nothing changed: QuickBooks calls", idle.result["calls"]["quickbooks"], 1, ""),
        Measured("a run in which nothing changed: HubSpot calls", idle.result["calls"]["hubspot"], 3, "", "one search for each object"),
    ]


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


def reading(people: int) -> list[Measured]:
    """Reading every record through a connector, against a bare loop over the same pages."""
    with stand(People(people, left_too=True)) as made:
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
