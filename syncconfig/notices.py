"""What people are told besides the page they are on: notices in the portal, and the mails that go with them.

A notice is kept as a code with details. Its words are made when it is shown, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from connectors.registry import PROVIDERS
from syncconfig.models import Notification

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice in words: what happened, what else is good to know, and what its link is called. `good` tells success from trouble."""

    sentence: str
    more: str
    link: str
    good: bool


def _export_ready(details: Mapping[str, Any]) -> Notice:
    n = int(details["rows"])
    return Notice(
        sentence=ngettext("Your export of %(n)s record is ready.", "Your export of %(n)s records is ready.", n) % {"n": n},
        more=_("The file can be downloaded until %(day)s, by you alone.") % {"day": date_format(date.fromisoformat(details["until"]))},
        link=_("Download the file"),
        good=True,
    )


def _export_failed(details: Mapping[str, Any]) -> Notice:
    return Notice(
        sentence=_("Your export of records could not be made."),
        more=_("Export them again. If it fails again, tell whoever runs Tandem for you."),
        link=_("Go to these records"),
        good=False,
    )


def _webhooks_refused(details: Mapping[str, Any]) -> Notice:
    app = PROVIDERS[details["provider"]].label
    return Notice(
        sentence=_("Webhooks of %(app)s come with a wrong signature.") % {"app": app},
        more=_(
            "None of them was believed, and nothing is lost: changes are still found by asking. If it goes on, compare the secret that signs "
            "webhooks in %(app)s with the one in Tandem's settings."
        )
        % {"app": app},
        link=_("Go to the connected apps"),
        good=False,
    )


def _access_ends(details: Mapping[str, Any]) -> Notice:
    names = {"app": PROVIDERS[details["provider"]].label, "name": details["name"], "day": date_format(date.fromisoformat(details["day"]))}
    return Notice(
        sentence=_("%(app)s ends our access to %(name)s on %(day)s.") % names,
        more=_("Reconnect the account before then, and nothing stops. Access that people once gave ends by itself after five years."),
        link=_("Go to the connected apps"),
        good=False,
    )


EXPORT_READY, EXPORT_FAILED, WEBHOOKS_REFUSED, ACCESS_ENDS = "export_ready", "export_failed", "webhooks_refused", "access_ends"
_WORDS: Mapping[str, Callable[[Mapping[str, Any]], Notice]] = {
    EXPORT_READY: _export_ready,
    EXPORT_FAILED: _export_failed,
    WEBHOOKS_REFUSED: _webhooks_refused,
    ACCESS_ENDS: _access_ends,
}


def notice_of(notification: Notification) -> Notice:
    """A notification in the words of the language that is active."""
    return _WORDS[notification.kind](notification.details)


def unread(user: AbstractBaseUser) -> int:
    return Notification.objects.filter(user=user, read_at=None).count()


def tell(user: AbstractBaseUser, kind: str, details: Mapping[str, Any], url: str, language: str) -> Notification:
    """Tell somebody in the portal and by mail; the mail goes out once the caller's transaction is durable. `url` is a path of the portal."""
    made = Notification.objects.create(user=user, kind=kind, details=dict(details), url=url)
    transaction.on_commit(lambda: _mail(made, language))
    return made


def tell_whoever_may(permission: str, kind: str, details: Mapping[str, Any], url: str) -> None:
    """Tell everybody who has a permission."""
    for user in get_user_model().objects.filter(is_active=True):
        if user.has_perm(permission):
            tell(user, kind, details, url, settings.LANGUAGE_CODE)


def _mail(notification: Notification, language: str) -> None:
    """The notice by mail. One that cannot be sent is no reason to fail: the notice itself stands in the portal."""
    address = getattr(notification.user, notification.user.get_email_field_name())
    if not address:
        return
    with translation.override(language):
        notice = notice_of(notification)
        asks = _("The link asks you to log in.")
        body = f"{notice.sentence} {notice.more}\n\n{notice.link}:\n{settings.SITE_URL}{notification.url}\n\n{asks}\n"
        try:
            send_mail(notice.sentence.rstrip("."), body, None, [address])
        except (OSError, SMTPException) as error:
            log.warning("a mail could not be sent", notification=notification.pk, error=type(error).__name__)
