"""From nothing to a running portal."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command

from syncconfig.management.commands.up import Command as UpCommand

USERNAME = "admin"


class Command(UpCommand):
    help = "First start: database, sample data, an administrator; then everything runs until Ctrl-C. Later starts keep what is there."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(administrator())
        super().handle(*args, **options)


def administrator() -> str:
    """Make the first administrator; what to tell the person."""
    users = get_user_model().objects
    existing = users.filter(is_superuser=True, is_active=True).first()
    if existing:
        name = existing.get_username()
        return f"Log in as {name}. To set a new password: python manage.py changepassword {name}"
    password = secrets.token_urlsafe(15)
    users.create_superuser(USERNAME, "", password)
    return f"Log in as {USERNAME} with the password {password}  (shown only this once)"
