"""Property definitions, their groups, and account information. Source: reference sections 10.1 and 16."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.batches import inputs_of
from connectors.sandbox.hubspot.objects import flag, need_object
from connectors.sandbox.hubspot.refusals import Refusal, invalid, missing
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

ROOT = "/crm/properties/{version}/{type}"
FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "enumeration": {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "string": {"text", "textarea", "html", "phonenumber", "file", "calculation_equation"},
    "number": {"number", "calculation_equation"},
}
MAX_UNIQUE = 10
CHANGEABLE = ("label", "description", "groupName", "options", "fieldType", "hidden", "displayOrder", "formField")


def add(app: HubSpot) -> None:
    """Serve the calls."""

    @app.api("GET", "/account-info/{version}/details")
    def details(request: Request, account: Account) -> Reply:
        return Reply(200, account.details)

    @app.api("GET", ROOT, "read")
    def list_all(request: Request, account: Account) -> Reply:
        archived = flag(request.query, "archived")
        definitions = account.definitions(account.type_name(request.params["type"])).values()
        return Reply(200, {"results": [d for d in definitions if d["archived"] is archived]})

    @app.api("POST", ROOT, "schema")
    def create(request: Request, account: Account) -> Reply:
        kind = account.type_name(request.params["type"])
        definition = checked(app, account, kind, need_object(request.json))
        account.put_definition(kind, definition)
        return Reply(201, definition)

    @app.api("GET", ROOT + "/groups", "read")
    def groups(request: Request, account: Account) -> Reply:
        return Reply(200, {"results": list(account.groups(account.type_name(request.params["type"])).values())})

    @app.api("POST", ROOT + "/groups", "schema")
    def create_group(request: Request, account: Account) -> Reply:
        kind, body = account.type_name(request.params["type"]), need_object(request.json)
        if not body.get("name") or not body.get("label"):
            raise invalid("A group needs name and label")
        if body["name"] in account.groups(kind):
            raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"A property group named '{body['name']}' already exists.")
        group = {"name": body["name"], "label": body["label"], "displayOrder": body.get("displayOrder", -1), "archived": False}
        account.put_group(kind, group)
        return Reply(201, group)

    @app.api("GET", ROOT + "/groups/{group}", "read")
    def read_group(request: Request, account: Account) -> Reply:
        return Reply(200, need_group(account, request))

    @app.api("PATCH", ROOT + "/groups/{group}", "schema")
    def update_group(request: Request, account: Account) -> Reply:
        kind, body = account.type_name(request.params["type"]), need_object(request.json)
        changed = {**need_group(account, request), **{key: body[key] for key in ("label", "displayOrder") if key in body}}
        account.put_group(kind, changed)
        return Reply(200, changed)

    @app.api("DELETE", ROOT + "/groups/{group}", "schema")
    def archive_group(request: Request, account: Account) -> Reply:
        account.drop_group(account.type_name(request.params["type"]), need_group(account, request)["name"])
        return Reply(204)

    @app.api("GET", ROOT + "/{name}", "read")
    def read(request: Request, account: Account) -> Reply:
        return Reply(200, need(account, request))

    @app.api("PATCH", ROOT + "/{name}", "schema")
    def update(request: Request, account: Account) -> Reply:
        kind, definition, body = account.type_name(request.params["type"]), need(account, request), need_object(request.json)
        if definition["modificationMetadata"]["readOnlyDefinition"]:
            raise invalid("This property cannot be changed")
        options = {"options": _options(body)} if "options" in body else {}
        changed = {**definition, **{key: body[key] for key in CHANGEABLE if key in body}, **options, "updatedAt": iso(app.moment())}
        account.put_definition(kind, changed)
        return Reply(200, changed)

    @app.api("DELETE", ROOT + "/{name}", "schema")
    def archive(request: Request, account: Account) -> Reply:
        archive_all(app, account, account.type_name(request.params["type"]), [need(account, request)])
        return Reply(204)

    @app.api("POST", ROOT + "/batch/create", "schema")
    def batch_create(request: Request, account: Account) -> Reply:
        kind = account.type_name(request.params["type"])
        definitions = [checked(app, account, kind, item) for item in inputs_of(request)]
        for definition in definitions:
            account.put_definition(kind, definition)
        return batch(app, 201, definitions)

    @app.api("POST", ROOT + "/batch/read", "read")
    def batch_read(request: Request, account: Account) -> Reply:
        held = account.definitions(account.type_name(request.params["type"]))
        wanted = [str(item.get("name", "")) for item in inputs_of(request)]
        return batch(app, 200, [held[name] for name in wanted if name in held])

    @app.api("POST", ROOT + "/batch/archive", "schema")
    def batch_archive(request: Request, account: Account) -> Reply:
        kind = account.type_name(request.params["type"])
        held = account.definitions(kind)
        wanted = [str(item.get("name", "")) for item in inputs_of(request)]
        archive_all(app, account, kind, [held[name] for name in wanted if name in held and not held[name]["archived"]])
        return Reply(204)


def batch(app: HubSpot, status: int, results: list[Document]) -> Reply:
    now = iso(app.moment())
    return Reply(status, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})


def need(account: Account, request: Request) -> Document:
    definition = account.definitions(account.type_name(request.params["type"])).get(request.params["name"])
    if definition is None or definition["archived"]:
        raise missing(f"No property exists with the name '{request.params['name']}'.")
    return definition


def need_group(account: Account, request: Request) -> Document:
    group = account.groups(account.type_name(request.params["type"])).get(request.params["group"])
    if group is None:
        raise missing("No such property group")
    return group


def archive_all(app: HubSpot, account: Account, kind: str, definitions: Sequence[Document]) -> None:
    """Archive properties, all or none. Raises a refusal for those of HubSpot's own."""
    if not all(definition["modificationMetadata"]["archivable"] for definition in definitions):
        raise invalid("This property cannot be archived")
    for definition in definitions:
        account.put_definition(kind, {**definition, "archived": True, "archivedAt": iso(app.moment())})


