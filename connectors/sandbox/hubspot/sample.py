"""The sample company's HubSpot account: contacts, their companies, and what `sales` adds. `load` fills an account in bulk."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.sandbox.hubspot import sales
from connectors.sandbox.hubspot.accounts import Account
from connectors.sandbox.hubspot.app import PORTAL_ID, HubSpot
from connectors.sandbox.hubspot.desk import Desk
from connectors.sandbox.hubspot.records import PERSON
from connectors.sandbox.sample import PEOPLE, Person

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


def seed(app: HubSpot, portal_id: int = PORTAL_ID) -> None:
    """Fill an account with the sample company, as of now by the app's clock."""
    account = app.accounts[str(portal_id)]
    load(app, portal_id, PEOPLE)
    with app.lock:
        sales.fill(Desk(account, app.switches, PERSON))
        app.state.commit()


def load(app: HubSpot, portal_id: int, people: Iterable[Person]) -> int:
    """Write people into an account as a person's import would, without the API: contacts and their companies. Gives the number of contacts.

    People of one company share it; who does not stand in HubSpot is passed over.
    """
    account = app.accounts[str(portal_id)]
    companies: dict[str, str] = {d["properties"]["name"]: d["id"] for d in account.tables["companies"].after(0) if "name" in d["properties"]}
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
