"""The simulated HubSpot's payments, and the pages on which people draft, finalise, void and take payments."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests

from connectors.sandbox.hubspot import build, load_products, seed
from connectors.sandbox.sample_commerce import INVOICES, PRODUCTS, generate_products
from connectors.sandbox.state import State
from connectors.tests.hubspot_shop import LINE, OBJECTS, Shop, open_shop, spec

PLAIN = {"hs_initial_amount": "5", "hs_initiated_date": "2026-11-01T00:00:00Z"}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as made:
        yield made


def amounts(shop: Shop, invoice: str) -> tuple[str, str, str]:
    """Status, paid, due."""
    held = shop.held_by("invoices", invoice)
    return held["hs_invoice_status"], held["hs_amount_paid"], held["hs_balance_due"]


def test_a_new_payment_is_processing_and_counts_its_invoices(shop: Shop) -> None:
    payment = shop.make("commerce_payments", PLAIN)
    held = shop.held_by("commerce_payments", payment)
    assert (held["hs_latest_status"], held["hs_payment_creation_method"], held["hs_has_associated_invoice"]) == ("processing", "OTHER", "false")
    invoice = shop.opened()
    assert shop.ask("PUT", f"{OBJECTS}/commerce_payments/{payment}/associations/default/invoices/{invoice}").status_code == 200
    held = shop.held_by("commerce_payments", payment)
    assert (held["hs_has_associated_invoice"], held["hs_number_of_associated_invoices"]) == ("true", "1")
    assert amounts(shop, invoice) == ("open", "0.00", "100.00")


def test_payments_lower_the_balance_until_the_invoice_is_paid(shop: Shop) -> None:
    invoice = shop.opened()
    shop.payment(invoice, "40")
    assert amounts(shop, invoice) == ("open", "40.00", "60.00")
    last = shop.make("commerce_payments", {**PLAIN, "hs_initial_amount": "60"}, invoices=invoice)
    assert amounts(shop, invoice) == ("open", "40.00", "60.00")
    assert shop.patch("commerce_payments", last, hs_latest_status="succeeded") == 200
    assert amounts(shop, invoice) == ("paid", "100.00", "0.00")
    assert shop.held_by("invoices", invoice)["hs_payment_date"] == "2026-11-18T12:00:00.000Z"
    assert shop.patch("invoices", invoice, hs_invoice_status="voided") == 400


def test_a_refunded_deleted_or_unlinked_payment_opens_the_invoice_again(shop: Shop) -> None:
    invoice = shop.opened()
    payment = shop.payment(invoice)
    assert shop.patch("commerce_payments", payment, hs_latest_status="partially_refunded", hs_refunds_amount="30") == 200
    assert amounts(shop, invoice) == ("open", "70.00", "30.00")
    assert shop.patch("commerce_payments", payment, hs_latest_status="refunded", hs_refunds_amount="100") == 200
    assert amounts(shop, invoice) == ("open", "0.00", "100.00")
    second = shop.payment(invoice)
    assert amounts(shop, invoice)[0] == "paid"
    assert shop.ask("DELETE", f"{OBJECTS}/commerce_payments/{second}").status_code == 204
    assert amounts(shop, invoice)[0] == "open"
    third = shop.payment(invoice)
    assert shop.ask("DELETE", f"{OBJECTS}/invoices/{invoice}/associations/commerce_payments/{third}").status_code == 204
    assert amounts(shop, invoice) == ("open", "0.00", "100.00")


def test_a_payment_of_more_than_is_due_leaves_no_negative_balance(shop: Shop) -> None:
    invoice = shop.opened()
    shop.payment(invoice, "60")
    shop.payment(invoice, "60")
    assert amounts(shop, invoice) == ("paid", "120.00", "0.00")


def test_a_voided_invoice_stays_so_whatever_is_paid(shop: Shop) -> None:
    invoice = shop.opened()
    assert shop.patch("invoices", invoice, hs_invoice_status="voided") == 200
    shop.payment(invoice, "60")
    assert amounts(shop, invoice) == ("voided", "60.00", "0.00")


@pytest.mark.parametrize("touches", [False, True])
def test_counting_invoices_may_or_may_not_move_the_payments_time(shop: Shop, touches: bool) -> None:
    shop.app.switches.rollups_touch = touches
    payment, invoice = shop.make("commerce_payments", PLAIN), shop.opened()
    before = shop.held_by("commerce_payments", payment)["hs_lastmodifieddate"]
    shop.now += 60
    shop.ask("PUT", f"{OBJECTS}/commerce_payments/{payment}/associations/default/invoices/{invoice}")
    assert (shop.held_by("commerce_payments", payment)["hs_lastmodifieddate"] != before) is touches


def test_one_payment_goes_to_its_invoices_in_turn(shop: Shop) -> None:
    first, second = shop.opened(), shop.opened()
    payment = shop.payment(first, "130")
    assert shop.ask("PUT", f"{OBJECTS}/commerce_payments/{payment}/associations/default/invoices/{second}").status_code == 200
    assert (amounts(shop, first), amounts(shop, second)) == (("paid", "100.00", "0.00"), ("open", "30.00", "70.00"))


def test_or_payments_change_no_invoice(shop: Shop) -> None:
    shop.app.switches.payments_settle = False
    invoice = shop.opened()
    shop.payment(invoice)
    assert amounts(shop, invoice) == ("open", "0.00", "100.00")


@pytest.mark.parametrize(("refused", "read"), [("all", 403), ("writes", 200)])
def test_an_account_without_payments_set_up_refuses_them(shop: Shop, refused: str, read: int) -> None:
    invoice = shop.opened()
    shop.app.set_payments(1234567, False)
    shop.app.switches.payments_refused = refused  # type: ignore[assignment]
    body = {"properties": PLAIN, "associations": spec("commerce_payments", invoices=invoice)}
    assert shop.ask("POST", f"{OBJECTS}/commerce_payments", body).status_code == 403
    assert shop.ask("GET", f"{OBJECTS}/0-101").status_code == read
    shop.app.switches.payments_refusal = 400
    assert shop.ask("POST", f"{OBJECTS}/0-101/batch/create", {"inputs": [body]}).status_code == 400
    assert shop.ask("GET", "/crm/properties/2026-09/commerce_payments").status_code == 200
    assert shop.ask("GET", f"{OBJECTS}/invoices/{invoice}?associations=commerce_payments").status_code == 200
    shop.app.set_payments(1234567, True)
    assert shop.ask("POST", f"{OBJECTS}/commerce_payments", body).status_code == 201


def test_whether_payments_are_set_up_outlives_a_restart() -> None:
    state = State()
    build(state).set_payments(1234567, False)
    assert build(state).accounts["1234567"].payments is False


def test_statuses_and_methods_are_those_of_the_table(shop: Shop) -> None:
    for name, value in (("hs_latest_status", "paid"), ("hs_payment_method_type", "bitcoin"), ("hs_processor_type", "paypal")):
        assert shop.ask("POST", f"{OBJECTS}/commerce_payments", {"properties": {**PLAIN, name: value}}).status_code == 400
    assert shop.make("commerce_payments", {**PLAIN, "hs_processor_type": "quickbooks", "hs_payment_method_type": "check"})


# Pages


def post(shop: Shop, place: str, form: dict[str, str] | None = None) -> requests.Response:
    return requests.post(f"{shop.url}/contacts/1234567/{place}", data=form or {}, timeout=10)


def test_a_person_takes_an_invoice_from_draft_to_paid(shop: Shop) -> None:
    contact = shop.make("contacts", {"email": "buyer@example.com"})
    product = shop.make("products", {"name": "<b>Mulch</b>", "price": "38.50"})
    made = post(shop, f"record/0-1/{contact}/draft")
    invoice = made.url.rpartition("/")[2]
    place = f"record/0-53/{invoice}"
    assert post(shop, place + "/finalize").status_code == 400
    page = post(shop, place + "/line", {"hs_product_id": product, "quantity": "2", "hs_discount_percentage": "10"})
    assert "&lt;b&gt;Mulch" in page.text
    assert "69.30" in page.text
    assert "INV-1001" in post(shop, place + "/finalize").text
    assert post(shop, place + "/payment", {"hs_initial_amount": "9.30", "hs_payment_method_type": "check"}).status_code == 200
    assert amounts(shop, invoice) == ("open", "9.30", "60.00")
    assert post(shop, place + "/void").status_code == 400
    assert "paid" in post(shop, place + "/payment").text
    assert amounts(shop, invoice) == ("paid", "69.30", "0.00")
    payments = shop.associated("invoices", invoice, "commerce_payments")
    held = shop.held_by("commerce_payments", payments[0])
    assert (held["hs_payment_source_app"], held["hs_payment_source_id"]) == ("INVOICE", invoice)
    assert shop.associated("commerce_payments", payments[0], "contacts") == [contact]


@pytest.mark.parametrize("editable", [True, False])
def test_a_person_may_edit_an_open_invoice_until_something_is_paid(shop: Shop, editable: bool) -> None:
    shop.app.switches.people_edit_open = editable
    invoice = shop.opened()
    [line] = shop.associated("invoices", invoice, "line_items")
    assert (post(shop, f"record/0-8/{line}/edit", {"price": "60"}).status_code == 200) is editable
    assert shop.held_by("invoices", invoice)["hs_amount_billed"] == ("120.00" if editable else "100.00")
    shop.payment(invoice, "10")
    assert post(shop, f"record/0-8/{line}/edit", {"price": "70"}).status_code == 400
    assert post(shop, f"record/0-53/{invoice}/line", {"name": "More", "price": "1"}).status_code == 400
    assert post(shop, f"record/0-53/{invoice}/edit", {"hs_comments": "Thanks"}).status_code == 200


def test_a_person_voids_an_open_invoice(shop: Shop) -> None:
    shop.app.switches.voided_by_patch = False
    invoice = shop.opened()
    assert "voided" in post(shop, f"record/0-53/{invoice}/void").text


def test_an_invoice_made_from_a_deal_has_copies_of_its_lines(shop: Shop) -> None:
    contact = shop.make("contacts", {"email": "deal@example.com"})
    deal = post(shop, f"record/0-1/{contact}/deal", {"dealname": "Garden"}).url.rpartition("/")[2]
    post(shop, f"record/0-3/{deal}/line", {"name": "Work", "price": "80", "quantity": "2"})
    invoice = post(shop, f"record/0-3/{deal}/bill").url.rpartition("/")[2]
    held = shop.held_by("invoices", invoice)
    assert (held["hs_invoice_status"], held["hs_amount_billed"]) == ("draft", "160.00")
    assert (shop.associated("deals", deal, "invoices"), shop.associated("invoices", invoice, "contacts")) == ([invoice], [contact])
    [original], [copy] = shop.associated("deals", deal, "line_items"), shop.associated("invoices", invoice, "line_items")
    assert original != copy


def test_the_api_leaves_alone_what_commerce_hub_processed(shop: Shop) -> None:
    invoice = shop.opened()
    post(shop, f"record/0-53/{invoice}/payment", {"hs_processor_type": "hs_payments"})
    [payment] = shop.associated("invoices", invoice, "commerce_payments")
    assert shop.patch("commerce_payments", payment, hs_internal_comment="Mine") == 400
    assert shop.ask("DELETE", f"{OBJECTS}/commerce_payments/{payment}").status_code == 400
    assert amounts(shop, invoice)[0] == "paid"


def test_a_person_marks_an_invoice_as_made_by_hubspots_own_sync_and_turns_payments_off(shop: Shop) -> None:
    invoice = shop.draft(LINE)
    page = post(shop, f"record/0-53/{invoice}/synced").text
    assert "HubSpot&#x27;s own QuickBooks sync." in page
    assert shop.held_by("invoices", invoice)["hs_invoice_source"] == "data_sync"
    assert "Turn payments on" in post(shop, "payments").text
    assert shop.account.payments is False
    assert post(shop, f"record/0-1/{invoice}/finalize").status_code == 404


# The sample company


def test_the_sample_company_sells_and_bills(shop: Shop) -> None:
    seed(shop.app)
    products = [d["properties"] for d in shop.account.tables["products"].documents.values()]
    skus = [product["hs_sku"] for product in products if "hs_sku" in product]
    assert (len(products), len(skus) - len(set(skus))) == (sum(p.in_hubspot for p in PRODUCTS), 1)
    assert any("hs_sku" not in product for product in products)
    assert any(not product["name"].isascii() for product in products)
    assert "inactive" in {product["hs_status"] for product in products}
    invoices = {d["properties"].get("hs_number", ""): d["properties"] for d in shop.account.tables["invoices"].documents.values()}
    assert set(invoices) == {sample.number for sample in INVOICES}
    assert {i["hs_invoice_status"] for i in invoices.values()} == {"draft", "open", "paid", "voided"}
    assert {i["hs_invoice_source"] for i in invoices.values()} == {"hubspot", "data_sync"}
    billed = [i for i in invoices.values() if i.get("hs_invoice_billable") != "false" and i["hs_invoice_status"] != "voided"]
    assert all(Decimal(i["hs_amount_paid"]) + Decimal(i["hs_balance_due"]) == Decimal(i["hs_amount_billed"]) > 0 for i in billed)


def test_every_page_of_what_is_sold_and_billed_opens(shop: Shop) -> None:
    seed(shop.app)
    for table in shop.account.tables.values():
        for place in ("", "/new"):
            assert requests.get(f"{shop.url}/contacts/1234567/objects/{table.kind.type_id}{place}", timeout=10).status_code == 200
        for number in list(table.documents)[:12]:
            assert requests.get(f"{shop.url}/contacts/1234567/record/{table.kind.type_id}/{number}", timeout=10).status_code == 200


def test_generated_products_are_the_same_for_the_same_seed(shop: Shop) -> None:
    assert list(generate_products(40, 7)) == list(generate_products(40, 7)) != list(generate_products(40, 8))
    assert load_products(shop.app, 1234567, generate_products(40, 7)) == 30
    assert len(shop.account.tables["products"].documents) == 30
