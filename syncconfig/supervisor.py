"""Keeps a few programs running until told to stop: each in a session of its own, so that a signal reaches only the one it is meant for.

SIGTERM goes to a program's main process, never to its group: a task queue that is asked twice loses what it runs. A program dies with its
supervisor (PDEATHSIG). One that ends by itself is started again after a pause that doubles.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

PR_SET_PDEATHSIG = 1
TICK_SECONDS = 0.1
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
HEALTHY_SECONDS = 60.0
"""A program that ran this long starts its pauses anew."""

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Program:
    """One program. `patience`: how long it may take to finish what it is doing once it is asked to stop."""

    name: str
    command: Sequence[str]
    patience: float
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    start_at: float = 0.0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self.process = subprocess.Popen(
            list(self.command), env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with_parent
        )
        self.started_at = time.monotonic()

    def ask_to_stop(self) -> None:
        if self.process and self.running:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the program and everything it started."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            self.process.wait()


class Supervisor:
    """Runs programs until SIGINT or SIGTERM; then stops them in the order given. A second signal stops them at once."""

    def __init__(
        self, programs: Sequence[Program], *, say: Callable[[str], None], watch: Callable[[], None] | None = None, quiet: bool = False
    ) -> None:
        self.programs = programs
        self._say = say
        self._watch = watch
        self._quiet = quiet
        self._signals = 0

    def run(self) -> None:
        """Start all, last one first, keep them running, and return when all have stopped."""
        before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for program in reversed(self.programs):
                program.start()
            while not self._signals:
                self._keep_running()
                if self._watch:
                    self._watch()
                time.sleep(TICK_SECONDS)
            self._stop()
        finally:
            for program in self.programs:
                program.kill()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _keep_running(self) -> None:
        now = time.monotonic()
        for program in self.programs:
            if program.running or (program.process is None and now < program.start_at):
                continue
            if program.process is None:
                program.start()
                continue
            if now - program.started_at > HEALTHY_SECONDS:
                program.pause = FIRST_PAUSE_SECONDS
            self._say(f"{program.name} ended with code {program.process.returncode}; starting it again in {program.pause:.0f} s.")
            program.kill()
            program.process = None
            program.start_at, program.pause = now + program.pause, min(program.pause * 2, LONGEST_PAUSE_SECONDS)

    def _stop(self) -> None:
        if not self._quiet:
            self._say("Stopping; what runs now is finished first. Press Ctrl-C again to stop at once.")
        for program in self.programs:
            program.ask_to_stop()
            give_up_at = time.monotonic() + program.patience
            while program.running and self._signals < 2 and time.monotonic() < give_up_at:
                time.sleep(TICK_SECONDS)
            program.kill()


def free_port(port: int, *, host: str = "127.0.0.1") -> int:
    """The port if nothing listens on it, a free one for 0. Raises OSError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def answers(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, port)) == 0


def _die_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
