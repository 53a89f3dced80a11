"""Whether accounts are ready to be synced: the same checks as the page "Before you start"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from syncconfig.readiness import Pair, checks, pairs
from syncconfig.readiness_texts import State


class Command(BaseCommand):
    help = "checks every pair of connected accounts. Exit code 1 when something is blocked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [checked(pair) for pair in pairs()]
        self.stdout.write(json.dumps({"pairs": found}) if options["json"] else as_text(found))
        if any(check["state"] == State.BLOCKED for pair in found for check in pair["checks"]):
            raise SystemExit(1)


def checked(pair: Pair) -> dict[str, Any]:
    """One pair with its checks, the most urgent first."""
    now = timezone.now()
    order = list(State)
    found = sorted(checks(pair.left, pair.right, now=now), key=lambda check: order.index(check.state))
    accounts = {c.provider: {"account": c.account_id, "name": c.name} for c in (pair.left, pair.right)}
    return {"accounts": accounts, "checked_at": now.isoformat(), "checks": [asdict(check) for check in found]}


def as_text(found: list[dict[str, Any]]) -> str:
    if not found:
        return "No pair of accounts is connected."
    return "\n\n".join("\n".join(lines(pair)) for pair in found)


def lines(pair: Mapping[str, Any]) -> list[str]:
    names = " and ".join(f"{account['name']} ({account['account']})" for account in pair["accounts"].values())
    return [names, *(f"  {check['state']:<8} {check['title']}. {check['why']} {check['todo']}".rstrip() for check in pair["checks"])]
