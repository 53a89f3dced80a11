"""Every entity there is. One is added by an `Entity` in the module of its subject and its name here."""

from __future__ import annotations

from connectors.sandbox.quickbooks.catalog import ACCOUNT, ITEM, PAYMENT_METHOD, TAX_CODE, TAX_RATE, TERM
from connectors.sandbox.quickbooks.people import CUSTOMER, EMPLOYEE, VENDOR
from connectors.sandbox.quickbooks.shapes import Entity, Family
from connectors.sandbox.quickbooks.transactions import CREDIT_MEMO, INVOICE, PAYMENT

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (CUSTOMER, VENDOR, EMPLOYEE, ACCOUNT, TERM, PAYMENT_METHOD, TAX_RATE, TAX_CODE, ITEM, INVOICE, CREDIT_MEMO, PAYMENT)
}
BY_PATH: dict[str, Entity] = {entity.path: entity for entity in ENTITIES.values()}
PEOPLE: dict[str, Entity] = {entity.path: entity for entity in ENTITIES.values() if entity.family is Family.PERSON}
"""By path: the three lists that share one space of names."""

ALWAYS_FILTERABLE = ("Id", "MetaData.CreateTime", "MetaData.LastUpdatedTime")
INDEXED = ("DisplayName", "PrimaryEmailAddr", "Name", "Sku", "DocNumber", "CustomerRef", "PaymentRefNum")
"""Properties with an index from folded text to Ids."""


def filterable(entity: Entity, name: str) -> bool:
    return name in ALWAYS_FILTERABLE or _fully_named(entity, name) or (name in entity.members and entity.members[name].filterable)


def sortable(entity: Entity, name: str) -> bool:
    return name in ALWAYS_FILTERABLE or _fully_named(entity, name) or (name in entity.members and entity.members[name].sortable)


def _fully_named(entity: Entity, name: str) -> bool:
    return name == "FullyQualifiedName" and entity.fully_named
