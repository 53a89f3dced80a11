"""An auditor of money who sees the two simulations and what is asked of them, and nothing of ours (correctness, I28 to I35).

At every commit it looks at what stands there; at the end it compares both sides and reads the request logs.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.server import Logged, Reply, Request
from syncconfig.tests.firm import Firm, money

KEY = "tandem_quickbooks_id"
PARTS = ("line_items", "taxes", "discounts")
AMOUNTS = frozenset({"hs_amount_billed", "hs_currency"})
VERBS = frozenset({"create", "update", "upsert", "archive"})
NOTHING = Decimal(0)


@dataclass
class Auditor:
    """`violations` are sentences, each beginning with the number of the invariant that was broken."""

    firm: Firm
    zone: ZoneInfo
    violations: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    commits: int = 0

    def watch(self) -> None:
        """See every request of both simulations, also those of people, before and after it is served."""
        self.firm.sandboxes.hubspot.hook = self._hubspot
        self.firm.sandboxes.quickbooks.hook = self._quickbooks

    def _hubspot(self, moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        verb = request.path.rpartition("/")[2]
        if "/crm/objects/" in request.path and verb in VERBS:
            if moment == "before":
                self._frozen(request, verb)
            else:
                self.commits += 1
                self._complete()
        return None

    def _quickbooks(self, moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if moment == "after" and b"BatchItemRequest" in request.body and b'"operation"' in request.body:
            self.commits += 1
            self._references()
        return None

    # At every commit

    def _frozen(self, request: Request, verb: str) -> None:
        """I29: nothing that bears an amount is written to an invoice that is no draft."""
        kind = request.path.split("/")[-3]
        for item in (request.json or {}).get("inputs", ()):
            for invoice in self._touched(kind, verb, item):
                held = self._invoice(invoice)
                if held and held.get("hs_invoice_status", "draft") != "draft":
                    self.violations.append(f"I29: {verb} of {kind} touches invoice {invoice}, which is {held['hs_invoice_status']}")

    def _touched(self, kind: str, verb: str, item: dict[str, Any]) -> set[str]:
        """The invoices whose amounts a member of a request would change."""
        if kind in PARTS and verb == "create":
            return {str(a["to"]["id"]) for a in item.get("associations", ()) if self._invoice(str(a["to"]["id"]))}
        if kind in PARTS:
            return {str(i) for i in self.firm.hubspot.associated(kind, item["id"], "invoices")}
        changed = {name: value for name, value in item.get("properties", {}).items() if name in AMOUNTS} if kind == "invoices" else {}
        held = self._invoice(item.get("id", "")) if verb == "update" else None
        return {item["id"]} if held and any(money_or_text(held.get(n)) != money_or_text(v) for n, v in changed.items()) else set()

    def _complete(self) -> None:
        """I30: an invoice of ours that is no draft has all its lines and comes to what it says."""
        seen = Counter(p[KEY] for p in self.firm.hubspot_invoices().values() if p.get(KEY))
        self.violations += [f"I2: {number} invoices for {key}" for key, number in seen.items() if number > 1]
        for invoice, held in self.firm.hubspot_invoices().items():
            if held.get(KEY) and held.get("hs_invoice_billable") == "false" and held.get("hs_invoice_status") != "draft":
                total = (
                    sum((money(p["amount"]) for p in self.firm.lines_of(invoice)), NOTHING)
                    + self._part(invoice, "taxes")
                    - self._part(invoice, "discounts")
                )
                if total != money(held.get("hs_amount_billed")):
                    self.violations.append(
                        f"I30: invoice {invoice} is {held['hs_invoice_status']} at {held.get('hs_amount_billed')}, its parts come to {total}"
                    )

    def _references(self) -> None:
        """I35: what was just booked names customers, items and invoices that stand."""
        books = self.firm.books
        for row in self.firm.booked_invoices():
            customer = books.table("Customer").rows.get(row["CustomerRef"]["value"])
            if row["SyncToken"] == "0" and (customer is None or not customer.get("Active", True)):
                self.violations.append(f"I35: invoice {row['Id']} names customer {row['CustomerRef']['value']}")
            for line in row["Line"] if row["SyncToken"] == "0" else ():
                item = line.get("SalesItemLineDetail", {}).get("ItemRef", {}).get("value")
                if item and not books.table("Item").rows[item].get("Active", True):
                    self.violations.append(f"I35: invoice {row['Id']} names the inactive item {item}")

    # At the end

    def close(self) -> list[str]:
        """Look at both sides once everything is at rest. All violations."""
        pairs = list(self.pairs())
        for invoice, held, row in pairs:
            self._to_the_cent(invoice, held, row)
            self._dates(invoice, held, row)
            self._payments(invoice, held, row)
        self._numbers()
        self._closed()
        return self.violations

    def pairs(self) -> list[tuple[str, dict[str, str], dict[str, Any]]]:
        """Invoices of HubSpot that carry the mark of one of the books, with that one."""
        rows = {f"{self.firm.realm}:{row['Id']}": row for row in self.firm.booked_invoices()}
        found = [(i, p, rows[p[KEY]]) for i, p in self.firm.hubspot_invoices().items() if p.get(KEY) in rows]
        doubled = [key for key, number in Counter(p[KEY] for _, p, _ in found).items() if number > 1]
        self.violations += [f"I2: two invoices for {key}" for key in doubled]
        return found

    def _to_the_cent(self, invoice: str, held: dict[str, str], row: dict[str, Any]) -> None:
        if held["hs_invoice_status"] in ("voided", "draft"):
            return
        if money(held["hs_amount_billed"]) != money(row["TotalAmt"]):
            self.violations.append(f"I28: invoice {invoice} is {held['hs_amount_billed']} and {row['TotalAmt']} in the books")
        if money(held.get("tandem_quickbooks_balance")) != money(row["Balance"]):
            self.violations.append(
                f"I28: invoice {invoice} shows a balance of {held.get('tandem_quickbooks_balance')}, the books say {row['Balance']}"
            )
        if held["hs_currency"] != row["CurrencyRef"]["value"]:
            self.violations.append(f"I28: invoice {invoice} is in {held['hs_currency']}, in the books in {row['CurrencyRef']['value']}")

    def _dates(self, invoice: str, held: dict[str, str], row: dict[str, Any]) -> None:
        shown = datetime.fromisoformat(held["hs_invoice_date"]).astimezone(self.zone).date().isoformat()
        if shown != row["TxnDate"]:
            self.violations.append(f"I34: invoice {invoice} is of {shown}, in the books of {row['TxnDate']}")

    def _payments(self, invoice: str, held: dict[str, str], row: dict[str, Any]) -> None:
        """I31: what was applied is the total less the balance, and stands once in HubSpot."""
        received = {p["Id"]: p for p in self.firm.received()}
        applied = {
            p["Id"]: money(line["Amount"])
            for p in received.values()
            for line in p["Line"]
            for link in line["LinkedTxn"]
            if (link["TxnType"], link["TxnId"]) == ("Invoice", row["Id"])
        }
        if sum(applied.values(), NOTHING) != money(row["TotalAmt"]) - money(row["Balance"]):
            self.violations.append(f"I31: {applied} were applied to invoice {row['Id']} of {row['TotalAmt']}, {row['Balance']} open")
        whole = [n for n in applied if len(received[n]["Line"]) == 1]
        keys = Counter(p.get(KEY, "") for p in self.firm.payments_of(invoice))
        for number in whole:
            if keys.pop(f"{self.firm.realm}:{number}", 0) != 1:
                self.violations.append(f"I31: payment {number} does not stand once on invoice {invoice}: {keys}")
        if any(key for key in keys):
            self.violations.append(f"I31: invoice {invoice} shows payments the books do not have: {keys}")

    def _numbers(self) -> None:
        """I32: paired numbers are equal, none was changed after it was given, no two of ours share one."""
        for invoice, held, row in self.pairs():
            if held.get("hs_number", "") != row.get("DocNumber", ""):
                self.violations.append(f"I32: invoice {invoice} is {held.get('hs_number')}, in the books {row.get('DocNumber')}")
        for item in self._operations("update"):
            if "DocNumber" in item.get("Invoice", {}):
                self.violations.append(f"I32: invoice {item['Invoice']['Id']} was renumbered")
            if "Line" in item.get("Invoice", {}):
                self.violations.append(f"I29: lines of invoice {item['Invoice']['Id']} were written again")

    def _closed(self) -> None:
        """I33: no date of a document was ever altered between two tries to book it."""
        dates: dict[str, set[str]] = defaultdict(set)
        for item in self._operations("create"):
            if item.get("Invoice", {}).get("DocNumber"):
                dates[item["Invoice"]["DocNumber"]].add(item["Invoice"].get("TxnDate", ""))
        self.violations += [f"I33: invoice {number} was tried with {days}" for number, days in dates.items() if len(days) > 1]

    def _operations(self, operation: str) -> list[dict[str, Any]]:
        return [item for entry in self.firm.sandboxes.quickbooks.log for item in batch_of(entry) if item.get("operation") == operation]

    def _invoice(self, invoice: str) -> dict[str, str] | None:
        document = self.firm.hubspot.tables["invoices"].documents.get(int(invoice)) if str(invoice).isdecimal() else None
        return document["properties"] if document and document["archived"] is None else None

    def _part(self, invoice: str, kind: str) -> Decimal:
        table = self.firm.hubspot.tables[kind].documents
        found = (table[int(n)] for n in self.firm.hubspot.associated("invoices", invoice, kind))
        return sum((money(d["properties"]["hs_value"]) for d in found if d["archived"] is None), NOTHING)


def batch_of(entry: Logged) -> list[dict[str, Any]]:
    """The members of a batch that QuickBooks was sent."""
    body = json.loads(entry.body) if b"BatchItemRequest" in entry.body else {}
    return list(body.get("BatchItemRequest", ()))


def money_or_text(value: Any) -> object:
    try:
        return money(value)
    except ArithmeticError:
        return value
