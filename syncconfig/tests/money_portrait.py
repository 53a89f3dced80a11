"""What stands in both accounts about money, without ids and times, so that the ends of two trials can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conftest import Sandboxes
from connectors.sandbox.server import Server
from syncconfig.tests.auditor import Auditor
from syncconfig.tests.firm import Firm, money
from syncconfig.tests.town import DENVER

KEY = "tandem_quickbooks_id"
OWN = re.compile(r"http://[^/]+/|(?<=txnId=)\d+")
"""What of a link belongs to one trial: the address of its simulation, and an id."""
NUMBER = re.compile(r"-?\d+\.\d+")
Portrait = dict[str, list[Any]]


@dataclass
class Accounts(Firm):
    """Both accounts, seen from outside: no portal belongs to them."""

    def __post_init__(self) -> None:
        self.seen = {}

    def auditor(self) -> Auditor:
        return Auditor(self, DENVER)

    def portrait(self) -> Portrait:  # type: ignore[override]
        """By side and kind, each record as plain values in an order that says nothing. A record is named by what people call it."""
        left = {"invoices": self._mirrors(), "deals": self._deals(), "left payments": self._left_payments()}
        return {**left, "bookings": self._bookings(), "right payments": self._right_payments(), "items": self._items()}

    # HubSpot

    def _mirrors(self) -> list[Any]:
        return ordered(self._mirror(i, held) for i, held in self.hubspot_invoices().items())

    def _mirror(self, invoice: str, held: dict[str, str]) -> Any:
        values = {name: plain(value) for name, value in held.items() if name not in TIMES and name != KEY}
        return {
            **values,
            "counterpart": self._number(held.get(KEY, "")),
            "lines": [self._line(line) for line in self.lines_of(invoice)],
            **{kind: ordered((p["hs_label"], p["hs_value"]) for p in self._parts(invoice, kind)) for kind in ("taxes", "discounts", "fees")},
            "contacts": ordered(p["email"] for p in self._parts(invoice, "contacts")),
            "companies": ordered(p["name"] for p in self._parts(invoice, "companies")),
            "deals": ordered(p["dealname"] for p in self._parts(invoice, "deals")),
            "payments": ordered(self._payment(p) for p in self.payments_of(invoice)),
        }

    def _line(self, line: dict[str, str]) -> Any:
        product = self.hubspot.tables["products"].exact(line.get("hs_product_id", ""))
        return {
            **{name: plain(line.get(name, "")) for name in ("name", "description", "hs_sku", "quantity", "price", "amount")},
            "product": product["properties"]["name"] if product else "",
        }

    def _payment(self, held: dict[str, str]) -> Any:
        names = ("hs_initial_amount", "hs_latest_status", "hs_payment_method_type", "hs_reference_number", "hs_processor_type", "hs_currency_code")
        return [plain(held.get(name, "")) for name in names] + [held["hs_initiated_date"][:10], bool(held.get(KEY))]

    def _left_payments(self) -> list[Any]:
        return ordered(self._payment(d["properties"]) for d in self.hubspot.tables["commerce_payments"].after(0))

    def _deals(self) -> list[Any]:
        """Each deal with what is told on it, and the notes on its timeline."""
        deals = ((d["id"], d["properties"]) for d in self.hubspot.tables["deals"].after(0))
        notes = {i: ordered(plain(note) for note in self.notes_of(i)) for i, _ in deals}
        facts = {i: {k: plain(v) for k, v in self.deal_facts(i).items() if k.startswith("tandem_") or k == "dealname"} for i in notes}
        return ordered({**facts[i], "notes": notes[i]} for i in notes)

    def _parts(self, invoice: str, kind: str) -> list[dict[str, str]]:
        table = self.hubspot.tables[kind].documents
        return [table[int(n)]["properties"] for n in self.associated(invoice, kind)]

    # QuickBooks

    def _number(self, mark: str) -> str:
        """The number of the invoice that a mark names."""
        realm, _, row = mark.partition(":")
        return str(self.books.read("Invoice", row)["DocNumber"]) if realm == self.realm else mark

    def _bookings(self) -> list[Any]:
        return ordered(self._booking(row) for row in self.booked_invoices())

    def _booking(self, row: dict[str, Any]) -> Any:
        names = ("DocNumber", "TxnDate", "DueDate", "PrivateNote", "CustomerMemo", "CurrencyRef", "BillEmail")
        address = {name: text for name, text in row.get("BillAddr", {}).items() if name != "Id"}
        amounts = {name: str(money(row[name])) for name in ("TotalAmt", "Balance")}
        lines = [self._booked_line(line) for line in row["Line"] if "Id" in line]
        return {
            **{name: row.get(name) for name in names},
            **amounts,
            "customer": row["CustomerRef"]["name"],
            "address": address,
            "lines": lines,
            "payments": len(row["LinkedTxn"]),
        }

    def _booked_line(self, line: dict[str, Any]) -> Any:
        detail = line["SalesItemLineDetail"]
        return [line.get("Description"), detail["ItemRef"]["name"], str(detail.get("Qty")), str(detail.get("UnitPrice")), str(money(line["Amount"]))]

    def _right_payments(self) -> list[Any]:
        found = []
        for row in self.received():
            settled = ordered(
                (self._number(f"{self.realm}:{one['TxnId']}"), str(line["Amount"])) for line in row["Line"] for one in line["LinkedTxn"]
            )
            method = row.get("PaymentMethodRef", {}).get("name", "")
            found.append([row["CustomerRef"]["name"], str(money(row["TotalAmt"])), row["TxnDate"], row.get("PaymentRefNum"), method, settled])
        return ordered(found)

    def _items(self) -> list[Any]:
        rows = self.books.table("Item").rows.values()
        return ordered([row["Name"], row.get("Sku"), row["Type"], row["Active"], str(row.get("UnitPrice"))] for row in rows)


TIMES = frozenset({"hs_object_id", "hs_createdate", "hs_lastmodifieddate"})


def accounts(servers: dict[str, Server]) -> Accounts:
    return Accounts(Sandboxes(servers), None)  # type: ignore[arg-type]


def plain(text: str) -> str:
    """A text as it is in every trial; a number without the zeros at its end, which tell only how it was sent."""
    return str(Decimal(text).normalize()) if NUMBER.fullmatch(text) else OWN.sub("", text)


def ordered(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=repr)


def difference(one: Portrait, other: Portrait) -> str:
    """In words, the first kind of record in which two portraits differ."""
    for kind, rows in one.items():
        if rows != other[kind]:
            here, there = ([row for row in a if row not in b][:2] for a, b in ((rows, other[kind]), (other[kind], rows)))
            return f"{kind}: {here} instead of {there}"
    return ""
