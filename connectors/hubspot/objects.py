"""HubSpot's kinds as tables, and what an account is asked for. Source: HubSpot reference, sections 3 and 11."""

from __future__ import annotations

from connectors.base import FieldSpec
from connectors.hubspot import contacts, invoices, notes, payments, products
from connectors.hubspot.facts import API_VERSION, KEY_PROPERTY, OAUTH_VERSION, PROPERTY_GROUP, ObjectType, Own
from connectors.hubspot.model import Model
from connectors.vocabulary import Kind

MODELS: dict[Kind, Model] = {
    Kind.CONTACT: contacts.MODEL,
    Kind.PRODUCT: products.MODEL,
    Kind.INVOICE: invoices.MODEL,
    Kind.PAYMENT: payments.MODEL,
    Kind.NOTE: notes.MODEL,
}
OBJECTS: dict[Kind, ObjectType] = {kind: model.type for kind, model in MODELS.items()}
FIELDS: dict[Kind, tuple[FieldSpec, ...]] = {kind: model.fields for kind, model in MODELS.items()}
OWN_PROPERTIES: dict[Kind, dict[str, tuple[Own, ...]]] = {kind: dict(model.own) for kind, model in MODELS.items()}
"""Properties that `setup` creates, by the path of the type that gets them."""

SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.products.read",
    "crm.objects.products.write",
    "crm.objects.line_items.read",
    "crm.objects.line_items.write",
    "crm.objects.invoices.read",
    "crm.objects.invoices.write",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.write",
    "crm.schemas.invoices.write",
    "e-commerce",
)
"""What an account has to grant (section 3). Notes go with contacts, taxes and discounts with line items; own properties of products need the last."""

OPTIONAL_SCOPES = (
    "crm.objects.commercepayments.read",
    "crm.objects.commercepayments.write",
    "crm.schemas.commercepayments.write",
)
"""What an account may lack the product for: payments need a paid account (section 3)."""

__all__ = [
    "API_VERSION",
    "FIELDS",
    "KEY_PROPERTY",
    "MODELS",
    "OAUTH_VERSION",
    "OBJECTS",
    "OPTIONAL_SCOPES",
    "OWN_PROPERTIES",
    "PROPERTY_GROUP",
    "SCOPES",
]
