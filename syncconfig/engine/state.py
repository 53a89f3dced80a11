"""Rows: what the engine remembers about one record or linked pair. Frozen values; a change makes a new row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connectors.base import Presence, Record, Value, Values, Write
from syncconfig.engine.spec import Side


class State(StrEnum):
    PENDING = "pending"
    IN_SYNC = "in_sync"
    FAILING = "failing"
    EXCLUDED = "excluded"


class Reason(StrEnum):
    """Why a row is excluded. Not an error: somebody or some setting wants it so."""

    FILTER = "filter"
    NO_KEY = "no_key"
    INACTIVE = "inactive"
    DIRECTION = "direction"
    COUNTERPART_DELETED = "counterpart_deleted"
    BY_HAND = "by_hand"
    NO_NAME = "no_name"
    ITEM_TYPE = "item_type"
    COPY = "copy"
    ORIGIN = "origin"
    CREDIT = "credit"
    NO_INVOICE = "no_invoice"
    NO_DEAL = "no_deal"
    WITHDRAWN = "withdrawn"
    DEPENDENCY = "dependency"
    VOIDED = "voided"


WAITING = "waiting"
"""The reason of a row that is pending until a record it names is linked."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one side showed last. `sweep` is the number of the last complete listing that showed it."""

    id: str
    values: Values
    version: str = ""
    title: str = ""
    presence: Presence = Presence.PRESENT
    related: Mapping[str, tuple[Values, ...]] = field(default_factory=dict)
    modified_at: datetime | None = None
    created_at: datetime | None = None
    sweep: int = 0

    @property
    def stands(self) -> bool:
        return self.presence is Presence.PRESENT


def seen(record: Record, sweep: int, before: Seen | None = None) -> Seen:
    """A record as an observation. Fields a partial answer lacks keep what was seen before."""
    values = {**(before.values if before else {}), **record.fields}
    return Seen(
        record.id,
        values,
        record.version,
        record.title or (before.title if before else ""),
        record.presence,
        record.related or (before.related if before else {}),
        record.modified_at,
        record.created_at or (before.created_at if before else None),
        sweep,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One record, or one linked pair when both sides are there.

    `left_base` and `right_base` are keyed by `FieldMap.key`. `dirty`: something may have to be decided. `wants` is the unique value the row was
    refused, so that it wakes when the value becomes free; `needs` is the record of another kind it named and could not reach, so that it wakes
    when that changes. `generation` counts intents. `held`: a person excluded it.
    """

    pk: int = 0
    left: Seen | None = None
    right: Seen | None = None
    left_base: Values = field(default_factory=dict)
    right_base: Values = field(default_factory=dict)
    state: State = State.PENDING
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    linked_by: str = ""
    dirty: bool = True
    attempts: int = 0
    next_attempt_at: datetime | None = None
    generation: int = 0
    wants: str = ""
    needs: str = ""
    held: bool = False
    last_synced_at: datetime | None = None
    last_direction: str = ""

    @property
    def linked(self) -> bool:
        return self.left is not None and self.right is not None

    @property
    def title(self) -> str:
        for side in (self.left, self.right):
            if side and side.title:
                return side.title
        return ""

    def side(self, side: Side) -> Seen | None:
        return self.left if side is Side.LEFT else self.right

    def base(self, side: Side) -> Values:
        return self.left_base if side is Side.LEFT else self.right_base


class Cause(StrEnum):
    """Why a run looked at its records."""

    FIRST = "first"
    CHANGE = "change"
    SETTINGS = "settings"
    MANUAL = "manual"
    RETRY = "retry"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that changed: `field` is the label of the written side's field."""

    field: str
    old: Value
    new: Value


class EventType(StrEnum):
    LINKED = "linked"
    CREATED = "created"
    UPDATED = "updated"
    FAILED = "failed"
    EXCLUDED = "excluded"
    INCLUDED = "included"
    LOST = "lost"
    DRIFTED = "drifted"
    UNLINKED = "unlinked"
    GONE = "gone"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a row's history. `side` is the side it happened to. `actor` is empty for the engine."""

    pk: int
    type: EventType
    side: Side | None = None
    changes: tuple[FieldChange, ...] = ()
    category: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    trace: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A stored write. `agreed` are the base values of the source side for the maps that are written, `changes` its old and new values by label,
    `lost` the labels whose old value somebody had set and that gives way."""

    pk: int
    side: Side
    write: Write
    agreed: Values
    changes: tuple[FieldChange, ...] = ()
    lost: tuple[str, ...] = ()
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a side was read, and with which fields. `sweep` is the listing it belongs to; `complete` once that was read to its end."""

    value: str
    sweep: int
    complete: bool
    fields: tuple[str, ...]
