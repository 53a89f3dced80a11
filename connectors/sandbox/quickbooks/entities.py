"""What each entity consists of, as tables. Lengths, rules and filterable properties: reference sections 3.3 and 5.1, member names from the XSD.

An entity is added by one `Entity` entry; what is special about it beyond its members goes to `records.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Sort(StrEnum):
    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    DATE = "date"
    REFERENCE = "reference"
    EMAIL = "email"
    PHONE = "phone"
    WEB = "web"
    ADDRESS = "address"


ADDRESS_LENGTHS = {f"Line{n}": 500 for n in range(1, 6)} | {"City": 255, "CountrySubDivisionCode": 255, "PostalCode": 30, "Country": 255}

PARTS: dict[Sort, dict[str, int]] = {
    Sort.EMAIL: {"Address": 100},
    Sort.PHONE: {"FreeFormNumber": 30},
    Sort.WEB: {"URI": 1000},
    Sort.ADDRESS: ADDRESS_LENGTHS,
}
"""The stored parts of a nested member and their greatest lengths."""

PARTS_IGNORED: dict[Sort, frozenset[str]] = {
    Sort.EMAIL: frozenset({"Id", "Default", "Tag"}),
    Sort.PHONE: frozenset({"Id", "Default", "Tag", "DeviceType", "CountryCode", "AreaCode", "ExchangeCode", "Extension"}),
    Sort.WEB: frozenset({"Id", "Default", "Tag"}),
    Sort.ADDRESS: frozenset({"Id", "Lat", "Long", "County", "CountryCode", "PostalCodeSuffix", "Tag", "Note"}),
}
"""Parts that are accepted and not kept."""

NAME_BREAKERS = ":\t\n"
NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
SYSTEM_MEMBERS = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse", "status", "FullyQualifiedName", "Level"})
DELETED_SUFFIX = " (deleted)"


@dataclass(frozen=True, slots=True)
class Member:
    """One top-level member. `read_only` ones are accepted in a body and ignored; `kept` ones cannot be blanked by a sparse update."""

    name: str
    sort: Sort = Sort.TEXT
    longest: int = 0
    read_only: bool = False
    filterable: bool = False
    sortable: bool = False
    forbidden: str = ""
    kept: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """`path` is the lower-case name in addresses, `word` what people call one. `defaults` are set on create where the body is silent."""

    name: str
    path: str
    word: str
    members: dict[str, Member]
    defaults: dict[str, object] = field(default_factory=dict)


def _table(*members: Member) -> dict[str, Member]:
    return {member.name: member for member in members}


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
    _table(
        *_PERSON,
        *_FIRM,
        Member("ShipAddr", Sort.ADDRESS),
        Member("BalanceWithJobs", Sort.NUMBER, read_only=True),
        Member("OpenBalanceDate", Sort.DATE, read_only=True),
        Member("Taxable", Sort.FLAG),
        Member("Job", Sort.FLAG),
        Member("BillWithParent", Sort.FLAG),
        Member("IsProject", Sort.FLAG, read_only=True),
        Member("ParentRef", Sort.REFERENCE),
        Member("SalesTermRef", Sort.REFERENCE),
        Member("PaymentMethodRef", Sort.REFERENCE),
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
    _table(
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
    _table(*_PERSON, Member("PrimaryAddr", Sort.ADDRESS), Member("EmployeeNumber", longest=100), Member("BillableTime", Sort.FLAG)),
    {"BillableTime": False},
)

ENTITIES: dict[str, Entity] = {entity.name: entity for entity in (CUSTOMER, VENDOR, EMPLOYEE)}
BY_PATH: dict[str, Entity] = {entity.path: entity for entity in ENTITIES.values()}

ALWAYS_FILTERABLE = ("Id", "MetaData.CreateTime", "MetaData.LastUpdatedTime", "FullyQualifiedName")
INDEXED = ("DisplayName", "PrimaryEmailAddr")
"""Properties with an index from folded text to Ids."""


def filterable(entity: Entity, name: str) -> bool:
    return name in ALWAYS_FILTERABLE or (name in entity.members and entity.members[name].filterable)


def sortable(entity: Entity, name: str) -> bool:
    return name in ALWAYS_FILTERABLE or (name in entity.members and entity.members[name].sortable)
