"""Products. Source: HubSpot reference, section 11.4."""

from __future__ import annotations

from connectors.base import FieldSpec, FieldType, Value
from connectors.hubspot.facts import PRODUCTS, Own, key_property, shown, text
from connectors.hubspot.model import Computed, Gap, Model, Sight
from connectors.hubspot.values import canonical, stored

FLAT = "flat"

OWN = (
    key_property("product", "item"),
    Own("tandem_quickbooks_quantity", "QuickBooks quantity on hand", "quantity", "How many QuickBooks has in stock.", FieldType.NUMBER),
    Own("tandem_quickbooks_category", "QuickBooks category", "category", "The category of the item in QuickBooks."),
    Own("tandem_quickbooks_taxable", "QuickBooks taxable", "taxable", "Whether QuickBooks charges tax on the item.", FieldType.BOOLEAN),
)

FIELDS = (
    text("hs_sku", "SKU", "sku"),
    text("name", "Name", "name", required=True),
    text("description", "Description", "description"),
    FieldSpec("price", "Unit price", FieldType.NUMBER, "price"),
    FieldSpec("hs_cost_of_goods_sold", "Unit cost", FieldType.NUMBER, "cost"),
    FieldSpec("hs_product_type", "Product type", FieldType.CHOICE, "product_type"),
    FieldSpec("hs_status", "Status", FieldType.CHOICE, "product_status"),
    FieldSpec("hs_pricing_model", "Pricing model", FieldType.CHOICE, "pricing_model"),
    *(own.field() for own in OWN),
    shown("createdate", "Create date", FieldType.DATETIME, "created"),
)


def _price(sight: Sight) -> Value | Gap:
    """A tiered product has no one price."""
    if (sight.properties["hs_pricing_model"] or FLAT).lower() != FLAT:
        return Gap.UNKNOWN
    return canonical(FieldType.NUMBER, sight.properties["price"])


MODEL = Model(
    PRODUCTS,
    FIELDS,
    own={PRODUCTS.path: OWN},
    title=lambda properties: properties.get("name"),
    always=("name",),
    computed={"price": Computed(_price, ("price", "hs_pricing_model"), write=lambda value, zone: {"price": stored(value)})},
)
