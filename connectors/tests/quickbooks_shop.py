"""A simulated QuickBooks company with something to sell: customers, items and short ways to invoices and payments, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any, TypeVar

from connectors.base import Failed, Line, Lines, Outcome, Record, Stored, Unknown, Values, Write
from connectors.errors import Rejected
from connectors.quickbooks import PROVIDER, QuickBooksConnector
from connectors.quickbooks.objects import ENTITIES
from connectors.sandbox.quickbooks import DEFAULT_REALM, build, issue, seed
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.server import Closed, Reply, Request, Server
from connectors.sandbox.state import State
from connectors.tests.contract import create
from connectors.tests.quickbooks_world import Caller, code
from connectors.vocabulary import Kind

Row = dict[str, Any]
NAMES = {"item": "Item", "invoice": "Invoice", "payment": "Payment", "creditmemo": "CreditMemo", "customer": "Customer", "vendor": "Vendor"}


class Shop(Caller):
    """Ids: customer 1 is Ada, taxable and in Denver; customer 2 is Ben; item 1 is Mowing, item 2 is Mulch, which is taxed."""

    @property
    def company(self) -> Company:
        return self.app.companies[DEFAULT_REALM]

    def account(self, sub_type: str) -> Row:
        return {"value": next(row["Id"] for row in self.company.table("Account").rows.values() if row["AccountSubType"] == sub_type)}

    def open_shop(self) -> None:
        self.make(
            "customer", DisplayName="Ada", BillAddr={"Line1": "1 Main", "CountrySubDivisionCode": "CO"}, PrimaryEmailAddr={"Address": "a@x.example"}
        )
        self.make("customer", DisplayName="Ben")
        self.make("item", Name="Mowing", Type="Service", UnitPrice=45, IncomeAccountRef=self.account("ServiceFeeIncome"))
        self.make("item", Name="Mulch", Sku="M-1", Type="NonInventory", UnitPrice="38.5", Taxable=True,
                  IncomeAccountRef=self.account("SalesOfProductIncome"))  # fmt: skip

    def make(self, path: str, **members: Any) -> Row:
        status, body = self("POST", f"/{path}", members)
        assert status == 200, body
        row: Row = body[NAMES[path]]
        return row

    def refused(self, path: str, _params: dict[str, str] | None = None, **members: Any) -> str:
        """The code a write is refused with."""
        status, body = self("POST", f"/{path}", members, **(_params or {}))
        assert status == 400, body
        return code((status, body))

    def change(self, path: str, row: Row, **members: Any) -> tuple[int, Any]:
        return self("POST", f"/{path}", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, **members})

    def changed(self, path: str, row: Row, **members: Any) -> Row:
        status, body = self.change(path, row, **members)
        assert status == 200, body
        found: Row = body[NAMES[path]]
        return found

    def read(self, path: str, row_id: str) -> Row:
        found: Row = self("GET", f"/{path}/{row_id}")[1][NAMES[path]]
        return found

    def act(self, path: str, row: Row, **params: str) -> tuple[int, Any]:
        return self("POST", f"/{path}", {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True}, **params)

    def invoice(self, *amounts: float, customer: str = "1", **members: Any) -> Row:
        return self.make("invoice", CustomerRef={"value": customer}, Line=[line(amount) for amount in amounts], **members)

    def pay(self, total: float, *invoices: tuple[Row, float], customer: str = "1", **members: Any) -> Row:
        return self.make(
            "payment", CustomerRef={"value": customer}, TotalAmt=total, Line=[settling(row, amount) for row, amount in invoices], **members
        )

    def balance(self, customer: str = "1") -> float:
        return float(self.read("customer", customer)["Balance"])


_calls = count(1)


class Till(Shop):
    """The shop with a connector to it, and ways to lose its answers."""

    @cached_property
    def connector(self) -> QuickBooksConnector:
        return self.connector_to(DEFAULT_REALM)

    def connector_to(self, realm: str) -> QuickBooksConnector:
        token = str(issue(self.app, realm)["access_token"])
        return QuickBooksConnector(replace(PROVIDER.sandbox(self.url), pace=0), lambda fresh: token, realm, now=lambda: self.now)

    def again(self) -> None:
        """Go on with a new connector, which has read nothing yet."""
        self.__dict__.pop("connector", None)

    def keys(self, kind: Kind) -> list[str]:
        return [spec.key for spec in (*ENTITIES[kind].fields, *ENTITIES[kind].custom)]

    def write(self, kind: Kind, *writes: Write) -> list[Outcome]:
        return _in_order(writes, list(self.connector.write(kind, writes, self.keys(kind))))

    def settle(self, kind: Kind, *writes: Write) -> list[Outcome]:
        return _in_order(writes, list(self.connector.settle(kind, writes, self.keys(kind))))

    def stored(self, kind: Kind, values: Values) -> Record:
        """The record of a create that went well, in a request of its own."""
        [outcome] = self.write(kind, create(values, call=f"call-{next(_calls)}"))
        assert isinstance(outcome, Stored), outcome
        return outcome.record

    def rejected(self, kind: Kind, write: Write) -> Rejected:
        """Why a write was refused for a reason of its own."""
        [outcome] = self.write(kind, replace(write, call=f"call-{next(_calls)}"))
        assert isinstance(outcome, Failed), outcome
        assert isinstance(outcome.error, Rejected)
        return outcome.error

    def lose(self, kind: Kind, moment: str, *writes: Write) -> None:
        """Send writes whose answers are lost."""
        self.lose_answers(moment)
        assert all(isinstance(outcome, Unknown) for outcome in self.write(kind, *writes))
        self.lose_answers("")

    def record(self, kind: Kind, record_id: str, keys: Sequence[str] | None = None) -> Record:
        [found] = self.connector.read(kind, [record_id], self.keys(kind) if keys is None else keys)
        return found

    def lose_answers(self, moment: str) -> None:
        """Lose the answer of every writing request, "before" or "after" it took effect; "" ends it."""

        def hook(when: str, number: int, request: Request, reply: Reply | None) -> Reply | None:
            if when == moment and "requestid" in request.query:
                raise Closed
            return None

        self.app.hook = hook

    def rows(self, name: str) -> list[Row]:
        """What stands in the books, read past the connector."""
        return list(self.company.table(name).rows.values())


def _in_order(writes: Sequence[Write], outcomes: Sequence[Outcome]) -> list[Outcome]:
    found = {outcome.name: outcome for outcome in outcomes}
    assert len(found) == len(outcomes) == len(writes)
    return [found[one.name] for one in writes]


def sale(quantity: str, price: str, amount: str = "", product: str = "1", text: str = "") -> Line:
    """A line as the engine gives it to be created."""
    exact = Decimal(amount) if amount else Decimal(quantity) * Decimal(price)
    return Line(text=text, quantity=Decimal(quantity), price=Decimal(price), amount=exact, product=product)


def sales(*lines: Line) -> Lines:
    return Lines(lines, sum((line.amount for line in lines), Decimal(0)))


def bill(*lines: Line, customer: str = "1", day: date = date(2027, 1, 10), **more: Any) -> Values:
    """The values of a new invoice; a number is INV-1 unless given. Keys with a dot are given with two underscores for it."""
    plain = {key.replace("__", "."): value for key, value in more.items()}
    return {"DocNumber": "INV-1", "CustomerRef": customer, "TxnDate": day, "Line": sales(*(lines or (sale("2", "45"),))), **plain}


def line(amount: float, item: str = "1", **detail: Any) -> Row:
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": {"ItemRef": {"value": item}, **detail}}


def settling(row: Row, amount: float, kind: str = "Invoice") -> Row:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]}


def open_till() -> Iterator[Till]:
    """A shop with a connector, that has sold nothing yet."""
    yield from _open(Till, Till.open_shop)


def sample_till() -> Iterator[Till]:
    """The sample company with a connector."""
    yield from _open(Till, lambda till: seed(till.app, DEFAULT_REALM))


def open_shop() -> Iterator[Shop]:
    """A shop that has sold nothing yet; made into a fixture by each test module."""
    yield from _open(Shop, Shop.open_shop)


S = TypeVar("S", bound=Shop)


def _open(kind: type[S], fill: Callable[[S], object]) -> Iterator[S]:
    shop: S | None = None
    app = build(State(), clock=lambda: shop.now if shop else 1_800_000_000.0)
    app.keep_log = True
    with Server(app) as server:
        shop = kind(app, server.url)
        fill(shop)
        app.log.clear()
        yield shop
