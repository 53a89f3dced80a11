"""Two processes renew one access at the same moment, over and over, while answers are lost and tokens change (correctness I41; security S62)."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as configured

from connectors.sandbox.quickbooks.switches import Rotation
from connectors.sandbox.server import Closed, Reply, Request
from syncconfig import credentials
from syncconfig.models import Connection
from syncconfig.tests.system import database_url
from syncconfig.tests.town import Town, running

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS, FEWER = 200, 30
LOST = 0.15


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


@dataclass
class Refresher:
    """A process; `asked` are the spans of its refreshes."""

    process: subprocess.Popen[str]
    asked: list[tuple[float, float]] = field(default_factory=list)

    def go(self, version: int) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{version}\n")
        self.process.stdin.flush()

    def told(self) -> str:
        assert self.process.stdout
        word, *spans = self.process.stdout.readline().split()
        self.asked += [(float(began), float(ended)) for began, _, ended in (span.partition(",") for span in spans)]
        return word


@contextmanager
def refreshers(connection: Connection) -> Iterator[list[Refresher]]:
    urls = {f"{key.upper()}_SANDBOX_URL": url for key, url in configured.SANDBOX_URLS.items()}
    environment = {**os.environ, **urls, "DATABASE_URL": database_url(), "PROVIDERS": "sandbox", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "syncconfig.tests.refresher", str(connection.pk)]
    made = [
        Refresher(subprocess.Popen(command, env=environment, cwd=configured.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for _ in range(2)
    ]
    try:
        assert [one.told() for one in made] == ["ready"] * 2
        yield made
    finally:
        for one in made:
            one.process.kill()
            one.process.wait()


def race(town: Town, connection: Connection, rounds: int) -> tuple[Counter[str], list[Refresher]]:
    """Both go at the same moment, so many times. What they were told."""
    told: Counter[str] = Counter()
    with refreshers(connection) as both:
        for _ in range(rounds):
            version = Connection.objects.get(pk=connection.pk).credentials_version
            for one in both:
                one.go(version)
            for one in both:
                word = one.told()
                told["renewed" if word == str(version + 1) else word] += 1
    return told, both


def overlapping(both: list[Refresher]) -> int:
    """How many refreshes of one process were under way while one of the other was."""
    one, other = (refresher.asked for refresher in both)
    return sum(a < d and c < b for a, b in one for c, d in other)


def lose_answers(town: Town, provider: str, moments: tuple[str, ...]) -> Counter[str]:
    """Now and then the connection closes without an answer: before the service did anything, or after it did everything."""
    weather, lost = random.Random(41), Counter[str]()

    def hook(moment: str, request: Request, reply: Reply | None) -> Reply | None:
        if request.path.endswith(("/token", "/bearer")) and moment in moments and weather.random() < LOST:
            lost[moment] += 1
            raise Closed
        return None

    town.on_request(provider, hook)
    return lost


def works(connection: Connection) -> bool:
    """Whether the stored access is accepted by the provider, and can be renewed once more."""
    connection.refresh_from_db()
    assert connection.status == Connection.Status.CONNECTED
    credentials.renewed_grant(connection.pk, connection.credentials_version)
    return bool(credentials.connector_for(connection).account().id)


@pytest.mark.parametrize("rotation", list(Rotation))
def test_two_processes_spend_one_refresh_each_time(town: Town, rotation: Rotation) -> None:
    town.sandboxes.quickbooks.switches.rotation = rotation
    town.look()
    told, both = race(town, town.right, FEWER)
    assert told == {"renewed": 2 * FEWER}
    assert len([e for e in town.asked("quickbooks") if e.path.endswith("/bearer")]) == FEWER
    assert overlapping(both) == 0
    assert works(town.right)


@pytest.mark.parametrize(
    ("provider", "rotation", "moments", "rounds"),
    [
        ("quickbooks", Rotation.LENIENT, ("before", "after"), ROUNDS),
        ("quickbooks", Rotation.DAILY, ("before", "after"), FEWER),
        ("quickbooks", Rotation.EVERY_REFRESH, ("before",), FEWER),
        ("hubspot", None, ("before", "after"), FEWER),
    ],
)
def test_lost_answers_cost_no_connection_whose_stored_token_still_works(
    town: Town, provider: str, rotation: Rotation | None, moments: tuple[str, ...], rounds: int
) -> None:
    if rotation:
        town.sandboxes.quickbooks.switches.rotation = rotation
    town.sandboxes.hubspot.switches.rotate_refresh_tokens = False
    connection = town.left if provider == "hubspot" else town.right
    lost = lose_answers(town, provider, moments)
    told, both = race(town, connection, rounds)
    town.undisturbed()
    assert set(lost) == set(moments)
    assert sum(lost.values()) > rounds * LOST / 2
    assert set(told) == {"renewed", "Unavailable"}
    assert overlapping(both) == 0
    assert works(connection)


def test_a_token_that_died_with_its_lost_answer_asks_for_a_person_once_and_then_all_is_quiet(town: Town) -> None:
    town.sandboxes.quickbooks.switches.rotation = Rotation.EVERY_REFRESH
    version = Connection.objects.get(pk=town.right.pk).credentials_version
    lose_answers(town, "quickbooks", ("after",))
    with refreshers(town.right) as both:
        while Connection.objects.get(pk=town.right.pk).usable:
            version = Connection.objects.get(pk=town.right.pk).credentials_version
            for one in both:
                one.go(version)
            for one in both:
                one.told()
        town.undisturbed()
        town.look()
        for one in both:
            one.go(version)
            assert one.told() == "Unauthorized"
    assert town.asked("quickbooks") == []
    assert Connection.objects.get(pk=town.right.pk).status == Connection.Status.RECONNECT_NEEDED
