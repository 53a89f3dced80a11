"""What came to the addresses that providers call, counted: the right ones, the wrong ones, and an alarm when only wrong ones come."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime

from django.db.models import F
from django.urls import reverse

from syncconfig import notices
from syncconfig.models import WebhookDoor
from syncconfig.permissions import MAY_CONNECT

ALARM_AFTER = 10
"""Wrong signatures in a row that people are told of: a wrong secret, or somebody who tries."""
STEP_SECONDS = 1.0
"""A process writes its counts this often at most, so that a flood of forged requests costs no more than their signatures."""

_lock = threading.Lock()
_counts: Counter[tuple[str, bool]] = Counter()
_written: dict[str, float] = {}


def note(provider_key: str, now: datetime, *, accepted: bool) -> None:
    """Count one request. What is not written at once is written with the next."""
    with _lock:
        _counts[provider_key, accepted] += 1
        if time.monotonic() - _written.get(provider_key, -STEP_SECONDS) < STEP_SECONDS:
            return
        _written[provider_key] = time.monotonic()
        right, wrong = _counts.pop((provider_key, True), 0), _counts.pop((provider_key, False), 0)
    _write(provider_key, right, wrong, now)


def _write(provider_key: str, right: int, wrong: int, now: datetime) -> None:
    door, _ = WebhookDoor.objects.get_or_create(provider=provider_key)
    rows = WebhookDoor.objects.filter(pk=provider_key)
    if right:
        rows.update(accepted=F("accepted") + right, accepted_at=now, refused_since=0)
    if wrong:
        rows.update(refused=F("refused") + wrong, refused_at=now, refused_since=F("refused_since") + wrong)
        before = 0 if right else door.refused_since
        if before < ALARM_AFTER <= before + wrong:
            notices.tell_whoever_may(MAY_CONNECT, notices.WEBHOOKS_REFUSED, {"provider": provider_key}, reverse("apps"))
