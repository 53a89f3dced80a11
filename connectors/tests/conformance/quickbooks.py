"""QuickBooks Online's calls: addresses and parameters by the reference, bodies by the types of the XSD."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from connectors.sandbox.server import Reply, Request
from connectors.tests.conformance import entities, reference
from connectors.tests.conformance.shape import Schema, Shape

MINOR_VERSION = "75"
MOST_MEMBERS = 30
LONGEST, LONGEST_IN_BATCH, LONGEST_MEMBER = 50, 36, 10
"""Characters of a `requestid`, of one beside a batch, and of a bId (section 3.9)."""

STATUSES = frozenset({200, 400, 401, 403, 404, 429, 500, 503, 504})
"""Section 7.2."""

PATHS = {name.lower(): name for name in entities.ENTITIES}
IN_BATCH = ("create", "update", "delete")
"""What is documented for batches; voids are done singly (section 3.8)."""

COMMON = frozenset({"minorversion"})
WRITING = COMMON | {"requestid", "operation", "include"}
OPERATIONS = frozenset({"", "delete", "void", "update"})
FLAGS = frozenset({"allowduplicatedocnum", "invoiceLink", "enhancedAllCustomFields", "void"})
COMPANY = re.compile(r"/v3/company/[^/]+/(.+)")
TOKEN, REVOKE = "/oauth2/v1/tokens/bearer", "/v2/oauth2/tokens/revoke"


class QuickBooks:
    """What is wrong with a request, or with the answer to one."""

    def sent(self, app: Any, request: Request, reply: Reply | None) -> Iterator[str]:
        """Faults of a request that a connector sent. What QuickBooks refused need not be complete: a record is as complete as its owner made it."""
        match = COMPANY.fullmatch(request.path)
        if match is None:
            yield from () if request.path in (TOKEN, REVOKE) else ("the path: there is no such call",)
            return
        kind = call_of(request.method, match[1])
        if kind is None:
            yield "the path: there is no such call"
            return
        yield from _parameters(kind, request.query)
        if kind == "query" and request.method == "POST":
            yield from _media(request, "application/text")
        elif kind == "batch":
            yield from _media(request, "application/json")
            yield from self._batch(request, reply)
        elif kind == "write":
            yield from _media(request, "application/json")
            yield from self._written(PATHS[match[1]], request, reply)

    def form(self, request: Request) -> Iterator[str]:
        """Faults of what was sent to a token endpoint."""
        if request.path == TOKEN:
            yield from _TOKEN_FORM.faults(request.form)
        elif request.path == REVOKE:
            yield from _REVOKE_BODY.faults(request.json)
        if request.path in (TOKEN, REVOKE) and not request.headers.get("Authorization", "").startswith("Basic "):
            yield "Authorization: Basic was expected"

    def shown(self, app: Any, request: Request, reply: Reply) -> Iterator[str]:
        """Faults of an answer."""
        if request.path == TOKEN:
            yield from (self._tokens if reply.status == 200 else self._refused_tokens).faults(reply.body)
        match = COMPANY.fullmatch(request.path)
        if match is None:
            return
        if reply.status not in STATUSES:
            yield f"status: {reply.status} is not documented"
        elif isinstance(reply.body, dict):
            yield from self._answer(call_of(request.method, match[1]), request, reply)
        elif reply.status == 200:
            yield "the body: JSON was expected"

    def _answer(self, kind: str | None, request: Request, reply: Reply) -> Iterator[str]:
        body = reply.body
        if "fault" in body:
            yield from self._gateway.faults(body)
        elif "Fault" in body:
            yield from self._fault.faults(body)
        elif reply.status != 200:
            yield "the body: a Fault was expected"
        elif kind is None:
            yield "the path: there is no such call"
        elif kind in ("query", "cdc", "batch"):
            whole = kind != "query" or bool(re.match(r"\s*select\s+\*", statement(request), re.IGNORECASE))
            yield from self.answers[kind, whole].faults(body)
            if kind == "batch":
                yield from _matched(request.json, body)
        else:
            name = PATHS[request.path.split("/")[4]]
            yield from self.answers[name, True].faults(body)

    @cached_property
    def answers(self) -> Mapping[tuple[str, bool], Shape]:
        """The shape of an answer by call or entity, and whether rows are whole."""
        types = entities.definitions(sent=False)
        found = {(kind, whole): Shape(make(whole), types) for kind, make in _ANSWERS.items() for whole in (True, False)}
        for name in entities.ENTITIES:
            found[name, True] = Shape(_timed({name: entities.shown(name)}), types)
        return found

    @cached_property
    def _fault(self) -> Shape:
        return Shape(_timed({"Fault": {"$ref": "#/definitions/Fault"}}, required=["Fault"]), entities.definitions(sent=False))

    @cached_property
    def _gateway(self) -> Shape:
        return Shape(like(_wire("fault.gateway_401"), ("fault",)))

    @cached_property
    def _tokens(self) -> Shape:
        schema = like(_wire("oauth.token_success"), ("access_token", "expires_in", "refresh_token", "x_refresh_token_expires_in"))
        schema["properties"]["id_token"] = entities.TEXT  # samples/oauth/jsclient-token_response.json
        return Shape(schema)

    @cached_property
    def _refused_tokens(self) -> Shape:
        return Shape(like(_wire("oauth.invalid_grant"), ("error",)))

    @cached_property
    def bodies(self) -> Mapping[tuple[str, str], Shape]:
        """What may be sent, by operation and entity."""
        types = entities.definitions(sent=True)
        makers = {"create": entities.created, "update": entities.updated, "delete": entities.named_only, "void": entities.named_only}
        makers["complete"] = lambda name: entities.TO_CREATE.get(name, {})
        return {(operation, name): Shape(make(name), types) for operation, make in makers.items() for name in entities.ENTITIES}

    def _written(self, name: str, request: Request, reply: Reply | None) -> Iterator[str]:
        body, operation = request.json, request.query.get("operation", "")
        if operation == "void" or "void" in request.query.get("include", "").split(","):
            operation = "void"
        elif operation != "delete":
            operation = "update" if isinstance(body, dict) and "Id" in body else "create"
        yield from self.bodies[operation, name].faults(body)
        if operation == "create" and _stored(reply and reply.body, name):
            yield from self.bodies["complete", name].faults(body)

    def _batch(self, request: Request, reply: Reply | None) -> Iterator[str]:
        if faults := _BATCH.faults(request.json):
            yield from faults
            return
        members = request.json["BatchItemRequest"]
        names = [member["bId"] for member in members]
        yield from (f"BatchItemRequest: the bId {name!r} comes twice" for name in {n for n in names if names.count(n) > 1})
        if any("operation" in member for member in members) and not request.query.get("requestid"):
            yield "?requestid: a batch that writes has to have one"
        answers = {answer.get("bId"): answer for answer in reply.body.get("BatchItemResponse", ())} if reply and isinstance(reply.body, dict) else {}
        for place, member in enumerate(members):
            entity = next((key for key in member if key in entities.ENTITIES), "")
            if not entity:
                continue
            shapes = [self.bodies[member["operation"], entity]]
            if member["operation"] == "create" and _stored(answers.get(member["bId"]), entity):
                shapes.append(self.bodies["complete", entity])
            yield from (f"BatchItemRequest[{place}].{entity}: {fault}" for shape in shapes for fault in shape.faults(member[entity]))


def _parameters(kind: str, query: Mapping[str, str]) -> Iterator[str]:
    allowed = {"cdc": COMMON | {"entities", "changedSince"}, "query": COMMON | {"query"}, "batch": COMMON | {"requestid"}, "write": WRITING}
    yield from (f"?{name}: there is no such parameter" for name in query if name not in allowed.get(kind, COMMON))
    if query.get("minorversion") != MINOR_VERSION:
        yield f"?minorversion: {MINOR_VERSION} was expected"
    if len(query.get("requestid", "")) > (LONGEST_IN_BATCH if kind == "batch" else LONGEST):
        yield "?requestid: too long"
    if query.get("operation", "") not in OPERATIONS:
        yield f"?operation: {query['operation']!r} is none"
    if not set(filter(None, query.get("include", "").split(","))) <= FLAGS:
        yield f"?include: {query['include']!r} is none"
    if kind == "write" and not query.get("requestid"):
        yield "?requestid: a write has to have one"
    if kind == "cdc":
        yield from _CHANGES.faults(dict(query))


def call_of(method: str, rest: str) -> str | None:
    """The sort of a call behind the company's number, None where there is no such call (section 3.1)."""
    parts = rest.split("/")
    if rest == "query":
        return "query" if method in ("GET", "POST") else None
    if (method, rest) in (("GET", "cdc"), ("POST", "batch")):
        return rest
    if method == "GET" and (rest == "preferences" or (len(parts) == 2 and parts[0] in PATHS)):
        return "read"
    if method == "POST" and rest in PATHS:
        return "write"
    return "send" if method == "POST" and len(parts) == 3 and (parts[0], parts[2]) == ("invoice", "send") else None


