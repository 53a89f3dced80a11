"""Which properties the pages show in lists and let people edit."""

from __future__ import annotations

ADDRESS = ("address", "city", "state", "zip", "country")
PART = ("hs_label", "hs_type", "hs_value")
INVOICE_HEAD = ("hs_title", "hs_currency", "hs_invoice_date", "hs_due_date", "hs_purchase_order_number", "hs_comments")
RECORD_ONLY = ("hs_number", "hs_invoice_status", "hs_amount_billed", "hs_payment_date")
"""What people set on invoices that are not billable only."""
EDITED: dict[str, tuple[str, ...]] = {
    "contacts": (
        "email",
        "firstname",
        "lastname",
        "company",
        "phone",
        "mobilephone",
        "fax",
        "website",
        "salutation",
        *ADDRESS,
        "lifecyclestage",
        "message",
    ),
    "companies": ("name", "domain", "phone", "website", *ADDRESS, "industry"),
    "deals": ("dealname", "amount", "pipeline", "dealstage", "closedate", "description"),
    "products": ("name", "hs_sku", "price", "hs_cost_of_goods_sold", "description", "hs_product_type", "hs_status"),
    "line_items": (
        "name",
        "hs_sku",
        "hs_product_id",
        "quantity",
        "price",
        "discount",
        "hs_discount_percentage",
        "hs_tax_rate_group_id",
        "description",
    ),
    "invoices": (*INVOICE_HEAD, "hs_invoice_billable", *RECORD_ONLY),
    "commerce_payments": (
        "hs_initial_amount",
        "hs_initiated_date",
        "hs_latest_status",
        "hs_currency_code",
        "hs_payment_method_type",
        "hs_processor_type",
        "hs_reference_number",
        "hs_fees_amount",
        "hs_refunds_amount",
        "hs_customer_email",
        "hs_internal_comment",
    ),
    "notes": ("hs_timestamp", "hs_note_body"),
    "taxes": PART,
    "discounts": PART,
    "fees": PART,
}
COLUMNS: dict[str, tuple[str, ...]] = {
    "contacts": ("firstname", "lastname", "email", "company", "phone"),
    "companies": ("name", "domain", "city"),
    "deals": ("dealname", "amount", "dealstage", "closedate"),
    "products": ("name", "hs_sku", "price", "hs_cost_of_goods_sold", "hs_product_type", "hs_status"),
    "line_items": ("name", "hs_sku", "quantity", "price", "amount"),
    "invoices": ("hs_number", "hs_invoice_status", "hs_invoice_source", "hs_amount_billed", "hs_balance_due", "hs_currency", "hs_createdate"),
    "commerce_payments": ("hs_initial_amount", "hs_initiated_date", "hs_latest_status", "hs_payment_method_type", "hs_reference_number"),
    "notes": ("hs_note_body", "hs_timestamp"),
    "taxes": PART,
    "discounts": PART,
    "fees": PART,
}
