"""Wrong shapes, planted one at a time: the watcher over all simulations tells each. Where the shape is right and is read wrongly, the tests of the
connectors tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors import http
from connectors.base import Write
from connectors.errors import NotFound
from connectors.hubspot import batches
from connectors.hubspot import client as hubspot_client
from connectors.hubspot import writing as hubspot_writing
from connectors.hubspot.client import HubSpotClient
from connectors.quickbooks import packing, values
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.errors import QuickBooksDialect
from connectors.quickbooks.writing import Writer
from connectors.sandbox.hubspot import batches as sandbox_batches
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.server import Reply
from connectors.tests import hubspot_world, test_hubspot_writing, test_quickbooks_errors
from connectors.tests.conformance import reference
from connectors.tests.conformance.plugin import Conformance
from connectors.tests.contract import ConnectorContract, create, update
from connectors.tests.quickbooks_shop import bill, open_till
from connectors.tests.test_bug_zoo import caught
from connectors.tests.test_quickbooks_contract import sandbox_place
from connectors.vocabulary import Category, Kind

needs_reference = pytest.mark.skipif(bool(reference.missing()), reason="there is nothing to judge by")

KEY = "tandem_quickbooks_id"
DETAILS = "/account-info/2026-09/details"
LINKS = "/crm/objects/2026-09/contacts/1/associations/invoices"

Patch = pytest.MonkeyPatch
Planting = Callable[[Patch, Any], object]
Change = Callable[[Any], Any]


# What the connectors do every day


def at_hubspot(world: Any) -> None:
    """Learn the account, create a contact and update it."""
    connector = world.connector()
    connector.account()
    connector.setup(Kind.CONTACT)
    new = hubspot_world.create(1, **{KEY: f"9130:{world.app.served}", "firstname": "Ada", "phone": "5550100"})
    list(connector.write(Kind.CONTACT, [new], (*hubspot_world.PLAIN, KEY)))
    known = world.contact(firstname="Ben")
    list(connector.write(Kind.CONTACT, [hubspot_world.update(2, known, {"firstname": "Ben"}, firstname="Bea")], hubspot_world.PLAIN))


def at_quickbooks(till: Any) -> None:
    """Create a customer, update one, create a product and an invoice."""
    number = till.app.served
    written(till, Kind.CONTACT, create({"DisplayName": f"Ada {number}", "GivenName": "Ada"}, call=f"made-{number}"))
    written(till, Kind.CONTACT, update(till.record(Kind.CONTACT, "2"), {"GivenName": f"Ben {number}"}))
    item = {
        "Name": f"Chips {number}",
        "Type": "Service",
        "UnitPrice": Decimal("38.25"),
        "IncomeAccountRef": till.account("ServiceFeeIncome")["value"],
    }
    written(till, Kind.PRODUCT, create(item, call=f"item-{number}"))
    written(till, Kind.INVOICE, create(bill(DocNumber=f"T-{number}", TxnDate=date(2027, 1, 10)), call=f"sale-{number}"))


def written(till: Any, kind: Kind, *writes: Write) -> None:
    list(till.connector.write(kind, writes, till.keys(kind)))


# Ways to plant


def changed(owner: Any, name: str, change: Change) -> Planting:
    """What a function gives is changed."""
    real = getattr(owner, name)
    return lambda patch, place: patch.setattr(owner, name, lambda *args, **more: change(real(*args, **more)))


def replaced(owner: Any, name: str, other: Any) -> Planting:
    return lambda patch, place: patch.setattr(owner, name, other)


def batched(owner: Any, name: str, place: int, change: Change) -> Planting:
    """One argument of a method is changed."""
    real = getattr(owner, name)

    def call(*args: Any, **more: Any) -> Any:
        return real(*args[:place], change(args[place]), *args[place + 1 :], **more)

    return lambda patch, world: patch.setattr(owner, name, call)


def answered(path: str, reply: Reply) -> Planting:
    """The simulation itself answers a GET in another way."""
    return lambda patch, place: place.app._routes.insert(0, ("GET", re.compile(path), lambda request: reply))


def renamed(name: str, other: str) -> Change:
    return lambda body: {other if key == name else key: value for key, value in body.items()}


def without(name: str) -> Change:
    return lambda body: {key: value for key, value in body.items() if key != name}


def crowd(till: Any) -> None:
    written(till, Kind.CONTACT, *(create({"DisplayName": f"Person {n}"}, call="crowd", key=str(n)) for n in range(31)))


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(NotFound):
        act()


@dataclass(frozen=True)
class Plant:
    """`told` is what is said, from the method of the call on."""

    name: str
    told: str
    planted: Planting
    act: Callable[[Any], object] = at_quickbooks


UPSERT, UPDATE = "POST /crm/objects/2026-09/contacts/batch/upsert", "POST /crm/objects/2026-09/contacts/batch/update"
BATCH = "POST /v3/company/9130350000000000001/batch"
CUSTOMER, ITEM, INVOICE = (f"{BATCH}, sent: BatchItemRequest[0].{name}: " for name in ("Customer", "Item", "Invoice"))

PLANTS = [
    Plant(
        "a misspelt member is sent to QuickBooks",
        f"{CUSTOMER}the body: Additional properties are not allowed ('GivenNmae' was unexpected)",
        changed(packing, "members", renamed("GivenName", "GivenNmae")),
    ),
    Plant(
        "a misspelt member is sent to HubSpot",
        f"{UPSERT}, sent: inputs[0]: Additional properties are not allowed ('propertys' was unexpected)",
        batched(HubSpotClient, "batch_write", 3, lambda inputs: [renamed("properties", "propertys")(one) for one in inputs]),
        at_hubspot,
    ),
    Plant(
        "a misspelt property is asked of HubSpot",
        "POST /crm/objects/2026-09/contacts/batch/read, sent: properties.fristname: contacts have no such property",
        batched(HubSpotClient, "batch_read", 3, lambda names: [*names, "fristname"]),
        at_hubspot,
    ),
    Plant(
        "a number is sent where HubSpot has a text",
        f'{UPDATE}, sent: inputs[0].properties.firstname: 7 is not of types "null", "string"',
        changed(hubspot_writing.Writer, "_input", lambda properties: {**properties, "firstname": 7}),
        at_hubspot,
    ),
    Plant(
        "a number is sent where QuickBooks has an Id",
        f'{CUSTOMER}Id: 2 is not of type "string"',
        changed(packing.Packing, "body", lambda body: {**body, **({"Id": int(body["Id"])} if "Id" in body else {})}),
    ),
    Plant(
        "an update has no SyncToken",
        f'{CUSTOMER}the body: "SyncToken" is a required property',
        changed(packing.Packing, "body", without("SyncToken")),
    ),
    Plant(
        "the simulated HubSpot shows a flag as a text",
        f'{UPDATE}, answered 200: results[0].archived: "false" is not of type "boolean"',
        changed(sandbox_batches, "present", lambda record: {**record, "archived": "false"}),
        at_hubspot,
    ),
    Plant(
        "the simulated QuickBooks shows an amount as a text",
        f'{BATCH}, answered 200: BatchItemResponse[0].Invoice.TotalAmt: "90.0" is not of type "number"',
        changed(Company, "create", lambda row: {**row, **({"TotalAmt": str(float(row["TotalAmt"]))} if "TotalAmt" in row else {})}),
    ),
    Plant(
        "a call is sent that is none",
        "GET /account-info/2027-03/details, sent: the path: there is no such call",
        replaced(hubspot_client, "API_VERSION", "2027-03"),
        lambda world: refused(world.connector().account),
    ),
    Plant(
        "a call is answered that is none",
        f"GET {LINKS}, answered 200: the path: there is no such call",
        answered(LINKS, Reply(200, {"results": []})),
        lambda world: world.ask("GET", LINKS),
    ),
    Plant(
        "a status is answered that is not documented",
        f"GET {DETAILS}, answered 202: status: 202 is not documented, only [200]",
        answered(DETAILS, Reply(202, {})),
        lambda world: world.ask("GET", DETAILS),
    ),
    Plant(
        "a bId comes twice",
        f"{BATCH}, sent: BatchItemRequest: the bId '1' comes twice",
        batched(QuickBooksClient, "batch", 1, lambda members: [*members, members[0]]),
    ),
    Plant("a batch has more than 30 members", f"{BATCH}, sent: BatchItemRequest: ", lambda patch, till: None, crowd),
    Plant(
        "an amount is sent as a text",
        f'{ITEM}UnitPrice: "38.25" is not of type "number"',
        replaced(http, "_number", str),
    ),
    Plant(
        "a time is sent where a day belongs",
        f'{INVOICE}TxnDate: "2027-01-10T00:00:00" is not a "date"',
        changed(values, "native", lambda value: f"{value}T00:00:00" if value == "2027-01-10" else value),
    ),
]


@contextmanager
def place_of(plant: Plant) -> Iterator[Any]:
    """The simulation that a plant is about, with a connector to it."""
    if "/v3/company/" in plant.told:
        yield from open_till()
    else:
        with hubspot_world.running() as world:
            yield world


@needs_reference
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name.replace(" ", "_"))
def test_a_wrong_shape_is_told_with_its_call_and_place(plant: Plant, conformance: Conformance, monkeypatch: Patch) -> None:
    with place_of(plant) as place:
        if plant.act in (at_hubspot, at_quickbooks):
            plant.act(place)
            assert conformance.taken() == [], "without the plant nothing is told"
        plant.planted(monkeypatch, place)
        plant.act(place)
    told = conformance.taken()
    assert any(fault.startswith(plant.told) for fault in told), told


# Right shapes, wrongly read


def by_position(items: Any, body: Any, match: Any) -> dict[str, Any]:
    return dict(zip([item.trace for item in items], body["results"], strict=True))


def all_well(items: Any, body: Any, match: Any) -> dict[str, Any]:
    """Members that an answer of mixed results does not show are taken for stored."""
    shown = {match(raw): raw for raw in body["results"]}
    return {item.trace: shown.get(item.natural) or {**body["results"][0], "properties": item.body["properties"]} for item in items}


def on_hubspot(test: Callable[..., None], *args: Any) -> None:
    """Run a test of the connector outside of pytest's own machinery."""
    with hubspot_world.running() as world:
        connector = world.connector()
        connector.setup(Kind.CONTACT)
        test(world, connector, *args)


