"""A task that does nothing but prove that tasks run. Process lists and the queue's own status do not tell: a cluster that lost an idle
worker reports itself as working and never runs a task again.
"""

from __future__ import annotations

import time
from pathlib import Path

from django.core.cache import cache
from django_q.tasks import async_task

KEY = "canary"
SING = "syncconfig.canary.sing"
KEPT_SECONDS = 24 * 60 * 60


def send() -> None:
    """Put a canary into the queue."""
    async_task(SING, save=False)


def sing() -> str:
    """What the worker runs."""
    cache.set(KEY, time.time(), KEPT_SECONDS)
    return "alive"


def last_heard() -> float | None:
    """When a canary last ran, in seconds since 1970; None when not for a day."""
    heard = cache.get(KEY)
    return float(heard) if heard is not None else None


def processing(session: int) -> bool:
    """Whether a worker of this session is in the middle of a task, by the title django-q2 gives its processes."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            belongs = int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == session
            if belongs and b" processing " in (entry / "cmdline").read_bytes().replace(b"\0", b" "):
                return True
        except (OSError, IndexError, ValueError):
            continue
    return False
