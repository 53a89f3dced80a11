"""Which addresses the two providers have here, and who we are to them. The one place that reads PROVIDERS."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from connectors.oauth import Client
from connectors.provider import Endpoints
from connectors.registry import PROVIDERS
from syncconfig.sandboxes import sandbox_client, sandbox_webhook_secret


def endpoints(provider_key: str) -> Endpoints:
    """Where a provider answers. Raises `ImproperlyConfigured` for an address of a simulation that is not on this machine."""
    provider = PROVIDERS[provider_key]
    if settings.PROVIDERS == "live":
        if provider.trial is not None and settings.PROVIDER_TRIAL[provider_key]:
            return provider.trial
        return provider.live
    if settings.PROVIDERS == "sandbox":
        return replace(provider.sandbox(loopback(settings.SANDBOX_URLS[provider_key])), pace=settings.SANDBOX_PACE)
    urls = {part: loopback(url) for part, url in settings.PROVIDER_URLS[provider_key].items() if url}
    if "api" not in urls:
        raise ImproperlyConfigured(f"PROVIDERS=custom needs {provider_key.upper()}_API_URL.")
    return replace(provider.sandbox(urls["api"]), **urls)


def client(provider_key: str) -> Client:
    """Our id and secret at a provider."""
    client_id, secret = settings.PROVIDER_CLIENTS[provider_key]
    if client_id:
        return Client(client_id, secret)
    if settings.PROVIDERS == "live":
        raise ImproperlyConfigured(f"{provider_key.upper()}_CLIENT_ID and {provider_key.upper()}_CLIENT_SECRET are not set.")
    return sandbox_client(provider_key)


def webhook_secrets(provider_key: str) -> list[str]:
    """What a provider signs its webhooks with, the newest first; none while none is set. Two are in use while one is exchanged for another."""
    secrets: list[str] = [secret for secret in settings.WEBHOOK_SECRETS[provider_key] if secret]
    return secrets or ([sandbox_webhook_secret(provider_key)] if settings.PROVIDERS == "sandbox" else [])


def loopback(url: str) -> str:
    """The address without a trailing slash, if it is on this machine. Only literal addresses count: a name could resolve to anywhere."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local or parts.scheme not in ("http", "https") or parts.username is not None:
        raise ImproperlyConfigured("A simulation has to be at a loopback address: PROVIDERS=sandbox and PROVIDERS=custom accept no other.")
    return url.rstrip("/")


def configured(provider_key: str) -> bool:
    """Whether a consent can be asked for."""
    return settings.PROVIDERS != "live" or bool(settings.PROVIDER_CLIENTS[provider_key][0])
