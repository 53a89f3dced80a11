"""Invoices of the HubSpot connector read from the simulation, over HTTP: fields, lines, days, deals, and what shows a change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import FieldType, Lines, Operation, Record, Stored, Write
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.objects import KEY_PROPERTY
from connectors.sandbox.hubspot import seed
from connectors.sandbox.hubspot.desk import person
from connectors.tests.hubspot_shop import LINE, Shop
from connectors.vocabulary import CONFIRMED_BY, DEFAULT_MAPPINGS, GATES, RECOMMENDED_FILTERS, Direction, Kind

INVOICE = Kind.INVOICE
ZONES = (
    "Pacific/Honolulu",
    "America/Denver",
    "America/St_Johns",
    "UTC",
    "Europe/Stockholm",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
"""From UTC-10 to UTC+14."""


@pytest.fixture
def connector(shop: Shop) -> HubSpotConnector:
    made = shop.connector()
    made.setup(INVOICE)
    return made


def keys(connector: HubSpotConnector) -> list[str]:
    standard = ("hs_", "tandem", "deal.", "contact", "lines", "voided", "deals")
    return [spec.key for spec in connector.fields(INVOICE)[:60] if spec.key.startswith(standard)]


def everything(connector: HubSpotConnector, fields: Iterable[str], since: str | None = None) -> tuple[dict[str, Record], str]:
    pages = list(connector.changes(INVOICE, since, tuple(fields)))
    return {record.id: record for page in pages for record in page.records}, pages[-1].cursor


def one(connector: HubSpotConnector, record_id: str, *fields: str) -> Any:
    """The values of some fields of an invoice; of one field its value."""
    [record] = connector.read(INVOICE, [record_id], fields)
    return record.fields.get(fields[0]) if len(fields) == 1 else record.fields


def dec(text: str) -> Decimal:
    return Decimal(text)


# Fields


def test_setup_creates_properties_on_invoices_and_on_deals_once(shop: Shop, connector: HubSpotConnector) -> None:
    assert shop.account.definitions("invoices")[KEY_PROPERTY]["hasUniqueValue"] is True
    options = shop.account.definitions("deals")["tandem_invoice_payment_status"]["options"]
    assert [option["value"] for option in options] == ["unpaid", "partially_paid", "paid", "voided"]
    assert shop.sent(lambda: connector.setup(INVOICE)) == ["GET invoices", "GET deals"]


def test_fields_carry_every_meaning_that_mappings_filters_and_gates_of_invoices_use(connector: HubSpotConnector) -> None:
    specs = connector.fields(INVOICE)
    meanings = {spec.meaning for spec in specs}
    assert {meaning for mapping in DEFAULT_MAPPINGS[INVOICE] for meaning in mapping.left} <= meanings
    assert {c.meaning for group in RECOMMENDED_FILTERS[(INVOICE, Direction.TO_RIGHT)] for c in group} <= meanings
    assert {gate.condition.meaning for gate in GATES[INVOICE]} <= meanings
    assert set(CONFIRMED_BY[INVOICE]) <= meanings
    by_key = {spec.key: spec for spec in specs}
    assert [key for key, spec in by_key.items() if spec.required] == ["contact", "lines", "hs_currency"]
    assert by_key["hs_invoice_date"].type is FieldType.DATE
    assert (by_key["contact"].type, by_key["contact"].refers, by_key["lines"].type) == (FieldType.REFERENCE, "contact", FieldType.LINES)
    assert all(by_key[key].read_only for key in ("hs_amount_billed", "hs_invoice_billable", "hs_invoice_source", "deals"))
    assert {spec.group for spec in specs if spec.key.startswith("deal.")} == {"deal"}


@pytest.mark.parametrize("spaced", [False, True])
def test_the_sample_shows_every_invoice_with_contact_lines_and_deals(shop: Shop, connector: HubSpotConnector, spaced: bool) -> None:
    seed(shop.app)
    shop.app.switches.spaced_association_keys = spaced
    records, _ = everything(connector, keys(connector))
    assert len(records) == shop.app.state.count("hubspot/1234567/invoices")
    by_number = {record.fields["hs_number"]: record for record in records.values()}
    roof = by_number["INV-1010"].fields
    lines = roof["lines"]
    assert isinstance(lines, Lines)
    assert [(line.name, line.sku, line.quantity, line.price, line.amount) for line in lines.lines] == [
        ("Rock Fountain", "CS-107", 1, 275, 275),
        ("Irrigation Installation", "CS-103", 4, 108, 432),
    ]
    assert lines.lines[0].text == "Rock Fountain\nFountain of natural rock"
    assert (lines.total, lines.tax, lines.discount, lines.adjustments) == (dec("769.29"), dec("62.29"), 0, ("tax",))
    assert roof["contact"] == shop.account.tables["contacts"].holder("email", "carl@jensenroofing.example")["id"]
    [deal] = [d["id"] for d in shop.account.tables["deals"].documents.values() if d["properties"]["dealname"] == "Jensen roof garden"]
    assert roof["deals"] == (deal,)
    assert roof["deal.tandem_invoice_number"] is None
    assert (roof["hs_amount_paid"], roof["hs_balance_due"], roof["hs_amount_billed"]) == (300, dec("469.29"), dec("769.29"))
    assert (roof["hs_invoice_status"], roof["voided"], roof["hs_invoice_billable"], roof["hs_invoice_source"]) == ("open", False, True, "hubspot")
    assert roof["hs_invoice_latest_contact_email"] == "carl@jensenroofing.example"
    assert roof["hs_recipient_shipping_city"] == shop.account.tables["contacts"].documents[int(str(roof["contact"]))]["properties"]["city"]
    assert by_number["INV-1008"].fields["voided"] is True
    assert (by_number["QB-2201"].fields["hs_invoice_source"], by_number["QB-2201"].fields["hs_invoice_billable"]) == ("data_sync", False)
    plain = by_number["INV-1001"].fields
    assert plain["deals"] is None
    assert not [key for key in plain if key.startswith("deal.")], "nobody knows what stands on a deal that is not there"
    assert by_number["INV-1001"].title == "INV-1001"


def test_a_first_pass_reads_lines_and_deals_in_full_batches(shop: Shop, connector: HubSpotConnector) -> None:
    contact = shop.make("contacts", {"email": "many@example.com"})
    invoices = [shop.make("invoices", {"hs_currency": "USD"}, contacts=contact) for _ in range(150)]
    for invoice in invoices:
        for _ in range(2):
            shop.make("line_items", LINE, invoices=invoice)
    calls = shop.sent(lambda: everything(connector, ("hs_number", "lines", "contact", "deals")))
    assert sorted(calls) == ["GET invoices"] * 2 + ["POST line_items/batch/read"] * 3
    assert shop.sent(lambda: everything(connector, ("hs_number", "contact"))) == ["GET invoices"] * 2


def test_of_several_contacts_the_lowest_counts_and_none_is_none(shop: Shop, connector: HubSpotConnector) -> None:
    first, second = (shop.make("contacts", {"email": f"{n}@example.com"}) for n in range(2))
    invoice = shop.make("invoices", {"hs_currency": "USD"}, contacts=second)
    shop.account.associate("invoices", invoice, "contacts", first)
    assert one(connector, invoice, "contact") == first
    assert one(connector, shop.make("invoices", {"hs_currency": "USD"}), "contact") is None


@pytest.mark.parametrize(("stored", "shown"), [("OPEN", "open"), ("Draft", "draft"), ("", None)])
def test_a_status_is_read_in_any_case(shop: Shop, connector: HubSpotConnector, stored: str, shown: str | None) -> None:
    invoice = shop.make("invoices", {"hs_currency": "USD"})
    table = shop.account.tables["invoices"]
    table.change(table.documents[int(invoice)], {"hs_invoice_status": stored, "hs_currency": "usd"}, person(shop.app, shop.account).source)
    assert one(connector, invoice, "hs_invoice_status", "hs_currency") == {"hs_invoice_status": shown, "hs_currency": "USD"}


# Days


@pytest.mark.parametrize("zone", ZONES)
def test_a_calendar_day_is_the_accounts_own(shop: Shop, connector: HubSpotConnector, zone: str) -> None:
    shop.account.details["timeZone"] = zone
    fresh = shop.connector()
    fields = ("hs_invoice_date", "hs_due_date")
    invoice = shop.make("invoices", {"hs_currency": "USD", "hs_invoice_billable": "false"})
    days = [date(2026, 1, 1) + timedelta(n) for n in range(0, 366, 30)]
    days += [date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 9, 27), date(2028, 2, 29)]
    for number, day in enumerate(days):
        write = Write("c", str(number), Operation.UPDATE, {"hs_invoice_date": day, "hs_due_date": day + timedelta(1)}, id=invoice)
        [outcome] = fresh.write(INVOICE, [write], fields)
        assert isinstance(outcome, Stored)
        assert outcome.record.fields == {"hs_invoice_date": day, "hs_due_date": day + timedelta(1)}
        stored = datetime.fromisoformat(shop.held_by("invoices", invoice)["hs_invoice_date"])
        assert abs(stored - datetime(day.year, day.month, day.day, 12, tzinfo=UTC)) <= timedelta(hours=14)
        for moment in (time(0, 0, 1), time(23, 59, 59)):
            local = datetime.combine(day, moment, ZoneInfo(zone))
            shop.edit(invoice, "invoices", hs_invoice_date=local.astimezone(UTC).isoformat())
            assert one(fresh, invoice, "hs_invoice_date") == day


def test_the_zone_is_asked_for_once_and_only_for_days(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.make("invoices", {"hs_currency": "USD"})
    fresh = shop.connector()
    assert shop.sent(lambda: one(fresh, invoice, "hs_number")) == ["POST invoices/batch/read"]
    assert len(shop.sent(lambda: one(fresh, invoice, "hs_invoice_date"))) == 2
    assert len(shop.sent(lambda: one(fresh, invoice, "hs_invoice_date"))) == 1


# Lines


def test_a_line_says_its_text_price_and_amount(shop: Shop, connector: HubSpotConnector) -> None:
    product = shop.make("products", {"name": "Mulch", "hs_sku": "M-1", "price": "38.50", "description": "Cedar"})
    invoice = shop.draft(
        {"hs_product_id": product, "quantity": "2.5"},
        {"name": "Percent", "quantity": "3", "price": "10", "hs_discount_percentage": "10"},
        {"name": "Each", "quantity": "2", "price": "10", "discount": "1.50"},
        {"name": "Back", "quantity": "-1", "price": "20"},
        {"name": "Words only"},
        {"description": "No name", "quantity": "1", "price": "0.335"},
    )
    lines = one(connector, invoice, "lines")
    shown = [(line.text, line.quantity, line.price, line.amount, line.product, line.sku) for line in lines.lines]
    assert shown == [
        ("Mulch\nCedar", dec("2.5"), dec("38.5"), dec("96.25"), product, "M-1"),
        ("Percent", 3, 9, 27, "", ""),
        ("Each", 2, dec("8.5"), 17, "", ""),
        ("Back", -1, 20, -20, "", ""),
        ("Words only", 0, 0, 0, "", ""),
        ("\nNo name", 1, dec("0.335"), dec("0.34"), "", ""),
    ]
    assert [line.id for line in lines.lines] == shop.associated("invoices", invoice, "line_items")
    assert lines.total == sum(line.amount for line in lines.lines)


def test_lines_stand_in_their_order_on_the_invoice(shop: Shop, connector: HubSpotConnector) -> None:
    lines = [{"name": name, "quantity": 1, "price": 1, "hs_position_on_quote": place} for name, place in (("c", 3), ("a", 1), ("j", 10), ("b", 2))]
    assert [line.name for line in one(connector, shop.draft(*lines), "lines").lines] == ["a", "b", "c", "j"]


def test_discounts_fees_and_taxes_of_a_billed_invoice_are_adjustments(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.draft({"name": "Work", "quantity": 1, "price": "100.10", "hs_tax_rate_group_id": "70001"})
    for kind, type, value in (("discounts", "PERCENT", "5"), ("discounts", "FIXED", "1"), ("fees", "FIXED", "3"), ("taxes", "PERCENT", "10")):
        shop.make(kind, {"hs_type": type, "hs_value": value, "hs_label": "x"}, invoices=invoice)
    lines = one(connector, invoice, "lines")
    assert (lines.discount, lines.adjustments) == (dec("6.01"), ("discount", "fee", "tax"))
    assert lines.tax == dec("8.82") + dec("9.71")
    assert lines.total == dec(shop.held_by("invoices", invoice)["hs_amount_billed"]) == dec("100.10") - lines.discount + 3 + lines.tax


@pytest.mark.parametrize(("kind", "adjustments"), [("discounts", ()), ("taxes", ()), ("fees", ("fee",))])
def test_of_a_mirror_only_a_fee_is_an_adjustment(shop: Shop, connector: HubSpotConnector, kind: str, adjustments: tuple[str, ...]) -> None:
    invoice = shop.draft(LINE, hs_invoice_billable="false")
    shop.make(kind, {"hs_type": "FIXED", "hs_value": "3", "hs_label": "x"}, invoices=invoice)
    assert one(connector, invoice, "lines").adjustments == adjustments


def test_an_invoice_with_more_lines_than_a_page_shows_all(shop: Shop, connector: HubSpotConnector) -> None:
    shop.app.switches.associations_page = 3
    invoice = shop.draft(*({"name": f"L{n}", "quantity": 1, "price": 1} for n in range(8)))
    assert len(one(connector, invoice, "lines").lines) == 8
    assert len(everything(connector, ["lines"])[0][invoice].fields["lines"].lines) == 8  # type: ignore[union-attr]


HOSTILE = ("<script>alert(1)</script>", "a;b", "'; DROP TABLE", "株式会社みどり 🌲", "tab\tand  spaces", "&amp; <b>", "x" * 5000, "line\nof\nmany")


@pytest.mark.parametrize("words", HOSTILE)
def test_texts_of_lines_come_as_they_are(shop: Shop, connector: HubSpotConnector, words: str) -> None:
    name, _, description = words.partition("\n")
    invoice = shop.draft({"name": name, "description": description, "quantity": 1, "price": 1}, hs_comments=words)
    found = one(connector, invoice, "lines", "hs_comments")
    assert (found["lines"].lines[0].text, found["hs_comments"]) == (words, words)


# Deals


def deal(shop: Shop, **properties: Any) -> str:
    return shop.make("deals", {"dealname": "Garden", "pipeline": "default", "dealstage": "closedwon", **properties})


def test_what_stands_on_the_deal_shows_on_its_invoice(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.draft(LINE)
    first, second = deal(shop, tandem_invoice_number="77", tandem_invoice_last_payment_date="2026-11-02"), deal(shop, tandem_invoice_number="88")
    for made in (second, first):
        shop.account.associate("invoices", invoice, "deals", made)
    found = one(connector, invoice, "deals", "deal.tandem_invoice_number", "deal.tandem_invoice_last_payment_date", "deal.tandem_invoice_total")
    assert found == {
        "deals": tuple(sorted((first, second))),
        "deal.tandem_invoice_number": "77",
        "deal.tandem_invoice_last_payment_date": date(2026, 11, 2),
        "deal.tandem_invoice_total": None,
    }


# Changes


def settled(shop: Shop, connector: HubSpotConnector, fields: tuple[str, ...]) -> str:
    """A cursor that knows everything there is, an hour later."""
    _, cursor = everything(connector, fields)
    shop.now += 3600
    return everything(connector, fields, cursor)[1]


def test_only_the_types_that_show_are_searched(shop: Shop, connector: HubSpotConnector) -> None:
    shop.draft(LINE)
    searches = {
        ("hs_number", "contact", "deals"): ["invoices"],
        ("lines",): ["invoices", "line_items", "taxes", "discounts", "fees"],
        ("deal.tandem_invoice_paid",): ["invoices", "deals"],
    }
    for fields, kinds in searches.items():
        cursor = settled(shop, connector, fields)
        sent = shop.sent(lambda fields=fields, cursor=cursor: everything(connector, fields, cursor))  # type: ignore[misc]
        assert sent == [f"POST {kind}/search" for kind in kinds]


@pytest.mark.parametrize(("kind", "values"), [("line_items", {"description": "Changed"}), ("taxes", {"hs_value": "9"}), ("fees", {"hs_value": "9"})])
def test_a_change_of_a_part_shows_the_invoice_again(shop: Shop, connector: HubSpotConnector, kind: str, values: dict[str, str]) -> None:
    invoice, _ = shop.draft(LINE, hs_invoice_billable="false"), shop.draft(LINE)
    parts = {"line_items": shop.associated("invoices", invoice, "line_items")[0]}
    for other in ("taxes", "fees"):
        parts[other] = shop.make(other, {"hs_type": "FIXED", "hs_value": "3", "hs_label": "x"}, invoices=invoice)
    cursor = settled(shop, connector, ("lines",))
    shop.edit(parts[kind], kind, **values)
    records, cursor = everything(connector, ("lines",), cursor)
    assert list(records) == [invoice]
    lines = records[invoice].fields["lines"]
    assert isinstance(lines, Lines)
    assert lines.lines[0].text == ("Work\nChanged" if kind == "line_items" else "Work")
    assert lines.tax == (9 if kind == "taxes" else 3)
    assert everything(connector, ("lines",), cursor)[0] == {}


def test_a_change_of_a_deal_shows_its_invoices_again(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.draft(LINE)
    made = deal(shop)
    shop.account.associate("invoices", invoice, "deals", made)
    cursor = settled(shop, connector, ("deal.tandem_invoice_number",))
    shop.edit(made, "deals", tandem_invoice_number="5")
    assert everything(connector, ("deal.tandem_invoice_number",), cursor)[0][invoice].fields == {"deal.tandem_invoice_number": "5"}


def test_a_search_for_all_fields_stays_within_the_length_of_a_request(shop: Shop, connector: HubSpotConnector) -> None:
    fields = tuple(keys(connector))
    cursor = settled(shop, connector, fields)
    start = len(shop.app.log)
    everything(connector, fields, cursor)
    assert max(len(entry.body) for entry in shop.app.log[start:]) < 2500


def test_an_invoice_is_found_by_its_number_in_any_case(shop: Shop, connector: HubSpotConnector) -> None:
    seed(shop.app)
    shop.app.switches.search_lag = 3600
    found = list(connector.find(INVOICE, "hs_number", ["inv-1007", "none"], ("hs_number", "lines")))
    assert [record.fields["hs_number"] for record in found] == ["INV-1007"]
    assert isinstance(found[0].fields["lines"], Lines)


# The account


def test_the_account_tells_of_payments_and_of_hubspots_own_data_sync(shop: Shop) -> None:
    connector = shop.connector()
    assert connector.account().details["data_sync_invoices"] == "no", "before our property exists no invoice is ours"
    connector.setup(INVOICE)
    assert {**connector.account().details} == {
        "account_type": "DEVELOPER_TEST",
        "ui_domain": "app.hubspot.com",
        "additional_currencies": "",
        "payments": "yes",
        "data_sync_invoices": "no",
    }
    seed(shop.app)
    assert connector.account().details["data_sync_invoices"] == "yes"


@pytest.mark.parametrize("status", [403, 400])
def test_an_account_without_payments_says_so(shop: Shop, status: int) -> None:
    shop.app.set_payments(1234567, on=False)
    shop.app.switches.payments_refusal = status
    assert shop.connector().account().details["payments"] == "no"


def test_a_link_opens_the_page_of_an_invoice(shop: Shop, connector: HubSpotConnector) -> None:
    invoice = shop.draft(LINE)
    assert shop.session.get(connector.url(INVOICE, invoice), timeout=10).status_code == 200
    assert "/record/0-53/" in connector.url(INVOICE, invoice)
