"""Sending batches: which member of a batch became what. Source: HubSpot reference, section 6.3.

Answers are matched by trace id, unique value or record id, for results keep no order. A batch that was refused as a whole did nothing and is
halved until the refused member stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from connectors.errors import (
    AlreadyExists,
    Ambiguous,
    ConnectorError,
    Forbidden,
    NotFound,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from connectors.hubspot.client import BATCH, HubSpotClient, Raw
from connectors.hubspot.errors import PROVIDER, member_error
from connectors.hubspot.reading import CALLS_AT_ONCE, at_once, chunks

STOPPING = (Unauthorized, Forbidden, Throttled, Unavailable)
"""Errors that concern the whole account: what has not been sent is not sent."""
REFUSED = (Rejected, AlreadyExists, NotFound)
"""Errors that concern one member, and a batch for its sake."""

Match = Callable[[Raw], str]
"""The name of an answer's member: what `Item.natural` holds for its input."""


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a batch: `trace` names it in the request, `natural` in an answer that does not tell the trace."""

    trace: str
    natural: str
    body: Mapping[str, object]


Result = Raw | ConnectorError


@dataclass
class Sender:
    """Sends batches, several at once. `stopped` is the error that stopped the account."""

    client: HubSpotClient
    stopped: ConnectorError | None = None
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(CALLS_AT_ONCE))

    def send_all(self, path: str, verb: str, items: Sequence[Item], match: Match) -> dict[str, Result]:
        """Any number of members in full batches: the answer or the error of each, by trace."""
        found: dict[str, Result] = {}
        for part in at_once(lambda part: self.send(path, verb, part, match), chunks(items, BATCH)):
            found |= part
        return found

    def send(self, path: str, verb: str, items: Sequence[Item], match: Match) -> dict[str, Result]:
        """One batch of at most 100 members."""
        if self.stopped:
            return dict.fromkeys((item.trace for item in items), self.stopped)
        try:
            with self._slots:
                body = self.client.batch_write(path, verb, [{**item.body, "objectWriteTraceId": item.trace} for item in items])
        except REFUSED as error:
            if len(items) == 1:
                return {items[0].trace: error}
            half = len(items) // 2
            return {**self.send(path, verb, items[:half], match), **self.send(path, verb, items[half:], match)}
        except ConnectorError as error:
            return dict.fromkeys((item.trace for item in items), self.noticed(error))
        return _matched(items, body, match)

    def each(self, act: Callable[[Sequence[str]], object], names: Sequence[str], size: int = BATCH) -> dict[str, ConnectorError]:
        """Do something that may be done again for any number of records, in full batches: the errors by name."""
        found: dict[str, ConnectorError] = {}
        for part in at_once(lambda part: self._each(act, part), chunks(names, size)):
            found |= part
        return found

    def _each(self, act: Callable[[Sequence[str]], object], names: Sequence[str]) -> dict[str, ConnectorError]:
        if self.stopped:
            return dict.fromkeys(names, self.stopped)
        try:
            with self._slots:
                act(names)
        except REFUSED as error:
            if len(names) == 1:
                return {names[0]: error}
            half = len(names) // 2
            return {**self._each(act, names[:half]), **self._each(act, names[half:])}
        except ConnectorError as error:
            return dict.fromkeys(names, self.noticed(error))
        return {}

    def noticed(self, error: ConnectorError) -> ConnectorError:
        """The error, remembered if it stops the account."""
        if isinstance(error, STOPPING):
            self.stopped = error
        return error


def _matched(items: Sequence[Item], body: Raw, match: Match) -> dict[str, Result]:
    answers: dict[str, Raw] = {}
    for raw in body.get("results") or ():
        answers[str(raw.get("objectWriteTraceId") or "")] = answers[match(raw)] = raw
    errors: dict[str, ConnectorError] = {}
    for entry in body.get("errors") or ():
        for name in _concerned(entry.get("context") or {}):
            errors[name] = member_error(entry)
    lost = Ambiguous("the answer does not tell", provider=PROVIDER)
    return {
        item.trace: answers.get(item.trace) or answers.get(item.natural) or errors.get(item.trace) or errors.get(item.natural) or lost
        for item in items
    }


def _concerned(context: Mapping[str, Iterable[str]]) -> Iterable[str]:
    return [str(name) for name in (*(context.get("objectWriteTraceId") or ()), *(context.get("ids") or ()))]
