"""A person looks at the simulated books and edits them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from connectors.sandbox.quickbooks import DEFAULT_REALM, QuickBooksApp, build, load, seed
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.sample import generate
from connectors.sandbox.server import Server
from connectors.sandbox.state import State

BASE = f"/companies/{DEFAULT_REALM}/customer"


class Browser:
    def __init__(self, app: QuickBooksApp, url: str) -> None:
        self.app = app
        self.url = url

    @property
    def company(self) -> Company:
        return self.app.companies[DEFAULT_REALM]

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=10)

    def post(self, path: str, **form: str) -> requests.Response:
        return requests.post(self.url + path, data=form, timeout=10)


@pytest.fixture
def browser() -> Iterator[Browser]:
    app = build(State())
    with Server(app) as server:
        yield Browser(app, server.url)


def test_home_says_that_it_is_a_simulation_and_lists_companies(browser: Browser) -> None:
    page = browser.get("/").text
    assert "simulation" in page
    assert "Cedar &amp; Slate Landscaping" in page
    assert DEFAULT_REALM in page


def test_lists_are_paged_and_searched(browser: Browser) -> None:
    load(browser.app, DEFAULT_REALM, generate(80))
    first, second = browser.get(BASE).text, browser.get(f"{BASE}?page=2").text
    assert (first.count("<tr>"), second.count("<tr>")) == (51, 11)
    assert "60 found" in first
    email = browser.company.read("Customer", "7")["PrimaryEmailAddr"]["Address"]
    assert browser.get(f"{BASE}?q={email.upper()}").text.count("<tr>") == 2


@pytest.mark.parametrize("entity", ["customer", "vendor", "employee"])
def test_each_list_of_the_sample_is_shown_with_what_strangers_wrote_escaped(browser: Browser, entity: str) -> None:
    seed(browser.app, DEFAULT_REALM)
    browser.post(f"/companies/{DEFAULT_REALM}/{entity}/new", DisplayName="<script>alert(1)</script>")
    page = browser.get(f"/companies/{DEFAULT_REALM}/{entity}?q=script").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page


def test_a_person_creates_and_edits_and_only_what_changed_is_sent(browser: Browser) -> None:
    made = browser.post(f"{BASE}/new", DisplayName="Acme", PrimaryPhone="1", City="Denver", **{"street address": "1 Main\r\nRear"})
    assert made.url.endswith(f"{BASE}/1")
    edited = browser.post(f"{BASE}/1", DisplayName="Acme", PrimaryPhone="2", City="Denver", **{"street address": "1 Main\r\nRear"})
    row = browser.company.read("Customer", "1")
    assert edited.status_code == 200
    assert (row["SyncToken"], row["PrimaryPhone"], row["BillAddr"]) == (
        "1", {"FreeFormNumber": "2"}, {"Id": "1", "Line1": "1 Main", "Line2": "Rear", "City": "Denver"},
    )  # fmt: skip


def test_a_person_empties_a_value(browser: Browser) -> None:
    browser.post(f"{BASE}/new", DisplayName="Acme", PrimaryPhone="1", Notes="n", City="Denver")
    browser.post(f"{BASE}/1", PrimaryPhone="", Notes="", City="")
    assert not {"PrimaryPhone", "Notes", "BillAddr"} & browser.company.read("Customer", "1").keys()


def test_a_refusal_is_shown_on_the_form(browser: Browser) -> None:
    browser.post(f"{BASE}/new", DisplayName="Acme")
    answer = browser.post(f"{BASE}/new", DisplayName="acme")
    assert answer.status_code == 400
    assert "6240" in answer.text


def test_a_person_makes_a_customer_inactive_and_active_again(browser: Browser) -> None:
    browser.post(f"{BASE}/new", DisplayName="Acme")
    browser.post(f"{BASE}/1/active")
    assert browser.company.read("Customer", "1")["DisplayName"] == "Acme (deleted)"
    browser.post(f"{BASE}/1", DisplayName="Acme (deleted)", Notes="kept inactive")
    assert browser.company.read("Customer", "1")["DisplayName"] == "Acme (deleted)"
    browser.post(f"{BASE}/1/active")
    assert browser.company.read("Customer", "1")["DisplayName"] == "Acme"


def test_a_person_merges_customers(browser: Browser) -> None:
    for name in ("Winner", "Loser"):
        browser.post(f"{BASE}/new", DisplayName=name)
    assert browser.post(f"{BASE}/2/merge", into="2").status_code == 400
    assert browser.post(f"{BASE}/2/merge", into="1").url.endswith(f"{BASE}/1")
    assert browser.get(f"{BASE}/2").status_code == 404


def test_a_deep_link_leads_to_the_customer(browser: Browser) -> None:
    browser.post(f"{BASE}/new", DisplayName="Acme")
    assert browser.get("/app/customerdetail?nameId=1").url.endswith(f"{BASE}/1")
    assert browser.get("/app/customerdetail?nameId=2").status_code == 404


@pytest.mark.parametrize("path", ["/companies/1/customer", f"/companies/{DEFAULT_REALM}/spaceship", f"{BASE}/4711"])
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_a_foreign_page_cannot_edit(browser: Browser) -> None:
    answer = requests.post(f"{browser.url}{BASE}/new", data={"DisplayName": "Acme"}, headers={"Origin": "null"}, timeout=10)
    assert answer.status_code == 403
    assert not browser.company.table("Customer").rows
