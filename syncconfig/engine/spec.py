"""The settings of one sync as a frozen value: what the engine needs to know, and nothing it could look up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec, FieldType, Values
from connectors.vocabulary import Direction, Kind
from syncconfig.engine.filters import Filter


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT

    @property
    def inward(self) -> Direction:
        """The direction whose values arrive at this side."""
        return Direction.TO_LEFT if self is Side.LEFT else Direction.TO_RIGHT


def flows(direction: Direction, to: Side) -> bool:
    """Whether a direction carries values to a side."""
    return direction is Direction.BOTH or direction is to.inward


class WriteRule(StrEnum):
    ALWAYS = "always"
    IF_EMPTY = "if_empty"


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One mapped field that is switched on. The first of `left` that is not empty counts; it has one entry unless the map only goes right.

    `born` keeps it to records that were first made on one side. A `frozen` one of records born on the left is agreed on once.
    """

    left: tuple[str, ...]
    right: str
    direction: Direction = Direction.BOTH
    rule: WriteRule = WriteRule.ALWAYS
    required: bool = False
    ignore_blanks: bool = False
    options: tuple[tuple[str, str], ...] = ()
    born: Side | None = None
    frozen: bool = False

    @property
    def key(self) -> str:
        """What its base is kept under: another source or target makes another base."""
        return f"{'|'.join(self.left)}>{self.right}"

    def target(self, side: Side) -> str:
        return self.left[0] if side is Side.LEFT else self.right


class MatchBy(StrEnum):
    DEFAULT = "default"
    FIELDS = "fields"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """The pair of fields whose equal values link two records; empty keys with `MatchBy.NONE`.

    `confirmed_by` are keys of maps that have to agree as well. `exact_case`: values that differ in their case are not equal.
    """

    by: MatchBy
    left: str = ""
    right: str = ""
    confirmed_by: tuple[str, ...] = ()
    exact_case: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition on a side's records that no setting waives. What does not pass has `verdict`: a reason to be left out, or a category to fail by."""

    side: Side
    passes: Filter
    verdict: str


@dataclass(frozen=True, slots=True)
class Doubles:
    """How a document is known that an automation made a second time, when the one of the left was paid (spec R182).

    The fields of the right that name the customer, the content, the day and how far it is paid (with the word for "paid"), and the left one that
    tells when the original was paid.
    """

    customer: str
    content: str
    day: str
    paid: tuple[str, str]
    paid_on: str


@dataclass(frozen=True)
class SyncSpec:
    """Everything that decides what a sync does.

    `namespace` starts every idempotency key: it is unique for ever, also among installations. `version` changes with any setting.
    `mark` is the pair of fields by which records of ours are recognised: the left one holds the right one's value.
    `key_needed`: records whose match value is blank do not take part. `keep_linked`: filters gate only unlinked records.

    `master` is the side whose records are never written from the other one: those that were born there only travel away from it. `copies` is a
    field of the left that is False for what a sync wrote there; `voided` the pair of fields that tell of a document that no longer counts.
    `retracts`: what we made of a record goes when that record goes. `constants` are set when a record is created on a side, `fallback` is the
    product of lines that name none, `kept` are fields of the left that are read for
    others: references of other kinds are followed to them, reports count them. `doubles`: what a second document for one payment looks like.
    """

    namespace: str
    version: str
    kind: Kind
    direction: Direction
    winner: Side
    match: Match
    maps: tuple[FieldMap, ...]
    filters: Mapping[Direction, Filter]
    fields: Mapping[Side, Mapping[str, FieldSpec]]
    zone: ZoneInfo
    mark: tuple[str, str] = ("", "")
    key_needed: bool = True
    keep_linked: bool = False
    names: Mapping[Side, str] = field(default_factory=lambda: {Side.LEFT: "left", Side.RIGHT: "right"})
    master: Side | None = None
    copies: str = ""
    voided: tuple[str, str] = ("", "")
    retracts: bool = False
    constants: Mapping[Side, Values] = field(default_factory=dict)
    fallback: str = ""
    kept: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    doubles: Doubles | None = None

    def maps_of(self, origin: str) -> tuple[FieldMap, ...]:
        """The maps that count for records born on a side, with the directions they have for them."""
        return self._by_origin[origin][0]

    def groups_of(self, origin: str) -> tuple[tuple[FieldMap, ...], ...]:
        """The same as they are merged: those of one field group and direction together, in the order of the maps."""
        return self._by_origin[origin][1]

    @cached_property
    def _by_origin(self) -> dict[str, tuple[tuple[FieldMap, ...], tuple[tuple[FieldMap, ...], ...]]]:
        return {origin: (maps := tuple(self._born(origin)), self._grouped(maps)) for origin in ("", *Side)}

    def _born(self, origin: str) -> Iterator[FieldMap]:
        for m in self.maps:
            if m.born and m.born != origin:
                continue
            if self.master is None or origin != self.master or not flows(m.direction, self.master):
                yield m
            elif m.direction is Direction.BOTH:
                yield replace(m, direction=self.master.other.inward)

    def _grouped(self, maps: tuple[FieldMap, ...]) -> tuple[tuple[FieldMap, ...], ...]:
        found: dict[tuple[str, Direction], list[FieldMap]] = {}
        for m in maps:
            name = self.field(Side.LEFT, m.left[0]).group or self.field(Side.RIGHT, m.right).group
            found.setdefault((name or m.key, m.direction), []).append(m)
        return tuple(tuple(maps) for maps in found.values())

    def voided_field(self, side: Side) -> str:
        return self.voided[0] if side is Side.LEFT else self.voided[1]

    @cached_property
    def references(self) -> dict[Side, tuple[FieldSpec, ...]]:
        """By side, the mapped fields that name records of other kinds."""
        names = {side: {m.left[0] if side is Side.LEFT else m.right for m in self.maps} for side in Side}
        found = {side: [self.field(side, key) for key in self.fields[side] if key in names[side]] for side in Side}
        return {side: tuple(f for f in specs if f.refers or f.type is FieldType.LINES) for side, specs in found.items()}

    def field(self, side: Side, key: str) -> FieldSpec:
        return self.fields[side][key]

    def match_field(self, side: Side) -> str:
        return self.match.left if side is Side.LEFT else self.match.right

    def mark_field(self, side: Side) -> str:
        return self.mark[0] if side is Side.LEFT else self.mark[1]

    @cached_property
    def unique_fields(self) -> dict[Side, str]:
        """By side, the field that no two records may share and that we write; sides without one are missing."""
        found = {}
        for side in Side:
            for m in self.maps:
                if self.field(side, m.target(side)).unique and flows(m.direction, side) and m.target(side) not in self.mark:
                    found[side] = m.target(side)
        return found

    def wanted_fields(self, side: Side) -> tuple[str, ...]:
        """The fields a side has to be read with, in the order of its table: mapped, matched, marked, or filtered on."""
        wanted = {
            self.match_field(side),
            self.mark_field(side),
            self.voided_field(side),
            *((self.copies, *self.kept) if side is Side.LEFT else ()),
        }
        for m in self.maps:
            wanted.update(m.left if side is Side.LEFT else (m.right,))
        if self.doubles and side is Side.RIGHT:
            wanted.update((self.doubles.paid[0], self.doubles.day))
        for gate in self.gates:
            wanted.update(gate.passes.fields if gate.side is side else ())
        source_filter = self.filters.get(side.other.inward)
        if source_filter:
            wanted.update(source_filter.fields)
        return tuple(key for key in self.fields[side] if key in wanted)
