"""Sending writes in batches, and finding out what became of those whose answer was lost (correctness 1.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from connectors.base import Failed, Operation, Outcome, Record, Stored, Unknown, Write
from connectors.errors import Ambiguous, ConnectorError, Forbidden, NotFound, Rejected, Stale, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.quickbooks.client import QuickBooksClient, Row
from connectors.quickbooks.errors import PROVIDER_KEY, fault_error
from connectors.quickbooks.lookup import read_records, rows_by_id, rows_by_name
from connectors.quickbooks.objects import Entity
from connectors.quickbooks.values import Read, differing, incomplete, members, without_empty
from connectors.vocabulary import Category

IN_FLIGHT = 4
DEFINITE = (Rejected, Stale, NotFound, Unauthorized, Forbidden, Throttled)
STOPPING = (Unauthorized, Forbidden, Throttled, Unavailable)


class Writer:
    """Writes records of one entity. `read` makes the Records of the outcomes, `read_all` Records with every field."""

    def __init__(self, client: QuickBooksClient, entity: Entity, read: Read, read_all: Read) -> None:
        self._client = client
        self._entity = entity
        self._read = read
        self._read_all = read_all

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Send the writes, one request for each `call`, and yield outcomes as answers come in. After an error that stops the account
        nothing more is sent; what was not sent fails with the same error."""
        waiting = list(_by_call(writes).values())
        stopped: ConnectorError | None = None
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            running: set[Future[list[Outcome]]] = set()
            while waiting or running:
                while waiting and len(running) < IN_FLIGHT and stopped is None:
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
        """Look for creates by their display name first, because a service may have forgotten the request; then send the rest again with the
        same keys, and read what stands there now."""
        standing = self._standing([w for w in writes if w.operation is Operation.CREATE])
        unsure = []
        for write in writes:
            record = standing.get(write.name)
            if record is not None:
                yield Stored(write.name, record)
            else:
                unsure.append(write)
        yield from self._again(unsure)

    def _again(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        by_name = {write.name: write for write in writes}
        outcomes = list(self.write(writes))
        doubtful = [by_name[o.name].id for o in outcomes if _stale(o)]
        created = [o.record.id for o in outcomes if isinstance(o, Stored)]
        wanted = [*doubtful, *created]
        rows = rows_by_id(self._client, self._entity, wanted) if wanted else {}
        for outcome in outcomes:
            if _stale(outcome):
                yield self._judge_stale(by_name[outcome.name], outcome, rows)
            elif isinstance(outcome, Stored):
                yield self._with_current(outcome, rows)
            else:
                yield outcome

    def _judge_stale(self, write: Write, outcome: Outcome, rows: Mapping[str, Row]) -> Outcome:
        """A token that moved on proves nothing alone: ours may have moved it. What we wanted stands there: it happened."""
        row = rows.get(write.id)
        if row is not None and not differing(write.fields, self._read_all(row).fields):
            return Stored(write.name, self._read(row))
        return outcome

    def _with_current(self, outcome: Stored, rows: Mapping[str, Row]) -> Outcome:
        """A replayed answer is as old as the first one."""
        row = rows.get(outcome.record.id)
        if row is None:
            return replace(outcome, current=next(read_records(self._client, self._entity, [outcome.record.id], self._read), None))
        return outcome if row["SyncToken"] == outcome.record.version else replace(outcome, current=self._read(row))

    def _standing(self, creates: Sequence[Write]) -> dict[tuple[str, str], Record]:
        """Active records that hold all that a create wanted to put there, by the create's name."""
        by_title = {str(write.fields.get("DisplayName") or "").strip().casefold(): write for write in creates}
        names = [str(write.fields["DisplayName"]) for write in creates if write.fields.get("DisplayName")]
        found = {}
        for _, row in rows_by_name(self._client, [self._entity.name], names) if names else ():
            write = by_title.get(str(row.get("DisplayName", "")).strip().casefold())
            if write and row.get("Active", True) and not differing(write.fields, self._read_all(row).fields):
                found[write.name] = self._read(row)
        return found

    def _send(self, writes: Sequence[Write]) -> list[Outcome]:
        """One request with its answers matched by bId."""
        settled: dict[str, Outcome] = {write.key: Failed(write.name, _unwritable()) for write in writes if not _encodable(write)}
        try:
            current = self._current([write for write in writes if write.key not in settled], settled)
        except (Unauthorized, Forbidden, Throttled, Unavailable, Unexpected, Rejected) as error:
            # Nothing was sent yet, so nothing happened.
            stopping = error if isinstance(error, STOPPING) else Unavailable(str(error), provider=PROVIDER_KEY, code=error.code, words=error.words)
            return [settled.get(write.key) or Failed(write.name, stopping) for write in writes]
        items = [self._item(write, current.get(write.id)) for write in writes if write.key not in settled]
        if items:
            self._answers(writes[0].call, items, [write for write in writes if write.key not in settled], settled)
        return [settled[write.key] for write in writes]

    def _answers(self, call: str, items: list[Row], writes: Sequence[Write], settled: dict[str, Outcome]) -> None:
        try:
            answers, trace = self._client.batch(items, call)
        except Ambiguous as error:
            settled.update((write.key, Unknown(write.name, error)) for write in writes)
        except (Unauthorized, Forbidden, Throttled, Unavailable, Rejected, Stale, NotFound) as error:
            settled.update((write.key, Failed(write.name, error)) for write in writes)
        except ConnectorError as error:
            settled.update((write.key, Failed(write.name, _refused(error))) for write in writes)
        else:
            settled.update((write.key, self._outcome(write, answers.get(write.key), trace)) for write in writes)

    def _outcome(self, write: Write, answer: Row | None, trace: str) -> Outcome:
        if answer is None:
            return Unknown(write.name, Ambiguous("missing from the answer", provider=PROVIDER_KEY, trace=trace))
        if "Fault" in answer:
            error = fault_error(answer["Fault"], trace)
            if isinstance(error, DEFINITE):
                return Failed(write.name, error)
            return Unknown(write.name, Ambiguous(str(error), provider=PROVIDER_KEY, code=error.code, words=error.words, trace=trace))
        row = answer.get(self._entity.name)
        if not isinstance(row, dict) or "Id" not in row or "SyncToken" not in row:
            return Unknown(write.name, Ambiguous("an answer without the record", provider=PROVIDER_KEY, trace=trace))
        return Stored(write.name, self._read(row))

    def _current(self, writes: Sequence[Write], settled: dict[str, Outcome]) -> dict[str, Row]:
        """The rows behind updates that write a part of an address whose other parts nobody observed. A row that moved on since makes the
        write stale, as its token would; so the parts filled in are those of the version the write was decided on."""
        partial = [write for write in writes if write.operation is Operation.UPDATE and incomplete(write.fields, write.expected)]
        rows = rows_by_id(self._client, self._entity, [write.id for write in partial]) if partial else {}
        for write in partial:
            row = rows.get(write.id)
            if row is not None and row["SyncToken"] != write.version:
                settled[write.key] = Failed(write.name, Stale("the record moved on", provider=PROVIDER_KEY))
        return rows

    def _item(self, write: Write, current: Row | None) -> Row:
        if write.operation is Operation.CREATE:
            return {"bId": write.key, "operation": "create", self._entity.name: without_empty(members(write.fields, {}))}
        identity = {"Id": write.id, "SyncToken": write.version, "sparse": True}
        changed = members(write.fields, write.expected, current)
        return {"bId": write.key, "operation": "update", self._entity.name: {**identity, **changed}}


def _by_call(writes: Sequence[Write]) -> dict[str, list[Write]]:
    groups: dict[str, list[Write]] = {}
    for write in writes:
        groups.setdefault(write.call, []).append(write)
    return groups


def _stale(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, Stale)


def _encodable(write: Write) -> bool:
    """Whether every text is real Unicode: half a surrogate pair from elsewhere cannot be sent and would break the whole batch."""
    try:
        for value in write.fields.values():
            str(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unwritable() -> Rejected:
    return Rejected("a text that is not Unicode", provider=PROVIDER_KEY, category=Category.ENCODING)


def _refused(error: ConnectorError) -> Rejected:
    """The whole request was refused for its shape: nothing happened to any member."""
    return Rejected(str(error), provider=PROVIDER_KEY, code=error.code, words=error.words, trace=error.trace)
