"""Mirrors of invoices made and changed by the HubSpot connector against the simulation, over HTTP: the order of steps, amounts, lost answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Failed, Line, Lines, Operation, Outcome, Record, Stored, Unknown, Value, Write
from connectors.errors import NotFound, Rejected, Stale
from connectors.hubspot import HubSpotConnector, invoicing
from connectors.hubspot.objects import KEY_PROPERTY
from connectors.sandbox.hubspot.records import PERSON
from connectors.sandbox.server import Closed, Reply, Request
from connectors.sandbox.state import Document
from connectors.tests.hubspot_shop import LINE, Shop, open_shop
from connectors.vocabulary import Category, Kind

INVOICE = Kind.INVOICE
FIELDS = (
    "hs_number",
    "contact",
    "lines",
    "hs_invoice_date",
    "hs_due_date",
    "hs_currency",
    "hs_invoice_status",
    "voided",
    "hs_comments",
    "hs_recipient_shipping_city",
    "deals",
    "deal.tandem_invoice_total",
    "tandem_quickbooks_balance",
    KEY_PROPERTY,
)
PARTS = ("line_items", "taxes", "discounts")
RESENT = re.compile(r"/crm/associations/|/(read|archive)$")
"""How the paths end of requests that are sent again when their answer is lost."""


@pytest.fixture
def connector(shop: Shop) -> HubSpotConnector:
    made = shop.connector()
    made.setup(INVOICE)
    return made


@pytest.fixture
def contact(shop: Shop) -> str:
    return shop.make("contacts", {"email": "buyer@example.com", "city": "Golden"})


def dec(text: str) -> Decimal:
    return Decimal(text)


def line(amount: str, quantity: str = "1", price: str = "", text: str = "Work", product: str = "") -> Line:
    return Line(text, dec(quantity), dec(price or amount), dec(amount), product)


def lines(*amounts: Line | str, tax: str = "0", discount: str = "0") -> Lines:
    found = tuple(a if isinstance(a, Line) else line(a, text=f"Work {n}") for n, a in enumerate(amounts, 1))
    net = sum((one.amount for one in found), Decimal(0))
    return Lines(found, net - dec(discount) + dec(tax), dec(discount), dec(tax))


def create(contact: str, wanted: Lines, number: int = 1, call: str = "call", **fields: Value) -> Write:
    values = {KEY_PROPERTY: f"1:{number}", "contact": contact, "lines": wanted, "hs_currency": "USD", "hs_number": f"{1000 + number}", **fields}
    return Write(call, str(number), Operation.CREATE, values)


def update(record: str, expected: dict[str, Value] | None = None, number: int = 1, **fields: Value) -> Write:
    return Write("update", str(number), Operation.UPDATE, fields, id=record, expected=expected or {})


def outcomes(connector: HubSpotConnector, writes: Iterable[Write], fields: tuple[str, ...] = FIELDS) -> dict[str, Outcome]:
    asked = list(writes)
    found = list(connector.write(INVOICE, asked, fields))
    assert sorted(o.name for o in found) == sorted(w.name for w in asked)
    return {outcome.name[1]: outcome for outcome in found}


def stored(outcome: Outcome) -> Record:
    assert isinstance(outcome, Stored), outcome
    return outcome.record


def made(connector: HubSpotConnector, write: Write) -> Record:
    return stored(outcomes(connector, [write])[write.key])


def said(lines: Value) -> Lines:
    """Lines without their ids and what HubSpot adds of the product."""
    assert isinstance(lines, Lines)
    return replace(lines, lines=tuple(replace(one, id="", name="", sku="") for one in lines.lines))


def documents(shop: Shop, kind: str) -> list[Document]:
    return [d for d in shop.account.tables[kind].documents.values() if d["archived"] is None]


def watch(shop: Shop, wanted: dict[str, Lines], more: Callable[[str, Request], None] | None = None) -> list[str]:
    """After every request, look at each mirror: one that is no draft has every line and its amount. What is wrong is listed."""
    wrong: list[str] = []

    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if more:
            more(when, request)
        for document in documents(shop, "invoices") if when == "after" else ():
            held = document["properties"]
            goal = wanted[held[KEY_PROPERTY]]
            if held["hs_invoice_status"] != "draft":
                parts = {kind: shop.account.associated("invoices", document["id"], kind) for kind in PARTS}
                whole = (len(parts["line_items"]), bool(parts["taxes"]), bool(parts["discounts"]))
                if whole != (len(goal.lines), bool(goal.tax), bool(goal.discount)) or dec(held["hs_amount_billed"]) != goal.total:
                    wrong.append(f"{request.path} {held['hs_number']}")
        return None

    shop.app.hook = hook
    return wrong


# Creating


def test_a_mirror_is_a_record_only_with_everything_it_was_made_of(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    company = shop.make("companies", {"name": "Buyer & Co"})
    shop.account.associate("contacts", contact, "companies", company)
    product = shop.make("products", {"name": "Mulch", "hs_sku": "M-1", "price": "38.50", "description": "Cedar"})
    wanted = lines(
        line("96.25", "2.5", "38.50", "Mulch, the fine one\nby the cart", product), line("-10", "1", "-10", "Taken back"), tax="5", discount="1"
    )
    days: dict[str, Value] = {"hs_invoice_date": date(2026, 11, 1), "hs_due_date": date(2026, 12, 1)}
    wrong = watch(shop, {"1:1": wanted})
    record = made(connector, create(contact, wanted, hs_recipient_shipping_city="Boulder", hs_comments="Thanks", **days))
    assert wrong == []
    shown = record.fields["lines"]
    assert isinstance(shown, Lines)
    assert [(one.text, one.quantity, one.price, one.amount) for one in shown.lines] == [
        ("Mulch, the fine one\nby the cart", dec("2.5"), dec("38.5"), dec("96.25")),
        ("Taken back", -1, 10, -10),
    ]
    assert (shown.lines[0].product, shown.lines[0].sku, shown.total, shown.tax, shown.discount) == (product, "M-1", dec("90.25"), 5, 1)
    assert {key: value for key, value in record.fields.items() if key != "lines"} == {
        "hs_number": "1001",
        "contact": contact,
        **days,
        "hs_currency": "USD",
        "hs_invoice_status": "open",
        "voided": False,
        "hs_comments": "Thanks",
        "hs_recipient_shipping_city": "Boulder",
        "deals": None,
        "tandem_quickbooks_balance": None,
        KEY_PROPERTY: "1:1",
    }
    held = shop.held_by("invoices", record.id)
    assert (held["hs_invoice_billable"], held["hs_amount_billed"], held["hs_invoice_status"]) == ("false", "90.25", "open")
    assert shop.associated("invoices", record.id, "companies") == [company]
    [read] = connector.read(INVOICE, [record.id], FIELDS)
    assert read == record
    [item] = [shop.held_by("line_items", i) for i in shop.associated("invoices", record.id, "line_items")][:1]
    assert (item["hs_line_item_currency_code"], item["hs_position_on_quote"]) == ("USD", "1")


def test_steps_go_from_the_draft_to_the_end_in_order(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    connector.zone()
    writes = [create(contact, lines("100", tax="7", discount="3"))]
    assert shop.sent(lambda: outcomes(connector, writes)) == [
        "POST invoices/batch/upsert",
        "POST line_items/batch/create",
        "POST discounts/batch/create",
        "POST taxes/batch/create",
        "POST contacts/batch/read",
        "POST invoices/contacts/batch/create",
        "POST invoices/line_items/batch/read",
        "POST invoices/batch/update",
        "POST invoices/batch/read",
    ]


def test_many_mirrors_take_full_batches(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    connector.zone()
    writes = [create(contact, lines("1", "2", "3"), n, f"call{n // 100}") for n in range(250)]
    wrong = watch(shop, {f"1:{n}": lines("1", "2", "3") for n in range(250)})
    calls = shop.sent(lambda: outcomes(connector, writes))
    assert wrong == []
    assert Counter(call.removeprefix("POST ") for call in calls) == {
        "invoices/batch/upsert": 3,
        "line_items/batch/create": 8,
        "contacts/batch/read": 1,
        "invoices/contacts/batch/create": 1,
        "invoices/line_items/batch/read": 1,
        "invoices/batch/update": 3,
        "invoices/batch/read": 3,
    }
    assert len(documents(shop, "invoices")) == 250
    assert len(documents(shop, "line_items")) == 750
    assert {d["properties"]["hs_invoice_status"] for d in documents(shop, "invoices")} == {"open"}


@pytest.mark.parametrize("status", ["draft", "open", "paid", "voided"])
def test_a_mirror_ends_with_the_status_it_is_given(shop: Shop, connector: HubSpotConnector, contact: str, status: str) -> None:
    record = made(connector, create(contact, lines("10"), hs_invoice_status=status))
    assert (record.fields["hs_invoice_status"], record.fields["voided"]) == (status, status == "voided")
    assert shop.held_by("invoices", record.id)["hs_amount_billed"] == "10"


def test_half_cents_come_to_what_hubspot_makes_of_them(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    wanted = lines(line("1.01", "3", "0.335"), line("0.34", "1", "0.335"), line("33.33", "3", "11.1111"))
    assert said(made(connector, create(contact, wanted)).fields["lines"]) == wanted


def test_a_line_that_hubspot_calculates_otherwise_leaves_a_draft_and_says_so(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    good, bad = lines("5"), lines(line("10"), line("1.00", "3", "0.335", "Screws"))
    done = outcomes(connector, [create(contact, good, 1), create(contact, bad, 2)])
    stored(done["1"])
    failed = done["2"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Rejected)
    assert (failed.error.category, failed.error.field) == (Category.AMOUNT_MISMATCH, "lines")
    assert failed.error.words == "Line 2 (Screws) comes to 1.01 in HubSpot and should come to 1.00."
    assert sorted(d["properties"]["hs_invoice_status"] for d in documents(shop, "invoices")) == ["draft", "open"]


def test_a_draft_that_failed_is_taken_up_again_when_its_lines_are_right(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    assert isinstance(outcomes(connector, [create(contact, lines(line("1.00", "3", "0.335")))])["1"], Failed)
    wanted = lines(line("1.01", "3", "0.335"), "4")
    record = made(connector, create(contact, wanted))
    assert said(record.fields["lines"]) == wanted
    assert record.fields["hs_invoice_status"] == "open"
    assert len(documents(shop, "invoices")) == 1
    assert len(documents(shop, "line_items")) == 2


def test_an_amount_that_does_not_stay_makes_a_draft_again(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "after" and reply and request.path.endswith("invoices/batch/update"):
            for raw in reply.body["results"]:
                raw["properties"]["hs_amount_billed"] = "0"
        return None

    shop.app.hook = hook
    failed = outcomes(connector, [create(contact, lines("12"))])["1"]
    assert isinstance(failed, Failed)
    assert failed.error.category is Category.AMOUNT_MISMATCH
    assert documents(shop, "invoices")[0]["properties"]["hs_invoice_status"] == "draft"


def test_amounts_that_an_answer_does_not_tell_are_read(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "after" and reply and request.path.endswith("line_items/batch/create"):
            for raw in reply.body["results"]:
                del raw["properties"]["amount"]
        return None

    shop.app.hook = hook
    done = outcomes(connector, [create(contact, lines("5"), 1), create(contact, lines(line("1.00", "3", "0.335")), 2)])
    assert said(stored(done["1"]).fields["lines"]) == lines("5")
    failed = done["2"]
    assert isinstance(failed, Failed)
    assert failed.error.category is Category.AMOUNT_MISMATCH


def test_a_line_that_somebody_else_added_keeps_the_mirror_a_draft(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "after" and request.path.endswith("line_items/batch/create"):
            table = shop.account.tables["line_items"]
            added = table.insert({"name": "Typed", "quantity": "1", "price": "1", "amount": "1.00"}, PERSON)["id"]
            shop.account.associate("line_items", added, "invoices", documents(shop, "invoices")[0]["id"], source=PERSON)
        return None

    shop.app.hook = hook
    failed = outcomes(connector, [create(contact, lines("5"))])["1"]
    assert isinstance(failed, Failed)
    assert (failed.error.category, failed.error.words) == (Category.AMOUNT_MISMATCH, "HubSpot shows 2 lines of 1.")
    assert documents(shop, "invoices")[0]["properties"]["hs_invoice_status"] == "draft"
    shop.app.hook = None
    assert said(made(connector, create(contact, lines("5"))).fields["lines"]) == lines("5")


@pytest.mark.parametrize(
    ("change", "category", "field"),
    [
        ({"contact": None}, Category.REQUIRED_VALUE_MISSING, "contact"),
        ({"lines": None}, Category.REQUIRED_VALUE_MISSING, "lines"),
        ({KEY_PROPERTY: None}, Category.REQUIRED_VALUE_MISSING, KEY_PROPERTY),
        ({"hs_currency": None}, Category.REQUIRED_VALUE_MISSING, "hs_currency"),
        ({"hs_currency": "XXX"}, Category.CURRENCY_MISMATCH, "hs_currency"),
        ({"contact": "9"}, Category.CUSTOMER_MISSING, "contact"),
        ({"lines": Lines((line("5"),), Decimal(6))}, Category.AMOUNT_MISMATCH, "lines"),
        ({"lines": lines(line("5", product="9"))}, Category.VALUE_INVALID, "hs_product_id"),
        ({"deals": ("9",)}, Category.VALUE_INVALID, "deals"),
    ],
)
def test_what_cannot_be_made_is_refused_alone(
    shop: Shop, connector: HubSpotConnector, contact: str, change: dict[str, Value], category: Category, field: str
) -> None:
    bad = create(contact, lines("5"), 2)
    done = outcomes(connector, [create(contact, lines("5"), 1), replace(bad, fields={**bad.fields, **change}), create(contact, lines("5"), 3)])
    stored(done["1"])
    stored(done["3"])
    failed = done["2"]
    assert isinstance(failed, Failed)
    assert (failed.error.category, failed.error.field) == (category, field)
    assert sorted(d["properties"]["hs_invoice_status"] for d in documents(shop, "invoices"))[-2:] == ["open", "open"]


def test_the_company_is_the_contacts_primary_one_and_set_only_at_birth(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    other, primary = (shop.make("companies", {"name": name}) for name in ("Other", "Primary"))
    shop.account.associate("contacts", contact, "companies", other)
    shop.account.associate("contacts", contact, "companies", primary, (1,))
    write = create(contact, lines("5"))
    record = made(connector, write)
    assert shop.associated("invoices", record.id, "companies") == [primary]
    shop.account.dissociate("invoices", record.id, "companies", primary)
    shop.account.associate("invoices", record.id, "companies", other)
    made(connector, replace(write, fields={**write.fields, "lines": lines("6")}))
    assert shop.associated("invoices", record.id, "companies") == [other]


def test_a_company_chosen_before_the_contact_was_there_stays(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    primary, other = (shop.make("companies", {"name": name}) for name in ("Primary", "Other"))
    shop.account.associate("contacts", contact, "companies", primary)
    watch(shop, {"1:1": lines("5")}, lambda when, request: _close(when == "before" and request.path.endswith("contacts/batch/create")))
    write = create(contact, lines("5"))
    assert isinstance(outcomes(connector, [write])["1"], Unknown)
    shop.app.hook = None
    [invoice] = [d["id"] for d in documents(shop, "invoices")]
    shop.account.dissociate("invoices", invoice, "companies", primary)
    shop.account.associate("invoices", invoice, "companies", other)
    [settled] = shop.connector().settle(INVOICE, [write], FIELDS)
    assert stored(settled).fields["contact"] == contact
    assert shop.associated("invoices", invoice, "companies") == [other]


def test_a_finished_mirror_that_is_made_again_is_left_alone(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    write = create(contact, lines("5", "6", tax="1", discount="2"), tandem_quickbooks_balance=dec("10.00"), hs_due_date=date(2026, 12, 1))
    record = made(connector, write)
    sent = shop.sent(lambda: outcomes(connector, [write]))
    assert [call for call in sent if not call.endswith("batch/read")] == ["POST invoices/batch/upsert"]
    assert made(connector, write).fields == record.fields


def test_what_an_earlier_time_left_is_brought_to_what_is_wanted(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    before, wanted = lines("5", "6", "7", tax="1"), lines("6", line("9", "3", "3"), discount="2")
    record = made(connector, create(contact, before))
    kept = shop.associated("invoices", record.id, "line_items")[1]
    wrong = watch(shop, {"1:1": wanted})
    shop.app.hook, check = None, shop.app.hook
    assert wrong == []
    assert check is not None
    again = made(connector, create(contact, wanted))
    assert said(again.fields["lines"]) == wanted
    assert kept in shop.associated("invoices", again.id, "line_items")
    assert (len(documents(shop, "line_items")), len(documents(shop, "taxes")), len(documents(shop, "discounts"))) == (2, 0, 1)


def test_more_mirrors_than_go_on_together_are_made_in_parts_of_whole_requests(
    shop: Shop, connector: HubSpotConnector, contact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoicing, "TOGETHER", 250)
    writes = [create(contact, lines("1"), n, f"call{n // 100}") for n in range(250)]
    calls = Counter(shop.sent(lambda: outcomes(connector, writes)))
    assert (calls["POST invoices/batch/upsert"], calls["POST invoices/line_items/batch/read"]) == (3, 1)
    writes = [create(contact, lines("1"), n, f"call{n // 100}") for n in range(300, 580)]
    calls = Counter(shop.sent(lambda: outcomes(connector, writes)))
    assert (calls["POST invoices/batch/upsert"], calls["POST invoices/line_items/batch/read"]) == (3, 2)
    assert len(documents(shop, "line_items")) == len(documents(shop, "invoices")) == 530


def test_many_mirrors_whose_last_step_was_lost_are_settled_together(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    def lose(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        if when == "before" and request.path.endswith("invoices/batch/update"):
            raise Closed
        return None

    shop.app.hook = lose
    writes = [create(contact, lines("1", "2", tax="1"), n, f"call{n // 100}") for n in range(250)]
    assert {type(outcome) for outcome in outcomes(connector, writes).values()} == {Unknown}
    shop.app.hook = None
    assert {type(outcome) for outcome in shop.connector().settle(INVOICE, writes, FIELDS)} == {Stored}
    assert {d["properties"]["hs_invoice_status"] for d in documents(shop, "invoices")} == {"open"}
    assert (len(documents(shop, "invoices")), len(documents(shop, "line_items")), len(documents(shop, "taxes"))) == (250, 500, 250)


def test_a_pass_after_our_own_mirrors_asks_nothing_about_them_until_a_person_changes_one(
    shop: Shop, connector: HubSpotConnector, contact: str
) -> None:
    """Their lines have modified times of their own."""
    [page] = connector.changes(INVOICE, None, FIELDS)
    writes = [create(contact, lines("1", "2", tax="3", discount="1"), n, f"call{n // 100}") for n in range(120)]
    records = [stored(outcome) for outcome in outcomes(connector, writes).values()]
    cursor = connector.noted(INVOICE, page.cursor, records)
    types = ("invoices", "deals", "line_items", "taxes", "discounts", "fees")
    assert sorted(shop.sent(lambda: list(connector.changes(INVOICE, cursor, FIELDS)))) == sorted(f"POST {type}/search" for type in types)
    [item] = shop.associated("invoices", records[0].id, "line_items")[:1]
    table = shop.account.tables["line_items"]
    shop.now += 60
    with shop.app.lock:
        table.change(table.documents[int(item)], {"description": "Typed"}, PERSON)
    shown = [record.id for found in connector.changes(INVOICE, cursor, FIELDS) for record in found.records]
    assert shown == [records[0].id]


# Lost answers


def story(place: Shop) -> tuple[HubSpotConnector, list[Write], dict[str, Lines]]:
    """Three mirrors with all there is, not yet made."""
    connector = place.connector()
    connector.setup(INVOICE)
    connector.zone()
    contact = place.make("contacts", {"email": "buyer@example.com"})
    place.account.associate("contacts", contact, "companies", place.make("companies", {"name": "Buyer & Co"}))
    wanted = {f"1:{n}": lines("5", "5", line("8.02", "4", "2.005"), tax="1.50" if n else "0", discount="2" if n == 1 else "0") for n in range(3)}
    return connector, [create(contact, wanted[f"1:{n}"], n) for n in range(3)], wanted


def cut(at: int, moment: str, seen: list[int]) -> Callable[[str, Request], None]:
    """Close the connection at the request of this number and at every re-send of it, before or after it took effect."""
    lost: list[bytes] = []

    def look(when: str, request: Request) -> None:
        if when == "before":
            seen.append(1)
            if len(seen) == at:
                lost.append(request.body)
        if when == moment and lost and request.body == lost[0] and (len(seen) == at or RESENT.search(request.path)):
            raise Closed

    return look


def assert_whole(place: Shop, wanted: dict[str, Lines], records: Iterable[Record]) -> None:
    """Exactly one finished invoice of each key, and no part twice."""
    held = documents(place, "invoices")
    assert sorted(d["properties"][KEY_PROPERTY] for d in held) == sorted(wanted)
    assert {d["properties"]["hs_invoice_status"] for d in held} == {"open"}
    assert len(documents(place, "line_items")) == sum(len(w.lines) for w in wanted.values())
    assert len(documents(place, "taxes")) == sum(bool(w.tax) for w in wanted.values())
    assert len(documents(place, "discounts")) == sum(bool(w.discount) for w in wanted.values())
    assert {r.fields[KEY_PROPERTY]: said(r.fields["lines"]) for r in records} == wanted
    for document in held:
        assert len(place.account.associated("invoices", document["id"], "contacts")) == 1
        assert len(place.account.associated("invoices", document["id"], "companies")) == 1


def test_any_request_of_a_create_may_be_lost_and_is_settled_to_one_whole_invoice() -> None:
    with open_shop() as place:
        connector, writes, _ = story(place)
        requests = len(place.sent(lambda: outcomes(connector, writes)))
    assert requests == 10
    for at in range(1, requests + 1):
        for moment in ("before", "after"):
            with open_shop() as place:
                connector, writes, wanted = story(place)
                wrong = watch(place, wanted, cut(at, moment, []))
                first = outcomes(connector, writes)
                kinds = {type(outcome) for outcome in first.values()}
                assert kinds <= {Stored, Unknown}, (at, moment)
                assert at == requests or Unknown in kinds, (at, moment)
                watched = watch(place, wanted)
                unknown = [write for write in writes if isinstance(first[write.key], Unknown)]
                settled = {o.name[1]: o for o in connector.settle(INVOICE, unknown, FIELDS)}
                assert wrong == watched == []
                final = {**first, **settled}
                assert_whole(place, wanted, [r for r in map(stored, final.values()) if "lines" in r.fields])


def test_settling_that_is_cut_as_well_may_be_settled_again() -> None:
    for at in (2, 4, 7, 9, 12):
        with open_shop() as place:
            connector, writes, wanted = story(place)
            watch(place, wanted, cut(2, "after", []))
            assert {type(o) for o in outcomes(connector, writes).values()} == {Unknown}
            watch(place, wanted, cut(at, "after", []))
            found = list(connector.settle(INVOICE, writes, FIELDS))
            assert {type(o) for o in found} <= {Stored, Unknown}
            watch(place, wanted)
            assert_whole(place, wanted, [stored(o) for o in connector.settle(INVOICE, writes, FIELDS)])


@pytest.mark.parametrize(("path", "status", "kind"), [("upsert", 429, Failed), ("line_items/batch/create", 429, Unknown), ("update", 503, Unknown)])
def test_what_stops_the_account_is_a_failure_only_before_the_first_step(
    shop: Shop, connector: HubSpotConnector, contact: str, path: str, status: int, kind: type[Outcome]
) -> None:
    def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        return Reply(status, {"policyName": "DAILY", "message": "no"}) if when == "before" and path in request.path else None

    shop.app.hook = hook
    write = create(contact, lines("5"))
    assert isinstance(outcomes(connector, [write])["1"], kind)
    assert [type(o) for o in shop.connector().settle(INVOICE, [write], FIELDS)] == [Unknown]
    shop.app.hook = None
    [settled] = shop.connector().settle(INVOICE, [write], FIELDS)
    assert stored(settled).fields["hs_invoice_status"] == "open"
    assert len(documents(shop, "invoices")) == len(documents(shop, "line_items")) == 1


# Updating


def test_a_header_is_updated_where_it_stands_as_expected(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5"), hs_due_date=date(2026, 12, 1)))
    change = update(record.id, {"hs_due_date": date(2026, 12, 1)}, hs_due_date=date(2026, 12, 24), tandem_quickbooks_balance=dec("5"))
    shown = stored(outcomes(connector, [change])["1"])
    assert (shown.fields["hs_due_date"], shown.fields["tandem_quickbooks_balance"]) == (date(2026, 12, 24), 5)
    assert "lines" not in shown.fields, "what was not looked at is unknown"
    failed = outcomes(connector, [change])["1"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Stale)
    [settled] = connector.settle(INVOICE, [change], FIELDS)
    assert isinstance(settled, Stored)


def test_voided_is_a_status(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    mirror = made(connector, create(contact, lines("5"))).id
    billed = shop.opened()
    for record in (mirror, billed):
        shown = stored(outcomes(connector, [update(record, {"voided": False}, voided=True)])["1"])
        assert (shown.fields["voided"], shown.fields["hs_invoice_status"]) == (True, "voided")
    shop.app.switches.voided_by_patch = False
    refused = outcomes(connector, [update(shop.opened(), {"voided": False}, voided=True)])["1"]
    assert isinstance(refused, Failed)
    assert refused.error.category is Category.VALUE_INVALID
    assert refused.error.words == "A billable invoice cannot go from open to voided this way"


def test_the_contact_of_an_invoice_stays(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5")))
    failed = outcomes(connector, [update(record.id, contact="9")])["1"]
    assert isinstance(failed, Failed)
    assert (failed.error.category, failed.error.field, failed.error.words) == (Category.VALUE_INVALID, "contact", "Contact cannot be set.")


@pytest.mark.parametrize("status", ["open", "paid", "draft"])
def test_lines_change_while_the_mirror_is_a_draft_and_it_gets_its_status_back(
    shop: Shop, connector: HubSpotConnector, contact: str, status: str
) -> None:
    before, after = lines("5", "6", "7", tax="1"), lines("5", line("8", "2", "4"), discount="2")
    record = made(connector, create(contact, before, hs_invoice_status=status))
    amounts: list[tuple[str, str, int]] = []

    def look(when: str, request: Request) -> None:
        [document] = documents(shop, "invoices")
        held = document["properties"]
        amounts.append((held["hs_invoice_status"], held["hs_amount_billed"], len(documents(shop, "line_items"))))

    watch(shop, {"1:1": after}, look)
    shown = stored(outcomes(connector, [update(record.id, {"lines": record.fields["lines"]}, lines=after, hs_comments="New")])["1"])
    assert said(shown.fields["lines"]) == after
    assert (shown.fields["hs_invoice_status"], shown.fields["hs_comments"]) == (status, "New")
    seen = {entry for entry in amounts if entry[0] != "draft"}
    assert status == "draft" or seen <= {(status, "19", 3), (status, "11", 2)}, "as before or as wanted"
    assert len(documents(shop, "line_items")) == 2


def test_lines_and_status_may_change_together(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5"), hs_invoice_status="paid"))
    shown = stored(outcomes(connector, [update(record.id, lines=lines("9"), hs_invoice_status="open")])["1"])
    assert (shown.fields["hs_invoice_status"], shop.held_by("invoices", record.id)["hs_amount_billed"]) == ("open", "9")
    shown = stored(outcomes(connector, [update(record.id, lines=lines("0"), voided=True)])["1"])
    assert (shown.fields["voided"], shop.held_by("invoices", record.id)["hs_amount_billed"]) == (True, "0")


def test_lines_that_moved_on_are_not_replaced(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5")))
    [item] = shop.associated("invoices", record.id, "line_items")
    shop.edit(item, "line_items", name="Typed")
    failed = outcomes(connector, [update(record.id, {"lines": record.fields["lines"]}, lines=lines("6"))])["1"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Stale)
    assert shop.held_by("invoices", record.id)["hs_invoice_status"] == "open"


def test_a_fee_on_a_mirror_is_seen_and_left(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5")))
    shop.make("fees", {"hs_type": "FIXED", "hs_value": "3", "hs_label": "x"}, invoices=record.id)
    [seen] = connector.read(INVOICE, [record.id], FIELDS)
    assert isinstance(seen.fields["lines"], Lines)
    assert seen.fields["lines"].adjustments == ("fee",)
    shown = stored(outcomes(connector, [update(record.id, {"lines": seen.fields["lines"]}, lines=lines("6"))])["1"])
    assert isinstance(shown.fields["lines"], Lines)
    assert (shown.fields["lines"].total, shown.fields["lines"].adjustments) == (6, ("fee",))


def test_lines_of_an_invoice_that_hubspot_bills_are_hubspots(shop: Shop, connector: HubSpotConnector) -> None:
    failed = outcomes(connector, [update(shop.opened(), lines=lines("6"))])["1"]
    assert isinstance(failed, Failed)
    assert failed.error.category is Category.VALUE_INVALID
    gone = outcomes(connector, [update("9", lines=lines("6"))])["1"]
    assert isinstance(gone, Failed)
    assert isinstance(gone.error, NotFound)


def test_an_update_that_failed_in_the_middle_gets_back_the_status_before_it(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5"), hs_invoice_status="paid"))
    failed = outcomes(connector, [update(record.id, lines=lines(line("1.00", "3", "0.335")))])["1"]
    assert isinstance(failed, Failed)
    assert failed.error.category is Category.AMOUNT_MISMATCH
    assert shop.held_by("invoices", record.id)["hs_invoice_status"] == "draft"
    shown = stored(outcomes(connector, [update(record.id, lines=lines(line("1.01", "3", "0.335")))])["1"])
    assert shown.fields["hs_invoice_status"] == "paid"


def test_a_draft_that_was_left_in_the_middle_is_not_opened_by_its_status_alone(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    outcomes(connector, [create(contact, lines(line("1.00", "3", "0.335")))])
    whole = made(connector, create(contact, lines("5"), 2, hs_invoice_status="draft")).id
    [left] = [d["id"] for d in documents(shop, "invoices") if d["id"] != whole]
    failed = outcomes(connector, [update(left, hs_invoice_status="open")])["1"]
    assert isinstance(failed, Failed)
    assert failed.error.category is Category.AMOUNT_MISMATCH
    assert shop.held_by("invoices", left)["hs_invoice_status"] == "draft"
    assert stored(outcomes(connector, [update(whole, hs_invoice_status="open")])["1"]).fields["hs_invoice_status"] == "open"


def rewriting(place: Shop) -> tuple[HubSpotConnector, list[Write], dict[str, Lines], dict[str, str]]:
    connector, writes, wanted = story(place)
    statuses = {"0": "open", "1": "paid", "2": "open"}
    made = {
        o.name[1]: stored(o)
        for o in connector.write(INVOICE, [replace(w, fields={**w.fields, "hs_invoice_status": statuses[w.key]}) for w in writes], FIELDS)
    }
    after = {key: lines("5", line("9.30", "3", "3.10"), tax="1.50" if key != "1:1" else "0", discount="1" if key == "1:2" else "0") for key in wanted}
    changes = [
        update(made[key].id, {"lines": made[key].fields["lines"], "hs_comments": None}, int(key), lines=after[f"1:{key}"], hs_comments="New")
        for key in made
    ]
    return connector, changes, after, {made[key].id: status for key, status in statuses.items()}


def test_any_request_of_an_update_may_be_lost_and_is_settled_to_what_is_wanted() -> None:
    with open_shop() as place:
        connector, changes, _, _ = rewriting(place)
        requests = len(place.sent(lambda: outcomes(connector, changes)))
    assert requests < 35
    for at in range(1, requests + 1):
        for moment in ("before", "after"):
            with open_shop() as place:
                connector, changes, wanted, statuses = rewriting(place)
                old = {d["id"]: d["properties"]["hs_amount_billed"] for d in documents(place, "invoices")}
                cutting, seen = cut(at, moment, []), []

                def look(when: str, request: Request, cutting: Any = cutting, old: Any = old, seen: Any = seen, place: Shop = place) -> None:
                    for d in documents(place, "invoices"):
                        held = d["properties"]
                        if held["hs_invoice_status"] != "draft":
                            seen.append((held["hs_amount_billed"] == old[d["id"]], len(place.account.associated("invoices", d["id"], "line_items"))))
                    cutting(when, request)

                watch(place, wanted, look)
                first = outcomes(connector, changes)
                assert set(seen) <= {(True, 3), (False, 2)}, (at, moment)
                watch(place, wanted)
                assert {type(o) for o in first.values()} <= {Stored, Unknown, Failed}
                for outcome in first.values():
                    assert not isinstance(outcome, Failed) or outcome.error.category is Category.SERVICE_UNAVAILABLE, (at, moment)
                again = [w for w in changes if isinstance(first[w.key], Unknown)]
                untouched = [w for w in changes if isinstance(first[w.key], Failed)]
                place.app.hook = None
                fresh = place.connector()
                final = [*fresh.settle(INVOICE, again, FIELDS), *fresh.write(INVOICE, untouched, FIELDS)]
                for outcome in final:
                    stored(outcome)
                for record in connector.read(INVOICE, list(statuses), FIELDS):
                    assert said(record.fields["lines"]) == wanted[str(record.fields[KEY_PROPERTY])], (at, moment)
                    assert (record.fields["hs_invoice_status"], record.fields["hs_comments"]) == (statuses[record.id], "New"), (at, moment)
                assert len(documents(place, "line_items")) == 6


# Deals


def deal_of(shop: Shop, *invoices: str) -> str:
    made = shop.make("deals", {"dealname": "Garden", "pipeline": "default", "dealstage": "closedwon"})
    for invoice in invoices:
        shop.account.associate("invoices", invoice, "deals", made, source=PERSON)
    return made


def test_what_belongs_on_the_deal_is_written_to_every_deal(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5")))
    deals = [deal_of(shop, record.id) for _ in range(2)]
    values: dict[str, Value] = {"deal.tandem_invoice_total": dec("5.00"), "deal.tandem_invoice_payment_status": "unpaid"}
    only, both = update(record.id, **values), update(record.id, number=2, **{**values, "hs_comments": "x"})
    for change in (only, both):
        [outcome] = connector.write(INVOICE, [change], (*FIELDS, *values))
        assert {key: stored(outcome).fields[key] for key in values} == values
    for deal in deals:
        held = shop.held_by("deals", deal)
        assert (held["tandem_invoice_total"], held["tandem_invoice_payment_status"]) == ("5.00", "unpaid")
    [read] = connector.read(INVOICE, [record.id], (*FIELDS, *values))
    assert read.fields["deal.tandem_invoice_total"] == 5
    assert read.fields["deals"] == tuple(sorted(deals))


def test_without_a_deal_nothing_is_written_and_nothing_told(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    record = made(connector, create(contact, lines("5"), **{"deal.tandem_invoice_total": dec("5")}))
    assert "deal.tandem_invoice_total" not in record.fields
    shown = stored(outcomes(connector, [update(record.id, **{"deal.tandem_invoice_total": dec("5")})])["1"])
    assert "deal.tandem_invoice_total" not in shown.fields


def test_two_invoices_of_one_deal_are_written_in_one_request(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    records = [made(connector, create(contact, lines("5"), n)).id for n in range(2)]
    deal = deal_of(shop, *records)
    done = outcomes(connector, [update(record, number=n, **{"deal.tandem_invoice_total": Decimal(n + 1)}) for n, record in enumerate(records)])
    assert {key: stored(outcome).fields["deal.tandem_invoice_total"] for key, outcome in done.items()} == {"0": 1, "1": 2}
    assert shop.held_by("deals", deal)["tandem_invoice_total"] in ("1", "2")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("path", ["deals/batch/update", "invoices/batch/update"])
def test_a_lost_answer_about_a_deal_is_settled(shop: Shop, connector: HubSpotConnector, contact: str, path: str, moment: str) -> None:
    record = made(connector, create(contact, lines("5")))
    deal = deal_of(shop, record.id)
    change = update(record.id, {"hs_comments": None}, hs_comments="x", **{"deal.tandem_invoice_total": dec("5")})
    watch(shop, {"1:1": lines("5")}, lambda when, request: _close(when == moment and request.path.endswith(path)))
    assert isinstance(outcomes(connector, [change])["1"], Unknown)
    shop.app.hook = None
    [settled] = connector.settle(INVOICE, [change], FIELDS)
    if path.startswith("invoices") and moment == "before":
        assert isinstance(settled, Failed), "nothing of it happened"
        assert isinstance(settled.error, Stale)
    else:
        assert stored(settled).fields["deal.tandem_invoice_total"] == 5
        assert shop.held_by("deals", deal)["tandem_invoice_total"] == "5"
        assert shop.held_by("invoices", record.id)["hs_comments"] == "x"


def _close(now: bool) -> None:
    if now:
        raise Closed


def test_our_own_mirror_shows_nothing_new_but_what_its_lines_do(shop: Shop, connector: HubSpotConnector, contact: str) -> None:
    pages = list(connector.changes(INVOICE, None, FIELDS))
    record = made(connector, create(contact, lines("5")))
    cursor = connector.noted(INVOICE, pages[-1].cursor, [record])
    shown = [r for page in connector.changes(INVOICE, cursor, FIELDS) for r in page.records]
    assert {r.id for r in shown} <= {record.id}
    assert [r.fields for r in shown] == [record.fields] * len(shown)
    assert LINE["quantity"] == 2
