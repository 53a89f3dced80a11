"""The commands about syncs, as scripts use them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from syncconfig.models import ObjectSync, SyncRecord
from syncconfig.tests.system import System

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def system(sandboxes: Any, admin: Any) -> System:
    return System(sandboxes, admin)


def run(*words: str) -> Any:
    """A command's answer for programs."""
    out = StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())


def say(*words: str) -> str:
    """A command's answer for people."""
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def document(system: System, tmp_path: Path, **sync: Any) -> str:
    accounts = {"hubspot": system.left.account_id, "quickbooks": system.right.account_id}
    path = tmp_path / "tandem.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "accounts": accounts, "syncs": [{"kind": "contact", "status": "on", **sync}]}))
    return str(path)


def test_a_document_sets_up_a_sync_and_the_sync_command_runs_it(system: System, tmp_path: Path) -> None:
    assert run("configure", "apply", document(system, tmp_path)) == {"started": ["contact"]}
    first = run("sync")["runs"][0]
    assert first["kind"] == "contact"
    assert first["writes"]["hubspot"] > 0
    assert set(first["counts"]) == {"in_sync", "failing", "excluded", "pending"}


def test_the_second_sync_writes_nothing_and_costs_four_calls(system: System, tmp_path: Path) -> None:
    run("configure", "apply", document(system, tmp_path))
    run("sync")
    second = run("sync")["runs"][0]
    assert second["writes"] == {"hubspot": 0, "quickbooks": 0}
    assert second["calls"] == {"hubspot": 3, "quickbooks": 1}


def test_a_preview_foretells_the_run_and_writes_nothing(system: System, tmp_path: Path) -> None:
    run("configure", "apply", document(system, tmp_path, status="draft"))
    foreseen = run("preview", "contact")
    assert not [e for e in system.sandboxes.quickbooks.log if e.path.endswith("/batch") and b'"operation"' in e.body]
    run("configure", "apply", document(system, tmp_path))
    done = run("sync")["runs"][0]
    assert done["created"] == {p: foreseen[p]["create"] for p in ("hubspot", "quickbooks")}
    assert done["counts"]["failing"] == sum(foreseen["failing"].values())


def test_what_was_exported_applies_without_a_change(system: System, tmp_path: Path) -> None:
    mappings = [
        {"hubspot": "company_name", "quickbooks": "DisplayName", "enabled": False},
        {"hubspot": "fax", "quickbooks": "Fax.FreeFormNumber", "enabled": True},
    ]
    filters = {"to_hubspot": [[{"field": "BillAddr.City", "operator": "any_of", "values": ["Denver"]}]], "to_quickbooks": []}
    run("configure", "apply", document(system, tmp_path, mappings=mappings, filters=filters, conflict="hubspot"))
    text = say("configure", "export")
    exported = yaml.safe_load(text)["syncs"][0]
    assert exported["conflict"] == "hubspot"
    assert exported["filters"] == filters
    assert exported["mappings"] == mappings
    again = tmp_path / "again.yaml"
    again.write_text(text)
    assert run("configure", "diff", str(again)) == {"changes": []}
    assert run("configure", "apply", str(again)) == {"started": []}


def test_diff_tells_what_would_change_and_changes_nothing(system: System, tmp_path: Path) -> None:
    run("configure", "apply", document(system, tmp_path))
    lines = run("configure", "diff", document(system, tmp_path, direction="to_hubspot"))["changes"]
    assert any(line.startswith("+") and "to_hubspot" in line for line in lines)
    assert ObjectSync.objects.get().direction == "both"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 1\n  broken: [", "line 2"),
        ("version: 2", "version: 1"),
        ("version: 1\naccounts: {hubspot: '9', quickbooks: '8'}", "not connected"),
        ("- a list", "version: 1"),
    ],
)
def test_a_broken_document_gets_a_sentence(system: System, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(CommandError, match=words) as refused:
        say("configure", "apply", str(path))
    assert refused.value.returncode == 2
    assert not ObjectSync.objects.exists()


@pytest.mark.parametrize(
    ("sync", "words"),
    [
        ({"status": True}, "in quotes"),
        ({"direction": "sideways"}, "direction: has to be one of"),
        ({"enabeld": 1}, "enabeld: unknown key"),
        ({"mappings": [{"hubspot": "nonsense", "quickbooks": "Title"}]}, "there is no field nonsense"),
        ({"filters": {"to_quickbooks": [[{"field": "email", "operator": "gt", "values": ["1"]}]]}}, "operator cannot be used"),
        ({"filters": {"to_quickbooks": [[{"field": "createdate", "operator": "after", "values": ["soon"]}]]}}, "date cannot be used"),
        ({"kind": "planet"}, "kind: has to be one of"),
    ],
)
def test_a_wrong_setting_names_its_place_and_changes_nothing(system: System, tmp_path: Path, sync: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        say("configure", "apply", document(system, tmp_path, **sync))
    assert not ObjectSync.objects.exists()


def test_a_file_that_is_not_there_gets_a_sentence(system: System) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        say("configure", "apply", "/nowhere.yaml")


def test_status_tells_every_sync(system: System, tmp_path: Path) -> None:
    assert say("status").startswith("No sync is set up.")
    run("configure", "apply", document(system, tmp_path))
    run("sync")
    (sync,) = run("status")["syncs"]
    assert (sync["kind"], sync["status"], sync["direction"]) == ("contact", "on", "both")
    assert sync["last_run"]["result"] in ("succeeded", "partial")
    assert "in sync" in say("status")


def test_records_are_listed_filtered_shown_and_retried(system: System, tmp_path: Path) -> None:
    run("configure", "apply", document(system, tmp_path))
    run("sync")
    everything = run("records")
    assert len(everything["records"]) == SyncRecord.objects.count()
    failing = run("records", "list", "--state", "failing")["records"]
    assert failing
    assert all(r["state"] == "failing" and r["category"] for r in failing)
    page = run("records", "list", "--limit", "5")
    assert len(page["records"]) == 5
    assert run("records", "list", "--limit", "5", "--after", str(page["next"]))["records"][0]["record"] > page["next"]
    shown = run("records", "show", str(failing[0]["record"]))
    assert shown["why"]
    assert shown["history"]
    assert run("records", "retry", "--reason", failing[0]["category"])["retried"] >= 1
    assert failing[0]["title"] in say("records", "list", "--state", "failing")


def test_a_sync_that_is_not_on_is_refused(system: System) -> None:
    with pytest.raises(CommandError, match="No sync is on"):
        say("sync")
