"""The addresses providers call. Size, signature, store, answer: nothing more happens here, and no body is believed (security S46 to S53)."""

from __future__ import annotations

import time

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors.errors import Unexpected
from connectors.http import loads
from connectors.registry import PROVIDERS
from connectors.webhooks import Delivery
from syncconfig import tasks, webhook_door
from syncconfig.providers import webhook_secrets

log = structlog.get_logger(__name__)

MAX_BYTES = 1_500_000
"""Both providers send up to about one megabyte."""


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """200 once everything is durable; 401 for a wrong signature, 503 while no secret is set, so that the provider tries again later."""
    if provider not in PROVIDERS:
        raise Http404
    if settings.HTTPS and not request.is_secure():
        return HttpResponse(status=403)
    secrets = webhook_secrets(provider)
    if not secrets:
        return HttpResponse(status=503)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return HttpResponse(status=413)
    webhooks = PROVIDERS[provider].webhooks
    if not webhooks.signed(_delivery(request), secrets, time.time()):
        webhook_door.note(provider, timezone.now(), accepted=False)
        return HttpResponse(status=401)
    try:
        hints = webhooks.hints(loads(request.body))
    except Unexpected as error:
        log.warning("webhook not understood", provider=provider, problem=str(error))
        return HttpResponse(status=400)
    tasks.heard(provider, hints)
    webhook_door.note(provider, timezone.now(), accepted=True)
    return HttpResponse(status=200)


def _delivery(request: HttpRequest) -> Delivery:
    """The request as it was signed: its address is the configured one, whatever the request says it was sent to."""
    query = request.META.get("QUERY_STRING", "")
    url = f"{settings.SITE_URL}{request.path}" + (f"?{query}" if query else "")
    return Delivery(request.method or "", url, {name.lower(): value for name, value in request.headers.items()}, request.body)
