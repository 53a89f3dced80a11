"""The simulated HubSpot's invoices: draft, open, paid and voided; totals; what is frozen; records that are not billable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox.hubspot.values import iso
from connectors.tests.hubspot_shop import LINE, OBJECTS, Shop, open_shop, spec


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as made:
        yield made


def status(shop: Shop, invoice: str) -> str:
    return shop.held_by("invoices", invoice)["hs_invoice_status"]


# Opening


def test_a_draft_needs_a_currency_only_and_begins_without_a_number(shop: Shop) -> None:
    held = shop.held_by("invoices", shop.make("invoices", {"hs_currency": "USD"}))
    assert (held["hs_invoice_status"], held["hs_invoice_date"], held["hs_amount_billed"]) == ("draft", iso(round(shop.now * 1000)), "0.00")
    assert "hs_number" not in held


def test_an_invoice_without_lines_does_not_open_and_the_error_names_what_is_missing(shop: Shop) -> None:
    invoice = shop.draft()
    refused = shop.ask("PATCH", f"{OBJECTS}/invoices/{invoice}", {"properties": {"hs_invoice_status": "open"}})
    assert refused.status_code == 400
    assert "INVOICE_TO_LINE_ITEM" in refused.json()["message"]
    assert status(shop, invoice) == "draft"


@pytest.mark.parametrize("contacts", [0, 2])
def test_an_invoice_opens_for_exactly_one_contact(shop: Shop, contacts: int) -> None:
    invoice = shop.make("invoices", {"hs_currency": "USD"})
    shop.make("line_items", LINE, invoices=invoice)
    for number in range(contacts):
        person = shop.make("contacts", {"email": f"c{number}@example.com"})
        assert shop.ask("PUT", f"{OBJECTS}/invoices/{invoice}/associations/default/contacts/{person}").status_code == 200
    refused = shop.ask("PATCH", f"{OBJECTS}/invoices/{invoice}", {"properties": {"hs_invoice_status": "open"}})
    assert (refused.status_code, "INVOICE_TO_CONTACT" in refused.text) == (400, True)


def test_a_due_date_in_the_past_keeps_an_invoice_from_opening(shop: Shop) -> None:
    invoice = shop.draft(LINE, hs_due_date=iso(round(shop.now * 1000) - 60_000))
    assert shop.patch("invoices", invoice, hs_invoice_status="open") == 400
    assert shop.patch("invoices", invoice, hs_due_date=iso(round(shop.now * 1000) + 900_000), hs_invoice_status="open") == 200


def test_opening_gives_numbers_in_a_row_that_nobody_has(shop: Shop) -> None:
    taken = shop.make("invoices", {"hs_currency": "USD", "hs_invoice_billable": False, "hs_number": "INV-2000"})
    invoices = [shop.opened(), shop.opened()]
    assert [shop.held_by("invoices", i)["hs_number"] for i in (taken, *invoices)] == ["INV-2000", "INV-2001", "INV-2002"]


def test_the_first_number_of_an_account_is_1001(shop: Shop) -> None:
    held = shop.held_by("invoices", shop.opened())
    assert (held["hs_number"], held["hs_invoice_status"], held["hs_balance_due"]) == ("INV-1001", "open", "100.00")


def test_an_invoice_may_be_made_whole_and_open_in_one_call(shop: Shop) -> None:
    contact, line = shop.make("contacts", {"email": "once@example.com"}), shop.make("line_items", LINE)
    body = {"properties": {"hs_currency": "USD", "hs_invoice_status": "open"}, "associations": spec("invoices", contacts=contact, line_items=line)}
    made = shop.ask("POST", f"{OBJECTS}/invoices", body)
    assert made.status_code == 201
    held = shop.held_by("invoices", made.json()["id"])
    assert (held["hs_number"], held["hs_amount_billed"]) == ("INV-1001", "100.00")
    assert shop.ask("POST", f"{OBJECTS}/invoices", {**body, "associations": spec("invoices", contacts=contact)}).status_code == 400


def test_a_batch_of_openings_is_all_or_nothing(shop: Shop) -> None:
    good, bad = shop.draft(LINE), shop.draft()
    inputs = [{"id": invoice, "properties": {"hs_invoice_status": "open"}} for invoice in (good, bad)]
    assert shop.ask("POST", f"{OBJECTS}/invoices/batch/update", {"inputs": inputs}).status_code == 400
    assert (status(shop, good), shop.held_by("invoices", good).get("hs_number")) == ("draft", None)
    assert shop.ask("POST", f"{OBJECTS}/invoices/batch/update", {"inputs": inputs[:1]}).status_code == 200
    assert status(shop, good) == "open"


def test_the_recipient_is_taken_over_from_the_contact(shop: Shop) -> None:
    held = shop.held_by("invoices", shop.draft())
    assert held["hs_recipient_shipping_city"] == "Golden"
    assert held["hs_invoice_latest_contact_email"].startswith("buyer")


# Totals


def test_discounts_then_fees_then_taxes_make_the_total(shop: Shop) -> None:
    rate = "70001"
    invoice = shop.draft({**LINE, "hs_tax_rate_group_id": rate}, {"quantity": 1, "price": "50"})
    assert shop.held_by("invoices", invoice)["hs_amount_billed"] == "158.81"
    shop.make("discounts", {"hs_type": "PERCENT", "hs_value": 10}, invoices=invoice)
    shop.make("fees", {"hs_type": "FIXED", "hs_value": 15}, invoices=invoice)
    tax = shop.make("taxes", {"hs_type": "PERCENT", "hs_value": 5}, invoices=invoice)
    held = shop.held_by("invoices", invoice)
    assert (held["hs_amount_billed"], held["hs_tax"], held["hs_balance_due"]) == ("166.31", "16.31", "166.31")
    assert shop.patch("taxes", tax, hs_type="FIXED", hs_value="1.23") == 200
    assert shop.held_by("invoices", invoice)["hs_amount_billed"] == "160.04"
    assert shop.ask("DELETE", f"{OBJECTS}/taxes/{tax}").status_code == 204
    assert shop.held_by("invoices", invoice)["hs_tax"] == "8.81"


@pytest.mark.parametrize("touches", [False, True])
def test_a_changed_line_changes_the_total_and_may_or_may_not_move_the_invoices_time(shop: Shop, touches: bool) -> None:
    shop.app.switches.rollups_touch = touches
    invoice = shop.draft(LINE)
    [line] = shop.associated("invoices", invoice, "line_items")
    before, old = shop.held_by("invoices", invoice), shop.held_by("line_items", line)
    shop.now += 60
    assert shop.patch("line_items", line, quantity=3) == 200
    after = shop.held_by("invoices", invoice)
    assert after["hs_amount_billed"] == "150.00"
    assert (after["hs_lastmodifieddate"] != before["hs_lastmodifieddate"]) is touches
    assert shop.held_by("line_items", line)["hs_lastmodifieddate"] != old["hs_lastmodifieddate"]


def test_number_and_amount_of_a_billable_invoice_are_hubspots_own(shop: Shop) -> None:
    invoice = shop.draft(LINE)
    assert shop.patch("invoices", invoice, hs_amount_billed="1") == 400
    assert shop.patch("invoices", invoice, hs_number="X-1") == 400
    assert shop.patch("invoices", invoice, hs_invoice_billable="false") == 400
    assert shop.held_by("invoices", invoice)["hs_amount_billed"] == "100.00"


# Frozen


def frozen_acts(shop: Shop, invoice: str) -> dict[str, int]:
    """The status of every call that changes what a finalised invoice consists of."""
    [line] = shop.associated("invoices", invoice, "line_items")
    [contact] = shop.associated("invoices", invoice, "contacts")
    other, loose = shop.make("contacts", {"email": "other@example.com"}), shop.make("line_items", LINE)
    place = f"{OBJECTS}/invoices/{invoice}/associations"
    create = {"properties": {"hs_type": "FIXED", "hs_value": 1}, "associations": spec("taxes", invoices=invoice)}
    batch = {"inputs": [{"id": line, "properties": {"price": "2"}}]}
    removal = {"inputs": [{"from": {"id": invoice}, "to": [{"id": contact}]}]}
    return {
        "currency": shop.patch("invoices", invoice, hs_currency="EUR"),
        "price": shop.patch("line_items", line, price="1"),
        "price in a batch": shop.ask("POST", f"{OBJECTS}/line_items/batch/update", batch).status_code,
        "new line": shop.ask("PUT", f"{place}/default/line_items/{loose}").status_code,
        "new tax": shop.ask("POST", f"{OBJECTS}/taxes", create).status_code,
        "new contact": shop.ask("PUT", f"{place}/default/contacts/{other}").status_code,
        "no contact": shop.ask("POST", "/crm/associations/2026-09/invoices/contacts/batch/archive", removal).status_code,
        "no line": shop.ask("DELETE", f"{OBJECTS}/line_items/{line}").status_code,
    }


def test_what_a_finalised_invoice_consists_of_is_frozen(shop: Shop) -> None:
    invoice = shop.opened()
    assert set(frozen_acts(shop, invoice).values()) == {400}
    held = shop.held_by("invoices", invoice)
    assert (held["hs_amount_billed"], held["hs_currency"]) == ("100.00", "USD")
    assert shop.patch("invoices", invoice, hs_comments="Thanks", hs_purchase_order_number="7") == 200


def test_a_paid_invoice_is_frozen_as_well_and_what_it_has_may_be_associated_again(shop: Shop) -> None:
    invoice = shop.opened()
    shop.payment(invoice)
    [line] = shop.associated("invoices", invoice, "line_items")
    assert status(shop, invoice) == "paid"
    assert shop.patch("line_items", line, price="1") == 400
    assert shop.ask("PUT", f"{OBJECTS}/invoices/{invoice}/associations/default/line_items/{line}").status_code == 200


def test_or_it_is_not_frozen(shop: Shop) -> None:
    shop.app.switches.invoices_frozen = False
    assert set(frozen_acts(shop, shop.opened()).values()) <= {200, 201, 204}


# Ending


def test_a_billable_invoice_is_voided_but_not_paid_by_an_update(shop: Shop) -> None:
    invoice = shop.opened()
    assert shop.patch("invoices", invoice, hs_invoice_status="paid") == 400
    assert shop.patch("invoices", invoice, hs_invoice_status="draft") == 400
    assert shop.patch("invoices", invoice, hs_invoice_status="voided") == 200
    assert shop.held_by("invoices", invoice)["hs_balance_due"] == "0.00"
    assert shop.patch("invoices", invoice, hs_invoice_status="open") == 400


def test_or_the_other_way_round(shop: Shop) -> None:
    shop.app.switches.paid_by_patch, shop.app.switches.voided_by_patch = True, False
    invoice = shop.opened()
    assert shop.patch("invoices", invoice, hs_invoice_status="voided") == 400
    assert shop.patch("invoices", invoice, hs_invoice_status="paid") == 200
    held = shop.held_by("invoices", invoice)
    assert (held["hs_balance_due"], held["hs_amount_paid"], held["hs_payment_date"]) == ("0.00", "100.00", iso(round(shop.now * 1000)))


@pytest.mark.parametrize("allowed", [False, True])
def test_drafts_are_deleted_and_open_invoices_where_the_account_allows(shop: Shop, allowed: bool) -> None:
    shop.app.switches.delete_open_invoices = allowed
    draft, invoice, paid = shop.draft(LINE), shop.opened(), shop.opened()
    shop.payment(paid)
    line = shop.associated("invoices", draft, "line_items")
    assert shop.ask("DELETE", f"{OBJECTS}/invoices/{draft}").status_code == 204
    assert shop.ask("GET", f"{OBJECTS}/line_items/{line[0]}").status_code == 404
    assert shop.ask("POST", f"{OBJECTS}/invoices/batch/archive", {"inputs": [{"id": paid}, {"id": invoice}]}).status_code == 400
    assert shop.ask("GET", f"{OBJECTS}/invoices/{invoice}").status_code == 200
    assert shop.ask("DELETE", f"{OBJECTS}/invoices/{invoice}").status_code == (204 if allowed else 400)


# Not billable


def test_a_record_that_is_not_billable_takes_number_amount_and_any_status(shop: Shop) -> None:
    values = {"hs_currency": "USD", "hs_invoice_billable": "false", "hs_number": "1037", "hs_due_date": "2020-01-01T00:00:00Z"}
    invoice = shop.make("invoices", values)
    for wanted in ("open", "paid", "voided", "open", "draft"):
        assert shop.patch("invoices", invoice, hs_invoice_status=wanted, hs_amount_billed="12.34") == 200
        held = shop.held_by("invoices", invoice)
        assert (held["hs_invoice_status"], held["hs_amount_billed"], held["hs_number"]) == (wanted, "12.34", "1037")


@pytest.mark.parametrize("resets", [True, False])
def test_the_amount_of_such_a_record_may_be_emptied_right_after_its_create(shop: Shop, resets: bool) -> None:
    shop.app.switches.amount_reset = resets
    made = shop.ask("POST", f"{OBJECTS}/invoices", {"properties": {"hs_currency": "USD", "hs_invoice_billable": False, "hs_amount_billed": "99.50"}})
    assert made.json()["properties"]["hs_amount_billed"] == "99.50"
    assert shop.held_by("invoices", made.json()["id"])["hs_amount_billed"] == ("0" if resets else "99.50")
    assert shop.patch("invoices", made.json()["id"], hs_amount_billed="99.50") == 200
    assert shop.held_by("invoices", made.json()["id"])["hs_amount_billed"] == "99.50"


def test_lines_and_payments_change_nothing_on_such_a_record(shop: Shop) -> None:
    invoice = shop.make("invoices", {"hs_currency": "USD", "hs_invoice_billable": "false", "hs_invoice_status": "open"})
    shop.patch("invoices", invoice, hs_amount_billed="30")
    line = shop.make("line_items", LINE, invoices=invoice)
    shop.payment(invoice)
    held = shop.held_by("invoices", invoice)
    assert (held["hs_amount_billed"], held["hs_invoice_status"], held.get("hs_balance_due")) == ("30", "open", None)
    assert shop.patch("line_items", line, price=7) == 200


def test_a_source_is_kept_by_hubspot_alone(shop: Shop) -> None:
    invoice = shop.invoice(shop.make("contacts", {"email": "s@example.com"}))
    assert shop.held_by("invoices", invoice)["hs_invoice_source"] == "hubspot"
    assert shop.patch("invoices", invoice, hs_invoice_source="data_sync") == 400
