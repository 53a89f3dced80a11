"""What the answer of a write does to its row. Pure: the base advances to what the server stored, never to what was sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.base import Failed, Operation, Outcome, Stored, Unknown, Value
from connectors.errors import AlreadyExists, ConnectorError, Forbidden, NotFound, Rejected, Stale, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.vocabulary import RETRIED_BY_TIME, UNIQUE_CATEGORY
from syncconfig.engine import mapping
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Event, EventType, Intent, Row, State, seen
from syncconfig.engine.values import match_key

RETRY_MINUTES = (1, 5, 15, 60)
MAX_STALE = 3

STOPS = (Unauthorized, Forbidden, Throttled, Unavailable, Unexpected)
"""Errors that concern the whole account, not one record."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A row after an answer. `open`: nobody knows yet what happened, the intent stays. `look` is an id of the written side to read again.

    `stop` is the error that ends the run.
    """

    row: Row
    event: Event | None = None
    open: bool = False
    look: str = ""
    stop: ConnectorError | None = None


def absorb(spec: SyncSpec, row: Row, intent: Intent, outcome: Outcome, now: datetime) -> Absorbed:
    """Book one outcome."""
    if isinstance(outcome, Stored):
        return _stored(spec, row, intent, outcome, now)
    if isinstance(outcome, Unknown):
        stop = outcome.error if isinstance(outcome.error, STOPS) else None
        return Absorbed(replace(row, state=State.PENDING), open=True, stop=stop)
    return _failed(spec, row, intent, outcome, now)


def _withdrawn(row: Row, intent: Intent) -> Absorbed:
    """Our copy is gone: what is left of the row is the record it was made of."""
    left, right = (None, row.right) if intent.side is Side.LEFT else (row.left, None)
    after = replace(row, left=left, right=right, left_base={}, right_base={}, linked_by="", dirty=True, attempts=0, next_attempt_at=None)
    return Absorbed(after, Event(row.pk, EventType.WITHDRAWN, intent.side))


def _stored(spec: SyncSpec, row: Row, intent: Intent, outcome: Stored, now: datetime) -> Absorbed:
    if intent.write.operation is Operation.DELETE:
        return _withdrawn(row, intent)
    side, record = intent.side, outcome.record
    before = row.side(side)
    written = seen(record, before.sweep if before else 0, before)
    sources = {m.key: mapping.source(m, side, written) for m in spec.maps_of(row.origin) if m.key in intent.agreed}
    # What the answer does not show was not agreed on: a later look tells.
    stored = {key: written.values[name] for key, name in sources.items() if name in written.values}
    target_base: dict[str, Value] = {**row.base(side), **stored}
    source_base: dict[str, Value] = {**row.base(side.other), **{key: intent.agreed[key] for key in stored}}
    shown = seen(outcome.current, written.sweep, written) if outcome.current else written
    left, right = (shown, row.right) if side is Side.LEFT else (row.left, shown)
    created = intent.write.operation is Operation.CREATE
    after = replace(
        row,
        left=left,
        right=right,
        left_base=target_base if side is Side.LEFT else source_base,
        right_base=target_base if side is Side.RIGHT else source_base,
        state=row.state if row.state is State.FAILING and row.reason else State.IN_SYNC,
        dirty=True,  # what was stored may match, fit a filter or need a mark: decide once more
        attempts=0,
        next_attempt_at=None,
        origin=row.origin or (side.other if created else ""),
        linked_by=row.linked_by or ("created" if created else ""),
        last_synced_at=now,
        last_direction=side.inward,
    )
    details = {"lost": "\n".join(intent.lost)} if intent.lost else {}
    event = Event(row.pk, EventType.CREATED if created else EventType.UPDATED, side, intent.changes, details=details)
    return Absorbed(after, event)


def _failed(spec: SyncSpec, row: Row, intent: Intent, outcome: Failed, now: datetime) -> Absorbed:
    error = outcome.error
    if isinstance(error, STOPS):
        return Absorbed(replace(row, state=State.PENDING, dirty=True), stop=error)
    if isinstance(error, Stale) and row.attempts < MAX_STALE:
        return Absorbed(replace(row, state=State.PENDING, dirty=True, attempts=row.attempts + 1), look=intent.write.id)
    if isinstance(error, NotFound):
        return Absorbed(_later(row, error, intent, now), look=intent.write.id)
    if isinstance(error, AlreadyExists) and row.attempts < MAX_STALE:
        return Absorbed(replace(row, state=State.PENDING, dirty=True, attempts=row.attempts + 1), look=error.existing_id)
    after = _later(row, error, intent, now)
    if isinstance(error, Rejected) and error.category in UNIQUE_CATEGORY.values():
        after = replace(after, wants=match_key(intent.write.fields.get(spec.unique_fields.get(intent.side, ""))))
    event = Event(row.pk, EventType.FAILED, intent.side, category=error.category, details=after.details, words=error.words, trace=error.trace)
    return Absorbed(after, event)


def _later(row: Row, error: ConnectorError, intent: Intent, now: datetime) -> Row:
    """A failing row: what passes by itself is tried again by the clock, the rest waits for a change or a person."""
    attempts = row.attempts + 1
    # The first rounds of a record that moves under our hands are played at once and are no reason to wait long.
    waits = attempts - MAX_STALE if isinstance(error, Stale) else attempts
    wait = timedelta(minutes=RETRY_MINUTES[min(waits, len(RETRY_MINUTES)) - 1])
    details = {"side": str(intent.side), "field": error.field, "code": error.code, "words": error.words, "trace": error.trace}
    return replace(
        row,
        state=State.FAILING,
        reason=error.category,
        details={k: v for k, v in details.items() if v},
        dirty=False,
        attempts=attempts,
        next_attempt_at=now + wait if error.category in RETRIED_BY_TIME or isinstance(error, NotFound) else None,
    )
