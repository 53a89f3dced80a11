"""For monitors: alive, and ready. They show no data."""

from __future__ import annotations

import time

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from syncconfig import canary

SILENT_SECONDS = 420
"""Longer than the longest task, behind which a canary may have to wait."""


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers, and the task queue really runs tasks; 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        heard = canary.last_heard()
    except DatabaseError:
        return JsonResponse({"database": False, "worker": False}, status=503)
    worker = heard is not None and time.time() - heard < SILENT_SECONDS
    return JsonResponse({"database": True, "worker": worker}, status=200 if worker else 503)
