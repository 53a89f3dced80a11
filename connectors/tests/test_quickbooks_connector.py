"""The connector as a whole: the account, addresses, tokens, pace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.errors import Unauthorized
from connectors.quickbooks import PROVIDER, QuickBooksConnector
from connectors.quickbooks.client import LIMITS
from connectors.quickbooks.connector import _sales_details, _tax_model
from connectors.sandbox.quickbooks import DEFAULT_REALM, issue
from connectors.tests.contract import KIND
from connectors.tests.test_quickbooks_contract import QuickBooksPlace, sandbox_place


@pytest.fixture
def place() -> Iterator[QuickBooksPlace]:
    yield from sandbox_place()


def test_the_account_tells_zone_currency_country_and_plan(place: QuickBooksPlace) -> None:
    account = place.connector.account()
    assert (account.id, account.name, account.zone, account.currency, account.country) == (
        DEFAULT_REALM, "Cedar & Slate Landscaping", "America/Denver", "USD", "US",
    )  # fmt: skip
    assert account.details == {
        "subscription": "PAID", "plan": "QuickBooks Online Plus", "multi_currency": "no", "own_document_numbers": "no", "sales_tax": "yes",
        "tax_model": "rates", "allow_discount": "yes", "revenue_recognition": "no",
    }  # fmt: skip


def test_the_account_tells_what_the_company_has_switched_on(place: QuickBooksPlace) -> None:
    place.company.change_settings(
        custom_field_2="Crew #", custom_field_1="Area", automated_sales_tax=True, allow_discount=False, book_close_date="2026-12-31"
    )
    details = place.connector.account().details
    assert (details["sales_form_custom_fields"], details["tax_model"], details["allow_discount"], details["books_closed_until"]) == (
        "Area, Crew #", "automated", "no", "2026-12-31",
    )  # fmt: skip
    place.company.change_settings(using_sales_tax=False)
    assert place.connector.account().details["tax_model"] == "none"


@pytest.mark.parametrize(
    ("country", "taxes", "model"),
    [
        ("US", {"UsingSalesTax": True, "PartnerTaxEnabled": False}, "automated, not set up"),
        ("US", {"UsingSalesTax": True}, "rates"),
        ("GB", {"UsingSalesTax": True, "PartnerTaxEnabled": True}, "codes"),
        ("CA", {}, "codes"),
    ],
)
def test_the_tax_model_follows_from_country_and_settings(country: str, taxes: dict[str, bool], model: str) -> None:
    assert _tax_model(country, taxes) == model


@pytest.mark.parametrize("name", ["RevenueRecognitionEnabled", "RevenueRecognition"])
def test_revenue_recognition_is_read_in_both_spellings(name: str) -> None:
    assert _sales_details({"ProductAndServicesPrefs": {name: True}})["revenue_recognition"] == "yes"


def test_live_accounts_are_no_sandboxes_and_trial_ones_are() -> None:
    from connectors.quickbooks.connector import _is_sandbox

    assert PROVIDER.trial is not None
    assert (_is_sandbox(PROVIDER.live.api), _is_sandbox(PROVIDER.trial.api)) == (False, True)


def test_a_record_address_leads_to_intuit_and_in_the_sandbox_to_its_page(place: QuickBooksPlace) -> None:
    live = QuickBooksConnector(PROVIDER.live, lambda fresh: "", DEFAULT_REALM)
    assert live.url(KIND, "7&x=1") == "https://app.qbo.intuit.com/app/customerdetail?nameId=7%26x%3D1"
    record_id = place.create({"DisplayName": "Alice"})
    assert place.app.serve("GET", f"/app/customerdetail?nameId={record_id}", {}, b"").status == 303


def test_a_refused_token_is_renewed_once(place: QuickBooksPlace) -> None:
    good, asked = issue(place.app, DEFAULT_REALM)["access_token"], []

    def token(fresh: bool) -> str:
        asked.append(fresh)
        return str(good) if any(asked) else "expired"

    place.connector._client.session.token = token
    assert place.connector.account().id == DEFAULT_REALM
    assert asked.count(True) == 1


def test_a_token_that_stays_refused_is_reported(place: QuickBooksPlace) -> None:
    place.connector._client.session.token = lambda fresh: "expired"
    with pytest.raises(Unauthorized):
        place.connector.account()


def test_a_batch_counts_against_its_own_limit_and_the_general_ones() -> None:
    limits = PROVIDER.live.limits(LIMITS)
    assert [(limit.count, limit.seconds) for limit in limits["batch"]] == [(40, 60), (500, 60), (10, 1)]
    assert limits["batch"][1:] == limits[""]


def test_a_place_without_limits_is_not_paced() -> None:
    assert replace(PROVIDER.live, pace=0).limits(LIMITS) == {}


def test_a_paced_connector_meets_no_refusal(place: QuickBooksPlace) -> None:
    place.app.switches.limit_scale = 1
    token = issue(place.app, DEFAULT_REALM)["access_token"]
    endpoints = replace(place.connector._endpoints, pace=1.0)
    connector = QuickBooksConnector(endpoints, lambda fresh: token, DEFAULT_REALM)
    for _ in range(12):
        connector.account()
    assert connector.calls == 24
    assert {entry.status for entry in place.app.log} == {200}
