"""The configuration as a document: export it, see what one would change, apply one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from connectors.errors import ConnectorError
from syncconfig import configuration, tasks
from syncconfig.models import Connection, ObjectSync, SyncRun


class Command(BaseCommand):
    help = "export, apply or compare the configuration of the syncs as a YAML document; it never holds secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        texts = {"export": "print what is set up", "apply": "make a document the settings in force", "diff": "what applying a document would change"}
        for name, text in texts.items():
            action = actions.add_parser(name, help=text)
            action.add_argument("--json", action="store_true", help="for programs")
            if name != "export":
                action.add_argument("file", help="the document, or - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])(**options)
        except configuration.BadConfiguration as bad:
            raise CommandError("\n".join(bad.problems), returncode=2) from None
        except ConnectorError as error:
            raise CommandError(f"{error.provider}: {error}") from None

    def export(self, **options: Any) -> None:
        documents = [configuration.export(pair) for pair in pairs()]
        if options["json"]:
            self.stdout.write(json.dumps({"documents": documents}))
        else:
            self.stdout.write("---\n".join(map(configuration.dump, documents)), ending="")

    def diff(self, **options: Any) -> None:
        lines = configuration.diff(configuration.load(text_of(options["file"])), timezone.now())
        self.stdout.write(json.dumps({"changes": lines}) if options["json"] else "\n".join(lines) or "Nothing would change.")

    def apply(self, **options: Any) -> None:
        started = configuration.apply(configuration.load(text_of(options["file"])), timezone.now())
        for sync in started:
            tasks.start(sync, SyncRun.Trigger.SETTINGS)
        kinds = [sync.kind for sync in started]
        if options["json"]:
            self.stdout.write(json.dumps({"started": kinds}))
        else:
            self.stdout.write(f"Applied. Started: {', '.join(kinds)}." if kinds else "Applied. Nothing had to be started.")


def pairs() -> list[configuration.Pair]:
    """Every two accounts that have a sync."""
    ids = ObjectSync.objects.settled().order_by("left_id", "right_id").values_list("left_id", "right_id").distinct()
    return [configuration.Pair(Connection.objects.get(pk=left), Connection.objects.get(pk=right)) for left, right in ids]


def text_of(name: str) -> str:
    """What a file or standard input holds. Raises `CommandError` with one sentence."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}.", returncode=2) from None
