"""The Swedish catalogue is complete and fits the source, and pages in Swedish show none of the English words around the data."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from django.utils.translation import override

from connectors.registry import PROVIDERS
from connectors.vocabulary import DEFAULT_MAPPINGS, Kind
from syncconfig.explanation_texts import ENTRIES, GUARDS
from syncconfig.models import ObjectSync, SyncRecord, SyncRun
from syncconfig.provider_words import WORDS, in_own_language
from syncconfig.specs import fields_of
from syncconfig.tests.rows import make_connection, make_record, make_sync, mark_read

BASE = Path(django_settings.BASE_DIR)
CATALOGUE = Path(django_settings.LOCALE_PATHS[0]) / "sv" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
OPTIONS = {"locale": ["sv"], "no_location": True, "no_wrap": True, "no_obsolete": True, "verbosity": 0}


@dataclass
class Message:
    """One entry of a catalogue: its texts by keyword (msgctxt, msgid, msgid_plural, msgstr, msgstr[0] ...)."""

    fuzzy: bool = False
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, ...]:
        return tuple(self.texts.get(keyword, "") for keyword in ("msgctxt", "msgid", "msgid_plural"))

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each source text with its translation."""
        if "msgid_plural" in self.texts:
            yield self.texts["msgid"], self.texts["msgstr[0]"]
            yield self.texts["msgid_plural"], self.texts["msgstr[1]"]
        else:
            yield self.texts["msgid"], self.texts["msgstr"]


def messages_of(path: Path) -> list[Message]:
    """The entries of a catalogue in use, without its header."""
    return [m for m in map(_message, path.read_text(encoding="utf-8").split("\n\n")) if m.texts.get("msgid")]


def _message(block: str) -> Message:
    message, keyword = Message(), ""
    for line in block.splitlines():
        if line.startswith("#"):
            message.fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        word, _sep, rest = line.partition(" ")
        keyword, quoted = (keyword, line) if line.startswith('"') else (word, rest)
        message.texts[keyword] = message.texts.get(keyword, "") + ast.literal_eval(quoted)
    return message


# ---- the catalogue -----------------------------------------------------------------------------------------------------


def test_every_message_is_translated_and_none_is_a_guess() -> None:
    messages = messages_of(CATALOGUE)
    assert len(messages) > 700
    assert [source for m in messages for source, translation in m.pairs if not translation.strip() or m.fuzzy] == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    pairs = [pair for m in messages_of(CATALOGUE) for pair in m.pairs]
    assert [pair for pair in pairs if set(PLACEHOLDER.findall(pair[0])) != set(PLACEHOLDER.findall(pair[1]))] == []


def test_what_is_used_is_what_stands_in_the_catalogue() -> None:
    assert stale_texts() == []


def stale_texts() -> list[str]:
    """Texts whose compiled translation is missing or an older one."""
    with COMPILED.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = []
    for message in messages_of(CATALOGUE):
        context, single, plural = message.identity
        for count, (source, translation) in enumerate(message.pairs, start=1):
            found = (
                compiled.ngettext(single, plural, count) if plural else compiled.pgettext(context, source) if context else compiled.gettext(source)
            )
            stale += [source] if found != translation else []
    return stale


