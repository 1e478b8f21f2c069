"""The screen in plain characters, for terminals and fonts that lack the others."""

# ruff: noqa: RUF001  (signs that look alike are what this is about)

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

_SAME = {
    "-": "─━┄┅┈┉╌╍╴╶╸╺═‐‑‒–—−⎯▔▁▂▃",
    "|": "│┃┆┇┊┋╎╏╵╷╹╻║▏▎▍▕⎸⎹",
    "+": "┌┐└┘├┤┬┴┼┿†╭╮╯╰┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬",
    "#": "█▓▉▊▋▌▐▀▄▅▆▇■▪",
    ":": "▒░",
    ">": "▸▶►→›⟩»",
    "<": "◂◀◄←‹⟨«",
    "^": "▲△↑▴",
    "v": "▼▽↓▾",
    "*": "•●◆★✱∗×",
    "@": "◉◎",
    "o": "○◇◦☆□▫",
    ".": "·…⋯",
    "x": "✗✘✕✖",
    "y": "✓✔",
    "~": "≈∼±",
    "u": "µμ",
    "'": "‘’",
    '"': "“”",
}
_TABLE = {ord(sign): plain for plain, signs in _SAME.items() for sign in signs}
_TABLE |= {0x2800: " ", 0x00A0: " ", 0x202F: " ", 0x2009: " "}


def plain(text: str) -> str:
    """A text with every sign of the program in ASCII, each one column wide as before; names keep theirs.

    >>> plain("▸ Weights ─ 3…5 µs")
    '> Weights - 3.5 us'
    >>> plain("⠁⣿"), plain("é"), plain("━┿━ ◉ †")
    ('.#', 'é', '-+- @ +')
    """
    if text.isascii():
        return text
    return "".join(_dots(sign) for sign in text.translate(_TABLE))


def _dots(sign: str) -> str:
    """A braille pattern as dense as it is: a plot stays a plot."""
    count = (ord(sign) - 0x2800).bit_count() if "\u2800" < sign <= "\u28ff" else 0
    return sign if not count else "." if count == 1 else ":" if count < 4 else "*" if count < 7 else "#"


class Ascii(LineFilter):
    """Draws everything in plain characters."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """One line of the screen."""
        return [Segment(plain(text), style, control) for text, style, control in segments]
