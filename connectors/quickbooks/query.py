"""The one place that writes queries. Fields and operators come from lists, values are quoted here and nowhere else.

Grammar: Intuit developer guide, data queries. An apostrophe is escaped with a backslash, the backslash itself first. The service's lexer refuses
some punctuation outside ASCII (code 4000, curly apostrophe and dash seen), so a text that is not plainly safe is searched by its longest safe
run with LIKE, and the caller compares the answers itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from connectors.quickbooks.shapes import PAGE_SIZE

LISTS = frozenset({"Customer", "Vendor", "Employee", "Item", "Account", "PaymentMethod"})
"""Entities whose rows can be made inactive."""

ENTITIES = LISTS | {"Invoice", "CreditMemo", "Payment"}
FIELDS = frozenset(
    {"Id", "Active", "DisplayName", "PrimaryEmailAddr", "Name", "Sku", "AccountType", "DocNumber", "PaymentRefNum", "CustomerRef", "TxnDate"}
    | {"MetaData.LastUpdatedTime", "MetaData.CreateTime"}
)
OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "IN", "LIKE"})

Scalar = str | bool | date


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `value` is a sequence for IN, one value otherwise; a LIKE pattern is made by `containing` only."""

    field: str
    operator: str
    value: Scalar | tuple[Scalar, ...]

    def __post_init__(self) -> None:
        if self.field not in FIELDS or self.operator not in OPERATORS:
            raise ValueError(f"no such condition: {self.field} {self.operator}")

    def __str__(self) -> str:
        values = f"({','.join(map(literal, self.value))})" if isinstance(self.value, tuple) else literal(self.value)
        return f"{self.field} {self.operator} {values}"


ACTIVE_OR_NOT = Condition("Active", "IN", (True, False))
"""Without it, lists show active rows only."""


def select(entity: str, conditions: Iterable[Condition] = (), *, order: Sequence[str] = (), start: int = 1, limit: int = PAGE_SIZE) -> str:
    """A whole statement over active and inactive rows."""
    if entity not in ENTITIES or not FIELDS.issuperset(order):
        raise ValueError(f"no such query: {entity} by {order}")
    all_conditions = [*([ACTIVE_OR_NOT] if entity in LISTS else []), *conditions]
    where = " WHERE " + " AND ".join(map(str, all_conditions)) if all_conditions else ""
    by = f" ORDERBY {', '.join(order)}" if order else ""
    return f"SELECT * FROM {entity}{where}{by} STARTPOSITION {int(start)} MAXRESULTS {int(limit)}"  # noqa: S608 (this is the quoting place)


def one_of(field: str, values: Iterable[str]) -> Condition:
    return Condition(field, "IN", tuple(values))


def equal(field: str, value: Scalar) -> Condition:
    return Condition(field, "=", value)


def at_least(field: str, moment: datetime) -> Condition:
    return Condition(field, ">=", moment)


def containing(field: str, text: str) -> Condition:
    """Matches whatever holds the longest safe run of the text; everything, when no character of it is safe."""
    run = safe_run(text)
    return Condition(field, "LIKE", f"%{run}%" if run else "%")


def literal(value: Scalar) -> str:
    """A value as the query language writes it. Times keep their offset, because one without is read in some local zone."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without offset")
        return f"'{value.isoformat(timespec='seconds')}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def is_safe(text: str) -> bool:
    """Whether every character of a text is known to pass the lexer: printable ASCII, and letters and digits of any script."""
    return all(map(_passes, text))


def safe_run(text: str) -> str:
    """The longest stretch of a text that is safe and holds no wildcard."""
    runs = "".join(c if _passes(c) and c != "%" else "\0" for c in text).split("\0")
    return max(runs, key=len).strip()


def _passes(character: str) -> bool:
    return " " <= character <= "~" or character.isalnum()
