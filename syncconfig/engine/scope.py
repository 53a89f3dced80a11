"""Who takes part: what is gone, what no setting lets through, what the filters leave out, and what waits for another record. Pure."""

from __future__ import annotations

from datetime import datetime

from connectors.base import Operation, Presence
from connectors.vocabulary import KEPT_BY_RIGHT, Category, Kind
from syncconfig.engine.decision import Change, Decision
from syncconfig.engine.filters import Condition
from syncconfig.engine.references import References, Unreached
from syncconfig.engine.spec import Side, SyncSpec, flows
from syncconfig.engine.state import WAITING, Reason, Row, State


def gone(spec: SyncSpec, row: Row, side: Side) -> Decision:
    """A side was deleted or made inactive: nothing is written, nothing is deleted, the base stays for a return (spec R120, R121).

    What we made of a record ourselves goes with it, where the kind says so; if it was the copy that went, the edit is named.
    """
    if spec.retracts and row.linked and side == row.origin:
        decision = withdrawn(spec, row)
        if decision:
            return decision
    if spec.retracts and row.linked and spec.master is side:
        return Decision(State.FAILING, Category.EDITED_IN_QUICKBOOKS, {"side": side, "difference": "0|payment||"})
    reason = Reason.COUNTERPART_DELETED if row.linked else Reason.INACTIVE
    seen = row.side(side)
    presence = seen.presence if seen else Presence.ABSENT
    return Decision(State.EXCLUDED, reason, {"side": side, "presence": presence})


def withdrawn(spec: SyncSpec, row: Row) -> Decision | None:
    """Take away the copy of a record that is no more, or no longer one of its kind; None where nothing is to be taken away."""
    if not (spec.retracts and row.linked and row.origin and row.linked_by == "created"):
        return None
    target = Side(row.origin).other
    seen = row.side(target)
    if seen is None or not seen.stands or not flows(spec.direction, target):
        return None
    return Decision(State.PENDING, changes=(Change(target, Operation.DELETE, {}),))


def at_gates(spec: SyncSpec, row: Row, now: datetime) -> Decision | None:
    """What keeps a row from taking part whatever the settings say; None when nothing does. The side that a document was born on is asked.

    What is unknown keeps nobody out: what a write answered may not show it, and the next look will.
    """
    for gate in spec.gates:
        seen = row.side(gate.side)
        if seen is None or (spec.master and row.linked and row.origin != gate.side):
            continue
        failed = gate.passes(seen.values, seen.related, now)
        if failed is not None and failed.field in seen.values:
            value = seen.values[failed.field]
            details = {"side": gate.side, "field": spec.field(gate.side, failed.field).label, "value": "" if value is None else str(value)}
            state = State.FAILING if gate.verdict in set(Category) else State.EXCLUDED
            return Decision(state, gate.verdict, details)
    return None


def out_of_scope(spec: SyncSpec, row: Row, now: datetime) -> Decision | None:
    """The exclusion of a row that no active direction lets take part, or None when it is in scope (spec R89, R90).

    One direction's filter is enough; of documents, the one of the direction they were born into counts. A link kept by `keep_linked` stays in
    scope whatever the filters say.
    """
    if spec.keep_linked and row.linked:
        return None
    failed: tuple[Side, Condition] | None = None
    active = False
    for target in (Side.RIGHT, Side.LEFT):
        seen = row.side(target.other)
        if seen is None or not flows(spec.direction, target) or (spec.master and row.linked and row.origin != target.other):
            continue
        active = True
        condition = spec.filters[target.inward](seen.values, seen.related, now) if target.inward in spec.filters else None
        if condition is None:
            return None
        failed = failed or (target.other, condition)
    if not active or failed is None:
        return Decision(State.EXCLUDED, Reason.DIRECTION)
    side, condition = failed
    details = {"side": side, "field": condition.field, "operator": condition.operator, "values": "\n".join(condition.values)}
    return Decision(State.EXCLUDED, Reason.FILTER, details)


def kept_elsewhere(spec: SyncSpec, row: Row, side: Side, refs: References) -> Decision | None:
    """A record that belongs to a document which the other side keeps for itself does not travel there (spec R158)."""
    seen = row.side(side)
    for field_spec in spec.references[side] if seen and spec.master is side.other else ():
        kind = Kind(field_spec.refers) if field_spec.refers else None
        named = refs.find(kind, side, str(seen.values.get(field_spec.key) or "")) if seen and kind in KEPT_BY_RIGHT else None
        if kind and named and named.linked and named.origin == side.other:
            return Decision(State.EXCLUDED, Reason.ORIGIN, {"side": side, "title": named.title})
    return None


def unreached(error: Unreached, to: Side) -> Decision:
    """A row that names a record which has no counterpart: it waits, fails or is left out, as that record does (spec R104, R152)."""
    details = {**error.details, "side": str(to)}
    row = error.row
    if row and row.state is State.FAILING:
        return Decision(State.FAILING, Category.DEPENDENCY_FAILING, details, needs=error.need)
    if row and row.state is State.PENDING:
        return Decision(State.PENDING, WAITING, details, needs=error.need)
    if error.kind is Kind.CONTACT and to is Side.RIGHT:
        return Decision(State.FAILING, Category.CUSTOMER_MISSING, details, needs=error.need)
    return Decision(State.EXCLUDED, Reason.DEPENDENCY, details, needs=error.need)
