"""One account: its tables, its property definitions, its associations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from connectors.sandbox.hubspot.definitions import ALIASES, ASSOCIATION_TYPES, GROUPS, INVERSES, TYPES, ObjectType, standard
from connectors.sandbox.hubspot.records import API, Source, Table
from connectors.sandbox.hubspot.refusals import Refusal, invalid, missing
from connectors.sandbox.state import Document, State
from connectors.sandbox.webhooks import Journal

PRIMARY = {1: "companies", 2: "contacts"}


class Account:
    def __init__(self, state: State, moment: Callable[[], int], document: Document, lag_ms: Callable[[], float], journal: Journal) -> None:
        self.state = state
        self.journal = journal
        self.details: Document = document["details"]
        self.name: str = document["name"]
        self.portal = str(self.details["portalId"])
        self.currency: str = self.details["companyCurrency"]
        self.payments: bool = document.get("payments", True)
        self.moment = moment
        self._definitions = {kind: {**standard(kind), **dict(state.all(self._place("properties", kind)))} for kind in TYPES}
        self.tables = {kind: self._table(kind, facts, moment, lag_ms) for kind, facts in TYPES.items()}
        self._links: dict[tuple[str, str, str], dict[str, set[int]]] = {}
        for _, link in state.all(self._place("associations")):
            self._remember(link["from"], link["id"], link["to"], link["to_id"], link["types"])

    def _table(self, kind: str, facts: ObjectType, moment: Callable[[], int], lag_ms: Callable[[], float]) -> Table:
        return Table(self.portal, facts, self.state, moment, lambda: self._definitions[kind], lag_ms, self.journal)

    def _place(self, *parts: str) -> str:
        return "/".join(("hubspot", self.portal, *parts))

    # Object types

    @staticmethod
    def type_name(name: str) -> str:
        """The plural name of an object type, given by any of its names. Raises a refusal for one this simulation does not have."""
        if name not in ALIASES:
            raise Refusal(400, "VALIDATION_ERROR", f"Unable to infer object type from: {name}")
        return ALIASES[name]

    def table(self, name: str) -> Table:
        return self.tables[self.type_name(name)]

    # Property definitions

    def definitions(self, kind: str) -> dict[str, Document]:
        return self._definitions[kind]

    def put_definition(self, kind: str, definition: Document) -> None:
        self._definitions[kind][definition["name"]] = definition
        self.state.put(self._place("properties", kind), definition["name"], definition)
        if definition["hasUniqueValue"]:
            self.tables[kind].add_unique(definition["name"])

    def groups(self, kind: str) -> dict[str, Document]:
        name, label = GROUPS[kind]
        return {name: {"name": name, "label": label, "displayOrder": 0, "archived": False}, **dict(self.state.all(self._place("groups", kind)))}

    def put_group(self, kind: str, group: Document) -> None:
        self.state.put(self._place("groups", kind), group["name"], group)

    def drop_group(self, kind: str, name: str) -> None:
        """Take a group away. Raises a refusal for the one every account has."""
        if name == GROUPS[kind][0]:
            raise invalid("This property group cannot be archived")
        self.state.delete(self._place("groups", kind), name)

    # Associations

    def associated(self, kind: str, record_id: str, to: str) -> dict[str, set[int]]:
        """The ids a record is associated with, each with the type ids in that direction; live records only, oldest association first."""
        found = self._links.get((kind, record_id, to), {})
        documents = self.tables[to].documents
        return {other: types for other, types in found.items() if (d := documents.get(int(other))) and d["archived"] is None}

    def associate(
        self, kind: str, record_id: str, to: str, to_id: str, types: Iterable[int] = (), *, touch: bool = False, source: Source = API
    ) -> set[int]:
        """Associate two records in both directions; without types by the default one. A contact's first company becomes its primary one.

        Gives the type ids that now hold. Raises a refusal for types that do not exist in this direction.
        """
        known = ASSOCIATION_TYPES.get((kind, to))
        if known is None:
            raise invalid(f"There are no associations from {kind} to {to}")
        wanted = set(types) or {next(iter(known))}
        if wanted - set(known):
            raise invalid(f"Invalid association type ids {sorted(wanted - set(known))} from {kind} to {to}")
        wanted.add(next(iter(known)))
        if self._first_company(kind, record_id, to, to_id):
            wanted.add(1 if kind == "contacts" else 2)
        if wanted & set(PRIMARY):
            self._demote(record_id if kind == "contacts" else to_id)
        held = self._link(kind, record_id, to, to_id, wanted)
        self._mirror(record_id if kind == "contacts" else to_id, source)
        if touch:
            for name, number in ((kind, record_id), (to, to_id)):
                document = self.tables[name].documents[int(number)]
                self.tables[name].change(document, {}, source)
        return held

    def types_between(self, kind: str, record_id: str, to: str, to_id: str) -> frozenset[int]:
        """The type ids from one record to another, archived or not."""
        return frozenset(self._links.get((kind, record_id, to), {}).get(to_id, ()))

    def _first_company(self, kind: str, record_id: str, to: str, to_id: str) -> bool:
        if {kind, to} != {"contacts", "companies"}:
            return False
        return not self.associated("contacts", record_id if kind == "contacts" else to_id, "companies")

    def _demote(self, contact: str) -> None:
        """Take the primary mark from the contact's present company."""
        for company, types in list(self.associated("contacts", contact, "companies").items()):
            if 1 in types:
                self._drop("contacts", contact, "companies", company)
                self._link("contacts", contact, "companies", company, types - {1})

    def _note(self, kind: str, record_id: str, to: str, to_id: str) -> None:
        """Tell the journal how a pair is before it changes, as either side sees it."""
        if self.journal.is_open:
            for pair in ((kind, record_id, to, to_id), (to, to_id, kind, record_id)):
                self.journal.note((self.portal, *pair), self.types_between(*pair))

    def _link(self, kind: str, record_id: str, to: str, to_id: str, types: set[int]) -> set[int]:
        self._note(kind, record_id, to, to_id)
        held = self._remember(kind, record_id, to, to_id, types)
        back = self._remember(to, to_id, kind, record_id, {INVERSES[t] for t in types})
        self._store(kind, record_id, to, to_id, held)
        self._store(to, to_id, kind, record_id, back)
        return held

    def dissociate(self, kind: str, record_id: str, to: str, to_id: str, *, source: Source = API) -> None:
        """Remove every association of a pair; nothing happens when there is none."""
        self._drop(kind, record_id, to, to_id)
        if {kind, to} == {"contacts", "companies"}:
            self._mirror(record_id if kind == "contacts" else to_id, source)

    def links(self, kind: str, record_id: str) -> Iterator[tuple[str, str, set[int]]]:
        """Every association of a record: other type, other id, type ids."""
        for to in TYPES:
            for to_id, types in list(self._links.get((kind, record_id, to), {}).items()):
                yield to, to_id, set(types)

    def _drop(self, kind: str, record_id: str, to: str, to_id: str) -> None:
        self._note(kind, record_id, to, to_id)
        for a, b, c, d in ((kind, record_id, to, to_id), (to, to_id, kind, record_id)):
            self._links.get((a, b, c), {}).pop(d, None)
            self.state.delete(self._place("associations"), f"{a}:{b}:{c}:{d}")

    def _remember(self, kind: str, record_id: str, to: str, to_id: str, types: Iterable[int]) -> set[int]:
        held = self._links.setdefault((kind, record_id, to), {}).setdefault(to_id, set())
        held.update(types)
        return held

    def _store(self, kind: str, record_id: str, to: str, to_id: str, types: set[int]) -> None:
        document = {"from": kind, "id": record_id, "to": to, "to_id": to_id, "types": sorted(types)}
        self.state.put(self._place("associations"), f"{kind}:{record_id}:{to}:{to_id}", document)

    def _mirror(self, contact: str, source: Source) -> None:
        """Keep the contact's `associatedcompanyid` equal to its primary company; a change of it is a change of the contact."""
        document = self.tables["contacts"].exact(contact)
        if document is None:
            return
        primary = next((company for company, types in self.associated("contacts", contact, "companies").items() if 1 in types), "")
        if primary != document["properties"].get("associatedcompanyid", ""):
            self.tables["contacts"].change(document, {"associatedcompanyid": primary}, source)

    # Lookups with refusals

    def need(self, name: str, record_id: str) -> Document:
        """The live record of an id, merged ids included, or a 404."""
        document = self.table(name).get(record_id)
        if document is None or document["archived"] is not None:
            raise missing()
        return document
