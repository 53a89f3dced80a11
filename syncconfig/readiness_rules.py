"""The rules of the readiness check, one for each limitation and recommendation of spec A3. Pure: what is known of two accounts in, checks out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from connectors.base import Account
from connectors.vocabulary import Kind
from syncconfig.credentials import missing_scopes
from syncconfig.drafts import abroad
from syncconfig.engine.spec import Side
from syncconfig.engine.state import Reason
from syncconfig.explanations import Explanation, side_name
from syncconfig.models import Connection, ObjectSync
from syncconfig.models.sync import DirectionChoice
from syncconfig.providers import endpoints
from syncconfig.readiness_texts import FLAGS, STATEMENTS, Flag, State, Statement, Text, Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """One point of the page. `why` is the fact, `todo` what to do about it, `details` names what it counts, `link` leads to where it is done."""

    key: str
    title: str
    state: State
    why: str
    todo: str = ""
    details: tuple[str, ...] = ()
    link: str = ""
    link_label: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """The names of items without a SKU. `whole`: every item was looked at. `sync` is the product sync whose records they are, if they are."""

    lacking: Sequence[str]
    whole: bool = True
    sync: ObjectSync | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a pair of accounts. `accounts` holds those that could be read, `syncs` those that are set up, by kind."""

    connections: Mapping[Side, Connection]
    accounts: Mapping[Side, Account]
    syncs: Mapping[Kind, ObjectSync]
    now: datetime
    items: Items | None = None
    items_trouble: Explanation | None = None

    def detail(self, side: Side, name: str) -> str:
        """One fact of an account; empty when the account does not tell it."""
        return self.accounts[side].details.get(name, "")

    def syncing(self, kind: Kind, to: Side) -> bool:
        """Whether a sync of this kind is on and carries values to a side."""
        sync = self.syncs.get(kind)
        return sync is not None and sync.status != ObjectSync.Status.OFF and sync.flows(to)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `needs` are the accounts it has to know."""

    needs: tuple[Side, ...]
    judge: Callable[[Facts], Check]


def _check(key: str, verdict: Verdict) -> Check:
    return Check(key, str(verdict.title), verdict.state, str(verdict.why), str(verdict.todo))


def _at(check: Check, facts: Facts, side: Side) -> Check:
    """The check with a link to the provider's own pages, unless nothing is to be done there."""
    if check.state is State.OK:
        return check
    link = endpoints(facts.connections[side].provider).web
    label = _("Open %(system)s") % {"system": side_name(side)}
    return Check(check.key, check.title, check.state, check.why, check.todo, check.details, link, label)


def _flag(flag: Flag) -> Rule:
    """A setting that is on or off. An account that does not tell leaves it to a person."""

    def judge(facts: Facts) -> Check:
        told = facts.detail(flag.side, flag.detail)
        verdict = {"yes": flag.yes, "no": flag.no}.get(told) or _untold(flag.name, flag.side, flag.look)
        return _at(_check(flag.key, verdict), facts, flag.side)

    return Rule((flag.side,), judge)


def _untold(name: Text, side: Side, look: Text) -> Verdict:
    why = _("%(system)s does not tell how this is set.") % {"system": side_name(side)}
    return Verdict(State.MANUAL, name, why, look)


def _statement(statement: Statement) -> Rule:
    def judge(facts: Facts) -> Check:
        link = reverse(statement.address) if statement.address else ""
        label, texts = str(statement.link_label), (str(statement.why), str(statement.todo))
        return Check(statement.key, str(statement.title), State.MANUAL, *texts, link=link, link_label=label)

    return Rule((), judge)


def _rights(facts: Facts) -> Check:
    missing = {side: missing_scopes(connection) for side, connection in facts.connections.items()}
    lacking = [side for side in Side if missing[side]]
    if not lacking:
        return Check("rights", _("Permissions are complete"), State.OK, _("HubSpot and QuickBooks granted everything that was asked for."))
    names = {"system": side_name(lacking[0])}
    return Check(
        "rights",
        _("Permissions are missing"),
        State.BLOCKED,
        _("%(system)s did not grant everything that was asked for.") % names,
        _("Reconnect %(system)s under Connected apps, and grant all permissions.") % names,
        tuple(scope for side in lacking for scope in missing[side]),
        reverse("apps"),
        _("Connected apps"),
    )