def checked(app: HubSpot, account: Account, kind: str, body: Mapping[str, Any]) -> Document:
    """The definition a create asks for. Raises 409 when the name is taken, 400 when it is not well formed."""
    absent = [key for key in ("name", "label", "type", "fieldType", "groupName") if not body.get(key)]
    if absent:
        raise invalid(f"Some required fields were not set: {absent}")
    name = str(body["name"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise invalid(f"Property name '{name}' may have lower-case letters, digits and underscores only, and begins with a letter")
    if body["fieldType"] not in FIELD_TYPES.get(str(body["type"]), set()):
        raise invalid(f"Field type {body['fieldType']} does not fit type {body['type']}")
    if body["groupName"] not in account.groups(kind):
        raise invalid(f"Property group '{body['groupName']}' does not exist")
    definitions = account.definitions(kind)
    if name in definitions:
        raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.")
    unique = bool(body.get("hasUniqueValue", False))
    if unique and sum(d["hasUniqueValue"] and not d["hubspotDefined"] for d in definitions.values()) >= MAX_UNIQUE:
        raise invalid(f"An object has at most {MAX_UNIQUE} unique properties")
    return _definition(app, body, name, unique)


def _options(body: Mapping[str, Any]) -> list[Document]:
    """Options as they are shown, where each says whether it is hidden."""
    return [{"hidden": False, **option} for option in body.get("options") or ()]


def _definition(app: HubSpot, body: Mapping[str, Any], name: str, unique: bool) -> Document:
    now = iso(app.moment())
    return {
        "name": name,
        **{key: body[key] for key in ("label", "type", "fieldType", "groupName")},
        "description": body.get("description", ""),
        "options": _options(body),
        "displayOrder": body.get("displayOrder", -1),
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": unique,
        "hidden": bool(body.get("hidden", False)),
        "hubspotDefined": False,
        "formField": bool(body.get("formField", False)),
        "archived": False,
        "createdAt": now,
        "updatedAt": now,
        "modificationMetadata": {"archivable": True, "readOnlyDefinition": False, "readOnlyOptions": False, "readOnlyValue": False},
    }
