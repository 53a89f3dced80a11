"""What an account can and cannot do for us, and what happens instead where something is missing. Told from facts that were asked for when it was
connected and when the fields of its objects were read; no provider is asked for this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from connectors.registry import PROVIDERS
from connectors.vocabulary import Kind
from syncconfig.drafts import abroad
from syncconfig.models import Connection
from syncconfig.specs import keyed


@dataclass(frozen=True, slots=True)
class Capability:
    """One of them: what was looked at, whether it is there, and in a sentence what that means."""

    name: str
    there: bool
    meaning: str


def capabilities(connection: Connection) -> list[Capability]:
    """What is known of an account, in the order people read it. What was never told is left out."""
    return list((_crm if connection.provider == "hubspot" else _books)(connection))


def _crm(connection: Connection) -> Iterator[Capability]:
    payments = connection.details.get("payments")
    if payments:
        yield Capability(
            _("Payment records"),
            payments == "yes",
            _("Payments of invoices are kept as payment records.")
            if payments == "yes"
            else _("The account keeps no payment records. Payments are shown on the deal instead: in its properties and as notes on its timeline."),
        )
    unmarked = [str(PROVIDERS[connection.provider].objects[kind].plural) for kind in Kind if not keyed(connection, kind)]
    yield Capability(
        _("Unique properties"),
        not unmarked,
        _("Every record is marked with its counterpart, so that none is ever made twice.")
        if not unmarked
        else _("HubSpot takes no more unique properties for %(objects)s. These are not created in HubSpot; they can only be sent to QuickBooks.")
        % {"objects": ", ".join(unmarked)},
    )


def _books(connection: Connection) -> Iterator[Capability]:
    facts = connection.details
    if facts.get("multi_currency"):
        several = facts["multi_currency"] == "yes"
        only = _("Only records in %(currency)s can be sent; others are shown with the reason.") % {"currency": connection.currency}
        yield Capability(_("Several currencies"), several, _("Each customer has one currency, and its invoices are in that.") if several else only)
    if facts.get("tax_model"):
        yield Capability(_("Sales tax"), not abroad(connection), abroad(connection) or _taxes(facts["tax_model"]))
    fields = facts.get("sales_form_custom_fields", "")
    none = _("The company uses no custom fields on sales forms, so there are none to map.")
    yield Capability(_("Custom fields on invoices"), bool(fields), _("They can be mapped: %(fields)s.") % {"fields": fields} if fields else none)


def _taxes(model: str) -> str:
    words = {
        "none": _("The company charges no sales tax."),
        "automated": _("QuickBooks computes the tax of an invoice by itself; HubSpot shows it."),
        "automated, not set up": _("QuickBooks would compute tax by itself, but that is not set up there. Invoices are sent without tax."),
        "rates": _("Invoices are sent without tax; tax that QuickBooks adds is shown in HubSpot."),
    }
    return words.get(model, model)
