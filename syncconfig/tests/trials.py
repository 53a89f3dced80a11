"""Trials of one and the same start: both accounts and the database are copied, and the sync command is killed in each as wanted."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from django.db import connection

from connectors.sandbox.server import App, Closed, Logged, Reply, Request, Server
from connectors.sandbox.state import State
from syncconfig.sandboxes import sandboxes as simulations
from syncconfig.tests import victim

KEYS = ("hubspot", "quickbooks")
AT_ONCE = 8
"""Trials side by side: they wait more than they work, because a search may be asked only so often."""
MOMENTS = ("before", "after")

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["pytest", "requests", victim.__name__])


@dataclass(frozen=True, slots=True, order=True)
class Boundary:
    """A request of a trial: the `place`th one of its kind to an account (see `kind_of`), from 1."""

    account: str
    kind: str
    place: int

    def __str__(self) -> str:
        return f"request {self.place} to {self.account} of the kind {self.kind}"


@dataclass
class Start:
    """Where every trial begins: both accounts filled, a portal that is connected and set up."""

    database: str
    states: dict[str, State]

    @classmethod
    @contextmanager
    def here(cls, apps: dict[str, Any], folder: Path) -> Iterator[Start]:
        """What stands now, in these simulations and in the database of this test, to which nobody is connected any more."""
        folder.mkdir()
        own = connection.settings_dict
        address = f"postgres://{own['USER']}@{own['HOST'] or '127.0.0.1'}:{own['PORT'] or 5432}/{own['NAME']}"
        connection.close()
        database = copied(f"sqlite:///{own['NAME']}" if connection.vendor == "sqlite" else address, folder)
        try:
            yield cls(database, {key: app.state.copy() for key, app in apps.items()})
        finally:
            dropped(database)


@dataclass
class Trial:
    """One copy of the start, with its own simulations and database."""

    start: Start
    folder: Path
    apps: dict[str, App] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    victim: BaseProcess | None = None
    database: str = ""

    def __enter__(self) -> Trial:
        self.folder.mkdir(parents=True)
        self.database = copied(self.start.database, self.folder)
        self.apps = {key: simulations()[key].build(self.start.states[key].copy()) for key in KEYS}
        unlimited(self.apps)
        for app in self.apps.values():
            app.keep_log = True
        self.servers = {key: Server(app).start() for key, app in self.apps.items()}
        return self

    def __exit__(self, *exc: object) -> None:
        for server in self.servers.values():
            server.stop()
        dropped(self.database)
        shutil.rmtree(self.folder)

    def sync(self, times: int = 1) -> tuple[int, list[Any]]:
        """Run the command so often, in one process; its exit code, negative if it was killed, and the runs it told of."""
        said, ended = self.folder / "said", self.folder / "ended"
        ended.unlink(missing_ok=True)
        urls = {key: server.url for key, server in self.servers.items()}
        self.victim = _server.Process(target=victim.sync, args=(self.database, urls, said, ended, times))
        self.victim.start()
        self.victim.join(120)
        if self.victim.is_alive():
            self.victim.kill()
            raise AssertionError(f"the command does not end: {said.read_text()}")
        told = [json.loads(line)["runs"] for line in said.read_text().splitlines() if line.startswith('{"runs"')]
        # Not `exitcode`, which is wrong when several threads start and join processes.
        code = int(ended.read_text()) if ended.exists() else -signal.SIGKILL
        assert code < 0 or told, said.read_text()
        return code, [run for runs in told for run in runs]

    def kill_at(self, boundary: Boundary, moment: str) -> None:
        """SIGKILL the command at a request, before or after the account commits what is asked."""
        app, met, doomed = self.apps[boundary.account], 0, -1
        inner = app.hook

        def hook(at: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
            nonlocal met, doomed
            changed = inner(at, number, request, reply) if inner else None
            if at == "before" and kind_of(request) == boundary.kind:
                met += 1
                doomed = number if met == boundary.place else doomed
            if at == moment and number == doomed:
                assert self.victim
                assert self.victim.pid
                os.kill(self.victim.pid, signal.SIGKILL)
                raise Closed
            return changed

        app.hook = hook

    def boundaries(self) -> list[Boundary]:
        """Every request that was made of an API so far, by account."""
        found: list[Boundary] = []
        for key, app in self.apps.items():
            met: Counter[str] = Counter()
            for kind in map(kind_of, app.log):
                met[kind] += 1
                found.append(Boundary(key, kind, met[kind]))
        return found


def kind_of(request: Request | Logged) -> str:
    """What tells one sort of request from another: its path, and what a query or a batch of QuickBooks is about."""
    path = request.path.removeprefix("/crm/").replace("2026-09/", "")
    if not path.startswith("/v3/"):
        return path
    words = request.body.decode()
    if path.endswith("/query"):
        return f"query {words.partition(' FROM ')[2].partition(' ')[0]}"
    if path.endswith("/batch"):
        members = json.loads(words)["BatchItemRequest"]
        kinds = {f"{m['operation']} {next(k for k in m if k not in ('bId', 'operation'))}" if "operation" in m else "search" for m in members}
        return f"batch {', '.join(sorted(kinds))}"
    return f"{path.rpartition('/')[2]} {' '.join(f'{k}={v}' for k, v in request.query.items() if k in ('entities', 'operation'))}".strip()


def unlimited(apps: dict[str, Any]) -> None:
    apps["hubspot"].switches.limit = apps["hubspot"].switches.search_limit = None
    apps["quickbooks"].switches.limit_scale = 0


def tried(attempt: Callable[[int, Boundary, str], str], cases: Iterable[tuple[Boundary, str]]) -> list[str]:
    """What went wrong in trials that are run side by side, by `attempt(number, boundary, moment)`; "" means that nothing did."""

    def one(case: tuple[int, tuple[Boundary, str]]) -> str:
        number, (boundary, moment) = case
        problem = attempt(number, boundary, moment)
        return f"after a kill {moment} {boundary}: {problem}" if problem else ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [problem for problem in pool.map(one, enumerate(cases)) if problem]


def copied(database: str, folder: Path) -> str:
    """A copy of a database to which nobody is connected; gives its address."""
    if database.startswith("sqlite"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as source, sqlite3.connect(folder / "tandem.sqlite3") as copy:
            source.backup(copy)
        return f"sqlite:///{folder}/tandem.sqlite3"
    base, _, template = database.rpartition("/")
    name = f"trial_{folder.name}_{os.getpid()}"
    administer(base, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{base}/{name}"


def dropped(database: str) -> None:
    if not database.startswith("sqlite"):
        base, _, name = database.rpartition("/")
        administer(base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def administer(base: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement.encode())
