"""Contacts: their fields, and those of their companies and invoices that filters use. Source: HubSpot reference, section 11.1."""

from __future__ import annotations

from connectors.base import FieldSpec, FieldType, Option
from connectors.hubspot.facts import COMPANIES, CONTACTS, INVOICES, Own, key_property, text
from connectors.hubspot.model import Computed, Model, Properties, Sight, Source
from connectors.hubspot.values import canonical

INVOICE_STATUSES = (Option("draft", "Draft"), Option("open", "Open"), Option("paid", "Paid"), Option("voided", "Voided"))
INVOICE_SOURCES = (Option("hubspot", "HubSpot"), Option("data_sync", "Data Sync"), Option("legacy", "Legacy QuickBooks"))

OWN = (
    key_property("contact", "customer"),
    Own("tandem_quickbooks_balance", "QuickBooks balance", "balance", "What the customer owes according to QuickBooks.", FieldType.NUMBER),
)

FIELDS = (
    FieldSpec("email", "Email", FieldType.EMAIL, "email", unique=True, max_length=254),
    text("firstname", "First name", "first_name", group="name"),
    text("lastname", "Last name", "last_name", group="name"),
    FieldSpec("full_name", "Full name", meaning="full_name", read_only=True),
    FieldSpec("company_name", "Associated company name", meaning="associated_company_name", read_only=True),
    text("company", "Company name", "company_text"),
    text("phone", "Phone number", "phone", type=FieldType.PHONE),
    text("mobilephone", "Mobile phone number", "mobile", type=FieldType.PHONE),
    text("fax", "Fax number", "fax", type=FieldType.PHONE),
    text("website", "Website", "website", type=FieldType.URL),
    text("salutation", "Salutation", "salutation"),
    text("jobtitle", "Job title"),
    text("address", "Street address", "street", group="address"),
    text("city", "City", "city", group="address"),
    text("state", "State/Region", "state", group="address"),
    text("zip", "Postal code", "postal_code", group="address"),
    text("country", "Country/Region", "country", group="address"),
    text("message", "Message", "message"),
    *(own.field() for own in OWN),
    FieldSpec("invoice.status", "Invoice: status", FieldType.CHOICE, "invoice_status", True, association="invoice", options=INVOICE_STATUSES),
    FieldSpec("invoice.created", "Invoice: create date", FieldType.DATETIME, "invoice_created", True, association="invoice"),
    FieldSpec("invoice.source", "Invoice: source", FieldType.CHOICE, "invoice_source", True, association="invoice", options=INVOICE_SOURCES),
    FieldSpec("invoice.number", "Invoice: number", read_only=True, association="invoice"),
    FieldSpec("invoice.currency", "Invoice: currency", read_only=True, association="invoice"),
    FieldSpec("company.name", "Company: name", read_only=True, association="company"),
    FieldSpec("company.domain", "Company: domain", read_only=True, association="company"),
    FieldSpec("company.city", "Company: city", read_only=True, association="company"),
    FieldSpec("company.country", "Company: country", read_only=True, association="company"),
)


def full_name(properties: Properties) -> str | None:
    """First and last name in one text; None when both are empty."""
    return " ".join(part.strip() for part in (properties.get("firstname"), properties.get("lastname")) if part and part.strip()) or None


def _company_name(sight: Sight) -> str | None:
    company = sight.others[COMPANIES.path].get(sight.properties["associatedcompanyid"] or "")
    name = canonical(FieldType.TEXT, company.get("name")) if company else None
    return name if isinstance(name, str) else None


def _title(properties: Properties) -> str | None:
    return full_name(properties) or properties.get("email") or properties.get("company")


MODEL = Model(
    CONTACTS,
    FIELDS,
    own={CONTACTS.path: OWN},
    title=_title,
    always=("firstname", "lastname", "email", "company", "hs_merged_object_ids"),
    computed={
        "full_name": Computed(lambda sight: full_name(sight.properties), ("firstname", "lastname")),
        "company_name": Computed(_company_name, ("associatedcompanyid",), (Source(COMPANIES, ("name",), by="associatedcompanyid"),)),
    },
    related={"company": COMPANIES, "invoice": INVOICES},
    related_properties={
        "invoice.status": "hs_invoice_status",
        "invoice.created": "hs_createdate",
        "invoice.source": "hs_invoice_source",
        "invoice.number": "hs_number",
        "invoice.currency": "hs_currency",
        "company.name": "name",
        "company.domain": "domain",
        "company.city": "city",
        "company.country": "country",
    },
    identity="email",
    aliases={"email": "hs_additional_emails"},
)
