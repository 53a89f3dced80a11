"""Rows that are valid alone, for tests of pages that speak to no provider."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from typing import Any

from connectors.base import Values
from connectors.hubspot.objects import FIELDS as HUBSPOT_FIELDS
from connectors.quickbooks.objects import ENTITIES
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts
from syncconfig.engine.spec import Side
from syncconfig.engine.values import values_to_json
from syncconfig.models import Connection, FieldList, ObjectSync, SyncRecord
from syncconfig.specs import fields_of

SET_UP = datetime(2026, 7, 1, 15, 30, tzinfo=UTC)
_numbers = count(1)


def make_connection(provider: str, name: str = "", **values: Any) -> Connection:
    """A connected account with its field list, in Denver."""
    fields = HUBSPOT_FIELDS[Kind.CONTACT] if provider == "hubspot" else ENTITIES[Kind.CONTACT].fields
    account = str(1000 + next(_numbers))
    connection = Connection.objects.create(
        provider=provider, account_id=account, name=name or f"{provider} {account}", zone="America/Denver", **values
    )
    FieldList.objects.create(connection=connection, kind=Kind.CONTACT, fields=[asdict(f) for f in fields], read_at=SET_UP)
    return connection


def make_sync(status: str = "on", **values: Any) -> ObjectSync:
    """A contact sync with the recommended settings; `left` and `right` may be given."""
    left = values.pop("left", None) or make_connection("hubspot")
    right = values.pop("right", None) or make_connection("quickbooks", "Cedar & Slate Landscaping")
    sync = ObjectSync.objects.create(left=left, right=right, kind=Kind.CONTACT, status=status, step="review", **values)
    ObjectSync.objects.filter(pk=sync.pk).update(setup_at=SET_UP)
    sync.refresh_from_db()
    fields = {side: fields_of(sync.connection(side), Kind.CONTACT) for side in Side}
    for mapping in drafts.default_mappings(sync, fields):
        mapping.save()
    for direction in (Direction.TO_LEFT, Direction.TO_RIGHT):
        drafts.set_rules(sync, direction, drafts.recommended(sync, direction, fields, SET_UP))
    return sync


def make_record(sync: ObjectSync, title: str = "", *, left: Values | None = None, right: Values | None = None, **values: Any) -> SyncRecord:
    """A record; each side that is given stands there with these values."""
    number = next(_numbers)
    columns: dict[str, Any] = {"title": title or f"Record {number}", "dirty": False}
    for side, shown in (("left", left), ("right", right)):
        if shown is not None:
            columns |= {f"{side}_id": f"{side[0]}{number}", f"{side}_stands": True, f"{side}_seen": seen_json(shown)}
    return SyncRecord.objects.create(sync=sync, **{**columns, **values})


def seen_json(values: Values, related: dict[str, list[Values]] | None = None) -> dict[str, Any]:
    """An observation as the store keeps it."""
    several = {name: [values_to_json(v) for v in entries] for name, entries in (related or {}).items()}
    return {
        "values": values_to_json(values),
        "related": several,
        "version": "1",
        "title": "",
        "presence": "present",
        "modified_at": None,
        "created_at": None,
    }


def mark_read(sync: ObjectSync) -> None:
    """As if both sides had been read to their end with every field."""
    cursors = {
        side.value: {"value": "", "sweep": 1, "complete": True, "fields": list(fields_of(sync.connection(side), Kind.CONTACT))} for side in Side
    }
    ObjectSync.objects.filter(pk=sync.pk).update(cursors=cursors)
