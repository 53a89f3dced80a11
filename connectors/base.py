"""The contract every connector keeps, and the words it is written in.

    provider    a service: HubSpot, QuickBooks Online
    account     one customer's space at a provider: a HubSpot portal, a QuickBooks company
    connector   speaks to one account of one provider
    kind        what a record is, in words both sides share (`vocabulary.Kind`)
    field       one value of a record, by its native key; `FieldSpec` says what may be done with it
    record      what one side showed at one moment
    cursor      an opaque text: how far a feed was read
    write       one change of one record, decided earlier and frozen
    outcome     what became of a write

Values are canonical: text is `str` (empty text is None), numbers and money are `Decimal`, booleans `bool`, calendar days `date`,
moments aware UTC `datetime`, multiple choices a sorted `tuple[str, ...]`, references the id of a record of the same side, the lines of a document
`Lines`. A key that is missing from `Record.fields` is unknown; a key whose value is None is known to be empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connectors.errors import ConnectorError
from connectors.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document, as its side shows it. `product` is the id of the product or item it sells there, "" for none.

    `text` is what the buyer reads; `name` and `sku` are those of the product on that side. `price` is what one unit costs after discounts;
    `amount` is what counts where it cannot be `quantity` times `price`. `id` is the line's own and no part of what it says.
    """

    text: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    product: str = ""
    name: str = ""
    sku: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a document sells and what that comes to, one atomic value: the amounts of `lines` less `discount` plus `tax` are `total`.

    `discount` and `tax` are those of the whole document. `adjustments` names what stands on the header and fits neither lines nor these two:
    "discount", "fee", "tax".
    """

    lines: tuple[Line, ...]
    total: Decimal
    discount: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    adjustments: tuple[str, ...] = ()


Value = str | Decimal | bool | date | datetime | tuple[str, ...] | Lines | None
Values = Mapping[str, Value]


class FieldType(StrEnum):
    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    REFERENCE = "reference"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a choice: `value` is stored, `label` is shown."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What one field is and what may be done with it.

    `unique`: no two records of the account may hold the same value, compared trimmed and without case.
    `group`: fields of one group are merged together, never one by one (a postal address, the parts of a name).
    `association`: the field belongs to associated records ("invoice", "company"); such fields serve filters only.
    `forbidden`: characters the provider refuses. `clearable`: whether a value can be emptied again.
    `refers`: the kind of record a reference names; with `through`, the field holds what that record has in its field of this meaning.
    """

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    meaning: str = ""
    read_only: bool = False
    required: bool = False
    unique: bool = False
    custom: bool = False
    clearable: bool = True
    group: str = ""
    association: str = ""
    options: tuple[Option, ...] = ()
    max_length: int | None = None
    forbidden: str = ""
    refers: str = ""
    through: str = ""


class Presence(StrEnum):
    """Whether a record stands at its provider. ABSENT needs proof; what is merely not seen is no Record at all."""

    PRESENT = "present"
    INACTIVE = "inactive"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Record:
    """What one side showed of one record at one moment.

    `version` is opaque and compared for equality only. `related` holds the values of associated records by association name,
    each under its key without the prefix: {"invoice": ({"status": "open"},)}. `merged_ids` lists ids that now answer with this record.
    `namespace` is the provider's own name of the list it stands in; it differs from the kind's own where `find` meets a holder of
    another sort (a vendor that has the display name).
    """

    id: str
    fields: Values
    version: str = ""
    title: str = ""
    presence: Presence = Presence.PRESENT
    modified_at: datetime | None = None
    created_at: datetime | None = None
    related: Mapping[str, tuple[Values, ...]] = field(default_factory=dict)
    merged_ids: tuple[str, ...] = ()
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records and the cursor that stands behind them.

    Save both in one transaction. `complete` on the last page of a pass; until then the cursor resumes in the middle of it.
    `full` says that the pass lists every record of the account, so that what it does not show deserves a second look.
    `total` is an estimate for progress, when the provider tells one.
    """

    records: tuple[Record, ...]
    cursor: str
    complete: bool
    full: bool
    total: int | None = None


class Operation(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Write:
    """One change of one record, frozen before it is sent.

    `call` (at most 36 characters) names the request that carries the write, `key` (at most 10) its place in it; together they are the
    idempotency key and stay the same on every re-send. Writes with one `call` travel in one request and never exceed `Connector.batch_size`.
    A delete takes away a record that we made ourselves, and has no `fields`; its outcome is `Stored` with an absent record.
    `fields` holds only what is to be set, in the target's own keys; None clears. `version` and `expected` are the observation an update was
    decided on: the write must not happen when the record has moved on in these fields.
    """

    call: str
    key: str
    operation: Operation
    fields: Values
    id: str = ""
    version: str = ""
    expected: Values = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str]:
        """What outcomes are matched by."""
        return (self.call, self.key)


@dataclass(frozen=True, slots=True)
class Stored:
    """The write happened. `record` is what the provider stored by it; `current` what it holds now, where `settle` found that it moved on."""

    name: tuple[str, str]
    record: Record
    current: Record | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The write definitely did not happen; `error` says what to do.

    `Rejected`, `Stale`, `NotFound`, `AlreadyExists` concern this record only. `Unauthorized`, `Forbidden`, `Throttled`, `Unavailable` mean
    that nothing was sent or accepted for the whole account: stop, and plan again later.
    """

    name: tuple[str, str]
    error: ConnectorError


