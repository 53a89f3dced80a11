"""What QuickBooks Online calls each kind of record. Notes are told from payments."""

from __future__ import annotations

from connectors.provider import ObjectName
from connectors.quickbooks.customers import CUSTOMER
from connectors.quickbooks.invoices import INVOICE
from connectors.quickbooks.items import ITEM
from connectors.quickbooks.payments import PAYMENT
from connectors.quickbooks.shapes import Entity
from connectors.vocabulary import Kind

ENTITIES: dict[Kind, Entity] = {Kind.CONTACT: CUSTOMER, Kind.PRODUCT: ITEM, Kind.INVOICE: INVOICE, Kind.PAYMENT: PAYMENT, Kind.NOTE: PAYMENT}
READ_ONLY = frozenset({Kind.NOTE})
"""Kinds that are never written here."""

OBJECT_NAMES: dict[Kind, ObjectName] = {
    Kind.CONTACT: ObjectName("Customer", "Customers"),
    Kind.PRODUCT: ObjectName("Product or service", "Products and services"),
    Kind.INVOICE: ObjectName("Invoice", "Invoices"),
    Kind.PAYMENT: ObjectName("Payment", "Payments"),
    Kind.NOTE: ObjectName("Payment", "Payments"),
}
