"""The pages of the simulated HubSpot: a person looks at records and edits them."""

from __future__ import annotations

import re

import requests

from connectors.sandbox.hubspot import load, seed
from connectors.sandbox.sample import generate
from connectors.tests.hubspot_world import World


def get(world: World, path: str) -> str:
    answer = requests.get(world.url + path, timeout=10)
    assert answer.status_code == 200
    return answer.text


def post(world: World, path: str, form: dict[str, str] | None = None, **headers: str) -> requests.Response:
    return requests.post(world.url + path, data=form or {}, headers=headers, timeout=10)


def test_the_home_page_says_that_it_is_a_simulation_and_lists_accounts(world: World) -> None:
    page = get(world, "/")
    assert "simulation" in page
    assert "Fernhill Landscaping" in page


def test_lists_show_fifty_at_a_time_and_search(world: World) -> None:
    load(world.app, 1234567, generate(100))
    first, second = get(world, "/contacts/1234567/objects/0-1"), get(world, "/contacts/1234567/objects/0-1?page=2")
    assert first.count("/contacts/1234567/record/0-1/") == 50
    assert second.count("/contacts/1234567/record/0-1/") == 25
    assert "75 contacts" in first
    assert get(world, "/contacts/1234567/objects/0-1?q=.17%40example").count("/record/0-1/") == 0
    one = next(iter(world.account.tables["contacts"].documents.values()))["properties"]["email"]
    assert get(world, f"/contacts/1234567/objects/0-1?q={one}").count("/record/0-1/") == 1


def test_a_person_creates_edits_archives_and_restores_a_contact(world: World) -> None:
    made = post(world, "/contacts/1234567/objects/0-1/new", {"email": "New@Example.com", "firstname": "<i>New</i>"})
    assert made.status_code == 200
    assert "&lt;i&gt;New" in made.text
    record = made.url.rpartition("/")[2]
    place = f"/contacts/1234567/record/0-1/{record}"
    assert post(world, place + "/edit", {"firstname": "Edited", "address": "1 Street\r\nFloor 2"}).status_code == 200
    assert world.held(record)["address"] == "1 Street\nFloor 2"
    history = world.ask("GET", f"/crm/objects/2026-09/contacts/{record}?propertiesWithHistory=firstname").json()["propertiesWithHistory"]
    assert {entry["sourceType"] for entry in history["firstname"]} == {"CRM_UI"}
    assert "Restore" in post(world, place + "/archive").text
    assert record in get(world, "/contacts/1234567/objects/0-1?archived=1")
    assert "Archive" in post(world, place + "/restore").text


def test_saving_without_a_change_changes_nothing(world: World) -> None:
    record = world.contact(email="same@example.com", firstname="Same")
    before = world.held(record)
    world.now += 60
    post(world, f"/contacts/1234567/record/0-1/{record}/edit", {"email": "same@example.com", "firstname": "Same", "lastname": ""})
    assert world.held(record) == before


def test_what_is_refused_is_said_in_words(world: World) -> None:
    world.contact(email="one@example.com")
    answer = post(world, "/contacts/1234567/objects/0-1/new", {"email": "one@example.com"})
    assert answer.status_code == 409
    assert "Contact already exists" in answer.text


def test_a_restore_whose_address_was_taken_is_refused(world: World) -> None:
    gone = world.contact(email="again@example.com")
    post(world, f"/contacts/1234567/record/0-1/{gone}/archive")
    world.contact(email="again@example.com")
    assert post(world, f"/contacts/1234567/record/0-1/{gone}/restore").status_code == 400


def test_a_person_gives_a_contact_a_company_and_an_invoice(world: World) -> None:
    contact = world.contact(email="c@example.com")
    company = world.ask("POST", "/crm/objects/2026-09/companies", {"properties": {"name": "Acme"}}).json()["id"]
    place = f"/contacts/1234567/record/0-1/{contact}"
    assert "Acme" in post(world, place + "/company", {"company": company}).text
    assert world.held(contact)["associatedcompanyid"] == company
    assert post(world, place + "/company", {"company": "999"}).status_code == 404
    made = post(world, place + "/invoice", {"hs_number": "7", "hs_invoice_status": "open", "hs_amount_billed": "12.50"})
    [invoice] = world.account.tables["invoices"].documents.values()
    assert invoice["properties"]["hs_invoice_source"] == "hubspot"
    assert invoice["created"] == round(world.now * 1000)
    assert re.search(r"/record/0-53/\d+$", made.url)
    assert list(world.account.associated("contacts", contact, "invoices")) == [invoice["id"]]


def test_forms_from_another_site_are_refused(world: World) -> None:
    record = world.contact(email="safe@example.com")
    place = f"/contacts/1234567/record/0-1/{record}/archive"
    for origin in ("https://evil.example", "null"):
        assert post(world, place, Origin=origin).status_code == 403
    assert world.account.tables["contacts"].documents[int(record)]["archived"] is None
    assert post(world, place, Origin=world.url).status_code == 200


def test_every_page_of_the_sample_company_opens(world: World) -> None:
    seed(world.app)
    for name, type_id in (("contacts", "0-1"), ("companies", "0-2"), ("invoices", "0-53")):
        get(world, f"/contacts/1234567/objects/{type_id}")
        get(world, f"/contacts/1234567/objects/{type_id}/new")
        for number in list(world.account.tables[name].documents)[:12]:
            get(world, f"/contacts/1234567/record/{type_id}/{number}")
    assert requests.get(world.url + "/contacts/999/objects/0-1", timeout=10).status_code == 404
    assert requests.get(world.url + "/contacts/1234567/record/0-1/999", timeout=10).status_code == 404
