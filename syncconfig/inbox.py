"""The inbox of webhooks: events kept once for each sync they concern, until a run has looked. A hint starts a look and is never believed.

What a run has seen already needs no look, so that our own writes, which come back as webhooks, wake nobody. Only a time that is not after what was
seen says so; another change in that very instant is shown by the change feed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from connectors.registry import PROVIDERS, SIDES
from connectors.vocabulary import Kind
from connectors.webhooks import Change, Hint
from syncconfig.engine.spec import Side
from syncconfig.engine.synchronize import Told
from syncconfig.engine.values import from_json
from syncconfig.erasure import erase
from syncconfig.models import InboxEvent, ObjectSync, SyncRecord

KEPT = timedelta(days=8)
"""How long an event is remembered: one that is delivered again within seven days must be known (security S49)."""

SIDE_OF = dict(zip(SIDES, Side, strict=True))


@dataclass(frozen=True, slots=True)
class Open:
    """The events of one sync that wait for a look: their numbers, and what they name."""

    pks: tuple[int, ...]
    told: Told


def keep(provider_key: str, hints: Sequence[Hint], now: datetime) -> list[ObjectSync]:
    """Store what came in, durably, for every sync it concerns; which of them now have something to look at. Accounts nobody knows are ignored."""
    side = SIDE_OF[provider_key]
    accounts = {hint.account for hint in hints}
    syncs = ObjectSync.objects.settled().filter(**{f"{side}__provider": provider_key, f"{side}__account_id__in": accounts})
    concerned: dict[ObjectSync, list[Hint]] = {}
    for sync in syncs.exclude(status=ObjectSync.Status.DRAFT).select_related("left", "right"):
        mine = [hint for hint in hints if hint.account == sync.connection(side).account_id and _concerns(provider_key, hint.object, sync)]
        if mine:
            concerned[sync] = mine
    with transaction.atomic():
        events = [_event(sync, side, hint, now) for sync, mine in concerned.items() for hint in mine]
        InboxEvent.objects.bulk_create(events, ignore_conflicts=True)
        for sync, mine in concerned.items():
            erase(sync, side, {record_id for hint in mine if hint.change is Change.ERASED for record_id in hint.ids})
    return [sync for sync in concerned if waiting(sync, now).pks]


def waiting(sync: ObjectSync, now: datetime) -> Open:
    """What is to be looked at. Events that tell nothing new are done with this."""
    told: dict[Side, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    events = list(InboxEvent.objects.filter(sync=sync, done_at=None))
    known = {event.pk for side in Side for event in _seen(sync, side, [e for e in events if e.side == side])}
    done(known, now)
    fresh = [event for event in events if event.pk not in known]
    for event in fresh:
        told[Side(event.side)][event.object].update(event.ids)
    return Open(tuple(event.pk for event in fresh), told)


def done(pks: Collection[int], now: datetime) -> None:
    """These events were looked at."""
    if pks:
        InboxEvent.objects.filter(pk__in=pks).update(done_at=now)


def prune(now: datetime) -> int:
    """Forget events that nobody delivers again."""
    return InboxEvent.objects.filter(received_at__lt=now - KEPT).delete()[0]


def _concerns(provider_key: str, name: str, sync: ObjectSync) -> bool:
    return PROVIDERS[provider_key].webhooks.concerns(name, Kind(sync.kind))


def _event(sync: ObjectSync, side: Side, hint: Hint, now: datetime) -> InboxEvent:
    return InboxEvent(sync=sync, side=side, object=hint.object, ids=list(hint.ids), change=hint.change, at=hint.at, key=hint.key, received_at=now)


def _seen(sync: ObjectSync, side: Side, events: Iterable[InboxEvent]) -> list[InboxEvent]:
    """The changes of records themselves that lie no later than what was seen of them."""
    records = PROVIDERS[sync.connection(side).provider].webhooks.records
    own = [e for e in events if e.change == Change.CHANGED and e.at and Kind(sync.kind) in records.get(e.object, ())]
    if not own:
        return []
    ids = {record_id for event in own for record_id in event.ids}
    rows = SyncRecord.objects.filter(sync=sync, **{f"{side}_id__in": ids}).values_list(f"{side}_id", f"{side}_seen")
    modified = {record_id: from_json(seen["modified_at"]) for record_id, seen in rows}
    return [e for e in own if all(isinstance(at := modified.get(i), datetime) and e.at <= at for i in e.ids)]
