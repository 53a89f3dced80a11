"""Exports of records: ask for one, and fetch the file."""

from __future__ import annotations

from contextlib import suppress

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from syncconfig import exports, tasks
from syncconfig.columns import columns_of
from syncconfig.models import Export
from syncconfig.permissions import MAY_EXPORT
from syncconfig.record_columns import RECORD_COLUMNS, TABLE
from syncconfig.tables import filters_of

CONTENT_TYPES = {
    Export.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Export.Format.CSV: "text/csv; charset=utf-8",
}


class ExportForm(forms.Form):
    format = forms.ChoiceField(label=gettext_lazy("File format"), choices=Export.Format.choices, initial=Export.Format.XLSX, widget=forms.RadioSelect)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_EXPORT, raise_exception=True)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for all records that the filters of the address show, with the columns that the person sees."""
    filters, columns = filters_of(request.GET), columns_of(request.user, TABLE, RECORD_COLUMNS)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            tasks.start_export(request.user, filters, columns, form.cleaned_data["format"], get_language() or settings.LANGUAGE_CODE)
        messages.success(request, _("The file is being made. You are told when it is ready."))
        return HttpResponseRedirect(exports.address_of(filters))
    context = {"form": form, "count": exports.records_of(filters).count(), "columns": columns, "back": exports.address_of(filters)}
    return render(request, "syncconfig/export.html", context)


@require_safe
@permission_required(MAY_EXPORT, raise_exception=True)
def fetch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of an export, for whoever asked for it and nobody else; a page where there is none yet or any more."""
    export = get_object_or_404(Export, pk=pk, user=request.user)
    if export.state == Export.State.DONE and not export.expired(timezone.now()):
        with suppress(FileNotFoundError):
            return _file(export)
    context = {"export": export, "back": exports.address_of(export.filters), "days": exports.KEPT.days}
    return render(request, "syncconfig/export_without_file.html", context, status=410 if export.ended else 202)


def _file(export: Export) -> FileResponse:
    name = f"tandem-records-{timezone.localdate(export.created_at)}.{export.format}"
    opened = exports.path_of(export).open("rb")
    return FileResponse(opened, as_attachment=True, filename=name, content_type=CONTENT_TYPES[Export.Format(export.format)])
