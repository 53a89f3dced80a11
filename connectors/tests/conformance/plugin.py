"""Watches all simulations during the tests; a test in which something was wrong fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.server import App
from connectors.tests.conformance import reference
from connectors.tests.conformance.watch import Watch

CHILDREN = Path(__file__).parent / "children"
FILE = "TANDEM_CONFORMANCE_FILE"
"""Where simulations in other processes tell what they found; see `children/sitecustomize.py`."""


class Conformance:
    """What the watcher of this process found, and what others wrote into the `file`."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.watch = Watch()
        self._read = 0

    def taken(self) -> list[str]:
        """What was wrong since the last time."""
        return self.watch.taken() + self._told()

    def _told(self) -> list[str]:
        if not self.file.exists() or self.file.stat().st_size == self._read:
            return []
        with self.file.open() as told:
            told.seek(self._read)
            text = told.read()
            self._read = told.tell()
        return list(dict.fromkeys(text.splitlines()))


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conformance | None]:
    """The watcher over all simulations, None where there is nothing to judge by."""
    if reference.missing():
        yield None
        return
    found = Conformance(tmp_path_factory.mktemp("conformance") / "faults.txt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FILE, str(found.file))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(CHILDREN), os.environ.get("PYTHONPATH")))))
        patch.setattr(App, "watchers", [found.watch])
        yield found


@pytest.fixture(autouse=True)
def conformance(watched: Conformance | None) -> Iterator[Conformance | None]:
    """Fails the test in which a body, a call or a status was not as documented. A test that plants such a thing takes it away again."""
    yield watched
    faults = watched.taken() if watched else []
    assert not faults, "not as the API is documented:\n" + "\n".join(faults)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if why := reference.missing():
        terminalreporter.write_line(why)
