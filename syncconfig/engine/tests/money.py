"""A small world of money for engine tests: contacts, products and invoices of two accounts in memory, one sync for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec, FieldType, Line, Lines, Value
from connectors.memory import MemoryConnector
from connectors.vocabulary import Direction, Kind
from syncconfig.engine.filters import Condition, compile_filter
from syncconfig.engine.memory import MemoryStore
from syncconfig.engine.spec import FieldMap, Gate, Match, MatchBy, Side, SyncSpec
from syncconfig.engine.state import Reason, Row
from syncconfig.engine.synchronize import Report, synchronize

ZONE = ZoneInfo("UTC")
KEY = FieldSpec("key", "Key", meaning="own_key", read_only=True)
MARK = FieldSpec("mark", "Mark", meaning="counterpart_key", unique=True)
TO_LEFT, TO_RIGHT, BOTH = Direction.TO_LEFT, Direction.TO_RIGHT, Direction.BOTH

NAMED = (
    (FieldSpec("name", "Name"), FieldSpec("sku", "SKU"), MARK),
    (FieldSpec("name", "Name"), FieldSpec("sku", "SKU"), KEY),
)
INVOICE = (
    (
        FieldSpec("number", "Number"),
        FieldSpec("contact", "Contact", FieldType.REFERENCE, refers="contact"),
        FieldSpec("lines", "Line items", FieldType.LINES),
        FieldSpec("day", "Invoice date", FieldType.DATE),
        FieldSpec("memo", "Comments"),
        FieldSpec("voided", "Voided", FieldType.BOOLEAN),
        FieldSpec("status", "Status"),
        FieldSpec("billable", "Billable", FieldType.BOOLEAN),
        FieldSpec("balance", "Balance", FieldType.NUMBER),
        FieldSpec("deals", "Deals", FieldType.CHOICES),
        MARK,
    ),
    (
        FieldSpec("number", "Number", meaning="number", unique=True),
        FieldSpec("customer", "Customer", FieldType.REFERENCE, refers="contact"),
        FieldSpec("lines", "Lines", FieldType.LINES),
        FieldSpec("day", "Date", FieldType.DATE),
        FieldSpec("memo", "Memo"),
        FieldSpec("voided", "Voided", FieldType.BOOLEAN),
        FieldSpec("status", "Status"),
        FieldSpec("balance", "Balance", FieldType.NUMBER),
        KEY,
    ),
)
PAYMENT = (
    (FieldSpec("amount", "Amount", FieldType.NUMBER), FieldSpec("invoice", "Invoice", FieldType.REFERENCE, refers="invoice"), MARK),
    (
        FieldSpec("amount", "Amount", FieldType.NUMBER),
        FieldSpec("invoice", "Invoice", FieldType.REFERENCE, refers="invoice"),
        FieldSpec("invoices", "Invoices", FieldType.NUMBER),
        KEY,
    ),
)
NOTE = (
    (
        FieldSpec("amount", "Amount", FieldType.NUMBER),
        FieldSpec("deals", "Deals", FieldType.CHOICES, refers="invoice", through="deals"),
        MARK,
    ),
    PAYMENT[1],
)
MARKED = FieldMap(("mark",), "key", TO_LEFT, required=True)
SAME = (FieldMap(("name",), "name"), FieldMap(("sku",), "sku"), MARKED)
INVOICE_MAPS = (
    FieldMap(("number",), "number", frozen=True),
    FieldMap(("contact",), "customer", required=True, frozen=True),
    FieldMap(("lines",), "lines", required=True, frozen=True),
    FieldMap(("day",), "day"),
    FieldMap(("memo",), "memo"),
    FieldMap(("status",), "status", TO_LEFT, born=Side.RIGHT),
    FieldMap(("voided",), "voided", born=Side.LEFT),
    FieldMap(("balance",), "balance", TO_LEFT),
    MARKED,
)
PAYMENT_MAPS = (FieldMap(("amount",), "amount", required=True, frozen=True), FieldMap(("invoice",), "invoice", required=True, frozen=True), MARKED)
NOTE_MAPS = (FieldMap(("amount",), "amount", TO_LEFT), FieldMap(("deals",), "invoice", TO_LEFT, required=True), MARKED)


def spec_of(kind: Kind, fields: tuple[tuple[FieldSpec, ...], ...], maps: tuple[FieldMap, ...], **more: Any) -> SyncSpec:
    known = {side: {f.key: f for f in found} for side, found in zip(Side, fields, strict=True)}
    settings: dict[str, Any] = {"direction": BOTH, "winner": Side.RIGHT, "match": Match(MatchBy.DEFAULT), "key_needed": False, **more}
    return SyncSpec(
        namespace="test",
        version="1",
        kind=kind,
        zone=ZONE,
        maps=maps,
        filters={},
        fields=known,
        mark=("mark", "key"),
        gates=gates(kind, known),
        **settings,
    )


def gates(kind: Kind, fields: Mapping[Side, Mapping[str, FieldSpec]]) -> tuple[Gate, ...]:
    if kind is Kind.INVOICE:
        return (Gate(Side.LEFT, compile_filter(((Condition("billable", "is_true"),),), fields[Side.LEFT], ZONE), Reason.COPY),)
    if kind in (Kind.PAYMENT, Kind.NOTE):
        one = compile_filter(((Condition("invoices", "lt", ("2",), include_empty=True),),), fields[Side.RIGHT], ZONE)
        known = compile_filter(((Condition("invoice", "known"),),), fields[Side.RIGHT], ZONE)
        return (Gate(Side.RIGHT, one, "PAYMENT_SPLIT"), Gate(Side.RIGHT, known, Reason.NO_INVOICE))
    return ()


SPECS = {
    Kind.CONTACT: spec_of(Kind.CONTACT, NAMED, SAME, match=Match(MatchBy.DEFAULT, "name", "name")),
    Kind.PRODUCT: spec_of(Kind.PRODUCT, NAMED, SAME, match=Match(MatchBy.DEFAULT, "sku", "sku", exact_case=True), key_needed=True),
    Kind.INVOICE: spec_of(
        Kind.INVOICE,
        INVOICE,
        INVOICE_MAPS,
        match=Match(MatchBy.DEFAULT, "number", "number", ("contact>customer", "lines>lines")),
        master=Side.RIGHT,
        copies="billable",
        voided=("voided", "voided"),
        kept=("deals",),
    ),
    Kind.PAYMENT: spec_of(Kind.PAYMENT, PAYMENT, PAYMENT_MAPS, master=Side.RIGHT, retracts=True),
    Kind.NOTE: spec_of(Kind.NOTE, NOTE, NOTE_MAPS, master=Side.RIGHT, retracts=True, direction=TO_LEFT),
}
FIELDS = {Kind.CONTACT: NAMED, Kind.PRODUCT: NAMED, Kind.INVOICE: INVOICE, Kind.PAYMENT: PAYMENT, Kind.NOTE: NOTE}


def line(text: str = "Mowing", quantity: str = "1", price: str = "45.00", product: str = "", **more: Any) -> Line:
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
    return Line(**{"text": text, "quantity": Decimal(quantity), "price": Decimal(price), "amount": amount, "product": product, **more})


def lines(*found: Line, tax: str = "0", discount: str = "0", **more: Any) -> Lines:
    total = sum((one.amount for one in found), Decimal(0)) - Decimal(discount) + Decimal(tax)
    return Lines(**{"lines": found, "total": total, "discount": Decimal(discount), "tax": Decimal(tax), **more})


@dataclass
class MoneyWorld:
    """Two accounts with five kinds of records each, and what the engine remembers of them."""

    now: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)
    custom_item: str = "99"
    specs: dict[Kind, SyncSpec] = field(default_factory=lambda: dict(SPECS))
    asked_for_item: int = 0

    def __post_init__(self) -> None:
        self.left = {kind: MemoryConnector(found[0], provider="left", batch_size=4, checks_versions=False) for kind, found in FIELDS.items()}
        self.right = {kind: MemoryConnector(found[1], provider="right", batch_size=3) for kind, found in FIELDS.items()}
        self.right[Kind.NOTE] = self.right[Kind.PAYMENT]
        self.stores: dict[Kind, MemoryStore] = {}
        for kind, spec in self.specs.items():
            self.stores[kind] = MemoryStore(spec, beside=self.stores.values())

    def change_spec(self, kind: Kind, **changes: Any) -> None:
        self.specs[kind] = self.stores[kind].spec = replace(self.specs[kind], **changes)
        self.stores[kind].wake_all()

    def sync(self, *kinds: Kind) -> dict[Kind, Report]:
        """Run the syncs in the order of their dependence."""
        return {kind: self._sync(kind) for kind in (kinds or tuple(Kind))}

    def _sync(self, kind: Kind) -> Report:
        return synchronize(self.left[kind], self.right[kind], self.specs[kind], self.stores[kind], clock=lambda: self.now, fallback=self._item)

    def _item(self) -> str:
        self.asked_for_item += 1
        return self.custom_item

    def people(self, name: str = "Acme") -> tuple[str, str]:
        """A contact and its customer, linked by the next run."""
        return self.left[Kind.CONTACT].create({"name": name}), self.right[Kind.CONTACT].create({"name": name})

    def left_invoice(self, contact: str, content: Lines, number: str = "INV-1", **more: Value) -> str:
        values = {"number": number, "contact": contact, "lines": content, "day": date(2026, 11, 20), "billable": True, "voided": False, **more}
        return self.left[Kind.INVOICE].create(values)

    def right_invoice(self, customer: str, content: Lines, number: str = "1001", **more: Value) -> str:
        values = {"number": number, "customer": customer, "lines": content, "day": date(2026, 11, 20), "voided": False, "status": "open", **more}
        return self.right[Kind.INVOICE].create({"balance": content.total, **values})

    def row(self, kind: Kind, *, left: str = "", right: str = "") -> Row:
        side, wanted = (Side.LEFT, left) if left else (Side.RIGHT, right)
        (row,) = self.stores[kind].by_ids(side, {wanted})
        return row

    def writes(self) -> int:
        return sum(len(c.written) for c in {id(c): c for side in (self.left, self.right) for c in side.values()}.values())

    def settled(self) -> bool:
        """Whether another round writes nothing."""
        before = self.writes()
        self.sync()
        return self.writes() == before
