"""The page for people: a company's settings."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from connectors.sandbox import pages
from connectors.sandbox.quickbooks.app import QuickBooksApp
from connectors.sandbox.quickbooks.company import Company
from connectors.sandbox.quickbooks.faults import Fault
from connectors.sandbox.quickbooks.frame import frame, missing, problem, to
from connectors.sandbox.quickbooks.members import day
from connectors.sandbox.quickbooks.settings import Settings
from connectors.sandbox.server import Reply, Request

BASE = "/companies/{realm}/settings"
LABELS = {
    "custom_numbers": "Own transaction numbers",
    "warn_duplicate_numbers": "Refuse doubled numbers",
    "allow_discount": "Discounts on invoices",
    "allow_deposit": "Deposits on invoices",
    "allow_service_date": "Service dates on lines",
    "auto_apply_payments": "Apply open payments to new invoices",
    "custom_field_1": "Custom field 1",
    "custom_field_2": "Custom field 2",
    "custom_field_3": "Custom field 3",
    "default_item": "Default item (number)",
    "default_terms": "Default terms",
    "book_close_date": "Books closed until",
    "close_password": "Closing password",
    "using_sales_tax": "Sales tax",
    "automated_sales_tax": "Automated sales tax (US)",
    "tax_code": "Tax code of the company (US)",
    "multicurrency": "Several currencies",
    "revenue_recognition": "Revenue recognition",
    "subscription_ended": "Subscription ended",
}
FLAGS = (("yes", "yes"), ("no", "no"))


def routes(app: QuickBooksApp) -> None:
    """Add the page to an app."""

    @app.route("GET", BASE)
    def show(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        return _page(company) if company else missing()

    @app.route("POST", BASE)
    def change(request: Request) -> Reply:
        company = app.companies.get(request.params["realm"])
        if not company:
            return missing()
        try:
            company.change_settings(**_changes(company, request.form))
        except Fault as fault:
            return _page(company, fault)
        return to(company, "settings")


def _page(company: Company, fault: Fault | None = None) -> Reply:
    settings = company.settings
    shown = [(name, label, _text(getattr(settings, name))) for name, label in LABELS.items()]
    options: dict[str, Any] = {name: FLAGS for name in LABELS if isinstance(getattr(settings, name), bool)}
    for name, entity in (("default_terms", "Term"), ("tax_code", "TaxCode")):
        options[name] = [("", ""), *((row["Id"], row["Name"]) for row in company.table(entity).rows.values())]
    body = problem(fault) + pages.form(BASE.format(realm=company.realm), shown, options=options)
    return frame(f"Settings of {company.profile['name']}", body, company, status=400 if fault else 200)


def _changes(company: Company, form: dict[str, str]) -> dict[str, Any]:
    """The settings of a form with their types. Raises Fault for a closing date that is none and an item that is not there."""
    found: dict[str, Any] = {}
    for one in fields(Settings):
        if one.name in form:
            text = form[one.name].strip()
            found[one.name] = text == "yes" if isinstance(one.default, bool) else text
    if found.get("book_close_date"):
        found["book_close_date"] = day("book_close_date", found["book_close_date"])
    if found.get("default_item"):
        company.reference("Item", found["default_item"], "default_item")
    return found


def _text(value: str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
