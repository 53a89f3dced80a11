"""Decisions: what one row needs, in values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.base import Operation, Value, Values
from syncconfig.engine.spec import Side
from syncconfig.engine.state import FieldChange, State


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written to one side: `fields` in its own keys, `expected` what it showed there, `agreed` the source's base values it carries."""

    side: Side
    operation: Operation
    fields: Values
    expected: Values = field(default_factory=dict)
    agreed: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What one row needs. `bases` are agreements without a write, `lost` values that give way, `drifted` edits that one-way maps leave alone,
    `needs` the record of another kind that it waits for."""

    state: State
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    bases: tuple[tuple[Side, str, Value], ...] = ()
    lost: tuple[tuple[Side, FieldChange], ...] = ()
    drifted: tuple[tuple[Side, FieldChange], ...] = ()
    needs: str = ""
