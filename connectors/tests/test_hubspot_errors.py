"""HubSpot's error bodies, judged: the bodies are those that the reference documents or that integrators reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.errors import AlreadyExists, Forbidden, NotFound, Rejected, Stale, Throttled, Unauthorized, Unavailable, Unexpected
from connectors.hubspot.errors import HubSpotDialect
from connectors.vocabulary import Category

DAILY = {"status": "error", "message": "You have reached your daily limit.", "errorType": "RATE_LIMIT", "correlationId": "c1", "policyName": "DAILY"}
TAKEN = (
    "Cannot set PropertyValueCoordinates{portalId=1, objectTypeId=ObjectTypeId{legacyObjectType=CONTACT}, "
    "propertyName=email, value=a@b.example} on 7."
)


def judge(status: int, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HubSpotDialect().judge(status, named, body, json.dumps(body))


@pytest.mark.parametrize("status", [200, 201, 204, 207])
def test_success_is_no_error_even_with_mixed_results(status: int) -> None:
    assert judge(status, {"numErrors": 1}) is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (413, Unexpected),
        (415, Unexpected),
        (302, Unexpected),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (521, Unavailable),
        (524, Unavailable),
    ],
)
def test_the_status_decides_where_the_body_says_nothing(status: int, error: type[Exception]) -> None:
    assert type(judge(status)) is error


@pytest.mark.parametrize(
    ("status", "body", "headers", "seconds"),
    [
        (429, DAILY, {}, 3600),
        (429, {"policyName": "TEN_SECONDLY_ROLLING"}, {}, 10),
        (429, {"policyName": "SECONDLY"}, {}, 1),
        (429, None, {}, 10),
        (429, DAILY, {"Retry_After": "7"}, 7),
        (423, None, {}, 2),
        (477, None, {"Retry_After": "900"}, 900),
        (477, None, {}, 86_400),
    ],
)
def test_each_limit_tells_how_long_to_wait(status: int, body: Any, headers: dict[str, str], seconds: float) -> None:
    error = judge(status, body, **headers)
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


def test_a_conflict_names_the_record_that_exists() -> None:
    error = judge(409, {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 123", "correlationId": "c9"})
    assert isinstance(error, AlreadyExists)
    assert (error.existing_id, error.trace) == ("123", "c9")


def test_a_conflict_without_a_record_is_a_race() -> None:
    assert isinstance(judge(409, {"category": "CONFLICT", "message": "conflicting write"}), Stale)


def test_a_taken_value_is_told_by_its_message_alone() -> None:
    error = judge(400, {"category": "VALIDATION_ERROR", "message": TAKEN + " 9 already has that value."})
    assert isinstance(error, Rejected)
    assert (error.category, error.code) == (Category.ALREADY_LINKED, "CONFLICTING_UNIQUE_VALUE")
    assert "a@b.example" not in str(error)


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("PROPERTY_DOESNT_EXIST", Category.MAPPING_BROKEN),
        ("INVALID_OPTION", Category.OPTION_UNKNOWN),
        ("INVALID_INTEGER", Category.VALUE_INVALID),
        ("INVALID_ALPHA", Category.VALUE_INVALID),
        ("SOMETHING_NEW", Category.UNKNOWN),
    ],
)
def test_the_json_tail_of_a_message_names_field_and_reason(code: str, category: Category) -> None:
    tail = json.dumps([{"name": "city", "error": code, "message": "Bad city"}])
    error = judge(400, {"category": "VALIDATION_ERROR", "message": f"Property values were not valid: {tail}"})
    assert (error.category, error.field, error.code, error.words) == (category, "city", code, "Bad city")


@pytest.mark.parametrize("message", ["[{", "x [{]", "[{}]", '[{"name": 1}]', ""])
def test_a_broken_tail_leaves_the_message_to_speak(message: str) -> None:
    error = judge(400, {"category": "VALIDATION_ERROR", "message": message})
    assert isinstance(error, Rejected)
    assert error.category is Category.UNKNOWN


@pytest.mark.parametrize(
    ("association", "category"),
    [("INVOICE_TO_LINE_ITEM", Category.NO_LINE_ITEMS), ("INVOICE_TO_CONTACT", Category.REQUIRED_VALUE_MISSING)],
)
def test_an_invoice_that_cannot_open_says_what_it_lacks(association: str, category: Category) -> None:
    message = f"The invoice cannot be opened: the association {association} is missing"
    errors = [{"message": message, "code": "MISSING_REQUIRED_ASSOCIATION", "context": {"association": [association]}}]
    error = judge(400, {"category": "VALIDATION_ERROR", "message": message, "errors": errors})
    assert (error.category, error.words) == (category, message)


@pytest.mark.parametrize(("name", "category"), [("hs_currency", Category.CURRENCY_MISMATCH), ("hs_status", Category.OPTION_UNKNOWN)])
def test_a_currency_the_account_does_not_use_is_told_from_other_options(name: str, category: Category) -> None:
    tail = json.dumps([{"name": name, "error": "INVALID_OPTION", "message": "XXX was not one of the allowed options"}])
    assert judge(400, {"category": "VALIDATION_ERROR", "message": f"Property values were not valid: {tail}"}).category is category


@pytest.mark.parametrize(
    "message",
    [
        "Invoice 7 is open and can no longer be edited",
        "A payment that Commerce Hub processed cannot be changed",
        "An invoice that is open cannot be deleted",
    ],
)
def test_what_is_frozen_is_a_value_that_cannot_be_set(message: str) -> None:
    error = judge(400, {"category": "VALIDATION_ERROR", "message": message})
    assert (error.category, error.words) == (Category.VALUE_INVALID, message)


@pytest.mark.parametrize(("status", "pause"), [(502, 3.0), (504, 3.0), (500, 0.0), (503, 0.0), (521, 0.0), (524, 0.0)])
def test_processing_limits_want_some_seconds_without_requests(status: int, pause: float) -> None:
    error = HubSpotDialect().judge(status, {}, None, "")
    assert isinstance(error, Unavailable)
    assert error.pause == pause


def test_a_daily_limit_is_no_wait_of_seconds() -> None:
    error = HubSpotDialect().judge(429, {}, {"policyName": "DAILY"}, "")
    assert isinstance(error, Throttled)
    assert error.daily
    short = HubSpotDialect().judge(429, {}, {"policyName": "SECONDLY"}, "")
    assert isinstance(short, Throttled)
    assert not short.daily


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"X-HubSpot-RateLimit-Max": "110", "X-HubSpot-RateLimit-Remaining": "109"}, (110, 109)),
        ({"X-HubSpot-RateLimit-Max": "110"}, None),
        ({}, None),
        ({"X-HubSpot-RateLimit-Max": "many", "X-HubSpot-RateLimit-Remaining": "-1"}, None),
    ],
)
def test_what_is_left_of_a_limit_is_read_from_the_answer(headers: dict[str, str], told: tuple[int, int] | None) -> None:
    assert HubSpotDialect().budget(headers) == told
