"""Invoices: their fields, and those that show them on the deal they belong to. Source: HubSpot reference, sections 11.3, 11.7 and 12.3."""

from __future__ import annotations

from connectors.base import FieldSpec, FieldType, Option, Value, Values
from connectors.hubspot import lines
from connectors.hubspot.contacts import INVOICE_SOURCES, INVOICE_STATUSES
from connectors.hubspot.facts import CONTACTS, DEALS, INVOICES, Own, key_property, shown, text
from connectors.hubspot.model import Computed, Gap, Model, Properties, Sight, Source, Zone, calendar_day, worded
from connectors.hubspot.values import canonical, source_word, stored

STATUS, AMOUNT, BILLABLE, CURRENCY = "hs_invoice_status", "hs_amount_billed", "hs_invoice_billable", "hs_currency"
DRAFT, OPEN, VOIDED = "draft", "open", "voided"
DEAL = "deal."
RECIPIENT = "hs_recipient_shipping_"
"""Properties that an invoice takes over from a contact when it is associated."""

PAYMENT_STATUSES = (Option("unpaid", "Unpaid"), Option("partially_paid", "Partially paid"), Option("paid", "Paid"), Option("voided", "Voided"))

OWN = (
    key_property("invoice", "invoice"),
    Own("tandem_quickbooks_balance", "QuickBooks balance", "balance", "What is left to pay according to QuickBooks.", FieldType.NUMBER),
    Own("tandem_quickbooks_paid", "QuickBooks amount paid", "paid", "What was paid according to QuickBooks.", FieldType.NUMBER),
    Own(
        "tandem_quickbooks_payment_status",
        "QuickBooks payment status",
        "payment_status",
        "How far the invoice is paid according to QuickBooks.",
        FieldType.CHOICE,
        PAYMENT_STATUSES,
    ),
    Own(
        "tandem_quickbooks_last_payment_date",
        "QuickBooks last payment date",
        "last_payment_date",
        "The day of the latest payment in QuickBooks.",
        FieldType.DATE,
    ),
    Own(
        "tandem_quickbooks_last_payment_amount",
        "QuickBooks last payment amount",
        "last_payment_amount",
        "The latest payment in QuickBooks.",
        FieldType.NUMBER,
    ),
    Own("tandem_quickbooks_tax", "QuickBooks tax", "tax", "The tax of the invoice according to QuickBooks.", FieldType.NUMBER),
    Own("tandem_quickbooks_discount", "QuickBooks discount", "discount", "The discount of the invoice according to QuickBooks.", FieldType.NUMBER),
    Own("tandem_quickbooks_link", "QuickBooks link", "link", "Opens the invoice in QuickBooks.", FieldType.URL),
    Own("tandem_quickbooks_note", "QuickBooks note", "note", "The private note of the invoice in QuickBooks."),
)

ON_DEAL = (
    Own("tandem_invoice_number", "QuickBooks invoice number", "deal_number", "The number of the deal's invoice in QuickBooks."),
    Own("tandem_invoice_total", "QuickBooks invoice total", "deal_total", "What the deal's invoice comes to.", FieldType.NUMBER),
    Own("tandem_invoice_paid", "QuickBooks invoice paid", "deal_paid", "What was paid of the deal's invoice.", FieldType.NUMBER),
    Own("tandem_invoice_balance", "QuickBooks invoice balance", "deal_balance", "What is left to pay of the deal's invoice.", FieldType.NUMBER),
    Own(
        "tandem_invoice_payment_status",
        "QuickBooks invoice payment status",
        "deal_payment_status",
        "How far the deal's invoice is paid.",
        FieldType.CHOICE,
        PAYMENT_STATUSES,
    ),
    Own(
        "tandem_invoice_last_payment_date",
        "QuickBooks invoice last payment date",
        "deal_last_payment_date",
        "The day of the latest payment of the deal's invoice.",
        FieldType.DATE,
    ),
    Own(
        "tandem_invoice_last_payment_amount",
        "QuickBooks invoice last payment amount",
        "deal_last_payment_amount",
        "The latest payment of the deal's invoice.",
        FieldType.NUMBER,
    ),
)
NUMBERS = frozenset(own.name for own in OWN if own.type is FieldType.NUMBER)
DEAL_PROPERTIES = tuple(own.name for own in ON_DEAL)

