"""Before you start: what two accounts are and how they are set, read fresh, and what that means for a sync between them (spec A3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.urls import reverse
from django.utils.translation import gettext as _

from connectors.base import Account, Presence, Record, Value
from connectors.errors import ConnectorError
from connectors.registry import SIDES
from connectors.vocabulary import FROM_RIGHT, GATES, Category, Kind
from syncconfig.credentials import connector_for
from syncconfig.drafts import abroad as outbound_invoices_blocked
from syncconfig.engine.spec import MatchBy, Side
from syncconfig.engine.values import from_json, is_blank
from syncconfig.explanations import Explanation, explain_error, side_name
from syncconfig.models import Connection, ObjectSync, SyncRecord
from syncconfig.readiness_rules import RULES, Check, Facts, Items
from syncconfig.readiness_texts import State
from syncconfig.specs import NoFields, fields_of, meaning_key

__all__ = ["Check", "Pair", "State", "checks", "outbound_invoices_blocked", "pairs"]

MAX_PAGES = 20
"""Pages of items that are read at most: enough to see what has to be done, and soon enough for somebody who waits."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two accounts that a sync may join."""

    left: Connection
    right: Connection


def pairs() -> list[Pair]:
    """Every pair of connected accounts; those that have to be reconnected count, disconnected ones do not."""
    held = Connection.objects.exclude(status=Connection.Status.DISCONNECTED)
    lefts, rights = ([c for c in held if c.provider == provider] for provider in SIDES)
    return [Pair(left, right) for left in lefts for right in rights]


@dataclass
class _Found:
    """The accounts that could be read, and a check for each that could not."""

    accounts: dict[Side, Account] = field(default_factory=dict)
    troubles: list[Check] = field(default_factory=list)


def checks(left: Connection, right: Connection, *, now: datetime) -> list[Check]:
    """Every check of two accounts, in the order of the rules, asked of the accounts now; those that need an account that does not answer are
    left out, and one check says why it does not. Never raises for what an account answers. `now` is the moment of the check."""
    connections = {Side.LEFT: left, Side.RIGHT: right}
    found = _read(connections)
    syncs = {Kind(s.kind): s for s in ObjectSync.objects.settled().filter(left=left, right=right).exclude(status=ObjectSync.Status.DRAFT)}
    items, trouble = _items(right, syncs.get(Kind.PRODUCT)) if Side.RIGHT in found.accounts else (None, None)
    facts = Facts(connections, found.accounts, syncs, now, items, trouble)
    judged = [rule.judge(facts) for rule in RULES if all(side in found.accounts for side in rule.needs)]
    return [*found.troubles, *judged]


def _read(connections: Mapping[Side, Connection]) -> _Found:
    found = _Found()
    for side, connection in connections.items():
        try:
            found.accounts[side] = connector_for(connection).account()
        except ConnectorError as error:
            found.troubles.append(_unreadable(side, error))
    return found


def _unreadable(side: Side, error: ConnectorError) -> Check:
    said = explain_error(error.category, SIDES[list(Side).index(side)], error.words)
    link = reverse("apps") if error.category in (Category.RECONNECT_NEEDED, Category.NO_PERMISSION) else ""
    title = _("%(system)s cannot be read") % {"system": side_name(side)}
    return Check(f"account_{side}", title, State.BLOCKED, said.why, said.todo, link=link, link_label=_("Connected apps") if link else "")


def _items(right: Connection, sync: ObjectSync | None) -> tuple[Items | None, Explanation | None]:
    """The items without a SKU: as the product sync saw them last where it did, else asked of the account. What the account answers instead."""
    try:
        return (_seen_items(sync) if sync else None) or _listed_items(right), None
    except ConnectorError as error:
        return None, explain_error(error.category, right.provider, error.words)


def _seen_items(sync: ObjectSync) -> Items | None:
    """From the records of a product sync; None unless it runs, has read QuickBooks to the end, and matches by SKU."""
    if sync.status != ObjectSync.Status.ON or sync.match_by != MatchBy.DEFAULT or not sync.cursors.get(Side.RIGHT, {}).get("complete"):
        return None
    try:
        type_key = meaning_key(fields_of(sync.right, Kind.PRODUCT).values(), "product_type")
    except NoFields:
        return None
    rows = SyncRecord.objects.filter(sync=sync, right_id__isnull=False, right_stands=True, right_key="").values_list("title", "right_seen")
    lacking = (title for title, seen in rows.iterator() if seen and from_json(seen["values"].get(type_key)) not in _NEVER)
    return Items(sorted(lacking), sync=sync)


def _listed_items(right: Connection) -> Items:
    """From the account. Raises what the connector raises."""
    connector = connector_for(right)
    fields = connector.fields(Kind.PRODUCT)
    keys = {meaning: meaning_key(fields, meaning) for meaning in _MEANINGS}
    names: dict[str, str] = {}
    whole = False
    for page in islice(connector.changes(Kind.PRODUCT, None, [key for key in keys.values() if key]), MAX_PAGES):
        names |= _lacking(page.records, keys)
        whole = page.complete
    return Items(sorted(names.values()), whole)


_MEANINGS = ("sku", "item_name", "product_type")

_NEVER: frozenset[Value] = frozenset(
    value for gate in GATES[Kind.PRODUCT] if gate.born is FROM_RIGHT and gate.condition.meaning == "product_type" for value in gate.condition.values
)
"""Types of items that never sync, SKU or not."""


def _lacking(records: Iterable[Record], keys: Mapping[str, str]) -> dict[str, str]:
    """By id, the names of the records that could sync but for their SKU."""
    standing = (r for r in records if r.presence is Presence.PRESENT and r.fields.get(keys["product_type"]) not in _NEVER)
    return {r.id: str(r.fields.get(keys["item_name"]) or r.title) for r in standing if is_blank(r.fields.get(keys["sku"]))}
