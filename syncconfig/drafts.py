"""The wizard's rules: what a new sync starts with, which step comes next, what may be saved, and how an edit is laid over its original."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from connectors.base import FieldSpec, Option
from connectors.vocabulary import (
    CONFIRMED_BY,
    DEFAULT_DIRECTION,
    DEFAULT_MAPPINGS,
    FOLLOWERS,
    FROM_LEFT,
    KEY_NEEDED,
    LOCKED_FILTERS,
    RECOMMENDED_FILTERS,
    Direction,
    Kind,
)
from syncconfig.engine.filters import BadFilter, Condition, Rules
from syncconfig.engine.spec import Side, WriteRule
from syncconfig.engine.values import compatible
from syncconfig.models import Connection, FieldList, FieldMapping, FilterCondition, FilterGroup, ObjectSync
from syncconfig.specs import Fields, NoFields, fields_of, filter_of, keyed, meaning_key, needs_stock, read_fields, zone_of

SETTINGS = ("direction", "winner", "match_by", "match_left", "match_right", "key_needed", "keep_linked", "options")
"""What an edit carries over to its original, beside mapped fields and filters."""

_STEPS = tuple(ObjectSync.Step)
Child = TypeVar("Child", FieldMapping, FilterGroup, FilterCondition)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a draft from being saved: the step that mends it, and one sentence."""

    step: str
    sentence: str


def start(left: Connection, right: Connection, kind: Kind, now: datetime) -> ObjectSync:
    """The draft of a pair and kind: the one already begun, else a new one with every recommended setting, and those of the kinds that follow it.

    Raises what reading the fields raises.
    """
    sync = _start(left, right, kind, now)
    for follower in followers_of(kind, left):
        _start(left, right, follower, now)
    return sync


def followers_of(kind: Kind, left: Connection) -> list[Kind]:
    """The kinds that go along with one: those of payments with invoices, where the account keeps payments at all and can mark them."""
    if kind is not Kind.INVOICE:
        return []
    kept = [follower for follower in FOLLOWERS if follower is not Kind.PAYMENT or left.details.get("payments") != "no"]
    return [follower for follower in kept if keyed(left, follower)]


def family(sync: ObjectSync) -> list[ObjectSync]:
    """A sync and those that follow it."""
    kinds = followers_of(Kind(sync.kind), sync.left)
    return [sync, *ObjectSync.objects.settled().filter(left=sync.left_id, right=sync.right_id, kind__in=kinds)]


def _start(left: Connection, right: Connection, kind: Kind, now: datetime) -> ObjectSync:
    begun = ObjectSync.objects.settled().filter(left=left, right=right, kind=kind).first()
    if begun:
        return begun
    fields = ensure_fields(left, right, kind)
    with transaction.atomic():
        sync = ObjectSync.objects.create(
            left=left,
            right=right,
            kind=kind,
            direction=DEFAULT_DIRECTION.get(kind, Direction.TO_LEFT).value,
            key_needed=kind in KEY_NEEDED,
            options=default_options(kind, fields[Side.RIGHT]),
            setup_at=now,
        )
        FieldMapping.objects.bulk_create(default_mappings(sync, fields))
        for direction in (Direction.TO_LEFT, Direction.TO_RIGHT):
            set_rules(sync, direction, recommended(sync, direction, fields, now), locked=(kind, direction) in LOCKED_FILTERS)
    return sync


def default_options(kind: Kind, right: Fields) -> dict[str, Any]:
    """The options a sync begins with: new items are services, because those need nothing but an income account."""
    if kind is not Kind.PRODUCT:
        return {}
    types = next((f.options for f in right.values() if f.meaning == "product_type"), ())
    return {"product_type": next((o.value for o in types if o.label == "Service"), "")}


def ensure_fields(left: Connection, right: Connection, kind: Kind) -> dict[Side, Fields]:
    """The fields of both accounts, read from a provider where they never were. Raises what the connector raises."""
    found: dict[Side, Fields] = {}
    for side, connection in ((Side.LEFT, left), (Side.RIGHT, right)):
        try:
            found[side] = fields_of(connection, kind)
        except NoFields:
            found[side] = read_fields(connection, kind)
    if kind is Kind.INVOICE and not FieldList.objects.filter(connection=right, kind=Kind.PRODUCT).exists():
        read_fields(right, Kind.PRODUCT)  # their accounts are chosen from
    return found


