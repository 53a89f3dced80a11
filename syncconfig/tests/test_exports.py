"""Edit columns, and exports of records: asked for in the record view, made by a worker, told by mail and notice (spec R205, R215 to R222)."""

from __future__ import annotations

import csv
import gc
import io
import socket
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django_q.models import OrmQ
from openpyxl import load_workbook

from syncconfig import exports, tasks
from syncconfig.columns import usual
from syncconfig.models import ColumnChoice, Export, Notification, ObjectSync, SyncRecord
from syncconfig.record_columns import RECORD_COLUMNS
from syncconfig.spreadsheet import as_csv, write_xlsx
from syncconfig.tests.rows import make_record, make_sync
from syncconfig.tests.system import work

pytestmark = pytest.mark.django_db(transaction=True)
USUAL = ["Record", "HubSpot record", "QuickBooks record", "Object", "Sync state", "Reason", "Last direction", "Last synced"]


@pytest.fixture(autouse=True)
def export_dir(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORT_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture
def sync() -> ObjectSync:
    return make_sync()


@pytest.fixture
def supporter(viewer: User) -> User:
    """Bob of the support desk may export, and is no superuser."""
    viewer.user_permissions.add(Permission.objects.get(codename="export"))
    return User.objects.get(pk=viewer.pk)


@pytest.fixture
def browser(supporter: User) -> Client:
    made = Client(SERVER_NAME="localhost")
    made.force_login(supporter)
    return made


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.headers.get("Location"))
    return " ".join(answer.content.decode().split())


def heads(page: str) -> list[str]:
    """The columns of the table on a page of records."""
    row = page.split("<thead")[1].split("</thead>")[0]
    return [cell.split(">")[1].split("<")[0] for cell in row.split("<th ")[1:] if "data-select-all" not in cell]


def fetched(browser: Client, address: str) -> bytes:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content)


def sheet(content: bytes) -> list[list[Any]]:
    """The rows of an XLSX file as a spreadsheet reads them."""
    return [list(row) for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]


def export(browser: Client, query: str = "", format: str = "xlsx") -> bytes:
    """Ask for an export, let a worker make it, fetch it."""
    assert browser.post(f"/records/export/{query}", {"format": format}).status_code == 302
    assert work() == [Export.State.DONE]
    return fetched(browser, f"/exports/{Export.objects.latest('pk').pk}/")


# ---- the scenario ----------------------------------------------------------------------------------------------------------


def test_t29_a_filtered_record_view_with_other_columns_is_exported_as_it_is_seen(
    sync: ObjectSync, browser: Client, mailoutbox: list[Any], settings: Any
) -> None:
    for n in range(60):
        make_record(sync, f"Fern {n:02}", left={"email": "f"}, state="failing", reason="VALUE_INVALID", details={"side": "right"}, attempts=n)
        make_record(sync, f"Amelia {n:02}", left={"email": "a"}, state="in_sync")
        make_record(sync, f"Willow {n:02}", left={"email": "w"}, state="failing", reason="VALUE_INVALID", details={"side": "right"})
    filtered = "?state=failing&q=fern"
    assert f'href="/records/columns/{filtered}"'.replace("&", "&amp;") in text(browser.get(f"/records/{filtered}"))
    wanted = {"show": ["attempts", "hubspot_id", "state", "reason"], "save": ""}
    assert browser.post(f"/records/columns/{filtered}", wanted).headers["Location"] == f"/records/{filtered}"
    page = text(browser.get(f"/records/{filtered}"))
    assert heads(page) == ["Record", "Attempts", "HubSpot id", "Sync state", "Reason"]
    assert f'href="/records/export/{filtered}"'.replace("&", "&amp;") in page
    dialog = text(browser.get(f"/records/export/{filtered}"))
    assert "Export 60 records" in dialog
    assert "Record, Attempts, HubSpot id, Sync state, Reason." in dialog

    answer = browser.post(f"/records/export/{filtered}", {"format": "xlsx"})
    assert answer.headers["Location"] == "/records/?state=failing&q=fern"
    assert mailoutbox == []
    assert work() == [Export.State.DONE]

    (mail,) = mailoutbox
    assert mail.to == ["bob@tandem.example"]
    assert mail.attachments == []
    made = Export.objects.get()
    assert f"{settings.SITE_URL}/exports/{made.pk}/" in mail.body
    assert "60 records" in mail.subject
    rows = sheet(fetched(browser, f"/exports/{made.pk}/"))
    assert rows[0] == ["Record", "Attempts", "HubSpot id", "Sync state", "Reason"]
    ferns = SyncRecord.objects.filter(title__startswith="Fern")
    assert rows[1:] == [[r.title, r.attempts, r.left_id, "Failing", "Invalid value or format"] for r in ferns]

    assert '<b>1<span class="visually-hidden"> unread</span></b>' in text(browser.get("/records/"))
    notices = text(browser.get("/notifications/"))
    assert "Your export of 60 records is ready." in notices
    assert f'href="/exports/{made.pk}/"' in notices
    assert "unread" not in text(browser.get("/records/"))
    assert (made.user.username, made.rows, made.filters) == ("bob", 60, {"state": ["failing"], "q": ["fern"]})
    assert made.size > 0


