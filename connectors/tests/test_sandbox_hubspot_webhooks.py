"""What the simulated HubSpot tells of changes: every kind of event, in both formats, and its signatures."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox.hubspot import CLIENT_ID, CLIENT_SECRET
from connectors.sandbox.hubspot.oauth import disconnect, issue
from connectors.sandbox.hubspot.webhooks import Subscriptions, v1, v3
from connectors.tests.hubspot_shop import LINE, OBJECTS, Shop, open_shop
from connectors.tests.letterbox import LetterBox

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI = "https://www.example.com/webhook_uri"
CREATION = b'[{"eventId":1,"subscriptionType":"contact.creation"}]'
PORTAL = 1234567


class Ear:
    """Hears what a shop tells."""

    def __init__(self, shop: Shop, box: LetterBox) -> None:
        self.shop = shop
        self.box = box
        self.hooks = shop.app.webhooks
        self.hooks.target = box.url + "/webhooks/hubspot/"

    def after(self, act: Callable[[], Any]) -> list[dict[str, Any]]:
        """The events of what an act does, and of nothing before it."""
        assert self.hooks.settle()
        self.box.letters.clear()
        act()
        assert self.hooks.settle()
        return [event for letter in self.box.letters for event in letter.json]

    def names(self, act: Callable[[], Any]) -> list[str]:
        return [event["subscriptionType"] for event in self.after(act)]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.shop.ask(method, path, body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def page(self, kind: str, record: str, action: str, **form: str) -> None:
        """What a person does at the page of a record."""
        answer = requests.post(f"{self.shop.url}/contacts/{PORTAL}/record/{kind}/{record}/{action}", data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, answer.text


@pytest.fixture
def ear() -> Iterator[Ear]:
    with open_shop() as shop, LetterBox() as box:
        yield Ear(shop, box)
        shop.app.webhooks.target = ""


def part(event: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(event.get(name) for name in names)


@pytest.mark.parametrize(
    ("body", "sent", "signature"),
    [
        (CREATION, "1693657560000", "uHBufKt7jo4/iKO74LUCnHErD0rxmNh/+D6lQ5zrrWY="),
        (b"{'example_field':'example_value'}", "1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (b"{'example_field':'example_value'}", "1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
        (b'{"example_field":"example_value"}', "1693657560000", "oaA3M5dEtt6kFsseJD/Hv/x+JNl1vsoxFj4oxmwP6Go="),
    ],
)
def test_the_third_signature_is_that_of_the_reference(body: bytes, sent: str, signature: str) -> None:
    assert v3(SECRET, "POST", URI, body, sent) == signature


def test_the_first_signature_is_that_of_the_reference() -> None:
    assert v1(SECRET, CREATION) == "542e48bba6f0347f3119f84caf8ffbf2d21d06730a99b5e3fa5f97ffb9486f9c"


def test_some_escapes_of_the_address_are_decoded_before_it_is_signed() -> None:
    raw = "https://x.example/a%3A%2f%3F%40%21%24%27%28%29%2A%2C%3B?b=%20%26%3D"
    plain = "https://x.example/a:/?@!$'()*,;?b=%20%26%3D"
    expected = b64encode(hmac.digest(b"s", b"POST" + plain.encode() + b"[]1", hashlib.sha256)).decode()
    assert v3("s", "POST", raw, b"[]", "1") == expected


def test_a_delivery_carries_both_signatures_of_what_was_sent(ear: Ear) -> None:
    ear.hooks.target = target = ear.box.url + "/webhooks/hubspot/?from=%3Ahere%20"
    ear.after(lambda: ear.shop.make("contacts", {"email": "å@example.com", "firstname": "Åsa 🦊"}))
    [letter] = ear.box.letters
    sent = letter.headers["x-hubspot-request-timestamp"]
    assert abs(int(sent) / 1000 - time.time()) < 60
    assert letter.path == "/webhooks/hubspot/?from=%3Ahere%20"
    assert letter.headers["content-type"] == "application/json"
    assert letter.headers["x-hubspot-signature-version"] == "v1"
    assert letter.headers["x-hubspot-signature"] == hashlib.sha256(CLIENT_SECRET.encode() + letter.body).hexdigest()
    message = b"POST" + target.replace("%3A", ":").encode() + letter.body + sent.encode()
    assert letter.headers["x-hubspot-signature-v3"] == b64encode(hmac.digest(CLIENT_SECRET.encode(), message, hashlib.sha256)).decode()
    ear.hooks.secret = "another"
    ear.after(lambda: ear.shop.make("contacts", {"email": "b@example.com"}))
    assert ear.box.letters[0].headers["x-hubspot-signature"] == hashlib.sha256(b"another" + ear.box.letters[0].body).hexdigest()


def test_a_new_contact_is_told_with_the_app_that_made_it(ear: Ear) -> None:
    [event] = ear.after(lambda: ear.shop.make("contacts", {"email": "a@example.com"}))
    record = int(ear.shop.ask("GET", f"{OBJECTS}/contacts/a@example.com?idProperty=email").json()["id"])
    assert part(event, "subscriptionType", "objectTypeId", "objectId", "portalId") == ("object.creation", "0-1", record, PORTAL)
    assert part(event, "occurredAt", "attemptNumber", "changeFlag") == (round(ear.shop.now * 1000), 0, "CREATED")
    assert part(event, "changeSource", "sourceId") == ("INTEGRATION", str(event["appId"]))
    assert event["appId"] == ear.shop.app.app_id(CLIENT_ID)


def test_an_edit_by_a_person_is_told_value_by_value(ear: Ear) -> None:
    contact = ear.shop.make("contacts", {"email": "a@example.com", "phone": "1", "city": "Golden"})
    ear.shop.now += 60
    events = ear.after(lambda: ear.page("0-1", contact, "edit", firstname="Ann", phone="", city="Golden"))
    found = {event["propertyName"]: event for event in events}
    assert {name: event["propertyValue"] for name, event in found.items()} == {"firstname": "Ann", "phone": ""}
    for event in events:
        assert part(event, "subscriptionType", "objectId", "objectTypeId") == ("object.propertyChange", int(contact), "0-1")
        assert part(event, "changeSource", "sourceId", "occurredAt") == ("CRM_UI", "userId:1", round(ear.shop.now * 1000))
    assert len({event["subscriptionId"] for event in events}) == 2


def test_the_names_of_the_classic_format(ear: Ear) -> None:
    ear.hooks.subscriptions = Subscriptions(format="classic")
    contact = ear.shop.make("contacts", {"email": "a@example.com"})
    [event] = ear.after(lambda: ear.page("0-1", contact, "edit", firstname="Ann"))
    assert event["subscriptionType"] == "contact.propertyChange"
    assert "objectTypeId" not in event
    assert ear.names(lambda: ear.shop.make("products", {"name": "Mulch"})) == ["product.creation"]
    assert ear.names(lambda: ear.shop.make("companies", {"name": "Acme"})) == ["company.creation"]
    assert ear.names(lambda: ear.page("0-1", contact, "archive")) == ["contact.deletion"]
    assert ear.names(lambda: ear.page("0-1", contact, "restore")) == ["contact.restore"]


def test_types_without_names_of_their_own_have_generic_ones_in_both_formats(ear: Ear) -> None:
    for form in ("classic", "generic"):
        ear.hooks.subscriptions.format = form
        payment = {"hs_initial_amount": "5", "hs_initiated_date": "2026-11-01T00:00:00Z"}
        cases = {"invoices": ({"hs_currency": "USD"}, "0-53"), "commerce_payments": (payment, "0-101")}
        for kind, (values, type_id) in {**cases, "notes": ({"hs_timestamp": "2026-11-01T00:00:00Z"}, "0-46")}.items():
            [event] = ear.after(lambda kind=kind, values=values: ear.shop.make(kind, values))
            assert part(event, "subscriptionType", "objectTypeId") == ("object.creation", type_id)


def test_the_name_may_stand_in_another_member(ear: Ear) -> None:
    ear.hooks.subscriptions.type_key = "eventType"
    [event] = ear.after(lambda: ear.shop.make("contacts", {"email": "a@example.com"}))
    assert part(event, "eventType", "subscriptionType") == ("object.creation", None)


def test_writes_of_apps_may_have_another_source(ear: Ear) -> None:
    ear.hooks.subscriptions.api_source = "API"
    contact = ear.shop.make("contacts", {"email": "a@example.com"})
    [event] = ear.after(lambda: ear.shop.patch("contacts", contact, phone="2"))
    assert part(event, "changeSource", "sourceId") == ("API", str(event["appId"]))


def test_the_writes_of_another_app_carry_its_own_number(ear: Ear) -> None:
    ear.shop.app.add_client("other", "secret")
    token = issue(ear.shop.app, {"client": "other", "portal": str(PORTAL), "scopes": ["crm.objects.contacts.write"]})["access_token"]
    [event] = ear.after(lambda: ear.shop.ask("POST", f"{OBJECTS}/contacts", {"properties": {"email": "a@example.com"}}, token=token))
    assert event["sourceId"] != str(event["appId"])
    assert event["sourceId"] == str(ear.shop.app.app_id("other"))


def test_a_creation_may_come_with_every_value(ear: Ear) -> None:
    ear.hooks.subscriptions.creation_tells_values = True
    events = ear.after(lambda: ear.shop.make("contacts", {"email": "a@example.com", "firstname": "Ann"}))
    assert events[0]["subscriptionType"] == "object.creation"
    values = {event["propertyName"]: event["propertyValue"] for event in events[1:]}
    assert values.items() >= {"email": "a@example.com", "firstname": "Ann"}.items()
    assert not {"hs_lastmodifieddate", "lastmodifieddate"} & set(values)


def test_nothing_is_told_of_values_that_stay_or_have_no_subscription(ear: Ear) -> None:
    contact = ear.shop.make("contacts", {"email": "a@example.com", "phone": "1"})
    assert ear.after(lambda: ear.shop.patch("contacts", contact, phone="1")) == []
    ear.hooks.subscriptions.unsubscribed = {"phone"}
    assert ear.after(lambda: ear.shop.patch("contacts", contact, phone="2")) == []


def test_a_record_goes_to_the_recycle_bin_and_comes_back(ear: Ear) -> None:
    contact = ear.shop.make("contacts", {"email": "a@example.com"})
    [gone] = ear.after(lambda: ear.ask("DELETE", f"{OBJECTS}/contacts/{contact}"))
    assert part(gone, "subscriptionType", "objectId", "changeFlag") == ("object.deletion", int(contact), "DELETED")
    assert part(gone, "changeSource", "sourceId") == ("INTEGRATION", str(gone["appId"]))
    [back] = ear.after(lambda: ear.page("0-1", contact, "restore"))
    assert part(back, "subscriptionType", "objectId", "changeSource") == ("object.restore", int(contact), "CRM_UI")


@pytest.mark.parametrize(("form", "deletion"), [("classic", "contact.deletion"), ("generic", "object.deletion")])
def test_a_person_who_is_forgotten_is_told_twice(ear: Ear, form: Any, deletion: str) -> None:
    ear.hooks.subscriptions.format = form
    contact = ear.shop.make("contacts", {"email": "a@example.com"})
    events = ear.after(lambda: ear.ask("POST", f"{OBJECTS}/contacts/gdpr-delete", {"objectId": contact}))
    assert [event["subscriptionType"] for event in events] == ["contact.privacyDeletion", deletion]
    assert {event["objectId"] for event in events} == {int(contact)}


@pytest.mark.parametrize("form", ["classic", "generic"])
def test_a_merge_names_all_three_records(ear: Ear, form: Any) -> None:
    ear.hooks.subscriptions = Subscriptions(format=form)
    one, other = (int(ear.shop.make("contacts", {"email": f"{n}@example.com", **more})) for n, more in (("a", {}), ("b", {"phone": "5"})))
    merge = {"primaryObjectId": one, "objectIdToMerge": other}
    [event] = ear.after(lambda: ear.ask("POST", f"{OBJECTS}/contacts/merge", merge))
    new = int(ear.ask("GET", f"{OBJECTS}/contacts/{one}")["id"])
    assert new not in (one, other)
    assert event["subscriptionType"] == ("contact.merge" if form == "classic" else "object.merge")
    assert part(event, "primaryObjectId", "mergedObjectIds", "newObjectId", "objectId") == (one, [other], new, new)
    assert event["numberOfPropertiesMoved"] == 1


def test_a_merge_may_tell_of_its_new_record_and_may_leave_the_object_out(ear: Ear) -> None:
    ear.hooks.subscriptions = Subscriptions(merge_tells_creation=True, merge_names_object=False)
    one, other = (ear.shop.make("companies", {"name": name}) for name in "ab")
    ear.shop.make("contacts", {"email": "a@example.com"}, companies=other)
    events = ear.after(lambda: ear.ask("POST", f"{OBJECTS}/companies/merge", {"primaryObjectId": one, "objectIdToMerge": other}))
    by_name = {event["subscriptionType"]: event for event in events}
    assert by_name["object.creation"]["objectId"] == by_name["object.merge"]["newObjectId"]
    assert "objectId" not in by_name["object.merge"]
    assert {part(e, "propertyName") for e in events if e["subscriptionType"] == "object.propertyChange"} == {("associatedcompanyid",)}


def test_an_association_is_told_once_per_side_and_type(ear: Ear) -> None:
    contact, company = ear.shop.make("contacts", {"email": "a@example.com"}), ear.shop.make("companies", {"name": "Acme"})
    path = f"{OBJECTS}/contacts/{contact}/associations/default/companies/{company}"
    events = [e for e in ear.after(lambda: ear.ask("PUT", path)) if e["subscriptionType"] == "object.associationChange"]
    ends = {"0-1": int(contact), "0-2": int(company)}
    assert {part(e, "fromObjectTypeId", "associationTypeId", "isPrimaryAssociation") for e in events} == {
        ("0-1", 279, False),
        ("0-1", 1, True),
        ("0-2", 280, False),
        ("0-2", 2, True),
    }
    for event in events:
        assert part(event, "fromObjectId", "toObjectId") == (ends[event["fromObjectTypeId"]], ends[event["toObjectTypeId"]])
        assert part(event, "associationCategory", "associationRemoved") == ("HUBSPOT_DEFINED", False)
    assert ear.after(lambda: ear.ask("PUT", path)) == []
    gone = ear.after(lambda: ear.ask("DELETE", f"{OBJECTS}/contacts/{contact}/associations/companies/{company}"))
    assert [e["associationRemoved"] for e in gone if "associationRemoved" in e] == [True] * 4


def test_associations_of_the_classic_format_have_words(ear: Ear) -> None:
    ear.hooks.subscriptions = Subscriptions(format="classic")
    contact, company = ear.shop.make("contacts", {"email": "a@example.com"}), ear.shop.make("companies", {"name": "Acme"})
    events = ear.after(lambda: ear.page("0-1", contact, "company", company=company))
    found = {part(e, "subscriptionType", "associationType") for e in events if "associationType" in e}
    assert found == {("contact.associationChange", "CONTACT_TO_COMPANY"), ("company.associationChange", "COMPANY_TO_CONTACT")}
    assert {part(e, "changeSource", "sourceId") for e in events} == {("CRM_UI", "userId:1")}


def test_a_new_primary_company_takes_the_mark_from_the_old_one(ear: Ear) -> None:
    contact = ear.shop.make("contacts", {"email": "a@example.com"})
    old, new = (ear.shop.make("companies", {"name": name}) for name in ("Old", "New"))
    ear.page("0-1", contact, "company", company=old)
    events = ear.after(lambda: ear.page("0-1", contact, "company", company=new))
    mine = [e for e in events if e.get("fromObjectTypeId") == "0-1"]
    assert {part(e, "toObjectId", "associationTypeId", "associationRemoved") for e in mine} == {
        (int(old), 1, True),
        (int(new), 1, False),
        (int(new), 279, False),
    }


def test_a_payment_is_told_with_what_it_does_to_its_invoice(ear: Ear) -> None:
    invoice = ear.shop.opened(LINE)
    events = ear.after(lambda: ear.shop.payment(invoice, "100"))
    assert [part(e, "objectTypeId", "changeFlag") for e in events if e["subscriptionType"] == "object.creation"] == [("0-101", "CREATED")]
    changed = {e["propertyName"]: e for e in events if e.get("objectTypeId") == "0-53"}
    assert changed["hs_invoice_status"]["propertyValue"] == "paid"
    assert changed["hs_balance_due"]["changeSource"] == "CALCULATED"
    assert {e["objectId"] for e in changed.values()} == {int(invoice)}


def test_a_line_is_told_as_a_line_and_in_the_totals_of_its_invoice(ear: Ear) -> None:
    invoice = ear.shop.draft(LINE)
    [line] = ear.shop.associated("invoices", invoice, "line_items")
    events = ear.after(lambda: ear.shop.patch("line_items", line, quantity=3))
    assert {e["objectId"] for e in events if e["objectTypeId"] == "0-8"} == {int(line)}
    assert {e["propertyName"]: e["propertyValue"] for e in events if e["objectTypeId"] == "0-53"}["hs_amount_billed"] == "150.00"
    names = ear.after(lambda: ear.ask("DELETE", f"{OBJECTS}/invoices/{invoice}"))
    assert {part(e, "objectTypeId", "objectId") for e in names if e["subscriptionType"] == "object.deletion"} == {
        ("0-53", int(invoice)),
        ("0-8", int(line)),
    }


def test_only_accounts_that_connected_the_app_are_told_of(ear: Ear) -> None:
    other = ear.shop.app.add_account(7654321, "Second")
    place = f"{ear.shop.url}/contacts/{other.portal}/objects/0-1/new"
    assert ear.after(lambda: requests.post(place, data={"email": "a@example.com"}, timeout=10)) == []
    grant = {"client": CLIENT_ID, "portal": other.portal, "scopes": ["crm.objects.contacts.read"]}
    issue(ear.shop.app, grant)
    [event] = ear.after(lambda: requests.post(place, data={"email": "b@example.com"}, timeout=10))
    assert event["portalId"] == 7654321
    for key, held in list(ear.shop.app.state.all("hubspot/grants")):
        if held == grant:
            disconnect(ear.shop.app, key)
    assert ear.after(lambda: requests.post(place, data={"email": "c@example.com"}, timeout=10)) == []
