"""Sees every exchange that a simulation of this process serves, and keeps what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.sandbox.server import App, Reply, Request
from connectors.tests.conformance.hubspot import HubSpot
from connectors.tests.conformance.quickbooks import QuickBooks
from connectors.tests.conformance.shape import said
from connectors.wire import USER_AGENT

MOST = 20
"""Faults kept at a time: one wrong shape shows in every call."""

RULES: dict[str, HubSpot | QuickBooks] = {"hubspot": HubSpot(), "quickbooks": QuickBooks()}


class Watch:
    """An `App.watchers` member. What it finds goes to `found`, each fault once, and into a `file`, which is how another process tells."""

    def __init__(self, file: Path | None = None) -> None:
        self.found: dict[str, str] = {}
        self._file = file

    def __call__(self, app: App, request: Request, reply: Reply | None) -> None:
        try:
            for side, fault in judged(app, request, reply):
                self._keep(f"{request.method} {request.path}, {side}: {fault}")
        except Exception as error:  # noqa: BLE001 - a simulation has to go on serving
            self._keep(f"{request.method} {request.path} could not be judged: {error!r} in line {_line(error)}")

    def taken(self) -> list[str]:
        """What was found since the last time."""
        found, self.found = list(self.found.values()), {}
        return found

    def _keep(self, words: str) -> None:
        alike = re.sub(r"\d+", "0", words)
        if len(self.found) < MOST and alike not in self.found:
            self.found[alike] = words
            if self._file:
                with self._file.open("a") as out:
                    out.write(words.replace("\n", " ") + "\n")


def judged(app: App, request: Request, reply: Reply | None) -> Iterator[tuple[str, str]]:
    """What is wrong: the side, "sent" or "answered 200", and the fault. `reply` is what the app itself answers."""
    rules: Any = RULES.get(app.name)
    if rules is None:
        return
    if reply and isinstance(reply.body, bytes):
        reply = replace(reply, body=said(reply.body))
    ours = request.headers.get("User-Agent") == USER_AGENT
    if ours:
        yield from (("sent", fault) for fault in rules.sent(app, request, reply))
    if ours or (reply is not None and reply.status == 200):
        yield from (("sent", fault) for fault in rules.form(request))
    if reply is not None:
        yield from ((f"answered {reply.status}", fault) for fault in rules.shown(app, request, reply))


def _line(error: BaseException) -> int:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace.tb_lineno if trace else 0
