"""The simulated HubSpot that tests of the service and of its connector share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.hubspot import HubSpotConnector
from connectors.tests.hubspot_shop import Shop, open_shop
from connectors.tests.hubspot_world import World, running
from connectors.vocabulary import Kind


@pytest.fixture
def world() -> Iterator[World]:
    with running() as made:
        yield made


@pytest.fixture
def connector(world: World) -> HubSpotConnector:
    """Set up for contacts."""
    made = world.connector()
    made.setup(Kind.CONTACT)
    return made


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Nothing is set up."""
    with open_shop() as made:
        yield made
