"""Where a write happens: the account, what the simulation assumes, and who writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot, Switches
from connectors.sandbox.hubspot.records import API, PERSON, Source
from connectors.sandbox.state import Document

Values = dict[str, str]
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Desk:
    account: Account
    switches: Switches
    source: Source

    @property
    def now(self) -> int:
        """Milliseconds."""
        return self.account.moment()

    @property
    def by_person(self) -> bool:
        return self.source == PERSON

    def live(self, kind: str, record_id: str, to: str) -> list[Document]:
        """The live records of a type that a record is associated with, oldest association first."""
        documents = self.account.tables[to].documents
        return [documents[int(other)] for other in self.account.associated(kind, record_id, to)]


@dataclass(frozen=True, slots=True)
class Link:
    """An association asked for: the other record and the type ids from here to it, none for the default one."""

    to: str
    to_id: str
    types: tuple[int, ...] = ()


Rule = Callable[[Desk, Document | None, Values, Sequence[Link]], Values]
"""rule(desk, the record or None for a new one, checked values, associations of a create): the values to store, calculated ones included.
It raises a refusal, and changes nothing."""


def api(app: HubSpot, account: Account) -> Desk:
    """The desk of calls."""
    return Desk(account, app.switches, API)


def person(app: HubSpot, account: Account) -> Desk:
    """The desk of people at the pages."""
    return Desk(account, app.switches, PERSON)


def decimal(properties: Mapping[str, str], name: str) -> Decimal:
    """A number property; zero when it is empty."""
    return Decimal(properties.get(name) or "0")


def cents(value: Decimal) -> str:
    """Money as it is stored: rounded half up to two places."""
    return str(value.quantize(CENT, ROUND_HALF_UP))
