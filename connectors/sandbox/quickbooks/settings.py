"""What a company's owner has set, and how the API shows it as Preferences and CompanyInfo (reference 5.9 to 5.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.sandbox.quickbooks.times import stamp
from connectors.sandbox.state import Document

CUSTOM_FIELDS = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Settings:
    """`book_close_date` is YYYY-MM-DD or "" where the books are open; with `close_password` a refusal is 6210, without 6200.

    `custom_field_1` to `custom_field_3` are names, "" where the field is not used. `default_item`, `default_terms` and `tax_code` are Ids or "".
    `automated_sales_tax` is the engine of newer US companies; it has no meaning elsewhere.
    """

    custom_numbers: bool = False
    warn_duplicate_numbers: bool = False
    allow_discount: bool = True
    allow_deposit: bool = True
    allow_service_date: bool = False
    auto_apply_payments: bool = False
    custom_field_1: str = ""
    custom_field_2: str = ""
    custom_field_3: str = ""
    default_item: str = ""
    default_terms: str = ""
    book_close_date: str = ""
    close_password: bool = True
    using_sales_tax: bool = True
    automated_sales_tax: bool = False
    tax_code: str = ""
    multicurrency: bool = False
    revenue_recognition: bool = False
    subscription_ended: bool = False

    def custom_field(self, number: str) -> str:
        """The name of a custom field by its DefinitionId, "" for one that is not used."""
        return str(getattr(self, f"custom_field_{number}")) if number in CUSTOM_FIELDS else ""


def company_info(profile: Document, settings: Settings) -> dict[str, Any]:
    """The value of "CompanyInfo"."""
    values = {
        "NeoEnabled": "true",
        "IndustryType": "Landscaping Services",
        "SubscriptionStatus": "EXPIRED" if settings.subscription_ended else "PAID",
        "OfferingSku": "QuickBooks Online Advanced" if settings.revenue_recognition else "QuickBooks Online Plus",
    }
    return {
        **_system(profile, 0),
        "CompanyName": profile["name"],
        "LegalName": profile["name"],
        "Country": profile["country"],
        "CompanyAddr": {"Id": "1", "City": "Denver", "CountrySubDivisionCode": "CO", "Country": profile["country"]},
        "Email": {"Address": "bookkeeper@cedarandslate.example"},
        "DefaultTimeZone": profile["zone"],
        "SupportedLanguages": "en",
        "FiscalYearStartMonth": "January",
        "NameValue": [{"Name": name, "Value": value} for name, value in values.items()],
    }


def preferences(profile: Document, settings: Settings, version: int, discount_account: str) -> dict[str, Any]:
    """The value of "Preferences"; `version` counts the changes, `discount_account` is an Id."""
    return {
        **_system(profile, version),
        "SalesFormsPrefs": _sales_forms(settings, discount_account),
        "AccountingInfoPrefs": {
            "FirstMonthOfFiscalYear": "January",
            "ClassTrackingPerTxn": False,
            "TrackDepartments": False,
            **({"BookCloseDate": settings.book_close_date} if settings.book_close_date else {}),
        },
        "TaxPrefs": _tax(profile, settings),
        "CurrencyPrefs": {"MultiCurrencyEnabled": settings.multicurrency, "HomeCurrency": {"value": profile["currency"]}},
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityOnHand": True,
            "RevenueRecognitionEnabled": settings.revenue_recognition,
        },
        "OtherPrefs": {"NameValue": _others(settings)},
    }


def _sales_forms(settings: Settings, discount_account: str) -> dict[str, Any]:
    fields = _custom_fields(settings)
    return {
        "CustomTxnNumbers": settings.custom_numbers,
        "AllowDiscount": settings.allow_discount,
        "AllowDeposit": settings.allow_deposit,
        "AllowShipping": False,
        "AllowServiceDate": settings.allow_service_date,
        "AutoApplyCredit": False,
        "AutoApplyPayments": settings.auto_apply_payments,
        **({"DefaultDiscountAccount": discount_account} if discount_account else {}),
        **({"DefaultTerms": {"value": settings.default_terms}} if settings.default_terms else {}),
        **({"CustomField": fields} if fields else {}),
    }


def _custom_fields(settings: Settings) -> list[dict[str, Any]]:
    """Two wrappers, flags and names; the numbers come in no order, and names of unused fields are missing."""
    used = [number for number in reversed(CUSTOM_FIELDS) if settings.custom_field(number)]
    if not used:
        return []
    flags = [
        {"Name": f"SalesFormsPrefs.UseSalesCustom{number}", "Type": "BooleanType", "BooleanValue": number in used}
        for number in reversed(CUSTOM_FIELDS)
    ]
    names = [
        {"Name": f"SalesFormsPrefs.SalesCustomName{number}", "Type": "StringType", "StringValue": settings.custom_field(number)} for number in used
    ]
    return [{"CustomField": flags}, {"CustomField": names}]


def _tax(profile: Document, settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {"UsingSalesTax": settings.using_sales_tax}
    if profile["country"] == "US" and settings.automated_sales_tax:
        found["PartnerTaxEnabled"] = True
    elif settings.tax_code:
        found["TaxGroupCodeRef"] = {"value": settings.tax_code}
    return found


def _others(settings: Settings) -> list[dict[str, str]]:
    values = {"ProjectsEnabled": "false", "WarnDuplicateBillNumber": "false", "WarnDuplicateCheckNumber": "true"}
    if settings.default_item:
        values["SalesFormsPrefs.DefaultItem"] = settings.default_item
    return [{"Name": name, "Value": value} for name, value in values.items()]


def _system(profile: Document, version: int) -> dict[str, Any]:
    created = stamp(profile["created"])
    return {"domain": "QBO", "sparse": False, "Id": "1", "SyncToken": str(version), "MetaData": {"CreateTime": created, "LastUpdatedTime": created}}
