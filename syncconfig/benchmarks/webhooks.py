"""From a webhook to what is written on the other side: a whole portal in processes of its own, idle but for one edit at a time by a person.

Seconds count from the moment at which the provider sent the webhook. What the provider takes before that is its own and is shown apart.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.webhooks import Mail, Webhooks
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts, run_queue, tasks
from syncconfig.benchmarks.limits import Town, limits_on
from syncconfig.benchmarks.measuring import Measured, connect
from syncconfig.models import SyncRun
from syncconfig.supervisor import answers, free_port

PEOPLE = 50
PROVIDERS_DELAY = 0.2
PATIENCE_SECONDS = 30.0
BREATH_SECONDS = 1.0
"""Between two edits: faster ones would meet QuickBooks' forty batches a minute, and an idle system would be none."""
MEDIAN_LIMIT, P95_LIMIT = 2.0, 5.0


@dataclass(frozen=True, slots=True)
class Trip:
    """One edit: seconds until the webhook was sent, and from then until the other side had it."""

    provider: str
    sending: float
    writing: float


def latency(edits: int) -> list[Measured]:
    """So many edits, by turns in HubSpot and in QuickBooks, each made when nothing is left of the one before."""
    with limits_on(PEOPLE, speed=1.0) as town, portal(town):
        pairs = linked(town)
        trips = [trip(town, n, *pairs[n % len(pairs)]) for n in range(edits)]
    rows = []
    for provider in ("hubspot", "quickbooks"):
        mine = [t for t in trips if t.provider == provider]
        writing, sending = sorted(t.writing for t in mine), statistics.median(t.sending for t in mine)
        note = f"{len(mine)} edits, at most {writing[-1]:.2f} s; the provider's own delay before it: {sending:.2f} s"
        median, p95 = statistics.median(writing), writing[max(0, round(len(writing) * 0.95) - 1)]
        rows.append(Measured(f"webhook of {provider} to written on the other side, median", round(median, 3), MEDIAN_LIMIT, "s", note))
        rows.append(Measured(f"webhook of {provider} to written on the other side, p95", round(p95, 3), P95_LIMIT, "s"))
    return rows


@contextmanager
def portal(town: Town) -> Iterator[None]:
    """Web and worker as a person runs them, on the database of the benchmark, called by both simulations."""
    call_command("createcachetable", verbosity=0)
    port = free_port(0)
    site = f"http://127.0.0.1:{port}"
    urls = {f"{key.upper()}_SANDBOX_URL": url for key, url in town.made.urls.items()}
    # No look by the schedule may come before the webhooks.
    pace = dict.fromkeys(("HUBSPOT_POLL_SECONDS", "QUICKBOOKS_POLL_SECONDS"), "86400")
    environment = {**os.environ, **urls, **pace, "DATABASE_URL": database_url(), "SITE_URL": site, "PROVIDERS": "sandbox", "LOG_LEVEL": "ERROR"}
    web = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"]
    manage = str(Path(settings.BASE_DIR) / "manage.py")
    commands = ([*web, "--log-level", "error", "--no-control-socket"], [sys.executable, manage, "worker"])
    running = [subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, start_new_session=True) for command in commands]
    try:
        wait_for(lambda: answers(port), "the portal does not answer")
        for app in (town.left, town.right):
            app.webhooks.mail = Mail(delay=PROVIDERS_DELAY)
            app.webhooks.target = f"{site}/webhooks/{app.name}/"
        yield
    finally:
        for app in (town.left, town.right):
            app.webhooks.target = ""
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


def linked(town: Town) -> list[tuple[str, str]]:
    """(contact, customer) of everybody, both ways in sync, once a worker has taken its first webhook."""
    connections = connect(town.made)
    sync = drafts.start(connections["hubspot"], connections["quickbooks"], Kind.CONTACT, timezone.now())
    sync.direction = Direction.BOTH
    sync.save()
    drafts.set_rules(sync, Direction.TO_RIGHT, ())
    sync = drafts.save_and_turn_on(sync, None, timezone.now())
    tasks.run(run_queue.ask(sync, SyncRun.Trigger.COMMAND).pk)
    wait_for(lambda: town.quiet(), "the portal does not come to rest")
    return list(sync.records.filter(left_id__isnull=False, right_id__isnull=False).values_list("left_id", "right_id"))


def trip(town: Town, number: int, contact: str, customer: str) -> Trip:
    """One edit of a phone number, and how long it took."""
    time.sleep(BREATH_SECONDS)
    wait_for(town.quiet, "the portal does not come to rest")
    phone = f"555 {number:06d}"
    if number % 2:
        app, address, form = town.right, f"/companies/{quickbooks.DEFAULT_REALM}/customer/{customer}", {"PrimaryPhone": phone}
        written: Callable[[], Any] = lambda: town.contact(contact).get("phone") == phone  # noqa: E731
    else:
        app, address, form = town.left, f"/contacts/{hubspot.PORTAL_ID}/record/0-1/{contact}/edit", {"phone": phone}
        written = lambda: town.customer(customer).get("PrimaryPhone", {}).get("FreeFormNumber") == phone  # noqa: E731
    post: Webhooks = app.webhooks
    began = time.time()
    requests.post(town.made.urls[app.name] + address, data=form, allow_redirects=False, timeout=10).raise_for_status()
    wait_for(written, "an edit did not arrive")
    done = time.time()
    # What was sent sooner is the echo of the edit before.
    sent = next(d.sent_at for d in list(post.deliveries) if d.sent_at >= began + 0.9 * PROVIDERS_DELAY)
    return Trip(app.name, sent - began, done - sent)


def wait_for(reached: Callable[[], Any], problem: str) -> None:
    """Return as soon as something is so. Raises RuntimeError when it takes too long."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if time.monotonic() > give_up_at:
            raise RuntimeError(problem)
        time.sleep(0.005)


def database_url() -> str:
    """The address of the benchmark's database."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    return f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"
