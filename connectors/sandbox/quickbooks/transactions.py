"""Sales forms and payments. Members, lengths and filterable properties: reference sections 3.3 and 5.3 to 5.5, member names from the XSD."""

from __future__ import annotations

from connectors.sandbox.quickbooks.shapes import Entity, Family, Member, Sort, members

_HEADER = (
    Member("TxnDate", Sort.DATE, filterable=True, sortable=True),
    Member("CustomerRef", Sort.REFERENCE, filterable=True),
    Member("CurrencyRef", Sort.REFERENCE),
    Member("ExchangeRate", Sort.NUMBER),
    Member("PrivateNote", longest=4000),
    Member("Line", Sort.NESTED),
    Member("LinkedTxn", Sort.NESTED, read_only=True),
    Member("DepartmentRef", Sort.REFERENCE),
    Member("ClassRef", Sort.REFERENCE),
    Member("ARAccountRef", Sort.REFERENCE, target="Account"),
    Member("PaymentMethodRef", Sort.REFERENCE, target="PaymentMethod"),
    Member("DepositToAccountRef", Sort.REFERENCE, target="Account"),
    Member("TransactionLocationType"),
)
_SALE = (
    *_HEADER,
    Member("DocNumber", longest=21, filterable=True, sortable=True),
    Member("CustomField", Sort.NESTED),
    Member("TxnTaxDetail", Sort.NESTED),
    Member("GlobalTaxCalculation", choices=("TaxExcluded", "TaxInclusive", "NotApplicable")),
    Member("ApplyTaxAfterDiscount", Sort.FLAG),
    Member("CustomerMemo", Sort.MEMO),
    Member("BillAddr", Sort.ADDRESS),
    Member("ShipAddr", Sort.ADDRESS),
    Member("ShipFromAddr", Sort.ADDRESS),
    Member("FreeFormAddress", Sort.FLAG),
    Member("BillEmail", Sort.EMAIL),
    Member("PrintStatus", choices=("NotSet", "NeedToPrint", "PrintComplete")),
    Member("EmailStatus", choices=("NotSet", "NeedToSend", "EmailSent")),
    Member("TotalAmt", Sort.NUMBER, read_only=True, filterable=True, sortable=True),
    Member("Balance", Sort.NUMBER, read_only=True, filterable=True, sortable=True),
    Member("HomeTotalAmt", Sort.NUMBER, read_only=True),
    Member("HomeBalance", Sort.NUMBER, read_only=True),
)
_SALE_DEFAULTS: dict[str, object] = {"PrintStatus": "NotSet", "EmailStatus": "NotSet", "ApplyTaxAfterDiscount": False}

INVOICE = Entity(
    "Invoice",
    "invoice",
    "invoice",
    members(
        *_SALE,
        Member("DueDate", Sort.DATE, filterable=True, sortable=True),
        Member("SalesTermRef", Sort.REFERENCE, target="Term"),
        Member("Deposit", Sort.NUMBER),
        Member("BillEmailCc", Sort.EMAIL, longest=200),
        Member("BillEmailBcc", Sort.EMAIL, longest=200),
        Member("ShipDate", Sort.DATE),
        Member("ShipMethodRef", Sort.REFERENCE),
        Member("TrackingNum", longest=31),
        Member("AllowOnlineCreditCardPayment", Sort.FLAG),
        Member("AllowOnlineACHPayment", Sort.FLAG),
        Member("AllowOnlinePayPalPayment", Sort.FLAG),
        Member("AllowOnlineAffirmPayment", Sort.FLAG),
        Member("AllowIPNPayment", Sort.FLAG),
        Member("AllowOnlinePayment", Sort.FLAG),
        Member("DeliveryInfo", Sort.NESTED, read_only=True),
        Member("EInvoiceStatus", read_only=True),
        Member("InvoiceLink", read_only=True),
        Member("TxnSource", read_only=True),
    ),
    {
        **_SALE_DEFAULTS,
        "Deposit": 0,
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False,
    },
    Family.SALE,
    "",
)
CREDIT_MEMO = Entity(
    "CreditMemo",
    "creditmemo",
    "credit memo",
    members(*_SALE, Member("RemainingCredit", Sort.NUMBER, read_only=True), Member("InvoiceRef", Sort.REFERENCE, target="Invoice")),
    _SALE_DEFAULTS,
    Family.SALE,
    "",
)
PAYMENT = Entity(
    "Payment",
    "payment",
    "payment",
    members(
        *_HEADER,
        Member("TotalAmt", Sort.NUMBER, filterable=True, sortable=True),
        Member("UnappliedAmt", Sort.NUMBER, read_only=True),
        Member("PaymentRefNum", longest=21, filterable=True),
        Member("ProcessPayment", Sort.FLAG),
    ),
    {"ProcessPayment": False},
    Family.PAYMENT,
    "",
)
