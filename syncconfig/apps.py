"""The app that keeps syncs."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncConfig(AppConfig):
    name = "syncconfig"
    verbose_name = _("Syncs")
    default_auto_field = "django.db.models.BigAutoField"
