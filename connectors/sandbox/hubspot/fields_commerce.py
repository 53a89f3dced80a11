"""Standard properties of what is sold, invoiced and paid. Source: HubSpot reference, sections 11.4 to 11.8."""

from __future__ import annotations

from connectors.sandbox.hubspot.fields import CURRENCIES, OWNER, Row, amount, choice, moment, number, stamps, system, text, worded

STATUSES = (("draft", "Draft"), ("open", "Open"), ("paid", "Paid"), ("voided", "Voided"))
SOURCES = (("hubspot", "HubSpot"), ("data_sync", "Data Sync"), ("legacy", "Legacy QuickBooks"))
PRODUCT_TYPES = (("inventory", "Inventory"), ("non_inventory", "Non-inventory"), ("service", "Service"))
ACTIVITY = (("active", "Active"), ("inactive", "Inactive"))
FREQUENCIES = worded("weekly", "biweekly", "monthly", "quarterly", "per_six_months", "annually")
PRICING = worded("flat", "volume", "graduated", "stairstep")
PART = (("PERCENT", "Percent"), ("FIXED", "Fixed"))
COLLECTION = (("manual", "Manual"), ("none", "None"))
PAYMENT_STATUSES = worded(
    "processing",
    "succeeded",
    "failed",
    "partially_refunded",
    "refunded",
    "processing_refund",
    "disputed_won",
    "disputed_lost",
    "disputed_action_required",
    "disputed_awaiting_decision",
)
METHODS = worded("card", "ach", "cash", "check", "wire_transfer", "other", "sepa", "bacs", "pads")
PROCESSORS = (("hs_payments", "HubSpot payments"), ("byo_stripe", "Stripe"), ("none", "None"), ("quickbooks", "QuickBooks"), ("xero", "Xero"))
PAYMENT_SOURCES = worded("SALES_CHECKOUT", "QUOTE", "INVOICE", "MIGRATION", "SUBSCRIPTION")
RECURRING = (choice("recurringbillingfrequency", "Billing frequency"), text("hs_recurring_billing_period", "Term"))


