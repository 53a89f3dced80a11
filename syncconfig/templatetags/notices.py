"""How many notices wait for whoever looks at the page."""

from __future__ import annotations

from django import template
from django.template import Context

from syncconfig.notices import unread

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notices(context: Context) -> int:
    return unread(context["request"].user)
