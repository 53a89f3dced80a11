"""One company as its API and its pages see it: every write, by the rules of its entity's family (reference 3.6, 3.7, 10)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from connectors.sandbox.quickbooks import named, payments, sales
from connectors.sandbox.quickbooks.books import Books
from connectors.sandbox.quickbooks.entities import ENTITIES
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.shapes import Entity, Family
from connectors.sandbox.state import Document

NO_FLAGS: AbstractSet[str] = frozenset()


class Company(Books):
    """`flags` are the words of the parameter "include", such as "allowduplicatedocnum"."""

    def create(self, name: str, body: dict[str, Any], flags: AbstractSet[str] = NO_FLAGS) -> Document:
        """Store a new row and give it back as it is read from now on."""
        entity = self._writable(name, "create")
        if entity.family is Family.SALE:
            return sales.create(self, entity, body, flags)
        if entity.family is Family.PAYMENT:
            return payments.create(self, body)
        return named.create(self, entity, body)

    def update(self, name: str, body: dict[str, Any], flags: AbstractSet[str] = NO_FLAGS) -> Document:
        """Change a row, as a whole or, with "sparse", only in the members sent. The SyncToken must be the row's current one."""
        entity = self._writable(name, "update")
        old = self._current(name, body)
        if entity.family is Family.SALE:
            return sales.update(self, entity, old, body, flags)
        if entity.family is Family.PAYMENT:
            return payments.update(self, old, body)
        return named.update(self, entity, old, body)

    def void(self, name: str, body: dict[str, Any]) -> Document:
        """Set everything to zero and keep the row; invoices and payments only."""
        self._writable(name, "void")
        if name not in ("Invoice", "Payment"):
            raise Fault("500", f"Operation void is not supported for {name}")
        old = self._current(name, body)
        return sales.void(self, old) if name == "Invoice" else payments.void(self, old)

    def delete(self, name: str, body: dict[str, Any]) -> Document:
        """Take a transaction away for good; gives what the API answers then."""
        entity = self._writable(name, "delete")
        if entity.family not in (Family.SALE, Family.PAYMENT):
            raise Fault("500", f"Operation delete is not supported for {name}")
        old = self._current(name, body)
        if entity.family is Family.SALE:
            sales.delete(self, entity, old)
        else:
            payments.delete(self, old)
        return {"status": "Deleted", "domain": "QBO", "Id": old["Id"]}

    def merge(self, name: str, winner: str, loser: str) -> None:
        """What the page's merge does: the winner takes over all transactions, the loser is gone, or inactive by switch."""
        self.journal.note((self.realm, name, winner, loser), None)
        if name == "Customer":
            self._hand_over(winner, loser)
        if self.switches.merge_leaves_inactive:
            self.update(name, {"Id": loser, "SyncToken": self.read(name, loser)["SyncToken"], "sparse": True, "Active": False})
        else:
            self.purge(name, loser)
        self.update(name, {"Id": winner, "SyncToken": self.read(name, winner)["SyncToken"], "sparse": True})

    def _hand_over(self, winner: str, loser: str) -> None:
        """Move transactions and sub-customers from one customer to another; each of them gets a new version."""
        owner = {"value": winner, "name": self.read("Customer", winner)["DisplayName"]}
        for name in ("Invoice", "CreditMemo", "Payment"):
            for row_id in list(self.table(name).holders("CustomerRef", loser)):
                self.bump(name, row_id, CustomerRef=owner)
        for child in [row for row in self.table("Customer").rows.values() if row.get("ParentRef", {}).get("value") == loser]:
            full_name = f"{self.read('Customer', winner)['FullyQualifiedName']}:{child['DisplayName']}"
            self.bump("Customer", child["Id"], ParentRef=owner, FullyQualifiedName=full_name)
            self.shift_jobs({"value": loser}, -child.get("BalanceWithJobs", 0))
            self.shift_jobs(owner, child.get("BalanceWithJobs", 0))
        owed = self.read("Customer", loser).get("Balance", 0)
        self.shift_balance(loser, -owed)
        self.shift_balance(winner, owed)

    def _writable(self, name: str, operation: str) -> Entity:
        if self.settings.subscription_ended:
            raise Fault("6190", "Subscription period has ended or canceled or there was a billing problem. You can read but not change data.")
        entity = ENTITIES[name]
        if not entity.made:
            raise Fault("500", f"Operation {operation} is not supported for {name}")
        return entity

    def _current(self, name: str, body: dict[str, Any]) -> Document:
        old = self.read(name, str(body.get("Id", "")))
        if "SyncToken" not in body:
            raise Fault("2020", "Required parameter SyncToken is missing in the request", element="SyncToken")
        if str(body["SyncToken"]) != old["SyncToken"]:
            raise Fault(
                "5010",
                "Stale Object Error : You and root were working on this at the same time. root finished before you did, so your work was not saved.",
            )
        return old
