"""Run syncs now, in this process."""

from __future__ import annotations

import json
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from syncconfig import run_queue, runner, tasks
from syncconfig.management.progress import shown
from syncconfig.models import ObjectSync, SyncRecord, SyncRun


class Command(BaseCommand):
    help = "run one or all syncs now, in this process. Exit code 1 when a run failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", help="contact, product, invoice, payment or note; without it, every sync that is on")
        parser.add_argument("--full", action="store_true", help="read both sides completely and compare everything")
        parser.add_argument("--anyway", action="store_true", help="go on once where a guard stopped the last run")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        syncs = ObjectSync.objects.settled().filter(status__in=statuses(anyway=options["anyway"])).select_related("left", "right")
        if options["kind"]:
            syncs = syncs.filter(kind=options["kind"])
        if not syncs:
            raise CommandError(f"No {options['kind'] or ''} sync is on.".replace("  ", " "), returncode=2)
        stop = Stop()
        runs = [self.run(sync, stop, full=options["full"], unguarded=options["anyway"]) for sync in runner.in_order(syncs)]
        if options["json"]:
            self.stdout.write(json.dumps({"runs": [as_json(run) for run in runs]}))
        else:
            for run in runs:
                self.stdout.write(as_text(run))
        if any(run.state not in (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL) for run in runs):
            raise SystemExit(1)

    def run(self, sync: ObjectSync, stop: Stop, **options: bool) -> SyncRun:
        if options["unguarded"] and sync.status == ObjectSync.Status.PAUSED:
            ObjectSync.objects.filter(pk=sync.pk).update(status=ObjectSync.Status.ON, pause_reason="", pause_details={})
        asked = run_queue.ask(sync, SyncRun.Trigger.COMMAND, **options)
        claimed = run_queue.claim(asked.pk, timezone.now())
        if claimed is None:
            raise CommandError("Another run of these accounts is under way. It will pick up what is due; try again when it has ended.")
        with shown() as watch:
            ended = runner.execute(claimed, should_stop=stop, watch=watch)
        tasks.wake_next(ended)
        return ended


class Stop:
    """Becomes true with the first Ctrl-C or SIGTERM: the run ends after its current batch. A second one ends it at once."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                signal.signal(number, self.ask)
            except ValueError:  # not the main thread: somebody else handles signals
                return

    def ask(self, number: int, frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


def statuses(*, anyway: bool) -> list[str]:
    return [ObjectSync.Status.ON, *([ObjectSync.Status.PAUSED] if anyway else [])]


def as_json(run: SyncRun) -> dict[str, Any]:
    """The stable shape of design section 8, and what else a program may want."""
    facts = {
        "kind": run.sync.kind,
        "result": run.state,
        "writes": {},
        "calls": {},
        "counts": SyncRecord.objects.by_state([run.sync_id])[run.sync_id],
        **run.result,
    }
    return {**facts, "error": run.error, "error_details": run.error_details}


def as_text(run: SyncRun) -> str:
    facts = as_json(run)
    written = ", ".join(f"{number} to {provider}" for provider, number in facts["writes"].items()) or "nothing"
    counts = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in facts["counts"].items())
    error = f" {run.error}: {run.error_details.get('words') or run.error_details}" if run.error else ""
    return f"{run.sync}: {run.get_state_display()}.{error} Written: {written}. Records: {counts}."
