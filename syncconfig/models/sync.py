"""Syncs: what people set up. Settings are rows; the engine gets them as one frozen value."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.vocabulary import FOLLOWERS, Direction, Kind
from syncconfig.engine.spec import MatchBy, Side, WriteRule
from syncconfig.models.connection import Connection

if TYPE_CHECKING:
    from datetime import datetime


class KindChoice(models.TextChoices):
    CONTACT = Kind.CONTACT.value, _("Contact")
    PRODUCT = Kind.PRODUCT.value, _("Product")
    INVOICE = Kind.INVOICE.value, _("Invoice")
    PAYMENT = Kind.PAYMENT.value, _("Payment")
    NOTE = Kind.NOTE.value, _("Payment note")


_NAMES = {
    Kind.CONTACT: _("Contact sync"),
    Kind.PRODUCT: _("Product sync"),
    Kind.INVOICE: _("Invoice sync"),
    Kind.PAYMENT: _("Payment sync"),
    Kind.NOTE: _("Payment note sync"),
}


class DirectionChoice(models.TextChoices):
    BOTH = Direction.BOTH.value, _("Both ways")
    TO_LEFT = Direction.TO_LEFT.value, _("Only to HubSpot")
    TO_RIGHT = Direction.TO_RIGHT.value, _("Only to QuickBooks")


class SideChoice(models.TextChoices):
    LEFT = Side.LEFT.value, _("HubSpot")
    RIGHT = Side.RIGHT.value, _("QuickBooks")


class MatchChoice(models.TextChoices):
    DEFAULT = MatchBy.DEFAULT.value, _("Recommended field")
    FIELDS = MatchBy.FIELDS.value, _("Chosen fields")
    NONE = MatchBy.NONE.value, _("None, always create")


class RuleChoice(models.TextChoices):
    ALWAYS = WriteRule.ALWAYS.value, _("Always")
    IF_EMPTY = WriteRule.IF_EMPTY.value, _("Only when empty")


class ObjectSyncQuerySet(models.QuerySet["ObjectSync"]):
    def settled(self) -> ObjectSyncQuerySet:
        """Syncs proper, without the working copies of edits."""
        return self.filter(draft_of=None)

    def due(self, now: datetime) -> ObjectSyncQuerySet:
        """Those that are on, whose time has come and whose accounts we may use."""
        usable = Connection.Status.CONNECTED
        return self.settled().filter(status=ObjectSync.Status.ON, next_run_at__lte=now, left__status=usable, right__status=usable)


class ObjectSync(models.Model):
    """One kind of record kept together between two accounts.

    A row with `draft_of` is the working copy of somebody's edit: it has settings and no records, and is laid over its original on save.
    `settings_version` grows with every saved change; `decided_version` is the one all records were last decided with.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ON = "on", _("On")
        PAUSED = "paused", _("Paused")
        OFF = "off", _("Off")

    class Step(models.TextChoices):
        CHOOSE = "choose", _("Choose")
        CONFIGURE = "configure", _("Configure")
        LIMIT = "limit", _("Limit")
        REVIEW = "review", _("Review")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    draft_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.CASCADE, related_name="edit", verbose_name=_("edit of"))
    left = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="left_syncs", verbose_name=_("HubSpot account"))
    right = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="right_syncs", verbose_name=_("QuickBooks company"))
    kind = models.CharField(_("object"), max_length=20, choices=KindChoice.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    step = models.CharField(_("step reached"), max_length=10, choices=Step.choices, default=Step.CHOOSE)
    direction = models.CharField(_("direction"), max_length=10, choices=DirectionChoice.choices, default=DirectionChoice.BOTH)
    winner = models.CharField(
        _("data conflict resolution"),
        max_length=5,
        choices=SideChoice.choices,
        default=SideChoice.RIGHT,
        help_text=_("Whose value counts when both sides changed the same field."),
    )
    match_by = models.CharField(_("record matching"), max_length=10, choices=MatchChoice.choices, default=MatchBy.DEFAULT.value)
    match_left = models.CharField(_("HubSpot property"), max_length=120, blank=True)
    match_right = models.CharField(_("QuickBooks field"), max_length=120, blank=True)
    key_needed = models.BooleanField(_("avoid duplicates"), default=True, help_text=_("Leave out records without a value to match by."))
    keep_linked = models.BooleanField(_("keep syncing linked records"), default=False, help_text=_("Filters then decide about new records only."))
    options = models.JSONField(_("options"), default=dict, blank=True)
    settings_version = models.PositiveIntegerField(_("settings version"), default=1)
    decided_version = models.PositiveIntegerField(_("version of the last decision"), default=0)
    setup_at = models.DateTimeField(_("set up"), default=timezone.now)
    saved_at = models.DateTimeField(_("saved at"), null=True, blank=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("saved by")
    )
    cursors = models.JSONField(default=dict, blank=True, editable=False)
    next_run_at = models.DateTimeField(_("next run"), null=True, blank=True)
    compared_at = models.DateTimeField(_("last full comparison"), null=True, blank=True)
    pause_reason = models.CharField(_("reason of the pause"), max_length=30, blank=True)
    pause_details = models.JSONField(_("details of the pause"), default=dict, blank=True)

    objects = ObjectSyncQuerySet.as_manager()

    class Meta:
        verbose_name = _("sync")
        verbose_name_plural = _("syncs")
        ordering = ("left", "right", "kind")
        constraints = (
            models.UniqueConstraint(fields=("left", "right", "kind"), condition=models.Q(draft_of=None), name="one_sync_per_pair_and_kind"),
        )
        indexes = (models.Index(fields=("next_run_at",), condition=models.Q(status="on"), name="sync_due"),)
        permissions = (
            ("configure", _("Can set up, edit, turn off and delete syncs")),
            ("operate", _("Can sync now, retry and link records")),
            ("custom_mappings", _("Can add custom mappings")),
        )

    def __str__(self) -> str:
        return str(_NAMES[Kind(self.kind)])

    def connection(self, side: Side) -> Connection:
        return self.left if side is Side.LEFT else self.right

    @property
    def original(self) -> ObjectSync:
        """The sync whose records this one's settings speak of."""
        return self.draft_of or self

    @property
    def follows(self) -> bool:
        """Whether this sync goes along with the one of invoices and is not set up by itself."""
        return Kind(self.kind) in FOLLOWERS

    @property
    def reachable(self) -> bool:
        """Whether both accounts may be used."""
        return self.left.usable and self.right.usable

    def flows(self, side: Side) -> bool:
        """Whether values travel to a side."""
        return self.direction in (DirectionChoice.BOTH, side.inward.value)


class FieldMapping(models.Model):
    """One mapped field of a sync. Predefined ones can be switched, own ones can be changed and deleted.

    `left_sources` lists the fields whose first filled one counts; `left_field` is the first of them. A predefined mapping with more than one is
    never gone: switched off, it keeps to the rest. `born` and `frozen` are those of `engine.spec.FieldMap`.
    """

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="mappings")
    left_sources = models.JSONField(default=list)
    right_field = models.CharField(max_length=120)
    direction = models.CharField(max_length=10, choices=DirectionChoice.choices, default=DirectionChoice.BOTH)
    enabled = models.BooleanField(_("on"), default=True)
    predefined = models.BooleanField(default=False)
    required = models.BooleanField(default=False)
    locked = models.BooleanField(default=False)
    rule = models.CharField(max_length=10, choices=RuleChoice.choices, default=WriteRule.ALWAYS.value)
    ignore_blanks = models.BooleanField(default=False)
    options = models.JSONField(default=list, blank=True)
    born = models.CharField(max_length=5, blank=True)
    frozen = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("mapped field")
        verbose_name_plural = _("mapped fields")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return f"{self.left_field} > {self.right_field}"

    @property
    def left_field(self) -> str:
        return str(self.left_sources[0])

    @property
    def fixed(self) -> bool:
        """Whether it cannot be switched off: creating needs it and it has no other source to fall back on."""
        return self.required and len(self.left_sources) == 1

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that count now; empty when the mapping does nothing."""
        if self.enabled:
            return tuple(self.left_sources)
        return tuple(self.left_sources[1:]) if self.required else ()


class FilterGroup(models.Model):
    """Conditions that must all hold. A sync's groups of one direction are joined by "or"."""

    sync = models.ForeignKey(ObjectSync, on_delete=models.CASCADE, related_name="filter_groups")
    direction = models.CharField(max_length=10, choices=DirectionChoice.choices)
    locked = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("filter group")
        verbose_name_plural = _("filter groups")
        ordering = ("direction", "position", "pk")

    def __str__(self) -> str:
        return f"{self.direction} {self.position}"


class FilterCondition(models.Model):
    """One condition on one field."""

    group = models.ForeignKey(FilterGroup, on_delete=models.CASCADE, related_name="conditions")
    field = models.CharField(max_length=120)
    operator = models.CharField(max_length=20)
    values = models.JSONField(default=list)
    include_empty = models.BooleanField(default=False)
    absent = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return f"{self.field} {self.operator}"


class FieldList(models.Model):
    """The fields of one kind in one account, as last read. Views and specs use these rows and never ask a provider."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="field_lists")
    kind = models.CharField(max_length=20, choices=KindChoice.choices)
    fields: Any = models.JSONField(default=list)
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = _("field list")
        verbose_name_plural = _("field lists")
        constraints = (models.UniqueConstraint(fields=("connection", "kind"), name="one_field_list_per_kind"),)

    def __str__(self) -> str:
        return f"{self.connection} {self.kind}"