def refresh_fields(sync: ObjectSync) -> None:
    """Read the fields of both accounts again, and the accounts that a setting is chosen from. Raises what the connector raises."""
    for side in Side:
        read_fields(sync.connection(side), Kind(sync.kind))
    if sync.kind == Kind.INVOICE:
        read_fields(sync.right, Kind.PRODUCT)


def may_choose_matching(kind: Kind) -> bool:
    """Whether people decide what records are matched by. Where more than one value has to agree, nothing else makes sense."""
    return kind not in CONFIRMED_BY


def default_mappings(sync: ObjectSync, fields: Mapping[Side, Fields]) -> list[FieldMapping]:
    """The predefined mapped fields whose both ends the accounts have, not stored."""
    rows = []
    for position, default in enumerate(DEFAULT_MAPPINGS[Kind(sync.kind)]):
        sources = [key for meaning in default.left if (key := meaning_key(fields[Side.LEFT].values(), meaning))]
        right = meaning_key(fields[Side.RIGHT].values(), default.right)
        if sources and right:
            rows.append(
                FieldMapping(
                    sync=sync,
                    left_sources=sources,
                    right_field=right,
                    direction=default.direction.value,
                    enabled=default.enabled,
                    predefined=True,
                    required=default.required,
                    locked=default.locked,
                    rule=WriteRule.IF_EMPTY if default.fill_only else WriteRule.ALWAYS,
                    born=(Side.LEFT if default.born is FROM_LEFT else Side.RIGHT) if default.born else "",
                    frozen=default.frozen,
                    note=default.note,
                    position=position,
                )
            )
    return rows


def recommended(sync: ObjectSync, direction: Direction, fields: Mapping[Side, Fields], now: datetime) -> Rules:
    """The recommended filter of one direction, its days fixed to the day of set-up in the account's zone (spec R73 to R79, R87)."""
    source = Side.LEFT if direction is Direction.TO_RIGHT else Side.RIGHT
    today = now.astimezone(zone_of(sync)).date().isoformat()
    words = {"setup_day": today, "setup_midnight": f"{today}T00:00", "setup_moment": now.isoformat(timespec="seconds")}
    groups = []
    for group in RECOMMENDED_FILTERS.get((Kind(sync.kind), direction), ()):
        keys = [meaning_key(fields[source].values(), c.meaning) for c in group]
        if all(keys):
            groups.append(tuple(Condition(k, c.operator, tuple(words.get(v, v) for v in c.values)) for k, c in zip(keys, group, strict=True)))
    return tuple(groups)


def set_rules(sync: ObjectSync, direction: Direction, rules: Rules, *, locked: bool = False) -> None:
    """Store the conditions of one direction in place of those that are there. Locked groups stay."""
    with transaction.atomic():
        sync.filter_groups.filter(direction=direction, locked=False).delete()
        for position, rule in enumerate(rules):
            group = FilterGroup.objects.create(sync=sync, direction=direction.value, position=position, locked=locked)
            FilterCondition.objects.bulk_create(
                FilterCondition(
                    group=group,
                    field=c.field,
                    operator=c.operator,
                    values=list(c.values),
                    include_empty=c.include_empty,
                    absent=c.absent,
                    position=place,
                )
                for place, c in enumerate(rule)
            )


def reached(sync: ObjectSync, step: str) -> None:
    """Note that a step was saved, so that the next one opens."""
    following = _STEPS[min(_STEPS.index(ObjectSync.Step(step)) + 1, len(_STEPS) - 1)]
    if _STEPS.index(following) > _STEPS.index(ObjectSync.Step(sync.step)):
        sync.step = following
        sync.save(update_fields=["step"])


def next_step(sync: ObjectSync) -> str:
    """Where work on a draft goes on."""
    problem = next(iter(problems(sync)), None)
    if problem and _STEPS.index(ObjectSync.Step(problem.step)) < _STEPS.index(ObjectSync.Step(sync.step)):
        return problem.step
    return sync.step


def missing_step(sync: ObjectSync, step: str) -> str | None:
    """The step that has to be saved before this one may be opened; None when nothing is missing."""
    return sync.step if _STEPS.index(ObjectSync.Step(step)) > _STEPS.index(ObjectSync.Step(sync.step)) else None


def problems(sync: ObjectSync) -> list[Problem]:
    """What keeps the settings from being saved, in the order of the steps."""
    try:
        fields: dict[Side, Fields] = {side: fields_of(sync.connection(side), Kind(sync.kind)) for side in Side}
    except NoFields:
        return [Problem("choose", _("The fields of the accounts have not been read yet."))]
    return [
        *choose_problems(sync),
        *_account_problems(sync, fields[Side.RIGHT]),
        *_configure_problems(sync, fields),
        *_limit_problems(sync, fields),
    ]


