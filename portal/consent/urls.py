"""Addresses of the consent: /connections/<provider>/connect/ and /connections/<provider>/callback/."""

from __future__ import annotations

from django.urls import path, register_converter

from portal.consent.provider import provider_classes
from portal.consent.views import callback, connect, token


class ProviderConverter:
    """Matches the keys of the providers only."""

    regex = "|".join(c.id for c in provider_classes)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ProviderConverter, "provider")

urlpatterns = [
    path("<provider:provider>/connect/", connect, name="consent_connect"),
    path("<provider:provider>/token/", token, name="consent_token"),
    path("<provider:provider>/callback/", callback, name="consent_callback"),
]
