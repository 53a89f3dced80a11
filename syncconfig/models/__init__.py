"""The rows the portal keeps, by subject."""

from __future__ import annotations

from syncconfig.models.connection import Connection
from syncconfig.models.record import RecordEvent, SyncRecord, WriteIntent
from syncconfig.models.run import SyncRun
from syncconfig.models.sync import FieldList, FieldMapping, FilterCondition, FilterGroup, ObjectSync

__all__ = [
    "Connection",
    "FieldList",
    "FieldMapping",
    "FilterCondition",
    "FilterGroup",
    "ObjectSync",
    "RecordEvent",
    "SyncRecord",
    "SyncRun",
    "WriteIntent",
]
