"""What the pages share: the account's frame, addresses, and how a page is served."""

from __future__ import annotations

from collections.abc import Callable

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.definitions import ALIASES, TYPES
from connectors.sandbox.hubspot.oauth import same_origin
from connectors.sandbox.hubspot.records import Table
from connectors.sandbox.hubspot.refusals import Refusal, missing
from connectors.sandbox.pages import layout, note, part
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

RECORD = "/contacts/{portal}/record/{type}/{id}"

Show = Callable[[Request, Account], str | Reply]


def page(app: HubSpot, method: str, template: str) -> Callable[[Show], Show]:
    """Serve a page of an account and, where the path names one, of an object type: HTML that is put into the frame, or a whole answer."""

    def register(show: Show) -> Show:
        @app.route(method, template)
        def served(request: Request) -> Reply:
            return _show(app, request, show)

        return show

    return register


def _show(app: HubSpot, request: Request, show: Show) -> Reply:
    """A page inside the account's frame; what is refused is said in words."""
    account = app.accounts.get(request.params["portal"])
    if account is None or request.params.get("type", "0-1") not in ALIASES:
        return Reply(404, layout("Not found", note("There is no such page.", error=True)))
    problem = same_origin(request) if request.method == "POST" else ""
    if problem:
        return Reply(403, layout("Refused", note(problem, error=True)))
    links = [("Accounts", "/"), *((words(facts.name), listing(account, facts.name)) for facts in TYPES.values())]
    try:
        shown = show(request, account)
    except Refusal as refusal:
        return Reply(refusal.status, layout("That did not work", note(refusal.message, error=True), links=links))
    return shown if isinstance(shown, Reply) else Reply(200, layout(account.name, shown, links=links))


def words(name: str) -> str:
    """An object type's name for people."""
    return name.replace("_", " ").capitalize()


def listing(account: Account, kind: str) -> str:
    return f"/contacts/{account.portal}/objects/{TYPES[kind].type_id}"


def place(account: Account, records: Table, record_id: str) -> str:
    return f"/contacts/{account.portal}/record/{records.kind.type_id}/{part(record_id)}"


def to(account: Account, records: Table, record_id: str) -> Reply:
    """On to the page of a record."""
    return Reply(303, "", {"Location": place(account, records, record_id)})


def need(account: Account, request: Request) -> Document:
    """The record of the path, archived ones included."""
    document = account.table(request.params["type"]).get(request.params["id"])
    if document is None:
        raise missing("There is no such record.")
    return document


def need_live(account: Account, request: Request, kind: str) -> Document:
    """The live record of the path, which must be of this type."""
    if account.type_name(request.params["type"]) != kind:
        raise missing("There is no such page.")
    return account.need(kind, request.params["id"])
