"""The texts of every category, exclusion reason and guard. Each list goes from the most detailed sentence to one that needs no details."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connectors.vocabulary import Category
from syncconfig.engine.state import Reason

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: its few words, and sentences for why and for what to do, the most detailed first."""

    label: Text
    whys: tuple[Text, ...]
    todos: tuple[Text, ...]


_WAIT = _("Nothing to do; the sync goes on by itself.")

ENTRIES: dict[str, Entry] = {
    Category.DISPLAY_NAME_IN_USE: Entry(
        _("Display name already taken"),
        (
            _("QuickBooks allows each display name once; “%(name)s” is used by the %(namespace)s %(holder)s."),
            _("QuickBooks allows each display name once; “%(name)s” is used by %(holder)s."),
            _("QuickBooks allows each display name once, and this one is used by another customer, vendor or employee."),
        ),
        (_("Use one billing contact per company, or link this contact to the existing customer, or switch the display name mapping off."),),
    ),
    Category.CUSTOMER_INACTIVE: Entry(
        _("Customer inactive"),
        (_("The customer is inactive in QuickBooks."),),
        (_("Make the customer active again, or link another one."),),
    ),
    Category.SEVERAL_MATCHES: Entry(
        _("More than one match"),
        (
            _("%(k)s records share %(value)s: %(list)s."),
            _("Several records share the value that records are matched by."),
        ),
        (_("Correct or merge the duplicates, or link the right one by hand."),),
    ),
    Category.ALREADY_LINKED: Entry(
        _("Counterpart already linked"),
        (
            _("The matching record for %(value)s is already linked with %(other)s."),
            _("“%(name)s” must be unique in %(system)s and is used by %(holder)s."),
            _("The value must be unique in %(system)s, or the matching record is already linked with another one."),
        ),
        (_("Merge the two records, or change the value they share."),),
    ),
    Category.REQUIRED_VALUE_MISSING: Entry(
        _("Required value missing"),
        (_("%(field)s is empty, but %(system)s demands it."), _("A value is empty that %(system)s demands.")),
        (_("Fill the field, or map another one to it."),),
    ),
    Category.OPTION_UNKNOWN: Entry(
        _("Unknown option"),
        (
            _("“%(value)s” is not an option of %(field)s in %(system)s."),
            _("A value is not among the options of %(field)s in %(system)s."),
            _("A value is not among the options of its field in %(system)s."),
        ),
        (_("Complete the option table of the mapping, or change the value."),),
    ),
    Category.VALUE_INVALID: Entry(
        _("Invalid value or format"),
        (
            _("“%(value)s” is not valid for %(field)s in %(system)s."),
            _("%(system)s does not accept the value of %(field)s."),
            _("%(system)s does not accept one of the values."),
        ),
        (_("Correct the value. It clears by itself at the next pass."),),
    ),
    Category.VALUE_TOO_LONG: Entry(
        _("Text too long"),
        (
            _("%(field)s allows %(max)s characters in %(system)s, the value has %(n)s."),
            _("The value of %(field)s is longer than %(system)s allows."),
            _("A text is longer than %(system)s allows."),
        ),
        (_("Shorten it, or switch the mapping off."),),
    ),
    Category.CHARACTER_NOT_ALLOWED: Entry(
        _("Character not allowed"),
        (
            _("%(field)s contains “%(c)s”, which %(system)s forbids."),
            _("%(field)s contains a character that %(system)s forbids."),
            _("A value contains a character that %(system)s forbids."),
        ),
        (_("Remove the character, for example a colon."),),
    ),
    Category.CHANGED_MEANWHILE: Entry(
        _("Changed at the same moment"),
        (_("The record changed in %(system)s during the update. Nothing was overwritten."),),
        (_WAIT,),
    ),
    Category.RATE_LIMIT: Entry(_("Too many requests"), (_("%(system)s limits how fast we may read and write."),), (_WAIT,)),
    Category.SERVICE_UNAVAILABLE: Entry(
        _("Service not available"),
        (_("%(system)s does not answer at the moment. Changes are kept."),),
        (_("Nothing to do; the sync tries again by itself. If it lasts longer than a day, tell the person who runs this portal."),),
    ),
    Category.RECONNECT_NEEDED: Entry(
        _("Reconnect needed"),
        (_("%(system)s no longer accepts our access. Changes are kept and will be written after you reconnect."),),
        (_("Reconnect the account under Connected apps."),),
    ),
    Category.NO_PERMISSION: Entry(
        _("Missing permission"),
        (_("The connected user may not do this in %(system)s."),),
        (_("Reconnect as an administrator, or widen that person’s role in %(system)s."),),
    ),
    Category.COMPANY_INACTIVE: Entry(
        _("QuickBooks subscription inactive"),
        (_("The subscription or trial ended; QuickBooks can only be read."),),
        (_("Renew the QuickBooks subscription. The sync goes on by itself."),),
    ),
    Category.FEATURE_OFF: Entry(
        _("Feature off in QuickBooks"),
        (_("%(system)s answered: %(words)s"), _("A feature that this record needs is off, or not part of the plan.")),
        (_("Switch the feature on, or change the mapping."),),
    ),
    Category.MAPPING_BROKEN: Entry(
        _("Mapping broken"),
        (
            _("%(field)s was deleted, renamed or is no longer offered."),
            _("A field of a mapping or filter was deleted, renamed or is no longer offered."),
        ),
        (_("Edit the sync settings: refresh the fields, then change the mapping or the filter."),),
    ),
    Category.ENCODING: Entry(
        _("Unreadable characters"),
        (_("%(field)s contains characters that cannot be transmitted."), _("The text contains characters that cannot be transmitted.")),
        (_("Type the text again."),),
    ),
    Category.UNKNOWN: Entry(
        _("Unexpected answer"),
        (_("%(system)s answered: %(words)s"), _("%(system)s gave an answer that we do not understand.")),
        (_("Retry. If it stays, report it with the reference %(trace)s."), _("Retry. If it stays, tell the person who runs this portal.")),
    ),
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
        _("No name"),
        (
            _("%(other_system)s needs %(field)s, and the record has neither a company, a name nor an e-mail address."),
            _("The record has nothing to be named by."),
        ),
        (_("Add a company, a name or an e-mail address."),),
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
}
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
}
"""By the name of the guard that stopped a run (`engine.guards`)."""
