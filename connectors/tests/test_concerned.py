"""What a webhook about one object means for the records of a kind: those themselves, or what they are parts of (base.Connector.concerned)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.hubspot.webhooks import WEBHOOKS as HUBSPOT
from connectors.memory import MemoryConnector
from connectors.quickbooks.webhooks import WEBHOOKS as QUICKBOOKS
from connectors.tests.hubspot_shop import LINE, Shop
from connectors.tests.quickbooks_shop import Till, open_till
from connectors.vocabulary import Kind


@pytest.fixture
def till() -> Iterator[Till]:
    yield from open_till()


@pytest.mark.parametrize("kind", list(Kind))
def test_an_object_that_is_a_record_of_the_kind_concerns_itself_and_costs_no_call(shop: Shop, till: Till, kind: Kind) -> None:
    for connector, webhooks in ((shop.connector(), HUBSPOT), (till.connector, QUICKBOOKS)):
        [name] = [name for name, kinds in webhooks.records.items() if kind in kinds]
        assert connector.concerned(kind, name, ["7", "8"]) == ["7", "8"]
        assert connector.calls == 0
    assert MemoryConnector(()).concerned(kind, "anything", ["7"]) == ["7"]


def test_a_line_concerns_the_invoice_it_stands_on(shop: Shop) -> None:
    one, _other = shop.draft(LINE, LINE), shop.draft(LINE)
    lines = shop.associated("invoices", one, "line_items")
    assert len(lines) == 2
    assert shop.connector().concerned(Kind.INVOICE, "line_items", lines) == [one]


def test_a_company_concerns_its_contacts(shop: Shop) -> None:
    ann, ben = shop.contact(email="ann@example.com"), shop.contact(email="ben@example.com")
    company = shop.company(ann, name="Lee Ltd")
    shop.contact(email="nobody@example.com")
    shop.account.associate("contacts", ben, "companies", company)
    assert sorted(shop.connector().concerned(Kind.CONTACT, "companies", [company])) == sorted([ann, ben])


def test_a_part_of_nothing_concerns_nothing(shop: Shop) -> None:
    company = shop.make("companies", {"name": "Alone"})
    assert shop.connector().concerned(Kind.CONTACT, "companies", [company, "999"]) == []


def test_a_payment_concerns_every_invoice_it_pays(till: Till) -> None:
    one, other, third = till.invoice(50), till.invoice(60), till.invoice(70)
    both = till.pay(110, (one, 50), (other, 60))
    alone = till.pay(5, (third, 5))
    assert till.connector.concerned(Kind.INVOICE, "Payment", [both["Id"]]) == [one["Id"], other["Id"]]
    assert till.connector.concerned(Kind.INVOICE, "Payment", [both["Id"], alone["Id"], "999"]) == [one["Id"], other["Id"], third["Id"]]
