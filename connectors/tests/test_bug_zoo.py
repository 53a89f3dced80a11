"""Known bugs of change feeds, planted one at a time: the tests of the feeds must catch each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.hubspot import client as hubspot_client
from connectors.hubspot import windows
from connectors.quickbooks import feed
from connectors.quickbooks.query import Condition
from connectors.sandbox.hubspot.app import Switches
from connectors.tests import test_hubspot_changes, test_quickbooks_feed
from connectors.tests.hubspot_world import running
from connectors.tests.test_quickbooks_contract import sandbox_place


def caught(check: Callable[[], object]) -> None:
    with pytest.raises(AssertionError):
        check()


def on_quickbooks(test: Callable[[Any, Any], None]) -> None:
    """Run a test of the QuickBooks feed outside of pytest's own machinery."""
    clock = test_quickbooks_feed.Clock()
    for place in sandbox_place(clock):
        place.connector._now = clock
        test(place, clock)


def on_hubspot(test: Callable[[Any, Any], None]) -> None:
    with running() as world:
        connector = world.connector()
        connector.setup(test_hubspot_changes.CONTACT)
        test(world, connector)


def test_a_strict_cursor_at_quickbooks_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strictly later than the last change of a page: the rest of its second is lost."""
    monkeypatch.setattr(feed, "at_least", lambda field, moment: Condition(field, ">", moment))
    caught(lambda: on_quickbooks(test_quickbooks_feed.test_more_than_a_page_within_one_second_is_paged_through))


def test_a_strict_cursor_at_hubspot_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strictly later than the newest change shown, by time alone: what happens in the same moment, or is indexed late, is lost."""
    monkeypatch.setattr(windows, "OVERLAP_MS", 0)
    real = hubspot_client.HubSpotClient.search

    def strict(self: Any, kind: Any, since: int, *args: Any, **more: Any) -> Any:
        return real(self, kind, since + 60_000, *args, **more)

    monkeypatch.setattr(hubspot_client.HubSpotClient, "search", strict)
    caught(lambda: on_hubspot(test_hubspot_changes.test_a_lagging_index_loses_no_change))


def test_no_overlap_for_a_lagging_index_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Switches().search_lag == 0
    monkeypatch.setattr(windows, "OVERLAP_MS", 0)
    caught(lambda: on_hubspot(test_hubspot_changes.test_a_lagging_index_loses_no_change))
