"""What an answer may cost: bytes, unpacked bytes and time are bounded, whatever a server sends (security S43)."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from connectors import http, oauth, pacing
from connectors.errors import Ambiguous, Unavailable, Unexpected
from connectors.http import ApiSession
from connectors.oauth import Client
from connectors.quickbooks import client as quickbooks
from connectors.registry import PROVIDERS
from connectors.tests.crooked import Crooked, Manner, says
from connectors.tests.test_http import Plain

MEGABYTE = 1024 * 1024
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_LENGTH = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"

Ask = Callable[[str], object]


def session(url: str, **more: float) -> ApiSession:
    return ApiSession(url, lambda refused: "token", Plain(), sleep=lambda seconds: None, **more)  # type: ignore[arg-type]


def read(url: str) -> object:
    return session(url).request("GET", "/x")


def write(url: str) -> object:
    return session(url).request("POST", "/x", body={})


def refresh(url: str) -> object:
    provider = PROVIDERS["quickbooks"]
    return oauth.refresh(provider, provider.sandbox(url), Client("id", "secret"), "token")


every_call = pytest.mark.parametrize(("ask", "error"), [(read, Unavailable), (write, Ambiguous), (refresh, Unavailable)])


def drip(head: bytes, piece: bytes) -> Manner:
    """A head, and then a little of the body again and again, for ten times as long as anybody should wait."""

    def pieces() -> Iterable[bytes]:
        yield head
        for _ in range(150):
            time.sleep(0.02)
            yield piece

    return pieces


def flood(head: bytes, piece: bytes, times: int) -> Manner:
    def pieces() -> Iterable[bytes]:
        yield head
        for _ in range(times):
            yield piece

    return pieces


@contextmanager
def within(megabytes: float) -> Iterator[None]:
    """Fails when more memory than this is held at any moment; the server's own buffers count as well."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MEGABYTE, peak


# Time


@pytest.mark.parametrize(
    "manner",
    [
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n"),
        drip(LENGTH, b" "),
        drip(LENGTH, b"[" * 20),
        drip(CHUNKED, b"1\r\n \r\n"),
        drip(CHUNKED, b"0"),
        drip(NO_LENGTH, b" "),
        drip(PACKED, gzip.compress(b" ")),
        drip(PACKED + gzip.compress(b"")[:10], b"\x00\x00\x00\xff\xff"),
    ],
    ids=["status", "header", "headers", "length", "pieces", "chunks", "size of a chunk", "no length", "packed", "packed nothing"],
)
@every_call
def test_an_answer_that_never_stops_dripping_is_given_up(ask: Ask, error: type[Exception], manner: Manner, monkeypatch: pytest.MonkeyPatch) -> None:
    """S43: every byte comes in time, the whole never does. A read gives up after its tries."""
    monkeypatch.setattr(http, "CALL_SECONDS", 0.3)
    monkeypatch.setattr(oauth, "CALL_SECONDS", 0.3)
    with Crooked(manner) as server:
        started = time.monotonic()
        with pytest.raises(error) as caught:
            ask(server.url)
        assert time.monotonic() - started < 0.3 * http.MAX_TRIES + 2
    assert caught.value.words in ("ReadTimeout", "ReadTimeoutError")  # type: ignore[attr-defined]


