from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django.utils.translation import override

from connectors.base import FieldSpec, FieldType, Option
from connectors.vocabulary import Category, Kind
from syncconfig.difference_words import amount_words, difference_words
from syncconfig.engine.spec import Side
from syncconfig.engine.state import WAITING, Reason
from syncconfig.explanation_texts import ENTRIES, GUARDS
from syncconfig.explanations import SyncLabels, explain, explain_error, explain_pause, explain_run, explain_stop, label_of, labels_of
from syncconfig.models import ObjectSync, RecordEvent, SyncRecord, SyncRun
from syncconfig.record_story import history
from syncconfig.specs import spec_of
from syncconfig.tests.rows import make_connection, make_record, make_sync

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
    Category.CUSTOMER_MISSING: {"kind": "contact", "title": "Ann Fern", "cause": "filter", "side": "right"},
    Category.EDITED_IN_QUICKBOOKS: {"side": "right", "field": "Line items", "difference": "2|price|45.00|50.00\n3|added||Mulch"},
    Category.EDITED_IN_HUBSPOT: {"side": "left", "field": "Line items", "difference": "0|total|1190.00|1200.00"},
    Category.INVOICE_NUMBER_IN_USE: {"name": "INV-7", "holder": "Fern Hollow", "namespace": "", "row": "", "side": "right"},
    Category.HEADER_ADJUSTMENT: {"kind": "discount, fee", "side": "right"},
    Category.ITEM_INACTIVE: {"sku": "CS-101", "side": "right"},
    Category.ITEM_NAME_IN_USE: {"name": "Mulch", "holder": "Mulch", "namespace": "", "row": "4", "side": "right"},
    Category.CURRENCY_MISMATCH: {"field": "Currency", "value": "SEK", "side": "right"},
    Category.AMOUNT_MISMATCH: {"a": "1190.01", "b": "1190.00", "side": "right"},
    Category.DEPENDENCY_FAILING: {"kind": "contact", "title": "Ann Fern", "cause": "DISPLAY_NAME_IN_USE", "side": "right"},
    Category.PAYMENT_SPLIT: {"side": "right", "field": "Invoices", "value": "3"},
    Reason.ITEM_TYPE: {"side": "right", "field": "Delivery", "value": "email"},
    Reason.ORIGIN: {"side": "left", "title": "INV-7"},
    Reason.NO_INVOICE: {"side": "left", "field": "Invoice", "value": ""},
    Reason.NO_DEAL: {"side": "right", "field": "Deals"},
    Reason.DEPENDENCY: {"kind": "invoice", "title": "INV-7", "cause": "by_hand", "side": "left"},
    Reason.VOIDED: {"side": "left"},
    WAITING: {"kind": "product", "title": "Mulch", "cause": "", "side": "right"},
}


@pytest.fixture
def sync(db: None) -> ObjectSync:
    return make_sync()


