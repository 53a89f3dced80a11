"""One run of a sync, and its preview: settle, observe, decide, apply. The only place where the engine meets connectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from connectors.base import Connector, Lines, Operation, Outcome, Presence, Stored
from connectors.errors import ConnectorError
from connectors.vocabulary import SHARED_NAMES
from syncconfig.engine import doubles, guards
from syncconfig.engine.answer import absorb
from syncconfig.engine.matching import Index, key_of, mark_of
from syncconfig.engine.observe import observe, refresh
from syncconfig.engine.plan import Holder, Name, Plan, at_rest, draft, finish, holders_of, intents, keep_names_unique, names
from syncconfig.engine.references import NONE, References, wanted
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Intent, Row, State
from syncconfig.engine.store import Batch, Store
from syncconfig.engine.values import match_key

CHUNK = 1000
MAX_PASSES = 4
"""How often one run decides a row anew: a created record gets its mark in the second pass, a stale one its new decision."""

Sides = Mapping[Side, Connector]
Told = Mapping[Side, Mapping[str, Collection[str]]]
"""Ids by side and by the provider's own name of what they are."""
NOTHING: Told = {}


class Ask(Enum):
    """Whom to ask who holds the unique values a plan would take.

    Our own rows are always asked. A run asks providers about name spaces that hold more than the records of the kind; for all others the answer
    of the write tells soon enough. A preview asks about everything. A guard only counts and asks nobody.
    """

    NOBODY = 0
    SHARED = 1
    EVERYBODY = 2


Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. `phase`: settle, read_left, read_right, write. `total` is None where nobody knows."""

    phase: str
    done: int
    total: int | None


@dataclass(slots=True)
class Report:
    """What a run did. `stopped` is why it ended early: an error of the account, or None. `interrupted`: it was asked to stop."""

    writes: Counter[Side] = field(default_factory=Counter)
    created: Counter[Side] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    decided: int = 0
    unknown: int = 0
    full: bool = False
    stopped: ConnectorError | None = None
    interrupted: bool = False


@dataclass(slots=True)
class Run:
    """The parts of one run, so that its steps need no long argument lists."""

    spec: SyncSpec
    sides: Sides
    store: Store
    clock: Clock
    should_stop: Callable[[], bool]
    on_progress: Callable[[Progress], None]
    fallback: Callable[[], str] = lambda: ""
    unguarded: bool = False
    report: Report = field(default_factory=Report)

    def going(self) -> bool:
        if self.should_stop():
            self.report.interrupted = True
        return not self.report.interrupted and self.report.stopped is None


def synchronize(
    left: Connector,
    right: Connector,
    spec: SyncSpec,
    store: Store,
    *,
    clock: Clock,
    full: bool = False,
    changed: bool = False,
    unguarded: bool = False,
    told: Told = NOTHING,
    feeds: Collection[Side] = tuple(Side),
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    fallback: Callable[[], str] = lambda: "",
) -> Report:
    """Bring both sides together as the spec says, and tell what was done.

    Nothing is written before both sides were read to their end. Can be stopped or killed anywhere and run again. `feeds` are the sides whose changes
    are asked for; one that was not read to its end yet always is. `told` names objects by side that a webhook spoke of, which are read besides.
    `fallback` is asked, at most once, for the product of lines that name none.
    Raises `guards.Blocked` before the first write when the run would change suspiciously much, unless the settings `changed`, and when one cause
    makes too many writes fail; `unguarded` runs do not stop for either. Connector errors while reading come through, those met while writing end the
    run and are in the report.
    """
    run = Run(spec, {Side.LEFT: left, Side.RIGHT: right}, store, clock, should_stop, on_progress, fallback, unguarded)
    first = any((cursor := store.cursor(side)) is None or not cursor.complete for side in Side)
    _settle(run)
    if not run.going():
        return run.report
    run.report.full = look(run, feeds, full=full)
    look_at(run, told)
    if not (first or changed or unguarded) and store.waiting(clock()) > guards.FLOOR:
        guards.check_plan(store.linked(), drafts_of(run.spec, run.sides, store, clock(), ask=Ask.NOBODY))
    for _ in range(MAX_PASSES):
        if not run.going() or not _pass(run):
            break
        _settle(run)
    return run.report


def look(run: Run, feeds: Collection[Side], *, full: bool) -> bool:
    listed = []
    for side in Side:
        cursor = run.store.cursor(side)
        if side not in feeds and cursor is not None and cursor.complete:
            continue
        connector = run.sides[side]
        tell = lambda done, total, phase=f"read_{side}": run.on_progress(Progress(phase, done, total))  # noqa: E731
        listed.append(observe(run.spec, side, connector, run.store, full=full, progress=tell))
    return any(listed)


def look_at(run: Run, told: Told) -> None:
    """Read what webhooks spoke of, each record once."""
    for side, objects in told.items():
        connector = run.sides[side]
        ids = [i for name, named in objects.items() for i in connector.concerned(run.spec.kind, name, sorted(named))]
        if ids:
            refresh(run.spec, side, connector, run.store, list(dict.fromkeys(ids)))


def chunks(store: Store, now: datetime) -> Iterator[list[Row]]:
    """The rows that need a decision, by pk, in chunks."""
    after = 0
    while rows := store.due(now, after, CHUNK):
        yield rows
        after = rows[-1].pk


def _pass(run: Run) -> int:
    """Decide and apply every row that is due; how many there were."""
    count = 0
    total = run.store.waiting(run.clock())
    for rows in chunks(run.store, run.clock()):
        if not run.going():
            break
        plan = decide(run.spec, run.sides, run.store, rows, run.clock())
        if not run.spec.fallback and _lacks_product(plan):
            run.spec = replace(run.spec, fallback=run.fallback())
            plan = decide(run.spec, run.sides, run.store, rows, run.clock())
        now = run.clock()
        planned = finish(run.spec, plan, now)
        opened = intents(run.spec, plan, planned, {side: c.batch_size for side, c in run.sides.items()}, now)
        run.store.save(Batch(rows=planned, deleted=plan.deleted, events=plan.events, opened=opened, decided=[row.pk for row in rows]))
        _apply(run, opened)
        count += len(rows)
        run.report.decided += len(rows)
        run.on_progress(Progress("write", count, max(total, count)))
    return count


def _lacks_product(plan: Plan) -> bool:
    """Whether a document would be created on the right with lines that name no product."""
    contents = (v for p in plan.planned for c in p.decision.changes if c.side is Side.RIGHT for v in c.fields.values() if isinstance(v, Lines))
    return any(not line.product for content in contents for line in content.lines)


def decide(
    spec: SyncSpec,
    sides: Sides,
    store: Store,
    rows: Sequence[Row],
    now: datetime,
    *,
    consumed: set[int] | None = None,
    claims: dict[Name, Holder] | None = None,
    ask: Ask = Ask.SHARED,
) -> Plan:
    """Plan a chunk: load the neighbours of unlinked rows, match, reconcile, and see who holds the unique values it would take. Writes nothing."""
    alone = [row for row in rows if not row.linked]
    keys = {key for row in alone for side in Side if (key := key_of(spec, row, side))}
    marks = {mark for row in alone for side in Side if (mark := mark_of(spec, row, side))}
    own = {row.pk for row in rows}
    neighbours = [row for row in store.by_keys(keys, marks) if row.pk not in own and row.pk not in (consumed or ())]
    known = [*rows, *neighbours]
    refs = references_of(spec, store, known)
    plan = draft(spec, rows, Index(spec, known, refs), now, refs, consumed=consumed)
    twins = doubles.suspects(spec, plan)
    if twins and spec.doubles:
        customers = {str(p.row.right.values.get(spec.doubles.customer)) for p in twins if p.row.right}
        doubles.refuse(spec, twins, store.born_left(spec.doubles.customer, customers))
    keep_names_unique(spec, plan, _holders(spec, sides, store, names(spec, plan), ask=ask), claims if claims is not None else {})
    return plan


def references_of(spec: SyncSpec, store: Store, rows: Iterable[Row]) -> References:
    """What is known of the records that rows name."""
    if not any(spec.references.values()):
        return NONE
    ids, skus = wanted(spec, rows)
    return store.references(ids, skus) if ids or skus else NONE


def _holders(spec: SyncSpec, sides: Sides, store: Store, wanted: Mapping[Name, str], *, ask: Ask) -> dict[Name, list[Holder]]:
    """Who has these unique values: our rows, and where a name space holds other lists too, whoever the provider names."""
    found: dict[Name, list[Holder]] = {}
    for side, key in spec.unique_fields.items():
        here = {name: text for (s, name), text in wanted.items() if s is side}
        if not here:
            continue
        rows = store.by_names(side, here.keys())
        for place, holders in holders_of(spec, rows, side).items():
            found.setdefault(place, []).extend(holders)
        shared = spec.field(side, key).meaning in SHARED_NAMES
        if ask is Ask.EVERYBODY or (ask is Ask.SHARED and shared):
            _ask(spec, sides[side], side, key, here, {s.id for row in rows if (s := row.side(side))}, found)
    return found


def _ask(
    spec: SyncSpec, connector: Connector, side: Side, key: str, here: Mapping[str, str], known: set[str], found: dict[Name, list[Holder]]
) -> None:
    shared = spec.field(side, key).meaning in SHARED_NAMES
    for record in connector.find(spec.kind, key, here.values(), (key,)):
        name = match_key(record.fields.get(key))
        holds = shared or record.presence is Presence.PRESENT  # what is inactive keeps its name only where several lists share them
        if holds and (record.namespace or record.id not in known):
            found.setdefault((side, name), []).append(Holder(record.title, 0, record.namespace))


def _apply(run: Run, opened: Sequence[Intent]) -> None:
    """Send stored writes side by side and book each answer as it comes in."""
    for side in Side:
        mine = [i for i in opened if i.side is side]
        if mine:
            connector = run.sides[side]
            writes = [i.write for i in mine]
            _book(run, mine, connector.write(run.spec.kind, writes, run.spec.wanted_fields(side)), connector.batch_size)


def _settle(run: Run) -> None:
    """Find out what became of writes whose answer was lost, before anything is planned for their rows."""
    waiting = list(run.store.intents())
    for side in Side:
        mine = [i for i in waiting if i.side is side]
        if mine and run.going():
            connector = run.sides[side]
            run.on_progress(Progress("settle", 0, len(mine)))
            _book(run, mine, connector.settle(run.spec.kind, [i.write for i in mine], run.spec.wanted_fields(side)), connector.batch_size)


def _book(run: Run, sent: Sequence[Intent], outcomes: Iterable[Outcome], size: int) -> None:
    """Absorb outcomes in batches, each batch one transaction."""
    by_name = {i.write.name: i for i in sent}
    gathered: list[Outcome] = []
    for outcome in outcomes:
        gathered.append(outcome)
        if len(gathered) >= size:
            _absorb(run, by_name, gathered)
            gathered = []
    if gathered:
        _absorb(run, by_name, gathered)


def _absorb(run: Run, sent: Mapping[tuple[str, str], Intent], outcomes: Sequence[Outcome]) -> None:
    now = run.clock()
    matched = [(sent[o.name], o) for o in outcomes if o.name in sent]
    rows = {row.pk: row for row in run.store.by_pks({i.pk for i, _ in matched})}
    refs = references_of(run.spec, run.store, rows.values())
    batch = Batch()
    look: dict[Side, list[str]] = {}
    for intent, outcome in matched:
        if intent.pk not in rows:
            batch.closed.append(intent.write.name)
            continue
        absorbed = absorb(run.spec, rows[intent.pk], intent, outcome, now)
        stored = isinstance(outcome, Stored)
        rows[intent.pk] = at_rest(run.spec, absorbed.row, now, refs) if stored and absorbed.row.linked else absorbed.row
        _count(run.report, intent, absorbed.row, stored=stored, open=absorbed.open)
        if absorbed.event:
            batch.events.append(absorbed.event)
        if not absorbed.open:
            batch.closed.append(intent.write.name)
        if absorbed.look:
            look.setdefault(intent.side, []).append(absorbed.look)
        run.report.stopped = run.report.stopped or absorbed.stop
    batch.rows = list(rows.values())
    _note_own_writes(run, batch, matched)
    run.store.save(batch)
    for side, ids in look.items():
        if run.report.stopped is None:
            refresh(run.spec, side, run.sides[side], run.store, ids)
    if not run.unguarded:
        guards.check_failures(run.report.failed, sum(run.report.writes.values()))


def _note_own_writes(run: Run, batch: Batch, matched: Sequence[tuple[Intent, Outcome]]) -> None:
    """Let the feeds know what we stored ourselves, so that the next pass does not read it all again."""
    for side in Side:
        records = [o.record for i, o in matched if i.side is side and isinstance(o, Stored) and o.current is None]
        cursor = run.store.cursor(side)
        if records and cursor:
            batch.cursors[side] = replace(cursor, value=run.sides[side].noted(run.spec.kind, cursor.value, records))


def _count(report: Report, intent: Intent, row: Row, *, stored: bool, open: bool) -> None:
    if open:
        report.unknown += 1
    elif stored:
        report.writes[intent.side] += 1
        report.created[intent.side] += intent.write.operation is Operation.CREATE
    elif row.state is State.FAILING:
        report.failed[row.reason] += 1


def drafts_of(spec: SyncSpec, sides: Sides, store: Store, now: datetime, *, every: bool = False, ask: Ask) -> Iterator[Plan]:
    """The plans of all due rows (or every row), chunk by chunk, without keeping any."""
    consumed: set[int] = set()
    claims: dict[Name, Holder] = {}
    after = 0
    while rows := store.every(after, CHUNK) if every else store.due(now, after, CHUNK):
        after = rows[-1].pk
        yield decide(spec, sides, store, rows, now, consumed=consumed, claims=claims, ask=ask)
