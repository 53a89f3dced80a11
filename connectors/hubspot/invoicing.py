"""Writes of invoices: those we make are mirrors, brought to their end by the saga; those HubSpot bills are changed in their header only.

Source: HubSpot reference, sections 11.3, 12.2 and 12.3. Some fields of an invoice stand on its deals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.base import Failed, Lines, Operation, Outcome, Record, Stored, Unknown, Write
from connectors.errors import ConnectorError, NotFound
from connectors.hubspot import lines as wording
from connectors.hubspot.batches import Item
from connectors.hubspot.client import BATCH, BATCH_WITH_HISTORY, Raw
from connectors.hubspot.errors import PROVIDER
from connectors.hubspot.facts import DEALS, INVOICES, KEY_PROPERTY
from connectors.hubspot.invoices import AMOUNT, BILLABLE, CURRENCY, DEAL, DRAFT, OPEN, STATUS, VOIDED, on_deals
from connectors.hubspot.reading import at_once, chunks
from connectors.hubspot.saga import DEFINITE, Mirror, Saga
from connectors.hubspot.settling import SettlingWriter
from connectors.hubspot.values import moment, stored
from connectors.hubspot.writing import by_id, by_key, differing, doubted, groups, rejected
from connectors.vocabulary import Category

STATE = (STATUS, AMOUNT, BILLABLE, CURRENCY)
"""What has to be known of an invoice before it is written."""

TOGETHER = 500
"""Most new mirrors that go on together: enough for full batches of what they consist of, and few enough that their outcomes come soon."""


class InvoiceWriter(SettlingWriter):
    """A writer of invoices."""

    settling = False
    """Whether requests of these writes were sent before."""

    def _settable(self, write: Write) -> frozenset[str]:
        deal = frozenset(key for key in write.fields if key.startswith(DEAL))
        return deal | ({"lines", "contact"} if write.operation is Operation.CREATE else {"lines"})

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        yield from super().write([write for write in writes if write.operation is not Operation.CREATE])
        for part in _together([write for write in writes if write.operation is Operation.CREATE]):
            yield from self._group(part)

    def _group(self, writes: list[Write]) -> list[Outcome]:
        outcomes = super()._group(writes)
        return doubted(outcomes) if self.settling else outcomes

    # Creates

    def _creates(self, writes: list[Write]) -> list[Outcome]:
        refused = {write.name: problem for write in writes if (problem := self._incomplete(write) or self._unbalanced(write))}
        ready = [write for write in writes if write.name not in refused]

        def payload(write: Write) -> Raw:
            return {"properties": self._header(write), "id": stored(write.fields[KEY_PROPERTY]), "idProperty": KEY_PROPERTY}

        sent = at_once(lambda request: self._send("upsert", request, payload, by_key), groups(ready))
        mirrors = [self._mirror(write, raw, new=bool(raw.get("new", True)), sent=True) for raws, _ in sent for write, raw in raws]
        others = [outcome for _, rest in sent for outcome in rest]
        for part in chunks([mirror for mirror in mirrors if not mirror.new], BATCH):
            self._refresh(part)
        saga = Saga(self.client, self.sender, self.wanted, self.on_part)
        saga.prepare(mirrors)
        return [Failed(name, error) for name, error in refused.items()] + others + saga.run(mirrors)

    def _incomplete(self, write: Write) -> ConnectorError | None:
        for key in ("contact", "lines", KEY_PROPERTY):
            if not write.fields.get(key):
                return rejected(Category.REQUIRED_VALUE_MISSING, f"{self._label(key)} is missing.", key)
        return None

    def _unbalanced(self, write: Write) -> ConnectorError | None:
        value = write.fields["lines"]
        words = wording.unbalanced(value) if isinstance(value, Lines) else f"{self._label('lines')} is missing."
        return rejected(Category.AMOUNT_MISMATCH, words, "lines") if words else None

    def _header(self, write: Write) -> dict[str, str]:
        """What stands on the invoice itself. Its status comes last, and a new one is a draft by itself."""
        header = {name: value for name, value in self._input(write).items() if name != STATUS}
        return {**header, BILLABLE: "false"} if write.operation is Operation.CREATE else header

    def _mirror(self, write: Write, raw: Raw, *, new: bool = False, sent: bool, before: str = OPEN) -> Mirror:
        lines = write.fields["lines"]
        assert isinstance(lines, Lines)
        status = self._input(write).get(STATUS) or before
        return Mirror(write, raw, new, self._header(write), lines, status, stored(write.fields.get("contact")), sent=sent)

    def _refresh(self, mirrors: Sequence[Mirror]) -> None:
        """Read the headers of invoices that an upsert found."""
        try:
            raws = self._now([replace(mirror.write, id=mirror.id) for mirror in mirrors])
        except ConnectorError as error:
            self.sender.noticed(error)
            for mirror in mirrors:
                mirror.error = error
            return
        for mirror in mirrors:
            mirror.raw = raws.get(mirror.id, mirror.raw)

    # Updates

    def _update(self, writes: list[Write]) -> list[Outcome]:
        """Lines by the saga, the rest as of any record; then the deals."""
        lined = [write for write in writes if "lines" in write.fields]
        plain = [write for write in writes if "lines" not in write.fields]
        headed = [write for write in plain if self._input(write)]
        outcomes = self._rewrite(lined) if lined else []
        outcomes += super()._update(headed) if headed else []
        outcomes += self._seen([write for write in plain if write not in headed])
        return self._tell(writes, outcomes)

    def _now(self, writes: Sequence[Write], more: Sequence[str] = ()) -> dict[str, Raw]:
        return super()._now(writes, (*more, *STATE))

    def _moved_on(self, write: Write, raw: Raw | None) -> ConnectorError | None:
        return super()._moved_on(write, raw) or (self._unfinished(write, raw) if raw else None)

    def _unfinished(self, write: Write, raw: Raw) -> ConnectorError | None:
        """Why a mirror has to stay a draft: an attempt to write its lines did not come to its end."""
        opens = self._input(write).get(STATUS, DRAFT) not in (DRAFT, VOIDED)
        if not opens or _status(raw) != DRAFT or raw["properties"].get(BILLABLE) != "false":
            return None
        [record] = self._reader(("lines",)).records([raw])
        lines = record.fields["lines"]
        whole = raw["properties"].get(AMOUNT) and isinstance(lines, Lines) and lines.lines and not wording.unbalanced(lines)
        return None if whole else rejected(Category.AMOUNT_MISMATCH, "The lines of this draft do not make its total.", "lines")

    def _seen(self, writes: Sequence[Write]) -> list[Outcome]:
        """The invoices of writes that change nothing about them."""
        try:
            raws = self._now(writes)
        except ConnectorError as error:
            return self._failed(writes, self.sender.noticed(error))
        return [Stored(write.name, self._record(raws[write.id])) if write.id in raws else Failed(write.name, _gone()) for write in writes]

    def _rewrite(self, writes: list[Write]) -> list[Outcome]:
        """Bring mirrors to other lines: as drafts, then with the status they had."""
        try:
            before = self._now(writes)
            status = self._last_status([i for i, raw in before.items() if _status(raw) == DRAFT])
        except ConnectorError as error:
            return self._failed(writes, self.sender.noticed(error))
        refused: list[Outcome] = []
        mirrors: list[Mirror] = []
        for write in writes:
            problem = self._not_rewritable(write, before.get(write.id))
            if problem:
                refused.append(Failed(write.name, problem))
            else:
                raw = before[write.id]
                mirrors.append(self._mirror(write, raw, sent=self.settling, before=status.get(write.id) or _status(raw)))
        saga = Saga(self.client, self.sender, self.wanted, self.on_part)
        saga.prepare(mirrors)
        for mirror in mirrors:
            if mirror.found is not None and not self.settling:
                mirror.error = mirror.error or differing(mirror.write, {"lines": mirror.found})
        return refused + saga.run(mirrors)

    def _not_rewritable(self, write: Write, raw: Raw | None) -> ConnectorError | None:
        if raw is None:
            return _gone()
        if raw["properties"].get(BILLABLE) != "false":
            return rejected(Category.VALUE_INVALID, "The lines of an invoice that HubSpot bills are changed in HubSpot only.", "lines")
        return self._unbalanced(write) or differing(self._open_to_doubt(write, raw), self._values(raw, write.expected))

    def _open_to_doubt(self, write: Write, raw: Raw) -> Write:
        """The write without expectations that its own earlier attempt may have overtaken."""
        if not self.settling:
            return write
        now = self._values(raw, write.fields)
        return replace(
            write, expected={k: v for k, v in write.expected.items() if k != STATUS and (k not in write.fields or now.get(k) != write.fields[k])}
        )

    def _last_status(self, ids: Sequence[str]) -> dict[str, str]:
        """What drafts were before, by id: an attempt that did not come to its end left them so."""
        found: dict[str, str] = {}
        for part in chunks(ids, BATCH_WITH_HISTORY):
            for raw in self.client.batch_read(INVOICES.path, part, (STATUS,), history=(STATUS,)):
                entries = (raw.get("propertiesWithHistory") or {}).get(STATUS) or ()
                held = [(moment(entry["timestamp"]), entry["value"].lower()) for entry in entries if entry["value"].lower() not in ("", DRAFT)]
                found[str(raw["id"])] = max(held)[1] if held else DRAFT
        return found

    # Deals

    def _tell(self, writes: Sequence[Write], outcomes: list[Outcome]) -> list[Outcome]:
        """Write what belongs to the deals of stored invoices; without a deal there is nothing to write, and nothing is told of it."""
        done = {outcome.name: outcome for outcome in outcomes if isinstance(outcome, Stored)}
        values = {write.id: on_deals(write.fields) for write in writes if write.name in done}
        try:
            ids = [invoice for invoice, found in values.items() if found]
            links = self.client.associations(INVOICES.path, DEALS.path, ids) if ids else {}
        except ConnectorError as error:
            self.sender.noticed(error)
            return [Unknown(o.name, error) if any(w.name == o.name and values.get(w.id) for w in writes) and o.name in done else o for o in outcomes]
        deals: dict[str, dict[str, str]] = {}
        for invoice, found in links.items():
            for deal in found:
                deals[deal] = {**deals.get(deal, {}), **values[invoice]}
        results = self.sender.send_all(DEALS.path, "update", [Item(i, i, {"id": i, "properties": found}) for i, found in deals.items()], by_id)
        named = {write.name: write for write in writes}
        return [self._told(named[o.name], o, [results[i] for i in links.get(named[o.name].id, ())]) if o.name in done else o for o in outcomes]

    def _told(self, write: Write, outcome: Outcome, results: Sequence[Raw | ConnectorError]) -> Outcome:
        """An outcome with what became of the deals. A deal that is gone was none any more."""
        problems = [result for result in results if isinstance(result, ConnectorError) and not isinstance(result, NotFound)]
        if problems or not isinstance(outcome, Stored):
            return (Failed if isinstance(problems[0], DEFINITE) else Unknown)(write.name, problems[0]) if problems else outcome
        if not [result for result in results if not isinstance(result, ConnectorError)]:
            return outcome
        told = {key: value for key, value in write.fields.items() if key.startswith(DEAL)}

        def with_deal(record: Record) -> Record:
            return replace(record, fields={**record.fields, **told})

        return replace(outcome, record=with_deal(outcome.record), current=with_deal(outcome.current) if outcome.current else None)

    # Settling

    def settle(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        self.settling = True
        yield from super().settle(writes)

    def _settle_creates(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Again: every step does only what is missing."""
        yield from self.write(writes)

    def _settle_updates(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Lines and deals again; a header by its history."""
        header = [write for write in writes if "lines" not in write.fields and self._input(write)]
        bare = [replace(write, fields={k: v for k, v in write.fields.items() if not k.startswith(DEAL)}) for write in header]
        yield from self._tell(header, list(super()._settle_updates(bare)))
        yield from self.write([write for write in writes if write not in header])


def _together(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """Writes of whole requests, as many as go on together."""
    part: list[Write] = []
    for request in groups(writes):
        if part and len(part) + len(request) > TOGETHER:
            yield part
            part = []
        part += request
    if part:
        yield part


def _status(raw: Raw) -> str:
    return (raw["properties"].get(STATUS) or DRAFT).lower()


def _gone() -> NotFound:
    return NotFound("has no such record", provider=PROVIDER)
