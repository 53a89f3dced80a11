"""Object types and their standard properties: a realistic part of what an account has. Source: HubSpot reference, sections 1, 9.2 and 11."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.state import Document


@dataclass(frozen=True, slots=True)
class ObjectType:
    """Facts about one object type. `defaults` are the properties a read returns unasked; `name_property` is what a person reads first."""

    name: str
    type_id: str
    legacy: str
    created: str
    modified: str
    defaults: tuple[str, ...]
    searched: tuple[str, ...]
    required_any: tuple[str, ...] = ()


TYPES: dict[str, ObjectType] = {
    t.name: t
    for t in (
        ObjectType("contacts", "0-1", "CONTACT", "createdate", "lastmodifieddate", ("email", "firstname", "lastname"),
                   ("firstname", "lastname", "email", "phone", "company")),
        ObjectType("companies", "0-2", "COMPANY", "createdate", "hs_lastmodifieddate", ("name", "domain"), ("name", "domain", "phone"),
                   ("name", "domain")),
        ObjectType("invoices", "0-53", "INVOICE", "hs_createdate", "hs_lastmodifieddate", (), ("hs_number", "hs_title"), ("hs_currency",)),
    )
}

ALIASES: dict[str, str] = {
    **{t.name: t.name for t in TYPES.values()},
    **{t.type_id: t.name for t in TYPES.values()},
    "contact": "contacts",
    "company": "companies",
    "invoice": "invoices",
}

ASSOCIATION_TYPES: dict[tuple[str, str], dict[int, str | None]] = {
    ("contacts", "companies"): {279: None, 1: "Primary"},
    ("companies", "contacts"): {280: None, 2: "Primary"},
    ("contacts", "invoices"): {178: None},
    ("invoices", "contacts"): {177: None},
    ("companies", "invoices"): {180: None},
    ("invoices", "companies"): {179: None},
}
"""Type ids by direction, the default one first. Source: section 9.2."""

INVERSES: dict[int, int] = {279: 280, 280: 279, 1: 2, 2: 1, 178: 177, 177: 178, 180: 179, 179: 180}

STAGES = (("subscriber", "Subscriber"), ("lead", "Lead"), ("opportunity", "Opportunity"), ("customer", "Customer"), ("other", "Other"))
LEADS = (("NEW", "New"), ("OPEN", "Open"), ("IN_PROGRESS", "In Progress"), ("CONNECTED", "Connected"))
STATUSES = (("draft", "Draft"), ("open", "Open"), ("paid", "Paid"), ("voided", "Voided"))
SOURCES = (("hubspot", "HubSpot"), ("data_sync", "Data Sync"), ("legacy", "Legacy QuickBooks"))
CURRENCIES = tuple((code, code) for code in ("USD", "EUR", "GBP", "CAD", "SEK", "JPY"))
INDUSTRIES = (("CONSTRUCTION", "Construction"), ("HOSPITALITY", "Hospitality"), ("REAL_ESTATE", "Real Estate"), ("RETAIL", "Retail"))
BOOLEANS = (("true", "Yes"), ("false", "No"))

Row = tuple[str, str, str, str, bool]
"""Name, label, type, field type, read-only?"""


def text(name: str, label: str, field: str = "text") -> Row:
    return (name, label, "string", field, False)


def system(name: str, label: str, kind: str = "string", field: str = "text") -> Row:
    return (name, label, kind, field, True)


def number(name: str, label: str) -> Row:
    return (name, label, "number", "number", False)


def moment(name: str, label: str) -> Row:
    return (name, label, "datetime", "date", False)


def choice(name: str, label: str, field: str = "select") -> Row:
    return (name, label, "enumeration", field, False)


ADDRESS = (
    text("address", "Street Address"),
    text("city", "City"),
    text("state", "State/Region"),
    text("zip", "Postal Code"),
    text("country", "Country/Region"),
)
MERGED = system("hs_merged_object_ids", "Merged record IDs", "enumeration", "checkbox")
SOURCE_ROWS = (system("hs_object_id", "Record ID", "number", "number"), system("hs_object_source", "Record source"))

ROWS: dict[str, tuple[Row, ...]] = {
    "contacts": (
        text("email", "Email"),
        text("firstname", "First Name"),
        text("lastname", "Last Name"),
        text("salutation", "Salutation"),
        text("jobtitle", "Job Title"),
        text("company", "Company Name"),
        text("phone", "Phone Number", "phonenumber"),
        text("mobilephone", "Mobile Phone Number", "phonenumber"),
        text("fax", "Fax Number", "phonenumber"),
        text("website", "Website URL"),
        *ADDRESS,
        text("message", "Message", "textarea"),
        choice("lifecyclestage", "Lifecycle Stage", "radio"),
        choice("hs_lead_status", "Lead Status", "radio"),
        ("date_of_birth", "Date of birth", "date", "date", False),
        ("hs_email_optout", "Unsubscribed from all email", "bool", "booleancheckbox", False),
        system("hs_additional_emails", "Additional email addresses", "enumeration", "checkbox"),
        system("associatedcompanyid", "Primary Associated Company ID", "number", "number"),
        MERGED,
        system("createdate", "Create Date", "datetime", "date"),
        system("lastmodifieddate", "Last Modified Date", "datetime", "date"),
        *SOURCE_ROWS,
    ),
    "companies": (
        text("name", "Company name"),
        text("domain", "Company Domain Name"),
        text("phone", "Phone Number", "phonenumber"),
        text("website", "Website URL"),
        *ADDRESS,
        text("address2", "Street Address 2"),
        text("description", "Description", "textarea"),
        choice("industry", "Industry"),
        choice("lifecyclestage", "Lifecycle Stage", "radio"),
        number("annualrevenue", "Annual Revenue"),
        number("numberofemployees", "Number of Employees"),
        MERGED,
        system("createdate", "Create Date", "datetime", "date"),
        system("hs_lastmodifieddate", "Last Modified Date", "datetime", "date"),
        *SOURCE_ROWS,
    ),
    "invoices": (
        text("hs_number", "Number"),
        text("hs_title", "Title"),
        choice("hs_invoice_status", "Invoice status"),
        choice("hs_currency", "Currency"),
        moment("hs_invoice_date", "Invoice date"),
        moment("hs_due_date", "Due date"),
        ("hs_invoice_billable", "Billable", "bool", "booleancheckbox", False),
        text("hs_purchase_order_number", "PO number"),
        text("hs_comments", "Comments", "textarea"),
        number("hs_amount_billed", "Amount billed"),
        system("hs_balance_due", "Balance due", "number", "number"),
        system("hs_invoice_source", "Invoice source", "enumeration", "select"),
        system("hs_createdate", "Create date", "datetime", "date"),
        system("hs_lastmodifieddate", "Last modified date", "datetime", "date"),
        *SOURCE_ROWS,
    ),
}

OPTIONS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("contacts", "lifecyclestage"): STAGES,
    ("contacts", "hs_lead_status"): LEADS,
    ("companies", "lifecyclestage"): STAGES,
    ("companies", "industry"): INDUSTRIES,
    ("invoices", "hs_invoice_status"): STATUSES,
    ("invoices", "hs_currency"): CURRENCIES,
    ("invoices", "hs_invoice_source"): SOURCES,
}

LENGTHS: dict[tuple[str, str], int] = {("contacts", "email"): 254}
MAX_LENGTH = 65536
"""Characters of a string property. Source: section 10.2."""

GROUPS = {"contacts": ("contactinformation", "Contact information"), "companies": ("companyinformation", "Company information"),
          "invoices": ("invoiceinformation", "Invoice information")}


def standard(kind: str) -> dict[str, Document]:
    """The definitions every account has, by name, as the properties API gives them."""
    return {row[0]: _definition(kind, row, order) for order, row in enumerate(ROWS[kind])}


def _definition(kind: str, row: Row, order: int) -> Document:
    name, label, data_type, field, read_only = row
    options = OPTIONS.get((kind, name)) or (BOOLEANS if data_type == "bool" else ())
    return {
        "name": name,
        "label": label,
        "type": data_type,
        "fieldType": field,
        "description": "",
        "groupName": GROUPS[kind][0],
        "options": option_list(options),
        "displayOrder": order,
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": (kind, name) == ("contacts", "email"),
        "hidden": False,
        "hubspotDefined": True,
        "formField": not read_only,
        "archived": False,
        "modificationMetadata": {"archivable": False, "readOnlyDefinition": True, "readOnlyOptions": False, "readOnlyValue": read_only},
    }


def option_list(options: tuple[tuple[str, str], ...]) -> list[Mapping[str, object]]:
    return [{"value": value, "label": label, "displayOrder": i, "hidden": False} for i, (value, label) in enumerate(options)]