def choose_problems(sync: ObjectSync) -> Iterable[Problem]:
    """What the accounts and the other syncs between them do not allow; the sync need not be stored."""
    if sync.kind == Kind.INVOICE and not _set_up(sync, Kind.CONTACT):
        yield Problem("choose", _("Set up the contact sync first: an invoice needs the customer it is for."))
    if sync.kind == Kind.INVOICE and sync.flows(Side.RIGHT) and abroad(sync.right):
        yield Problem("choose", abroad(sync.right))
    if sync.flows(Side.LEFT) and not keyed(sync.left, Kind(sync.kind)):
        words = _("HubSpot takes no more unique properties for this object, and without one a record could be made twice there.")
        yield Problem("choose", f"{words} {_('Choose the direction “Only to QuickBooks”, or remove a unique property in HubSpot.')}")


def _set_up(sync: ObjectSync, kind: Kind) -> bool:
    running = ObjectSync.objects.settled().exclude(status=ObjectSync.Status.DRAFT)
    return running.filter(left=sync.left_id, right=sync.right_id, kind=kind).exists()


def abroad(right: Connection) -> str:
    """Why invoices cannot be sent to a company outside the USA, as a sentence; empty when they can (spec R30)."""
    if right.country.upper() in ("", "US", "USA"):
        return ""
    return _("Invoices cannot be sent to this QuickBooks company: outside the USA every invoice needs tax, and invoices of HubSpot carry none.")


def _account_problems(sync: ObjectSync, right: Fields) -> Iterable[Problem]:
    return (Problem("configure", account_needed(meaning)) for meaning in missing_accounts(sync, right))


def missing_accounts(sync: ObjectSync, right: Fields) -> list[str]:
    """The options that name no active account though new items and lines are booked on it (spec R67, R68)."""
    if not sync.flows(Side.RIGHT):
        return []
    chosen = {Kind.PRODUCT: ["income_account", "expense_account"], Kind.INVOICE: ["income_account"]}.get(Kind(sync.kind), [])
    if sync.kind == Kind.PRODUCT and needs_stock(sync, right):
        chosen.append("asset_account")
    offered = account_options(sync)
    return [meaning for meaning in chosen if sync.options.get(meaning) not in {o.value for o in offered.get(meaning, ())}]


def account_needed(meaning: str) -> str:
    """What to do about an account that is missing, as a sentence."""
    words = {"income_account": _("income account"), "expense_account": _("expense account"), "asset_account": _("asset account")}
    return _("Choose an active %(account)s of the QuickBooks company.") % {"account": words[meaning]}


def account_options(sync: ObjectSync) -> dict[str, tuple[Option, ...]]:
    """The accounts of the company that may be chosen, by the meaning of the option; empty before the fields of items were read."""
    try:
        items = fields_of(sync.right, Kind.PRODUCT)
    except NoFields:
        return {}
    return {f.meaning: f.options for f in items.values() if f.meaning in ("income_account", "expense_account", "asset_account")}


def _configure_problems(sync: ObjectSync, fields: Mapping[Side, Fields]) -> Iterable[Problem]:
    if sync.match_by == "fields" and not (sync.match_left in fields[Side.LEFT] and sync.match_right in fields[Side.RIGHT]):
        yield Problem("configure", _("Choose a field on each side to match by."))
    for mapping, other in clashes(sync.mappings.all()):
        yield Problem("configure", _("%(one)s and %(other)s write the same field.") % {"one": mapping.left_field, "other": other.left_field})


def clashes(mappings: Iterable[FieldMapping]) -> list[tuple[FieldMapping, FieldMapping]]:
    """Pairs of mappings that would write one field in one direction (spec R56)."""
    taken: dict[tuple[Side, str], FieldMapping] = {}
    found = []
    for m in (m for m in mappings if m.sources):
        targets = [(Side.LEFT, m.left_field)] if m.direction != Direction.TO_RIGHT else []
        targets += [(Side.RIGHT, m.right_field)] if m.direction != Direction.TO_LEFT else []
        clash = next((taken[t] for t in targets if t in taken), None)
        if clash:
            found.append((m, clash))
        taken.update(dict.fromkeys(targets, m))
    return found


