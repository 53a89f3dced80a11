"""What a simulated service remembers: documents in named collections, kept in memory and, when a file is given, written through to it.

A document is a plain JSON object. Writes of one request become durable together by `commit()`.
"""

from __future__ import annotations

import copy
import json
import sqlite3
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class State:
    """Collections of documents. `path` None keeps everything in memory only; several services may share a file under names of their own."""

    def __init__(self, path: Path | None = None, name: str = "documents") -> None:
        if not name.isidentifier():
            raise ValueError(name)
        self._insert = f"INSERT OR REPLACE INTO {name} VALUES (?, ?, ?)"  # noqa: S608 - an identifier
        self._delete = f"DELETE FROM {name} WHERE collection=? AND id=?"  # noqa: S608
        self._select = f"SELECT collection, id, body FROM {name}"  # noqa: S608
        self._create = f"CREATE TABLE IF NOT EXISTS {name} (collection TEXT, id TEXT, body TEXT, PRIMARY KEY (collection, id)) WITHOUT ROWID"
        self._lock = threading.RLock()
        self._collections: dict[str, dict[str, Document]] = {}
        self._dirty: dict[tuple[str, str], Document | None] = {}
        self._db = self._open(path) if path else None

    def _open(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute(self._create)
        for collection, key, body in db.execute(self._select):
            self._collections.setdefault(collection, {})[key] = json.loads(body, parse_float=Decimal)
        return db

    def get(self, collection: str, key: str) -> Document | None:
        """The stored document itself: change it only through `put`."""
        return self._collections.get(collection, {}).get(key)

    def put(self, collection: str, key: str, document: Document) -> None:
        with self._lock:
            self._collections.setdefault(collection, {})[key] = document
            if self._db:
                self._dirty[(collection, key)] = document

    def delete(self, collection: str, key: str) -> None:
        with self._lock:
            self._collections.get(collection, {}).pop(key, None)
            if self._db:
                self._dirty[(collection, key)] = None

    def all(self, collection: str) -> Iterator[tuple[str, Document]]:
        """Every (key, document) in the order they were first put."""
        with self._lock:
            return iter(list(self._collections.get(collection, {}).items()))

    def count(self, collection: str) -> int:
        return len(self._collections.get(collection, {}))

    def next_id(self, sequence: str, start: int = 1) -> int:
        """The next number of a named sequence, from `start` upwards."""
        with self._lock:
            value = int((self.get("sequences", sequence) or {"next": start})["next"])
            self.put("sequences", sequence, {"next": value + 1})
            return value

    def copy(self) -> State:
        """The same documents in memory, to go on from twice."""
        with self._lock:
            twin = State()
            twin._collections = copy.deepcopy(self._collections)
            return twin

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for name, documents in self._collections.items():
                for key in documents:
                    if self._db:
                        self._dirty[(name, key)] = None
            self._collections.clear()

    def commit(self) -> None:
        """Make what was put and deleted durable."""
        with self._lock:
            if not self._db or not self._dirty:
                return
            dirty, self._dirty = self._dirty, {}
            self._db.execute("BEGIN")
            self._db.executemany(self._delete, [k for k, d in dirty.items() if d is None])
            self._db.executemany(
                self._insert,
                [(*k, json.dumps(d, default=_number, ensure_ascii=False)) for k, d in dirty.items() if d is not None],
            )
            self._db.execute("COMMIT")


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)
