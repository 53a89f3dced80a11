"""Configuration documents with products and invoices: every setting is checked by name and place, and what was exported applies again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError

from connectors.sandbox.quickbooks import add_company
from connectors.vocabulary import Direction, Kind
from syncconfig import drafts
from syncconfig.models import ObjectSync
from syncconfig.specs import rules_of
from syncconfig.tests.system import System
from syncconfig.tests.test_sync_commands import run, say

pytestmark = pytest.mark.django_db(transaction=True)
CONTACTS = {"kind": "contact", "status": "on"}


@pytest.fixture
def system(sandboxes: Any, admin: Any) -> System:
    return System(sandboxes, admin)


def document(system: System, folder: Path, *syncs: dict[str, Any]) -> str:
    accounts = {"hubspot": system.left.account_id, "quickbooks": system.right.account_id}
    path = folder / "money.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "accounts": accounts, "syncs": list(syncs)}))
    return str(path)


def account(system: System, kind: str) -> str:
    """The number of an account of the sample company by its type."""
    company = next(iter(system.sandboxes.quickbooks.companies.values()))
    return str(next(row["Id"] for row in company.table("Account").rows.values() if row["AccountType"] == kind))


def test_a_document_sets_up_everything_in_any_order_and_exports_it_again(system: System, tmp_path: Path) -> None:
    products = {
        "kind": "product",
        "status": "on",
        "direction": "both",
        "options": {
            "product_type": "Non-inventory",
            "income_account": "sales of product income",
            "expense_account": int(account(system, "Cost of Goods Sold")),
            "item_types": ["Service", "Inventory"],
        },
    }
    invoices = {"kind": "invoice", "status": "on", "direction": "both", "options": {"income_account": "Services"}}
    assert run("configure", "apply", document(system, tmp_path, invoices, products, CONTACTS)) == {"started": ["contact", "product", "invoice"]}
    assert set(ObjectSync.objects.filter(status="on").values_list("kind", flat=True)) == set(Kind)

    text = say("configure", "export")
    exported = yaml.safe_load(text)["syncs"]
    assert [sync["kind"] for sync in exported] == ["contact", "product", "invoice"]
    named = {o.label: o.value for o in drafts.account_options(ObjectSync.objects.get(kind="invoice"))["income_account"]}
    assert exported[2]["options"] == {"income_account": named["Services"]}
    assert exported[1]["options"] == {
        "product_type": "NonInventory",
        "income_account": named["Sales of Product Income"],
        "expense_account": account(system, "Cost of Goods Sold"),
        "item_types": ["Inventory", "Service"],
    }
    assert [c["field"] for c in exported[2]["filters"]["to_quickbooks"][0]] == ["hs_invoice_status", "hs_invoice_source", "hs_createdate"]
    again = tmp_path / "again.yaml"
    again.write_text(text)
    assert run("configure", "diff", str(again)) == {"changes": []}
    assert run("configure", "apply", str(again)) == {"started": []}

    foreseen = run("preview", "invoice")
    assert set(foreseen["hubspot"]) == {"create", "update"}
    assert [run(*words)["runs"][0]["result"] in ("succeeded", "partial") for words in (("sync", "product"), ("sync", "payment"))] == [True, True]


def test_every_item_type_is_the_same_as_none_named(system: System, tmp_path: Path) -> None:
    run("configure", "apply", document(system, tmp_path, {"kind": "product", "options": {"item_types": ["Service", "Inventory", "Non-inventory"]}}))
    assert "item_types" not in ObjectSync.objects.get().options


@pytest.mark.parametrize(
    ("sync", "words"),
    [
        ({"kind": "payment"}, r"syncs\[0\].kind: has to be one of contact, product, invoice. A sync of payments follows the one of invoices."),
        ({"kind": "note"}, "A sync of payment notes follows the one of invoices."),
        ({"kind": "product", "options": ["Service"]}, r"syncs\[0\].options: has to be a mapping."),
        ({"kind": "product", "options": {"colour": "red"}}, r"options.colour: unknown option. Known: product_type, income_account, "),
        ({"kind": "contact", "options": {"income_account": "5"}}, "options.income_account: unknown option. Known: none."),
        (
            {"kind": "product", "options": {"product_type": "Bundle"}},
            "options.product_type: there is no Bundle. Choose one of: Service; NonInventory Non-inv",
        ),
        ({"kind": "product", "options": {"item_types": ["Service", "Group"]}}, "options.item_types: there is no Group."),
        (
            {"kind": "product", "options": {"income_account": 4711}},
            r"income_account: there is no 4711. Choose one of: \d+ Discounts given; \d+ ",
        ),
        ({"kind": "product", "direction": "both"}, r"options.income_account: Choose an active income account of the QuickBooks company. Choose one"),
        (
            {"kind": "product", "direction": "to_quickbooks", "options": {"product_type": "Inventory"}},
            r"(?s)options.income_account.*options.expense_account.*options.asset_account: .*Choose one of: \d+ Inventory Asset.",
        ),
        ({"kind": "invoice", "direction": "to_quickbooks"}, r"syncs\[0\].options.income_account: Choose an active income account"),
        ({"kind": "invoice"}, "syncs.invoice: Set up the contact sync first"),
        ({"kind": "invoice", "match": {"by": "none"}}, r"syncs\[0\].match: records of this kind are matched by their recommended fields only"),
        ({"kind": "invoice", "match": {"fields": {"hubspot": "hs_number", "quickbooks": "DocNumber"}}}, "recommended fields only"),
        (
            {"kind": "invoice", "mappings": [{"hubspot": "lines", "quickbooks": "Line", "enabled": False}]},
            r"syncs\[0\].mappings\[0\]: is needed to create and link records and cannot be changed.",
        ),
        ({"kind": "invoice", "mappings": [{"hubspot": "contact", "quickbooks": "CustomerRef", "rule": "if_empty"}]}, "cannot be changed"),
        (
            {"kind": "invoice", "mappings": [{"hubspot": "lines", "quickbooks": "Line", "direction": "to_hubspot"}]},
            r"mappings\[0\].direction: is fixed, it is both.",
        ),
        (
            {"kind": "invoice", "filters": {"to_quickbooks": []}},
            r"syncs\[0\].filters.to_quickbooks: this filter is fixed and cannot be changed. Leave it out.",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place_and_nothing_changes(system: System, tmp_path: Path, sync: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        say("configure", "apply", document(system, tmp_path, sync))
    assert refused.value.returncode == 2
    assert not ObjectSync.objects.exists()


def test_t23_the_fixed_filter_cannot_be_changed_by_a_document(system: System, tmp_path: Path) -> None:
    invoices = {"kind": "invoice", "status": "on", "direction": "both", "options": {"income_account": "Services"}}
    run("configure", "apply", document(system, tmp_path, CONTACTS, invoices))
    sync = ObjectSync.objects.get(kind="invoice")
    before = rules_of(sync, Direction.TO_RIGHT)
    exported = yaml.safe_load(say("configure", "export"))["syncs"][1]["filters"]["to_quickbooks"]
    for forged in ([], [exported[0][:2]], [*exported, [{"field": "hs_currency", "operator": "known"}]]):
        with pytest.raises(CommandError, match="this filter is fixed"):
            say("configure", "apply", document(system, tmp_path, CONTACTS, {**invoices, "filters": {"to_quickbooks": forged}}))
        assert rules_of(sync, Direction.TO_RIGHT) == before
    same = {**invoices, "filters": {"to_quickbooks": exported}}
    assert run("configure", "apply", document(system, tmp_path, CONTACTS, same)) == {"started": []}
    assert list(sync.filter_groups.filter(direction="to_right").values_list("locked", flat=True)) == [True]


def test_t18_a_document_cannot_send_invoices_abroad(system: System, tmp_path: Path) -> None:
    add_company(system.sandboxes.quickbooks, "9130350000000000077", "Hedge & Lawn Ltd", country="GB", currency="GBP")
    system.right = system.connect("quickbooks", "9130350000000000077")
    invoices = {"kind": "invoice", "status": "on", "options": {"income_account": "Services"}}
    for outward in ("both", "to_quickbooks"):
        with pytest.raises(CommandError, match=r"syncs\[1\].direction: Invoices cannot be sent to this QuickBooks company"):
            say("configure", "apply", document(system, tmp_path, CONTACTS, {**invoices, "direction": outward}))
    assert not ObjectSync.objects.exists()
    assert run("configure", "apply", document(system, tmp_path, CONTACTS, invoices)) == {"started": ["contact", "invoice"]}


def test_turning_the_invoices_off_by_document_turns_off_what_follows(system: System, tmp_path: Path) -> None:
    invoices = {"kind": "invoice", "status": "on"}
    run("configure", "apply", document(system, tmp_path, CONTACTS, invoices))
    run("configure", "apply", document(system, tmp_path, CONTACTS, {**invoices, "status": "off"}))
    assert set(ObjectSync.objects.filter(status="off").values_list("kind", flat=True)) == {"invoice", "payment", "note"}
