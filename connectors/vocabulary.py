"""Words both sides share: kinds of record, meanings of fields, error categories, and the default mappings built from them.

A *meaning* ties a field of one provider to its counterpart at the other without either knowing the other's names:
each connector marks its `FieldSpec`s with meanings, the tables here speak of meanings only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A pair of objects that one sync keeps together, in the order in which they depend on each other.

    A payment is a record of money received; a note tells of one on the timeline of a deal.
    """

    CONTACT = "contact"
    PRODUCT = "product"
    INVOICE = "invoice"
    PAYMENT = "payment"
    NOTE = "note"


CHOSEN = (Kind.CONTACT, Kind.PRODUCT, Kind.INVOICE)
"""Kinds that people set up a sync for; the others follow the one of invoices."""


class Category(StrEnum):
    """Why a record fails (spec section c). The value is the stable code that programs and help pages use."""

    CUSTOMER_MISSING = "CUSTOMER_MISSING"
    DISPLAY_NAME_IN_USE = "DISPLAY_NAME_IN_USE"
    SERVICE_DATE_REQUIRED = "SERVICE_DATE_REQUIRED"
    EDITED_IN_QUICKBOOKS = "EDITED_IN_QUICKBOOKS"
    EDITED_IN_HUBSPOT = "EDITED_IN_HUBSPOT"
    INVOICE_NUMBER_IN_USE = "INVOICE_NUMBER_IN_USE"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    TAX_REQUIRED = "TAX_REQUIRED"
    HEADER_ADJUSTMENT = "HEADER_ADJUSTMENT"
    INCOME_ACCOUNT_INVALID = "INCOME_ACCOUNT_INVALID"
    ITEM_INACTIVE = "ITEM_INACTIVE"
    ITEM_NAME_IN_USE = "ITEM_NAME_IN_USE"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    NO_LINE_ITEMS = "NO_LINE_ITEMS"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    DISCOUNT_TOO_LARGE = "DISCOUNT_TOO_LARGE"
    DEPENDENCY_FAILING = "DEPENDENCY_FAILING"
    PAYMENT_SPLIT = "PAYMENT_SPLIT"
    PAYMENT_CUSTOMER_DIFFERS = "PAYMENT_CUSTOMER_DIFFERS"
    DUPLICATE_BLOCKED = "DUPLICATE_BLOCKED"
    CUSTOMER_INACTIVE = "CUSTOMER_INACTIVE"
    SEVERAL_MATCHES = "SEVERAL_MATCHES"
    ALREADY_LINKED = "ALREADY_LINKED"
    REQUIRED_VALUE_MISSING = "REQUIRED_VALUE_MISSING"
    OPTION_UNKNOWN = "OPTION_UNKNOWN"
    VALUE_INVALID = "VALUE_INVALID"
    VALUE_TOO_LONG = "VALUE_TOO_LONG"
    CHARACTER_NOT_ALLOWED = "CHARACTER_NOT_ALLOWED"
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"
    RATE_LIMIT = "RATE_LIMIT"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    RECONNECT_NEEDED = "RECONNECT_NEEDED"
    NO_PERMISSION = "NO_PERMISSION"
    COMPANY_INACTIVE = "COMPANY_INACTIVE"
    FEATURE_OFF = "FEATURE_OFF"
    MAPPING_BROKEN = "MAPPING_BROKEN"
    ENCODING = "ENCODING"
    UNKNOWN = "UNKNOWN"


class Direction(StrEnum):
    """Which way values travel. HubSpot is the left side, QuickBooks the right one."""

    BOTH = "both"
    TO_LEFT = "to_left"
    TO_RIGHT = "to_right"


