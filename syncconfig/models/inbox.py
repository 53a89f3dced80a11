"""The inbox: what webhooks told, as names of records to look at. No value of a record ever comes in this way."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from syncconfig.models.sync import ObjectSync, SideChoice


class InboxEvent(models.Model):
    """One event for one sync that it concerns. `object` is the provider's own name of what `ids` are; `key` names the event, so that it counts
    once however often it is delivered. `done_at`: a run has looked, or had seen it before.
    """

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="inbox", verbose_name=_("sync"))
    side = models.CharField(_("side"), max_length=5, choices=SideChoice.choices)
    object = models.CharField(_("object"), max_length=30)
    ids = models.JSONField(_("records"), default=list)
    change = models.CharField(_("change"), max_length=10)
    at = models.DateTimeField(_("time"), null=True)
    key = models.CharField(max_length=64, editable=False)
    received_at = models.DateTimeField(_("received at"), db_index=True)
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("sync", "key"), name="one_inbox_event_per_key"),)
        indexes = (models.Index(fields=("sync", "id"), condition=models.Q(done_at=None), name="inbox_open"),)

    def __str__(self) -> str:
        return f"{self.object} {self.change}"


class WebhookDoor(models.Model):
    """What came to the address that one provider calls. `refused_since` counts wrong signatures since the last right one."""

    provider = models.CharField(_("app"), max_length=30, primary_key=True)
    accepted = models.PositiveBigIntegerField(_("accepted"), default=0)
    accepted_at = models.DateTimeField(_("last accepted at"), null=True)
    refused = models.PositiveBigIntegerField(_("refused"), default=0)
    refused_since = models.PositiveBigIntegerField(_("refused since the last accepted"), default=0)
    refused_at = models.DateTimeField(_("last refused at"), null=True)

    class Meta:
        verbose_name = _("webhook address")
        verbose_name_plural = _("webhook addresses")

    def __str__(self) -> str:
        return self.provider
