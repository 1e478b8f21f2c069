"""A line on standard error that says how far long work is, on a terminal only."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Progress", "progress_text", "watched"]

_EVERY_S = 0.2


def progress_text(done: int, of: int, what: str, rate: float) -> str:
    """How far work is, how fast it goes and how long it will take.

    >>> progress_text(250_000, 1_000_000, "points", 125_000.0)
    ' 25 %  250,000 of 1,000,000 points  125,000/s  6 s left'
    """
    text = f"{100 * done // max(of, 1):3d} %  {done:,} of {of:,} {what}"
    if rate <= 0:
        return text
    return f"{text}  {rate:,.0f}/s  {_duration((of - done) / rate)} left"


def _duration(seconds: float) -> str:
    """A time in one or two units.

    >>> _duration(59.6), _duration(3 * 3600 + 60)
    ('1 min 0 s', '3 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


class Progress:
    """Called with what is done and of how much; it writes when there is somebody to read.

    Args:
        what: What is counted.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._start = time.monotonic(), 0
        self._last = 0.0

    def start(self, done: int = 0) -> None:
        """Begin to count the time; what is done already says nothing about the rate."""
        self._start = time.monotonic(), done

    def __call__(self, done: int, of: int) -> None:
        """Say how far it is, a few times a second at most."""
        now = time.monotonic()
        if not self._is_shown or now - self._last < _EVERY_S:
            return
        began, before = self._start
        self._last = now
        rate = (done - before) / (now - began) if now > began else 0.0
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{progress_text(done, of, self.what, rate)[:width]}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown and self._last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def watched(what: str) -> Iterator[Progress]:
    """A line that is gone when the work ends, however it ends."""
    progress = Progress(what)
    try:
        yield progress
    finally:
        progress.clear()
