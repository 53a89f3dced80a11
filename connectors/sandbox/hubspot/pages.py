"""Pages on which a person looks at the account's records and edits them. No sign-in: the simulation listens on this machine only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from connectors.sandbox.hubspot import commerce_pages, invoices, writing
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.columns import COLUMNS, EDITED, INVOICE_HEAD
from connectors.sandbox.hubspot.desk import Desk, Link, person
from connectors.sandbox.hubspot.frames import RECORD, listing, need, page, place, to
from connectors.sandbox.hubspot.records import PERSON, Table
from connectors.sandbox.pages import Html, button, form, layout, link, note, table
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document
from connectors.sandbox.webhooks import panel

PAGE = 50


def add(app: HubSpot) -> None:
    """Serve the pages."""

    @app.route("GET", "/")
    def home(request: Request) -> Reply:
        rows = [
            [link(a.name, listing(a, "contacts")), key, button(f"Turn payments {'off' if a.payments else 'on'}", f"/contacts/{key}/payments")]
            for key, a in app.accounts.items()
        ]
        words = note("This is a simulation of HubSpot for trying things out. It keeps its own records and reaches nobody.")
        return Reply(200, layout("HubSpot sandbox", words + table(["Account", "Id", "Payments"], rows) + panel(app.webhooks)))

    @page(app, "GET", "/contacts/{portal}/objects/{type}")
    def list_page(request: Request, account: Account) -> str:
        return _listing(account, account.table(request.params["type"]), request.query)

    @page(app, "GET", "/contacts/{portal}/objects/{type}/new")
    def new(request: Request, account: Account) -> str:
        return _new(account, account.table(request.params["type"]))

    @page(app, "POST", "/contacts/{portal}/objects/{type}/new")
    def create(request: Request, account: Account) -> Reply:
        records = account.table(request.params["type"])
        made = commerce_pages.make(person(app, account), records.kind.name, _values(records, request), [])
        return to(account, records, made["id"])

    @page(app, "GET", RECORD)
    def record(request: Request, account: Account) -> str:
        return _record(account, account.table(request.params["type"]), need(account, request))

    @page(app, "POST", RECORD + "/edit")
    def edit(request: Request, account: Account) -> Reply:
        records, document = account.table(request.params["type"]), need(account, request)
        changed = {k: v for k, v in _values(records, request).items() if v != (document["properties"].get(k) or "")}
        if changed:
            desk = person(app, account)
            writing.change(desk, records, document, writing.check(desk, records, changed, document))
        return to(account, records, document["id"])

    @page(app, "POST", RECORD + "/archive")
    def archive(request: Request, account: Account) -> Reply:
        records, document = account.table(request.params["type"]), need(account, request)
        if document["archived"] is None:
            desk = person(app, account)
            writing.check_archive(desk, records, document)
            writing.archive(desk, records, document)
        return to(account, records, document["id"])

    @page(app, "POST", RECORD + "/restore")
    def restore(request: Request, account: Account) -> Reply:
        records, document = account.table(request.params["type"]), need(account, request)
        if document["archived"] is not None:
            writing.restore(person(app, account), records, document)
        return to(account, records, document["id"])

    @page(app, "POST", RECORD + "/company")
    def associate(request: Request, account: Account) -> Reply:
        contacts, document = account.table("contacts"), need(account, request)
        company = account.need("companies", request.form.get("company", ""))
        account.associate("contacts", document["id"], "companies", company["id"], [1], source=PERSON)
        return to(account, contacts, document["id"])

    @page(app, "POST", RECORD + "/invoice")
    def invoice(request: Request, account: Account) -> Reply:
        return to(account, account.tables["invoices"], _noted(person(app, account), need(account, request), request)["id"])

    commerce_pages.add(app)


def _noted(desk: Desk, contact: Document, request: Request) -> Document:
    """An invoice kept as a record only, in the state given by the form."""
    records = desk.account.tables["invoices"]
    values = {"hs_currency": desk.account.currency, "hs_invoice_status": "open", **_values(records, request), "hs_invoice_billable": "false"}
    return commerce_pages.make(desk, "invoices", values, [Link("contacts", contact["id"])])


def _values(records: Table, request: Request) -> dict[str, str]:
    """The edited properties of a form; line ends as typed on any system become plain ones."""
    given = request.form
    return {name: given[name].replace("\r\n", "\n") for name in EDITED[records.kind.name] if name in given}


def _listing(account: Account, records: Table, query: Mapping[str, str]) -> str:
    words, archived = query.get("q", "").lower(), query.get("archived") == "1"
    number = int(query["page"]) if query.get("page", "").isdecimal() else 1
    found = [
        d
        for d in records.after(0, archived=archived)
        if not words or any(words in (d["properties"].get(name) or "").lower() for name in COLUMNS[records.kind.name])
    ]
    start = max(0, number - 1) * PAGE
    labels = [records.definitions()[name]["label"] for name in COLUMNS[records.kind.name]]
    rows = [
        [link(d["id"], place(account, records, d["id"])), *(d["properties"].get(name) or "" for name in COLUMNS[records.kind.name])]
        for d in found[start : start + PAGE]
    ]
    base = listing(account, records.kind.name)
    search = form(base, [("q", "Search", query.get("q", ""))], submit="Search").replace('method="post"', 'method="get"', 1)
    turn = [("Earlier", number - 1)] * (number > 1) + [("Later", number + 1)] * (start + PAGE < len(found))
    kept = {key: value for key, value in (("q", query.get("q", "")), ("archived", query.get("archived", ""))) if value}
    paging = " ".join(link(text, f"{base}?{urlencode({**kept, 'page': to})}") for text, to in turn)
    other = link("Show live records", base) if archived else link("Show the recycle bin", base + "?archived=1")
    kind = records.kind.name.replace("_", " ")
    head = note(f"{len(found)} {kind}{' in the recycle bin' if archived else ''}") + link("Create", base + "/new") + " " + other
    return head + search + table(["Id", *labels], rows) + paging


def _new(account: Account, records: Table) -> str:
    empty = {"hs_currency": account.currency, "hs_invoice_billable": "true"} if records.kind.name == "invoices" else {}
    return _form(records, listing(account, records.kind.name) + "/new", empty, "Create")


def _editable(records: Table, values: Mapping[str, str]) -> tuple[str, ...]:
    """The properties of a form; number, status and amounts of a billable invoice are not typed in."""
    typed = not ("hs_invoice_status" in values and invoices.billable(values))
    return EDITED[records.kind.name] if records.kind.name != "invoices" or typed else INVOICE_HEAD


def _form(records: Table, action: str, values: Mapping[str, str], submit: str) -> str:
    definitions, names = records.definitions(), _editable(records, values)
    options: dict[str, Sequence[tuple[str, str]]] = {
        name: [("", ""), *((o["value"], o["label"]) for o in definitions[name]["options"])]
        for name in names
        if definitions[name]["type"] in ("enumeration", "bool")
    }
    return form(action, [(name, definitions[name]["label"], values.get(name) or "") for name in names], submit=submit, options=options)


def _record(account: Account, records: Table, document: Document) -> str:
    here = place(account, records, document["id"])
    if document["archived"] is not None:
        return note("This record is in the recycle bin.", error=True) + button("Restore", here + "/restore")
    edited = _editable(records, document["properties"])
    facts = [[name, value] for name, value in sorted(document["properties"].items()) if name not in edited]
    return (
        _form(records, here + "/edit", document["properties"], "Save")
        + button("Archive", here + "/archive")
        + (_contact_forms(account, here) if records.kind.name == "contacts" else "")
        + commerce_pages.panels(account, records, document)
        + table(["Associated", "Record"], _associated(account, records, document))
        + table(["Property", "Value"], facts)
    )


def _contact_forms(account: Account, here: str) -> str:
    statuses = [(o["value"], o["label"]) for o in account.definitions("invoices")["hs_invoice_status"]["options"]]
    return form(here + "/company", [("company", "Company id", "")], submit="Associate company") + form(
        here + "/invoice",
        [("hs_number", "Invoice number", ""), ("hs_amount_billed", "Amount", ""), ("hs_invoice_status", "Status", "open")],
        submit="Keep a record of an invoice",
        options={"hs_invoice_status": statuses},
    )


def _associated(account: Account, records: Table, document: Document) -> list[list[str | Html]]:
    rows: list[list[str | Html]] = []
    for name, other in account.tables.items():
        for other_id in account.associated(records.kind.name, document["id"], name):
            shown = other.documents[int(other_id)]["properties"]
            words = " ".join(filter(None, (shown.get(column) for column in COLUMNS[name][:2])))
            rows.append([name, link(words or other_id, place(account, other, other_id))])
    return rows
