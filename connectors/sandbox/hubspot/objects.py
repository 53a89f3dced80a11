"""Single-record calls on objects: create, get, list, update, archive, merge, privacy delete. Source: reference sections 6 and 7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot import links, writing
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.definitions import TYPES
from connectors.sandbox.hubspot.desk import api
from connectors.sandbox.hubspot.records import API, Table
from connectors.sandbox.hubspot.refusals import Refusal, invalid, missing
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

ROOT = "/crm/objects/{version}/{type}"
PAGE = 100
PAGE_WITH_HISTORY = 50
MERGED_TYPES = ("contacts", "companies", "deals")


def present(table: Table, document: Document, names: Iterable[str] = (), history: Iterable[str] = ()) -> dict[str, Any]:
    """A record as the API shows it: the named properties, unknown names left out, and those of the system."""
    facts, held = table.kind, document["properties"]
    shown = {name: held.get(name) for name in (*names, "hs_object_id", facts.created, facts.modified)}
    body = {
        "id": document["id"],
        "properties": shown,
        "createdAt": held[facts.created],
        "updatedAt": held[facts.modified],
        "archived": document["archived"] is not None,
        "url": f"/contacts/{table.portal}/record/{facts.type_id}/{document['id']}",
    }
    if document["archived"] is not None:
        body["archivedAt"] = iso(document["archived"])
    if history:
        body["propertiesWithHistory"] = {name: table.history(document, name) for name in history}
    return body


def known(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    """The asked properties that exist; the type's default ones when nothing was asked."""
    asked = [name for name in names if name]
    definitions = table.definitions()
    return tuple(name for name in asked if name in definitions) if asked else table.kind.defaults


