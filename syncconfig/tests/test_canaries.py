"""Where nobody may find a token or a client's secret: on no page, in no export, in no list of processes (security S64, S65)."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from connectors.errors import ConnectorError
from connectors.sandbox.hubspot import CLIENT_ID, oauth
from connectors.sandbox.server import Closed, Reply, Request
from syncconfig import tasks
from syncconfig.credentials import connector_for
from syncconfig.models import Connection, ObjectSync, SyncRun
from syncconfig.tests.system import Command, work
from syncconfig.tests.test_secrets import CLIENT_SECRETS, dumped, everything_happens, issued, listening, spellings
from syncconfig.tests.town import Town, running

pytestmark = pytest.mark.django_db(transaction=True)

MOST_PAGES = 400
LINK = re.compile(r"""(?:href|action|hx-get|data-href)=["']([^"'#]+)""")


@pytest.fixture
def town(settings: Any, admin: Any) -> Iterator[Town]:
    with running(settings, admin) as town:
        yield town


def assert_clean(texts: dict[str, str], secrets: set[str]) -> None:
    """No secret in any spelling in any of the texts, by their names."""
    wanted = {found for secret in secrets for found in spellings(secret)}
    assert [(name, found) for name, text in texts.items() for found in wanted if found in text] == []


def crawl(browser: Client, *starts: str) -> dict[str, str]:
    """Every page that links lead to, with its headers and cookies, by address."""
    pages: dict[str, str] = {}
    waiting = list(starts)
    while waiting and len(pages) < MOST_PAGES:
        address = waiting.pop(0)
        if address in pages or "logout" in address:
            continue
        answer = browser.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = body.decode("utf-8", "replace")
        pages[address] = f"{answer.status_code} {dict(answer.headers)} {answer.cookies.output()} {text}"
        for link in (*LINK.findall(text), answer.headers.get("Location", "")):
            parts = urlsplit(link.replace("&amp;", "&"))
            if parts.path.startswith("/") and parts.netloc in ("", "localhost") and not parts.path.startswith("/static/"):
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return pages


def test_no_page_shows_a_token_or_a_secret(town: Town, admin_browser: Client) -> None:
    """S64, S65: to the most powerful person, on every page of the portal and of the support desk that links lead to."""
    tokens = everything_happens(town, admin_browser)
    pages = crawl(admin_browser, "/", "/apps/", "/apps/connect/hubspot/", "/apps/connect/quickbooks/", "/admin/", "/records/", "/healthz", "/readyz")
    assert len(pages) > 60
    assert any(re.match(r"/admin/syncconfig/connection/\d+/change/", address) for address in pages)
    assert any(re.match(r"/admin/django_q/\w+/", address) for address in pages)
    assert_clean(pages, tokens | CLIENT_SECRETS)


def test_no_export_holds_a_token_or_a_secret(town: Town, admin_browser: Client, settings: Any, tmp_path: Path) -> None:
    """S64: neither the exported records nor the exported configuration."""
    settings.EXPORT_DIR = tmp_path
    everything_happens(town, admin_browser)
    sync = ObjectSync.objects.settled().get()
    for form in ("csv", "xlsx"):
        admin_browser.post("/records/export/", {"sync": sync.pk, "format": form})
    work()
    found = {str(path): path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()}
    assert found
    with Command("configure", "export") as command:
        assert command.wait() == 0, command.errors
    assert_clean({**found, "configuration": command.output + command.errors}, issued(town) | CLIENT_SECRETS)


def test_no_process_tells_a_secret_on_its_command_line(town: Town) -> None:
    """S64: what a command is given is read by everybody on the machine."""
    town.contact(email="ann@acme.example")
    town.set_up()
    tokens = issued(town)
    with Command("sync", "--json") as command:
        line = ""
        while not line and command.process.poll() is None:  # between its birth and its first breath it has none
            line = Path(f"/proc/{command.process.pid}/cmdline").read_bytes().decode()
        assert command.wait() == 0, command.errors
    assert "manage.py" in line
    assert_clean({"line": line}, tokens | issued(town) | CLIENT_SECRETS)


def test_a_message_to_the_workers_carries_ids_only(town: Town) -> None:
    """S64: what a task is given stands in the queue's tables."""
    sync = town.set_up()
    tasks.start(sync, SyncRun.Trigger.MANUAL)
    tasks.dispatch()
    tables = dumped()
    assert tables["queue unpacked"]
    assert_clean({"queue": tables["queue unpacked"]}, issued(town) | CLIENT_SECRETS)


@pytest.mark.parametrize("good", [True, False])
def test_a_token_that_a_person_types_is_never_shown_again(good: bool, town: Town, admin_browser: Client) -> None:
    """S64: the token of a private app, accepted or refused: not on the page that follows, not in the log, encrypted in the database."""
    grant = {"client": CLIENT_ID, "portal": "1234567", "scopes": ["oauth"]}
    token = oauth.issue(town.sandboxes.hubspot, grant)["access_token"] if good else "pat-na1-canary-0123456789"
    Connection.objects.filter(provider="hubspot").delete()
    with listening("DEBUG") as listener:
        answer = admin_browser.post("/connections/hubspot/token/", {"token": token})
        page = admin_browser.get(answer.headers.get("Location", "/apps/"))
    assert Connection.objects.filter(provider="hubspot").exists() is good
    shown = {"answer": answer.content.decode() + str(answer.headers), "page": page.content.decode(), "log": listener.text}
    assert_clean({**shown, **dumped()}, {token})


@pytest.mark.parametrize("fault", [Reply(401, {}), Reply(500, "<html>"), Reply(200, "<html>"), Closed], ids=["401", "500", "html", "closed"])
def test_an_error_tells_no_token_however_it_is_shown(fault: Any, town: Town) -> None:
    """S64: neither in its words, nor in what it holds, nor in those that led to it; tokens are renewed and refused on the way."""

    def act(moment: str, request: Request, reply: Reply | None) -> Reply | None:
        if fault is Closed:
            raise Closed
        return fault

    for row in Connection.objects.all():
        tokens = issued(town)
        town.on_request(row.provider, act)
        with pytest.raises(ConnectorError) as caught:
            connector_for(row).account()
        found: BaseException | None = caught.value
        told = "".join(traceback.format_exception(caught.value))
        while found:
            told += f"{found!r} {found.args} {vars(found)}"
            found = found.__cause__ or found.__context__
        assert_clean({row.provider: told}, tokens | issued(town) | CLIENT_SECRETS)