def on_quickbooks(test: Callable[..., None]) -> None:
    for place in sandbox_place():
        place.app.switches.faults_with_ok = True
        test(ConnectorContract(), place)


def test_results_matched_by_position_are_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr(batches, "_matched", by_position)
    caught(lambda: on_hubspot(test_hubspot_writing.test_creates_are_stored_in_full_batches_and_matched_in_a_shuffled_answer))


def test_mixed_results_taken_for_success_are_caught(monkeypatch: Patch) -> None:
    monkeypatch.setattr(batches, "_matched", all_well)
    caught(lambda: on_hubspot(test_hubspot_writing.test_one_bad_member_does_not_sink_the_others, True, 207))


def test_a_fault_with_status_200_taken_for_success_is_caught(monkeypatch: Patch) -> None:
    real = QuickBooksDialect.judge
    monkeypatch.setattr(QuickBooksDialect, "judge", lambda self, status, *rest: None if status == 200 else real(self, status, *rest))
    caught(lambda: test_quickbooks_errors.test_a_code_decides_whatever_the_status("610", NotFound, Category.UNKNOWN))


def test_a_faulted_member_of_a_batch_taken_for_success_is_caught(monkeypatch: Patch) -> None:
    real = Writer._answered

    def trusting(self: Writer, write: Write, answer: Any, trace: str) -> Any:
        return {"Id": "1", "SyncToken": "0"} if answer and "Fault" in answer else real(self, write, answer, trace)

    monkeypatch.setattr(Writer, "_answered", trusting)
    caught(lambda: on_quickbooks(ConnectorContract.test_an_update_of_a_record_that_moved_on_is_stale_and_changes_nothing))
