"""Python imports this when it starts with this folder in PYTHONPATH: simulations that a test starts in another process are watched too.

The watcher is put in once `connectors.sandbox.server` has been imported; a process that does not is left as it is.
"""

from __future__ import annotations

import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = "TANDEM_CONFORMANCE_FILE"
SERVER = "connectors.sandbox.server"


class _Finder(MetaPathFinder):
    """Finds the module as it would be found without it, and has more done after the import."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != SERVER:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec and spec.loader:
            spec.loader = _Watching(spec.loader)
        return spec


class _Watching(Loader):
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        module.App.watchers.append(_late)


def _late(*exchange: Any) -> None:
    """The watcher itself is imported with the first exchange, when everything that it imports has been."""
    from connectors.sandbox.server import App
    from connectors.tests.conformance.watch import Watch

    App.watchers[:] = [Watch(Path(os.environ[FILE]))]
    App.watchers[0](*exchange)


if FILE in os.environ:
    sys.meta_path.insert(0, _Finder())
