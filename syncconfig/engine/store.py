"""What the engine needs of its memory: bulk reads, and one way to write, a batch that is saved whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connectors.vocabulary import Kind
from syncconfig.engine.references import References
from syncconfig.engine.spec import Side
from syncconfig.engine.state import Cursor, Event, Intent, Row


@dataclass(slots=True)
class Batch:
    """Changes that become durable together.

    `rows` with pk 0 are new. `deleted` rows go before others are saved, so that a half's id is free for the link. `closed` intents are
    named by (call, key). `touched` are ids of a side seen unchanged in a sweep. `wake_keys` and `wake_names` make unlinked or failing rows
    dirty that share a match key, or want a unique value on a side. `decided` rows were decided just now: who asked to have them tried again is
    answered. Rows of other syncs that need one of `rows` become dirty too.
    """

    rows: list[Row] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    opened: list[Intent] = field(default_factory=list)
    closed: list[tuple[str, str]] = field(default_factory=list)
    touched: list[tuple[Side, int, Sequence[str]]] = field(default_factory=list)
    cursors: dict[Side, Cursor] = field(default_factory=dict)
    wake_keys: set[str] = field(default_factory=set)
    wake_names: set[tuple[Side, str]] = field(default_factory=set)
    decided: list[int] = field(default_factory=list)


class Store(Protocol):
    """The memory of one sync. No method asks the database once per record."""

    def cursor(self, side: Side) -> Cursor | None:
        """How far a side was read; None before the first page."""

    def by_ids(self, side: Side, ids: Collection[str]) -> list[Row]:
        """The rows that hold these ids on a side."""

    def by_pks(self, pks: Collection[int]) -> list[Row]:
        """These rows; those that are gone are missing."""

    def by_keys(self, keys: Collection[str], marks: Collection[str]) -> list[Row]:
        """The rows that share a match key or a mark on either side."""

    def by_names(self, side: Side, names: Collection[str]) -> list[Row]:
        """The rows that hold these unique values on a side."""

    def born_left(self, key: str, values: Collection[str]) -> Iterator[Row]:
        """The linked rows that were born on the left and whose right side shows one of these texts in a field."""

    def references(self, ids: Mapping[tuple[Kind, Side], Collection[str]], skus: Collection[str]) -> References:
        """The rows of other syncs of the same accounts that hold these ids, and the products with these SKUs on the right."""

    def due(self, now: datetime, after: int, limit: int) -> list[Row]:
        """Up to `limit` rows above a pk, by pk, that are dirty or whose next attempt has come, and that have no open intent."""

    def every(self, after: int, limit: int) -> list[Row]:
        """Up to `limit` rows above a pk, by pk."""

    def unseen(self, side: Side, sweep: int, after: int, limit: int) -> list[Row]:
        """Up to `limit` rows above a pk, by pk, that stand on a side but were not shown by a sweep."""

    def intents(self) -> Iterator[Intent]:
        """The open intents, in the order they were stored."""

    def waiting(self, now: datetime) -> int:
        """How many rows are due."""

    def linked(self) -> int:
        """How many rows are linked."""

    def wake_all(self) -> None:
        """Make every row dirty: settings changed."""

    def save(self, batch: Batch) -> None:
        """Save everything in one transaction, or nothing. Raises `Fenced` when another run has taken over."""


class Fenced(Exception):
    """This run no longer holds its lease; nothing of the batch was saved."""
