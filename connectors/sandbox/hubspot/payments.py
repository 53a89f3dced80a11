"""Payment records, and what they change on the invoices they belong to. Source: reference sections 11.8 and 13."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.hubspot import invoices
from connectors.sandbox.hubspot.desk import Desk, Link, Values
from connectors.sandbox.hubspot.refusals import invalid
from connectors.sandbox.state import Document

PROCESSED = ("hs_payments", "byo_stripe")


def checked(desk: Desk, document: Document | None, clean: Values, links: Sequence[Link]) -> Values:
    """The rule of payments: a new one is processing unless it says otherwise; those Commerce Hub took stay as they are."""
    if document is None:
        given = {name: value for name, value in clean.items() if value}
        return {"hs_latest_status": "processing", "hs_payment_creation_method": "OTHER", "hs_has_associated_invoice": "false", **given}
    require_own(desk, document)
    return clean


def require_own(desk: Desk, payment: Document) -> None:
    """Refuse calls that would change a payment which Commerce Hub processed."""
    taken = payment["source"][0] == "CRM_UI" and payment["properties"].get("hs_processor_type") in PROCESSED
    if taken and not desk.by_person:
        raise invalid("A payment that Commerce Hub processed cannot be changed")


def counted(desk: Desk, payment_id: str) -> None:
    """Keep count of a payment's invoices."""
    payments = desk.account.tables["commerce_payments"]
    payment = payments.documents[int(payment_id)]
    number = len(desk.live("commerce_payments", payment_id, "invoices"))
    values = {"hs_has_associated_invoice": "true" if number else "false", "hs_number_of_associated_invoices": str(number)}
    changed = {name: value for name, value in values.items() if value != payment["properties"].get(name, "")}
    if changed:
        payments.change(payment, changed, invoices.CALCULATED, touch=desk.switches.rollups_touch)


def took_effect(desk: Desk, payment_id: str) -> None:
    """Settle every invoice of a payment."""
    for invoice in desk.live("commerce_payments", payment_id, "invoices"):
        invoices.settled(desk, invoice["id"])
