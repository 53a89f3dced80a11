from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.local_secrets import ensure_local_secrets

ROOT = Path(__file__).resolve().parent.parent.parent
LONG_KEY = "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
FERNET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "SECRET_KEY": LONG_KEY, "TOKEN_KEYS": FERNET, **environment}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60)


def setting(name: str, **environment: str) -> object:
    code = f"import json, portal.settings as s; print(json.dumps(s.{name}))"
    answer = run("-c", code, **environment)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_secrets_are_made_once_for_their_owner_only(tmp_path: Path) -> None:
    """S65."""
    path = tmp_path / ".secrets.env"
    ensure_local_secrets(path)
    first = path.read_text()
    ensure_local_secrets(path)

    assert path.read_text() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == [".secrets.env"]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """S65."""
    file = tmp_path / "secret"
    file.write_text("from-the-file")

    assert setting("PROVIDER_CLIENTS['hubspot'][1]", HUBSPOT_CLIENT_SECRET_FILE=str(file)) == "from-the-file"


def test_https_turns_on_secure_cookies() -> None:
    names = "[s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_NAME, s.SECURE_HSTS_SECONDS, s.ALLOWED_HOSTS]".replace("s.", "")
    code = f"import json; from portal.settings import *; print(json.dumps({names}))"
    answer = run("-c", code, SITE_URL="https://tandem.example.com")

    assert json.loads(answer.stdout) == [True, "__Host-session", 31536000, ["tandem.example.com", "localhost", "127.0.0.1"]]


@pytest.mark.parametrize("bad", [{"PROVIDERS": "elsewhere"}, {"SITE_URL": "tandem"}, {"QUICKBOOKS_ENVIRONMENT": "test"}])
def test_wrong_settings_are_refused_with_a_sentence(bad: dict[str, str]) -> None:
    answer = run("manage.py", "check", **bad)

    assert answer.returncode != 0
    assert next(iter(bad)) in answer.stderr


def test_the_deployment_check_is_clean(tmp_path: Path) -> None:
    answer = run(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", SITE_URL="https://tandem.example.com", DATA_DIR=str(tmp_path), PROVIDERS="live"
    )

    assert answer.returncode == 0, answer.stderr
