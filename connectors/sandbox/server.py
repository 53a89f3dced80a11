"""A small HTTP server for simulated services: routes of functions, a request log, and a hook around every request.

    app = App("hubspot", state)
    @app.route("GET", "/crm/objects/{version}/{type}/{id}")
    def read(request): return Reply(200, {...})

Keep-alive, no Nagle delay, one thread per connection, one lock per app: requests of one app are served one after another, as if each
were a transaction. `Reply.body` may be a dict or list (sent as JSON), text or bytes.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.sandbox.state import State

MAX_BODY_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """`params` are the path's named parts. `query` joins the values of a repeated name by commas, `form` keeps the last one. `json` is None where the
    body is not JSON."""

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            return None

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def forms(self) -> list[tuple[str, str]]:
        """The form's pairs in order, repeated names included."""
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass(slots=True)
class Reply:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""

    def encoded(self) -> tuple[bytes, str]:
        if isinstance(self.body, bytes):
            return self.body, self.content_type or "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), self.content_type or "text/html; charset=utf-8"
        if self.body is None:
            return b"", self.content_type or "application/json;charset=utf-8"
        text = json.dumps(self.body, default=_plain, ensure_ascii=False, separators=(",", ":"))
        # Half a surrogate pair has no UTF-8; Python's escape of it is JSON's as well.
        return text.encode(errors="backslashreplace"), self.content_type or "application/json;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Logged:
    """One served request, as a checker from outside may see it: without the Authorization header."""

    number: int
    at: float
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes


class Closed(Exception):
    """Raised by a hook: close the connection without an answer."""


Handler = Callable[[Request], Reply]
Hook = Callable[[str, int, Request, "Reply | None"], "Reply | None"]
"""hook(moment, number, request, reply): moment "before" may return a Reply to answer with instead of serving (nothing is committed then),
moment "after" may return another Reply to send. It may raise `Closed`, sleep, or kill a process."""

Watcher = Callable[["App", Request, "Reply | None"], None]
"""watcher(app, request, reply): what the app itself answers to a request, before a hook changes it; None where a hook answered in its place."""


class App:
    """One simulated service: routes, state, clock, log. `watchers` see what is served by every app; there are none unless somebody looks on."""

    watchers: ClassVar[list[Watcher]] = []

    def __init__(self, name: str, state: State, *, clock: Callable[[], float] = time.time) -> None:
        self.name = name
        self.state = state
        self.clock = clock
        self.lock = threading.RLock()
        self.log: list[Logged] = []
        self.keep_log = False
        self.served = 0
        self.hook: Hook | None = None
        self.gate: Callable[[Request], Reply | None] | None = None
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def route(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Serve `method` on a path like "/crm/{type}/{id}"; a part never matches a slash; routes are tried in the order they were added."""
        pattern = re.compile("^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)) + "$")

        def add(handler: Handler) -> Handler:
            self._routes.append((method, pattern, handler))
            return handler

        return add

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one request: hook, gate (rate limits, tokens), route, commit, hook."""
        parts = urlsplit(target)
        query: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        with self.lock:
            self.served += 1
            number = self.served
            request = Request(method, parts.path, {}, query, headers, body)
            own: Reply | None = None
            try:
                reply = self.hook("before", number, request, None) if self.hook else None
                if reply is None:
                    reply = own = (self.gate(request) if self.gate else None) or self._dispatch(request)
                    self.state.commit()
            finally:
                for watcher in self.watchers:
                    watcher(self, request, own)
            if self.hook:
                reply = self.hook("after", number, request, reply) or reply
            if self.keep_log:
                self._record(number, request, reply)
        return reply

    def _dispatch(self, request: Request) -> Reply:
        known = False
        for method, pattern, handler in self._routes:
            match = pattern.match(request.path)
            if match and method == request.method:
                params = {name: unquote(part) for name, part in match.groupdict().items()}
                return handler(Request(request.method, request.path, params, request.query, request.headers, request.body))
            known = known or bool(match)
        return Reply(405 if known else 404, {"status": "error", "message": "no such resource"})

    def _record(self, number: int, request: Request, reply: Reply) -> None:
        kept = {k: v for k, v in request.headers.items() if k.lower() != "authorization"}
        self.log.append(
            Logged(number, self.clock(), request.method, request.path, request.query, kept, request.body, reply.status, reply.encoded()[0])
        )


class Server:
    """An App on a port. `port` 0 takes a free one. Use as a context manager or start() and stop()."""

    def __init__(self, app: App, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = app
        self._http = _Http((host, port), _handler(app))
        self.port: int = self._http.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    def start(self) -> Server:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""


def _handler(app: App) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True
        timeout = 120
        server_version = "sandbox"
        sys_version = ""

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY_BYTES:
                self.send_error(413)
                return
            body = self.rfile.read(length) if length else b""
            if len(body) < length:  # whoever sent it is gone
                self.close_connection = True
                return
            try:
                reply = app.serve(self.command, self.path, dict(self.headers.items()), body)
            except Closed:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            payload, content_type = reply.encoded()
            self.send_response(reply.status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(payload)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The Date header tells the app's own clock, which clients must go by."""
            return super().date_time_string(app.clock() if timestamp is None else timestamp)

        def log_message(self, format: str, *args: Any) -> None:
            """The log is in App.log; nothing goes to the terminal."""

    return Handler


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)