def place(prefix: str, label: str, street: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of one address block."""
    names = (*street, "city", "state", "zip", "country")
    return tuple(text(f"{prefix}_{name}", f"{label} {name.replace('_', ' ')}") for name in names)


def order_part(kind: str) -> tuple[Row, ...]:
    """The rows of a tax, discount or fee of a whole invoice."""
    return (
        text("hs_label", f"{kind} label"),
        choice("hs_type", "Type"),
        number("hs_value", "Value"),
        number("hs_sort_order", "Sort order"),
        *((text("hs_duration", "Duration"),) if kind == "Discount" else ()),
        *stamps("hs_createdate"),
    )


ROWS: dict[str, tuple[Row, ...]] = {
    "products": (
        text("name", "Name"),
        text("description", "Product description", "textarea"),
        number("price", "Unit price"),
        text("hs_sku", "SKU"),
        number("hs_cost_of_goods_sold", "Unit cost"),
        choice("hs_product_type", "Product Type"),
        choice("hs_status", "Status"),
        text("hs_url", "URL"),
        text("hs_images", "Image URL"),
        text("hs_folder", "Folder"),
        choice("hs_pricing_model", "Pricing model"),
        text("hs_tier_ranges", "Tier ranges"),
        text("hs_tier_prices", "Tier prices"),
        *RECURRING,
        number("tax", "Tax"),
        number("discount", "Unit discount"),
        OWNER,
        *stamps(),
    ),
    "line_items": (
        text("name", "Name"),
        text("description", "Description", "textarea"),
        text("hs_product_id", "Product ID"),
        text("hs_sku", "SKU"),
        number("quantity", "Quantity"),
        number("price", "Unit price"),
        number("discount", "Unit discount"),
        number("hs_discount_percentage", "Discount percentage"),
        amount("hs_pre_discount_amount", "Pre-discount amount"),
        amount("hs_total_discount", "Calculated total discount"),
        amount("amount", "Net price"),
        number("hs_cost_of_goods_sold", "Unit cost"),
        text("hs_tax_rate_group_id", "Tax rate"),
        system("hs_tax_label", "Tax label"),
        amount("hs_tax_rate", "Tax percentage"),
        amount("hs_tax_amount", "Tax amount"),
        amount("hs_post_tax_amount", "Post-tax amount"),
        choice("hs_line_item_currency_code", "Currency"),
        *RECURRING,
        ("hs_recurring_billing_start_date", "Start date", "date", "date", False),
        ("hs_recurring_billing_end_date", "End date", "date", "date", False),
        number("hs_recurring_billing_number_of_payments", "Number of payments"),
        number("hs_position_on_quote", "Position"),
        *stamps(),
    ),
    "invoices": (
        text("hs_number", "Number"),
        text("hs_title", "Title"),
        choice("hs_invoice_status", "Invoice status"),
        choice("hs_currency", "Currency"),
        moment("hs_invoice_date", "Invoice date"),
        moment("hs_due_date", "Due date"),
        ("hs_invoice_billable", "Billable", "bool", "booleancheckbox", False),
        text("hs_purchase_order_number", "PO number"),
        text("hs_comments", "Comments", "textarea"),
        text("hs_tax_id", "Tax ID"),
        choice("hs_invoice_payment_collection_method", "Payment collection"),
        choice("hs_allowed_payment_methods", "Allowed payment methods", "checkbox"),
        ("hs_allow_partial_payments", "Allow partial payments", "bool", "booleancheckbox", False),
        choice("hs_collect_address_types", "Addresses collected", "checkbox"),
        *place("hs_recipient_shipping", "Recipient shipping", ("address", "address2")),
        *place("hs_recipient_company", "Recipient company", ("address", "address2")),
        choice("hs_custom_fields", "Custom fields", "checkbox"),
        text("hs_language", "Language"),
        text("hs_locale", "Locale"),
        number("hs_amount_billed", "Amount billed"),
        moment("hs_payment_date", "Payment date"),
        amount("hs_amount_paid", "Amount paid"),
        amount("hs_balance_due", "Balance due"),
        amount("hs_amount_billed_in_company_currency", "Amount billed in company currency"),
        amount("hs_tax", "Tax"),
        system("hs_unique_id", "Unique ID"),
        system("hs_invoice_link", "Invoice link"),
        system("hs_pdf_download_link", "PDF download link"),
        system("hs_invoice_source", "Invoice source", "enumeration", "select"),
        system("hs_external_invoice_id", "External invoice ID"),
        system("hs_external_createdate", "External create date", "datetime", "date"),
        system("hs_invoice_latest_contact_email", "Latest contact email"),
        system("hs_invoice_latest_contact_firstname", "Latest contact first name"),
        system("hs_invoice_latest_contact_lastname", "Latest contact last name"),
        system("hs_invoice_latest_company_name", "Latest company name"),
        OWNER,
        *stamps("hs_createdate"),
    ),
    "commerce_payments": (
        number("hs_initial_amount", "Gross amount"),
        moment("hs_initiated_date", "Payment date"),
        choice("hs_latest_status", "Status"),
        choice("hs_currency_code", "Currency"),
        text("hs_customer_email", "Customer email"),
        choice("hs_payment_method_type", "Payment method"),
        text("hs_payment_method_bank_or_issuer", "Bank or issuer"),
        text("hs_payment_method_last_4", "Last 4 digits"),
        choice("hs_processor_type", "Processor"),
        text("hs_reference_number", "Reference number"),
        text("hs_internal_comment", "Internal comment", "textarea"),
        number("hs_fees_amount", "Processing fees"),
        number("hs_refunds_amount", "Refunded amount"),
        moment("hs_payout_date", "Payout date"),
        number("hs_line_item_discounts_amount", "Line item discounts"),
        *place("hs_billing_address", "Billing address", ("line_1", "line_2")),
        *place("hs_shipping_address", "Shipping address", ("line_1", "line_2")),
        text("hs_shipping_ship_to_name", "Ship to"),
        system("hs_payment_id", "Payment ID"),
        system("hs_payment_method", "Payment method details"),
        system("hs_payment_source_app", "Payment source", "enumeration", "select"),
        system("hs_payment_source_id", "Payment source ID"),
        system("hs_payment_source_name", "Payment source name"),
        system("hs_payment_source_url", "Payment source URL"),
        system("hs_payment_type", "Payment type"),
        system("hs_payment_creation_method", "Creation method"),
        amount("hs_platform_fee", "Platform fees"),
        amount("hs_net_amount", "Net amount"),
        system("hs_settlement_currency_code", "Settlement currency"),
        amount("hs_total_discounts_amount", "Total discounts"),
        system("hs_digital_wallet_type", "Digital wallet"),
        amount("hs_max_refundable_amount_in_portal_currency", "Refundable amount in company currency"),
        system("hs_has_associated_invoice", "Has an invoice", "bool", "booleancheckbox"),
        amount("hs_number_of_associated_invoices", "Number of invoices"),
        *stamps("hs_createdate"),
    ),
    "taxes": order_part("Tax"),
    "discounts": order_part("Discount"),
    "fees": order_part("Fee"),
}

OPTIONS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("products", "hs_product_type"): PRODUCT_TYPES,
    ("products", "hs_status"): ACTIVITY,
    ("products", "hs_pricing_model"): PRICING,
    ("products", "recurringbillingfrequency"): FREQUENCIES,
    ("line_items", "recurringbillingfrequency"): FREQUENCIES,
    ("line_items", "hs_line_item_currency_code"): CURRENCIES,
    ("invoices", "hs_invoice_status"): STATUSES,
    ("invoices", "hs_currency"): CURRENCIES,
    ("invoices", "hs_invoice_source"): SOURCES,
    ("invoices", "hs_invoice_payment_collection_method"): COLLECTION,
    ("invoices", "hs_collect_address_types"): (("billing_address", "Billing address"), ("shipping_address", "Shipping address")),
    ("commerce_payments", "hs_latest_status"): PAYMENT_STATUSES,
    ("commerce_payments", "hs_currency_code"): CURRENCIES,
    ("commerce_payments", "hs_payment_method_type"): METHODS,
    ("commerce_payments", "hs_processor_type"): PROCESSORS,
    ("commerce_payments", "hs_payment_source_app"): PAYMENT_SOURCES,
    ("taxes", "hs_type"): PART,
    ("discounts", "hs_type"): PART,
    ("fees", "hs_type"): PART,
}
