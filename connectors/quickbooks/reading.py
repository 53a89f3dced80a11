"""Making records of rows, a page at a time, with what has to be looked up for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from connectors.base import Presence, Record
from connectors.quickbooks.shapes import Entity, Facts, Join, Known, Row
from connectors.quickbooks.values import getters_of, moment, nested

Read = Callable[[Sequence[Row]], list[Record]]
Fetch = Callable[[str, Sequence[str]], Mapping[str, Row]]
"""Rows of an entity by Id."""


class Reader:
    """Makes Records of the rows of one entity, holding these fields of each. Keys the entity does not have are left out.

    May raise what a call raises, where a field is told from more than its row.
    """

    def __init__(self, entity: Entity, company: Known, fetch: Fetch, keys: Iterable[str]) -> None:
        known = getters_of(entity)
        self._entity = entity
        self._company = company
        self._fetch = fetch
        self._keys = tuple(key for key in dict.fromkeys(keys) if key in known)
        self._getters = tuple((key, known[key]) for key in self._keys)
        self._join: Join | None = entity.join if entity.join and entity.join.keys.intersection(self._keys) else None

    def __call__(self, rows: Sequence[Row]) -> list[Record]:
        """The records in the order of the rows; rows of another entity are read once for all of them."""
        facts = Facts(self._company, self._joined(rows))
        return [self._record(row, facts) for row in rows]

    def one(self, row: Row) -> Record:
        return self([row])[0]

    def unasked(self) -> Reader:
        """A reader that makes no call: it leaves out the fields that may need one, which are then unknown."""
        return Reader(self._entity, self._company, self._fetch, [key for key in self._keys if key not in self._entity.asking])

    def _joined(self, rows: Sequence[Row]) -> Mapping[str, Row]:
        if self._join is None:
            return {}
        ids = dict.fromkeys(record_id for row in rows for record_id in self._join.ids(row))
        return self._fetch(self._join.entity, list(ids)) if ids else {}

    def _record(self, row: Row, facts: Facts) -> Record:
        entity, meta = self._entity, nested(row, "MetaData")
        if row.get("status") == "Deleted":
            return Record(row["Id"], {}, presence=Presence.ABSENT, modified_at=moment(meta.get("LastUpdatedTime")), namespace=entity.name)
        return Record(
            id=row["Id"],
            fields={key: get(row, facts) for key, get in self._getters},
            version=row["SyncToken"],
            title=entity.title(row),
            presence=Presence.INACTIVE if entity.inactive(row) else Presence.PRESENT,
            modified_at=moment(meta.get("LastUpdatedTime")),
            created_at=moment(meta.get("CreateTime")),
            namespace=entity.name,
        )
