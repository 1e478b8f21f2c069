"""Where the full screen is refused, and why."""

import subprocess
import sys

import pytest

from inferscope.tui.terminal import why_not_full_screen

XTERM = {"TERM": "xterm-256color"}


class Stream:
    def __init__(self, *, terminal=True, encoding="utf-8", closed=False):
        self.terminal, self.encoding, self.closed = terminal, encoding, closed

    def isatty(self):
        if self.closed:
            message = "I/O operation on closed file"
            raise ValueError(message)
        return self.terminal


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf_8"])
def test_a_utf8_terminal_is_good(encoding):
    assert why_not_full_screen(Stream(), Stream(encoding=encoding), XTERM, Stream()) == ""


@pytest.mark.parametrize(
    ("stdin", "stdout", "environ", "stderr", "reason"),
    [
        (Stream(terminal=False), Stream(), XTERM, Stream(), "standard input is not a terminal"),
        (None, Stream(), XTERM, Stream(), "standard input is not a terminal"),
        (Stream(), Stream(terminal=False), XTERM, Stream(), "standard output is not a terminal"),
        (Stream(), Stream(closed=True), XTERM, Stream(), "standard output is not a terminal"),
        (Stream(), Stream(), XTERM, Stream(terminal=False), "standard error"),
        (Stream(), Stream(), XTERM, None, "standard error"),
        (Stream(), Stream(), {"TERM": "dumb"}, Stream(), "TERM=dumb"),
        (Stream(), Stream(), {}, Stream(), "TERM is not set"),
        (Stream(), Stream(encoding="ANSI_X3.4-1968"), XTERM, Stream(), "ANSI_X3.4-1968, not UTF-8"),
        (Stream(), Stream(encoding="no-such-code"), XTERM, Stream(), "no-such-code, not UTF-8"),
        (Stream(), Stream(encoding=None), XTERM, Stream(), "unknown, not UTF-8"),
    ],
)
def test_what_cannot_show_the_screen_is_said(stdin, stdout, environ, stderr, reason):
    assert reason in why_not_full_screen(stdin, stdout, environ, stderr)


def test_asking_loads_no_screen():
    code = "import sys, inferscope.tui.terminal\nassert 'textual' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
