"""What the sample company sells, and the deals and invoices of its CRM.

Products stand in one table for both simulated services: most on both sides, some on one, and some differ. Money is Decimal, in US dollars.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, get_args

Kind = Literal["service", "non_inventory", "inventory"]
SideName = Literal["hubspot", "quickbooks"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NO_COST = Decimal(0)


@dataclass(frozen=True, slots=True)
class Product:
    """Something the company sells. Empty text means that the value is missing; a cost of zero too.

    `overrides` say what one side ("hubspot" or "quickbooks") holds instead: keys are the names of the attributes above them, "" empties a value,
    and "active" is "false" where the product is inactive. Numbers are given as text.
    """

    name: str
    sku: str
    price: Decimal
    cost: Decimal = NO_COST
    description: str = ""
    kind: Kind = "service"
    in_hubspot: bool = True
    in_quickbooks: bool = True
    overrides: Mapping[SideName, Mapping[str, str]] = field(default_factory=dict)
    note: str = ""

    def side(self, name: SideName) -> dict[str, str]:
        """The values one side holds as text, overrides applied: name, sku, price, cost, description, kind, active."""
        cost = str(self.cost) if self.cost else ""
        plain = {"name": self.name, "sku": self.sku, "price": str(self.price), "cost": cost, "description": self.description, "kind": self.kind}
        return {**plain, "active": "true", **self.overrides.get(name, {})}


def money(text: str) -> Decimal:
    return Decimal(text)


PRODUCTS: tuple[Product, ...] = (
    # The same on both sides.
    Product("Lawn Mowing", "CS-100", money("45.00"), description="Mowing and edging, per visit"),
    Product("Hedge Trimming", "CS-101", money("65.00"), description="Trimming by the hour, clippings taken away"),
    Product("Garden Design", "CS-102", money("75.00"), description="Custom design, by the hour"),
    Product("Irrigation Installation", "CS-103", money("120.00"), money("40.00"), "Installation by the hour"),
    Product("Bark Mulch, cubic yard", "CS-104", money("38.50"), money("21.25"), "Shredded cedar, delivered", "non_inventory"),
    Product("Topsoil, cubic yard", "CS-105", money("32.75"), money("18.00"), "Screened topsoil, delivered", "non_inventory"),
    Product("Sprinkler Head", "CS-106", money("14.95"), money("6.80"), "Pop-up sprinkler head, brass", "inventory"),
    Product("Rock Fountain", "CS-107", money("275.00"), money("125.00"), "Fountain of natural rock", "inventory"),
    # On both sides, but not the same.
    Product(
        "Spring Clean-up",
        "CS-108",
        money("180.00"),
        description="Beds cleared and edged",
        overrides={"hubspot": {"price": "175.00"}},
        note="The price differs.",
    ),
    Product(
        "Pest Control",
        "CS-109",
        money("35.00"),
        description="Organic pest control",
        overrides={"quickbooks": {"name": "Pest control service"}},
        note="The same SKU under two names.",
    ),
    Product(
        "Snow Removal",
        "CS-110",
        money("90.00"),
        overrides={"quickbooks": {"description": "Driveway and walks, per visit"}},
        note="No description in HubSpot.",
    ),
    # Awkward names.
    Product("Trädgårdsvård ❄ vinter", "CS-111", money("850.00"), description="Häckar, beskärning och snöröjning 🌲"),
    Product("庭園灯", "CS-112", money("64.00"), money("31.00"), "石の庭園灯", "inventory"),
    Product(
        'Pump: 1/2 HP "Quiet"',
        "CS-113",
        money("212.49"),
        money("149.99"),
        "Fountain pump",
        "inventory",
        overrides={"quickbooks": {"name": 'Pump 1/2 HP "Quiet"'}},
        note="A colon in the name, which the books do not take.",
    ),
    # Without a SKU.
    Product("Consultation", "", money("50.00"), description="First visit and estimate", note="No SKU on either side; the names agree."),
    Product("Tree Stump Grinding", "CS-115", money("150.00"), overrides={"hubspot": {"sku": ""}}, note="The SKU is missing in HubSpot."),
    # Doubles.
    Product("River Gravel, bag", "CS-116", money("8.25"), money("3.90"), "50 lb bag", "inventory"),
    Product(
        "River Gravel, pallet",
        "CS-116",
        money("480.00"),
        money("230.00"),
        "56 bags",
        "non_inventory",
        in_quickbooks=False,
        note="The SKU of another product.",
    ),
    Product(
        "Fertilizer",
        "CS-118",
        money("29.00"),
        money("12.00"),
        "Slow release, 20 lb",
        "non_inventory",
        in_quickbooks=False,
        note="The books have another product of this name.",
    ),
    Product(
        "Fertilizer",
        "CS-119",
        money("26.00"),
        money("11.00"),
        "Organic, 15 lb",
        "non_inventory",
        in_hubspot=False,
        note="HubSpot has another product of this name.",
    ),
    # On one side only.
    Product("Maintenance Plan, yearly", "CS-120", money("1200.00"), description="Twelve visits", in_quickbooks=False),
    Product("Soil Test", "CS-121", money("39.999"), description="Three decimal places", in_quickbooks=False),
    Product("Refunds & Allowances", "", money("0"), in_hubspot=False),
    Product(
        "Old Sod, roll",
        "CS-123",
        money("4.10"),
        money("2.60"),
        "No longer sold",
        "non_inventory",
        overrides={"hubspot": {"active": "false"}, "quickbooks": {"active": "false"}},
        note="Inactive on both sides.",
    ),
    Product(
        "Pond Liner",
        "CS-124",
        money("99.00"),
        money("58.00"),
        "Rubber, 10 by 15 feet",
        "inventory",
        overrides={"quickbooks": {"active": "false"}},
        note="Inactive in the books only.",
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a deal or an invoice in HubSpot: of a product, named by its SKU or, without one, its name, or else of nothing in the list.

    `price` replaces the product's; `discount` is a percentage.
    """

    product: str
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    discount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class SampleInvoice:
    """An invoice that stands in HubSpot, for one contact, made some days before the seeding.

    `source` is the stored value of hs_invoice_source. `paid` are the payments made on it, `tax` a percentage on all of it.
    """

    contact: str
    number: str
    status: str
    days_ago: int
    lines: tuple[Line, ...]
    source: str = "hubspot"
    paid: tuple[Decimal, ...] = ()
    tax: Decimal = Decimal(0)
    deal: str = ""


