"""Invoices read: every value, what they add up to, the last payment; few calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Lines, Presence, Record
from connectors.quickbooks.invoices import INVOICE
from connectors.sandbox.quickbooks import QuickBooksApp, add_company
from connectors.tests.quickbooks_shop import Till, bill, line, open_till, sample_till, settling
from connectors.vocabulary import DEFAULT_MAPPINGS, Kind

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


def test_every_meaning_of_the_default_mappings_has_a_field() -> None:
    assert {mapping.right for mapping in DEFAULT_MAPPINGS[K]} <= {spec.meaning for spec in INVOICE.fields}


def test_every_sample_invoice_adds_up(sample: Till) -> None:
    records = everything(sample)
    assert len(records) == 30
    for record in records.values():
        content = record.fields["Line"]
        assert isinstance(content, Lines)
        assert sum(one.amount for one in content.lines) - content.discount + content.tax == content.total == record.fields["TotalAmt"]
        assert (record.fields["TotalTax"], record.fields["Discount"]) == (content.tax, content.discount)
        assert record.fields["Paid"] == record.fields["TotalAmt"] - record.fields["Balance"]  # type: ignore[operator]
        assert record.title == record.fields["DocNumber"]
        assert record.presence is Presence.PRESENT


def test_sample_invoices_are_in_every_state(sample: Till) -> None:
    states = [(r.fields["Status"], r.fields["PaymentStatus"], r.fields["Voided"]) for r in everything(sample).values()]
    assert {state: states.count(state) for state in states} == {
        ("paid", "paid", False): 9,
        ("open", "partially_paid", False): 3,
        ("open", "unpaid", False): 16,
        ("voided", "voided", True): 2,
    }


def test_bundles_are_taken_apart_and_discounts_taken_off(sample: Till) -> None:
    by_customer: dict[Any, list[Record]] = {}
    for record in everything(sample).values():
        by_customer.setdefault(sample.company.read("Customer", str(record.fields["CustomerRef"]))["DisplayName"], []).append(record)
    [bundled] = by_customer["Ferreira Tiles"]
    content = bundled.fields["Line"]
    assert isinstance(content, Lines)
    assert [one.name for one in content.lines] == ["Lawn Mowing", "Bark Mulch, cubic yard", "Topsoil, cubic yard", "Lawn Mowing"]
    [reduced] = by_customer["Pye's Cakes"]
    assert (reduced.fields["Discount"], reduced.fields["TotalAmt"]) == (Decimal("19.50"), Decimal("175.50"))


def test_the_last_payment_is_told_by_two_calls_for_a_page(sample: Till) -> None:
    records = everything(sample, ["DocNumber", "LastPayment.Date", "LastPayment.Amount"])
    assert sample.connector.calls == 2
    told = [f"{r.fields['LastPayment.Amount']:.2f}" for r in records.values() if r.fields["LastPayment.Date"]]
    assert told == ["180.00", "2307.50", "962.50", "540.00", "575.00", "325.53", "270.00", "243.75", "1574.40", "200.00", "500.00", "165.00"]


def test_payments_are_not_read_where_they_are_not_wanted(sample: Till) -> None:
    everything(sample, ["DocNumber", "Balance", "Line"])
    assert sample.connector.calls == 1


def test_the_latest_payment_counts_and_of_it_what_went_to_the_invoice(till: Till) -> None:
    first, second = till.invoice(100), till.invoice(50)
    till.pay(30, (first, 30), TxnDate="2027-01-12")
    till.pay(60, (till.read("invoice", first["Id"]), 20), (second, 40), TxnDate="2027-01-14")
    till.pay(5, (till.read("invoice", first["Id"]), 5), TxnDate="2027-01-13")
    fields = till.record(K, first["Id"]).fields
    assert (fields["LastPayment.Date"], fields["LastPayment.Amount"]) == (date(2027, 1, 14), Decimal(20))
    assert (fields["Paid"], fields["Balance"], fields["PaymentStatus"]) == (Decimal(55), Decimal(45), "partially_paid")


def test_a_credit_counts_as_settled(till: Till) -> None:
    made = till.invoice(100)
    memo = till.make("creditmemo", CustomerRef={"value": "1"}, Line=[line(40)])
    till.make("payment", CustomerRef={"value": "1"}, TotalAmt=0, Line=[settling(made, 40), settling(memo, 40, "CreditMemo")])
    fields = till.record(K, made["Id"]).fields
    assert (fields["Paid"], fields["Balance"], fields["LastPayment.Amount"]) == (Decimal(40), Decimal(60), Decimal(40))


def test_an_invoice_is_found_by_its_number_among_invoices_and_credit_memos(till: Till) -> None:
    made = till.stored(K, bill())
    memo = till.make("creditmemo", CustomerRef={"value": "1"}, DocNumber="INV-1", Line=[line(40)])
    till.invoice(5, DocNumber="INV-11")
    found = list(till.connector.find(K, "DocNumber", [" inv-1 ", "INV-404"], till.keys(K)))
    assert [(record.namespace, record.id) for record in found] == [("Invoice", made.id), ("CreditMemo", memo["Id"])]
    assert found[1].fields["TotalAmt"] == Decimal(40)


def test_a_deleted_invoice_is_gone_and_a_voided_one_stays(till: Till) -> None:
    *_, page = till.connector.changes(K, None, ["Voided"])
    gone, kept = till.invoice(5), till.invoice(6)
    assert till.act("invoice", gone, operation="delete")[0] == till.act("invoice", kept, operation="void")[0] == 200
    *_, later = till.connector.changes(K, page.cursor, ["Voided"])
    shown = {record.id: (record.presence, record.fields.get("Voided")) for record in later.records}
    assert shown == {gone["Id"]: (Presence.ABSENT, None), kept["Id"]: (Presence.PRESENT, True)}
    assert till.record(K, gone["Id"]).presence is Presence.ABSENT


def test_the_page_of_an_invoice_opens_and_is_its_link(till: Till) -> None:
    made = till.stored(K, bill())
    assert made.fields["Link"] == till.connector.url(K, made.id) == f"{till.url}/app/invoice?txnId={made.id}"
    assert _opens(till.app, f"/app/invoice?txnId={made.id}")


def _opens(app: QuickBooksApp, address: str) -> bool:
    return app.serve("GET", address, {}, b"").status == 303


@pytest.mark.parametrize("way", ["TaxExcluded", "TaxInclusive", "NotApplicable"])
def test_taxed_invoices_from_abroad_add_up(till: Till, way: str) -> None:
    company = add_company(till.app, REALM_ABROAD, "Elsewhere", country="GB", currency="GBP", currency_name="British Pound Sterling")
    customer = company.create("Customer", {"DisplayName": "Ada"})["Id"]
    income = next(row["Id"] for row in company.table("Account").rows.values() if row["AccountType"] == "Income")
    item = company.create("Item", {"Name": "Mowing", "Type": "Service", "IncomeAccountRef": {"value": income}})["Id"]
    detail = {"TaxCodeRef": {"value": "1"}, "TaxInclusiveAmt": Decimal(12)} if way != "NotApplicable" else {}
    lines = [{**line(0, item, **detail), "Amount": Decimal(10)}, {"DetailType": "DiscountLineDetail", "Amount": Decimal(1), "DiscountLineDetail": {}}]
    company.create("Invoice", {"CustomerRef": {"value": customer}, "GlobalTaxCalculation": way, "Line": lines})
    [page] = till.connector_to(REALM_ABROAD).changes(K, None, ["Line", "TotalAmt", "CurrencyRef"])
    content = page.records[0].fields["Line"]
    assert isinstance(content, Lines)
    assert content.lines[0].amount - content.discount + content.tax == content.total == page.records[0].fields["TotalAmt"]
    assert page.records[0].fields["CurrencyRef"] == "GBP"
