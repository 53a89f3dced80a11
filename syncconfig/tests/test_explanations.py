from __future__ import annotations

from typing import Any

import pytest

from connectors.vocabulary import Category, Kind
from syncconfig.engine.spec import Side
from syncconfig.engine.state import Reason
from syncconfig.explanation_texts import ENTRIES, GUARDS
from syncconfig.explanations import explain, explain_error, explain_pause, explain_run, explain_stop, label_of, labels_of
from syncconfig.models import ObjectSync, SyncRun
from syncconfig.specs import spec_of
from syncconfig.tests.rows import make_connection, make_sync

FULL: dict[str, dict[str, Any]] = {
    Category.DISPLAY_NAME_IN_USE: {"name": "Fern Hollow School", "holder": "Fern Hollow School", "namespace": "Vendor", "row": "", "side": "right"},
    Category.SEVERAL_MATCHES: {"value": "office@x.example", "k": "2", "list": "Ann (left:1)\nBob (left:2)", "side": "left"},
    Category.ALREADY_LINKED: {"value": "office@x.example", "other": "Tidewater Tiles", "row": "7", "side": "left"},
    Category.VALUE_TOO_LONG: {"field": "Phone", "max": "30", "n": "41", "side": "right"},
    Category.CHARACTER_NOT_ALLOWED: {"field": "Display name", "c": ":", "side": "right"},
    Category.OPTION_UNKNOWN: {"field": "Delivery method", "value": "Pigeon", "side": "right"},
    Category.VALUE_INVALID: {"field": "E-mail", "value": "not an address", "side": "right"},
    Category.UNKNOWN: {"words": "Something odd", "trace": "1-abc", "side": "right"},
    Reason.FILTER: {"side": "left", "field": "invoice.status", "operator": "none_of", "values": "draft\nopen"},
    Reason.NO_KEY: {"side": "left", "field": "Email"},
    Reason.NO_NAME: {"side": "left", "field": "Display name"},
}


@pytest.fixture
def sync(db: None) -> ObjectSync:
    return make_sync()


@pytest.mark.parametrize("code", [*Category, *Reason])
@pytest.mark.django_db
def test_every_code_is_explained_with_and_without_details_in_at_most_45_words(code: str, sync: ObjectSync) -> None:
    labels = labels_of(sync)
    assert code in ENTRIES
    for details in ({}, {"side": "right"}, {"side": "left"}, FULL.get(code, {})):
        said = explain(code, details, labels)
        assert said.label
        assert said.why
        assert said.todo
        assert len(f"{said.why} {said.todo}".split()) <= 45
        assert "%(" not in str(said)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (Category.DISPLAY_NAME_IN_USE, "QuickBooks allows each display name once; “Fern Hollow School” is used by the vendor Fern Hollow School."),
        (Category.SEVERAL_MATCHES, "2 records share office@x.example: Ann; Bob."),
        (Category.ALREADY_LINKED, "The matching record for office@x.example is already linked with Tidewater Tiles."),
        (Category.VALUE_TOO_LONG, "Phone allows 30 characters in QuickBooks, the value has 41."),
        (Category.CHARACTER_NOT_ALLOWED, "Display name contains “:”, which QuickBooks forbids."),
        (Category.UNKNOWN, "QuickBooks answered: Something odd"),
        (Reason.FILTER, "The record does not meet this condition: Invoice: status is none of Draft, Open."),
        (Reason.NO_KEY, "Email is empty in HubSpot, so the record cannot be matched and might be created twice."),
        (Reason.NO_NAME, "QuickBooks needs Display name, and the record has neither a company, a name nor an e-mail address."),
    ],
)
def test_details_fill_the_sentence(code: str, sentence: str, sync: ObjectSync) -> None:
    assert explain(code, FULL[code], labels_of(sync)).why == sentence


def test_a_field_is_named_by_its_label_and_never_by_its_key(sync: ObjectSync) -> None:
    said = explain(Category.REQUIRED_VALUE_MISSING, {"side": "right", "field": "PrimaryEmailAddr.Address"}, labels_of(sync))
    assert said.why == "E-mail is empty, but QuickBooks demands it."


def test_a_specification_serves_as_labels_too(sync: ObjectSync) -> None:
    said = explain(Reason.FILTER, FULL[Reason.FILTER], spec_of(sync))
    assert "Invoice: status is none of Draft, Open" in said.why
    assert explain(Category.CHANGED_MEANWHILE, {"side": "right"}, spec_of(sync)).why.startswith("The record changed in QuickBooks")


def test_a_strangers_percent_signs_and_long_texts_do_no_harm(sync: ObjectSync) -> None:
    said = explain(Category.VALUE_INVALID, {"side": "right", "field": "Phone", "value": "%(name)s 100%" + "x" * 500}, labels_of(sync))
    assert "“%(name)s 100%xxx" in said.why
    assert len(said.why) < 200


def test_a_code_nobody_knows_is_not_hidden(sync: ObjectSync) -> None:
    assert label_of("SOMETHING_NEW") == "SOMETHING_NEW"
    assert explain("SOMETHING_NEW", {"side": "left"}, labels_of(sync)).label == "Unexpected answer"


def test_labels_without_fields_still_name_the_sides(db: None) -> None:
    left, right = make_connection("hubspot"), make_connection("quickbooks")
    right.field_lists.all().delete()
    sync = ObjectSync(left=left, right=right, kind=Kind.CONTACT)
    assert labels_of(sync).fields[Side.RIGHT] == {}
    assert labels_of(sync).names == {Side.LEFT: "HubSpot", Side.RIGHT: "QuickBooks"}


@pytest.mark.parametrize(
    ("reason", "details", "why"),
    [
        ("gone", {"count": 48, "total": 900}, "48 of 900 linked records no longer stand on one side. Nothing was changed."),
        (
            "updates",
            {"count": 400, "total": 900, "detail": "right"},
            "400 of 900 linked records would be updated in QuickBooks. Nothing was written.",
        ),
        ("failures", {"count": 30, "total": 90, "detail": "VALUE_TOO_LONG"}, "30 of 90 writes failed: Text too long."),
        ("failures", {"count": 30, "total": 90, "detail": ""}, "30 of 90 writes failed."),
        ("MAPPING_BROKEN", {"field": "Crew"}, "Crew was deleted, renamed or is no longer offered."),
    ],
)
def test_a_pause_says_its_numbers(reason: str, details: dict[str, Any], why: str) -> None:
    assert explain_stop(reason, details).why == why
    paused = ObjectSync(status="paused", pause_reason=reason, pause_details=details)
    said = explain_pause(paused)
    assert said
    assert said.why == why
    assert explain_pause(ObjectSync(status="on", pause_reason=reason)) is None


def test_guards_tell_what_to_do_without_details() -> None:
    for guard in GUARDS:
        said = explain_stop(guard, {})
        assert "once" in said.todo
        assert said.why


def test_a_failed_run_names_the_provider() -> None:
    run = SyncRun(state="failed", error=Category.RECONNECT_NEEDED, error_details={"provider": "quickbooks", "code": "3200", "words": "", "trace": ""})
    said = explain_run(run)
    assert said
    assert said.why.startswith("QuickBooks no longer accepts our access.")
    assert explain_run(SyncRun(state="succeeded")) is None
    assert explain_error(Category.RATE_LIMIT, "hubspot").why == "HubSpot limits how fast we may read and write."
