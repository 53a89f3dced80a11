"""Addresses of the app. One list; more specific ones first."""

from __future__ import annotations

from django.urls import path

from syncconfig.views import apps, overview, record, records, sync_actions, wizard, wizard_limit, wizard_mappings, wizard_review

urlpatterns = [
    path("", apps.home, name="home"),
    path("apps/", apps.connected_apps, name="apps"),
    path("apps/connect/<str:provider>/", apps.connect, name="connect_app"),
    path("apps/<int:pk>/disconnect/", apps.disconnect, name="disconnect_app"),
    path("syncs/", overview.overview, name="overview"),
    path("syncs/new/", wizard.new, name="sync_new"),
    path("syncs/<int:pk>/choose/", wizard.choose, name="sync_choose"),
    path("syncs/<int:pk>/configure/", wizard_mappings.configure, name="sync_configure"),
    path("syncs/<int:pk>/mappings/new/", wizard_mappings.mapping_new, name="mapping_new"),
    path("syncs/<int:pk>/mappings/<int:mapping_pk>/", wizard_mappings.mapping_edit, name="mapping_edit"),
    path("syncs/<int:pk>/mappings/<int:mapping_pk>/delete/", wizard_mappings.mapping_delete, name="mapping_delete"),
    path("syncs/<int:pk>/limit/", wizard_limit.limit, name="sync_limit"),
    path("syncs/<int:pk>/limit/<str:direction>/", wizard_limit.edit_filter, name="sync_filter"),
    path("syncs/<int:pk>/review/", wizard_review.review, name="sync_review"),
    path("syncs/<int:pk>/review/preview/", wizard_review.preview_part, name="sync_preview"),
    path("syncs/<int:pk>/review/again/", wizard_review.preview_again, name="sync_preview_again"),
    path("syncs/<int:pk>/save/", wizard_review.save, name="sync_save"),
    path("syncs/<int:pk>/discard/", wizard.discard, name="sync_discard"),
    path("syncs/<int:pk>/run/", sync_actions.run_now, name="sync_run"),
    path("syncs/<int:pk>/run-anyway/", sync_actions.run_anyway, name="sync_run_anyway"),
    path("syncs/<int:pk>/turn-off/", sync_actions.turn_off, name="sync_turn_off"),
    path("syncs/<int:pk>/delete/", sync_actions.delete, name="sync_delete"),
    path("records/", records.records, name="records"),
    path("records/retry/", records.retry, name="records_retry"),
    path("records/<int:pk>/", record.record, name="record"),
    path("records/<int:pk>/retry/", record.retry_one, name="record_retry"),
    path("records/<int:pk>/link/", record.link, name="record_link"),
]
