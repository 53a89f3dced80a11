"""The post of a simulated service: what its requests change becomes events, and these are sent to one address on this machine.

A provider's own module says what an event is, how several are worded and signed, and how long it waits between tries. Events wait here, are
sent in batches by threads that end when nothing waits, come late, twice or never where `Mail` says so, and are sent again when they are not taken.
"""

from __future__ import annotations

import heapq
import ipaddress
import itertools
import json
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox.pages import note, table

Event = dict[str, Any]
Key = tuple[str, ...]
Noted = Mapping[Key, Any]

MOST_WAITING = 10_000
"""Events; what comes on top of them is dropped."""
KEPT_DELIVERIES = 10_000
LINGER_SECONDS = 1.0
"""How long a thread waits for more before it ends."""


class Journal:
    """How things were before the request that is being served changed them, by key, in the order of their first change.

    Outside of requests it notes nothing: what is seeded or loaded is history, and nobody is told of it.
    """

    def __init__(self) -> None:
        self._noted: dict[Key, Any] | None = None

    @property
    def is_open(self) -> bool:
        return self._noted is not None

    def note(self, key: Key, before: Any) -> None:
        """Remember how a thing was, unless that is remembered already; None for a thing that is being made."""
        if self._noted is not None:
            self._noted.setdefault(key, before)

    @contextmanager
    def opened(self) -> Iterator[Noted]:
        noted: dict[Key, Any] = {}
        self._noted = noted
        try:
            yield noted
        finally:
            self._noted = None


