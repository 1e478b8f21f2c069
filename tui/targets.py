"""Targets as they are typed: a number in the unit that the figure is shown in, or a change of it."""

from __future__ import annotations

import re

from inferscope.core import units
from inferscope.tui.fields import FieldError, Scale, number_of
from inferscope.tui.figures import Form, value_text

_MONEY = {"ct": 0.01, "usd": 1.0, "$": 1.0}
_PREFIXES = {"p": 1e15, "t": 1e12, "g": 1e9, "m": 1e6, "k": 1e3, "": 1.0}
_TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}
_COUNTS = {"k": units.KILO, "m": units.MEGA, "b": units.GIGA}


def scale_of(unit: str, form: Form, value: float | None) -> Scale:
    """Suffixes for a quantity; a bare number is in the unit that its present value is shown in.

    >>> scale_of("s", "plain", 0.0498).suffixes[""], scale_of("USD", "money", 0.0012).suffixes[""]
    (0.001, 0.01)
    """
    if form == "share":
        suffixes = {"%": 0.01}
    elif form in ("money", "usd") or unit == "USD":
        suffixes = _MONEY
    elif unit == "s":
        suffixes = _TIMES
    elif unit == "L":
        suffixes = {"l": 1.0, "ml": 1e-3}
    elif unit in ("byte", "byte/s", "FLOP/s", "W"):
        name = {"byte": "b", "byte/s": "b/s"}.get(unit, unit.lower())
        suffixes = {f"{prefix}{name}": factor for prefix, factor in _PREFIXES.items()}
    else:
        suffixes = {**_COUNTS, _bare(value_text(1.0, unit, form)): 1.0}
    shown = "" if value is None else value_text(value, unit, form)
    example = shown or value_text(1.0, unit, form)
    return Scale({**suffixes, "": suffixes.get(_bare(shown), 1.0)}, f"{example}, x0.5 or -20 %")


def _bare(shown: str) -> str:
    """The unit of a number as it is shown, in small letters."""
    return re.sub(r"^[\d.,+-]+(e[+-]?\d+)?\s*", "", shown).lower()


def read_target(text: str, unit: str, form: Form, value: float | None) -> float:
    """The target that was typed.

    Args:
        text: ``40 ms``, ``0.1 ct``, ``x0.5``, ``/2`` or ``-20 %``.
        unit: The quantity's unit.
        form: How it is written.
        value: Its present value.

    Raises:
        FieldError: It is no number of this kind.

    >>> read_target("40", "s", "plain", 0.05), read_target("-20%", "s", "plain", 0.05)
    (0.04, 0.04)
    """
    word = text.strip().lower()
    scale = scale_of(unit, form, value)
    expected = f"a target such as {scale.examples}"
    part = re.fullmatch(r"([x*/])\s*([\d.]+)|([+-])\s*([\d.]+)\s*%", word)
    if part is None:
        return number_of(word, scale, expected)
    if value is None:
        message = "there is no present value to start from; type a number with its unit"
        raise FieldError(message)
    figure = number_of(part[2] or part[4], Scale({"": 1.0}, ""), expected)
    if part[1]:
        factor = figure if part[1] in "x*" else 1.0 / figure if figure else 0.0
    else:
        factor = 1.0 + (figure if part[3] == "+" else -figure) / 100.0
    return float(f"{value * factor:.12g}")
