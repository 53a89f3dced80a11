"""The one exception to the content security policy: a form may end at a provider's consent page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from connectors.registry import PROVIDERS
from syncconfig.providers import endpoints

View = Callable[..., HttpResponse]


def may_post_to_provider(view: View) -> View:
    """Let forms of this page be redirected to the providers' authorize hosts. Browsers apply form-action to every redirect of a post."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        parts = [urlsplit(endpoints(key).authorize) for key in PROVIDERS]
        response._csp_update = {"form-action": [f"{part.scheme}://{part.netloc}" for part in parts]}  # type: ignore[attr-defined]
        return response

    return wrapped
