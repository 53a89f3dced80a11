"""The rows of the security list about what leaves the portal and what it holds: each is named by a test; some are proven by reading the code."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from allauth.socialaccount.models import SocialApp
from django import forms
from django.apps import apps
from django.conf import settings as configured
from django.db import models
from django.test import Client

from connectors.registry import PROVIDERS
from portal.consent.adapter import ConsentAdapter
from portal.tests.test_settings import run, setting

ROOT = Path(configured.BASE_DIR)
PACKAGES = ("connectors", "syncconfig", "portal")
ROWS = range(40, 66)
NAMED = re.compile(r"\bS(\d+)(?: to S(\d+))?\b")

SPEAKERS = {"connectors/http.py", "connectors/oauth.py", "connectors/wire.py"}
"""The product's only modules that speak to another machine by themselves; Django's own mail goes to the server of EMAIL_URL."""
REHEARSAL = ("connectors/sandbox/", "syncconfig/benchmarks/")
NETWORK = {"requests", "urllib3", "httpx", "aiohttp", "http.client", "urllib.request", "ftplib", "smtplib", "xmlrpc", "websockets", "paramiko"}
ADDRESS = re.compile(r"\.\w*(url|uri|endpoint|host|webhook)")
DIALLING = {"create_connection", "connect", "connect_ex", "open_connection"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product by its path, without the tests."""
    found = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {str(p.relative_to(ROOT)): ast.parse(p.read_text()) for p in found if "tests" not in p.parts and "migrations" not in p.parts}


def imported(tree: ast.Module) -> Iterator[str]:
    """Full names of what a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def speaks(name: str) -> bool:
    """Whether an imported name can open a connection; the error of a failed mail cannot."""
    return name != "smtplib.SMTPException" and any(name == n or name.startswith(f"{n}.") for n in NETWORK)


# Every row


def named_rows(path: Path) -> set[int]:
    """The rows in a test module's docstrings; "S46 to S53" names all between."""
    tree = ast.parse(path.read_text())
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)]
    return {row for text in texts for first, last in NAMED.findall(text) for row in range(int(first), int(last or first) + 1)}


@pytest.fixture(scope="module")
def named() -> set[int]:
    return {row for package in PACKAGES for path in (ROOT / package).rglob("test_*.py") for row in named_rows(path)}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_named_by_a_test(row: int, named: set[int]) -> None:
    assert row in named


# Outbound requests


def test_only_these_modules_speak_to_another_machine() -> None:
    """S44: so nothing that a person types can become an address; the simulations and the benchmarks are no part of a live portal."""
    trees = {path: tree for path, tree in modules().items() if not path.startswith(REHEARSAL)}
    speaking = {path for path, tree in trees.items() if any(map(speaks, imported(tree)))}
    assert speaking == SPEAKERS
    dialling = {
        path
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in DIALLING and isinstance(node.value, ast.Name) and node.value.id in ("socket", "asyncio")
    }
    assert dialling == set()


def test_no_model_keeps_and_no_form_takes_an_address_to_call() -> None:
    """S44: there is no alert address, and none can come unnoticed. An address among a record's values is a value."""
    import_module(configured.ROOT_URLCONF)  # and with it every form
    owned = [model for app in ("syncconfig", "portal") for model in apps.get_app_config(app).get_models()]
    kept = {f"{model.__name__}.{field.name}": field for model in owned for field in model._meta.get_fields()}
    taken = {f"{form.__name__}.{name}": field for form in ours(forms.BaseForm) for name, field in getattr(form, "base_fields", {}).items()}
    assert len(kept) > 100
    assert len(taken) > 10
    found = {name for name, field in {**kept, **taken}.items() if isinstance(field, models.URLField | forms.URLField) or ADDRESS.search(name)}
    assert found == {"Notification.url"}  # where in the portal a notice leads


def ours(base: type[Any]) -> Iterator[type[Any]]:
    for found in base.__subclasses__():
        yield from ours(found)
        if found.__module__.partition(".")[0] in PACKAGES:
            yield found


