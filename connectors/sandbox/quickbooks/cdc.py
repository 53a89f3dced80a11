"""Change data capture (reference 3.4): everything that changed since a moment, at most 1,000 objects, at most 30 days back, no paging."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.entities import ENTITIES
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.tables import Table
from connectors.sandbox.quickbooks.times import parse, stamp

DAYS = 30


def changes(company: Company, entities: str, since: str) -> list[dict[str, Any]]:
    """The value of "CDCResponse": one block for each entity asked for, an empty object where nothing changed."""
    moment = parse(since)
    if moment is None:
        raise Fault("2190", "changedSince is missing or not a date-time")
    if moment < company.clock() - DAYS * 86400:
        raise Fault(company.switches.cdc_expired_code, "changedSince is more than 30 days ago")
    names = [name.strip() for name in entities.split(",") if name.strip()]
    for name in names:
        if name not in ENTITIES or not ENTITIES[name].captured:
            raise Fault("2020", f"Entity {name} is not supported by change data capture")
    room = company.switches.cdc_cap
    blocks = []
    for name in names:
        block = _block(company.table(name), moment, room)
        room -= block.get("maxResults", 0)
        blocks.append(block)
    return [{"QueryResponse": blocks}]


def _block(table: Table, moment: float, room: int) -> dict[str, Any]:
    rows = [table.rows[i] for i in table.since(moment)]
    stubs = [_stub(grave) for grave in table.graves if grave["at"] >= moment]
    shown = [*stubs, *rows][:room]
    if not shown:
        return {}
    live = len(shown) > len(stubs)
    return {table.entity.name: shown, **({"startPosition": 1} if live else {}), "maxResults": len(shown), "totalCount": len(shown)}


def _stub(grave: dict[str, Any]) -> dict[str, Any]:
    return {"domain": "QBO", "status": "Deleted", "Id": grave["Id"], "MetaData": {"LastUpdatedTime": stamp(grave["at"])}}
