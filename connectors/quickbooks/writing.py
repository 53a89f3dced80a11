"""Sending writes in batches, and finding out what became of those whose answer was lost (correctness 1.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from connectors.base import Failed, Operation, Outcome, Presence, Record, Stored, Unknown, Write
from connectors.errors import Ambiguous, ConnectorError, Forbidden, NotFound, Rejected, Stale, Throttled, Unauthorized, Unavailable
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.company import Company
from connectors.quickbooks.errors import PROVIDER_KEY, fault_error
from connectors.quickbooks.invoice_packing import InvoicePacking
from connectors.quickbooks.lookup import read_records, rows_by_id
from connectors.quickbooks.packing import ItemPacking, Packing
from connectors.quickbooks.payment_packing import PaymentPacking
from connectors.quickbooks.reading import Reader
from connectors.quickbooks.shapes import Entity, Row
from connectors.vocabulary import Category, Kind

PACKINGS: dict[Kind, Callable[[QuickBooksClient, Entity, Company, Callable[[], float]], Packing]] = {
    Kind.CONTACT: Packing,
    Kind.PRODUCT: ItemPacking,
    Kind.INVOICE: InvoicePacking,
    Kind.PAYMENT: PaymentPacking,
}
DEFINITE = (Rejected, Stale, NotFound, Unauthorized, Forbidden, Throttled)
STOPPING = (Unauthorized, Forbidden, Throttled, Unavailable)
LONGEST_CALL, LONGEST_KEY = 36, 10
"""Characters of the two parts of an idempotency key; together they fit the 50 of a `requestid` (reference 3.9)."""

Answered = Row | Outcome
"""The row that a write stored, or another outcome."""


class Writer:
    """Writes records of one entity. `read` makes the Records of the outcomes."""

    def __init__(self, client: QuickBooksClient, packing: Packing, read: Reader) -> None:
        self._client = client
        self._packing = packing
        self._entity = packing.entity
        self._read = read

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Send the writes, one request for each `call`, and yield outcomes as answers come in. After an error that stops the account
        nothing more is sent; what was not sent fails with the same error."""
        waiting = list(_by_call(writes).values())
        stopped: ConnectorError | None = None
        with ThreadPoolExecutor(self._packing.in_flight) as pool:
            running: set[Future[list[Outcome]]] = set()
            while waiting or running:
                while waiting and len(running) < self._packing.in_flight and stopped is None:
                    running.add(pool.submit(self._send, waiting.pop(0)))
                if not running:
                    break
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    outcomes = future.result()
                    stopped = stopped or next((o.error for o in outcomes if isinstance(o, Failed) and isinstance(o.error, STOPPING)), None)
                    yield from outcomes
        if stopped is not None:
            yield from (Failed(write.name, stopped) for group in waiting for write in group)

    def settle(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Look for rows that creates may have made first, because a service may have forgotten the request; then send the rest again with the
        same keys, and read what stands there now."""
        standing = self._packing.standing([w for w in writes if w.operation is Operation.CREATE])
        records = self._records(standing.values())
        yield from (Stored(name, record) for name, record in zip(standing, records, strict=True))
        yield from self._again([write for write in writes if write.name not in standing])

    def _again(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        by_name = {write.name: write for write in writes}
        outcomes = list(self.write(writes))
        doubtful = [by_name[o.name].id for o in outcomes if _stale(o)]
        stored = [o.record.id for o in outcomes if isinstance(o, Stored) and o.record.presence is not Presence.ABSENT]
        wanted = [*doubtful, *stored]
        rows = rows_by_id(self._client, self._entity.name, wanted) if wanted else {}
        for outcome in outcomes:
            if _stale(outcome):
                yield self._judge_stale(by_name[outcome.name], outcome, rows)
            elif isinstance(outcome, Stored) and outcome.record.presence is not Presence.ABSENT:
                yield self._with_current(outcome, rows)
            else:
                yield outcome

    def _judge_stale(self, write: Write, outcome: Outcome, rows: Mapping[str, Row]) -> Outcome:
        """A token that moved on proves nothing alone: ours may have moved it. What we wanted stands there: it happened."""
        row = rows.get(write.id)
        if row is not None and write.operation is Operation.UPDATE and not self._packing.differing(write.fields, row):
            return Stored(write.name, self._records([row])[0])
        return outcome

    def _with_current(self, outcome: Stored, rows: Mapping[str, Row]) -> Outcome:
        """A replayed answer is as old as the first one."""
        row = rows.get(outcome.record.id)
        if row is None:
            return replace(outcome, current=next(read_records(self._client, self._entity, [outcome.record.id], self._read), None))
        return outcome if row["SyncToken"] == outcome.record.version else replace(outcome, current=self._records([row])[0])

    def _send(self, writes: Sequence[Write]) -> list[Outcome]:
        """One request with its answers matched by bId, then what takes a request of its own."""
        answered: dict[str, Answered] = {}
        try:
            packed = self._packing.pack(writes)
        except ConnectorError as error:
            # Nothing was sent yet, so nothing happened.
            return [Failed(write.name, _stopping(error)) for write in writes]
        for write in writes:
            refusal = packed[write.key]
            if isinstance(refusal, ConnectorError):
                answered[write.key] = Failed(write.name, refusal)
        items = {key: item for key, item in packed.items() if isinstance(item, dict)}
        if items:
            answered |= self._answers(writes[0].call, items, [write for write in writes if write.key in items])
        for write in writes:
            answer = answered.get(write.key)
            if self._packing.voids(write) and not isinstance(answer, Outcome):
                answered[write.key] = self._voided(write, answer)
            elif answer is None:
                answered[write.key] = self._untouched(write)
        return self._outcomes(writes, answered)

    def _answers(self, call: str, items: Mapping[str, Row], writes: Sequence[Write]) -> dict[str, Answered]:
        try:
            answers, trace = self._client.batch([{"bId": key, **item} for key, item in items.items()], call)
        except Ambiguous as error:
            return {write.key: Unknown(write.name, error) for write in writes}
        except (Unauthorized, Forbidden, Throttled, Unavailable, Rejected, Stale, NotFound) as error:
            return {write.key: Failed(write.name, error) for write in writes}
        except ConnectorError as error:
            return {write.key: Failed(write.name, _refused(error)) for write in writes}
        return {write.key: self._answered(write, answers.get(write.key), trace) for write in writes}

    def _answered(self, write: Write, answer: Row | None, trace: str) -> Answered:
        if answer is None:
            return Unknown(write.name, Ambiguous("missing from the answer", provider=PROVIDER_KEY, trace=trace))
        if "Fault" in answer:
            return self._faulted(write, fault_error(answer["Fault"], trace, self._entity.name))
        row = answer.get(self._entity.name)
        if isinstance(row, dict) and "Id" in row and ("SyncToken" in row or write.operation is Operation.DELETE):
            return row
        return Unknown(write.name, Ambiguous("an answer without the record", provider=PROVIDER_KEY, trace=trace))

    def _faulted(self, write: Write, error: ConnectorError) -> Answered:
        if isinstance(error, NotFound) and write.operation is Operation.DELETE:
            return {"Id": write.id, "status": "Deleted"}
        if isinstance(error, NotFound) and write.operation is Operation.CREATE:
            # What is missing is not the record itself but something that it names.
            error = Rejected(
                str(error), provider=PROVIDER_KEY, code=error.code, words=error.words, trace=error.trace, category=Category.VALUE_INVALID
            )
        if isinstance(error, DEFINITE):
            return Failed(write.name, error)
        return Unknown(write.name, Ambiguous(str(error), provider=PROVIDER_KEY, code=error.code, words=error.words, trace=error.trace))

    def _voided(self, write: Write, row: Row | None) -> Answered:
        """Void a record, after what else was to be written to it. The request is named by the write, and so stays the same on every re-send."""
        record_id, version = (row["Id"], row["SyncToken"]) if row else (write.id, write.version)
        requestid = f"{write.call[:LONGEST_CALL]}-{write.key[:LONGEST_KEY]}"
        try:
            return self._client.void(self._entity.name, self._entity.path, record_id, version, requestid)
        except Ambiguous as error:
            return Unknown(write.name, error)
        except ConnectorError as error:
            return self._faulted(write, error) if not isinstance(error, STOPPING) else Failed(write.name, error)

    def _untouched(self, write: Write) -> Answered:
        """A write that says nothing new: the record as it is."""
        try:
            return self._client.read(self._entity.name, self._entity.path, write.id)
        except ConnectorError as error:
            return Failed(write.name, error if isinstance(error, NotFound) else _stopping(error))

    def _outcomes(self, writes: Sequence[Write], answered: Mapping[str, Answered]) -> list[Outcome]:
        rows = {write.name: row for write in writes if not isinstance(row := answered[write.key], Outcome)}
        records = dict(zip(rows, self._records(rows.values()), strict=True))
        found: list[Outcome] = []
        for write in writes:
            answer = answered[write.key]
            found.append(answer if isinstance(answer, Outcome) else Stored(write.name, records[write.name]))
        return found

    def _records(self, rows: Iterable[Row]) -> list[Record]:
        """The records of rows that stand. That they stand is not put in doubt by a look-up that fails: its fields are then unknown."""
        found = list(rows)
        try:
            return self._read(found)
        except ConnectorError:
            return self._read.unasked()(found)


def _by_call(writes: Sequence[Write]) -> dict[str, list[Write]]:
    groups: dict[str, list[Write]] = {}
    for write in writes:
        groups.setdefault(write.call, []).append(write)
    return groups


def _stale(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, Stale)


def _stopping(error: ConnectorError) -> ConnectorError:
    """What a read before any write failed with, as a reason to try later."""
    if isinstance(error, STOPPING):
        return error
    return Unavailable(str(error), provider=PROVIDER_KEY, code=error.code, words=error.words)


def _refused(error: ConnectorError) -> Rejected:
    """The whole request was refused for its shape: nothing happened to any member."""
    return Rejected(str(error), provider=PROVIDER_KEY, code=error.code, words=error.words, trace=error.trace)
