"""Records: THE table, one row for each record or linked pair of a sync, with its open writes and its history."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from syncconfig.models.run import SyncRun
from syncconfig.models.sync import ObjectSync


class SyncRecordQuerySet(models.QuerySet["SyncRecord"]):
    def by_state(self, syncs: Iterable[int]) -> dict[int, dict[str, int]]:
        """The number of records by sync and state; every state is there."""
        result = {pk: dict.fromkeys(SyncRecord.State.values, 0) for pk in syncs}
        for pk, state, number in self.filter(sync__in=list(result)).order_by().values_list("sync_id", "state").annotate(n=models.Count("pk")):
            result[pk][state] = number
        return result


class SyncRecord(models.Model):
    """What the engine remembers of one record or pair (`engine.state.Row`). Written by `store.DatabaseStore` only, save `asked`: a person wants
    it tried again, whatever a run that is under way makes of it.

    Keys, marks and names are the forms in which values are compared, kept for look-ups. `*_seen` and `*_base` hold values as `engine.values`
    writes them.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        IN_SYNC = "in_sync", _("In sync")
        FAILING = "failing", _("Failing")
        EXCLUDED = "excluded", _("Excluded")

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="records", verbose_name=_("sync"))
    left_id = models.CharField(_("HubSpot id"), max_length=64, null=True)
    right_id = models.CharField(_("QuickBooks id"), max_length=64, null=True)
    left_key = models.CharField(_("HubSpot match value"), max_length=255, blank=True)
    right_key = models.CharField(_("QuickBooks match value"), max_length=255, blank=True)
    left_mark = models.CharField(_("HubSpot mark"), max_length=128, blank=True)
    right_mark = models.CharField(_("QuickBooks mark"), max_length=128, blank=True)
    left_name = models.CharField(_("HubSpot name"), max_length=512, blank=True)
    right_name = models.CharField(_("QuickBooks name"), max_length=512, blank=True)
    wants = models.CharField(_("waits for"), max_length=512, blank=True)
    needs = models.CharField(_("waits for the record"), max_length=100, blank=True)
    title = models.CharField(_("name"), max_length=512, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    details = models.JSONField(_("details"), default=dict)
    left_stands = models.BooleanField(_("stands in HubSpot"), default=False)
    right_stands = models.BooleanField(_("stands in QuickBooks"), default=False)
    left_sweep = models.PositiveIntegerField(_("last seen in HubSpot, number of the reading"), default=0)
    right_sweep = models.PositiveIntegerField(_("last seen in QuickBooks, number of the reading"), default=0)
    left_seen = models.JSONField(_("shown by HubSpot"), null=True)
    right_seen = models.JSONField(_("shown by QuickBooks"), null=True)
    left_base = models.JSONField(_("last agreed, HubSpot"), default=dict)
    right_base = models.JSONField(_("last agreed, QuickBooks"), default=dict)
    origin = models.CharField(_("origin"), max_length=5, blank=True)
    linked_by = models.CharField(_("linked by"), max_length=10, blank=True)
    dirty = models.BooleanField(_("to be decided"), default=True)
    asked = models.BooleanField(_("to be tried again"), default=False, db_default=False)
    held = models.BooleanField(_("on hold"), default=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    generation = models.PositiveIntegerField(_("number of creations tried"), default=0)
    last_synced_at = models.DateTimeField(_("last synced"), null=True)
    last_direction = models.CharField(_("last direction"), max_length=10, blank=True)

    objects = SyncRecordQuerySet.as_manager()

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
            models.Index(fields=("sync", "id"), condition=models.Q(asked=True), name="record_asked"),
            models.Index(fields=("sync", "next_attempt_at"), condition=models.Q(next_attempt_at__isnull=False), name="record_retry"),
            models.Index(fields=("sync", "state", "reason"), name="record_state"),
            models.Index(fields=("sync", "left_key"), name="record_left_key"),
            models.Index(fields=("sync", "right_key"), name="record_right_key"),
            models.Index(fields=("sync", "left_mark"), name="record_left_mark"),
            models.Index(fields=("sync", "right_mark"), name="record_right_mark"),
            models.Index(fields=("sync", "left_name"), name="record_left_name"),
            models.Index(fields=("sync", "right_name"), name="record_right_name"),
            models.Index(fields=("sync", "wants"), condition=~models.Q(wants=""), name="record_wants"),
            models.Index(fields=("sync", "needs"), condition=~models.Q(needs=""), name="record_needs"),
        )

    def __str__(self) -> str:
        return gettext("record %(pk)s") % {"pk": self.pk}


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

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="events", verbose_name=_("sync"))
    record_pk = models.BigIntegerField(_("record number"))
    run = models.ForeignKey(SyncRun, null=True, on_delete=models.SET_NULL, related_name="events", verbose_name=_("run"))
    at = models.DateTimeField(_("time"))
    type = models.CharField(_("kind of event"), max_length=12)
    side = models.CharField(_("side"), max_length=5, blank=True)
    changes = models.JSONField(_("changes"), default=list)
    category = models.CharField(_("error category or reason"), max_length=40, blank=True)
    details = models.JSONField(_("details"), default=dict)
    words = models.TextField(_("the provider's answer"), blank=True)
    trace = models.CharField(_("trace"), max_length=128, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("person"))

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activity")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("sync", "record_pk", "id"), name="event_record"),)

    def __str__(self) -> str:
        return f"{self.type} {self.at:%Y-%m-%d %H:%M}"
