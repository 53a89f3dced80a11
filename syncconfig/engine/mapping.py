"""Mapped fields on rows: a side's values of a group, their equality across sides, and their translation."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.base import FieldSpec, FieldType, Lines, Value
from connectors.vocabulary import Kind
from syncconfig.engine import documents
from syncconfig.engine.references import References
from syncconfig.engine.spec import FieldMap, Side, SyncSpec
from syncconfig.engine.state import Seen
from syncconfig.engine.values import Unfit, convert, is_blank, same, text

Maps = tuple[FieldMap, ...]
Parts = tuple[Value, ...]
"""The values of a group on one side, one for each map."""


def source(m: FieldMap, side: Side, seen: Seen) -> str:
    """The field of a side that counts for a map: its first source that is not empty."""
    if side is Side.RIGHT:
        return m.right
    return next((key for key in m.left if not is_blank(seen.values.get(key))), m.left[0])


def parts(maps: Maps, side: Side, seen: Seen) -> Parts | None:
    """A side's values of a group; None when one of them is unknown."""
    keys = [source(m, side, seen) for m in maps]
    if any(key not in seen.values for key in keys):
        return None
    return tuple(seen.values[key] for key in keys)


def blank(values: Parts) -> bool:
    return all(map(is_blank, values))


def extends(values: Parts, other: Parts) -> bool:
    """Whether `values` says everything `other` does, and more."""
    return all(is_blank(o) or same(v, o) for v, o in zip(values, other, strict=True))


def translate(spec: SyncSpec, maps: Maps, to: Side, seen: Seen, refs: References) -> dict[str, Value]:
    """The target fields and values that carry a group from the other side, which was `seen`. Raises `Unfit`, and `Unreached` for a reference."""
    result: dict[str, Value] = {}
    for m in maps:
        key = source(m, to.other, seen)
        target = spec.field(to, m.target(to))
        result[target.key] = _translated(spec, m, to, seen.values[key], spec.field(to.other, key), target, refs)
    return result


def _translated(spec: SyncSpec, m: FieldMap, to: Side, value: Value, origin: FieldSpec, target: FieldSpec, refs: References) -> Value:
    if isinstance(value, Lines):
        return documents.translated(value, to, refs, spec.fallback)
    if origin.type is FieldType.REFERENCE and target.refers and value is not None:
        return _referred(Kind(origin.refers), to, str(value), target, refs)
    return convert(value, origin, target, options(m, to), spec.zone)


def _referred(kind: Kind, to: Side, record_id: str, target: FieldSpec, refs: References) -> Value:
    """The counterpart of a record that is named, or what that counterpart has in the field the target looks `through`."""
    found = refs.counterpart(kind, to.other, record_id)
    row = refs.find(kind, to.other, record_id) if target.through else None
    seen = row.side(to) if row else None
    return seen.values.get(target.through) if seen else found


def options(m: FieldMap, to: Side) -> Mapping[str, str]:
    """The option table in the direction of travel."""
    return dict(m.options) if to is Side.RIGHT else {right: left for left, right in m.options}


def equivalent(spec: SyncSpec, maps: Maps, left: Seen, right: Seen, refs: References) -> bool:
    """Whether both sides say the same: each value equals the translation of the other, one way or the other."""
    return all(_equivalent(spec, m, left, right, refs) for m in maps)


def _equivalent(spec: SyncSpec, m: FieldMap, left: Seen, right: Seen, refs: References) -> bool:
    left_key = source(m, Side.LEFT, left)
    left_value, right_value = left.values[left_key], right.values[m.right]
    if is_blank(left_value) or is_blank(right_value):
        return is_blank(left_value) and is_blank(right_value)
    left_field, right_field = spec.field(Side.LEFT, left_key), spec.field(Side.RIGHT, m.right)
    plain = left_field.type == right_field.type and not (m.options or left_field.refers)
    if plain and isinstance(left_value, str) and isinstance(right_value, str):
        one, other = text(left_value), text(right_value)
        return one == other or (right_field.type is FieldType.EMAIL and one.casefold() == other.casefold())
    shown = {Side.LEFT: (left_value, left_field), Side.RIGHT: (right_value, right_field)}
    return any(_reaches(spec, m, side, shown, refs) for side in (Side.RIGHT, Side.LEFT))


def _reaches(spec: SyncSpec, m: FieldMap, to: Side, shown: Mapping[Side, tuple[Value, FieldSpec]], refs: References) -> bool:
    (value, origin), (there, target) = shown[to.other], shown[to]
    try:
        return same(_translated(spec, m, to, value, origin, target, refs), there)
    except Unfit:
        return False
