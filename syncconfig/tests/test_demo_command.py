"""The commands that keep running, as a program starts them: one line of JSON tells where everything is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.conf import settings as django_settings

from syncconfig.supervisor import free_port

pytestmark = pytest.mark.long


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command with data of its own, asked to stop at the end; it has to end well."""
    ports = {name: str(free_port(0)) for name in ("WEB_PORT", "HUBSPOT_SANDBOX_PORT", "QUICKBOOKS_SANDBOX_PORT")}
    own = {
        **ports,
        "DATA_DIR": str(folder),
        "SITE_URL": f"http://localhost:{ports['WEB_PORT']}",
        "DATABASE_URL": f"sqlite:///{folder}/tandem.sqlite3",
    }
    command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), *words]
    process = subprocess.Popen(command, env={**os.environ, **own}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def told(process: subprocess.Popen[str], key: str) -> dict[str, str]:
    """The first line of JSON that has a key."""
    assert process.stdout
    for line in process.stdout:
        if line.startswith("{") and key in json.loads(line):
            facts: dict[str, str] = json.loads(line)
            return facts
    raise AssertionError("the command ended without telling")


def test_demo_tells_addresses_user_and_password_and_keeps_its_data(tmp_path: Path) -> None:
    with started(tmp_path, "demo", "--json") as process:
        first = told(process, "web")
        assert requests.get(f"{first['web']}/accounts/login/", timeout=5).status_code == 200
        for provider in ("hubspot", "quickbooks"):
            assert "sandbox" in requests.get(first[provider], timeout=5).text
    assert (first["user"], len(first["password"])) == ("admin", 20)
    with started(tmp_path, "demo", "--json") as process:
        again = told(process, "web")
    assert (again["user"], again["password"]) == ("admin", "")


def test_the_sandbox_tells_both_addresses(tmp_path: Path) -> None:
    with started(tmp_path, "sandbox", "--json", "--memory") as process:
        addresses = told(process, "hubspot")
        assert all(requests.get(url, timeout=5).status_code == 200 for url in addresses.values())
    assert set(addresses) == {"hubspot", "quickbooks"}
