"""Pages on which a person looks at the account's records and edits them. No sign-in: the simulation listens on this machine only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.definitions import ALIASES, TYPES
from connectors.sandbox.hubspot.oauth import same_origin
from connectors.sandbox.hubspot.records import PERSON, Table
from connectors.sandbox.hubspot.refusals import Refusal, missing
from connectors.sandbox.pages import Html, button, form, layout, link, note, part, table
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

PAGE = 50
ADDRESS = ("address", "city", "state", "zip", "country")
EDITED = {
    "contacts": ("email", "firstname", "lastname", "company", "phone", "mobilephone", "fax", "website", "salutation", *ADDRESS, "lifecyclestage",
                 "message"),
    "companies": ("name", "domain", "phone", "website", *ADDRESS, "industry"),
    "invoices": ("hs_number", "hs_title", "hs_invoice_status", "hs_currency", "hs_amount_billed", "hs_comments"),
}
COLUMNS = {
    "contacts": ("firstname", "lastname", "email", "company", "phone"),
    "companies": ("name", "domain", "city"),
    "invoices": ("hs_number", "hs_invoice_status", "hs_invoice_source", "hs_amount_billed", "hs_currency", "hs_createdate"),
}
NEW_INVOICE = {"hs_invoice_status": "open"}

Show = Callable[[Request, Account], str | Reply]


def add(app: HubSpot) -> None:
    """Serve the pages."""

    def page(method: str, template: str) -> Callable[[Show], Show]:
        def register(show: Show) -> Show:
            @app.route(method, template)
            def served(request: Request) -> Reply:
                return _show(app, request, show)

            return show

        return register

    @app.route("GET", "/")
    def home(request: Request) -> Reply:
        rows = [[link(account.name, f"/contacts/{key}/objects/0-1"), key] for key, account in app.accounts.items()]
        words = note("This is a simulation of HubSpot for trying things out. It keeps its own records and reaches nobody.")
        return Reply(200, layout("HubSpot sandbox", words + table(["Account", "Id"], rows)))

    @page("GET", "/contacts/{portal}/objects/{type}")
    def listing(request: Request, account: Account) -> str:
        return _listing(account, account.table(request.params["type"]), request.query)

    @page("GET", "/contacts/{portal}/objects/{type}/new")
    def new(request: Request, account: Account) -> str:
        return _new(account, account.table(request.params["type"]))

    @page("POST", "/contacts/{portal}/objects/{type}/new")
    def create(request: Request, account: Account) -> Reply:
        records = account.table(request.params["type"])
        made = records.insert(records.check(_values(records, request)), PERSON)
        return _to(account, records, made["id"])

    @page("GET", "/contacts/{portal}/record/{type}/{id}")
    def record(request: Request, account: Account) -> str:
        return _record(account, account.table(request.params["type"]), _need(account, request))

    @page("POST", "/contacts/{portal}/record/{type}/{id}/edit")
    def edit(request: Request, account: Account) -> Reply:
        records, document = account.table(request.params["type"]), _need(account, request)
        changed = {k: v for k, v in _values(records, request).items() if v != (document["properties"].get(k) or "")}
        if changed:
            records.change(document, records.check(changed, document["id"]), PERSON)
        return _to(account, records, document["id"])

    @page("POST", "/contacts/{portal}/record/{type}/{id}/archive")
    def archive(request: Request, account: Account) -> Reply:
        records, document = account.table(request.params["type"]), _need(account, request)
        if document["archived"] is None:
            records.archive(document)
        return _to(account, records, document["id"])

    @page("POST", "/contacts/{portal}/record/{type}/{id}/restore")
    def restore(request: Request, account: Account) -> Reply:
        records, document = account.table(request.params["type"]), _need(account, request)
        if document["archived"] is not None:
            records.restore(document)
        return _to(account, records, document["id"])

    @page("POST", "/contacts/{portal}/record/{type}/{id}/company")
    def associate(request: Request, account: Account) -> Reply:
        contacts, document = account.table("contacts"), _need(account, request)
        company = account.need("companies", request.form.get("company", ""))
        account.associate("contacts", document["id"], "companies", company["id"], [1], source=PERSON)
        return _to(account, contacts, document["id"])

    @page("POST", "/contacts/{portal}/record/{type}/{id}/invoice")
    def invoice(request: Request, account: Account) -> Reply:
        document, invoices = _need(account, request), account.table("invoices")
        values = {"hs_currency": account.details["companyCurrency"], **NEW_INVOICE, **_values(invoices, request)}
        made = invoices.insert(invoices.check(values), PERSON)
        account.associate("contacts", document["id"], "invoices", made["id"], source=PERSON)
        return _to(account, invoices, made["id"])


def _show(app: HubSpot, request: Request, show: Show) -> Reply:
    """A page inside the account's frame; what is refused is said in words."""
    account = app.accounts.get(request.params["portal"])
    if account is None or request.params["type"] not in ALIASES:
        return Reply(404, layout("Not found", note("There is no such page.", error=True)))
    problem = same_origin(request) if request.method == "POST" else ""
    if problem:
        return Reply(403, layout("Refused", note(problem, error=True)))
    links = [("Accounts", "/"), *((facts.name.capitalize(), f"/contacts/{account.portal}/objects/{facts.type_id}") for facts in TYPES.values())]
    try:
        shown = show(request, account)
    except Refusal as refusal:
        return Reply(refusal.status, layout("That did not work", note(refusal.message, error=True), links=links))
    return shown if isinstance(shown, Reply) else Reply(200, layout(account.name, shown, links=links))


