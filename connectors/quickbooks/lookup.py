"""Reading records by id and by value, straight from the lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from connectors.base import Presence, Record
from connectors.errors import NotFound
from connectors.http import unexpected
from connectors.quickbooks.client import QuickBooksClient, Row, rows_of
from connectors.quickbooks.errors import PROVIDER_KEY, fault_error
from connectors.quickbooks.query import Condition, containing, is_safe, one_of, select
from connectors.quickbooks.reading import Read
from connectors.quickbooks.shapes import BATCH_SIZE, DELETED_SUFFIX, PAGE_SIZE, Entity, Lookup

IDS_PER_QUERY = 250
VALUES_PER_QUERY = 100
TEXT_PER_QUERY = 8000

Search = tuple[str, tuple[Condition, ...]]
"""An entity and the conditions its rows are searched by."""


def rows_by_id(client: QuickBooksClient, entity: str, ids: Sequence[str]) -> dict[str, Row]:
    """The rows that a query shows, by Id."""
    found: dict[str, Row] = {}
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), IDS_PER_QUERY):
        rows, _ = client.query(entity, select(entity, [one_of("Id", unique[start : start + IDS_PER_QUERY])]))
        found.update((row["Id"], row) for row in rows)
    return found


def read_records(client: QuickBooksClient, entity: Entity, ids: Sequence[str], read: Read) -> Iterator[Record]:
    """Yield records by id. What a query does not show is asked for one by one; "not found" twice is proof that it is gone."""
    found = rows_by_id(client, entity.name, ids)
    yield from read(list(found.values()))
    for record_id in dict.fromkeys(ids):
        if record_id not in found:
            yield _one(client, entity, record_id, read)


def _one(client: QuickBooksClient, entity: Entity, record_id: str, read: Read) -> Record:
    for _ in range(2):
        try:
            [record] = read([client.read(entity.name, entity.path, record_id)])
        except NotFound:
            continue
        return record if record.id == record_id else replace(record, merged_ids=(record_id,))
    return Record(record_id, {}, presence=Presence.ABSENT, namespace=entity.name)


def rows_by_value(client: QuickBooksClient, lookup: Lookup, texts: Iterable[str]) -> Iterator[tuple[str, Row]]:
    """Yield (entity, row) of every row that may hold one of these values; the caller compares.

    A value is asked for in every form in which it can stand there; a row with several values has to be looked at.
    """
    wanted = [form for value in texts for form in _forms(lookup, value.strip())]
    conditions = list(_equal(lookup.property, wanted))
    if lookup.several:
        conditions.append(containing(lookup.property, ","))
    yield from searched(client, [(entity, (condition,)) for entity in lookup.lists for condition in conditions])


def _forms(lookup: Lookup, value: str) -> Iterable[str]:
    if lookup.suffixed:
        return (value, value + DELETED_SUFFIX)
    return dict.fromkeys((value, value.lower())) if lookup.several else (value,)


def _equal(field: str, values: Iterable[str]) -> Iterator[Condition]:
    """Conditions that together find every value: lists of plain ones, a LIKE for each the lexer might refuse."""
    unique = dict.fromkeys(values)
    chunk: list[str] = []
    for value in unique:
        if not is_safe(value):
            yield containing(field, value)
            continue
        if chunk and (len(chunk) == VALUES_PER_QUERY or sum(map(len, chunk)) + len(value) > TEXT_PER_QUERY):
            yield one_of(field, chunk)
            chunk = []
        chunk.append(value)
    if chunk:
        yield one_of(field, chunk)


def searched(client: QuickBooksClient, searches: Sequence[Search]) -> Iterator[tuple[str, Row]]:
    """Run searches, up to 30 in one batch call; a search whose first page is full is read on, page by page."""
    unique = list(dict.fromkeys(searches))
    for start in range(0, len(unique), BATCH_SIZE):
        part = unique[start : start + BATCH_SIZE]
        members = [{"bId": str(n), "Query": select(entity, conditions)} for n, (entity, conditions) in enumerate(part)]
        answers, trace = client.batch(members)
        for number, (entity, conditions) in enumerate(part):
            answer = answers.get(str(number), {})
            if "Fault" in answer:
                raise fault_error(answer["Fault"], trace)
            if "QueryResponse" not in answer:
                raise unexpected(PROVIDER_KEY, "a batch answer without one of its members")
            rows = rows_of(answer["QueryResponse"], entity)
            whole = client.query_all(entity, conditions) if len(rows) >= PAGE_SIZE else iter(rows)
            yield from ((entity, row) for row in whole)
