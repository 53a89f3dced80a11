"""The providers this product knows: the one list to extend. The first of `SIDES` is the left side of every pair, the second the right one."""

from __future__ import annotations

from connectors import hubspot, quickbooks
from connectors.provider import Provider

PROVIDERS: dict[str, Provider] = {provider.key: provider for provider in (hubspot.PROVIDER, quickbooks.PROVIDER)}

SIDES = ("hubspot", "quickbooks")
