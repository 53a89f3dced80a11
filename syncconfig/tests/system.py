"""The portal as its users drive it, without a browser: connect, set up, run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from connectors.oauth import parse_grant
from connectors.registry import PROVIDERS
from connectors.sandbox import quickbooks
from connectors.sandbox.hubspot import oauth
from connectors.vocabulary import Kind
from syncconfig import drafts, run_queue, runner
from syncconfig.credentials import connector_for, store_consent
from syncconfig.models import Connection, ObjectSync, SyncRecord, SyncRun
from syncconfig.sandboxes import sandboxes


@dataclass
class System:
    """Both simulations with the sample company, and a portal that is connected to them."""

    sandboxes: Any
    admin: User

    def __post_init__(self) -> None:
        self.left = self.connect("hubspot")
        self.right = self.connect("quickbooks")

    def connect(self, provider: str, account: str = "") -> Connection:
        """Take a grant from the simulation, as a consent gives it, and bind the account."""
        app, simulated = getattr(self.sandboxes, provider), sandboxes()[provider]
        wanted = str(account or simulated.account)
        if provider == "hubspot":
            scopes = list(PROVIDERS[provider].asked_scopes)
            answer, claimed = oauth.issue(app, {"client": simulated.client.id, "portal": wanted, "scopes": scopes}), ""
        else:
            answer, claimed = quickbooks.issue(app, wanted), wanted
        bound = store_consent(provider, parse_grant(provider, answer), claimed, self.admin)
        connector_for(bound).setup(Kind.CONTACT)
        return bound

    def start(self, kind: Kind, now: datetime | None = None) -> ObjectSync:
        return drafts.start(self.left, self.right, kind, now or datetime.now(UTC))

    def turn_on(self, sync: ObjectSync) -> ObjectSync:
        assert not drafts.problems(sync)
        return drafts.save_and_turn_on(sync, self.admin, timezone.now())

    def run(self, sync: ObjectSync, **options: Any) -> SyncRun:
        """One run in this process."""
        asked = run_queue.ask(sync, SyncRun.Trigger.COMMAND, **options)
        claimed = run_queue.claim(asked.pk, timezone.now())
        assert claimed, "another run is under way"
        return runner.execute(claimed)

    def record(self, sync: ObjectSync, **where: Any) -> SyncRecord:
        return SyncRecord.objects.get(sync=sync, **where)


def work() -> list[str]:
    """What a worker does: take the queued messages one after another and call what they name. Their answers."""
    answers = []
    while message := OrmQ.objects.order_by("pk").first():
        task = message.task
        message.delete()
        answers.append(import_string(task["func"])(*task["args"]))
    return answers


class Command:
    """A command of this project in a process of its own, which works on the same database and the same simulations."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.words = words
        self.environment = environment
        self.output = self.errors = ""

    def __enter__(self) -> Command:
        urls = {f"{key.upper()}_SANDBOX_URL": url for key, url in settings.SANDBOX_URLS.items()}
        pace = str(settings.SANDBOX_PACE)
        environment = {**os.environ, "DATABASE_URL": database_url(), "PROVIDERS": "sandbox", "SANDBOX_PACE": pace, **urls, **self.environment}
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *self.words]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)

    def wait(self, seconds: float = 60) -> int:
        """Its exit code once it has ended; then `output` and `errors` hold what it said."""
        self.output, self.errors = self.process.communicate(timeout=seconds)
        return self.process.returncode


def database_url() -> str:
    """The address of the database of this test run."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    return f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"
