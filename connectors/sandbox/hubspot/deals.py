"""Deals and their pipeline. Source: reference sections 3, 11.3 and 14.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.desk import Desk, Link, Values
from connectors.sandbox.hubspot.fields import DEAL_STAGES
from connectors.sandbox.hubspot.refusals import invalid_values, missing
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

WON, LOST = "closedwon", "closedlost"
PROBABILITIES = ("0.2", "0.4", "0.6", "0.8", "0.9", "1.0", "0.0")
NEVER = iso(0)
PIPELINES = "/crm/pipelines/{version}/{type}"


def checked(desk: Desk, document: Document | None, clean: Values, links: Sequence[Link]) -> Values:
    """The rule of deals: what is calculated, and which note can be pinned."""
    held: Values = document["properties"] if document else {}
    values = {**held, **clean}
    pinned = clean.get("hs_pinned_engagement_id")
    notes = desk.account.associated("deals", document["id"], "notes") if document else {}
    if pinned and pinned not in {*notes, *(link.to_id for link in links if link.to == "notes")}:
        raise invalid_values([("hs_pinned_engagement_id", "INVALID_ENGAGEMENT", "Only an associated engagement can be pinned")])
    home = values.get("deal_currency_code") in (None, "", desk.account.currency)
    won = "true" if values.get("dealstage") == WON else "false"
    return {**clean, "hs_is_closed_won": won, "amount_in_home_currency": values.get("amount", "") if home else ""}


def pipeline() -> dict[str, Any]:
    """The pipeline every account begins with, as the API shows it."""
    times = {"createdAt": NEVER, "updatedAt": NEVER}
    return {"id": "default", "label": "Sales Pipeline", "displayOrder": 0, "archived": False, **times, "stages": stages()}


def stages() -> list[dict[str, Any]]:
    return [
        {
            "id": value,
            "label": label,
            "displayOrder": order,
            "archived": False,
            "createdAt": NEVER,
            "updatedAt": NEVER,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "metadata": {"isClosed": "true" if value in (WON, LOST) else "false", "probability": PROBABILITIES[order]},
        }
        for order, (value, label) in enumerate(DEAL_STAGES)
    ]


def add(app: HubSpot) -> None:
    """Serve the calls."""

    @app.api("GET", PIPELINES, "read")
    def pipelines(request: Request, account: Account) -> Reply:
        return Reply(200, {"results": [pipeline()] if account.type_name(request.params["type"]) == "deals" else []})

    @app.api("GET", PIPELINES + "/{pipeline}", "read")
    def one(request: Request, account: Account) -> Reply:
        _need_default(request, account)
        return Reply(200, pipeline())

    @app.api("GET", PIPELINES + "/{pipeline}/stages", "read")
    def stages_of(request: Request, account: Account) -> Reply:
        _need_default(request, account)
        return Reply(200, {"results": stages()})


def _need_default(request: Request, account: Account) -> None:
    if account.type_name(request.params["type"]) != "deals" or request.params["pipeline"] != "default":
        raise missing("There is no such pipeline.")
