"""How far the change feed was read: a window for each object type, and the place inside a pass. Both travel in the cursor.

Search shows a change only after a lag, so every pass looks back over `OVERLAP_MS`. What it has shown there before is remembered by id and
modified time, and not shown again. When more changed than is remembered, the number of changes per minute still tells that nothing is new;
such a short look is trusted only until the next full one, `RECHECK_MS` later, well before a change leaves the overlap.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.base import FieldType
from connectors.errors import CursorExpired
from connectors.hubspot.errors import PROVIDER

OVERLAP_MS = 900_000
RECHECK_MS = 300_000
MINUTE_MS = 60_000
REMEMBERED = 2000
FORMAT = 1


@dataclass
class Window:
    """One object type. `at` is the server's clock at the last pass, `checked` at the last full look; both in milliseconds.

    `seen` holds the newest changes shown by the overlap (id -> modified), `counts` the number of changes by minute.
    """

    at: int = 0
    checked: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """Where the next look begins: a full minute, so that `counts` fit."""
        return (self.at - OVERLAP_MS) // MINUTE_MS * MINUTE_MS

    def expected(self) -> int:
        """How many changes the next look finds when nothing is new."""
        return sum(number for minute, number in self.counts.items() if minute >= self.start // MINUTE_MS)

    def note(self, record_id: str, modified: int) -> None:
        """Remember a change that was shown."""
        if modified < self.start:
            return
        if record_id in self.seen:
            self.counts[self.seen[record_id] // MINUTE_MS] -= 1
        self.seen[record_id] = modified
        minute = modified // MINUTE_MS
        self.counts[minute] = self.counts.get(minute, 0) + 1
        if len(self.seen) > 2 * REMEMBERED:
            self.trim()

    def knows(self, record_id: str, modified: int) -> bool:
        return self.seen.get(record_id) == modified

    def trim(self) -> None:
        """Forget what the next look does not reach, and the oldest of what is too much."""
        start = self.start
        recent = [(key, modified) for key, modified in self.seen.items() if modified >= start]
        self.seen = dict(heapq.nlargest(REMEMBERED, recent, key=lambda item: item[1]))
        self.counts = {minute: number for minute, number in self.counts.items() if minute >= start // MINUTE_MS}


@dataclass
class Progress:
    """The place inside a pass. A list pass has the id it goes on `after`; a delta pass the object type (`path`) and the id it goes on above."""

    path: str
    after: str = ""
    next: Window = field(default_factory=Window)


@dataclass
class Cursor:
    """Windows by path, the types of the account's own fields that are read, and the place inside an unfinished pass."""

    windows: dict[str, Window] = field(default_factory=dict)
    types: dict[str, FieldType] = field(default_factory=dict)
    full: bool = False
    progress: Progress | None = None

    def text(self) -> str:
        for window in self.windows.values():
            window.trim()
        if self.progress:
            self.progress.next.trim()
        return json.dumps({"format": FORMAT, **vars(self)}, default=vars, separators=(",", ":"))

    def window(self, path: str) -> Window:
        """The window of an object type. Raises `CursorExpired` when no pass has looked at it: only a complete one can."""
        if path not in self.windows:
            raise CursorExpired("not read so far", provider=PROVIDER, words=path)
        return self.windows[path]


def parse(text: str) -> Cursor:
    """A cursor from its text. Raises `CursorExpired` for one of another format."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(text)
        progress = data["progress"]
        return Cursor(
            {path: _window(window) for path, window in data["windows"].items()},
            {key: FieldType(value) for key, value in data["types"].items()},
            bool(data["full"]),
            Progress(progress["path"], progress["after"], _window(progress["next"])) if progress else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CursorExpired("cannot be read", provider=PROVIDER) from None


def _window(data: Mapping[str, Any]) -> Window:
    return Window(data["at"], data["checked"], dict(data["seen"]), {int(minute): number for minute, number in data["counts"].items()})
