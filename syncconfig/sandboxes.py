"""The bundled simulations as this portal runs them: how they are built, seeded and kept, and what they know us as."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.oauth import Client
from connectors.sandbox.sample import Person, generate
from connectors.sandbox.server import App
from connectors.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One simulation: its module's parts, and the account that holds the sample data."""

    build: Callable[..., Any]
    seed: Callable[[Any, Any], None]
    load: Callable[[Any, Any, Iterable[Person]], int]
    account: Any
    client: Client
    webhook_secret: str


FILLED = "filled"
WEBHOOK_DELAY = 0.2
"""Seconds between a change in a simulation and its webhook; the real services take about one."""
LABELS = {"hubspot": "HubSpot", "quickbooks": "QuickBooks"}


def sandboxes() -> dict[str, Sandbox]:
    """The simulations by provider. Imported when needed: a portal that speaks to the real services never loads them."""
    from connectors.sandbox import hubspot, quickbooks

    return {
        "hubspot": Sandbox(
            hubspot.build,
            hubspot.seed,
            hubspot.load,
            hubspot.PORTAL_ID,
            Client(hubspot.CLIENT_ID, hubspot.CLIENT_SECRET),
            hubspot.CLIENT_SECRET,
        ),
        "quickbooks": Sandbox(
            quickbooks.build,
            quickbooks.seed,
            quickbooks.load,
            quickbooks.DEFAULT_REALM,
            Client(quickbooks.CLIENT_ID, quickbooks.CLIENT_SECRET),
            quickbooks.VERIFIER,
        ),
    }


def sandbox_client(provider_key: str) -> Client:
    """Who we are to a simulation. No secret: it holds made-up data on this machine only."""
    return sandboxes()[provider_key].client


def build_sandboxes(path: Path | None, *, scale: int = 0, seed: int = 1, webhooks: str = "") -> dict[str, App]:
    """Both simulations, with data from their first start on: the sample company, or `scale` generated customers drawn from `seed`.

    They share one file, each with a table of its own, and commit their own requests. `webhooks` is the base address of a portal on this
    machine, which they tell of changes; "" tells nobody.
    """
    apps: dict[str, App] = {}
    for key, sandbox in sandboxes().items():
        app = sandbox.build(State(path, key))
        if app.state.get(FILLED, key) is None:
            app.state.put(FILLED, key, {"scale": scale, "seed": seed})
            fill(app, sandbox, scale, seed)
            app.state.commit()
        if webhooks:
            app.webhooks.mail.delay = WEBHOOK_DELAY
            app.webhooks.target = f"{webhooks}/webhooks/{key}/"
        apps[key] = app
    return apps


def fill(app: Any, sandbox: Sandbox, scale: int, seed: int) -> None:
    if scale:
        sandbox.load(app, sandbox.account, generate(scale, seed))
    else:
        sandbox.seed(app, sandbox.account)


def sandbox_webhook_secret(provider_key: str) -> str:
    """What a simulation signs its webhooks with. No secret either."""
    return sandboxes()[provider_key].webhook_secret
