"""Errors in every shape QuickBooks sends them become the right error for the caller."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.errors import ConnectorError, CursorExpired, Forbidden, NotFound, Rejected, Stale, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.quickbooks.errors import QuickBooksDialect, fault_error, faults_of
from connectors.vocabulary import Category


def fault(code: str, detail: str = "the detail", element: str = "") -> dict[str, Any]:
    return {"Error": [{"Message": "the message", "Detail": detail, "code": code, "element": element}], "type": "ValidationFault"}


def judge(status: int, body: Any, *, text: str = "", headers: dict[str, str] | None = None) -> ConnectorError | None:
    return QuickBooksDialect().judge(status, headers or {}, body, text or json.dumps(body))


@pytest.mark.parametrize(
    ("code", "error", "category"),
    [
        ("610", NotFound, Category.UNKNOWN),
        ("2020", Rejected, Category.REQUIRED_VALUE_MISSING),
        ("2040", Rejected, Category.CHARACTER_NOT_ALLOWED),
        ("2050", Rejected, Category.VALUE_TOO_LONG),
        ("2170", Rejected, Category.OPTION_UNKNOWN),
        ("2210", Rejected, Category.VALUE_INVALID),
        ("3001", Throttled, Category.RATE_LIMIT),
        ("3100", Forbidden, Category.NO_PERMISSION),
        ("3200", Unauthorized, Category.RECONNECT_NEEDED),
        ("5010", Stale, Category.CHANGED_MEANWHILE),
        ("6080", Rejected, Category.REQUIRED_VALUE_MISSING),
        ("6190", Forbidden, Category.COMPANY_INACTIVE),
        ("6240", Rejected, Category.DISPLAY_NAME_IN_USE),
        ("10000", Unavailable, Category.SERVICE_UNAVAILABLE),
        ("10200", CursorExpired, Category.UNKNOWN),
        ("99999", Rejected, Category.UNKNOWN),
    ],
)
def test_a_code_decides_whatever_the_status(code: str, error: type[ConnectorError], category: Category) -> None:
    for status in (200, 400):
        found = judge(status, {"Fault": fault(code)})
        assert type(found) is error
        assert found.category is category
        assert found.code == code


def test_the_text_decides_where_one_code_means_several_things() -> None:
    encoding, other = fault_error(fault("500", "body is not UTF-8"), ""), fault_error(fault("500", "not offered"), "")
    assert (encoding.category, other.category) == (Category.ENCODING, Category.FEATURE_OFF)
    missing, business = fault_error(fault("6000", "A name is required"), ""), fault_error(fault("6000", "Not today"), "")
    assert (missing.category, business.category) == (Category.REQUIRED_VALUE_MISSING, Category.VALUE_INVALID)


def test_a_taken_name_says_whose_words_and_which_field() -> None:
    found = fault_error(fault("6240", "Another vendor is already using this name."), "tid")
    assert (found.words, found.field, found.trace) == ("Another vendor is already using this name.", "DisplayName", "tid")


def test_the_gateways_lower_case_is_read_and_its_token_is_not_repeated() -> None:
    body = {"fault": {"error": [{"message": "AuthenticationFailed", "detail": "Token expired: SECRET", "code": "3200"}], "type": "AUTHENTICATION"}}
    found = judge(401, body, headers={"intuit_tid": "1-2"})
    assert isinstance(found, Unauthorized)
    assert found.trace == "1-2"
    assert "SECRET" not in f"{found} {found.words}"


def test_xml_is_read_whatever_was_asked_for() -> None:
    error = '<Error code="3001"><Message>ThrottleExceeded</Message><Detail>Try &amp; wait</Detail></Error>'
    text = f'<IntuitResponse><Fault type="SERVICE">{error}</Fault></IntuitResponse>'
    found = judge(403, None, text=text)
    assert isinstance(found, Throttled)
    assert found.words == "Try & wait"
    assert found.retry_after == 60


def test_a_retry_after_header_counts() -> None:
    found = judge(429, {"Fault": fault("3001")}, headers={"Retry-After": "7"})
    assert isinstance(found, Throttled)
    assert found.retry_after == 7


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Unauthorized), (403, Forbidden), (404, NotFound), (429, Throttled), (500, Unavailable), (503, Unavailable), (302, Unexpected)],
)
def test_html_is_judged_by_its_status(status: int, error: type[ConnectorError]) -> None:
    assert type(judge(status, None, text="<html>Bad gateway</html>")) is error


def test_a_success_is_no_error() -> None:
    assert judge(200, {"Customer": {"Id": "1"}}) is None


def test_faults_inside_query_and_change_answers_are_seen() -> None:
    assert [f.code for f in faults_of({"QueryResponse": {"Fault": fault("4001")}})] == ["4001"]
    assert [f.code for f in faults_of({"CDCResponse": [{"QueryResponse": [{}, {"Fault": fault("10000")}]}]})] == ["10000"]


@pytest.mark.parametrize("body", [None, [], "text", {"Fault": "text"}, {"Fault": {}}, {"Fault": {"Error": "text"}}, {"Fault": {"Error": [None]}}])
def test_odd_shapes_break_nothing(body: Any) -> None:
    judge(400, body)
    judge(200, body)


CHECK = (
    "Invalid Reference Id : Something you're trying to use has been made inactive."
    " Check the fields with accounts, customers, items, vendors or employees."
)


@pytest.mark.parametrize(
    ("code", "detail", "element", "entity", "category", "field"),
    [
        (
            "6140",
            "Duplicate Document Number Error : You must specify a different number.",
            "",
            "Invoice",
            Category.INVOICE_NUMBER_IN_USE,
            "DocNumber",
        ),
        ("6140", "The account period has closed", "", "Invoice", Category.PERIOD_CLOSED, "TxnDate"),
        ("6200", "Account Period Closed", "", "Invoice", Category.PERIOD_CLOSED, "TxnDate"),
        ("6210", "Account Period Closed, Cannot Update Through Services", "", "Payment", Category.PERIOD_CLOSED, "TxnDate"),
        ("6210", "Duplicate Document Number Error", "", "Invoice", Category.INVOICE_NUMBER_IN_USE, "DocNumber"),
        ("6000", "Make sure all your transactions have a GST/HST rate before you save.", "", "Invoice", Category.TAX_REQUIRED, "Line"),
        ("6000", "Make sure all your transactions have a VAT rate before you save.", "", "Invoice", Category.TAX_REQUIRED, "Line"),
        (
            "6000",
            "One or more transaction lines do not have a tax code associated with it. Please assign a tax code to those transactions.",
            "",
            "Invoice",
            Category.TAX_REQUIRED,
            "Line",
        ),
        ("6000", "A service date is required on every line", "ServiceDate", "Invoice", Category.SERVICE_DATE_REQUIRED, "Line"),
        ("6000", "Deposit is turned off in the company's settings.", "Deposit", "Invoice", Category.FEATURE_OFF, ""),
        ("6000", "The company does not use more than one currency.", "", "Invoice", Category.CURRENCY_MISMATCH, "CurrencyRef"),
        ("6000", "The customer of a linked transaction cannot be changed.", "", "Invoice", Category.PAYMENT_CUSTOMER_DIFFERS, "Invoice"),
        ("6000", "The discount is greater than the subtotal", "", "Invoice", Category.DISCOUNT_TOO_LARGE, "Line"),
        ("6000", "The total of a transaction must not be below zero.", "", "Invoice", Category.DISCOUNT_TOO_LARGE, "Line"),
        ("6000", "The amount applied is greater than the payment.", "Line", "Payment", Category.AMOUNT_MISMATCH, "Amount"),
        ("6070", "Amount calculation incorrect", "Amount", "Invoice", Category.AMOUNT_MISMATCH, "Line"),
        ("6240", "Another item is already using this name", "", "Item", Category.ITEM_NAME_IN_USE, "Name"),
        ("6240", "The SKU supplied already exists.", "Sku", "Item", Category.VALUE_INVALID, "Sku"),
        ("6240", "Another customer is already using this name", "", "Customer", Category.DISPLAY_NAME_IN_USE, "DisplayName"),
        ("6250", "The customer has been made inactive", "", "Invoice", Category.CUSTOMER_INACTIVE, ""),
        ("6430", "Invalid account type used", "IncomeAccountRef", "Item", Category.INCOME_ACCOUNT_INVALID, ""),
        ("6540", "This transaction has been deposited.", "", "Payment", Category.VALUE_INVALID, ""),
        ("2500", CHECK, "ItemRef", "Invoice", Category.ITEM_INACTIVE, ""),
        ("2500", CHECK, "CustomerRef", "Invoice", Category.CUSTOMER_INACTIVE, ""),
        ("2500", CHECK, "IncomeAccountRef", "Item", Category.INCOME_ACCOUNT_INVALID, ""),
        ("2500", CHECK, "", "Item", Category.INCOME_ACCOUNT_INVALID, ""),
        ("2500", CHECK, "", "Invoice", Category.VALUE_INVALID, ""),
        ("2500", "Invalid Reference Id : Item elements id 9 not found", "", "Invoice", Category.ITEM_INACTIVE, ""),
        ("610", CHECK, "ItemRef", "Invoice", Category.ITEM_INACTIVE, ""),
        ("620", "Transaction cannot be linked", "LinkedTxn", "Payment", Category.PAYMENT_CUSTOMER_DIFFERS, "Invoice"),
        ("2210", "Email Address Validation Error", "BillEmail", "Invoice", Category.VALUE_INVALID, "BillEmail.Address"),
        ("2250", "At least one line is required", "", "Invoice", Category.NO_LINE_ITEMS, "Line"),
        ("2020", "Required parameter CurrencyRef is missing in the request", "CurrencyRef", "Invoice", Category.CURRENCY_MISMATCH, "CurrencyRef"),
    ],
)
def test_what_was_written_and_which_member_is_named_decide_with_code_and_words(
    code: str, detail: str, element: str, entity: str, category: Category, field: str
) -> None:
    found = fault_error(fault(code, detail, element), "", entity)
    assert isinstance(found, Rejected)
    assert (found.category, found.field) == (category, field)
    assert found.words == detail


def test_a_record_that_is_gone_is_not_mistaken_for_one_it_names() -> None:
    assert isinstance(fault_error(fault("610", "Object Not Found : Another user has deleted this transaction."), "", "Invoice"), NotFound)
    assert isinstance(fault_error(fault("610", CHECK), "", "Customer"), NotFound)
