"""The life of one run that was claimed: equipped, carried out, recorded; and what the schedule asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from connectors.base import Connector
from connectors.errors import ConnectorError, Throttled, Unauthorized, Unavailable
from connectors.pacing import READ_CAP
from connectors.vocabulary import Category, Kind
from syncconfig import budgets, inbox, run_queue
from syncconfig.credentials import connector_for, mark_reconnect_needed
from syncconfig.custom_item import finder
from syncconfig.engine.filters import BadFilter
from syncconfig.engine.guards import Blocked
from syncconfig.engine.matching import match_signature
from syncconfig.engine.preview import Preview, preview
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.store import Fenced
from syncconfig.engine.synchronize import Progress, Report, synchronize
from syncconfig.engine.values import cleaned, to_json
from syncconfig.models import Connection, ObjectSync, SyncRecord, SyncRun
from syncconfig.specs import NoFields, spec_of
from syncconfig.store import DatabaseStore

log = structlog.get_logger(__name__)

PROGRESS_SECONDS = 0.5
POLL_SLACK = timedelta(seconds=5)
"""A look that comes a little early counts as in time: the schedule ticks by the minute."""
Clock = Callable[[], datetime]
Watch = Callable[[Progress], None]


def execute(
    run: SyncRun, *, clock: Clock = timezone.now, should_stop: Callable[[], bool] = lambda: False, watch: Watch = lambda progress: None
) -> SyncRun:
    """Carry out a claimed run and record what came of it; `watch` is told how far it is. Re-raises what is nobody's fault but ours."""
    structlog.contextvars.bind_contextvars(run=run.pk)
    started = time.monotonic()
    try:
        if run.trigger == SyncRun.Trigger.PREVIEW:
            _end(run, SyncRun.State.SUCCEEDED, clock(), result=preview_json(_preview(run, clock, watch)))
        else:
            _synchronize(run, clock, should_stop, watch)
    except Fenced:
        log.warning("run was taken over")
    except Blocked as blocked:
        _blocked(run, blocked, clock())
    except ConnectorError as error:
        _refused(run, error, clock())
    except (BadFilter, NoFields) as error:
        _pause(run.sync, Category.MAPPING_BROKEN, {"field": getattr(getattr(error, "condition", None), "field", "")})
        _end(run, SyncRun.State.FAILED, clock(), error=Category.MAPPING_BROKEN)
    except Exception as error:
        _end(run, SyncRun.State.FAILED, clock(), error=Category.UNKNOWN, details={"kind": type(error).__name__})
        raise
    finally:
        with suppress(SyncRun.DoesNotExist):  # its sync was deleted or its draft discarded meanwhile
            run.refresh_from_db()
        log.info("run ended", state=run.state, seconds=round(time.monotonic() - started, 2), error=run.error)
        structlog.contextvars.unbind_contextvars("run")
    return run


@dataclass(frozen=True, slots=True)
class _Equipment:
    spec: SyncSpec
    sides: dict[Side, Connector]
    store: DatabaseStore


def _equip(run: SyncRun, clock: Clock) -> _Equipment:
    sync = run.sync
    spec = spec_of(sync)
    store = DatabaseStore(sync, spec, clock, run)
    sides = {side: connector_for(sync.connection(side)) for side in Side}
    if sync.draft_of_id is None:
        store.rekey_if(match_signature(spec))
    return _Equipment(spec, sides, store)


def _preview(run: SyncRun, clock: Clock, watch: Watch) -> Preview:
    kit = _equip(run, clock)
    store = kit.store.overlay() if run.sync.draft_of_id else kit.store
    return preview(kit.sides[Side.LEFT], kit.sides[Side.RIGHT], kit.spec, store, clock=clock, on_progress=_teller(run, watch))


