"""Standard properties of contacts, companies, deals and notes, and how a property is written down. Source: HubSpot reference, section 11."""

from __future__ import annotations

STAGES = (("subscriber", "Subscriber"), ("lead", "Lead"), ("opportunity", "Opportunity"), ("customer", "Customer"), ("other", "Other"))
LEADS = (("NEW", "New"), ("OPEN", "Open"), ("IN_PROGRESS", "In Progress"), ("CONNECTED", "Connected"))
CURRENCIES = tuple((code, code) for code in ("USD", "EUR", "GBP", "CAD", "SEK", "JPY"))
INDUSTRIES = (("CONSTRUCTION", "Construction"), ("HOSPITALITY", "Hospitality"), ("REAL_ESTATE", "Real Estate"), ("RETAIL", "Retail"))
BOOLEANS = (("true", "Yes"), ("false", "No"))
DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled"),
    ("qualifiedtobuy", "Qualified To Buy"),
    ("presentationscheduled", "Presentation Scheduled"),
    ("decisionmakerboughtin", "Decision Maker Bought-In"),
    ("contractsent", "Contract Sent"),
    ("closedwon", "Closed Won"),
    ("closedlost", "Closed Lost"),
)
DEAL_TYPES = (("newbusiness", "New Business"), ("existingbusiness", "Existing Business"))


def worded(*values: str) -> tuple[tuple[str, str], ...]:
    """Options whose labels are their values in words."""
    return tuple((value, value.replace("_", " ").capitalize()) for value in values)


Row = tuple[str, str, str, str, bool]
"""Name, label, type, field type, read-only?"""


def text(name: str, label: str, field: str = "text") -> Row:
    return (name, label, "string", field, False)


def system(name: str, label: str, kind: str = "string", field: str = "text") -> Row:
    return (name, label, kind, field, True)


def amount(name: str, label: str) -> Row:
    """A number that is calculated."""
    return (name, label, "number", "number", True)


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
OWNER = choice("hubspot_owner_id", "Owner")
SOURCE_ROWS = (system("hs_object_id", "Record ID", "number", "number"), system("hs_object_source", "Record source"))


def stamps(created: str = "createdate") -> tuple[Row, ...]:
    """What the system keeps about every record."""
    return (
        system(created, "Create date", "datetime", "date"),
        system("hs_lastmodifieddate", "Last modified date", "datetime", "date"),
        *SOURCE_ROWS,
    )


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
        *stamps(),
    ),
    "deals": (
        text("dealname", "Deal Name"),
        number("amount", "Amount"),
        choice("pipeline", "Pipeline"),
        choice("dealstage", "Deal Stage", "radio"),
        moment("closedate", "Close Date"),
        choice("dealtype", "Deal Type", "radio"),
        choice("deal_currency_code", "Currency"),
        text("description", "Deal Description", "textarea"),
        number("hs_pinned_engagement_id", "Pinned engagement ID"),
        OWNER,
        amount("amount_in_home_currency", "Amount in company currency"),
        system("hs_is_closed_won", "Is Closed Won", "bool", "booleancheckbox"),
        MERGED,
        *stamps(),
    ),
    "notes": (
        moment("hs_timestamp", "Activity date"),
        text("hs_note_body", "Note body", "html"),
        text("hs_attachment_ids", "Attached file IDs"),
        OWNER,
        *stamps("hs_createdate"),
    ),
}

OPTIONS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("contacts", "lifecyclestage"): STAGES,
    ("contacts", "hs_lead_status"): LEADS,
    ("companies", "lifecyclestage"): STAGES,
    ("companies", "industry"): INDUSTRIES,
    ("deals", "pipeline"): (("default", "Sales Pipeline"),),
    ("deals", "dealstage"): DEAL_STAGES,
    ("deals", "dealtype"): DEAL_TYPES,
    ("deals", "deal_currency_code"): CURRENCIES,
}
