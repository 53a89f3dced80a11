"""Payments. Source: HubSpot reference, sections 11.8 and 13."""

from __future__ import annotations

from decimal import Decimal

from connectors.base import FieldSpec, FieldType, Option, Value
from connectors.hubspot.facts import CONTACTS, INVOICES, PAYMENTS, Own, key_property, shown, text
from connectors.hubspot.model import Computed, Model, Properties, Sight, Source, calendar_day, worded
from connectors.hubspot.values import canonical, cents

METHODS = (
    Option("card", "Card"),
    Option("ach", "ACH"),
    Option("cash", "Cash"),
    Option("check", "Check"),
    Option("wire_transfer", "Wire transfer"),
    Option("other", "Other"),
    Option("sepa", "SEPA"),
    Option("bacs", "BACS"),
    Option("pads", "PADs"),
)
PROCESSED = ("hs_payments", "byo_stripe")
"""Processors whose payments HubSpot took itself."""

OWN: tuple[Own, ...] = (key_property("payment", "payment"),)

FIELDS = (
    FieldSpec("hs_initial_amount", "Amount", FieldType.NUMBER, "amount", required=True),
    FieldSpec("hs_initiated_date", "Payment date", FieldType.DATE, "date", required=True),
    FieldSpec("hs_currency_code", "Currency", meaning="currency", max_length=3),
    FieldSpec("hs_payment_method_type", "Payment method", FieldType.CHOICE, "method", options=METHODS),
    text("hs_reference_number", "Reference number", "reference"),
    shown("hs_latest_status", "Status", FieldType.CHOICE, "payment_state"),
    FieldSpec("invoice", "Invoice", FieldType.REFERENCE, "invoice", required=True, refers="invoice"),
    shown("invoices", "Number of invoices", FieldType.NUMBER, "invoices"),
    shown("hs_payment_source_app", "Payment source", FieldType.CHOICE, "payment_source"),
    shown("hs_fees_amount", "Processing fees", FieldType.NUMBER, "processing_fee"),
    shown("hs_platform_fee", "Platform fees", FieldType.NUMBER, "platform_fee"),
    FieldSpec("hs_customer_email", "Customer email", FieldType.EMAIL, max_length=254),
    *(own.field() for own in OWN),
)


def _invoice(sight: Sight) -> Value:
    found = sight.links[INVOICES.path]
    return found[0] if len(found) == 1 else None


def _guard(properties: Properties) -> str:
    """Source: section 13."""
    return "HubSpot took this payment itself and lets nobody change it." if properties.get("hs_processor_type") in PROCESSED else ""


def _title(properties: Properties) -> str | None:
    amount = cents(canonical(FieldType.NUMBER, properties.get("hs_initial_amount")))
    return " ".join(part for part in (amount, properties.get("hs_currency_code")) if part) or None


MODEL = Model(
    PAYMENTS,
    FIELDS,
    own={PAYMENTS.path: OWN},
    title=_title,
    always=("hs_initial_amount", "hs_currency_code", "hs_processor_type"),
    computed={
        "hs_initiated_date": calendar_day("hs_initiated_date"),
        "hs_currency_code": worded("hs_currency_code", str.upper),
        "invoice": Computed(_invoice, sources=(Source(INVOICES),)),
        "invoices": Computed(lambda sight: Decimal(len(sight.links[INVOICES.path])), sources=(Source(INVOICES),)),
    },
    born={"hs_latest_status": "succeeded", "hs_processor_type": "quickbooks"},
    parents={"invoice": INVOICES},
    through={INVOICES: CONTACTS},
    guard=_guard,
)
