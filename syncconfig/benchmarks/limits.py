"""A first sync in both directions under the providers' request limits, faster by a factor: how much of what is allowed is used, and that nothing is
refused. Then the same with storms of refusals, which must end with the same records and send nothing too early.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.test.utils import override_settings
from django.utils import timezone

from connectors.registry import PROVIDERS
from connectors.sandbox import hubspot, quickbooks
from connectors.sandbox.hubspot import oauth
from connectors.sandbox.sample import generate
from connectors.sandbox.server import App, Logged, Reply, Request, Server
from connectors.sandbox.stand import LONG_AGO, Stand
from connectors.sandbox.state import State
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts, run_queue, runner
from syncconfig.benchmarks.measuring import Measured, connect
from syncconfig.models import ObjectSync, SyncRun

SPEED = 2.0
"""How much faster than in reality the limits are, so that nobody waits for minutes."""
BATCHES_A_MINUTE = 40
STORM_SHARE, STORM_SECONDS = 0.1, 3
IN_FLIGHT_SECONDS = 1.0
"""What arrives so soon after a refusal was on its way."""


def limited(people: int) -> list[Measured]:
    """`people` customers who are no contacts yet and as many contacts who are no customers."""
    with limits_on(people) as town:
        town.synchronize()
        calm = town.portrait()
        used, refused = town.used(), town.refused()
    with limits_on(people, storm=True) as town:
        town.synchronize()
        same, early, stormy = town.portrait() == calm, town.too_early(), town.refused()
    label = f"first sync of {people:,} records in each direction under limits {SPEED:g} x as fast"
    return [
        Measured(f"{label}: allowed rate not used", round(1 - used, 3), 0.05, "", f"{used:.1%} of QuickBooks' batches a minute used"),
        Measured(f"{label}: refusals (429)", refused, 0, ""),
        Measured("with storms of refusals: another result", int(not same), 0, "", f"{stormy} refusals"),
        Measured("with storms of refusals: sent before Retry-After", early, 0, ""),
    ]


@dataclass
class Town:
    """Both simulations in this process, their requests logged, and a portal that speaks to them."""

    made: Stand
    left: hubspot.HubSpot
    right: quickbooks.QuickBooksApp

    def synchronize(self) -> None:
        """Run until nothing is left to write; a run that was told to wait is run again, as the schedule would."""
        connections = connect(self.made)
        sync = drafts.start(connections["hubspot"], connections["quickbooks"], Kind.CONTACT, timezone.now())
        drafts.set_rules(sync, Direction.TO_RIGHT, ())
        sync = drafts.save_and_turn_on(sync, None, timezone.now())
        self.left.log.clear()
        self.right.log.clear()
        while self._once(sync).result.get("writes") != {"hubspot": 0, "quickbooks": 0}:
            pass

    def _once(self, sync: ObjectSync) -> SyncRun:
        claimed = run_queue.claim(run_queue.ask(sync, SyncRun.Trigger.COMMAND).pk, timezone.now())
        if claimed is None:
            raise RuntimeError("the run could not be claimed")
        return runner.execute(claimed)

    def portrait(self) -> list[tuple[str, ...]]:
        """Everybody on both sides, without ids and times."""
        table = self.left.accounts[str(hubspot.PORTAL_ID)].tables["contacts"]
        contacts = [tuple(d["properties"].get(n, "") for n in ("email", "firstname", "lastname")) for d in table.after(0)]
        rows = self.right.companies[quickbooks.DEFAULT_REALM].table("Customer").rows.values()
        return sorted([("hubspot", *c) for c in contacts] + [("quickbooks", row["DisplayName"]) for row in rows])

    def contact(self, record_id: str) -> dict[str, str]:
        """The properties of a contact now."""
        with self.left.lock:
            return dict(self.left.accounts[str(hubspot.PORTAL_ID)].tables["contacts"].documents[int(record_id)]["properties"])

    def customer(self, record_id: str) -> dict[str, Any]:
        """A customer now."""
        with self.right.lock:
            return dict(self.right.companies[quickbooks.DEFAULT_REALM].table("Customer").rows[record_id])

    def quiet(self) -> bool:
        """Whether no webhook is on its way and nothing is left to do."""
        posts = (self.left.webhooks, self.right.webhooks)
        return not any(post.waiting for post in posts) and not SyncRun.objects.filter(ended_at=None).exists()

    def used(self) -> float:
        """The least time that the limit of batches allows for as many, as a share of the time they took: forty at once, then forty a minute."""
        sent = sorted(e.at for e in self.right.log if e.path.endswith("/batch") and e.status == 200)
        return (len(sent) - 1) // BATCHES_A_MINUTE * 60 / SPEED / (sent[-1] - sent[0])

    def refused(self) -> int:
        return sum(e.status == 429 for app in (self.left, self.right) for e in app.log)

    def too_early(self) -> int:
        """How many requests were sent after a refusal was known and before the time it named."""
        return sum(_early(app.log) for app in (self.left, self.right))


def _early(log: list[Logged]) -> int:
    until: dict[str, tuple[float, float]] = {}
    count = 0
    for entry in log:
        bucket = _bucket(entry.path)
        known, free = until.get(bucket, (0.0, 0.0))
        count += known < entry.at < free - 0.01
        if entry.status == 429:
            until[bucket] = (entry.at + IN_FLIGHT_SECONDS, max(free, entry.at + STORM_SECONDS))
    return count


def _bucket(path: str) -> str:
    return next((name for name in ("search", "associations") if name in path), "")


@contextmanager
def limits_on(people: int, *, storm: bool = False, speed: float = SPEED) -> Iterator[Town]:
    """Both simulations with their limits, filled with people who stand on one side only."""
    age = [LONG_AGO]
    clock = lambda: time.time() - age[0]  # noqa: E731
    left, right = hubspot.build(State(), clock=clock), quickbooks.build(State(), clock=clock)
    crowd = [replace(person, in_quickbooks=n % 2 == 0, in_hubspot=n % 2 == 1) for n, person in enumerate(generate(2 * people))]
    quickbooks.load(right, quickbooks.DEFAULT_REALM, crowd)
    hubspot.load(left, int(hubspot.PORTAL_ID), crowd)
    age[0] = 0
    left.switches.limit_speed = right.switches.limit_speed = speed
    grant = {"client": hubspot.CLIENT_ID, "portal": str(hubspot.PORTAL_ID), "scopes": list(PROVIDERS["hubspot"].asked_scopes)}
    answers = {"hubspot": oauth.issue(left, grant), "quickbooks": quickbooks.issue(right, quickbooks.DEFAULT_REALM)}
    accounts = {"hubspot": str(hubspot.PORTAL_ID), "quickbooks": str(quickbooks.DEFAULT_REALM)}
    apps: dict[str, App] = {"hubspot": left, "quickbooks": right}
    for app in apps.values():
        app.keep_log = True
    if storm:
        weather = random.Random(7)
        left.hook = right.hook = lambda moment, number, request, reply: _refuse(weather, moment, request)
    with Server(left) as one, Server(right) as other:
        urls = {"hubspot": one.url, "quickbooks": other.url}
        with override_settings(PROVIDERS="sandbox", SANDBOX_URLS=urls, SANDBOX_PACE=speed):
            yield Town(Stand(urls, answers, accounts), left, right)


def _refuse(weather: random.Random, moment: str, request: Request) -> Reply | None:
    """A refusal now and then, which commits nothing."""
    if moment != "before" or "/oauth" in request.path or weather.random() >= STORM_SHARE:
        return None
    return Reply(429, {"status": "error", "policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": str(STORM_SECONDS)})
