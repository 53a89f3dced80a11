"""Benchmarks: what the product costs, as ratios to a bare script that makes the same calls in the same run.

The simulations run in a process of their own, the portal uses a database made for the purpose. Absolute times are of this machine; ratios travel.
"""

from __future__ import annotations

from collections.abc import Callable

from syncconfig.benchmarks.invoices import first_invoices
from syncconfig.benchmarks.limits import limited
from syncconfig.benchmarks.measuring import Measured
from syncconfig.benchmarks.people import first_sync, reading
from syncconfig.benchmarks.webhooks import latency

SCENARIOS: dict[str, tuple[Callable[[int], list[Measured]], int]] = {
    "first-sync": (first_sync, 2000),
    "first-invoices": (first_invoices, 1000),
    "reading": (reading, 20_000),
    "limits": (limited, 5000),
    "webhooks": (latency, 200),
}
"""Scenario and its usual number of records."""

__all__ = ["SCENARIOS", "Measured"]
