"""Mapped fields on rows: a side's values of a group, their equality across sides, and their translation."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.base import FieldType, Value
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


def translate(spec: SyncSpec, maps: Maps, to: Side, seen: Seen) -> dict[str, Value]:
    """The target fields and values that carry a group from the other side, which was `seen`. Raises `Unfit`."""
    result: dict[str, Value] = {}
    for m in maps:
        key = source(m, to.other, seen)
        target = spec.field(to, m.target(to))
        result[target.key] = convert(seen.values[key], spec.field(to.other, key), target, options(m, to), spec.zone)
    return result


def options(m: FieldMap, to: Side) -> Mapping[str, str]:
    """The option table in the direction of travel."""
    return dict(m.options) if to is Side.RIGHT else {right: left for left, right in m.options}


def equivalent(spec: SyncSpec, maps: Maps, left: Seen, right: Seen) -> bool:
    """Whether both sides say the same: each value equals the translation of the other, one way or the other."""
    return all(_equivalent(spec, m, left, right) for m in maps)


def _equivalent(spec: SyncSpec, m: FieldMap, left: Seen, right: Seen) -> bool:
    left_key = source(m, Side.LEFT, left)
    left_value, right_value = left.values[left_key], right.values[m.right]
    if is_blank(left_value) or is_blank(right_value):
        return is_blank(left_value) and is_blank(right_value)
    left_field, right_field = spec.field(Side.LEFT, left_key), spec.field(Side.RIGHT, m.right)
    if left_field.type == right_field.type and not m.options and isinstance(left_value, str) and isinstance(right_value, str):
        one, other = text(left_value), text(right_value)
        return one == other or (right_field.type is FieldType.EMAIL and one.casefold() == other.casefold())
    return _reaches(spec, m, Side.RIGHT, left_value, right_value, left_key) or _reaches(spec, m, Side.LEFT, right_value, left_value, left_key)


def _reaches(spec: SyncSpec, m: FieldMap, to: Side, value: Value, there: Value, left_key: str) -> bool:
    keys = {Side.LEFT: left_key, Side.RIGHT: m.right}
    try:
        return same(convert(value, spec.field(to.other, keys[to.other]), spec.field(to, keys[to]), options(m, to), spec.zone), there)
    except Unfit:
        return False
