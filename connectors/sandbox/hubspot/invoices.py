"""The life of an invoice: draft, open, paid or voided; what it comes to; what is frozen. Source: reference sections 11.6, 11.7 and 12.

A billable invoice is complete before it opens and frozen after; its number and its amounts are calculated. A non-billable one is a record only:
nothing about it is checked or calculated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from connectors.sandbox.hubspot.desk import CENT, Desk, Link, Values, cents, decimal
from connectors.sandbox.hubspot.records import Source
from connectors.sandbox.hubspot.refusals import Refusal, invalid, invalid_values
from connectors.sandbox.hubspot.values import iso, milliseconds
from connectors.sandbox.state import Document

CALCULATED = Source("CALCULATED", "")
PARTS = ("line_items", "discounts", "fees", "taxes")
CONTENT = (*PARTS, "contacts")
"""What of a finalised invoice is frozen."""
GIVEN_BY_HUBSPOT = ("hs_number", "hs_amount_billed")
FIRST_NUMBER = 1001
ADDRESS = ("address", "city", "state", "zip", "country")


def billable(properties: Mapping[str, str]) -> bool:
    return properties.get("hs_invoice_billable") != "false"


def status(properties: Mapping[str, str]) -> str:
    return properties.get("hs_invoice_status") or "draft"


def frozen(desk: Desk, invoice: Document) -> bool:
    """Whether this party may no longer change currency, lines, amounts and contact."""
    held = invoice["properties"]
    if not billable(held) or status(held) == "draft":
        return False
    if desk.by_person:
        return not desk.switches.people_edit_open or status(held) != "open" or decimal(held, "hs_amount_paid") > 0
    return desk.switches.invoices_frozen


def require_thawed(desk: Desk, invoice: Document) -> None:
    if frozen(desk, invoice):
        raise invalid(f"Invoice {invoice['id']} is {status(invoice['properties'])} and can no longer be edited")


def checked(desk: Desk, document: Document | None, clean: Values, links: Sequence[Link]) -> Values:
    """The rule of invoices."""
    held: Values = document["properties"] if document else {}
    if clean.get("hs_invoice_status") == "" and held:
        raise invalid_values([("hs_invoice_status", "REQUIRED_FIELD", "hs_invoice_status cannot be cleared")])
    if document is None:
        clean = {"hs_invoice_status": "draft", "hs_invoice_date": iso(desk.now), **{name: value for name, value in clean.items() if value}}
    elif billable(held) != billable({**held, **clean}):
        raise invalid("hs_invoice_billable cannot be changed")
    if not billable({**held, **clean}):
        return clean
    given = [name for name in GIVEN_BY_HUBSPOT if name in clean and clean[name] != held.get(name, "")]
    if given:
        raise invalid_values([(name, "READ_ONLY_VALUE", f'"{name}" of a billable invoice is given by HubSpot') for name in given])
    if document and "hs_currency" in clean and clean["hs_currency"] != held.get("hs_currency"):
        require_thawed(desk, document)
    return _moved(desk, document, clean, links)


def _moved(desk: Desk, document: Document | None, clean: Values, links: Sequence[Link]) -> Values:
    """The values with what comes along when a billable invoice goes from one status to another."""
    held: Values = document["properties"] if document else {}
    old, new = status(held), clean.get("hs_invoice_status") or status(held)
    if old == new:
        return clean
    if (old, new) == ("draft", "open"):
        _require_complete(desk, document, {**held, **clean}, links)
        return {"hs_due_date": held.get("hs_due_date") or iso(desk.now), **clean}
    if (old, new) == ("open", "paid") and desk.switches.paid_by_patch:
        billed = held.get("hs_amount_billed", "")
        return {"hs_payment_date": iso(desk.now), **clean, "hs_amount_paid": billed, "hs_balance_due": "0.00"}
    allowed = desk.by_person or desk.switches.voided_by_patch
    if (old, new) == ("open", "voided") and allowed and not decimal(held, "hs_amount_paid"):
        return {**clean, "hs_balance_due": "0.00"}
    raise invalid_values([("hs_invoice_status", "INVALID_STATUS", f"A billable invoice cannot go from {old} to {new} this way")])


def _require_complete(desk: Desk, document: Document | None, values: Mapping[str, str], links: Sequence[Link]) -> None:
    def number_of(kind: str) -> int:
        there = {d["id"] for d in desk.live("invoices", document["id"], kind)} if document else set()
        return len(there | {link.to_id for link in links if link.to == kind})

    if number_of("line_items") < 1:
        raise _incomplete("INVOICE_TO_LINE_ITEM", "at least one line item")
    if number_of("contacts") != 1:
        raise _incomplete("INVOICE_TO_CONTACT", "exactly one contact")
    if values.get("hs_due_date") and milliseconds(values["hs_due_date"]) < desk.now:
        raise invalid_values([("hs_due_date", "INVALID_DATE", "hs_due_date of a billable invoice cannot be in the past")])


def _incomplete(name: str, words: str) -> Refusal:
    message = f"The invoice cannot be opened: the association {name} needs {words}"
    return invalid(message, errors=[{"message": message, "code": "MISSING_REQUIRED_ASSOCIATION", "context": {"association": [name]}}])


def numbered(desk: Desk, document: Document | None, clean: Values) -> Values:
    """The values with a number, when they open a billable invoice that has none."""
    held: Values = document["properties"] if document else {}
    if not billable({**held, **clean}) or clean.get("hs_invoice_status") != "open" or held.get("hs_number"):
        return clean
    return {**clean, "hs_number": f"INV-{_next_number(desk)}"}


def _next_number(desk: Desk) -> int:
    """The next number of the account, beyond every one that was ever given."""
    account = desk.account
    sequence = f"hubspot/{account.portal}/invoice-number"
    if account.state.get("sequences", sequence):
        return account.state.next_id(sequence)
    held = (d["properties"].get("hs_number", "").removeprefix("INV-") for d in account.tables["invoices"].documents.values())
    return account.state.next_id(sequence, max([FIRST_NUMBER - 1, *(int(number) for number in held if number.isdecimal() and len(number) < 10)]) + 1)


def emptied(desk: Desk, document: Document) -> None:
    """Set the amount of a fresh non-billable invoice to zero, as seen by integrators."""
    held = document["properties"]
    if desk.switches.amount_reset and not desk.by_person and not billable(held) and decimal(held, "hs_amount_billed"):
        desk.account.tables["invoices"].change(document, {"hs_amount_billed": "0"}, CALCULATED)


def totalled(desk: Desk, invoice_id: str) -> None:
    """Calculate a billable invoice anew from its lines, discounts, fees, taxes and payments."""
    invoice = desk.account.tables["invoices"].documents[int(invoice_id)]
    if not billable(invoice["properties"]):
        return
    total, tax = _total(desk, invoice_id)
    home = {"hs_amount_billed_in_company_currency": cents(total)} if invoice["properties"].get("hs_currency") == desk.account.currency else {}
    values = {"hs_amount_billed": cents(total), "hs_tax": cents(tax), **home}
    _calculate(desk, invoice, {**values, **settlement(desk, {**invoice["properties"], **values}, invoice_id)})


def settled(desk: Desk, invoice_id: str) -> None:
    """Take the payments of a billable invoice into its balance and status."""
    invoice = desk.account.tables["invoices"].documents[int(invoice_id)]
    if billable(invoice["properties"]) and desk.switches.payments_settle:
        _calculate(desk, invoice, settlement(desk, invoice["properties"], invoice_id))


def _calculate(desk: Desk, invoice: Document, values: Values) -> None:
    """Store what changed; a new status always moves the modified time, new totals do by switch."""
    held = invoice["properties"]
    changed = {name: value for name, value in values.items() if value != held.get(name, "")}
    if changed:
        touch = desk.switches.rollups_touch or "hs_invoice_status" in changed or "hs_amount_paid" in changed
        desk.account.tables["invoices"].change(invoice, changed, CALCULATED, touch=touch)


def _total(desk: Desk, invoice_id: str) -> tuple[Decimal, Decimal]:
    """What an invoice comes to, and the tax in it: lines less discounts, plus fees, plus taxes, in this order."""
    lines = [line["properties"] for line in desk.live("invoices", invoice_id, "line_items")]
    net = sum((decimal(line, "amount") for line in lines), Decimal(0))
    net -= _parts(desk, invoice_id, "discounts", net)
    net += _parts(desk, invoice_id, "fees", net)
    tax = sum((decimal(line, "hs_tax_amount") for line in lines), Decimal(0)) + _parts(desk, invoice_id, "taxes", net)
    return net + tax, tax


def _parts(desk: Desk, invoice_id: str, kind: str, base: Decimal) -> Decimal:
    """The sum of an invoice's discounts, fees or taxes; a percentage is taken from `base`."""
    total = Decimal(0)
    for part in desk.live("invoices", invoice_id, kind):
        value = decimal(part["properties"], "hs_value")
        total += value if part["properties"].get("hs_type") == "FIXED" else (base * value / 100).quantize(CENT, ROUND_HALF_UP)
    return total


