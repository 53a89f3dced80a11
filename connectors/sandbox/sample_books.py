"""What the sample company has sold by its books: invoices in every state, payments, a credit memo. Items come from `sample_commerce.PRODUCTS`.

Days are counted back from the day the sample is loaded, so that what is overdue stays overdue. Money is Decimal, in US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SERVICES = "Services"
"""The item of lines that name none; it is the first one."""

CATEGORY = "Materials"
BUNDLE = "Garden Starter Package"
BUNDLE_PARTS = (("Bark Mulch, cubic yard", "2"), ("Topsoil, cubic yard", "1"), ("Lawn Mowing", "1"))
CUSTOM_FIELDS = ("Crew #", "Sales Rep")


@dataclass(frozen=True, slots=True)
class Sale:
    """One line: an item by name, a quantity, and a rate where it is not the item's own."""

    item: str
    quantity: str = "1"
    rate: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice. `term` is a name, `discount` a percentage, `bundles` how many of `BUNDLE` stand on it."""

    customer: str
    days_ago: int
    sales: tuple[Sale, ...]
    term: str = "Net 30"
    taxed: bool = False
    discount: str = ""
    crew: str = ""
    note: str = ""
    voided: bool = False
    bundles: int = 0
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a customer over its invoices, which are counted from 0 in the order below."""

    customer: str
    days_ago: int
    total: Decimal
    applied: tuple[tuple[int, str], ...]
    method: str = "Check"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit memo, and the invoice (counted from 0) that it was used for."""

    customer: str
    days_ago: int
    sales: tuple[Sale, ...]
    invoice: int
    used: str


def mowing(visits: str) -> Sale:
    return Sale("Lawn Mowing", visits)


INVOICES: tuple[Invoice, ...] = (
    # Paid.
    Invoice("Moreno Family Dental", 95, (mowing("4"),)),
    Invoice("Castellan Vineyards", 92, (Sale("Irrigation Installation", "16"), Sale("Sprinkler Head", "24")), taxed=True, crew="2"),
    Invoice("Redfern Property Group", 88, (mowing("12"), Sale("Hedge Trimming", "6.5")), crew="1"),
    Invoice("Redfern Property Group", 58, (mowing("12"),), crew="1"),
    Invoice("Redfern Property Group", 40, (mowing("12"), Sale("Pest control service")), crew="1"),
    Invoice("Fields Childcare Center", 75, (Sale("Spring Clean-up"), Sale("Bark Mulch, cubic yard", "3.5")), taxed=True),
    Invoice("Lund Bakery", 70, (Sale("Snow Removal", "3"),), term="Due on receipt"),
    Invoice("Okafor & Daughters", 66, (Sale("Garden Design", "7.25"),)),
    Invoice("Foster Stables", 64, (Sale("Topsoil, cubic yard", "40", "29.50"), Sale("Tree Stump Grinding", "2")), taxed=True),
    # Partly paid.
    Invoice("Tanaka Tea House", 50, (Sale("庭園灯", "6"), Sale("Rock Fountain")), taxed=True, comment="Paid in part and overdue."),
    Invoice("Brandt Brewing", 28, (Sale("Garden Design", "20"),), crew="3", comment="Paid in part, not yet due."),
    Invoice("Stone Gardens & Walls", 24, (Sale("River Gravel, bag", "120"),), taxed=True, comment="A credit memo lowered it."),
    # Overdue.
    Invoice("Charlie Whitcomb", 62, (mowing("3"),)),
    Invoice("Novak Motors", 55, (Sale("Tree Stump Grinding", "3"),), term="Net 15"),
    Invoice("Öbergs Trädgård AB", 48, (Sale("Trädgårdsvård ❄ vinter"),), note="Återkommande kund"),
    Invoice("Jonas Weber", 45, (Sale("Consultation"),), term="Due on receipt"),
    # Voided.
    Invoice("Ibarra Yoga", 38, (Sale("Spring Clean-up"),), voided=True, note="Booked twice"),
    Invoice("Keller Rentals", 33, (mowing("2"),), voided=True, comment="Voided without a note of its own."),
    # Open.
    Invoice("Keller Rentals", 21, (mowing("2"), Sale("Hedge Trimming", "1.5"))),
    Invoice("Keller Holdings", 20, (mowing("2"),), comment="Another customer with the same e-mail address."),
    Invoice("Pye's Cakes", 18, (Sale("Hedge Trimming", "3"),), discount="10", comment="With a discount line."),
    Invoice("株式会社みどり造園", 16, (Sale("庭園灯", "10", "58.125"),), taxed=True, comment="A rate of three decimals."),
    Invoice("Sunflower 🌻 Farm", 14, (Sale("Fertilizer", "12"),), taxed=True, comment="An item that only the books know."),
    Invoice("O'Brien's Pub", 12, (Sale("Spring Clean-up", text='Beer garden, "front & back"'),)),
    Invoice("Ferreira Tiles", 10, (mowing("1"),), bundles=1, comment="With a bundle, which HubSpot does not know."),
    Invoice("Svoboda Clinic", 9, (Sale("Pump 1/2 HP \"Quiet\""), Sale("Consultation", "2")), taxed=True, comment="A customer of the books only."),
    Invoice("Zoe Lambert", 7, (mowing("1"),), comment="A customer without an e-mail address."),
    Invoice("Delgado Design", 5, (Sale("Garden Design", "3"), Sale("Refunds & Allowances", "1", "-25")), comment="With a line below zero."),
    Invoice("Quinn Abbott", 3, (Sale("Irrigation Installation", "5.333"),), crew="2", comment="An amount that had to be rounded."),
    Invoice("Castellan Vineyards", 1, (mowing("8"), Sale("Sprinkler Head", "6"), Sale(SERVICES, "1", "85")), taxed=True),
)  # fmt: skip

PAYMENTS: tuple[Payment, ...] = (
    Payment("Moreno Family Dental", 80, Decimal("180.00"), ((0, "180.00"),), "Check", "2041"),
    Payment("Castellan Vineyards", 60, Decimal("2307.50"), ((1, "2307.50"),), "Visa", "V-88120"),
    Payment("Redfern Property Group", 25, Decimal("2077.50"), ((2, "962.50"), (3, "540.00"), (4, "575.00")), "Check", "70112"),
    Payment("Fields Childcare Center", 61, Decimal("325.53"), ((5, "325.53"),), "Check", "1187"),
    Payment("Lund Bakery", 70, Decimal("270.00"), ((6, "270.00"),), "Cash"),
    Payment("Okafor & Daughters", 41, Decimal("300.00"), ((7, "300.00"),), "Visa", "V-88541"),
    Payment("Okafor & Daughters", 31, Decimal("243.75"), ((7, "243.75"),), "Visa", "V-88702"),
    Payment("Foster Stables", 30, Decimal("1600.00"), ((8, "1574.40"),), "MasterCard", "M-4410"),
    Payment("Tanaka Tea House", 22, Decimal("200.00"), ((9, "200.00"),), "Cash"),
    Payment("Brandt Brewing", 11, Decimal("500.00"), ((10, "500.00"),), "Check", "9003"),
)
"""The one of Redfern Property Group is over three invoices, that of Foster Stables is more than was open."""

CREDITS: tuple[Credit, ...] = (Credit("Stone Gardens & Walls", 15, (Sale("River Gravel, bag", "20"),), 11, "165.00"),)