@pytest.mark.parametrize("code", [*Category, *Reason, WAITING])
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
        (Category.CUSTOMER_MISSING, "No customer in QuickBooks belongs to Ann Fern, the contact of this invoice: Filter not met."),
        (
            Category.EDITED_IN_QUICKBOOKS,
            "This record was made in HubSpot, but changed in QuickBooks: line 2, price: 45.00 became 50.00; line 3 was added: Mulch.",
        ),
        (
            Category.EDITED_IN_HUBSPOT,
            (
                "Changed in HubSpot after QuickBooks had it: total: 1,190.00 became 1,200.00."
                " Amounts that are in the books are not changed from outside."
            ),
        ),
        (Category.INVOICE_NUMBER_IN_USE, "Number INV-7 is used in QuickBooks by Fern Hollow."),
        (Category.HEADER_ADJUSTMENT, "QuickBooks cannot take over what stands on the invoice as a whole: discount, fee."),
        (Category.ITEM_INACTIVE, "A line sells the item CS-101, which is inactive or deleted in QuickBooks."),
        (Category.ITEM_NAME_IN_USE, "QuickBooks allows each item name once; “Mulch” is used by Mulch."),
        (Category.CURRENCY_MISMATCH, "SEK is not active in QuickBooks, or is not the currency of the customer."),
        (Category.AMOUNT_MISMATCH, "The lines come to 1,190.01, but should come to 1,190.00. No cent is moved to make them fit."),
        (Category.DEPENDENCY_FAILING, "The contact Ann Fern has to sync first and is failing: Display name already taken."),
        (Category.PAYMENT_SPLIT, "One payment covers 3 invoices, which is not supported."),
        (Reason.ORIGIN, "Invoice INV-7 comes from QuickBooks, so its payments are recorded there."),
        (Reason.NO_INVOICE, "The payment belongs to no invoice in HubSpot, so it has no place in QuickBooks."),
        (Reason.DEPENDENCY, "The invoice INV-7 does not sync: Excluded by hand."),
        (Reason.VOIDED, "The invoice was voided in HubSpot before it came to QuickBooks."),
        (WAITING, "The product Mulch has to sync first."),
    ],
)
def test_details_fill_the_sentence(code: str, sentence: str, sync: ObjectSync) -> None:
    assert explain(code, FULL[code], labels_of(sync)).why == sentence


@pytest.mark.parametrize(
    ("code", "details", "why"),
    [
        (
            Category.DEPENDENCY_FAILING,
            {"kind": "product", "title": "", "cause": "VALUE_INVALID"},
            "The product it names has to sync first and is failing",
        ),
        (
            Category.CUSTOMER_MISSING,
            {"kind": "contact", "title": "", "cause": ""},
            "No customer in QuickBooks belongs to the contact of this invoice,",
        ),
        (WAITING, {"kind": "invoice", "title": "", "cause": ""}, "The invoice it names has to sync first."),
        (Category.INVOICE_NUMBER_IN_USE, {"words": "DocNumber=7 is assigned"}, "The number belongs to another invoice or credit memo"),
        (
            Category.INVOICE_NUMBER_IN_USE,
            {"name": "INV-7", "holder": "INV-7", "namespace": "CreditMemo"},
            "Number INV-7 is used in QuickBooks by the credit memo INV-7.",
        ),
        (Category.ITEM_NAME_IN_USE, {"name": "Mulch", "holder": ""}, "QuickBooks allows each item name once; “Mulch” is used by another item."),
        (Category.AMOUNT_MISMATCH, {"words": "Amount is not equal"}, "QuickBooks answered: Amount is not equal"),
        (Category.AMOUNT_MISMATCH, {"a": "-5.00", "b": "0.00"}, "The invoice comes to -5.00, and QuickBooks takes no invoice below zero."),
    ],
)
def test_a_detail_that_is_missing_leaves_a_whole_sentence(code: str, details: dict[str, str], why: str, sync: ObjectSync) -> None:
    assert explain(code, {**details, "side": "right"}, labels_of(sync)).why.startswith(why)


def test_only_a_name_is_asked_for_by_company_name_or_address(sync: ObjectSync) -> None:
    said = explain(Reason.NO_NAME, {"side": "left", "field": "Customer"}, labels_of(sync))
    assert said.why == "Customer is empty, but QuickBooks needs it for every record."
    assert "company" not in said.todo
    assert "e-mail address" in explain(Reason.NO_NAME, FULL[Reason.NO_NAME], labels_of(sync)).todo


def test_an_option_is_named_by_its_label() -> None:
    field = FieldSpec("Type", "Item type", FieldType.CHOICE, options=(Option("Group", "Bundle"),))
    labels = SyncLabels({side: side.value for side in Side}, {Side.LEFT: {}, Side.RIGHT: {"Type": field}}, ZoneInfo("UTC"))
    said = explain(Reason.ITEM_TYPE, {"side": "right", "field": "Item type", "value": "Group"}, labels)
    assert said.why == "Items of the type Bundle do not sync."


