"""Customers, as a table. Members, lengths and rules: API reference, page Customer; XSD."""

from __future__ import annotations

from connectors.base import FieldSpec, FieldType, Option
from connectors.quickbooks.shapes import NAME_BREAKERS, Entity, Lookup, address, origin, phone, reference, shown
from connectors.quickbooks.values import bare, first_address, nested

_DELIVERY = (Option("Print", "Print"), Option("Email", "E-mail"), Option("None", "None"))

_FIELDS = (
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
    phone("PrimaryPhone", "Phone", "phone"),
    phone("Mobile", "Mobile", "mobile"),
    phone("AlternatePhone", "Other phone"),
    phone("Fax", "Fax", "fax"),
    FieldSpec("WebAddr.URI", "Website", FieldType.URL, "website", max_length=1000),
    *address("BillAddr", "Billing", ("street", "city", "state", "postal_code", "country")),
    *address("ShipAddr", "Shipping"),
    FieldSpec("Notes", "Notes", meaning="notes", max_length=2000),
    FieldSpec("PrintOnCheckName", "Name on checks", clearable=False, max_length=110, forbidden=NAME_BREAKERS),
    FieldSpec("PreferredDeliveryMethod", "Delivery method", FieldType.CHOICE, clearable=False, options=_DELIVERY),
    FieldSpec("ResaleNum", "Resale number", max_length=16),
    FieldSpec("Taxable", "Taxable", FieldType.BOOLEAN, clearable=False),
    FieldSpec("Active", "Active", FieldType.BOOLEAN, clearable=False),
    shown("Balance", "Balance", FieldType.NUMBER, "balance"),
    shown("BalanceWithJobs", "Balance with sub-customers", FieldType.NUMBER),
    shown("FullyQualifiedName", "Full name in the hierarchy"),
    shown("Job", "Is a sub-customer", FieldType.BOOLEAN),
    reference("ParentRef", "Parent customer"),
    reference("CurrencyRef", "Currency"),
    reference("CustomerTypeRef", "Customer type"),
    reference("SalesTermRef", "Terms"),
    reference("PaymentMethodRef", "Payment method"),
    *origin("Customer id"),
)

_NAME = bare("DisplayName")

CUSTOMER = Entity(
    "Customer",
    "customer",
    "customerdetail?nameId=",
    _FIELDS,
    title=_NAME,
    lookups={
        "DisplayName": Lookup("DisplayName", ("Customer", "Vendor", "Employee"), suffixed=True),
        "PrimaryEmailAddr.Address": Lookup("PrimaryEmailAddr", ("Customer",), several=True),
    },
    getters={
        "DisplayName": lambda row, _: _NAME(row) or None,
        "PrimaryEmailAddr.Address": lambda row, _: first_address(nested(row, "PrimaryEmailAddr").get("Address")),
    },
    named_by="DisplayName",
)
