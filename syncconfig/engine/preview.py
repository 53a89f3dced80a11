"""What a run would do: the same reading and deciding, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from connectors.base import Connector, Operation
from syncconfig.engine.plan import Planned, changes_of
from syncconfig.engine.references import References
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import FieldChange, State
from syncconfig.engine.store import Store
from syncconfig.engine.synchronize import Ask, Clock, Progress, Run, Sides, drafts_of, look


@dataclass(frozen=True, slots=True)
class Sample:
    """One change a preview shows."""

    title: str
    side: Side
    operation: Operation
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One record that would fail."""

    title: str
    category: str
    details: Mapping[str, str]


@dataclass(slots=True)
class Preview:
    """What a run would do: counts by side, links, exclusions by reason, failures by category, and some of each to look at.

    `marked` of the updates only note on a record which one it belongs to.
    """

    create: Counter[Side] = field(default_factory=Counter)
    update: Counter[Side] = field(default_factory=Counter)
    marked: int = 0
    link: int = 0
    equal: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


SAMPLES = 20


def preview(
    left: Connector, right: Connector, spec: SyncSpec, store: Store, *, clock: Clock, on_progress: Callable[[Progress], None] = lambda progress: None
) -> Preview:
    """Read both sides and tell what a run with this spec would do. The only thing it keeps is what it read.

    Every row is decided anew, whatever was decided before. Writes of earlier runs whose answer is open are left alone.
    """
    run = Run(spec, {Side.LEFT: left, Side.RIGHT: right}, store, clock, lambda: False, on_progress)
    look(run, tuple(Side), full=False)
    return foresee(spec, run.sides, store, clock)


def foresee(spec: SyncSpec, sides: Sides, store: Store, clock: Clock) -> Preview:
    """The preview of what was read before, without reading again."""
    result = Preview()
    for plan in drafts_of(spec, sides, store, clock(), every=True, ask=Ask.EVERYBODY):
        for planned in plan.planned:
            _foresee(spec, result, planned, plan.refs)
    return result


def _foresee(spec: SyncSpec, result: Preview, planned: Planned, refs: References) -> None:
    row, decision = planned.row, planned.decision
    result.link += bool(planned.halves)
    if decision.state is State.EXCLUDED:
        result.excluded[decision.reason] += 1
    elif decision.state is State.FAILING:
        result.failing[decision.reason] += 1
        if len(result.troubles) < SAMPLES:
            result.troubles.append(Trouble(row.title, decision.reason, decision.details))
    elif not decision.changes:
        result.equal += 1
    for change in decision.changes:
        counter = result.create if change.operation is Operation.CREATE else result.update
        counter[change.side] += 1
        shown = replace(change, fields={key: value for key, value in change.fields.items() if key not in spec.mark})
        if not shown.fields and change.operation is not Operation.DELETE:
            result.marked += 1
        elif len(result.samples) < SAMPLES:
            result.samples.append(Sample(row.title, change.side, change.operation, changes_of(spec, shown, refs)))
