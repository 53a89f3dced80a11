"""Invoices written: created to the cent, refused for a reason, changed above the lines; few calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Failed, Lines, Operation, Presence, Record, Stored, Values, Write
from connectors.errors import NotFound, Rejected, Stale
from connectors.sandbox.quickbooks import add_company
from connectors.sandbox.server import Reply, Request
from connectors.tests.contract import create, update
from connectors.tests.quickbooks_shop import Till, bill, open_till, sale, sales, sample_till
from connectors.vocabulary import Category, Kind

K = Kind.INVOICE
REALM_ABROAD = "9130350000000000002"


@pytest.fixture
def till() -> Iterator[Till]:
    yield from open_till()


@pytest.fixture
def sample() -> Iterator[Till]:
    yield from sample_till()


def everything(till: Till, keys: list[str] | None = None) -> dict[str, Record]:
    return {record.id: record for page in till.connector.changes(K, None, keys or till.keys(K)) for record in page.records}


WRITTEN: dict[str, Any] = {
    "DocNumber": "INV-Ö 7",
    "DueDate": date(2027, 2, 9),
    "CustomerMemo.value": "Tack för köpet 🌲",
    "PrivateNote": "from the CRM",
    "BillEmail.Address": "ap@example.com",
    "BillAddr.Lines": "1 Main Street\nRear",
    "BillAddr.City": "Denver",
    "BillAddr.CountrySubDivisionCode": "CO",
    "BillAddr.PostalCode": "80202",
    "BillAddr.Country": "USA",
    "TrackingNum": "1Z",
    "ShipDate": date(2027, 1, 11),
}


def test_an_invoice_is_created_with_all_its_values(till: Till) -> None:
    made = till.stored(K, bill(sale("2", "45", text='Mähen "front & back"'), **WRITTEN))
    assert {key: made.fields[key] for key in WRITTEN} == WRITTEN
    assert (made.fields["CustomerRef"], made.fields["TxnDate"], made.fields["CurrencyRef"]) == ("1", date(2027, 1, 10), "USD")
    assert (made.fields["Status"], made.fields["Balance"], made.fields["LastPayment.Date"]) == ("open", Decimal(90), None)
    assert till.record(K, made.id) == made


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        ("1", "0.005", "0.01"),
        ("3", "0.335", "1.01"),
        ("0.5", "0.01", "0.01"),
        ("5.333", "120", "639.96"),
        ("1.2345678", "7.6543211", "9.45"),
        ("3", "33.3333333", "100.00"),
        ("1", "-25", "-25.00"),
        ("0", "10", "0.00"),
        ("1000000", "1234.56", "1234560000.00"),
    ],
)
def test_half_cents_and_seven_decimals_come_out_to_the_cent(till: Till, quantity: str, price: str, amount: str) -> None:
    content = sales(sale("1", "100"), sale(quantity, price, amount))
    made = till.stored(K, {**bill(), "Line": content})
    stored = made.fields["Line"]
    assert isinstance(stored, Lines)
    assert [(one.quantity, one.price, one.amount, one.product) for one in stored.lines] == [
        (one.quantity, one.price, one.amount, one.product) for one in content.lines
    ]
    assert stored.total == content.total == made.fields["TotalAmt"]


def test_no_line_is_taxed_in_the_united_states(till: Till) -> None:
    till.company.change_settings(automated_sales_tax=True)
    made = till.stored(K, bill(sale("1", "38.5", product="2")))
    assert (made.fields["TotalTax"], made.fields["TotalAmt"]) == (Decimal(0), Decimal("38.5"))
    [stored] = till.rows("Invoice")
    assert stored["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}


@pytest.mark.parametrize(
    ("values", "category", "field"),
    [
        ({"Line": Lines((), Decimal(0))}, Category.NO_LINE_ITEMS, "Line"),
        ({"Line": None}, Category.NO_LINE_ITEMS, "Line"),
        ({"Line": sales(sale("1", "5", product=""))}, Category.INCOME_ACCOUNT_INVALID, "Line"),
        ({"Line": sales(sale("1", "-5"))}, Category.HEADER_ADJUSTMENT, "Line"),
        ({"Line": replace(sales(sale("1", "5")), total=Decimal(4), discount=Decimal(1))}, Category.HEADER_ADJUSTMENT, "Line"),
        ({"Line": replace(sales(sale("1", "5")), total=Decimal(6), tax=Decimal(1))}, Category.HEADER_ADJUSTMENT, "Line"),
        ({"Line": replace(sales(sale("1", "5")), adjustments=("fee",))}, Category.HEADER_ADJUSTMENT, "Line"),
        ({"Line": sales(sale("1", "5", "6"))}, Category.AMOUNT_MISMATCH, "Line"),
        ({"Line": replace(sales(sale("1", "5")), total=Decimal(7))}, Category.AMOUNT_MISMATCH, "Line"),
        ({"Line": sales(sale("1", "5", text="half \ud800 pair"))}, Category.ENCODING, ""),
        ({"CurrencyRef": "SEK"}, Category.CURRENCY_MISMATCH, "CurrencyRef"),
        ({"Voided": True}, Category.VALUE_INVALID, "Voided"),
        ({"CustomField.1": "blue"}, Category.MAPPING_BROKEN, "CustomField.1"),
    ],
)
def test_what_quickbooks_would_misunderstand_is_not_sent(till: Till, values: Values, category: Category, field: str) -> None:
    error = till.rejected(K, create({**bill(), **values}))
    assert (error.category, error.field) == (category, field)
    assert not [entry for entry in till.app.log if "requestid" in entry.query]


@pytest.mark.parametrize(
    ("values", "category", "field"),
    [
        ({"Line": sales(sale("1", "5", product="4711"))}, Category.ITEM_INACTIVE, ""),
        ({"CustomerRef": "4711"}, Category.CUSTOMER_INACTIVE, ""),
        ({"DocNumber": "n" * 22}, Category.VALUE_TOO_LONG, ""),
        ({"Line": sales(sale("1", "5", text="t" * 4001))}, Category.VALUE_TOO_LONG, ""),
        ({"BillEmail.Address": "nobody"}, Category.VALUE_INVALID, "BillEmail.Address"),
        ({"CustomerRef": None}, Category.REQUIRED_VALUE_MISSING, ""),
    ],
)
def test_a_refused_invoice_says_why_and_does_not_hold_up_others(till: Till, values: Values, category: Category, field: str) -> None:
    refused, stored = till.write(K, create({**bill(), **values}, key="1"), create(bill(DocNumber="INV-2"), key="2"))
    assert isinstance(refused, Failed)
    assert isinstance(refused.error, Rejected)
    assert (refused.error.category, refused.error.field) == (category, field)
    assert isinstance(stored, Stored)


def test_an_inactive_item_and_an_inactive_customer_are_told_apart(till: Till) -> None:
    till.changed("item", till.read("item", "1"), Active=False)
    assert till.rejected(K, create(bill())).category is Category.ITEM_INACTIVE
    till.changed("customer", till.read("customer", "2"), Active=False)
    assert till.rejected(K, create(bill(sale("1", "5", product="2"), customer="2"))).category is Category.CUSTOMER_INACTIVE


def test_a_doubled_number_is_told_where_the_company_minds(till: Till) -> None:
    till.stored(K, bill())
    till.stored(K, bill())
    till.company.change_settings(custom_numbers=True, warn_duplicate_numbers=True)
    error = till.rejected(K, create(bill()))
    assert (error.category, error.field) == (Category.INVOICE_NUMBER_IN_USE, "DocNumber")


@pytest.mark.parametrize("password", [True, False])
def test_closed_books_are_told_for_creates_updates_and_voids(till: Till, password: bool) -> None:
    before = till.stored(K, bill())
    till.company.change_settings(book_close_date="2027-01-31", close_password=password)
    outcomes = till.write(
        K,
        create(bill(DocNumber="INV-2"), call="c", key="1"),
        update(before, {"PrivateNote": "x"}, call="c", key="2"),
        update(before, {"Voided": True}, call="c", key="3"),
    )
    assert [outcome.error.category for outcome in outcomes if isinstance(outcome, Failed)] == [Category.PERIOD_CLOSED] * 3


def test_revenue_recognition_wants_a_service_date(till: Till) -> None:
    till.company.change_settings(revenue_recognition=True)
    assert till.rejected(K, create(bill())).category is Category.SERVICE_DATE_REQUIRED
    assert till.connector.account().details["revenue_recognition"] == "yes"


@pytest.mark.parametrize("country", ["GB", "CA"])
def test_a_company_abroad_wants_tax(till: Till, country: str) -> None:
    company = add_company(till.app, REALM_ABROAD, "Elsewhere", country=country, currency="GBP", currency_name="British Pound Sterling")
    customer = company.create("Customer", {"DisplayName": "Ada"})["Id"]
    income = next(row["Id"] for row in company.table("Account").rows.values() if row["AccountType"] == "Income")
    item = company.create("Item", {"Name": "Mowing", "Type": "Service", "IncomeAccountRef": {"value": income}})["Id"]
    connector = till.connector_to(REALM_ABROAD)
    [outcome] = connector.write(K, [create(bill(sale("1", "5", product=item), customer=customer))], till.keys(K))
    assert isinstance(outcome, Failed)
    assert outcome.error.category is Category.TAX_REQUIRED
    assert connector.account().details["tax_model"] == "codes"


def test_an_update_changes_the_header_and_leaves_the_lines(till: Till) -> None:
    before = till.stored(K, bill(**WRITTEN))
    later = {"DueDate": date(2027, 3, 1), "CustomerMemo.value": None, "BillAddr.City": "Arvada", "DocNumber": "INV-8"}
    [outcome] = till.write(K, update(before, {**later, "Line": sales(sale("9", "9"))}))
    assert isinstance(outcome, Stored)
    changed = {key: value for key, value in outcome.record.fields.items() if value != before.fields[key]}
    assert changed == later


def test_an_invoice_whose_payment_came_meanwhile_is_stale(till: Till) -> None:
    before = till.stored(K, bill())
    till.pay(10, (till.read("invoice", before.id), 10))
    [outcome] = till.write(K, update(before, {"PrivateNote": "x"}))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, Stale)


def test_custom_fields_in_use_are_offered_by_name_and_kept_together(till: Till) -> None:
    assert not [spec for spec in till.connector.fields(K) if spec.custom]
    till.company.change_settings(custom_field_1="Crew #", custom_field_3="Area")
    till.again()
    custom = [spec for spec in till.connector.fields(K) if spec.custom]
    assert [(spec.key, spec.label, spec.max_length) for spec in custom] == [("CustomField.3", "Area", 31), ("CustomField.1", "Crew #", 31)]
    before = till.stored(K, bill(CustomField__1="7", CustomField__3="north"))
    [outcome] = till.write(K, update(before, {"CustomField.3": None}))
    assert isinstance(outcome, Stored)
    assert [outcome.record.fields[f"CustomField.{n}"] for n in "123"] == ["7", None, None]
    assert till.rejected(K, create(bill(DocNumber="INV-2", CustomField__1="x" * 32))).category is Category.VALUE_TOO_LONG


def test_a_company_of_several_currencies_is_told_the_customers_one(till: Till) -> None:
    till.company.change_settings(multicurrency=True)
    euro = till.make("customer", DisplayName="Élan", CurrencyRef={"value": "EUR", "name": "Euro"})["Id"]
    made = till.stored(K, bill(customer=euro, CurrencyRef="EUR"))
    assert made.fields["CurrencyRef"] == "EUR"
    assert till.rejected(K, create(bill(DocNumber="INV-2", customer=euro, CurrencyRef="USD"))).category is Category.CURRENCY_MISMATCH
    assert till.rejected(K, create(bill(DocNumber="INV-2", customer=euro))).category is Category.CURRENCY_MISMATCH


def test_the_home_currency_needs_no_name_where_there_is_no_other(till: Till) -> None:
    made = till.stored(K, bill(CurrencyRef="USD"))
    [outcome] = till.write(K, update(made, {"CurrencyRef": "USD", "PrivateNote": "x"}))
    assert isinstance(outcome, Stored)


def test_what_we_made_can_be_taken_away_again_once_or_twice(till: Till) -> None:
    made = till.stored(K, bill())
    for call in ("first", "second"):
        [outcome] = till.write(K, Write(call, "1", Operation.DELETE, {}, id=made.id, version=made.version))
        assert isinstance(outcome, Stored)
        assert outcome.record.presence is Presence.ABSENT
    assert not till.rows("Invoice")


def test_an_update_of_an_invoice_that_is_gone_is_not_found(till: Till) -> None:
    [outcome] = till.write(K, Write("call", "1", Operation.UPDATE, {"PrivateNote": "x"}, id="4711", version="0"))
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, NotFound)


def test_an_answer_stands_though_its_payments_cannot_be_read(till: Till) -> None:
    """The look-up for the last payment fails, the invoice was stored all the same: those fields are unknown, nothing else is."""
    made = till.stored(K, bill())
    till.pay(10, (till.read("invoice", made.id), 10))
    before = till.record(K, made.id)
    till.connector._client.session.sleep = lambda seconds: None

    def hook(moment: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
        return Reply(503, "<html>") if moment == "before" and b"FROM Payment" in request.body else None

    till.app.hook = hook
    [outcome] = till.write(K, update(before, {"PrivateNote": "x"}))
    assert isinstance(outcome, Stored)
    assert outcome.record.fields["PrivateNote"] == "x"
    assert "LastPayment.Date" not in outcome.record.fields


def test_hundreds_of_invoices_take_few_calls(till: Till) -> None:
    writes = [create(bill(DocNumber=f"N-{n}"), call=f"c{n // 30}", key=str(n % 30)) for n in range(120)]
    assert all(isinstance(outcome, Stored) for outcome in till.write(K, *writes))
    assert till.connector.calls == 5
    ids = [row["Id"] for row in till.rows("Invoice")]
    calls = till.connector.calls
    assert len(list(till.connector.read(K, ids, till.keys(K)))) == 120
    assert till.connector.calls == calls + 1
