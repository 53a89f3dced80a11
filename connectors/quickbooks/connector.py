"""QuickBooks Online as a connector: one company."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.base import Account, FieldSpec, Outcome, Page, Record, Write
from connectors.http import Token
from connectors.provider import Endpoints
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.errors import PROVIDER_KEY
from connectors.quickbooks.feed import Feed, noted
from connectors.quickbooks.lookup import read_records, rows_by_email, rows_by_name
from connectors.quickbooks.objects import BATCH_SIZE, ENTITIES, FIND_BY
from connectors.quickbooks.values import reader
from connectors.quickbooks.writing import Writer
from connectors.vocabulary import Kind


class QuickBooksConnector:
    """See `connectors.base.Connector`. `now` tells seconds since 1970 and is used for one thing: to see that a cursor is too old."""

    provider = PROVIDER_KEY
    batch_size = BATCH_SIZE

    def __init__(self, endpoints: Endpoints, token: Token, realm: str, *, now: Callable[[], float] = time.time) -> None:
        self._endpoints = endpoints
        self._client = QuickBooksClient(endpoints, token, realm)
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
            "own_document_numbers": _word(preferences.get("SalesFormsPrefs", {}).get("CustomTxnNumbers")),
            "sales_tax": _word(preferences.get("TaxPrefs", {}).get("UsingSalesTax")),
            "books_closed_until": str(preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate", "")),
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

    def setup(self, kind: Kind) -> None:
        """QuickBooks needs no properties of our own: idempotency rests on `requestid`, the link on our side."""

    def fields(self, kind: Kind) -> tuple[FieldSpec, ...]:
        return ENTITIES[kind].fields

    def changes(self, kind: Kind, since: str | None, fields: Sequence[str]) -> Iterator[Page]:
        entity = ENTITIES[kind]
        return Feed(self._client, entity.name, reader(entity, self._realm, fields), self._now).pages(since)

    def noted(self, kind: Kind, cursor: str, records: Sequence[Record]) -> str:
        return noted(cursor, records)

    def read(self, kind: Kind, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Record]:
        entity = ENTITIES[kind]
        return read_records(self._client, entity, ids, reader(entity, self._realm, fields))

    def find(self, kind: Kind, key: str, values: Iterable[str], fields: Sequence[str]) -> Iterator[Record]:
        """Records by display name, in all lists that share the name space, or by e-mail address. Other fields cannot be searched by."""
        if key not in FIND_BY:
            raise ValueError(f"QuickBooks finds nothing by {key}")
        entity = ENTITIES[kind]
        texts = list(dict.fromkeys(value.strip() for value in values if value and value.strip()))
        if not texts:
            return
        wanted = {text.casefold() for text in texts}
        by_name = key == "DisplayName"
        found = rows_by_name(self._client, entity.namesakes, texts) if by_name else rows_by_email(self._client, entity.name, texts)
        read = reader(entity, self._realm, fields)
        seen: set[tuple[str, str]] = set()
        key_of = reader(entity, self._realm, [key])
        for namespace, row in found:
            value = key_of(row).fields[key]
            if (namespace, row["Id"]) not in seen and isinstance(value, str) and value.strip().casefold() in wanted:
                seen.add((namespace, row["Id"]))
                yield replace(read(row), namespace=namespace)

    def write(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        return self._writer(kind, fields).write(writes)

    def settle(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        return self._writer(kind, fields).settle(writes)

    def url(self, kind: Kind, record_id: str) -> str:
        return f"{self._endpoints.web}/app/customerdetail?nameId={quote(record_id, safe='')}"

    def _writer(self, kind: Kind, fields: Sequence[str]) -> Writer:
        entity = ENTITIES[kind]
        everything = reader(entity, self._realm, [spec.key for spec in entity.fields])
        return Writer(self._client, entity, reader(entity, self._realm, fields), everything)


def _word(flag: Any) -> str:
    return {True: "yes", False: "no"}.get(flag, "") if isinstance(flag, bool) else ""


def _is_sandbox(api: str) -> bool:
    """Intuit's own test environment, or a simulation on this machine."""
    host = urlsplit(api).hostname or ""
    return host.startswith("sandbox-") or host in ("127.0.0.1", "localhost", "::1")
