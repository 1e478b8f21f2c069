"""Whether this terminal can show the full screen; decided without loading the screen."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

_DUMB = {"dumb", "unknown"}


class Stream(Protocol):
    """What is asked of a standard stream."""

    def isatty(self) -> bool:
        """Whether it is a terminal."""


def why_not_full_screen(
    stdin: Stream | None,
    stdout: Stream | None,
    environ: Mapping[str, str],
    stderr: Stream | None,
) -> str:
    """Why the full screen cannot be shown, or an empty string where it can.

    Args:
        stdin: Where keys come from.
        stdout: What a person looks at; its encoding is what the terminal can show.
        environ: Environment variables.
        stderr: Where the screen is drawn.

    >>> import io
    >>> why_not_full_screen(io.StringIO(), io.StringIO(), {"TERM": "xterm"}, None)
    'standard input is not a terminal'
    """
    streams = (("standard input", stdin), ("standard output", stdout))
    for name, stream in streams:
        if not _is_terminal(stream):
            return f"{name} is not a terminal"
    if not _is_terminal(stderr):
        return "standard error, on which the screen is drawn, is not a terminal"
    return _why_not_this_terminal(environ, getattr(stdout, "encoding", None) or "unknown")


def _why_not_this_terminal(environ: Mapping[str, str], encoding: str) -> str:
    term = environ.get("TERM", "")
    if term.lower() in _DUMB:
        return f"TERM={term} cannot place text"
    if not term and environ.get("OS") != "Windows_NT":
        return "TERM is not set"
    return "" if is_utf8(encoding) else f"the terminal's encoding is {encoding}, not UTF-8"


def _is_terminal(stream: Stream | None) -> bool:
    if stream is None:
        return False
    try:
        return stream.isatty()
    except ValueError:  # a closed stream
        return False


def is_utf8(encoding: str) -> bool:
    """Whether an encoding has the signs of charts."""
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
