"""The whole path in a real browser, on the real thing: `manage.py demo` in a process of its own, chromium in front of it.

Pictures of every page go to `artifacts/`. Every page is checked by axe in light and dark, wide and narrow.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
PICTURES = Path(django_settings.BASE_DIR) / "artifacts"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
POLL_SECONDS = 20
PATIENCE = 90
AMBIGUOUS = {"bella@rossi.example"}
"""The address that a contact has as a further one: that record fails, and says why."""
CUSTOMER = "/companies/9130350000000000001/customer"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Demo:
    """A running demo: addresses, and the password its terminal showed."""

    web: str
    hubspot: str
    quickbooks: str
    password: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`manage.py demo` with data of its own; the terminal must show address, user and password within two minutes."""
    folder = tmp_path_factory.mktemp("demo")
    ports = {name: free_port() for name in ("WEB_PORT", "HUBSPOT_SANDBOX_PORT", "QUICKBOOKS_SANDBOX_PORT")}
    web = f"http://localhost:{ports['WEB_PORT']}"
    pace = {f"{app}_POLL_SECONDS": str(POLL_SECONDS) for app in ("HUBSPOT", "QUICKBOOKS")}
    own = (
        pace
        | {name: str(port) for name, port in ports.items()}
        | {
            "DATA_DIR": str(folder),
            "SITE_URL": web,
            "HUBSPOT_POLL_SECONDS": str(POLL_SECONDS),
            "QUICKBOOKS_POLL_SECONDS": str(POLL_SECONDS),
        }
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")} | own
    terminal = folder / "terminal.txt"
    with terminal.open("w") as out:
        command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "demo"]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_for(lambda: answers(f"{web}/healthz"), 120, lambda: terminal.read_text())
        password = re.search(r"Log in as admin with the password (\S+)", terminal.read_text())
        assert password, terminal.read_text()
        yield Demo(web, f"http://127.0.0.1:{ports['HUBSPOT_SANDBOX_PORT']}", f"http://127.0.0.1:{ports['QUICKBOOKS_SANDBOX_PORT']}", password[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode == 0, terminal.read_text()[-2000:]


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).status_code == 200
    except requests.RequestException:
        return False


def wait_for(true: Callable[[], bool], seconds: float, said: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s. {said()}"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "chromium is missing; make test installs it where it can"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        yield made
        made.close()


class Person:
    """Somebody at a browser. Complaints of the page (console errors, policy violations) are collected."""

    def __init__(self, browser: Browser, demo: Demo) -> None:
        self.demo = demo
        self.page: Page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.text} {m.location.get('url')}") if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))

    def go(self, path: str) -> None:
        self.page.goto(self.demo.web + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).or_(self.page.get_by_role("link", name=name, exact=True)).first.click()
        self.page.wait_for_load_state()

    def look(self, name: str) -> list[str]:
        """Take pictures of the page, wide and narrow, light and dark; what axe finds, and whether it scrolls sideways."""
        found: list[str] = []
        own = list(self.complaints)
        PICTURES.mkdir(exist_ok=True)
        for theme in ("light", "dark"):
            for width in (1280, 360):
                self.page.set_viewport_size({"width": width, "height": 900})
                self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # colours that fade would be measured half-way
                self.page.screenshot(path=str(PICTURES / f"{name}-{width}-{theme}.png"), full_page=True)
                where = f"{name} {width} {theme}"
                found += [f"{where}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in Axe().run(self.page, options=RULES).response["violations"]]
                if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    found.append(f"{where}: scrolls sideways")
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.page.emulate_media(color_scheme="light")
        self.complaints = own  # pictures and axe bring styles along, which the policy rightly blocks
        return found

    def connect(self, provider: str) -> None:
        self.go(f"/apps/connect/{provider}/")
        self.page.locator("main form button").first.click()
        self.page.get_by_role("button", name=re.compile("^Connect")).click()
        self.page.wait_for_url(f"{self.demo.web}/**")

    def the_money(self) -> list[str]:
        """Look at what to do first, then set up products and invoices, and look at what came of it."""
        page, seen = self.page, list[str]()
        self.go("/readiness/")
        expect(page.get_by_role("heading", name="Before you start", level=1)).to_be_visible()
        seen += self.look("readiness")
        self.begin("product")
        self.press("Next")
        seen += self.look("product-configure")
        self.through("product")
        self.begin("invoice", direction="both")
        seen += self.look("invoice-choose")
        self.press("Next")
        page.locator("select[name=income_account]").select_option(index=1)
        seen += self.look("invoice-configure")
        self.press("Next")
        seen += self.look("invoice-limit")
        page.get_by_role("link", name=re.compile("^Edit")).last.click()
        self.press("Remove condition 1 of group 1")
        self.press("Done")
        self.press("Next")
        expect(page.get_by_role("heading", name="What will happen")).to_be_visible(timeout=60_000)
        seen += self.look("invoice-review")
        self.press("Save and sync")
        expect(page.get_by_text("Up to date")).to_have_count(5, timeout=60_000)
        seen += self.look("overview-money")
        self.go("/records/?object=invoice&q=1030")
        page.locator("main table tbody a").first.click()
        expect(page.locator("main")).to_contain_text("Services")
        seen += self.look("record-invoice")
        self.go("/reports/fees/")
        seen += self.look("fees")
        self.go("/records/export/")
        seen += self.look("export")
        return seen

    def begin(self, kind: str, direction: str = "") -> None:
        """The first step of a new sync of a kind."""
        self.go("/syncs/new/")
        self.page.locator("select[name=kind]").select_option(kind)
        if direction:
            self.page.locator(f"input[name=direction][value={direction}]").check(force=True)

    def through(self, kind: str) -> None:
        """From Configure to a sync that is up to date, with what is recommended."""
        self.press("Next")
        self.press("Next")
        expect(self.page.get_by_role("heading", name="What will happen")).to_be_visible(timeout=60_000)
        self.look(f"{kind}-review")
        self.press("Save and sync")
        expect(self.page.get_by_text("Up to date")).to_have_count(2, timeout=60_000)


def set_phone(demo: Demo, name: str, phone: str) -> str:
    """Change a customer's phone on the simulation's own pages; gives the customer's address there."""
    listing = requests.get(demo.quickbooks + CUSTOMER, params={"q": name}, timeout=5).text
    address = demo.quickbooks + re.search(rf'href="({CUSTOMER}/\d+)"', listing)[1]  # type: ignore[index]
    form = dict(re.findall(r'<input name="([^"]+)" value="([^"]*)"', requests.get(address, timeout=5).text))
    key = next(k for k in form if k.startswith("PrimaryPhone"))
    answer = requests.post(address, data={**form, key: phone}, timeout=5, headers={"Origin": demo.quickbooks})
    assert answer.status_code == 200, answer.text[:500]
    return address


def in_hubspot(demo: Demo, text: str) -> bool:
    """Whether the simulated HubSpot shows a text on its list of contacts or on a contact."""
    listing = requests.get(f"{demo.hubspot}/contacts/1234567/objects/0-1", timeout=5).text
    records = re.findall(r'href="(/contacts/1234567/record/0-1/\d+)"', listing)
    return any(text in requests.get(demo.hubspot + record, timeout=5).text for record in dict.fromkeys(records))


@pytest.mark.long
def test_from_sign_in_to_edits_that_travel(demo: Demo, browser: Browser) -> None:
    admin = Person(browser, demo)
    page, seen = admin.page, list[str]()

    admin.go("/")
    page.get_by_label("Username").or_(page.locator("input[name=login]")).first.fill("admin")
    page.locator("input[name=password]").fill("wrong password")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text(re.compile("not correct|incorrect", re.I))
    seen += admin.look("login")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill(demo.password)
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Connected apps", level=1)).to_be_visible()

    admin.connect("hubspot")
    admin.connect("quickbooks")
    expect(page.locator("main")).to_contain_text("Cedar & Slate Landscaping")
    seen += admin.look("apps")

    admin.go("/syncs/")
    seen += admin.look("overview-empty")
    admin.go("/syncs/new/")
    seen += admin.look("wizard-choose")
    admin.press("Next")
    seen += admin.look("wizard-configure")
    admin.press("Next")
    seen += admin.look("wizard-limit")
    page.get_by_role("link", name=re.compile("^Edit")).last.click()
    expect(page.get_by_role("heading", name="Edit filter: to QuickBooks")).to_be_visible()
    seen += admin.look("wizard-filter")
    admin.press("Remove condition 2 of group 1")
    admin.press("Done")
    admin.press("Next")
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible(timeout=60_000)
    seen += admin.look("wizard-review")
    admin.press("Save and sync")

    expect(page.get_by_text("Up to date")).to_be_visible(timeout=60_000)
    seen += admin.look("overview")
    assert everybody_is_there(demo)

    page.get_by_role("link", name=re.compile(r"failing, ", re.I)).first.click()
    expect(page.get_by_role("heading", name=re.compile("failing"))).to_be_visible()
    seen += admin.look("panel")
    admin.go("/records/?state=failing")
    seen += admin.look("records")
    page.locator("main table tbody a").first.click()
    page.wait_for_load_state()
    seen += admin.look("record")

    set_phone(demo, "Alice", "(303) 555-7001")
    admin.go("/syncs/")
    page.locator("summary", has_text="More").first.click()
    admin.press("Sync now")
    wait_for(lambda: in_hubspot(demo, "(303) 555-7001"), 20)

    set_phone(demo, "Alice", "(303) 555-7002")
    wait_for(lambda: in_hubspot(demo, "(303) 555-7002"), PATIENCE)

    seen += admin.the_money()
    assert (seen, admin.complaints) == ([], [])


def everybody_is_there(demo: Demo) -> bool:
    """Whoever is in scope stands on both sides: every active customer with an address of its own, every contact that became a customer's."""
    listing = requests.get(demo.quickbooks + CUSTOMER, timeout=5).text
    customers = {unescape(address).lower() for address in re.findall(r"<td>([^<]+@[^<]+)</td><td>active</td>", listing)}
    contacts = requests.get(f"{demo.hubspot}/contacts/1234567/objects/0-1", timeout=5).text
    addresses = {unescape(address).lower() for address in re.findall(r">([^<>\s]+@[^<>\s]+)<", contacts)}
    assert len(customers) > 30
    assert customers - addresses == AMBIGUOUS
    return {"daisy.nguyen@example.com"} <= customers
