"""Runs the script of a client that others wrote against a simulation, in the environment that `make clients` made, and answers what it asks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from connectors.sandbox.server import App, Server

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[2] / ".venv-clients"
PATIENCE_SECONDS = 60
BACK = "http://127.0.0.1:9/back/"

Answers = Mapping[str, Callable[[str], str]]


class Clock:
    """The time of this machine, and what a script asked to wait on top of it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def wait(self, seconds: str) -> str:
        self.ahead += float(seconds)
        return ""


@dataclass(frozen=True)
class Talk:
    """What a script told, step by step. `app` is the simulation it spoke to, `language` that of the client."""

    app: Any
    language: str
    told: Mapping[str, Mapping[str, Any]]

    def __getitem__(self, step: str) -> Any:
        said = self.told.get(step)
        assert said is not None, f"the script ended before {step}"
        assert "failed" not in said, said["failed"]
        return said["told"]


def converse(server: Server, environment: str, script: str, answers: Answers, **variables: str) -> dict[str, dict[str, Any]]:
    """Run a script to its end; what it told by step. `answers` are functions by what a script may ask."""
    known = {**answers, "switch": lambda words: turn(server.app, words)}
    told: dict[str, dict[str, Any]] = {}
    node_path = str(ENVIRONMENTS / "node" / "node_modules")
    surroundings = {**os.environ, "PYTHONPATH": "", "NODE_PATH": node_path, "NO_PROXY": "127.0.0.1", "SANDBOX": server.url, "BACK": BACK, **variables}
    command = [interpreter(environment), str(HERE / script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings) as process:
        assert process.stdin
        assert process.stdout
        watch = threading.Timer(PATIENCE_SECONDS, process.kill)
        watch.start()
        for line in process.stdout:
            said = json.loads(line)
            if "ask" in said:
                process.stdin.write(known[said["ask"]](said["words"]) + "\n")
                process.stdin.flush()
            else:
                told[said["step"]] = said
        watch.cancel()
    assert process.returncode == 0, f"{script} ended with {process.returncode}"
    return told


def interpreter(environment: str) -> str:
    """The program that runs scripts of an environment. The test is skipped where there is none."""
    node = shutil.which("node") if environment == "node" else None
    if environment == "node" and node is None:
        pytest.skip("Node is not installed, so its clients are not tried.")
    if not (ENVIRONMENTS / environment / ".installed").exists():
        pytest.skip("The clients are not installed: run make clients.")
    return node or str(ENVIRONMENTS / environment / "bin" / "python")


def turn(app: App, words: str) -> str:
    """Turn a switch of the simulation: "name=value", the value in JSON."""
    name, _, value = words.partition("=")
    setattr(app.switches, name, json.loads(value))
    return ""


def press(address: str, button: int = 0, **form: str) -> str:
    """Press a button of a consent page as a person does; the address that the browser is sent back to."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200, page.text
    actions = [unescape(action) for action in re.findall(r'<form method="post" action="([^"]+)"', page.text)]
    parts = urlsplit(address)
    answer = requests.post(f"{parts.scheme}://{parts.netloc}{actions[button]}", data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(BACK + "?")
    return answer.headers["Location"]
