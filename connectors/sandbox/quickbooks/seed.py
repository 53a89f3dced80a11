"""Puts the sample company's people, or a generated population, into the books; what it sells and has sold is `seed_sales`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.sandbox.quickbooks import seed_sales
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.sample import EMPLOYEES, PEOPLE, VENDORS, Person


def seed(app: QuickBooksApp, realm: str) -> None:
    """Load the sample company into an empty realm; does nothing where the realm already has customers."""
    company = app.companies[realm]
    if company.table("Customer").rows:
        return
    load(app, realm, PEOPLE)
    for person in VENDORS:
        company.create("Vendor", body(person, "BillAddr"))
    for person in EMPLOYEES:
        company.create("Employee", body(person, "PrimaryAddr"))
    seed_sales.seed(company)
    app.state.commit()


def load(app: QuickBooksApp, realm: str, people: Iterable[Person]) -> int:
    """Create a customer for each person that stands in the books; gives how many. The change becomes durable at the end."""
    company, count = app.companies[realm], 0
    for person in people:
        if person.in_quickbooks:
            _create(company, person)
            count += 1
    app.state.commit()
    return count


def _create(company: Company, person: Person) -> None:
    row = company.create("Customer", body(person, "BillAddr"))
    if person.side("quickbooks").get("active") == "false":
        company.update("Customer", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, "Active": False})


def body(person: Person, address: str) -> dict[str, Any]:
    """A person as the body of a create; `address` names the member that takes the postal address."""
    values = person.side("quickbooks")
    staff = address == "PrimaryAddr"
    name = values.get("display_name") or values["company"] or f"{values['first']} {values['last']}".strip() or values["email"]
    street = dict(zip(("Line1", "Line2", "Line3", "Line4", "Line5"), values["street"].split("\n"), strict=False))
    place = {"City": values["city"], "CountrySubDivisionCode": values["state"], "PostalCode": values["postal_code"], "Country": values["country"]}
    members: dict[str, Any] = {
        "DisplayName": name,
        "GivenName": values["first"],
        "FamilyName": values["last"],
        "PrimaryEmailAddr": {"Address": values["email"]},
        "PrimaryPhone": {"FreeFormNumber": values["phone"]},
        "Mobile": {"FreeFormNumber": values["mobile"]},
        address: {**street, **place},
    }
    return members if staff else {**members, "CompanyName": values["company"], "Notes": values.get("notes", "")}
