from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncconfig.supervisor import Program, free_port

ROOT = Path(__file__).resolve().parent.parent.parent

CHILD = """
import os, signal, sys, time
name, folder, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
open(f"{folder}/{name}.{os.getpid()}.started", "w").close()
def stop(*_):
    open(f"{folder}/{name}.asked-{time.monotonic():.3f}", "w").close()
    time.sleep(seconds)
    open(f"{folder}/{name}.finished", "w").close()
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
if name == "fragile" and not os.path.exists(f"{folder}/broke"):
    open(f"{folder}/broke", "w").close()
    sys.exit(3)
while True: time.sleep(0.05)
"""
PARENT = """
import sys
from syncconfig.supervisor import Program, Supervisor
folder, names, seconds = sys.argv[1], sys.argv[2].split(","), sys.argv[3]
child = open(f"{folder}/child.py").read()
programs = [Program(n, [sys.executable, "-c", child, n, folder, seconds], patience=20) for n in names]
Supervisor(programs, say=lambda text: print(text, flush=True)).run()
"""


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run a supervisor over small programs, in a process of its own."""
    (tmp_path / "child.py").write_text(CHILD)
    started: list[subprocess.Popen[str]] = []

    def run(names: str, seconds: float = 0.3) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PARENT, str(tmp_path), names, str(seconds)]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        for name in names.split(","):
            until(lambda name=name: list(tmp_path.glob(f"{name}.*.started")))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def pids(folder: Path) -> list[int]:
    return [int(path.name.split(".")[1]) for path in folder.glob("*.started")]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_programs_in_order_and_lets_them_finish(number: int, supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = supervise("web,worker,sandbox")
    process.send_signal(number)

    assert process.wait(10) == 0
    asked = sorted(tmp_path.glob("*.asked-*"), key=lambda path: float(path.name.rpartition("-")[2]))
    assert [path.name.split(".")[0] for path in asked] == ["web", "worker", "sandbox"]
    assert len(list(tmp_path.glob("*.finished"))) == 3


def test_a_second_signal_stops_at_once(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = supervise("worker", seconds=60)
    process.send_signal(signal.SIGINT)
    until(lambda: list(tmp_path.glob("worker.asked-*")))
    process.send_signal(signal.SIGINT)

    assert process.wait(10) == 0
    assert not list(tmp_path.glob("*.finished"))
    assert not any(alive(pid) for pid in pids(tmp_path))


def test_a_killed_supervisor_leaves_no_orphan(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = supervise("web,worker")
    process.kill()
    process.wait()

    until(lambda: not any(alive(pid) for pid in pids(tmp_path)))
    assert len(list(tmp_path.glob("*.finished"))) == 2


def test_a_program_that_ends_is_started_again(supervise: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = supervise("fragile")
    until(lambda: len(pids(tmp_path)) == 2)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=10)

    assert "fragile ended with code 3; starting it again in 1 s." in out


def test_a_stopped_program_takes_its_children_along(tmp_path: Path) -> None:
    script = f"import subprocess, time; p = subprocess.Popen(['sleep', '60']); open('{tmp_path}/x.%d.started' % p.pid, 'w').close(); time.sleep(60)"
    program = Program("parent", [sys.executable, "-c", script], patience=1)
    program.start()
    until(lambda: pids(tmp_path))
    program.kill()

    until(lambda: not alive(pids(tmp_path)[0]))


def test_a_taken_port_is_noticed() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            free_port(port)
    assert free_port(0) > 0
