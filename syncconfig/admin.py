"""The support desk: what is stored, to look at and not to change, problems first. Credentials never appear."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from syncconfig.models import Connection, Export, ObjectSync, RecordEvent, SyncRecord, SyncRun


class ReadOnlyAdmin(admin.ModelAdmin):
    """Lists and pages without any way to add, change or delete."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ("name", "provider", "account_id", "status", "sandbox", "connected_at", "last_error_at")
    list_filter = ("status", "provider", "sandbox")
    search_fields = ("name", "account_id")
    fields = (
        "provider",
        "account_id",
        "name",
        "status",
        "last_error",
        "last_error_at",
        "zone",
        "currency",
        "country",
        "sandbox",
        "scopes",
        "connected_by",
        "connected_at",
    )


@admin.register(ObjectSync)
class ObjectSyncAdmin(ReadOnlyAdmin):
    list_display = ("kind", "left", "right", "status", "pause_reason", "direction", "next_run_at", "compared_at")
    list_filter = ("status", "pause_reason", "kind", "direction")
    list_select_related = ("left", "right")
    exclude = ("cursors",)


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ("pk", "sync", "trigger", "state", "error", "created_at", "started_at", "ended_at", "attempts")
    list_filter = ("state", "error", "trigger")
    list_select_related = ("sync",)
    date_hierarchy = "created_at"


class ProblemFilter(admin.SimpleListFilter):
    """The states that need somebody, before the others."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state, SyncRecord.State(state).label) for state in ("failing", "pending", "excluded", "in_sync")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(SyncRecord)
class SyncRecordAdmin(ReadOnlyAdmin):
    list_display = ("title", "sync", "state", "reason", "left_id", "right_id", "attempts", "last_synced_at")
    list_filter = (ProblemFilter, "reason", "sync")
    list_select_related = ("sync",)
    search_fields = ("title", "=left_id", "=right_id")


@admin.register(RecordEvent)
class RecordEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "sync", "type", "side", "category", "record_pk", "actor")
    list_filter = ("type", "category", "sync")
    list_select_related = ("sync", "actor")


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "format", "state", "rows", "filters", "error", "expires_at")
    list_filter = ("state", "format", "user")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
