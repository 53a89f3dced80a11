"""The connectors' own words that people read, in the reader's language. Connectors know no Django, so their words are listed here for translators.

Labels of fields and options are not among them: they stand in both accounts as they are shown.
"""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from connectors.provider import ObjectName
from connectors.registry import PROVIDERS
from connectors.vocabulary import Kind

WORDS = frozenset(
    {
        gettext_noop("contact"),
        gettext_noop("contacts"),
        gettext_noop("product"),
        gettext_noop("products"),
        gettext_noop("invoice"),
        gettext_noop("invoices"),
        gettext_noop("payment"),
        gettext_noop("payments"),
        gettext_noop("note"),
        gettext_noop("notes"),
        gettext_noop("Customer"),
        gettext_noop("Customers"),
        gettext_noop("Product or service"),
        gettext_noop("Products and services"),
        gettext_noop("Invoice"),
        gettext_noop("Invoices"),
        gettext_noop("Payment"),
        gettext_noop("Payments"),
        gettext_noop("Vendor"),
        gettext_noop("Employee"),
        gettext_noop("Without an associated company, first and last name are used."),
        gettext_noop("Marks the record as linked, so that it is never created twice."),
        gettext_noop("Calculated, can only be read."),
        gettext_noop("QuickBooks allows each name once."),
        gettext_noop("The type of a new item is chosen among the settings of the sync."),
        gettext_noop("Follows from the balance."),
        gettext_noop("An invoice voided on one side is voided on the other."),
        gettext_noop("Opens the invoice in QuickBooks."),
        gettext_noop("Shown on the deal that the invoice belongs to; the latest change of several invoices stands there."),
    }
)
"""Names of objects and of the lists that share a name space (`Record.namespace`), and the notes of predefined mapped fields."""

LISTS = {"CreditMemo": gettext_noop("Credit memo"), "Item": gettext_noop("Item")}
"""Lists whose own name is no word that people say."""


def in_own_language(words: str) -> str:
    """A word of a connector as the reader says it; one that is not listed stays as it is."""
    return gettext(words) if words in WORDS else words


def list_name(namespace: str) -> str:
    """What a record of a provider's list is called in the middle of a sentence."""
    return (gettext(LISTS[namespace]) if namespace in LISTS else in_own_language(namespace)).lower()


def object_names(provider: str, kind: Kind) -> ObjectName:
    """What records of a kind are called at a provider."""
    name = PROVIDERS[provider].objects[kind]
    return ObjectName(in_own_language(name.singular), in_own_language(name.plural))