def _limit_problems(sync: ObjectSync, fields: Mapping[Side, Fields]) -> Iterable[Problem]:
    for side in Side:
        try:
            filter_of(sync, side.other.inward, fields[side], zone_of(sync))
        except BadFilter as bad:
            name = bad.condition.field if bad.condition else ""
            label = fields[side][name].label if name in fields[side] else name
            yield Problem("limit", _("The condition on %(field)s cannot be used. Change or remove it.") % {"field": label})


def why_incompatible(left: FieldSpec, right: FieldSpec, direction: Direction) -> str:
    """Why two fields cannot be mapped this way; empty when they can (spec R57, R58)."""
    if direction is not Direction.TO_LEFT and not compatible(left, right):
        return _("%(left)s cannot be written to %(right)s in QuickBooks.") % {"left": left.label, "right": right.label}
    if direction is not Direction.TO_RIGHT and not compatible(right, left):
        return _("%(right)s cannot be written to %(left)s in HubSpot.") % {"left": left.label, "right": right.label}
    return ""


def begin_edit(sync: ObjectSync) -> ObjectSync:
    """The working copy of a sync's settings: the one already begun, else a new one."""
    if hasattr(sync, "edit"):
        return sync.edit
    with transaction.atomic():
        copy = ObjectSync(draft_of=sync, left=sync.left, right=sync.right, kind=sync.kind, step=ObjectSync.Step.REVIEW)
        for name in SETTINGS:
            setattr(copy, name, getattr(sync, name))
        copy.save()
        _copy_children(sync, copy)
    return copy


def _copy_children(source: ObjectSync, target: ObjectSync) -> None:
    FieldMapping.objects.bulk_create(_twin(m, sync=target) for m in source.mappings.all())
    for group in source.filter_groups.prefetch_related("conditions"):
        twin = _twin(group, sync=target)
        twin.save()
        FilterCondition.objects.bulk_create(_twin(c, group=twin) for c in group.conditions.all())


def _twin(row: Child, **owner: object) -> Child:
    values = {k: v for k, v in model_to_dict(row).items() if k not in ("id", "sync", "group")}
    return type(row)(**values, **owner)


def save_and_turn_on(sync: ObjectSync, user: AbstractBaseUser | None, now: datetime) -> ObjectSync:
    """Make a draft or an edit the settings in force and turn the sync on; gives the sync itself. The caller checks `problems` and starts the run."""
    with transaction.atomic():
        original = ObjectSync.objects.select_for_update().get(pk=sync.original.pk)
        if sync.draft_of_id:
            for name in SETTINGS:
                setattr(original, name, getattr(sync, name))
            original.mappings.all().delete()
            original.filter_groups.all().delete()
            _copy_children(sync, original)
            sync.delete()
        original.status = ObjectSync.Status.ON
        original.step = ObjectSync.Step.REVIEW
        original.settings_version += 1
        original.saved_at, original.saved_by_id = now, user.pk if user else None
        original.next_run_at = now
        original.pause_reason, original.pause_details = "", {}
        original.save()
        for follower in family(original)[1:]:
            _follow(original, follower, now)
    return original


def _follow(sync: ObjectSync, follower: ObjectSync, now: datetime) -> None:
    """Turn a follower on with what follows from the settings of its sync."""
    both = sync.flows(Side.RIGHT)
    follower.direction = FOLLOWERS[Kind(follower.kind)] or (Direction.BOTH if both else Direction.TO_LEFT)
    follower.status, follower.step = ObjectSync.Status.ON, ObjectSync.Step.REVIEW
    follower.settings_version += 1
    follower.saved_at, follower.saved_by_id, follower.next_run_at = sync.saved_at, sync.saved_by_id, now
    follower.pause_reason, follower.pause_details = "", {}
    follower.save()


def turn_off(sync: ObjectSync) -> None:
    """Stop the flow in both directions; settings, links and history stay."""
    ObjectSync.objects.filter(pk__in=[s.pk for s in family(sync)]).update(status=ObjectSync.Status.OFF, next_run_at=None)
    sync.refresh_from_db()


def delete(sync: ObjectSync) -> None:
    """Forget settings, links and history of a sync and those that follow it; no record is touched anywhere."""
    with transaction.atomic():
        for one in family(sync):
            one.delete()


def resume(sync: ObjectSync) -> None:
    """Let a sync that stopped by itself go on. The caller starts the run."""
    paused = ObjectSync.objects.filter(pk=sync.pk, status=ObjectSync.Status.PAUSED)
    paused.update(status=ObjectSync.Status.ON, pause_reason="", pause_details={})
    sync.refresh_from_db()
