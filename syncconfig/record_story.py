"""One record in words: the values of both sides next to each other, what comes next, and its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from connectors.base import Value
from connectors.registry import PROVIDERS
from connectors.vocabulary import Kind
from syncconfig.engine import mapping
from syncconfig.engine.decision import Decision
from syncconfig.engine.filters import BadFilter
from syncconfig.engine.mapping import source
from syncconfig.engine.reconcile import reconcile
from syncconfig.engine.references import References, told
from syncconfig.engine.spec import FieldMap, Side, SyncSpec
from syncconfig.engine.state import FieldChange, Row, Seen, State
from syncconfig.engine.synchronize import references_of
from syncconfig.engine.values import is_blank, same
from syncconfig.explanations import Explanation, Labels, explain, side_name
from syncconfig.models import RecordEvent, SyncRecord
from syncconfig.specs import NoFields, spec_of
from syncconfig.store import DatabaseStore
from syncconfig.stored_rows import changes_from_json, row_of

MAX_EVENTS = 100


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One mapped field: what both sides show, what they agreed on last, and what comes next. `to` is the side that would be written."""

    name: str
    right_name: str
    left: Value
    right: Value
    agreed: Value
    equal: bool
    to: str = ""
    next: str = ""


def both_sides(record: SyncRecord, now: datetime) -> list[FieldLine]:
    """The mapped fields of a record; none when the settings name a field that is gone."""
    try:
        spec = spec_of(record.sync)
    except (NoFields, BadFilter):
        return []
    row = row_of(record)
    # Whether a half that failed may be created or linked is decided with its neighbours; what comes next is not known here.
    store = DatabaseStore(record.sync, spec, lambda: now)
    decided = row.linked or row.state is State.PENDING
    refs = references_of(spec, store, [row])
    decision = reconcile(spec, row, now, refs) if decided else Decision(row.state)
    return [_line(spec, row, m, decision, refs) for m in spec.maps_of(row.origin)]


def _line(spec: SyncSpec, row: Row, m: FieldMap, decision: Decision, refs: References) -> FieldLine:
    left_key = source(m, Side.LEFT, row.left) if row.left else m.left[0]
    left, right = _value(row.left, left_key), _value(row.right, m.right)
    to = next((c.side for c in decision.changes if m.target(c.side) in c.fields and _shows_change(m, c.side, decision, row)), None)
    agreed = row.left_base.get(m.key)
    agreed = row.right_base.get(m.key) if is_blank(agreed) else agreed
    equal = row.left is not None and row.right is not None and (same(left, right) or _agree(spec, m, row.left, row.right, refs))
    words = _next(row, to, equal=equal, blank=is_blank(left) and is_blank(right))
    fields = {Side.LEFT: spec.field(Side.LEFT, left_key), Side.RIGHT: spec.field(Side.RIGHT, m.right)}
    names = fields[Side.LEFT].label, fields[Side.RIGHT].label
    left, right = told(fields[Side.LEFT], Side.LEFT, left, refs), told(fields[Side.RIGHT], Side.RIGHT, right, refs)
    agreed = told(fields[Side.LEFT], Side.LEFT, agreed, refs)
    return FieldLine(names[0], names[1], left, right, agreed, equal, to or "", words)


def _agree(spec: SyncSpec, m: FieldMap, left: Seen, right: Seen, refs: References) -> bool:
    """Whether both sides say the same in their own words: a customer stands for its contact."""
    known = all(mapping.parts((m,), side, seen) is not None for side, seen in ((Side.LEFT, left), (Side.RIGHT, right)))
    return known and mapping.equivalent(spec, (m,), left, right, refs)


def _value(seen: Seen | None, key: str) -> Value:
    return seen.values.get(key) if seen else None


def _shows_change(m: FieldMap, side: Side, decision: Decision, row: Row) -> bool:
    """Whether a change alters the field; a group is written whole, with parts that stay the same."""
    change = next(c for c in decision.changes if c.side is side)
    key = m.target(side)
    return not same(change.fields[key], _value(row.side(side), key))


