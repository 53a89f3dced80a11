"""The lines of sales forms: what is taken, what is refused, what is stored (reference 5.3, 6, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.sandbox.quickbooks.books import Books, cents
from connectors.sandbox.quickbooks.catalog import SOLD_TYPES
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.items import default_item
from connectors.sandbox.quickbooks.members import day, number, reference
from connectors.sandbox.state import Document

Line = dict[str, Any]
SALES, GROUP, DISCOUNT, SUBTOTAL, TEXT = (
    "SalesItemLineDetail", "GroupLineDetail", "DiscountLineDetail", "SubTotalLineDetail", "DescriptionOnly",
)  # fmt: skip
MOST_LINES = 750
LONGEST_DESCRIPTION = 4000
SEVEN_PLACES = Decimal("0.0000001")
US_CODES = ("TAX", "NON")
NO_CODE = "Business Validation Error: Make sure all your transactions have a {word} rate before you save."


@dataclass(frozen=True, slots=True)
class Form:
    """What a line needs to know of its form: whether the customer is taxable, and whether lines outside the US need a tax code."""

    taxable: bool
    coded: bool


def stored_lines(books: Books, sent: Any, form: Form, old: Document | None) -> list[Line]:
    """The lines sent, checked, numbered and followed by their subtotal; old lines that are missing among them are gone."""
    if not isinstance(sent, list) or not all(isinstance(line, dict) for line in sent):
        raise Fault("2020", "Required parameter Line is missing in the request", element="Line")
    lines = [line for line in sent if line.get("DetailType") != SUBTOTAL]
    if sum(1 for _ in flat(lines)) > MOST_LINES:
        raise Fault("6000", f"Business Validation Error: A transaction may have at most {MOST_LINES} lines.", element="Line")
    known = {line["Id"]: line for line in flat((old or {}).get("Line", [])) if "Id" in line}
    numbers = _Numbers(known)
    found = [_line(books, line, form, known, numbers) for line in lines]
    if not any(line["DetailType"] in (SALES, GROUP) for line in found):
        raise Fault("2250", "At least one line with an item is required", element="Line")
    discounts = [line for line in found if line["DetailType"] == DISCOUNT]
    if len(discounts) > 1:
        raise Fault("6000", "Business Validation Error: A transaction may have one discount line.", element="Line")
    others = [line for line in found if line["DetailType"] != DISCOUNT]
    total = subtotal(others)
    return [*others, {"Amount": total, "DetailType": SUBTOTAL, SUBTOTAL: {}}, *(_discounted(line, total) for line in discounts)]


def flat(lines: Any) -> Iterator[Line]:
    """Every line, those of bundles after their bundle."""
    for line in lines:
        yield line
        inner = line.get(GROUP)
        if isinstance(inner, dict) and isinstance(inner.get("Line"), list):
            yield from inner["Line"]


def sold(lines: list[Line]) -> list[Line]:
    """The sales lines, those of bundles included."""
    return [line for line in flat(lines) if line["DetailType"] == SALES]


def subtotal(lines: list[Line]) -> Decimal:
    return cents(sum((Decimal(line["Amount"]) for line in sold(lines)), Decimal(0)))


def discount(lines: list[Line]) -> Decimal:
    return next((Decimal(line["Amount"]) for line in lines if line["DetailType"] == DISCOUNT), Decimal(0))


class _Numbers:
    """Ids and numbers of lines: an Id of the old form stays, everything else gets the next one."""

    def __init__(self, known: dict[str, Line]) -> None:
        self._free = set(known)
        self._last = max((int(line_id) for line_id in known), default=0)
        self._line = 0

    def give(self, sent: Line) -> Line:
        self._line += 1
        line_id = str(sent.get("Id", ""))
        if line_id in self._free:
            self._free.discard(line_id)
        else:
            self._last += 1
            line_id = str(self._last)
        return {"Id": line_id, "LineNum": self._line}


def _line(books: Books, sent: Line, form: Form, known: dict[str, Line], numbers: _Numbers) -> Line:
    kind = sent.get("DetailType")
    if not kind:
        raise Fault("2020", "Required parameter DetailType is missing in the request", element="DetailType")
    if kind not in (SALES, GROUP, DISCOUNT, TEXT):
        raise Fault("2170", f"Lines of the type {kind} do not belong on this form", element="DetailType")
    description = str(sent.get("Description") or "")
    if len(description) > LONGEST_DESCRIPTION:
        raise Fault("2050", f"Min:0 Max:{LONGEST_DESCRIPTION} supported. Supplied length:{len(description)}", element="Description")
    words = {"Description": description} if description else {}
    if kind == DISCOUNT:
        return {**words, **_discount(books, sent)}
    head = {**numbers.give(sent), **words}
    if kind == TEXT:
        return {**head, "DetailType": TEXT, "DescriptionLineDetail": {}}
    detail = sent.get(kind)
    if not isinstance(detail, dict):
        raise Fault("2020", f"Required parameter {kind} is missing in the request", element=kind)
    if kind == GROUP:
        return {**head, **_group(books, detail, form, known, numbers)}
    return {**head, **_sale(books, sent, detail, form, known.get(head["Id"], {}))}


def _sale(books: Books, sent: Line, detail: Line, form: Form, before: Line) -> Line:
    amount = number("Line.Amount", sent.get("Amount"))
    if amount is None:
        raise Fault("2020", "Required parameter Line.Amount is missing in the request", element="Amount")
    amount = cents(amount)
    if amount < 0 and not books.switches.negative_lines:
        raise Fault("2290", "Negative amounts are not supported on this line", element="Amount")
    item = _item(books, detail, before.get(SALES, {}))
    stored: Line = {"ItemRef": {"value": item["Id"], "name": item["Name"]}, **_rate(books, amount, detail)}
    code = _tax_code(books, detail, item, form)
    if code:
        stored["TaxCodeRef"] = code
    service_day = _service_date(books, detail)
    if service_day:
        stored["ServiceDate"] = service_day
    for name in ("ClassRef", "TaxInclusiveAmt"):
        if detail.get(name) is not None:
            stored[name] = number(name, detail[name]) if name == "TaxInclusiveAmt" else reference(name, detail[name])
    return {"Amount": amount, "DetailType": SALES, SALES: stored}


def _rate(books: Books, amount: Decimal, detail: Line) -> Line:
    """Quantity and rate to seven places. Where both are given, their product in cents must be the amount, or the rate is made to fit, by switch."""
    quantity, rate = (_seven(number(name, detail.get(name))) for name in ("Qty", "UnitPrice"))
    if quantity is not None and rate is not None and cents(quantity * rate) != amount:
        if not quantity and not rate:
            # python-quickbooks sends two zeros where neither was given.
            return {}
        if not books.switches.amount_rewrites_rate or not quantity:
            raise Fault(
                "6070", f"Amount calculation incorrect in the request : Amount {amount} is not UnitPrice {rate} * Qty {quantity}", element="Amount"
            )
        rate = _seven(amount / quantity)
    return {**({"UnitPrice": rate} if rate is not None else {}), **({"Qty": quantity} if quantity is not None else {})}


def _seven(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(SEVEN_PLACES, ROUND_HALF_UP).normalize() + 0


def _item(books: Books, detail: Line, before: Line) -> Document:
    sent = reference("ItemRef", detail.get("ItemRef")) or {"value": default_item(books)}
    books.reference("Item", sent["value"], "ItemRef", kept=before.get("ItemRef"))
    item = books.read("Item", sent["value"])
    if item["Type"] not in SOLD_TYPES:
        raise Fault("2500", f"Invalid Reference Id : an item of type {item['Type']} cannot stand on a line", element="ItemRef")
    return item


def _tax_code(books: Books, detail: Line, item: Document, form: Form) -> dict[str, str] | None:
    sent = reference("TaxCodeRef", detail.get("TaxCodeRef"))
    if not books.american:
        if sent:
            return {"value": books.reference("TaxCode", sent["value"], "TaxCodeRef")["value"]}
        if form.coded:
            raise Fault("6000", NO_CODE.format(word="VAT" if books.profile["country"] == "GB" else "GST/HST"), element="TaxCodeRef")
        return None
    if sent and sent["value"] not in US_CODES:
        raise Fault("6100", "Invalid tax code used in the line : it must be TAX or NON", element="TaxCodeRef")
    if not books.settings.using_sales_tax:
        return {"value": "NON"}
    return sent or {"value": "TAX" if item.get("Taxable") and form.taxable else "NON"}


def _service_date(books: Books, detail: Line) -> str | None:
    found = day("ServiceDate", detail.get("ServiceDate"))
    settings = books.settings
    if settings.revenue_recognition and not found:
        raise Fault(
            "6000", "Business Validation Error: A service date is required on every line because revenue recognition is on.", element="ServiceDate"
        )
    if found and not (settings.allow_service_date or settings.revenue_recognition):
        return None if gate(books, "ServiceDate") else found
    return found


def gate(books: Books, name: str) -> bool:
    """A member that a preference does not allow: dropped (True) by switch, refused otherwise."""
    if books.switches.gated_members_dropped:
        return True
    raise Fault("6000", f"Business Validation Error: {name} is turned off in the company's settings.", element=name)


def _group(books: Books, detail: Line, form: Form, known: dict[str, Line], numbers: _Numbers) -> Line:
    """A bundle with its items, which are those sent or, where none are, those of the bundle times the quantity."""
    sent = reference("GroupItemRef", detail.get("GroupItemRef"))
    if not sent:
        raise Fault("2020", "Required parameter GroupItemRef is missing in the request", element="GroupItemRef")
    bundle = books.read("Item", books.reference("Item", sent["value"], "GroupItemRef")["value"])
    if bundle["Type"] != "Group":
        raise Fault("2500", "Invalid Reference Id : GroupItemRef is not a bundle", element="GroupItemRef")
    quantity = number("Quantity", detail.get("Quantity")) or Decimal(1)
    inner = detail.get("Line") or list(_components(books, bundle, quantity))
    if not isinstance(inner, list) or any(not isinstance(line, dict) or line.get("DetailType") != SALES for line in inner):
        raise Fault("2170", "A bundle consists of lines with items", element="Line")
    lines = [_line(books, line, form, known, numbers) for line in inner]
    group = {"GroupItemRef": {"value": bundle["Id"], "name": bundle["Name"]}, "Quantity": quantity, "Line": lines}
    return {"Amount": 0, "DetailType": GROUP, GROUP: group}


def _components(books: Books, bundle: Document, quantity: Decimal) -> Iterator[Line]:
    for part in bundle["ItemGroupDetail"]["ItemGroupLine"]:
        item = books.read("Item", part["ItemRef"]["value"])
        count, rate = Decimal(part["Qty"]) * quantity, Decimal(item.get("UnitPrice", 0))
        detail = {"ItemRef": {"value": item["Id"]}, "Qty": count, "UnitPrice": rate}
        yield {"Description": item.get("Description"), "Amount": cents(count * rate), "DetailType": SALES, SALES: detail}


def _discount(books: Books, sent: Line) -> Line:
    detail = sent.get(DISCOUNT)
    detail = detail if isinstance(detail, dict) else {}
    percent = number("DiscountPercent", detail.get("DiscountPercent"))
    amount = number("Line.Amount", sent.get("Amount"))
    based = detail.get("PercentBased") in (True, "true")
    if (percent if based else amount) is None:
        raise Fault("6090", "A discount line needs an amount or a percentage", element="DiscountLineDetail")
    given = reference("DiscountAccountRef", detail.get("DiscountAccountRef")) or {"value": discount_account(books)}
    stored = {"PercentBased": based, "DiscountAccountRef": books.reference("Account", given["value"], "DiscountAccountRef")}
    if based:
        stored["DiscountPercent"] = percent
    return {"Amount": cents(amount or 0), "DetailType": DISCOUNT, DISCOUNT: stored}


def _discounted(line: Line, total: Decimal) -> Line:
    """A discount line with its amount, which a percentage takes from the subtotal."""
    detail = line[DISCOUNT]
    return {**line, "Amount": cents(total * detail["DiscountPercent"] / 100)} if detail["PercentBased"] else line


def discount_account(books: Books) -> str:
    """The Id of the account that discounts are booked on, "" where the company has none."""
    accounts = books.table("Account").rows.values()
    return next((row["Id"] for row in accounts if row.get("AccountSubType") == "DiscountsRefundsGiven"), "")
