"""What is fixed about QuickBooks Online objects, as tables. Members, lengths and rules: API reference, page Customer; XSD.

Field keys are native paths: "PrimaryEmailAddr.Address". Two are virtual: "BillAddr.Lines" joins Line1 to Line5 with line breaks,
"Key" is the realm and the Id with a colon between, which names a customer across companies.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import FieldSpec, FieldType, Option
from connectors.provider import ObjectName
from connectors.vocabulary import Kind

MINOR_VERSION = "75"
BATCH_SIZE = 30
PAGE_SIZE = 1000
NAME_BREAKERS = ":\t\n"
DELETED_SUFFIX = " (deleted)"
LINES = tuple(f"Line{n}" for n in range(1, 6))
PLACE_PARTS = ("City", "CountrySubDivisionCode", "PostalCode", "Country")
ADDRESSES = ("BillAddr", "ShipAddr")


@dataclass(frozen=True, slots=True)
class Entity:
    """One object: its native name, its fields, and the lists that share the name space of its unique field."""

    name: str
    path: str
    fields: tuple[FieldSpec, ...]
    namesakes: tuple[str, ...]


def _address(member: str, label: str, meanings: tuple[str, str, str, str, str]) -> tuple[FieldSpec, ...]:
    street, city, state, postal_code, country = meanings
    return (
        FieldSpec(f"{member}.Lines", f"{label} street", meaning=street, group=member, max_length=2000),
        FieldSpec(f"{member}.City", f"{label} city", meaning=city, group=member, max_length=255),
        FieldSpec(f"{member}.CountrySubDivisionCode", f"{label} state", meaning=state, group=member, max_length=255),
        FieldSpec(f"{member}.PostalCode", f"{label} postal code", meaning=postal_code, group=member, max_length=30),
        FieldSpec(f"{member}.Country", f"{label} country", meaning=country, group=member, max_length=255),
    )


def _phone(member: str, label: str, meaning: str = "") -> FieldSpec:
    return FieldSpec(f"{member}.FreeFormNumber", label, FieldType.PHONE, meaning, max_length=30)


def _reference(key: str, label: str) -> FieldSpec:
    return FieldSpec(key, label, FieldType.REFERENCE, read_only=True)


_DELIVERY = (Option("Print", "Print"), Option("Email", "E-mail"), Option("None", "None"))

_CUSTOMER_FIELDS = (
    FieldSpec(
        "DisplayName", "Display name", meaning="display_name", required=True, unique=True, clearable=False, max_length=500, forbidden=NAME_BREAKERS
    ),
    FieldSpec("Title", "Title", meaning="salutation", max_length=16),
    FieldSpec("GivenName", "First name", meaning="first_name", group="name", max_length=100, forbidden=NAME_BREAKERS),
    FieldSpec("MiddleName", "Middle name", max_length=100, forbidden=NAME_BREAKERS),
    FieldSpec("FamilyName", "Last name", meaning="last_name", group="name", max_length=100, forbidden=NAME_BREAKERS),
    FieldSpec("Suffix", "Suffix", max_length=16),
    FieldSpec("CompanyName", "Company name", meaning="company_text", max_length=100),
    FieldSpec("PrimaryEmailAddr.Address", "E-mail", FieldType.EMAIL, "email", max_length=100),
    _phone("PrimaryPhone", "Phone", "phone"),
    _phone("Mobile", "Mobile", "mobile"),
    _phone("AlternatePhone", "Other phone"),
    _phone("Fax", "Fax", "fax"),
    FieldSpec("WebAddr.URI", "Website", FieldType.URL, "website", max_length=1000),
    *_address("BillAddr", "Billing", ("street", "city", "state", "postal_code", "country")),
    *_address("ShipAddr", "Shipping", ("", "", "", "", "")),
    FieldSpec("Notes", "Notes", meaning="notes", max_length=2000),
    FieldSpec("PrintOnCheckName", "Name on checks", clearable=False, max_length=110, forbidden=NAME_BREAKERS),
    FieldSpec("PreferredDeliveryMethod", "Delivery method", FieldType.CHOICE, clearable=False, options=_DELIVERY),
    FieldSpec("ResaleNum", "Resale number", max_length=16),
    FieldSpec("Taxable", "Taxable", FieldType.BOOLEAN, clearable=False),
    FieldSpec("Active", "Active", FieldType.BOOLEAN, clearable=False),
    FieldSpec("Balance", "Balance", FieldType.NUMBER, "balance", read_only=True),
    FieldSpec("BalanceWithJobs", "Balance with sub-customers", FieldType.NUMBER, read_only=True),
    FieldSpec("FullyQualifiedName", "Full name in the hierarchy", read_only=True),
    FieldSpec("Job", "Is a sub-customer", FieldType.BOOLEAN, read_only=True),
    _reference("ParentRef", "Parent customer"),
    _reference("CurrencyRef", "Currency"),
    _reference("CustomerTypeRef", "Customer type"),
    _reference("SalesTermRef", "Terms"),
    _reference("PaymentMethodRef", "Payment method"),
    FieldSpec("Key", "Customer id", meaning="own_key", read_only=True),
    FieldSpec("MetaData.CreateTime", "Created time", FieldType.DATETIME, "created", read_only=True),
    FieldSpec("MetaData.LastUpdatedTime", "Last changed time", FieldType.DATETIME, "modified", read_only=True),
)

CUSTOMER = Entity("Customer", "customer", _CUSTOMER_FIELDS, ("Customer", "Vendor", "Employee"))

ENTITIES: dict[Kind, Entity] = {Kind.CONTACT: CUSTOMER}
OBJECT_NAMES: dict[Kind, ObjectName] = {Kind.CONTACT: ObjectName("Customer", "Customers")}

FIND_BY: dict[str, str] = {"DisplayName": "DisplayName", "PrimaryEmailAddr.Address": "PrimaryEmailAddr"}
"""Fields that can be looked up by a query, and the property of the query language that finds them (reference 3.3)."""
