"""The explorer on a screen that is not there, or in a real terminal, and what stands on it."""

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pyte
import pytest
from textual.worker import WorkerCancelled

from inferscope.core.scenario import files
from inferscope.tui.app import InferscopeApp

SNAPSHOTS = Path(__file__).parent / "snapshots"

SCENARIO = """\
schema_version = 1
name = "A dense model on eight H100"
as_of = 2026-11-22

[model]
id = "llama-3.1-70b"

[hardware]
accelerator = "h100-sxm"
count = 8

[optimizations]
weight_format = "fp8"

[workload]
input_tokens = 1000
output_tokens = 500
requests_per_s = 20

[slo]
tpot_s = 0.05

[economics]
usd_per_accelerator_hour = 3.0
"""


@pytest.fixture
def scenario_file(tmp_path):
    """A scenario of its own, so that no shipped preset has to stand still for the tests."""
    path = tmp_path / "dense.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture
def explore(scenario_file):
    """Open the explorer at a size, on the scenario or on another file or preset."""

    @asynccontextmanager
    async def opened(size=(80, 24), preset=None):
        app = InferscopeApp(lambda: files.load(preset or scenario_file))
        async with app.run_test(size=size) as pilot:
            for _ in range(200):
                if app.screen_stack[0].answer is not None:
                    break
                await pilot.pause()
            await settled(pilot)
            yield pilot

    return opened


async def settled(pilot):
    """Wait for what is drawn a moment later."""
    await pilot.pause()
    with suppress(WorkerCancelled):  # a later one took its place
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


def screen_text(app):
    """What stands on the screen, without colours; blanks at the right end are dropped."""
    rows = app.screen._compositor.render_strips()
    return "\n".join(row.text.rstrip() for row in rows) + "\n"


@pytest.fixture
def settle():
    return settled


@pytest.fixture
def screen():
    return screen_text


@pytest.fixture
def matches_snapshot():
    """Compare a text with a stored one; UPDATE_SNAPSHOTS=1 stores it instead."""

    def compare(text, name):
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            SNAPSHOTS.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def value():
    """A number of the answer that the explorer shows."""

    def of(pilot, name):
        return pilot.app.screen.answer.entry(name)["value"]

    return of


PATIENCE = 60.0
"""Seconds after which something that should appear counts as missing; nothing is measured by it."""


class Terminal:
    """A terminal that runs a program and remembers what it shows."""

    def __init__(self, command, environ, size):
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(command[0], command, environ)  # noqa: S606
        self.status = None
        self.sent = ""

    @property
    def text(self):
        """What stands on the screen."""
        return "\n".join(self.screen.display)

    def read(self, seconds=0.05):
        """Take in what the program has written; False once it has ended."""
        ready, _, _ = select.select([self._end], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._end, 65536)
        except OSError:
            return False
        text = self._decode(data)
        self.sent += text
        self._stream.feed(text)
        return bool(data)

    def wait_until(self, holds, what):
        """Read until a condition on the screen's text holds; that text."""
        end = time.monotonic() + PATIENCE
        while not holds(self.text):
            assert time.monotonic() < end, f"waited for {what}:\n{self.text}"
            assert self.read(), f"ended while waiting for {what}:\n{self.text}"
        return self.text

    def wait_for(self, *words):
        """Read until all words stand on the screen."""
        return self.wait_until(lambda text: all(word in text for word in words), words)

    def wait_until_gone(self, words):
        """Read until the words no longer stand on the screen."""
        return self.wait_until(lambda text: words not in text, f"no {words}")

    def type(self, keys):
        """Send keys, or what a mouse sends."""
        os.write(self._end, keys.encode())

    def press(self, keys, *words):
        """Send keys and wait for words."""
        self.type(keys)
        return self.wait_for(*words)

    def click(self, word, button=0):
        """Press and release a mouse button on the first letter of what stands on the screen."""
        row, column = next(
            (y, line.index(word)) for y, line in enumerate(self.screen.display, 1) if word in line
        )
        self.type("".join(f"\x1b[<{button};{column + 1};{row}{end}" for end in "Mm"))

    def wait_for_end(self):
        """Read until the program has ended; its exit status, minus the signal that killed it."""
        end = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < end, f"still running:\n{self.text}"
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def close(self):
        """End the program if it still runs."""
        if self.status is None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        os.close(self._end)


@pytest.fixture
def environ(config_folder):
    """A plain environment with a colour terminal and a configuration of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    return {**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "INFERSCOPE_CONFIG": str(config_folder)}


@pytest.fixture
def start(environ):
    """Run the installed program, or another command, in a real terminal."""
    running = []
    program = str(Path(sys.executable).with_name("inferscope"))

    def started(*arguments, command=None, size=(80, 24), **more):
        terminal = Terminal(command or [program, *arguments], {**environ, **more}, size)
        running.append(terminal)
        return terminal

    yield started
    for terminal in running:
        terminal.close()
