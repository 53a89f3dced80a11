"""Answers queries from a company's tables. Indexes answer the conditions that have one; results of a statement are kept until its table changes,
so that paging through a large list sorts it once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.entities import INDEXED
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.query import Condition, Literal, Statement, parse
from connectors.sandbox.quickbooks.shapes import Entity, Sort
from connectors.sandbox.quickbooks.tables import Table, property_of
from connectors.sandbox.quickbooks.times import parse as parse_time

KEPT_RESULTS = 4
TIMES = ("MetaData.CreateTime", "MetaData.LastUpdatedTime")
Comparable = str | float | bool
Test = Callable[[dict[str, Any]], bool]


def select(company: Company, text: str) -> dict[str, Any]:
    """The value of "QueryResponse" for a statement. Raises Fault 4000 or 4001."""
    statement = parse(text, company.switches.refused_characters, ignores_case=company.switches.entities_ignore_case)
    table = company.table(statement.entity.name)
    ids = _matching(company, table, statement)
    if statement.count:
        return {"totalCount": len(ids)}
    page = ids[statement.start - 1 : statement.start - 1 + statement.limit]
    if not page:
        return {}
    return {statement.entity.name: [table.rows[i] for i in page], "startPosition": statement.start, "maxResults": len(page)}


def _matching(company: Company, table: Table, statement: Statement) -> list[str]:
    ignores_case = company.switches.query_ignores_case
    key = (statement.conditions, statement.order, ignores_case)
    kept = table.results.get(key)
    if kept and kept[0] == table.revision:
        return kept[1]
    tests = [_test(table.entity, condition, ignores_case) for condition in statement.conditions]
    if "Active" in table.entity.members and not any(condition.name == "Active" for condition in statement.conditions):
        tests.append(lambda row: bool(row["Active"]))
    found = [i for i in _candidates(table, statement.conditions) if all(test(table.rows[i]) for test in tests)]
    _sort(table, found, statement.order)
    while len(table.results) >= KEPT_RESULTS:
        del table.results[next(iter(table.results))]
    table.results[key] = (table.revision, found)
    return found


def _candidates(table: Table, conditions: tuple[Condition, ...]) -> Iterator[str]:
    """Ids among which the result lies, in the order of creation or not: the caller sorts."""
    for condition in conditions:
        exact = condition.operator in ("=", "IN")
        if exact and condition.name == "Id":
            return (i for i in dict.fromkeys(_id(value) for value in condition.values) if i in table.rows)
        if exact and condition.name in INDEXED and condition.name in table.entity.members:
            found: dict[str, None] = {}
            for value in condition.values:
                found.update(dict.fromkeys(table.holders(condition.name, str(value))))
            return iter(found)
        if condition.name == TIMES[1] and condition.operator in (">", ">="):
            return table.since(float(_moment(condition.values[0])))
    return iter(list(table.rows))


def _sort(table: Table, ids: list[str], order: tuple[tuple[str, bool], ...]) -> None:
    ids.sort(key=int)
    for name, descending in reversed(order):
        if name != "Id" or descending:
            ids.sort(key=lambda i, name=name: _sort_key(name, table.rows[i]), reverse=descending)  # type: ignore[misc]


def _sort_key(name: str, row: dict[str, Any]) -> tuple[bool, Comparable]:
    value = property_of(row, name)
    return (value is not None, _comparable(name, value, True) if value is not None else "")


def _test(entity: Entity, condition: Condition, ignores_case: bool) -> Test:
    name, operator = condition.name, condition.operator
    if operator == "LIKE":
        return _like(name, str(condition.values[0]), ignores_case)
    wanted = [_wanted(entity, name, value, ignores_case) for value in condition.values]
    if operator in ("=", "IN"):
        accepted = frozenset(wanted)
        return lambda row: _value(name, row, ignores_case) in accepted
    bound = wanted[0]
    compare: Callable[[Any, Any], bool] = {
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
        "<=": lambda a, b: a <= b,
        ">=": lambda a, b: a >= b,
    }[operator]

    def test(row: dict[str, Any]) -> bool:
        value = _value(name, row, ignores_case)
        return value is not None and isinstance(value, str) == isinstance(bound, str) and compare(value, bound)

    return test


def _like(name: str, pattern: str, ignores_case: bool) -> Test:
    matches = re.compile(".*".join(map(re.escape, pattern.split("%"))), re.DOTALL | (re.IGNORECASE if ignores_case else 0)).fullmatch
    return lambda row: bool(matches(str(property_of(row, name) or "")))


def _value(name: str, row: dict[str, Any], ignores_case: bool) -> Comparable | None:
    value = property_of(row, name)
    return None if value is None else _comparable(name, value, ignores_case)


def _comparable(name: str, value: object, ignores_case: bool) -> Comparable:
    if name == "Id":
        return int(str(value))
    if name in TIMES:
        return parse_time(str(value)) or 0.0
    if isinstance(value, str):
        return value.strip().casefold() if ignores_case else value.strip()
    return bool(value) if isinstance(value, bool) else float(str(value))


def _wanted(entity: Entity, name: str, value: Literal, ignores_case: bool) -> Comparable:
    if name == "Id":
        text = _id(value)
        return int(text) if text.isdecimal() else -1
    if name in TIMES:
        return _moment(value)
    if name == "Active":
        if str(value).lower() not in ("true", "false"):
            raise Fault("4001", f"QueryValidationError: value {value} is not a boolean")
        return str(value).lower() == "true"
    sort = entity.members[name].sort if name in entity.members else Sort.TEXT
    if sort is Sort.NUMBER:
        return _amount(value)
    if isinstance(value, str):
        return value.strip().casefold() if ignores_case else value.strip()
    # A bare number is compared as a number where the property is one, else as the text it was written as.
    return value if isinstance(value, bool) else f"{value:.15g}"


def _amount(value: Literal) -> float:
    try:
        return float(value)
    except ValueError:
        raise Fault("4001", f"QueryValidationError: value {value} is not a number") from None


def _id(value: Literal) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _moment(value: Literal) -> float:
    moment = parse_time(str(value))
    if moment is None:
        raise Fault("4001", "QueryValidationError: value is not a date")
    return moment
