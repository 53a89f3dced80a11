"""A session of `requests` that goes where it is sent and nowhere else, and in which no answer takes longer than it may."""

from __future__ import annotations

import io
import time
from functools import partial
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

USER_AGENT = "Tandem/0.1"


class Wire(requests.Session):
    """Takes no proxy, password or certificate from the environment. A redirect is an answer like any other: to follow it would carry a secret on,
    and `requests` would read its body without bounds, only to look where it leads.

    An answer that is not complete within `seconds`, its head included, ends as by a time-out; a stall at its end may add one time-out more.
    """

    def __init__(self, seconds: float, connections: int = 1) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = USER_AGENT
        adapter = _Adapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
        adapter.poolmanager.pool_classes_by_scheme = _pools(seconds)
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""
        return


class _Adapter(HTTPAdapter):
    poolmanager: Any


def _pools(seconds: float) -> dict[str, type[Any]]:
    """urllib3's pools, with connections whose answers have an end."""
    found: dict[str, type[Any]] = {}
    for scheme, pool, connection in (("http", HTTPConnectionPool, HTTPConnection), ("https", HTTPSConnectionPool, HTTPSConnection)):
        ending = type("Connection", (connection,), {"response_class": partial(_Answer, seconds)})
        found[scheme] = type("Pool", (pool,), {"ConnectionCls": ending})
    return found


class _Answer(HTTPResponse):
    """An answer that reads its head, its sizes and its body through a deadline."""

    def __init__(self, seconds: float, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fp: io.BufferedReader = io.BufferedReader(_Ending(self.fp.detach(), time.monotonic() + seconds))


class _Ending(io.RawIOBase):
    """What a socket receives, up to a moment of the monotonic clock."""

    def __init__(self, raw: io.RawIOBase, ends: float) -> None:
        self._raw = raw
        self._ends = ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._ends:
            raise TimeoutError("the answer took too long")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
