"""Both simulations in a process of their own, filled and without limits, for whoever measures against them."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection as Pipe
from typing import Any

from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.hubspot import oauth
from connectors.sandbox.sample import generate
from connectors.sandbox.server import Server
from connectors.sandbox.state import State

LONG_AGO = 7 * 24 * 3600
"""Seconds since the people were entered: nothing of it shows in a change feed any more."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Two simulated accounts by provider: where they answer, what their token endpoints would answer, and their numbers."""

    urls: dict[str, str]
    answers: dict[str, dict[str, Any]]
    accounts: dict[str, str]


def serve(pipe: Pipe, people: int, left_too: bool, scopes: tuple[str, ...]) -> None:
    """Put `people` customers into QuickBooks, and into HubSpot if `left_too`; serve until the other end of the pipe is closed."""
    age = [LONG_AGO]
    left = hubspot.build(State(), clock=lambda: time.time() - age[0])
    right = quickbooks.build(State(), clock=lambda: time.time() - age[0])
    left.switches.limit = None
    right.switches.limit_scale = 0
    crowd = [replace(person, in_quickbooks=True, in_hubspot=left_too) for person in generate(people)]
    quickbooks.load(right, quickbooks.DEFAULT_REALM, crowd)
    if left_too:
        hubspot.load(left, int(hubspot.PORTAL_ID), crowd)
    age[0] = 0
    grant = {"client": hubspot.CLIENT_ID, "portal": str(hubspot.PORTAL_ID), "scopes": list(scopes)}
    answers = {"hubspot": oauth.issue(left, grant), "quickbooks": quickbooks.issue(right, quickbooks.DEFAULT_REALM)}
    servers = {"hubspot": Server(left).start(), "quickbooks": Server(right).start()}
    accounts = {"hubspot": str(hubspot.PORTAL_ID), "quickbooks": str(quickbooks.DEFAULT_REALM)}
    pipe.send(Stand({key: server.url for key, server in servers.items()}, answers, accounts))
    with suppress(EOFError):
        pipe.recv()
