"""Associations as writes ask for them: which are refused, and what they change. Source: reference sections 9, 11.5, 11.6 and 12."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connectors.sandbox.hubspot import invoices, payments
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.definitions import ASSOCIATION_TYPES
from connectors.sandbox.hubspot.desk import Desk, Link
from connectors.sandbox.hubspot.records import Claims
from connectors.sandbox.hubspot.refusals import invalid

PARENTS: dict[str, tuple[str, ...]] = {
    "line_items": ("deals", "invoices", "commerce_payments"),
    "taxes": ("invoices",),
    "discounts": ("invoices",),
    "fees": ("invoices",),
}
"""What belongs to one record of one of these types only."""


def parsed(account: Account, kind: str, associations: Any) -> list[Link]:
    """The associations of a create. Raises a refusal for unknown types and records."""
    links = []
    for entry in associations or ():
        try:
            other, ids = str(entry["to"]["id"]), [int(spec["associationTypeId"]) for spec in entry["types"]]
        except (KeyError, TypeError, ValueError):
            raise invalid("Invalid input JSON: associations") from None
        for type_id in ids:
            to = _target(kind, type_id)
            links.append(Link(to, account.need(to, other)["id"], (type_id,)))
    return links


def _target(kind: str, type_id: int) -> str:
    """The object type that an association type leads to. Raises a refusal when it does not begin at `kind`."""
    for (start, to), types in ASSOCIATION_TYPES.items():
        if start == kind and type_id in types:
            return to
    raise invalid(f"Invalid association type id {type_id} from {kind}")


def _both_ways(kind: str, record_id: str, link: Link) -> Iterator[tuple[str, str, str, str]]:
    yield kind, record_id, link.to, link.to_id
    yield link.to, link.to_id, kind, record_id


def check(desk: Desk, kind: str, record_id: str, links: Sequence[Link], claims: Claims) -> None:
    """Refuse what is unknown, a second parent, and changes of a finalised invoice. `record_id` is "" for a record that is being made.

    `claims` remember the parents given within one batch.
    """
    new = f"new {len(claims)}"
    for link in links:
        known = ASSOCIATION_TYPES.get((kind, link.to))
        if known is None:
            raise invalid(f"There are no associations from {kind} to {link.to}")
        if set(link.types) - set(known):
            raise invalid(f"Invalid association type ids {sorted(set(link.types) - set(known))} from {kind} to {link.to}")
        for child, child_id, parent, parent_id in _both_ways(kind, record_id, link):
            if parent in PARENTS.get(child, ()):
                _claim(desk, child, child_id, f"{parent} {parent_id or new}", claims)
        if record_id not in desk.account.associated(link.to, link.to_id, kind):
            require_thawed(desk, kind, record_id, link)


def _claim(desk: Desk, child: str, child_id: str, owner: str, claims: Claims) -> None:
    held = {f"{parent} {parent_id}" for parent in PARENTS[child] if child_id for parent_id in desk.account.associated(child, child_id, parent)}
    key = (f"parent of {child}", child_id)
    own = (f"parent of {child} {child_id}", owner)
    if held - {owner} or (child_id and key in claims and own not in claims):
        raise invalid(f"{child} {child_id} already belongs to another record; it can have one parent only")
    claims |= {key, own}


def require_thawed(desk: Desk, kind: str, record_id: str, link: Link) -> None:
    """Refuse to change what a finalised invoice consists of."""
    for one, one_id, other, _ in _both_ways(kind, record_id, link):
        if one == "invoices" and one_id and other in invoices.CONTENT:
            invoices.require_thawed(desk, desk.account.need("invoices", one_id))


def make(desk: Desk, kind: str, record_id: str, links: Iterable[Link]) -> None:
    """Associate; everything has been checked."""
    for link in links:
        touch = desk.switches.associations_touch
        desk.account.associate(kind, record_id, link.to, link.to_id, link.types, touch=touch, source=desk.source)
        _changed(desk, kind, record_id, link, made=True)


def check_removal(desk: Desk, kind: str, record_id: str, link: Link) -> None:
    """Refuse to take away what a finalised invoice consists of."""
    if link.to_id in desk.account.associated(kind, record_id, link.to):
        require_thawed(desk, kind, record_id, link)


def remove(desk: Desk, kind: str, record_id: str, link: Link) -> None:
    """Take an association away; nothing happens when there is none."""
    if link.to_id not in desk.account.associated(kind, record_id, link.to):
        return
    desk.account.dissociate(kind, record_id, link.to, link.to_id, source=desk.source)
    _changed(desk, kind, record_id, link, made=False)


def _changed(desk: Desk, kind: str, record_id: str, link: Link, *, made: bool) -> None:
    """What follows for invoices and payments."""
    for one, one_id, other, other_id in _both_ways(kind, record_id, link):
        if one != "invoices":
            continue
        if other in invoices.PARTS:
            invoices.totalled(desk, one_id)
        elif other == "commerce_payments":
            payments.counted(desk, other_id)
            invoices.settled(desk, one_id)
            payments.took_effect(desk, other_id)
        elif other == "contacts" and made:
            invoices.addressed(desk, one_id, other_id)
