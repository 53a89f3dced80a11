"""How far a run is, on a terminal: one line that is written over and gone at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from syncconfig.engine.synchronize import Progress
from syncconfig.runner import Watch

BAR = 24
PHASES = {"settle": "Resolving open writes", "read_left": "Reading HubSpot", "read_right": "Reading QuickBooks", "write": "Writing"}


@contextmanager
def shown(terminal: TextIO = sys.stderr) -> Iterator[Watch]:
    """Gives what to tell progress to. Where nobody looks, that is nothing."""
    if not terminal.isatty():
        yield lambda progress: None
        return

    def tell(progress: Progress) -> None:
        terminal.write(f"\r\x1b[K{line(progress)}")
        terminal.flush()

    try:
        yield tell
    finally:
        terminal.write("\r\x1b[K")
        terminal.flush()


def line(progress: Progress) -> str:
    """The phase with its numbers, and a bar where the end is known."""
    name = PHASES[progress.phase]
    if not progress.total:
        return f"{name}: {progress.done:,}"
    full = BAR * min(progress.done, progress.total) // progress.total
    return f"{name} [{'#' * full}{'.' * (BAR - full)}] {progress.done:,} of {progress.total:,}"
