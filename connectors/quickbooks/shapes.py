"""What a table of a QuickBooks object is made of: its fields, how it is read, named and looked up.

Field keys are native paths: "PrimaryEmailAddr.Address". A member whose name ends in "Ref" is a reference; its field holds the Id.
Virtual keys have no member of their own: "BillAddr.Lines" joins Line1 to Line5 with line breaks, "Key" is the realm and the Id with a colon
between, which names a row across companies; others are told by the getters of their entity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.base import FieldSpec, FieldType, Value

MINOR_VERSION = "75"
BATCH_SIZE = 30
PAGE_SIZE = 1000
NAME_BREAKERS = ":\t\n"
DELETED_SUFFIX = " (deleted)"
LINES = tuple(f"Line{n}" for n in range(1, 6))
PLACE_PARTS = ("City", "CountrySubDivisionCode", "PostalCode", "Country")
ADDRESSES = ("BillAddr", "ShipAddr")

Row = Mapping[str, Any]


class Known(Protocol):
    """What is known of the company beside its rows. Any of it may take a call, the first time it is asked for."""

    @property
    def realm(self) -> str: ...

    @property
    def web(self) -> str:
        """Where people look at records, without a slash at the end."""

    @property
    def currency(self) -> str:
        """The home currency."""

    @property
    def methods(self) -> Mapping[str, str]:
        """The neutral name of each payment method by its Id."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row is read with: the company, and rows of the joined entity by Id."""

    company: Known
    joined: Mapping[str, Row] = field(default_factory=dict)


Getter = Callable[[Row, Facts], Value]


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of another entity that fields are told from: `keys` are those fields, `ids` names the rows that a row needs."""

    entity: str
    keys: frozenset[str]
    ids: Callable[[Row], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a field is found by: the property of the query language (reference 3.3) and the lists to search.

    `suffixed`: an inactive holder's value carries a suffix. `several`: a holder may have more values, with commas between.
    """

    property: str
    lists: tuple[str, ...]
    suffixed: bool = False
    several: bool = False


def is_inactive(row: Row) -> bool:
    return not row.get("Active", True)


@dataclass(frozen=True, slots=True)
class Entity:
    """One object. `page` is the address of a person's view of a row, up to the Id.

    `getters` tell fields that are more than a member of the row; those in `asking` may take a call. `custom` fields can always be read and are
    offered where the company uses them. Keys in `born_with` are sent by a create only. `named_by` is the unique field by which a row is found
    that a create may have made.
    """

    name: str
    path: str
    page: str
    fields: tuple[FieldSpec, ...]
    title: Callable[[Row], str]
    lookups: Mapping[str, Lookup]
    inactive: Callable[[Row], bool] = is_inactive
    getters: Mapping[str, Getter] = field(default_factory=dict)
    asking: frozenset[str] = frozenset()
    custom: tuple[FieldSpec, ...] = ()
    join: Join | None = None
    born_with: frozenset[str] = frozenset()
    named_by: str = ""
    deletable: bool = False

    def link(self, web: str, record_id: str) -> str:
        """Where a person sees the row; the Id has to be quoted."""
        return f"{web}/app/{self.page}{record_id}"


def address(member: str, label: str, meanings: tuple[str, str, str, str, str] = ("",) * 5) -> tuple[FieldSpec, ...]:
    """The fields of a postal address, which are merged together."""
    street, city, state, postal_code, country = meanings
    return (
        FieldSpec(f"{member}.Lines", f"{label} street", meaning=street, group=member, max_length=2000),
        FieldSpec(f"{member}.City", f"{label} city", meaning=city, group=member, max_length=255),
        FieldSpec(f"{member}.CountrySubDivisionCode", f"{label} state", meaning=state, group=member, max_length=255),
        FieldSpec(f"{member}.PostalCode", f"{label} postal code", meaning=postal_code, group=member, max_length=30),
        FieldSpec(f"{member}.Country", f"{label} country", meaning=country, group=member, max_length=255),
    )


def phone(member: str, label: str, meaning: str = "") -> FieldSpec:
    return FieldSpec(f"{member}.FreeFormNumber", label, FieldType.PHONE, meaning, max_length=30)


def reference(key: str, label: str) -> FieldSpec:
    """A reference that is shown and never written."""
    return FieldSpec(key, label, FieldType.REFERENCE, read_only=True)


def shown(key: str, label: str, type_: FieldType = FieldType.TEXT, meaning: str = "") -> FieldSpec:
    """A value that QuickBooks tells and nobody writes."""
    return FieldSpec(key, label, type_, meaning, read_only=True)


def origin(label: str) -> tuple[FieldSpec, ...]:
    """What every row has: its name across companies, and its times."""
    return (
        shown("Key", label, meaning="own_key"),
        shown("MetaData.CreateTime", "Created time", FieldType.DATETIME, "created"),
        shown("MetaData.LastUpdatedTime", "Last changed time", FieldType.DATETIME, "modified"),
    )
