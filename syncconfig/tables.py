"""The one query behind counts, panel, record list and command, so that they always agree (spec R195, R201)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.datastructures import MultiValueDict

from syncconfig.models import ObjectSync, SyncRecord

STATES: tuple[str, ...] = tuple(SyncRecord.State.values)
NO_FILTERS = ("page", "size", "columns")
"""Parameters of the record view's address that say how records are shown and not which."""


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


@dataclass(frozen=True)
class RecordFilter:
    """What the address of the record view asks for. Unknown words are left out."""

    syncs: tuple[ObjectSync, ...]
    states: tuple[str, ...]
    reasons: tuple[str, ...]
    search: str
    narrowed: bool

    @classmethod
    def of(cls, query: MultiValueDict[str, str], every: list[ObjectSync]) -> RecordFilter:
        wanted = query.getlist("sync")
        chosen = tuple(s for s in every if str(s.pk) in wanted) if wanted else tuple(every)
        kind = query.get("object") or ""
        if kind:
            chosen = tuple(s for s in chosen if s.kind == kind)
        states = tuple(s for s in query.getlist("state") if s in STATES)
        reasons = tuple(r for r in query.getlist("reason") if r)
        search = (query.get("q") or "").strip()
        return cls(chosen, states, reasons, search, bool(wanted or kind or states or reasons or search))

    def records(self) -> QuerySet[SyncRecord]:
        return record_list(self.syncs, states=self.states, reasons=self.reasons, search=self.search)


def filters_of(query: MultiValueDict[str, str]) -> dict[str, list[str]]:
    """The parameters of an address that choose records, to be kept; `RecordFilter.of` takes them back in a `MultiValueDict`."""
    return {name: list(values) for name, values in query.lists() if name not in NO_FILTERS}


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
