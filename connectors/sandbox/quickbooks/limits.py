"""Request limits (reference section 4): per company and app 500 requests a minute, 10 a second and 40 batches a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from connectors.sandbox.quickbooks.switches import Switches

WINDOWS: tuple[tuple[str, int, float], ...] = (("request", 500, 60.0), ("request", 10, 1.0), ("batch", 40, 60.0))
"""(what is counted, how many, in how many seconds)."""


class Limits:
    """Counts what was served in sliding windows. A request that is refused is not counted."""

    def __init__(self, switches: Switches, clock: Callable[[], float]) -> None:
        self._switches = switches
        self._clock = clock
        self._served: dict[tuple[str, int], deque[float]] = {}

    def allows(self, realm: str, *, batch: bool) -> bool:
        """Whether one more request of this company may be served; counts it when it may."""
        scale = self._switches.limit_scale
        if scale <= 0:
            return True
        now = self._clock()
        counted = [n for n, (what, _, _) in enumerate(WINDOWS) if batch or what == "request"]
        for n in counted:
            served = self._served.setdefault((realm, n), deque())
            while served and served[0] <= now - WINDOWS[n][2] / self._switches.limit_speed:
                served.popleft()
            if len(served) >= max(1, int(WINDOWS[n][1] * scale)):
                return False
        for n in counted:
            self._served[(realm, n)].append(now)
        return True
