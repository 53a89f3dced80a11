"""The doors of the workers. A message is only an id; the row decides what is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from connectors.webhooks import Hint
from syncconfig import exports, inbox, notices, run_queue, runner
from syncconfig.columns import Column
from syncconfig.credentials import forecast_end
from syncconfig.models import Export, ObjectSync, SyncRun
from syncconfig.permissions import MAY_CONNECT


def start(sync: ObjectSync, trigger: str, *, actor: AbstractBaseUser | None = None, full: bool = False, unguarded: bool = False) -> SyncRun:
    """Ask for a run and wake a worker once the caller's transaction is durable."""
    run = run_queue.ask(sync, trigger, actor=actor, full=full, unguarded=unguarded)
    transaction.on_commit(lambda: enqueue(run.pk))
    return run


def enqueue(run_id: int) -> None:
    async_task("syncconfig.tasks.run", run_id, group="runs")


def heard(provider_key: str, hints: Sequence[Hint]) -> int:
    """Keep what a webhook told, and wake the syncs it concerns once that is durable. How many there are."""
    now = timezone.now()
    with transaction.atomic():
        syncs = [sync for sync in inbox.keep(provider_key, hints, now) if sync.status == ObjectSync.Status.ON and sync.reachable]
        for sync in runner.in_order(syncs):
            asked = run_queue.ask(sync, SyncRun.Trigger.WEBHOOK, told_only=True)
            transaction.on_commit(partial(enqueue, asked.pk))
    return len(syncs)


def run(run_id: int) -> str:
    """Carry out a run, if nobody else does, and then wake the next of the same accounts."""
    claimed = run_queue.claim(run_id, timezone.now())
    if claimed is None:
        return "taken"
    runner.execute(claimed)
    wake_next(claimed)
    return claimed.state


def wake_next(ended: SyncRun) -> None:
    """Wake a worker for the next run of the same accounts, which could not begin before this one ended."""
    waiting = SyncRun.objects.filter(left=ended.left_id, right=ended.right_id, state=SyncRun.State.QUEUED).order_by("pk").first()
    if waiting:
        enqueue(waiting.pk)


def start_export(user: AbstractBaseUser, filters: dict[str, list[str]], columns: Iterable[Column], format: str, language: str) -> Export:
    """Ask for an export and wake a worker once the caller's transaction is durable."""
    wanted = exports.ask(user, filters, columns, format, language)
    transaction.on_commit(lambda: enqueue_export(wanted.pk))
    return wanted


def enqueue_export(export_id: int) -> None:
    async_task("syncconfig.tasks.export", export_id, group="exports")


def export(export_id: int) -> str:
    """Make the file of an export, if nobody else does."""
    claimed = exports.claim(export_id)
    return exports.carry_out(claimed).state if claimed else "taken"


def dispatch() -> str:
    """Wake a worker for everything that is due."""
    now = timezone.now()
    inbox.prune(now)
    run_queue.prune(now)
    for connection in forecast_end(now):
        day = connection.ends_at.astimezone(ZoneInfo(connection.zone)).date()
        details = {"provider": connection.provider, "name": connection.name, "day": day.isoformat()}
        notices.tell_whoever_may(MAY_CONNECT, notices.ACCESS_ENDS, details, reverse("apps"))
    runs = runner.dispatch(now)
    for run_id in runs:
        enqueue(run_id)
    waiting = exports.due(now)
    for export_id in waiting:
        enqueue_export(export_id)
    return f"{len(runs) + len(waiting)} queued"
