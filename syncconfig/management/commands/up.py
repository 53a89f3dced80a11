"""Everything on one machine: web, worker and, with PROVIDERS=sandbox, the simulated APIs."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from syncconfig.supervisor import Program, Supervisor, answers, free_port


class Command(BaseCommand):
    help = "Run web, worker and sandbox until Ctrl-C, which lets running work finish."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address the web server listens on (default %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORTS["web"], help="web port (default %(default)s; 0 takes a free one)")
        parser.add_argument("--hubspot-port", type=int, default=settings.PORTS["hubspot"], help="default %(default)s")
        parser.add_argument("--quickbooks-port", type=int, default=settings.PORTS["quickbooks"], help="default %(default)s")
        parser.add_argument("--json", action="store_true", help="for programs: one line with every address, once all of them answer")

    def handle(self, *args: Any, **options: Any) -> None:
        require_migrations()
        call_command("createcachetable", verbosity=0)
        sandbox = settings.PROVIDERS == "sandbox"
        names = ("port", "hubspot_port", "quickbooks_port") if sandbox else ("port",)
        ports = {name: checked(name, options[name]) for name in names}
        Supervisor(programs(options["host"], ports, options["json"]), say=self.stderr.write, watch=self.announcement(ports, options["json"])).run()

    def announcement(self, ports: dict[str, int], as_json: bool) -> Any:
        """Say once, as soon as every server answers, where the portal is."""
        told = False

        def watch() -> None:
            nonlocal told
            if not told and all(answers(port) for port in ports.values()):
                told = True
                facts = self.facts(ports)
                self.stdout.write(json.dumps(facts) if as_json else self.style.SUCCESS(f"Tandem is running: {facts['web']}   (Ctrl-C stops it)"))
                self.stdout.flush()

        return watch

    def facts(self, ports: dict[str, int]) -> dict[str, str]:
        """Every address, by what is there."""
        simulated = {"hubspot": "hubspot_port", "quickbooks": "quickbooks_port"}
        return {"web": address_for(ports["port"])} | {k: f"http://127.0.0.1:{ports[name]}" for k, name in simulated.items() if name in ports}


def require_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is not up to date. Run: python manage.py migrate")


def checked(option: str, port: int) -> int:
    """A port nothing listens on, or one clear sentence."""
    try:
        return free_port(port)
    except OSError:
        raise CommandError(f"Port {port} is in use. Stop what uses it, or choose another with --{option.replace('_', '-')}.") from None


def address_for(port: int) -> str:
    """SITE_URL, with the port that was chosen when it is the default one of this machine."""
    default = f"http://localhost:{settings.PORTS['web']}"
    return f"http://localhost:{port}" if default == settings.SITE_URL else settings.SITE_URL


def programs(host: str, ports: dict[str, int], as_json: bool) -> list[Program]:
    """In the order in which they are stopped."""
    manage = [sys.executable, sys.argv[0]]
    known = {"SITE_URL": address_for(ports["port"])}
    if "hubspot_port" in ports:
        known |= {"HUBSPOT_SANDBOX_PORT": str(ports["hubspot_port"]), "QUICKBOOKS_SANDBOX_PORT": str(ports["quickbooks_port"])}
    web = [
        *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"{host}:{ports['port']}", "--worker-class", "gthread"),
        *("--workers", "2", "--threads", "4", "--graceful-timeout", "30", "--log-level", "warning", "--no-control-socket"),
    ]
    found = [
        Program("web", web, patience=35, environment=known),
        Program("worker", [*manage, "worker"], patience=settings.Q_CLUSTER["timeout"] + 30, environment=known),
    ]
    if "hubspot_port" in ports:
        found.append(Program("sandbox", [*manage, "sandbox", *(["--json"] if as_json else [])], patience=10, environment=known))
    return found
