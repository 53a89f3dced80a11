"""Rows, writes and changes between the engine's values and what the database keeps of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from connectors.base import Operation, Presence, Values, Write
from syncconfig.engine.spec import Side
from syncconfig.engine.state import FieldChange, Intent, Row, Seen, State
from syncconfig.engine.values import from_json, to_json, values_from_json, values_to_json
from syncconfig.models import SyncRecord, WriteIntent


def row_of(record: SyncRecord) -> Row:
    """A stored record as the engine knows it."""
    return Row(
        pk=record.pk,
        left=_seen(record.left_id, record.left_seen, record.left_sweep),
        right=_seen(record.right_id, record.right_seen, record.right_sweep),
        left_base=values_from_json(record.left_base),
        right_base=values_from_json(record.right_base),
        state=State(record.state),
        reason=record.reason,
        details=record.details,
        origin=record.origin,
        linked_by=record.linked_by,
        dirty=record.dirty,
        attempts=record.attempts,
        next_attempt_at=record.next_attempt_at,
        generation=record.generation,
        wants=record.wants,
        needs=record.needs,
        held=record.held,
        last_synced_at=record.last_synced_at,
        last_direction=record.last_direction,
    )


def seen_json(seen: Seen) -> dict[str, Any]:
    return {
        "values": values_to_json(seen.values),
        "related": {name: [values_to_json(v) for v in several] for name, several in seen.related.items()},
        "version": seen.version,
        "title": to_json(seen.title),
        "presence": seen.presence,
        "modified_at": to_json(seen.modified_at),
        "created_at": to_json(seen.created_at),
    }


def _seen(record_id: str | None, stored: dict[str, Any] | None, sweep: int) -> Seen | None:
    if record_id is None or stored is None:
        return None
    modified, created = from_json(stored["modified_at"]), from_json(stored["created_at"])
    related: dict[str, tuple[Values, ...]] = {name: tuple(map(values_from_json, several)) for name, several in stored["related"].items()}
    return Seen(
        record_id,
        values_from_json(stored["values"]),
        stored["version"],
        str(from_json(stored["title"])),
        Presence(stored["presence"]),
        related,
        modified if isinstance(modified, datetime) else None,
        created if isinstance(created, datetime) else None,
        sweep,
    )


def changes_from_json(stored: Iterable[list[Any]]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(field, from_json(old), from_json(new)) for field, old, new in stored)


def intent_of(stored: WriteIntent) -> Intent:
    body = stored.body
    write = Write(
        stored.call,
        stored.key,
        Operation(stored.operation),
        values_from_json(body["fields"]),
        body["id"],
        body["version"],
        values_from_json(body["expected"]),
    )
    return Intent(
        stored.record_pk,
        Side(stored.side),
        write,
        values_from_json(body["agreed"]),
        changes_from_json(body["changes"]),
        tuple(body["lost"]),
        stored.sent_at,
    )
