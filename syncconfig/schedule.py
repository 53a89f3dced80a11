"""The one schedule of the task queue: it wakes the dispatcher, which asks the rows what is due."""

from __future__ import annotations

from django_q.models import Schedule

NAME = "dispatcher"
DISPATCH = "syncconfig.tasks.dispatch"


def ensure_schedule() -> None:
    """Put the dispatcher on the schedule, every minute. Calling it again changes nothing, and keeps the next time it is due."""
    facts = {"func": DISPATCH, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
    Schedule.objects.update_or_create(name=NAME, defaults=facts)
