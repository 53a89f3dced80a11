"""How the script of a client talks to the tests that started it: a line of JSON for every step, and for everything it asks.

A step is a function that runs where it stands; from then on its name stands for what it gave. One that fails is told as well, and the next go on.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any


def step(act: Callable[[], Any]) -> Any:
    """Run a step now and tell what it gave."""
    try:
        found = act()
    except Exception:  # noqa: BLE001 - told, and the test that looks at the step fails
        _tell(step=act.__name__, failed=traceback.format_exc())
        return None
    _tell(step=act.__name__, told=found)
    return found


def ask(what: str, words: str = "") -> str:
    """Let the tests do something that a client cannot, such as to press a button on a page; gives what they answer."""
    _tell(ask=what, words=words)
    return sys.stdin.readline().rstrip("\n")


def _tell(**words: Any) -> None:
    sys.stdout.write(json.dumps(words, default=str) + "\n")
    sys.stdout.flush()
