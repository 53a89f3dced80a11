"""The task queue under its watchdog. One per machine is enough."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from syncconfig.schedule import ensure_schedule
from syncconfig.supervisor import Program, Supervisor
from syncconfig.watchdog import Watchdog


class Command(BaseCommand):
    help = "Run the task queue; it is started again when it ends or no longer runs tasks."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_schedule()
        cluster = Program("task queue", [sys.executable, sys.argv[0], "qcluster"], patience=settings.Q_CLUSTER["timeout"] + 20)
        Supervisor([cluster], say=self.stderr.write, watch=Watchdog(cluster).look, quiet=True).run()
