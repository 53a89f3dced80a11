"""Invoices in the simulated books: lines, numbers, dates, preferences, voiding and deleting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.quickbooks.items import place
from connectors.tests.quickbooks_shop import Row, Shop, line, open_shop
from connectors.tests.quickbooks_world import code

ADA = {"value": "1"}
DISCOUNT = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield from open_shop()


def test_the_smallest_invoice_is_filled_in_from_customer_and_company(shop: Shop) -> None:
    made = shop.make("invoice", CustomerRef=ADA, Line=[line(100)])
    assert shop.read("invoice", made["Id"]) == made
    assert (made["DocNumber"], made["TxnDate"], made["DueDate"]) == ("1001", "2027-01-15", "2027-01-15")
    assert (made["TotalAmt"], made["Balance"], made["SyncToken"], made["EmailStatus"]) == (100, 100, "0", "NotSet")
    assert (made["CustomerRef"]["name"], made["BillEmail"], made["CurrencyRef"]["value"]) == ("Ada", {"Address": "a@x.example"}, "USD")
    assert made["BillAddr"]["Line1"] == "1 Main"
    assert (made["LinkedTxn"], made["CustomField"]) == ([], [])
    sale, subtotal = made["Line"]
    assert (sale["Id"], sale["LineNum"], sale["SalesItemLineDetail"]["ItemRef"]["name"]) == ("1", 1, "Mowing")
    assert subtotal == {"Amount": 100, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    assert shop.balance() == 100


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"CustomerRef": None}, "2020"),
        ({"CustomerRef": {"value": "99"}}, "2500"),
        ({"Line": None}, "2020"),
        ({"Line": []}, "2250"),
        ({"Line": [{"DetailType": "DescriptionOnly", "Description": "words"}]}, "2250"),
        ({"Line": [{"DetailType": "SubTotalLineDetail", "Amount": 1}]}, "2250"),
        ({"Line": [{**line(1), "Amount": None}]}, "2020"),
        ({"Line": [{**line(1), "DetailType": None}]}, "2020"),
        ({"Line": [{**line(1), "DetailType": "TaxLineDetail"}]}, "2170"),
        ({"Line": [{"DetailType": "SalesItemLineDetail", "Amount": 1}]}, "2020"),
        ({"Line": [line(1, item="99")]}, "2500"),
        ({"Line": [{**line(1), "Description": "d" * 4001}]}, "2050"),
        ({"Line": [line(1)] * 751}, "6000"),
        ({"Line": [line(-1)]}, "6000"),
        ({"Line": [line(100), DISCOUNT, DISCOUNT]}, "6000"),
        ({"Line": [line(100), {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}]}, "6090"),
        ({"Line": [line(1, ServiceDate="2027-01-01")]}, "6000"),
        ({"Line": [line(1, TaxCodeRef={"value": "3"})]}, "6100"),
        ({"Line": [line("much")]}, "2080"),
        ({"DocNumber": "1" * 22}, "2050"),
        ({"DueDate": "31/12/2027"}, "2060"),
        ({"PrivateNote": "n" * 4001}, "2050"),
        ({"CustomerMemo": {"value": "n" * 1001}}, "2050"),
        ({"SalesTermRef": {"value": "99"}}, "2500"),
        ({"EmailStatus": "Sent"}, "2170"),
        ({"CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"Deposit": 2}, "6000"),
        ({"CustomField": [{"StringValue": "x"}]}, "3000"),
        ({"TxnTaxDetail": {"TaxLine": [{"Amount": 1}]}}, "2020"),
        ({"TxnTaxDetail": {"TaxLine": 1}}, "2020"),
        ({"TxnTaxDetail": 1}, "2010"),
        ({"Line": ["words"]}, "2020"),
        ({"Line": [{"DetailType": "GroupLineDetail", "GroupLineDetail": {}}]}, "2020"),
        ({"Line": [{"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": "1"}}}]}, "2500"),
        ({"Colour": "red"}, "2010"),
    ],
)
def test_what_an_invoice_cannot_have_is_refused(shop: Shop, members: dict[str, Any], expected: str) -> None:
    body = {"CustomerRef": ADA, "Line": [line(1)], **members}
    assert shop.refused("invoice", **{name: value for name, value in body.items() if value is not None}) == expected
    assert shop.query("select count(*) from Invoice") == {"totalCount": 0}
    assert shop.balance() == 0
    assert shop.invoice(1)["DocNumber"] == "1001"


def test_an_emptied_member_falls_back_to_its_default(shop: Shop) -> None:
    made = shop.invoice(10, EmailStatus="", TxnDate="", Deposit=4)
    changed = shop.changed("invoice", made, PrintStatus=None, EmailStatus="", Deposit=None, TxnDate="")
    assert (changed["PrintStatus"], changed["EmailStatus"], changed["Deposit"], changed["Balance"]) == ("NotSet", "NotSet", 0, 10)
    assert shop.changed("item", shop.read("item", "1"), Active=None, Taxable=None)["Active"] is True


def test_what_is_only_told_cannot_be_written(shop: Shop) -> None:
    linked = [{"TxnId": "1", "TxnType": "Payment"}]
    made = shop.invoice(10, LinkedTxn=linked, Balance=0, TotalAmt=3, HomeTotalAmt=3)
    assert (made["LinkedTxn"], made["Balance"], made["TotalAmt"], "HomeTotalAmt" in made) == ([], 10, 10, False)


@pytest.mark.parametrize(
    ("quantity", "rate", "amount"),
    [(3, 33.335, 100.01), (0.5, 0.01, 0.01), (2.5, 1.01, 2.53), (7, 14.2857143, 100), (1.0000001, 10000, 10000), (-2, 5.125, -10.25)],
)
def test_an_amount_is_quantity_times_rate_rounded_half_up(shop: Shop, quantity: float, rate: float, amount: float) -> None:
    extra = line(1000)
    made = shop.make("invoice", CustomerRef=ADA, Line=[extra, line(amount, Qty=quantity, UnitPrice=rate)])
    assert made["TotalAmt"] == 1000 + amount
    assert made["Line"][1]["SalesItemLineDetail"]["UnitPrice"] == rate
    assert shop.refused("invoice", CustomerRef=ADA, Line=[extra, line(round(amount + 0.01, 2), Qty=quantity, UnitPrice=rate)]) == "6070"


def test_a_rate_that_does_not_fit_is_rewritten_by_switch(shop: Shop) -> None:
    shop.app.switches.amount_rewrites_rate = True
    made = shop.make("invoice", CustomerRef=ADA, Line=[line(100, Qty=3, UnitPrice=33.3)])
    assert made["Line"][0]["SalesItemLineDetail"] == {**made["Line"][0]["SalesItemLineDetail"], "Qty": 3, "UnitPrice": 33.3333333}


def test_negative_lines_are_refused_by_switch(shop: Shop) -> None:
    assert shop.invoice(10, -4)["TotalAmt"] == 6
    shop.app.switches.negative_lines = False
    assert shop.refused("invoice", CustomerRef=ADA, Line=[line(10), line(-4)]) == "2290"


def test_a_line_without_an_item_gets_the_default_item(shop: Shop) -> None:
    bare: Row = {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {}}
    first = shop.make("invoice", CustomerRef=ADA, Line=[bare])["Line"][0]["SalesItemLineDetail"]["ItemRef"]
    again = shop.make("invoice", CustomerRef=ADA, Line=[bare])["Line"][0]["SalesItemLineDetail"]["ItemRef"]
    assert first == again == {"value": "3", "name": "Services"}
    shop.company.change_settings(default_item="2")
    assert shop.make("invoice", CustomerRef=ADA, Line=[bare])["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"] == "Mulch"


def test_a_discount_stands_behind_the_subtotal_and_lowers_the_total(shop: Shop) -> None:
    text = {"DetailType": "DescriptionOnly", "Description": "Thanks"}
    made = shop.make("invoice", CustomerRef=ADA, Line=[line(40), DISCOUNT, text, line(10)])
    assert [one["DetailType"] for one in made["Line"]] == [
        "SalesItemLineDetail", "DescriptionOnly", "SalesItemLineDetail", "SubTotalLineDetail", "DiscountLineDetail",
    ]  # fmt: skip
    assert (made["Line"][3]["Amount"], made["Line"][4]["Amount"], made["TotalAmt"]) == (50, 5, 45)
    assert made["Line"][4]["DiscountLineDetail"]["DiscountAccountRef"]["name"] == "Discounts given"
    fixed = {"DetailType": "DiscountLineDetail", "Amount": 7.5, "DiscountLineDetail": {"PercentBased": False}}
    assert shop.changed("invoice", made, Line=[*made["Line"][:3], fixed])["TotalAmt"] == 42.5


def test_what_a_preference_does_not_allow_is_refused_or_dropped_by_switch(shop: Shop) -> None:
    shop.company.change_settings(allow_discount=False, allow_deposit=False)
    body = {"CustomerRef": ADA, "Line": [line(50, ServiceDate="2027-01-02"), DISCOUNT], "Deposit": 20}
    assert shop.refused("invoice", **body) == "6000"
    shop.app.switches.gated_members_dropped = True
    made = shop.make("invoice", **body)
    assert (made["TotalAmt"], made["Balance"], "ServiceDate" in made["Line"][0]["SalesItemLineDetail"]) == (50, 50, False)
    shop.company.change_settings(allow_discount=True, allow_deposit=True, allow_service_date=True)
    made = shop.make("invoice", **body)
    assert (made["TotalAmt"], made["Balance"], made["Line"][0]["SalesItemLineDetail"]["ServiceDate"]) == (45, 25, "2027-01-02")


def test_revenue_recognition_wants_a_service_date_on_every_line(shop: Shop) -> None:
    shop.company.change_settings(revenue_recognition=True)
    status, body = shop("POST", "/invoice", {"CustomerRef": ADA, "Line": [line(1, ServiceDate="2027-01-02"), line(2)]})
    assert code((status, body)) == "6000"
    assert "service date" in body["Fault"]["Error"][0]["Detail"]
    assert shop("GET", "/preferences")[1]["Preferences"]["ProductAndServicesPrefs"]["RevenueRecognitionEnabled"] is True
    assert shop.make("invoice", CustomerRef=ADA, Line=[line(1, ServiceDate="2027-01-02")])["TotalAmt"] == 1


def test_a_sent_line_array_replaces_the_old_one_and_known_ids_stay(shop: Shop) -> None:
    made = shop.invoice(10, 20, 30, PrivateNote="kept")
    lines = [{**made["Line"][2], "Amount": 31}, line(5), {**line(6), "Id": "77"}, {**line(7), "Id": "-1"}]
    changed = shop.changed("invoice", made, Line=lines)
    assert [(one.get("Id"), one["Amount"]) for one in changed["Line"]] == [("3", 31), ("4", 5), ("5", 6), ("6", 7), (None, 49)]
    assert (changed["TotalAmt"], changed["PrivateNote"], changed["SyncToken"]) == (49, "kept", "1")
    noted = shop.changed("invoice", changed, PrivateNote="new")
    assert noted["Line"] == changed["Line"]
    assert shop.balance() == 49


def test_a_full_update_clears_what_is_not_sent_but_keeps_the_number(shop: Shop) -> None:
    made = shop.invoice(10, PrivateNote="n", CustomerMemo={"value": "Thanks"})
    status, body = shop("POST", "/invoice", {"Id": made["Id"], "SyncToken": "0", "CustomerRef": ADA, "Line": [line(12)]})
    assert status == 200
    assert not {"PrivateNote", "CustomerMemo"} & body["Invoice"].keys()
    assert (body["Invoice"]["DocNumber"], body["Invoice"]["TotalAmt"]) == ("1001", 12)
    assert code(shop("POST", "/invoice", {"Id": made["Id"], "SyncToken": "1", "CustomerRef": ADA})) == "2020"
    assert code(shop.change("invoice", made, PrivateNote="late")) == "5010"


def test_numbers_are_given_by_the_company_or_by_hand(shop: Shop) -> None:
    assert [shop.invoice(1, **own)["DocNumber"] for own in ({}, {"DocNumber": "HS-1"}, {}, {"DocNumber": "1001"})] == ["1001", "HS-1", "1002", "1001"]
    shop.company.change_settings(custom_numbers=True)
    assert "DocNumber" not in shop.invoice(1)
    assert shop.invoice(1, DocNumber="AUTO_GENERATE")["DocNumber"] == "1003"
    assert shop.invoice(1, DocNumber="1001")["DocNumber"] == "1001"
    assert shop("GET", "/preferences")[1]["Preferences"]["SalesFormsPrefs"]["CustomTxnNumbers"] is True


def test_doubled_numbers_are_refused_where_the_company_wants_that(shop: Shop) -> None:
    first = shop.invoice(1, DocNumber="A-1")
    shop.company.change_settings(custom_numbers=True, warn_duplicate_numbers=True)
    status, body = shop("POST", "/invoice", {"CustomerRef": ADA, "Line": [line(1)], "DocNumber": "A-1"})
    assert code((status, body)) == "6140"
    assert body["Fault"]["Error"][0]["Detail"].endswith(f"DocNumber=A-1 is assigned to TxnType=Invoice with TxnId={first['Id']}")
    assert shop.changed("invoice", first, PrivateNote="own number")["DocNumber"] == "A-1"
    assert shop("POST", "/invoice", {"CustomerRef": ADA, "Line": [line(1)], "DocNumber": "A-1"}, include="allowduplicatedocnum")[0] == 200


@pytest.mark.parametrize(
    ("term", "day", "due"),
    [("2", "2027-01-15", "2027-01-30"), ("3", "2027-02-01", "2027-03-03"), ("5", "2027-01-04", "2027-01-10"), ("5", "2027-12-08", "2028-01-10")],
)
def test_the_due_date_follows_the_term_unless_it_is_given(shop: Shop, term: str, day: str, due: str) -> None:
    made = shop.invoice(1, SalesTermRef={"value": term}, TxnDate=day)
    assert made["DueDate"] == due
    assert shop.invoice(1, SalesTermRef={"value": term}, DueDate="2027-06-01")["DueDate"] == "2027-06-01"


def test_the_term_of_the_customer_or_the_company_is_taken(shop: Shop) -> None:
    shop.company.change_settings(default_terms="2")
    assert shop.invoice(1)["SalesTermRef"] == {"value": "2", "name": "Net 15"}
    shop.changed("customer", shop.read("customer", "2"), SalesTermRef={"value": "4"})
    assert shop.invoice(1, customer="2")["DueDate"] == "2027-03-16"


def test_custom_fields_are_those_the_company_uses(shop: Shop) -> None:
    shop.company.change_settings(custom_field_1="Crew #", custom_field_3="Route")
    sent = [{"DefinitionId": "1", "Type": "StringType", "StringValue": "7"}, {"DefinitionId": "2", "StringValue": "dropped"}]
    made = shop.invoice(1, CustomField=sent)
    assert made["CustomField"] == [
        {"DefinitionId": "1", "Name": "Crew #", "Type": "StringType", "StringValue": "7"},
        {"DefinitionId": "3", "Name": "Route", "Type": "StringType"},
    ]
    assert shop.changed("invoice", made, PrivateNote="x")["CustomField"] == made["CustomField"]
    flags, names = shop("GET", "/preferences")[1]["Preferences"]["SalesFormsPrefs"]["CustomField"]
    assert [flag["BooleanValue"] for flag in flags["CustomField"]] == [True, False, True]
    assert {name["Name"]: name["StringValue"] for name in names["CustomField"]} == {
        "SalesFormsPrefs.SalesCustomName1": "Crew #", "SalesFormsPrefs.SalesCustomName3": "Route",
    }  # fmt: skip
    long = [{"DefinitionId": "1", "StringValue": "x" * 32}]
    assert shop.refused("invoice", CustomerRef=ADA, Line=[line(1)], CustomField=long) == "2050"
    shop.app.switches.custom_field_longest = 0
    assert shop.invoice(1, CustomField=long)["CustomField"][0]["StringValue"] == "x" * 32


def test_an_invoice_to_be_mailed_needs_an_address(shop: Shop) -> None:
    assert shop.refused("invoice", CustomerRef={"value": "2"}, Line=[line(1)], EmailStatus="NeedToSend") == "6420"
    made = shop.invoice(1, customer="2")
    assert code(shop("POST", f"/invoice/{made['Id']}/send")) == "6420"
    sent = shop("POST", f"/invoice/{made['Id']}/send", sendTo="b@x.example")[1]["Invoice"]
    assert (sent["EmailStatus"], sent["BillEmail"], sent["SyncToken"]) == ("EmailSent", {"Address": "b@x.example"}, "1")


def test_an_inactive_customer_gets_no_new_invoice(shop: Shop) -> None:
    shop.changed("customer", shop.read("customer", "2"), Active=False)
    assert shop.refused("invoice", CustomerRef={"value": "2"}, Line=[line(1)]) == "6250"


def test_an_invoice_moves_to_another_customer_with_its_balance(shop: Shop) -> None:
    made = shop.invoice(10)
    shop.changed("invoice", made, CustomerRef={"value": "2"})
    assert (shop.balance("1"), shop.balance("2")) == (0, 10)


@pytest.mark.parametrize("touched", [True, False])
def test_a_balance_moves_the_customers_version_by_switch(shop: Shop, touched: bool) -> None:
    shop.app.switches.balances_touch_customers = touched
    shop.invoice(10)
    customer = shop.read("customer", "1")
    assert (customer["Balance"], customer["SyncToken"]) == (10, "1" if touched else "0")


def test_a_void_zeroes_everything_and_keeps_the_lines(shop: Shop) -> None:
    made = shop.make("invoice", CustomerRef=ADA, PrivateNote="mine", Line=[line(90, Qty=2, UnitPrice=45), DISCOUNT])
    status, body = shop.act("invoice", made, operation="void")
    voided = body["Invoice"]
    assert status == 200
    assert (voided["TotalAmt"], voided["Balance"], voided["SyncToken"], voided["DocNumber"]) == (0, 0, "1", "1001")
    assert voided["PrivateNote"].startswith("Voided")
    assert [one["Amount"] for one in voided["Line"]] == [0, 0, 0]
    assert voided["Line"][0]["SalesItemLineDetail"]["Qty"] == 0
    assert "UnitPrice" not in voided["Line"][0]["SalesItemLineDetail"]
    assert shop.balance() == 0
    assert code(shop.act("invoice", made, operation="void")) == "5010"
    assert code(shop.act("customer", shop.read("customer", "1"), operation="void")) == "500"


def test_a_deleted_invoice_is_gone_for_reads_and_queries_and_a_stub_for_change_data_capture(shop: Shop) -> None:
    kept, gone = shop.invoice(1), shop.invoice(2)
    shop.now += 60
    assert shop.act("invoice", gone, operation="delete")[1]["Invoice"] == {"status": "Deleted", "domain": "QBO", "Id": gone["Id"]}
    assert code(shop("GET", f"/invoice/{gone['Id']}")) == "610"
    assert [row["Id"] for row in shop.query("select * from Invoice")["Invoice"]] == [kept["Id"]]
    [block] = shop("GET", "/cdc", entities="Invoice", changedSince="2027-01-15T00:00:30-08:00")[1]["CDCResponse"][0]["QueryResponse"]
    assert [(row["Id"], row["status"]) for row in block["Invoice"]] == [(gone["Id"], "Deleted")]
    assert shop.balance() == 1


@pytest.mark.parametrize(("password", "expected"), [(True, "6210"), (False, "6200")])
def test_closed_books_cannot_be_touched(shop: Shop, password: bool, expected: str) -> None:
    made = shop.invoice(10, TxnDate="2026-12-31")
    shop.company.change_settings(book_close_date="2026-12-31", close_password=password)
    assert shop("GET", "/preferences")[1]["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"] == "2026-12-31"
    assert shop.refused("invoice", CustomerRef=ADA, Line=[line(1)], TxnDate="2026-12-31") == expected
    assert code(shop.change("invoice", made, TxnDate="2027-01-02")) == expected
    assert code(shop.act("invoice", made, operation="void")) == expected
    assert code(shop.act("invoice", made, operation="delete")) == expected
    later = shop.invoice(10, TxnDate="2027-01-01")
    assert code(shop.change("invoice", later, TxnDate="2026-12-30")) == expected


def test_a_company_whose_subscription_ended_can_only_be_read(shop: Shop) -> None:
    made = shop.invoice(1)
    shop.company.change_settings(subscription_ended=True)
    assert shop.refused("invoice", CustomerRef=ADA, Line=[line(1)]) == "6190"
    assert code(shop.change("customer", shop.read("customer", "1"), Notes="x")) == "6190"
    assert code(shop.act("invoice", made, operation="delete")) == "6190"
    assert {"Name": "SubscriptionStatus", "Value": "EXPIRED"} in shop("GET", "/companyinfo/1")[1]["CompanyInfo"]["NameValue"]


def test_a_bundle_is_expanded_into_lines_of_its_own(shop: Shop) -> None:
    parts = [{"ItemRef": {"value": "1"}, "Qty": 2}, {"ItemRef": {"value": "2"}, "Qty": 1}]
    bundle = place(shop.company, {"Name": "Spring", "Active": True, "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": parts}})
    group = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": bundle["Id"]}, "Quantity": 2}}
    made = shop.make("invoice", CustomerRef=ADA, Line=[group])
    inner = made["Line"][0]["GroupLineDetail"]["Line"]
    assert [(one["Id"], one["Amount"], one["SalesItemLineDetail"]["Qty"]) for one in inner] == [("2", 180, 4), ("3", 77, 2)]
    assert (made["Line"][0]["Amount"], made["Line"][1]["Amount"], made["TotalAmt"]) == (0, 257, 257)
    assert shop.refused("invoice", CustomerRef=ADA, Line=[line(1, item=bundle["Id"])]) == "2500"
    assert code(shop.change("item", bundle, Description="x")) == "2170"


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("DocNumber = 'b-2'", ["B-2"]),
        ("CustomerRef = '2'", ["B-2"]),
        ("Balance > '10' orderby Balance desc", ["C-3", "B-2"]),
        ("TotalAmt >= 20 and TxnDate <= '2027-01-02'", ["B-2"]),
        ("DueDate < '2027-01-02'", ["A-1"]),
        ("TxnDate in ('2027-01-01', '2027-01-03') orderby TxnDate desc", ["C-3", "A-1"]),
    ],
)
def test_invoices_are_found_by_what_is_filterable(shop: Shop, condition: str, found: list[str]) -> None:
    for number, (name, customer) in enumerate((("A-1", "1"), ("B-2", "2"), ("C-3", "1")), 1):
        shop.invoice(10 * number, customer=customer, DocNumber=name, TxnDate=f"2027-01-0{number}")
    assert [row["DocNumber"] for row in shop.query(f"select * from Invoice where {condition}")["Invoice"]] == found


@pytest.mark.parametrize("text", ["where PrivateNote = 'x'", "where CustomField = 'x'", "orderby CustomerRef", "where Balance > 'much'"])
def test_other_invoice_properties_cannot_be_searched_by(shop: Shop, text: str) -> None:
    shop.invoice(1)
    assert shop.query(f"select * from Invoice {text}") == "4001"


def test_a_batch_creates_changes_and_deletes_invoices_but_voids_none(shop: Shop) -> None:
    old, other = shop.invoice(1), shop.invoice(2)
    gone = {"Id": old["Id"], "SyncToken": "0"}
    members = [
        {"bId": "1", "operation": "create", "Invoice": {"CustomerRef": ADA, "Line": [line(3)]}},
        {"bId": "2", "operation": "delete", "Invoice": gone},
        {"bId": "3", "operation": "void", "Invoice": {"Id": other["Id"], "SyncToken": "0"}},
        {"bId": "4", "operation": "update", "Invoice": {"Id": other["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}},
    ]
    answers = {answer["bId"]: answer for answer in shop("POST", "/batch", {"BatchItemRequest": members})[1]["BatchItemResponse"]}
    assert answers["1"]["Invoice"]["TotalAmt"] == 3
    assert answers["2"]["Invoice"] == {"status": "Deleted", "domain": "QBO", "Id": old["Id"]}
    assert answers["3"]["Fault"]["Error"][0]["code"] == "10000"
    assert answers["4"]["Invoice"]["PrivateNote"] == "x"


def test_a_repeated_request_id_gives_the_first_invoice_even_when_it_is_gone(shop: Shop) -> None:
    body = {"CustomerRef": ADA, "Line": [line(3)]}
    first = shop("POST", "/invoice", body, requestid="r1")[1]["Invoice"]
    shop.act("invoice", first, operation="delete")
    assert shop("POST", "/invoice", body, requestid="r1")[1]["Invoice"] == first
    assert shop.query("select count(*) from Invoice") == {"totalCount": 0}
