"""What the connector in memory keeps: rows, the order of their changes, who holds which unique value, and what a field list forbids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.base import FieldSpec, Presence, Value, Values
from connectors.vocabulary import Category

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Row:
    """A stored record. `changed` counts all changes of the account; it is the version, too."""

    id: str
    fields: dict[str, Value]
    created_at: datetime
    modified_at: datetime
    changed: int
    presence: Presence = Presence.PRESENT
    namespace: str = ""
    related: dict[str, tuple[Values, ...]] = field(default_factory=dict)
    merged_ids: tuple[str, ...] = ()


class Store:
    """Rows by id. `changes` counts every change; the clock stands one second later with each."""

    def __init__(self, unique: Sequence[str]) -> None:
        self.rows: dict[str, Row] = {}
        self.changes = 0
        self._order: dict[str, int] = {}
        self._holders: dict[str, dict[str, dict[str, None]]] = {key: {} for key in unique}

    def insert(self, values: dict[str, Value], namespace: str, related: dict[str, tuple[Values, ...]]) -> Row:
        """A new row."""
        row = Row(str(len(self.rows) + 1), {}, START, START, 0, namespace=namespace, related=related)
        self.rows[row.id] = row
        self.put(row, values)
        row.created_at = row.modified_at
        return row

    def put(self, row: Row, values: dict[str, Value]) -> None:
        """Give a row other values."""
        self.forget(row)
        row.fields = values
        for key, holders in self._holders.items():
            if values.get(key) is not None:
                holders.setdefault(fold(values[key]), {})[row.id] = None
        self.touch(row)

    def forget(self, row: Row) -> None:
        """The row no longer holds its unique values."""
        for key, holders in self._holders.items():
            holders.get(fold(row.fields.get(key)), {}).pop(row.id, None)

    def touch(self, row: Row) -> None:
        """Count a change of the row."""
        self.changes += 1
        row.changed = self.changes
        row.modified_at = START + timedelta(seconds=self.changes)
        self._order.pop(row.id, None)
        self._order[row.id] = self.changes

    def after(self, change: int) -> list[Row]:
        """Rows changed after a count, oldest change first."""
        found = []
        for row_id in reversed(self._order):
            if self._order[row_id] <= change:
                break
            found.append(self.rows[row_id])
        return found[::-1]

    def holders(self, key: str, folded: str) -> list[Row]:
        """Rows that hold a unique value."""
        return [self.rows[row_id] for row_id in self._holders[key].get(folded, ())]


def forbidden(spec: FieldSpec | None, value: Value) -> Category | None:
    """Why a field may not hold a value, by its own description; None when it may."""
    if spec is None or spec.read_only:
        return Category.MAPPING_BROKEN
    if value is None:
        return None if spec.clearable and not spec.required else Category.REQUIRED_VALUE_MISSING
    if spec.max_length is not None and len(str(value)) > spec.max_length:
        return Category.VALUE_TOO_LONG
    if any(character in str(value) for character in spec.forbidden):
        return Category.CHARACTER_NOT_ALLOWED
    if spec.options and value not in {option.value for option in spec.options}:
        return Category.OPTION_UNKNOWN
    return None


def fold(value: Value) -> str:
    """How unique values are compared: trimmed, without case."""
    return str(value).strip().casefold() if value is not None else ""
