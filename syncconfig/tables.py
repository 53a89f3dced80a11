"""The one query behind counts, panel, record list and command, so that they always agree (spec R195, R201)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from syncconfig.models import ObjectSync, SyncRecord

STATES: tuple[str, ...] = tuple(SyncRecord.State.values)


def record_list(syncs: Iterable[ObjectSync], *, states: Sequence[str] = (), reasons: Sequence[str] = (), search: str = "") -> QuerySet[SyncRecord]:
    """The records of these syncs, oldest first; empty filters let everything through.

    `search` finds titles that contain it, match keys that start with it, and the exact id of either side.
    """
    found = SyncRecord.objects.filter(sync__in=[sync.pk for sync in syncs]).select_related("sync", "sync__left", "sync__right").order_by("pk")
    if states:
        found = found.filter(state__in=list(states))
    if reasons:
        found = found.filter(reason__in=list(reasons))
    return found.filter(_matches(search.strip())) if search.strip() else found


def _matches(text: str) -> Q:
    key = text.casefold()
    return Q(title__icontains=text) | Q(left_id=text) | Q(right_id=text) | Q(left_key__startswith=key) | Q(right_key__startswith=key)


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many records share a state and a reason."""

    state: str
    reason: str
    count: int


def reason_counts(records: QuerySet[SyncRecord]) -> list[ReasonCount]:
    """The records by state and reason, the largest group first."""
    rows = records.order_by().values_list("state", "reason").annotate(n=Count("pk")).order_by("-n", "reason")
    return [ReasonCount(state, reason, n) for state, reason, n in rows]


@dataclass(frozen=True, slots=True)
class Facts:
    """How far a first sync has come, in records."""

    left: int
    right: int
    linked: int
    excluded: int
    failing: int
    synced: int


def facts(sync: ObjectSync) -> Facts:
    """The numbers of a sync's records, for its progress. One query."""
    both = Q(left_id__isnull=False, right_id__isnull=False)
    found = SyncRecord.objects.filter(sync=sync).aggregate(
        left=Count("left_id"),
        right=Count("right_id"),
        linked=Count("pk", filter=both),
        excluded=Count("pk", filter=Q(state=SyncRecord.State.EXCLUDED)),
        failing=Count("pk", filter=Q(state=SyncRecord.State.FAILING)),
        synced=Count("pk", filter=Q(state=SyncRecord.State.IN_SYNC)),
    )
    return Facts(**found)
