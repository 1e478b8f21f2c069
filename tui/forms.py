"""What stands in the lines of a form, read; errors name their line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from inferscope.core.errors import InferscopeError

Values = Mapping[str, str]
"""What stands in the lines of a form, by their names."""


class FormError(InferscopeError):
    """A line of a form does not fit.

    Args:
        message: What is wrong, and what would be right.
        line: Its name.
    """

    def __init__(self, message: str, line: str) -> None:
        super().__init__(message, key=line)
        self.name = line


def whole(values: Values, name: str, least: int, most: int) -> int:
    """A whole number.

    Raises:
        FormError: It is none, or out of bounds.

    >>> whole({"samples": "1,024"}, "samples", 2, 10_000)
    1024
    """
    text = values[name].replace(",", "").replace("_", "").strip()
    if not text.isascii() or not text.isdigit() or not least <= int(text[:30]) <= most:
        message = f"takes a whole number from {least:,} to {most:,}, not {values[name]!r}"
        raise FormError(message, name)
    return int(text)


def yes(values: Values, name: str) -> bool:
    """Yes or no; an empty line is no.

    Raises:
        FormError: It is neither.

    >>> yes({"replan": "y"}, "replan"), yes({"replan": ""}, "replan")
    (True, False)
    """
    text = values[name].strip().lower()
    if text in ("yes", "y", "true", "on"):
        return True
    if text in ("", "no", "n", "false", "off"):
        return False
    message = f"takes yes or no, not {values[name]!r}"
    raise FormError(message, name)


def one_of(values: Values, name: str, known: tuple[str, ...]) -> str:
    """One of a few words, or the beginning of one.

    Raises:
        FormError: It is none of them.

    >>> one_of({"method": "sob"}, "method", ("tornado", "sobol"))
    'sobol'
    """
    text = values[name].strip().lower()
    found = [word for word in known if text and word.startswith(text)]
    if len(found) == 1 or text in known:
        return text if text in known else found[0]
    message = f"takes one of {', '.join(known)}, not {values[name]!r}"
    raise FormError(message, name)


def share(values: Values, name: str) -> float:
    """A number between 0 and 1.

    Raises:
        FormError: It is none.

    >>> share({"span": "0.2"}, "span")
    0.2
    """
    try:
        found = float(values[name])
    except ValueError:
        found = 0.0
    if not 0.0 < found < 1.0:
        message = f"takes a share between 0 and 1, such as 0.2, not {values[name]!r}"
        raise FormError(message, name)
    return found


def above_zero(values: Values, name: str) -> float:
    """A number above zero.

    Raises:
        FormError: It is none.

    >>> above_zero({"until": "1e9"}, "until")
    1000000000.0
    """
    try:
        found = float(values[name].replace(",", ""))
    except ValueError:
        found = 0.0
    if not 0.0 < found < float("inf"):
        message = f"takes a number above 0, such as 1000, not {values[name]!r}"
        raise FormError(message, name)
    return found


def parts(values: Values, name: str, needed: str = "") -> list[str]:
    """What is separated by semicolons.

    Args:
        values: The form.
        name: The line.
        needed: What to say where there is nothing; empty where that is allowed.

    Raises:
        FormError: There is nothing.

    >>> parts({"where": "tpot_s <= 0.05; fits_memory=1;"}, "where")
    ['tpot_s <= 0.05', 'fits_memory=1']
    """
    found = [part.strip() for part in values[name].split(";") if part.strip()]
    if not found and needed:
        raise FormError(needed, name)
    return found


def line_of(error: InferscopeError, values: Values) -> str:
    """The line of a form that an error of the core is about: which holds the key or word that it names.

    >>> line_of(InferscopeError("unknown quantity 'tpot'"), {"over": "a=1,2", "by": "tpot"})
    'by'
    >>> line_of(InferscopeError("bound is not a single number"), {"of": "tpot_s; bound"})
    'of'
    """
    if isinstance(error, FormError):
        return error.name
    named = [error.key or "", *re.findall(r"'([^']+)'", error.message)]
    subject = error.message.partition(" ")[0]
    holds = (name for word in named for name, text in values.items() if word and word in text)
    is_it = (name for name, text in values.items() if subject in (p.strip() for p in re.split("[;,]", text)))
    return next(holds, next(is_it, ""))


def listed(values: Values, name: str) -> tuple[str, ...]:
    """What is separated by commas.

    >>> listed({"formats": "fp8, bf16"}, "formats")
    ('fp8', 'bf16')
    """
    return tuple(part.strip() for part in values[name].split(",") if part.strip())
