"""The batch operation (reference 3.8): up to 30 members, run one after another, each with its own answer or fault, in no promised order."""

from __future__ import annotations

import random
from typing import Any

from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.entities import ENTITIES
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.replay import LONGEST_IN_BATCH, LONGEST_MEMBER, check, once
from connectors.sandbox.quickbooks.select import select

MOST_MEMBERS = 30


def run(company: Company, body: Any, requestid: str, number: int) -> list[dict[str, Any]]:
    """The value of "BatchItemResponse". `number` seeds the order of the answers."""
    check(requestid, LONGEST_IN_BATCH)
    members = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        raise Fault("2020", "BatchItemRequest is missing")
    if len(members) > MOST_MEMBERS:
        raise Fault("1040", f"A batch may hold {MOST_MEMBERS} items, this one has {len(members)}")
    names = [str(member.get("bId", "")) for member in members]
    if len(set(names)) < len(names) or not all(names):
        raise Fault("2130", "Every member needs a bId of its own")
    if requestid and any(len(name) > LONGEST_MEMBER for name in names):
        raise Fault("2130", f"With a requestid, a bId may have {LONGEST_MEMBER} characters")
    answers = [_member(company, member, name, requestid) for member, name in zip(members, names, strict=True)]
    if company.switches.batch_shuffled:
        random.Random(number).shuffle(answers)
    return answers


def _member(company: Company, member: dict[str, Any], name: str, requestid: str) -> dict[str, Any]:
    if "Query" in member:
        return {"bId": name, **_query(company, str(member["Query"]))}
    return {"bId": name, **once(company, requestid, name, lambda: _write(company, member))}


def _query(company: Company, text: str) -> dict[str, Any]:
    try:
        return {"QueryResponse": select(company, text)}
    except Fault as fault:
        return {"Fault": fault.body()}


def _write(company: Company, member: dict[str, Any]) -> dict[str, Any]:
    entity = next((name for name in ENTITIES if name in member), None)
    if entity is None or not isinstance(member[entity], dict):
        raise Fault("2020", "The member holds no known entity")
    operation, body = member.get("operation"), member[entity]
    flags = frozenset(str(member.get("optionsData", "")).split(","))
    if operation == "void" or (operation == "update" and "void" in flags):
        raise Fault("10000", "System Failure Error: voids are done one by one, not in a batch")
    if operation == "create":
        return {entity: company.create(entity, body, flags)}
    if operation == "update":
        return {entity: company.update(entity, body, flags)}
    if operation == "delete":
        return {entity: company.delete(entity, body)}
    raise Fault("500", f"Operation {operation} is not supported for {entity}")
