"""A simulated QuickBooks on a port, with a clock that tests move and a caller that hides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from connectors.base import Record
from connectors.quickbooks.reading import Reader
from connectors.quickbooks.shapes import Entity
from connectors.sandbox.quickbooks import DEFAULT_REALM, QuickBooksApp, build, issue
from connectors.sandbox.server import Server
from connectors.sandbox.state import State


class Caller:
    """A client that hides nothing: status and parsed body of every call."""

    def __init__(self, app: QuickBooksApp, url: str) -> None:
        self.app = app
        self.url = url
        self.now = 1_800_000_000.0
        app.switches.limit_scale = 0
        self.token = issue(app, DEFAULT_REALM)["access_token"]

    def __call__(self, method: str, path: str, body: Any = None, **params: str) -> tuple[int, Any]:
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        url = f"{self.url}/v3/company/{DEFAULT_REALM}{path}"
        answer = requests.request(method, url, params=params, data=data, headers=headers, timeout=10)
        return answer.status_code, answer.json()

    def create(self, entity: str = "customer", **members: Any) -> Any:
        status, body = self("POST", f"/{entity}", members)
        assert status == 200, body
        return body[entity.capitalize()]

    def update(self, row: Any, **members: Any) -> tuple[int, Any]:
        return self("POST", "/customer", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, **members})

    def query(self, text: str) -> Any:
        status, body = self("POST", "/query", text.encode())
        return body["QueryResponse"] if status == 200 else body["Fault"]["Error"][0]["code"]

    def names(self, condition: str, entity: str = "Customer") -> list[str]:
        return [row["DisplayName"] for row in self.query(f"select * from {entity} where {condition}").get(entity, [])]


def serving() -> Iterator[Caller]:
    """A caller of an empty company; made into a fixture by each test module."""
    caller: Caller | None = None
    app = build(State(), clock=lambda: caller.now if caller else 1_800_000_000.0)
    with Server(app) as server:
        caller = Caller(app, server.url)
        yield caller


def code(answer: tuple[int, Any]) -> str:
    return str(answer[1]["Fault"]["Error"][0]["code"])


@dataclass
class Told:
    """A company of which everything is known without a call."""

    realm: str = "123"
    web: str = "https://web.example"
    currency: str = "USD"
    methods: Mapping[str, str] = field(default_factory=dict)


def record_of(entity: Entity, row: Any, keys: Iterable[str] | None = None, *, joined: Iterable[Any] = (), company: Told | None = None) -> Record:
    """The record of one row, with all fields unless told; `joined` are the rows there are of the joined entity."""
    rows = {other["Id"]: other for other in joined}
    wanted = [spec.key for spec in (*entity.fields, *entity.custom)] if keys is None else keys
    return Reader(entity, company or Told(), lambda _, ids: {i: rows[i] for i in ids if i in rows}, wanted).one(row)
