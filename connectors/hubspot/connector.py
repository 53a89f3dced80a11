"""The HubSpot connector: `base.Connector` for one account. Source: HubSpot reference; facts are in `objects`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.base import Account, FieldSpec, FieldType, Outcome, Page, Presence, Record, Write
from connectors.errors import AlreadyExists, Forbidden, NotFound, Rejected
from connectors.http import Token
from connectors.hubspot.changes import Feed, modified
from connectors.hubspot.client import BATCH, HubSpotClient, Raw
from connectors.hubspot.errors import PROVIDER
from connectors.hubspot.facts import INVOICES, KEY_PROPERTY, PAYMENTS, PROPERTY_GROUP, ObjectType, Own
from connectors.hubspot.invoicing import InvoiceWriter
from connectors.hubspot.linked import LinkedWriter
from connectors.hubspot.objects import FIELDS, MODELS, OBJECTS
from connectors.hubspot.reading import Reader, Wanted, at_once, chunks, flat, want
from connectors.hubspot.settling import SettlingWriter
from connectors.hubspot.values import in_milliseconds, specification
from connectors.hubspot.windows import parse
from connectors.pacing import Ledger
from connectors.provider import Endpoints
from connectors.vocabulary import Kind

WRITERS: dict[Kind, type[SettlingWriter]] = {Kind.INVOICE: InvoiceWriter, Kind.PAYMENT: LinkedWriter, Kind.NOTE: LinkedWriter}
"""Kinds that are not written as plain records."""


class HubSpotConnector:
    """One HubSpot account."""

    provider = PROVIDER
    batch_size = BATCH

    def __init__(self, endpoints: Endpoints, token: Token, account_id: str, ledger: Ledger | None = None) -> None:
        self._client = HubSpotClient(endpoints, token, ledger)
        self._web = endpoints.web
        self._account_id = account_id
        self._fields: dict[Kind, tuple[FieldSpec, ...]] = {}
        self._parts: dict[str, list[tuple[str, str, int]]] = {}
        self._zone: ZoneInfo | None = None
        self._lock = Lock()

    @property
    def calls(self) -> int:
        return self._client.session.calls

    def account(self) -> Account:
        details = self._client.details()
        kind, self._zone = str(details.get("accountType") or ""), _zone_of(details)
        return Account(
            id=str(details["portalId"]),
            name=f"HubSpot {details['portalId']}",
            zone=str(details.get("timeZone") or "UTC"),
            currency=str(details.get("companyCurrency") or ""),
            sandbox=kind in ("DEVELOPER_TEST", "SANDBOX"),
            details={
                "account_type": kind,
                "ui_domain": str(details.get("uiDomain") or ""),
                "additional_currencies": ", ".join(details.get("additionalCurrencies") or ()),
                "payments": self._payments(),
                "data_sync_invoices": self._data_sync(),
            },
        )

    def zone(self) -> ZoneInfo:
        """The account's time zone, asked for once."""
        with self._lock:
            if self._zone is None:
                self._zone = _zone_of(self._client.details())
            return self._zone

    def _payments(self) -> str:
        """Whether the account keeps payments: "yes" or "no". Source: section 13."""
        try:
            self._client.list_page(PAYMENTS.path, (), (), "", limit=1)
        except (Forbidden, Rejected, NotFound):
            return "no"
        return "yes"

    def _data_sync(self) -> str:
        """Whether HubSpot's own QuickBooks data sync fills this account too: "yes", "no", or "" where nobody can tell. Source: section 12.5."""
        source = {"propertyName": "hs_invoice_source", "operator": "EQ", "value": "data_sync"}
        foreign = {"propertyName": KEY_PROPERTY, "operator": "NOT_HAS_PROPERTY"}
        for filters in ([source, foreign], [source]):  # before the property exists, no invoice is ours
            with suppress(Forbidden, Rejected):
                return "yes" if self._client.exists(INVOICES.path, filters) else "no"
        return ""

    def setup(self, kind: Kind) -> bool:
        keyed = True
        for path, own in MODELS[kind].own.items():
            existing = {str(definition["name"]): bool(definition.get("hasUniqueValue")) for definition in self._client.properties(path)}
            missing = [entry for entry in own if entry.name not in existing]
            if missing:
                with suppress(AlreadyExists):
                    self._client.create_group(path, PROPERTY_GROUP, "Tandem")
            existing |= {entry.name: self._create(path, entry) for entry in missing}
            keyed = keyed and all(existing[entry.name] for entry in own if entry.unique)
        self._fields.pop(kind, None)
        return keyed

    def _create(self, path: str, own: Own) -> bool:
        """Create a property of ours; whether its values are unique. Where the account takes no more unique ones (section 10.1), it is a plain one."""
        try:
            with suppress(AlreadyExists):
                self._client.create_property(path, own.definition())
        except Rejected:
            if not own.unique:
                raise
            self._client.create_property(path, replace(own, unique=False).definition())
            return False
        return own.unique

    def fields(self, kind: Kind) -> tuple[FieldSpec, ...]:
        definitions = {str(d["name"]): d for d in self._client.properties(OBJECTS[kind].path)}
        own = [specification(d) for name, d in definitions.items() if not d.get("hidden") and name not in MODELS[kind].standard]
        standard = [_with_options(spec, definitions.get(spec.key)) for spec in FIELDS[kind]]
        self._fields[kind] = (*standard, *sorted(own, key=lambda spec: (spec.label.lower(), spec.key)))
        return self._fields[kind]

    def changes(self, kind: Kind, since: str | None, fields: Sequence[str]) -> Iterator[Page]:
        cursor = parse(since) if since is not None else None
        wanted = self._want(kind, fields, cursor.types if cursor else {})
        feed = Feed(self._client, wanted, cursor)
        feed.cursor.types = {key: wanted.types[key] for key in wanted.fields if key not in MODELS[kind].standard}
        yield from feed.pages()

    def noted(self, kind: Kind, cursor: str, records: Sequence[Record]) -> str:
        known = parse(cursor)
        if not MODELS[kind].listed:
            return cursor
        window = known.window(OBJECTS[kind].path)
        for record in records:
            if record.modified_at:
                window.note(record.id, in_milliseconds(record.modified_at))
            for path, part, changed in self._parts.pop(record.id, ()):
                if path in known.windows:
                    known.windows[path].note(part, changed)
        return known.text()

    def _part(self, record_id: str, type: ObjectType, raw: Raw) -> None:
        """Remember a part of a record that was written, until the record is noted: a line has a time of its own in the feed."""
        self._parts.setdefault(record_id, []).append((type.path, str(raw["id"]), modified(raw)))

    def read(self, kind: Kind, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Record]:
        wanted = self._want(kind, fields)
        reader = Reader(self._client, wanted)
        for part in chunks(list(dict.fromkeys(ids)), BATCH):
            raws = self._client.batch_read(OBJECTS[kind].path, part, wanted.properties)
            records = reader.records(raws)
            found = {name for record in records for name in (record.id, *record.merged_ids)}
            yield from records
            yield from self._missing(reader, [record_id for record_id in part if record_id not in found])

    def concerned(self, kind: Kind, object: str, ids: Sequence[str]) -> list[str]:
        own = OBJECTS[kind].path
        if object == own:
            return list(ids)
        return list(dict.fromkeys(flat(self._client.associations(object, own, ids))))

    def _missing(self, reader: Reader, ids: Sequence[str]) -> Iterator[Record]:
        """Records a batch did not show: merged into another, or gone, which two single reads have to agree on."""
        path, properties = reader.wanted.path, reader.wanted.properties

        def look(record_id: str) -> Raw | None:
            return self._client.get(path, record_id, properties) or self._client.get(path, record_id, properties)

        for record_id, raw in zip(ids, at_once(look, ids), strict=True):
            if raw is None:
                yield Record(record_id, {}, presence=Presence.ABSENT)
                continue
            record = reader.records([raw])[0]
            yield replace(record, merged_ids=tuple(dict.fromkeys([*record.merged_ids, record_id]))) if record.id != record_id else record

    def find(self, kind: Kind, key: str, values: Iterable[str], fields: Sequence[str]) -> Iterator[Record]:
        wanted = self._want(kind, [*fields, key])
        aliases = MODELS[kind].aliases.get(key)
        properties = (*wanted.properties, aliases) if aliases else wanted.properties
        distinct = list(dict.fromkeys(value.strip().lower() for value in values if value.strip()))
        if not self._unique(kind, key):
            yield from self._look_through(kind, key, set(distinct), fields)
            return
        reader, shown = Reader(self._client, wanted), set[str]()
        for part in chunks(distinct, BATCH):
            raws = self._client.batch_read(OBJECTS[kind].path, part, properties, id_property=key)
            fresh = {str(raw["id"]): raw for raw in raws if raw["id"] not in shown}
            for record in reader.records(list(fresh.values())):
                yield _found_by(record, key, fresh[record.id]["properties"].get(aliases) if aliases else None, part)
            shown |= fresh.keys()

    def _look_through(self, kind: Kind, key: str, values: set[str], fields: Sequence[str]) -> Iterator[Record]:
        """Records by a field that HubSpot can only search for, and its search lags: compare every record."""
        for page in self.changes(kind, None, [*fields, key]) if values else ():
            for record in page.records:
                value = record.fields.get(key)
                if value is not None and str(value).strip().lower() in values:
                    yield record

    def write(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        yield from self._writer(kind, writes, fields).write(writes)

    def settle(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        yield from self._writer(kind, writes, fields).settle(writes)

    def url(self, kind: Kind, record_id: str) -> str:
        """A kind that is not listed has no page of its own: the account's."""
        account = f"{self._web}/contacts/{self._account_id}"
        return f"{account}/record/{OBJECTS[kind].type_id}/{record_id}" if MODELS[kind].listed else account

    def _writer(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> SettlingWriter:
        keys = dict.fromkeys(key for write in writes for key in (*write.fields, *write.expected))
        self._want(kind, keys)
        return WRITERS.get(kind, SettlingWriter)(self._client, self._want(kind, fields), self._specs(kind), self._part)

    def _want(self, kind: Kind, fields: Iterable[str], types: Mapping[str, FieldType] | None = None) -> Wanted:
        """What the fields need. Fields of the account's own are looked up once, unless `types` knows them."""
        keys = tuple(fields)
        known = {**{key: spec.type for key, spec in self._specs(kind).items()}, **(types or {})}
        if any(key not in known for key in keys):
            known = {**known, **{spec.key: spec.type for spec in self.fields(kind)}}
        return want(MODELS[kind], keys, {key: known.get(key, FieldType.TEXT) for key in keys}, self.zone)

    def _specs(self, kind: Kind) -> dict[str, FieldSpec]:
        return {spec.key: spec for spec in self._fields.get(kind, FIELDS[kind])}

    def _unique(self, kind: Kind, key: str) -> bool:
        return key in self._specs(kind) and self._specs(kind)[key].unique


def _found_by(record: Record, key: str, aliases: str | None, values: Sequence[str]) -> Record:
    """A record with the value it was found by: its own, or one of its further addresses."""
    others = {alias.strip().lower() for alias in (aliases or "").split(";")}
    alias = next((value for value in values if value in others), None)
    own = str(record.fields.get(key) or "").lower()
    return replace(record, fields={**record.fields, key: alias}) if alias and own not in values else record


def _with_options(spec: FieldSpec, definition: Raw | None) -> FieldSpec:
    """A standard field as this account has it: it may be read-only there, or have options where the table knows none."""
    if definition is None or spec.association:
        return spec
    told = specification(definition)
    return replace(spec, read_only=spec.read_only or told.read_only, options=spec.options or told.options)


def _zone_of(details: Raw) -> ZoneInfo:
    """The zone of the account's details; UTC for one that nobody knows."""
    try:
        return ZoneInfo(str(details.get("timeZone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
