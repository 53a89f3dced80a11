"""Reading what changed: a full listing, then change data capture, and paged queries where that overflows.

    listing     pages by Id; the feed starts at the service's time of the first page
    feed        one call for everything since the last answer, read with an overlap, because a change may show a little late
    window      more than 1,000 changes: a query ordered by last change, restarted at the last time seen, the same second included

Source: Intuit developer guide, change data capture; overlap and fallback: reference 3.4 and correctness 1.8.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from connectors.base import Page, Record
from connectors.errors import CursorExpired, Rejected, Unexpected
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.errors import PROVIDER_KEY
from connectors.quickbooks.query import at_least, select
from connectors.quickbooks.reading import Read
from connectors.quickbooks.shapes import PAGE_SIZE

OVERLAP = timedelta(minutes=5)
LOOK_BACK = timedelta(days=29)
MOST_REMEMBERED = 1000
LAST_UPDATED = "MetaData.LastUpdatedTime"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading goes on. `since` is where the feed goes on after this pass, "" before its first answer.

    `listing` is the next position of a full listing, `window` the time an overflowed pass stands at and `position` the place in that second.
    `seen` names the versions of records that were yielded and will show again because of the overlap.
    """

    since: str = ""
    listing: int = 0
    window: str = ""
    position: int = 1
    seen: tuple[str, ...] = ()

    def __str__(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Cursor:
        try:
            values = json.loads(text)
            return cls(**{**values, "seen": tuple(values["seen"])})
        except (ValueError, TypeError, KeyError):
            raise CursorExpired("the cursor cannot be read", provider=PROVIDER_KEY) from None


class Feed:
    """The changes of one entity of one company."""

    def __init__(self, client: QuickBooksClient, entity: str, read: Read, now: Callable[[], float]) -> None:
        self._client = client
        self._entity = entity
        self._read = read
        self._now = now

    def pages(self, since: str | None) -> Iterator[Page]:
        """Yield pages; see `Connector.changes`."""
        cursor = Cursor.parse(since) if since else Cursor(listing=1)
        if cursor.listing:
            yield from self._listing(cursor)
        elif cursor.window:
            yield from self._window(cursor)
        else:
            yield from self._changes(cursor)

    def _listing(self, cursor: Cursor) -> Iterator[Page]:
        complete = False
        while not complete:
            rows, time = self._client.query(self._entity, select(self._entity, order=("Id",), start=cursor.listing))
            records = tuple(self._read(rows))
            start = cursor.since or (time - OVERLAP).isoformat()
            complete = len(rows) < PAGE_SIZE
            seen = remembered(records, cursor.seen, start)
            cursor = Cursor(start, 0 if complete else cursor.listing + len(rows), seen=seen)
            yield Page(records, str(cursor), complete, full=True)

    def _changes(self, cursor: Cursor) -> Iterator[Page]:
        since = datetime.fromisoformat(cursor.since)
        if datetime.fromtimestamp(self._now(), UTC) - since > LOOK_BACK:
            raise CursorExpired("older than change data capture reaches", provider=PROVIDER_KEY)
        try:
            changes = self._client.changed_since(self._entity, since)
        except (Rejected, Unexpected) as error:
            # The call has one argument that can be wrong: the time. The documents do not say which code a time too old gets.
            raise CursorExpired(str(error), provider=PROVIDER_KEY, code=error.code, words=error.words, trace=error.trace) from None
        following = max(since, changes.time - OVERLAP).isoformat()
        known = frozenset(cursor.seen)
        if len(changes.rows) < PAGE_SIZE:
            records = sorted(self._read(changes.rows), key=_order)
            fresh = tuple(record for record in records if version_name(record) not in known)
            yield Page(fresh, str(Cursor(following, seen=remembered(records, (), following))), True, full=False)
            return
        stubs = sorted(self._read([row for row in changes.rows if row.get("status") == "Deleted"]), key=_order)
        gone = tuple(record for record in stubs if version_name(record) not in known)
        overflowed = Cursor(following, window=cursor.since)
        if gone:
            yield Page(gone, str(overflowed), False, full=False)
        yield from self._window(overflowed)

    def _window(self, cursor: Cursor) -> Iterator[Page]:
        """Page through changes by time. Rows of the border second come again and are left out if they were yielded before."""
        border: frozenset[str] = frozenset()
        while cursor.window:
            edge = datetime.fromisoformat(cursor.window)
            statement = select(self._entity, [at_least(LAST_UPDATED, edge)], order=(LAST_UPDATED, "Id"), start=cursor.position)
            rows, _ = self._client.query(self._entity, statement)
            records = tuple(self._read(rows))
            fresh = tuple(record for record in records if version_name(record) not in border)
            seen = remembered(fresh, cursor.seen, cursor.since)
            last = max((r.modified_at for r in records if r.modified_at), default=edge)
            if len(rows) < PAGE_SIZE:
                cursor = Cursor(cursor.since, seen=seen)
            elif last > edge:
                cursor = replace(cursor, window=last.isoformat(), position=1, seen=seen)
            else:
                cursor = replace(cursor, position=cursor.position + len(rows), seen=seen)
            border = frozenset(version_name(record) for record in records if record.modified_at == last)
            yield Page(fresh, str(cursor), not cursor.window, full=False)


def version_name(record: Record) -> str:
    """What tells one version of a record from all others, for the overlap."""
    changed = int(record.modified_at.timestamp()) if record.modified_at else 0
    return f"{record.id}:{record.version or record.presence}:{changed}"


def remembered(records: Sequence[Record], before: tuple[str, ...], since: str) -> tuple[str, ...]:
    """The names of versions that the next feed will show again. Of too many to carry the latest stay:
    the others are then read twice, which does no harm."""
    start = datetime.fromisoformat(since)
    names = dict.fromkeys(before)
    recent = [record for record in records if record.modified_at and record.modified_at >= start]
    names.update(dict.fromkeys(map(version_name, recent[-MOST_REMEMBERED:])))
    return tuple(names)[-MOST_REMEMBERED:]


def noted(cursor: str, records: Sequence[Record]) -> str:
    """The cursor, knowing that these versions were seen."""
    known = Cursor.parse(cursor)
    return str(replace(known, seen=remembered(records, known.seen, known.since))) if known.since else cursor


def _order(record: Record) -> tuple[float, str]:
    return (record.modified_at.timestamp() if record.modified_at else 0.0, record.id)
