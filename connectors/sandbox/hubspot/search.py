"""The search call: filters, sorts, paging with its cap, and an index that may lag behind. Source: reference section 8."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.definitions import ALIASES
from connectors.sandbox.hubspot.objects import ROOT, known, need_object, present
from connectors.sandbox.hubspot.records import Table
from connectors.sandbox.hubspot.refusals import invalid
from connectors.sandbox.hubspot.values import milliseconds
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

MAX_GROUPS, MAX_FILTERS, MAX_FILTERS_IN_ALL = 5, 6, 18
MAX_PAGE, DEFAULT_PAGE = 200, 10
MAX_RESULTS = 10_000
MAX_BODY = 3000

Test = Callable[[Document], bool]
Comparable = Any
"""What two values of one property are compared as: a number, milliseconds, or lower-case text."""


def add(app: HubSpot) -> None:
    """Serve the call."""

    @app.api("POST", ROOT + "/search", "read", bucket="search")
    def search(request: Request, account: Account) -> Reply:
        if len(request.body.decode("utf-8", "replace")) > MAX_BODY:
            raise invalid("Request body is too long")
        body, table = need_object(request.json), account.table(request.params["type"])
        limit, after = _page(body)
        found = matching(account, table, body)
        names = known(table, body.get("properties") or ())
        results = [present(table, document, names) for document in found[after : after + limit]]
        more = after + limit < len(found)
        paging = {"paging": {"next": {"after": str(after + limit), "link": ""}}} if more else {}
        return Reply(200, {"total": len(found), "results": results, **paging})


def _page(body: Mapping[str, Any]) -> tuple[int, int]:
    limit, after = str(body.get("limit", DEFAULT_PAGE)), str(body.get("after") or 0)
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_PAGE:
        raise invalid(f"limit must be between 1 and {MAX_PAGE}")
    if not after.isdecimal() or int(after) + int(limit) > MAX_RESULTS:
        raise invalid(f"paging: results beyond {MAX_RESULTS} cannot be reached")
    return int(limit), int(after)


def matching(account: Account, table: Table, body: Mapping[str, Any]) -> list[Document]:
    """Every record the index shows that passes the filters and the query, sorted."""
    groups = _groups(body)
    tests = [[_test(account, table, item) for item in group] for group in groups]
    words = str(body.get("query") or "").lower().split()
    found = [d for d in _candidates(table, groups) if d["archived"] is None]
    if len(tests) == 1:
        for test in tests[0]:
            found = [d for d in found if test(d)]
    elif tests:
        found = [d for d in found if any(all(test(d) for test in group) for group in tests)]
    if words:
        found = [d for d in found if all(any(word in (d["properties"].get(n) or "").lower() for n in table.kind.searched) for word in words)]
    return _sorted(table, found, body.get("sorts") or ())


def _groups(body: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    listed = body.get("filterGroups") or ([{"filters": body["filters"]}] if body.get("filters") else [])
    groups = [list(need_object(group).get("filters") or ()) for group in listed]
    if len(groups) > MAX_GROUPS or any(len(g) > MAX_FILTERS for g in groups) or sum(map(len, groups)) > MAX_FILTERS_IN_ALL:
        raise invalid(f"Too many filters: {MAX_GROUPS} groups of {MAX_FILTERS} filters, {MAX_FILTERS_IN_ALL} in all")
    return groups


def _candidates(table: Table, groups: list[list[Mapping[str, Any]]]) -> Iterable[Document]:
    """Records worth testing, as the index shows them: those above an id or changed since a moment, where a single group says so, else all."""
    only = groups[0] if len(groups) == 1 else []
    above = [str(f.get("value")) for f in only if f.get("propertyName") == "hs_object_id" and f.get("operator") == "GT"]
    since = [f for f in only if f.get("propertyName") == table.kind.modified and f.get("operator") in ("GTE", "GT")]
    if above and above[0].isdecimal() and above[0] != "0":
        chosen: Iterable[Document] = (table.documents[number] for number in table.above(int(above[0])))
    elif since and not table.lagging:
        chosen = table.since(_moment(since[0]))
    else:
        chosen = list(table.documents.values())
    if not table.lagging:
        return chosen
    return [shown for document in chosen if (shown := table.indexed(document)) is not None]


def _moment(item: Mapping[str, Any]) -> int:
    try:
        return milliseconds(str(item.get("value", "")))
    except ValueError:
        raise invalid(f"Invalid date: {item.get('value')}") from None


def _test(account: Account, table: Table, item: Mapping[str, Any]) -> Test:
    """One filter as a function."""
    name, operator = str(need_object(item).get("propertyName", "")), str(item.get("operator", ""))
    if name.startswith("associations."):
        return _associated(account, table, name.removeprefix("associations."), item)
    definition = table.definitions().get(name)
    if definition is None:
        raise invalid(f"There was a problem with the request: property {name} does not exist")
    read = _reader(table, definition)
    compare = _comparison(definition)
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda d: bool(d["properties"].get(name)) is (operator == "HAS_PROPERTY")
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        pattern = _pattern(str(item.get("value", "")))
        return lambda d: bool(pattern.search(d["properties"].get(name) or "")) is (operator == "CONTAINS_TOKEN")
    if operator in ("IN", "NOT_IN"):
        wanted = {compare(str(value)) for value in item.get("values") or ()}
        return lambda d: bool(d["properties"].get(name)) and (compare(d["properties"][name]) in wanted) is (operator == "IN")
    return _ordered(read, operator, compare, item)


def _reader(table: Table, definition: Document) -> Callable[[Document], Comparable]:
    """What a record's value is compared as; None when it has none. What the document keeps as a number is not parsed again."""
    name, compare = definition["name"], _comparison(definition)
    if name == table.kind.modified:
        return lambda d: d["updated"]
    if name == table.kind.created:
        return lambda d: d["created"]
    if name == "hs_object_id":
        return lambda d: int(d["id"])
    return lambda d: compare(value) if (value := d["properties"].get(name)) else None


