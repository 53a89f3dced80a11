"""Payments of the HubSpot connector against the simulation, over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connectors.base import Failed, FieldType, Operation, Outcome, Presence, Record, Stored, Unknown, Value, Write
from connectors.errors import Forbidden, NotFound, Rejected, Unavailable
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.objects import KEY_PROPERTY
from connectors.sandbox.hubspot import seed
from connectors.sandbox.hubspot.commerce_pages import pay
from connectors.sandbox.hubspot.desk import person
from connectors.sandbox.server import Closed, Reply, Request
from connectors.tests.hubspot_shop import Shop, open_shop
from connectors.tests.hubspot_world import answer, lose
from connectors.vocabulary import DEFAULT_MAPPINGS, GATES, RECOMMENDED_FILTERS, Category, Direction, Kind

PAYMENT = Kind.PAYMENT
FIELDS = (
    "hs_initial_amount",
    "hs_initiated_date",
    "hs_currency_code",
    "hs_payment_method_type",
    "hs_reference_number",
    "hs_latest_status",
    "invoice",
    "invoices",
    "hs_payment_source_app",
    "hs_fees_amount",
    "hs_platform_fee",
    "hs_customer_email",
    KEY_PROPERTY,
)


@pytest.fixture
def connector(shop: Shop) -> HubSpotConnector:
    made = shop.connector()
    made.setup(PAYMENT)
    made.zone()
    return made


def create(invoice: str | None, number: int = 1, call: str = "call", **fields: Value) -> Write:
    values: dict[str, Value] = {
        KEY_PROPERTY: f"1:{number}:7",
        "invoice": invoice,
        "hs_initial_amount": Decimal("40.50"),
        "hs_initiated_date": date(2026, 11, 2),
        "hs_currency_code": "USD",
        "hs_payment_method_type": "check",
        "hs_reference_number": "No. 77",
    }
    return Write(call, str(number), Operation.CREATE, {**values, **fields})


def outcomes(connector: HubSpotConnector, writes: Iterable[Write]) -> dict[str, Outcome]:
    asked = list(writes)
    found = list(connector.write(PAYMENT, asked, FIELDS))
    assert sorted(o.name for o in found) == sorted(w.name for w in asked)
    return {outcome.name[1]: outcome for outcome in found}


def stored(outcome: Outcome) -> Record:
    assert isinstance(outcome, Stored), outcome
    return outcome.record


def live(shop: Shop) -> list[str]:
    return [d["id"] for d in shop.account.tables["commerce_payments"].documents.values() if d["archived"] is None]


def test_fields_carry_every_meaning_that_mappings_filters_and_gates_of_payments_use(connector: HubSpotConnector) -> None:
    specs = {spec.key: spec for spec in connector.fields(PAYMENT)}
    meanings = {spec.meaning for spec in specs.values()}
    assert {meaning for mapping in DEFAULT_MAPPINGS[PAYMENT] for meaning in mapping.left} <= meanings
    assert {c.meaning for group in RECOMMENDED_FILTERS[(PAYMENT, Direction.TO_RIGHT)] for c in group} <= meanings
    assert {gate.condition.meaning for gate in GATES[PAYMENT] if gate.born is Direction.TO_RIGHT} <= meanings
    assert [spec.key for spec in specs.values() if spec.required] == ["hs_initial_amount", "hs_initiated_date", "invoice"]
    assert [(o.value, o.label) for o in specs["hs_payment_method_type"].options][3:5] == [("check", "Check"), ("wire_transfer", "Wire transfer")]
    assert "succeeded" in {o.value for o in specs["hs_latest_status"].options}
    assert specs["invoice"].refers == "invoice"
    assert specs["invoices"].type is FieldType.NUMBER


def test_payments_of_the_sample_show_their_invoice(shop: Shop, connector: HubSpotConnector) -> None:
    seed(shop.app)
    records = {r.id: r for page in connector.changes(PAYMENT, None, FIELDS) for r in page.records}
    assert len(records) == shop.app.state.count("hubspot/1234567/commerce_payments")
    numbers = {d["id"]: d["properties"].get("hs_number") for d in shop.account.tables["invoices"].documents.values()}
    [paid] = [r for r in records.values() if numbers[str(r.fields["invoice"])] == "INV-1010"]
    assert (paid.fields["hs_initial_amount"], paid.fields["hs_payment_method_type"], paid.fields["invoices"]) == (300, "check", 1)
    assert paid.fields["hs_latest_status"] == "succeeded"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_only_one_invoice_of_a_payment_is_its_invoice(shop: Shop, connector: HubSpotConnector, number: int) -> None:
    invoices = [shop.opened() for _ in range(number)]
    payment = shop.make("commerce_payments", {"hs_initial_amount": "10", "hs_initiated_date": "2026-11-18T12:00:00Z"})
    for invoice in invoices:
        shop.account.associate("commerce_payments", payment, "invoices", invoice)
    [record] = connector.read(PAYMENT, [payment], FIELDS)
    assert (record.fields["invoice"], record.fields["invoices"]) == (invoices[0] if number == 1 else None, number)


def test_a_payment_is_born_with_its_invoice_and_that_ones_contact(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.opened()
    calls = shop.sent(lambda: outcomes(connector, [create(invoice)]))
    assert calls == ["POST invoices/contacts/batch/read", "POST commerce_payments/batch/create"]
    [payment] = live(shop)
    held = shop.held_by("commerce_payments", payment)
    assert (held["hs_latest_status"], held["hs_processor_type"], held["hs_initiated_date"]) == ("succeeded", "quickbooks", "2026-11-02T19:00:00.000Z")
    assert shop.associated("commerce_payments", payment, "contacts") == shop.associated("invoices", invoice, "contacts")
    assert shop.held_by("invoices", invoice)["hs_amount_paid"] == "40.50"
    record = stored(outcomes(connector, [create(invoice)])["1"])
    assert record.id == payment, "one payment of a key"
    assert {key: record.fields[key] for key in FIELDS[:8]} == {
        "hs_initial_amount": Decimal("40.5"),
        "hs_initiated_date": date(2026, 11, 2),
        "hs_currency_code": "USD",
        "hs_payment_method_type": "check",
        "hs_reference_number": "No. 77",
        "hs_latest_status": "succeeded",
        "invoice": invoice,
        "invoices": 1,
    }
    assert live(shop) == [payment]


def test_the_answer_of_a_create_tells_what_a_read_tells(shop: Shop, connector: HubSpotConnector) -> None:
    record = stored(outcomes(connector, [create(shop.opened(), hs_reference_number=None)])["1"])
    [read] = connector.read(PAYMENT, [record.id], FIELDS)
    assert {key: value for key, value in read.fields.items() if key in record.fields} == record.fields
    assert set(read.fields) - set(record.fields) <= {"hs_payment_source_app", "hs_fees_amount", "hs_platform_fee"}


def test_many_payments_take_full_batches_and_one_bad_member_stands_alone(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.opened()
    writes = [create(invoice, n, f"call{n // 100}", hs_initial_amount=Decimal(1)) for n in range(150)]
    writes[5] = create(invoice, 5, "call0", hs_payment_method_type="shells")
    writes[6] = create("9", 6, "call0")
    writes[7] = create(None, 7, "call0")
    start = connector.calls
    done = outcomes(connector, writes)
    assert connector.calls - start == 4
    failed = {key: outcome.error for key, outcome in done.items() if isinstance(outcome, Failed)}
    assert {key: error.category for key, error in failed.items()} == {
        "5": Category.OPTION_UNKNOWN,
        "6": Category.DEPENDENCY_FAILING,
        "7": Category.REQUIRED_VALUE_MISSING,
    }
    assert not any(isinstance(error, NotFound) for error in failed.values())
    assert len(live(shop)) == 147


def test_any_request_of_a_create_may_be_lost_and_is_settled_to_one_payment() -> None:
    for at in (1, 2):
        for moment in ("before", "after"):
            with open_shop() as place:
                connector = place.connector()
                connector.setup(PAYMENT)
                connector.zone()
                writes = [create(place.opened(), n) for n in range(3)]
                place.app.hook = _cut(place.app.served + at, moment)
                first = outcomes(connector, writes)
                place.app.hook = None
                unknown = [write for write in writes if isinstance(first[write.key], Unknown)]
                assert len(unknown) == (3 if at == 2 else 0)
                settled = {o.name[1]: o for o in place.connector().settle(PAYMENT, unknown, FIELDS)}
                assert {o.record.fields["invoice"] for o in {**first, **settled}.values() if isinstance(o, Stored)} == {
                    w.fields["invoice"] for w in writes
                }
                assert len(live(place)) == 3


def _cut(number: int, moment: str) -> object:
    def hook(when: str, served: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == moment and served == number:
            raise Closed
        return None

    return hook


def test_settling_gives_a_payment_the_invoice_it_lost(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.opened()
    write = create(invoice)
    payment = stored(outcomes(connector, [write])["1"]).id
    shop.account.dissociate("commerce_payments", payment, "invoices", invoice)
    [settled] = connector.settle(PAYMENT, [write], FIELDS)
    assert stored(settled).id == payment
    assert shop.associated("commerce_payments", payment, "invoices") == [invoice]


def test_a_payment_is_updated_and_settled_as_any_record(shop: Shop, connector: HubSpotConnector) -> None:
    record = stored(outcomes(connector, [create(shop.opened())])["1"])
    change = Write("u", "1", Operation.UPDATE, {"hs_reference_number": "78"}, id=record.id, expected={"hs_reference_number": "No. 77"})
    lose(shop, "/batch/update")
    assert isinstance(outcomes(connector, [change])["1"], Unknown)
    [settled] = connector.settle(PAYMENT, [change], FIELDS)
    assert stored(settled).fields["hs_reference_number"] == "78"
    day = replace(change, fields={"hs_initiated_date": date(2026, 12, 31)}, expected={"hs_initiated_date": date(2026, 11, 2)})
    assert stored(outcomes(connector, [day])["1"]).fields["hs_initiated_date"] == date(2026, 12, 31)


def test_a_payment_that_hubspot_took_is_left_alone(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.account.tables["invoices"].documents[int(shop.opened())]
    payment = pay(person(shop.app, shop.account), invoice, {"hs_initial_amount": "10", "hs_processor_type": "hs_payments"})["id"]
    change = Write("u", "1", Operation.UPDATE, {"hs_reference_number": "78"}, id=payment)
    calls = shop.sent(lambda: outcomes(connector, [change]))
    assert calls == ["POST commerce_payments/batch/read"]
    for write in (change, Write("d", "1", Operation.DELETE, {}, id=payment)):
        failed = outcomes(connector, [write])["1"]
        assert isinstance(failed, Failed)
        assert isinstance(failed.error, Rejected)
        assert failed.error.category is Category.VALUE_INVALID
        assert failed.error.words


def test_the_invoice_of_a_payment_stays(shop: Shop, connector: HubSpotConnector) -> None:
    record = stored(outcomes(connector, [create(shop.opened())])["1"])
    failed = outcomes(connector, [Write("u", "1", Operation.UPDATE, {"invoice": "9"}, id=record.id)])["1"]
    assert isinstance(failed, Failed)
    assert (failed.error.category, failed.error.field) == (Category.VALUE_INVALID, "invoice")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_payment_is_taken_away_and_its_invoice_is_open_again(shop: Shop, connector: HubSpotConnector, moment: str) -> None:
    invoice = shop.opened()
    record = stored(outcomes(connector, [create(invoice, hs_initial_amount=Decimal(100))])["1"])
    assert shop.held_by("invoices", invoice)["hs_invoice_status"] == "paid"
    write = Write("d", "1", Operation.DELETE, {}, id=record.id)
    lose(shop, "/batch/archive", moment=moment)
    outcome = outcomes(connector, [write])["1"]
    assert stored(outcome).presence is Presence.ABSENT
    [settled] = connector.settle(PAYMENT, [write], FIELDS)
    assert stored(settled) == Record(record.id, {}, presence=Presence.ABSENT)
    assert live(shop) == []
    assert shop.held_by("invoices", invoice)["hs_invoice_status"] == "open"


def test_a_delete_without_any_answer_is_unknown_until_it_is_settled(shop: Shop, connector: HubSpotConnector) -> None:
    record = stored(outcomes(connector, [create(shop.opened())])["1"])
    write = Write("d", "1", Operation.DELETE, {}, id=record.id)
    lose(shop, "/batch/archive", times=99)
    unknown = outcomes(connector, [write])["1"]
    assert isinstance(unknown, Unknown)
    assert isinstance(unknown.error, Unavailable)
    answer(shop, "/batch/archive", Reply(403, {"category": "MISSING_SCOPES", "message": "no"}))
    assert [type(o) for o in shop.connector().settle(PAYMENT, [write], FIELDS)] == [Unknown]
    assert [type(o) for o in shop.connector().settle(PAYMENT, [write], FIELDS)] == [Stored]


@pytest.mark.parametrize(("refused", "status"), [("all", 403), ("writes", 403), ("all", 400), ("writes", 400)])
def test_an_account_without_payments_refuses_every_create(shop: Shop, connector: HubSpotConnector, refused: str, status: int) -> None:
    shop.app.set_payments(1234567, on=False)
    shop.app.switches.payments_refused = refused  # type: ignore[assignment]
    shop.app.switches.payments_refusal = status
    done = outcomes(connector, [create(shop.opened(), n) for n in range(3)])
    assert {type(outcome) for outcome in done.values()} == {Failed}
    errors = [outcome.error for outcome in done.values() if isinstance(outcome, Failed)]
    assert all(isinstance(error, Forbidden if status == 403 else Rejected) for error in errors)
    assert live(shop) == []
