"""The change feed: a complete list at first, then one search per object type and pass. Source: HubSpot reference, sections 6.1 and 8.

A search is keyset by record id and takes everything modified since the window's start, so equal times and more results than a page lose nothing.
It has no upper bound: what changes while it is read was modified after the pass began and is shown again by the next one.
Time is the server's `Date`, never this machine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from connectors.base import Page, Record
from connectors.hubspot.client import BATCH, SEARCH_PAGE, Found, HubSpotClient, Raw
from connectors.hubspot.facts import ObjectType
from connectors.hubspot.reading import Reader, Wanted, at_once, chunks
from connectors.hubspot.values import in_milliseconds, milliseconds
from connectors.hubspot.windows import RECHECK_MS, Cursor, Progress, Window

LIST_PAGES = 10
"""Pages of a list that are gathered into one, so that associated records are read in full batches."""


def modified(raw: Raw) -> int:
    return milliseconds(raw["updatedAt"])


class Feed:
    """One pass over the changes of one kind."""

    def __init__(self, client: HubSpotClient, wanted: Wanted, cursor: Cursor | None) -> None:
        self.client = client
        self.wanted = wanted
        self.kind = wanted.model.type
        self.cursor = cursor or Cursor(full=wanted.model.listed)
        self.reader = Reader(client, wanted)

    def pages(self) -> Iterator[Page]:
        if not self.wanted.model.listed:
            return iter((Page((), self.cursor.text(), complete=True, full=False),))
        return self._complete() if self.cursor.full else self._delta()

    # Everything

    def _complete(self) -> Iterator[Page]:
        place = self.cursor.progress or Progress(self.kind.path)
        windows = self.cursor.windows
        self.reader.on_read = lambda kind, raw: windows[kind.path].note(str(raw["id"]), modified(raw))
        for found in self._ahead(place.after):
            self._begin(found.at)
            records = tuple(self.reader.records(found.results, listed=True))
            for record in records:
                if record.modified_at:
                    windows[self.kind.path].note(record.id, in_milliseconds(record.modified_at))
            place.after = found.after
            self.cursor.progress, self.cursor.full = (place, True) if found.after else (None, False)
            yield Page(records, self.cursor.text(), complete=not found.after, full=True)

    def _ahead(self, after: str) -> Iterator[Found]:
        """The list in large parts, the next of which is fetched while one is worked on."""
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self._gather, after)
            while True:
                found = waiting.result()
                if found.after:
                    waiting = pool.submit(self._gather, found.after)
                yield found
                if not found.after:
                    return

    def _gather(self, after: str) -> Found:
        """Several pages of the list as one."""
        first = found = self.client.list_page(self.kind.path, self.wanted.properties, self._listed(), after)
        results = list(first.results)
        for _ in range(LIST_PAGES - 1):
            if not found.after:
                break
            found = self.client.list_page(self.kind.path, self.wanted.properties, self._listed(), found.after)
            results += found.results
        return Found(results, found.after, 0, first.at)

    def _listed(self) -> tuple[str, ...]:
        return tuple(type.path for type in self.wanted.associations)

    def _begin(self, at: int) -> None:
        """Open the windows at the first answer of a pass. A list does not lag, so it counts as a full look."""
        for kind in (self.kind, *self.wanted.associated_types):
            self.cursor.windows.setdefault(kind.path, Window(at, at))

    # What changed

    def _delta(self) -> Iterator[Page]:
        kinds = (self.kind, *self.wanted.associated_types)
        for kind in kinds:
            self.cursor.window(kind.path)
        place = self.cursor.progress
        skipped = [kind.path for kind in kinds].index(place.path) if place else 0
        for kind in kinds[skipped:]:
            for raws, total in self._news(kind):
                for records in self._shown(kind, raws):
                    yield Page(tuple(records), self.cursor.text(), complete=False, full=False, total=total)
        yield Page((), self.cursor.text(), complete=True, full=False)

    def _news(self, kind: ObjectType) -> Iterator[tuple[list[Raw], int]]:
        """What changed of one type and was not shown before. The cursor moves on as soon as a page has been taken."""
        window, place = self.cursor.window(kind.path), self.cursor.progress
        properties = self.wanted.properties if kind is self.kind else self.wanted.reads[kind]
        if place is None or not place.after:
            newest = self.client.search(kind, window.start, properties, newest_first=True)
            if newest.total <= len(newest.results):
                yield self._unknown(window, newest.results), newest.total
                self._finish(kind, self._next(window, newest, checked=newest.at))
                return
            if self._idle(window, newest):
                self._finish(kind, Window(newest.at, window.checked, window.seen, window.counts))
                return
            place = Progress(kind.path, "0", Window(newest.at, newest.at))
        while True:
            found = self.client.search(kind, window.start, properties, above_id=place.after)
            yield self._unknown(window, found.results), found.total
            for raw in found.results:
                place.next.note(str(raw["id"]), modified(raw))
            if len(found.results) < SEARCH_PAGE:
                self._finish(kind, place.next)
                return
            place.after = str(found.results[-1]["id"])
            self.cursor.progress = place

    def _unknown(self, window: Window, raws: Sequence[Raw]) -> list[Raw]:
        return [raw for raw in raws if not window.knows(str(raw["id"]), modified(raw))]

    def _idle(self, window: Window, newest: Found) -> bool:
        """Whether a look that does not fit one page shows nothing new: as many changes as expected, and the newest of them known."""
        recent = newest.at - window.checked < RECHECK_MS
        return recent and newest.total == window.expected() and not self._unknown(window, newest.results)

    def _next(self, window: Window, found: Found, *, checked: int) -> Window:
        following = Window(found.at, checked)
        for raw in found.results:
            following.note(str(raw["id"]), modified(raw))
        return following

    def _finish(self, kind: ObjectType, window: Window) -> None:
        self.cursor.windows[kind.path] = window
        self.cursor.progress = None

    def _shown(self, kind: ObjectType, raws: list[Raw]) -> Iterator[list[Record]]:
        """The records of the kind in which these changes show."""
        if kind is self.kind:
            if raws:
                yield self.reader.records(raws)
            return
        self.reader.keep(kind, raws)
        links = self.client.associations(kind.path, self.kind.path, [str(raw["id"]) for raw in raws]) if raws else {}
        ids = list(dict.fromkeys(record_id for found in links.values() for record_id in found))
        for part in chunks(ids, BATCH * LIST_PAGES):
            yield self.reader.records(self._read(part))

    def _read(self, ids: Sequence[str]) -> list[Raw]:
        def read(part: Sequence[str]) -> list[Raw]:
            return self.client.batch_read(self.kind.path, part, self.wanted.properties)

        return [raw for raws in at_once(read, chunks(ids, BATCH)) for raw in raws]
