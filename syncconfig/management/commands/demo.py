"""From nothing to a running portal."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from syncconfig.management.commands.up import Command as UpCommand

USERNAME = "admin"


class Command(UpCommand):
    help = "First start: database, sample data, an administrator; then everything runs until Ctrl-C. Later starts keep what is there."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        self.user, self.password = administrator()
        if not options["json"]:
            self.stdout.write(how_to_log_in(self.user, self.password))
        super().handle(*args, **options)

    def facts(self, ports: dict[str, int]) -> dict[str, str]:
        return {**super().facts(ports), "user": self.user, "password": self.password}


def administrator() -> tuple[str, str]:
    """The first administrator and, when it had to be made, its password; "" when it was there."""
    users = get_user_model().objects
    existing = users.filter(is_superuser=True, is_active=True).first()
    if existing:
        return existing.get_username(), ""
    password = secrets.token_urlsafe(15)
    users.create_superuser(USERNAME, "", password)
    return USERNAME, password


def how_to_log_in(user: str, password: str) -> str:
    if password:
        return f"Log in as {user} with the password {password}  (shown only this once)"
    python = Path(sys.executable)
    shown = python.relative_to(settings.BASE_DIR) if python.is_relative_to(settings.BASE_DIR) else python.name
    return f"Log in as {user}. To set a new password: {shown} manage.py changepassword {user}"