def _ordered(read: Callable[[Document], Comparable], operator: str, compare: Callable[[str], Comparable], item: Mapping[str, Any]) -> Test:
    low = compare(str(item.get("value", "")))
    if operator == "BETWEEN":
        high = compare(str(item.get("highValue", "")))
        return lambda d: (value := read(d)) is not None and bool(low <= value <= high)
    tests: dict[str, Callable[[Comparable], bool]] = {
        "EQ": lambda v: bool(v == low),
        "NEQ": lambda v: bool(v != low),
        "LT": lambda v: bool(v < low),
        "LTE": lambda v: bool(v <= low),
        "GT": lambda v: bool(v > low),
        "GTE": lambda v: bool(v >= low),
    }
    if operator not in tests:
        raise invalid(f"Unknown operator {operator}")
    test = tests[operator]
    return lambda d: (value := read(d)) is not None and test(value)


def _comparison(definition: Document) -> Callable[[str], Comparable]:
    if definition["type"] == "number":
        return _decimal
    if definition["type"] in ("date", "datetime"):
        return _milliseconds
    return str if definition["type"] == "enumeration" else str.lower


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise invalid(f"{text} is not a number") from None


def _milliseconds(text: str) -> int:
    return _moment({"value": text})


def _pattern(token: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + re.escape(token).replace(r"\*", r"\S*") + r"(?!\w)", re.IGNORECASE)


def _associated(account: Account, table: Table, name: str, item: Mapping[str, Any]) -> Test:
    if name not in ALIASES or item.get("operator") not in ("EQ", "IN"):
        raise invalid(f"Unable to filter by associations.{name}")
    wanted = {str(item.get("value", ""))} if item["operator"] == "EQ" else {str(value) for value in item.get("values") or ()}
    return lambda d: not wanted.isdisjoint(account.associated(table.kind.name, d["id"], ALIASES[name]))


def _sorted(table: Table, found: list[Document], sorts: Iterable[Any]) -> list[Document]:
    """By one rule; without it by id."""
    rules = list(sorts)
    if len(rules) > 1:
        raise invalid("Only one sort is supported")
    found.sort(key=lambda d: int(d["id"]))
    if not rules:
        return found
    rule = _rule(rules[0]) if isinstance(rules[0], str) else rules[0]
    definition = table.definitions().get(str(rule.get("propertyName", "")))
    if definition is None:
        raise invalid(f"Cannot sort by {rule.get('propertyName')}")
    read = _reader(table, definition)
    filled = [d for d in found if read(d) is not None]
    empty = [d for d in found if read(d) is None]
    filled.sort(key=read, reverse=rule.get("direction") == "DESCENDING")
    return filled + empty


def _rule(text: str) -> dict[str, str]:
    """A sort written as a property name; a minus before it turns it round, as HubSpot's client for Node tells."""
    return {"propertyName": text.removeprefix("-"), "direction": "DESCENDING" if text.startswith("-") else "ASCENDING"}
