"""HubSpot on its sandbox keeps the contract, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.base import Values
from connectors.hubspot.objects import KEY_PROPERTY
from connectors.sandbox.server import Closed, Reply, Request
from connectors.tests.contract import KIND, ConnectorContract, Place
from connectors.tests.hubspot_world import World, running


class HubSpotPlace:
    text_key = "city"
    unique_key = "email"

    def __init__(self, world: World) -> None:
        self.world = world
        self.connector = world.connector()
        self.connector.setup(KIND)

    def values(self, name: str) -> dict[str, str]:
        local = name.lower().replace(" ", ".")
        return {"email": f"{local}@example.com", KEY_PROPERTY: f"1:{local}"}

    def create(self, values: Values) -> str:
        return self.world.contact(**{key: str(value) for key, value in values.items()})

    def edit(self, record_id: str, values: Values) -> None:
        self.world.now += 1
        self.world.edit(record_id, **{key: str(value) for key, value in values.items()})

    def remove(self, record_id: str) -> None:
        table = self.world.account.tables["contacts"]
        table.archive(table.documents[int(record_id)])

    def lose_answers(self, moment: str) -> None:
        def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
            if when == moment and request.path.rsplit("/", 1)[-1] in ("create", "upsert", "update"):
                raise Closed
            return None

        self.world.app.hook = hook

    def count(self) -> int:
        return sum(1 for document in self.world.account.tables["contacts"].documents.values() if not document["archived"])


class TestHubSpot(ConnectorContract):
    awkward = ("o'brien", "plus+sign", "under_score", "per%cent", "dotted.name")

    @pytest.fixture
    def place(self) -> Iterator[Place]:
        with running() as world:
            yield HubSpotPlace(world)
