"""What a sync would do, without doing it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from syncconfig import run_queue, runner
from syncconfig.engine.spec import Side
from syncconfig.management.progress import shown
from syncconfig.models import ObjectSync, SyncRun


class Command(BaseCommand):
    help = "what a sync would do: counts by side, exclusions, failures and some changes. Nothing is written to either account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", help="contact, product, invoice, payment or note")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        sync = ObjectSync.objects.settled().filter(kind=options["kind"]).first()
        if sync is None:
            raise CommandError(f"No {options['kind']} sync is set up. Configure one first.", returncode=2)
        asked = run_queue.ask(sync, SyncRun.Trigger.PREVIEW)
        claimed = run_queue.claim(asked.pk, timezone.now())
        if claimed is None:
            asked.delete()
            raise CommandError("A run of these accounts is under way. Try again when it has ended.")
        with shown() as watch:
            run = runner.execute(claimed, watch=watch)
        if run.state != SyncRun.State.SUCCEEDED:
            raise CommandError(f"The preview failed: {run.error} {run.error_details.get('words', '')}".strip())
        facts = as_json(sync, run.result)
        self.stdout.write(json.dumps(facts) if options["json"] else as_text(sync, facts))


def as_json(sync: ObjectSync, result: dict[str, Any]) -> dict[str, Any]:
    """The stable shape of design section 8: sides by the name of their provider."""
    sides = {sync.connection(side).provider: result[side] for side in Side}
    samples = [{**s, "side": sync.connection(Side(s["side"])).provider} for s in result["samples"]]
    rest = {key: result[key] for key in ("link", "equal", "excluded", "failing")}
    return {"kind": sync.kind, **sides, **rest, "samples": samples, "troubles": result["troubles"]}


def as_text(sync: ObjectSync, facts: dict[str, Any]) -> str:
    sides = [sync.connection(side) for side in Side]
    lines = [f"In {c.name} ({c.provider}): create {facts[c.provider]['create']}, update {facts[c.provider]['update']}." for c in sides]
    lines.append(f"Link {facts['link']}, already equal {facts['equal']}.")
    for title, key in (("Excluded", "excluded"), ("Would fail", "failing")):
        lines += [f"{title}: {number} {code}" for code, number in sorted(facts[key].items())]
    return "\n".join(lines)
