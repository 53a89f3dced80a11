"""Documents in the engine: references, what is frozen, what is refused, what follows from where a record was born."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from connectors.base import Lines, Record, Write
from connectors.errors import Rejected
from connectors.vocabulary import Category, Kind
from syncconfig.engine.state import WAITING, EventType, Reason, State
from syncconfig.engine.tests.money import MoneyWorld, line, lines

CENTS = Decimal("0.01")


@pytest.fixture
def world() -> MoneyWorld:
    return MoneyWorld()


def one_standing(world: MoneyWorld, side: str, kind: Kind = Kind.INVOICE) -> Record:
    (found,) = getattr(world, side)[kind].standing()
    return found


def test_an_invoice_of_the_crm_goes_to_the_linked_customer_with_its_products(world: MoneyWorld) -> None:
    contact, customer = world.people()
    product = world.left[Kind.PRODUCT].create({"name": "Mowing", "sku": "M-1"})
    item = world.right[Kind.PRODUCT].create({"name": "Mowing", "sku": "M-1"})
    world.left_invoice(contact, lines(line(product=product), line("Bed", "2", "10")))
    world.sync()
    made = one_standing(world, "right")
    assert made.fields["customer"] == customer
    assert isinstance(made.fields["lines"], Lines)
    assert [found.product for found in made.fields["lines"].lines] == [item, world.custom_item]
    assert made.fields["lines"].total == Decimal("65.00")
    assert world.asked_for_item == 1
    assert world.settled()


def test_the_fallback_is_asked_for_only_when_a_line_needs_it(world: MoneyWorld) -> None:
    contact, _ = world.people()
    world.right[Kind.PRODUCT].create({"name": "Mowing", "sku": "M-1"})
    world.left_invoice(contact, lines(line(sku="M-1")))
    world.sync()
    assert world.asked_for_item == 0
    assert one_standing(world, "right").fields["lines"].lines[0].product == "1"


def test_two_items_with_one_sku_are_no_answer_to_which_one(world: MoneyWorld) -> None:
    contact, _ = world.people()
    for name in ("One", "Two"):
        world.right[Kind.PRODUCT].create({"name": name, "sku": "M-1"})
    world.left_invoice(contact, lines(line(sku="M-1")))
    world.sync()
    assert one_standing(world, "right").fields["lines"].lines[0].product == world.custom_item


def test_an_invoice_waits_for_its_customer_and_goes_when_it_is_there(world: MoneyWorld) -> None:
    contact = world.left[Kind.CONTACT].create({"name": "New"})
    invoice = world.left_invoice(contact, lines(line()))
    world.sync(Kind.INVOICE)
    assert world.row(Kind.INVOICE, left=invoice).reason == Category.CUSTOMER_MISSING
    world.sync(Kind.CONTACT)
    assert world.row(Kind.INVOICE, left=invoice).dirty
    world.sync(Kind.INVOICE)
    assert world.row(Kind.INVOICE, left=invoice).state is State.IN_SYNC
    assert len(world.right[Kind.INVOICE].standing()) == 1


def test_an_invoice_of_a_failing_customer_says_so_and_follows_when_it_is_mended(world: MoneyWorld) -> None:
    world.right[Kind.CONTACT].refuse = lambda values: None if values.get("name") != "Bad" else refused()
    contact = world.left[Kind.CONTACT].create({"name": "Bad"})
    invoice = world.left_invoice(contact, lines(line()))
    world.sync()
    row = world.row(Kind.INVOICE, left=invoice)
    assert (row.state, row.reason) == (State.FAILING, Category.DEPENDENCY_FAILING)
    assert row.details["cause"] == Category.VALUE_INVALID
    world.left[Kind.CONTACT].edit(contact, {"name": "Good"})
    world.sync()
    assert world.row(Kind.INVOICE, left=invoice).state is State.IN_SYNC


def refused() -> Rejected:
    return Rejected("no", category=Category.VALUE_INVALID)


def test_a_pending_customer_makes_the_invoice_wait_without_an_attempt(world: MoneyWorld) -> None:
    contact, _ = world.people()
    world.sync(Kind.CONTACT)
    store = world.stores[Kind.CONTACT]
    (row,) = store.rows.values()
    store.rows[row.pk] = replace(row, right=None, state=State.PENDING)
    invoice = world.left_invoice(contact, lines(line()))
    world.sync(Kind.INVOICE)
    row = world.row(Kind.INVOICE, left=invoice)
    assert (row.state, row.reason, row.attempts) == (State.PENDING, WAITING, 0)


def test_an_invoice_of_the_books_becomes_a_mirror_and_follows_every_edit_there(world: MoneyWorld) -> None:
    contact, customer = world.people()
    invoice = world.right_invoice(customer, lines(line(), tax="3.60", discount="5"))
    world.sync()
    mirror = one_standing(world, "left")
    assert mirror.fields["contact"] == contact
    assert mirror.fields["lines"].total == Decimal("43.60")
    assert mirror.fields["status"] == "open"
    world.right[Kind.INVOICE].edit(invoice, {"lines": lines(line(), line("More", "3", "0.335")), "status": "paid"})
    world.sync()
    mirror = one_standing(world, "left")
    assert [found.text for found in mirror.fields["lines"].lines] == ["Mowing", "More"]
    assert mirror.fields["status"] == "paid"
    assert world.settled()


def test_a_customer_with_another_id_than_its_contact_is_still_the_same(world: MoneyWorld) -> None:
    world.left[Kind.CONTACT].create({"name": "Not a customer"})
    contact, customer = world.people()
    assert contact != customer
    mine, theirs = world.left_invoice(contact, lines(line())), world.right_invoice(customer, lines(line()))
    world.sync()
    world.left[Kind.INVOICE].edit(mine, {"memo": "One"})
    world.right[Kind.INVOICE].edit(theirs, {"memo": "Two"})
    world.sync()
    assert {row.state for row in world.stores[Kind.INVOICE].rows.values()} == {State.IN_SYNC}
    assert world.settled()


def test_an_edit_of_a_mirror_stays_there_and_is_noted(world: MoneyWorld) -> None:
    _, customer = world.people()
    invoice = world.right_invoice(customer, lines(line()), memo="Thanks")
    world.sync()
    world.left[Kind.INVOICE].edit(one_standing(world, "left").id, {"memo": "Changed"})
    world.sync()
    assert world.right[Kind.INVOICE].current(invoice).fields["memo"] == "Thanks"
    assert any(e.type is EventType.DRIFTED for e in world.stores[Kind.INVOICE].events)
    world.right[Kind.INVOICE].edit(invoice, {"memo": "Thank you"})
    world.sync()
    assert one_standing(world, "left").fields["memo"] == "Thank you"


def test_header_fields_of_a_crm_invoice_flow_back_from_the_books(world: MoneyWorld) -> None:
    contact, _ = world.people()
    invoice = world.left_invoice(contact, lines(line()))
    world.sync()
    world.right[Kind.INVOICE].edit(one_standing(world, "right").id, {"memo": "Net 10", "day": date(2026, 12, 31), "balance": Decimal(5)})
    world.sync()
    values = world.left[Kind.INVOICE].current(invoice).fields
    assert (values["memo"], values["day"], values["balance"]) == ("Net 10", date(2026, 12, 31), Decimal(5))
    assert world.row(Kind.INVOICE, left=invoice).state is State.IN_SYNC


def test_a_price_changed_in_the_books_is_named_and_heals_by_itself(world: MoneyWorld) -> None:
    contact, _ = world.people()
    invoice = world.left_invoice(contact, lines(line(), line("Bed", "2", "10")))
    world.sync()
    made = one_standing(world, "right")
    before, writes = made.fields["lines"], world.writes()
    dearer = replace(before.lines[1], price=Decimal(12), amount=Decimal("24.00"))
    world.right[Kind.INVOICE].edit(made.id, {"lines": replace(before, lines=(before.lines[0], dearer), total=Decimal("69.00"))})
    world.sync()
    row = world.row(Kind.INVOICE, left=invoice)
    assert (row.state, row.reason) == (State.FAILING, Category.EDITED_IN_QUICKBOOKS)
    assert "2|price|10|12" in row.details["difference"].splitlines()
    world.right[Kind.INVOICE].edit(made.id, {"lines": before})
    world.sync()
    assert world.row(Kind.INVOICE, left=invoice).state is State.IN_SYNC
    assert world.writes() == writes


def test_other_fields_go_on_while_a_refused_edit_waits(world: MoneyWorld) -> None:
    contact, _ = world.people()
    invoice = world.left_invoice(contact, lines(line()))
    world.sync()
    made = one_standing(world, "right")
    world.right[Kind.INVOICE].edit(made.id, {"lines": lines(line(price="46")), "memo": "New"})
    world.sync()
    assert world.left[Kind.INVOICE].current(invoice).fields["memo"] == "New"
    assert world.row(Kind.INVOICE, left=invoice).reason == Category.EDITED_IN_QUICKBOOKS


def test_lines_changed_in_the_crm_after_the_books_have_them_are_a_finding(world: MoneyWorld) -> None:
    contact, _ = world.people()
    invoice = world.left_invoice(contact, lines(line()))
    world.sync()
    writes = world.writes()
    world.left[Kind.INVOICE].edit(invoice, {"lines": lines(line(), line("More"))})
    world.sync()
    row = world.row(Kind.INVOICE, left=invoice)
    assert row.reason == Category.EDITED_IN_HUBSPOT
    assert row.details["difference"].splitlines()[0] == "2|added||More"
    assert world.writes() == writes


def test_a_void_travels_both_ways_for_invoices_of_the_crm(world: MoneyWorld) -> None:
    contact, _ = world.people()
    first, second = world.left_invoice(contact, lines(line())), world.left_invoice(contact, lines(line()), number="INV-2")
    world.sync()
    by_number = {r.fields["number"]: r.id for r in world.right[Kind.INVOICE].standing()}
    world.left[Kind.INVOICE].edit(first, {"voided": True})
    world.right[Kind.INVOICE].edit(by_number["INV-2"], {"voided": True, "lines": lines(line(price="0"))})
    world.sync()
    assert world.right[Kind.INVOICE].current(by_number["INV-1"]).fields["voided"] is True
    assert world.left[Kind.INVOICE].current(second).fields["voided"] is True
    assert {world.row(Kind.INVOICE, left=i).state for i in (first, second)} == {State.IN_SYNC}
    assert world.settled()


def test_numbers_are_compared_within_the_same_customer_only(world: MoneyWorld) -> None:
    world.left[Kind.CONTACT].create({"name": "Not a customer"})  # from here on the two of a pair have different ids
    contact, customer = world.people()
    _, stranger = world.people("Other")
    same = world.left_invoice(contact, lines(line()), number="7")
    mine = world.right_invoice(customer, lines(line()), number="7")
    world.sync()
    row = world.row(Kind.INVOICE, left=same)
    assert row.right
    assert (row.right.id, row.linked_by, row.origin) == (mine, "key", "left")
    other = world.left_invoice(contact, lines(line(price="9")), number="8")
    world.right_invoice(stranger, lines(line(price="9")), number="8")
    world.sync()
    row = world.row(Kind.INVOICE, left=other)
    assert (row.state, row.reason) == (State.FAILING, Category.INVOICE_NUMBER_IN_USE)


def test_a_copy_that_a_sync_wrote_never_goes_to_the_books(world: MoneyWorld) -> None:
    contact, _ = world.people()
    copy = world.left_invoice(contact, lines(line()), billable=False)
    world.sync()
    row = world.row(Kind.INVOICE, left=copy)
    assert (row.state, row.reason) == (State.EXCLUDED, Reason.COPY)


@pytest.mark.parametrize(
    ("content", "category"),
    [
        (lines(), Category.NO_LINE_ITEMS),
        (lines(line(), adjustments=("discount",)), Category.HEADER_ADJUSTMENT),
        (lines(line(), total=Decimal("44.99")), Category.AMOUNT_MISMATCH),
        (lines(line(quantity="-1")), Category.AMOUNT_MISMATCH),
        (lines(line(quantity="3000000", price="0.00000001", amount=Decimal("0.04"))), Category.AMOUNT_MISMATCH),
    ],
)
def test_what_does_not_add_up_is_not_sent(world: MoneyWorld, content: Lines, category: Category) -> None:
    contact, _ = world.people()
    invoice = world.left_invoice(contact, content)
    world.sync()
    assert world.row(Kind.INVOICE, left=invoice).reason == category
    assert world.right[Kind.INVOICE].standing() == []


def test_a_discounted_line_goes_with_the_rate_its_amount_follows_from(world: MoneyWorld) -> None:
    contact, _ = world.people()
    world.left_invoice(contact, lines(line(quantity="3", price="3.3333333333333", amount=Decimal("10.00"))))
    world.sync()
    (sent,) = one_standing(world, "right").fields["lines"].lines
    assert sent.price == Decimal("3.3333333")
    assert (sent.price * sent.quantity).quantize(CENTS) == sent.amount
    assert world.settled()


def test_a_payment_of_the_books_follows_its_invoice_and_goes_when_it_goes(world: MoneyWorld) -> None:
    _, customer = world.people()
    invoice = world.right_invoice(customer, lines(line()))
    payment = world.right[Kind.PAYMENT].create({"amount": Decimal(45), "invoice": invoice, "invoices": Decimal(1)})
    world.sync()
    mirror = one_standing(world, "left", Kind.PAYMENT)
    assert mirror.fields["invoice"] == one_standing(world, "left").id
    world.right[Kind.PAYMENT].edit(payment, {"invoice": None, "invoices": Decimal(0)})
    world.sync()
    assert world.left[Kind.PAYMENT].standing() == []
    row = world.row(Kind.PAYMENT, right=payment)
    assert (row.state, row.reason, row.left) == (State.EXCLUDED, Reason.NO_INVOICE, None)
    world.right[Kind.PAYMENT].edit(payment, {"invoice": invoice, "invoices": Decimal(1)})
    world.sync()
    assert len(world.left[Kind.PAYMENT].standing()) == 1
    world.right[Kind.PAYMENT].remove(payment)
    world.sync()
    assert world.left[Kind.PAYMENT].standing() == []
    assert world.settled()


def test_a_payment_of_the_crm_goes_to_the_books_for_its_own_invoices_only(world: MoneyWorld) -> None:
    contact, customer = world.people()
    own = world.left_invoice(contact, lines(line()))
    world.right_invoice(customer, lines(line(price="7")))
    world.sync()
    mirror = next(r.id for r in world.left[Kind.INVOICE].standing() if r.id != own)
    paid = world.left[Kind.PAYMENT].create({"amount": Decimal(45), "invoice": own})
    foreign = world.left[Kind.PAYMENT].create({"amount": Decimal(7), "invoice": mirror})
    world.sync()
    assert [r.fields["amount"] for r in world.right[Kind.PAYMENT].standing()] == [Decimal(45)]
    assert world.row(Kind.PAYMENT, left=foreign).reason == Reason.ORIGIN
    row = world.row(Kind.PAYMENT, left=paid)
    assert row.state is State.IN_SYNC
    assert row.right
    world.right[Kind.PAYMENT].remove(row.right.id)
    world.sync()
    row = world.row(Kind.PAYMENT, left=paid)
    assert (row.state, row.reason) == (State.FAILING, Category.EDITED_IN_QUICKBOOKS)
    assert len(world.left[Kind.PAYMENT].standing()) == 2


def test_a_payment_over_several_invoices_is_shown_as_such(world: MoneyWorld) -> None:
    payment = world.right[Kind.PAYMENT].create({"amount": Decimal(45), "invoices": Decimal(3)})
    world.sync()
    row = world.row(Kind.PAYMENT, right=payment)
    assert (row.state, row.reason, row.details["value"]) == (State.FAILING, Category.PAYMENT_SPLIT, "3")


def test_a_note_is_written_once_a_deal_is_there_and_never_twice(world: MoneyWorld) -> None:
    _, customer = world.people()
    invoice = world.right_invoice(customer, lines(line()))
    payment = world.right[Kind.PAYMENT].create({"amount": Decimal(45), "invoice": invoice, "invoices": Decimal(1)})
    world.sync()
    assert world.row(Kind.NOTE, right=payment).reason == Reason.NO_DEAL
    world.left[Kind.INVOICE].edit(one_standing(world, "left").id, {"deals": ("5",)})
    world.sync()
    note = one_standing(world, "left", Kind.NOTE)
    assert note.fields["deals"] == ("5",)
    assert world.settled()
    world.right[Kind.PAYMENT].edit(payment, {"amount": Decimal(40)})
    world.sync()
    assert one_standing(world, "left", Kind.NOTE).fields["amount"] == Decimal(40)
    assert world.settled()


def test_skus_that_differ_in_case_are_two_products(world: MoneyWorld) -> None:
    world.left[Kind.PRODUCT].create({"name": "One", "sku": "ab"})
    world.right[Kind.PRODUCT].create({"name": "Two", "sku": "AB"})
    world.sync(Kind.PRODUCT)
    assert len(world.left[Kind.PRODUCT].standing()) == 2


def test_a_product_without_a_sku_stays_where_it_is(world: MoneyWorld) -> None:
    item = world.right[Kind.PRODUCT].create({"name": "One"})
    world.sync(Kind.PRODUCT)
    assert world.row(Kind.PRODUCT, right=item).reason == Reason.NO_KEY


@dataclass
class Loser:
    """Loses the first answer: before or after the write happened."""

    moment: str
    left: int = 1

    def __call__(self, moment: str, write: Write) -> bool:
        self.left -= moment == self.moment
        return moment == self.moment and self.left >= 0


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_never_makes_a_second_invoice(world: MoneyWorld, moment: str) -> None:
    contact, customer = world.people()
    world.left_invoice(contact, lines(line()), number="L")
    world.right_invoice(customer, lines(line(price="7")), number="R")
    for side in (world.left, world.right):
        side[Kind.INVOICE].disturb = Loser(moment)
    world.sync()
    world.sync()
    assert [len(side[Kind.INVOICE].standing()) for side in (world.left, world.right)] == [2, 2]
    assert world.settled()
