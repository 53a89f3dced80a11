"""One way to speak HTTP: what is sent again, what is not, and what an answer means, against a server that misbehaves on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from connectors.errors import Ambiguous, ConnectorError, Throttled, Unauthorized, Unavailable
from connectors.http import ApiSession, dumps, loads
from connectors.pacing import Limit, Pace
from connectors.sandbox.server import App, Closed, Reply, Request, Server
from connectors.sandbox.state import State


class Plain:
    """A dialect in which the status says everything."""

    provider = "plain"

    def judge(self, status: int, headers: Mapping[str, str], body: Any, text: str) -> ConnectorError | None:
        kinds: dict[int, ConnectorError] = {
            401: Unauthorized("no"),
            429: Throttled("slow", retry_after=float(headers.get("Retry-After", "0.01"))),
            503: Unavailable("down"),
        }
        return kinds.get(status)

    def budget(self, headers: Mapping[str, str]) -> tuple[int, int] | None:
        return None


class Misbehaving:
    """A server that answers from a list, one reply after another; the last one stays."""

    def __init__(self) -> None:
        self.app = App("misbehaving", State())
        self.replies: list[Any] = [Reply(200, {"ok": True})]
        self.requests: list[Request] = []
        for method in ("GET", "POST"):
            self.app.route(method, "/x")(self.answer)

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, type):
            raise reply
        return reply  # type: ignore[no-any-return]


@pytest.fixture
def service() -> Iterator[Misbehaving]:
    made = Misbehaving()
    with Server(made.app) as server:
        made.url = server.url  # type: ignore[attr-defined]
        yield made


def session(service: Misbehaving, **more: Any) -> ApiSession:
    tokens = iter(["first", "second"])
    held = [next(tokens)]

    def token(refused: bool) -> str:
        if refused:
            held[0] = next(tokens)
        return held[0]

    return ApiSession(service.url, token, **{"dialect": Plain(), "sleep": lambda seconds: None, **more})  # type: ignore[attr-defined]


OK = Reply(200, {"ok": True})


def test_fractions_stay_exact_both_ways() -> None:
    assert loads(b'{"a": 0.10}') == {"a": Decimal("0.10")}
    assert dumps({"a": Decimal("24.49"), "b": "\u00e9"}) == '{"a":24.49,"b":"\u00e9"}'
    with pytest.raises(TypeError):
        dumps({"a": Decimal("0.1234567890123456789")})


@pytest.mark.parametrize("fault", [Reply(503), Closed])
def test_reads_are_repeated_after_a_fault(service: Misbehaving, fault: Any) -> None:
    service.replies = [fault, fault, OK]
    assert session(service).request("GET", "/x").body == {"ok": True}
    assert len(service.requests) == 3


@pytest.mark.parametrize("fault", [Reply(503), Closed, Reply(200, b"<html>", content_type="text/html")])
def test_a_write_without_key_is_never_repeated(service: Misbehaving, fault: Any) -> None:
    service.replies = [fault, OK]
    with pytest.raises(Ambiguous):
        session(service).request("POST", "/x", body={})
    assert len(service.requests) == 1


def test_a_write_with_a_key_is_repeated(service: Misbehaving) -> None:
    service.replies = [Closed, OK]
    assert session(service).request("POST", "/x", body={}, idempotent=True).status == 200


def test_a_read_that_never_gets_through_is_unavailable(service: Misbehaving) -> None:
    service.replies = [Reply(503)]
    with pytest.raises(Unavailable):
        session(service).request("GET", "/x")


def test_a_throttled_request_is_repeated_because_it_did_nothing(service: Misbehaving) -> None:
    service.replies = [Reply(429), OK]
    assert session(service).request("POST", "/x", body={}).status == 200


def test_a_long_wait_is_left_to_the_caller(service: Misbehaving) -> None:
    service.replies = [Reply(429, headers={"Retry-After": "3600"})]
    with pytest.raises(Throttled) as refused:
        session(service).request("GET", "/x")
    assert refused.value.retry_after == 3600
    assert len(service.requests) == 1


def test_a_refused_token_is_renewed_once(service: Misbehaving) -> None:
    service.replies = [Reply(401), OK]
    talk = session(service)
    assert talk.request("POST", "/x", body={}).status == 200
    assert [r.headers["Authorization"] for r in service.requests] == ["Bearer first", "Bearer second"]
    assert talk.calls == 2
    service.replies = [Reply(401)]
    with pytest.raises((Unauthorized, StopIteration)):
        session(service).request("GET", "/x")


def test_a_server_that_is_not_there_gets_nothing_sent() -> None:
    with pytest.raises(Unavailable):
        ApiSession("http://127.0.0.1:1", lambda refused: "t", Plain(), sleep=lambda s: None).request("POST", "/x", body={})


def test_a_redirect_is_not_followed(service: Misbehaving) -> None:
    """S41."""
    service.replies = [Reply(302, headers={"Location": "http://127.0.0.1:1/steal"})]
    assert session(service).request("GET", "/x").status == 302
    assert len(service.requests) == 1


def test_an_answer_that_is_cut_short_is_lost(service: Misbehaving) -> None:
    """S43."""
    service.replies = [Reply(200, b'{"ok": tr', headers={}), OK]
    assert session(service).request("GET", "/x").body == {"ok": True}


def test_nothing_is_sent_before_the_time_that_a_refusal_names(service: Misbehaving) -> None:
    """Whoever shares the limit waits too."""
    now = [1_800_000_000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace, limits = Pace(clock=lambda: now[0], sleep=sleep), {"": (Limit("requests", 10, 10.0),)}
    service.replies = [Reply(429, headers={"Retry-After": "30"}), OK]
    assert session(service, pace=pace, limits=limits).request("GET", "/x").status == 200
    assert now[0] == pytest.approx(1_800_000_030.0)


def test_a_service_that_refuses_on_and_on_is_left_to_the_caller_in_the_end(service: Misbehaving) -> None:
    service.replies = [Reply(429)]
    with pytest.raises(Throttled):
        session(service).request("GET", "/x")
    assert len(service.requests) == 20


def test_an_overloaded_service_gets_a_pause_that_all_keep(service: Misbehaving) -> None:
    now = [1_800_000_000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    class Overloaded(Plain):
        def judge(self, status: int, headers: Mapping[str, str], body: Any, text: str) -> ConnectorError | None:
            return Unavailable("down", pause=3.0) if status == 502 else None

    pace, limits = Pace(clock=lambda: now[0], sleep=sleep), {"": (Limit("requests", 10, 10.0),)}
    service.replies = [Reply(502), OK]
    assert session(service, pace=pace, limits=limits, dialect=Overloaded()).request("GET", "/x").status == 200
    assert now[0] >= 1_800_000_003.0
