"""How many records a filter lets through, counted from what was read before: no provider is asked (spec R88)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from connectors.base import Values
from syncconfig.engine.filters import Filter
from syncconfig.engine.spec import Side
from syncconfig.engine.values import values_from_json
from syncconfig.models import ObjectSync, SyncRecord

MAX_COUNTED = 10_000
"""More records than this are judged by the first so many, so that the page answers at once."""
SAMPLE = 20
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class LiveCount:
    """`matching` of `total` records that stand on a side; None where that side was not read with the filter's fields. `about`: estimated."""

    matching: int | None
    total: int
    about: bool = False


def count(sync: ObjectSync, side: Side, wanted: Filter, now: datetime) -> LiveCount:
    """How many records of a side pass a filter."""
    total = _standing(sync, side).count()
    if not _was_read(sync, side, wanted):
        return LiveCount(None, total)
    if not any(wanted.rules):
        return LiveCount(total, total)
    matching = 0
    for judged, (_record, passes) in enumerate(_judged(sync, side, wanted, now), start=1):
        matching += passes
        if judged == MAX_COUNTED and total > judged:
            return LiveCount(round(matching * total / judged), total, about=True)
    return LiveCount(matching, total)


def sample(sync: ObjectSync, side: Side, wanted: Filter, now: datetime) -> list[SyncRecord]:
    """The first few records of a side that pass a filter."""
    found: list[SyncRecord] = []
    if not _was_read(sync, side, wanted):
        return found
    for judged, (record, passes) in enumerate(_judged(sync, side, wanted, now)):
        if passes:
            found.append(record)
        if len(found) == SAMPLE or judged == MAX_COUNTED:
            break
    return found


def _standing(sync: ObjectSync, side: Side) -> QuerySet[SyncRecord]:
    return SyncRecord.objects.filter(sync=sync.original, **{f"{side}_stands": True}).order_by("pk")


def _was_read(sync: ObjectSync, side: Side, wanted: Filter) -> bool:
    cursor = sync.original.cursors.get(side)
    return bool(cursor and cursor["complete"] and wanted.fields <= set(cursor["fields"]))


def _judged(sync: ObjectSync, side: Side, wanted: Filter, now: datetime) -> Iterator[tuple[SyncRecord, bool]]:
    for record in _standing(sync, side).only("pk", "title", f"{side}_seen").iterator(CHUNK):
        seen = getattr(record, f"{side}_seen")
        related: dict[str, tuple[Values, ...]] = {name: tuple(map(values_from_json, several)) for name, several in seen["related"].items()}
        yield record, wanted(values_from_json(seen["values"]), related, now) is None
