"""Behaviours of QuickBooks Online that no source confirms, or that differ between companies: tests run with each of them both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class RequestIds(StrEnum):
    """What the service does with a `requestid` it has seen before."""

    REMEMBER = "remember"
    FORGET = "forget"
    IGNORE = "ignore"


class Rotation(StrEnum):
    """When a refresh gives a new refresh token, and what becomes of the old one: it dies at once, or with LENIENT once a later one is used."""

    EVERY_REFRESH = "every refresh"
    DAILY = "daily"
    LENIENT = "lenient"


@dataclass
class Switches:
    """The defaults are the strictest reading of the sources, so that what works here works there.

    `limit_scale` multiplies the documented request limits; 0 turns them off. `limit_speed` shortens the time they count in.
    `requestid_seconds` is how long FORGET remembers.
    `exchange_rate` is that of every foreign currency, in home units; `custom_field_longest` 0 lets custom fields be of any length.
    `entities_ignore_case` lets a query name an entity in any case: documents call the name case sensitive, node-quickbooks writes it in lower case.
    `pkce` off ignores the challenge that a consent was asked with: no source mentions one.
    `registered_redirects`, when not empty, are the only addresses the consent page returns to. `cdc_cap` is what one CDC answer holds.
    """

    requestids: RequestIds = RequestIds.REMEMBER
    requestid_seconds: float = 0
    replay_faults: bool = True
    rotation: Rotation = Rotation.EVERY_REFRESH
    pkce: bool = True
    names_ignore_case: bool = True
    query_ignores_case: bool = True
    entities_ignore_case: bool = False
    refused_characters: str = "\u2019\u2013"
    batch_shuffled: bool = True
    empty_text_clears: bool = True
    nested_replaced: bool = True
    reactivation_restores_name: bool = True
    merge_leaves_inactive: bool = False
    balances_touch_customers: bool = True
    skus_unique: bool = False
    expense_account_required: bool = False
    amount_rewrites_rate: bool = False
    negative_lines: bool = True
    gated_members_dropped: bool = False
    custom_field_longest: int = 31
    automated_tax_recomputes: bool = True
    stale_tax_refused: bool = True
    exchange_rate: Decimal = Decimal(1)
    faults_with_ok: bool = False
    throttle_as_xml: bool = False
    limit_scale: float = 1.0
    limit_speed: float = 1.0
    cdc_cap: int = 1000
    cdc_expired_code: str = "4001"
    registered_redirects: set[str] = field(default_factory=set)
