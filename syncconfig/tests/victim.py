"""What is killed: the sync command of this project in a process of its own, forked from one that has loaded everything, so that many may begin.

Imported before any of them is forked; see `trials`.
"""

from __future__ import annotations

import os
from pathlib import Path

import django
import environ

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from syncconfig.management.commands import sync as command  # noqa: E402, F401 - loaded once for all


def sync(database: str, urls: dict[str, str], said: Path, ended: Path, times: int) -> None:
    """Run the command so often, on this database and these simulations. What it says goes to one file and, unless it is killed, its exit code
    to another. The first run that fails is the last."""
    connections.databases["default"] |= environ.Env.db_url_config(database)
    settings.PROVIDERS, settings.SANDBOX_URLS, settings.SANDBOX_PACE = "sandbox", urls, 0
    code = 1
    try:
        with said.open("w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            for _ in range(times):
                call_command("sync", "--json")
        code = 0
    finally:
        ended.write_text(str(code))
