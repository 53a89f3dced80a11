"""The records of the syncs: list, filter and export them, show one with its history, retry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncconfig import actions, exports, tasks
from syncconfig.explanations import explain_record, labels_of
from syncconfig.models import Export, ObjectSync, RecordEvent, SyncRecord, SyncRun
from syncconfig.tables import record_list

PAGE = 100
MAX_PAGE = 10_000


class Command(BaseCommand):
    help = "list, show or retry records."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", default="list", choices=("list", "show", "retry"))
        parser.add_argument("record", nargs="?", type=int, help="the number of a record, for show and retry")
        parser.add_argument("--kind", help="contact, product, invoice, payment or note")
        parser.add_argument("--state", action="append", default=[], choices=SyncRecord.State.values)
        parser.add_argument("--reason", action="append", default=[], help="an error category or a reason of exclusion")
        parser.add_argument("--search", default="", help="part of a name, the beginning of a match value, or an id")
        parser.add_argument("--after", type=int, default=0, help="go on behind this record number")
        parser.add_argument("--limit", type=int, default=PAGE)
        parser.add_argument("--export", metavar="FILE", help="write every record that matches to a new .csv or .xlsx file")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["action"])(**options)

    def list(self, **options: Any) -> None:
        if options["export"]:
            self.export(**options)
            return
        if not 0 < options["limit"] <= MAX_PAGE:
            raise CommandError(f"--limit has to be between 1 and {MAX_PAGE}.", returncode=2)
        rows = list(chosen(options).filter(pk__gt=options["after"])[: options["limit"] + 1])
        page = [described(row) for row in rows[: options["limit"]]]
        following = page[-1]["record"] if len(rows) > options["limit"] else None
        if options["json"]:
            self.stdout.write(json.dumps({"records": page, "next": following}))
            return
        for facts in page:
            why = f": {facts['category'] or facts['reason']}" if facts["category"] or facts["reason"] else ""
            self.stdout.write(f"{facts['record']}  {facts['title'] or '(no name)'}  {facts['state']}{why}")
        if following:
            self.stdout.write(f"More: --after {following}")

    def export(self, **options: Any) -> None:
        path = Path(options["export"])
        format = path.suffix.removeprefix(".")
        if format not in Export.Format.values:
            raise CommandError(f"{path} has to end in .csv or .xlsx.", returncode=2)
        wanted = {"object": [options["kind"] or ""], "state": options["state"], "reason": options["reason"], "q": [options["search"]]}
        try:
            done = exports.write_at_once(path, format, {name: values for name, values in wanted.items() if any(values)})
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(json.dumps({"exported": done.rows}) if options["json"] else f"{done.rows} records are in {path}.")

    def show(self, **options: Any) -> None:
        row = SyncRecord.objects.select_related("sync").filter(pk=options["record"] or 0).first()
        if row is None:
            raise CommandError("There is no such record.", returncode=2)
        facts = {**described(row), "hubspot": row.left_seen, "quickbooks": row.right_seen, "history": history(row)}
        explanation = explain_record(row, labels_of(row.sync))
        facts["why"] = str(explanation.why) if explanation else ""
        facts["what_to_do"] = str(explanation.todo) if explanation else ""
        self.stdout.write(json.dumps(facts, indent=None if options["json"] else 2, ensure_ascii=False))

    def retry(self, **options: Any) -> None:
        wanted = SyncRecord.objects.filter(pk=options["record"]) if options["record"] else chosen(options).filter(state=SyncRecord.State.FAILING)
        syncs = list(ObjectSync.objects.filter(pk__in=wanted.order_by().values("sync").distinct(), status=ObjectSync.Status.ON))
        count = actions.retry(SyncRecord.objects.filter(pk__in=list(wanted.values_list("pk", flat=True))))
        for sync in syncs:
            tasks.start(sync, SyncRun.Trigger.MANUAL)
        self.stdout.write(json.dumps({"retried": count}) if options["json"] else f"{count} will be tried again.")


def chosen(options: dict[str, Any]) -> Any:
    """The records that the options select, by number."""
    syncs = ObjectSync.objects.settled()
    if options["kind"]:
        syncs = syncs.filter(kind=options["kind"])
    return record_list(syncs, states=options["state"], reasons=options["reason"], search=options["search"])


def described(row: SyncRecord) -> dict[str, Any]:
    """The stable shape of design section 8."""
    failing = row.state == SyncRecord.State.FAILING
    return {
        "record": row.pk,
        "kind": row.sync.kind,
        "title": row.title,
        "state": row.state,
        "category": row.reason if failing else "",
        "reason": "" if failing else row.reason,
        "details": row.details,
        "hubspot_id": row.left_id,
        "quickbooks_id": row.right_id,
        "last_synced_at": row.last_synced_at.isoformat() if row.last_synced_at else None,
    }


def history(row: SyncRecord) -> list[dict[str, Any]]:
    """Newest first."""
    events = RecordEvent.objects.filter(sync=row.sync, record_pk=row.pk)
    return [
        {"at": e.at.isoformat(), "type": e.type, "side": e.side, "changes": e.changes, "category": e.category, "details": e.details, "words": e.words}
        for e in events
    ]
