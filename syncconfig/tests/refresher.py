"""One of two processes that renew the same access: told "go VERSION" by a line, it answers with what came of it and when it asked the provider."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from connectors import oauth  # noqa: E402
from connectors.errors import ConnectorError  # noqa: E402
from syncconfig import credentials  # noqa: E402

asked: list[tuple[float, float]] = []
_refresh = oauth.refresh


def timed(*arguments: Any) -> oauth.Grant:
    """The refresh, with the time from before it leaves until its answer is there."""
    began = time.time()
    try:
        return _refresh(*arguments)
    finally:
        asked.append((began, time.time()))


def main(connection_id: int) -> None:
    oauth.refresh = timed
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked.clear()
        try:
            told = str(credentials.renewed_grant(connection_id, int(line)).version)
        except ConnectorError as error:
            told = type(error).__name__
        sys.stdout.write(f"{told} {' '.join(f'{began!r},{ended!r}' for began, ended in asked)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