@dataclass(frozen=True, slots=True)
class DefaultMapping:
    """One predefined mapped field, in meanings (spec section b).

    `left` lists sources in order: the first that is not empty counts. When the mapping is switched off, a `required` one keeps
    to the remaining sources, because the right side cannot create a record without a value.

    `born` keeps the mapping to records that were first made on one side. `frozen` ones of records born on the left are agreed on once: what
    differs later is an error to be shown, not a change to be carried. `fill_only` never replaces a value.
    """

    left: tuple[str, ...]
    right: str
    direction: Direction = Direction.BOTH
    enabled: bool = True
    required: bool = False
    locked: bool = False
    note: str = ""
    born: Direction | None = None
    frozen: bool = False
    fill_only: bool = False


FROM_LEFT, FROM_RIGHT = Direction.TO_RIGHT, Direction.TO_LEFT
"""Where a record was born, told by the direction in which it first travelled."""


def _shown(left: str, right: str = "", *, note: str = "Calculated, can only be read.", enabled: bool = True) -> DefaultMapping:
    """A value that the right side tells and nobody may change."""
    return DefaultMapping((left,), right or left, Direction.TO_LEFT, enabled=enabled, locked=True, note=note)


def _core(meaning: str, *, frozen: bool = True) -> DefaultMapping:
    """A value without which there is no record."""
    return DefaultMapping((meaning,), meaning, required=True, locked=True, frozen=frozen)


_MARK = DefaultMapping(
    ("counterpart_key",),
    "own_key",
    Direction.TO_LEFT,
    required=True,
    locked=True,
    note="Marks the record as linked, so that it is never created twice.",
)
_BILLING = tuple(DefaultMapping((f"bill_{part}",), f"bill_{part}") for part in ("street", "city", "state", "postal_code", "country"))
_DEAL = tuple(
    _shown(f"deal_{meaning}", meaning, note="Shown on the deal that the invoice belongs to; the latest change of several invoices stands there.")
    for meaning in ("number", "total", "paid", "balance", "payment_status", "last_payment_date", "last_payment_amount")
)

DEFAULT_MAPPINGS: dict[Kind, tuple[DefaultMapping, ...]] = {
    Kind.CONTACT: (
        DefaultMapping(("email",), "email"),
        DefaultMapping(
            ("associated_company_name", "full_name", "email"),
            "display_name",
            Direction.TO_RIGHT,
            required=True,
            note="Without an associated company, first and last name are used.",
        ),
        DefaultMapping(("first_name",), "first_name"),
        DefaultMapping(("last_name",), "last_name"),
        DefaultMapping(("company_text",), "company_text"),
        DefaultMapping(("phone",), "phone"),
        DefaultMapping(("mobile",), "mobile"),
        DefaultMapping(("fax",), "fax", enabled=False),
        DefaultMapping(("website",), "website"),
        DefaultMapping(("salutation",), "salutation", enabled=False),
        DefaultMapping(("street",), "street"),
        DefaultMapping(("city",), "city"),
        DefaultMapping(("state",), "state"),
        DefaultMapping(("postal_code",), "postal_code"),
        DefaultMapping(("country",), "country"),
        _MARK,
        _shown("balance", enabled=False),
        DefaultMapping(("message",), "notes", enabled=False),
    ),
    Kind.PRODUCT: (
        DefaultMapping(("sku",), "sku"),
        DefaultMapping(("name",), "item_name", required=True, note="QuickBooks allows each name once."),
        DefaultMapping(("description",), "description"),
        DefaultMapping(("price",), "price"),
        DefaultMapping(("cost",), "cost"),
        _shown("product_type", note="The type of a new item is chosen among the settings of the sync."),
        _MARK,
        _shown("quantity", enabled=False),
        _shown("category", enabled=False),
        _shown("taxable", enabled=False),
    ),
    Kind.INVOICE: (
        DefaultMapping(("number",), "number", frozen=True),
        _core("contact"),
        _core("lines"),
        DefaultMapping(("invoice_date",), "invoice_date"),
        DefaultMapping(("due_date",), "due_date"),
        _core("currency"),
        DefaultMapping(("status",), "status", Direction.TO_LEFT, locked=True, born=FROM_RIGHT, note="Follows from the balance."),
        DefaultMapping(("voided",), "voided", locked=True, born=FROM_LEFT, note="An invoice voided on one side is voided on the other."),
        DefaultMapping(("comments",), "comments"),
        *_BILLING,
        DefaultMapping(("recipient_email",), "recipient_email", Direction.TO_RIGHT, born=FROM_LEFT),
        _shown("balance"),
        _shown("paid"),
        _shown("payment_status"),
        _shown("last_payment_date"),
        _shown("last_payment_amount"),
        _shown("tax"),
        _shown("discount", enabled=False),
        _shown("link", note="Opens the invoice in QuickBooks."),
        *_DEAL,
        DefaultMapping(("note",), "note", enabled=False),
        _MARK,
    ),
    Kind.PAYMENT: (
        _core("amount"),
        _core("invoice"),
        _core("currency"),
        _core("date", frozen=False),
        DefaultMapping(("method",), "method"),
        DefaultMapping(("reference",), "reference"),
        _MARK,
    ),
    Kind.NOTE: (
        _shown("amount"),
        _shown("currency"),
        _shown("date"),
        _shown("method"),
        _shown("reference"),
        _shown("number"),
        DefaultMapping(("balance",), "balance", Direction.TO_LEFT, locked=True, fill_only=True),
        _shown("link"),
        DefaultMapping(("deals",), "invoice", Direction.TO_LEFT, required=True, locked=True),
        _MARK,
    ),
}

