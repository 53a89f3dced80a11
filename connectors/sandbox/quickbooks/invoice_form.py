"""An invoice as a form for people, and back: header fields, a row of fields for each line, a discount."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connectors.sandbox.quickbooks.books import Books, cents
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.lines import DISCOUNT, GROUP, SALES, TEXT
from connectors.sandbox.quickbooks.members import day, number
from connectors.sandbox.quickbooks.settings import CUSTOM_FIELDS

Row = dict[str, Any]
Field = tuple[str, str, str]
SPARE_LINES = 3
TEXTS = {"DocNumber": "Number", "TxnDate": "Date", "DueDate": "Due date", "PrivateNote": "Note to self"}


def fields(books: Books, row: Row | None) -> list[Field]:
    """(name, label, value) of everything a person may edit. Customers and items are named as they are called, or by number."""
    values = row or {}
    found = [("customer", "Customer", str(values.get("CustomerRef", {}).get("name", "")))]
    found += [(name, label, str(values.get(name, ""))) for name, label in TEXTS.items()]
    found.append(("SalesTermRef", "Terms", str(values.get("SalesTermRef", {}).get("value", ""))))
    found.append(("memo", "Message to the customer", str(values.get("CustomerMemo", {}).get("value", ""))))
    sent = {one["DefinitionId"]: one.get("StringValue", "") for one in values.get("CustomField", ())}
    found += [(f"custom {n}", books.settings.custom_field(n), sent.get(n, "")) for n in CUSTOM_FIELDS if books.settings.custom_field(n)]
    if books.american:
        found.append(("tax", "Sales tax", str(values.get("TxnTaxDetail", {}).get("TxnTaxCodeRef", {}).get("value", ""))))
    lines = _editable(row)
    for n in range(len(lines) + SPARE_LINES):
        found += _line_fields(books, n, lines[n] if n < len(lines) else {})
    discounts = [line[DISCOUNT] for line in values.get("Line", ()) if line["DetailType"] == DISCOUNT]
    return [*found, ("discount", "Discount in percent", str(discounts[0].get("DiscountPercent", "")) if discounts else "")]


def options(books: Books) -> dict[str, Sequence[tuple[str, str]]]:
    """The choices of the fields that have some."""
    terms = [("", ""), *((term["Id"], term["Name"]) for term in books.table("Term").rows.values() if term["Active"])]
    codes = [("", "none"), *((code["Id"], code["Name"]) for code in books.table("TaxCode").rows.values())]
    return {"SalesTermRef": terms, "tax": codes}


def body(books: Books, form: dict[str, str], row: Row | None) -> Row:
    """The members that a form changes, as the body of a create or a sparse update."""
    before = {name: value for name, _, value in fields(books, row)}
    after = {name: form.get(name, value).replace("\r\n", "\n").strip() for name, value in before.items()}
    changed = {name for name in before if row is None or after[name] != before[name]}
    found: Row = {name: after[name] for name in TEXTS if name in changed}
    if "customer" in changed:
        found["CustomerRef"] = {"value": _lookup(books, "Customer", "DisplayName", after["customer"])}
    if "SalesTermRef" in changed:
        found["SalesTermRef"] = {"value": after["SalesTermRef"]}
    if "memo" in changed:
        found["CustomerMemo"] = {"value": after["memo"]}
    if any(name.startswith("custom ") for name in changed):
        found["CustomField"] = [{"DefinitionId": n, "StringValue": after[f"custom {n}"]} for n in CUSTOM_FIELDS if after.get(f"custom {n}")]
    if "tax" in changed:
        found["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": after["tax"]}}
    if changed & {name for name in before if name[-1].isdigit() or name == "discount"} - {f"custom {n}" for n in CUSTOM_FIELDS}:
        found["Line"] = _lines(books, before, after, row)
    return found


def _editable(row: Row | None) -> list[Row]:
    return [line for line in (row or {}).get("Line", ()) if line["DetailType"] in (SALES, TEXT)]


def _line_fields(books: Books, n: int, line: Row) -> list[Field]:
    detail = line.get(SALES, {})
    found = [
        (f"item {n}", f"Line {n + 1}: item", str(detail.get("ItemRef", {}).get("name", ""))),
        (f"text {n}", "description", str(line.get("Description", ""))),
        (f"quantity {n}", "quantity", str(detail.get("Qty", ""))),
        (f"rate {n}", "rate", str(detail.get("UnitPrice", ""))),
    ]
    if books.settings.allow_service_date or books.settings.revenue_recognition:
        found.append((f"service {n}", "service date", str(detail.get("ServiceDate", ""))))
    if not books.american:
        found.append((f"code {n}", "tax code", _code_name(books, detail)))
    return found


def _code_name(books: Books, detail: Row) -> str:
    code = detail.get("TaxCodeRef", {}).get("value", "")
    return str(books.read("TaxCode", code)["Name"]) if code else ""


def _lines(books: Books, before: dict[str, str], after: dict[str, str], row: Row | None) -> list[Row]:
    """All lines as they shall be: untouched ones and bundles as they were, emptied ones left out."""
    old = _editable(row)
    found: list[Row] = []
    for n in range(len(old) + SPARE_LINES):
        names = [name for name in before if name.endswith(f" {n}") and not name.startswith("custom ")]
        known = old[n] if n < len(old) else {}
        if known and all(after[name] == before[name] for name in names):
            found.append(known)
        elif any(after[name] for name in names):
            found.append(_line(books, {name.split()[0]: after[name] for name in names}, known))
    found += [line for line in (row or {}).get("Line", ()) if line["DetailType"] == GROUP]
    if after["discount"]:
        found.append({"DetailType": DISCOUNT, DISCOUNT: {"PercentBased": True, "DiscountPercent": after["discount"]}})
    return found


def _line(books: Books, values: dict[str, str], known: Row) -> Row:
    head: Row = {**({"Id": known["Id"]} if known else {}), "Description": values["text"]}
    if not values["item"]:
        return {**head, "DetailType": TEXT, "DescriptionLineDetail": {}}
    item = books.read("Item", _lookup(books, "Item", "Name", values["item"]))
    quantity = number("quantity", values["quantity"] or "1") or Decimal(0)
    rate = number("rate", values["rate"] or str(item.get("UnitPrice", 0))) or Decimal(0)
    detail: Row = {**known.get(SALES, {}), "ItemRef": {"value": item["Id"]}, "Qty": quantity, "UnitPrice": rate}
    if "service" in values:
        detail["ServiceDate"] = day("ServiceDate", values["service"])
    if "code" in values:
        detail["TaxCodeRef"] = {"value": _lookup(books, "TaxCode", "Name", values["code"])} if values["code"] else None
    return {**head, "DetailType": SALES, "Amount": cents(quantity * rate), SALES: detail}


def _lookup(books: Books, entity: str, key: str, text: str) -> str:
    """The Id of a row by its name, or by the Id itself."""
    table = books.table(entity)
    found = next(table.holders(key, text), text)
    if found not in table.rows:
        raise Fault("2500", f"There is no {table.entity.word} called {text}")
    return found
