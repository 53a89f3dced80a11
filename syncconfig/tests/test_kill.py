"""A first sync, killed with SIGKILL at request after request and started again: the two simulated accounts end as without a kill.

Only the accounts themselves are looked at, never our tables. What is killed is the sync command of this project in a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from connectors.sandbox.sample import generate
from connectors.sandbox.server import App, Closed, Reply, Request, Server
from connectors.sandbox.state import State
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts
from syncconfig.sandboxes import sandboxes as simulations
from syncconfig.tests.system import System

PEOPLE = 1200
AT_LEAST = 50
"""Request boundaries at which a first sync is killed."""
KEYS = ("hubspot", "quickbooks")


@dataclass
class Start:
    """Where every trial begins: both accounts filled, a portal that is connected and set up, nothing synced yet."""

    database: str
    states: dict[str, State]


@dataclass
class Trial:
    """One copy of the start, with its own simulations and database."""

    start: Start
    folder: Path
    apps: dict[str, App] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    victim: subprocess.Popen[str] | None = None
    database: str = ""

    def __enter__(self) -> Trial:
        self.folder.mkdir(parents=True)
        self.database = copied(self.start.database, self.folder)
        self.apps = {key: simulations()[key].build(self.start.states[key].copy()) for key in KEYS}
        self.servers = {key: Server(app).start() for key, app in self.apps.items()}
        return self

    def __exit__(self, *exc: object) -> None:
        for server in self.servers.values():
            server.stop()
        dropped(self.database)
        shutil.rmtree(self.folder)

    def sync(self) -> tuple[int, Any]:
        """Run the command; its exit code and what it said."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.database,
            "HUBSPOT_SANDBOX_URL": self.servers["hubspot"].url,
            "QUICKBOOKS_SANDBOX_URL": self.servers["quickbooks"].url,
        }
        command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "sync", "--json"]
        self.victim = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = self.victim.communicate(timeout=120)
        if self.victim.returncode < 0:
            return self.victim.returncode, None
        assert out.strip(), err
        return self.victim.returncode, json.loads(out.strip().splitlines()[-1])["runs"][0]

    def kill_at(self, key: str, number: int, moment: str) -> None:
        """SIGKILL the command when this account is asked for the `number`th time, before or after it commits what was asked."""

        def hook(at: str, count: int, request: Request, reply: Reply | None) -> Reply | None:
            if at == moment and count == number:
                assert self.victim
                os.kill(self.victim.pid, signal.SIGKILL)
                raise Closed
            return None

        self.apps[key].hook = hook

    def contents(self) -> dict[str, list[tuple[str, ...]]]:
        """What stands in both accounts, without ids and times."""
        contacts = self.apps["hubspot"].accounts["1234567"].tables["contacts"].after(0)  # type: ignore[attr-defined]
        customers = self.apps["quickbooks"].companies["9130350000000000001"].table("Customer").rows.values()  # type: ignore[attr-defined]
        mark = "tandem_quickbooks_id"
        left = sorted(tuple(str(c["properties"].get(k)) for k in ("email", "firstname", "lastname", "phone", "city")) for c in contacts)
        assert all(c["properties"].get(mark) for c in contacts)
        names = ("DisplayName", "GivenName", "FamilyName", "PrimaryEmailAddr", "PrimaryPhone")
        right = sorted(tuple(str(c.get(k)) for k in names) for c in customers)
        return {"hubspot": left, "quickbooks": right}


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


@pytest.fixture
def start(sandboxes: Any, admin: Any, tmp_path: Path) -> Start:
    """A portal with a two-way contact sync without filters, and 1,200 people: half on both sides, a quarter on each side only."""
    apps = {key: simulations()[key].build(State()) for key in KEYS}
    for key in KEYS:
        simulations()[key].load(apps[key], simulations()[key].account, generate(PEOPLE))
        sandboxes.servers[key].app.__dict__.update(apps[key].__dict__)
    system = System(sandboxes, admin)
    sync = system.start(Kind.CONTACT)
    drafts.set_rules(sync, Direction.TO_RIGHT, ())
    system.turn_on(sync)
    (tmp_path / "start").mkdir()
    own = connection.settings_dict
    address = f"postgres://{own['USER']}@{own['HOST'] or '127.0.0.1'}:{own['PORT'] or 5432}/{own['NAME']}"
    connection.close()
    database = copied(f"sqlite:///{own['NAME']}" if connection.vendor == "sqlite" else address, tmp_path / "start")
    return Start(database, {key: getattr(sandboxes, key).state.copy() for key in KEYS})


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_first_sync_killed_at_any_request_ends_as_without_a_kill(start: Start, tmp_path: Path) -> None:
    with Trial(start, tmp_path / "golden") as golden:
        code, run = golden.sync()
        assert (code, run["counts"]["pending"], run["counts"]["failing"]) == (0, 0, 0), run
        expected = golden.contents()
        boundaries = [(key, n) for key in KEYS for n in range(1, golden.apps[key].served + 1)]
    assert len(expected["hubspot"]) == len(expected["quickbooks"]) == PEOPLE
    assert len(boundaries) >= AT_LEAST

    def attempt(place: int) -> str | None:
        key, number = boundaries[place]
        moment = "after" if place % 3 else "before"
        with Trial(start, tmp_path / f"kill{place}") as trial:
            trial.kill_at(key, number, moment)
            code, _ = trial.sync()
            if code != -signal.SIGKILL:
                return f"not killed at {key} {number}: {code}"
            code, _ = trial.sync()
            found = trial.contents()
        return None if (code, found) == (0, expected) else f"differs after a kill {moment} request {number} of {key} (exit code {code})"

    with ThreadPoolExecutor(2) as pool:
        problems = [p for p in pool.map(attempt, range(len(boundaries))) if p]
    assert problems == []
