"""Rows for syncs of money that are valid alone, for tests of pages that speak to no provider."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from connectors.base import FieldSpec
from connectors.hubspot.objects import FIELDS as HUBSPOT_FIELDS
from connectors.quickbooks.items import with_accounts
from connectors.quickbooks.objects import ENTITIES
from connectors.vocabulary import Kind
from syncconfig import drafts
from syncconfig.models import Connection, FieldList, ObjectSync
from syncconfig.tests.rows import SET_UP, make_connection, make_sync

INCOME, COST, STOCK, SPENT = "79", "80", "81", "82"
ACCOUNTS = (
    {"Id": INCOME, "Name": "Sales", "AccountType": "Income"},
    {"Id": "78", "Name": "Services", "AccountType": "Income"},
    {"Id": "77", "Name": "Old sales", "AccountType": "Income", "Active": False},
    {"Id": COST, "Name": "Cost of Goods Sold", "AccountType": "Cost of Goods Sold"},
    {"Id": STOCK, "Name": "Stock", "AccountType": "Other Current Asset", "AccountSubType": "Inventory"},
    {"Id": SPENT, "Name": "Rent", "AccountType": "Expense"},
)


def make_accounts(*, contacts: bool = True, custom: tuple[str, ...] = (), **right: Any) -> tuple[Connection, Connection]:
    """Two connected accounts whose fields of every kind were read, by default with a contact sync between them."""
    left = make_connection("hubspot")
    company = make_connection("quickbooks", "Cedar & Slate Landscaping", **right)
    for kind in Kind:
        if kind is not Kind.CONTACT:
            _read(left, kind, HUBSPOT_FIELDS[kind])
            _read(company, kind, _books(kind, custom))
    if contacts:
        make_sync("on", left=left, right=company)
    return left, company


def _books(kind: Kind, custom: tuple[str, ...]) -> tuple[FieldSpec, ...]:
    fields = ENTITIES[kind].fields
    if kind is Kind.PRODUCT:
        return with_accounts(fields, ACCOUNTS)
    if kind is Kind.INVOICE:
        shown = FieldSpec("CustomField", "", custom=True, max_length=31)
        return (*fields, *(replace(shown, key=f"CustomField.{n}", label=label) for n, label in enumerate(custom, start=1)))
    return fields


def _read(connection: Connection, kind: Kind, fields: tuple[FieldSpec, ...]) -> None:
    FieldList.objects.create(connection=connection, kind=kind, fields=[asdict(f) for f in fields], read_at=SET_UP)


def make_draft(kind: Kind, direction: str = "both", *, custom: tuple[str, ...] = (), **options: Any) -> ObjectSync:
    """A draft that was begun with the recommended settings, between accounts whose contacts sync."""
    left, right = make_accounts(custom=custom)
    sync = drafts.start(left, right, kind, SET_UP)
    ObjectSync.objects.filter(pk=sync.pk).update(direction=direction, options={**sync.options, **options}, step="review")
    sync.refresh_from_db()
    return sync


def make_on(kind: Kind, direction: str = "both", **options: Any) -> ObjectSync:
    """The same, saved and on, with those that follow it."""
    sync = drafts.save_and_turn_on(make_draft(kind, direction, **{"income_account": INCOME, "expense_account": COST, **options}), None, SET_UP)
    ObjectSync.objects.filter(pk=sync.pk).update(decided_version=sync.settings_version)
    return sync