def _country(facts: Facts) -> Check:
    country = facts.accounts[Side.RIGHT].country
    reason = abroad(Connection(country=country))
    if reason:
        todo = _("Sync invoices to HubSpot only, and write them in QuickBooks.")
        return Check("country", _("QuickBooks company is outside the United States"), State.BLOCKED, reason, todo)
    if not country:
        todo = _("Send invoices to QuickBooks only if the company is in the United States.")
        return _check("country", _untold(_("Country of the QuickBooks company"), Side.RIGHT, todo))
    return Check("country", _("QuickBooks company is in the United States"), State.OK, _("Invoices may sync both ways."))


def _closing_date(facts: Facts) -> Check:
    told = facts.detail(Side.RIGHT, "books_closed_until")
    day = parse_date(told)
    names = {"date": date_format(day, "DATE_FORMAT") if day else told}
    if day and day > facts.now.date():
        why = _("They are closed up to %(date)s, a day that is still to come: QuickBooks refuses every invoice and payment until then.") % names
        check = Check(
            "closing_date", _("Books are closed ahead of time"), State.BLOCKED, why, _("Set the closing date in QuickBooks to a day in the past.")
        )
    elif told:
        check = Check("closing_date", _("Books are locked"), State.OK, _("They are closed up to %(date)s.") % names)
    else:
        why = _("QuickBooks shows no closing date, so invoices in closed periods can be altered.")
        check = Check("closing_date", _("Books are not locked"), State.ADVISED, why, _("Set a closing date in QuickBooks."))
    return _at(check, facts, Side.RIGHT)


def _home_currency(facts: Facts) -> Check:
    left, right = (facts.accounts[side].currency for side in Side)
    if not left or not right:
        silent = Side.RIGHT if left else Side.LEFT
        todo = _("Look whether both accounts have the same home currency.")
        return _check("home_currency", _untold(_("Home currency"), silent, todo))
    names = {"left": left, "right": right}
    if left == right:
        return Check("home_currency", _("Same home currency"), State.OK, _("%(left)s on both sides.") % names)
    why = _("HubSpot counts in %(left)s, QuickBooks in %(right)s. No amount is converted.") % names
    todo = _("Write invoices in the currency of their customer in QuickBooks.")
    return Check("home_currency", _("Different home currencies"), State.ADVISED, why, todo)


def _multi_currency(facts: Facts) -> Check:
    left, right = (facts.accounts[side].currency for side in Side)
    told = facts.detail(Side.RIGHT, "multi_currency")
    also = [c.strip() for c in facts.detail(Side.LEFT, "additional_currencies").split(",")]
    foreign = sorted({c for c in (left, *also) if c and c != right})
    names = {"home": right, "foreign": ", ".join(foreign)}
    if told == "yes":
        why = _("Its home currency is %(home)s. An invoice has to be in the currency of its customer.") % names
        return Check("multi_currency", _("QuickBooks uses several currencies"), State.OK, why)
    if told != "no":
        todo = _("Look whether QuickBooks uses every currency that invoices in HubSpot have.")
        return _at(_check("multi_currency", _untold(_("Several currencies"), Side.RIGHT, todo)), facts, Side.RIGHT)
    if not foreign:
        return Check("multi_currency", _("One currency"), State.OK, _("HubSpot and QuickBooks use %(home)s only.") % names)
    why = _("HubSpot uses %(foreign)s too, QuickBooks %(home)s only: other invoices cannot sync to QuickBooks.") % names
    todo = _("Invoice in %(home)s, or switch multi-currency on in QuickBooks. It cannot be switched off again.") % names
    return _at(Check("multi_currency", _("QuickBooks uses one currency"), State.ADVISED, why, todo), facts, Side.RIGHT)


