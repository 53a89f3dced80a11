"""QuickBooks Online, simulated: OAuth, companies, people, items, invoices and payments, queries, change data capture, batches, limits, pages.

    app = build(State())
    seed(app, DEFAULT_REALM)
    with Server(app) as server: ...

Its truth is the reference sheet; what the sheet calls unverified is a member of `Switches`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.sandbox.quickbooks import api, discovery, oauth, pages, pages_invoices, pages_items, pages_payments, pages_settings
from connectors.sandbox.quickbooks.app import DEFAULT_REALM, QuickBooksApp, add_company
from connectors.sandbox.quickbooks.oauth import CLIENT_ID, CLIENT_SECRET, issue
from connectors.sandbox.quickbooks.seed import load, seed
from connectors.sandbox.quickbooks.switches import RequestIds, Rotation, Switches
from connectors.sandbox.quickbooks.webhooks import VERIFIER
from connectors.sandbox.state import State

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "DEFAULT_REALM",
    "VERIFIER",
    "QuickBooksApp",
    "RequestIds",
    "Rotation",
    "Switches",
    "add_company",
    "build",
    "issue",
    "load",
    "seed",
]


def build(state: State, *, clock: Callable[[], float] = time.time) -> QuickBooksApp:
    """The service over a state; an empty state gets the company Cedar & Slate Landscaping, without records."""
    app = QuickBooksApp(state, clock=clock)
    if not app.companies:
        add_company(app, DEFAULT_REALM, "Cedar & Slate Landscaping")
        state.commit()
    for part in (oauth, discovery, api, pages_items, pages_invoices, pages_payments, pages_settings, pages):
        part.routes(app)
    return app
