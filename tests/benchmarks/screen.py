"""How fast the screen answers, in a real pseudo-terminal, as a person's terminal sees it.

Run ``python tests/benchmarks/screen.py`` on an otherwise idle machine. What the program writes is
only read and time-stamped while it runs; what it shows is worked out afterwards, so that the reader
costs the program nothing. A press is a key that changes the number of prompt tokens, up and down
in turn; it is answered with the first read after which another number stands among the answers, and
settled with the last byte before the program falls silent.
"""

# ruff: noqa: T201  (printing is what this script is for)

import argparse
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte

PROGRAM = str(Path(sys.executable).with_name("inferscope"))
PRESET = "llama-3.1-70b-h100"
FIELD = "workload.input_tokens"
READY = "quality kept"
"""Stands on the screen once the first answer does, except on a very small one."""
BARE = """\
from textual.app import App
from textual.widgets import Static

class Bare(App[None]):
    def compose(self):
        yield Static("inferscope")

Bare().run()
"""
PATIENCE = 60.0
SILENCE = 0.4
"""Seconds without a byte after which a screen is settled; longer than any plot is put off."""
EDITS = (200, 1000)
STARTS = 9
DOWN, TAB = "\x1b[B", "\t"


class Terminal:
    """A program in a pseudo-terminal; each read is kept with its time."""

    def __init__(self, command, size, environ):
        self.columns, self.rows = size
        self.reads = []
        self._seen = 0
        self._screen = pyte.Screen(self.columns, self.rows)
        self._stream = pyte.Stream(self._screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.started = time.perf_counter()
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
            os.execve(command[0], command, environ)  # noqa: S606

    def write(self, keys):
        """Send keys; the time at which they were sent."""
        sent = time.perf_counter()
        os.write(self._end, keys.encode())
        return sent

    def read(self, seconds):
        """One read, kept with its time; False where nothing came."""
        ready, _, _ = select.select([self._end], [], [], seconds)
        if not ready:
            return False
        data = os.read(self._end, 65536)
        self.reads.append((time.perf_counter(), data))
        return True

    def settle(self):
        """Read until the program is silent; the reads since the last call."""
        while self.read(SILENCE):
            pass
        return self.reads[self._seen :]

    def show(self):
        """Work out the next read; its time and what then stands on the screen, None at the end."""
        if self._seen == len(self.reads):
            return None
        at, data = self.reads[self._seen]
        self._seen += 1
        self._stream.feed(self._decode(data))
        return at, self.text

    @property
    def text(self):
        """What stands on the screen after the reads worked out so far."""
        return "\n".join(self._screen.display)

    def wait_for(self, *words):
        """Read until all words stand on the screen; the time of the read that completed them."""
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end:
            while shown := self.show():
                if all(word in shown[1] for word in words):
                    return shown[0]
            self.read(0.1)
        message = f"waited for {words}:\n{self.text}"
        raise SystemExit(message)

    def busy(self):
        """Seconds of processor time that the program has had, which another program does not lengthen."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9

    def memory(self):
        """Resident memory in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def close(self):
        """End the program at once."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._end)


def environ(folder):
    """A colour terminal and a configuration of its own, byte code cached as users have it."""
    kept = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"}}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "INFERSCOPE_CONFIG": folder}


VIEWS = (("no plot", "5", 8.0), ("with a plot", "53", 35.0), ("with effects", "52", None))
"""What is measured beside the numbers: its name, the keys that show it, and the kB that a press may send."""


def opened(size, folder, keys=""):
    """The explorer with its first answer in a view, the focus on the field that is changed."""
    config = tempfile.mkdtemp(dir=folder)  # its own: the last one was killed and left changes behind
    terminal = Terminal([PROGRAM, PRESET], size, environ(config))
    terminal.wait_for(READY)
    terminal.settle()
    for key in keys:
        terminal.write(key)
        terminal.settle()
    for _ in range(100):
        while terminal.show():
            pass
        if FIELD in terminal.text:
            return terminal
        terminal.write(DOWN)
        terminal.settle()
    message = f"no {FIELD}:\n{terminal.text}"
    raise SystemExit(message)


def numbers(text):
    """The numbers right of the scenario's own column, and of the headline."""
    rows = text.splitlines()[1:-2]
    left = 44 if len(rows[0]) >= 110 else 31
    return [re.findall(r"\d[\d.,]*", row if at < 3 else row[left:]) for at, row in enumerate(rows)]


def press(terminal, key):
    """Milliseconds to the first changed number, to the settled screen and of work, and bytes."""
    before, busy = numbers(terminal.text), terminal.busy()
    sent = terminal.write(key)
    reads = terminal.settle()
    busy = terminal.busy() - busy
    settled, size = reads[-1][0] - sent, sum(len(data) for _, data in reads)
    changed = None
    while shown := terminal.show():
        if changed is None and numbers(shown[1]) != before:
            changed = shown[0] - sent
    if changed is None:
        message = f"no number changed:\n{terminal.text}"
        raise SystemExit(message)
    return 1e3 * changed, 1e3 * settled, 1e3 * busy, size / 1e3


def presses(size, count, folder, view):
    """Medians over presses in a view, after two that are not counted."""
    terminal = opened(size, folder, view)
    found = [press(terminal, "+-"[turn % 2]) for turn in range(count + 2)][2:]
    terminal.close()
    return [statistics.median(column) for column in zip(*found, strict=True)]


def first_paint(size, folder):
    """Median seconds to the first paint of the explorer and of a program that shows one word, in turn."""
    bare = Path(folder) / "bare.py"
    bare.write_text(BARE, encoding="utf-8")
    commands = [PROGRAM, PRESET], [sys.executable, str(bare)]
    times = [[], []]
    for _ in range(STARTS + 1):
        for found, command in zip(times, commands, strict=True):
            terminal = Terminal(command, size, environ(folder))
            found.append(terminal.wait_for("inferscope") - terminal.started)
            terminal.close()
    return [statistics.median(found[1:]) for found in times]


def growth(size, folder):
    """Bytes of memory that the edits after the first 200 add."""
    terminal = opened(size, folder)
    found = []
    for edit in range(EDITS[-1]):
        if edit in EDITS:
            found.append(terminal.memory())
        before = len(terminal.reads)
        terminal.write("+-"[edit % 2])
        while len(terminal.reads) == before or terminal.read(0.02):
            terminal.read(0.02)
        terminal.reads.clear()
    found.append(terminal.memory())
    terminal.close()
    return found[-1] - found[0]


def table(lines):
    """Print what was measured beside its target."""
    width = max(len(line[0]) for line in lines)
    print(f"{'':{width}}  {'measured':>10}  {'target':>10}")
    for name, value, target, unit in lines:
        verdict = "" if target is None else "met" if value <= target else "MISSED"
        goal = "" if target is None else f"{target:,.1f} {unit}"
        print(f"{name:{width}}  {f'{value:,.1f} {unit}':>10}  {goal:>10}  {verdict}")


def per_press(size, count, folder):
    """What presses cost at a size, with and without a plot, and with every optimisation flipped."""
    lines = []
    for beside, view, most in VIEWS:
        name = f"{size[0]}x{size[1]}, {beside}"
        changed, settled, busy, sent = presses(size, count, folder, view)
        lines += [
            (f"{name}: key to first changed number", changed, 50.0, "ms"),
            (f"{name}: key to settled screen", settled, 200.0, "ms"),
            (f"{name}: of work for it", busy, None, "ms"),
            (f"{name}: sent per press", sent, most, "kB"),
        ]
    return lines


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--size", action="append", metavar="COLUMNSxROWS", help="default: 80x24 and 120x40")
    parser.add_argument("--presses", type=int, default=50)
    parser.add_argument("--only", choices=("press", "paint", "memory"))
    options = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in options.size or ("80x24", "120x40")]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        if options.only in {None, "press"}:
            for size in sizes:
                lines += per_press(size, options.presses, folder)
        if options.only in {None, "paint"}:
            own, bare = first_paint(sizes[-1], folder)
            lines += [
                ("first paint, the explorer", 1e3 * own, None, "ms"),
                ("first paint, a bare program", 1e3 * bare, None, "ms"),
                ("first paint over a bare program", own / bare, 1.6, "x"),
            ]
        if options.only in {None, "memory"}:
            name = f"memory after {EDITS[1]} edits over that after {EDITS[0]}"
            lines.append((name, growth(sizes[-1], folder) / 1e6, 5.0, "MB"))
    table(lines)


if __name__ == "__main__":
    main()