def test_nothing_turns_the_check_of_certificates_off_or_follows_redirects() -> None:
    """S41, S42: no call of the product passes `verify`, and none lets redirects be followed."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and not path.startswith(REHEARSAL):
                assert node.arg not in ("verify", "cert_reqs", "assert_hostname"), (path, node.lineno)
                if node.arg == "allow_redirects":
                    assert ast.unparse(node.value) == "False", (path, node.lineno)
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("verify_mode", "check_hostname", "_create_unverified_context", "disable_warnings"), (path, node.lineno)


# Client secrets


def secret_names() -> set[str]:
    """The variables of the environment that hold secrets, as the settings read them."""
    tree = ast.parse((ROOT / "portal" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute)]
    read = {str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant)}
    return {name for name in read if re.search(r"(SECRET|SECRET_KEY|KEYS|CLIENT_ID|VERIFIER|TOKEN|PASSWORD)$", name)}


def planted(text: str) -> list[str]:
    """Lines that give one of these variables a value, or hold a token of a private app."""
    names = "|".join(sorted(secret_names(), key=len, reverse=True))
    quoted = rf"\b(?:{names})[\"']?\s*[:=]\s*[\"'][^\"'{{$<]{{8,}}[\"']"
    plain = rf"^[+\s]*(?:export\s+)?(?:{names})=[^\s\"'{{$<.][^\s\"']{{7,}}\s*$"
    return re.findall(rf"{quoted}|{plain}|pat-(?:na|eu|ap)\d-[0-9a-f]{{8}}-[0-9a-f-]{{20,}}", text, re.MULTILINE)


def test_the_names_of_the_secrets_are_known() -> None:
    """S65: a new one in the settings is searched for, too."""
    assert {f"{key.upper()}_CLIENT_SECRET" for key in PROVIDERS} | {"SECRET_KEY", "TOKEN_KEYS", "QUICKBOOKS_WEBHOOK_VERIFIER"} <= secret_names()


@pytest.mark.parametrize(
    "line",
    [
        "HUBSPOT_CLIENT_SECRET" + "=0a1b2c3d-1111",
        '  QUICKBOOKS_CLIENT_SECRET: "aBcDeFgH12345678"',
        "export QUICKBOOKS_CLIENT_ID" + "=ABcdEFgh1234",
        "{'SECRET_KEY': 'twelve-letters'}",
        "token = 'pat-na1-" + "01234567-89ab-cdef-0123-456789abcdef'",
    ],
)
def test_a_planted_secret_is_found(line: str) -> None:
    """S65: the search finds what it looks for."""
    assert len(planted(f"first\n{line}\nlast")) == 1


def test_no_committed_file_and_no_earlier_version_of_one_holds_a_secret() -> None:
    """S65: what is in the repository now, and every line that was ever added to it. Outside of a repository, all files that were handed over."""
    listed = git("ls-files", "-z")
    folders = (".venv", "data", "node_modules", ".git")
    paths = [ROOT / n for n in listed.split("\0") if n] if listed else [p for p in ROOT.rglob("*") if not any(f in p.parts for f in folders)]
    assert len(paths) > 300
    assert [path for path in paths if path.name in (".env", ".secrets.env") or path.suffix in (".sqlite3", ".pem", ".key")] == []
    now = {str(path): planted(path.read_text(errors="replace")) for path in paths if path.is_file() and path != Path(__file__)}
    assert {path: lines for path, lines in now.items() if lines} == {}
    added = "\n".join(
        line for line in git("log", "--all", "-p", "-U0", "--", ".", f":!{Path(__file__).relative_to(ROOT)}").splitlines() if line.startswith("+")
    )
    assert planted(added) == []


def git(*words: str) -> str:
    """What git says; "" where this is no repository."""
    answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=60)
    return answer.stdout if answer.returncode == 0 else ""


def test_a_clients_secret_comes_from_the_environment_and_from_nowhere_else(tmp_path: Path) -> None:
    """S65: without it there is none, and a live portal asks for no consent; with it, or with its file, it is there."""
    for key in PROVIDERS:
        name = f"{key.upper()}_CLIENT_SECRET"
        assert setting(f"PROVIDER_CLIENTS['{key}'][1]") == ""
        assert setting(f"PROVIDER_CLIENTS['{key}'][1]", **{name: "from-the-environment"}) == "from-the-environment"
    code = "import django; django.setup(); from syncconfig.providers import configured; print([configured(k) for k in ('hubspot', 'quickbooks')])"
    answer = run("-c", code, PROVIDERS="live", DJANGO_SETTINGS_MODULE="portal.settings")
    assert answer.stdout.strip() == "[False, False]", answer.stderr


@pytest.mark.django_db
def test_a_client_that_somebody_writes_into_the_database_is_not_used(admin_browser: Client, rf: Any) -> None:
    """S65: allauth would read its own table; ours does not, and the support desk does not show it."""
    SocialApp.objects.create(provider="hubspot", name="Planted", client_id="planted", secret="planted")
    found = ConsentAdapter().list_apps(rf.get("/"), provider="hubspot")
    assert [(app.client_id, app.secret) for app in found] == [("sandbox-hubspot-client", "")]
    assert admin_browser.get("/admin/socialaccount/socialapp/").status_code == 404
