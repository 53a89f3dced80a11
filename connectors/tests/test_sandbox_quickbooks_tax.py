"""Sales tax and currencies in the simulated books, for companies of several countries."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.quickbooks import add_company
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.tests.quickbooks_shop import Shop, line, open_shop

ADA = {"value": "1"}
MULCH = "2"


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield from open_shop()


def foreign(shop: Shop, country: str) -> Company:
    company = add_company(shop.app, "9130350000000000002", "Elsewhere", country=country, currency="GBP", currency_name="British Pound Sterling")
    company.create("Customer", {"DisplayName": "Ada"})
    income = next(row["Id"] for row in company.table("Account").rows.values() if row["AccountType"] == "Income")
    company.create("Item", {"Name": "Mowing", "Type": "Service", "IncomeAccountRef": {"value": income}})
    return company


def exact(amount: str, **detail: Any) -> dict[str, Any]:
    """A line for the company itself, below the wire."""
    return {**line(0, **detail), "Amount": Decimal(amount)}


def refusal(company: Company, **members: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        company.create("Invoice", {"CustomerRef": ADA, **members})
    return caught.value


def test_a_line_is_taxed_when_item_and_customer_are(shop: Shop) -> None:
    made = shop.make("invoice", CustomerRef=ADA, Line=[line(10, MULCH), line(10), line(10, MULCH, TaxCodeRef={"value": "NON"})])
    assert [one["SalesItemLineDetail"]["TaxCodeRef"]["value"] for one in made["Line"][:3]] == ["TAX", "NON", "NON"]
    shop.changed("customer", shop.read("customer", "1"), Taxable=False)
    assert shop.make("invoice", CustomerRef=ADA, Line=[line(10, MULCH)])["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}


def test_the_older_engine_taxes_by_the_code_of_the_form_and_can_be_overruled(shop: Shop) -> None:
    taxed = [line(335.25, MULCH), line(100)]
    assert shop.make("invoice", CustomerRef=ADA, Line=taxed)["TxnTaxDetail"] == {"TotalTax": 0}
    made = shop.make("invoice", CustomerRef=ADA, Line=taxed, TxnTaxDetail={"TxnTaxCodeRef": {"value": "1"}})
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (26.82, 462.07)
    assert made["TxnTaxDetail"]["TaxLine"] == [
        {
            "Amount": 26.82,
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {"TaxRateRef": {"value": "1"}, "PercentBased": True, "TaxPercent": 8, "NetAmountTaxable": 335.25},
        }
    ]
    assert shop.changed("invoice", made, Line=[line(100, MULCH)])["TotalAmt"] == 108
    own = shop.make("invoice", CustomerRef=ADA, Line=taxed, TxnTaxDetail={"TxnTaxCodeRef": {"value": "1"}, "TotalTax": 20})
    assert (own["TxnTaxDetail"]["TotalTax"], own["TotalAmt"]) == (20, 455.25)
    assert shop.changed("invoice", own, PrivateNote="x")["TotalAmt"] == 455.25
    assert shop.refused("invoice", CustomerRef=ADA, Line=taxed, TxnTaxDetail={"TxnTaxCodeRef": {"value": "9"}}) == "2500"


@pytest.mark.parametrize(("after", "tax"), [(True, 7.2), (False, 8)])
def test_a_discount_lowers_the_tax_where_the_form_says_so(shop: Shop, after: bool, tax: float) -> None:
    discount = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}
    made = shop.make(
        "invoice", CustomerRef=ADA, Line=[line(100, MULCH), discount], ApplyTaxAfterDiscount=after, TxnTaxDetail={"TxnTaxCodeRef": {"value": "1"}}
    )
    assert made["TxnTaxDetail"]["TotalTax"] == tax


@pytest.mark.parametrize(("recomputes", "with_address", "without"), [(True, 8, 0), (False, 16.83, 16.83)])
def test_automated_tax_goes_by_the_address_whatever_was_sent(shop: Shop, recomputes: bool, with_address: float, without: float) -> None:
    shop.company.change_settings(automated_sales_tax=True)
    shop.app.switches.automated_tax_recomputes = recomputes
    sent = {"TxnTaxCodeRef": {"value": "1"}, "TotalTax": 16.83}
    ada, ben = (shop.make("invoice", CustomerRef={"value": who}, Line=[line(100, MULCH)], TxnTaxDetail=sent)["TxnTaxDetail"] for who in "12")
    assert (ada["TotalTax"], ben["TotalTax"]) == (with_address, without)
    assert "TxnTaxCodeRef" not in ada
    assert shop("GET", "/preferences")[1]["Preferences"]["TaxPrefs"] == {"UsingSalesTax": True, "PartnerTaxEnabled": True}


def test_a_company_without_sales_tax_ignores_it(shop: Shop) -> None:
    shop.company.change_settings(using_sales_tax=False)
    made = shop.make("invoice", CustomerRef=ADA, Line=[line(100, MULCH)], TxnTaxDetail={"TxnTaxCodeRef": {"value": "1"}, "TotalTax": 5})
    assert (made["TotalAmt"], made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]) == (100, {"value": "NON"})


@pytest.mark.parametrize(("country", "word"), [("GB", "VAT"), ("CA", "GST/HST"), ("AU", "GST/HST")])
def test_every_line_outside_the_us_needs_a_tax_code(shop: Shop, country: str, word: str) -> None:
    company = foreign(shop, country)
    fault = refusal(company, Line=[exact("100")])
    assert (fault.code, f"have a {word} rate" in fault.detail) == ("6000", True)
    assert refusal(company, Line=[exact("100", TaxCodeRef={"value": "TAX"})]).code == "2500"
    made = company.create("Invoice", {"CustomerRef": ADA, "Line": [exact("100")], "GlobalTaxCalculation": "NotApplicable"})
    assert made["TotalAmt"] == 100
    assert refusal(company, Line=[exact("100")], GlobalTaxCalculation="NotApplicable", TxnTaxDetail={"TotalTax": 1}).code == "6170"


def test_lines_outside_the_us_are_taxed_by_their_codes_after_discount(shop: Shop) -> None:
    company = foreign(shop, "GB")
    lines = [exact("100", TaxCodeRef={"value": "1"}), exact("50", TaxCodeRef={"value": "2"}), exact("50", TaxCodeRef={"value": "1"})]
    made = company.create("Invoice", {"CustomerRef": ADA, "Line": lines})
    assert [(one["Amount"], one["TaxLineDetail"]["NetAmountTaxable"]) for one in made["TxnTaxDetail"]["TaxLine"]] == [
        (30, 150),
        (Decimal("2.50"), 50),
    ]
    assert (made["TotalAmt"], made["GlobalTaxCalculation"]) == (Decimal("232.50"), "TaxExcluded")
    half = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 50}}
    assert company.create("Invoice", {"CustomerRef": ADA, "Line": [*lines, half]})["TotalAmt"] == Decimal("116.25")


def test_inclusive_amounts_carry_their_tax(shop: Shop) -> None:
    company = foreign(shop, "GB")
    lines = [exact("8.33", TaxCodeRef={"value": "1"}, TaxInclusiveAmt=10)]
    made = company.create("Invoice", {"CustomerRef": ADA, "Line": lines, "GlobalTaxCalculation": "TaxInclusive"})
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (Decimal("1.67"), 10)


@pytest.mark.parametrize("refused", [True, False])
def test_a_tax_that_does_not_match_the_lines_is_refused_or_kept_by_switch(shop: Shop, refused: bool) -> None:
    company = foreign(shop, "GB")
    made = company.create("Invoice", {"CustomerRef": ADA, "Line": [exact("100", TaxCodeRef={"value": "1"})]})
    shop.app.switches.stale_tax_refused = refused
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Line": [exact("50", TaxCodeRef={"value": "1"})]}
    if refused:
        with pytest.raises(Fault, match="6000"):
            company.update("Invoice", {**body, "TxnTaxDetail": made["TxnTaxDetail"]})
        assert company.update("Invoice", body)["TotalAmt"] == 60
    else:
        assert company.update("Invoice", {**body, "TxnTaxDetail": made["TxnTaxDetail"]})["TotalAmt"] == 70


def test_with_several_currencies_the_customers_own_must_be_named(shop: Shop) -> None:
    shop.company.change_settings(multicurrency=True)
    shop.app.switches.exchange_rate = Decimal("1.25")
    euro = shop.make("customer", DisplayName="Eva", CurrencyRef={"value": "EUR"})["Id"]
    assert shop.refused("invoice", CustomerRef=ADA, Line=[line(1)]) == "2020"
    assert shop.refused("invoice", CustomerRef={"value": euro}, Line=[line(1)], CurrencyRef={"value": "USD"}) == "6000"
    home = shop.invoice(10, CurrencyRef={"value": "USD"})
    assert (home["ExchangeRate"], home["HomeTotalAmt"]) == (1, 10)
    made = shop.invoice(10, customer=euro, CurrencyRef={"value": "EUR"})
    assert (made["TotalAmt"], made["HomeTotalAmt"], made["HomeBalance"]) == (10, 12.5, 12.5)
    shop.pay(4, (made, 4), customer=euro, CurrencyRef={"value": "EUR"})
    after = shop.read("invoice", made["Id"])
    assert (after["Balance"], after["HomeBalance"]) == (6, 7.5)
    assert shop.changed("invoice", after, ExchangeRate=2)["HomeTotalAmt"] == 20
