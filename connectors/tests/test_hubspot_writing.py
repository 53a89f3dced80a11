"""Writes of the HubSpot connector against the simulation, over HTTP: created, updated, refused, lost, settled."""

from __future__ import annotations

import pytest

from connectors.base import Failed, Stored, Unknown
from connectors.errors import (
    AlreadyExists,
    NotFound,
    Rejected,
    Stale,
)
from connectors.hubspot import HubSpotConnector
from connectors.sandbox.server import Reply, Request
from connectors.tests.hubspot_world import (
    PLAIN,
    WITH_COMPANY,
    World,
    answer,
    create,
    lose,
    outcomes,
    update,
)
from connectors.vocabulary import Category, Kind

KEY = "tandem_quickbooks_id"
CONTACT = Kind.CONTACT


# Creating


def test_creates_are_stored_in_full_batches_and_matched_in_a_shuffled_answer(world: World, connector: HubSpotConnector) -> None:
    writes = [create(n, f"call{n // 100}", **{KEY: f"company:{n}", "email": f"c{n}@example.com", "firstname": f"F{n}"}) for n in range(250)]
    start = connector.calls
    done = outcomes(connector, writes, (*WITH_COMPANY, KEY))
    assert connector.calls - start == 3
    for write in writes:
        outcome = done[write.key]
        assert isinstance(outcome, Stored)
        assert world.held(outcome.record.id)["email"] == write.fields["email"]
        assert outcome.record.fields == {
            KEY: write.fields[KEY],
            "email": write.fields["email"],
            "firstname": write.fields["firstname"],
            "lastname": None,
            "phone": None,
            "full_name": write.fields["firstname"],
            "company_name": None,
        }


def test_sending_a_create_again_makes_no_second_record(world: World, connector: HubSpotConnector) -> None:
    writes = [create(1, **{KEY: "9130:1", "firstname": "Once", "phone": "1"})]
    first = outcomes(connector, writes)["1"]
    assert isinstance(first, Stored)
    world.edit(first.record.id, lastname="Typed")
    again = outcomes(connector, writes)["1"]
    assert isinstance(again, Stored)
    assert again.record.id == first.record.id
    assert again.record.fields["lastname"] == "Typed", "what was there already is read, not supposed to be empty"
    assert world.app.state.count("hubspot/1234567/contacts") == 1


def test_creates_without_the_linking_property_are_matched_by_trace_id(world: World, connector: HubSpotConnector) -> None:
    world.contact(email="taken@example.com")
    good = [create(n, email=f"t{n}@example.com") for n in range(20)]
    done = outcomes(connector, [*good, create(20, email="Taken@example.com"), create(21, email="bad")])
    for n in range(20):
        outcome = done[str(n)]
        assert isinstance(outcome, Stored)
        assert outcome.record.fields["email"] == f"t{n}@example.com"
    taken, bad = done["20"], done["21"]
    assert isinstance(taken, Failed)
    assert isinstance(taken.error, AlreadyExists)
    assert isinstance(bad, Failed)
    assert bad.error.category is Category.VALUE_INVALID


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("status", [207, 0])
def test_one_bad_member_does_not_sink_the_others(world: World, connector: HubSpotConnector, mixed: bool, status: int) -> None:
    world.app.switches.trace_ids_everywhere = mixed
    world.app.switches.multi_status = status
    holder = world.contact(email="held@example.com")
    writes = [create(n, **{KEY: f"k{n}", "email": f"m{n}@example.com"}) for n in range(10)]
    writes[3] = create(3, **{KEY: "k3", "email": "no address"})
    writes[7] = create(7, **{KEY: "k7", "email": "held@example.com"})
    done = outcomes(connector, writes)
    assert {key for key, outcome in done.items() if isinstance(outcome, Stored)} == {"0", "1", "2", "4", "5", "6", "8", "9"}
    bad, known = done["3"], done["7"]
    assert isinstance(bad, Failed)
    assert isinstance(bad.error, Rejected)
    assert (bad.error.category, bad.error.field, bad.error.code) == (Category.VALUE_INVALID, "email", "INVALID_EMAIL")
    assert isinstance(known, Failed)
    assert isinstance(known.error, AlreadyExists)
    assert known.error.existing_id == holder
    assert world.app.state.count("hubspot/1234567/contacts") == 9


