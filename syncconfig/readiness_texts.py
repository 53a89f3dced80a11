"""What the readiness check says: settings that are on or off, and what only a person can know (spec A3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from syncconfig.engine.spec import Side

Text = str | Promise


class State(StrEnum):
    """How a check stands, the most urgent first."""

    BLOCKED = "blocked"
    ADVISED = "advised"
    MANUAL = "manual"
    OK = "ok"


STATE_LABELS: dict[State, Text] = {
    State.BLOCKED: _("Blocked"),
    State.ADVISED: _("Action advised"),
    State.MANUAL: _("Check manually"),
    State.OK: _("OK"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says in one case."""

    state: State
    title: Text
    why: Text
    todo: Text = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """A setting of one account: which of its details holds "yes" or "no", and what either means. `name` and `look` are for neither."""

    key: str
    side: Side
    detail: str
    name: Text
    look: Text
    yes: Verdict
    no: Verdict


@dataclass(frozen=True, slots=True)
class Statement:
    """Something no account tells, for a person to check. `address` names a page of ours that helps, by the name of its address."""

    key: str
    title: Text
    why: Text
    todo: Text
    address: str = ""
    link_label: Text = ""


FLAGS: tuple[Flag, ...] = (
    Flag(
        "data_sync",
        Side.LEFT,
        "data_sync_invoices",
        _("HubSpot’s own QuickBooks sync"),
        _("Look in HubSpot whether its own QuickBooks Online data sync runs, and turn it off before you sync invoices."),
        Verdict(
            State.BLOCKED,
            _("HubSpot’s own QuickBooks sync is active"),
            _("HubSpot’s own data sync wrote invoices in this account. Two syncs side by side double every invoice."),
            _("Turn HubSpot’s own QuickBooks Online data sync off before you sync invoices."),
        ),
        Verdict(
            State.OK,
            _("No other QuickBooks sync was found"),
            _("No invoice in HubSpot comes from HubSpot’s own data sync."),
        ),
    ),
    Flag(
        "document_numbers",
        Side.RIGHT,
        "own_document_numbers",
        _("Custom transaction numbers"),
        _("Look in QuickBooks whether custom transaction numbers are on, and switch them off."),
        Verdict(
            State.ADVISED,
            _("Custom transaction numbers are on"),
            _("New invoices in QuickBooks would continue the prefix and numbers of HubSpot, and clash with them."),
            _("Switch custom transaction numbers off in QuickBooks."),
        ),
        Verdict(
            State.OK,
            _("Custom transaction numbers are off"),
            _("QuickBooks counts its own invoices and leaves the numbers of HubSpot alone."),
        ),
    ),
    Flag(
        "revenue_recognition",
        Side.RIGHT,
        "revenue_recognition",
        _("Revenue recognition"),
        _("Look in QuickBooks whether revenue recognition is on: invoices cannot sync to QuickBooks then."),
        Verdict(
            State.BLOCKED,
            _("Revenue recognition is on"),
            _("QuickBooks then requires a service date on every line, and lines from HubSpot have none: invoices sync to HubSpot only."),
            _("Switch revenue recognition off in QuickBooks and report on it separately, or write invoices in QuickBooks."),
        ),
        Verdict(
            State.OK,
            _("Revenue recognition is off"),
            _("Lines need no service date."),
        ),
    ),
    Flag(
        "sales_tax",
        Side.RIGHT,
        "sales_tax",
        _("Sales tax"),
        _("Write invoices that need tax in QuickBooks: invoices from HubSpot carry none."),
        Verdict(
            State.MANUAL,
            _("Sales tax is in use"),
            _("Invoices from HubSpot carry no tax."),
            _("Write invoices that need tax in QuickBooks; they sync to HubSpot with their tax."),
        ),
        Verdict(
            State.OK,
            _("Sales tax is not in use"),
            _("Invoices from HubSpot carry no tax, and QuickBooks asks for none."),
        ),
    ),
    Flag(
        "payments",
        Side.LEFT,
        "payments",
        _("Payments in HubSpot"),
        _("Look in HubSpot whether payments are set up: without them it keeps no payment records."),
        Verdict(
            State.OK,
            _("HubSpot keeps payments"),
            _("Payments from QuickBooks become payments of their invoice in HubSpot."),
        ),
        Verdict(
            State.ADVISED,
            _("HubSpot keeps no payments"),
            _("Payments are not set up in HubSpot, so it keeps no payment records. What was paid still shows on invoices and deals."),
            _("Set up payments in HubSpot, if you want every payment there as a record."),
        ),
    ),
)

STATEMENTS: tuple[Statement, ...] = (
    Statement(
        "agreement",
        _("Agree with accounting and legal"),
        _("A sync changes how invoices reach the books."),
        _("Talk to the people responsible for both before you begin."),
    ),
    Statement(
        "billing_contact",
        _("One billing contact per company"),
        _("The contact on an invoice says which customer it is, and only the first contact of a company receives its name in QuickBooks."),
        _("For a new customer, put the billing contact on the invoice whose e-mail address shall be the customer’s."),
    ),
    Statement(
        "accounting_properties",
        _("Accounting properties of deals"),
        _("Tandem does not write to the accounting properties that HubSpot has on deals."),
        _("Use the invoice object in reports and automations."),
    ),
    Statement(
        "fees",
        _("Processing fees"),
        _("Processing fees of invoices that were paid in HubSpot are not posted as an expense."),
        _("Enter their sum as an expense in QuickBooks; the report on fees tells it."),
        "fees",
        _("Report on fees"),
    ),
)
