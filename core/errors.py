"""Errors a person can act on: what was wrong, where, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
        self.message = message
        self.file = None if file is None else str(file)
        self.line = line
        self.key = key
        super().__init__(str(self))

    def __str__(self) -> str:
        """One line: ``FILE:LINE: KEY: message``."""
        place = self.file or ""
        if place and self.line is not None:
            place = f"{place}:{self.line}"
        return ": ".join(part for part in (place, self.key or "", self.message) if part)


class CatalogError(InferscopeError):
    """A catalogue file is damaged, or a name is not in the catalogue."""


class ScenarioError(InferscopeError):
    """A scenario cannot be read, or a value in it is out of bounds."""


class RuleError(InferscopeError):
    """A policy rule cannot be read."""


class QuantityError(InferscopeError):
    """A quantity was asked for that does not exist."""


class GraphError(TypeError):
    """A quantity is declared wrongly: a mistake in the program, not in its input."""


def nearest(word: str, known: Iterable[str], count: int = 3) -> str:
    """Return ``did you mean a, b?`` for a mistyped word, or an empty string.

    >>> nearest("tpot", ["tpot_s", "ttft_s"])
    'did you mean tpot_s?'
    """
    import difflib  # noqa: PLC0415  (only on the error path)

    found = difflib.get_close_matches(word, list(known), n=count, cutoff=0.6)
    return f"did you mean {', '.join(found)}?" if found else ""
