"""What the support desk must not show: tables that hold secrets, and those of a sign-in that does not exist here."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin

admin.site.unregister([Authenticator, SocialAccount, SocialApp, SocialToken])
