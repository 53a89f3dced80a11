"""The calls of a first sync of invoices, by scripts that keep nothing and check nothing: what is compared with, in seconds.

Both know beforehand which customer is which contact, and which item is which product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from connectors.sandbox.stand import Stand
from syncconfig.benchmarks.measuring import HUBSPOT_PAGE, QUICKBOOKS_BATCH, QUICKBOOKS_PAGE, bare_session, connect

KEY = "tandem_quickbooks_id"
SHOWN = f"hs_number,hs_amount_billed,hs_invoice_status,hs_invoice_date,hs_due_date,hs_currency,hs_comments,{KEY}"
LINE = "name,description,hs_product_id,hs_sku,quantity,price,amount"
TO_INVOICE = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 410}]
Row = dict[str, Any]


def parts(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


class Bare:
    """Two sessions, and the pairs that stand on both sides; both were filled in the same order."""

    def __init__(self, made: Stand) -> None:
        connect(made)  # for our property, by which invoices are upserted
        self.realm = made.accounts["quickbooks"]
        self.left, self.right = bare_session(made, "hubspot"), bare_session(made, "quickbooks")
        self.crm, self.books = f"{made.urls['hubspot']}/crm", f"{made.urls['quickbooks']}/v3/company/{self.realm}"
        self.customers = dict(zip(self.ids("contacts"), (row["Id"] for row in self.rows("Customer")), strict=True))
        self.items = dict(zip(self.ids("products"), (row["Id"] for row in self.rows("Item")), strict=True))

    def post(self, path: str, inputs: Sequence[Row], **more: Any) -> list[Row]:
        answer = self.left.post(f"{self.crm}/{path}", json={"inputs": inputs, **more}, timeout=60)
        answer.raise_for_status()
        body: Row = answer.json()
        if body.get("errors"):
            raise RuntimeError(answer.text)
        return list(body["results"])

    def objects(self, path: str, inputs: Sequence[Row], **more: Any) -> list[Row]:
        """A batch call for any number of inputs."""
        return [row for part in parts(inputs, HUBSPOT_PAGE) for row in self.post(f"objects/2026-09/{path}", part, **more)]

    def listed(self, kind: str, **params: str) -> Iterator[Row]:
        after = ""
        while True:
            query = {"limit": str(HUBSPOT_PAGE), **params, **({"after": after} if after else {})}
            body = self.left.get(f"{self.crm}/objects/2026-09/{kind}", params=query, timeout=60).json()
            yield from body["results"]
            after = body.get("paging", {}).get("next", {}).get("after", "")
            if not after:
                return

    def ids(self, kind: str) -> list[str]:
        return [row["id"] for row in self.listed(kind)]

    def rows(self, entity: str) -> Iterator[Row]:
        start = 1
        while True:
            query = f"select * from {entity} orderby Id startposition {start} maxresults {QUICKBOOKS_PAGE}"  # noqa: S608 - no database
            answer = self.right.get(f"{self.books}/query", params={"query": query}, timeout=60)
            answer.raise_for_status()
            found = answer.json()["QueryResponse"].get(entity, [])
            yield from found
            if len(found) < QUICKBOOKS_PAGE:
                return
            start += len(found)

    def batch(self, members: Sequence[Row]) -> None:
        named = [{"bId": str(number), **member} for number, member in enumerate(members)]
        answer = self.right.post(f"{self.books}/batch", json={"BatchItemRequest": named}, timeout=120)
        answer.raise_for_status()
        if any("Fault" in item for item in answer.json()["BatchItemResponse"]):
            raise RuntimeError(answer.text)


class BareToHubSpot(Bare):
    """Invoices of the books become drafts with lines and parties, and then open."""

    @cached_property
    def contacts(self) -> dict[str, str]:
        return {customer: contact for contact, customer in self.customers.items()}

    @cached_property
    def products(self) -> dict[str, str]:
        return {item: product for product, item in self.items.items()}

    def __call__(self) -> None:
        rows = {f"{self.realm}:{row['Id']}": row for row in self.rows("Invoice")}
        list(self.listed("invoices"))
        drafts = self.objects("invoices/batch/upsert", [{"id": key, "idProperty": KEY, "properties": self.head(row)} for key, row in rows.items()])
        ids = {row["properties"][KEY]: row["id"] for row in drafts}
        self.objects("line_items/batch/create", [line for key, row in rows.items() for line in self.lines(ids[key], row)])
        contacts = {ids[key]: self.contacts[row["CustomerRef"]["value"]] for key, row in rows.items()}
        self.tie("contacts", contacts, 177)
        read = self.objects("contacts/batch/read", [{"id": contact} for contact in contacts.values()], properties=["associatedcompanyid"])
        companies = {row["id"]: row["properties"]["associatedcompanyid"] for row in read}
        self.tie("companies", {invoice: companies[contact] for invoice, contact in contacts.items()}, 179)
        for part in parts([{"id": invoice} for invoice in contacts], 1000):
            self.post("associations/2026-09/invoices/line_items/batch/read", part)
        opened = {"hs_invoice_status": "open"}
        self.objects(
            "invoices/batch/update",
            [{"id": ids[key], "properties": {**opened, "hs_amount_billed": str(row["TotalAmt"])}} for key, row in rows.items()],
        )
        self.objects("invoices/batch/read", [{"id": invoice} for invoice in contacts], properties=SHOWN.split(","))

    def head(self, row: Row) -> Row:
        days = {"hs_invoice_date": f"{row['TxnDate']}T12:00:00Z", "hs_due_date": f"{row['DueDate']}T12:00:00Z"}
        return {"hs_number": row["DocNumber"], "hs_currency": "USD", "hs_invoice_billable": "false", **days}

    def lines(self, invoice: str, row: Row) -> Iterator[Row]:
        for line in (line for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"):
            detail = line["SalesItemLineDetail"]
            values = {"name": line["Description"], "quantity": str(detail["Qty"]), "price": str(detail["UnitPrice"])}
            properties = {**values, "hs_product_id": self.products[detail["ItemRef"]["value"]], "hs_position_on_quote": str(line["LineNum"])}
            yield {"properties": properties, "associations": [{"to": {"id": invoice}, "types": TO_INVOICE}]}

    def tie(self, kind: str, others: dict[str, str], type_id: int) -> None:
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]
        for part in parts([{"from": {"id": one}, "to": {"id": other}, "types": types} for one, other in others.items()], 2000):
            self.post(f"associations/2026-09/invoices/{kind}/batch/create", part)


class BareToQuickBooks(Bare):
    """Invoices of the CRM are read with their lines and booked."""

    def __call__(self) -> None:
        found = list(self.listed("invoices", properties=SHOWN, associations="contacts,line_items,discounts,fees,taxes"))
        mine = {row["id"]: [line["id"] for line in row["associations"]["line_items"]["results"]] for row in found}
        wanted = [{"id": line} for lines in mine.values() for line in lines]
        lines = {row["id"]: row["properties"] for row in self.objects("line_items/batch/read", wanted, properties=LINE.split(","))}
        list(self.rows("Invoice"))
        for path in ("preferences", f"companyinfo/{self.realm}"):
            self.right.get(f"{self.books}/{path}", timeout=60).raise_for_status()
        self.batch([{"Query": search} for search in self.searches([row["properties"]["hs_number"] for row in found])])
        for part in parts([self.body(row, [lines[line] for line in mine[row["id"]]]) for row in found], QUICKBOOKS_BATCH):
            self.batch([{"operation": "create", "Invoice": body} for body in part])

    def searches(self, numbers: list[str]) -> Iterator[str]:
        for entity in ("Invoice", "CreditMemo"):
            for start in range(0, len(numbers), 100):
                listed = ", ".join(f"'{number}'" for number in numbers[start : start + 100])
                yield f"select * from {entity} where DocNumber in ({listed})"  # noqa: S608 - no database

    def body(self, row: Row, lines: Sequence[Row]) -> Row:
        properties = row["properties"]
        customer = self.customers[row["associations"]["contacts"]["results"][0]["id"]]
        day = properties["hs_invoice_date"][:10]
        return {"DocNumber": properties["hs_number"], "CustomerRef": {"value": customer}, "TxnDate": day, "Line": list(map(self.line, lines))}

    def line(self, held: Row) -> Row:
        detail = {"ItemRef": {"value": self.items[held["hs_product_id"]]}, "Qty": float(held["quantity"]), "UnitPrice": float(held["price"])}
        words = {"Description": held["name"], "Amount": float(held["amount"])}
        return {"DetailType": "SalesItemLineDetail", **words, "SalesItemLineDetail": detail}
