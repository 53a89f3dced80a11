"""The rules are no stricter than the sources: what was captured, and the shapes written down from the documentation, have no faults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.sandbox.server import Reply, Request
from connectors.tests.conformance import reference
from connectors.tests.conformance.hubspot import HubSpot
from connectors.tests.conformance.quickbooks import TOKEN, QuickBooks

pytestmark = pytest.mark.skipif(bool(reference.missing()), reason="there is nothing to judge by")

RULES = QuickBooks()
TIME = {"time": "2026-01-05T08:00:00.000-08:00"}
JSON = {"Content-Type": "application/json"}
STATUS = {"fault.gateway_401": 401, "fault.gateway_403": 403, "fault.throttle_429": 429}
DELIVERED = "webhook."
"""Shapes of what QuickBooks sends, not of calls."""


def sample(name: str) -> Any:
    return reference.read(reference.QUICKBOOKS, "samples", "api-json", f"{name}.json")


def shapes() -> dict[str, Any]:
    if reference.missing():
        return {}
    told = reference.read(reference.QUICKBOOKS, "derived", "wire-shapes.json")["shapes"]
    return {name: shape["body"] for name, shape in told.items() if not name.startswith(DELIVERED)}


def shown(method: str, path: str, body: Any, *, status: int = 200, sent: Any = "") -> list[str]:
    text = sent if isinstance(sent, str) else json.dumps(sent)
    return list(RULES.shown(None, Request(method, f"/v3/company/1/{path}", {}, {}, {}, text.encode()), Reply(status, body)))


def sent(path: str, body: Any, **query: str) -> list[str]:
    """Faults of a request that is carried out."""
    request = Request("POST", f"/v3/company/1/{path}", {}, {"minorversion": "75", "requestid": "1", **query}, JSON, json.dumps(body).encode())
    return list(RULES.sent(None, request, Reply(200, {path.capitalize(): {}})))


def test_captured_rows_have_no_fault() -> None:
    assert [fault for row in sample("nytely-invoices") for fault in shown("GET", "invoice/1", {"Invoice": row, **TIME})] == []
    assert [fault for row in sample("nytely-preferences") for fault in shown("GET", "preferences", {"Preferences": row, **TIME})] == []
    assert shown("GET", "companyinfo/1", {"CompanyInfo": sample("nytely-company_info"), **TIME}) == []
    assert shown("GET", "invoice/1", sample("java-invoice_read_multicurrency")) == []
    assert shown("POST", "query", sample("java-query_response_account"), sent="select * from Account") == []
    assert shown("GET", "cdc", sample("java-cdc_response")) == []
    asked = {"BatchItemRequest": [{"bId": "1"}, {"bId": "2"}]}
    assert shown("POST", "batch", sample("java-batch_response_deposit"), sent=asked) == []


def test_captured_faults_have_no_fault() -> None:
    for name in ("java-fault_500", "java-fault_6190_in_attachable", "ruby-fault_6240_tax_service"):
        assert shown("POST", "invoice", {**TIME, **sample(name)}, status=400) == []


def test_a_sample_from_before_2015_differs_in_what_has_changed_since() -> None:
    asked = {"BatchItemRequest": [{"bId": "12"}, {"bId": "13"}, {"bId": "14"}]}
    assert shown("POST", "batch", sample("java-batch_response_customer"), sent=asked) == [
        'BatchItemResponse[0].Customer.OpenBalanceDate: "2012-07-23T11:17:15Z" is not a "date"',
        'BatchItemResponse[0].Customer.CurrencyRef: "value" is a required property',
    ]


@pytest.mark.parametrize("name", shapes())
def test_shapes_of_the_documentation_have_no_fault(name: str) -> None:
    body, subject, operation = shapes()[name], *name.split(".", 1)
    if subject == "fault":
        assert shown("POST", "invoice", body, status=STATUS.get(name, 400)) == []
    elif subject == "oauth":
        status = 200 if "success" in operation else 400
        assert list(RULES.shown(None, Request("POST", TOKEN, {}, {}, {}, b""), Reply(status, body))) == []
    elif operation == "response":
        asked: dict[str, Any] = {"query": "select * from Customer", "batch": shapes()["batch.request"]}
        call = {"query": ("POST", "query"), "batch": ("POST", "batch"), "cdc": ("GET", "cdc"), "delete": ("POST", "invoice")}[subject]
        assert shown(*call, body, sent=asked.get(subject, "")) == []
    elif subject == "query":
        assert shown("POST", "query", body, sent="select count(*) from Customer") == []
    else:
        assert sent(subject, body, **({"operation": "void"} if operation == "void_request" else {})) == []


def test_every_call_of_the_newest_version_knows_its_bodies() -> None:
    operations = HubSpot().operations
    calls = [
        *(("POST", f"contacts/batch/{verb}") for verb in ("read", "create", "update", "upsert", "archive")),
        *(("POST", f"contacts/{verb}") for verb in ("search", "merge", "gdpr-delete")),
        *((method, "invoices/1") for method in ("GET", "PATCH", "DELETE")),
        ("GET", "products"),
        ("POST", "commerce_payments"),
        ("PUT", "notes/1/associations/default/deals/2"),
    ]
    found = [operations.find(method, f"/crm/objects/2026-09/{path}") for method, path in calls]
    assert all(operation and operation.bodies for operation in found)
    assert operations.find("GET", "/crm/objects/2026-09/contacts/1/associations/deals") is None, "the newest version has it no more"
    assert operations.find("GET", "/crm/objects/2026-03/contacts/1/associations/deals")