def _synchronize(run: SyncRun, clock: Clock, should_stop: Callable[[], bool], watch: Watch) -> None:
    sync = run.sync
    kit = _equip(run, clock)
    version, fresh = sync.settings_version, sync.settings_version != sync.decided_version
    if fresh or run.full:
        # Also what waits for nothing but time: filters that count days, and failures whose cause nobody can see go.
        kit.store.wake_all()
    heard = inbox.waiting(sync, clock())
    feeds = tuple(Side) if fresh or run.full else _feeds(run, kit.store, clock())
    report = synchronize(
        kit.sides[Side.LEFT],
        kit.sides[Side.RIGHT],
        kit.spec,
        kit.store,
        clock=clock,
        full=run.full,
        changed=fresh,
        unguarded=run.unguarded,
        told=heard.told,
        feeds=feeds,
        should_stop=lambda: should_stop() or _superseded(sync, version),
        on_progress=_teller(run, watch),
        fallback=finder(sync, kit.sides[Side.RIGHT], kit.store),
    )
    inbox.done(heard.pks, clock())
    for side in feeds:
        kit.store.remember(_looked(side), clock().isoformat())
    done = report.stopped is None and not report.interrupted
    if done:
        changes: dict[str, Any] = {"decided_version": version}
        if report.full:
            changes["compared_at"] = clock()
        ObjectSync.objects.filter(pk=sync.pk).update(**changes)
    counts = SyncRecord.objects.by_state([sync.pk])[sync.pk]
    result = report_json(report, kit.sides, counts)
    if report.stopped:
        _refused(run, report.stopped, clock(), result=result)
    elif report.interrupted:
        _end(run, SyncRun.State.INTERRUPTED, clock(), result=result)
    else:
        _end(run, SyncRun.State.PARTIAL if counts["failing"] or counts["pending"] else SyncRun.State.SUCCEEDED, clock(), result=result)
    if not run.told_only:
        _schedule(sync, clock())


def _feeds(run: SyncRun, store: DatabaseStore, now: datetime) -> tuple[Side, ...]:
    """The sides whose change feeds a run asks: none that came for what webhooks named, those whose time has come in a scheduled one, else both."""
    if run.told_only:
        return ()
    if run.trigger != SyncRun.Trigger.SCHEDULE:
        return tuple(Side)
    looked = {side: store.recall(_looked(side)) for side in Side}
    return tuple(side for side, at in looked.items() if at is None or now - datetime.fromisoformat(at) >= _interval(run.sync, side, now))


def _looked(side: Side) -> str:
    return f"looked_{side}"


def _interval(sync: ObjectSync, side: Side, now: datetime) -> timedelta:
    return budgets.poll_interval(sync.connection(side), now) - POLL_SLACK


def _superseded(sync: ObjectSync, version: int) -> bool:
    """Whether the sync is not on any more, or has other settings by now: what they exclude must not be written."""
    return not ObjectSync.objects.filter(pk=sync.pk, status=ObjectSync.Status.ON, settings_version=version).exists()


def report_json(report: Report, sides: dict[Side, Connector], counts: dict[str, int]) -> dict[str, Any]:
    """A run's result as it is kept and printed (design section 8)."""
    return {
        "writes": {c.provider: report.writes[side] for side, c in sides.items()},
        "created": {c.provider: report.created[side] for side, c in sides.items()},
        "calls": {c.provider: c.calls for c in sides.values()},
        "counts": counts,
        "failed": dict(report.failed),
        "decided": report.decided,
        "full": report.full,
    }


def preview_json(result: Preview) -> dict[str, Any]:
    """A preview as it is kept and shown: counts by side, and samples with old and new values."""
    sides = {side.value: {"create": result.create[side], "update": result.update[side]} for side in Side}
    samples = [
        {
            "title": cleaned(s.title),
            "side": s.side,
            "operation": s.operation,
            "changes": [[c.field, to_json(c.old), to_json(c.new)] for c in s.changes],
        }
        for s in result.samples
    ]
    troubles = [
        {"title": cleaned(t.title), "category": t.category, "details": {k: cleaned(v) for k, v in t.details.items()}} for t in result.troubles
    ]
    plain = {"marked": result.marked, "link": result.link, "equal": result.equal, "excluded": dict(result.excluded), "failing": dict(result.failing)}
    return {**sides, **plain, "samples": samples, "troubles": troubles}


def _teller(run: SyncRun, watch: Watch) -> Watch:
    """Writes progress to the run's row and tells `watch`, often enough to look at and seldom enough not to matter."""
    told = [0.0, ""]

    def tell(progress: Progress) -> None:
        now = time.monotonic()
        if now - float(told[0]) < PROGRESS_SECONDS and progress.phase == told[1]:
            return
        told[0], told[1] = now, progress.phase
        watch(progress)
        stored = {"phase": progress.phase, "done": progress.done, "total": progress.total}
        SyncRun.objects.live().filter(pk=run.pk, epoch=run.epoch).update(progress=stored)

    return tell


