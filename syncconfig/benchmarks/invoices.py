"""Invoices: the first sync of many in either direction, their customers and products being linked.

The smallest number of calls is that of a client that knows nothing but what the documents say. A call belongs to it when leaving it out would leave
something out of the result, or would let an invoice stand open that is not complete:

    HubSpot from QuickBooks (reference 12.3)
        one zone, because HubSpot keeps days as moments
        the list of the invoices that stand there, which is empty: one page
        n/100       upserts: a draft each, by our unique property, because only that can be sent twice
        lines/100   creates of lines; with their association, so that none needs another call
        n/100       reads of contacts: which company a contact belongs to is told by the contact alone
        2 x n/2000  associations, with the contact and with its company
        n/1000      reads of the lines of each invoice, before it opens: what a person added meanwhile would be billed
        n/100       updates: the amount, lost when lines are associated, and the status last
        n/100       reads afterwards: what a person changed between two of our steps carries the time of the last one, and no feed shows it

    QuickBooks from HubSpot
        n/100       pages of invoices, with the ids of contacts, lines, discounts, fees and taxes
        lines/100   reads of lines
        one zone, one page of the invoices that stand in the books, one read of the settings that decide on currencies, one of the country,
        on which tax codes depend
        n/1500      searches for the numbers: they are to be free among invoices and credit memos, each asked for in lists of 100, 30 lists a call
        n/30        batches of creates; their answers tell all that was stored

A page that is full does not tell that it is the last one, so QuickBooks is asked once more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Literal

from django.utils import timezone

from connectors.sandbox.stand import Stand
from connectors.sandbox.trade import Invoices
from connectors.vocabulary import Direction, Kind
from syncconfig.benchmarks.bare_invoices import BareToHubSpot, BareToQuickBooks
from syncconfig.benchmarks.measuring import (
    HUBSPOT_PAGE,
    QUICKBOOKS_BATCH,
    QUICKBOOKS_PAGE,
    Measured,
    check,
    connect,
    counted,
    quickbooks_pages,
    run,
    stand,
    timed,
    turned_on,
)

NEW_ASSOCIATIONS, ASSOCIATIONS = 2000, 1000
NUMBERS = 100 * QUICKBOOKS_BATCH // 2
FEEDS = 7
"""Calls that tell that nothing changed: of invoices, lines, discounts, fees, taxes and deals, and of the books."""
SLOWER = 10
"""How much longer than a script a run may take that keeps what it saw, decides, and can be stopped anywhere."""
SINCE = timedelta(days=30)
"""The sync counts as set up before the invoices were made, because only later ones take part."""


def first_invoices(number: int) -> list[Measured]:
    """Both directions: calls against the smallest number, time against the bare script, queries for each record; then an idle run."""
    return [*_measured(number, "quickbooks", "hubspot"), *_measured(number, "hubspot", "quickbooks")]


def _measured(number: int, source: Literal["hubspot", "quickbooks"], target: str) -> list[Measured]:
    trade = Invoices(number, source)
    lines = sum(map(len, trade.sales()))
    direction = Direction.TO_LEFT if target == "hubspot" else Direction.TO_RIGHT
    with stand(trade) as made:
        bare_seconds = timed(BARE[target](made))[1]
    with stand(trade) as made:
        connections = connect(made)
        for kind in (Kind.CONTACT, Kind.PRODUCT):
            run(turned_on(connections, kind))
        sync = turned_on(connections, Kind.INVOICE, direction, timezone.now() - SINCE)
        first = counted(sync)
        idle = run(sync)
    check(first.run, target, number)
    least = LEAST[target](number, lines)
    label = f"first sync of {number:,} invoices to {target}"
    again = f"a run after {number:,} invoices to {target}"
    own = quickbooks_pages(number) if target == "quickbooks" and number >= QUICKBOOKS_PAGE else 0
    return [
        Measured(f"{label}: calls / smallest number", round(first.calls / least, 3), 1.05, "x", f"{first.calls} calls, at least {least} needed"),
        Measured(
            f"{label}: time / bare script", round(first.seconds / bare_seconds, 2), SLOWER, "x", f"{first.seconds:.1f} s against {bare_seconds:.1f} s"
        ),
        Measured(f"{label}: queries for each record", round(first.queries / number, 3), 0.75, "", f"{first.queries} queries"),
        Measured(f"{again}: writes", sum(idle.result["writes"].values()), 0, ""),
        Measured(f"{again}: calls", sum(idle.result["calls"].values()), FEEDS + own, "", "one search for each object, pages of too many changes"),
    ]


def least_to_hubspot(number: int, lines: int) -> int:
    """The calls of n invoices with these lines altogether: see above."""
    read = quickbooks_pages(number) + 2 + ceil(number / HUBSPOT_PAGE)
    made = ceil(number / HUBSPOT_PAGE) + ceil(lines / HUBSPOT_PAGE) + 2 * ceil(number / NEW_ASSOCIATIONS)
    return read + made + ceil(number / ASSOCIATIONS) + 2 * ceil(number / HUBSPOT_PAGE)


def least_to_quickbooks(number: int, lines: int) -> int:
    """The calls of n invoices with these lines altogether: see above."""
    read = ceil(number / HUBSPOT_PAGE) + ceil(lines / HUBSPOT_PAGE) + 4
    return read + ceil(number / NUMBERS) + ceil(number / QUICKBOOKS_BATCH)


BARE: dict[str, Callable[[Stand], Callable[[], None]]] = {"hubspot": BareToHubSpot, "quickbooks": BareToQuickBooks}
LEAST: dict[str, Callable[[int, int], int]] = {"hubspot": least_to_hubspot, "quickbooks": least_to_quickbooks}