def test_the_catalogue_holds_every_text_of_the_source(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("xgettext"):
        warnings.warn("The gettext tools are missing: only the compiled catalogue is checked.", stacklevel=1)
        assert stale_texts() == []
        return
    copy_source(tmp_path)
    settings.LOCALE_PATHS = [str(tmp_path / "portal" / "locale")]
    monkeypatch.chdir(tmp_path)
    before = {m.identity for m in messages_of(CATALOGUE)}
    call_command("makemessages", **OPTIONS)
    after = {m.identity for m in messages_of(tmp_path / CATALOGUE.relative_to(BASE))}
    assert (after - before, before - after) == (set(), set()), "`make messages` brings the catalogue up to date"


def copy_source(place: Path) -> None:
    """Everything that makemessages reads: it writes beside the templates while it works."""
    for folder in ("connectors", "syncconfig", "portal", "templates"):
        for path in (BASE / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".po") and "tests" not in path.parts:
                copy = place / path.relative_to(BASE)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


# ---- words that are listed in one place ------------------------------------------------------------------------------------


def test_every_word_of_the_connectors_that_people_read_is_listed_and_translated() -> None:
    names = {word for provider in PROVIDERS.values() for name in provider.objects.values() for word in (name.singular, name.plural)}
    notes = {mapping.note for mappings in DEFAULT_MAPPINGS.values() for mapping in mappings if mapping.note}
    assert names | notes | {"Customer", "Vendor", "Employee"} == WORDS
    with override("sv"):
        assert [word for word in WORDS if in_own_language(word) == word] == []
        assert in_own_language("Anything else") == "Anything else"


def test_every_category_reason_and_guard_speaks_swedish() -> None:
    texts = [text for entry in (*ENTRIES.values(), *GUARDS.values()) for text in (entry.label, *entry.whys, *entry.todos)]
    english = [str(text) for text in texts]
    with override("sv"):
        assert [before for before, text in zip(english, texts, strict=True) if str(text) == before] == []


@pytest.mark.django_db
def test_a_sync_is_named_in_one_word() -> None:
    sync = make_sync()
    assert str(sync) == "Contact sync"
    with override("sv"):
        assert str(sync) == "Kontaktsynkronisering"


# ---- pages -----------------------------------------------------------------------------------------------------------------

ENGLISH = re.compile(
    r"\b(the|and|with|this|these|not|nothing|next|back|cancel|edit|delete|save|failing|pending|excluded|in sync|connected|connection|records?"
    r"|settings|contacts?|customers?|choose|history|both|everything|reason|log in|home|mapping|draft|preview|created|updated|whose|yes|run|error)\b",
    re.IGNORECASE,
)
SPOKEN = ("aria-label", "placeholder", "title", "data-l", "alt")


class Words(HTMLParser):
    """What a page says: its texts, and the attributes that are read aloud or shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.silent:
            self.said.append(" ".join(data.split()))


@dataclass
class Place:
    """A sync with a record of every state, and a preview."""

    sync: ObjectSync
    failing: SyncRecord
    half: SyncRecord

    @property
    def pages(self) -> list[str]:
        steps = [f"/syncs/{self.sync.pk}/{step}/" for step in ("choose", "configure", "limit", "review", "turn-off", "delete")]
        filters = [f"/syncs/{self.sync.pk}/limit/to_left/", f"/syncs/{self.sync.pk}/limit/to_right/"]
        records = ["/records/", "/records/?state=failing&q=Fern", f"/records/{self.failing.pk}/", f"/records/{self.half.pk}/link/"]
        panels = [f"/syncs/?panel={self.sync.pk}:{state}" for state in ("in_sync", "failing", "excluded", "pending")]
        return ["/apps/", "/apps/connect/hubspot/", "/syncs/", "/syncs/new/", *panels, *steps, *filters, *records]

    def data(self) -> list[str]:
        """What stands on pages as the providers have it, the longest first."""
        found = set()
        for connection in (self.sync.left, self.sync.right):
            found.add(connection.name)
            for spec in fields_of(connection, Kind.CONTACT).values():
                found |= {spec.label, spec.key, *(option.label for option in spec.options)}
            found |= {*PROVIDERS[connection.provider].creates, *PROVIDERS[connection.provider].asked_scopes}
        return sorted(found, key=len, reverse=True)


@pytest.fixture
def place(db: None) -> Place:
    sync = make_sync(left=make_connection("hubspot", "Björk"))
    make_record(sync, "Amelia", left={"email": "a@bjork.example"}, right={"PrimaryEmailAddr.Address": "a@bjork.example"}, state="in_sync")
    failing = make_record(
        sync, "Fern", left={"email": ""}, state="failing", reason="REQUIRED_VALUE_MISSING", details={"side": "right", "field": "DisplayName"}
    )
    half = make_record(sync, "Larkspur", right={"DisplayName": "Larkspur"}, state="excluded", reason="no_key", details={"side": "right"})
    make_record(sync, "Alder", left={"email": "b@bjork.example"}, state="pending")
    mark_read(sync)
    make_preview(sync)
    return Place(sync, failing, half)


def make_preview(sync: ObjectSync) -> None:
    """A preview with every kind of line."""
    sides = {side: {"create": 3, "update": 1} for side in ("left", "right")}
    sample = {"title": "Amelia", "operation": "update", "side": "right", "changes": [["Mobile", "1", "2"]]}
    trouble = {"title": "Fern", "category": "VALUE_TOO_LONG", "details": {"side": "right", "field": "DisplayName"}}
    counted = {"link": 2, "equal": 1, "marked": 1, "excluded": {"filter": 2}, "failing": {"VALUE_TOO_LONG": 1}}
    SyncRun.objects.create(
        sync=sync,
        left=sync.left,
        right=sync.right,
        trigger="preview",
        state="succeeded",
        result={**sides, **counted, "samples": [sample], "troubles": [trouble]},
    )


def english_on(page: str, data: list[str]) -> list[str]:
    """The texts of a page that are a source text, or hold an English word once the providers' own words are taken out."""
    sources = {source for m in messages_of(CATALOGUE) for source, translation in m.pairs if source != translation}
    found = []
    for said in Words(page).said:
        rest = said
        for label in data:
            rest = rest.replace(label, "")
        if rest in sources or ENGLISH.search(rest):
            found.append(said)
    return found


def test_pages_in_swedish_show_no_english_around_the_data(place: Place, admin_browser: Client) -> None:
    data = place.data()
    found = {}
    for address in place.pages:
        answer = admin_browser.get(address, headers={"accept-language": "sv"})
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert '<html lang="sv"' in page
        found[address] = english_on(page, data)
    assert {address: texts for address, texts in found.items() if texts} == {}


def test_the_same_pages_in_english_would_be_found_out(place: Place, admin_browser: Client) -> None:
    data = place.data()
    silent = [address for address in place.pages if len(english_on(admin_browser.get(address).content.decode(), data)) < 10]
    assert silent == []


def test_sign_in_and_errors_are_in_swedish(viewer_browser: Client) -> None:
    swedish = {"accept-language": "sv"}
    assert "Logga in" in Client(SERVER_NAME="localhost").get("/accounts/login/", headers=swedish).content.decode()
    assert "Sidan finns inte" in viewer_browser.get("/records/999999/", headers=swedish).content.decode()
    assert "Du har inte behörighet" in viewer_browser.get("/syncs/new/", headers=swedish).content.decode()


def test_the_support_desk_names_its_columns_in_swedish(place: Place, admin_browser: Client) -> None:
    words = {"connection": "Tidszon", "objectsync": "Matchning av poster", "syncrun": "Startad", "syncrecord": "Senast synkroniserad"}
    keys = {"connection": place.sync.left_id, "objectsync": place.sync.pk, "syncrun": SyncRun.objects.get().pk, "syncrecord": place.half.pk}
    data = [*place.data(), str(place.sync.left), str(place.sync.right)]
    for name, word in words.items():
        page = admin_browser.get(f"/admin/syncconfig/{name}/{keys[name]}/change/", headers={"accept-language": "sv"}).content.decode()
        assert word in page, name
        assert [said for said in english_on(page, [*data, name]) if not said.startswith("{")] == [], name