MATCH_MEANING: dict[Kind, str] = {Kind.CONTACT: "email", Kind.PRODUCT: "sku", Kind.INVOICE: "number"}
"""The meaning whose values match records by default; kinds without one are linked by our mark only."""

KEY_NEEDED = frozenset({Kind.CONTACT, Kind.PRODUCT})
"""Kinds whose records take part only with a match value, unless a person says otherwise (spec R70, R144)."""

EXACT_CASE = frozenset({Kind.PRODUCT})
"""Kinds whose match values differ when only their case does (spec R106)."""

CONFIRMED_BY: dict[Kind, tuple[str, ...]] = {Kind.INVOICE: ("contact", "lines")}
"""Meanings of mapped fields that must agree as well before two records with one match value are the same."""


@dataclass(frozen=True, slots=True)
class DefaultCondition:
    """One recommended condition, in meanings. `values` holds stored option values, or a word for the time of set-up: "setup_day", its first
    moment "setup_midnight", or "setup_moment"."""

    meaning: str
    operator: str
    values: tuple[str, ...]


RECOMMENDED_FILTERS: dict[tuple[Kind, Direction], tuple[tuple[DefaultCondition, ...], ...]] = {
    (Kind.CONTACT, Direction.TO_RIGHT): (
        (
            DefaultCondition("invoice_status", "none_of", ("draft",)),
            DefaultCondition("invoice_created", "after", ("setup_day",)),
            DefaultCondition("invoice_source", "any_of", ("hubspot",)),
        ),
    ),
    (Kind.INVOICE, Direction.TO_LEFT): ((DefaultCondition("created", "after", ("setup_midnight",)),),),
    (Kind.INVOICE, Direction.TO_RIGHT): (
        (
            DefaultCondition("status", "none_of", ("draft",)),
            DefaultCondition("source", "any_of", ("hubspot",)),
            DefaultCondition("created", "after", ("setup_moment",)),
        ),
    ),
    (Kind.PAYMENT, Direction.TO_RIGHT): ((DefaultCondition("payment_state", "any_of", ("succeeded",)),),),
}
"""Groups (or) of conditions (and) by kind and direction; what is missing lets everything through. Source: spec R73 to R81."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition on the records of one side that no setting waives. `verdict` is a reason to leave out what fails it, or a `Category`."""

    born: Direction
    condition: DefaultCondition
    verdict: str


_ONE_INVOICE = DefaultCondition("invoices", "lt", ("2",))
_HAS_INVOICE = DefaultCondition("invoice", "known", ())

