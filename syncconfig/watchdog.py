"""Notices a task queue that no longer runs tasks, whatever it says about itself, and ends it so that its supervisor starts a new one."""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from syncconfig import canary
from syncconfig.supervisor import Program

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 10.0
IDLE_DEADLINE_SECONDS = 30.0
"""How long a canary may wait while no worker is in the middle of a task."""


class Watchdog:
    """Call `look` often. `cluster` is the program whose tasks should run."""

    def __init__(self, cluster: Program, *, interval: float = INTERVAL_SECONDS, idle_deadline: float = IDLE_DEADLINE_SECONDS) -> None:
        self._cluster = cluster
        self._interval = interval
        self._idle_deadline = idle_deadline
        self._busy_deadline = settings.Q_CLUSTER["timeout"] + 60
        self._process: object = None
        self._sent_at: float | None = None
        self._look_at = 0.0

    def look(self) -> None:
        """Send a canary, or judge the one that is out."""
        now = time.time()
        if now < self._look_at or not self._cluster.running:
            return
        self._look_at = now + min(self._interval, 1.0)
        if self._cluster.process is not self._process:
            self._process, self._sent_at = self._cluster.process, None
        try:
            close_old_connections()
            self._judge(now)
        except DatabaseError as error:
            log.warning("the canary could not be sent", extra={"error": type(error).__name__})
            self._sent_at = None
            self._look_at = now + self._interval

    def _judge(self, now: float) -> None:
        if self._sent_at is None:
            canary.send()
            self._sent_at = now
        elif (canary.last_heard() or 0) >= self._sent_at:
            if now - self._sent_at >= self._interval:
                self._sent_at = None
        elif self._is_hung(now - self._sent_at):
            log.error("the task queue runs no tasks; it is started again")
            self._cluster.kill()

    def _is_hung(self, waited: float) -> bool:
        if waited < self._idle_deadline or self._cluster.process is None:
            return False
        return waited > self._busy_deadline or not canary.processing(self._cluster.process.pid)