@dataclass(frozen=True, slots=True)
class Unknown:
    """The write was sent and nobody knows what became of it. Only `settle` may follow."""

    name: tuple[str, str]
    error: ConnectorError


Outcome = Stored | Failed | Unknown


@dataclass(frozen=True, slots=True)
class Account:
    """Who the other end is. `zone` is an IANA name; `sandbox` marks test accounts; `details` are facts for the readiness page."""

    id: str
    name: str
    zone: str
    currency: str
    country: str = ""
    sandbox: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One account of one provider. Every method may raise `Unauthorized`, `Forbidden`, `Throttled`, `Unavailable`, `Unexpected`."""

    provider: str
    batch_size: int
    """How many writes one request takes at most."""

    @property
    def calls(self) -> int:
        """Requests sent by this connector so far, re-sends included."""

    def account(self) -> Account:
        """Read who the account is. One or a few calls; asked at connect and once per run at most."""

    def setup(self, kind: Kind) -> bool:
        """Create what the account lacks for this kind (own properties). Calling it again changes nothing.

        False where the account takes no property that marks a record for good: records of the kind must not be created there, because one whose
        answer is lost could not be told from one that was never made.
        """

    def fields(self, kind: Kind) -> tuple[FieldSpec, ...]:
        """The fields of a kind, standard ones first in the order of the tables, then the account's custom ones by label."""

    def changes(self, kind: Kind, since: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """Yield pages of what changed after the cursor; everything, inactive records included, when it is None.

        A record may come twice: the feed overlaps on purpose. A change of an associated record that shows in `fields` or `related`
        counts as a change of the record. Always yields at least one page, the last one `complete`.
        Raises `CursorExpired` when the feed does not reach back to the cursor.
        """

    def noted(self, kind: Kind, cursor: str, records: Sequence[Record]) -> str:
        """The cursor, knowing that these records were seen: what our own writes stored need not be shown again. It never moves forward by this."""

    def read(self, kind: Kind, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Record]:
        """Yield these records, in any order. A record proven gone comes with `Presence.ABSENT`; one that cannot be judged does not come."""

    def concerned(self, kind: Kind, object: str, ids: Sequence[str]) -> list[str]:
        """The ids of the records of a kind that may look different after a change of objects, which a webhook named: those themselves, or what
        they are parts of. `object` is the provider's own name of what `ids` are."""

    def find(self, kind: Kind, key: str, values: Iterable[str], fields: Sequence[str]) -> Iterator[Record]:
        """Yield every record whose field `key` equals one of the values, without case, straight from the records and not from a lagging index.

        For a unique field this includes inactive records and holders in other lists (`Record.namespace`). A record that has the value beside
        its own one (a further e-mail address) comes with the value it was found by.
        """

    def write(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        """Send the writes, several requests at a time, and yield one outcome for each as answers come in, in any order.

        Never raises for an answer: what stops the account comes as `Failed` for each write it hit. A member missing from an answer is `Unknown`.
        """

    def settle(self, kind: Kind, writes: Sequence[Write], fields: Sequence[str]) -> Iterator[Outcome]:
        """Find out what became of writes whose answer was lost, sending again with the same keys where that is safe. One outcome for each."""

    def url(self, kind: Kind, record_id: str) -> str:
        """Where a person sees the record in the provider's own pages."""
