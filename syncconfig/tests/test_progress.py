"""How far a run is, on a terminal and elsewhere."""

from __future__ import annotations

from io import StringIO

import pytest

from syncconfig.engine.synchronize import Progress
from syncconfig.management.progress import PHASES, line, shown


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress("read_left", 1200, None), "Reading HubSpot: 1,200"),
        (Progress("write", 50, 200), "Writing [######..................] 50 of 200"),
        (Progress("write", 300, 200), "Writing [########################] 300 of 200"),
    ],
)
def test_a_line_says_the_phase_and_how_much_of_it(progress: Progress, text: str) -> None:
    assert line(progress) == text


def test_every_phase_has_words() -> None:
    assert all(line(Progress(phase, 1, None)) for phase in PHASES)


def test_a_terminal_sees_one_line_that_is_gone_at_the_end() -> None:
    terminal = Terminal()
    with shown(terminal) as watch:
        watch(Progress("write", 1, 2))
    assert "1 of 2" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_pipe_sees_nothing() -> None:
    pipe = StringIO()
    with shown(pipe) as watch:
        watch(Progress("write", 1, 2))
    assert pipe.getvalue() == ""
