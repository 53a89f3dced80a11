"""The sample company, products, invoices and payments included, with the recommended settings: everything is in sync or says why not."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from connectors.vocabulary import Direction, Kind
from syncconfig.explanations import explain_record, labels_of
from syncconfig.models import SyncRecord
from syncconfig.money import sums
from syncconfig.tests.firm import Firm, money

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture
def firm(sandboxes: Any, admin: Any) -> Firm:
    return Firm(sandboxes, admin)


def run_it(firm: Firm, direction: Direction, *, since_set_up: bool) -> list[SyncRecord]:
    """All syncs until nothing is left to write; every record that is not in sync."""
    firm.open_contacts()
    firm.open_products(Direction.BOTH if direction is Direction.BOTH else Direction.TO_LEFT)
    firm.open_invoices(direction, since_set_up=since_set_up)
    firm.settle()
    return list(SyncRecord.objects.exclude(state=SyncRecord.State.IN_SYNC).select_related("sync__left", "sync__right"))


@pytest.mark.parametrize("direction", [Direction.TO_LEFT, Direction.BOTH])
def test_the_sample_company_comes_together_to_the_cent_and_whatever_does_not_says_why(firm: Firm, direction: Direction) -> None:
    others = run_it(firm, direction, since_set_up=False)
    assert not [r for r in others if r.state == SyncRecord.State.PENDING]
    for record in others:
        explained = explain_record(record, labels_of(record.sync))
        assert explained, (record.sync.kind, record.reason)
        assert explained.why, (record.sync.kind, record.reason)
        assert explained.todo, (record.sync.kind, record.reason)
    found = sums(firm.left, firm.right)
    assert {one.what for one in found} >= {"invoices", "balances", "payments"}
    assert all(one.agrees for one in found), found
    out = io.StringIO()
    call_command("status", "--money", "--json", stdout=out)
    assert all(one["agrees"] for one in json.loads(out.getvalue())["money"])
    by_key = {p["tandem_quickbooks_id"]: p for p in firm.hubspot_invoices().values() if p.get("tandem_quickbooks_id")}
    for row in firm.booked_invoices():
        mirror = by_key.get(f"{firm.books.realm}:{row['Id']}")
        if mirror and mirror["hs_invoice_status"] != "voided":
            assert money(mirror["hs_amount_billed"]) == row["TotalAmt"]
            assert money(mirror["tandem_quickbooks_balance"]) == row["Balance"]
    assert SyncRecord.objects.filter(sync=firm.syncs[Kind.INVOICE], state=SyncRecord.State.IN_SYNC).count() > 20
