"""Differences of documents in words. The engine keeps them as codes and values (see `engine.documents.differences`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from connectors.base import FieldSpec, FieldType

MAX_SHOWN = 5

PARTS = {
    "product": gettext_lazy("product"),
    "text": gettext_lazy("text"),
    "quantity": gettext_lazy("quantity"),
    "price": gettext_lazy("price"),
    "amount": gettext_lazy("amount"),
    "discount": gettext_lazy("discount"),
    "tax": gettext_lazy("tax"),
    "fee": gettext_lazy("fee"),
    "total": gettext_lazy("total"),
}
"""What a difference, or something on the head of a document, is about."""

_AMOUNTS = frozenset({"quantity", "price", "amount", "discount", "tax", "total"})


def difference_words(stored: str, label: str, field: FieldSpec | None) -> str:
    """The differences of one field as one line, the first five of them. `label` and `field` name what is compared as a whole."""
    found = [words for line in stored.splitlines() if (words := _one(line, label, field))]
    shown, more = found[:MAX_SHOWN], len(found) - MAX_SHOWN
    if more > 0:
        shown.append(ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more})
    return "; ".join(shown)


def amount_words(text: str) -> str:
    """A number by the language's format; what is none stays as it is."""
    try:
        return number_format(Decimal(text), use_l10n=True, force_grouping=True)
    except InvalidOperation:
        return text


def _one(line: str, label: str, field: FieldSpec | None) -> str:
    number, what, before, after = [*line.split("|", 3), "", "", ""][:4]
    if what in ("added", "removed"):
        sentence = _("line %(number)s was added: %(text)s") if what == "added" else _("line %(number)s was removed: %(text)s")
        return sentence % {"number": number, "text": after or before}
    if what == "payment":
        return _("a payment was removed")
    if what == "value":
        return _whole(label, field, before, after)
    if what not in PARTS:
        return ""
    words = {"number": number, "what": PARTS[what], "before": _value(what, before), "after": _value(what, after)}
    if number == "0":
        return _("%(what)s: %(before)s became %(after)s") % words
    return _("line %(number)s, %(what)s: %(before)s became %(after)s") % words


def _whole(label: str, field: FieldSpec | None, before: str, after: str) -> str:
    """A field that has changed as a whole. The number of a record says nothing to people."""
    if field and field.refers:
        return _("%(what)s was replaced") % {"what": label}
    shown = [_typed(field.type if field else FieldType.TEXT, text) or _("empty") for text in (before, after)]
    return _("%(what)s: %(before)s became %(after)s") % {"what": label, "before": shown[0], "after": shown[1]}


def _typed(kind: FieldType, text: str) -> str:
    if kind is FieldType.NUMBER:
        return amount_words(text)
    try:
        return date_format(date.fromisoformat(text), "DATE_FORMAT") if kind is FieldType.DATE else text
    except ValueError:
        return text


def _value(what: str, text: str) -> str:
    if not text:
        return _("empty")
    return amount_words(text) if what in _AMOUNTS else _("“%(text)s”") % {"text": text}
