"""The books of one company: its tables, its settings, and what all rules need of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.quickbooks.entities import ENTITIES
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.settings import Settings
from connectors.sandbox.quickbooks.shapes import PARTS, Entity, Family, Sort
from connectors.sandbox.quickbooks.switches import Switches
from connectors.sandbox.quickbooks.tables import Table
from connectors.sandbox.quickbooks.times import stamp
from connectors.sandbox.state import Document, State
from connectors.sandbox.webhooks import Journal

CENT = Decimal("0.01")
GONE = "Object Not Found : Another user has deleted this transaction."
INACTIVE = "Object Not Found : Something you're trying to use has been made inactive."


def cents(amount: Decimal | int) -> Decimal:
    """An amount of money rounded half up to two places."""
    return Decimal(amount).quantize(CENT, ROUND_HALF_UP)


class Books:
    """`profile` is the stored {"name", "country", "currency", "currency_name", "zone", "created"}."""

    def __init__(self, state: State, realm: str, profile: Document, switches: Switches, clock: Callable[[], float], journal: Journal) -> None:
        self.realm = realm
        self.profile = profile
        self.switches = switches
        self.clock = clock
        self.state = state
        self.journal = journal
        self.tables = {name: Table(state, realm, entity, journal) for name, entity in ENTITIES.items()}

    @property
    def american(self) -> bool:
        """Whether US tax rules hold."""
        return bool(self.profile["country"] == "US")

    @property
    def settings(self) -> Settings:
        return Settings(**{k: v for k, v in (self.state.get("settings", self.realm) or {}).items() if k != "version"})

    @property
    def settings_version(self) -> int:
        return int((self.state.get("settings", self.realm) or {}).get("version", 0))

    def change_settings(self, **changes: Any) -> Settings:
        """What a person does on the settings page."""
        self.journal.note((self.realm, "Preferences", "1"), self.settings)
        settings = replace(self.settings, **changes)
        self.state.put("settings", self.realm, {**asdict(settings), "version": self.settings_version + 1})
        return settings

    def table(self, name: str) -> Table:
        return self.tables[name]

    def read(self, name: str, row_id: str) -> Document:
        """A row by Id, inactive ones included."""
        row = self.tables[name].rows.get(row_id)
        if row is None:
            raise Fault("610", GONE if ENTITIES[name].family in (Family.SALE, Family.PAYMENT) else INACTIVE)
        return row

    def today(self) -> str:
        """The company's calendar day, YYYY-MM-DD."""
        return datetime.fromtimestamp(self.clock(), UTC).astimezone(ZoneInfo(self.profile["zone"])).date().isoformat()

    def next_id(self, name: str) -> str:
        return str(self.state.next_id(f"{self.realm}.{name}"))

    def born(self) -> Document:
        """The MetaData of a row made now."""
        now = stamp(self.clock())
        return {"CreateTime": now, "LastUpdatedTime": now}

    def touched(self, row: Document) -> Document:
        """The MetaData of a row changed now."""
        return {**row["MetaData"], "LastUpdatedTime": stamp(self.clock())}

    def purge(self, name: str, row_id: str) -> None:
        """Make a row disappear for good; change data capture shows a stub."""
        self.tables[name].remove(row_id, float(int(self.clock())))

    def row(self, entity: Entity, values: Document, old: Document | None) -> Document:
        """Values with their system members, as a new row or as the next version of `old`."""
        token = int(old["SyncToken"]) + 1 if old else 0
        meta = self.touched(old) if old else self.born()
        row: Document = {"domain": "QBO", "sparse": False, "Id": old["Id"] if old else self.next_id(entity.name)}
        row |= {"SyncToken": str(token), "MetaData": meta}
        for key, value in values.items():
            row[key] = self._with_own_id(value, (old or {}).get(key)) if entity.members[key].sort is Sort.ADDRESS else value
        return row

    def bump(self, name: str, row_id: str, **changes: Any) -> Document:
        """The next version of a row with some members changed, as a side effect of something else."""
        old = self.read(name, row_id)
        row = {**old, **changes, "SyncToken": str(int(old["SyncToken"]) + 1), "MetaData": self.touched(old)}
        self.tables[name].put(row)
        return row

    def refer(self, entity: Entity, values: Document, old: Document | None) -> None:
        """Give every reference its name, and refuse those to rows that are missing or, unless they stood there before, inactive."""
        for name, value in values.items():
            target = entity.members[name].target
            if target and isinstance(value, dict):
                values[name] = self.reference(target, value["value"], name, kept=(old or {}).get(name))

    def reference(self, target: str, row_id: str, element: str, *, kept: Document | None = None) -> dict[str, str]:
        """{"value", "name"} of a row. `kept` is the reference that stood there before."""
        row = self.tables[target].rows.get(row_id)
        if row is None or (not row.get("Active", True) and (kept or {}).get("value") != row_id):
            detail = "Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees."
            raise Fault("2500", f"Invalid Reference Id : {detail}", element=element)
        key = ENTITIES[target].key
        return {"value": row_id, "name": row[key]} if key else {"value": row_id}

    def shift_balance(self, customer: str, amount: Decimal | int) -> None:
        """Add to what a customer owes; its parents' balances with jobs move along."""
        if not amount:
            return
        row = self.read("Customer", customer)
        self.set_balance(customer, row.get("Balance", 0) + amount, row.get("BalanceWithJobs", 0) + amount)
        self.shift_jobs(row.get("ParentRef"), amount)

    def shift_jobs(self, customer: Document | None, amount: Decimal | int) -> None:
        """Add to the balance with jobs of a customer, given as a reference, and of all above it."""
        while customer and amount:
            row = self.read("Customer", customer["value"])
            self.set_balance(row["Id"], row.get("Balance", 0), row.get("BalanceWithJobs", 0) + amount)
            customer = row.get("ParentRef")

    def set_balance(self, row_id: str, balance: Decimal | float, with_jobs: Decimal | float | None = None) -> None:
        """What an invoice or a payment does to its customer."""
        changes = {"Balance": balance, "BalanceWithJobs": balance if with_jobs is None else with_jobs}
        if self.switches.balances_touch_customers:
            self.bump("Customer", row_id, **changes)
        else:
            self.tables["Customer"].put({**self.read("Customer", row_id), **changes})

    def merged(self, entity: Entity, old: Document, values: dict[str, Any]) -> Document:
        """A row's members after a sparse update."""
        changed = {key: value for key, value in old.items() if key in entity.members}
        for key, value in values.items():
            member = entity.members[key]
            if value is None and member.kept:
                raise Fault("2020", f"{key} cannot be blanked", element=key)
            if value is None and not self.switches.empty_text_clears and member.sort is Sort.TEXT:
                continue
            if isinstance(value, dict) and member.sort in PARTS and not self.switches.nested_replaced:
                value = {**{k: v for k, v in changed.get(key, {}).items() if k != "Id"}, **value}
            put_member(changed, key, _or_default(entity, key, value))
        return changed

    def replaced(self, entity: Entity, old: Document, values: dict[str, Any]) -> Document:
        """A row's members after a full update: what is not sent is cleared or falls back to its default."""
        kept = {name: old[name] for name, member in entity.members.items() if name in old and (member.read_only or name == "CurrencyRef")}
        return {**self.fresh(entity, values), **{name: value for name, value in kept.items() if values.get(name) is None}}

    def fresh(self, entity: Entity, values: dict[str, Any]) -> Document:
        """A new row's members: what was sent on top of the defaults."""
        found: Document = {**entity.defaults}
        if "Active" in entity.members:
            found["Active"] = True
        for key, value in values.items():
            put_member(found, key, _or_default(entity, key, value))
        return found

    def _with_own_id(self, address: dict[str, str], old: dict[str, str] | None) -> dict[str, str]:
        """An address keeps its Id until one of its parts changes."""
        parts = {part: text for part, text in address.items() if part != "Id"}
        if old and parts == {part: text for part, text in old.items() if part != "Id"}:
            return old
        return {"Id": self.next_id("addresses"), **parts}


def _or_default(entity: Entity, key: str, value: Any) -> Any:
    """A member that has a default cannot be without a value."""
    if value is not None:
        return value
    return True if key == "Active" else entity.defaults.get(key)


def put_member(values: Document, key: str, value: Any) -> None:
    """Put a member in; one without a value is taken out, as are the empty parts of a nested one."""
    if isinstance(value, dict):
        value = {part: text for part, text in value.items() if text != ""} or None
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
