"""References: which record of the other side stands for the one that a record names. Pure; what is known was loaded before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.base import FieldSpec, FieldType, Lines, Value
from connectors.vocabulary import Category, Kind
from syncconfig.engine.spec import Side, SyncSpec
from syncconfig.engine.state import Row
from syncconfig.engine.values import Unfit, match_key

Named = tuple[Kind, Side, str]
"""A record of a kind by its id on a side."""


class Unreached(Unfit):
    """The record that a reference names has no counterpart, so far. `row` is what is known of it: None when nothing is."""

    def __init__(self, kind: Kind, side: Side, record_id: str, row: Row | None) -> None:
        super().__init__(Category.DEPENDENCY_FAILING, kind=kind, title=row.title if row else "", cause=row.reason if row else "")
        self.kind = kind
        self.row = row
        self.need = need(kind, side, record_id)


def need(kind: Kind, side: Side, record_id: str) -> str:
    """What a row that waits for a record is found by."""
    return f"{kind}:{side}:{record_id}"


@dataclass(frozen=True, slots=True)
class References:
    """Rows of other syncs of the same accounts: by the id a record has on a side, and products by their SKU on the right."""

    rows: Mapping[Named, Row] = field(default_factory=dict)
    items: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)

    def find(self, kind: Kind, side: Side, record_id: str) -> Row | None:
        return self.rows.get((kind, side, record_id))

    def counterpart(self, kind: Kind, side: Side, record_id: str) -> str:
        """The id on the other side of the record with an id on this one. Raises `Unreached`."""
        row = self.find(kind, side, record_id)
        seen = row.side(side.other) if row else None
        if seen is None or not seen.stands:
            raise Unreached(kind, side, record_id, row)
        return seen.id

    def item(self, sku: str) -> str:
        """The id of the one standing item with a SKU; empty when there is none, or more than one."""
        found = [row.right.id for row in self.items.get(match_key(sku, exact_case=True), ()) if row.right and row.right.stands]
        return found[0] if len(found) == 1 else ""


NONE = References()


def wanted(spec: SyncSpec, rows: Iterable[Row]) -> tuple[dict[tuple[Kind, Side], set[str]], set[str]]:
    """The ids that rows name, by kind and side, and the SKUs of their lines."""
    ids: dict[tuple[Kind, Side], set[str]] = {}
    skus: set[str] = set()
    for row in rows:
        for side in Side:
            seen = row.side(side)
            for spec_ in spec.references[side] if seen else ():
                value = seen.values.get(spec_.key) if seen else None
                if isinstance(value, Lines):
                    ids.setdefault((Kind.PRODUCT, side), set()).update(line.product for line in value.lines if line.product)
                    skus.update(match_key(line.sku, exact_case=True) for line in value.lines if side is Side.LEFT and line.sku)
                elif isinstance(value, str) and spec_.type is FieldType.REFERENCE:
                    ids.setdefault((Kind(spec_.refers), side), set()).add(value)
    return ids, skus - {""}


def told(field_spec: FieldSpec, side: Side, value: Value, refs: References) -> Value:
    """A value as people know it: a reference by the title of the record it names."""
    if field_spec.type is not FieldType.REFERENCE or not field_spec.refers or value is None:
        return value
    row = refs.find(Kind(field_spec.refers), side, str(value))
    seen = row.side(side) if row else None
    return seen.title if seen and seen.title else value
