"""One company: its lists, and the rules under which rows are created, changed, made inactive, merged and removed (reference 3.6, 3.7, 5.1, 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.sandbox.quickbooks.entities import DELETED_SUFFIX, ENTITIES, NAME_PARTS, PARTS, Entity, Sort
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.members import cleaned
from connectors.sandbox.quickbooks.switches import Switches
from connectors.sandbox.quickbooks.tables import Table
from connectors.sandbox.quickbooks.times import stamp
from connectors.sandbox.state import Document, State


class Company:
    """The books of one realm. `profile` is the stored {"name", "country", "currency", "currency_name", "zone"}."""

    def __init__(self, state: State, realm: str, profile: Document, switches: Switches, clock: Callable[[], float]) -> None:
        self.realm = realm
        self.profile = profile
        self.switches = switches
        self.clock = clock
        self.state = state
        self.tables = {name: Table(state, realm, entity) for name, entity in ENTITIES.items()}

    def table(self, name: str) -> Table:
        return self.tables[name]

    def read(self, name: str, row_id: str) -> Document:
        """A row by Id, inactive ones included."""
        row = self.tables[name].rows.get(row_id)
        if row is None:
            raise Fault("610", "Object Not Found : Something you're trying to use has been made inactive.")
        return row

    def create(self, name: str, body: dict[str, Any]) -> Document:
        """Store a new row and give it back as it is read from now on."""
        entity = ENTITIES[name]
        values = cleaned(entity, body)
        values["DisplayName"] = self._display_name(values)
        self._refuse_taken(values["DisplayName"], entity, "")
        self._check_parent(values)
        currency = {"value": self.profile["currency"], "name": self.profile["currency_name"]}
        basis: Document = {**entity.defaults, **({"CurrencyRef": currency} if "CurrencyRef" in entity.members else {}), "Active": True}
        for key, value in values.items():
            _set(basis, key, value)
        row_id = str(self.state.next_id(f"{self.realm}.{name}"))
        now = stamp(self.clock())
        return self._store(entity, row_id, 0, {"CreateTime": now, "LastUpdatedTime": now}, basis, {})

    def update(self, name: str, body: dict[str, Any]) -> Document:
        """Change a row, as a whole or, with "sparse", only in the members sent. The SyncToken must be the row's current one."""
        entity = ENTITIES[name]
        old = self.read(name, str(body.get("Id", "")))
        if "SyncToken" not in body:
            raise Fault("2020", "Required parameter SyncToken is missing in the request", element="SyncToken")
        if str(body["SyncToken"]) != old["SyncToken"]:
            raise Fault(
                "5010",
                "Stale Object Error : You and root were working on this at the same time. root finished before you did, so your work was not saved.",
            )
        values = cleaned(entity, body)
        changed = self._sparse(entity, old, values) if body.get("sparse") in (True, "true") else self._full(entity, old, values)
        self._settle_name(entity, old, changed, "DisplayName" in values)
        self._check_parent(changed)
        meta = {**old["MetaData"], "LastUpdatedTime": stamp(self.clock())}
        return self._store(entity, old["Id"], int(old["SyncToken"]) + 1, meta, changed, old)

    def purge(self, name: str, row_id: str) -> None:
        """Make a row disappear for good, as a merge or a company reset does; change data capture shows a stub."""
        self.tables[name].remove(row_id, float(int(self.clock())))

    def merge(self, name: str, winner: str, loser: str) -> None:
        """What the page's merge does: the winner gets a new token, the loser is gone, or inactive by switch."""
        if self.switches.merge_leaves_inactive:
            self.update(name, {"Id": loser, "SyncToken": self.read(name, loser)["SyncToken"], "sparse": True, "Active": False})
        else:
            self.purge(name, loser)
        self.update(name, {"Id": winner, "SyncToken": self.read(name, winner)["SyncToken"], "sparse": True})

    def set_balance(self, row_id: str, balance: int | float) -> None:
        """What an invoice or a payment does to its customer."""
        old = self.read("Customer", row_id)
        meta = {**old["MetaData"], "LastUpdatedTime": stamp(self.clock())}
        row = {**old, "Balance": balance, "BalanceWithJobs": balance, "SyncToken": str(int(old["SyncToken"]) + 1), "MetaData": meta}
        self.tables["Customer"].put(row)

    def _sparse(self, entity: Entity, old: Document, values: dict[str, Any]) -> Document:
        changed = _members(entity, old)
        for key, value in values.items():
            if value is None and entity.members[key].kept:
                raise Fault("2020", f"{key} cannot be blanked", element=key)
            if value is None and not self.switches.empty_text_clears and entity.members[key].sort is Sort.TEXT:
                continue
            if isinstance(value, dict) and entity.members[key].sort in PARTS and not self.switches.nested_replaced:
                value = {**{k: v for k, v in changed.get(key, {}).items() if k != "Id"}, **value}
            _set(changed, key, value)
        return changed

    def _full(self, entity: Entity, old: Document, values: dict[str, Any]) -> Document:
        kept = {name: old[name] for name, member in entity.members.items() if name in old and (member.read_only or name == "CurrencyRef")}
        changed: Document = {**entity.defaults, **kept, "Active": True}
        for key, value in values.items():
            _set(changed, key, value)
        changed["DisplayName"] = self._display_name(changed)
        return changed

    def _settle_name(self, entity: Entity, old: Document, changed: Document, sent: bool) -> None:
        """Put the name into the form that goes with being active or not, and refuse one that is taken."""
        name = str(changed["DisplayName"]).strip()
        was_inactive, active = not old["Active"], bool(changed["Active"])
        restores = sent or not was_inactive or self.switches.reactivation_restores_name
        bare = name.removesuffix(DELETED_SUFFIX) if was_inactive and restores else name
        if active:
            changed["DisplayName"] = bare
            self._refuse_taken(bare, entity, old["Id"])
            return
        if not was_inactive and changed.get("Balance"):
            raise Fault("6220", "The customer still has a balance")
        changed["DisplayName"] = name.removesuffix(DELETED_SUFFIX) + DELETED_SUFFIX

    def _display_name(self, values: dict[str, Any]) -> str:
        name = str(values.get("DisplayName") or "").strip() or " ".join(str(values[part]) for part in NAME_PARTS if values.get(part)).strip()
        if not name:
            raise Fault("6080", "At least one of Title, GivenName, MiddleName, FamilyName, Suffix or DisplayName is required", element="DisplayName")
        return name

    def _refuse_taken(self, name: str, entity: Entity, own_id: str) -> None:
        for table in self.tables.values():
            for row_id in table.holders("DisplayName", name):
                own = table.entity is entity and row_id == own_id
                if not own and (self.switches.names_ignore_case or table.rows[row_id]["DisplayName"] == name):
                    word = table.entity.word
                    detail = f"The name supplied already exists. : Another {word} is already using this name. Please use a different name."
                    raise Fault("6240", detail)

    def _check_parent(self, values: dict[str, Any]) -> None:
        parent = values.get("ParentRef")
        if parent and parent["value"] not in self.tables["Customer"].rows:
            raise Fault("2500", "Invalid Reference Id : ParentRef", element="ParentRef")

    def _store(self, entity: Entity, row_id: str, token: int, meta: Document, values: Document, old: Document) -> Document:
        row: Document = {"domain": "QBO", "sparse": False, "Id": row_id, "SyncToken": str(token), "MetaData": meta}
        for key, value in values.items():
            row[key] = self._with_own_id(value, old.get(key)) if entity.members[key].sort is Sort.ADDRESS else value
        if row.get("PrintOnCheckName") in (None, old.get("DisplayName")):
            row["PrintOnCheckName"] = str(row["DisplayName"])[:110]
        parent = values.get("ParentRef")
        above = self.tables["Customer"].rows[parent["value"]]["FullyQualifiedName"] + ":" if parent else ""
        row["FullyQualifiedName"] = above + row["DisplayName"]
        self.tables[entity.name].put(row)
        return row

    def _with_own_id(self, address: dict[str, str], old: dict[str, str] | None) -> dict[str, str]:
        """An address keeps its Id until one of its parts changes."""
        if old and address == old:
            return address
        return {"Id": str(self.state.next_id(f"{self.realm}.addresses")), **{k: v for k, v in address.items() if k != "Id"}}


def _members(entity: Entity, row: Document) -> Document:
    return {key: value for key, value in row.items() if key in entity.members}


def _set(values: Document, key: str, value: Any) -> None:
    """Put a member in; one without a value is taken out, as are the empty parts of a nested one."""
    if isinstance(value, dict):
        value = {part: text for part, text in value.items() if text != ""} or None
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value

