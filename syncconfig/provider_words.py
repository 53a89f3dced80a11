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
        gettext_noop("Customer"),
        gettext_noop("Customers"),
        gettext_noop("Vendor"),
        gettext_noop("Employee"),
        gettext_noop("Without an associated company, first and last name are used."),
        gettext_noop("Marks the record as linked, so that it is never created twice."),
        gettext_noop("Calculated, can only be read."),
    }
)
"""Names of objects and of the lists that share a name space (`Record.namespace`), and the notes of predefined mapped fields."""


def in_own_language(words: str) -> str:
    """A word of a connector as the reader says it; one that is not listed stays as it is."""
    return gettext(words) if words in WORDS else words


def object_names(provider: str, kind: Kind) -> ObjectName:
    """What records of a kind are called at a provider."""
    name = PROVIDERS[provider].objects[kind]
    return ObjectName(in_own_language(name.singular), in_own_language(name.plural))
