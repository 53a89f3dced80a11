"""The report on fees: what payments received in HubSpot cost in a period, to be entered as an expense in QuickBooks (spec R181)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from connectors.vocabulary import Kind
from syncconfig.models import ObjectSync
from syncconfig.money import Fee, fee_sums, fees, last_month
from syncconfig.spreadsheet import as_csv

SHOWN = 500


class PeriodForm(forms.Form):
    """A period by its first and last day; as long as one is missing, the calendar month before this one."""

    first = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("The period ends before it begins."))
        return data


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """The page, or with `?format=csv` every payment of the period as a file."""
    first, last = last_month(timezone.localdate())
    asked = {"first": request.GET.get("first", first.isoformat()), "last": request.GET.get("last", last.isoformat())}
    form = PeriodForm(asked)
    found = _found(form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else []
    if request.GET.get("format") == "csv" and form.is_valid():
        return _file(found, form.cleaned_data["first"], form.cleaned_data["last"])
    context = {"form": form, "fees": found[:SHOWN], "more": max(0, len(found) - SHOWN), "sums": fee_sums(found), "followed": _followed()}
    return render(request, "syncconfig/fees.html", context)


def _followed() -> bool:
    return ObjectSync.objects.settled().filter(kind=Kind.PAYMENT).exists()


def _found(first: date, last: date) -> list[Fee]:
    syncs = ObjectSync.objects.settled().filter(kind=Kind.PAYMENT).select_related("left", "right")
    return [fee for sync in syncs for fee in fees(sync.left, sync.right, first, last)]


def _file(found: list[Fee], first: date, last: date) -> HttpResponse:
    head = [_("Date"), _("Invoice"), _("Amount"), _("Currency"), _("Processing fee"), _("Platform fee"), _("Fees")]
    rows = [(f.on.isoformat(), f.invoice, f.amount, f.currency, f.processing, f.platform, f.fees) for f in found]
    response = HttpResponse(as_csv(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="fees-{first}-{last}.csv"'
    return response
