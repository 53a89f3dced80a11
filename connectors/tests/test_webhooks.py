"""Webhooks as they come in: signatures, and what their payloads say to look at. Vectors: HubSpot reference 15.4; shapes: QuickBooks reference 9."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import Unexpected
from connectors.hubspot.webhooks import WEBHOOKS as HUBSPOT
from connectors.hubspot.webhooks import signed_address
from connectors.quickbooks.webhooks import WEBHOOKS as QUICKBOOKS
from connectors.vocabulary import Kind
from connectors.webhooks import Change, Delivery, Webhooks

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://www.example.com/webhook_uri"
VECTORS = (
    ('[{"eventId":1,"subscriptionType":"contact.creation"}]', "1693657560000", "uHBufKt7jo4/iKO74LUCnHErD0rxmNh/+D6lQ5zrrWY="),
    ("{'example_field':'example_value'}", "1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
    ("{'example_field':'example_value'}", "1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ('{"example_field":"example_value"}', "1693657560000", "oaA3M5dEtt6kFsseJD/Hv/x+JNl1vsoxFj4oxmwP6Go="),
)


def hubspot(
    body: str = VECTORS[0][0], sent: str = VECTORS[0][1], signature: str = VECTORS[0][2], *, url: str = URL, method: str = "POST", **headers: str
) -> Delivery:
    given = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": sent, **headers}
    return Delivery(method, url, {name: value for name, value in given.items() if value}, body.encode())


@pytest.mark.parametrize(("body", "sent", "signature"), VECTORS)
def test_the_documented_hubspot_signatures_are_accepted(body: str, sent: str, signature: str) -> None:
    assert HUBSPOT.genuine(hubspot(body, sent, signature), SECRET, int(sent) / 1000)


NOW = 1693657560.0
HEX = hmac.new(SECRET.encode(), b"POST" + URL.encode() + VECTORS[0][0].encode() + VECTORS[0][1].encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(hubspot(signature=VECTORS[1][2]), id="of another body"),
        pytest.param(hubspot(VECTORS[0][0] + " "), id="a byte more"),
        pytest.param(hubspot(signature=""), id="no signature"),
        pytest.param(hubspot(signature=f"{VECTORS[0][2]},{VECTORS[0][2]}"), id="two signatures"),
        pytest.param(hubspot(signature=HEX), id="hex for base64"),
        pytest.param(hubspot(sent=""), id="no time"),
        pytest.param(hubspot(sent="1693657560001"), id="another time"),
        pytest.param(hubspot(sent="soon"), id="no number for a time"),
        pytest.param(hubspot(url="https://www.example.com/other"), id="another path"),
        pytest.param(hubspot(url="https://example.com/webhook_uri"), id="another host"),
        pytest.param(hubspot(url=URL + "?a=1"), id="a query more"),
        pytest.param(hubspot(method="PUT"), id="another method"),
        pytest.param(
            hubspot(signature="", **{"x-hubspot-signature": "542e48bba6f0347f3119f84caf8ffbf2d21d06730a99b5e3fa5f97ffb9486f9c"}), id="version 1 only"
        ),
    ],
)
def test_any_other_hubspot_signature_is_refused(wrong: Delivery) -> None:
    assert not HUBSPOT.genuine(wrong, SECRET, NOW)


@pytest.mark.parametrize("shift", [301, -301])
def test_a_hubspot_signature_is_good_for_five_minutes_only(shift: int) -> None:
    assert not HUBSPOT.genuine(hubspot(), SECRET, NOW + shift)
    assert HUBSPOT.genuine(hubspot(), SECRET, NOW + shift * 0.99)


def test_hubspot_signs_an_address_with_some_escapes_decoded() -> None:
    assert signed_address("https://h/a%3Ab%2f?x=%20%26%40%2C") == "https://h/a:b/?x=%20%26@,"


def test_a_correct_base64_intuit_signature_is_accepted_and_hex_refused() -> None:
    body = b'{"eventNotifications":[]}'
    right = b64encode(hmac.new(b"verifier", body, hashlib.sha256).digest()).decode()
    told = lambda signature, sent=body: QUICKBOOKS.genuine(Delivery("POST", URL, {"intuit-signature": signature}, sent), "verifier", NOW)  # noqa: E731
    assert told(right)
    assert not told(hmac.new(b"verifier", body, hashlib.sha256).hexdigest())
    assert not told(right, body + b" ")
    assert not told("")
    assert not told(f"{right},{right}")
    assert not told(b64encode(hmac.new(b"another", body, hashlib.sha256).digest()).decode())
    assert not QUICKBOOKS.genuine(Delivery("POST", URL, {}, body), "verifier", NOW)


@pytest.mark.parametrize("webhooks", [HUBSPOT, QUICKBOOKS])
def test_two_secrets_are_accepted_while_one_is_exchanged_and_an_empty_one_never(webhooks: Webhooks) -> None:
    signed_with = lambda secret: signed(webhooks, secret)  # noqa: E731
    assert webhooks.signed(signed_with("old"), ["new", "old"], NOW)
    assert webhooks.signed(signed_with("new"), ["new", "old"], NOW)
    assert not webhooks.signed(signed_with("old"), ["new"], NOW)
    assert not webhooks.signed(signed_with(""), ["", "new"], NOW)


def signed(webhooks: Webhooks, secret: str) -> Delivery:
    sent = str(int(NOW * 1000))
    message = b"[]" if webhooks is QUICKBOOKS else b"POST" + URL.encode() + b"[]" + sent.encode()
    value = b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()
    return Delivery("POST", URL, {"intuit-signature": value, "x-hubspot-signature-v3": value, "x-hubspot-request-timestamp": sent}, b"[]")


AT = 1_700_000_000_123


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"eventId": 1, "subscriptionId": 7, "portalId": 62515, "occurredAt": AT, "subscriptionType": kind, "objectId": 12, **more}


def told(webhooks: Webhooks, body: Any) -> list[tuple[str, str, tuple[str, ...], Change]]:
    return [(hint.account, hint.object, hint.ids, hint.change) for hint in webhooks.hints(body)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (event("contact.creation"), [("62515", "contacts", ("12",), Change.CHANGED)]),
        (event("contact.propertyChange", propertyName="email", propertyValue="a@b.c"), [("62515", "contacts", ("12",), Change.CHANGED)]),
        ({**event("contact.creation"), "subscriptionType": None, "eventType": "contact.creation"}, [("62515", "contacts", ("12",), Change.CHANGED)]),
        (event("object.propertyChange", objectTypeId="0-53"), [("62515", "invoices", ("12",), Change.CHANGED)]),
        (event("object.creation", objectTypeId="0-101"), [("62515", "commerce_payments", ("12",), Change.CHANGED)]),
        (event("line_item.propertyChange"), [("62515", "line_items", ("12",), Change.CHANGED)]),
        (event("contact.deletion"), [("62515", "contacts", ("12",), Change.GONE)]),
        (event("contact.restore"), [("62515", "contacts", ("12",), Change.RESTORED)]),
        (event("contact.privacyDeletion"), [("62515", "contacts", ("12",), Change.ERASED)]),
        (
            event("contact.merge", primaryObjectId=12, mergedObjectIds=[13, 14], newObjectId=99),
            [("62515", "contacts", ("12", "99", "13", "14"), Change.MERGED)],
        ),
        (
            event("contact.associationChange", objectId=None, fromObjectId=12, toObjectId=20, associationType="CONTACT_TO_COMPANY"),
            [("62515", "contacts", ("12",), Change.CHANGED), ("62515", "companies", ("20",), Change.CHANGED)],
        ),
        (
            event("object.associationChange", objectId=None, fromObjectId=5, toObjectId=6, fromObjectTypeId="0-8", toObjectTypeId="0-53"),
            [("62515", "line_items", ("5",), Change.CHANGED), ("62515", "invoices", ("6",), Change.CHANGED)],
        ),
        (event("ticket.creation"), []),
        (event("object.creation", objectTypeId="0-5"), []),
        (event("contact.somethingNew"), []),
    ],
)
def test_hubspot_events_of_classic_and_generic_subscriptions_become_hints(given: Any, expected: Any) -> None:
    assert told(HUBSPOT, [given]) == expected


def test_a_hubspot_event_is_named_by_account_subscription_number_and_time() -> None:
    more: list[dict[str, Any]] = [{"attemptNumber": 0}, {"attemptNumber": 3}, {"occurredAt": AT + 1}, {"portalId": 1}]
    [same, again, later, elsewhere] = HUBSPOT.hints([event("contact.creation", **one) for one in more])
    assert same.key == again.key
    assert len({same.key, later.key, elsewhere.key}) == 3
    assert same.at == datetime(2023, 11, 14, 22, 13, 20, 123000, UTC)


def classic(name: str = "Customer", operation: str = "Update", **more: Any) -> dict[str, Any]:
    entity = {"name": name, "id": "1", "operation": operation, "lastUpdated": "2015-10-05T14:42:19-0700", **more}
    return {"eventNotifications": [{"realmId": "1185883450", "dataChangeEvent": {"entities": [entity]}}]}


def cloud(kind: str = "qbo.customer.updated.v1", **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "88cd52aa",
        "source": "intuit.x",
        "type": kind,
        "time": "2025-09-10T21:31:25.179550196Z",
        "intuitentityid": "1",
        "intuitaccountid": "1185883450",
        **more,
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (classic(), [("1185883450", "Customer", ("1",), Change.CHANGED)]),
        (classic(operation="Delete", name="Invoice"), [("1185883450", "Invoice", ("1",), Change.GONE)]),
        (classic(operation="Void", name="Payment"), [("1185883450", "Payment", ("1",), Change.CHANGED)]),
        (classic(operation="Merge", deletedId="19"), [("1185883450", "Customer", ("1", "19"), Change.MERGED)]),
        (classic(name="Vendor"), []),
        ([cloud()], [("1185883450", "Customer", ("1",), Change.CHANGED)]),
        (
            [cloud(), {**cloud("qbo.item.created.v1"), "intuitaccountid": "77"}],
            [("1185883450", "Customer", ("1",), Change.CHANGED), ("77", "Item", ("1",), Change.CHANGED)],
        ),
        ([cloud("qbo.invoice.deleted.v1", data={})], [("1185883450", "Invoice", ("1",), Change.GONE)]),
        ([cloud("qbo.customer.merged.v1", data={"deletedid": "19"})], [("1185883450", "Customer", ("1", "19"), Change.MERGED)]),
        ([cloud("qbo.vendor.updated.v1")], []),
    ],
)
def test_quickbooks_events_of_both_payloads_become_hints(given: Any, expected: Any) -> None:
    assert told(QUICKBOOKS, given) == expected


def test_quickbooks_times_are_read_to_the_second_whatever_digits_follow() -> None:
    assert [hint.at for hint in QUICKBOOKS.hints([cloud()])] == [datetime(2025, 9, 10, 21, 31, 25, tzinfo=UTC)]
    assert [hint.at for hint in QUICKBOOKS.hints(classic())] == [datetime(2015, 10, 5, 21, 42, 19, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("webhooks", "body"),
    [
        (HUBSPOT, None),
        (HUBSPOT, {}),
        (HUBSPOT, ["contact"]),
        (HUBSPOT, [event("contact.creation", objectId="1 or 1=1")]),
        (HUBSPOT, [event("contact.creation", occurredAt="yesterday")]),
        (QUICKBOOKS, None),
        (QUICKBOOKS, {}),
        (QUICKBOOKS, [{"type": "qbo"}]),
        (QUICKBOOKS, [cloud(intuitentityid="../1")]),
        (QUICKBOOKS, classic(id="'")),
        (QUICKBOOKS, {"eventNotifications": [{}]}),
    ],
)
def test_what_has_no_documented_shape_is_refused_as_a_whole(webhooks: Webhooks, body: Any) -> None:
    with pytest.raises(Unexpected):
        webhooks.hints(body)


def test_a_payment_concerns_the_invoices_it_pays_and_a_line_the_invoice_it_stands_on() -> None:
    assert QUICKBOOKS.concerns("Payment", Kind.INVOICE)
    assert QUICKBOOKS.concerns("Payment", Kind.PAYMENT)
    assert not QUICKBOOKS.concerns("Payment", Kind.CONTACT)
    assert HUBSPOT.concerns("line_items", Kind.INVOICE)
    assert not HUBSPOT.concerns("line_items", Kind.PRODUCT)
