from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client

from connectors.base import FieldSpec, FieldType, Option
from connectors.vocabulary import Direction
from syncconfig.engine.filters import MAX_GROUPS, OPERATORS, Condition
from syncconfig.filter_form import FilterEditor
from syncconfig.filter_words import OPERATOR_LABELS, condition_words, resolved_note, rules_words
from syncconfig.models import ObjectSync
from syncconfig.specs import rules_of
from syncconfig.tests.rows import make_record, make_sync, mark_read, seen_json

DENVER = ZoneInfo("America/Denver")
FIELDS = {
    "city": FieldSpec("city", "City"),
    "balance": FieldSpec("balance", "Balance", FieldType.NUMBER),
    "created": FieldSpec("created", "Created time", FieldType.DATETIME),
    "stage": FieldSpec("stage", "Stage", FieldType.CHOICE, options=(Option("a", "Lead"), Option("b", "Customer"))),
    "taxable": FieldSpec("taxable", "Taxable", FieldType.BOOLEAN),
    "invoice.status": FieldSpec("invoice.status", "Invoice: status", FieldType.CHOICE, association="invoice", options=(Option("draft", "Draft"),)),
}


def editor(*groups: tuple[Condition, ...]) -> FilterEditor:
    return FilterEditor.of_rules(groups, FIELDS, DENVER)


CITY, TAX = Condition("city", "any_of", ("Denver",)), Condition("taxable", "is_true")


def test_every_operator_of_every_type_has_words() -> None:
    assert {o for operators in OPERATORS.values() for o in operators} == set(OPERATOR_LABELS)


def test_buttons_change_the_filter_and_number_it_anew() -> None:
    e = editor((CITY, TAX))
    e.change("copy:0")
    assert e.rules() == ((CITY, TAX), (CITY, TAX))
    e.change("remove:1.0")
    assert e.rules() == ((CITY, TAX), (TAX,))
    e.change("add:1")
    assert [row.place for row in e.groups[1]] == ["1.0", "1.1"]
    e.change("drop:0")
    assert [row.place for row in e.groups[0]] == ["0.0", "0.1"]
    e.change("group")
    assert len(e.groups) == 2


def test_removing_the_last_condition_removes_its_group() -> None:
    e = editor((CITY,), (TAX,))
    e.change("remove:0.0")
    assert e.rules() == ((TAX,),)


@pytest.mark.parametrize("action", ["drop:7", "remove:0.9", "remove:x.y", "add:", "nonsense", ""])
def test_a_button_that_names_nothing_changes_nothing(action: str) -> None:
    e = editor((CITY, TAX))
    e.change(action)
    assert e.rules() == ((CITY, TAX),)


def test_no_more_groups_than_allowed() -> None:
    e = editor(*((CITY,) for _ in range(MAX_GROUPS)))
    e.change("group")
    e.change("copy:0")
    assert len(e.groups) == MAX_GROUPS


@pytest.mark.parametrize(
    ("inputs", "values"),
    [
        ({"field": "city", "operator": "any_of", "lines": "Denver\n\n  Boulder \n"}, ("Denver", "Boulder")),
        ({"field": "balance", "operator": "between", "number": ["1", "2.5"]}, ("1", "2.5")),
        ({"field": "created", "operator": "on", "day": "2026-07-01", "time": ""}, ("2026-07-01",)),
        ({"field": "created", "operator": "after", "day": "2026-07-01", "time": "09:14"}, ("2026-07-01T09:14",)),
        ({"field": "created", "operator": "less_ago", "days": "30"}, ("30",)),
        ({"field": "stage", "operator": "none_of", "option": ["a", "b"]}, ("a", "b")),
        ({"field": "taxable", "operator": "is_true", "lines": "left over"}, ()),
    ],
)
def test_values_are_read_from_the_inputs_of_their_kind(inputs: dict[str, Any], values: tuple[str, ...]) -> None:
    data = QueryDict(mutable=True)
    data["place"] = "0.0"
    for name, value in inputs.items():
        data.setlist(f"0.0-{name}", value if isinstance(value, list) else [value])
    e = FilterEditor.of_post(data, FIELDS, DENVER)
    assert e.rules() == ((Condition(inputs["field"], inputs["operator"], values),),)
    assert e.is_valid()


