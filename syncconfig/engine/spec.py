"""The settings of one sync as a frozen value: what the engine needs to know, and nothing it could look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from connectors.base import FieldSpec
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
    """One mapped field that is switched on. The first of `left` that is not empty counts; it has one entry unless the map only goes right."""

    left: tuple[str, ...]
    right: str
    direction: Direction = Direction.BOTH
    rule: WriteRule = WriteRule.ALWAYS
    required: bool = False
    ignore_blanks: bool = False
    options: tuple[tuple[str, str], ...] = ()

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
    """The pair of fields whose equal values link two records; empty keys with `MatchBy.NONE`."""

    by: MatchBy
    left: str = ""
    right: str = ""


@dataclass(frozen=True)
class SyncSpec:
    """Everything that decides what a sync does.

    `namespace` starts every idempotency key: it is unique for ever, also among installations. `version` changes with any setting.
    `mark` is the pair of fields by which records of ours are recognised: the left one holds the right one's value.
    `key_needed`: records whose match value is blank do not take part. `keep_linked`: filters gate only unlinked records.
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

    @cached_property
    def groups(self) -> tuple[tuple[FieldMap, ...], ...]:
        """The maps as they are merged: those of one field group and direction together, in the order of the maps."""
        found: dict[tuple[str, Direction], list[FieldMap]] = {}
        for m in self.maps:
            name = self.field(Side.LEFT, m.left[0]).group or self.field(Side.RIGHT, m.right).group
            found.setdefault((name or m.key, m.direction), []).append(m)
        return tuple(tuple(maps) for maps in found.values())

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
        wanted = {self.match_field(side), self.mark_field(side)}
        for m in self.maps:
            wanted.update(m.left if side is Side.LEFT else (m.right,))
        source_filter = self.filters.get(side.other.inward)
        if source_filter:
            wanted.update(source_filter.fields)
        return tuple(key for key in self.fields[side] if key in wanted)
