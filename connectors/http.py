"""One way to speak HTTP to a provider: pooled connections, timeouts, pacing, retries of what is safe, and answers as plain values.

What an answer means is the provider's business (`Dialect.judge`); what may be sent again is decided here, in one place:
a request that is idempotent is repeated after a lost connection or a 5xx; any other only when nothing was sent. A 429 did nothing and may
always be repeated. A token reaches its own provider only (`connectors.wire`).
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import requests
from urllib3.exceptions import HTTPError

from connectors.errors import Ambiguous, ConnectorError, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.pacing import MAX_WAIT_SECONDS, Limit, Pace
from connectors.wire import Wire

CONNECT_SECONDS = 5
MAX_ANSWER_BYTES = 64 * 1024 * 1024
CALL_SECONDS = 145
"""From asking to the last byte of the answer, head and body: longer than any provider thinks before the first one."""
MAX_TRIES = 4
MAX_WAITS = 20
"""How often one request is put off before whoever asked is told."""

Token = Callable[[bool], str]
"""Gives the access token; called with True it must give a fresh one, because the last was refused."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer: `body` is parsed JSON with `Decimal` for fractions, or None when there was none."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Dialect(Protocol):
    """How one provider words its errors."""

    provider: str

    def judge(self, status: int, headers: Mapping[str, str], body: Any, text: str) -> ConnectorError | None:
        """The error an answer stands for, or None when it is a success. `body` is None where the answer is not JSON; `text` is its beginning."""

    def budget(self, headers: Mapping[str, str]) -> tuple[int, int] | None:
        """The limit that counts for the request and what is left of it, where the answer says so."""