GATES: dict[Kind, tuple[Gate, ...]] = {
    Kind.PRODUCT: (
        Gate(FROM_RIGHT, DefaultCondition("product_type", "none_of", ("Category", "Group")), "item_type"),
        Gate(FROM_LEFT, DefaultCondition("product_status", "none_of", ("inactive",)), "inactive"),
    ),
    Kind.INVOICE: (Gate(FROM_LEFT, DefaultCondition("billable", "is_true", ()), "copy"),),
    Kind.PAYMENT: (
        Gate(FROM_RIGHT, DefaultCondition("credit", "is_false", ()), "credit"),
        Gate(FROM_RIGHT, _ONE_INVOICE, Category.PAYMENT_SPLIT),
        Gate(FROM_LEFT, _ONE_INVOICE, Category.PAYMENT_SPLIT),
        Gate(FROM_RIGHT, _HAS_INVOICE, "no_invoice"),
        Gate(FROM_LEFT, _HAS_INVOICE, "no_invoice"),
    ),
    Kind.NOTE: (
        Gate(FROM_RIGHT, DefaultCondition("credit", "is_false", ()), "credit"),
        Gate(FROM_RIGHT, _ONE_INVOICE, Category.PAYMENT_SPLIT),
        Gate(FROM_RIGHT, _HAS_INVOICE, "no_invoice"),
    ),
}
"""What takes part whatever the settings say (spec R148, R158, R174). A value that is empty passes a "none_of"."""

LOCKED_FILTERS = frozenset({(Kind.INVOICE, Direction.TO_RIGHT)})
"""Filters that are shown and cannot be changed (spec R80)."""

DEFAULT_DIRECTION: dict[Kind, Direction] = {Kind.CONTACT: Direction.BOTH, Kind.PRODUCT: Direction.TO_LEFT, Kind.INVOICE: Direction.TO_LEFT}

KEPT_BY_RIGHT = frozenset({Kind.INVOICE, Kind.PAYMENT, Kind.NOTE})
"""Kinds whose records are never written on the right when they were made there (spec R158)."""

KEPT: dict[Kind, tuple[str, ...]] = {Kind.INVOICE: ("deals", "total", "paid_on"), Kind.PAYMENT: ("processing_fee", "platform_fee", "payment_source")}
"""Meanings of fields of the left that are read though no mapping names them: notes look for deals, reports count fees."""

RETRACTED = frozenset({Kind.PAYMENT, Kind.NOTE})
"""Kinds of which our own copy goes when the record it was made of goes: otherwise an invoice would stay paid."""

FOLLOWERS: dict[Kind, Direction | None] = {Kind.PAYMENT: None, Kind.NOTE: Direction.TO_LEFT}
"""Kinds that follow the sync of invoices, with the direction they always have; None: they answer where invoices are sent."""

CUSTOM_ITEM = "Custom line item"
"""The item for lines that name none the books know (spec R166)."""

NEEDS: dict[Kind, tuple[Kind, ...]] = {Kind.INVOICE: (Kind.CONTACT, Kind.PRODUCT), Kind.PAYMENT: (Kind.INVOICE,), Kind.NOTE: (Kind.INVOICE,)}
"""The kinds whose records a kind's records name."""

UNIQUE_CATEGORY: dict[str, Category] = {
    "display_name": Category.DISPLAY_NAME_IN_USE,
    "item_name": Category.ITEM_NAME_IN_USE,
    "number": Category.INVOICE_NUMBER_IN_USE,
}
"""By meaning of a unique field: the category of a clash."""

SHARED_NAMES = frozenset({"display_name", "number"})
"""Meanings of unique fields whose name space holds more than the records of the kind, so that our own rows do not tell who has a value."""

RETRIED_BY_TIME = frozenset({Category.CHANGED_MEANWHILE, Category.RATE_LIMIT, Category.SERVICE_UNAVAILABLE})
"""Categories that pass by themselves; every other waits for a change, a setting, the nightly comparison or a person."""
