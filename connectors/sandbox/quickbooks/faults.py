"""Faults as QuickBooks Online words them. Codes, types and texts: reference section 7, `derived/error-codes.json`, `derived/wire-shapes.json`."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from connectors.sandbox.quickbooks.times import answer_time
from connectors.sandbox.server import Reply

VALIDATION = "ValidationFault"
SYSTEM = "SystemFault"

MESSAGES: dict[str, str] = {
    "500": "Unsupported Operation",
    "600": "Duplicate Request Id",
    "610": "Object Not Found",
    "620": "Transaction cannot be linked",
    "800": "Dependent objects exist",
    "1040": "Batch has more items than allowed",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2030": "Invalid ID",
    "2040": "Invalid String. The string contains invalid characters",
    "2050": "String length is either shorter or longer than supported by specification",
    "2060": "Invalid Date",
    "2080": "Invalid Number",
    "2120": "Incompatible type",
    "2130": "Invalid request id",
    "2140": "Invalid Amount",
    "2170": "Invalid Enumeration",
    "2190": "Invalid date range",
    "2200": "Invalid Website Address",
    "2210": "Invalid Email Address format",
    "2230": "Invalid Boolean",
    "2240": "Number out of range",
    "2250": "Line is required",
    "2290": "Negative amount not supported",
    "2500": "Invalid Reference Id",
    "3000": "Invalid custom field",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "5010": "Stale Object Error",
    "6000": "A business validation error has occurred while processing your request",
    "6010": "Account type is required",
    "6070": "Amount calculation incorrect",
    "6080": "At least one name element is required",
    "6090": "Discount amount or percentage is required",
    "6100": "Invalid tax code",
    "6140": "Duplicate Document Number Error",
    "6170": "Tax detail not allowed",
    "6190": "Subscription period has ended or canceled or there was a billing problem",
    "6200": "Account Period Closed",
    "6210": "Account Period Closed",
    "6220": "The object still has a balance",
    "6240": "Duplicate Name Exists Error",
    "6250": "Invalid customer",
    "6270": "Inventory start date is required",
    "6420": "E-mail address is required",
    "6430": "Invalid account type",
    "6520": "Quantity on hand is required",
    "6540": "Deposited Transaction cannot be changed",
    "10000": "An application error has occurred while processing your request",
}


class Fault(Exception):
    """Raised anywhere below a request; becomes the whole answer, or one member of a batch answer."""

    def __init__(self, code: str, detail: str = "", *, element: str = "", status: int = 400) -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail
        self.element = element
        self.status = status

    def body(self) -> dict[str, Any]:
        """{"Error": [...], "type": ...}, the value of a "Fault" member."""
        message = MESSAGES.get(self.code, "Error")
        error = {"Message": message, "Detail": self.detail or message, "code": self.code, "element": self.element}
        return {"Error": [error], "type": SYSTEM if self.code == "10000" else VALIDATION}


def unauthenticated(moment: float) -> Reply:
    """HTTP 401 as the gateway answers it, in lower case."""
    return _gateway(401, "message=AuthenticationFailed; errorCode=003200; statusCode=401", "Token expired", "3200", "AUTHENTICATION", moment)


def unauthorized_application(moment: float) -> Reply:
    """HTTP 403: the token is for another company or environment."""
    return _gateway(403, "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403", "", "3100", "SERVICE", moment)


def _gateway(status: int, message: str, detail: str, code: str, kind: str, moment: float) -> Reply:
    error = {"message": message, "detail": detail, "code": code, "element": None}
    return Reply(
        status,
        {"warnings": None, "intuitObject": None, "fault": {"error": [error], "type": kind}, "queryResponse": None, "time": int(moment * 1000)},
    )


def throttled(moment: float, *, xml: bool) -> Reply:
    """HTTP 429, in JSON or in XML whatever was asked for."""
    message, detail = "message=ThrottleExceeded; errorCode=003001; statusCode=429", "The request limit was reached.  Try again later"
    if not xml:
        error = {"Message": message, "Detail": detail, "code": "3001"}
        return Reply(429, {"Fault": {"Error": [error], "type": "SERVICE"}, "time": answer_time(moment)})
    text = (
        f'<IntuitResponse time={quoteattr(answer_time(moment))} xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE">'
        f'<Error code="3001"><Message>{escape(message)}</Message><Detail>{escape(detail)}</Detail></Error></Fault></IntuitResponse>'
    )
    return Reply(429, text, content_type="application/xml")