def test_an_operator_the_new_field_lacks_becomes_its_first() -> None:
    data = QueryDict("place=0.0&0.0-field=balance&0.0-operator=starts_with&0.0-number=5")
    assert FilterEditor.of_post(data, FIELDS, DENVER).rules() == ((Condition("balance", "eq", ("5",)),),)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (Condition("gone", "known"), "The account no longer offers this property."),
        (Condition("city", "any_of", ()), "Fill in a value."),
        (Condition("balance", "gt", ("many",)), "Use a number such as 1250.50."),
        (Condition("created", "after", ("soon",)), "Use a day such as 2026-11-23"),
        (Condition("created", "between", ("2026-01-01",)), "Fill in a value."),
    ],
)
def test_what_cannot_be_used_gets_a_sentence_beside_it(condition: Condition, sentence: str) -> None:
    e = editor((TAX, condition))
    assert not e.is_valid()
    assert e.groups[0][0].error == ""
    assert e.groups[0][1].error.startswith(sentence)


def test_association_fields_stand_under_their_own_heading() -> None:
    assert [heading for heading, _entries in editor().choices] == ["Properties", "Associated invoice"]


def test_conditions_are_words_with_labels_and_not_stored_values() -> None:
    groups = rules_words(((Condition("stage", "none_of", ("a", "b")), Condition("created", "less_ago", ("30",))), (TAX,)), FIELDS, DENVER)
    assert [[str(c) for c in g] for g in groups] == [
        ["Stage is none of Lead, Customer", "Created time is less than 30 days ago"],
        ["Taxable is true"],
    ]


def test_blanks_and_absence_are_said() -> None:
    blank = Condition("stage", "none_of", ("a",), include_empty=True)
    assert str(condition_words(blank, FIELDS["stage"], DENVER)) == "Stage is none of Lead or has no value"
    absent = Condition("invoice.status", "any_of", ("draft",), absent=True)
    assert str(condition_words(absent, FIELDS["invoice.status"], DENVER)) == "no associated record with Invoice: status is any of Draft"


@pytest.mark.parametrize(
    ("condition", "note"),
    [
        (Condition("created", "after", ("2026-07-01",)), "From July 2, 2026, 00:00 in America/Denver (06:00 UTC)."),
        (Condition("created", "after", ("2026-07-01T09:14",)), "After July 1, 2026, 09:14 in America/Denver (15:14 UTC)."),
        (Condition("created", "before", ("2026-12-01",)), "Before Dec. 1, 2026, 00:00 in America/Denver (07:00 UTC)."),
        (Condition("created", "less_ago", ("3",)), ""),
        (Condition("created", "after", ("x",)), ""),
    ],
)
def test_dates_tell_the_instant_they_resolve_to(condition: Condition, note: str) -> None:
    assert resolved_note(condition, DENVER) == note


# ---- the editor's page -------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(db: None) -> ObjectSync:
    sync = make_sync("draft")
    mark_read(sync)
    for city in ("Denver", "Denver", "Boulder", None):
        make_record(sync, right={"BillAddr.City": city, "DisplayName": "x"})
    return sync


def row(place: str, field: str, operator: str, **inputs: str) -> dict[str, str]:
    return {f"{place}-field": field, f"{place}-operator": operator, **{f"{place}-{k}": v for k, v in inputs.items()}}


