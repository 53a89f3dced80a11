"""Records: THE table, one row for each record or linked pair of a sync, with its open writes and its history."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models.run import SyncRun
from syncconfig.models.sync import ObjectSync


class SyncRecord(models.Model):
    """What the engine remembers of one record or pair (`engine.state.Row`). Written by `store.DatabaseStore` only.

    Keys, marks and names are the forms in which values are compared, kept for look-ups. `*_seen` and `*_base` hold values as `engine.values` writes them.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        IN_SYNC = "in_sync", _("In sync")
        FAILING = "failing", _("Failing")
        EXCLUDED = "excluded", _("Excluded")

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="records")
    left_id = models.CharField(max_length=64, null=True)
    right_id = models.CharField(max_length=64, null=True)
    left_key = models.CharField(max_length=255, blank=True)
    right_key = models.CharField(max_length=255, blank=True)
    left_mark = models.CharField(max_length=128, blank=True)
    right_mark = models.CharField(max_length=128, blank=True)
    left_name = models.CharField(max_length=512, blank=True)
    right_name = models.CharField(max_length=512, blank=True)
    wants = models.CharField(max_length=512, blank=True)
    title = models.CharField(max_length=512, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)
    left_stands = models.BooleanField(default=False)
    right_stands = models.BooleanField(default=False)
    left_sweep = models.PositiveIntegerField(default=0)
    right_sweep = models.PositiveIntegerField(default=0)
    left_seen = models.JSONField(null=True)
    right_seen = models.JSONField(null=True)
    left_base = models.JSONField(default=dict)
    right_base = models.JSONField(default=dict)
    origin = models.CharField(max_length=5, blank=True)
    linked_by = models.CharField(max_length=10, blank=True)
    dirty = models.BooleanField(default=True)
    held = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    generation = models.PositiveIntegerField(default=0)
    last_synced_at = models.DateTimeField(null=True)
    last_direction = models.CharField(max_length=10, blank=True)

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("sync", "left_id"), condition=models.Q(left_id__isnull=False), name="one_record_per_left_id"),
            models.UniqueConstraint(fields=("sync", "right_id"), condition=models.Q(right_id__isnull=False), name="one_record_per_right_id"),
        )
        indexes = (
            models.Index(fields=("sync", "id"), condition=models.Q(dirty=True), name="record_dirty"),
            models.Index(fields=("sync", "next_attempt_at"), condition=models.Q(next_attempt_at__isnull=False), name="record_retry"),
            models.Index(fields=("sync", "state", "reason"), name="record_state"),
            models.Index(fields=("sync", "left_key"), name="record_left_key"),
            models.Index(fields=("sync", "right_key"), name="record_right_key"),
            models.Index(fields=("sync", "left_mark"), name="record_left_mark"),
            models.Index(fields=("sync", "right_mark"), name="record_right_mark"),
            models.Index(fields=("sync", "left_name"), name="record_left_name"),
            models.Index(fields=("sync", "right_name"), name="record_right_name"),
            models.Index(fields=("sync", "wants"), condition=~models.Q(wants=""), name="record_wants"),
        )

    def __str__(self) -> str:
        return f"record {self.pk}"


class WriteIntent(models.Model):
    """One remote write, stored before it is sent; gone once its answer is booked."""

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="intents")
    record_pk = models.BigIntegerField()
    side = models.CharField(max_length=5)
    call = models.CharField(max_length=36)
    key = models.CharField(max_length=10)
    operation = models.CharField(max_length=10)
    body = models.JSONField()
    sent_at = models.DateTimeField()

    class Meta:
        verbose_name = _("open write")
        verbose_name_plural = _("open writes")
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("call", "key"), name="one_intent_per_key"),)
        indexes = (models.Index(fields=("sync", "record_pk"), name="intent_record"),)

    def __str__(self) -> str:
        return f"{self.operation} {self.side} for record {self.record_pk}"


class RecordEvent(models.Model):
    """One entry of a record's history. Append-only."""

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="events")
    record_pk = models.BigIntegerField()
    run = models.ForeignKey(SyncRun, null=True, on_delete=models.SET_NULL, related_name="events")
    at = models.DateTimeField()
    type = models.CharField(max_length=12)
    side = models.CharField(max_length=5, blank=True)
    changes = models.JSONField(default=list)
    category = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)
    words = models.TextField(blank=True)
    trace = models.CharField(max_length=128, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("sync", "record_pk", "id"), name="event_record"),)

    def __str__(self) -> str:
        return f"{self.type} {self.at:%Y-%m-%d %H:%M}"