@dataclass
class ApiSession:
    """A conversation with one account. Safe for several threads.

    `limits` by bucket name: a request counts in all windows of the bucket it names. Tests replace `sleep`.
    """

    base_url: str
    token: Token
    dialect: Dialect
    pace: Pace = field(default_factory=Pace)
    limits: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)
    read_seconds: float = 60
    connections: int = 8
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0

    def __post_init__(self) -> None:
        self._session = Wire(CALL_SECONDS, self.connections)
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        bucket: str = "",
        idempotent: bool = False,
        metered: bool = False,
    ) -> Answer:
        """Send one request and give its answer.

        `body` is sent as JSON, `text` as it is. `idempotent` says that sending it twice does no harm; GET is. `metered` ones are counted by month.
        Raises the error the dialect sees in the answer; `Ambiguous` when a request that may have taken effect got no readable answer;
        `Unavailable` when nothing was sent or the request is idempotent and never got through.
        """
        safe = idempotent or method == "GET"
        payload = dumps(body).encode() if body is not None else text.encode() if text is not None else None
        sent_headers = {"Accept": "application/json", **({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
        limits, refreshed, waits, attempt = self.limits.get(bucket, ()), False, 0, 0
        while True:
            attempt += 1
            last = attempt == MAX_TRIES
            try:
                return self._send(method, path, params, payload, sent_headers, limits, metered)
            except Unauthorized:
                if refreshed:
                    raise
                refreshed = True
                self.token(True)
            except Throttled as error:
                waits, attempt = waits + 1, attempt - 1
                if error.daily or waits == MAX_WAITS or error.retry_after > MAX_WAIT_SECONDS:
                    raise
                self._hold(limits, error.retry_after)
            except _NotSent as error:
                if last:
                    raise Unavailable("could not be reached", provider=self.dialect.provider, words=str(error)) from None
                self.sleep(backoff(attempt))
            except (_Lost, Unavailable) as error:
                if not safe:
                    raise self._ambiguous(error) from None
                if last:
                    raise self._unavailable(error) from None
                self._hold(limits, getattr(error, "pause", 0.0))
                self.sleep(backoff(attempt))

    def _hold(self, limits: tuple[Limit, ...], seconds: float) -> None:
        """Let nobody who counts in these windows send anything for a while, this request included."""
        if limits and seconds:
            self.pace.hold([limit.window for limit in limits], seconds)
        else:
            self.sleep(seconds)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        payload: bytes | None,
        headers: Mapping[str, str],
        limits: tuple[Limit, ...],
        metered: bool,
    ) -> Answer:
        token = self.token(False)  # before there is leave to send: getting one may take long
        ticket = self.pace.enter(limits, metered=metered) if limits or metered else ()
        told: Mapping[str, str] = {}
        with self._lock:
            self.calls += 1
        try:
            response = self._exchange(method, path, params, payload, {**headers, "Authorization": f"Bearer {token}"})
            told = response.headers
            return self._understand(response)
        finally:
            self.pace.leave(ticket, self.dialect.budget(told))

    def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, payload: bytes | None, headers: Mapping[str, str]
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                self.base_url + path,
                params=params,
                data=payload,
                headers=headers,
                timeout=(CONNECT_SECONDS, self.read_seconds),
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.ConnectTimeout:
            raise _NotSent("no connection in time") from None
        except requests.exceptions.ConnectionError as error:
            if "NewConnectionError" in repr(error):
                raise _NotSent("connection refused") from None
            if "CERTIFICATE_VERIFY_FAILED" in repr(error):
                raise _NotSent("the certificate is not to be trusted") from None
            raise _Lost("connection lost") from None
        except requests.exceptions.RequestException as error:
            raise _Lost(type(error).__name__) from None

    def _understand(self, response: requests.Response) -> Answer:
        with response:
            try:
                raw = read_body(response, MAX_ANSWER_BYTES)
            except (HTTPError, OSError) as error:  # a body that breaks off, stalls, or is not encoded as it says
                raise _Lost(type(error).__name__) from None
        body = loads(raw)
        refusal = self.dialect.judge(response.status_code, response.headers, body, raw[:500].decode("utf-8", "replace"))
        if refusal:
            raise refusal
        if body is None and raw.strip():
            raise _Lost("answer is not JSON")
        return Answer(response.status_code, response.headers, body)

    def _ambiguous(self, error: Exception) -> Ambiguous:
        return Ambiguous(
            "the answer was lost", provider=self.dialect.provider, words=getattr(error, "words", "") or str(error), trace=getattr(error, "trace", "")
        )

    def _unavailable(self, error: Exception) -> Unavailable:
        if isinstance(error, Unavailable):
            return error
        return Unavailable("does not answer", provider=self.dialect.provider, words=str(error))


class AnswerTooLarge(OSError):
    """More came than any answer of this kind holds; what is compressed counts unpacked."""


def read_body(response: requests.Response, most: int) -> bytes:
    """The unpacked body of an answer that was asked for with `stream`, at most `most` bytes.

    Raises `AnswerTooLarge`, or what urllib3 raises for a body that breaks off, stalls, takes too long, or is not encoded as it says.
    """
    raw: bytes = response.raw.read(most + 1, decode_content=True)
    if len(raw) > most:
        raise AnswerTooLarge
    return raw


class _NotSent(Exception):
    """Nothing left this machine."""


class _Lost(Exception):
    """Something left; what came back is nothing or unreadable."""


def backoff(attempt: int) -> float:
    """Seconds to wait before try number `attempt` + 1: full jitter under a doubling ceiling."""
    return random.uniform(0.05, min(8.0, 0.5 * 2**attempt))


def loads(raw: bytes) -> Any:
    """Parse JSON with exact fractions; None for anything that is not JSON."""
    try:
        return json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def dumps(body: Any) -> str:
    """Write JSON; Decimals become numbers with the same digits, or a TypeError."""
    return json.dumps(body, default=_number, ensure_ascii=False, separators=(",", ":"))


def _number(value: object) -> float:
    """A Decimal as the float whose shortest text has the same digits, which up to 15 digits always exists."""
    if isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) <= 15:
        return float(value)
    raise TypeError(f"a {type(value).__name__} like this cannot be sent")


def unexpected(provider: str, what: str) -> Unexpected:
    """The error for an answer that has not the documented shape."""
    return Unexpected(f"unexpected answer: {what}", provider=provider)
