"""What a table of an entity is made of: members with their sorts, lengths and permissions. Lengths of nested parts: reference section 5.1."""

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
    MEMO = "memo"
    ADDRESS = "address"
    NESTED = "nested"
    """A list or object that the rules of its entity read."""


class Family(StrEnum):
    """Which rules a row lives by."""

    PERSON = "person"
    LIST = "list"
    SALE = "sale"
    PAYMENT = "payment"


ADDRESS_LENGTHS = {f"Line{n}": 500 for n in range(1, 6)} | {"City": 255, "CountrySubDivisionCode": 255, "PostalCode": 30, "Country": 255}

PARTS: dict[Sort, dict[str, int]] = {
    Sort.EMAIL: {"Address": 100},
    Sort.PHONE: {"FreeFormNumber": 30},
    Sort.WEB: {"URI": 1000},
    Sort.MEMO: {"value": 1000},
    Sort.ADDRESS: ADDRESS_LENGTHS,
}
"""The stored parts of a nested member and their greatest lengths."""

PARTS_IGNORED: dict[Sort, frozenset[str]] = {
    Sort.EMAIL: frozenset({"Id", "Default", "Tag"}),
    Sort.PHONE: frozenset({"Id", "Default", "Tag", "DeviceType", "CountryCode", "AreaCode", "ExchangeCode", "Extension"}),
    Sort.WEB: frozenset({"Id", "Default", "Tag"}),
    Sort.MEMO: frozenset({"id"}),
    Sort.ADDRESS: frozenset({"Id", "Lat", "Long", "County", "CountryCode", "PostalCodeSuffix", "Tag", "Note"}),
}
"""Parts that are accepted and not kept."""

NAME_BREAKERS = ":\t\n"
NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
SYSTEM_MEMBERS = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse", "status", "FullyQualifiedName", "Level"})
DELETED_SUFFIX = " (deleted)"


@dataclass(frozen=True, slots=True)
class Member:
    """One top-level member. `read_only` ones are accepted in a body and ignored; `kept` ones cannot be blanked by a sparse update.

    `target` is the entity a reference must point to an active row of; "" where the references of the sandbox lead nowhere.
    """

    name: str
    sort: Sort = Sort.TEXT
    longest: int = 0
    read_only: bool = False
    filterable: bool = False
    sortable: bool = False
    forbidden: str = ""
    kept: bool = False
    choices: tuple[str, ...] = ()
    target: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """`path` is the lower-case name in addresses, `word` what people call one, `key` the member that is unique by name, "" where none is.

    `defaults` are set on create where the body is silent. `made` says whether the API creates and changes rows, `captured` whether change
    data capture tells of them.
    """

    name: str
    path: str
    word: str
    members: dict[str, Member]
    defaults: dict[str, object] = field(default_factory=dict)
    family: Family = Family.PERSON
    key: str = "DisplayName"
    made: bool = True
    captured: bool = True

    @property
    def fully_named(self) -> bool:
        """Whether rows have a FullyQualifiedName: people, and lists whose rows stand below others (XSD)."""
        return self.family is Family.PERSON or "ParentRef" in self.members


def members(*rows: Member) -> dict[str, Member]:
    """A table by name."""
    return {member.name: member for member in rows}
