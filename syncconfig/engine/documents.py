"""The content of documents: whether it adds up, what it is on the other side, and how two of them differ. Pure, to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import zip_longest

from connectors.base import Line, Lines
from connectors.vocabulary import Category, Kind
from syncconfig.engine.references import References, Unreached
from syncconfig.engine.spec import Side
from syncconfig.engine.state import State
from syncconfig.engine.values import Unfit, text

CENT = Decimal("0.01")
RATE = Decimal("0.0000001")
"""QuickBooks keeps seven decimals of a rate (correctness 1.11)."""

NONE = Decimal(0)


def translated(content: Lines, to: Side, refs: References, fallback: str) -> Lines:
    """The content as the other side takes it. Raises `Unfit` where it does not add up there, and `Unreached` for a product that is on its way."""
    if to is Side.LEFT:
        _require_sum(content)
        lines = tuple(
            replace(line, text=line.text or line.name, product=_counterpart(line, to, refs), name="", sku="", id="") for line in content.lines
        )
        return replace(content, lines=lines, adjustments=())
    if content.adjustments:
        raise Unfit(Category.HEADER_ADJUSTMENT, kind=", ".join(content.adjustments))
    if not content.lines:
        raise Unfit(Category.NO_LINE_ITEMS)
    _require_sum(content)
    if content.total < 0:
        raise Unfit(Category.AMOUNT_MISMATCH, a=str(content.total), b="0.00")
    lines = tuple(
        replace(line, text=line.text or line.name, product=_item(line, refs) or fallback, price=_rate(line), name="", sku="", id="")
        for line in content.lines
    )
    return Lines(lines, content.total)


def _require_sum(content: Lines) -> None:
    total = sum((line.amount for line in content.lines), NONE) - content.discount + content.tax
    if total != content.total:
        raise Unfit(Category.AMOUNT_MISMATCH, a=str(total), b=str(content.total))


def _rate(line: Line) -> Decimal:
    """The price of a unit from which the amount follows on the right, rounded half up. Raises `Unfit` when there is none: no cent is moved."""
    for rate in (line.price, (line.amount / line.quantity).quantize(RATE, ROUND_HALF_UP) if line.quantity else NONE):
        if rate == rate.quantize(RATE, ROUND_HALF_UP) and (rate * line.quantity).quantize(CENT, ROUND_HALF_UP) == line.amount:
            return rate
    raise Unfit(Category.AMOUNT_MISMATCH, a=str((line.price * line.quantity).quantize(CENT, ROUND_HALF_UP)), b=str(line.amount))


def _counterpart(line: Line, to: Side, refs: References) -> str:
    """The product of a line on the other side; empty when it has none there, for the line says enough by itself."""
    row = refs.find(Kind.PRODUCT, to.other, line.product) if line.product else None
    seen = row.side(to) if row else None
    return seen.id if seen and seen.stands else ""


def _item(line: Line, refs: References) -> str:
    """The item a line sells: by the link of its product, then by SKU (spec R165). A product whose sync is still to come is waited for."""
    row = refs.find(Kind.PRODUCT, Side.LEFT, line.product) if line.product else None
    if row is None or (row.right is None and row.state is State.EXCLUDED):
        return refs.item(line.sku)
    if row.right is None:
        raise Unreached(Kind.PRODUCT, Side.LEFT, line.product, row)
    if not row.right.stands:
        raise Unfit(Category.ITEM_INACTIVE, sku=line.sku or line.name)
    return row.right.id


def differences(before: Lines, after: Lines) -> str:
    """Where two contents differ, one difference in a line of text: number of the line (0: the document), what, before, after, between bars.

    What: added, removed, product, text, quantity, price, amount, discount, tax, total.
    """
    return "\n".join("|".join(map(str, found)) for found in _differences(before, after))


def _differences(before: Lines, after: Lines) -> Iterator[tuple[object, ...]]:
    for number, (old, new) in enumerate(zip_longest(before.lines, after.lines), start=1):
        if old is None or new is None:
            yield (number, "added", "", _words(new)) if old is None else (number, "removed", _words(old), "")
            continue
        if old.product != new.product:
            yield number, "product", _words(old), _words(new)
        for name in ("quantity", "price", "amount"):
            if getattr(old, name) != getattr(new, name):
                yield number, name, getattr(old, name), getattr(new, name)
        if text(old.text) != text(new.text):
            yield number, "text", _words(old), _words(new)
    for name in ("discount", "tax", "total"):
        if getattr(before, name) != getattr(after, name):
            yield 0, name, getattr(before, name), getattr(after, name)


def _words(line: Line | None) -> str:
    return " ".join((line.text or line.name).replace("|", "/").split())[:80] if line else ""


def uses_fallback(content: Lines, fallback: str) -> list[int]:
    """The numbers of the lines that stand on the fallback product."""
    return [number for number, line in enumerate(content.lines, start=1) if line.product == fallback]
