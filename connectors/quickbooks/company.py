"""What is known of one company beside its records: settings and short lists, each read when first asked for and kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.invoices import custom_names
from connectors.quickbooks.payments import method
from connectors.quickbooks.shapes import Row, is_inactive
from connectors.quickbooks.values import nested


class Company:
    """Keeps what it read for its own life, which is that of its connector. Every property may raise what a call raises."""

    def __init__(self, client: QuickBooksClient, web: str) -> None:
        self._client = client
        self.realm = client.realm
        self.web = web

    @property
    def currency(self) -> str:
        """The home currency."""
        return str(nested(self._currencies, "HomeCurrency").get("value") or "")

    @property
    def multi_currency(self) -> bool:
        """Whether the company uses more than one currency; if not, documents must not name one."""
        return self._currencies.get("MultiCurrencyEnabled") in (True, "true")

    @cached_property
    def american(self) -> bool:
        """Whether the tax rules of the United States hold (reference 6)."""
        return str(self._client.company_info().get("Country") or "") == "US"

    @cached_property
    def custom_names(self) -> Mapping[str, str]:
        """The names of the custom fields of sales forms by DefinitionId."""
        return custom_names(self._preferences)

    @cached_property
    def methods(self) -> Mapping[str, str]:
        """The neutral name of each payment method by Id, inactive ones included."""
        return {str(row["Id"]): method(row) for row in self._methods}

    def method_id(self, wanted: str) -> str:
        """The company's first active payment method of a neutral name, "" where it has none."""
        return next((str(row["Id"]) for row in self._methods if not is_inactive(row) and method(row) == wanted), "")

    @cached_property
    def _methods(self) -> tuple[Row, ...]:
        return tuple(self._client.query_all("PaymentMethod", ()))

    @cached_property
    def _preferences(self) -> Row:
        return self._client.preferences()

    @property
    def _currencies(self) -> Row:
        return nested(self._preferences, "CurrencyPrefs")
