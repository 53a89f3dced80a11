"""One entity of one company in memory: its rows, the order of their last changes, and indexes on the properties people search by."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.sandbox.quickbooks.entities import INDEXED
from connectors.sandbox.quickbooks.shapes import Entity
from connectors.sandbox.quickbooks.times import parse
from connectors.sandbox.state import Document, State
from connectors.sandbox.webhooks import Journal


def fold(text: str) -> str:
    """How texts are compared: trimmed, without case."""
    return text.strip().casefold()


def property_of(row: Document, name: str) -> object:
    """A property as the query language sees it: nested ones by their one text, times as text, None where the row has no value."""
    if name == "PrimaryEmailAddr":
        return row.get(name, {}).get("Address")
    if name.startswith("MetaData."):
        return row["MetaData"][name[9:]]
    value = row.get(name)
    return value["value"] if isinstance(value, dict) and "value" in value else value


def changed_at(row: Document) -> float:
    """Seconds since 1970 of a row's last change."""
    return parse(row["MetaData"]["LastUpdatedTime"]) or 0.0


class Table:
    """Rows are never changed in place, so an answer that was given stays what it was.

    `touched` holds the time of each row's last change, and its order is the order of the changes. `revision` grows with every change.
    """

    def __init__(self, state: State, realm: str, entity: Entity, journal: Journal) -> None:
        self.entity = entity
        self.revision = 0
        self.results: dict[object, tuple[int, list[str]]] = {}
        self._state = state
        self._realm = realm
        self._journal = journal
        self._collection = f"{realm}.{entity.name}"
        self._graves = f"{realm}.{entity.name}.deleted"
        self.rows: dict[str, Document] = {}
        self.touched: dict[str, float] = {}
        self._index: dict[str, dict[str, dict[str, None]]] = {name: {} for name in INDEXED if name in entity.members}
        stored = list(state.all(self._collection))
        self.rows.update(sorted(stored, key=lambda item: int(item[0])))
        for _, row in sorted(stored, key=lambda item: (changed_at(item[1]), int(item[0]))):
            self._enter(row)

    @property
    def graves(self) -> Iterator[Document]:
        """What is left of deleted rows: {"Id", "at"}."""
        return (grave for _, grave in self._state.all(self._graves))

    def put(self, row: Document) -> None:
        """Store a new version of a row, or a new row."""
        old = self.rows.get(row["Id"])
        self._journal.note((self._realm, self.entity.name, row["Id"]), old)
        if old is not None:
            self._leave(old)
        self.rows[row["Id"]] = row
        self._enter(row)
        self._state.put(self._collection, row["Id"], row)
        self.revision += 1

    def remove(self, row_id: str, at: float) -> None:
        """Take a row away and leave a grave, which change data capture shows."""
        self._journal.note((self._realm, self.entity.name, row_id), self.rows[row_id])
        self._leave(self.rows.pop(row_id))
        self._state.delete(self._collection, row_id)
        self._state.put(self._graves, row_id, {"Id": row_id, "at": at})
        self.revision += 1

    def holders(self, name: str, text: str) -> Iterator[str]:
        """Ids whose indexed property equals the text, folded."""
        return iter(self._index[name].get(fold(text), ()))

    def since(self, moment: float) -> Iterator[str]:
        """Ids changed at or after a moment, latest first."""
        for row_id in reversed(self.touched):
            if self.touched[row_id] < moment:
                return
            yield row_id

    def _enter(self, row: Document) -> None:
        row_id = row["Id"]
        self.touched[row_id] = changed_at(row)
        for name, index in self._index.items():
            value = property_of(row, name)
            if isinstance(value, str):
                index.setdefault(fold(value), {})[row_id] = None

    def _leave(self, row: Document) -> None:
        row_id = row["Id"]
        del self.touched[row_id]
        for name, index in self._index.items():
            value = property_of(row, name)
            if isinstance(value, str):
                holders = index[fold(value)]
                del holders[row_id]
                if not holders:
                    del index[fold(value)]
