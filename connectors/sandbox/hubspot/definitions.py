"""Object types, their associations and their standard properties: a realistic part of what an account has.

Source: HubSpot reference, sections 1, 3, 6.2, 8 and 9.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.hubspot import fields, fields_commerce
from connectors.sandbox.hubspot.fields import BOOLEANS, Row
from connectors.sandbox.state import Document


@dataclass(frozen=True, slots=True)
class ObjectType:
    """Facts about one object type.

    `defaults` are the properties a read returns unasked, `searched` those a query looks into; a create needs one property of each group in
    `required`. `scope` is the part of the names of its scopes, `shop` tells that the scope e-commerce will do as well, and is the only one for
    property definitions.
    """

    name: str
    type_id: str
    singular: str
    created: str
    modified: str
    defaults: tuple[str, ...]
    searched: tuple[str, ...]
    required: tuple[tuple[str, ...], ...] = ()
    scope: str = ""
    shop: bool = False

    @property
    def legacy(self) -> str:
        """The name in errors and association words."""
        return self.singular.upper()

    def scopes(self, access: str) -> tuple[str, ...]:
        """The scopes of which one is needed to "read" or "write" records, or to change the "schema". Source: section 3."""
        area = self.scope or self.name
        if access == "schema":
            return ("e-commerce",) if self.shop else (f"crm.schemas.{area}.write",)
        return (f"crm.objects.{area}.{access}", *(("e-commerce",) if self.shop else ()))


MODIFIED = "hs_lastmodifieddate"
PART_FIELDS = ("hs_label", "hs_type", "hs_value")

TYPES: dict[str, ObjectType] = {
    t.name: t
    for t in (
        ObjectType(
            "contacts",
            "0-1",
            "contact",
            "createdate",
            "lastmodifieddate",
            ("email", "firstname", "lastname"),
            ("firstname", "lastname", "email", "phone", "company"),
        ),
        ObjectType("companies", "0-2", "company", "createdate", MODIFIED, ("name", "domain"), ("name", "domain", "phone"), (("name", "domain"),)),
        ObjectType(
            "deals",
            "0-3",
            "deal",
            "createdate",
            MODIFIED,
            ("dealname", "amount", "closedate", "dealstage", "pipeline"),
            ("dealname", "description"),
            (("dealname",), ("dealstage",), ("pipeline",)),
        ),
        ObjectType(
            "products",
            "0-7",
            "product",
            "createdate",
            MODIFIED,
            ("name", "price", "description"),
            ("name", "hs_sku", "description"),
            (("name",),),
            shop=True,
        ),
        ObjectType("line_items", "0-8", "line_item", "createdate", MODIFIED, ("hs_product_id", "quantity", "amount"), ("name", "hs_sku"), shop=True),
        ObjectType("invoices", "0-53", "invoice", "hs_createdate", MODIFIED, (), ("hs_number", "hs_title"), (("hs_currency",),)),
        ObjectType(
            "commerce_payments",
            "0-101",
            "commerce_payment",
            "hs_createdate",
            MODIFIED,
            (),
            ("hs_reference_number", "hs_customer_email"),
            (("hs_initial_amount",), ("hs_initiated_date",)),
            "commercepayments",
        ),
        ObjectType("notes", "0-46", "note", "hs_createdate", MODIFIED, (), ("hs_note_body",), (("hs_timestamp",),), "contacts"),
        ObjectType("taxes", "0-86", "tax", "hs_createdate", MODIFIED, PART_FIELDS, ("hs_label",), scope="line_items", shop=True),
        ObjectType("discounts", "0-84", "discount", "hs_createdate", MODIFIED, PART_FIELDS, ("hs_label",), scope="line_items", shop=True),
        ObjectType("fees", "0-85", "fee", "hs_createdate", MODIFIED, PART_FIELDS, ("hs_label",), scope="line_items", shop=True),
    )
}

ALIASES: dict[str, str] = {alias: t.name for t in TYPES.values() for alias in (t.name, t.type_id, t.singular)}

LINKS: tuple[tuple[str, str, int, int, str | None], ...] = (
    ("contacts", "companies", 279, 280, None),
    ("contacts", "companies", 1, 2, "Primary"),
    ("contacts", "invoices", 178, 177, None),
    ("companies", "invoices", 180, 179, None),
    ("contacts", "deals", 4, 3, None),
    ("companies", "deals", 342, 341, None),
    ("companies", "deals", 6, 5, "Primary"),
    ("deals", "line_items", 19, 20, None),
    ("deals", "invoices", 176, 175, None),
    ("deals", "commerce_payments", 392, 391, None),
    ("deals", "notes", 213, 214, None),
    ("contacts", "notes", 201, 202, None),
    ("companies", "notes", 189, 190, None),
    ("contacts", "commerce_payments", 388, 387, None),
    ("companies", "commerce_payments", 390, 389, None),
    ("invoices", "line_items", 409, 410, None),
    ("invoices", "discounts", 411, 412, None),
    ("invoices", "fees", 413, 414, None),
    ("invoices", "taxes", 415, 416, None),
    ("invoices", "commerce_payments", 541, 542, None),
    ("commerce_payments", "line_items", 395, 396, None),
)
"""From, to, type id there, type id back, label; the default one of a pair first. Source: section 9.2."""


def _directions() -> dict[tuple[str, str], dict[int, str | None]]:
    found: dict[tuple[str, str], dict[int, str | None]] = {}
    for start, to, there, back, label in LINKS:
        found.setdefault((start, to), {})[there] = label
        found.setdefault((to, start), {})[back] = label
    return found


ASSOCIATION_TYPES: dict[tuple[str, str], dict[int, str | None]] = _directions()
"""Type ids and their labels by direction, the default one first."""

INVERSES: dict[int, int] = {**{there: back for _, _, there, back, _ in LINKS}, **{back: there for _, _, there, back, _ in LINKS}}

LENGTHS: dict[tuple[str, str], int] = {("contacts", "email"): 254}
MAX_LENGTH = 65536
"""Characters of a string property. Source: section 10.2."""

ROWS = {**fields.ROWS, **fields_commerce.ROWS}
OPTIONS = {**fields.OPTIONS, **fields_commerce.OPTIONS}
GROUPS = {t.name: (t.singular.replace("_", "") + "information", t.singular.replace("_", " ").capitalize() + " information") for t in TYPES.values()}


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
