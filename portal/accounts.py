"""How people get in: closed sign-up, and second-factor secrets that are encrypted like every other credential."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from syncconfig.encryption import decrypt, encrypt


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps TOTP secrets and recovery seeds out of the database's plain text."""

    def encrypt(self, text: str) -> str:
        return encrypt(text, "second factor")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text, "second factor")
