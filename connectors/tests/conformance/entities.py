"""The members of QuickBooks Online's objects as JSON Schema: from the index of its XSD, and from the reference where REST is known to differ."""

from __future__ import annotations

from typing import Any

from connectors.tests.conformance import reference
from connectors.tests.conformance.shape import Schema

ENTITIES = (
    *("Customer", "Vendor", "Employee", "Item", "Invoice", "Payment", "CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate", "Deposit"),
    *("Account", "Term", "PaymentMethod", "TaxCode", "TaxRate", "TaxAgency", "CustomerType", "CompanyCurrency", "CompanyInfo", "Preferences"),
)

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
SIMPLE: dict[str, Schema] = {
    "string": TEXT,
    "id": TEXT,
    "anyURI": TEXT,
    "boolean": FLAG,
    "decimal": {"type": "number"},
    "int": {"type": "integer"},
    "positiveInteger": {"type": "integer", "minimum": 1},
    "date": {"type": "string", "format": "date"},
    "dateTime": {"type": "string", "format": "date-time"},
}

ADDED: dict[str, dict[str, Schema]] = {
    # The text of the XML element becomes a member, and the index holds members only: section 5, "Reference members"; 5.3, CustomerMemo.
    "ReferenceType": {"value": {"type": "string", "minLength": 1}},
    "MemoRef": {"value": TEXT},
    # The documented names; the XSD spells them in another way: section 5.10.
    "ProductAndServicesPrefs": {"RevenueRecognitionEnabled": FLAG, "RecognitionFrequencyType": TEXT},
    # Not in the index. The XSD makes them of the same base as Customer; these are their own members: xsd/Finance.xsd.
    "Vendor": {"Vendor1099": FLAG, "TermRef": {"$ref": "#/definitions/ReferenceType"}, "TaxIdentifier": TEXT},
    "Employee": {"PrimaryAddr": {"$ref": "#/definitions/PhysicalAddress"}, "EmployeeNumber": TEXT, "BillableTime": FLAG},
}
LIKE = {"Vendor": "Customer", "Employee": "Customer"}
NEEDED = {"ReferenceType": ["value"], "LinkedTxn": ["TxnId", "TxnType"], "Error": ["Message", "code"], "Fault": ["Error", "type"]}
"""What is never missing, sent or shown: sections 5, 5.4 and 7.1."""

READ_ONLY = frozenset({"Read", "ReadOnly", "ALL:ReadOnly", "QBO:ReadOnly"})
"""What the index says of members that nobody may write; "QBW" is the desktop product."""

OUTPUT: dict[str, frozenset[str]] = {
    # Sections 5.1, 5.3, 5.4 and 5.10.
    "Customer": frozenset({"Balance", "BalanceWithJobs", "OpenBalanceDate", "FullyQualifiedName", "Level", "IsProject"}),
    "Item": frozenset({"FullyQualifiedName", "Level"}),
    "Invoice": frozenset({"TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance", "DeliveryInfo", "InvoiceLink", "EInvoiceStatus"}),
    "Payment": frozenset({"UnappliedAmt"}),
    "ReferenceType": frozenset({"type"}),
}
ALWAYS_OUTPUT = frozenset({"MetaData", "domain", "status"})

DETAILS = ("SalesItemLineDetail", "DiscountLineDetail", "GroupLineDetail", "TaxLineDetail")
_LINES: list[Schema] = [
    *({"if": {"properties": {"DetailType": {"const": name}}, "required": ["DetailType"]}, "then": {"required": [name]}} for name in DETAILS),
    {"if": {"required": ["SalesItemLineDetail"]}, "then": {"required": ["DetailType", "Amount"]}},
    {"if": {"not": {"required": ["DetailType"]}}, "then": {"required": ["Amount", "LinkedTxn"]}},
]
"""Lines as they are sent: of a sale (section 5.3), or of a payment, which have no type (5.4)."""

_NAMES = ("DisplayName", "Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
TO_CREATE: dict[str, Schema] = {
    # The index marks all accounts of an item as required; sections 5.2 and 5.3 say which are.
    "Customer": {"anyOf": [{"required": [name]} for name in _NAMES]},
    "Item": {
        "required": ["Name", "Type"],
        "if": {"properties": {"Type": {"enum": ["Service", "Inventory"]}}},
        "then": {"required": ["IncomeAccountRef"]},
    },
    "Invoice": {"required": ["CustomerRef", "Line"], "properties": {"Line": {"minItems": 1}}},
    "Payment": {"required": ["CustomerRef", "TotalAmt"]},
}
TO_UPDATE: dict[str, Schema] = {
    # A payment is replaced as a whole: section 5.4.
    "Payment": {"required": ["CustomerRef", "TotalAmt"], "properties": {"sparse": {"const": False}}},
}
IDENTITY = ["Id", "SyncToken"]


def definitions(*, sent: bool) -> Schema:
    """Every type of the index as a schema without room for other members; what is `sent` has no members that only QuickBooks makes."""
    index = reference.read(reference.QUICKBOOKS, "derived", "field-index.json")
    types: dict[str, Any] = {**index["types"], **{name: index["types"][base] for name, base in LIKE.items()}}
    found = {name: _closed(name, fields["fields"], types, index["enums"], sent=sent) for name, fields in types.items()}
    if sent:
        found["Line"]["allOf"] = _LINES
    return found


def _closed(name: str, fields: list[Any], types: dict[str, Any], enums: dict[str, Any], *, sent: bool) -> Schema:
    members: Schema = {}
    for field in fields:
        if sent and (field["name"] in _output(name) or READ_ONLY.intersection(field.get("input_type", ()))):
            continue
        kind = field["type"]
        one = SIMPLE.get(kind) or ({"$ref": f"#/definitions/{kind}"} if kind in types else {"enum": enums[kind]} if kind in enums else {})
        members[field["name"]] = {"type": "array", "items": one} if field.get("list") else one
    closed: Schema = {"type": "object", "properties": {**members, **ADDED.get(name, {})}, "additionalProperties": False}
    return {**closed, "required": NEEDED[name]} if name in NEEDED else closed


def _output(name: str) -> frozenset[str]:
    return ALWAYS_OUTPUT | OUTPUT.get(name, frozenset()) if name in ENTITIES else OUTPUT.get(name, frozenset())


def created(name: str) -> Schema:
    """The body of a create: without the members that a row gets from QuickBooks."""
    return {"allOf": [_one(name)], "properties": dict.fromkeys((*IDENTITY, "sparse"), False)}


def updated(name: str) -> Schema:
    """The body of an update, of the whole row or sparse."""
    return {"allOf": [_one(name), {"required": IDENTITY}, TO_UPDATE.get(name, {})]}


def named_only(name: str) -> Schema:
    """The body of a deletion or a void: which row, in which version (section 3.1)."""
    return {"allOf": [_one(name), {"required": IDENTITY}], "propertyNames": {"enum": [*IDENTITY, "sparse"]}}


def shown(name: str, *, whole: bool = True) -> Schema:
    """A row as it is shown, or what is left of a deleted one. Not `whole`: a query may ask for some of the columns."""
    gone = {"properties": {"status": {"const": "Deleted"}}, "required": ["status"]}
    return {"allOf": [_one(name)], "if": gone, "then": {"required": ["Id"]}, "else": {"required": IDENTITY if whole else ["Id"]}}


def _one(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}
