"""What a person may do to records: retry them, and link two halves by hand. Each leaves an entry in the record's history."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from syncconfig.engine.matching import join, key_of
from syncconfig.engine.spec import Side
from syncconfig.engine.state import EventType
from syncconfig.engine.store import Batch
from syncconfig.models import ObjectSync, RecordEvent, SyncRecord, SyncRun, WriteIntent
from syncconfig.specs import spec_of
from syncconfig.store import DatabaseStore
from syncconfig.stored_rows import row_of


class Refused(Exception):
    """The action cannot be done; `problem` is a stable word: running, open_write, linked, same_side."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def retry(records: QuerySet[SyncRecord]) -> int:
    """Have these records decided again at the next run. How many there were."""
    return records.update(asked=True)


def link(one: SyncRecord, other: SyncRecord, actor: AbstractBaseUser, now: datetime) -> SyncRecord:
    """Make one linked record of two halves, whatever their values. Raises `Refused`."""
    if one.sync_id != other.sync_id or (one.left_id is None) == (other.left_id is None):
        raise Refused("same_side")
    sync = one.sync
    with transaction.atomic():
        place = _take_place(sync, actor, now)
        rows = [row_of(r) for r in SyncRecord.objects.select_for_update().filter(pk__in=(one.pk, other.pk))]
        if len(rows) != 2 or any(row.linked for row in rows):
            raise Refused("linked")
        if WriteIntent.objects.filter(sync=sync, record_pk__in=(one.pk, other.pk)).exists():
            raise Refused("open_write")
        spec = spec_of(sync)
        pair = join(spec, rows[0], rows[1], "hand")
        gone = one.pk if pair.pk == other.pk else other.pk
        # Whoever shares a key with the pair was waiting for this.
        keys = {key for side in Side if (key := key_of(spec, pair, side))}
        DatabaseStore(sync, spec, lambda: now).save(Batch(rows=[pair], deleted=[gone], wake_keys=keys))
        RecordEvent.objects.create(sync=sync, record_pk=pair.pk, at=now, type=EventType.LINKED, details={"by": "hand"}, actor_id=actor.pk)
        place.delete()
    return SyncRecord.objects.get(pk=pair.pk)


def _take_place(sync: ObjectSync, actor: AbstractBaseUser, now: datetime) -> SyncRun:
    """Rows belong to a run while it is under way: stand in its place for the rest of the transaction, so that none begins on the old rows."""
    facts = {"sync": sync, "left_id": sync.left_id, "right_id": sync.right_id, "actor_id": actor.pk}
    try:
        with transaction.atomic():
            return SyncRun.objects.create(trigger=SyncRun.Trigger.MANUAL, state=SyncRun.State.RUNNING, started_at=now, **facts)
    except IntegrityError:
        raise Refused("running") from None
