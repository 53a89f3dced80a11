"""Threads that are not Django's and use the database: they end without telling it, so each visit closes its own connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection as database


@contextmanager
def visit(home: int) -> Iterator[None]:
    """Use the database from any thread; `home` is the one that Django looks after."""
    try:
        yield
    finally:
        if threading.get_ident() != home:
            database.close()
