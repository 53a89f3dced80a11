"""Money in sums: what invoices, balances and payments come to on both sides, and the fees of what was paid. Read from what was seen last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.base import Lines, Value
from connectors.vocabulary import Kind
from syncconfig.engine.spec import Side
from syncconfig.engine.values import from_json
from syncconfig.models import Connection, ObjectSync, SyncRecord
from syncconfig.specs import NoFields, fields_of, meaning_key

NOTHING = Decimal(0)
CHUNK = 2000
SUMMED = {"invoices": (Kind.INVOICE, "lines"), "balances": (Kind.INVOICE, "balance"), "payments": (Kind.PAYMENT, "amount")}
"""What is added up: the kind, and the meaning of the field that holds the amount on both sides."""


@dataclass(slots=True)
class Sum:
    """What linked records in one currency come to. `differing` are records whose two amounts are not the same, with both."""

    what: str
    currency: str
    count: int = 0
    left: Decimal = NOTHING
    right: Decimal = NOTHING
    differing: list[tuple[str, Decimal, Decimal, str]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not self.differing


def sums(left: Connection, right: Connection) -> list[Sum]:
    """The sums of every linked record that stands on both sides and is not voided, by what and currency."""
    found: dict[tuple[str, str], Sum] = {}
    for what, (kind, meaning) in SUMMED.items():
        for record, values in _linked(left, right, kind, (meaning, "currency", "voided")):
            if any(values[side]["voided"] is True for side in Side):
                continue
            amounts = [_amount(values[side][meaning]) for side in Side]
            currency = str(values[Side.RIGHT]["currency"] or values[Side.LEFT]["currency"] or "")
            one = found.setdefault((what, currency), Sum(what, currency))
            one.count += 1
            one.left += amounts[0]
            one.right += amounts[1]
            if amounts[0] != amounts[1]:
                one.differing.append((record.title, amounts[0], amounts[1], record.reason))
    return list(found.values())


def _amount(value: Value) -> Decimal:
    if isinstance(value, Lines):
        return value.total
    return value if isinstance(value, Decimal) else NOTHING


def _linked(left: Connection, right: Connection, kind: Kind, meanings: Iterable[str]) -> Iterator[tuple[SyncRecord, dict[Side, dict[str, Value]]]]:
    """The linked records of a kind with the values of some meanings on each side, a chunk at a time."""
    sync = ObjectSync.objects.settled().filter(left=left, right=right, kind=kind).first()
    if sync is None:
        return
    keys = _keys(sync, tuple(meanings))
    rows = SyncRecord.objects.filter(sync=sync, left_stands=True, right_stands=True)
    for record in rows.iterator(chunk_size=CHUNK):
        seen: Mapping[Side, Any] = {Side.LEFT: record.left_seen, Side.RIGHT: record.right_seen}
        yield record, {side: _values(seen[side], keys[side]) for side in Side}


def _keys(sync: ObjectSync, meanings: tuple[str, ...]) -> dict[Side, dict[str, str]]:
    try:
        return {side: {m: meaning_key(fields_of(sync.connection(side), Kind(sync.kind)).values(), m) for m in meanings} for side in Side}
    except NoFields:
        return {side: dict.fromkeys(meanings, "") for side in Side}


def _values(seen: Mapping[str, Any] | None, keys: Mapping[str, str]) -> dict[str, Value]:
    stored = (seen or {}).get("values", {})
    return {meaning: from_json(stored.get(key)) for meaning, key in keys.items()}


@dataclass(frozen=True, slots=True)
class Fee:
    """One payment received in HubSpot and what it cost. `invoice` is the number of the invoice it paid, `record` the record's own key here."""

    on: date
    invoice: str
    amount: Decimal
    currency: str
    processing: Decimal
    platform: Decimal
    record: int

    @property
    def fees(self) -> Decimal:
        return self.processing + self.platform


@dataclass(frozen=True, slots=True)
class FeeSum:
    """The fees of a period in one currency: what has to be entered as an expense in QuickBooks (spec R181)."""

    currency: str
    count: int
    amount: Decimal
    processing: Decimal
    platform: Decimal

    @property
    def fees(self) -> Decimal:
        return self.processing + self.platform


def last_month(today: date) -> tuple[date, date]:
    """The first and the last day of the calendar month before a day."""
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


def fees(left: Connection, right: Connection, first: date, last: date) -> list[Fee]:
    """Payments received in HubSpot from one day to another, both included, oldest first."""
    sync = ObjectSync.objects.settled().filter(left=left, right=right, kind=Kind.PAYMENT).first()
    if sync is None:
        return []
    keys = _keys(sync, ("date", "amount", "currency", "invoice", "processing_fee", "platform_fee"))[Side.LEFT]
    rows = SyncRecord.objects.filter(sync=sync, left_stands=True, origin=Side.LEFT)
    found = [(record, _values(record.left_seen, keys)) for record in rows.iterator(chunk_size=CHUNK)]
    inside = [(record, values) for record, values in found if isinstance(values["date"], date) and first <= values["date"] <= last]
    numbers = _numbers(sync, {str(values["invoice"]) for _, values in inside if values["invoice"]})
    return sorted((_fee(record, values, numbers) for record, values in inside), key=lambda fee: (fee.on, fee.invoice, fee.amount))


def _fee(record: SyncRecord, values: Mapping[str, Value], numbers: Mapping[str, str]) -> Fee:
    on = values["date"]
    assert isinstance(on, date)
    amounts = (_amount(values[name]) for name in ("amount", "processing_fee", "platform_fee"))
    amount, processing, platform = amounts
    return Fee(on, numbers.get(str(values["invoice"] or ""), ""), amount, str(values["currency"] or ""), processing, platform, record.pk)


def _numbers(sync: ObjectSync, invoices: Iterable[str]) -> dict[str, str]:
    """The titles of invoices by their id on the left."""
    rows = SyncRecord.objects.filter(sync__left=sync.left_id, sync__right=sync.right_id, sync__kind=Kind.INVOICE, left_id__in=list(invoices))
    return {left_id or "": title for left_id, title in rows.values_list("left_id", "title")}


def fee_sums(found: Iterable[Fee]) -> list[FeeSum]:
    """The sums by currency."""
    sums: dict[str, list[Fee]] = {}
    for fee in found:
        sums.setdefault(fee.currency, []).append(fee)
    return [
        FeeSum(
            currency,
            len(fees),
            sum((f.amount for f in fees), NOTHING),
            sum((f.processing for f in fees), NOTHING),
            sum((f.platform for f in fees), NOTHING),
        )
        for currency, fees in sorted(sums.items())
    ]
