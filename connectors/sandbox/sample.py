"""The sample company: the customers, suppliers and staff of a small landscaping firm, as its CRM and its books know them.

One table for both simulated services, so that they overlap on purpose: most people stand on both sides, some on one, and some differ.
Every name is fictional; every address is in a domain that cannot receive mail. `generate` makes larger populations of the same shape.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

Overrides = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """One person or company. Empty text means that the value is missing.

    `hubspot` and `quickbooks` say what one side holds instead: keys are the names of the attributes above them, "" empties a value. Other keys
    are the side's own: `hs_additional_emails`, `message` in HubSpot; `display_name`, `notes`, `active` ("false") in QuickBooks.
    """

    first: str = ""
    last: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    in_hubspot: bool = True
    in_quickbooks: bool = True
    hubspot: Overrides = field(default_factory=dict)
    quickbooks: Overrides = field(default_factory=dict)
    note: str = ""

    def side(self, name: str) -> dict[str, str]:
        """The values one side ("hubspot" or "quickbooks") holds, overrides applied."""
        plain = {key: str(getattr(self, key)) for key in VALUE_KEYS}
        return {**plain, **(self.hubspot if name == "hubspot" else self.quickbooks)}


VALUE_KEYS = ("first", "last", "company", "email", "phone", "mobile", "street", "city", "state", "postal_code", "country")


class Place(TypedDict):
    street: str
    city: str
    state: str
    postal_code: str
    country: str


class Side(TypedDict, total=False):
    in_hubspot: bool
    in_quickbooks: bool


ONLY_HUBSPOT: Side = {"in_quickbooks": False}
ONLY_QUICKBOOKS: Side = {"in_hubspot": False}


def denver(street: str, city: str = "Denver", postal_code: str = "80202") -> Place:
    """An address in the firm's own state."""
    return {"street": street, "city": city, "state": "CO", "postal_code": postal_code, "country": "USA"}


LONG_TEXT = "Prefers visits before nine; the gate code changes monthly, so call ahead. " * 60

