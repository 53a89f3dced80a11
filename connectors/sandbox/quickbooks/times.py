"""Times as QuickBooks Online writes them: Pacific offset whatever the company's own zone, records to the second, answers to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")


@lru_cache(maxsize=4096)
def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, PACIFIC).isoformat()


def stamp(moment: float) -> str:
    """A record's time: 2026-01-05T10:48:27-08:00."""
    return _stamp(int(moment))


def answer_time(moment: float) -> str:
    """An answer's time: 2026-01-05T10:48:27.123-08:00."""
    return datetime.fromtimestamp(moment, PACIFIC).isoformat(timespec="milliseconds")


@lru_cache(maxsize=4096)
def parse(text: str) -> float | None:
    """Seconds since 1970 of an ISO time, read in Pacific time where it names no offset; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=PACIFIC)).astimezone(UTC).timestamp()
