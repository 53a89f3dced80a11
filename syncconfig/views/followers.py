"""Syncs that follow another one are switched with it: whoever asks for their own settings is sent back with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from connectors.vocabulary import FOLLOWERS
from syncconfig.models import ObjectSync

View = Callable[..., HttpResponse]


def set_by_people(view: View) -> View:
    """A view of one sync, by its number, for syncs that people set up."""

    @wraps(view)
    def wrapped(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
        sync = ObjectSync.objects.filter(pk=pk, kind__in=FOLLOWERS).first()
        if sync is None:
            return view(request, pk, *args, **kwargs)
        messages.warning(request, _("The %(sync)s follows the invoice sync: edit, turn off or delete that one.") % {"sync": str(sync).lower()})
        return redirect("overview")

    return wrapped