@pytest.mark.parametrize(
    ("fields", "category", "field"),
    [
        ({"nonsense": "1"}, Category.MAPPING_BROKEN, "nonsense"),
        ({"hs_lead_status": "SLEEPING"}, Category.OPTION_UNKNOWN, "hs_lead_status"),
        ({"firstname": "x" * 70_000}, Category.VALUE_TOO_LONG, "firstname"),
        ({"createdate": "2020-01-01"}, Category.MAPPING_BROKEN, "createdate"),
    ],
)
def test_refused_values_say_which_field_and_why(connector: HubSpotConnector, fields: dict[str, str], category: Category, field: str) -> None:
    outcome = outcomes(connector, [create(1, **{KEY: "k", **fields})])["1"]
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Rejected)
    assert (outcome.error.category, outcome.error.field) == (category, field)
    assert outcome.error.trace
    assert str(outcome.error) == "was refused"


def test_a_member_missing_from_the_answer_is_unknown(world: World, connector: HubSpotConnector) -> None:
    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "after" and reply and request.path.endswith("/batch/upsert"):
            return Reply(reply.status, {**reply.body, "results": [r for r in reply.body["results"] if r["properties"][KEY] != "k2"]})
        return None

    world.app.hook = hook
    done = outcomes(connector, [create(n, **{KEY: f"k{n}"}) for n in range(4)])
    assert {key: type(outcome) for key, outcome in done.items()} == {"0": Stored, "1": Stored, "2": Unknown, "3": Stored}


def test_two_writes_of_one_record_in_a_request_are_not_sent_together(connector: HubSpotConnector) -> None:
    done = outcomes(connector, [create(1, **{KEY: "same", "firstname": "A"}), create(2, **{KEY: "SAME", "firstname": "B"})])
    assert isinstance(done["1"], Stored)
    assert isinstance(done["2"], Failed)
    assert isinstance(done["2"].error, Stale)


# Updating


def test_updates_happen_only_where_the_record_stands_as_expected(world: World, connector: HubSpotConnector) -> None:
    same, moved = world.contact(email="s@example.com", firstname="A"), world.contact(email="m@example.com", firstname="A")
    world.edit(moved, firstname="Typed")
    gone = world.contact(email="g@example.com")
    world.ask("DELETE", f"/crm/objects/2026-09/contacts/{gone}")
    done = outcomes(connector, [update(n, i, {"firstname": "A", "phone": None}, firstname="B") for n, i in enumerate((same, moved, gone))])
    ok, stale, missing = done["0"], done["1"], done["2"]
    assert isinstance(ok, Stored)
    assert (ok.record.fields["firstname"], ok.record.fields["email"], ok.record.fields["full_name"]) == ("B", "s@example.com", "B")
    assert isinstance(stale, Failed)
    assert isinstance(stale.error, Stale)
    assert world.held(moved)["firstname"] == "Typed"
    assert isinstance(missing, Failed)
    assert isinstance(missing.error, NotFound)


def test_an_update_refused_with_others_leaves_the_others_done(world: World, connector: HubSpotConnector) -> None:
    world.contact(email="owner@example.com")
    ids = [world.contact(email=f"u{n}@example.com") for n in range(5)]
    writes = [update(n, i, {}, phone=f"{n}") for n, i in enumerate(ids)]
    writes[2] = update(2, ids[2], {}, email="owner@example.com")
    done = outcomes(connector, writes)
    assert [n for n in range(5) if isinstance(done[str(n)], Stored)] == [0, 1, 3, 4]
    refused = done["2"]
    assert isinstance(refused, Failed)
    assert refused.error.category is Category.ALREADY_LINKED
    assert refused.error.code == "CONFLICTING_UNIQUE_VALUE"


def test_a_record_archived_between_read_and_write_is_not_found(world: World, connector: HubSpotConnector) -> None:
    ids = [world.contact(email=f"r{n}@example.com") for n in range(3)]

    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "before" and request.path.endswith("/batch/update"):
            table = world.account.tables["contacts"]
            if table.documents[int(ids[1])]["archived"] is None:
                table.archive(table.documents[int(ids[1])])
        return None

    world.app.hook = hook
    done = outcomes(connector, [update(n, i, {}, phone="9") for n, i in enumerate(ids)])
    assert [type(done[str(n)]) for n in range(3)] == [Stored, Failed, Stored]
    lost = done["1"]
    assert isinstance(lost, Failed)
    assert isinstance(lost.error, NotFound)