def statement(request: Request) -> str:
    return request.query.get("query", "") if request.method == "GET" else request.body.decode("utf-8", "replace")


def _wire(name: str) -> Any:
    return reference.read(reference.QUICKBOOKS, "derived", "wire-shapes.json")["shapes"][name]["body"]


def like(example: Any, required: tuple[str, ...] = ()) -> Schema:
    """The shape of an example: its members, all of them optional but those told, each of the example's type; null and [] say nothing."""
    if isinstance(example, dict):
        members = {name: like(value) for name, value in example.items()}
        return {"type": "object", "properties": members, "required": list(required), "additionalProperties": False}
    if isinstance(example, list):
        return {"type": "array", "items": like(example[0])} if example else {"type": "array"}
    types = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": ["null", types[type(example)]]} if example is not None else {}


def _stored(answer: Any, entity: str) -> bool:
    return isinstance(answer, dict) and entity in answer


def _media(request: Request, expected: str) -> Iterator[str]:
    if not request.headers.get("Content-Type", "").startswith(expected):
        yield f"Content-Type: {expected} was expected (section 2.4)"


def _matched(asked: Any, answered: Any) -> Iterator[str]:
    """Whether an answer holds every bId once and no other."""
    wanted = sorted(str(member.get("bId")) for member in asked["BatchItemRequest"])
    given = sorted(str(member.get("bId")) for member in answered["BatchItemResponse"] if isinstance(member, dict))
    if wanted != given:
        yield f"BatchItemResponse: the bIds {wanted} were expected, not {given}"


