"""Customers, vendors and employees. Lengths, rules and filterable properties: reference sections 3.3 and 5.1, member names from the XSD."""

from __future__ import annotations

from connectors.sandbox.quickbooks.shapes import NAME_BREAKERS, Entity, Member, Sort, members


def _name(key: str, longest: int, *, kept: bool = False, filterable: bool = True) -> Member:
    return Member(key, longest=longest, filterable=filterable, sortable=filterable, forbidden=NAME_BREAKERS, kept=kept)


_PERSON = (
    Member("Title", longest=16),
    _name("GivenName", 100),
    _name("MiddleName", 100),
    _name("FamilyName", 100),
    Member("Suffix", longest=16),
    _name("DisplayName", 500, kept=True),
    _name("PrintOnCheckName", 110, kept=True),
    Member("Active", Sort.FLAG, filterable=True, sortable=True),
    Member("PrimaryPhone", Sort.PHONE),
    Member("Mobile", Sort.PHONE),
    Member("PrimaryEmailAddr", Sort.EMAIL, filterable=True),
)
_FIRM = (
    Member("CompanyName", longest=100, filterable=True, sortable=True),
    Member("AlternatePhone", Sort.PHONE),
    Member("Fax", Sort.PHONE),
    Member("WebAddr", Sort.WEB),
    Member("BillAddr", Sort.ADDRESS),
    Member("Notes", longest=2000),
    Member("Balance", Sort.NUMBER, read_only=True, filterable=True, sortable=True),
    Member("CurrencyRef", Sort.REFERENCE),
)

CUSTOMER = Entity(
    "Customer",
    "customer",
    "customer",
    members(
        *_PERSON,
        *_FIRM,
        Member("ShipAddr", Sort.ADDRESS),
        Member("BalanceWithJobs", Sort.NUMBER, read_only=True),
        Member("OpenBalanceDate", Sort.DATE, read_only=True),
        Member("Taxable", Sort.FLAG),
        Member("Job", Sort.FLAG),
        Member("BillWithParent", Sort.FLAG),
        Member("IsProject", Sort.FLAG, read_only=True),
        Member("ParentRef", Sort.REFERENCE, target="Customer"),
        Member("SalesTermRef", Sort.REFERENCE, target="Term"),
        Member("PaymentMethodRef", Sort.REFERENCE, target="PaymentMethod"),
        Member("CustomerTypeRef", Sort.REFERENCE),
        Member("ARAccountRef", Sort.REFERENCE),
        Member("DefaultTaxCodeRef", Sort.REFERENCE),
        Member("PreferredDeliveryMethod", choices=("Print", "Email", "None")),
        Member("ResaleNum", longest=16),
        Member("TaxExemptionReasonId", longest=2),
        Member("PrimaryTaxIdentifier", longest=30),
        Member("BusinessNumber", longest=10),
        Member("GSTIN", longest=15),
    ),
    {"Taxable": True, "Job": False, "BillWithParent": False, "Balance": 0, "BalanceWithJobs": 0, "PreferredDeliveryMethod": "None"},
)
VENDOR = Entity(
    "Vendor",
    "vendor",
    "vendor",
    members(
        *_PERSON,
        *_FIRM,
        Member("AcctNum", longest=100),
        Member("Vendor1099", Sort.FLAG),
        Member("TermRef", Sort.REFERENCE),
        Member("TaxIdentifier", longest=20),
    ),
    {"Vendor1099": False, "Balance": 0},
)
EMPLOYEE = Entity(
    "Employee",
    "employee",
    "employee",
    members(*_PERSON, Member("PrimaryAddr", Sort.ADDRESS), Member("EmployeeNumber", longest=100), Member("BillableTime", Sort.FLAG)),
    {"BillableTime": False},
)
