"""Lines: what they copy from a product, and what they come to. Source: reference section 11.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import HubSpot
from connectors.sandbox.hubspot.desk import CENT, Desk, Link, Values, cents, decimal
from connectors.sandbox.hubspot.refusals import invalid_values, missing
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.server import Reply, Request
from connectors.sandbox.state import Document

COPIED = ("name", "description", "hs_sku", "price", "hs_cost_of_goods_sold", "recurringbillingfrequency", "hs_recurring_billing_period")
DISCOUNTS = ("discount", "hs_discount_percentage")
RATES = "/tax-rates/{version}/tax-rates"
AMOUNTS = ("hs_pre_discount_amount", "hs_total_discount", "amount", "hs_tax_label", "hs_tax_rate", "hs_tax_amount", "hs_post_tax_amount")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate that lines name in hs_tax_rate_group_id."""

    id: str
    name: str
    label: str
    percent: Decimal
    active: bool = True


TAX_RATES = {
    rate.id: rate
    for rate in (
        TaxRate("70001", "Denver sales tax", "Sales tax", Decimal("8.81")),
        TaxRate("70002", "Boulder sales tax", "Sales tax", Decimal("9.045")),
        TaxRate("70003", "Denver sales tax until 2023", "Sales tax", Decimal("8.31"), active=False),
    )
}


def checked(desk: Desk, document: Document | None, clean: Values, links: Sequence[Link]) -> Values:
    """The rule of line items: copies from the product on create, one kind of discount, and the amounts."""
    held: Values = document["properties"] if document else {}
    problems = _problems(desk, clean, new=document is None)
    if problems:
        raise invalid_values(problems)
    if document is None and clean.get("hs_product_id"):
        product = desk.account.need("products", clean["hs_product_id"])["properties"]
        clean = {**{name: product[name] for name in COPIED if product.get(name)}, **clean}
    clean |= {other: "" for name, other in (DISCOUNTS, DISCOUNTS[::-1]) if clean.get(name) and held.get(other)}
    values = amounts({**held, **clean}, per_unit=desk.switches.discount_per_unit)
    return {**clean, **{name: value for name, value in values.items() if value != held.get(name, "")}}


def _problems(desk: Desk, clean: Mapping[str, str], *, new: bool) -> list[tuple[str, str, str]]:
    found = []
    if decimal(clean, "price") < 0:
        found.append(("price", "INVALID_NUMBER", "price cannot be negative"))
    if all(decimal(clean, name) for name in DISCOUNTS):
        found.append(("discount", "INVALID_DISCOUNT", "discount and hs_discount_percentage cannot both be set"))
    if clean.get("hs_tax_rate_group_id") and clean["hs_tax_rate_group_id"] not in TAX_RATES:
        found.append(("hs_tax_rate_group_id", "INVALID_OPTION", "There is no such tax rate"))
    product = desk.account.tables["products"].exact(clean.get("hs_product_id", ""))
    if clean.get("hs_product_id") and (product is None or (new and product["archived"] is not None)):
        found.append(("hs_product_id", "INVALID_PRODUCT", f"There is no product {clean['hs_product_id']}"))
    return found


def amounts(line: Mapping[str, str], *, per_unit: bool = True) -> Values:
    """The calculated properties of a line, all of AMOUNTS, "" where it has no price or quantity.

    A percentage is taken from the line's total; `discount` is an amount per unit, or a percentage as well when not `per_unit`.
    """
    if not line.get("price") or not line.get("quantity"):
        return dict.fromkeys(AMOUNTS, "")
    total = (decimal(line, "price") * decimal(line, "quantity")).quantize(CENT, ROUND_HALF_UP)
    percent = decimal(line, "hs_discount_percentage") + (0 if per_unit else decimal(line, "discount"))
    less = (total * percent / 100 + (decimal(line, "discount") * decimal(line, "quantity") if per_unit else 0)).quantize(CENT, ROUND_HALF_UP)
    net = {"hs_pre_discount_amount": cents(total), "hs_total_discount": cents(less), "amount": cents(total - less)}
    rate = TAX_RATES.get(line.get("hs_tax_rate_group_id") or "")
    if rate is None:
        return {**dict.fromkeys(AMOUNTS, ""), **net}
    tax = ((total - less) * rate.percent / 100).quantize(CENT, ROUND_HALF_UP)
    taxed = {"hs_tax_amount": cents(tax), "hs_post_tax_amount": cents(total - less + tax)}
    return {**net, **taxed, "hs_tax_label": rate.label, "hs_tax_rate": str(rate.percent)}


def add(app: HubSpot) -> None:
    """Serve the calls on tax rates, which the API can read only."""

    @app.api("GET", RATES, scopes=("tax_rates.read",))
    def rates(request: Request, account: Account) -> Reply:
        return Reply(200, {"results": [_shown(rate) for rate in TAX_RATES.values()]})

    @app.api("GET", RATES + "/{id}", scopes=("tax_rates.read",))
    def one(request: Request, account: Account) -> Reply:
        if request.params["id"] not in TAX_RATES:
            raise missing("There is no such tax rate.")
        return Reply(200, _shown(TAX_RATES[request.params["id"]]))


def _shown(rate: TaxRate) -> dict[str, Any]:
    times = {"createdAt": iso(0), "updatedAt": iso(0)}
    return {"id": rate.id, "name": rate.name, "label": rate.label, "percentageRate": rate.percent, "active": rate.active, **times}
