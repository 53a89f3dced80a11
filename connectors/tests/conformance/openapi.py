"""HubSpot's OpenAPI files and the inventory of its endpoints, as one table of operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.tests.conformance import reference
from connectors.tests.conformance.shape import Schema, Shape

INVENTORY = "endpoint-inventory.json"
NEWEST, DESCRIBED = "2026-09", "2026-03"
"""The version that only the inventory knows, and the one whose files hold its bodies: ORIGIN.md, hubspot.md section 1."""

RENAMED = (("/app-webhooks/", "/webhooks/"),)
MIXED = 207
ONE_TYPE = "contacts"

EXTRAS: dict[str, tuple[str, ...]] = {
    # Members that the official files add to answers: ORIGIN.md, "Known differences".
    "SimplePublicObject": ("warnings", "url"),
    "SimplePublicObjectWithAssociations": ("warnings", "url"),
    "SimplePublicUpsertObject": ("warnings", "url"),
    "Property": ("textDisplayHint", "currencyPropertyName", "numberDisplayHint", "showCurrencySymbol", "dataSensitivity"),
    "AssociationSpecWithLabel": ("fromObjectTypeId", "toObjectTypeId"),
    "AccessTokenResponse": ("appInstallId", "audience"),
    "SubscriptionResponse": ("eventTypeName", "customObjectTypeId"),
}
LABELLED = "AssociationSpecWithLabel"
"""Most association types have no label, which is told as null; the files know optional members only."""

SORTS: Schema = {
    "type": "array",
    "maxItems": 1,
    "items": {
        "type": "object",
        "properties": {"propertyName": {"type": "string"}, "direction": {"enum": ["ASCENDING", "DESCENDING"]}},
        "required": ["propertyName"],
        "additionalProperties": False,
    },
}
"""The files say that sorts are strings, the guide shows objects: hubspot.md section 8."""

VALUES: Schema = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
"""The properties of a record: hubspot.md section 6.1."""


@dataclass
class Operation:
    """A call. `bodies` by status; a `form` is sent as one, and `sent` is None where nothing is."""

    template: str
    method: str
    statuses: set[int] = field(default_factory=set)
    query: dict[str, Schema] = field(default_factory=dict)
    sent: Shape | None = None
    form: bool = False
    bodies: dict[int, Shape | None] = field(default_factory=dict)


Tree = dict[str, Any]
"""Operations by the parts of their templates, "*" for a named part; those of a whole template by method, under ""."""


class Operations:
    """Every documented call, found by method and path."""

    def __init__(self) -> None:
        self._tree: Tree = {}
        described: Tree = {}
        for operation in _described():
            _enter(described, operation)
            _enter(self._tree, operation)
        for row in reference.read(reference.HUBSPOT, INVENTORY)["endpoints"]:
            parts = _parts(row["path"])
            operation = _at(self._tree, parts).get(row["method"]) or _like(described, row["method"], row["path"])
            operation.statuses |= {int(status) for status in row["responses"] if status.isdecimal()}
            operation.query |= {name: {} for name in row.get("query", ()) if name not in operation.query}
            _enter(self._tree, operation)

    @property
    def roots(self) -> AbstractSet[str]:
        """The first parts of all paths."""
        return self._tree.keys()

    def find(self, method: str, path: str) -> Operation | None:
        return _walk(self._tree, path.strip("/").split("/"), method)


def _like(described: Tree, method: str, template: str) -> Operation:
    """The operation of a row of the inventory, with what the files say of it: under the version before, for any type of objects, or for contacts,
    since the file of any type does not have all calls."""
    old = template.replace(NEWEST, DESCRIBED)
    for new, before in RENAMED:
        old = old.replace(new, before)
    for general in (old, old.replace("{objectType}", ONE_TYPE), re.sub(r"/objects/\w+", "/objects/{objectType}", old)):
        found = _walk(described, ["{}" if part.startswith("{") else part for part in general.strip("/").split("/")], method)
        if found:
            return replace(found, template=template, statuses=set(found.statuses), query=dict(found.query))
    return Operation(template, method)


def _parts(template: str) -> list[str]:
    return ["*" if part.startswith("{") else part for part in template.strip("/").split("/")]


def _at(tree: Tree, parts: list[str]) -> dict[str, Operation]:
    """The operations of a template, which are put there if there are none."""
    for part in parts:
        tree = tree.setdefault(part, {})
    found: dict[str, Operation] = tree.setdefault("", {})
    return found


def _enter(tree: Tree, operation: Operation) -> None:
    _at(tree, _parts(operation.template))[operation.method] = operation


def _walk(node: Tree, parts: list[str], method: str) -> Operation | None:
    """The operation of a path: literal parts go before named ones."""
    if not parts:
        found: Operation | None = node.get("", {}).get(method)
        return found
    for name in (parts[0], "*"):
        if name and name in node and (found := _walk(node[name], parts[1:], method)):
            return found
    return None


def _described() -> Iterator[Operation]:
    """The operations of all files."""
    for path in sorted((reference.folder() / reference.HUBSPOT).glob("*.json")):
        if path.name == INVENTORY:
            continue
        file = reference.read(reference.HUBSPOT, path.name)
        schemas = file["components"]["schemas"]
        sent, shown = _components(schemas, _sendable), _components(schemas, _showable)
        for template, methods in file["paths"].items():
            for method, described in methods.items():
                yield _operation(method.upper(), template, described, sent, shown)


def _operation(method: str, template: str, described: Any, sent: Schema, shown: Schema) -> Operation:
    content = (described.get("requestBody") or {}).get("content", {})
    media = next(iter(content), "")
    made = Operation(template, method, form="form" in media)
    if media:
        made.sent = Shape(_sendable("", content[media]["schema"]), sent)
    made.query = {one["name"]: one.get("schema", {}) for one in described.get("parameters", ()) if one["in"] == "query"}
    for status, answer in described["responses"].items():
        if status.isdecimal():
            made.statuses.add(int(status))
            schema = next(iter((answer.get("content") or {}).values()), {}).get("schema")
            made.bodies[int(status)] = Shape(_showable("", schema), shown) if schema is not None else None
    return made


def _components(schemas: Schema, change: Callable[[str, Any], Any]) -> Schema:
    return {name: change(name, schema) for name, schema in schemas.items()}


def _sendable(name: str, schema: Any) -> Any:
    """What may be sent: nothing is required (ORIGIN.md), and nothing unknown is taken."""
    return _changed(name, schema, required=False)


def _showable(name: str, schema: Any) -> Any:
    return _changed(name, schema, required=not name.startswith("Error"))


def _changed(name: str, schema: Any, *, required: bool) -> Any:
    if isinstance(schema, list):
        return [_changed("", one, required=required) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/definitions/")}
    changed = {key: value for key, value in schema.items() if key not in ("description", "required", "properties")}
    changed = {key: _changed("", value, required=required) for key, value in changed.items()}
    if required and "required" in schema:
        changed["required"] = schema["required"]
    if "properties" in schema:
        members = {key: _member(key, value, required=required) for key, value in schema["properties"].items()}
        changed["properties"] = {**members, **{extra: {} for extra in _extras(name)}}
        if name == LABELLED:
            changed["properties"]["label"] = {"type": ["string", "null"]}
        if not name.startswith("Error"):
            changed["additionalProperties"] = False
    return changed


def _member(key: str, schema: Any, *, required: bool) -> Any:
    if key == "sorts":
        return SORTS
    if key == "properties" and schema.get("type") == "object":
        return VALUES
    return _changed("", schema, required=required)


def _extras(name: str) -> tuple[str, ...]:
    """A batch's errors may stand in any answer of one: hubspot.md section 1."""
    return (*EXTRAS.get(name, ()), *(("numErrors", "errors") if name.startswith("BatchResponse") else ()))
