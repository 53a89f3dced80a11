"""A wrong answer fails the test in which it is given, wherever the simulation runs; without the descriptions nothing is judged, and that is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.tests.conformance import reference
from connectors.tests.conformance.plugin import Conformance

SERVED = """
import re
from connectors.sandbox.hubspot import build
from connectors.sandbox.server import Reply
from connectors.sandbox.state import State

def {name}():
    app = build(State())
    app._routes.insert(0, ("GET", re.compile("/crm/properties/2026-09/contacts"), lambda request: Reply(200, {{"results": "12"}})))
    app.serve("GET", "/crm/properties/2026-09/contacts", {{}}, b"")
"""
TOLD = 'GET /crm/properties/2026-09/contacts, answered 200: results: "12" is not of type "array"'
needs_reference = pytest.mark.skipif(bool(reference.missing()), reason="there is nothing to judge by")


def own_run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A test run over one test that does nothing but make a simulation answer wrongly."""
    (folder / "test_served.py").write_text(SERVED.format(name="test_it"))
    words = ["-m", "pytest", "-q", "-p", "connectors.tests.conformance.plugin", "-p", "no:cacheprovider", "-c", os.devnull, str(folder)]
    own = {**os.environ, "PYTHONPATH": str(reference.ROOT), **environment}
    return subprocess.run([sys.executable, *words], cwd=folder, env=own, capture_output=True, text=True, timeout=60)


@needs_reference
def test_a_wrong_answer_fails_the_test_in_which_it_is_given(tmp_path: Path) -> None:
    run = own_run(tmp_path, **{reference.VARIABLE: str(reference.folder())})
    assert run.returncode == 1, run.stdout
    assert TOLD in run.stdout


def test_without_the_descriptions_nothing_fails_and_the_reason_is_said(tmp_path: Path) -> None:
    run = own_run(tmp_path, **{reference.VARIABLE: str(tmp_path)})
    assert run.returncode == 0, run.stdout
    words = "REFERENCE_DIR (usually ../shared/reference) holds no hubspot-openapi and no quickbooks-schemas."
    assert f"Conformance was not checked: {words}" in run.stdout


@needs_reference
def test_a_simulation_in_another_process_is_watched_too(conformance: Conformance) -> None:
    subprocess.run([sys.executable, "-c", SERVED.format(name="serve") + "serve()"], cwd=reference.ROOT, check=True, timeout=60)
    assert conformance.taken() == [TOLD]