def _skus(facts: Facts) -> Check:
    if facts.items is None:
        said = facts.items_trouble
        why, todo = (said.why, said.todo) if said else ("", "")
        return Check("skus", _("Products cannot be read"), State.BLOCKED, why, todo)
    names = tuple(facts.items.lacking)
    if not names:
        return Check("skus", _("Every product has a SKU"), State.OK, _("Products are matched by SKU."))
    count = {"n": len(names)}
    if facts.items.whole:
        title = ngettext("%(n)s product has no SKU", "%(n)s products have no SKU", len(names)) % count
    else:
        title = ngettext("At least %(n)s product has no SKU", "At least %(n)s products have no SKU", len(names)) % count
    why, todo = _("Products sync by SKU; without one they stay excluded."), _("Add a SKU in QuickBooks to those that are to sync.")
    check = Check("skus", title, State.ADVISED, why, todo, names)
    if facts.items.sync is None:
        return _at(check, facts, Side.RIGHT)
    link = f"{reverse('records')}?sync={facts.items.sync.pk}&reason={Reason.NO_KEY.value}"
    return Check(check.key, title, check.state, why, todo, names, link, _("Show the records"))


def _first(key: str, kind: Kind, done: Verdict, missing: Verdict) -> Rule:
    """Advice to sync a kind to HubSpot before invoices are written."""
    return Rule((), lambda facts: _check(key, done if facts.syncing(kind, Side.LEFT) else missing))


def _workflows(facts: Facts) -> Check:
    invoices = facts.syncs.get(Kind.INVOICE)
    if invoices is not None and invoices.direction == DirectionChoice.TO_LEFT:
        why = _("The invoice sync sends nothing to QuickBooks, so no workflow can double its payments.")
        return Check("workflows", _("Invoices sync to HubSpot only"), State.OK, why)
    why = _("A workflow that creates paid invoices or paid sales receipts books a payment of an invoice twice. Tandem cannot see workflows.")
    todo = _("In such workflows, exclude payments whose source is an invoice.")
    return Check("workflows", _("Workflows that create paid documents"), State.MANUAL, why, todo)


_PRODUCTS_DONE = Verdict(
    State.OK,
    gettext_lazy("Products sync to HubSpot"),
    gettext_lazy("Use them in invoices, quotes and payment links; revenue and cost then land on their accounts."),
)
_PRODUCTS_MISSING = Verdict(
    State.ADVISED,
    gettext_lazy("Sync products to HubSpot first"),
    gettext_lazy("Products from QuickBooks bring their income and expense accounts along; lines without a product all land on one account."),
    gettext_lazy("Set up the product sync, and use the synced products in invoices, quotes and payment links."),
)
_CUSTOMERS_DONE = Verdict(
    State.OK,
    gettext_lazy("Customers sync to HubSpot"),
    gettext_lazy("Use the synced contact when you invoice an existing customer."),
)
_CUSTOMERS_MISSING = Verdict(
    State.ADVISED,
    gettext_lazy("Sync customers to HubSpot first"),
    gettext_lazy("An invoice finds its customer by the synced contact."),
    gettext_lazy("Set up the contact sync, and use the synced contact when you invoice an existing customer."),
)

_RIGHT, _BOTH = (Side.RIGHT,), (Side.LEFT, Side.RIGHT)

RULES: tuple[Rule, ...] = (
    Rule((), _rights),
    *map(_flag, FLAGS),
    Rule(_RIGHT, _closing_date),
    _first("products_first", Kind.PRODUCT, _PRODUCTS_DONE, _PRODUCTS_MISSING),
    Rule(_RIGHT, _skus),
    _first("customers_first", Kind.CONTACT, _CUSTOMERS_DONE, _CUSTOMERS_MISSING),
    Rule((), _workflows),
    Rule(_RIGHT, _country),
    Rule(_BOTH, _home_currency),
    Rule(_BOTH, _multi_currency),
    *map(_statement, STATEMENTS),
)
"""In the order of the page, which puts what needs somebody first."""