def settlement(desk: Desk, held: Mapping[str, str], invoice_id: str) -> Values:
    """Balance, paid amount, status and date of payment of a billable invoice that holds these values."""
    billed = decimal(held, "hs_amount_billed")
    payments = desk.live("invoices", invoice_id, "commerce_payments") if desk.switches.payments_settle else []
    shares = [(payment, share) for payment in payments if (share := applied(desk, payment).get(invoice_id, Decimal(0)))]
    paid = sum((share for _, share in shares), Decimal(0))
    values = {"hs_amount_paid": cents(paid), "hs_balance_due": cents(max(billed - paid, Decimal(0)))}
    if status(held) == "voided":
        return {**values, "hs_balance_due": "0.00"}
    if status(held) == "open" and 0 < billed <= paid:
        return {**values, "hs_invoice_status": "paid", "hs_payment_date": max(p["properties"]["hs_initiated_date"] for p, _ in shares)}
    if status(held) == "paid" and paid < billed:
        return {**values, "hs_invoice_status": "open", "hs_payment_date": ""}
    return values


COUNTED = ("succeeded", "partially_refunded", "processing_refund", "disputed_won")


def applied(desk: Desk, payment: Document) -> dict[str, Decimal]:
    """How much of a payment goes to each of its billable invoices, oldest association first, none more than it bills."""
    held = payment["properties"]
    left = decimal(held, "hs_initial_amount") - decimal(held, "hs_refunds_amount") if held.get("hs_latest_status") in COUNTED else Decimal(0)
    shares: dict[str, Decimal] = {}
    for invoice in desk.live("commerce_payments", payment["id"], "invoices"):
        if billable(invoice["properties"]) and left > 0:
            shares[invoice["id"]] = min(left, decimal(invoice["properties"], "hs_amount_billed"))
            left -= shares[invoice["id"]]
    return shares


def addressed(desk: Desk, invoice_id: str, contact_id: str) -> None:
    """Take the recipient's details over from a contact that was associated."""
    invoice = desk.account.tables["invoices"].documents[int(invoice_id)]
    contact = desk.account.tables["contacts"].documents[int(contact_id)]["properties"]
    latest = {f"hs_invoice_latest_contact_{name}": contact.get(name, "") for name in ("email", "firstname", "lastname")}
    place = {f"hs_recipient_shipping_{name}": contact[name] for name in ADDRESS if contact.get(name)}
    _calculate(desk, invoice, {**latest, **place})


def require_deletable(desk: Desk, invoice: Document) -> None:
    """Refuse to delete what is neither a draft nor, where the account allows that, open and unpaid."""
    held = invoice["properties"]
    unpaid = status(held) == "open" and not decimal(held, "hs_amount_paid")
    if status(held) != "draft" and not (unpaid and desk.switches.delete_open_invoices):
        raise invalid(f"An invoice that is {status(held)} cannot be deleted")
