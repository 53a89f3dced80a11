"""python-quickbooks with the intuit-oauth it is pinned to, unchanged, against the sandbox: the address of the API is an attribute of its class, those
of OAuth come from the discovery document that it is told to read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects import Account, Address, Customer, EmailAddress, Invoice, Item, Payment, PaymentLine, SalesItemLine, SalesItemLineDetail
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.preferences import Preferences
from steps import ask, step

SANDBOX, BACK = os.environ["SANDBOX"], os.environ["BACK"]
# A setting of the OAuth library below this client, without which it refuses http.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
QuickBooks.api_url_v3 = f"{SANDBOX}/v3"

Row = dict[str, Any]


def refused(act: Callable[[], Any]) -> Row:
    """The error of a call, as the client raises it."""
    try:
        act()
    except QuickbooksException as error:
        return {"kind": type(error).__name__, "code": str(error.error_code), "words": f"{error.message} {error.detail}"}
    raise AssertionError("not refused")


auth = AuthClient(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], BACK, f"{SANDBOX}/.well-known/openid_sandbox_configuration/")


@step
def connected() -> Row:
    back = parse_qs(urlsplit(ask("consent", auth.get_authorization_url([Scopes.ACCOUNTING], state_token="s1"))).query)
    auth.get_bearer_token(back["code"][0], realm_id=back["realmId"][0])
    return {"realm": auth.realm_id, "access": auth.access_token, "refresh": auth.refresh_token, "state": back["state"][0]}


def client(company_id: str = auth.realm_id) -> QuickBooks:
    return QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=company_id, minorversion=75)


@step
def expired() -> Row:
    ask("wait", "3601")
    return refused(lambda: CompanyInfo.get(auth.realm_id, qb=client()))


@step
def refreshed() -> Row:
    auth.refresh()
    return {"access": auth.access_token, "refresh": auth.refresh_token}


qb = client()


@step
def company() -> Row:
    info, settings = CompanyInfo.get(qb.company_id, qb=qb), Preferences.get(qb=qb)
    return {"name": info.CompanyName, "country": info.Country, "currency": settings.CurrencyPrefs.HomeCurrency.value}


@step
def customer() -> Row:
    row = Customer()
    row.DisplayName = "King's Groceries & Söner"
    row.PrimaryEmailAddr = EmailAddress()
    row.PrimaryEmailAddr.Address = "king@groceries.example"
    row.BillAddr = Address()
    row.BillAddr.Line1, row.BillAddr.City = "1 Main Street", "Golden"
    return row.save(qb=qb).to_dict()


@step
def found() -> Row:
    by_name = Customer.filter(DisplayName="King's Groceries & Söner", Active=True, qb=qb)
    chosen = Customer.choose([customer["Id"], "999"], field="Id", qb=qb)
    like = Customer.where("DisplayName LIKE 'King%'", order_by="DisplayName DESC", qb=qb)
    return {"read": Customer.get(customer["Id"], qb=qb).to_dict(), "ids": [[row.Id for row in rows] for rows in (by_name, chosen, like)]}


@step
def updated() -> Row:
    row = Customer.get(customer["Id"], qb=qb)
    row.CompanyName = "King Holding"
    return row.save(qb=qb).to_dict()


@step
def stale() -> Row:
    row = Customer.get(customer["Id"], qb=qb)
    row.SyncToken = "0"
    return refused(lambda: row.save(qb=qb))


@step
def duplicate() -> Row:
    row = Customer()
    row.DisplayName = "king's groceries & söner"
    return refused(lambda: row.save(qb=qb))


@step
def too_long() -> Row:
    row = Customer()
    row.DisplayName, row.CompanyName = "Long", "x" * 101
    return refused(lambda: row.save(qb=qb))


@step
def unknown() -> Row:
    return refused(lambda: Customer.get("999", qb=qb))


@step
def foreign() -> Row:
    return refused(lambda: Customer.get("1", qb=client("1")))


@step
def wrong_query() -> Row:
    return refused(lambda: Customer.where("Notes = 'x'", qb=qb))


@step
def replayed() -> list[str]:
    ids = []
    for _ in range(2):
        row = Customer()
        row.DisplayName = "Only Once"
        ids.append(row.save(qb=qb, request_id="request-1").Id)
    return ids


# Batches, pages and changes


def people(*names: str) -> list[Customer]:
    rows = []
    for name in names:
        row = Customer()
        row.DisplayName = name
        rows.append(row)
    return rows


@step
def batch_created() -> Row:
    answer = batch_create(people(*(f"Crowd {n:02}" for n in range(35)), "Only Once"), qb=qb)
    [fault] = answer.faults
    return {"names": [row.DisplayName for row in answer.successes], "fault": [str(fault.original_object), fault.Error[0].code]}


@step
def batch_updated() -> list[str]:
    rows = Customer.where("DisplayName LIKE 'Crowd 0%'", qb=qb)
    for row in rows:
        row.Active = False
    return [row.DisplayName for row in batch_update(rows, qb=qb).successes]


@step
def paged() -> Row:
    pages = [Customer.all(order_by="DisplayName", start_position=start, max_results=10, qb=qb) for start in (1, 11, 21, 31)]
    return {"names": [row.DisplayName for page in pages for row in page], "count": Customer.count(qb=qb)}


# What is sold


@step
def item() -> Row:
    [income] = Account.where("AccountSubType = 'SalesOfProductIncome'", qb=qb)
    row = Item()
    row.Name, row.Type, row.Sku, row.UnitPrice = "Mulch", "NonInventory", "M-1", 38.5
    row.IncomeAccountRef = income.to_ref()
    return row.save(qb=qb).to_dict()


@step
def skus() -> list[str]:
    return [row.Sku for row in Item.all(qb=qb)]


def bill(amount: float) -> Invoice:
    row, line = Invoice(), SalesItemLine()
    line.Amount, line.SalesItemLineDetail = amount, SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Item.get(item["Id"], qb=qb).to_ref()
    row.CustomerRef = Customer.get(customer["Id"], qb=qb).to_ref()
    row.Line = [line]
    return row.save(qb=qb)


@step
def invoice() -> Row:
    return bill(77).to_dict()


@step
def noted() -> Row:
    row = Invoice.get(invoice["Id"], qb=qb)
    row.PrivateNote, row.Line[0].Amount = "Two loads", 80
    return row.save(qb=qb).to_dict()


@step
def sent() -> Row:
    return Invoice.get(invoice["Id"], qb=qb).send(qb=qb, send_to="king+bills@groceries.example")["Invoice"]


@step
def paid() -> Row:
    row, line = Payment(), PaymentLine()
    line.Amount, line.LinkedTxn = 40, [Invoice.get(invoice["Id"], qb=qb).to_linked_txn()]
    row.CustomerRef = Customer.get(customer["Id"], qb=qb).to_ref()
    row.TotalAmt, row.Line = 50, [line]
    made = row.save(qb=qb)
    return {"payment": made.to_dict(), "invoice": Invoice.get(invoice["Id"], qb=qb).to_dict()}


@step
def voided() -> Row:
    payment = Payment.get(paid["payment"]["Id"], qb=qb).void(qb=qb)["Payment"]
    return {"payment": payment, "invoice": bill(20).void(qb=qb)["Invoice"]}


@step
def deleted() -> Row:
    return {"payment": Payment.get(paid["payment"]["Id"], qb=qb).delete(qb=qb)["Payment"], "invoice": bill(30).delete(qb=qb)["Invoice"]}


@step
def batch_deleted() -> list[str]:
    return [row.status for row in batch_delete([bill(1), bill(2)], qb=qb).successes]


@step
def changes() -> Row:
    since = Customer.get(customer["Id"], qb=qb).MetaData["CreateTime"]
    answer = change_data_capture([Customer, Invoice, Payment, Item], since, qb=qb)
    found = {"Customer": answer.Customer, "Invoice": answer.Invoice, "Payment": answer.Payment, "Item": answer.Item}
    return {name: {row.Id: getattr(row, "status", "") for row in rows} for name, rows in found.items()}


@step
def throttled() -> Row:
    ask("switch", "limit_scale=0.001")
    Customer.count(qb=qb)
    error = refused(lambda: Customer.count(qb=qb))
    ask("switch", "limit_scale=0")
    return error


@step
def revoked() -> Row:
    auth.revoke()
    return refused(lambda: Customer.count(qb=qb))
