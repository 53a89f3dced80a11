"""What a sync is doing, as one chip: its settings, its accounts and its runs taken together (spec R200)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from connectors.vocabulary import Category, Kind
from syncconfig.engine.spec import Side
from syncconfig.explanations import Explanation, explain_pause, explain_run, side_name
from syncconfig.models import Connection, ObjectSync, SyncRun
from syncconfig.provider_words import object_names
from syncconfig.tables import Facts

_STATE = SyncRun.State
DONE = (_STATE.SUCCEEDED, _STATE.PARTIAL)
PHASES = {"settle": (0, 0), "read_left": (0, 30), "read_right": (30, 30), "write": (60, 40)}
"""Where each phase of a run begins on the bar, and how much of it it fills, in percent."""


@dataclass(frozen=True, slots=True)
class Status:
    """One chip: tone and icon by name, a few words, and a second line. `blocked`: somebody may let it run once without its guards."""

    tone: str
    icon: str
    text: str
    note: str = ""
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class SyncState:
    """The runs of one sync that matter: the one under way or waiting, the last that ended, the last that completed."""

    live: SyncRun | None = None
    last: SyncRun | None = None
    completed: SyncRun | None = None

    @property
    def first(self) -> bool:
        """Whether the first sync is under way."""
        return self.live is not None and self.completed is None


def states_of(syncs: Iterable[ObjectSync]) -> dict[int, SyncState]:
    """The runs that matter by sync, in two queries whatever the number of syncs and runs."""
    pks = [sync.pk for sync in syncs]
    wanted = ObjectSync.objects.filter(pk__in=pks).annotate(
        live=_latest(state__in=(_STATE.QUEUED, _STATE.RUNNING)),
        last=_latest(state__in=[s for s in _STATE.values if s not in (_STATE.QUEUED, _STATE.RUNNING)]),
        completed=_latest(state__in=DONE),
    )
    rows = list(wanted.values_list("pk", "live", "last", "completed"))
    runs = SyncRun.objects.in_bulk({pk for row in rows for pk in row[1:] if pk})
    return {row[0]: SyncState(*(runs.get(pk) for pk in row[1:])) for row in rows}


def _latest(**wanted: object) -> Subquery:
    runs: QuerySet[SyncRun] = SyncRun.objects.filter(sync=OuterRef("pk"), **wanted).exclude(trigger=SyncRun.Trigger.PREVIEW)
    return Subquery(runs.order_by("-pk").values("pk")[:1])


def percent(run: SyncRun) -> int:
    """How far a run has come, 0 to 100."""
    start, share = PHASES.get(str(run.progress.get("phase", "")), (0, 0))
    total = run.progress.get("total") or 0
    done = min(int(run.progress.get("done") or 0), int(total))
    return start + (share * done // total if total else 0)


def status_of(sync: ObjectSync, state: SyncState) -> Status:
    """The chip of a sync."""
    broken = [side for side in Side if not sync.connection(side).usable]
    if sync.status == ObjectSync.Status.DRAFT:
        return Status("mute", "pen", _("Draft"))
    if sync.status == ObjectSync.Status.OFF:
        return Status("mute", "off", _("Off"))
    if broken:
        return _disconnected(sync.connection(broken[0]), broken[0])
    paused = explain_pause(sync)
    if paused:
        return Status("warn", "pause", _("Paused"), paused.label, blocked=sync.pause_reason != Category.MAPPING_BROKEN)
    if state.live:
        return _running(state)
    return _resting(state)


def _disconnected(connection: Connection, side: Side) -> Status:
    note = (
        _("%(system)s no longer accepts our access.") if connection.status == Connection.Status.RECONNECT_NEEDED else _("%(system)s is disconnected.")
    )
    return Status("warn", "plug", _("Reconnect needed"), note % {"system": side_name(side)})


def _running(state: SyncState) -> Status:
    assert state.live
    if state.first:
        return Status("wait", "sync", _("First sync, %(n)s %%") % {"n": percent(state.live)})
    return Status("wait", "sync", _("Syncing"))


def _resting(state: SyncState) -> Status:
    failed: Explanation | None = explain_run(state.last) if state.last and state.last.state == _STATE.FAILED else None
    if failed and state.last and state.last.error == Category.RATE_LIMIT:
        return Status("wait", "wait", _("Slowed by rate limit"), failed.why)
    if failed and state.last and state.last.error == "read_cap":
        return Status("warn", "pause", failed.label, f"{failed.why} {failed.todo}")
    if failed:
        return Status("warn", "fail", failed.label, failed.why)
    if state.completed is None:
        return Status("wait", "wait", _("Waiting to start"))
    return Status("ok", "ok", _("Up to date"))


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the four steps of a first sync: `state` is done, now or next; `numbers` says how far it is."""

    name: str
    state: str
    numbers: str = ""


@dataclass(frozen=True, slots=True)
class FirstSync:
    """The progress of a first sync, to be shown by itself."""

    sync: ObjectSync
    run: SyncRun
    percent: int
    phases: tuple[Phase, ...] = field(default_factory=tuple)


def first_sync(sync: ObjectSync, run: SyncRun, numbers: Facts) -> FirstSync:
    """Where a first sync stands, phase by phase."""
    phase = str(run.progress.get("phase", ""))
    place = {"read_left": 0, "read_right": 1, "write": 3}.get(phase, 0 if run.state == _STATE.RUNNING else -1)
    read = {side: _read(sync, side, numbers) for side in Side}
    names: tuple[tuple[str, str], ...] = (
        (_("Read %(system)s") % {"system": side_name(Side.LEFT)}, read[Side.LEFT]),
        (_("Read %(system)s") % {"system": side_name(Side.RIGHT)}, read[Side.RIGHT]),
        (_("Match"), _("%(linked)s linked, %(excluded)s excluded") % {"linked": numbers.linked, "excluded": numbers.excluded}),
        (_("Write"), _("%(synced)s in sync, %(failing)s failing") % {"synced": numbers.synced, "failing": numbers.failing}),
    )
    phases = tuple(
        Phase(name, "done" if n < place else "now" if n == place else "next", text if n <= place else "") for n, (name, text) in enumerate(names)
    )
    return FirstSync(sync, run, percent(run), phases)


def _read(sync: ObjectSync, side: Side, numbers: Facts) -> str:
    count = numbers.left if side is Side.LEFT else numbers.right
    return f"{count} {object_name(sync, side, count)}"


def object_name(sync: ObjectSync, side: Side, count: int = 1) -> str:
    """What a record of this sync is called at a side's provider, in lower case."""
    name = object_names(sync.connection(side).provider, Kind(sync.kind))
    return (name.singular if count == 1 else name.plural).lower()
