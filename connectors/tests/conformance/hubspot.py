"""HubSpot's calls, judged by its OpenAPI files, the inventory of its endpoints, and what its account knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from connectors.sandbox.hubspot import HubSpot as Sandbox
from connectors.sandbox.hubspot.definitions import ALIASES
from connectors.sandbox.server import Reply, Request
from connectors.tests.conformance.openapi import MIXED, Operation, Operations
from connectors.tests.conformance.shape import Schema, Shape

REFUSALS = frozenset({400, 401, 403, 404, 409, 413, 414, 415, 423, 429, 477, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526})
"""hubspot.md section 5."""


def _texts(*names: str) -> Schema:
    return {name: {"type": "string"} for name in names}


TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
DETAIL: Schema = {
    "type": "object",
    "properties": {**_texts("message", "code", "in", "subCategory"), "context": TEXTS},
    "additionalProperties": False,
}
ERROR = Shape(
    {
        "type": "object",
        "properties": {
            **_texts("status", "message", "correlationId", "category", "subCategory", "error", "error_description"),
            **_texts("errorType", "policyName", "groupName", "requestId"),
            "errors": {"type": "array", "items": DETAIL},
            "context": TEXTS,
            "links": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "additionalProperties": False,
    }
)
"""Every member is optional: hubspot.md sections 2.4, 4 and 5."""

MEMBER_ERRORS = Shape(
    {
        "type": "object",
        "properties": {
            "numErrors": {"type": "integer", "minimum": 1},
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        **_texts("status", "category", "message", "id"),
                        "subCategory": {},
                        "context": TEXTS,
                        "links": {"type": "object", "additionalProperties": {"type": "string"}},
                        "errors": {"type": "array", "items": DETAIL},
                    },
                    "required": ["status", "category", "message", "context", "links", "errors"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["numErrors", "errors"],
    }
)
"""A batch with mixed results: StandardError of the files of version 3 (ORIGIN.md, section 6.3)."""

FORMS: Mapping[str, Shape] = {
    # hubspot.md section 2.3.
    "authorization_code": Shape({"required": ["client_id", "client_secret", "redirect_uri", "code"]}),
    "refresh_token": Shape({"required": ["client_id", "client_secret", "refresh_token"]}),
}


class HubSpot:
    """What is wrong with a request, or with the answer to one."""

    @cached_property
    def operations(self) -> Operations:
        return Operations()

    def sent(self, app: Sandbox, request: Request, reply: Reply | None) -> Iterator[str]:
        """Faults of a request that a connector sent."""
        operation = self.operations.find(request.method, request.path)
        if operation is None:
            yield "the path: there is no such call"
            return
        yield from _parameters(operation, request.query)
        if operation.form:
            return
        body = request.json
        if operation.sent and (faults := operation.sent.faults(body)):
            yield from faults
        elif request.body and not operation.sent:
            yield "the body: none was expected"
        elif "/objects/" in operation.template and reply is not None and reply.status < 400:
            yield from _unknown_properties(app, request, body)

    def form(self, request: Request) -> Iterator[str]:
        """Faults of what was sent to a token endpoint."""
        operation = self.operations.find(request.method, request.path)
        if operation and operation.form and operation.sent:
            yield from operation.sent.faults(request.form)
            yield from (FORMS[kind].faults(request.form) if (kind := request.form.get("grant_type", "")) in FORMS else ())
            if request.query:
                yield "the query: everything was expected in the body"

    def shown(self, app: Sandbox, request: Request, reply: Reply) -> Iterator[str]:
        """Faults of an answer."""
        if request.path.strip("/").split("/")[0] not in self.operations.roots or "authorize" in request.path:
            return
        if reply.status >= 400:
            if reply.status not in REFUSALS and reply.status != 405:
                yield f"status: {reply.status} is not documented"
            yield from ERROR.faults(reply.body)
            return
        operation = self.operations.find(request.method, request.path)
        if operation is None:
            yield "the path: there is no such call"
        elif reply.status not in operation.statuses | _mixed(operation):
            yield f"status: {reply.status} is not documented, only {sorted(operation.statuses)}"
        elif not _inactive(request, reply):
            yield from _body(operation, reply)


def _body(operation: Operation, reply: Reply) -> Iterator[str]:
    bodies = {status: shape for status, shape in operation.bodies.items() if shape}
    if reply.status == 204 or not bodies:
        if reply.body is not None and (reply.status == 204 or operation.bodies):
            yield "the body: none was expected"
        return
    shape = bodies.get(reply.status) or next(iter(bodies.values()))
    yield from shape.faults(reply.body)
    if reply.status == MIXED or (isinstance(reply.body, dict) and "errors" in reply.body):
        yield from MEMBER_ERRORS.faults(reply.body)


def _inactive(request: Request, reply: Reply) -> bool:
    """What introspection says of a token that is none is nowhere described, but for this member (section 2.4)."""
    return request.path.endswith("/introspect") and reply.body == {"active": False}


def _mixed(operation: Operation) -> set[int]:
    """Batches of records may answer 207; the inventory of the newest version does not list it: sections 1 and 19.12, a switch."""
    return {MIXED} if "/objects/" in operation.template and "/batch/" in operation.template else set()


def _parameters(operation: Operation, query: Mapping[str, str]) -> Iterator[str]:
    for name, value in query.items():
        if name not in operation.query:
            yield f"?{name}: there is no such parameter"
            continue
        kind = operation.query[name].get("type")
        if (kind == "integer" and not value.isdecimal()) or (kind == "boolean" and value not in ("true", "false")):
            yield f"?{name}: {value!r} is no {kind}"


def _unknown_properties(app: Sandbox, request: Request, body: Any) -> Iterator[str]:
    """Properties that were asked for or written, not refused, and that no account of the simulation has or had: HubSpot leaves unknown ones out of
    what it shows without a word (section 17)."""
    names = {name for member in ("properties", "propertiesWithHistory") for name in request.query.get(member, "").split(",") if name}
    if isinstance(body, dict):
        for part in (body, *body.get("inputs", ())):
            names.update(part.get("properties") or (), part.get("propertiesWithHistory") or ())
    kind = ALIASES.get(request.path.partition("/objects/")[2].split("/")[request.path.startswith("/crm/objects/")], "")
    if names and kind:
        known: set[str] = set().union(*(account.definitions(kind) for account in app.accounts.values()))
        yield from (f"properties.{name}: {kind} have no such property" for name in sorted(names - known))