# ---- columns ---------------------------------------------------------------------------------------------------------------


def test_columns_are_kept_for_each_person_and_can_be_reset(sync: ObjectSync, browser: Client, admin_browser: Client) -> None:
    make_record(sync, "Amelia", left={"email": "a"}, origin="left", left_key="a@a.example")
    browser.post("/records/columns/", {"show": ["origin", "match", "origin", "nonsense"], "save": ""})
    page = text(browser.get("/records/"))
    assert heads(page) == ["Record", "Origin", "Match value"]
    assert ">HubSpot </td>" in page
    assert heads(text(admin_browser.get("/records/"))) == USUAL
    browser.post("/records/columns/", {"show": ["origin"], "reset": ""})
    assert heads(text(browser.get("/records/"))) == USUAL
    assert not ColumnChoice.objects.exists()


def test_the_column_of_the_record_cannot_be_removed(sync: ObjectSync, browser: Client) -> None:
    make_record(sync, "Amelia")
    browser.post("/records/columns/", {"save": ""})
    page = text(browser.get("/records/"))
    assert heads(page) == ["Record"]
    assert ">Amelia</a>" in page


def test_columns_move_with_buttons_and_count_once_they_are_saved(sync: ObjectSync, browser: Client) -> None:
    make_record(sync, "Amelia")
    shown = {"show": ["object", "state", "synced"]}

    def move(direction: str, key: str) -> list[str]:
        answer = browser.post("/records/columns/?state=pending", {**shown, direction: key})
        assert answer.headers["Location"].endswith(f"#{direction}-{key}")
        page = text(browser.get(answer.headers["Location"]))
        shown["show"] = [part.split('"')[0] for part in page.split('name="show" value="')[1:] if "checked" in part.split(">")[0]]
        return shown["show"]

    assert move("down", "object") == ["state", "object", "synced"]
    assert move("up", "synced") == ["state", "synced", "object"]
    assert move("up", "state") == ["state", "synced", "object"]
    assert move("down", "object") == ["state", "synced", "object"]
    assert heads(text(browser.get("/records/"))) == USUAL
    assert browser.post("/records/columns/?state=pending&columns=record", {**shown, "save": ""}).headers["Location"] == "/records/?state=pending"
    assert heads(text(browser.get("/records/"))) == ["Record", "Sync state", "Last synced", "Object"]


def test_every_column_can_be_shown(sync: ObjectSync, browser: Client) -> None:
    now = timezone.now()
    details = {"side": "right", "field": "WebAddr.URI"}
    make_record(
        sync,
        "Amelia",
        left={"email": "a"},
        right={"DisplayName": "A"},
        state="failing",
        reason="VALUE_INVALID",
        details=details,
        attempts=3,
        next_attempt_at=now,
        last_direction="to_right",
        last_synced_at=now,
        origin="right",
        right_key="a@a.example",
    )
    browser.post("/records/columns/", {"show": [column.key for column in RECORD_COLUMNS], "save": ""})
    page = text(browser.get("/records/"))
    assert heads(page) == [str(column.label) for column in RECORD_COLUMNS]
    assert "QuickBooks does not accept the value of Website." in page
    (head, row) = sheet(export(browser))
    assert head == heads(page)
    assert None not in row, dict(zip(head, row, strict=True))