def _next(row: Row, to: Side | None, *, equal: bool, blank: bool) -> str:
    if to is not None and row.state is State.FAILING:
        return _("Waits until the cause above is gone")
    if to is not None and row.linked:
        return _("Will be written to %(system)s") % {"system": side_name(to)}
    if to is not None:
        return _("Will be linked or created in %(system)s") % {"system": side_name(to)}
    if not row.linked:
        return ""
    if blank:
        return _("Empty on both sides")
    return _("Same on both sides") if equal else _("Left as it is")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history. `bold` is the verb, `text` the rest; `words` is the provider's own answer with its trace."""

    at: datetime
    tone: str
    icon: str
    bold: str
    text: str = ""
    by: str = ""
    changes: tuple[FieldChange, ...] = ()
    lost: str = ""
    provider: str = ""
    words: str = ""
    trace: str = ""
    said: Explanation | None = field(default=None)


_LOOKS: Mapping[str, tuple[str, str]] = {
    "linked": ("ok", "both"),
    "failed": ("fail", "fail"),
    "excluded": ("mute", "skip"),
    "included": ("ok", "ok"),
    "drifted": ("warn", "info"),
    "unlinked": ("warn", "plug"),
    "gone": ("warn", "plug"),
    "lost": ("warn", "info"),
    "withdrawn": ("warn", "skip"),
}


def history(record: SyncRecord, labels: Labels) -> list[Entry]:
    """What happened to a record, newest first."""
    events = RecordEvent.objects.filter(sync=record.sync_id, record_pk=record.pk).select_related("actor", "run")[:MAX_EVENTS]
    return list(_entries(record, events, labels))


def _entries(record: SyncRecord, events: Iterable[RecordEvent], labels: Labels) -> Iterable[Entry]:
    for event in events:
        side = Side(event.side) if event.side else None
        tone, icon = _LOOKS.get(event.type, ("ok", "left" if side is Side.LEFT else "right"))
        details = {**event.details, **({"side": event.side} if event.side else {})}
        said = explain(event.category, details, labels) if event.category else _origin_rule(record, event)
        yield Entry(
            at=event.at,
            tone=tone,
            icon=icon,
            bold=_verb(event.type, side_name(side) if side else ""),
            text=_text(event, said),
            by=_by(event),
            changes=changes_from_json(event.changes),
            lost=str(event.details.get("lost", "")).replace("\n", ", "),
            provider=PROVIDERS[record.sync.connection(side).provider].label if side else "",
            words=event.words,
            trace=event.trace,
            said=said,
        )


def _verb(kind: str, system: str) -> str:
    words = {
        "linked": _("Linked"),
        "created": _("Created in %(system)s") % {"system": system},
        "updated": _("Written to %(system)s") % {"system": system},
        "failed": _("Not written to %(system)s") % {"system": system} if system else _("Failing"),
        "excluded": _("Excluded"),
        "included": _("Takes part again"),
        "lost": _("A value gave way"),
        "drifted": _("Changed in %(system)s and left as it is") % {"system": system},
        "unlinked": _("Unlinked"),
        "gone": _("Counterpart gone"),
        "withdrawn": _("Taken back from %(system)s") % {"system": system},
    }
    return words.get(kind, kind)


def _origin_rule(record: SyncRecord, event: RecordEvent) -> Explanation | None:
    """Why a change of a document that comes from QuickBooks was left as it is (spec R158)."""
    sentences = {
        Kind.INVOICE: _("This invoice comes from QuickBooks; changes made in HubSpot stay there."),
        Kind.PAYMENT: _("This payment comes from QuickBooks; changes made in HubSpot stay there."),
    }
    why = sentences.get(Kind(record.sync.kind)) if event.type == "drifted" and record.origin == Side.RIGHT else None
    return Explanation("", why, "") if why else None


def _text(event: RecordEvent, said: Explanation | None) -> str:
    if said:
        return f"{said.label}. {said.why}" if said.label else said.why
    if event.type == "withdrawn":
        return _("because the record it was a copy of is gone")
    by = {
        "key": _("by the value that records are matched by"),
        "mark": _("by the mark of an earlier link"),
        "hand": _("by hand"),
        "created": _("when it was created"),
    }
    return by.get(str(event.details.get("by", "")), "") if event.type == "linked" else ""


def _by(event: RecordEvent) -> str:
    if event.actor:
        return _("by %(name)s") % {"name": event.actor.get_short_name() or event.actor.get_username()}
    return str(event.run.get_trigger_display()) if event.run else ""
