"""The rows the portal keeps, by subject."""

from __future__ import annotations

from syncconfig.models.connection import Budget, Connection
from syncconfig.models.inbox import InboxEvent, WebhookDoor
from syncconfig.models.notice import ColumnChoice, Export, Notification
from syncconfig.models.record import RecordEvent, SyncRecord, WriteIntent
from syncconfig.models.run import SyncRun
from syncconfig.models.sync import FieldList, FieldMapping, FilterCondition, FilterGroup, ObjectSync

__all__ = [
    "Budget",
    "ColumnChoice",
    "Connection",
    "Export",
    "FieldList",
    "FieldMapping",
    "FilterCondition",
    "FilterGroup",
    "InboxEvent",
    "Notification",
    "ObjectSync",
    "RecordEvent",
    "SyncRecord",
    "SyncRun",
    "WebhookDoor",
    "WriteIntent",
]