def test_more_records_do_not_cost_more_queries_in_an_export(sync: ObjectSync, browser: Client, supporter: User) -> None:
    def cost(more: int) -> int:
        for _ in range(more):
            make_record(sync, left={"email": "a"}, right={"DisplayName": "A"}, state="failing", reason="VALUE_INVALID", details={"side": "right"})
        asked = exports.ask(supporter, {}, RECORD_COLUMNS, "xlsx", "en")
        with CaptureQueriesContext(connection) as queries:
            assert tasks.export(asked.pk) == Export.State.DONE
        return len(queries)

    assert cost(3) == cost(60)


@pytest.mark.long
def test_memory_does_not_grow_with_the_number_of_records(sync: ObjectSync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 100)

    def peak(more: int) -> int:
        SyncRecord.objects.bulk_create(SyncRecord(sync=sync, title=f"Person {n}" * 20, left_seen={"values": {"n": "x" * 500}}) for n in range(more))
        gc.collect()
        tracemalloc.start()
        exports.write(tmp_path / f"{more}.xlsx", "xlsx", usual(RECORD_COLUMNS), exports.records_of({}))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)  # what is loaded once
    first = peak(1400)
    assert peak(9000) < 1.3 * first, "seven times the records"


# ---- files -----------------------------------------------------------------------------------------------------------------


def test_a_csv_is_utf8_with_a_head_and_a_name_of_its_own(sync: ObjectSync, browser: Client) -> None:
    at = datetime(2026, 11, 23, 9, 5, 7, 123456, tzinfo=UTC)
    make_record(sync, 'Åsa "Lark", GmbH', state="in_sync", last_synced_at=at, last_direction="to_left")
    content = export(browser, format="csv")
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))) == [
        USUAL,
        ['Åsa "Lark", GmbH', "", "", "Contact", "In sync", "", "To HubSpot", "2026-11-23 09:05:07"],
    ]
    headers = browser.get(f"/exports/{Export.objects.get().pk}/").headers
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == f'attachment; filename="tandem-records-{timezone.localdate()}.csv"'
    assert "no-store" in headers["Cache-Control"]


