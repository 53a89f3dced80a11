"""Association calls, single and in batches. Source: reference section 9."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.sandbox.hubspot import links
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.batches import inputs_of
from connectors.sandbox.hubspot.definitions import ASSOCIATION_TYPES, TYPES
from connectors.sandbox.hubspot.desk import Link, api
from connectors.sandbox.hubspot.objects import bounded
from connectors.sandbox.hubspot.records import Claims
from connectors.sandbox.hubspot.refusals import invalid
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.server import Reply, Request

PAIR = "/crm/objects/{version}/{type}/{id}/associations/{to}/{to_id}"
DEFAULT = "/crm/objects/{version}/{type}/{id}/associations/default/{to}/{to_id}"
ONE = "/crm/objects/{version}/{type}/{id}/associations/{to}"
BATCH = "/crm/associations/{version}/{type}/{to}"
MAX_READ, MAX_WRITE, PAGE = 1000, 2000, 500


def add(app: HubSpot) -> None:
    """Serve the calls."""

    @app.api("PUT", DEFAULT, "write", bucket="associations")
    def associate_default(request: Request, account: Account) -> Reply:
        return _batch(app, 200, _defaults(app, account, request, [(request.params["id"], request.params["to_id"])]))

    @app.api("PUT", PAIR, "write", bucket="associations")
    def associate(request: Request, account: Account) -> Reply:
        specs = request.json
        if not isinstance(specs, list) or not specs:
            raise invalid("Invalid input JSON: a list of association types")
        status = 200 if request.params["version"] == "2026-03" else 201
        return Reply(status, _typed(app, account, request, [(request.params["id"], request.params["to_id"], specs)])[0])

    @app.api("DELETE", PAIR, "write", bucket="associations")
    def dissociate(request: Request, account: Account) -> Reply:
        kind, to = account.type_name(request.params["type"]), account.type_name(request.params["to"])
        desk, link = api(app, account), Link(to, request.params["to_id"])
        links.check_removal(desk, kind, request.params["id"], link)
        links.remove(desk, kind, request.params["id"], link)
        return Reply(204)

    @app.api("GET", ONE, "read", bucket="associations")
    def read_one(request: Request, account: Account) -> Reply:
        if request.params["version"] == "2026-09":
            return Reply(404, {"status": "error", "message": "no such resource"})
        account.need(request.params["type"], request.params["id"])
        limit = bounded(request.query.get("limit", str(PAGE)), PAGE)
        return Reply(200, _page(account, request, request.params["id"], request.query.get("after", ""), limit))

    @app.api("POST", BATCH + "/batch/associate/default", "write", bucket="associations")
    def batch_default(request: Request, account: Account) -> Reply:
        return _batch(app, 200, _defaults(app, account, request, [_pair(item) for item in inputs_of(request, MAX_WRITE)]))

    @app.api("POST", BATCH + "/batch/create", "write", bucket="associations")
    def batch_create(request: Request, account: Account) -> Reply:
        return _batch(app, 201, _typed(app, account, request, [(*_pair(item), item.get("types")) for item in inputs_of(request, MAX_WRITE)]))

    @app.api("POST", BATCH + "/batch/archive", "write", bucket="associations")
    def batch_archive(request: Request, account: Account) -> Reply:
        kind, to = account.type_name(request.params["type"]), account.type_name(request.params["to"])
        desk = api(app, account)
        pairs = [
            (one, Link(to, other))
            for item in inputs_of(request, MAX_WRITE)
            for one, other in (_pair({**item, "to": end}) for end in item.get("to") or ())
        ]
        for one, link in pairs:
            links.check_removal(desk, kind, one, link)
        for one, link in pairs:
            links.remove(desk, kind, one, link)
        return Reply(204)

    @app.api("POST", BATCH + "/batch/read", "read", bucket="associations")
    def batch_read(request: Request, account: Account) -> Reply:
        rows = []
        for item in inputs_of(request, MAX_READ):
            page = _page(account, request, str(item.get("id", "")), str(item.get("after") or ""), app.switches.associations_page)
            if page["results"]:
                paging = {"paging": page["paging"]} if "paging" in page else {}
                rows.append({"from": {"id": str(item["id"])}, "to": page["results"], **paging})
        return _batch(app, 200, rows)

    @app.api("GET", BATCH + "/labels", "read", bucket="associations")
    def labels(request: Request, account: Account) -> Reply:
        pair = (account.type_name(request.params["type"]), account.type_name(request.params["to"]))
        known = ASSOCIATION_TYPES.get(pair, {})
        return Reply(200, {"results": [{"category": "HUBSPOT_DEFINED", "typeId": number, "label": label} for number, label in known.items()]})


def _pair(item: Any) -> tuple[str, str]:
    try:
        return str(item["from"]["id"]), str(item["to"]["id"])
    except (KeyError, TypeError):
        raise invalid("Invalid input JSON: from and to") from None


def _associate(app: HubSpot, account: Account, request: Request, asked: Iterable[tuple[str, str, tuple[int, ...]]]) -> list[tuple[str, str]]:
    """Check every pair with its type ids, then associate them all; gives the ids of the pairs."""
    kind, to, desk = account.type_name(request.params["type"]), account.type_name(request.params["to"]), api(app, account)
    claims: Claims = set()
    plan = [(account.need(kind, one)["id"], Link(to, account.need(to, other)["id"], types)) for one, other, types in asked]
    for one, link in plan:
        links.check(desk, kind, one, [link], claims)
    for one, link in plan:
        links.make(desk, kind, one, [link])
    return [(one, link.to_id) for one, link in plan]


def _defaults(app: HubSpot, account: Account, request: Request, pairs: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    done = _associate(app, account, request, [(one, other, ()) for one, other in pairs])
    types = ASSOCIATION_TYPES[(account.type_name(request.params["type"]), account.type_name(request.params["to"]))]
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": next(iter(types))}
    return [{"from": {"id": one}, "to": {"id": other}, "associationSpec": spec} for one, other in done]


def _typed(app: HubSpot, account: Account, request: Request, asked: Iterable[tuple[str, str, Any]]) -> list[dict[str, Any]]:
    kind, to = account.type_name(request.params["type"]), account.type_name(request.params["to"])
    done = _associate(app, account, request, [(one, other, _numbers(specs)) for one, other, specs in asked])
    types = ASSOCIATION_TYPES[(kind, to)]
    return [
        {
            "fromObjectTypeId": TYPES[kind].type_id,
            "fromObjectId": one,
            "toObjectTypeId": TYPES[to].type_id,
            "toObjectId": other,
            "labels": [label for number in account.associated(kind, one, to)[other] if (label := types[number])],
        }
        for one, other in done
    ]


def _numbers(specs: Any) -> tuple[int, ...]:
    try:
        return tuple(int(spec["associationTypeId"]) for spec in specs or ())
    except (KeyError, TypeError, ValueError):
        raise invalid("Invalid input JSON: association types") from None


def _page(account: Account, request: Request, record_id: str, after: str, limit: int) -> dict[str, Any]:
    """What a record is associated with, from the id `after` on."""
    kind, to = account.type_name(request.params["type"]), account.type_name(request.params["to"])
    labels = ASSOCIATION_TYPES.get((kind, to), {})
    links = sorted(account.associated(kind, record_id, to).items(), key=lambda link: int(link[0]))
    rest = [link for link in links if not after or int(link[0]) >= int(after)]
    shown = [
        {"toObjectId": other, "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": n, "label": labels[n]} for n in sorted(types)]}
        for other, types in rest[:limit]
    ]
    paging = {"paging": {"next": {"after": rest[limit][0], "link": ""}}} if len(rest) > limit else {}
    return {"results": shown, **paging}


def _batch(app: HubSpot, status: int, results: list[dict[str, Any]]) -> Reply:
    now = iso(app.moment())
    return Reply(status, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})
