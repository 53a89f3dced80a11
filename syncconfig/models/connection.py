"""Connections: the accounts we may speak to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from connectors.oauth import NEVER


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def usable(self) -> ConnectionQuerySet:
        """Those we hold credentials for that work as far as we know."""
        return self.filter(status=Connection.Status.CONNECTED)


class Connection(models.Model):
    """One authorised account at one provider.

    `credentials` is encrypted and opened by `syncconfig.credentials` only. `credentials_version` grows with every stored grant; the lease
    columns say which process is fetching the next one, so that a refresh token is spent once. `ends_at` is when the provider ends the access whatever
    is done, `warned_at` when people were told of that last.
    """

    class Status(models.TextChoices):
        CONNECTED = "connected", _("Connected")
        RECONNECT_NEEDED = "reconnect_needed", _("Reconnect needed")
        DISCONNECTED = "disconnected", _("Disconnected")

    provider = models.CharField(_("app"), max_length=30)
    account_id = models.CharField(_("account number"), max_length=64, help_text=_("The provider's own number of the account."))
    name = models.CharField(_("name"), max_length=255, help_text=_("The company's name, as the provider shows it."))
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.CONNECTED)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    country = models.CharField(_("country"), max_length=64, blank=True)
    sandbox = models.BooleanField(_("test account"), default=False)
    scopes = models.JSONField(_("granted permissions"), default=list, blank=True)
    details = models.JSONField(_("facts about the account"), default=dict, blank=True)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("connected by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="connections"
    )
    connected_at = models.DateTimeField(_("connected at"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=255, blank=True)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True)

    credentials = models.TextField(blank=True, editable=False)
    credentials_version = models.PositiveIntegerField(default=0, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    ends_at = models.DateTimeField(_("access ends at"), null=True, blank=True, editable=False)
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    lease_holder = models.CharField(max_length=36, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("provider", "name", "pk")
        constraints = (models.UniqueConstraint(fields=("provider", "account_id"), name="one_connection_per_account"),)
        permissions = (("connect", _("Can connect, reconnect and disconnect accounts")),)

    def __str__(self) -> str:
        return f"{self.name} ({self.account_id})"

    @property
    def usable(self) -> bool:
        return self.status == self.Status.CONNECTED

    @property
    def by_token(self) -> bool:
        """Whether the account gave a token of its own, which never ends by itself, instead of a consent."""
        return self.token_expires_at is not None and self.token_expires_at >= NEVER

    @property
    def encryption_context(self) -> str:
        """What the credentials are bound to: they do not open in another row."""
        return f"connection {self.provider} {self.account_id}"


class Budget(models.Model):
    """What an account was asked lately and this month: the state of its `connectors.pacing.Ledger`. Changed under a lock, by `syncconfig.budgets`."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="budget", verbose_name=_("connection"))
    state = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("request budget")
        verbose_name_plural = _("request budgets")

    def __str__(self) -> str:
        return str(self.connection)
