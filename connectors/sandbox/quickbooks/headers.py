"""What invoices, credit memos and payments have in common above their lines: customer, dates, currency, numbers, custom fields (reference 5.3, 8)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Any

from connectors.sandbox.quickbooks.books import Books
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.settings import CUSTOM_FIELDS
from connectors.sandbox.quickbooks.shapes import Entity
from connectors.sandbox.state import Document

AUTO_NUMBER = "AUTO_GENERATE"
FIRST_NUMBER = 1001
ALLOW_DUPLICATE = "allowduplicatedocnum"
VOIDED = "Voided"


def refuse_closed(books: Books, *days: str) -> None:
    """Refuse to touch anything dated on or before the day the books were closed."""
    settings = books.settings
    if settings.book_close_date and any(day <= settings.book_close_date for day in days):
        detail = f"Account Period Closed : The account period has closed on {settings.book_close_date} and the account books cannot be updated."
        raise Fault("6210" if settings.close_password else "6200", detail)


def settle_customer(books: Books, values: Document, old: Document | None) -> Document:
    """The customer's row; its name goes into the reference."""
    sent = values.get("CustomerRef")
    if not sent:
        raise Fault("2020", "Required parameter CustomerRef is missing in the request", element="CustomerRef")
    customer = books.table("Customer").rows.get(sent["value"])
    if customer is None:
        raise Fault("2500", "Invalid Reference Id : CustomerRef", element="CustomerRef")
    if not customer["Active"] and (not old or old["CustomerRef"]["value"] != customer["Id"]):
        raise Fault("6250", "The customer on this transaction has been made inactive.", element="CustomerRef")
    if old and old["CustomerRef"]["value"] != customer["Id"] and old["LinkedTxn"]:
        raise Fault("6000", "Business Validation Error: The customer of a linked transaction cannot be changed.", element="CustomerRef")
    values["CustomerRef"] = {"value": customer["Id"], "name": customer["DisplayName"]}
    return customer


def settle_currency(books: Books, values: Document, customer: Document) -> None:
    """Put currency and rate in; with several currencies in use the customer's must be named, without none but the home currency may be."""
    home, own = books.profile["currency"], customer["CurrencyRef"]
    sent = (values.get("CurrencyRef") or {}).get("value")
    if not books.settings.multicurrency:
        if sent not in (None, home):
            raise Fault("6000", "Business Validation Error: The company does not use more than one currency.", element="CurrencyRef")
        values["CurrencyRef"] = {"value": home, "name": books.profile["currency_name"]}
        values.pop("ExchangeRate", None)
        return
    if sent is None:
        raise Fault("2020", "Required parameter CurrencyRef is missing in the request", element="CurrencyRef")
    if sent != own["value"]:
        raise Fault("6000", "Business Validation Error: The currency of the transaction must be the currency of the customer.", element="CurrencyRef")
    values["CurrencyRef"] = own
    if own["value"] == home:
        values["ExchangeRate"] = 1
    else:
        values.setdefault("ExchangeRate", books.switches.exchange_rate)


def settle_due_date(books: Books, values: Document, customer: Document, old: Document | None) -> None:
    """Take the term of the customer or the company on a new invoice, and reckon the due date where none is given."""
    if old is None and "SalesTermRef" not in values:
        default = customer.get("SalesTermRef") or ({"value": books.settings.default_terms} if books.settings.default_terms else None)
        if default:
            values["SalesTermRef"] = default
    if "DueDate" not in values:
        term_id = values["SalesTermRef"]["value"] if "SalesTermRef" in values else ""
        if term_id:
            books.reference("Term", term_id, "SalesTermRef", kept=(old or {}).get("SalesTermRef"))
        term = books.read("Term", term_id) if term_id else {}
        values["DueDate"] = due(date.fromisoformat(values["TxnDate"]), term).isoformat()


def due(day: date, term: Document) -> date:
    """When an invoice of a day is due: so many days later, or on a day of the month; the month after that when it is too near."""
    if "DayOfMonthDue" not in term:
        return day + timedelta(days=int(term.get("DueDays", 0)))
    first = _on(day.year, day.month, int(term["DayOfMonthDue"]))
    near = timedelta(days=int(term.get("DueNextMonthDays", 0)))
    if first - day >= near and first >= day:
        return first
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return _on(year, month, int(term["DayOfMonthDue"]))


def _on(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def settle_number(books: Books, entity: Entity, values: Document, old: Document | None, flags: AbstractSet[str]) -> None:
    """Give the document its number by the company's preference, and refuse a doubled one where the company wants that."""
    settings = books.settings
    sent = values.get("DocNumber")
    if sent == AUTO_NUMBER or (sent is None and not settings.custom_numbers):
        values["DocNumber"] = old["DocNumber"] if old and "DocNumber" in old else str(books.state.next_id(f"{books.realm}.numbers", FIRST_NUMBER))
    number = values.get("DocNumber")
    unchanged = old is not None and old.get("DocNumber") == number
    if number is None or unchanged or ALLOW_DUPLICATE in flags or not (settings.custom_numbers and settings.warn_duplicate_numbers):
        return
    for row_id in books.table(entity.name).holders("DocNumber", number):
        if old is None or row_id != old["Id"]:
            detail = f"This number has already been used. DocNumber={number} is assigned to TxnType={entity.name} with TxnId={row_id}"
            raise Fault("6140", f"Duplicate Document Number Error : You must specify a different number. {detail}", element="DocNumber")


def custom_fields(books: Books, sent: Any) -> list[dict[str, str]]:
    """The company's custom fields with the values sent; those of fields that are not in use vanish without a word."""
    if sent is not None and not (isinstance(sent, list) and all(isinstance(one, dict) and "DefinitionId" in one for one in sent)):
        raise Fault("3000", "CustomField needs a DefinitionId", element="CustomField")
    values = {str(one["DefinitionId"]): one.get("StringValue") for one in sent or []}
    found = []
    for number in CUSTOM_FIELDS:
        name, value = books.settings.custom_field(number), values.get(number)
        longest = books.switches.custom_field_longest
        if value is not None and longest and len(str(value)) > longest:
            raise Fault("2050", f"Min:0 Max:{longest} supported. Supplied length:{len(str(value))}", element="CustomField")
        if name:
            text = {"StringValue": str(value)} if value else {}
            found.append({"DefinitionId": number, "Name": name, "Type": "StringType", **text})
    return found


def void_note(old: Document) -> str:
    """The private note of a voided transaction, which starts with the word that marks it."""
    note = str(old.get("PrivateNote", ""))
    if note.startswith(VOIDED):
        return note
    return f"{VOIDED} - {note}"[:4000] if note else VOIDED
