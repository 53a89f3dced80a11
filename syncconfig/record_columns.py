"""The record view's lines and columns (spec R204)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from syncconfig.columns import Column
from syncconfig.deep_links import Half, Linker, title_of
from syncconfig.engine.spec import Side
from syncconfig.explanations import Explanation, Labels, explain_record, labels_of, side_name
from syncconfig.models import ObjectSync, SyncRecord
from syncconfig.models.sync import DirectionChoice

TABLE = "records"


@dataclass
class Shared:
    """What the lines of one list have in common, read once: the labels of each sync, and the addresses of each account."""

    linker: Linker = field(default_factory=Linker)
    labels: dict[int, Labels] = field(default_factory=dict)

    def labels_of(self, sync: ObjectSync) -> Labels:
        if sync.pk not in self.labels:
            self.labels[sync.pk] = labels_of(sync)
        return self.labels[sync.pk]


@dataclass
class RecordLine:
    """One row: the record, its two ends, and why it is not in sync."""

    record: SyncRecord
    shared: Shared

    @cached_property
    def halves(self) -> list[Half]:
        return self.shared.linker.halves(self.record)

    @property
    def left(self) -> Half:
        return self.halves[0]

    @property
    def right(self) -> Half:
        return self.halves[1]

    @cached_property
    def said(self) -> Explanation | None:
        return explain_record(self.record, self.shared.labels_of(self.record.sync)) if self.record.reason else None


def lines_of(found: Iterable[SyncRecord]) -> Iterable[RecordLine]:
    """Records as rows, one after another."""
    shared = Shared()
    return (RecordLine(record, shared) for record in found)


def direction_words(direction: str) -> str:
    """Where values went, or go; empty for a word that is no direction."""
    words: dict[str, str] = {
        DirectionChoice.BOTH: _("Both ways"),
        DirectionChoice.TO_LEFT: _("To HubSpot"),
        DirectionChoice.TO_RIGHT: _("To QuickBooks"),
    }
    return words.get(direction, "")


def _explanation(line: RecordLine) -> str:
    return " ".join(part for part in (line.said.why, line.said.todo) if part) if line.said else ""


RECORD_COLUMNS: tuple[Column, ...] = (
    Column("record", gettext_lazy("Record"), lambda line: line.record.title, "syncconfig/columns/record.html", fixed=True),
    Column("hubspot", gettext_lazy("HubSpot record"), lambda line: title_of(line.record, Side.LEFT), "syncconfig/columns/hubspot.html"),
    Column("quickbooks", gettext_lazy("QuickBooks record"), lambda line: title_of(line.record, Side.RIGHT), "syncconfig/columns/quickbooks.html"),
    Column("object", gettext_lazy("Object"), lambda line: line.record.sync.get_kind_display(), "syncconfig/columns/object.html"),
    Column("state", gettext_lazy("Sync state"), lambda line: line.record.get_state_display(), "syncconfig/columns/state.html"),
    Column("reason", gettext_lazy("Reason"), lambda line: line.said.label if line.said else "", "syncconfig/columns/reason.html", classes="t-tipbox"),
    Column(
        "direction", gettext_lazy("Last direction"), lambda line: direction_words(line.record.last_direction), "syncconfig/columns/direction.html"
    ),
    Column("synced", gettext_lazy("Last synced"), lambda line: line.record.last_synced_at, "syncconfig/columns/synced.html"),
    Column("hubspot_id", gettext_lazy("HubSpot id"), lambda line: line.record.left_id or "", usual=False, classes="t-num"),
    Column("quickbooks_id", gettext_lazy("QuickBooks id"), lambda line: line.record.right_id or "", usual=False, classes="t-num"),
    Column("origin", gettext_lazy("Origin"), lambda line: side_name(line.record.origin) if line.record.origin else "", usual=False),
    Column("match", gettext_lazy("Match value"), lambda line: line.record.left_key or line.record.right_key, usual=False),
    Column("attempts", gettext_lazy("Attempts"), lambda line: line.record.attempts, usual=False, classes="t-num"),
    Column("retry", gettext_lazy("Next retry"), lambda line: line.record.next_attempt_at, usual=False),
    Column("explanation", gettext_lazy("Explanation"), _explanation, usual=False),
)
