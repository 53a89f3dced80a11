"""What people do with deals, invoices and payments at the pages: draft, add lines, finalise, take payments, void."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.hubspot import invoices, writing
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.desk import Desk, Link, Values, person
from connectors.sandbox.hubspot.fields_commerce import METHODS, PROCESSORS
from connectors.sandbox.hubspot.frames import RECORD, need_live, page, place, to
from connectors.sandbox.hubspot.line_items import COPIED
from connectors.sandbox.hubspot.records import Table
from connectors.sandbox.hubspot.refusals import missing
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.pages import button, form, link, note, table
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

LINE_FIELDS = (
    ("hs_product_id", "Product"),
    ("name", "Name"),
    ("quantity", "Quantity"),
    ("price", "Unit price"),
    ("hs_discount_percentage", "Discount in percent"),
)
PAYMENT_FIELDS = ("hs_initial_amount", "hs_payment_method_type", "hs_processor_type", "hs_reference_number")
OWN_LINE = (*COPIED, "hs_product_id", "quantity", "discount", "hs_discount_percentage", "hs_tax_rate_group_id", "hs_line_item_currency_code")


def add(app: HubSpot) -> None:
    """Serve the pages."""

    @page(app, "POST", "/contacts/{portal}/payments")
    def set_payments(request: Request, account: Account) -> Reply:
        app.set_payments(int(account.portal), not account.payments)
        return Reply(303, "", {"Location": "/"})

    @page(app, "POST", RECORD + "/draft")
    def draft(request: Request, account: Account) -> Reply:
        contact = need_live(account, request, "contacts")
        made = make(person(app, account), "invoices", {"hs_currency": account.currency}, [Link("contacts", contact["id"])])
        return to(account, account.tables["invoices"], made["id"])

    @page(app, "POST", RECORD + "/deal")
    def deal(request: Request, account: Account) -> Reply:
        contact = need_live(account, request, "contacts")
        values = {"dealname": request.form.get("dealname", ""), "pipeline": "default", "dealstage": "appointmentscheduled"}
        made = make(person(app, account), "deals", values, [Link("contacts", contact["id"])])
        return to(account, account.tables["deals"], made["id"])

    @page(app, "POST", RECORD + "/line")
    def line(request: Request, account: Account) -> Reply:
        records = account.table(request.params["type"])
        if records.kind.name not in ("deals", "invoices"):
            raise missing("Only deals and invoices have lines here.")
        parent = account.need(records.kind.name, request.params["id"])
        values = {name: request.form[name] for name, _ in LINE_FIELDS if request.form.get(name)}
        make(person(app, account), "line_items", {"quantity": "1", **values}, [Link(records.kind.name, parent["id"])])
        return to(account, records, parent["id"])

    @page(app, "POST", RECORD + "/bill")
    def bill(request: Request, account: Account) -> Reply:
        made = billed(person(app, account), need_live(account, request, "deals"))
        return to(account, account.tables["invoices"], made["id"])

    @page(app, "POST", RECORD + "/finalize")
    def finalize(request: Request, account: Account) -> Reply:
        return _change(app, account, need_live(account, request, "invoices"), {"hs_invoice_status": "open"})

    @page(app, "POST", RECORD + "/void")
    def void(request: Request, account: Account) -> Reply:
        return _change(app, account, need_live(account, request, "invoices"), {"hs_invoice_status": "voided"})

    @page(app, "POST", RECORD + "/payment")
    def payment(request: Request, account: Account) -> Reply:
        invoice = need_live(account, request, "invoices")
        pay(person(app, account), invoice, {name: request.form[name] for name in PAYMENT_FIELDS if request.form.get(name)})
        return to(account, account.tables["invoices"], invoice["id"])

    @page(app, "POST", RECORD + "/synced")
    def synced(request: Request, account: Account) -> Reply:
        records, invoice = account.tables["invoices"], need_live(account, request, "invoices")
        records.change(invoice, {"hs_invoice_source": "data_sync"}, invoices.CALCULATED)
        return to(account, records, invoice["id"])


def make(desk: Desk, kind: str, values: Mapping[str, str], asked: list[Link]) -> Document:
    """A record with its associations, checked as any other."""
    records = desk.account.tables[kind]
    return writing.create(desk, records, writing.check(desk, records, values, asked=asked), asked)


def _change(app: HubSpot, account: Account, invoice: Document, values: Values) -> Reply:
    desk, records = person(app, account), account.tables["invoices"]
    writing.change(desk, records, invoice, writing.check(desk, records, values, invoice))
    return to(account, records, invoice["id"])


def billed(desk: Desk, deal: Document) -> Document:
    """A draft invoice made from a deal, as HubSpot makes it: with copies of the deal's lines, and its contacts."""
    contacts = [Link("contacts", contact["id"]) for contact in desk.live("deals", deal["id"], "contacts")]
    invoice = make(desk, "invoices", {"hs_currency": desk.account.currency}, [Link("deals", deal["id"]), *contacts])
    for line in desk.live("deals", deal["id"], "line_items"):
        copy = {name: line["properties"][name] for name in OWN_LINE if line["properties"].get(name)}
        make(desk, "line_items", copy, [Link("invoices", invoice["id"])])
    return invoice


