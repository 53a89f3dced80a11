"""Moves every encrypted value to the newest key of TOKEN_KEYS."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError

from syncconfig.encryption import PREFIX, CannotDecrypt, rotate
from syncconfig.models import Connection


class Command(BaseCommand):
    help = "Encrypt all stored credentials with the newest key. Afterwards the older keys may be removed from TOKEN_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            moved = sum(rotate_connection(row) for row in Connection.objects.exclude(credentials="").iterator())
            moved += sum(rotate_second_factor(row) for row in Authenticator.objects.iterator())
        except CannotDecrypt as error:
            raise CommandError(f"A stored value cannot be opened: {error}. Put its key back into TOKEN_KEYS.") from None
        self.stdout.write(f"{moved} values are encrypted with the newest key.")


def rotate_connection(row: Connection) -> bool:
    """Rewrite one row, unless a refresh has just stored newer credentials, which are under the newest key anyway."""
    rows = Connection.objects.filter(pk=row.pk, credentials=row.credentials)
    rows.update(credentials=rotate(row.credentials))
    return True


def rotate_second_factor(row: Authenticator) -> bool:
    encrypted = {key: rotate(value) for key, value in row.data.items() if isinstance(value, str) and value.startswith(PREFIX)}
    if encrypted:
        row.data |= encrypted
        row.save(update_fields=["data"])
    return bool(encrypted)
