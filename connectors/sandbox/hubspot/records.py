"""The records of one object type in one account, with the indexes that make reading them fast.

A document is never changed in place: a change puts a new one, so that an older one can still be shown by a lagging search.
    {"id", "created" (ms), "updated" (ms), "archived" (ms or None), "properties": {name: text}, "source": [type, id],
     "history": {name: [entry, ...]}}
`history` lists a property's entries newest first from its second value on; before that its one entry is the creation itself.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.hubspot.definitions import ObjectType
from connectors.sandbox.hubspot.refusals import Refusal, conflicting_value, contact_exists, invalid_values
from connectors.sandbox.hubspot.values import Bad, iso, stored
from connectors.sandbox.state import Document, State
from connectors.sandbox.webhooks import Journal

Definitions = Mapping[str, Document]
Claims = set[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """Who writes, as the property history tells it."""

    type: str
    id: str


PERSON = Source("CRM_UI", "userId:1")
API = Source("INTEGRATION", "1000001")
"""The bundled app, which is the first of `HubSpot.add_client`."""


@dataclass
class Table:
    portal: str
    kind: ObjectType
    state: State
    moment: Callable[[], int]
    definitions: Callable[[], Definitions]
    lag_ms: Callable[[], float]
    journal: Journal
    documents: dict[int, Document] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    unique: dict[str, dict[str, int]] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    trail: list[tuple[int, int]] = field(default_factory=list)
    lagging: dict[int, list[tuple[int, Document | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.collection = f"hubspot/{self.portal}/{self.kind.name}"
        self.unique = {name: {} for name, d in self.definitions().items() if d["hasUniqueValue"]}
        for key, document in self.state.all(self.collection):
            if "merged_into" in document:
                self.merged[int(key)] = int(document["merged_into"])
            else:
                self._index(document)
        self.ids.sort()
        self.trail.sort()

    # Reading

    def get(self, record_id: str) -> Document | None:
        """The record, archived or not; the id of a merged one answers with its successor."""
        number = int(record_id) if record_id.isdecimal() else 0
        while number in self.merged:
            number = self.merged[number]
        return self.documents.get(number)

    def exact(self, record_id: str) -> Document | None:
        """The record of just this id."""
        return self.documents.get(int(record_id)) if record_id.isdecimal() else None

    def holder(self, name: str, value: str) -> Document | None:
        """The live record that holds a unique value."""
        number = self.unique.get(name, {}).get(value.strip().lower())
        return self.documents[number] if number is not None else None

    def after(self, number: int, *, archived: bool = False) -> Iterator[Document]:
        """Live or archived records from an id upwards, that id included."""
        for index in range(bisect_left(self.ids, number), len(self.ids)):
            document = self.documents[self.ids[index]]
            if (document["archived"] is not None) is archived:
                yield document

    def above(self, number: int) -> list[int]:
        """Every id above this one, in order."""
        return self.ids[bisect_left(self.ids, number + 1) :]

    def since(self, moment: int) -> Iterator[Document]:
        """Records changed at or after a moment, oldest change first. Two changes of one record at one moment are neighbours in the trail."""
        before = (0, 0)
        for index in range(bisect_left(self.trail, (moment, 0)), len(self.trail)):
            entry = self.trail[index]
            document = self.documents.get(entry[1])
            if document and document["updated"] == entry[0] and entry != before:
                yield document
            before = entry

    def indexed(self, document: Document) -> Document | None:
        """The record as the search index shows it now; None when it does not know it yet."""
        waiting = self.lagging.get(int(document["id"]))
        if not waiting:
            return document
        bound = self.moment() - self.lag_ms()
        while waiting and waiting[0][0] <= bound:
            waiting.pop(0)
        if not waiting:
            del self.lagging[int(document["id"])]
            return document
        return waiting[0][1]

    # Checking

    def check(self, values: Mapping[str, Any], record_id: str = "", claims: Claims | None = None) -> dict[str, str]:
        """The values as they would be stored. Raises the refusal HubSpot answers with; `claims` are unique values taken within one batch."""
        definitions = self.definitions()
        problems: list[tuple[str, str, str]] = []
        clean: dict[str, str] = {}
        for name, value in values.items():
            definition = definitions.get(name)
            if definition is None or definition["archived"]:
                problems.append((name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
            elif definition["modificationMetadata"]["readOnlyValue"]:
                problems.append((name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'))
            else:
                try:
                    clean[name] = stored(self.kind.name, definition, value)
                except Bad as bad:
                    problems.append((name, bad.code, str(bad)))
        if problems:
            raise invalid_values(problems)
        self._check_unique(clean, record_id, claims if claims is not None else set())
        absent = [group for group in self.kind.required if not any(clean.get(name) for name in group)]
        if not record_id and absent:
            raise invalid_values([(group[0], "REQUIRED_FIELD", f"One of {', '.join(group)} is required") for group in absent])
        return clean

    def _check_unique(self, clean: Mapping[str, str], record_id: str, claims: Claims) -> None:
        taken: Claims = set()
        for name in self.unique:
            value = clean.get(name, "").lower()
            if not value:
                continue
            holder = self.unique[name].get(value)
            if holder is not None and str(holder) != record_id:
                raise self._taken(name, value, record_id, str(holder))
            if (name, value) in claims:
                raise self._taken(name, value, record_id, "another record of this batch")
            taken.add((name, value))
        claims |= taken

    def _taken(self, name: str, value: str, record_id: str, holder: str) -> Refusal:
        if not record_id and name == "email":
            return contact_exists(holder)
        return conflicting_value(self.portal, self.kind.legacy, name, value, record_id or "new record", holder)

    # Writing; values have been checked

    def insert(self, clean: Mapping[str, str], source: Source, *, created: int | None = None) -> Document:
        number = self.state.next_id(f"hubspot/{self.portal}", 40_000_000_001)
        now = self.moment() if created is None else created
        kept = {name: value for name, value in clean.items() if value}
        properties = {**kept, **self._system(number, now, now, source)}
        document: Document = {
            "id": str(number),
            "created": now,
            "updated": now,
            "archived": None,
            "properties": properties,
            "source": [source.type, source.id],
            "history": {},
        }
        self._put(document, None)
        return document

    def change(self, document: Document, clean: Mapping[str, str], source: Source, *, touch: bool = True) -> Document:
        """Set values; every write moves the modified time, as far as `touch` allows."""
        now = self.moment() if touch else document["updated"]
        history = dict(document["history"])
        for name, value in clean.items():
            if value != document["properties"].get(name, ""):
                entry = {"value": value, "timestamp": iso(self.moment()), "sourceType": source.type, "sourceId": source.id}
                history[name] = [entry, *self.history(document, name)]
        kept = {name: value for name, value in {**document["properties"], **clean}.items() if value}
        properties = {**kept, self.kind.modified: iso(now)}
        changed: Document = {**document, "updated": now, "properties": properties, "history": history}
        self._put(changed, document)
        return changed

    def archive(self, document: Document, moment: int | None = None) -> None:
        now = self.moment() if moment is None else moment
        self._put({**document, "archived": now, "updated": now, "properties": {**document["properties"], self.kind.modified: iso(now)}}, document)

    def restore(self, document: Document) -> None:
        """Take a record out of the recycle bin. Raises the refusal for a unique value that was taken meanwhile."""
        self._check_unique(document["properties"], document["id"], set())
        now = self.moment()
        self._put({**document, "archived": None, "updated": now, "properties": {**document["properties"], self.kind.modified: iso(now)}}, document)

    def forget(self, document: Document, successor: str = "") -> None:
        """Remove a record for good; its id answers with the successor, if there is one."""
        self.journal.note((self.portal, self.kind.name, document["id"]), document)
        self._unindex(document)
        number = int(document["id"])
        self.documents.pop(number, None)
        self.lagging.pop(number, None)
        del self.ids[bisect_left(self.ids, number)]
        if successor:
            self.merged[number] = int(successor)
            self.state.put(self.collection, document["id"], {"merged_into": successor})
        else:
            self.state.delete(self.collection, document["id"])

    def reindex(self, document: Document) -> None:
        """Take the unique values of a record again, after those who held them went."""
        self._take(document)

    def history(self, document: Document, name: str) -> list[dict[str, str]]:
        """Entries of one property, newest first; none when it never had a value."""
        if name in document["history"]:
            entries: list[dict[str, str]] = document["history"][name]
            return entries
        if name not in document["properties"]:
            return []
        kind, source_id = document["source"]
        return [{"value": document["properties"][name], "timestamp": iso(document["created"]), "sourceType": kind, "sourceId": source_id}]

    def add_unique(self, name: str) -> None:
        """Begin to keep the values of a new unique property."""
        self.unique.setdefault(name, {})

    def _system(self, number: int, created: int, updated: int, source: Source) -> dict[str, str]:
        stamps = {"hs_object_id": str(number), "hs_object_source": source.type, self.kind.created: iso(created), self.kind.modified: iso(updated)}
        return {**stamps, "hs_invoice_source": "hubspot"} if self.kind.name == "invoices" and source is PERSON else stamps

    def _put(self, document: Document, before: Document | None) -> None:
        self.journal.note((self.portal, self.kind.name, document["id"]), before)
        number = int(document["id"])
        if self.lag_ms() > 0:
            self.lagging.setdefault(number, []).append((document["updated"], before))
        if before is not None:
            self._unindex(before)
        self._index(document)
        self.state.put(self.collection, document["id"], document)

    def _index(self, document: Document) -> None:
        number = int(document["id"])
        if number not in self.documents:
            self.ids.append(number)
        self.documents[number] = document
        entry = (document["updated"], number)
        if self.trail and entry < self.trail[-1]:
            insort(self.trail, entry)
        else:
            self.trail.append(entry)
        if len(self.trail) > 1000 + 3 * len(self.documents):
            self.trail = sorted((d["updated"], n) for n, d in self.documents.items())
        if document["archived"] is None:
            self._take(document)

    def _take(self, document: Document) -> None:
        for name, index in self.unique.items():
            for value in self._unique_values(document, name):
                index[value] = int(document["id"])

    def _unindex(self, document: Document) -> None:
        number = int(document["id"])
        for name, index in self.unique.items():
            for value in self._unique_values(document, name):
                if index.get(value) == number:
                    del index[value]

    def _unique_values(self, document: Document, name: str) -> Iterator[str]:
        properties = document["properties"]
        if properties.get(name):
            yield properties[name].strip().lower()
        if name == "email":
            yield from filter(None, properties.get("hs_additional_emails", "").lower().split(";"))
