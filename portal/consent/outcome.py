"""What a person reads after a consent. Every way out is a redirect to a clean address with one message."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from connectors.errors import ConnectorError, Forbidden, Throttled, Unauthorized, Unavailable
from connectors.registry import PROVIDERS

log = logging.getLogger(__name__)


def back() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("apps"))


def refused(request: HttpRequest, text: str) -> HttpResponseRedirect:
    """Nothing was stored, and the text says why."""
    messages.error(request, text)
    return back()


def failed(request: HttpRequest, provider_key: str, error: ConnectorError) -> HttpResponseRedirect:
    """The provider did not do its part."""
    log.warning("consent failed", extra={"provider": provider_key, "error": type(error).__name__, "code": error.code, "trace": error.trace})
    return refused(request, explain(provider_key, error))


def explain(provider_key: str, error: ConnectorError) -> str:
    """One sentence on what happened and one on what to do."""
    name = PROVIDERS[provider_key].label
    if isinstance(error, Unavailable):
        return _("%(app)s does not answer at the moment. Nothing was changed; try again in a few minutes.") % {"app": name}
    if isinstance(error, Throttled):
        return _("%(app)s asks us to slow down. Nothing was changed; try again in a minute.") % {"app": name}
    if isinstance(error, Unauthorized):
        return _("%(app)s did not accept this consent, because it was used before or took too long. Connect again.") % {"app": name}
    if isinstance(error, Forbidden):
        return _("You may not authorise apps for this %(app)s account. Ask an administrator of the account to connect it.") % {"app": name}
    return _("%(app)s refused the connection. Check the app's client id, secret and redirect address there, then connect again.") % {"app": name}