@dataclass(frozen=True, slots=True)
class SampleDeal:
    """A deal of one contact. `stage` is the id of a stage of the pipeline every account begins with."""

    name: str
    contact: str
    stage: str
    lines: tuple[Line, ...]


DEALS: tuple[SampleDeal, ...] = (
    SampleDeal("Jensen roof garden", "carl@jensenroofing.example", "closedwon", (Line("CS-107"), Line("CS-103", Decimal(4)))),
    SampleDeal("Nguyen back yard", "daisy.nguyen@example.com", "contractsent", (Line("CS-102", Decimal(6)), Line("CS-104", Decimal("3.5")))),
    SampleDeal("Redfern grounds", "mary@redfern.example", "closedwon", (Line("CS-120", Decimal(2), discount=Decimal(10)),)),
    SampleDeal("Koch planters", "emil@kochbikes.example", "closedlost", (Line("CS-105", Decimal(2)),)),
)

INVOICES: tuple[SampleInvoice, ...] = (
    SampleInvoice("carl@jensenroofing.example", "INV-1001", "open", 0, (Line("CS-100", Decimal(4)), Line("CS-103", Decimal("2.5")))),
    SampleInvoice("daisy.nguyen@example.com", "INV-1002", "open", 0, (Line("CS-104", Decimal(2)), Line("Delivery", price=money("48.50")))),
    SampleInvoice("lewis@pyescakes.example", "INV-1003", "open", 0, (Line("CS-100", Decimal(2), money("46.00")),)),
    SampleInvoice("walt@greernursery.example", "INV-1004", "open", 0, (Line("CS-101", Decimal(4)),)),
    SampleInvoice("bart@featherstone.example", "INV-1005", "open", 0, (Line("CS-102"),)),
    SampleInvoice("emil@kochbikes.example", "", "draft", 0, (Line("CS-103", Decimal(2)), Line("CS-109", Decimal(2)))),
    SampleInvoice("flora.vance@example.com", "INV-0790", "open", 400, (Line("CS-103", Decimal(5)), Line("Permit", price=money("40.00")))),
    SampleInvoice("gus@marlow.example", "QB-2201", "open", 0, (Line("Stone wall repair", price=money("1150.00")),), "data_sync"),
    SampleInvoice("alice@morenodental.example", "INV-1007", "open", 0, (Line("CS-102", Decimal(2)), Line("Consultation")), paid=(money("200.00"),)),
    SampleInvoice("mona@diazflorists.example", "INV-1008", "voided", 0, (Line("CS-100", Decimal(2), money("44.00")),)),
    SampleInvoice("vera@stonegardens.example", "INV-1009", "open", 0, (Line("CS-107", Decimal(8)), Line("Consultation", Decimal(2)))),
    SampleInvoice(
        "carl@jensenroofing.example",
        "INV-1010",
        "open",
        0,
        (Line("CS-107"), Line("CS-103", Decimal(4), discount=Decimal(10))),
        paid=(money("300.00"),),
        tax=Decimal("8.81"),
        deal="Jensen roof garden",
    ),
)

GOODS = ("Lavender", "Boxwood", "Fern", "Hydrangea", "Maple sapling", "Gravel", "Paver", "Compost", "Trellis", "Lantern")


def generate_products(count: int, seed: int = 1) -> Iterator[Product]:
    """Yield `count` products one by one, the same for the same seed; names and SKUs never repeat.

    Half of them stand on both sides, a quarter on each side only.
    """
    source = random.Random(seed)
    for number in range(1, count + 1):
        price = Decimal(source.randrange(100, 50_000)) / 100
        yield Product(
            f"{source.choice(GOODS)} {number}",
            f"GEN-{number:06d}",
            price,
            (price * Decimal("0.6")).quantize(Decimal("0.01")),
            "Generated",
            source.choice(KINDS),
            in_hubspot=number % 4 != 1,
            in_quickbooks=number % 4 != 2,
        )
