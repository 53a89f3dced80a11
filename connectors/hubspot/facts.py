"""What HubSpot is made of as far as we speak to it: versions, object types, association types, and how a property of ours is described.

Source: HubSpot reference, sections 1, 8, 9.2 and 10. The version is in the address of every call.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import FieldSpec, FieldType, Option

API_VERSION = "2026-09"
OAUTH_VERSION = "2026-03"

KEY_PROPERTY = "tandem_quickbooks_id"
PROPERTY_GROUP = "tandem"

MAX_LENGTH = 65536
"""Characters of any text property (section 10.2)."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object type: its name in paths, its id in links, the property that tells when a record was modified."""

    path: str
    type_id: str
    modified: str = "hs_lastmodifieddate"


CONTACTS = ObjectType("contacts", "0-1", "lastmodifieddate")
COMPANIES = ObjectType("companies", "0-2")
DEALS = ObjectType("deals", "0-3")
PRODUCTS = ObjectType("products", "0-7")
LINE_ITEMS = ObjectType("line_items", "0-8")
NOTES = ObjectType("notes", "0-46")
INVOICES = ObjectType("invoices", "0-53")
DISCOUNTS = ObjectType("discounts", "0-84")
FEES = ObjectType("fees", "0-85")
TAXES = ObjectType("taxes", "0-86")
PAYMENTS = ObjectType("commerce_payments", "0-101")

ASSOCIATION_TYPES: dict[tuple[ObjectType, ObjectType], int] = {
    (LINE_ITEMS, INVOICES): 410,
    (DISCOUNTS, INVOICES): 412,
    (TAXES, INVOICES): 416,
    (PAYMENTS, INVOICES): 542,
    (PAYMENTS, CONTACTS): 387,
    (NOTES, DEALS): 214,
    (INVOICES, CONTACTS): 177,
    (INVOICES, COMPANIES): 179,
}
"""Type ids by the type of a record and of the one it is associated with (section 9.2)."""

PROPERTY_TYPES: dict[FieldType, tuple[str, str]] = {
    FieldType.TEXT: ("string", "text"),
    FieldType.URL: ("string", "text"),
    FieldType.NUMBER: ("number", "number"),
    FieldType.BOOLEAN: ("bool", "booleancheckbox"),
    FieldType.CHOICE: ("enumeration", "select"),
    FieldType.DATE: ("date", "date"),
}
YES_OR_NO = (Option("true", "Yes"), Option("false", "No"))


@dataclass(frozen=True, slots=True)
class Own:
    """A property of ours: what `setup` creates, and the field it is."""

    name: str
    label: str
    meaning: str
    description: str
    type: FieldType = FieldType.TEXT
    options: tuple[Option, ...] = ()
    unique: bool = False

    def definition(self) -> dict[str, object]:
        """In the shape of the properties API (section 10.1)."""
        data_type, field_type = PROPERTY_TYPES[self.type]
        options = YES_OR_NO if self.type is FieldType.BOOLEAN else self.options
        shown = [{"value": option.value, "label": option.label, "displayOrder": order, "hidden": False} for order, option in enumerate(options)]
        return {
            "name": self.name,
            "label": self.label,
            "type": data_type,
            "fieldType": field_type,
            "groupName": PROPERTY_GROUP,
            "description": self.description,
            **({"hasUniqueValue": True} if self.unique else {}),
            **({"options": shown} if shown else {}),
        }

    def field(self, *, prefix: str = "", group: str = "") -> FieldSpec:
        """`prefix` stands before the key where the property belongs to an associated record."""
        length = MAX_LENGTH if self.type in (FieldType.TEXT, FieldType.URL) else None
        return FieldSpec(
            prefix + self.name,
            self.label,
            self.type,
            self.meaning,
            unique=self.unique,
            custom=True,
            group=group,
            options=self.options,
            max_length=length,
        )


def key_property(ours: str, theirs: str) -> Own:
    """The property that links a record to its counterpart; `ours` and `theirs` are what people call the two."""
    words = f"Links this {ours} to its {theirs} in QuickBooks. Kept by Tandem; please do not change it."
    return Own(KEY_PROPERTY, f"QuickBooks {theirs}", "counterpart_key", words, unique=True)


def text(
    key: str, label: str, meaning: str = "", *, group: str = "", type: FieldType = FieldType.TEXT, read_only: bool = False, required: bool = False
) -> FieldSpec:
    """A field of text."""
    return FieldSpec(key, label, type, meaning, read_only, required, group=group, max_length=MAX_LENGTH)


def shown(key: str, label: str, type: FieldType, meaning: str = "", options: tuple[Option, ...] = ()) -> FieldSpec:
    """A field that can only be read."""
    return FieldSpec(key, label, type, meaning, True, options=options)
