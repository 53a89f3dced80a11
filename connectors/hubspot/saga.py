"""How a mirror of an invoice comes to stand: a record only, a draft until its lines, parties and amounts are as they should be.

Source: HubSpot reference, sections 9.1, 11.5, 11.7, 12.1 and 12.3. Each step finds out what is there and does what is missing, so that the saga
can be run again from any point; between the steps an invoice is a draft, which nobody takes for complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from zoneinfo import ZoneInfo

from connectors.base import Failed, Lines, Outcome, Record, Stored, Unknown, Write
from connectors.errors import AlreadyExists, ConnectorError, NotFound, Rejected, Stale
from connectors.hubspot import lines as wording
from connectors.hubspot.batches import STOPPING, Item, Sender
from connectors.hubspot.client import BATCH, NEW_ASSOCIATIONS, HubSpotClient, Raw
from connectors.hubspot.errors import PROVIDER
from connectors.hubspot.facts import ASSOCIATION_TYPES, COMPANIES, CONTACTS, DISCOUNTS, FEES, INVOICES, LINE_ITEMS, TAXES, ObjectType
from connectors.hubspot.invoices import AMOUNT, CURRENCY, DRAFT, NUMBERS, RECIPIENT, STATUS
from connectors.hubspot.model import Properties, Sight
from connectors.hubspot.reading import Reader, Wanted, at_once, chunks, flat, in_order
from connectors.hubspot.values import number, stored
from connectors.hubspot.writing import Part, by_id, by_trace, overlaid, rejected, trace
from connectors.vocabulary import Category

PARTS: dict[ObjectType, tuple[str, ...]] = {
    LINE_ITEMS: wording.LINE_PROPERTIES,
    DISCOUNTS: wording.PART_PROPERTIES,
    TAXES: wording.PART_PROPERTIES,
}
"""What we make for an invoice, and what to read of it."""
SHOWN = {**PARTS, FEES: wording.PART_PROPERTIES}
"""What shows in its lines besides: fees, which are other people's."""
DEFINITE = (Rejected, AlreadyExists, NotFound, Stale)
"""Errors after which nothing of a step happened and nothing will."""


@dataclass
class Mirror:
    """One invoice on its way. `header` is what it is to hold besides its lines, `status` what it ends as. `raw` is the invoice as it stands,
    `found` what its lines said; `stands` are its parts by path: first those found, then those wanted, in their order. `sent` says that a request
    may have changed it."""

    write: Write
    raw: Raw
    new: bool
    header: Mapping[str, str]
    lines: Lines
    status: str
    contact: str = ""
    stands: dict[str, list[Raw]] = field(default_factory=dict)
    surplus: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, dict[int, dict[str, str]]] = field(default_factory=dict)
    changes: dict[str, dict[int, dict[str, str]]] = field(default_factory=dict)
    found: Lines | None = None
    sent: bool = False
    finished: bool = False
    error: ConnectorError | None = None

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def properties(self) -> Properties:
        found: Properties = self.raw["properties"]
        return found

    def arrange(self) -> None:
        """Decide what of the parts that were found stays, changes, goes, and what is missing."""
        currency = self.header.get(CURRENCY) or self.properties.get(CURRENCY) or ""
        for path, wanted in wording.wanted(self.lines, currency).items():
            places, left = _places(path, self.stands.get(path, []), wanted)
            self.stands[path] = [places.get(place, {}) for place in range(len(wanted))]
            self.surplus[path] = [str(raw["id"]) for raw in left]
            self.missing[path] = {place: properties for place, properties in enumerate(wanted) if place not in places}
            self.changes[path] = {
                place: changed
                for place, raw in places.items()
                if (changed := wording.differences(raw["properties"], wording.complete(path, wanted[place])))
            }
        self.finished = not self.to_do and self._stands_finished()

    @property
    def to_do(self) -> bool:
        """Whether a part has to be made, changed or taken away."""
        return any(found[path] for found in (self.surplus, self.missing, self.changes) for path in found)

    def header_changes(self) -> dict[str, str]:
        """What of the header the invoice does not hold."""
        return wording.differences(self.properties, self.header, NUMBERS)

    def _stands_finished(self) -> bool:
        billed = self.properties.get(AMOUNT)
        right = (self.properties.get(STATUS) or DRAFT).lower() == self.status and bool(billed) and number(billed) == self.lines.total
        return right and not self.contact and not self.header_changes()

    def shown(self) -> Lines:
        """The lines that were found, as they are read."""
        others = {type.path: {str(raw["id"]): raw["properties"] for raw in self.stands[type.path]} for type in SHOWN}
        links = {path: in_order(found) for path, found in others.items()}
        return wording.read(Sight(self.properties, lambda: ZoneInfo("UTC"), links, others))


