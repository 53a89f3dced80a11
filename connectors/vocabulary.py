"""Words both sides share: kinds of record, meanings of fields, error categories, and the default mappings built from them.

A *meaning* ties a field of one provider to its counterpart at the other without either knowing the other's names:
each connector marks its `FieldSpec`s with meanings, the tables here speak of meanings only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A pair of objects that one sync keeps together."""

    CONTACT = "contact"


class Category(StrEnum):
    """Why a record fails (spec section c). The value is the stable code that programs and help pages use."""

    DISPLAY_NAME_IN_USE = "DISPLAY_NAME_IN_USE"
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
    """

    left: tuple[str, ...]
    right: str
    direction: Direction = Direction.BOTH
    enabled: bool = True
    required: bool = False
    locked: bool = False
    note: str = ""


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
        DefaultMapping(
            ("counterpart_key",),
            "own_key",
            Direction.TO_LEFT,
            required=True,
            locked=True,
            note="Marks the record as linked, so that it is never created twice.",
        ),
        DefaultMapping(("balance",), "balance", Direction.TO_LEFT, enabled=False, locked=True, note="Calculated, can only be read."),
        DefaultMapping(("message",), "notes", enabled=False),
    ),
}

MATCH_MEANING: dict[Kind, str] = {Kind.CONTACT: "email"}
"""The meaning whose values match records by default."""


@dataclass(frozen=True, slots=True)
class DefaultCondition:
    """One recommended condition, in meanings. `values` holds stored option values, or the word "setup_day" for the day of set-up."""

    meaning: str
    operator: str
    values: tuple[str, ...]


RECOMMENDED_FILTERS: dict[tuple[Kind, Direction], tuple[tuple[DefaultCondition, ...], ...]] = {
    (Kind.CONTACT, Direction.TO_LEFT): (),
    (Kind.CONTACT, Direction.TO_RIGHT): (
        (
            DefaultCondition("invoice_status", "none_of", ("draft",)),
            DefaultCondition("invoice_created", "after", ("setup_day",)),
            DefaultCondition("invoice_source", "any_of", ("hubspot",)),
        ),
    ),
}
"""Groups (or) of conditions (and) by kind and direction; an empty tuple lets everything through. Source: spec R73 to R79."""

DEFAULT_DIRECTION: dict[Kind, Direction] = {Kind.CONTACT: Direction.BOTH}

UNIQUE_CATEGORY: dict[str, Category] = {"display_name": Category.DISPLAY_NAME_IN_USE}
"""By meaning of a unique field whose name space holds more than the records of the kind: the category of a clash."""

RETRIED_BY_TIME = frozenset({Category.CHANGED_MEANWHILE, Category.RATE_LIMIT, Category.SERVICE_UNAVAILABLE})
"""Categories that pass by themselves; every other waits for a change, a setting, the nightly comparison or a person."""
