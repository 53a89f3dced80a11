"""HubSpot, simulated: consent, objects, batches, search, associations, properties, and pages for people."""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.sandbox.hubspot import associations, batches, deals, line_items, oauth, objects, pages, properties, search
from connectors.sandbox.hubspot.app import CLIENT_ID, CLIENT_SECRET, PORTAL_ID, HubSpot, Switches
from connectors.sandbox.hubspot.sales import load_products
from connectors.sandbox.hubspot.sample import load, seed
from connectors.sandbox.state import State

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "PORTAL_ID", "HubSpot", "Switches", "build", "load", "load_products", "seed"]


def build(state: State, *, clock: Callable[[], float] = time.time) -> HubSpot:
    """The simulated service on this state. An empty state gets one account and one client, and no records."""
    app = HubSpot(state, clock=clock)
    for subject in (oauth, properties, batches, search, objects, associations, deals, line_items, pages):
        subject.add(app)
    return app