FIELDS = (
    text("hs_number", "Number", "number"),
    FieldSpec("contact", "Contact", FieldType.REFERENCE, "contact", required=True, refers="contact"),
    FieldSpec("lines", "Line items", FieldType.LINES, "lines", required=True),
    FieldSpec("hs_invoice_date", "Invoice date", FieldType.DATE, "invoice_date"),
    FieldSpec("hs_due_date", "Due date", FieldType.DATE, "due_date"),
    FieldSpec(CURRENCY, "Currency", meaning="currency", required=True, max_length=3),
    text("hs_comments", "Comments", "comments"),
    FieldSpec(STATUS, "Status", FieldType.CHOICE, "status", options=INVOICE_STATUSES),
    FieldSpec("voided", "Voided", FieldType.BOOLEAN, "voided"),
    shown(BILLABLE, "Billable", FieldType.BOOLEAN, "billable"),
    shown("hs_invoice_source", "Source", FieldType.CHOICE, "source", INVOICE_SOURCES),
    shown("hs_createdate", "Create date", FieldType.DATETIME, "created"),
    shown(AMOUNT, "Amount billed", FieldType.NUMBER, "total"),
    shown("hs_balance_due", "Balance due", FieldType.NUMBER),
    shown("hs_amount_paid", "Amount paid", FieldType.NUMBER),
    shown("hs_payment_date", "Payment date", FieldType.DATE, "paid_on"),
    text("hs_purchase_order_number", "Purchase order number"),
    text(f"{RECIPIENT}address", "Billing street address", "bill_street", group="billing"),
    text(f"{RECIPIENT}city", "Billing city", "bill_city", group="billing"),
    text(f"{RECIPIENT}state", "Billing state/region", "bill_state", group="billing"),
    text(f"{RECIPIENT}zip", "Billing postal code", "bill_postal_code", group="billing"),
    text(f"{RECIPIENT}country", "Billing country/region", "bill_country", group="billing"),
    shown("hs_invoice_latest_contact_email", "Recipient's email", FieldType.EMAIL, "recipient_email"),
    shown("deals", "Deals", FieldType.CHOICES, "deals"),
    *(own.field() for own in OWN),
    *(own.field(prefix=DEAL, group="deal") for own in ON_DEAL),
)


def _voided(value: Value, zone: Zone) -> dict[str, str]:
    return {STATUS: VOIDED} if value else {}


def _contact(sight: Sight) -> Value:
    return next(iter(sight.links[CONTACTS.path]), None)


def _on_deal(own: Own) -> Computed:
    def read(sight: Sight) -> Value | Gap:
        found = sight.associated(DEALS)
        return canonical(own.type, found[0][1].get(own.name)) if found else Gap.UNKNOWN

    return Computed(read, sources=(Source(DEALS, DEAL_PROPERTIES),))


def _title(properties: Properties) -> str | None:
    return properties.get("hs_number") or properties.get("hs_title")


MODEL = Model(
    INVOICES,
    FIELDS,
    own={INVOICES.path: OWN, DEALS.path: ON_DEAL},
    title=_title,
    always=("hs_number", "hs_title"),
    computed={
        "contact": Computed(_contact, sources=(Source(CONTACTS),)),
        "lines": lines.COMPUTED,
        "hs_invoice_date": calendar_day("hs_invoice_date"),
        "hs_due_date": calendar_day("hs_due_date"),
        "hs_payment_date": calendar_day("hs_payment_date"),
        CURRENCY: worded(CURRENCY, str.upper),
        STATUS: worded(STATUS, str.lower),
        "voided": Computed(lambda sight: (sight.properties[STATUS] or "").lower() == VOIDED, (STATUS,), write=_voided),
        BILLABLE: Computed(lambda sight: sight.properties[BILLABLE] != "false", (BILLABLE,)),
        "hs_invoice_source": Computed(lambda sight: source_word(sight.properties["hs_invoice_source"]), ("hs_invoice_source",)),
        "deals": Computed(lambda sight: tuple(sorted(sight.links[DEALS.path])) or None, sources=(Source(DEALS),)),
        **{DEAL + own.name: _on_deal(own) for own in ON_DEAL},
    },
)


def on_deals(fields: Values) -> dict[str, str]:
    """The properties of deals that fields of an invoice stand for."""
    return {key.removeprefix(DEAL): stored(value) for key, value in fields.items() if key.startswith(DEAL)}
