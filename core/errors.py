"""Errors a person can act on: what was wrong, where, and what would be right."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from itertools import islice

_LONGEST = 60
_DEEPEST = 8
_PLAIN_BITS = 1_000


class InferscopeError(Exception):
    """Bad input or usage: one clear line, exit status 2.

    Args:
        message: What was wrong and what would be right.
        file: The file it stands in, where there is one.
        line: The line in that file, counted from 1.
        key: The dotted key, for example ``hardware.accelerator``.
    """

    def __init__(
        self,
        message: str,
        *,
        file: object | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        """Keep the parts apart, so that a screen can show them in its own way."""
        self.message = printable(message)
        self.file = None if file is None else str(file)
        self.line = line
        self.key = None if key is None else printable(key)
        super().__init__(str(self))

    @property
    def said(self) -> str:
        """The key and what is wrong, as a sentence has it: without a file."""
        return f"{self.key} {self.message}" if self.key else self.message

    def __str__(self) -> str:
        """One line: ``FILE:LINE: KEY: message``."""
        place = printable(self.file or "")
        if place and self.line is not None:
            place = f"{place}:{self.line}"
        return ": ".join(part for part in (place, self.key or "", self.message) if part)


class CatalogError(InferscopeError):
    """A catalogue file is damaged, or a name is not in the catalogue."""


class ScenarioError(InferscopeError):
    """A scenario cannot be read, or a value in it is out of bounds."""


class ValueRefusedError(ScenarioError):
    """A key that does not exist, or a value that is wrong whatever stands beside it."""


class RuleError(InferscopeError):
    """A policy rule cannot be read."""


class QuantityError(InferscopeError):
    """A quantity was asked for that does not exist."""


class GraphError(TypeError):
    """A quantity is declared wrongly: a mistake in the program, not in its input."""


def printable(text: str) -> str:
    r"""A text with nothing in it that steers a terminal.

    >>> printable("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def brief(value: object) -> str:
    """A value as a message shows it: one line, not long, whatever it is.

    >>> brief([1, 2]), brief(True), brief(dt.time(12)), brief(16**4000)
    ('[1, 2]', 'true', '12:00:00', 'a number of 4,817 digits')
    """
    shown = _shown(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _shown(value: object, depth: int = 0) -> str:
    """A value, no part of which is written out where that would be long or is refused."""
    if isinstance(value, Mapping | list | tuple):
        items = islice(value, _LONGEST) if depth < _DEEPEST else ["..."]
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{_shown(key)}: {_shown(value.get(key), depth + 1)}' for key in items)}}}"
        return f"[{', '.join(_shown(item, depth + 1) for item in items)}]"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > _PLAIN_BITS:  # Python refuses to write the longest
        return f"a number of {math.floor(value.bit_length() * math.log10(2)) + 1:,} digits"
    return repr(value[: _LONGEST + 1] if isinstance(value, str) else value)


def nearest(word: str, known: Iterable[str], count: int = 3) -> str:
    """Return ``did you mean a, b?`` for a mistyped word, or an empty string.

    >>> nearest("tpot", ["tpot_s", "ttft_s"])
    'did you mean tpot_s?'
    """
    import difflib  # noqa: PLC0415  (only on the error path)

    found = difflib.get_close_matches(word, list(known), n=count, cutoff=0.6)
    return f"did you mean {', '.join(found)}?" if found else ""
