"""Both simulations in a process of their own, filled and without limits, for whoever measures against them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection as Pipe
from typing import Any

from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.hubspot import oauth
from connectors.sandbox.sample import Person, generate
from connectors.sandbox.server import Server
from connectors.sandbox.state import State

LONG_AGO = 7 * 24 * 3600
"""Seconds since everything was entered: nothing of it shows in a change feed any more."""

Fill = Callable[[hubspot.HubSpot, quickbooks.QuickBooksApp], None]
"""Enters records into both simulations, without the APIs. It travels to another process."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Two simulated accounts by provider: where they answer, what their token endpoints would answer, and their numbers."""

    urls: dict[str, str]
    answers: dict[str, dict[str, Any]]
    accounts: dict[str, str]


@dataclass(frozen=True, slots=True)
class People:
    """A `Fill`: this many customers in QuickBooks and, if wanted, the same people in HubSpot."""

    number: int
    left_too: bool = False

    def __call__(self, left: hubspot.HubSpot, right: quickbooks.QuickBooksApp) -> None:
        crowd = self.crowd()
        quickbooks.load(right, quickbooks.DEFAULT_REALM, crowd)
        if self.left_too:
            hubspot.load(left, int(hubspot.PORTAL_ID), crowd)

    def crowd(self) -> list[Person]:
        return [replace(person, in_quickbooks=True, in_hubspot=self.left_too) for person in generate(self.number)]


def serve(pipe: Pipe, fill: Fill, scopes: tuple[str, ...]) -> None:
    """Fill both simulations and serve them until the other end of the pipe is closed."""
    age = [LONG_AGO]
    left = hubspot.build(State(), clock=lambda: time.time() - age[0])
    right = quickbooks.build(State(), clock=lambda: time.time() - age[0])
    left.switches.limit = left.switches.search_limit = None
    right.switches.limit_scale = 0
    fill(left, right)
    age[0] = 0
    grant = {"client": hubspot.CLIENT_ID, "portal": str(hubspot.PORTAL_ID), "scopes": list(scopes)}
    answers = {"hubspot": oauth.issue(left, grant), "quickbooks": quickbooks.issue(right, quickbooks.DEFAULT_REALM)}
    servers = {"hubspot": Server(left).start(), "quickbooks": Server(right).start()}
    accounts = {"hubspot": str(hubspot.PORTAL_ID), "quickbooks": str(quickbooks.DEFAULT_REALM)}
    pipe.send(Stand({key: server.url for key, server in servers.items()}, answers, accounts))
    with suppress(EOFError):
        pipe.recv()
