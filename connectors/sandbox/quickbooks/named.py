"""People and lists: how rows with a unique name are created, changed and made inactive (reference 3.6, 5.1, 5.2, 10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.sandbox.quickbooks import items
from connectors.sandbox.quickbooks.books import Books
from connectors.sandbox.quickbooks.entities import PEOPLE
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.members import cleaned
from connectors.sandbox.quickbooks.shapes import DELETED_SUFFIX, NAME_PARTS, Entity, Family
from connectors.sandbox.quickbooks.tables import Table
from connectors.sandbox.state import Document


def create(books: Books, entity: Entity, body: dict[str, Any]) -> Document:
    """Store a new row and give it back as it is read from now on."""
    values = cleaned(entity, body)
    currency = {"value": books.profile["currency"], "name": books.profile["currency_name"]}
    basis = {**({"CurrencyRef": currency} if "CurrencyRef" in entity.members else {}), **books.fresh(entity, values)}
    basis[entity.key] = _name(entity, values)
    _refuse_taken(books, basis[entity.key], entity, "")
    return _store(books, entity, basis, None)


def update(books: Books, entity: Entity, old: Document, body: dict[str, Any]) -> Document:
    """Change a row, as a whole or, with "sparse", only in the members sent."""
    values = cleaned(entity, body)
    sparse = body.get("sparse") in (True, "true")
    changed = books.merged(entity, old, values) if sparse else books.replaced(entity, old, values)
    if not sparse:
        changed[entity.key] = _name(entity, changed)
    if "CurrencyRef" in old:
        if (changed.get("CurrencyRef") or old["CurrencyRef"])["value"] != old["CurrencyRef"]["value"]:
            raise Fault("6000", "Business Validation Error: The currency cannot be changed once it is set.", element="CurrencyRef")
        changed["CurrencyRef"] = old["CurrencyRef"]
    _settle_name(books, entity, old, changed, entity.key in values)
    return _store(books, entity, changed, old)


def _store(books: Books, entity: Entity, values: Document, old: Document | None) -> Document:
    books.refer(entity, values, old)
    if entity.name == "Item":
        items.check(books, values, old)
    if entity.name == "Account" and not (values.get("AccountType") or values.get("AccountSubType")):
        raise Fault("6010", "AccountType or AccountSubType must be given", element="AccountType")
    row = books.row(entity, values, old)
    if entity.name == "Term":
        row["Type"] = "DATE_DRIVEN" if "DayOfMonthDue" in row else "STANDARD"
    if entity.family is Family.PERSON and row.get("PrintOnCheckName") in (None, (old or {}).get("DisplayName")):
        row["PrintOnCheckName"] = str(row["DisplayName"])[:110]
    if entity.fully_named:
        parent = values.get("ParentRef")
        above = books.read(entity.name, parent["value"])["FullyQualifiedName"] + ":" if parent else ""
        row["FullyQualifiedName"] = above + row[entity.key]
    books.table(entity.name).put(row)
    return row


def _settle_name(books: Books, entity: Entity, old: Document, changed: Document, sent: bool) -> None:
    """Put the name into the form that goes with being active or not, and refuse one that is taken."""
    name = str(changed[entity.key]).strip()
    was_inactive, active = not old["Active"], bool(changed["Active"])
    restores = sent or not was_inactive or books.switches.reactivation_restores_name
    bare = name.removesuffix(DELETED_SUFFIX) if was_inactive and restores else name
    if active:
        changed[entity.key] = bare
        _refuse_taken(books, bare, entity, old["Id"])
        return
    if not was_inactive and changed.get("Balance"):
        raise Fault("6220", f"The {entity.word} still has a balance")
    changed[entity.key] = name.removesuffix(DELETED_SUFFIX) + DELETED_SUFFIX


def _name(entity: Entity, values: dict[str, Any]) -> str:
    name = str(values.get(entity.key) or "").strip()
    if name:
        return name
    if entity.family is Family.LIST:
        raise Fault("2020", "Required parameter Name is missing in the request", element="Name")
    built = " ".join(str(values[part]) for part in NAME_PARTS if values.get(part)).strip()
    if not built:
        raise Fault("6080", "At least one of Title, GivenName, MiddleName, FamilyName, Suffix or DisplayName is required", element="DisplayName")
    return built


def _refuse_taken(books: Books, name: str, entity: Entity, own_id: str) -> None:
    for table in _namesakes(books, entity):
        for row_id in table.holders(entity.key, name):
            own = table.entity is entity and row_id == own_id
            if not own and (books.switches.names_ignore_case or table.rows[row_id][entity.key] == name):
                word = table.entity.word
                detail = f"The name supplied already exists. : Another {word} is already using this name. Please use a different name."
                raise Fault("6240", detail)


def _namesakes(books: Books, entity: Entity) -> Iterable[Table]:
    shared = [kin.name for kin in PEOPLE.values()] if entity.family is Family.PERSON else [entity.name]
    return [books.table(name) for name in shared]
