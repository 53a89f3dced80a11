"""A person looks at items, invoices, payments and settings of the simulated books, and changes them; the sample company has them all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.sandbox.quickbooks import DEFAULT_REALM, seed
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.pages_invoices import state
from connectors.sandbox.sample_books import INVOICES, PAYMENTS
from connectors.sandbox.sample_commerce import PRODUCTS
from connectors.tests.quickbooks_shop import Shop, open_shop

BASE = f"/companies/{DEFAULT_REALM}"


class Browser:
    """A person in front of a shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.shop.url}{BASE}{path}", timeout=10)

    def post(self, path: str, form: dict[str, Any] | None = None, **fields: Any) -> requests.Response:
        return requests.post(f"{self.shop.url}{BASE}{path}", data={**(form or {}), **fields}, timeout=10)


@pytest.fixture
def browser() -> Iterator[Browser]:
    for shop in open_shop():
        yield Browser(shop)


def sample(shop: Shop) -> Company:
    """The sample company in place of the shop's own rows."""
    for name in ("Customer", "Item"):
        for row_id in list(shop.company.table(name).rows):
            shop.company.purge(name, row_id)
    seed(shop.app, DEFAULT_REALM)
    return shop.company


def test_a_person_makes_an_item_changes_it_and_makes_it_inactive(browser: Browser) -> None:
    form = {"Name": "<b>Edging</b>", "Sku": "E-1", "Type": "Service", "UnitPrice": "12.50", "Taxable": "false", "IncomeAccountRef": "5"}
    assert browser.post("/item/new", form).url.endswith("/item/3")
    assert "&lt;b&gt;Edging" in browser.get("/item?q=e-1").text
    browser.post("/item/3", {**form, "UnitPrice": "13"})
    assert browser.shop.read("item", "3")["UnitPrice"] == 13
    browser.post("/item/3/active")
    row = browser.shop.read("item", "3")
    assert (row["Name"], row["SyncToken"]) == ("<b>Edging</b> (deleted)", "2")
    refused = browser.post("/item/new", {**form, "Name": "Mulch"})
    assert (refused.status_code, "6240" in refused.text) == (400, True)


def test_a_person_makes_an_inventory_item(browser: Browser) -> None:
    form = {"Name": "Stone", "Type": "Inventory", "IncomeAccountRef": "6", "ExpenseAccountRef": "9", "AssetAccountRef": "4", "QtyOnHand": "3"}
    browser.post("/item/new", form, InvStartDate="2027-01-01")
    assert browser.shop.read("item", "3")["TrackQtyOnHand"] is True


def test_a_person_writes_an_invoice_and_changes_one_line(browser: Browser) -> None:
    browser.shop.company.change_settings(custom_field_1="Crew #")
    form = {
        "customer": "ada", "TxnDate": "2027-01-02", "SalesTermRef": "3", "memo": "Thanks", "custom 1": "7", "tax": "1", "discount": "10",
        "item 0": "mulch", "quantity 0": "2", "text 0": "Cedar", "item 1": "Mowing", "rate 1": "50", "text 2": "Only words",
    }  # fmt: skip
    assert browser.post("/invoice/new", form).url.endswith("/invoice/1")
    made = browser.shop.read("invoice", "1")
    assert [one["Amount"] for one in made["Line"] if "Amount" in one] == [77, 50, 127, 12.7]
    assert (made["TotalAmt"], made["DueDate"], made["CustomerMemo"], made["TxnTaxDetail"]["TotalTax"]) == (
        120.46,
        "2027-02-01",
        {"value": "Thanks"},
        6.16,
    )
    assert made["CustomField"][0]["StringValue"] == "7"
    assert browser.post("/invoice/1", {"quantity 1": "3"}).status_code == 200
    changed = browser.shop.read("invoice", "1")
    assert [one.get("Id") for one in changed["Line"]] == ["1", "2", "3", None, None]
    assert (changed["Line"][1]["Amount"], changed["SyncToken"], changed["Line"][0]) == (150, "1", made["Line"][0])
    browser.post("/invoice/1", {"item 1": "", "rate 1": "", "quantity 1": "", "text 1": "", "PrivateNote": "one less"})
    fewer = browser.shop.read("invoice", "1")
    assert ([one["DetailType"] for one in fewer["Line"]][:2], fewer["PrivateNote"]) == (["SalesItemLineDetail", "DescriptionOnly"], "one less")


def test_a_changed_note_leaves_the_lines_alone(browser: Browser) -> None:
    made = browser.shop.invoice(33.33)
    browser.post("/invoice/1", PrivateNote="seen")
    assert browser.shop.read("invoice", "1")["Line"] == made["Line"]


def test_a_refused_invoice_says_why(browser: Browser) -> None:
    answer = browser.post("/invoice/new", {"customer": "Nobody", "item 0": "Mowing"})
    assert (answer.status_code, "There is no customer called Nobody" in answer.text) == (400, True)
    assert browser.shop.query("select count(*) from Invoice") == {"totalCount": 0}