def _to(account: Account, records: Table, record_id: str) -> Reply:
    return Reply(303, "", {"Location": _place(account, records, record_id)})


def _place(account: Account, records: Table, record_id: str) -> str:
    return f"/contacts/{account.portal}/record/{records.kind.type_id}/{part(record_id)}"


def _need(account: Account, request: Request) -> Document:
    """The record of the path, archived ones included."""
    document = account.table(request.params["type"]).get(request.params["id"])
    if document is None:
        raise missing("There is no such record.")
    return document


def _values(records: Table, request: Request) -> dict[str, str]:
    """The edited properties of a form; line ends as typed on any system become plain ones."""
    given = request.form
    return {name: given[name].replace("\r\n", "\n") for name in EDITED[records.kind.name] if name in given}


def _listing(account: Account, records: Table, query: Mapping[str, str]) -> str:
    words, archived = query.get("q", "").lower(), query.get("archived") == "1"
    number = int(query["page"]) if query.get("page", "").isdecimal() else 1
    found = [
        d for d in records.after(0, archived=archived)
        if not words or any(words in (d["properties"].get(name) or "").lower() for name in COLUMNS[records.kind.name])
    ]
    start = max(0, number - 1) * PAGE
    labels = [records.definitions()[name]["label"] for name in COLUMNS[records.kind.name]]
    rows = [
        [link(d["id"], _place(account, records, d["id"])), *(d["properties"].get(name) or "" for name in COLUMNS[records.kind.name])]
        for d in found[start : start + PAGE]
    ]
    base = f"/contacts/{account.portal}/objects/{records.kind.type_id}"
    search = form(base, [("q", "Search", query.get("q", ""))], submit="Search").replace('method="post"', 'method="get"', 1)
    turn = [("Earlier", number - 1)] * (number > 1) + [("Later", number + 1)] * (start + PAGE < len(found))
    kept = {key: value for key, value in (("q", query.get("q", "")), ("archived", query.get("archived", ""))) if value}
    paging = " ".join(link(text, f"{base}?{urlencode({**kept, 'page': to})}") for text, to in turn)
    other = link("Show live records", base) if archived else link("Show the recycle bin", base + "?archived=1")
    head = note(f"{len(found)} {records.kind.name}{' in the recycle bin' if archived else ''}") + link("Create", base + "/new") + " " + other
    return head + search + table(["Id", *labels], rows) + paging


def _new(account: Account, records: Table) -> str:
    empty = {"hs_currency": account.details["companyCurrency"], **NEW_INVOICE} if records.kind.name == "invoices" else {}
    return _form(records, f"/contacts/{account.portal}/objects/{records.kind.type_id}/new", empty, "Create")


def _form(records: Table, action: str, values: Mapping[str, str], submit: str) -> str:
    definitions, names = records.definitions(), EDITED[records.kind.name]
    options: dict[str, Sequence[tuple[str, str]]] = {
        name: [("", ""), *((o["value"], o["label"]) for o in definitions[name]["options"])]
        for name in names if definitions[name]["type"] == "enumeration"
    }
    return form(action, [(name, definitions[name]["label"], values.get(name) or "") for name in names], submit=submit, options=options)


def _record(account: Account, records: Table, document: Document) -> str:
    place = _place(account, records, document["id"])
    if document["archived"] is not None:
        return note("This record is in the recycle bin.", error=True) + button("Restore", place + "/restore")
    facts = [[name, value] for name, value in sorted(document["properties"].items()) if name not in EDITED[records.kind.name]]
    return (
        _form(records, place + "/edit", document["properties"], "Save")
        + button("Archive", place + "/archive")
        + (_contact_forms(account, place) if records.kind.name == "contacts" else "")
        + table(["Associated", "Record"], _associated(account, records, document))
        + table(["Property", "Value"], facts)
    )


def _contact_forms(account: Account, place: str) -> str:
    invoices = account.tables["invoices"]
    statuses = [(o["value"], o["label"]) for o in invoices.definitions()["hs_invoice_status"]["options"]]
    return form(place + "/company", [("company", "Company id", "")], submit="Associate company") + form(
        place + "/invoice",
        [("hs_number", "Invoice number", ""), ("hs_amount_billed", "Amount", ""), ("hs_invoice_status", "Status", "open")],
        submit="Create invoice",
        options={"hs_invoice_status": statuses},
    )


def _associated(account: Account, records: Table, document: Document) -> list[list[str | Html]]:
    rows: list[list[str | Html]] = []
    for name, other in account.tables.items():
        for other_id in account.associated(records.kind.name, document["id"], name):
            shown = other.documents[int(other_id)]["properties"]
            words = " ".join(filter(None, (shown.get(column) for column in COLUMNS[name][:2])))
            rows.append([name, link(words or other_id, _place(account, other, other_id))])
    return rows