def test_adding_a_condition_stores_nothing_until_apply(draft: ObjectSync, admin_browser: Client) -> None:
    url = f"/syncs/{draft.pk}/limit/to_left/"
    one = {"place": "0.0", **row("0.0", "BillAddr.City", "any_of", lines="Denver")}
    page = admin_browser.post(url, {**one, "do": "add:0"}).content.decode()
    assert page.count('name="place"') == 2
    assert not rules_of(draft, Direction.TO_LEFT)
    answer = admin_browser.post(url, {**one, "do": "apply"})
    assert answer.headers["Location"] == url
    assert rules_of(draft, Direction.TO_LEFT) == ((Condition("BillAddr.City", "any_of", ("Denver",)),),)
    assert "<b>2</b> of 4 match" in admin_browser.get(url).content.decode()
    assert admin_browser.post(url, {**one, "do": "done"}).headers["Location"] == f"/syncs/{draft.pk}/limit/"


def test_a_bad_value_is_not_stored_and_says_so(draft: ObjectSync, admin_browser: Client) -> None:
    data = {"place": "0.0", **row("0.0", "Balance", "gt", number="lots"), "do": "done"}
    page = admin_browser.post(f"/syncs/{draft.pk}/limit/to_left/", data).content.decode()
    assert "Use a number such as 1250.50." in page
    assert not rules_of(draft, Direction.TO_LEFT)


def test_invoice_properties_are_offered_to_quickbooks_only(draft: ObjectSync, admin_browser: Client) -> None:
    assert 'label="Associated invoice"' in admin_browser.get(f"/syncs/{draft.pk}/limit/to_right/").content.decode()
    assert 'label="Associated invoice"' not in admin_browser.get(f"/syncs/{draft.pk}/limit/to_left/").content.decode()


def test_an_inactive_direction_has_no_editor(draft: ObjectSync, admin_browser: Client) -> None:
    ObjectSync.objects.filter(pk=draft.pk).update(direction="to_left")
    assert admin_browser.get(f"/syncs/{draft.pk}/limit/to_right/").status_code == 404
    assert admin_browser.get(f"/syncs/{draft.pk}/limit/elsewhere/").status_code == 404


def test_the_recommended_filter_comes_back_with_the_day_of_set_up(draft: ObjectSync, admin_browser: Client) -> None:
    before = rules_of(draft, Direction.TO_RIGHT)
    assert "Use recommended" not in admin_browser.get(f"/syncs/{draft.pk}/limit/").content.decode()
    draft.filter_groups.all().delete()
    assert "Use recommended" in admin_browser.get(f"/syncs/{draft.pk}/limit/").content.decode()
    admin_browser.post(f"/syncs/{draft.pk}/limit/", {"do": "recommended:to_right"})
    assert rules_of(draft, Direction.TO_RIGHT) == before
    assert before[0][1].values == ("2026-07-01",)


def test_conditions_on_invoices_are_counted_from_what_was_seen(draft: ObjectSync, admin_browser: Client) -> None:
    seen = seen_json({"email": "a@a.example"}, {"invoice": [{"status": "open", "created": None, "source": "hubspot"}]})
    make_record(draft, left={"email": "a@a.example"}, left_seen=seen)
    make_record(draft, left={"email": "b@b.example"})
    data = {"place": "0.0", "0.0-field": "invoice.status", "0.0-operator": "any_of", "0.0-option": "open", "do": "apply"}
    admin_browser.post(f"/syncs/{draft.pk}/limit/to_right/", data)
    assert "<b>1</b> of 2 match" in admin_browser.get(f"/syncs/{draft.pk}/limit/to_right/").content.decode()


def test_a_field_that_was_not_read_is_not_counted_as_no_match(draft: ObjectSync, admin_browser: Client) -> None:
    cursors = draft.__class__.objects.get(pk=draft.pk).cursors
    cursors["right"]["fields"] = ["DisplayName"]
    ObjectSync.objects.filter(pk=draft.pk).update(cursors=cursors)
    data = {"place": "0.0", **row("0.0", "BillAddr.City", "any_of", lines="Denver"), "do": "apply"}
    admin_browser.post(f"/syncs/{draft.pk}/limit/to_left/", data)
    page = admin_browser.get(f"/syncs/{draft.pk}/limit/").content.decode()
    assert "not counted yet" in page
    assert "Read both sides" in page
