from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from syncconfig import canary
from syncconfig.supervisor import Program
from syncconfig.watchdog import Watchdog

ROOT = Path(__file__).resolve().parent.parent.parent


def watch(dog: Watchdog, condition: Callable[[], object], seconds: float) -> bool:
    """Look often until it is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        dog.look()
        if condition():
            return True
        time.sleep(0.1)
    return False


def idle_workers(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(stat[3]) == session and (entry / "cmdline").read_bytes().split(b"\0")[0].strip().endswith(b"idle"):
                found.append(int(entry.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_lost_its_idle_workers_is_ended(settings: Any) -> None:
    cache.clear()
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    cluster = Program("queue", [sys.executable, str(ROOT / "manage.py"), "qcluster"], patience=5, environment={"DATABASE_URL": url})
    dog = Watchdog(cluster, interval=0.5, idle_deadline=6)
    cluster.start()
    try:
        assert watch(dog, canary.last_heard, 15), "no canary ran"
        assert cluster.process is not None
        assert watch(dog, lambda: len(idle_workers(cluster.process.pid)) == 2, 5)
        for worker in idle_workers(cluster.process.pid):
            os.kill(worker, signal.SIGKILL)

        assert watch(dog, lambda: not cluster.running, 25), "the hung queue was not noticed"
    finally:
        cluster.kill()


@pytest.mark.django_db(transaction=True)
def test_a_busy_queue_is_left_alone_until_a_task_cannot_run_so_long(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "timeout": -59}
    cluster = Program("queue", ["sleep", "60"], patience=1)
    dog = Watchdog(cluster, interval=0.1, idle_deadline=0.1)
    cluster.start()
    try:
        monkeypatch.setattr(canary, "processing", lambda _session: True)
        assert not watch(dog, lambda: not cluster.running, 0.8)
        assert watch(dog, lambda: not cluster.running, 2)
    finally:
        cluster.kill()


def test_processes_in_the_middle_of_a_task_are_recognised() -> None:
    script = "import setproctitle, time; setproctitle.setproctitle('qcluster 1 processing a-task'); time.sleep(30)"
    program = Program("worker", [sys.executable, "-c", script], patience=1)
    program.start()
    try:
        assert program.process is not None
        end = time.monotonic() + 5
        while not canary.processing(program.process.pid):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert not canary.processing(os.getsid(0) + 1_000_000)
    finally:
        program.kill()
