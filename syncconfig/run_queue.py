"""The queue of runs: asked for, claimed, taken over, forgotten.

The row is the truth. A claim is a conditional update under a constraint that lets one run live for each pair of accounts; every save of the
run renews its lease; a holder that is gone, or silent too long, is taken over.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F

from syncconfig.models import ObjectSync, SyncRun
from syncconfig.store import LEASE

MAX_ATTEMPTS = 3
"""How often a run that dies is started again before it is given up."""
KEPT_IDLE = timedelta(days=7)


def ask(
    sync: ObjectSync,
    trigger: str,
    *,
    actor: AbstractBaseUser | None = None,
    full: bool = False,
    unguarded: bool = False,
    told_only: bool = False,
) -> SyncRun:
    """The queued run of a sync: the one that waits already, else a new one. Previews are always new."""
    facts = {"sync": sync, "left_id": sync.left_id, "right_id": sync.right_id, "trigger": trigger, "actor": actor}
    try:
        with transaction.atomic():
            return SyncRun.objects.create(**facts, full=full, unguarded=unguarded, told_only=told_only)
    except IntegrityError:
        waiting = SyncRun.objects.filter(sync=sync, state=SyncRun.State.QUEUED).exclude(trigger=SyncRun.Trigger.PREVIEW)
        found = waiting.first()
        more: dict[str, Any] = {name: True for name, wanted in (("full", full), ("unguarded", unguarded)) if wanted}
        if found and found.told_only and not told_only:
            more |= {"told_only": False, "trigger": trigger}
        if found and waiting.filter(pk=found.pk).update(attempts=F("attempts"), **more):
            return found
        # It was claimed just now and may have read too early for the asker.
        return ask(sync, trigger, actor=actor, full=full, unguarded=unguarded, told_only=told_only)


def claim(run_id: int, now: datetime) -> SyncRun | None:
    """Take a queued run. None when it is taken, or when another run of the same accounts is under way."""
    run = SyncRun.objects.filter(pk=run_id, state=SyncRun.State.QUEUED).first()
    if run is None:
        return None
    release_abandoned(now)
    try:
        with transaction.atomic():
            taken = SyncRun.objects.filter(pk=run_id, state=SyncRun.State.QUEUED).update(
                state=SyncRun.State.RUNNING,
                holder=holder(),
                epoch=F("epoch") + 1,
                attempts=F("attempts") + 1,
                lease_until=now + LEASE,
                started_at=now,
                progress={},
            )
    except IntegrityError:
        return None
    if not taken:
        return None
    run.refresh_from_db()
    return run


def release_abandoned(now: datetime) -> int:
    """Put runs whose holder is gone back into the queue, or end those that died too often. How many there were."""
    count = 0
    for run in SyncRun.objects.live():
        if run.lease_until and run.lease_until >= now and not _gone(run.holder):
            continue
        again = run.attempts < MAX_ATTEMPTS and run.trigger != SyncRun.Trigger.PREVIEW
        state = SyncRun.State.QUEUED if again else SyncRun.State.INTERRUPTED
        mine = SyncRun.objects.live().filter(pk=run.pk, epoch=run.epoch, lease_until=run.lease_until)
        try:
            with transaction.atomic():
                count += mine.update(state=state, epoch=F("epoch") + 1, holder="", ended_at=None if again else now)
        except IntegrityError:  # another run of this sync waits already: that one will do the work
            count += mine.update(state=SyncRun.State.INTERRUPTED, epoch=F("epoch") + 1, holder="", ended_at=now)
    return count


def holder() -> str:
    """This process, in words by which another can tell that it is gone."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _gone(name: str) -> bool:
    """Whether a holder surely is no more: a process of this machine that has ended. Of other machines only the lease can tell."""
    host, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    return host == socket.gethostname() and pid.isdigit() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process of this machine began, as the system counts; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def prune(now: datetime) -> int:
    """Forget runs that nobody asked for, long ago, in which nothing happened: with a look every minute there are many. How many there were."""
    idle = SyncRun.objects.filter(ended_at__lt=now - KEPT_IDLE, state=SyncRun.State.SUCCEEDED, events=None)
    return idle.filter(trigger__in=(SyncRun.Trigger.SCHEDULE, SyncRun.Trigger.WEBHOOK)).delete()[0]