def _end(run: SyncRun, state: str, now: datetime, *, result: Any = None, error: str = "", details: Any = None) -> None:
    SyncRun.objects.filter(pk=run.pk, epoch=run.epoch).update(
        state=state, ended_at=now, result=result or {}, error=error, error_details=details or {}, lease_until=None
    )


def _blocked(run: SyncRun, blocked: Blocked, now: datetime) -> None:
    details = {"guard": blocked.guard, "count": blocked.count, "total": blocked.total, "detail": blocked.detail}
    _pause(run.sync, blocked.guard, details)
    _end(run, SyncRun.State.BLOCKED, now, error=blocked.guard, details=details)


def _pause(sync: ObjectSync, reason: str, details: dict[str, Any]) -> None:
    on = ObjectSync.objects.filter(pk=sync.pk, status=ObjectSync.Status.ON)
    on.update(status=ObjectSync.Status.PAUSED, pause_reason=reason, pause_details=details, next_run_at=None)


def _refused(run: SyncRun, error: ConnectorError, now: datetime, *, result: Any = None) -> None:
    """An account said no: the run ends, what was done stays, the rest waits."""
    details = {"provider": error.provider, "code": error.code, "words": error.words, "trace": error.trace}
    reason = "read_cap" if error.code == READ_CAP else error.category
    _end(run, SyncRun.State.FAILED, now, result=result, error=reason, details=details)
    if isinstance(error, Unauthorized):
        _reconnect_needed(run, error)
    elif not isinstance(error, Throttled | Unavailable):
        log.warning("provider refused", provider=error.provider, code=error.code, trace=error.trace)
    wait = timedelta(seconds=error.retry_after) if isinstance(error, Throttled) else None
    for connection in (run.sync.left, run.sync.right):
        if isinstance(error, Throttled) and error.daily and connection.provider == error.provider:
            wait = budgets.rest_until_midnight(connection, now) - now
    _schedule(run.sync, now, wait)


def _reconnect_needed(run: SyncRun, error: Unauthorized) -> None:
    """Note which account refuses us, unless a person has reconnected it since the run began."""
    for connection in Connection.objects.filter(pk__in=(run.left_id, run.right_id), provider=error.provider):
        if connection.connected_at is None or run.started_at is None or connection.connected_at < run.started_at:
            mark_reconnect_needed(connection.pk, error, version=connection.credentials_version)


def _schedule(sync: ObjectSync, now: datetime, wait: timedelta | None = None) -> None:
    on = ObjectSync.objects.filter(pk=sync.pk, status=ObjectSync.Status.ON)
    on.update(next_run_at=now + (wait or _soonest(sync, now)))


def _soonest(sync: ObjectSync, now: datetime) -> timedelta:
    """The time to the next look at either side."""
    return min(budgets.poll_interval(connection, now) for connection in (sync.left, sync.right))


def in_order(syncs: Iterable[ObjectSync]) -> list[ObjectSync]:
    """Syncs in the order in which their records depend on each other, those of one pair of accounts together."""
    return sorted(syncs, key=lambda sync: (sync.left_id, sync.right_id, list(Kind).index(Kind(sync.kind))))


def dispatch(now: datetime) -> list[int]:
    """Ask for the runs that are due and name every queued one, oldest first. Two dispatchers do no harm."""
    run_queue.release_abandoned(now)
    for sync in in_order(ObjectSync.objects.due(now)):
        moved = ObjectSync.objects.filter(pk=sync.pk, next_run_at=sync.next_run_at).update(next_run_at=now + _soonest(sync, now))
        if moved:
            full = sync.compared_at is not None and now - sync.compared_at > timedelta(seconds=settings.SYNC_COMPARE_SECONDS)
            trigger = SyncRun.Trigger.COMPARE if full else SyncRun.Trigger.SCHEDULE
            run_queue.ask(sync, trigger, full=full)
    return list(SyncRun.objects.filter(state=SyncRun.State.QUEUED).order_by("pk").values_list("pk", flat=True))
