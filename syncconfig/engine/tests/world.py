"""A small world for engine tests: two accounts in memory, a contact-like spec, and a clock that moves when told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec, FieldType, Record, Value
from connectors.memory import MemoryConnector
from connectors.vocabulary import Direction, Kind
from syncconfig.engine.filters import Rules, compile_filter
from syncconfig.engine.memory import MemoryStore
from syncconfig.engine.preview import Preview, preview
from syncconfig.engine.spec import FieldMap, Match, MatchBy, Side, SyncSpec
from syncconfig.engine.state import Row
from syncconfig.engine.synchronize import Report, synchronize

ZONE = ZoneInfo("America/Denver")
LEFT_FIELDS = (
    FieldSpec("email", "Email", FieldType.EMAIL, "email", unique=True),
    FieldSpec("first", "First name", group="name"),
    FieldSpec("last", "Last name", group="name"),
    FieldSpec("company_name", "Associated company name", read_only=True),
    FieldSpec("full_name", "Full name", read_only=True),
    FieldSpec("phone", "Phone", FieldType.PHONE),
    FieldSpec("mark", "QuickBooks id", meaning="counterpart_key", unique=True),
    FieldSpec("stage", "Stage", FieldType.CHOICE),
    FieldSpec("invoice.status", "Invoice status", FieldType.CHOICE, association="invoice"),
    FieldSpec("invoice.created", "Invoice created", FieldType.DATETIME, association="invoice"),
)
COMPUTED = ("company_name", "full_name")
LEFT_ACCOUNT = tuple(replace(f, read_only=f.read_only and f.key not in COMPUTED) for f in LEFT_FIELDS)
"""What the account itself takes: the test plays the CRM that computes these fields."""

RIGHT_FIELDS = (
    FieldSpec("name", "Display name", meaning="display_name", required=True, unique=True, clearable=False, max_length=40, forbidden=":"),
    FieldSpec("mail", "E-mail", FieldType.EMAIL, "email"),
    FieldSpec("given", "First name", group="name"),
    FieldSpec("family", "Last name", group="name"),
    FieldSpec("tel", "Phone", FieldType.PHONE, max_length=20),
    FieldSpec("key", "Customer id", meaning="own_key", read_only=True),
)
MAPS = (
    FieldMap(("email",), "mail"),
    FieldMap(("company_name", "full_name", "email"), "name", Direction.TO_RIGHT, required=True),
    FieldMap(("first",), "given"),
    FieldMap(("last",), "family"),
    FieldMap(("phone",), "tel"),
    FieldMap(("mark",), "key", Direction.TO_LEFT, required=True),
)


def make_spec(
    *,
    direction: Direction = Direction.BOTH,
    winner: Side = Side.RIGHT,
    maps: tuple[FieldMap, ...] = MAPS,
    match: Match = Match(MatchBy.DEFAULT, "email", "mail"),  # noqa: B008 - frozen
    rules: Mapping[Direction, Rules] | None = None,
    **more: Any,
) -> SyncSpec:
    fields = {Side.LEFT: {f.key: f for f in LEFT_FIELDS}, Side.RIGHT: {f.key: f for f in RIGHT_FIELDS}}
    given = rules or {}
    filters = {side.other.inward: compile_filter(given.get(side.other.inward, ()), fields[side], ZONE) for side in Side}
    settings = {"namespace": "test", "version": "1", "kind": Kind.CONTACT, "zone": ZONE, "mark": ("mark", "key"), **more}
    return SyncSpec(direction=direction, winner=winner, match=match, maps=maps, filters=filters, fields=fields, **settings)


@dataclass
class World:
    """Two accounts and what the engine remembers of them."""

    spec: SyncSpec = field(default_factory=make_spec)
    left: MemoryConnector = field(default_factory=lambda: MemoryConnector(LEFT_ACCOUNT, provider="left", batch_size=4, checks_versions=False))
    right: MemoryConnector = field(default_factory=lambda: MemoryConnector(RIGHT_FIELDS, provider="right", batch_size=3))
    now: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.spec)

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def sync(self, **options: Any) -> Report:
        return synchronize(self.left, self.right, self.spec, self.store, clock=self.clock, **options)

    def preview(self) -> Preview:
        return preview(self.left, self.right, self.spec, self.store, clock=self.clock)

    def settings(self, **changes: Any) -> None:
        """Save other settings: every row is looked at again."""
        self.spec = make_spec(**changes) if "spec" not in changes else changes["spec"]
        self.store.spec = self.spec
        self.store.wake_all()

    def contact(
        self, email: str | None = "ann@a.example", *, company: str | None = None, invoices: Iterable[Mapping[str, Value]] = (), **fields: Value
    ) -> str:
        """A person creates a contact; name parts and company show in the computed fields, as a CRM would show them."""
        names = [str(n) for n in (fields.get("first"), fields.get("last")) if n]
        values = {"email": email, "company_name": company, "full_name": " ".join(names) or None, **fields}
        return self.left.create(values, related={"invoice": tuple(invoices)})

    def customer(self, name: str, mail: str | None = None, **fields: Value) -> str:
        return self.right.create({"name": name, "mail": mail, **fields})

    def lefts(self) -> list[Record]:
        return self.left.standing()

    def rights(self) -> list[Record]:
        return self.right.standing()

    def row(self, *, left: str = "", right: str = "") -> Row:
        side, wanted = (Side.LEFT, left) if left else (Side.RIGHT, right)
        (row,) = self.store.by_ids(side, {wanted})
        return row

    def writes(self) -> int:
        return len(self.left.written) + len(self.right.written)


def without(spec: SyncSpec, *keys: str) -> SyncSpec:
    """The spec with some maps left out."""
    return replace(spec, maps=tuple(m for m in spec.maps if not set(m.left) & set(keys)))
