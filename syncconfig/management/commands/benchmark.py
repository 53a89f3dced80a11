"""Measure the product against the simulations, on a database of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from syncconfig.benchmarks import SCENARIOS, Measured


class Command(BaseCommand):
    help = "measure calls, time and queries as ratios. Exit code 1 when a figure is above its limit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], help="all of them by default")
        parser.add_argument("--number", type=int, help="how many records, instead of the scenario's own number")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        with TemporaryDirectory() as folder, database(Path(folder)):
            rows = [row for name in options["scenario"] or SCENARIOS for row in measured(name, options["number"])]
        if options["json"]:
            self.stdout.write(json.dumps({"measured": [{**asdict(row), "ok": row.ok} for row in rows]}))
        else:
            for row in rows:
                self.stdout.write(f"{'ok  ' if row.ok else 'OVER'} {row.what:<58} {row.value:>8}{row.unit} (limit {row.limit}{row.unit})  {row.note}")
        if not all(row.ok for row in rows):
            raise SystemExit(1)


@contextmanager
def database(folder: Path) -> Iterator[None]:
    """A database of its own, in a file where it is SQLite: the one in memory locks whole tables, as the product's never does."""
    old = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(folder / "benchmark.sqlite3")
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)


def measured(name: str, number: int | None) -> list[Measured]:
    scenario, usual = SCENARIOS[name]
    return scenario(number or usual)