def test_a_person_receives_a_payment_and_takes_it_back(browser: Browser) -> None:
    invoice = browser.shop.invoice(100)
    assert "Invoice 1001: open 100.00" in browser.get("/payment/new?customer=Ada").text
    form = {
        "customer": "1",
        "TotalAmt": "40",
        "TxnDate": "2027-01-15",
        "PaymentMethodRef": "2",
        "PaymentRefNum": "77",
        f"Invoice {invoice['Id']}": "40",
    }
    assert browser.post("/payment/new", form).url.endswith("/payment/1")
    assert "Payment 1" in browser.get("/invoice/1").text
    assert (browser.shop.read("invoice", "1")["Balance"], browser.shop.read("invoice", "1")["SyncToken"]) == (60, "1")
    browser.post("/payment/1/deposit")
    assert "6540" in browser.post("/payment/1/delete").text
    browser.post("/payment/1/deposit")
    assert browser.post("/payment/1/delete").url.endswith("/payment")
    assert browser.shop.read("invoice", "1")["Balance"] == 100


def test_a_person_voids_deletes_and_mails_invoices(browser: Browser) -> None:
    for _ in range(2):
        browser.shop.invoice(10)
    browser.post("/invoice/1/send")
    browser.post("/invoice/1/void")
    assert (browser.shop.read("invoice", "1")["PrivateNote"], browser.shop.read("invoice", "1")["EmailStatus"]) == ("Voided", "EmailSent")
    assert browser.post("/invoice/2/delete").url.endswith("/invoice")
    page = browser.get("/invoice").text
    assert ("voided" in page, "1002" in page) == (True, False)


def test_a_person_changes_the_settings(browser: Browser) -> None:
    browser.post("/settings", book_close_date="2026-12-31", custom_numbers="yes", custom_field_2="Route", default_item="2")
    settings = browser.shop.company.settings
    assert (settings.book_close_date, settings.custom_numbers, settings.custom_field_2, settings.allow_discount) == (
        "2026-12-31",
        True,
        "Route",
        True,
    )
    shown = browser.shop("GET", "/preferences")[1]["Preferences"]
    assert shown["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert {"Name": "SalesFormsPrefs.DefaultItem", "Value": "2"} in shown["OtherPrefs"]["NameValue"]
    assert browser.post("/settings", book_close_date="someday").status_code == 400
    assert "2500" in browser.post("/settings", default_item="99").text


@pytest.mark.parametrize(("address", "path"), [("invoice?txnId=1", "invoice/1"), ("recvpayment?txnId=1", "payment/1"), ("item?itemId=2", "item/2")])
def test_deep_links_lead_to_the_row(browser: Browser, address: str, path: str) -> None:
    browser.shop.invoice(10)
    browser.shop.pay(10)
    assert requests.get(f"{browser.shop.url}/app/{address}", timeout=10).url.endswith(f"{BASE}/{path}")


@pytest.mark.parametrize("path", ["/item/99", "/invoice/99", "/payment/99", "/payment/99/void", "/spaceship"])
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert (browser.post(path) if path.endswith("void") else browser.get(path)).status_code == 404


def test_the_sample_company_has_invoices_in_every_state(browser: Browser) -> None:
    company = sample(browser.shop)
    invoices = browser.shop.query("select * from Invoice maxresults 1000")["Invoice"]
    states = [state(row, company.today()) for row in invoices]
    assert {word: states.count(word) for word in set(states)} == {"paid": 9, "overdue": 5, "voided": 2, "partly paid": 2, "open": 12}
    assert len(invoices) == len(INVOICES)
    assert len(PAYMENTS) + 1 == browser.shop.query("select count(*) from Payment")["totalCount"]
    owed: dict[str, Decimal] = {}
    for entity, member, sign in (("Invoice", "Balance", 1), ("CreditMemo", "Balance", -1), ("Payment", "UnappliedAmt", -1)):
        for row in company.table(entity).rows.values():
            owed[row["CustomerRef"]["value"]] = owed.get(row["CustomerRef"]["value"], Decimal(0)) + sign * Decimal(row[member])
    assert all(Decimal(row["Balance"]) == owed.get(row_id, 0) for row_id, row in company.table("Customer").rows.items())
    assert all(date.fromisoformat(row["TxnDate"]) < date.fromisoformat(company.today()) for row in invoices)


def test_the_sample_company_sells_what_its_books_know(browser: Browser) -> None:
    company = sample(browser.shop)
    rows = company.table("Item").rows.values()
    known = {product.side("quickbooks")["name"] for product in PRODUCTS if product.in_quickbooks}
    assert {row["Name"].removesuffix(" (deleted)") for row in rows if row["Type"] not in ("Category", "Group")} == known | {"Services"}
    assert {"Category", "Group", "Inventory", "Service", "NonInventory"} == {row["Type"] for row in rows}
    assert any("Sku" not in row for row in rows if row["Type"] == "Service")
    assert "Garden Starter Package" in browser.get("/item").text
    assert browser.get("/invoice/25").status_code == 200
    assert browser.shop.refused("item", Id=next(row["Id"] for row in rows if row["Type"] == "Group"), SyncToken="0", sparse=True) == "2170"


def test_a_line_of_a_bundle_survives_a_persons_edit(browser: Browser) -> None:
    sample(browser.shop)
    number = next(n for n, invoice in enumerate(INVOICES, 1) if invoice.bundles)
    before = browser.shop.read("invoice", str(number))
    browser.post(f"/invoice/{number}", {"quantity 0": "2"})
    after = browser.shop.read("invoice", str(number))
    assert after["Line"][1]["GroupLineDetail"] == before["Line"][1]["GroupLineDetail"]
    assert after["TotalAmt"] == before["TotalAmt"] + 45