def listed(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def grouped(app: HubSpot, account: Account, kind: str, record_id: str, wanted: Sequence[str]) -> dict[str, Any]:
    """The `associations` member of a read: ids by type, as many as one page holds."""
    shown: dict[str, Any] = {}
    for name in wanted:
        to = account.type_name(name)
        held = account.associated(kind, record_id, to)
        words = f"{TYPES[kind].legacy}_to_{TYPES[to].legacy}".lower()
        rows = [{"id": other, "type": words} for other in held]
        rows += [{"id": other, "type": words + "_unlabeled"} for other, types in held.items() if len(types) > 1]
        page = app.switches.associations_page
        key = to.replace("_", " ") if app.switches.spaced_association_keys else to
        if rows:
            shown[key] = {"results": rows[:page]}
        if len(rows) > page:
            shown[key]["paging"] = {"next": {"after": rows[page]["id"], "link": ""}}
    return shown


def flag(query: Mapping[str, str], name: str) -> bool:
    """Whether a parameter says true, in any case: HubSpot's client for Python writes "True"."""
    return query.get(name, "").lower() == "true"


def need_object(value: Any, what: str = "Invalid input JSON") -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise invalid(what)
    return value


def find(account: Account, request: Request) -> Document:
    """The live record that the path and `idProperty` name, or a 404."""
    table, name = account.table(request.params["type"]), request.query.get("idProperty", "")
    if not name or name == "hs_object_id":
        return account.need(request.params["type"], request.params["id"])
    document = by_property(table, name, request.params["id"])
    if document is None:
        raise missing()
    return document


def by_property(table: Table, name: str, value: str) -> Document | None:
    """The live record that holds a unique value. Raises a refusal for a property that is not unique."""
    if name not in table.unique:
        raise invalid(f"Property {name} is not a unique identifier property")
    return table.holder(name, value)


def add(app: HubSpot) -> None:
    """Serve the calls."""

    @app.api("POST", ROOT, "write")
    def create(request: Request, account: Account) -> Reply:
        body = need_object(request.json)
        table = account.table(request.params["type"])
        desk, asked = api(app, account), links.parsed(account, table.kind.name, body.get("associations"))
        clean = writing.check(desk, table, need_object(body.get("properties", {})), asked=asked)
        made = writing.create(desk, table, clean, asked)
        return Reply(201, present(table, made, (*clean, *table.kind.defaults)))

    @app.api("GET", ROOT, "read")
    def list_records(request: Request, account: Account) -> Reply:
        table, query = account.table(request.params["type"]), request.query
        history = known(table, listed(query["propertiesWithHistory"])) if query.get("propertiesWithHistory") else ()
        limit = bounded(query.get("limit", "10"), PAGE_WITH_HISTORY if history else PAGE)
        after = query.get("after", "0")
        if not after.isdecimal():
            raise invalid("Invalid paging: after")
        names, wanted = known(table, listed(query.get("properties", ""))), listed(query.get("associations", ""))
        results: list[dict[str, Any]] = []
        following = ""
        for document in table.after(int(after), archived=flag(query, "archived")):
            if len(results) == limit:
                following = document["id"]
                break
            shown = present(table, document, names, history)
            if wanted and (associations := grouped(app, account, table.kind.name, document["id"], wanted)):
                shown["associations"] = associations
            results.append(shown)
        paging = {"paging": {"next": {"after": following, "link": f"{request.path}?after={following}"}}} if following else {}
        return Reply(200, {"results": results, **paging})

    @app.api("GET", ROOT + "/{id}", "read")
    def get(request: Request, account: Account) -> Reply:
        table, query = account.table(request.params["type"]), request.query
        if flag(query, "archived"):
            archived = table.get(request.params["id"])
            if archived is None or archived["archived"] is None:
                raise missing()
            document = archived
        else:
            document = find(account, request)
        history = known(table, listed(query["propertiesWithHistory"])) if query.get("propertiesWithHistory") else ()
        shown = present(table, document, known(table, listed(query.get("properties", ""))), history)
        if associations := grouped(app, account, table.kind.name, document["id"], listed(query.get("associations", ""))):
            shown["associations"] = associations
        return Reply(200, shown)

    @app.api("PATCH", ROOT + "/{id}", "write")
    def update(request: Request, account: Account) -> Reply:
        table, body = account.table(request.params["type"]), need_object(request.json)
        document = find(account, request)
        desk = api(app, account)
        clean = writing.check(desk, table, need_object(body.get("properties", {})), document)
        return Reply(200, present(table, writing.change(desk, table, document, clean), (*clean, *table.kind.defaults)))

    @app.api("DELETE", ROOT + "/{id}", "write")
    def archive(request: Request, account: Account) -> Reply:
        desk, table = api(app, account), account.table(request.params["type"])
        document = table.get(request.params["id"])
        if document and document["archived"] is None:
            writing.check_archive(desk, table, document)
            writing.archive(desk, table, document)
        return Reply(204)

    @app.api("POST", ROOT + "/merge", "write")
    def merge_records(request: Request, account: Account) -> Reply:
        body = need_object(request.json)
        table = account.table(request.params["type"])
        merged = merge(account, table, str(body.get("primaryObjectId", "")), str(body.get("objectIdToMerge", "")))
        return Reply(200, present(table, merged, table.kind.defaults))

    @app.api("POST", ROOT + "/gdpr-delete", "write")
    def privacy_delete(request: Request, account: Account) -> Reply:
        body = need_object(request.json)
        table = account.table(request.params["type"])
        if table.kind.name != "contacts":
            raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
        key = str(body.get("objectId", ""))
        document = by_property(table, body["idProperty"], key) if body.get("idProperty") else table.get(key)
        if document:
            forget(account, table, document)
        return Reply(204)


def bounded(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid(f"limit must be between 1 and {most}")
    return int(text)


def merge(account: Account, table: Table, primary_id: str, other_id: str) -> Document:
    """Merge two records into a third one with a new id; the primary's values win. Source: section 7.4."""
    primary, other = account.need(table.kind.name, primary_id), account.need(table.kind.name, other_id)
    if table.kind.name not in MERGED_TYPES or primary["id"] == other["id"]:
        raise invalid("These records cannot be merged")
    held = [*account.links(table.kind.name, primary["id"]), *account.links(table.kind.name, other["id"])]
    definitions = table.definitions()
    values = {name: value for name, value in {**other["properties"], **primary["properties"]}.items() if name in definitions}
    if table.kind.name == "contacts":
        values["hs_additional_emails"] = joined(
            primary["properties"].get("hs_additional_emails"),
            other["properties"].get("email"),
            other["properties"].get("hs_additional_emails"),
            without=values.get("email", ""),
        )
        values.pop("associatedcompanyid", None)
    values["hs_merged_object_ids"] = joined(
        primary["properties"].get("hs_merged_object_ids"), primary["id"], other["properties"].get("hs_merged_object_ids"), other["id"]
    )
    for document in (primary, other):
        for to, to_id, _ in account.links(table.kind.name, document["id"]):
            account.dissociate(table.kind.name, document["id"], to, to_id)
    merged = table.insert(values, API)
    for document in (primary, other):
        table.forget(table.documents[int(document["id"])], merged["id"])
    table.reindex(merged)
    for to, to_id, types in held:
        account.associate(table.kind.name, merged["id"], to, to_id, types - {1, 2})
    return table.documents[int(merged["id"])]


def joined(*lists: str | None, without: str = "") -> str:
    """Lists separated by semicolons as one, without repeats."""
    parts = dict.fromkeys(part for text in lists if text for part in text.split(";") if part and part != without)
    return ";".join(parts)


def forget(account: Account, table: Table, document: Document) -> None:
    """Erase a record and its associations for good."""
    for to, to_id, _ in account.links(table.kind.name, document["id"]):
        account.dissociate(table.kind.name, document["id"], to, to_id)
    table.forget(table.documents[int(document["id"])])
