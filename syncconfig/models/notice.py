"""What people are told and given: notices, exports of records, and the columns each of them wants to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import datetime


class ColumnChoice(models.Model):
    """The columns of one table that somebody wants to see, by key and in order. Without a row they are the table's own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="column_choices", verbose_name=_("person"))
    table = models.CharField(_("table"), max_length=20)
    columns = models.JSONField(_("columns"), default=list)

    class Meta:
        verbose_name = _("choice of columns")
        verbose_name_plural = _("choices of columns")
        constraints = (models.UniqueConstraint(fields=("user", "table"), name="one_column_choice_per_table"),)

    def __str__(self) -> str:
        return self.table


class Export(models.Model):
    """One export of records: who asked for which records and columns, and what came of it. The row stays when the file is gone: it is the log.

    The row is the truth, a queued task is only its id. `filters` are the parameters of the record view's address, each with its values;
    `file` is a name in `settings.EXPORT_DIR`, empty before the file is begun and after it was deleted. `size` is in bytes.
    """

    class Format(models.TextChoices):
        XLSX = "xlsx", _("XLSX, for Excel, Numbers and LibreOffice")
        CSV = "csv", _("CSV, plain text, UTF-8, comma separated")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="exports", verbose_name=_("person")
    )
    filters = models.JSONField(_("filters"), default=dict)
    columns = models.JSONField(_("columns"), default=list)
    format = models.CharField(_("file format"), max_length=4, choices=Format.choices)
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    rows = models.PositiveIntegerField(_("number of records"), default=0)
    size = models.PositiveBigIntegerField(_("size"), default=0)
    file = models.CharField(max_length=100, blank=True, editable=False)
    error = models.CharField(_("error"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("state",), name="export_state"),)
        permissions = (("export", _("Can export records")),)

    def __str__(self) -> str:
        return f"{self.get_state_display()}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def ended(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    def expired(self, now: datetime) -> bool:
        """Whether there was a file that nobody gets any more."""
        return self.state == self.State.DONE and (not self.file or self.expires_at is None or self.expires_at <= now)


class Notification(models.Model):
    """One thing somebody is told, as a code and its details: `syncconfig.notices` has the words, in the language of whoever reads them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=30)
    details = models.JSONField(_("details"), default=dict)
    url = models.TextField(_("address"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("user",), condition=models.Q(read_at=None), name="notification_unread"),)

    def __str__(self) -> str:
        return self.kind
