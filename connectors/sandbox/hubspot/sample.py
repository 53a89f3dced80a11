"""The sample company's HubSpot account: contacts, their companies, and a few invoices made in HubSpot. `load` fills an account in bulk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import PORTAL_ID, HubSpot
from connectors.sandbox.hubspot.records import PERSON
from connectors.sandbox.hubspot.values import iso
from connectors.sandbox.sample import PEOPLE, Person

DAY_MS = 86_400_000

PROPERTIES = {
    "first": "firstname",
    "last": "lastname",
    "company": "company",
    "email": "email",
    "phone": "phone",
    "mobile": "mobilephone",
    "street": "address",
    "city": "city",
    "state": "state",
    "postal_code": "zip",
    "country": "country",
}
"""Attributes of a Person and the contact properties that hold them; other keys of an override are property names themselves."""


@dataclass(frozen=True, slots=True)
class SampleInvoice:
    """An invoice of one contact, made some days before the seeding. `source` is the stored value of hs_invoice_source."""

    contact: str
    number: str
    status: str
    days_ago: int
    amount: str
    source: str = "hubspot"


INVOICES = (
    SampleInvoice("carl@jensenroofing.example", "INV-1001", "open", 0, "480.00"),
    SampleInvoice("daisy.nguyen@example.com", "INV-1002", "open", 0, "125.50"),
    SampleInvoice("lewis@pyescakes.example", "INV-1003", "open", 0, "92.00"),
    SampleInvoice("walt@greernursery.example", "INV-1004", "open", 0, "260.00"),
    SampleInvoice("bart@featherstone.example", "INV-1005", "open", 0, "75.00"),
    SampleInvoice("emil@kochbikes.example", "INV-1006", "draft", 0, "310.00"),
    SampleInvoice("flora.vance@example.com", "INV-0790", "open", 400, "640.00"),
    SampleInvoice("gus@marlow.example", "QB-2201", "open", 0, "1150.00", "data_sync"),
    SampleInvoice("alice@morenodental.example", "INV-1007", "paid", 0, "200.00"),
    SampleInvoice("mona@diazflorists.example", "INV-1008", "voided", 0, "88.00"),
    SampleInvoice("vera@stonegardens.example", "INV-1009", "open", 0, "2300.00"),
)


def seed(app: HubSpot, portal_id: int = PORTAL_ID) -> None:
    """Fill an account with the sample company, as of now by the app's clock."""
    account = app.accounts[str(portal_id)]
    load(app, portal_id, PEOPLE)
    now = app.moment()
    invoices, contacts = account.tables["invoices"], account.tables["contacts"]
    for sample in INVOICES:
        made = now - sample.days_ago * DAY_MS
        values = {
            "hs_number": sample.number,
            "hs_invoice_status": sample.status,
            "hs_currency": account.details["companyCurrency"],
            "hs_invoice_date": iso(made),
            "hs_amount_billed": sample.amount,
            "hs_balance_due": sample.amount if sample.status == "open" else "0",
        }
        invoice = invoices.insert(values, PERSON, created=made)
        invoices.change(invoice, {"hs_invoice_source": sample.source}, PERSON, touch=False)
        contact = contacts.holder("email", sample.contact)
        assert contact is not None, sample.contact
        account.associate("invoices", invoice["id"], "contacts", contact["id"])
    app.state.commit()


def load(app: HubSpot, portal_id: int, people: Iterable[Person]) -> int:
    """Write people into an account as a person's import would, without the API: contacts and their companies. Gives the number of contacts.

    People of one company share it; who does not stand in HubSpot is passed over.
    """
    account = app.accounts[str(portal_id)]
    companies: dict[str, str] = {
        d["properties"]["name"]: d["id"] for d in account.tables["companies"].after(0) if "name" in d["properties"]
    }
    count = 0
    with app.lock:
        for person in people:
            if person.in_hubspot:
                _add(account, person.side("hubspot"), companies)
                count += 1
        app.state.commit()
    return count


def _add(account: Account, values: dict[str, str], companies: dict[str, str]) -> None:
    properties = {PROPERTIES.get(key, key): value for key, value in values.items()}
    properties["email"] = properties["email"].lower()
    contact = account.tables["contacts"].insert(properties, PERSON)
    name = values["company"]
    if not name:
        return
    if name not in companies:
        domain = properties["email"].partition("@")[2] if properties["email"] else ""
        own = "" if domain == "example.com" else domain
        company = {"name": name, "domain": own, "city": values["city"], "country": values["country"]}
        companies[name] = account.tables["companies"].insert(company, PERSON)["id"]
    account.associate("contacts", contact["id"], "companies", companies[name], source=PERSON)
