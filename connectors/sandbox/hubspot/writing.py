"""The one door through which calls and pages write records: the rules of each type before, and what follows after.

Checks come first and change nothing, so that a batch is all or nothing; the acts behind them cannot fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot import deals, invoices, line_items, links, payments
from connectors.sandbox.hubspot.desk import Desk, Link, Rule, Values
from connectors.sandbox.hubspot.records import Claims, Table
from connectors.sandbox.state import Document

RULES: dict[str, Rule] = {
    "deals": deals.checked,
    "line_items": line_items.checked,
    "invoices": invoices.checked,
    "commerce_payments": payments.checked,
}


def check(
    desk: Desk, table: Table, values: Mapping[str, Any], document: Document | None = None, *, asked: Sequence[Link] = (), claims: Claims | None = None
) -> Values:
    """What a write would store. Without a document a new record is meant, with the associations `asked` for. Raises the refusal HubSpot gives."""
    claims = claims if claims is not None else set()
    kind = table.kind.name
    clean = table.check(values, document["id"] if document else "", claims)
    if document and kind in invoices.PARTS:
        for invoice in desk.live(kind, document["id"], "invoices"):
            invoices.require_thawed(desk, invoice)
    if kind in RULES:
        clean = RULES[kind](desk, document, clean, asked)
    links.check(desk, kind, document["id"] if document else "", asked, claims)
    return clean


def create(desk: Desk, table: Table, clean: Values, asked: Sequence[Link] = ()) -> Document:
    """Make a record of checked values; gives it as the answer shows it."""
    kind = table.kind.name
    if kind == "invoices":
        clean = invoices.numbered(desk, None, clean)
    made = table.insert(clean, desk.source)
    links.make(desk, kind, made["id"], asked)
    if kind == "invoices":
        invoices.totalled(desk, made["id"])
        invoices.emptied(desk, table.documents[int(made["id"])])
        return made if not invoices.billable(clean) else table.documents[int(made["id"])]
    return table.documents[int(made["id"])]


def change(desk: Desk, table: Table, document: Document, clean: Values) -> Document:
    """Store checked values; gives the record as it is then."""
    kind, record_id = table.kind.name, document["id"]
    opened = kind == "invoices" and "hs_invoice_status" in clean and clean["hs_invoice_status"] != invoices.status(document["properties"])
    if opened:
        clean = invoices.numbered(desk, document, clean)
    table.change(table.documents[int(record_id)], clean, desk.source)
    if opened and clean["hs_invoice_status"] == "open":
        invoices.totalled(desk, record_id)
    _follow(desk, kind, record_id)
    return table.documents[int(record_id)]


def _follow(desk: Desk, kind: str, record_id: str) -> None:
    """What a changed or archived record means for its invoices."""
    if kind in invoices.PARTS:
        for invoice in desk.live(kind, record_id, "invoices"):
            invoices.totalled(desk, invoice["id"])
    if kind == "commerce_payments":
        payments.took_effect(desk, record_id)


def check_archive(desk: Desk, table: Table, document: Document) -> None:
    """Raises the refusal for a record that may not be deleted."""
    kind = table.kind.name
    if kind == "invoices":
        invoices.require_deletable(desk, document)
    if kind == "commerce_payments":
        payments.require_own(desk, document)
    if kind in invoices.PARTS:
        for invoice in desk.live(kind, document["id"], "invoices"):
            invoices.require_thawed(desk, invoice)


def archive(desk: Desk, table: Table, document: Document) -> None:
    """Move a record to the recycle bin, and the lines that belong to it."""
    table.archive(document, desk.now)
    if table.kind.name in links.PARENTS["line_items"]:
        for line in desk.live(table.kind.name, document["id"], "line_items"):
            desk.account.tables["line_items"].archive(line, desk.now)
    _follow(desk, table.kind.name, document["id"])


def restore(desk: Desk, table: Table, document: Document) -> None:
    """Take a record out of the recycle bin, with the lines that went there with it."""
    table.restore(document)
    lines = desk.account.tables["line_items"]
    for to, to_id, _ in desk.account.links(table.kind.name, document["id"]):
        line = lines.documents.get(int(to_id)) if to == "line_items" else None
        if line and line["archived"] is not None and line["archived"] == document["archived"]:
            lines.restore(line)
    _follow(desk, table.kind.name, document["id"])
