"""What the simulated QuickBooks tells of changes: every operation, in both payloads, and its signature."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
import requests

from connectors.sandbox.quickbooks import CLIENT_ID, CLIENT_SECRET, DEFAULT_REALM, VERIFIER, add_company, issue, load, seed
from connectors.sandbox.quickbooks.webhooks import Subscriptions
from connectors.sandbox.sample import generate
from connectors.tests.letterbox import LetterBox
from connectors.tests.quickbooks_shop import Row, Shop, line, open_shop

ADA, BEN = {"value": "1"}, {"value": "2"}


class Ear:
    """Hears what a shop tells."""

    def __init__(self, shop: Shop, box: LetterBox) -> None:
        self.shop = shop
        self.box = box
        self.hooks = shop.app.webhooks
        self.hooks.target = box.url + "/webhooks/quickbooks/"

    def after(self, act: Callable[[], Any]) -> list[dict[str, Any]]:
        """The events of what an act does, and of nothing before it."""
        assert self.hooks.settle()
        self.box.letters.clear()
        act()
        assert self.hooks.settle()
        return [event for letter in self.box.letters for event in self._events(letter.json)]

    def _events(self, body: Any) -> list[dict[str, Any]]:
        if isinstance(body, list):
            return body
        return [{"realm": one["realmId"], **row} for one in body["eventNotifications"] for row in one["dataChangeEvent"]["entities"]]

    def told(self, act: Callable[[], Any]) -> set[tuple[str, str, str]]:
        """(entity, operation, Id) of every event, in the words of the payload."""
        events = self.after(act)
        if self.hooks.subscriptions.format == "classic":
            return {(event["name"], event["operation"], event["id"]) for event in events}
        return {(*event["type"].split(".")[1:3], event["intuitentityid"]) for event in events}

    def page(self, path: str, **form: str) -> None:
        """What a person does at the pages."""
        answer = requests.post(f"{self.shop.url}/companies/{DEFAULT_REALM}/{path}", data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, answer.text


@pytest.fixture
def ear() -> Iterator[Ear]:
    for shop in open_shop():
        with LetterBox() as box:
            yield Ear(shop, box)
            shop.app.webhooks.target = ""


@pytest.fixture
def classic(ear: Ear) -> Ear:
    ear.hooks.subscriptions.format = "classic"
    return ear


def customer(ear: Ear, name: str) -> Row:
    return ear.shop.make("customer", DisplayName=name)


def test_a_delivery_is_signed_with_the_verifier(ear: Ear) -> None:
    for form in ("classic", "cloudevents"):
        ear.hooks.subscriptions.format = form
        ear.after(lambda form=form: customer(ear, f"Åsa 🦊 {form}"))
        [letter] = ear.box.letters
        assert letter.path == "/webhooks/quickbooks/"
        assert letter.headers["content-type"] == "application/json"
        assert letter.headers["intuit-signature"] == b64encode(hmac.digest(VERIFIER.encode(), letter.body, hashlib.sha256)).decode()


def test_the_classic_payload_is_that_of_the_reference(classic: Ear) -> None:
    made: list[Row] = []
    classic.after(lambda: made.append(customer(classic, "New")))
    moment = made[0]["MetaData"]["LastUpdatedTime"]
    assert classic.box.letters[0].json == {
        "eventNotifications": [
            {
                "realmId": DEFAULT_REALM,
                "dataChangeEvent": {
                    "entities": [{"name": "Customer", "id": made[0]["Id"], "operation": "Create", "lastUpdated": moment[:-3] + moment[-2:]}]
                },
            }
        ]
    }


def test_a_cloud_event_is_that_of_the_reference(ear: Ear) -> None:
    ear.shop.now = 1_800_000_000.25
    made: list[Row] = []
    [event] = ear.after(lambda: made.append(customer(ear, "New")))
    number, source = event.pop("id"), event.pop("source")
    assert (len(number), source[:7]) == (36, "intuit.")
    assert event == {
        "specversion": "1.0",
        "type": "qbo.customer.created.v1",
        "datacontenttype": "application/json",
        "time": "2027-01-15T08:00:00.250000000Z",
        "intuitentityid": made[0]["Id"],
        "intuitaccountid": DEFAULT_REALM,
        "data": {},
    }


def test_cloud_events_may_come_without_data_and_with_their_own_content_type(ear: Ear) -> None:
    ear.hooks.subscriptions = Subscriptions(content_type="application/cloudevents+json", empty_data=False)
    [event] = ear.after(lambda: customer(ear, "New"))
    assert "data" not in event
    assert ear.box.letters[0].headers["content-type"] == "application/cloudevents+json"
    ear.hooks.subscriptions.format = "classic"
    ear.after(lambda: customer(ear, "Newer"))
    assert ear.box.letters[0].headers["content-type"] == "application/json"


def test_every_event_has_a_number_of_its_own(ear: Ear) -> None:
    row = customer(ear, "New")
    events = [event for name in ("A", "B", "C") for event in ear.after(lambda name=name: _rename(ear, row, name))]
    assert len({event["id"] for event in events}) == 3


def _rename(ear: Ear, row: Row, name: str) -> None:
    row.update(ear.shop.changed("customer", row, DisplayName=name))


def test_people_and_programs_change_and_inactivate_rows(classic: Ear) -> None:
    row = customer(classic, "New")
    told = ("Customer", "Update", row["Id"])
    assert classic.told(lambda: classic.shop.changed("customer", row, GivenName="N")) == {told}
    assert classic.told(lambda: classic.page(f"customer/{row['Id']}", DisplayName="Newer")) == {told}
    assert classic.told(lambda: classic.page(f"customer/{row['Id']}/active")) == {told}
    assert classic.told(lambda: classic.page("item/1", Name="Mowing lawns")) == {("Item", "Update", "1")}
    assert classic.told(lambda: classic.page("vendor/new", DisplayName="Supplier")) == {("Vendor", "Create", "1")}


def test_invoices_are_made_mailed_voided_and_deleted(ear: Ear) -> None:
    one, other = ear.shop.invoice(10), ear.shop.invoice(20)
    events = [ear.told(lambda: ear.page(f"invoice/{one['Id']}/send"))]
    ear.shop.now += 60
    events += [
        ear.told(lambda: ear.page(f"invoice/{one['Id']}/send")),
        ear.told(lambda: ear.page(f"invoice/{one['Id']}/void")),
        ear.told(lambda: ear.shop.act("invoice", other, operation="delete")),
    ]
    operations = ("emailed", "emailed", "voided", "deleted")
    assert events == [{("invoice", word, row["Id"])} for word, row in zip(operations, (one, one, one, other), strict=True)]
    assert len(ear.told(lambda: ear.shop.invoice(30))) == 1


def test_payments_are_made_voided_and_deleted(classic: Ear) -> None:
    paid, again = classic.shop.pay(10), classic.shop.pay(5)
    assert classic.told(lambda: classic.shop.pay(7)) == {("Payment", "Create", str(int(again["Id"]) + 1))}
    assert classic.told(lambda: classic.shop.act("payment", paid, include="void", operation="update")) == {("Payment", "Void", paid["Id"])}
    assert classic.told(lambda: classic.page(f"payment/{again['Id']}/delete")) == {("Payment", "Delete", again["Id"])}


@pytest.mark.parametrize("told", [False, True])
def test_what_a_payment_does_to_others_is_told_by_switch(classic: Ear, told: bool) -> None:
    classic.hooks.subscriptions.side_effects = told
    invoice = classic.shop.invoice(100)
    more = {("Invoice", "Update", invoice["Id"]), ("Customer", "Update", "1")} if told else set()
    assert classic.told(lambda: classic.shop.pay(60, (invoice, 60))) == {("Payment", "Create", "1")} | more
    changed = classic.told(lambda: classic.page(f"invoice/{invoice['Id']}/void"))
    assert changed == {("Invoice", "Void", invoice["Id"]), ("Payment", "Update", "1")} | ({("Customer", "Update", "1")} if told else set())


def test_a_write_that_changes_nothing_is_an_update_all_the_same(classic: Ear) -> None:
    row = customer(classic, "New")
    assert classic.told(lambda: classic.shop.changed("customer", row, DisplayName="New")) == {("Customer", "Update", row["Id"])}


@pytest.mark.parametrize("inactive", [False, True])
def test_a_merge_names_the_one_that_stays_and_the_one_that_goes(classic: Ear, inactive: bool) -> None:
    classic.shop.app.switches.merge_leaves_inactive = inactive
    loser = customer(classic, "Adam")
    invoice = classic.shop.invoice(10, customer=loser["Id"])
    classic.shop.pay(10, (invoice, 10), customer=loser["Id"])
    events = {event["name"]: event for event in classic.after(lambda: classic.page(f"customer/{loser['Id']}/merge", into="1"))}
    assert set(events) == {"Customer", "Invoice", "Payment"}
    merge = events["Customer"]
    assert (merge["operation"], merge["id"], merge["deletedId"]) == ("Merge", "1", loser["Id"])
    classic.hooks.subscriptions.format = "cloudevents"
    [event] = classic.after(lambda: classic.page("customer/2/merge", into="1"))
    assert (event["type"], event["intuitentityid"], event["data"]) == ("qbo.customer.merged.v1", "1", {"deletedid": "2"})


def test_lists_and_settings_are_told_too(classic: Ear) -> None:
    assert classic.told(lambda: classic.page("settings", allow_deposit="no")) == {("Preferences", "Update", "1")}
    told = classic.told(lambda: classic.shop("POST", "/paymentmethod", {"Name": "Barter", "Type": "NON_CREDIT_CARD"}))
    assert {event[:2] for event in told} == {("PaymentMethod", "Create")}


def test_a_batch_is_told_member_by_member_and_without_those_refused(ear: Ear) -> None:
    members = [{"bId": name, "operation": "create", "Customer": {"DisplayName": name}} for name in ("One", "Ada", "Two")]
    told = ear.told(lambda: ear.shop("POST", "/batch", {"BatchItemRequest": members}))
    assert {event[:2] for event in told} == {("customer", "created")}
    assert len(told) == 2
    assert len(ear.box.letters) == 1


def test_a_repeated_request_changes_nothing_and_tells_nothing(ear: Ear) -> None:
    for expected in (1, 0):
        assert len(ear.told(lambda: ear.shop("POST", "/customer", {"DisplayName": "Once"}, requestid="r-1"))) == expected


@pytest.mark.parametrize("form", ["classic", "cloudevents"])
def test_one_delivery_may_hold_events_of_several_companies(ear: Ear, form: Any) -> None:
    ear.hooks.subscriptions.format = form
    add_company(ear.shop.app, "2", "Second")
    issue(ear.shop.app, "2")
    ear.hooks.mail.delay = 3600
    for realm in (DEFAULT_REALM, "2", DEFAULT_REALM):
        requests.post(f"{ear.shop.url}/companies/{realm}/customer/new", data={"DisplayName": f"C{ear.shop.app.served}"}, timeout=10)
    ear.hooks.hurry()
    assert ear.hooks.settle()
    [letter] = ear.box.letters
    if form == "classic":
        found = {one["realmId"]: len(one["dataChangeEvent"]["entities"]) for one in letter.json["eventNotifications"]}
        assert found == {"2": 1, DEFAULT_REALM: 2}
    else:
        assert [event["intuitaccountid"] for event in letter.json] == [DEFAULT_REALM, "2", DEFAULT_REALM]


def test_only_companies_that_are_connected_are_told_of(ear: Ear) -> None:
    add_company(ear.shop.app, "2", "Second")
    place = f"{ear.shop.url}/companies/2/customer/new"
    assert ear.after(lambda: requests.post(place, data={"DisplayName": "A"}, timeout=10)) == []
    refresh = issue(ear.shop.app, "2")["refresh_token"]
    assert len(ear.after(lambda: requests.post(place, data={"DisplayName": "B"}, timeout=10))) == 1
    requests.post(ear.shop.url + "/v2/oauth2/tokens/revoke", json={"token": refresh}, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10)
    assert ear.after(lambda: requests.post(place, data={"DisplayName": "C"}, timeout=10)) == []


def test_what_is_loaded_or_seeded_is_history(ear: Ear) -> None:
    add_company(ear.shop.app, "2", "Second")
    issue(ear.shop.app, "2")
    assert ear.after(lambda: (seed(ear.shop.app, "2"), load(ear.shop.app, DEFAULT_REALM, generate(20)))) == []


@pytest.mark.parametrize("status", [500, 404, 202, 302])
def test_anything_but_200_makes_intuit_send_the_whole_delivery_again(ear: Ear, status: int) -> None:
    ear.hooks.mail.pace = 0
    ear.box.answers.append(status)
    ear.after(lambda: ear.shop("POST", "/batch", {"BatchItemRequest": [
        {"bId": name, "operation": "create", "Customer": {"DisplayName": name}} for name in ("One", "Two")
    ]}))  # fmt: skip
    one, other = ear.box.letters
    assert one.body == other.body
    assert (ear.hooks.sent, ear.hooks.failed) == (2, 1)


def test_intuit_waits_longer_and_longer_and_never_gives_up(ear: Ear) -> None:
    pauses = [ear.hooks.pause(attempt) for attempt in range(20)]
    assert pauses[:8] == [10, 20, 30, 300, 1200, 7200, 14400, 21600]
    assert set(pauses[8:]) == {21600}
    assert all(one <= other for one, other in pairwise(pauses))


def test_the_time_of_an_event_is_that_of_the_row(classic: Ear) -> None:
    invoice = classic.shop.invoice(10)
    classic.shop.now += 90
    [event] = classic.after(lambda: classic.shop.changed("invoice", invoice, PrivateNote="later"))
    assert datetime.strptime(event["lastUpdated"], "%Y-%m-%dT%H:%M:%S%z").timestamp() == int(classic.shop.now)


def test_a_line_without_an_item_makes_the_item_it_needs(classic: Ear) -> None:
    sale = {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {}}
    told = classic.told(lambda: classic.shop.make("invoice", CustomerRef=BEN, Line=[sale, line(3)]))
    assert {event[:2] for event in told} == {("Invoice", "Create"), ("Item", "Create")}


def test_the_front_page_tells_where_changes_go(ear: Ear) -> None:
    customer(ear, "New")
    assert ear.hooks.settle()
    page = requests.get(ear.shop.url + "/", timeout=10).text
    assert ear.box.url in page
    assert "<td>1</td><td>0</td><td>0</td><td>0</td>" in page
