"""Notes of payments: their text both ways, and the HubSpot connector against the simulation, over HTTP."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from connectors.base import Failed, FieldType, Operation, Outcome, Presence, Record, Stored, Unknown, Value, Write
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.notes import LABELS, METHODS, pack, unpack
from connectors.hubspot.objects import KEY_PROPERTY
from connectors.tests.hubspot_shop import Shop
from connectors.tests.hubspot_world import lose
from connectors.vocabulary import DEFAULT_MAPPINGS, Category, Kind

NOTE = Kind.NOTE
FIELDS = ("amount", "currency", "date", "method", "reference", "number", "balance", "link", "deals", KEY_PROPERTY)
TOLD = FIELDS[:8]
PIECES = (
    "<p>",
    "</p>",
    "<p>Amount: 9 USD</p>",
    "Amount: 1",
    "&amp;",
    "&",
    "&lt;",
    '"',
    "'",
    ">",
    "<",
    "\n",
    " ",
    ": ",
    "é",
    "株",
    "🌲",
    "\\",
    "<script>alert(1)</script>",
    '<a href="x">Open in QuickBooks</a>',
    "a",
    "1",
    "%",
    ";",
)


@pytest.fixture
def connector(shop: Shop) -> HubSpotConnector:
    made = shop.connector()
    made.setup(NOTE)
    made.zone()
    return made


@pytest.fixture
def deals(shop: Shop) -> tuple[str, ...]:
    return tuple(sorted(shop.make("deals", {"dealname": "Garden", "pipeline": "default", "dealstage": "closedwon"}) for _ in range(2)))


def create(deals: tuple[str, ...] | None, number: int = 1, **fields: Value) -> Write:
    values: dict[str, Value] = {
        KEY_PROPERTY: f"1:{number}",
        "deals": deals,
        "amount": Decimal("40.50"),
        "currency": "USD",
        "date": date(2026, 11, 2),
        "method": "wire_transfer",
        "reference": "<b>77</b> & more",
        "number": "1001",
        "balance": Decimal("0.00"),
        "link": "https://qbo.example/app/invoice?txnId=7&x=<y>",
    }
    return Write("call", str(number), Operation.CREATE, {**values, **fields})


def outcomes(connector: HubSpotConnector, writes: Iterable[Write]) -> dict[str, Outcome]:
    asked = list(writes)
    found = list(connector.write(NOTE, asked, FIELDS))
    assert sorted(o.name for o in found) == sorted(w.name for w in asked)
    return {outcome.name[1]: outcome for outcome in found}


def stored(outcome: Outcome) -> Record:
    assert isinstance(outcome, Stored), outcome
    return outcome.record


def live(shop: Shop) -> list[str]:
    return [d["id"] for d in shop.account.tables["notes"].documents.values() if d["archived"] is None]


# The text


def hostile(source: random.Random) -> dict[str, Value]:
    def text() -> str | None:
        return "".join(source.choice(PIECES) for _ in range(source.randrange(0, 6))) or None

    def number() -> Decimal | None:
        return source.choice([None, Decimal(0), Decimal("-3.10"), Decimal("1E+3"), Decimal(source.randrange(10**6)) / 100])

    return {
        "amount": number(),
        "currency": source.choice([None, "USD", "EUR", text()]),
        "date": source.choice([None, date(1999, 12, 31), date(2026, 11, 2) + timedelta(source.randrange(999))]),
        "method": source.choice([None, *(option.value for option in METHODS)]),
        "reference": text(),
        "number": text(),
        "balance": number(),
        "link": text(),
    }


def test_a_text_tells_what_it_was_made_from_whatever_the_values_hold() -> None:
    source = random.Random(7)
    for _ in range(3000):
        values = hostile(source)
        assert unpack(pack(values)) == values


class Tags(HTMLParser):
    def __init__(self, body: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(body)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])


def test_no_value_makes_a_tag_of_its_own() -> None:
    source = random.Random(8)
    for _ in range(1000):
        values = hostile(source)
        told = sum(1 for key in LABELS if values[key] is not None or (key == "amount" and values["currency"]))
        assert Tags(pack(values)).tags == ["p"] * (1 + told + bool(values["link"])) + ["a"] * bool(values["link"])


def test_a_text_is_for_people() -> None:
    assert pack(create(None).fields) == (
        "<p>Payment received</p><p>Invoice: 1001</p><p>Amount: 40.50 USD</p><p>Date: 2026-11-02</p><p>Method: Wire transfer</p>"
        "<p>Reference: &lt;b&gt;77&lt;/b&gt; &amp; more</p><p>Remaining balance: 0.00</p>"
        '<p><a href="https://qbo.example/app/invoice?txnId=7&amp;x=&lt;y&gt;">Open in QuickBooks</a></p>'
    )


@pytest.mark.parametrize(
    "body", ["", "Called the buyer", "<p>Amount: much</p><p>Date: soon</p>", "<p>Method: Shells</p>", '<a rel="x" target="y">Open in QuickBooks</a>']
)
def test_a_text_of_other_peoples_making_is_no_error(body: str) -> None:
    assert set(unpack(body)) == set(TOLD)
    assert unpack(body)["amount"] is None


# At the account


def test_fields_carry_every_meaning_that_mappings_of_notes_use(connector: HubSpotConnector) -> None:
    specs = {spec.key: spec for spec in connector.fields(NOTE)}
    assert {meaning for mapping in DEFAULT_MAPPINGS[NOTE] for meaning in mapping.left} <= {spec.meaning for spec in specs.values()}
    deals = specs["deals"]
    assert (deals.type, deals.refers, deals.through, deals.required) == (FieldType.CHOICES, "invoice", "deals", True)
    assert len(specs["method"].options) == 9


def test_notes_are_none_of_our_business_unless_we_know_them(shop: Shop, connector: HubSpotConnector) -> None:
    shop.make("notes", {"hs_timestamp": "2026-11-18T12:00:00Z", "hs_note_body": "Called"})
    cursor = None
    for _ in range(2):
        [page] = connector.changes(NOTE, cursor, FIELDS)
        assert (page.records, page.complete, page.full) == ((), True, False)
        cursor = connector.noted(NOTE, page.cursor, [])
    assert connector.url(NOTE, "5").endswith("/contacts/1234567")


def test_a_note_stands_on_every_deal_at_the_day_of_the_payment(shop: Shop, connector: HubSpotConnector, deals: tuple[str, ...]) -> None:
    write = create(deals)
    assert shop.sent(lambda: outcomes(connector, [write])) == ["POST notes/batch/create"]
    [note] = live(shop)
    held = shop.held_by("notes", note)
    assert held["hs_timestamp"] == "2026-11-02T19:00:00.000Z"
    assert "<b>" not in held["hs_note_body"]
    assert tuple(sorted(shop.associated("notes", note, "deals"))) == deals
    again = stored(outcomes(connector, [write])["1"])
    assert (again.id, again.fields) == (note, write.fields), "one note of a key"
    assert live(shop) == [note]
    [read] = connector.read(NOTE, [note], FIELDS)
    assert read.fields == write.fields
    [found] = connector.find(NOTE, KEY_PROPERTY, ["1:1"], FIELDS)
    assert found.id == note


def test_the_answer_of_a_create_tells_everything(connector: HubSpotConnector, deals: tuple[str, ...]) -> None:
    write = create(deals, reference=None, link=None)
    assert stored(outcomes(connector, [write])["1"]).fields == write.fields


@pytest.mark.parametrize("deals", [None, ()])
def test_a_note_without_a_deal_is_not_made(shop: Shop, connector: HubSpotConnector, deals: tuple[str, ...] | None) -> None:
    failed = outcomes(connector, [create(deals)])["1"]
    assert isinstance(failed, Failed)
    assert (failed.error.category, failed.error.field) == (Category.REQUIRED_VALUE_MISSING, "deals")
    assert live(shop) == []


def test_a_deal_that_is_gone_fails_its_own_note_only(shop: Shop, connector: HubSpotConnector, deals: tuple[str, ...]) -> None:
    done = outcomes(connector, [create(deals, 1), create(("9",), 2)])
    stored(done["1"])
    failed = done["2"]
    assert isinstance(failed, Failed)
    assert failed.error.category is Category.DEPENDENCY_FAILING


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_create_is_settled_to_one_note(shop: Shop, connector: HubSpotConnector, deals: tuple[str, ...], moment: str) -> None:
    writes = [create(deals, n) for n in range(3)]
    lose(shop, "/batch/create", moment=moment)
    assert {type(o) for o in outcomes(connector, writes).values()} == {Unknown}
    settled = list(connector.settle(NOTE, writes, FIELDS))
    assert {o.name: stored(o).fields for o in settled} == {w.name: w.fields for w in writes}
    assert len(live(shop)) == 3


def test_a_note_is_updated_in_place_and_keeps_what_is_not_written(shop: Shop, connector: HubSpotConnector, deals: tuple[str, ...]) -> None:
    write = create(deals)
    note = stored(outcomes(connector, [write])["1"]).id
    changes: dict[str, Value] = {"amount": Decimal("41"), "date": date(2026, 11, 3), "reference": None}
    change = Write("u", "1", Operation.UPDATE, changes, id=note, expected={"amount": Decimal("40.5")})
    record = stored(outcomes(connector, [change])["1"])
    assert record.id == note
    assert {**record.fields, "deals": deals} == {**write.fields, **changes}
    assert shop.held_by("notes", note)["hs_timestamp"] == "2026-11-03T19:00:00.000Z"
    assert isinstance(outcomes(connector, [change])["1"], Failed), "it has moved on"
    [settled] = connector.settle(NOTE, [change], FIELDS)
    assert stored(settled).fields["amount"] == 41
    assert len(live(shop)) == 1


def test_a_lost_update_that_did_not_happen_says_so(shop: Shop, connector: HubSpotConnector, deals: tuple[str, ...]) -> None:
    note = stored(outcomes(connector, [create(deals)])["1"]).id
    change = Write("u", "1", Operation.UPDATE, {"amount": Decimal("41")}, id=note, expected={"amount": Decimal("40.5")})
    lose(shop, "/batch/update", moment="before")
    assert isinstance(outcomes(connector, [change])["1"], Unknown)
    assert [type(o) for o in connector.settle(NOTE, [change], FIELDS)] == [Failed]


def test_the_deals_of_a_note_stay(connector: HubSpotConnector, deals: tuple[str, ...]) -> None:
    note = stored(outcomes(connector, [create(deals)])["1"]).id
    failed = outcomes(connector, [replace(create(deals), operation=Operation.UPDATE, id=note, fields={"deals": deals[:1]})])["1"]
    assert isinstance(failed, Failed)
    assert failed.error.field == "deals"


def test_a_note_is_taken_away(shop: Shop, connector: HubSpotConnector, deals: tuple[str, ...]) -> None:
    note = stored(outcomes(connector, [create(deals)])["1"]).id
    write = Write("d", "1", Operation.DELETE, {}, id=note)
    for outcome in (*connector.write(NOTE, [write], FIELDS), *connector.settle(NOTE, [write], FIELDS)):
        assert stored(outcome).presence is Presence.ABSENT
    assert live(shop) == []
    [gone] = connector.read(NOTE, [note], FIELDS)
    assert gone.presence is Presence.ABSENT
