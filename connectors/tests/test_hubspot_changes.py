"""The change feed of the HubSpot connector against the simulation, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Stored
from connectors.errors import (
    CursorExpired,
)
from connectors.hubspot import HubSpotConnector
from connectors.sandbox.hubspot import load, seed
from connectors.sandbox.sample import generate
from connectors.sandbox.server import Reply, Request
from connectors.tests.hubspot_world import (
    PLAIN,
    WITH_COMPANY,
    WITH_INVOICES,
    World,
    create,
    everything,
    outcomes,
    pages,
    update,
)
from connectors.vocabulary import Kind

KEY = "tandem_quickbooks_id"
CONTACT = Kind.CONTACT


# The first pass


def test_a_first_pass_lists_everything_with_company_names_and_invoices(world: World, connector: HubSpotConnector) -> None:
    seed(world.app)
    records, _ = everything(connector, WITH_INVOICES)
    by_email = {record.fields["email"]: record for record in records.values()}
    assert len(records) == world.account.tables["contacts"].state.count("hubspot/1234567/contacts")
    assert by_email["asa@obergs.example"].fields["company_name"] == "Öbergs Trädgård AB"
    assert by_email["jonas.weber@example.com"].fields["company_name"] is None
    assert by_email["carl@jensenroofing.example"].related["invoice"][0]["status"] == "open"
    assert by_email["gus@marlow.example"].related["invoice"][0]["source"] == "data_sync"
    assert by_email["bob@castellan.example"].related["invoice"] == ()
    assert by_email["sunny@sunflower.example"].title == "Sunny Day 🌻"


def test_a_first_pass_reads_each_company_and_invoice_once_in_full_batches(world: World, connector: HubSpotConnector) -> None:
    load(world.app, 1234567, (p for p in generate(400)))
    calls = world.sent(lambda: everything(connector, WITH_INVOICES))
    contacts = world.app.state.count("hubspot/1234567/contacts")
    assert contacts == 300
    assert sorted(set(calls)) == ["GET contacts", "POST companies/batch/read"]
    assert calls.count("GET contacts") == 3
    assert calls.count("POST companies/batch/read") == 3


def test_a_first_pass_resumes_in_the_middle_and_shows_the_rest(world: World, connector: HubSpotConnector) -> None:
    load(world.app, 1234567, generate(2000))
    feed: Any = connector.changes(CONTACT, None, PLAIN)
    first = next(feed)
    feed.close()
    assert not first.complete
    assert first.full
    rest = pages(world.connector(), first.cursor)
    assert all(page.full for page in rest)
    shown = [record.id for page in (first, *rest) for record in page.records]
    assert len(shown) == len(set(shown)) == 1500
    assert pages(connector, rest[-1].cursor)[-1].full is False


def test_associations_beyond_a_page_are_read_to_the_end(world: World, connector: HubSpotConnector) -> None:
    world.app.switches.associations_page = 2
    contact = world.contact(email="many@example.com")
    for number in range(7):
        world.invoice(contact, hs_number=str(number), hs_invoice_status="open")
    records, _ = everything(connector, ("email", "invoice.number"))
    assert {i["number"] for i in records[contact].related["invoice"]} == {str(n) for n in range(7)}


# Later passes


def test_an_idle_pass_is_one_search_for_each_object_type(world: World, connector: HubSpotConnector) -> None:
    seed(world.app)
    searched = {PLAIN: ["contacts"], WITH_COMPANY: ["contacts", "companies"], WITH_INVOICES: ["contacts", "companies", "invoices"]}
    for fields, searches in searched.items():
        _, cursor = everything(connector, fields)
        for seconds in (0, 1, 70, 700):
            world.now += seconds
            start = len(world.app.log)
            records, cursor = everything(connector, fields, cursor)
            assert [entry.path.split("/")[4:] for entry in world.app.log[start:]] == [[name, "search"] for name in searches]
            assert records == {}


def test_an_idle_pass_stays_one_search_after_more_changes_than_a_cursor_remembers(world: World, connector: HubSpotConnector) -> None:
    load(world.app, 1234567, generate(4000))
    _, cursor = everything(connector)
    world.now += 30
    assert world.sent(lambda: everything(connector, PLAIN, cursor)) == ["POST contacts/search"]
    assert len(cursor) < 100_000


def test_a_change_among_many_recent_ones_is_found_by_count_and_by_the_newest(world: World, connector: HubSpotConnector) -> None:
    load(world.app, 1234567, generate(600))
    _, cursor = everything(connector)
    changed = world.contact(email="new@example.com")
    some = next(iter(world.account.tables["contacts"].documents))
    world.edit(str(some), firstname="Edited")
    records, cursor = everything(connector, PLAIN, cursor)
    assert {changed, str(some)} <= set(records)
    assert len(records) == 2
    world.now += 400
    calls = world.sent(lambda: everything(connector, PLAIN, cursor))
    assert len(calls) == 4, "a short look is not trusted for longer than five minutes"


def test_more_changes_at_one_moment_than_a_page_are_all_shown(world: World, connector: HubSpotConnector) -> None:
    _, cursor = everything(connector)
    world.now += 3600
    made = {world.contact(email=f"same{n}@example.com") for n in range(450)}
    records, cursor = everything(connector, PLAIN, cursor)
    assert set(records) == made
    assert everything(connector, PLAIN, cursor)[0] == {}


def test_more_changes_at_one_moment_than_a_search_ever_shows_are_all_shown(world: World, connector: HubSpotConnector) -> None:
    """A search ends at 10,000 results (section 8): pages go on by id, never by place."""
    _, cursor = everything(connector)
    world.now += 3600
    made = {world.contact(firstname=f"N{n}") for n in range(10_100)}
    records, cursor = everything(connector, ("firstname",), cursor)
    assert set(records) == made
    assert all(entry.status == 200 for entry in world.app.log if entry.path.endswith("/search"))


def test_a_pass_over_many_changes_resumes_where_its_page_was_saved(world: World, connector: HubSpotConnector) -> None:
    _, cursor = everything(connector)
    world.now += 3600
    made = {world.contact(email=f"n{n}@example.com") for n in range(700)}
    feed: Any = connector.changes(CONTACT, cursor, PLAIN)
    taken = [next(feed), next(feed), next(feed)]
    feed.close()
    later = world.connector()
    calls = world.sent(lambda: everything(later, PLAIN, taken[-1].cursor))
    assert calls == ["POST contacts/search"] * 2
    records, _ = everything(later, PLAIN, taken[-1].cursor)
    assert {r.id for page in taken for r in page.records} | set(records) == made


def test_a_lagging_index_loses_no_change(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="lag@example.com", firstname="Old")
    _, cursor = everything(connector)
    world.now += 3600
    _, cursor = everything(connector, PLAIN, cursor)
    world.app.switches.search_lag = 120
    world.edit(contact, firstname="New")
    seen = []
    for _ in range(5):
        world.now += 60
        records, cursor = everything(connector, PLAIN, cursor)
        seen += [record.fields["firstname"] for record in records.values()]
    assert seen == ["New"]


def test_a_second_change_hidden_by_lag_is_shown_when_it_appears(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="twice@example.com")
    _, cursor = everything(connector)
    world.now += 3600
    world.edit(contact, firstname="First")
    records, cursor = everything(connector, PLAIN, cursor)
    assert records[contact].fields["firstname"] == "First"
    world.app.switches.search_lag = 90
    world.edit(contact, firstname="Second")
    world.now += 30
    assert everything(connector, PLAIN, cursor)[0] == {}
    _, cursor = everything(connector, PLAIN, cursor)
    world.now += 100
    assert everything(connector, PLAIN, cursor)[0][contact].fields["firstname"] == "Second"


def test_a_renamed_company_shows_in_all_its_contacts(world: World, connector: HubSpotConnector) -> None:
    one, other = world.contact(email="one@example.com"), world.contact(email="other@example.com")
    company = world.company(one, name="Before")
    world.account.associate("contacts", other, "companies", company)
    _, cursor = everything(connector, WITH_COMPANY)
    world.now += 3600
    _, cursor = everything(connector, WITH_COMPANY, cursor)
    world.edit(company, "companies", name="After")
    records, _ = everything(connector, WITH_COMPANY, cursor)
    assert {i: r.fields["company_name"] for i, r in records.items()} == {one: "After", other: "After"}


def test_a_new_invoice_shows_in_its_contact(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="billed@example.com")
    _, cursor = everything(connector, WITH_INVOICES)
    world.now += 3600
    _, cursor = everything(connector, WITH_INVOICES, cursor)
    world.invoice(contact, hs_invoice_status="open")
    records, _ = everything(connector, WITH_INVOICES, cursor)
    moment = datetime.fromtimestamp(world.now, UTC)
    assert records[contact].related["invoice"] == ({"status": "open", "created": moment, "source": "hubspot"},)


def test_an_invoice_without_a_source_counts_as_made_in_hubspot(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="plain@example.com")
    body = {
        "properties": {"hs_currency": "USD"},
        "associations": [{"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 177}]}],
    }
    assert world.ask("POST", "/crm/objects/2026-09/invoices", body).json()["properties"].get("hs_invoice_source") is None
    assert everything(connector, ("invoice.source",))[0][contact].related["invoice"] == ({"source": "hubspot"},)


def test_the_window_follows_the_servers_clock(world: World, connector: HubSpotConnector) -> None:
    world.now -= 86_400 * 400
    _, cursor = everything(connector)
    world.now += 3600
    contact = world.contact(email="past@example.com")
    assert set(everything(connector, PLAIN, cursor)[0]) == {contact}


def test_a_cursor_that_cannot_serve_asks_for_a_complete_pass(connector: HubSpotConnector) -> None:
    _, cursor = everything(connector, PLAIN)
    for text, fields in (("nonsense", PLAIN), ("[]", PLAIN), (cursor, WITH_COMPANY)):
        with pytest.raises(CursorExpired):
            pages(connector, text, fields)


def test_an_idle_pass_with_an_own_field_needs_no_definitions(world: World, connector: HubSpotConnector) -> None:
    fields = (*PLAIN, "hs_email_optout")
    _, cursor = everything(connector, fields)
    later = world.connector()
    assert world.sent(lambda: everything(later, fields, cursor)) == ["POST contacts/search"]


def test_a_pass_after_our_own_creates_shows_none_of_them_and_is_one_search(world: World, connector: HubSpotConnector) -> None:
    load(world.app, 1234567, generate(400))
    _, cursor = everything(connector)
    world.now += 60
    writes = [create(n, f"call{n // 100}", **{KEY: f"k{n}", "email": f"own{n}@example.com"}) for n in range(500)]
    stored = [o.record for o in connector.write(CONTACT, writes, PLAIN) if isinstance(o, Stored)]
    cursor = connector.noted(CONTACT, cursor, stored)
    assert world.sent(lambda: everything(connector, PLAIN, cursor)) == ["POST contacts/search"]
    world.edit(stored[0].id, firstname="Typed")
    assert set(everything(connector, PLAIN, cursor)[0]) == {stored[0].id}


def test_an_edit_between_our_read_and_our_update_is_in_what_the_update_gives_back(world: World, connector: HubSpotConnector) -> None:
    """It carries the time of our update, so no later pass would show it."""
    contact = world.contact(email="race@example.com", firstname="A", phone="1")
    _, cursor = everything(connector)

    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "before" and request.path.endswith("/batch/update"):
            world.edit(contact, phone="2")
        return None

    world.app.hook = hook
    [outcome] = outcomes(connector, [update(1, contact, {"firstname": "A"}, firstname="B")]).values()
    assert isinstance(outcome, Stored)
    assert (outcome.record.fields["firstname"], outcome.record.fields["phone"]) == ("B", "2")
    cursor = connector.noted(CONTACT, cursor, [outcome.record])
    assert everything(connector, PLAIN, cursor)[0] == {}


def test_an_edit_after_our_update_is_told_beside_what_we_stored(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="race@example.com", firstname="A", phone="1")

    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "after" and request.path.endswith("/batch/update"):
            world.now += 1
            world.edit(contact, firstname="C")
        return None

    world.app.hook = hook
    [outcome] = outcomes(connector, [update(1, contact, {"firstname": "A"}, firstname="B")]).values()
    assert isinstance(outcome, Stored)
    assert outcome.current
    assert (outcome.record.fields["firstname"], outcome.current.fields["firstname"]) == ("B", "C")


def test_an_update_of_our_own_properties_is_not_preceded_by_a_read(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="own@example.com")
    sent = world.sent(lambda: outcomes(connector, [update(1, contact, {KEY: None}, **{KEY: "k1"})]))
    assert sent == ["POST contacts/batch/update", "POST contacts/batch/read"]
