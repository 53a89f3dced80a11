"""What every answer and every session has to keep to."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

STARTED, SEEN = "session_started_at", "session_seen_at"
SEEN_STEP_SECONDS = 60


def no_store(get_response: GetResponse) -> GetResponse:
    """Keep pages out of every cache and name what browsers may not offer them. Static files answer before this."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-cache, no-store, private")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        return response

    return middleware


def session_limits(get_response: GetResponse) -> GetResponse:
    """End a signed-in session after SESSION_IDLE_SECONDS without a request, and SESSION_COOKIE_AGE after its start whatever happens."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            started = request.session.setdefault(STARTED, now)
            seen = request.session.setdefault(SEEN, now)
            if now - seen > settings.SESSION_IDLE_SECONDS or now - started > settings.SESSION_COOKIE_AGE:
                logout(request)
            elif now - seen > SEEN_STEP_SECONDS:
                request.session[SEEN] = now
        return get_response(request)

    return middleware
