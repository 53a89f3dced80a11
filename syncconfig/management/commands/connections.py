"""The connected accounts: list them, check that their access works, disconnect one."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.errors import ConnectorError, Unauthorized
from syncconfig import credentials
from syncconfig.models import Connection


class Command(BaseCommand):
    help = "list, check or disconnect the connected accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name, text in (("list", "all accounts"), ("check", "ask each provider who we are"), ("disconnect", "revoke one and forget its tokens")):
            action = actions.add_parser(name, help=text)
            action.add_argument("--json", action="store_true", help="for programs")
            if name == "disconnect":
                action.add_argument("provider")
                action.add_argument("account", help="the provider's number of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Connection.objects.all()
        if options["action"] == "disconnect":
            facts = [disconnected(rows.filter(provider=options["provider"], account_id=options["account"]).first())]
        elif options["action"] == "check":
            facts = [checked(row) for row in rows.exclude(status=Connection.Status.DISCONNECTED)]
        else:
            facts = [described(row) for row in rows]
        self.stdout.write(json.dumps({"connections": facts}) if options["json"] else as_text(facts))
        if any(fact.get("ok") is False for fact in facts):
            raise SystemExit(1)


def described(row: Connection) -> dict[str, Any]:
    return {
        "provider": row.provider,
        "account": row.account_id,
        "name": row.name,
        "status": row.status,
        "sandbox": row.sandbox,
        "currency": row.currency,
        "zone": row.zone,
    }


def checked(row: Connection) -> dict[str, Any]:
    """Ask the provider for the account; a refusal is noted on the connection."""
    problem = ""
    try:
        credentials.connector_for(row).account()
        missing = credentials.missing_scopes(row)
        problem = f"permissions not granted: {', '.join(missing)}" if missing else ""
    except Unauthorized as error:
        credentials.mark_reconnect_needed(row.pk, error)
        problem = "reconnect needed"
    except ConnectorError as error:
        problem = str(error)
    row.refresh_from_db()
    return {**described(row), "ok": not problem, "problem": problem}


def disconnected(row: Connection | None) -> dict[str, Any]:
    if row is None:
        raise CommandError("No such connection. `connections list` shows them.", returncode=2)
    told = credentials.disconnect(row)
    return {**described(row), "ok": told, "problem": "" if told else "the provider could not be told; remove the app there too"}


def as_text(facts: list[dict[str, Any]]) -> str:
    if not facts:
        return "No account is connected."
    return "\n".join(line(fact) for fact in facts)


def line(fact: dict[str, Any]) -> str:
    problem = f"  ({fact['problem']})" if fact.get("problem") else ""
    return f"{fact['provider']:<12} {fact['account']:<22} {fact['status']:<18} {fact['name']}{problem}"
