"""The two simulated APIs only."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.sandbox.server import Server
from connectors.sandbox.webhooks import on_this_machine
from syncconfig.sandboxes import LABELS, build_sandboxes


class Command(BaseCommand):
    help = "Serve the simulated HubSpot and QuickBooks. Their state is kept between starts."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hubspot-port", type=int, default=settings.PORTS["hubspot"], help="default %(default)s; 0 takes a free one")
        parser.add_argument("--quickbooks-port", type=int, default=settings.PORTS["quickbooks"], help="default %(default)s; 0 takes a free one")
        parser.add_argument("--memory", action="store_true", help="keep nothing")
        parser.add_argument("--reset", action="store_true", help="forget everything first")
        parser.add_argument("--json", action="store_true", help="for programs: one line with both addresses")
        parser.add_argument("--scale", type=int, default=0, metavar="N", help="N generated customers instead of the sample company")
        parser.add_argument("--seed", type=int, default=1, help="what the generated customers are drawn from (default %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        path = None if options["memory"] else settings.DATA_DIR / "sandbox.sqlite3"
        if path and options["reset"]:
            forget(path)
        apps = build_sandboxes(path, scale=options["scale"], seed=options["seed"], webhooks=portal())
        ports = {"hubspot": options["hubspot_port"], "quickbooks": options["quickbooks_port"]}
        servers = [serve(key, app, ports[key]) for key, app in apps.items()]
        addresses = {key: server.url for key, server in zip(apps, servers, strict=True)}
        lines = [json.dumps(addresses)] if options["json"] else [f"{LABELS[key]} sandbox at {url}" for key, url in addresses.items()]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
        wait_for_signal()
        for server in servers:
            server.stop()


def portal() -> str:
    """Where the portal hears of changes: it has to speak to these simulations, and to be on this machine. "" otherwise."""
    return settings.SITE_URL if settings.PROVIDERS == "sandbox" and on_this_machine(settings.SITE_URL) else ""


def forget(path: Path) -> None:
    """Remove the state file with its journal."""
    for part in ("", "-wal", "-shm"):
        path.with_name(path.name + part).unlink(missing_ok=True)


def serve(key: str, app: Any, port: int) -> Server:
    try:
        return Server(app, port=port).start()
    except OSError:
        raise CommandError(f"Port {port} is in use. Stop what uses it, or choose another with --{key}-port.") from None


def wait_for_signal() -> None:
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    asked.wait()
