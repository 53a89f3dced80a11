"""QuickBooks on its sandbox keeps the contract, over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Values
from connectors.quickbooks import PROVIDER, QuickBooksConnector
from connectors.quickbooks.values import members, without_empty
from connectors.sandbox.quickbooks import DEFAULT_REALM, QuickBooksApp, RequestIds, build, issue
from connectors.sandbox.server import Closed, Reply, Request, Server
from connectors.sandbox.state import State
from connectors.tests.contract import ConnectorContract, Place


class QuickBooksPlace:
    text_key = "Notes"
    unique_key = "DisplayName"

    def __init__(self, app: QuickBooksApp, server: Server) -> None:
        self.app = app
        self.app.switches.limit_scale = 0
        self.company = app.companies[DEFAULT_REALM]
        token = issue(app, DEFAULT_REALM)["access_token"]
        self.connector = QuickBooksConnector(replace(PROVIDER.sandbox(server.url), pace=0), lambda fresh: token, DEFAULT_REALM)

    def values(self, name: str) -> dict[str, str]:
        return {"DisplayName": name}

    def create(self, values: Values) -> str:
        return str(self.company.create("Customer", without_empty(members(values, {})))["Id"])

    def edit(self, record_id: str, values: Values) -> None:
        row = self.company.read("Customer", record_id)
        self.company.update("Customer", {"Id": record_id, "SyncToken": row["SyncToken"], "sparse": True, **members(values, {}, row)})

    def remove(self, record_id: str) -> None:
        self.company.purge("Customer", record_id)

    def lose_answers(self, moment: str) -> None:
        def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
            if when == moment and "requestid" in request.query:
                raise Closed
            return None

        self.app.hook = hook

    def count(self) -> int:
        return len(self.company.table("Customer").rows)


def sandbox_place(clock: Callable[[], float] = time.time) -> Iterator[QuickBooksPlace]:
    """An empty company on a served sandbox without limits; made into a fixture by each test module."""
    app = build(State(), clock=clock)
    app.keep_log = True
    with Server(app) as server:
        yield QuickBooksPlace(app, server)


@pytest.fixture
def place() -> Iterator[Place]:
    yield from sandbox_place()


class TestQuickBooks(ConnectorContract):
    """With every switch at its default."""


class TestQuickBooksOtherwise(ConnectorContract):
    """With what no source confirms the other way round."""

    @pytest.fixture(autouse=True)
    def otherwise(self, place: Any) -> None:
        switches = place.app.switches
        switches.requestids = RequestIds.IGNORE
        switches.nested_replaced = False
        switches.refused_characters = ""
        switches.batch_shuffled = False
        switches.faults_with_ok = True
        switches.reactivation_restores_name = False

    def test_a_settled_create_tells_what_a_person_did_to_it_since(self, place: Place) -> None:
        """A service that ignores request ids leaves nothing to tell our record from another's: the name is reported as taken, no second record."""
        write = self.lost_and_edited(place)
        outcome = self.settled(place, write)[write.name]
        assert getattr(outcome, "error", None) is not None
        assert place.count() == 1
