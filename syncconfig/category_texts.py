"""The texts of every error category (spec section c). Each list goes from the most detailed sentence to one that needs no details."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connectors.vocabulary import Category

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: its few words, and sentences for why and for what to do, the most detailed first."""

    label: Text
    whys: tuple[Text, ...]
    todos: tuple[Text, ...]


WAIT = _("Nothing to do; the sync goes on by itself.")

CATEGORIES: dict[str, Entry] = {
    Category.DISPLAY_NAME_IN_USE: Entry(
        _("Display name already taken"),
        (
            _("QuickBooks allows each display name once; “%(name)s” is used by the %(namespace)s %(holder)s."),
            _("QuickBooks allows each display name once; “%(name)s” is used by %(holder)s."),
            _("QuickBooks allows each display name once, and this one is used by another customer, vendor or employee."),
        ),
        (_("Use one billing contact per company, or link this contact to the existing customer, or switch the display name mapping off."),),
    ),
    Category.CUSTOMER_MISSING: Entry(
        _("Customer not found in QuickBooks"),
        (
            _("No customer in QuickBooks belongs to %(title)s, the contact of this invoice: %(cause)s."),
            _("No customer in QuickBooks belongs to %(title)s, the contact of this invoice, usually because the e-mail addresses differ."),
            _("No customer in QuickBooks belongs to the contact of this invoice, usually because the e-mail addresses differ."),
        ),
        (_("Let the contact sync create the customer, or put the contact on the invoice whose e-mail address equals the customer’s."),),
    ),
    Category.SERVICE_DATE_REQUIRED: Entry(
        _("Service date missing"),
        (_("Revenue recognition is on in QuickBooks and wants a service date on every line; lines from HubSpot have none."),),
        (_("Switch revenue recognition off in QuickBooks and report on it separately, or write such invoices in QuickBooks."),),
    ),
    Category.EDITED_IN_QUICKBOOKS: Entry(
        _("Changed in QuickBooks"),
        (
            _("This record was made in HubSpot, but changed in QuickBooks: %(difference)s."),
            _("This record was made in HubSpot, but its amounts, lines or payments were changed in QuickBooks."),
        ),
        (_("Undo the change in QuickBooks, or make the same change in HubSpot. It clears by itself at the next pass."),),
    ),
    Category.EDITED_IN_HUBSPOT: Entry(
        _("Changed in HubSpot"),
        (
            _("Changed in HubSpot after QuickBooks had it: %(difference)s. Amounts that are in the books are not changed from outside."),
            _("Changed in HubSpot after QuickBooks had it. Amounts that are in the books are not changed from outside."),
        ),
        (_("Void it and write a new one, or make the same change in QuickBooks."),),
    ),
    Category.INVOICE_NUMBER_IN_USE: Entry(
        _("Invoice number already used"),
        (
            _("Number %(name)s is used in QuickBooks by the %(namespace)s %(holder)s."),
            _("Number %(name)s is used in QuickBooks by %(holder)s."),
            _("Number %(name)s is used by another document in QuickBooks."),
            _("The number belongs to another invoice or credit memo in QuickBooks."),
        ),
        (_("Give one of the two another number, and switch custom transaction numbers off in QuickBooks. It clears by itself then."),),
    ),
    Category.PERIOD_CLOSED: Entry(
        _("Accounting period closed"),
        (_("The date lies in a closed accounting period; QuickBooks refuses changes there."),),
        (_("Give it a date after the closing date, or ask your bookkeeper whether to reopen the period."),),
    ),
    Category.TAX_REQUIRED: Entry(
        _("Tax required"),
        (_("This QuickBooks company requires tax on invoices, and invoices from HubSpot have none."),),
        (_("Write the invoice in QuickBooks, from where it syncs to HubSpot. Invoices to QuickBooks need a company in the United States."),),
    ),
    Category.HEADER_ADJUSTMENT: Entry(
        _("Invoice-level discount, tax or fee"),
        (
            _("QuickBooks cannot take over what stands on the invoice as a whole: %(kind)s."),
            _("QuickBooks cannot take over a discount, tax or fee that stands on the invoice as a whole."),
        ),
        (_("Enter it as a line item or as a discount of a line. Write invoices with tax in QuickBooks."),),
    ),
    Category.INCOME_ACCOUNT_INVALID: Entry(
        _("Income account missing or inactive"),
        (_("The income account for the item is not chosen, is inactive in QuickBooks, or is no income account."),),
        (_("Choose an active income account in the settings of the sync, under Configure."),),
    ),
    Category.ITEM_INACTIVE: Entry(
        _("Item inactive or deleted"),
        (
            _("A line sells the item %(sku)s, which is inactive or deleted in QuickBooks."),
            _("A line sells an item that is inactive or deleted in QuickBooks."),
        ),
        (_("Make the item active again, or change the line."),),
    ),
    Category.ITEM_NAME_IN_USE: Entry(
        _("Item name already taken"),
        (
            _("QuickBooks allows each item name once; “%(name)s” is used by the %(namespace)s %(holder)s."),
            _("QuickBooks allows each item name once; “%(name)s” is used by %(holder)s."),
            _("QuickBooks allows each item name once; “%(name)s” is used by another item."),
            _("QuickBooks allows each item name once, and this one is used by another item."),
        ),
        (_("Rename one of the two, or give both the same SKU, so that they match."),),
    ),
    Category.CURRENCY_MISMATCH: Entry(
        _("Currency not usable"),
        (
            _("%(value)s is not active in QuickBooks, or is not the currency of the customer."),
            _("The currency is not active in QuickBooks, or is not the currency of the customer."),
        ),
        (_("Activate multi-currency in QuickBooks, or use a customer in that currency."),),
    ),
    Category.NO_LINE_ITEMS: Entry(
        _("No line items"),
        (_("The invoice has no line."),),
        (_("Add at least one line to the invoice. It clears by itself then."),),
    ),
    Category.AMOUNT_MISMATCH: Entry(
        _("Amounts do not add up"),
        (
            _("The invoice comes to %(below_zero)s, and QuickBooks takes no invoice below zero."),
            _("The lines come to %(a)s, but should come to %(b)s. No cent is moved to make them fit."),
            _("%(system)s answered: %(words)s"),
            _("The lines do not add up to the total."),
        ),
        (_("Check quantities, prices, rounding and discounts. It clears by itself once they fit."),),
    ),
    Category.DISCOUNT_TOO_LARGE: Entry(
        _("Discount above the amount"),
        (_("The discount is larger than the amount it is taken from."),),
        (_("Correct the discount. It clears by itself then."),),
    ),
    Category.DEPENDENCY_FAILING: Entry(
        _("Depends on a failing record"),
        (
            _("The %(kind)s %(title)s has to sync first and is failing: %(cause)s."),
            _("The %(kind)s it names has to sync first and is failing: %(cause)s."),
            _("A record it names has to sync first and is failing."),
        ),
        (_("Fix that record; this one follows by itself."),),
    ),
    Category.PAYMENT_SPLIT: Entry(
        _("Payment spread over several invoices"),
        (
            _("One payment covers %(value)s invoices, which is not supported."),
            _("One payment covers several invoices, which is not supported."),
        ),
        (_("Record it by hand in %(other_system)s."), _("Record it by hand on the other side.")),
    ),
    Category.PAYMENT_CUSTOMER_DIFFERS: Entry(
        _("Payment and invoice customer differ"),
        (_("The payment belongs to another customer than the invoice: it was moved, or its customer was merged into another one."),),
        (_("Give the payment and the invoice the same customer in QuickBooks."),),
    ),
    Category.DUPLICATE_BLOCKED: Entry(
        _("Duplicate prevented"),
        (
            _("An automation made this paid document for a payment that belongs to the invoice %(title)s already. It is not copied to HubSpot."),
            _("An automation tried to make a paid document of a payment that belongs to an invoice already."),
        ),
        (_("Exclude payments whose source is an invoice in that automation, and delete this document in QuickBooks."),),
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
        (WAIT,),
    ),
    Category.RATE_LIMIT: Entry(_("Too many requests"), (_("%(system)s limits how fast we may read and write."),), (WAIT,)),
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
}
"""By `Category` value."""
