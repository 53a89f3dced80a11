"""Webhooks about what is part of an invoice: its lines in HubSpot, its payments in QuickBooks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.vocabulary import Kind
from syncconfig import tasks
from syncconfig.models import ObjectSync, SyncRun
from syncconfig.tests.firm import ANN, Firm, Sold, customer_of, money, open_firm
from syncconfig.tests.postman import SECRETS, Postman
from syncconfig.tests.system import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def firm(settings: Any, admin: Any) -> Iterator[Firm]:
    settings.WEBHOOK_SECRETS = {key: [secret] for key, secret in SECRETS.items()}
    with open_firm(settings, admin) as firm:
        firm.contact(**ANN)
        firm.open_all()
        firm.settle()
        yield firm


def test_a_payment_that_quickbooks_tells_of_reaches_the_mirror_with_its_record(firm: Firm) -> None:
    booked = firm.book(customer_of(firm), Sold("Services", "2", "50"))
    firm.settle()
    payment = firm.receive(customer_of(firm), "40", [(booked, "40")])
    assert Postman().quickbooks(Postman().notice("Payment", payment, "Create")).status_code == 200
    asked = list(SyncRun.objects.filter(state=SyncRun.State.QUEUED).order_by("pk").values_list("sync__kind", flat=True))
    assert asked == [Kind.INVOICE, Kind.PAYMENT, Kind.NOTE]
    work()
    mirror, held = firm.mirror(booked)
    assert money(held["hs_amount_billed"]) == Decimal(100)
    assert [money(paid["hs_initial_amount"]) for paid in firm.payments_of(mirror)] == [Decimal(40)]


def test_a_line_that_hubspot_tells_of_has_its_invoice_looked_at(firm: Firm) -> None:
    invoice = firm.draft(next(iter(firm.contacts())), Sold("Work", "1", "30"))
    firm.settle()
    firm.add_line(invoice, Sold("More work", "2", "10"))
    firm.finalize(invoice)
    [*_, line] = firm.lines_of(invoice)
    found = [record for record in firm.hubspot.tables["line_items"].after(0) if record["properties"].get("name") == line["name"]]
    postman = Postman()
    assert postman.hubspot(postman.event("line_item.creation", found[0]["id"])).status_code == 200
    work()
    assert [row["TotalAmt"] for row in firm.booked_invoices()] == [50]


def test_syncs_that_are_off_are_not_woken(firm: Firm) -> None:
    ObjectSync.objects.filter(kind=Kind.INVOICE).update(status=ObjectSync.Status.OFF)
    assert tasks.heard("quickbooks", []) == 0
    Postman().quickbooks(Postman().notice("Invoice", "1"))
    assert not SyncRun.objects.filter(state=SyncRun.State.QUEUED).exists()
