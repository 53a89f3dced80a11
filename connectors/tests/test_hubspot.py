"""The HubSpot connector against the simulation, over HTTP: account, fields, reading, finding, trouble."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.base import Failed, FieldType, Presence, Stored, Unknown
from connectors.errors import (
    Forbidden,
    Throttled,
    Unauthorized,
    Unavailable,
)
from connectors.hubspot import PROVIDER, HubSpotConnector
from connectors.pacing import MemoryLedger
from connectors.sandbox.hubspot import seed
from connectors.sandbox.hubspot.objects import merge
from connectors.sandbox.server import Reply
from connectors.tests.hubspot_world import (
    PLAIN,
    World,
    answer,
    create,
    outcomes,
    update,
)
from connectors.vocabulary import DEFAULT_MAPPINGS, RECOMMENDED_FILTERS, Kind

KEY = "tandem_quickbooks_id"
CONTACT = Kind.CONTACT


# The account and its fields


def test_the_account_tells_zone_currency_and_that_it_is_a_test_account(connector: HubSpotConnector) -> None:
    account = connector.account()
    assert (account.id, account.zone, account.currency, account.sandbox) == ("1234567", "America/Denver", "USD", True)


def test_setup_creates_group_and_properties_once(world: World) -> None:
    connector = world.connector()
    assert world.sent(lambda: connector.setup(CONTACT)) == [
        "GET contacts",
        "POST contacts/groups",
        "POST contacts",
        "POST contacts",
    ]
    assert world.sent(lambda: connector.setup(CONTACT)) == ["GET contacts"]
    assert world.account.definitions("contacts")[KEY]["hasUniqueValue"] is True


def test_fields_carry_every_meaning_that_default_mappings_and_filters_use(connector: HubSpotConnector) -> None:
    meanings = {spec.meaning for spec in connector.fields(CONTACT)}
    assert {meaning for mapping in DEFAULT_MAPPINGS[CONTACT] for meaning in mapping.left} <= meanings
    assert {c.meaning for (kind, _), found in RECOMMENDED_FILTERS.items() if kind is CONTACT for group in found for c in group} <= meanings


def test_fields_show_the_accounts_own_properties_after_the_standard_ones_by_label(world: World, connector: HubSpotConnector) -> None:
    for name, label in (("zeta", "Zeta"), ("alpha", "alpha")):
        body = {
            "name": name,
            "label": label,
            "type": "enumeration",
            "fieldType": "checkbox",
            "groupName": "contactinformation",
            "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}],
        }
        assert world.ask("POST", "/crm/properties/2026-09/contacts", body).status_code == 201
    specs = {spec.key: spec for spec in connector.fields(CONTACT)}
    order = list(specs)
    assert order[0] == "email"
    assert order.index("alpha") < order.index("zeta")
    assert specs["alpha"].type is FieldType.CHOICES
    assert specs["alpha"].custom
    assert [o.value for o in specs["alpha"].options] == ["a", "b"]
    assert specs["createdate"].read_only
    assert not specs["createdate"].custom


def test_values_of_every_type_are_canonical_both_ways(world: World, connector: HubSpotConnector) -> None:
    record_id = world.contact(email="Typed@Example.com", firstname="Ty", hs_email_optout="true", date_of_birth="1980-02-29", hs_lead_status="NEW")
    keys = ("email", "hs_email_optout", "date_of_birth", "hs_lead_status", "createdate", "lastname")
    record = next(iter(connector.read(CONTACT, [record_id], keys)))
    assert record.fields["email"] == "typed@example.com"
    assert record.fields["hs_email_optout"] is True
    assert str(record.fields["date_of_birth"]) == "1980-02-29"
    assert record.fields["createdate"] == datetime.fromtimestamp(world.now, UTC)
    assert record.fields["lastname"] is None
    write = update(1, record_id, {}, hs_email_optout=False, date_of_birth=None, hs_lead_status="OPEN", tandem_quickbooks_balance=Decimal("12.50"))
    done = outcomes(connector, [write], (*keys, "tandem_quickbooks_balance"))["1"]
    assert isinstance(done, Stored)
    assert done.record.fields["date_of_birth"] is None
    assert done.record.fields["tandem_quickbooks_balance"] == Decimal("12.5")
    assert done.record.fields["hs_email_optout"] is False


def test_a_record_link_opens_the_page_of_that_record(world: World, connector: HubSpotConnector) -> None:
    record_id = world.contact(email="page@example.com", firstname="<b>")
    shown = world.session.get(connector.url(CONTACT, record_id), timeout=10)
    assert shown.status_code == 200
    assert "&lt;b&gt;" in shown.text
    assert PROVIDER.connect(PROVIDER.live, lambda fresh: "", "77").url(CONTACT, "5") == "https://app.hubspot.com/contacts/77/record/0-1/5"


# Reading and finding


@pytest.mark.parametrize("follows", [False, True])
def test_a_merged_record_answers_to_its_old_ids(world: World, connector: HubSpotConnector, follows: bool) -> None:
    world.app.switches.batch_read_follows_merges = follows
    one, other = world.contact(email="a@example.com"), world.contact(email="b@example.com")
    merged = merge(world.account, world.account.tables["contacts"], one, other)["id"]
    records = list(connector.read(CONTACT, [one], PLAIN))
    assert [r.id for r in records] == [merged]
    assert set(records[0].merged_ids) == {one, other}
    assert records[0].fields["email"] == "a@example.com"


def test_absence_needs_two_misses_while_the_batch_answers(world: World, connector: HubSpotConnector) -> None:
    gone, here = world.contact(email="gone@example.com"), world.contact(email="here@example.com")
    assert world.ask("DELETE", f"/crm/objects/2026-09/contacts/{gone}").status_code == 204
    calls = world.sent(lambda: list(connector.read(CONTACT, [gone, here], PLAIN)))
    assert calls == ["POST contacts/batch/read", f"GET contacts/{gone}", f"GET contacts/{gone}"]
    presence = {r.id: r.presence for r in connector.read(CONTACT, [gone, here], PLAIN)}
    assert presence == {gone: Presence.ABSENT, here: Presence.PRESENT}


def test_an_outage_proves_no_absence(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="x@example.com")
    answer(world, "/batch/read", Reply(503, {"message": "down"}), times=99)
    with pytest.raises(Unavailable):
        list(connector.read(CONTACT, [contact], PLAIN))


def test_find_by_email_sees_additional_addresses_and_ignores_case(world: World, connector: HubSpotConnector) -> None:
    seed(world.app)
    world.app.switches.search_lag = 3600
    fresh = world.contact(email="fresh@example.com")
    found = list(connector.find(CONTACT, "email", ["BELLA@rossi.example", "nobody@example.com", "Fresh@Example.com", "fresh@example.com "], PLAIN))
    assert {r.fields["email"] for r in found} == {"bella@rossi.example", "fresh@example.com"}  # each with the address it was found by
    assert fresh in {r.id for r in found}


def test_find_by_a_plain_field_compares_every_record(world: World, connector: HubSpotConnector) -> None:
    seed(world.app)
    world.app.switches.search_lag = 3600
    found = connector.find(CONTACT, "company_name", ["redfern PROPERTY group"], ("firstname",))
    assert {r.fields["firstname"] for r in found} == {"Mary", "Nikhil", "Olga"}
    assert list(connector.find(CONTACT, "phone", [], PLAIN)) == []


# Trouble with the whole account


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"message": "no"}, Unauthorized),
        (403, {"category": "MISSING_SCOPES", "message": "no"}, Forbidden),
        (429, {"policyName": "DAILY", "message": "You have reached your daily limit."}, Throttled),
        (477, {"message": "moving"}, Throttled),
    ],
)
def test_what_stops_the_account_fails_every_write_without_further_calls(
    world: World, connector: HubSpotConnector, status: int, body: dict[str, str], error: type[Exception]
) -> None:
    answer(world, "/batch/upsert", Reply(status, body), times=99)
    writes = [create(n, f"call{n}", **{KEY: f"k{n}"}) for n in range(30)]
    calls = world.sent(lambda: [list(connector.write(CONTACT, writes, PLAIN))])
    assert len(calls) < 20
    done = outcomes(connector, writes)
    assert all(isinstance(o, Failed) and isinstance(o.error, error) for o in done.values())


def test_a_server_error_on_a_write_is_unknown_and_on_a_read_is_tried_again(world: World, connector: HubSpotConnector) -> None:
    contact = world.contact(email="r@example.com")
    answer(world, "/batch/read", Reply(502, "bad gateway"), times=2)
    assert [r.id for r in connector.read(CONTACT, [contact], PLAIN)] == [contact]
    answer(world, "/batch/upsert", Reply(502, "bad gateway"))
    assert isinstance(outcomes(connector, [create(1, **{KEY: "k"})])["1"], Unknown)


def test_the_pace_follows_the_limit_the_account_tells(world: World) -> None:
    ledger = MemoryLedger()
    connector = PROVIDER.connect(PROVIDER.sandbox(world.url), lambda fresh: world.token, "1234567", ledger)
    for limit in (40, 190):
        world.app.switches.limit = limit
        connector.account()
        assert ledger.change(lambda state: state["limits"]) == {"requests": limit}


def test_a_used_up_day_is_told_apart_from_a_short_wait(world: World, connector: HubSpotConnector) -> None:
    body = {"status": "error", "message": "You have reached your daily limit.", "errorType": "RATE_LIMIT", "policyName": "DAILY"}
    answer(world, "/details", Reply(429, body), times=9)
    with pytest.raises(Throttled) as refused:
        connector.account()
    assert refused.value.daily


def test_no_error_text_holds_the_token(world: World, connector: HubSpotConnector) -> None:
    world.token = "secret-token-value"
    with pytest.raises(Unauthorized) as caught:
        connector.account()
    assert "secret-token-value" not in repr(caught.value) + str(vars(caught.value))
