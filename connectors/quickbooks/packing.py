"""How writes are worded for QuickBooks, and how a row is recognised that a lost create may have made: what all entities have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import Operation, Values, Write
from connectors.errors import ConnectorError, NotFound, Rejected
from connectors.http import dumps
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.company import Company
from connectors.quickbooks.errors import PROVIDER_KEY
from connectors.quickbooks.items import tracked
from connectors.quickbooks.lookup import rows_by_id, rows_by_value
from connectors.quickbooks.query import Condition, at_least
from connectors.quickbooks.shapes import Entity, Facts, Lookup, Row, is_inactive
from connectors.quickbooks.values import differing, getters_of, incomplete, members, without_empty
from connectors.vocabulary import Category

Body = dict[str, Any]
Name = tuple[str, str]
Packed = Body | ConnectorError | None
"""A member of a batch request without its bId; why there can be none; None where nothing is to be sent."""

LOST_FOR = timedelta(days=30)
"""How long ago a create may have been sent whose row is searched by more than its name."""


def refused(category: Category, words: str, field: str = "") -> Rejected:
    """A record that we know QuickBooks would not take, or would take wrongly."""
    return Rejected(words, provider=PROVIDER_KEY, category=category, words=words, field=field)


class Packing:
    """Words the writes of one entity. Every method that reads may raise what a call raises; nothing was sent then.

    `in_flight` is how many requests may be on their way at a time.
    """

    in_flight = 4

    def __init__(self, client: QuickBooksClient, entity: Entity, company: Company, now: Callable[[], float]) -> None:
        self.client = client
        self.entity = entity
        self.company = company
        self.now = now

    def pack(self, writes: Sequence[Write]) -> dict[str, Packed]:
        """What to send for the writes of one request, by their keys."""
        self.prepare(writes)
        partial = [write.id for write in writes if write.operation is Operation.UPDATE and self.needs_current(write)]
        rows = rows_by_id(self.client, self.entity.name, partial) if partial else {}
        return {write.key: self.worded(write, lambda one: self.body(one, rows)) for write in writes}

    def prepare(self, writes: Sequence[Write]) -> None:
        """Read what the bodies need of the company."""

    def needs_current(self, write: Write) -> bool:
        """Whether an update writes a part of something that is replaced as a whole, and nobody observed the rest.

        The row may have moved on since the observation: then the SyncToken of the observation refuses the update, so that the parts filled in
        are always those of the version that the write was decided on.
        """
        return incomplete(write.fields, write.expected)

    def created(self, values: Values) -> Body:
        """The body of a create. Raises Rejected."""
        return without_empty(members(values, {}))

    def changed(self, values: Values, expected: Values, current: Row | None) -> Body:
        """The members of a sparse update; none where nothing is to be sent. Raises Rejected."""
        return members({key: value for key, value in values.items() if key not in self.entity.born_with}, expected, current)

    def voids(self, write: Write) -> bool:
        """Whether the write is also, or only, to void the record."""
        return False

    def standing(self, creates: Sequence[Write]) -> dict[Name, Row]:
        """Rows that hold all that a create wanted to put there, by the create's name: the answer was lost, the row was made."""
        key = self.entity.named_by
        by_name = {str(write.fields.get(key) or "").strip().casefold(): write for write in creates if write.fields.get(key)}
        if not by_name:
            return {}
        lookup = Lookup(key, (self.entity.name,), suffixed=True)
        found: dict[Name, Row] = {}
        for _, row in rows_by_value(self.client, lookup, [str(write.fields[key]) for write in by_name.values()]):
            write = by_name.get(str(row.get(key, "")).strip().casefold())
            if write and not is_inactive(row) and not self.differing(write.fields, row):
                found[write.name] = row
        return found

    def differing(self, wanted: Values, row: Row) -> list[str]:
        """Keys whose value in a row is not the one that a write wanted. Fields that would take a call are not compared."""
        getters, facts = getters_of(self.entity), Facts(self.company)
        stored = {key: getters[key](row, facts) for key in wanted if key in getters and key not in self.entity.asking}
        return differing(wanted, stored)

    def recently(self) -> Condition:
        """Rows that a lost create can have made."""
        return at_least("MetaData.CreateTime", datetime.fromtimestamp(self.now(), UTC) - LOST_FOR)

    def worded(self, write: Write, make: Callable[[Write], Body | None]) -> Packed:
        """The item of one write, or why there is none."""
        try:
            body = make(write)
        except (Rejected, NotFound) as error:
            return error
        return body if body is None else sendable({"operation": str(write.operation), self.entity.name: body})

    def body(self, write: Write, rows: Mapping[str, Row]) -> Body | None:
        """The native row to send. `rows` holds those that `pack` read."""
        if write.operation is Operation.CREATE:
            return self.created(write.fields)
        identity = {"Id": write.id, "SyncToken": write.version}
        if write.operation is Operation.DELETE:
            if not self.entity.deletable:
                raise refused(Category.FEATURE_OFF, f"QuickBooks deletes no {self.entity.name}")
            return identity
        changed = self.changed(write.fields, write.expected, rows.get(write.id))
        return {**identity, "sparse": True, **changed} if changed else None


class ItemPacking(Packing):
    """Items: what says how they are accounted for is told once."""

    def created(self, values: Values) -> Body:
        return tracked(super().created(values))


def sendable(item: Body) -> Packed:
    """The item, if every text is real Unicode and every number has a form in JSON: half a surrogate pair would break the whole batch."""
    try:
        dumps(item).encode()
    except UnicodeEncodeError:
        return refused(Category.ENCODING, "a text that is not Unicode")
    except TypeError:
        return refused(Category.VALUE_INVALID, "a number with more than 15 digits")
    return item


def paired(writes: Mapping[object, Sequence[Write]], rows: Mapping[object, Mapping[str, Row]]) -> dict[Name, Row]:
    """Lost creates and rows that say the same, brought together where there are as many of one as of the other."""
    found: dict[Name, Row] = {}
    for sign, alike in writes.items():
        fitting = [row for _, row in sorted(rows.get(sign, {}).items(), key=lambda one: (len(one[0]), one[0]))]
        if len(fitting) == len(alike):
            found.update((write.name, row) for write, row in zip(alike, fitting, strict=True))
    return found
