"""What is set up and how it stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from connectors.vocabulary import Kind
from syncconfig.budgets import reads
from syncconfig.models import Connection, ObjectSync, SyncRecord, SyncRun
from syncconfig.money import Sum, sums
from syncconfig.pairs import Pair


class Command(BaseCommand):
    help = "every sync with its counts and its last run, and how long the oldest queued run waits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--money", action="store_true", help="the sums of invoices, balances and payments on both sides; exit code 1 when they differ"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["money"]:
            self.money(as_json=options["json"])
            return
        facts = {
            "syncs": [described(s) for s in ObjectSync.objects.settled().select_related("left", "right")],
            "reads": [read_facts(connection) for connection in Connection.objects.all() if reads(connection, timezone.now()).used],
            "queue_age_seconds": queue_age(),
        }
        self.stdout.write(json.dumps(facts) if options["json"] else as_text(facts))

    def money(self, *, as_json: bool) -> None:
        pairs = ObjectSync.objects.settled().filter(kind=Kind.INVOICE).select_related("left", "right")
        found = [one for sync in pairs for one in sums(sync.left, sync.right)]
        self.stdout.write(
            json.dumps({"money": [sum_facts(one) for one in found]}) if as_json else "\n".join(map(sum_text, found)) or "No invoice sync."
        )
        if not all(one.agrees for one in found):
            raise SystemExit(1)


def sum_facts(one: Sum) -> dict[str, Any]:
    """A sum for programs; amounts as text, to the cent."""
    differing = [{"title": t, "hubspot": str(left), "quickbooks": str(right), "category": why} for t, left, right, why in one.differing]
    sides = {"hubspot": str(one.left), "quickbooks": str(one.right)}
    return {"what": one.what, "currency": one.currency, "count": one.count, **sides, "agrees": one.agrees, "differing": differing}


def sum_text(one: Sum) -> str:
    word = "the same on both sides" if one.agrees else f"QuickBooks {one.right}, {len(one.differing)} differ"
    lines = [f"{one.count} {one.what} in {one.currency or 'no currency'}: HubSpot {one.left}, {word}"]
    return "\n".join([*lines, *(f"  {title}: HubSpot {left}, QuickBooks {right} {why}".rstrip() for title, left, right, why in one.differing)])


def described(sync: ObjectSync) -> dict[str, Any]:
    pair = Pair(sync.left, sync.right)
    last = sync.runs.exclude(trigger=SyncRun.Trigger.PREVIEW).exclude(ended_at=None).first()
    return {
        "kind": sync.kind,
        "status": sync.status,
        "direction": next(word for word, d in pair.directions.items() if d.value == sync.direction),
        "accounts": {c.provider: {"account": c.account_id, "status": c.status} for c in (sync.left, sync.right)},
        "counts": SyncRecord.objects.by_state([sync.pk])[sync.pk],
        "last_run": {"result": last.state, "ended_at": last.ended_at.isoformat(), "error": last.error, **last.result}
        if last and last.ended_at
        else None,
        "pause": sync.pause_reason,
    }


def read_facts(connection: Connection) -> dict[str, Any]:
    """The metered reads of an account this month."""
    return {"provider": connection.provider, "account": connection.account_id, **asdict(reads(connection, timezone.now()))}


def queue_age() -> float:
    """Seconds the oldest queued run has waited; 0 with an empty queue."""
    oldest = SyncRun.objects.filter(state=SyncRun.State.QUEUED).order_by("created_at").first()
    return round((timezone.now() - oldest.created_at).total_seconds(), 1) if oldest else 0


def as_text(facts: dict[str, Any]) -> str:
    if not facts["syncs"]:
        return "No sync is set up."
    lines = []
    for sync in facts["syncs"]:
        counts = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in sync["counts"].items())
        last, paused = sync["last_run"], f" ({sync['pause']})" if sync["pause"] else ""
        ended = f"last run {last['result']} at {last['ended_at']}" if last else "no run yet"
        lines.append(f"{sync['kind']}: {sync['status']}{paused}, {sync['direction']}. {counts}. {ended}.")
    for one in facts["reads"]:
        cap = f", at most {one['cap']}" if one["cap"] is not None else ""
        lines.append(f"{one['provider']} {one['account']}: {one['used']} reads in {one['month']}, about {one['forecast']} by its end{cap}.")
    return "\n".join([*lines, f"Oldest queued run waits {facts['queue_age_seconds']} s."])
