"""Batch calls on objects. Source: reference section 6.3.

A batch is all or nothing, unless every input carries an `objectWriteTraceId`: then each is answered by itself.
Results come in an order of their own while `Switches.shuffle` is on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.sandbox.hubspot import links, writing
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.desk import api
from connectors.sandbox.hubspot.objects import ROOT, by_property, known, need_object, present
from connectors.sandbox.hubspot.records import Claims, Table
from connectors.sandbox.hubspot.refusals import Refusal, invalid, missing
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.server import Reply, Request

LIMIT = 100

Input = Mapping[str, Any]
Act = Callable[[], dict[str, Any]]
Plan = Callable[[Input, Claims], Act]
"""Checks one input and gives the act that cannot fail any more."""


def inputs_of(request: Request, limit: int = LIMIT) -> list[Input]:
    inputs = need_object(request.json).get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(item, dict) for item in inputs):
        raise invalid("Invalid input JSON: inputs")
    if len(inputs) > limit:
        raise invalid(f"The maximum number of inputs supported in a batch request is {limit}")
    return inputs


def add(app: HubSpot) -> None:
    """Serve the calls."""

    @app.api("POST", ROOT + "/batch/read", "read")
    def read(request: Request, account: Account) -> Reply:
        body, inputs = need_object(request.json), inputs_of(request)
        table = account.table(request.params["type"])
        name = body.get("idProperty") or ""
        names = known(table, body.get("properties") or ())
        history = known(table, body.get("propertiesWithHistory") or ()) if body.get("propertiesWithHistory") else ()
        found: dict[str, dict[str, Any]] = {}
        absent: list[str] = []
        for key in dict.fromkeys(str(item.get("id", "")) for item in inputs):
            document = _named(app, table, name, key)
            if document is None or document["archived"] is not None:
                absent.append(key)
            else:
                found[document["id"]] = present(table, document, names, history)
        errors = [not_found(table, absent)] if absent else []
        return _reply(app, 200, list(found.values()), errors)

    @app.api("POST", ROOT + "/batch/create", "write")
    def create(request: Request, account: Account) -> Reply:
        desk, table = api(app, account), account.table(request.params["type"])

        def plan(item: Input, claims: Claims) -> Act:
            asked = links.parsed(account, table.kind.name, item.get("associations"))
            clean = writing.check(desk, table, need_object(item.get("properties")), asked=asked, claims=claims)
            return lambda: present(table, writing.create(desk, table, clean, asked), clean)

        return _run(app, 201, inputs_of(request), plan, mixed=True)

    @app.api("POST", ROOT + "/batch/update", "write")
    def update(request: Request, account: Account) -> Reply:
        desk, table, inputs = api(app, account), account.table(request.params["type"]), inputs_of(request)
        usable = [item for item in inputs if _live(table, item)]
        absent = [str(item.get("id", "")) for item in inputs if not _live(table, item)]

        def plan(item: Input, claims: Claims) -> Act:
            document = _document(table, str(item.get("idProperty") or ""), str(item["id"]))
            assert document is not None
            clean = writing.check(desk, table, need_object(item.get("properties")), document, claims=claims)
            once(claims, document["id"])
            return lambda: present(table, writing.change(desk, table, document, clean), clean)

        extra = [not_found(table, absent)] if absent else []
        return _run(app, 200, usable, plan, mixed=app.switches.trace_ids_everywhere, errors=extra)

    @app.api("POST", ROOT + "/batch/upsert", "write")
    def upsert(request: Request, account: Account) -> Reply:
        desk, table = api(app, account), account.table(request.params["type"])

        def plan(item: Input, claims: Claims) -> Act:
            name, value = str(item.get("idProperty") or ""), str(item.get("id", ""))
            if not value or name not in table.unique:
                raise invalid(f"Property {name} is not a unique identifier property")
            held = by_property(table, name, value)
            values = {**need_object(item.get("properties")), name: value}
            once(claims, f"{name}={value.lower()}")
            if held is None:
                clean = writing.check(desk, table, values, claims=claims)
                return lambda: {**present(table, writing.create(desk, table, clean), clean), "new": True}
            document, changes = held, writing.check(desk, table, values, held, claims=claims)
            return lambda: {**present(table, writing.change(desk, table, document, changes), changes), "new": False}

        return _run(app, 200, inputs_of(request), plan, mixed=app.switches.trace_ids_everywhere)

    @app.api("POST", ROOT + "/batch/archive", "write")
    def archive(request: Request, account: Account) -> Reply:
        desk, table = api(app, account), account.table(request.params["type"])
        found = [table.exact(str(item.get("id", ""))) for item in inputs_of(request)]
        doomed = {document["id"]: document for document in found if document and document["archived"] is None}
        for document in doomed.values():
            writing.check_archive(desk, table, document)
        for document in doomed.values():
            writing.archive(desk, table, document)
        return Reply(204)


def _named(app: HubSpot, table: Table, name: str, key: str) -> Any:
    if not name and app.switches.batch_read_follows_merges:
        return table.get(key)
    return _document(table, name, key)


def _document(table: Table, name: str, key: str) -> Any:
    """The record of just this id or unique value; merged ids do not count in batches."""
    return by_property(table, name, key) if name and name != "hs_object_id" else table.exact(key)


def _live(table: Table, item: Input) -> bool:
    document = _document(table, str(item.get("idProperty") or ""), str(item.get("id", "")))
    return document is not None and document["archived"] is None


def once(claims: Claims, key: str) -> None:
    """Refuse a record that comes twice in one batch."""
    if ("record", key) in claims:
        raise invalid("Duplicate IDs found in batch input: IDs must be unique")
    claims.add(("record", key))


def not_found(table: Table, keys: Sequence[str]) -> dict[str, Any]:
    message = f"Could not get some {table.kind.legacy} objects, they may be deleted or not exist. Check that ids are valid."
    return missing(message).member({"ids": keys})


def _run(app: HubSpot, status: int, inputs: Sequence[Input], plan: Plan, *, mixed: bool, errors: Sequence[dict[str, Any]] = ()) -> Reply:
    """Check all inputs, then act. With mixed results allowed and asked for, a bad input is an error of its own; else it sinks the batch."""
    claims: Claims = set()
    traces = [item.get("objectWriteTraceId") for item in inputs]
    mixed = mixed and all(traces) and len(set(traces)) == len(traces)
    acts: list[tuple[Any, Act]] = []
    failed: list[dict[str, Any]] = []
    for item, trace in zip(inputs, traces, strict=True):
        try:
            acts.append((trace, plan(item, claims)))
        except Refusal as refusal:
            if not mixed:
                raise
            failed.append(refusal.member({"objectWriteTraceId": [str(trace)]}))
    results = [{**act(), **({"objectWriteTraceId": trace} if trace else {})} for trace, act in acts]
    return _reply(app, status, results, [*errors, *failed])


def _reply(app: HubSpot, status: int, results: list[dict[str, Any]], errors: Sequence[dict[str, Any]]) -> Reply:
    if app.switches.shuffle:
        random.Random(app.served).shuffle(results)
    now = iso(app.moment())
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if errors:
        body |= {"numErrors": len(errors), "errors": list(errors)}
    return Reply(app.switches.multi_status or status if errors else status, body)