@dataclass
class Mail:
    """How the post behaves. Shares go from 0 to 1; what they strike is drawn from `seed`, the same at every run.

    `delay` is the provider's own, in seconds. A share `lost` of the events is never sent, a share `held` comes `hold` seconds behind the others,
    and a share `doubled` comes again, `hold` seconds after the first time. With `shuffled` events that are sent at one moment have no order.
    `batch` is how many events one request holds at most, `at_once` how many requests are under way together. `pace` multiplies the provider's
    pauses between tries.
    """

    delay: float = 0.0
    lost: float = 0.0
    held: float = 0.0
    hold: float = 0.0
    doubled: float = 0.0
    shuffled: bool = False
    batch: int = 100
    at_once: int = 1
    pace: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def waits(self) -> list[float]:
        """After how many seconds an event is sent: once, twice or not at all."""
        lost, held, doubled = (self._dice.random() < share for share in (self.lost, self.held, self.doubled))
        first = self.delay + self.hold * held
        return [] if lost else [first, first + self.hold] if doubled else [first]

    def rank(self) -> float:
        """The place of an event among those that are sent at one moment."""
        return self._dice.random() if self.shuffled else 0.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that was sent: `attempt` counts from 0, `sent_at` is in seconds since 1970 of real time, `status` 0 where no answer came."""

    events: tuple[Event, ...]
    attempt: int
    sent_at: float
    status: int


@dataclass(order=True, slots=True)
class _Parcel:
    """Events to be sent together: one that is new, or those of a request that was not taken. `due` is in seconds of the monotonic clock."""

    due: float
    rank: float
    number: int
    events: list[Event] = field(compare=False)
    attempt: int = field(compare=False, default=0)


class Webhooks(ABC):
    """The webhook settings of the one app that a simulated service knows, and its post.

    `target` is where events go, "" for nowhere. `secret` signs them. `patience` is how many seconds an answer may take. `mail` may be replaced or
    changed at any time. `deliveries` holds the latest requests; `sent` counts events that were taken, `failed` requests that were not, `dropped`
    events that nobody will send any more, `waiting` those that still will be.
    """

    def __init__(self, *, secret: str, patience: float) -> None:
        self.secret = secret
        self.patience = patience
        self.mail = Mail()
        self.journal = Journal()
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self.sent = self.failed = self.dropped = self.waiting = 0
        self._target = ""
        self._parcels: list[_Parcel] = []
        self._numbers = itertools.count()
        self._threads = self._busy = 0
        self._news = threading.Condition()

    # What a provider says

    @abstractmethod
    def events(self, noted: Noted) -> Iterable[Event]:
        """What a request did: from how things were before, and as they are now."""

    @abstractmethod
    def body(self, events: Sequence[Event], attempt: int) -> Any:
        """The JSON of a request."""

    @abstractmethod
    def headers(self, target: str, body: bytes) -> dict[str, str]:
        """Content type and signatures of a request."""

    @abstractmethod
    def pause(self, attempt: int) -> float | None:
        """Seconds until a request that was not taken is sent again; None gives it up."""

    @abstractmethod
    def taken(self, status: int) -> bool:
        """Whether an answer means that the events arrived."""

    # What an app does

    @property
    def target(self) -> str:
        return self._target

    @target.setter
    def target(self, url: str) -> None:
        """Raises ValueError for an address that is not plain HTTP on this machine. "" forgets what waits."""
        if url and not on_this_machine(url):
            raise ValueError("a simulation calls addresses on this machine only, over http")
        with self._news:
            self._target = url
            if not url:
                self._parcels.clear()
                self.dropped += self.waiting
                self.waiting = 0
            self._news.notify_all()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Serve a request inside: at its end, answered or cut off, what it changed becomes events. They are posted, and nobody waits for them."""
        if not self._target:
            yield
            return
        with self.journal.opened() as noted:
            try:
                yield
            finally:
                self.post(self.events(noted))

    def post(self, events: Iterable[Event]) -> None:
        """Put events among those that wait."""
        with self._news:
            for event in events:
                waits = self.mail.waits()
                if not waits or self.waiting + len(waits) > MOST_WAITING:
                    self.dropped += 1
                    continue
                for wait in waits:
                    self._put(_Parcel(time.monotonic() + wait, self.mail.rank(), next(self._numbers), [event]))

    def hurry(self) -> None:
        """Send everything that waits now, however long it was to wait."""
        with self._news:
            self._parcels = [_Parcel(0.0, self.mail.rank(), p.number, p.events, p.attempt) for p in self._parcels]
            heapq.heapify(self._parcels)
            self._news.notify_all()

    def settle(self, seconds: float = 10.0) -> bool:
        """Wait until nothing waits and nothing is under way; False when that takes longer than `seconds`."""
        with self._news:
            return self._news.wait_for(lambda: not self._parcels and not self._busy, seconds)

    # The threads

    def _put(self, parcel: _Parcel) -> None:
        heapq.heappush(self._parcels, parcel)
        self.waiting += len(parcel.events)
        if self._threads == self._busy and self._threads < self.mail.at_once:
            self._threads += 1
            threading.Thread(target=self._carry_all, daemon=True).start()
        self._news.notify_all()

    def _carry_all(self) -> None:
        while parcel := self._next():
            self._carry(parcel)

    def _next(self) -> _Parcel | None:
        """The next parcel that is due, together with the new ones behind it; None when a thread is no longer needed."""
        with self._news:
            patience = time.monotonic() + LINGER_SECONDS
            while True:
                now = time.monotonic()
                if self._parcels and self._parcels[0].due <= now:
                    self._busy += 1
                    return self._collected(now)
                if not self._parcels and now >= patience:
                    self._threads -= 1
                    return None
                self._news.wait((self._parcels[0].due if self._parcels else patience) - now)

    def _collected(self, now: float) -> _Parcel:
        parcel = heapq.heappop(self._parcels)
        while not parcel.attempt and self._parcels and len(parcel.events) < self.mail.batch:
            if self._parcels[0].attempt or self._parcels[0].due > now:
                break
            parcel.events += heapq.heappop(self._parcels).events
        self.waiting -= len(parcel.events)
        return parcel

    def _carry(self, parcel: _Parcel) -> None:
        target, sent_at = self._target, time.time()
        status = self._call(target, parcel) if target else 0
        with self._news:
            self._busy -= 1
            self.deliveries.append(Delivery(tuple(parcel.events), parcel.attempt, sent_at, status))
            self._file(parcel, status)
            self._news.notify_all()

    def _file(self, parcel: _Parcel, status: int) -> None:
        """Count a request, and put its events back where they were not taken."""
        if self.taken(status):
            self.sent += len(parcel.events)
            return
        self.failed += 1
        pause = self.pause(parcel.attempt)
        if pause is None or not self._target:
            self.dropped += len(parcel.events)
            return
        due = time.monotonic() + pause * self.mail.pace
        self._put(_Parcel(due, 0.0, next(self._numbers), parcel.events, parcel.attempt + 1))

    def _call(self, target: str, parcel: _Parcel) -> int:
        """Send one request; its status, 0 without an answer."""
        text = json.dumps(self.body(parcel.events, parcel.attempt), ensure_ascii=False, separators=(",", ":"))
        # Half a surrogate pair has no UTF-8; Python's escape of it is JSON's as well.
        body = text.encode(errors="backslashreplace")
        parts = urlsplit(target)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=self.patience)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, self.headers(target, body))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def on_this_machine(url: str) -> bool:
    """Whether an address is plain HTTP on a loopback address, given as a number or as "localhost": any other name could lead anywhere."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        local = (host == "localhost" or ipaddress.ip_address(host).is_loopback) and parts.port != 0
    except ValueError:
        local = False
    return local and parts.scheme == "http" and parts.username is None


def panel(webhooks: Webhooks) -> str:
    """What the front page of a simulation tells of its webhooks."""
    words = note(f"Changes are told to {webhooks.target}." if webhooks.target else "Changes are told to nobody.")
    numbers = (webhooks.sent, webhooks.waiting, webhooks.failed, webhooks.dropped)
    rows = [[str(number) for number in numbers]]
    return "<h2>Webhooks</h2>" + words + table(["Events sent", "Waiting", "Failed tries", "Never sent"], rows)
