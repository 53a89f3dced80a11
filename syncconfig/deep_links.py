"""Where people see records in their providers' own pages."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import Connector
from connectors.vocabulary import Kind
from syncconfig.credentials import connector_for
from syncconfig.engine.spec import Side
from syncconfig.engine.values import cleaned, from_json
from syncconfig.explanations import side_name
from syncconfig.models import SyncRecord


@dataclass
class Half:
    """One end of a record: what its provider is called, the id there, where a person sees it, and what it is called there."""

    name: str
    id: str
    url: str
    title: str


class Linker:
    """Addresses of records in their providers' own pages; one connector for each account, no call."""

    def __init__(self) -> None:
        self._connectors: dict[int, Connector] = {}

    def halves(self, record: SyncRecord) -> list[Half]:
        """Both ends of a record in the order of the sides; an end that is missing has no id."""
        return [self._half(record, side) for side in Side]

    def _half(self, record: SyncRecord, side: Side) -> Half:
        record_id = getattr(record, f"{side}_id")
        return Half(side_name(side), record_id or "", self._url(record, side, record_id) if record_id else "", title_of(record, side))

    def _url(self, record: SyncRecord, side: Side, record_id: str) -> str:
        connection = record.sync.connection(side)
        if connection.pk not in self._connectors:
            self._connectors[connection.pk] = connector_for(connection)
        return str(self._connectors[connection.pk].url(Kind(record.sync.kind), record_id))


def title_of(record: SyncRecord, side: Side) -> str:
    """What a record is called on one side, else its id there; empty where it has no record."""
    record_id, seen = getattr(record, f"{side}_id"), getattr(record, f"{side}_seen")
    return cleaned(str(from_json((seen or {}).get("title")) or record_id)) if record_id else ""
