"""A simulated QuickBooks company with something to sell: customers, items and short ways to invoices and payments, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.sandbox.quickbooks import DEFAULT_REALM, build
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.server import Server
from connectors.sandbox.state import State
from connectors.tests.quickbooks_world import Caller, code

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


def line(amount: float, item: str = "1", **detail: Any) -> Row:
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": {"ItemRef": {"value": item}, **detail}}


def settling(row: Row, amount: float, kind: str = "Invoice") -> Row:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]}


def open_shop() -> Iterator[Shop]:
    """A shop that has sold nothing yet; made into a fixture by each test module."""
    shop: Shop | None = None
    app = build(State(), clock=lambda: shop.now if shop else 1_800_000_000.0)
    with Server(app) as server:
        shop = Shop(app, server.url)
        shop.open_shop()
        yield shop