def _places(path: str, found: Sequence[Raw], wanted: Sequence[Mapping[str, str]]) -> tuple[dict[int, Raw], list[Raw]]:
    """Which of the parts found serves for which of the wanted ones, and the rest: those that are right first, then any of the same product."""
    left = list(found)
    places: dict[int, Raw] = {}
    for fits in (_right, _alike):
        for place, properties in enumerate(wanted):
            raw = next((raw for raw in left if fits(raw["properties"], wording.complete(path, properties))), None) if place not in places else None
            if raw is not None:
                places[place] = raw
                left.remove(raw)
    return places, left


def _right(held: Properties, wanted: Mapping[str, str]) -> bool:
    return not wording.differences(held, wanted).keys() - {wording.PLACE}


def _alike(held: Properties, wanted: Mapping[str, str]) -> bool:
    return (held.get("hs_product_id") or "") == wanted.get("hs_product_id", "")


@dataclass
class Saga:
    """Brings mirrors to their end together, so that their batches are full. What a mirror meets stays with it; the others go on."""

    client: HubSpotClient
    sender: Sender
    wanted: Wanted
    on_part: Part

    def prepare(self, mirrors: Sequence[Mirror]) -> None:
        """Read what stands of mirrors that are there already, and decide what is to be done about all."""
        old = [mirror for mirror in mirrors if not mirror.new and mirror.error is None]
        if old:
            self._step(old, lambda: self._look(old))
        for mirror in mirrors:
            if mirror.error is None:
                mirror.arrange()

    def _look(self, mirrors: Sequence[Mirror]) -> None:
        ids = [mirror.id for mirror in mirrors]
        types = (*SHOWN, CONTACTS)
        links = dict(zip(types, at_once(lambda type: self.client.associations(INVOICES.path, type.path, ids), types), strict=True))
        for type, properties in SHOWN.items():
            raws = self._read(type, flat(links[type]), properties)
            for mirror in mirrors:
                mirror.stands[type.path] = sorted((raws[i] for i in links[type].get(mirror.id, ()) if i in raws), key=_order)
        for mirror in mirrors:
            mirror.contact = "" if links[CONTACTS].get(mirror.id) else mirror.contact
            mirror.found = mirror.shown()

    def _read(self, type: ObjectType, ids: Sequence[str], properties: Sequence[str]) -> dict[str, Raw]:
        found = at_once(lambda part: self.client.batch_read(type.path, part, properties), chunks(list(dict.fromkeys(ids)), BATCH))
        return {str(raw["id"]): raw for raws in found for raw in raws}

    def run(self, mirrors: Sequence[Mirror]) -> list[Outcome]:
        """From what stands to the outcome of each, after `prepare`."""
        for step in (self._reopen, self._archive, self._change, self._make, self._associate, self._verify, self._finish):
            todo = [mirror for mirror in mirrors if mirror.error is None and not mirror.finished]
            if todo:
                self._step(todo, lambda step=step, todo=todo: step(todo))  # type: ignore[misc]
        return self._outcomes(mirrors)

    def _step(self, mirrors: Sequence[Mirror], act: Callable[[], None]) -> None:
        try:
            act()
        except ConnectorError as error:
            self.sender.noticed(error)
            for mirror in mirrors:
                mirror.error = mirror.error or error

    def _reopen(self, mirrors: Sequence[Mirror]) -> None:
        """Nothing is changed about the lines of an invoice that is no draft."""

        def first(mirror: Mirror) -> dict[str, str]:
            opened = (mirror.properties.get(STATUS) or DRAFT).lower() != DRAFT
            return {**mirror.header_changes(), **({STATUS: DRAFT} if mirror.to_do and opened else {})}

        self._set([mirror for mirror in mirrors if not mirror.new and first(mirror)], first)

    def _set(self, mirrors: Sequence[Mirror], properties: Callable[[Mirror], Mapping[str, str]]) -> None:
        items = [Item(trace(mirror.write), mirror.id, {"id": mirror.id, "properties": properties(mirror)}) for mirror in mirrors]
        found = self.sender.send_all(INVOICES.path, "update", items, by_id)
        for mirror in mirrors:
            result = found[trace(mirror.write)]
            mirror.sent = mirror.sent or not isinstance(result, STOPPING)
            if isinstance(result, ConnectorError):
                mirror.error = result
            else:
                mirror.raw = overlaid(mirror.raw, result)

    def _archive(self, mirrors: Sequence[Mirror]) -> None:
        for type in PARTS:
            owners = {record_id: mirror for mirror in mirrors for record_id in mirror.surplus[type.path]}
            for record_id, error in self.sender.each(lambda ids, type=type: self.client.batch_archive(type.path, ids), list(owners)).items():  # type: ignore[misc]
                if not isinstance(error, NotFound):
                    owners[record_id].error = error

    def _change(self, mirrors: Sequence[Mirror]) -> None:
        for type in PARTS:
            places = {str(m.stands[type.path][place]["id"]): (m, place) for m in mirrors for place in m.changes[type.path]}
            items = [Item(i, i, {"id": i, "properties": m.changes[type.path][place]}) for i, (m, place) in places.items()]
            for record_id, result in self.sender.send_all(type.path, "update", items, by_id).items():
                self._put(type, *places[record_id], result)

    def _make(self, mirrors: Sequence[Mirror]) -> None:
        for type in PARTS:
            places = {f"{trace(m.write)}-{place}": (m, place) for m in mirrors for place in m.missing[type.path]}
            spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": ASSOCIATION_TYPES[(type, INVOICES)]}]
            items = [
                Item(name, name, {"properties": m.missing[type.path][place], "associations": [{"to": {"id": m.id}, "types": spec}]})
                for name, (m, place) in places.items()
            ]
            for name, result in self.sender.send_all(type.path, "create", items, by_trace).items():
                self._put(type, *places[name], result)

    def _put(self, type: ObjectType, mirror: Mirror, place: int, result: Raw | ConnectorError) -> None:
        if isinstance(result, ConnectorError):
            mirror.error = mirror.error or result
        else:
            held = mirror.stands[type.path][place]
            mirror.stands[type.path][place] = overlaid(held, result) if held else result

    def _associate(self, mirrors: Sequence[Mirror]) -> None:
        """The contact, and before it the company it has, so that an invoice with a contact has been through both. Never again after that."""
        alone = {mirror.id: mirror for mirror in mirrors if mirror.contact and mirror.error is None}
        if not alone:
            return
        read = self._read(CONTACTS, [mirror.contact for mirror in alone.values()], ("associatedcompanyid",))
        old = [mirror.id for mirror in alone.values() if not mirror.new]
        placed = self.client.associations(INVOICES.path, COMPANIES.path, old) if old else {}
        companies = {
            mirror.id: company
            for mirror in alone.values()
            if mirror.contact in read and mirror.id not in placed and (company := read[mirror.contact]["properties"].get("associatedcompanyid"))
        }
        for record_id, error in self._tie(COMPANIES, companies).items():
            if not isinstance(error, NotFound):
                alone[record_id].error = error
        for record_id, error in self._tie(CONTACTS, {m.id: m.contact for m in alone.values() if m.error is None}).items():
            gone = rejected(Category.CUSTOMER_MISSING, "The contact of the invoice is not there any more.", "contact")
            alone[record_id].error = gone if isinstance(error, NotFound) else error

    def _tie(self, type: ObjectType, others: Mapping[str, str]) -> dict[str, ConnectorError]:
        def tie(ids: Sequence[str]) -> None:
            self.client.associate(INVOICES, type, [(i, others[i]) for i in ids])

        return self.sender.each(tie, list(others), NEW_ASSOCIATIONS)

    def _verify(self, mirrors: Sequence[Mirror]) -> None:
        """Every line is there, none besides, and each comes to what it should."""
        unsure = [raw for m in mirrors for raw in m.stands[LINE_ITEMS.path] if "amount" not in raw["properties"]]
        read = self._read(LINE_ITEMS, [str(raw["id"]) for raw in unsure], wording.LINE_PROPERTIES)
        links = self.client.associations(INVOICES.path, LINE_ITEMS.path, [mirror.id for mirror in mirrors])
        for mirror in mirrors:
            held = [overlaid(raw, read.get(str(raw["id"]), raw)) for raw in mirror.stands[LINE_ITEMS.path]]
            there, made = set(links.get(mirror.id, ())), {str(raw["id"]) for raw in held}
            words = wording.mismatch(mirror.lines, [raw["properties"] for raw in held])
            if there != made:
                words = f"HubSpot shows {len(there)} lines of {len(made)}."
            if words:
                mirror.error = rejected(Category.AMOUNT_MISMATCH, words, "lines")
            mirror.stands[LINE_ITEMS.path] = held

    def _finish(self, mirrors: Sequence[Mirror]) -> None:
        """Amount and status last, and again what the association with a contact replaced; an amount that did not stay makes it a draft again."""

        def last(mirror: Mirror) -> dict[str, str]:
            recipient = {name: value for name, value in mirror.header.items() if name.startswith(RECIPIENT)}
            return {**recipient, AMOUNT: stored(mirror.lines.total), STATUS: mirror.status}

        self._set(mirrors, last)
        wrong = [mirror for mirror in mirrors if mirror.error is None and number(mirror.properties.get(AMOUNT)) != mirror.lines.total]
        billed = {mirror.id: number(mirror.properties.get(AMOUNT)) for mirror in wrong}
        self._set(wrong, lambda mirror: {STATUS: DRAFT})
        for mirror in wrong:
            words = f"The total is {billed[mirror.id]:f} in HubSpot and should be {mirror.lines.total:f}."
            mirror.error = mirror.error or rejected(Category.AMOUNT_MISMATCH, words, "lines")

    # Outcomes

    def _outcomes(self, mirrors: Sequence[Mirror]) -> list[Outcome]:
        done = [mirror for mirror in mirrors if mirror.error is None]
        for mirror, type in product(done, PARTS):
            for raw in mirror.stands[type.path]:
                self.on_part(mirror.id, type, raw)
        records = self._records(done)
        return [self._outcome(mirror, records.get(mirror.id)) for mirror in mirrors]

    def _outcome(self, mirror: Mirror, record: Record | None) -> Outcome:
        if mirror.error is None:
            gone = Failed(mirror.write.name, NotFound("has no such record", provider=PROVIDER))
            return Stored(mirror.write.name, record) if record else gone
        definite = isinstance(mirror.error, DEFINITE) or (isinstance(mirror.error, STOPPING) and not mirror.sent)
        return (Failed if definite else Unknown)(mirror.write.name, mirror.error)

    def _records(self, mirrors: Sequence[Mirror]) -> dict[str, Record]:
        """The records of finished mirrors, read anew. A record that cannot be read has no time, so that the feed shows it once more."""
        reader = Reader(self.client, self.wanted)
        for type in PARTS:
            if type in self.wanted.reads:
                reader.keep(type, [raw for mirror in mirrors for raw in mirror.stands[type.path]])
        new = [mirror for mirror in mirrors if mirror.new]
        try:
            raws = self._read(INVOICES, [mirror.id for mirror in mirrors], self.wanted.properties)
            fresh = reader.records([raws[m.id] for m in new if m.id in raws], known=self._known(new))
            return {r.id: r for r in [*fresh, *reader.records([raws[m.id] for m in mirrors if not m.new and m.id in raws])]}
        except ConnectorError:
            blind = reader.records([m.raw for m in new], known=self._known(new))
            return {r.id: replace(r, modified_at=None) for r in blind} | {m.id: self._blind(m) for m in mirrors if not m.new}

    def _known(self, mirrors: Sequence[Mirror]) -> dict[str, dict[str, list[str]]]:
        """The associations of invoices that nobody but us has touched."""
        known = {type.path: {m.id: [str(raw["id"]) for raw in m.stands[type.path]] for m in mirrors} for type in PARTS}
        others: dict[str, dict[str, list[str]]] = {type.path: {} for type in self.wanted.associations if type.path not in known}
        return {**others, **known, CONTACTS.path: {m.id: [stored(m.write.fields.get("contact"))] for m in mirrors}}

    def _blind(self, mirror: Mirror) -> Record:
        [record] = Reader(self.client, replace(self.wanted, associations=(), reads={}, links={})).records([mirror.raw])
        return replace(record, modified_at=None)


def _order(raw: Raw) -> tuple[object, int]:
    return number(raw["properties"].get(wording.PLACE)), int(raw["id"])
