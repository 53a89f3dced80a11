"""Finding the other half of an unlinked row.

Ladder (correctness 1.4): a link made by hand is already there; then our own mark, written on the left when it was created or linked; then the
match key, when exactly one record on each side has it. Anything else is no match, and never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from connectors.vocabulary import Category
from syncconfig.engine import mapping
from syncconfig.engine.references import NONE, References
from syncconfig.engine.spec import MatchBy, Side, SyncSpec
from syncconfig.engine.state import Row
from syncconfig.engine.values import match_key

MAX_LISTED = 10


@dataclass(frozen=True, slots=True)
class Found:
    """The other half."""

    row: Row
    by: str


@dataclass(frozen=True, slots=True)
class Refused:
    """There is a candidate, but linking would be a guess or a theft."""

    category: Category
    details: Mapping[str, str] = field(default_factory=dict)


def key_of(spec: SyncSpec, row: Row, side: Side) -> str:
    """The match key a row shows on a side; empty without one, or when nothing is matched."""
    seen, name = row.side(side), spec.match_field(side)
    wanted = seen and name and spec.match.by is not MatchBy.NONE
    return match_key(seen.values.get(name), exact_case=spec.match.exact_case) if seen and wanted else ""


def mark_of(spec: SyncSpec, row: Row, side: Side) -> str:
    """What a row carries of our mark: on the right its own, on the left the one of its counterpart."""
    seen, name = row.side(side), spec.mark_field(side)
    return match_key(seen.values.get(name)) if seen and name else ""


def name_of(spec: SyncSpec, row: Row, side: Side) -> str:
    """The value of the side's unique field, as it is compared; inactive records do not hold it."""
    seen, name = row.side(side), spec.unique_fields.get(side)
    return match_key(seen.values.get(name)) if seen and name and seen.stands else ""


class Index:
    """Rows by mark and key, for the rows of one chunk and their neighbours. Rows that are gone on a side are not candidates."""

    def __init__(self, spec: SyncSpec, rows: Iterable[Row], refs: References = NONE) -> None:
        self._spec = spec
        self._refs = refs
        self._confirming = tuple(m for m in spec.maps if m.key in spec.match.confirmed_by)
        self._keys: dict[tuple[Side, str], dict[int, Row]] = {}
        self._marks: dict[tuple[Side, str], dict[int, Row]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        for side in Side:
            seen = row.side(side)
            if seen and (seen.stands or row.linked):
                self._keys.setdefault((side, key_of(self._spec, row, side)), {})[row.pk] = row
                self._marks.setdefault((side, mark_of(self._spec, row, side)), {})[row.pk] = row

    def drop(self, row: Row) -> None:
        for side in Side:
            self._keys.get((side, key_of(self._spec, row, side)), {}).pop(row.pk, None)
            self._marks.get((side, mark_of(self._spec, row, side)), {}).pop(row.pk, None)

    def find(self, row: Row) -> Found | Refused | None:
        """The other half of an unlinked row that stands; None when there is no candidate at all."""
        side = Side.LEFT if row.left else Side.RIGHT
        marked = self._by_mark(row, side)
        return marked or self._by_key(row, side)

    def _by_mark(self, row: Row, side: Side) -> Found | None:
        mark = mark_of(self._spec, row, side)
        if not mark:
            return None
        twins = self._marks.get((side, mark), {})
        there = [r for r in self._marks.get((side.other, mark), {}).values() if not r.linked]
        return Found(there[0], "mark") if len(twins) == 1 and len(there) == 1 else None

    def _by_key(self, row: Row, side: Side) -> Found | Refused | None:
        key = key_of(self._spec, row, side)
        if not key:
            return None
        here = list(self._keys.get((side, key), {}).values())
        there = list(self._keys.get((side.other, key), {}).values())
        if self._confirming:
            there = [r for r in there if not r.linked and self._confirms(row, r)]
            here = [r for r in here if r.pk == row.pk or (not r.linked and any(self._confirms(r, t) for t in there))]
            if not there:
                return None
        free = [r for r in there if not r.linked]
        if len(here) == 1 and len(there) == 1 and free:
            return Found(free[0], "key")
        if not there and len(here) < 2:
            return None
        taken = next((r for r in there if r.linked and r.pk != row.pk), None)
        if taken and not free:
            return Refused(Category.ALREADY_LINKED, {"value": key, "other": taken.title, "row": str(taken.pk)})
        return Refused(
            Category.SEVERAL_MATCHES, {"value": key, "k": str(max(len(here), len(there))), "list": _list(here if len(here) > 1 else there)}
        )

    def _confirms(self, row: Row, other: Row) -> bool:
        """Whether two halves with one key also agree in what else has to be equal."""
        left, right = (row.left, other.right) if row.left else (other.left, row.right)
        if (
            left is None
            or right is None
            or any(mapping.parts(self._confirming, s, seen) is None for s, seen in zip(Side, (left, right), strict=True))
        ):
            return False
        return mapping.equivalent(self._spec, self._confirming, left, right, self._refs)


def _list(rows: list[Row]) -> str:
    """Titles and ids of candidates, one per line."""
    lines = []
    for row in sorted(rows, key=lambda r: r.pk)[:MAX_LISTED]:
        ids = ", ".join(f"{side}:{seen.id}" for side in Side if (seen := row.side(side)))
        lines.append(f"{row.title} ({ids})")
    return "\n".join(lines)


def born(spec: SyncSpec, left: Row, right: Row) -> str:
    """Where a pair was made first: on the right, when the left one says that it is a copy."""
    copy = spec.copies and left.left and left.left.values.get(spec.copies) is False
    return Side.RIGHT if copy else left.origin or right.origin


def join(spec: SyncSpec, row: Row, other: Row, by: str) -> Row:
    """One linked row of two unlinked halves; the left half's identity stays."""
    left, right = (row, other) if row.left else (other, row)
    return replace(
        left,
        right=right.right,
        linked_by=by,
        origin=born(spec, left, right),
        left_base={},
        right_base={},
        generation=max(left.generation, right.generation),
        attempts=0,
        next_attempt_at=None,
        wants="",
        needs="",
        dirty=True,
    )


def match_signature(spec: SyncSpec) -> str:
    """What keys, marks and names of rows are made of: when it changes, they have to be computed anew."""
    unique = ",".join(f"{side}={key}" for side, key in sorted(spec.unique_fields.items()))
    case = "=" if spec.match.exact_case else "~"
    return f"{spec.match.by}:{spec.match.left}>{spec.match.right}{case};{'>'.join(spec.mark)};{unique}"
