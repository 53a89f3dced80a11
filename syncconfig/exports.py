"""Exports of records: asked for on a page, made by a worker, kept for a week for whoever asked (spec A14)."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.datastructures import MultiValueDict
from django.utils.http import urlencode

from syncconfig import notices
from syncconfig.columns import Cell, Column, arranged, usual
from syncconfig.models import Export, ObjectSync, SyncRecord
from syncconfig.record_columns import RECORD_COLUMNS, lines_of
from syncconfig.spreadsheet import write_csv, write_xlsx
from syncconfig.tables import RecordFilter

log = structlog.get_logger(__name__)

KEPT = timedelta(days=7)
CHUNK = 1000
INTERRUPTED = "Interrupted"


def ask(user: AbstractBaseUser, filters: dict[str, list[str]], columns: Iterable[Column], format: str, language: str) -> Export:
    """The export somebody wants: the same one that waits already or is being made, else a new one."""
    wanted = {"filters": filters, "columns": [column.key for column in columns], "format": format, "language": language}
    for waiting in Export.objects.filter(user=user, state__in=(Export.State.QUEUED, Export.State.RUNNING)):
        if all(getattr(waiting, name) == value for name, value in wanted.items()):
            return waiting
    return Export.objects.create(user=user, **wanted)


def claim(export_id: int) -> Export | None:
    """Take a queued export and name its file, which nobody can guess. None when it is taken."""
    queued = Export.objects.filter(pk=export_id, state=Export.State.QUEUED)
    export = queued.select_related("user").first()
    if export is None:
        return None
    export.file = f"{secrets.token_urlsafe(32)}.{export.format}"
    taken = queued.update(state=Export.State.RUNNING, file=export.file, started_at=timezone.now())
    return export if taken else None


def carry_out(export: Export) -> Export:
    """Make the file of a claimed export and tell its person. Re-raises what went wrong, once it is recorded and told."""
    try:
        with translation.override(export.language):
            columns = arranged(RECORD_COLUMNS, export.columns)
            rows = write(folder() / export.file, export.format, columns, records_of(export.filters))
        _done(export, rows, timezone.now())
    except Exception as error:
        _failed(export, type(error).__name__, timezone.now())
        raise
    finally:
        path = path_of(export)
        export.refresh_from_db()
        if export.state != Export.State.DONE:
            _remove(path)
        log.info("export ended", export=export.pk, state=export.state, rows=export.rows, error=export.error)
    return export


def write_at_once(path: Path, format: str, filters: dict[str, list[str]]) -> Export:
    """Write records to a file of the caller's, with the usual columns; the log has it without a person. Raises OSError."""
    columns, now = usual(RECORD_COLUMNS), timezone.now()
    rows = write(path, format, columns, records_of(filters))
    facts = {"filters": filters, "columns": [column.key for column in columns], "format": format, "language": translation.get_language() or ""}
    times = {"started_at": now, "ended_at": timezone.now()}
    return Export.objects.create(**facts, **times, state=Export.State.DONE, rows=rows, size=path.stat().st_size)


def folder() -> Path:
    """Where exports are kept, for this program's user alone."""
    place = Path(settings.EXPORT_DIR)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def records_of(filters: dict[str, list[str]]) -> QuerySet[SyncRecord]:
    """The records that kept filters choose now."""
    return RecordFilter.of(MultiValueDict(filters), list(ObjectSync.objects.settled())).records()


def write(path: Path, format: str, columns: Sequence[Column], records: QuerySet[SyncRecord]) -> int:
    """Write records to a new file that only its owner can read; how many there were. Raises FileExistsError."""
    head = [str(column.label) for column in columns]
    rows = rows_of(records, columns)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        if format == Export.Format.XLSX:
            return write_xlsx(file, head, rows)
        with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            return write_csv(text, head, rows)


def rows_of(records: QuerySet[SyncRecord], columns: Sequence[Column]) -> Iterator[list[Cell]]:
    """Records as rows of cells, read a chunk at a time. Times are those of the portal's zone, without naming it."""
    syncs = {sync.pk: sync for sync in ObjectSync.objects.select_related("left", "right")}
    for line in lines_of(_placed(records, syncs)):
        yield [_naive(column.cell(line)) for column in columns]


def _placed(records: QuerySet[SyncRecord], syncs: dict[int, ObjectSync]) -> Iterator[SyncRecord]:
    """The records with their syncs, which are made once and not anew for every record."""
    for record in records.select_related(None).defer("left_base", "right_base").iterator(chunk_size=CHUNK):
        record.sync = syncs[record.sync_id]
        yield record


def _naive(value: Cell) -> Cell:
    return timezone.localtime(value).replace(tzinfo=None, microsecond=0) if isinstance(value, datetime) else value


def _done(export: Export, rows: int, now: datetime) -> None:
    """Book the file and tell its person, unless the export was given up meanwhile."""
    until = now + KEPT
    facts = {"state": Export.State.DONE, "rows": rows, "size": path_of(export).stat().st_size, "ended_at": now, "expires_at": until}
    with transaction.atomic():
        if Export.objects.filter(pk=export.pk, state=Export.State.RUNNING).update(**facts) and export.user:
            details = {"rows": rows, "until": timezone.localdate(until).isoformat()}
            notices.tell(export.user, notices.EXPORT_READY, details, reverse("export", args=[export.pk]), export.language)


def _failed(export: Export, error: str, now: datetime) -> bool:
    """Book that nothing came of it and tell its person, unless it has ended already."""
    facts = {"state": Export.State.FAILED, "file": "", "error": error[:40], "ended_at": now}
    with transaction.atomic():
        ended = Export.objects.filter(pk=export.pk, state=Export.State.RUNNING).update(**facts)
        if ended and export.user:
            notices.tell(export.user, notices.EXPORT_FAILED, {}, address_of(export.filters), export.language)
    return bool(ended)


def path_of(export: Export) -> Path:
    return Path(settings.EXPORT_DIR) / export.file


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()


def address_of(filters: dict[str, list[str]]) -> str:
    """The record view with kept filters."""
    return f"{reverse('records')}?{urlencode(filters, doseq=True)}" if filters else reverse("records")


def due(now: datetime) -> list[int]:
    """Give up exports whose worker is gone, delete files whose time is over, and name every queued export, oldest first."""
    for export in Export.objects.filter(state=Export.State.RUNNING, started_at__lt=now - _patience()).select_related("user"):
        if _failed(export, INTERRUPTED, now):
            _remove(path_of(export))
    for export in Export.objects.filter(state=Export.State.DONE, expires_at__lte=now).exclude(file=""):
        _remove(path_of(export))
        Export.objects.filter(pk=export.pk).update(file="")
    return list(Export.objects.filter(state=Export.State.QUEUED).order_by("pk").values_list("pk", flat=True))


def _patience() -> timedelta:
    """How long an export may run: the queue ends longer tasks."""
    return timedelta(seconds=settings.Q_CLUSTER["timeout"] + 60)