# Lost answers


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_create_whose_answer_was_lost_is_unknown_and_settles_by_its_key(world: World, connector: HubSpotConnector, moment: str) -> None:
    writes = [create(n, **{KEY: f"k{n}", "firstname": f"N{n}"}) for n in range(3)]
    lose(world, "/batch/upsert", moment=moment)
    assert {type(o) for o in outcomes(connector, writes).values()} == {Unknown}
    assert world.app.state.count("hubspot/1234567/contacts") == (3 if moment == "after" else 0)
    settled = list(connector.settle(CONTACT, writes, PLAIN))
    assert sorted(o.name for o in settled) == sorted(w.name for w in writes)
    for outcome in settled:
        assert isinstance(outcome, Stored)
        assert outcome.current is None
        assert outcome.record.fields["firstname"] == f"N{outcome.name[1]}"
    assert world.app.state.count("hubspot/1234567/contacts") == 3


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_update_whose_answer_was_lost_settles_by_the_history(world: World, connector: HubSpotConnector, moment: str) -> None:
    contact = world.contact(email="h@example.com", firstname="A", phone="1")
    write = update(1, contact, {"firstname": "A", "phone": "1"}, firstname="B", phone=None)
    lose(world, "/batch/update", moment=moment)
    assert isinstance(outcomes(connector, [write])["1"], Unknown)
    settled = list(connector.settle(CONTACT, [write], PLAIN))
    if moment == "after":
        assert isinstance(settled[0], Stored)
        assert settled[0].current is None
        assert settled[0].record.fields["phone"] is None
    else:
        assert isinstance(settled[0], Failed)
        assert isinstance(settled[0].error, Stale)


def test_a_lost_update_of_a_record_that_is_gone_is_not_found(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="h@example.com")
    world.ask("DELETE", f"/crm/objects/2026-09/contacts/{contact}")
    [settled] = connector.settle(CONTACT, [update(1, contact, {}, firstname="B")], PLAIN)
    assert isinstance(settled, Failed)
    assert isinstance(settled.error, NotFound)


def test_settling_tells_our_value_from_the_persons_who_came_after(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="h@example.com", firstname="A")
    write = update(1, contact, {"firstname": "A"}, firstname="B")
    lose(world, "/batch/update")
    outcomes(connector, [write])
    world.edit(contact, firstname="C")
    [settled] = connector.settle(CONTACT, [write], PLAIN)
    assert isinstance(settled, Stored)
    assert settled.record.fields["firstname"] == "B"
    assert settled.current is not None
    assert settled.current.fields["firstname"] == "C"


def test_a_value_from_before_the_observation_does_not_count_as_ours(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="h@example.com", firstname="B")
    world.edit(contact, firstname="A")
    write = update(1, contact, {"firstname": "A"}, firstname="B")
    lose(world, "/batch/update", moment="before")
    outcomes(connector, [write])
    [settled] = connector.settle(CONTACT, [write], PLAIN)
    assert isinstance(settled, Failed)


def test_a_create_without_key_settles_by_its_address_or_not_at_all(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="known@example.com")
    writes = [create(1, email="known@example.com"), create(2, email="new@example.com"), create(3, firstname="Nameless")]
    settled = {o.name[1]: o for o in connector.settle(CONTACT, writes, PLAIN)}
    known, new = settled["1"], settled["2"]
    assert isinstance(known, Failed)
    assert isinstance(known.error, AlreadyExists)
    assert known.error.existing_id == contact
    assert isinstance(new, Failed)
    assert isinstance(new.error, Stale)
    assert isinstance(settled["3"], Unknown)


def test_settling_during_an_outage_stays_unknown(world: World, connector: HubSpotConnector) -> None:
    answer(world, "/batch/read", Reply(500, {"message": "down"}), times=99)
    assert [type(o) for o in connector.settle(CONTACT, [create(1, **{KEY: "k"})], PLAIN)] == [Unknown]