PEOPLE: tuple[Person, ...] = (
    # The same on both sides.
    Person("Alice", "Moreno", "Moreno Family Dental", "alice@morenodental.example", "(303) 555-0101", "(303) 555-0151", **denver("12 Aspen Court")),
    Person("Bob", "Castellan", "Castellan Vineyards", "bob@castellan.example", "(303) 555-0102", **denver("480 Orchard Road", "Palisade", "81526")),
    Person("Charlie", "Whitcomb", "", "charlie.whitcomb@example.com", "(303) 555-0103", **denver("77 Larimer Street")),
    Person("Dana", "Fields", "Fields Childcare Center", "dana@fieldscare.example", "(303) 555-0104", **denver("9 Juniper Way", "Boulder", "80301")),
    Person("Erik", "Lund", "Lund Bakery", "erik@lundbakery.example", "(303) 555-0105", **denver("31 Pearl Street", "Boulder", "80302")),
    Person("Fatima", "Haddad", "", "fatima.haddad@example.com", "", "(720) 555-0106", **denver("1500 Colfax Avenue", "Aurora", "80010")),
    Person("Grace", "Okafor", "Okafor & Daughters", "grace@okafor.example", "(303) 555-0107", **denver("205 Cherry Lane")),
    Person("Henry", "Tanaka", "Tanaka Tea House", "henry@tanakatea.example", "(303) 555-0108", **denver("64 Blossom Street", "Lakewood", "80226")),
    Person("Ines", "Ferreira", "Ferreira Tiles", "ines@ferreira.example", "(303) 555-0109", **denver("18 Quarry Road", "Golden", "80401")),
    Person("Jonas", "Weber", "", "jonas.weber@example.com", "(303) 555-0110", **denver("3 Mill Pond", "Littleton", "80120")),
    # Several contacts of one company.
    Person("Karen", "Pye", "Pye's Cakes", "karen@pyescakes.example", "(303) 555-0111", **denver("25 Court Street", "Arvada", "80002")),
    Person(
        "Lewis", "Pye", "Pye's Cakes", "lewis@pyescakes.example", "(303) 555-0112", **denver("25 Court Street", "Arvada", "80002"), **ONLY_HUBSPOT
    ),
    Person("Mary", "Redfern", "Redfern Property Group", "mary@redfern.example", "(303) 555-0113", **denver("700 Broadway")),
    Person("Nikhil", "Rao", "Redfern Property Group", "nikhil@redfern.example", "(303) 555-0114", **denver("700 Broadway"), **ONLY_HUBSPOT),
    Person("Olga", "Petrova", "Redfern Property Group", "olga@redfern.example", "(303) 555-0115", **denver("702 Broadway"), **ONLY_HUBSPOT),
    # On both sides, but not the same.
    Person(
        "Peter",
        "Novak",
        "Novak Motors",
        "peter@novakmotors.example",
        "(303) 555-0116",
        **denver("88 Garage Row"),
        quickbooks={"email": "Peter@NovakMotors.example"},
        note="The case of the e-mail address differs.",
    ),
    Person(
        "Quinn",
        "Abbott",
        "",
        "quinn.abbott@example.com",
        "(303) 555-0117",
        **denver("41 Summit Drive", "Evergreen", "80439"),
        hubspot={"phone": "+1 303-555-0177"},
        note="The phone number differs.",
    ),
    Person(
        "Rosa",
        "Delgado",
        "Delgado Design",
        "rosa@delgadodesign.example",
        "(303) 555-0118",
        **denver("5 Gallery Place"),
        hubspot={"phone": ""},
        note="The phone number is missing in HubSpot.",
    ),
    Person(
        "Sam",
        "Whitaker",
        "",
        "sam.whitaker@example.com",
        "(303) 555-0119",
        **denver("900 Ridge Road", "Morrison", "80465"),
        quickbooks={"phone": "", "street": "", "city": "", "state": "", "postal_code": "", "country": ""},
        note="No phone or address in QuickBooks.",
    ),
    Person(
        "Tess",
        "Ibarra",
        "Ibarra Yoga",
        "tess@ibarrayoga.example",
        "(303) 555-0120",
        **denver("14 Lotus Lane", "Boulder", "80304"),
        quickbooks={"last": "Ibarra-Cole"},
        note="Married; the books know the new name.",
    ),
    Person(
        "Uwe",
        "Brandt",
        "Brandt Brewing",
        "uwe@brandt.example",
        "(303) 555-0121",
        **denver("333 Hops Street"),
        hubspot={"company": "Brandt Brewing Co."},
        note="The company is spelled differently.",
    ),
    # Awkward names.
    Person("Åsa", "Öberg", "Öbergs Trädgård AB", "asa@obergs.example", "+46 8 555 01 22", "", "Storgatan 7", "Örebro", "", "702 10", "Sweden"),
    Person("健太", "山田", "株式会社みどり造園", "kenta@midori.example", "+81 3 5555 0123", "", "緑町1-2-3", "東京", "", "190-0021", "Japan"),
    Person("Sunny", "Day 🌻", "Sunflower 🌻 Farm", "sunny@sunflower.example", "(303) 555-0124", **denver("1 Field Road", "Brighton", "80601")),
    Person("Siobhan", "O'Brien", "O'Brien's Pub", "siobhan.o'brien@obrien.example", "(303) 555-0125", **denver("17 Clover Street")),
    Person(
        "Vera",
        "Stone",
        "Stone: Gardens & Walls",
        "vera@stonegardens.example",
        "(303) 555-0126",
        **denver("60 Rock Street"),
        quickbooks={"company": "Stone Gardens & Walls"},
        note="A colon in the company name, which the books do not take.",
    ),
    Person(
        "Walt",
        "Greer",
        "Greer Nursery Supply",
        "walt@greernursery.example",
        "(303) 555-0127",
        **denver("2 Greenhouse Lane"),
        **ONLY_HUBSPOT,
        note="The company has the name of a supplier in the books.",
    ),
    Person("", "", "", "info@brightonclub.example", "(303) 555-0128", **ONLY_HUBSPOT, note="An address without a name."),
    Person(
        "Xavier",
        "Long",
        "",
        "xavier.long@example.com",
        "(303) 555-0129",
        **denver("8 Verbose Avenue"),
        hubspot={"message": LONG_TEXT},
        quickbooks={"notes": LONG_TEXT[:2000]},
        note="A very long text.",
    ),
    Person(
        "Bartholomew Maximilian Fitzgerald",
        "Featherstonehaugh-Cholmondeley of the Upper Marsh and Meadow",
        "",
        "bart@featherstone.example",
        "(303) 555-0130",
        **denver("99 Long Drive"),
        **ONLY_HUBSPOT,
        note="A name at the limits of the books.",
    ),
    # E-mail: missing, doubled, several.
    Person("Yusuf", "Demir", "Demir Rugs", "", "(303) 555-0131", **denver("21 Weaver Street"), **ONLY_HUBSPOT, note="No e-mail address."),
    Person("Zoe", "Lambert", "", "", "(303) 555-0132", **denver("4 Quiet Close"), **ONLY_QUICKBOOKS, note="No e-mail address."),
    Person("Adam", "Keller", "Keller Rentals", "office@keller.example", "(303) 555-0133", **denver("50 Tenant Street")),
    Person(
        "Anna",
        "Keller",
        "Keller Holdings",
        "office@keller.example",
        "(303) 555-0134",
        **denver("52 Tenant Street"),
        **ONLY_QUICKBOOKS,
        note="Shares its e-mail address with Keller Rentals: two customers, one address.",
    ),
    Person(
        "Bella",
        "Rossi",
        "",
        "bella.rossi@example.com",
        "(303) 555-0135",
        **denver("6 Terrace Street"),
        hubspot={"hs_additional_emails": "bella@rossi.example"},
        quickbooks={"email": "bella@rossi.example"},
        note="The books know the second address of the contact.",
    ),
    # On one side only.
    Person("Carl", "Jensen", "Jensen Roofing", "carl@jensenroofing.example", "(303) 555-0136", **denver("13 Gable Street"), **ONLY_HUBSPOT),
    Person("Daisy", "Nguyen", "", "daisy.nguyen@example.com", "(303) 555-0137", **denver("29 Bamboo Court"), **ONLY_HUBSPOT),
    Person("Emil", "Koch", "Koch Bikes", "emil@kochbikes.example", "(303) 555-0138", **denver("71 Spoke Street"), **ONLY_HUBSPOT),
    Person("Flora", "Vance", "", "flora.vance@example.com", "(303) 555-0139", **denver("10 Petal Place"), **ONLY_HUBSPOT),
    Person("Gus", "Marlow", "Marlow Fencing", "gus@marlow.example", "(303) 555-0140", **denver("35 Picket Street"), **ONLY_HUBSPOT),
    Person("Hana", "Svoboda", "Svoboda Clinic", "hana@svoboda.example", "(303) 555-0141", **denver("55 Care Street"), **ONLY_QUICKBOOKS),
    Person("Igor", "Blum", "", "igor.blum@example.com", "(303) 555-0142", **denver("16 Bloom Street"), **ONLY_QUICKBOOKS),
    Person(
        "Jade",
        "Foster",
        "Foster Stables",
        "jade@fosterstables.example",
        "(303) 555-0143",
        **denver("300 Paddock Road", "Parker", "80134"),
        **ONLY_QUICKBOOKS,
    ),
    Person(
        "Kurt",
        "Ames",
        "Ames Storage",
        "kurt@ames.example",
        "(303) 555-0144",
        **denver("84 Depot Street"),
        **ONLY_QUICKBOOKS,
        quickbooks={"active": "false"},
        note="An inactive customer.",
    ),
    Person("Lena", "Hart", "", "lena.hart@example.com", "(303) 555-0145", **denver("23 Meadow Lane"), **ONLY_HUBSPOT),
    Person("Mona", "Diaz", "Diaz Florists", "mona@diazflorists.example", "(303) 555-0146", **denver("38 Rose Street"), **ONLY_HUBSPOT),
    Person("Ned", "Crane", "", "ned.crane@example.com", "(303) 555-0147", **denver("7 Heron Street"), **ONLY_HUBSPOT),
)