def pay(desk: Desk, invoice: Document, values: Mapping[str, str]) -> Document:
    """A payment that a person records on an invoice: of all that is due, unless an amount is given."""
    held = invoice["properties"]
    payments = desk.account.tables["commerce_payments"]
    given = {
        "hs_initial_amount": held.get("hs_balance_due") or held.get("hs_amount_billed") or "0",
        "hs_initiated_date": iso(desk.now),
        "hs_latest_status": "succeeded",
        "hs_currency_code": held["hs_currency"],
        "hs_processor_type": "none",
        **values,
    }
    asked = [Link("invoices", invoice["id"])]
    asked += [Link(kind, other["id"]) for kind in ("contacts", "companies", "deals") for other in desk.live("invoices", invoice["id"], kind)]
    clean = writing.check(desk, payments, given, asked=asked)
    source = {"hs_payment_source_app": "INVOICE", "hs_payment_source_id": invoice["id"], "hs_payment_source_name": held.get("hs_number", "")}
    return writing.create(desk, payments, {**clean, **source}, asked)


def panels(account: Account, records: Table, document: Document) -> str:
    """What the page of a record shows and offers of all this."""
    here = place(account, records, document["id"])
    if records.kind.name == "contacts":
        return button("Create draft invoice", here + "/draft") + form(here + "/deal", [("dealname", "Deal name", "")], submit="Create deal")
    if records.kind.name == "deals":
        return _lines(account, records, document) + button("Create invoice from deal", here + "/bill")
    if records.kind.name == "invoices":
        return _invoice(document, here) + _lines(account, records, document) + _payment(account, document, here)
    return ""


def _invoice(document: Document, here: str) -> str:
    held = document["properties"]
    words = "Billable invoice" if invoices.billable(held) else "Record only: not billable"
    made = " Made by HubSpot's own QuickBooks sync." if held.get("hs_invoice_source") == "data_sync" else ""
    acts = [("Finalize", "/finalize")] * (invoices.status(held) == "draft") + [("Void", "/void")] * (invoices.status(held) == "open")
    mark = [] if made else [("Mark as made by HubSpot's own QuickBooks sync", "/synced")]
    sums = (("billed", "hs_amount_billed"), ("paid", "hs_amount_paid"), ("due", "hs_balance_due"))
    facts = ", ".join(f"{name} {held.get(key) or '0'}" for name, key in sums)
    buttons = "".join(button(text, here + action) for text, action in [*acts, *mark])
    return note(f"{words}, {invoices.status(held)}: {facts} {held.get('hs_currency', '')}.{made}") + buttons


def _lines(account: Account, records: Table, document: Document) -> str:
    lines, products = account.tables["line_items"], account.tables["products"]
    rows = [
        [
            link(d["properties"].get("name") or d["id"], place(account, lines, d["id"])),
            *(d["properties"].get(name) or "" for name in ("hs_sku", "quantity", "price", "hs_total_discount", "hs_tax_amount", "amount")),
        ]
        for number in account.associated(records.kind.name, document["id"], "line_items")
        if (d := lines.documents[int(number)])
    ]
    choices = [("", ""), *((d["id"], d["properties"].get("name") or d["id"]) for d in products.after(0))]
    entry = form(
        place(account, records, document["id"]) + "/line",
        [(name, label, "") for name, label in LINE_FIELDS],
        submit="Add line",
        options={"hs_product_id": choices},
    )
    return table(["Line", "SKU", "Quantity", "Price", "Discount", "Tax", "Amount"], rows) + entry


def _payment(account: Account, document: Document, here: str) -> str:
    payments = account.tables["commerce_payments"]
    names = ("hs_latest_status", "hs_payment_method_type", "hs_reference_number", "hs_initial_amount")
    rows = [
        [
            link(d["properties"].get("hs_initiated_date") or d["id"], place(account, payments, d["id"])),
            *(d["properties"].get(name) or "" for name in names),
        ]
        for number in account.associated("invoices", document["id"], "commerce_payments")
        if (d := payments.documents[int(number)])
    ]
    labels = {"hs_initial_amount": "Amount", "hs_payment_method_type": "Method", "hs_processor_type": "Processor", "hs_reference_number": "Reference"}
    entry = form(
        here + "/payment",
        [(name, labels[name], "none" if name == "hs_processor_type" else "") for name in PAYMENT_FIELDS],
        submit="Record payment",
        options={"hs_payment_method_type": [("", ""), *METHODS], "hs_processor_type": PROCESSORS},
    )
    return table(["Payment", "Status", "Method", "Reference", "Amount"], rows) + entry
