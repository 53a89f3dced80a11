"""The settings that only some kinds have: what may be chosen, and the words for what was chosen (spec R67, R68)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from connectors.base import Option
from connectors.vocabulary import CUSTOM_ITEM, GATES, Kind
from syncconfig import drafts
from syncconfig.engine.spec import Side
from syncconfig.models import ObjectSync
from syncconfig.specs import Fields


@dataclass(frozen=True, slots=True)
class SyncOption:
    """One such setting. `name` is its key in `ObjectSync.options`; it counts while values travel to `side`.

    `several`: a list of values, where a missing one means all of them. Other settings hold one value; `unset` are the words for none, empty where
    there has to be one.
    """

    name: str
    label: str
    side: Side
    section: str
    help: str
    choices: tuple[Option, ...]
    unset: str = ""
    several: bool = False

    def chosen(self, sync: ObjectSync) -> list[str]:
        """The values a sync has, those of all choices where it names none of several."""
        stored = sync.options.get(self.name)
        if self.several:
            return [str(v) for v in stored] if stored else [o.value for o in self.choices]
        return [str(stored)] if stored else []

    def words(self, sync: ObjectSync) -> str:
        """What is chosen, by the labels of the choices."""
        stored = self.chosen(sync)
        if self.several and len(stored) == len(self.choices):
            return _("All")
        labels = {o.value: o.label for o in self.choices}
        return ", ".join(labels.get(v, v) for v in stored)


def options_of(sync: ObjectSync, right: Fields) -> list[SyncOption]:
    """The settings that the kind of a sync has beside those of every kind, in the order of the page. `right` are its fields in QuickBooks."""
    accounts = drafts.account_options(sync)
    if sync.kind == Kind.PRODUCT:
        return list(_item_options(right, accounts))
    if sync.kind == Kind.INVOICE:
        words = _("Used in QuickBooks for invoice lines whose product has no matching SKU. Active income accounts only.")
        label = _("Income account for “%(item)s”") % {"item": CUSTOM_ITEM}
        offered = accounts.get("income_account", ())
        return [SyncOption("income_account", label, Side.RIGHT, _("Income account"), words, offered, _("Choose an account"))]
    return []


def active_options(sync: ObjectSync, right: Fields) -> list[SyncOption]:
    """Those that count in the direction of the sync."""
    return [option for option in options_of(sync, right) if sync.flows(option.side)]


def _item_options(right: Fields, accounts: dict[str, tuple[Option, ...]]) -> Iterable[SyncOption]:
    types = _item_types(right)
    new = _("New items in QuickBooks")
    yield SyncOption("product_type", _("Type of new items"), Side.RIGHT, new, _("Items that exist already keep their type."), types)
    texts = {
        "income_account": (_("Income account"), _("What is earned with new items is booked here.")),
        "expense_account": (_("Expense account"), _("What new items cost is booked here.")),
        "asset_account": (_("Inventory asset account"), _("The value of what is in stock is booked here. Only items of the type Inventory need it.")),
    }
    for name, (label, words) in texts.items():
        yield SyncOption(name, label, Side.RIGHT, new, words, accounts.get(name, ()), _("Choose an account"))
    words = _("Items of other types are left out.")
    yield SyncOption("item_types", _("Item types that take part"), Side.LEFT, _("Items from QuickBooks"), words, types, several=True)


def _item_types(right: Fields) -> tuple[Option, ...]:
    """The types of items, without those that never take part."""
    rules = [gate.condition for gate in GATES[Kind.PRODUCT] if gate.condition.meaning == "product_type"]
    never = {value for rule in rules for value in rule.values}
    types = next((f.options for f in right.values() if f.meaning == "product_type"), ())
    return tuple(o for o in types if o.value not in never)
