"""Forgetting a person who asked their CRM to be forgotten: what we hold of them from that side goes, what the books hold stays.

Nothing is deleted in the other app because of it, and the record is never made again: its half stays, empty, as one that is gone.
"""

from __future__ import annotations

from collections.abc import Collection

from connectors.base import Presence
from syncconfig.engine.spec import Side
from syncconfig.engine.state import Seen
from syncconfig.engine.values import cleaned
from syncconfig.models import ObjectSync, RecordEvent, SyncRecord, SyncRun
from syncconfig.stored_rows import row_of, seen_json


def erase(sync: ObjectSync, side: Side, ids: Collection[str]) -> int:
    """Remove what the records, their history and the previews of a sync hold of these records of a side. How many records were concerned.

    Call inside a transaction. What the other side shows of the same person is that app's own and stays.
    """
    if not ids:
        return 0
    records = list(SyncRecord.objects.select_for_update().filter(sync=sync, **{f"{side}_id__in": list(ids)}))
    RecordEvent.objects.filter(sync=sync, record_pk__in=[r.pk for r in records]).update(changes=[], details={}, words="")
    if records:
        SyncRun.objects.filter(sync=sync, trigger=SyncRun.Trigger.PREVIEW).exclude(ended_at=None).update(result={})
    for record in records:
        row = row_of(record)
        other = row.side(side.other)
        if other is None:
            record.delete()
            continue
        gone = Seen(str(getattr(record, f"{side}_id")), {}, presence=Presence.ABSENT)
        values = {f"{side}_seen": seen_json(gone), f"{side}_stands": False, "left_base": {}, "right_base": {}, "details": {}}
        keys = {f"{side}_{name}": "" for name in ("key", "mark", "name")}
        SyncRecord.objects.filter(pk=record.pk).update(**values, **keys, title=cleaned(other.title)[:512], dirty=True)
    return len(records)
