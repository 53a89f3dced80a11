"""The texts of every exclusion reason and guard, and all entries by code. Each list goes from the most detailed sentence to the plainest."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from syncconfig.category_texts import CATEGORIES, WAIT, Entry
from syncconfig.engine.state import WAITING, Reason

REASONS: dict[str, Entry] = {
    Reason.FILTER: Entry(
        _("Filter not met"),
        (_("The record does not meet this condition: %(condition)s."), _("The record does not meet the filter.")),
        (_("Nothing, if that is right. Otherwise change the record, or edit the filter."),),
    ),
    Reason.NO_KEY: Entry(
        _("No value to match by"),
        (
            _("%(field)s is empty in %(system)s, so the record cannot be matched and might be created twice."),
            _("The value that records are matched by is empty."),
        ),
        (_("Fill the field, or switch “avoid duplicates” off."),),
    ),
    Reason.NO_NAME: Entry(
        _("Required field empty"),
        (
            _("%(other_system)s needs %(naming_field)s, and the record has neither a company, a name nor an e-mail address."),
            _("%(field)s is empty, but %(other_system)s needs it for every record."),
            _("A field is empty that the other side needs for every record."),
        ),
        (
            _("Add a company, a name or an e-mail address, of which %(naming_field)s is made."),
            _("Fill the field. It takes part by itself then."),
        ),
    ),
    Reason.INACTIVE: Entry(
        _("Inactive or deleted"),
        (_("The record is inactive or deleted in %(system)s."),),
        (_("Nothing, if that is right. It takes part again when it is restored."),),
    ),
    Reason.DIRECTION: Entry(
        _("Direction switched off"),
        (_("The sync goes one way, and this record stands only on the receiving side."),),
        (_("Nothing, if that is right. Otherwise change the direction of the sync."),),
    ),
    Reason.COUNTERPART_DELETED: Entry(
        _("Counterpart deleted"),
        (_("The linked record was deleted or made inactive in %(system)s. Deletions are never copied."),),
        (_("Restore it, and the link goes on by itself."),),
    ),
    Reason.BY_HAND: Entry(
        _("Excluded by hand"),
        (_("Somebody took this record out of the sync."),),
        (_("Nothing, if that is right."),),
    ),
    Reason.ITEM_TYPE: Entry(
        _("Item type does not sync"),
        (_("Items of the type %(value)s do not sync."), _("Items of this type do not sync.")),
        (_("Nothing, if that is right. Otherwise look which types are chosen in the settings of the sync; bundles and categories never sync."),),
    ),
    Reason.COPY: Entry(
        _("Copy of an invoice"),
        (_("This invoice is no invoice of HubSpot’s own: it shows one that was written elsewhere, and is not sent to QuickBooks."),),
        (_("Nothing, if that is right. Changes belong where the invoice was written."),),
    ),
    Reason.ORIGIN: Entry(
        _("Belongs to QuickBooks"),
        (
            _("Invoice %(title)s comes from QuickBooks, so its payments are recorded there."),
            _("The invoice comes from QuickBooks, so its payments are recorded there."),
        ),
        (_("Record the payment in QuickBooks; from there it comes to HubSpot."),),
    ),
    Reason.CREDIT: Entry(
        _("Credit, no payment"),
        (_("The invoice was settled with a credit, and no money was received. The balance of the invoice shows it."),),
        (_("Nothing; only payments of money travel as payments."),),
    ),
    Reason.NO_INVOICE: Entry(
        _("No invoice"),
        (
            _("The payment belongs to no invoice in %(system)s, so it has no place in %(other_system)s."),
            _("The payment belongs to no invoice."),
        ),
        (_("Nothing, if that is right. Otherwise apply it to its invoice."),),
    ),
    Reason.NO_DEAL: Entry(
        _("No deal"),
        (_("No deal is associated with the invoice, so the payment shows on the invoice only."),),
        (_("Associate the invoice with a deal in HubSpot, and the payment comes to the timeline of the deal."),),
    ),
    Reason.WITHDRAWN: Entry(
        _("Taken back"),
        (_("The record it was a copy of is gone, so the copy was taken away."),),
        (_("Nothing, if that is right. It comes back when the original is restored."),),
    ),
    Reason.DEPENDENCY: Entry(
        _("Names a record that does not sync"),
        (
            _("The %(kind)s %(title)s does not sync: %(cause)s."),
            _("The %(kind)s it names does not sync: %(cause)s."),
            _("The %(kind)s it names does not sync."),
            _("A record it names does not sync."),
        ),
        (_("Nothing, if that is right. Otherwise let that record take part; this one follows by itself."),),
    ),
    Reason.VOIDED: Entry(
        _("Voided before it was sent"),
        (
            _("The invoice was voided in %(system)s before it came to %(other_system)s."),
            _("The invoice was voided before it came to the other side."),
        ),
        (_("Nothing; the books need no invoice that never counted."),),
    ),
    WAITING: Entry(
        _("Waits for another record"),
        (
            _("The %(kind)s %(title)s has to sync first."),
            _("The %(kind)s it names has to sync first."),
            _("A record it names has to sync first."),
        ),
        (WAIT,),
    ),
}
"""By `Reason` value, and the reason of records that wait for others."""

ENTRIES: dict[str, Entry] = {**CATEGORIES, **REASONS}
"""By `Category` and `Reason` value."""

GUARDS: dict[str, Entry] = {
    "gone": Entry(
        _("Many records are gone"),
        (
            _("%(count)s of %(total)s linked records no longer stand on one side. Nothing was changed."),
            _("Many linked records no longer stand on one side."),
        ),
        (_("Check that the right accounts are connected and nothing was deleted by mistake. If it is right, run anyway, once."),),
    ),
    "updates": Entry(
        _("Many updates"),
        (
            _("%(count)s of %(total)s linked records would be updated in %(system)s. Nothing was written."),
            _("Unusually many linked records would be updated. Nothing was written."),
        ),
        (_("Look at the preview. If somebody changed that many records on purpose, run anyway, once."),),
    ),
    "failures": Entry(
        _("Many writes failed"),
        (
            _("%(count)s of %(total)s writes failed: %(category)s."),
            _("%(count)s of %(total)s writes failed."),
            _("Many writes failed for the same reason."),
        ),
        (_("Fix the cause, which the failing records explain, then run anyway, once."),),
    ),
    "read_cap": Entry(
        _("Reads of this month used up"),
        (_("The number of reads a month that you set for %(system)s is reached. Changes are kept and read when the next month begins."),),
        (_("To go on at once, set a higher number on the page Connected apps."),),
    ),
}
"""By the name of the guard that stopped a run: those of `engine.guards`, and the cap on metered reads."""