def _timed(members: Schema, required: list[str] | None = None) -> Schema:
    time = {"time": entities.SIMPLE["dateTime"]}
    needed = ["time", *members] if required is None else ["time", *required]
    return {"type": "object", "properties": {**members, **time}, "required": needed, "additionalProperties": False}


def _rows(whole: bool, *, many: bool = True) -> Schema:
    return {name: {"type": "array", "items": one} if many else one for name in entities.ENTITIES if (one := entities.shown(name, whole=whole))}


def _found(whole: bool) -> Schema:
    """The value of "QueryResponse": empty, a count, or the rows of one entity and where they stand (sections 3.2 and 3.4)."""
    counts = {name: {"type": "integer", "minimum": 0} for name in ("startPosition", "maxResults", "totalCount")}
    fault = {"Fault": {"$ref": "#/definitions/Fault"}}
    return {"type": "object", "properties": {**_rows(whole), **counts, **fault}, "maxProperties": 4, "additionalProperties": False}


def _answered_batch(whole: bool) -> Schema:
    members = {"bId": entities.TEXT, **_rows(True, many=False), "QueryResponse": _found(False), "Fault": {"$ref": "#/definitions/Fault"}}
    one = {"type": "object", "properties": members, "required": ["bId"], "minProperties": 2, "maxProperties": 2, "additionalProperties": False}
    return _timed({"BatchItemResponse": {"type": "array", "items": one}})


def _changes(whole: bool) -> Schema:
    block = {"type": "object", "properties": {"QueryResponse": {"type": "array", "items": _found(True)}}, "additionalProperties": False}
    return _timed({"CDCResponse": {"type": "array", "items": block}})


_ANSWERS = {"query": lambda whole: _timed({"QueryResponse": _found(whole)}), "cdc": _changes, "batch": _answered_batch}

_CHANGES = Shape(
    {
        "properties": {"entities": {"pattern": "^[A-Z][A-Za-z]+(,[A-Z][A-Za-z]+)*$"}, "changedSince": {"type": "string", "format": "date-time"}},
        "required": ["entities", "changedSince"],
    }
)
_BID: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_MEMBER}
_MEMBER: Schema = {
    "type": "object",
    "properties": {
        "bId": _BID,
        "operation": {"enum": list(IN_BATCH)},
        "optionsData": entities.TEXT,
        "Query": entities.TEXT,
        **{name: {"type": "object"} for name in entities.ENTITIES},
    },
    "required": ["bId"],
    "additionalProperties": False,
    "oneOf": [{"required": ["Query"], "maxProperties": 2}, {"required": ["operation"], "minProperties": 3}],
}
_BATCH = Shape(
    {
        "type": "object",
        "properties": {"BatchItemRequest": {"type": "array", "items": _MEMBER, "minItems": 1, "maxItems": MOST_MEMBERS}},
        "required": ["BatchItemRequest"],
        "additionalProperties": False,
    }
)
_TOKEN_FORM = Shape(
    {
        "properties": {"grant_type": {"enum": ["authorization_code", "refresh_token"]}},
        "required": ["grant_type"],
        "if": {"properties": {"grant_type": {"const": "refresh_token"}}},
        "then": {"required": ["refresh_token"], "maxProperties": 2},
        "else": {"required": ["code", "redirect_uri"], "propertyNames": {"enum": ["grant_type", "code", "redirect_uri", "code_verifier"]}},
    }
)
_REVOKE_BODY = Shape({"type": "object", "properties": {"token": entities.TEXT}, "required": ["token"], "additionalProperties": False})