VENDORS: tuple[Person, ...] = (
    Person("Gina", "Greer", "Greer Nursery Supply", "sales@greernursery.example", "(303) 555-0160", **denver("2 Greenhouse Lane"), **ONLY_QUICKBOOKS),
    Person("Hal", "Stokes", "Stokes Gravel and Sand", "orders@stokesgravel.example", "(303) 555-0161", **denver("400 Pit Road"), **ONLY_QUICKBOOKS),
    Person("Ivy", "Ortega", "Ortega Irrigation", "ivy@ortega.example", "(303) 555-0162", **denver("58 Pipe Street"), **ONLY_QUICKBOOKS),
    Person("", "", "Front Range Power", "billing@frontrangepower.example", "(303) 555-0163", **denver("1 Grid Plaza"), **ONLY_QUICKBOOKS),
)

EMPLOYEES: tuple[Person, ...] = (
    Person("Mateo", "Rivera", "", "mateo@fernhill.example", "(303) 555-0170", **denver("11 Fern Hill"), **ONLY_QUICKBOOKS),
    Person("Ruth", "Calloway", "", "ruth@fernhill.example", "(303) 555-0171", **denver("11 Fern Hill"), **ONLY_QUICKBOOKS),
)

FIRST_NAMES = (
    "Ada",
    "Ben",
    "Cora",
    "Dylan",
    "Elsa",
    "Felix",
    "Gwen",
    "Hugo",
    "Iris",
    "Joel",
    "Kira",
    "Leon",
    "Maja",
    "Nils",
    "Oona",
    "Paul",
    "Rita",
    "Sven",
    "Tara",
    "Ulf",
)
LAST_NAMES = (
    "Adler",
    "Berg",
    "Conti",
    "Dahl",
    "Egan",
    "Frost",
    "Gallo",
    "Holm",
    "Iyer",
    "Jansen",
    "Kim",
    "Lopez",
    "Meyer",
    "North",
    "Olsen",
    "Park",
    "Quist",
    "Reyes",
    "Soto",
    "Udo",
)
TRADES = ("Gardens", "Orchards", "Estates", "Paving", "Nurseries", "Parks", "Lawns", "Terraces", "Ponds", "Hedges")
STREETS = ("Aspen", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper")
CITIES = (("Denver", "80202"), ("Boulder", "80301"), ("Aurora", "80010"), ("Golden", "80401"), ("Parker", "80134"))


def generate(count: int, seed: int = 1) -> Iterator[Person]:
    """Yield `count` people one by one, the same for the same seed; e-mail addresses and company names never repeat.

    Half of them stand on both sides, a quarter on each side only.
    """
    source = random.Random(seed)
    for number in range(1, count + 1):
        first, last = source.choice(FIRST_NAMES), source.choice(LAST_NAMES)
        city, postal_code = source.choice(CITIES)
        yield Person(
            first,
            last,
            f"{last} {source.choice(TRADES)} {number}",
            f"{first}.{last}.{number}@example.com".lower(),
            f"(303) 555-{source.randrange(10000):04d}",
            "",
            **denver(f"{source.randrange(1, 999)} {source.choice(STREETS)} Street", city, postal_code),
            in_hubspot=number % 4 != 1,
            in_quickbooks=number % 4 != 2,
        )
