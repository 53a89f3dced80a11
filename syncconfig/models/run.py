"""Runs: one row for each pass over a sync, its lease and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models.connection import Connection
from syncconfig.models.sync import ObjectSync

if TYPE_CHECKING:
    from datetime import datetime


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    def live(self) -> SyncRunQuerySet:
        return self.filter(state=SyncRun.State.RUNNING)

    def abandoned(self, now: datetime) -> SyncRunQuerySet:
        """Running by their row, but nobody has renewed the lease."""
        return self.live().filter(lease_until__lt=now)


class SyncRun(models.Model):
    """One pass over one sync, or a preview of one.

    The row is the truth, a queued task is only its id. Whoever sets it running holds the lease; `epoch` fences off a holder that woke up too late.
    `left` and `right` repeat the sync's accounts, so that the database lets only one run live for each pair.
    """

    class Trigger(models.TextChoices):
        FIRST = "first", _("First sync")
        SCHEDULE = "schedule", _("Schedule")
        SETTINGS = "settings", _("Settings saved")
        MANUAL = "manual", _("Sync now")
        COMMAND = "command", _("Command")
        WEBHOOK = "webhook", _("Webhook")
        COMPARE = "compare", _("Full comparison")
        PREVIEW = "preview", _("Preview")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Succeeded")
        PARTIAL = "partial", _("Ended with open or failing records")
        FAILED = "failed", _("Failed")
        BLOCKED = "blocked", _("Stopped before writing")
        INTERRUPTED = "interrupted", _("Interrupted")

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="runs", verbose_name=_("sync"))
    left = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", verbose_name=_("HubSpot account"))
    right = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", verbose_name=_("QuickBooks company"))
    trigger = models.CharField(_("trigger"), max_length=10, choices=Trigger.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.QUEUED)
    full = models.BooleanField(_("compares everything"), default=False)
    unguarded = models.BooleanField(_("without guards"), default=False)
    told_only = models.BooleanField(_("reads only what webhooks named"), default=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("person"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    holder = models.CharField(_("held by"), max_length=64, blank=True)
    epoch = models.PositiveIntegerField(_("number of holders"), default=0)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    progress = models.JSONField(_("progress"), default=dict)
    result = models.JSONField(_("result"), default=dict)
    error = models.CharField(_("error"), max_length=40, blank=True)
    error_details = models.JSONField(_("error details"), default=dict)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("left", "right"), condition=models.Q(state="running"), name="one_live_run_per_pair"),
            models.UniqueConstraint(
                fields=("sync",), condition=models.Q(state="queued") & ~models.Q(trigger="preview"), name="one_queued_run_per_sync"
            ),
        )
        indexes = (models.Index(fields=("sync", "-id"), name="run_latest"), models.Index(fields=("ended_at",), name="run_ended"))

    def __str__(self) -> str:
        return f"{self.get_trigger_display()}: {self.get_state_display()}"

    @property
    def ended(self) -> bool:
        return self.state not in (self.State.QUEUED, self.State.RUNNING)