FORMULAS = ('=HYPERLINK("http://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", " \u00a0=1", "＝1", "＋1", "－1", "＠A", " \tx")


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_no_name_becomes_a_formula_and_numbers_stay_numbers(sync: ObjectSync, browser: Client, format: str) -> None:
    for name in (*FORMULAS, "Fern - Hollow = School"):
        make_record(sync, name, left={"email": "a"}, attempts=2)
    browser.post("/records/columns/", {"show": ["attempts"], "save": ""})
    content = export(browser, format=format)
    rows = sheet(content) if format == "xlsx" else list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [str(row[0]).replace("_x000D_", "\r") for row in rows[1:]] == [*(f"'{name}" for name in FORMULAS), "Fern - Hollow = School"]
    assert {row[1] for row in rows[1:]} == ({2} if format == "xlsx" else {"2"})
    assert as_csv(["amount"], [[-12.5]]).endswith("\r\n-12.5\r\n")


def test_what_does_not_fit_on_one_sheet_goes_on_the_next() -> None:
    out = io.BytesIO()
    assert write_xlsx(out, ["number"], ([n] for n in range(5)), sheet_rows=3) == 5
    book = load_workbook(out)
    assert [list(s.values) for s in book] == [[("number",), (0,), (1,)], [("number",), (2,), (3,)], [("number",), (4,)]]


def test_an_export_of_nothing_is_a_head(browser: Client) -> None:
    assert sheet(export(browser, "?state=failing")) == [USUAL]


def test_an_export_speaks_the_language_of_whoever_asked(sync: ObjectSync, browser: Client) -> None:
    make_record(sync, "Amelia", state="in_sync")
    browser.post("/language/", {"language": "sv", "next": "/apps/"})
    (head, row) = sheet(export(browser))
    with translation.override("sv"):
        assert head == [str(column.label) for column in usual(RECORD_COLUMNS)]
        assert row[4] == str(SyncRecord.State.IN_SYNC.label) != "In sync"


def test_files_are_for_their_owner_and_names_cannot_be_guessed(sync: ObjectSync, browser: Client, export_dir: Path) -> None:
    export(browser)
    (file,) = export_dir.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert export_dir.stat().st_mode & 0o777 == 0o700
    assert len(file.stem) > 40


# ---- who may, and how long -------------------------------------------------------------------------------------------------


def test_a_viewer_sees_no_export_and_gets_none(sync: ObjectSync, viewer_browser: Client) -> None:
    page = text(viewer_browser.get("/records/"))
    assert "Edit columns" in page
    assert "/records/export/" not in page
    assert viewer_browser.get("/records/export/").status_code == 403
    assert viewer_browser.post("/records/export/", {"format": "csv"}).status_code == 403
    assert not Export.objects.exists()


def test_a_file_is_fetched_by_whoever_asked_for_it_and_nobody_else(browser: Client, supporter: User, admin_browser: Client) -> None:
    export(browser)
    address = f"/exports/{Export.objects.get().pk}/"
    assert admin_browser.get(address).status_code == admin_browser.get("/exports/77777/").status_code == 404
    assert Client(SERVER_NAME="localhost").get(address).headers["Location"] == f"/accounts/login/?next={address}"
    supporter.user_permissions.clear()
    assert browser.get(address).status_code == 403


def test_notices_are_for_whom_they_are_meant(browser: Client, admin_browser: Client) -> None:
    export(browser)
    assert "Your export" not in text(admin_browser.get("/notifications/"))
    assert Notification.objects.get().read_at is None


def test_an_export_expires_after_a_week_and_its_entry_stays(browser: Client, export_dir: Path) -> None:
    export(browser)
    made = Export.objects.get()
    assert made.expires_at is not None
    assert timedelta(days=6, hours=23) < made.expires_at - timezone.now() < timedelta(days=7)
    tasks.dispatch()
    assert len(list(export_dir.iterdir())) == 1
    Export.objects.update(expires_at=timezone.now())
    assert "This export has expired" in text(browser.get(f"/exports/{made.pk}/"), 410)
    tasks.dispatch()
    assert list(export_dir.iterdir()) == []
    assert "Files are kept for 7 days." in text(browser.get(f"/exports/{made.pk}/"), 410)
    made.refresh_from_db()
    assert (made.state, made.file, made.rows) == (Export.State.DONE, "", 0)


def test_a_hundred_clicks_make_one_file(browser: Client) -> None:
    for _ in range(100):
        browser.post("/records/export/?state=failing", {"format": "csv"})
    browser.post("/records/export/?state=failing", {"format": "xlsx"})
    assert sorted(Export.objects.values_list("format", flat=True)) == ["csv", "xlsx"]
    assert sorted(answer for answer in work() if answer != "taken") == [Export.State.DONE] * 2


def test_only_known_formats_are_made(browser: Client) -> None:
    assert "errorlist" in text(browser.post("/records/export/", {"format": "exe"}))
    assert not Export.objects.exists()


def test_the_support_desk_sees_the_log_without_the_names_of_files(browser: Client, admin_browser: Client) -> None:
    export(browser, "?state=failing")
    made = Export.objects.get()
    for address in ("/admin/syncconfig/export/", f"/admin/syncconfig/export/{made.pk}/change/"):
        page = text(admin_browser.get(address))
        assert "bob" in page
        assert "failing" in page
        assert made.file not in page


# ---- what goes wrong -------------------------------------------------------------------------------------------------------


def test_an_export_that_fails_is_told(sync: ObjectSync, browser: Client, settings: Any, tmp_path: Path, mailoutbox: list[Any]) -> None:
    (tmp_path / "file").write_text("")
    settings.EXPORT_DIR = tmp_path / "file" / "exports"
    browser.post("/records/export/?state=failing", {"format": "csv"})
    with pytest.raises(NotADirectoryError):
        work()
    made = Export.objects.get()
    assert (made.state, made.error, made.file) == (Export.State.FAILED, "NotADirectoryError", "")
    page = text(browser.get("/notifications/"))
    assert "Your export of records could not be made." in page
    assert 'href="/records/?state=failing"' in page
    assert f"{settings.SITE_URL}/records/?state=failing" in mailoutbox[0].body
    assert "could not be made" in text(browser.get(f"/exports/{made.pk}/"), 410)


def test_an_export_whose_worker_died_is_given_up_and_told(browser: Client, export_dir: Path, mailoutbox: list[Any]) -> None:
    browser.post("/records/export/", {"format": "csv"})
    made = exports.claim(Export.objects.get().pk)
    assert made
    (exports.folder() / made.file).write_text("half of a file")
    tasks.dispatch()
    assert mailoutbox == []
    Export.objects.update(started_at=timezone.now() - timedelta(hours=1))
    tasks.dispatch()
    assert "could not be made" in mailoutbox[0].subject
    assert list(export_dir.iterdir()) == []
    assert Export.objects.get().error == "Interrupted"
    assert work() == ["taken"]


def test_a_worker_that_ends_after_it_was_given_up_leaves_nothing(browser: Client, export_dir: Path) -> None:
    browser.post("/records/export/", {"format": "csv"})
    late = exports.claim(Export.objects.get().pk)
    assert late
    Export.objects.update(started_at=timezone.now() - timedelta(hours=1))
    tasks.dispatch()
    assert exports.carry_out(late).state == Export.State.FAILED
    assert list(export_dir.iterdir()) == []
    assert [n.kind for n in Notification.objects.all()] == ["export_failed"]


def test_an_export_whose_message_was_lost_is_made_all_the_same(browser: Client) -> None:
    browser.post("/records/export/", {"format": "csv"})
    assert "is being made" in text(browser.get(f"/exports/{Export.objects.get().pk}/"), 202)
    OrmQ.objects.all().delete()
    tasks.dispatch()
    assert work() == [Export.State.DONE]


def test_a_mail_that_cannot_be_sent_costs_no_export(browser: Client, settings: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = closed.getsockname()
        export(browser)
    assert Notification.objects.get().kind == "export_ready"


def test_somebody_without_an_address_is_told_in_the_portal_alone(browser: Client, supporter: User, mailoutbox: list[Any]) -> None:
    User.objects.filter(pk=supporter.pk).update(email="")
    assert "Your account has no e-mail address" in text(browser.get("/records/export/"))
    export(browser)
    assert mailoutbox == []
    assert "is ready" in text(browser.get("/notifications/"))


# ---- the command -----------------------------------------------------------------------------------------------------------


def test_the_command_writes_what_matches_and_the_log_has_it(sync: ObjectSync, tmp_path: Path, capsys: Any) -> None:
    make_record(sync, "Fern", state="failing", reason="VALUE_INVALID")
    make_record(sync, "Amelia", state="in_sync")
    for format in ("xlsx", "csv"):
        call_command("records", "--state", "failing", "--export", str(tmp_path / f"out.{format}"))
    assert "1 records are in" in capsys.readouterr().out
    assert [row[0] for row in sheet((tmp_path / "out.xlsx").read_bytes())] == ["Record", "Fern"]
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("Fern,")
    assert [(e.user, e.rows, e.filters) for e in Export.objects.all()] == [(None, 1, {"state": ["failing"]})] * 2


@pytest.mark.parametrize(("name", "code"), [("out.pdf", 2), ("nowhere/out.csv", 1), ("there.csv", 1)])
def test_the_command_refuses_with_a_sentence(tmp_path: Path, name: str, code: int) -> None:
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(CommandError) as refused:
        call_command("records", "--export", str(tmp_path / name))
    assert refused.value.returncode == code
    assert (tmp_path / "there.csv").read_text() == "mine"
