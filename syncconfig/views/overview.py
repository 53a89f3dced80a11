"""The object view: every sync with its counts and what it is doing, the side panel behind a count, and the progress of a first sync."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from connectors.registry import PROVIDERS, SIDES
from connectors.vocabulary import CHOSEN, FOLLOWERS, Kind
from syncconfig.budgets import Reads, all_states, reads
from syncconfig.deep_links import Half, Linker
from syncconfig.engine.spec import Side
from syncconfig.explanations import Explanation, Labels, explain, explain_pause, explain_record, label_of, labels_of
from syncconfig.models import Connection, ObjectSync, SyncRecord
from syncconfig.permissions import MAY_CONFIGURE, MAY_CONNECT, MAY_EXPORT, MAY_OPERATE
from syncconfig.sync_status import FirstSync, Status, SyncState, first_sync, object_name, states_of, status_of
from syncconfig.tables import STATES, facts, reason_counts, record_list

SHOWN_IN_GROUP = 5


@dataclass(frozen=True)
class SyncLine:
    """One row of the object view."""

    sync: ObjectSync
    counts: dict[str, int]
    status: Status
    state: SyncState
    objects: str
    step: str

    @property
    def paused(self) -> Explanation | None:
        return explain_pause(self.sync)

    @property
    def cells(self) -> list[tuple[str, str, int]]:
        return [(state, str(SyncRecord.State(state).label), self.counts[state]) for state in ("in_sync", "failing", "excluded", "pending")]


@dataclass
class Pair:
    """Two accounts and the syncs between them."""

    left: Connection
    right: Connection
    reads: Reads | None = None
    lines: list[SyncLine] = field(default_factory=list)
    running: list[FirstSync] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Whether something is under way that is worth watching closely."""
        return any(line.state.live for line in self.lines)

    @property
    def free(self) -> bool:
        """Whether an object pair is still without a sync."""
        return len([line for line in self.lines if not line.sync.follows]) < len(CHOSEN)


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every pair of accounts with its syncs; an empty state where there is nothing yet. `?panel=<sync>:<state>` opens the panel."""
    pairs = pairs_of(syncs())
    context: dict[str, Any] = {**rights(request), "pairs": pairs, "missing": missing_sides() if not pairs else [], "busy": any(p.busy for p in pairs)}
    panel = request.GET.get("panel", "")
    if panel:
        context["panel"] = _panel(pairs, panel, request.GET.get("q", ""))
    template = "syncconfig/overview_live.html" if request.headers.get("HX-Request") else "syncconfig/overview.html"
    return render(request, template, context)


def rights(request: HttpRequest) -> dict[str, bool]:
    """What the person may do, for the controls a page shows."""
    return {
        "may_configure": request.user.has_perm(MAY_CONFIGURE),
        "may_operate": request.user.has_perm(MAY_OPERATE),
        "may_connect": request.user.has_perm(MAY_CONNECT),
        "may_export": request.user.has_perm(MAY_EXPORT),
    }


def syncs() -> list[ObjectSync]:
    """Every sync, those of one pair of accounts in the order in which their records depend on each other.

    One that will follow a draft is not worth a line yet.
    """
    found = ObjectSync.objects.settled().select_related("left", "right", "edit").exclude(kind__in=FOLLOWERS, status=ObjectSync.Status.DRAFT)
    place = {pair: n for n, pair in enumerate(dict.fromkeys((sync.left_id, sync.right_id) for sync in found))}
    return sorted(found, key=lambda sync: (place[sync.left_id, sync.right_id], list(Kind).index(Kind(sync.kind))))


def pairs_of(found: Iterable[ObjectSync]) -> list[Pair]:
    """The syncs by pair of accounts, each with its numbers. The number of queries does not depend on theirs, but for first syncs under way."""
    found = list(found)
    numbers, states = SyncRecord.objects.by_state(s.pk for s in found), states_of(found)
    pairs: dict[tuple[int, int], Pair] = {}
    now, counted = timezone.now(), all_states()
    for sync in found:
        counts = reads(sync.right, now, counted.get(sync.right_id, {}))
        pair = pairs.setdefault((sync.left_id, sync.right_id), Pair(sync.left, sync.right, counts))
        state = states[sync.pk]
        pair.lines.append(SyncLine(sync, numbers[sync.pk], status_of(sync, state), state, _objects(sync), sync.step))
        if state.first and state.live and sync.status == ObjectSync.Status.ON:
            pair.running.append(first_sync(sync, state.live, facts(sync)))
    return list(pairs.values())


def _objects(sync: ObjectSync) -> str:
    left, right = (object_name(sync, side).capitalize() for side in Side)
    return _("%(left)s and %(right)s") % {"left": left, "right": right}


def missing_sides() -> list[dict[str, Any]]:
    """The providers that no usable account is connected of, in the order of the sides."""
    connected = set(Connection.objects.usable().values_list("provider", flat=True))
    return [{"key": key, "label": PROVIDERS[key].label} for key in SIDES if key not in connected]


@dataclass
class PanelRecord:
    record: SyncRecord
    halves: list[Half]


@dataclass
class PanelGroup:
    """The records of one category or reason; `said` explains the first of them."""

    reason: str
    label: str
    count: int
    said: Explanation | None
    records: list[PanelRecord]

    @property
    def more(self) -> int:
        return self.count - len(self.records)


@dataclass
class Panel:
    sync: ObjectSync
    state: str
    label: str
    total: int
    groups: list[PanelGroup]
    q: str


def _panel(pairs: Iterable[Pair], wanted: str, q: str) -> Panel | None:
    """The records behind a count, by category or reason. None for an address that names no sync or state."""
    number, _sep, state = wanted.partition(":")
    line = next((line for pair in pairs for line in pair.lines if str(line.sync.pk) == number), None)
    if line is None or state not in STATES:
        return None
    sync = line.sync
    labels = labels_of(sync)
    groups = [_group(sync, state, c.reason, c.count, q, labels) for c in reason_counts(record_list([sync], states=[state], search=q))]
    return Panel(sync, state, str(SyncRecord.State(state).label), sum(g.count for g in groups), groups, q)


def _group(sync: ObjectSync, state: str, reason: str, count: int, q: str, labels: Labels) -> PanelGroup:
    found = record_list([sync], states=[state], search=q).filter(reason=reason)[:SHOWN_IN_GROUP]
    linker = Linker()
    records = [PanelRecord(record, linker.halves(record)) for record in found]
    said = None
    if reason:
        said = explain_record(records[0].record, labels) if count == 1 and records else explain(reason, {"side": _common_side(records)}, labels)
    return PanelGroup(reason, label_of(reason) if reason else "", count, said, records)


def _common_side(records: Iterable[PanelRecord]) -> str:
    return next((str(r.record.details["side"]) for r in records if r.record.details.get("side")), "")
