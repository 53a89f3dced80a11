"""HubSpot's facts as tables: object types, fields of a kind with their meanings, and what each of them needs.

Source: HubSpot reference, sections 8 (modified properties) and 11 (properties). The version is in the address of every call.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import FieldSpec, FieldType, Option
from connectors.vocabulary import Kind

API_VERSION = "2026-09"
OAUTH_VERSION = "2026-03"

KEY_PROPERTY = "tandem_quickbooks_id"
BALANCE_PROPERTY = "tandem_quickbooks_balance"
PROPERTY_GROUP = "tandem"

MAX_LENGTH = 65536
"""Characters of any text property (section 10.2)."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object type: its name in paths, its id in links, the property that tells when a record was modified."""

    path: str
    type_id: str
    modified: str


CONTACTS = ObjectType("contacts", "0-1", "lastmodifieddate")
COMPANIES = ObjectType("companies", "0-2", "hs_lastmodifieddate")
INVOICES = ObjectType("invoices", "0-53", "hs_lastmodifieddate")

OBJECTS: dict[Kind, ObjectType] = {Kind.CONTACT: CONTACTS}
ASSOCIATED: dict[str, ObjectType] = {"company": COMPANIES, "invoice": INVOICES}
"""Object types by the association name that fields carry."""

INVOICE_STATUSES = (Option("draft", "Draft"), Option("open", "Open"), Option("paid", "Paid"), Option("voided", "Voided"))
INVOICE_SOURCES = (Option("hubspot", "HubSpot"), Option("data_sync", "Data Sync"), Option("legacy", "Legacy QuickBooks"))


def _text(key: str, label: str, meaning: str = "", *, group: str = "", type: FieldType = FieldType.TEXT) -> FieldSpec:
    return FieldSpec(key, label, type, meaning, group=group, max_length=MAX_LENGTH)


FIELDS: dict[Kind, tuple[FieldSpec, ...]] = {
    Kind.CONTACT: (
        FieldSpec("email", "Email", FieldType.EMAIL, "email", unique=True, max_length=254),
        _text("firstname", "First name", "first_name", group="name"),
        _text("lastname", "Last name", "last_name", group="name"),
        FieldSpec("full_name", "Full name", meaning="full_name", read_only=True),
        FieldSpec("company_name", "Associated company name", meaning="associated_company_name", read_only=True),
        _text("company", "Company name", "company_text"),
        _text("phone", "Phone number", "phone", type=FieldType.PHONE),
        _text("mobilephone", "Mobile phone number", "mobile", type=FieldType.PHONE),
        _text("fax", "Fax number", "fax", type=FieldType.PHONE),
        _text("website", "Website", "website", type=FieldType.URL),
        _text("salutation", "Salutation", "salutation"),
        _text("jobtitle", "Job title"),
        _text("address", "Street address", "street", group="address"),
        _text("city", "City", "city", group="address"),
        _text("state", "State/Region", "state", group="address"),
        _text("zip", "Postal code", "postal_code", group="address"),
        _text("country", "Country/Region", "country", group="address"),
        _text("message", "Message", "message"),
        FieldSpec(KEY_PROPERTY, "QuickBooks customer", meaning="counterpart_key", unique=True, custom=True, max_length=MAX_LENGTH),
        FieldSpec(BALANCE_PROPERTY, "QuickBooks balance", FieldType.NUMBER, "balance", custom=True),
        FieldSpec("invoice.status", "Invoice: status", FieldType.CHOICE, "invoice_status", True, association="invoice", options=INVOICE_STATUSES),
        FieldSpec("invoice.created", "Invoice: create date", FieldType.DATETIME, "invoice_created", True, association="invoice"),
        FieldSpec("invoice.source", "Invoice: source", FieldType.CHOICE, "invoice_source", True, association="invoice", options=INVOICE_SOURCES),
        FieldSpec("invoice.number", "Invoice: number", read_only=True, association="invoice"),
        FieldSpec("invoice.currency", "Invoice: currency", read_only=True, association="invoice"),
        FieldSpec("company.name", "Company: name", read_only=True, association="company"),
        FieldSpec("company.domain", "Company: domain", read_only=True, association="company"),
        FieldSpec("company.city", "Company: city", read_only=True, association="company"),
        FieldSpec("company.country", "Company: country", read_only=True, association="company"),
    ),
}

COMPUTED: dict[str, tuple[str, ...]] = {"full_name": ("firstname", "lastname"), "company_name": ("associatedcompanyid",)}
"""Fields that are no property, and the properties they are made from."""

ASSOCIATED_PROPERTIES: dict[str, str] = {
    "invoice.status": "hs_invoice_status",
    "invoice.created": "hs_createdate",
    "invoice.source": "hs_invoice_source",
    "invoice.number": "hs_number",
    "invoice.currency": "hs_currency",
    "company.name": "name",
    "company.domain": "domain",
    "company.city": "city",
    "company.country": "country",
}

ALWAYS: dict[Kind, tuple[str, ...]] = {Kind.CONTACT: ("firstname", "lastname", "email", "company", "hs_merged_object_ids")}
"""Properties read with every record of a kind: for its title and for merges."""

ALIASES = {"email": "hs_additional_emails"}
"""Where a record keeps further values by which a unique field finds it, separated by semicolons. Source: section 7.1."""

OWN_PROPERTIES: dict[Kind, tuple[dict[str, object], ...]] = {
    Kind.CONTACT: (
        {
            "name": KEY_PROPERTY,
            "label": "QuickBooks customer",
            "type": "string",
            "fieldType": "text",
            "groupName": PROPERTY_GROUP,
            "hasUniqueValue": True,
            "description": "Links this contact to its customer in QuickBooks. Kept by Tandem; please do not change it.",
        },
        {
            "name": BALANCE_PROPERTY,
            "label": "QuickBooks balance",
            "type": "number",
            "fieldType": "number",
            "groupName": PROPERTY_GROUP,
            "description": "What the customer owes according to QuickBooks.",
        },
    ),
}
"""Properties that `setup` creates, in the shape of the properties API (section 10.1)."""

SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.invoices.read",
    "crm.schemas.contacts.write",
)
"""What an account is asked for (section 3)."""