DATE = FieldSpec("TxnDate", "Date", FieldType.DATE)
SUM = FieldSpec("TotalAmt", "Amount", FieldType.NUMBER)
CUSTOMER = FieldSpec("CustomerRef", "Customer", FieldType.REFERENCE, refers=Kind.CONTACT)


@pytest.mark.parametrize(
    ("stored", "field", "words"),
    [
        ("0|payment||", None, "a payment was removed"),
        ("3|removed|Bark mulch|", None, "line 3 was removed: Bark mulch"),
        ("1|text|Mulch|Mulch, fine", None, "line 1, text: “Mulch” became “Mulch, fine”"),
        ("1|product||Mulch", None, "line 1, product: empty became “Mulch”"),
        ("1|quantity|2|2.5\n1|amount|90|112.50", None, "line 1, quantity: 2 became 2.5; line 1, amount: 90 became 112.50"),
        ("0|discount|0|10.00\n0|tax|0|8.5", None, "discount: 0 became 10.00; tax: 0 became 8.5"),
        ("0|value|1190.00|", SUM, "Amount: 1,190.00 became empty"),
        ("0|value|2026-11-23|2026-11-24", DATE, "Date: Nov. 23, 2026 became Nov. 24, 2026"),
        ("0|value|INV-7|INV|8", None, "Number: INV-7 became INV|8"),
        ("0|value|17|18", CUSTOMER, "Customer was replaced"),
        ("nonsense", None, ""),
    ],
)
def test_a_difference_is_said_in_words(stored: str, field: FieldSpec | None, words: str) -> None:
    assert difference_words(stored, field.label if field else "Number", field) == words


def test_of_many_differences_five_are_said() -> None:
    stored = "\n".join(f"{n}|added||Mulch {n}" for n in range(1, 9))
    words = difference_words(stored, "Lines", None)
    assert words.startswith("line 1 was added: Mulch 1; line 2")
    assert words.endswith("line 5 was added: Mulch 5; and 3 more")


def test_amounts_follow_the_language() -> None:
    with override("sv"):
        assert "1\xa0190,50" in difference_words("0|total|1190.50|5", "", None)
        assert amount_words("none") == "none"


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


def drifted(kind: Kind, origin: str) -> str:
    """What the history of a record of a kind says of a change in HubSpot that was left as it is."""
    sync = make_sync()
    ObjectSync.objects.filter(pk=sync.pk).update(kind=kind)
    record = make_record(sync, left={}, right={}, origin=origin)
    RecordEvent.objects.create(sync=sync, record_pk=record.pk, type="drifted", side="left", at=timezone.now())
    (entry,) = history(SyncRecord.objects.get(pk=record.pk), labels_of(sync))
    assert entry.bold == "Changed in HubSpot and left as it is"
    return entry.text


@pytest.mark.django_db
def test_t15_the_history_explains_why_a_change_of_a_document_from_quickbooks_stays_in_hubspot() -> None:
    assert drifted(Kind.INVOICE, "right") == "This invoice comes from QuickBooks; changes made in HubSpot stay there."
    assert drifted(Kind.PAYMENT, "right") == "This payment comes from QuickBooks; changes made in HubSpot stay there."
    assert drifted(Kind.INVOICE, "left") == ""
    assert drifted(Kind.CONTACT, "right") == ""


@pytest.mark.django_db
def test_the_history_tells_of_a_copy_that_was_taken_back(sync: ObjectSync) -> None:
    record = make_record(sync, left={})
    RecordEvent.objects.create(sync=sync, record_pk=record.pk, type="withdrawn", side="right", at=timezone.now())
    (entry,) = history(record, labels_of(sync))
    assert (entry.bold, entry.text) == ("Taken back from QuickBooks", "because the record it was a copy of is gone")
    assert (entry.tone, entry.icon) == ("warn", "skip")
