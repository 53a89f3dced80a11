"""The lines of an invoice between HubSpot's records and `base.Lines`, both ways. Source: HubSpot reference, sections 11.5, 11.6 and 12.3.

A tax, a discount and a fee of a whole invoice are records of their own. Discounts are taken first, then fees, then taxes.
A price may not be negative, so a line that takes away has a negative quantity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from connectors.base import FieldType, Line, Lines
from connectors.hubspot.facts import DISCOUNTS, FEES, LINE_ITEMS, TAXES
from connectors.hubspot.model import Computed, Properties, Sight, Source
from connectors.hubspot.values import canonical, number, stored

CENT = Decimal("0.01")
PLACE = "hs_position_on_quote"
NOTHING_ELSE = {"discount": "", "hs_discount_percentage": "", "hs_tax_rate_group_id": ""}
"""What a line of ours does not have, because its price is net and its tax stands on the whole invoice."""
LINE_PROPERTIES = (
    "name",
    "description",
    "hs_product_id",
    "hs_sku",
    "quantity",
    "price",
    "amount",
    "hs_total_discount",
    "hs_tax_amount",
    "hs_line_item_currency_code",
    PLACE,
    *NOTHING_ELSE,
)
PART_PROPERTIES = ("hs_label", "hs_type", "hs_value", "hs_sort_order")
NUMBERS = frozenset({"quantity", "price", "discount", "hs_discount_percentage", "hs_value", PLACE})


def read(sight: Sight) -> Lines:
    """What an invoice sells. A mirror's tax and discount fit `Lines`; those of an invoice that is billed in HubSpot are adjustments besides."""
    rows = sorted(sight.associated(LINE_ITEMS), key=lambda row: (number(row[1].get(PLACE)), int(row[0])))
    lines = tuple(line_of(record_id, properties) for record_id, properties in rows)
    net = sum((line.amount for line in lines), Decimal(0))
    discount = _sum(sight.associated(DISCOUNTS), net)
    fees = _sum(sight.associated(FEES), net - discount)
    on_lines = sum((number(properties.get("hs_tax_amount")) for _, properties in rows), Decimal(0))
    tax = on_lines + _sum(sight.associated(TAXES), net - discount + fees)
    billed = sight.properties["hs_amount_billed"]
    total = number(billed) if billed else net - discount + fees + tax
    stand = {
        "discount": bool(sight.links[DISCOUNTS.path]),
        "fee": bool(sight.links[FEES.path]),
        "tax": bool(sight.links[TAXES.path]) or bool(on_lines),
    }
    kept = ("fee",) if sight.properties["hs_invoice_billable"] == "false" else ("discount", "fee", "tax")
    return Lines(lines, total, discount, tax, tuple(name for name in kept if stand[name]))


COMPUTED = Computed(
    read,
    ("hs_amount_billed", "hs_invoice_billable"),
    (Source(LINE_ITEMS, LINE_PROPERTIES), *(Source(part, PART_PROPERTIES) for part in (TAXES, DISCOUNTS, FEES))),
)


def line_of(record_id: str, properties: Properties) -> Line:
    """One line item."""
    amount, quantity, price = (number(properties.get(name)) for name in ("amount", "quantity", "price"))
    reduced = any(number(properties.get(name)) for name in ("discount", "hs_discount_percentage", "hs_total_discount"))
    name, description = properties.get("name") or "", properties.get("description") or ""
    return Line(
        text=f"{name}\n{description}" if description else name,
        quantity=quantity,
        price=amount / quantity if reduced and quantity else price,
        amount=amount,
        product=properties.get("hs_product_id") or "",
        name=name,
        sku=properties.get("hs_sku") or "",
        id=record_id,
    )


def _sum(parts: Iterable[tuple[str, Properties]], base: Decimal) -> Decimal:
    """The discounts, fees or taxes of an invoice; a percentage is taken from `base`."""
    total = Decimal(0)
    for _, part in parts:
        value = number(part.get("hs_value"))
        total += value if part.get("hs_type") == "FIXED" else (base * value / 100).quantize(CENT, ROUND_HALF_UP)
    return total


def wanted(lines: Lines, currency: str) -> dict[str, list[dict[str, str]]]:
    """The records that say what `lines` says, by path: what is created of each."""
    return {
        LINE_ITEMS.path: [_line(line, place, currency) for place, line in enumerate(lines.lines, 1)],
        DISCOUNTS.path: _fixed("Discount", lines.discount),
        TAXES.path: _fixed("Tax", lines.tax),
    }


def _line(line: Line, place: int, currency: str) -> dict[str, str]:
    name, _, description = line.text.partition("\n")
    sign = -1 if line.price < 0 else 1
    return {
        "name": name,
        "description": description,
        "quantity": stored(line.quantity * sign),
        "price": stored(line.price * sign),
        "hs_line_item_currency_code": currency,
        PLACE: str(place),
        **({"hs_product_id": line.product} if line.product else {}),
    }


def _fixed(label: str, value: Decimal) -> list[dict[str, str]]:
    return [{"hs_label": label, "hs_type": "FIXED", "hs_value": stored(value)}] if value else []


def complete(path: str, properties: Mapping[str, str]) -> dict[str, str]:
    """What an existing record has to hold to be the wanted one."""
    return {"hs_product_id": "", **properties, **NOTHING_ELSE} if path == LINE_ITEMS.path else dict(properties)


def differences(held: Properties, properties: Mapping[str, str], numbers: frozenset[str] = NUMBERS) -> dict[str, str]:
    """The properties that a record does not hold as they should be; `numbers` are compared by their value."""
    return {name: value for name, value in properties.items() if not _same(held.get(name), value, name in numbers)}


def _same(held: str | None, value: str, as_number: bool) -> bool:
    if as_number:
        return canonical(FieldType.NUMBER, held) == canonical(FieldType.NUMBER, value)
    return (held or "") == value


def mismatch(lines: Lines, held: list[Properties]) -> str:
    """In words, the first line whose amount HubSpot calculates otherwise; "" when all agree. Both are in the order of the lines."""
    for place, (line, properties) in enumerate(zip(lines.lines, held, strict=True), 1):
        calculated = number(properties.get("amount"))
        if calculated != line.amount:
            return f"Line {place} ({line.text.partition(chr(10))[0]}) comes to {calculated:f} in HubSpot and should come to {line.amount:f}."
    return ""


def net(lines: Lines) -> Decimal:
    """What the lines come to by themselves."""
    return sum((line.amount for line in lines.lines), Decimal(0))


def unbalanced(lines: Lines) -> str:
    """In words, that the amounts of the lines do not make the total; "" when they do."""
    made = net(lines) - lines.discount + lines.tax
    words = f"The lines come to {net(lines):f} less {lines.discount:f} plus tax of {lines.tax:f}, that is {made:f}, and the total is {lines.total:f}."
    return "" if made == lines.total else words
