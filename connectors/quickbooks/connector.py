"""QuickBooks Online as a connector: one company."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.base import Account, FieldSpec, Outcome, Page, Record, Write
from connectors.http import Token
from connectors.pacing import Ledger
from connectors.provider import Endpoints
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.company import Company
from connectors.quickbooks.errors import PROVIDER_KEY
from connectors.quickbooks.feed import Feed, noted
from connectors.quickbooks.invoices import custom_names, targets, with_custom
from connectors.quickbooks.items import ACCOUNTS, with_accounts
from connectors.quickbooks.lookup import read_records, rows_by_id, rows_by_value
from connectors.quickbooks.objects import ENTITIES, READ_ONLY
from connectors.quickbooks.query import one_of
from connectors.quickbooks.reading import Reader
from connectors.quickbooks.shapes import BATCH_SIZE, PAGE_SIZE, Row
from connectors.quickbooks.values import nested
from connectors.quickbooks.writing import PACKINGS, Writer
from connectors.vocabulary import Kind


class QuickBooksConnector:
    """See `connectors.base.Connector`. `now` tells seconds since 1970 and is used for one thing: to see that a cursor is too old."""

    provider = PROVIDER_KEY
    batch_size = BATCH_SIZE

    def __init__(self, endpoints: Endpoints, token: Token, realm: str, ledger: Ledger | None = None, *, now: Callable[[], float] = time.time) -> None:
        self._endpoints = endpoints
        self._client = QuickBooksClient(endpoints, token, realm, ledger)
        self._company = Company(self._client, endpoints.web)
        self._realm = realm
        self._now = now

    @property
    def calls(self) -> int:
        return self._client.session.calls

    def account(self) -> Account:
        info, preferences = self._client.company_info(), self._client.preferences()
        currency = preferences.get("CurrencyPrefs", {})
        named = {str(pair.get("Name")): str(pair.get("Value", "")) for pair in info.get("NameValue", ())}
        details = {
            "subscription": named.get("SubscriptionStatus", ""),
            "plan": named.get("OfferingSku", ""),
            "multi_currency": _word(currency.get("MultiCurrencyEnabled")),
            "sales_tax": _word(nested(preferences, "TaxPrefs").get("UsingSalesTax")),
            "tax_model": _tax_model(str(info.get("Country", "")), nested(preferences, "TaxPrefs")),
            "books_closed_until": str(nested(preferences, "AccountingInfoPrefs").get("BookCloseDate", "")),
            **_sales_details(preferences),
        }
        return Account(
            id=self._realm,
            name=str(info.get("CompanyName", "")),
            zone=str(info.get("DefaultTimeZone", "")) or "UTC",
            currency=str(currency.get("HomeCurrency", {}).get("value", "")),
            country=str(info.get("Country", "")),
            sandbox=_is_sandbox(self._endpoints.api),
            details={key: value for key, value in details.items() if value},
        )

    def setup(self, kind: Kind) -> bool:
        """QuickBooks needs no properties of our own: idempotency rests on `requestid`, the link on our side."""
        return True

    def fields(self, kind: Kind) -> tuple[FieldSpec, ...]:
        fields = ENTITIES[kind].fields
        if kind is Kind.PRODUCT:
            types = dict.fromkeys(type_ for fitting in ACCOUNTS.values() for type_ in fitting)
            return with_accounts(fields, list(self._client.query_all("Account", [one_of("AccountType", types)])))
        return with_custom(fields, self._client.preferences()) if kind is Kind.INVOICE else fields

    def changes(self, kind: Kind, since: str | None, fields: Sequence[str]) -> Iterator[Page]:
        return Feed(self._client, ENTITIES[kind].name, self._reader(kind, fields), self._now).pages(since)

    def noted(self, kind: Kind, cursor: str, records: Sequence[Record]) -> str:
        return noted(cursor, records)

    def read(self, kind: Kind, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Record]:
        return read_records(self._client, ENTITIES[kind], ids, self._reader(kind, fields))

    def concerned(self, kind: Kind, object: str, ids: Sequence[str]) -> list[str]:
        own = ENTITIES[kind].name
        if object == own:
            return list(ids)
        rows = rows_by_id(self._client, object, ids).values()
        return list(dict.fromkeys(target for row in rows for kind, target, _ in targets(row) if kind == own))

    def find(self, kind: Kind, key: str, values: Iterable[str], fields: Sequence[str]) -> Iterator[Record]:
        """Records by one of the entity's lookups, in all lists that share the name space. Other fields cannot be searched by."""
        lookup = ENTITIES[kind].lookups.get(key)
        if lookup is None:
            raise ValueError(f"QuickBooks finds nothing by {key}")
        wanted = {value.strip().casefold(): value.strip() for value in values if value and value.strip()}
        if not wanted:
            return
        rows: dict[tuple[str, str], Row] = {}
        for namespace, row in rows_by_value(self._client, lookup, wanted.values()):
            rows.setdefault((namespace, row["Id"]), row)
        value_of = self._reader(kind, [key])
        told = (str(record.fields[key] or "").strip().casefold() for record in value_of(list(rows.values())))
        matching = [name for name, value in zip(rows, told, strict=True) if value in wanted]
        read = self._reader(kind, fields)
        for start in range(0, len(matching), PAGE_SIZE):
            part = matching[start : start + PAGE_SIZE]
            for (namespace, _), record in zip(part, read([rows[name] for name in part]), strict=True):
                yield replace(record, namespace=namespace)

    def write(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        return self._writer(kind, fields).write(writes)

    def settle(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        return self._writer(kind, fields).settle(writes)

    def url(self, kind: Kind, record_id: str) -> str:
        return ENTITIES[kind].link(self._endpoints.web, quote(record_id, safe=""))

    def _reader(self, kind: Kind, fields: Sequence[str]) -> Reader:
        return Reader(ENTITIES[kind], self._company, self._fetch, fields)

    def _fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Row]:
        return rows_by_id(self._client, entity, ids)

    def _writer(self, kind: Kind, fields: Sequence[str]) -> Writer:
        if kind in READ_ONLY:
            raise ValueError(f"QuickBooks is not written {kind}s")
        packing = PACKINGS[kind](self._client, ENTITIES[kind], self._company, self._now)
        return Writer(self._client, packing, self._reader(kind, fields))


def _sales_details(preferences: Row) -> dict[str, str]:
    """What the settings of sales forms and products mean for what can be synced."""
    forms, products = nested(preferences, "SalesFormsPrefs"), nested(preferences, "ProductAndServicesPrefs")
    recognition = products.get("RevenueRecognitionEnabled", products.get("RevenueRecognition"))
    return {
        "own_document_numbers": _word(forms.get("CustomTxnNumbers")),
        "allow_discount": _word(forms.get("AllowDiscount")),
        "sales_form_custom_fields": ", ".join(custom_names(preferences).values()),
        "revenue_recognition": _word(recognition),
    }


def _tax_model(country: str, taxes: Row) -> str:
    """How invoices are taxed (reference 6): "automated", "automated, not set up" and "rates" in the United States, "codes" elsewhere, or "none"."""
    if taxes.get("UsingSalesTax") is False:
        return "none"
    if country != "US":
        return "codes"
    engine = taxes.get("PartnerTaxEnabled")
    return "rates" if engine is None else "automated" if engine else "automated, not set up"


def _word(flag: Any) -> str:
    return {True: "yes", False: "no"}.get(flag, "") if isinstance(flag, bool) else ""


def _is_sandbox(api: str) -> bool:
    """Intuit's own test environment, or a simulation on this machine."""
    host = urlsplit(api).hostname or ""
    return host.startswith("sandbox-") or host in ("127.0.0.1", "localhost", "::1")
