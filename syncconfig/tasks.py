"""The doors of the workers. A message is only an id; the row decides what is due."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from syncconfig import runner
from syncconfig.models import ObjectSync, SyncRun


def start(sync: ObjectSync, trigger: str, *, actor: AbstractBaseUser | None = None, full: bool = False, unguarded: bool = False) -> SyncRun:
    """Ask for a run and wake a worker once the caller's transaction is durable."""
    run = runner.ask(sync, trigger, actor=actor, full=full, unguarded=unguarded)
    transaction.on_commit(lambda: enqueue(run.pk))
    return run


def enqueue(run_id: int) -> None:
    async_task("syncconfig.tasks.run", run_id, group="runs")


def run(run_id: int) -> str:
    """Carry out a run, if nobody else does, and then wake the next of the same accounts."""
    claimed = runner.claim(run_id, timezone.now())
    if claimed is None:
        return "taken"
    runner.execute(claimed)
    waiting = SyncRun.objects.filter(left=claimed.left_id, right=claimed.right_id, state=SyncRun.State.QUEUED).order_by("pk").first()
    if waiting:
        enqueue(waiting.pk)
    return claimed.state


def dispatch() -> str:
    """Wake a worker for everything that is due."""
    due = runner.dispatch(timezone.now())
    for run_id in due:
        enqueue(run_id)
    return f"{len(due)} queued"