def test_a_body_that_comes_slowly_and_ends_in_time_is_read() -> None:
    """S43: slowness alone is no fault."""

    def pieces() -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
        for letter in b'{"a": [1, 2, 3, 45]}':
            time.sleep(0.02)
            yield bytes([letter])

    with Crooked(pieces) as server:
        assert session(server.url).request("GET", "/x").body == {"a": [1, 2, 3, 45]}


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\n", LENGTH, LENGTH + b"["], ids=["nothing", "no head", "no body", "half"])
def test_a_server_that_falls_silent_is_given_up(begun: bytes) -> None:
    """S43: at any point of the answer."""

    def pieces() -> Iterable[bytes]:
        yield begun
        time.sleep(5)

    with Crooked(pieces) as server:
        started = time.monotonic()
        with pytest.raises(Ambiguous):
            session(server.url, read_seconds=0.3).request("POST", "/x", body={})
        assert time.monotonic() - started < 3


def test_no_call_outlasts_what_is_kept_open_for_it() -> None:
    """S43: the time a provider may think is allowed, and the pacing still counts the call."""
    assert http.CONNECT_SECONDS + quickbooks.READ_SECONDS < http.CALL_SECONDS < pacing.PATIENCE_SECONDS
    assert http.CONNECT_SECONDS + oauth.READ_SECONDS <= oauth.CALL_SECONDS


# Size


@every_call
def test_the_body_of_a_redirect_is_bounded_as_well(ask: Ask, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """S41, S43: nobody reads on to see where it leads, or whether it is an address at all."""
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", MEGABYTE)
    head = b"HTTP/1.1 302 Found\r\nLocation: http://[::1/\r\nContent-Length: 104857600\r\n\r\n"
    with Crooked(flood(head, b" " * MEGABYTE, 100)) as server, within(6), pytest.raises(error) as caught:
        ask(server.url)
    assert caught.value.words == "AnswerTooLarge"  # type: ignore[attr-defined]


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n", NO_LENGTH], ids=["length", "no length"])
def test_a_hundred_megabytes_are_not_read_to_their_end(head: bytes) -> None:
    """S43: reading stops at the limit."""
    sent: list[int] = []

    def pieces() -> Iterable[bytes]:
        yield head
        for _ in range(100):
            sent.append(1)
            yield b" " * MEGABYTE

    with Crooked(pieces) as server, within(1.2 * http.MAX_ANSWER_BYTES / MEGABYTE), pytest.raises(Ambiguous) as caught:
        write(server.url)
    assert caught.value.words == "AnswerTooLarge"
    assert len(sent) < 90


@every_call
@pytest.mark.parametrize("manner", [flood(NO_LENGTH, b" " * MEGABYTE, 100), flood(CHUNKED, b"100000\r\n" + b" " * MEGABYTE + b"\r\n", 100)])
def test_memory_stays_flat_however_much_comes(ask: Ask, error: type[Exception], manner: Manner, monkeypatch: pytest.MonkeyPatch) -> None:
    """S43: what is held follows the limit and not the answer."""
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", MEGABYTE)
    with Crooked(manner) as server, within(6), pytest.raises(error) as caught:
        ask(server.url)
    assert caught.value.words == "AnswerTooLarge"  # type: ignore[attr-defined]


def bomb(rounds: int = 1) -> bytes:
    """200 MB of spaces in 200 kB; in 1 kB when it is packed once more."""
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join([*(packer.compress(b" " * MEGABYTE) for _ in range(200)), packer.flush()])
    for _ in range(rounds - 1):
        packed = gzip.compress(packed)
    return packed


@every_call
@pytest.mark.parametrize("rounds", [1, 2])
def test_a_packed_bomb_does_not_go_off(ask: Ask, error: type[Exception], rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """S43: what counts is the size after unpacking, and unpacking stops at the limit."""
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", MEGABYTE)
    manner = says(200, bomb(rounds), Content_Encoding=", ".join(["gzip"] * rounds))
    with Crooked(manner) as server, within(6), pytest.raises(error) as caught:
        ask(server.url)
    assert caught.value.words == "AnswerTooLarge"  # type: ignore[attr-defined]


def test_a_large_packed_answer_within_the_limit_is_read() -> None:
    """S43: the limit is far above what a provider sends in one answer."""
    body = b"[" + b"1," * (10 * MEGABYTE // 2) + b"1]"
    with Crooked(says(200, gzip.compress(body), Content_Encoding="gzip")) as server:
        assert len(session(server.url).request("GET", "/x").body) == 5 * MEGABYTE + 1


# What breaks off


@pytest.mark.parametrize(
    "answer",
    [
        LENGTH + b"{}",
        CHUNKED + b"2\r\n{}\r\n",
        CHUNKED + b"9\r\n{}",
        CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
        PACKED + gzip.compress(b'{"a": 1}')[:-12],
        PACKED + b"{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\nConnection: close\r\n\r\n{",
    ],
    ids=["length", "last chunk", "chunk", "no chunk", "packed", "not packed", "no number"],
)
@every_call
def test_an_answer_that_breaks_off_is_lost(ask: Ask, error: type[Exception], answer: bytes) -> None:
    """S43: it is never taken for a whole one, even where its beginning could be. A token endpoint's half may be told by its contents only."""
    with Crooked(lambda: [answer]) as server, pytest.raises((error, Unexpected) if ask is refresh else error):
        ask(server.url)
