"""The notices of a person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from syncconfig.models import Notification
from syncconfig.notices import notice_of

SHOWN = 100


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """The newest notices; looking at them is reading them."""
    own = Notification.objects.filter(user=request.user)
    found = list(own[:SHOWN])
    own.filter(read_at=None).update(read_at=timezone.now())
    return render(request, "syncconfig/notifications.html", {"lines": [(notification, notice_of(notification)) for notification in found]})
