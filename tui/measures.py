"""One unit for numbers that stand together: those of a column, or of a range."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from inferscope.core.shown import shown
from inferscope.core.units import human

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBER = re.compile(r"([-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?)(?: (\S.*))?")


class Measure(NamedTuple):
    """A unit that people read, and how many of it make one of the program's.

    Attributes:
        factor: Multiplies a value.
        unit: What stands beside it; empty where there is none.
    """

    factor: float
    unit: str

    def text(self, value: float) -> str:
        """A value in this unit, without the unit."""
        by = self.unit if self.unit == "FLOP" else "1"  # which has a way of its own to be written
        return human(value * self.factor, by).removesuffix(f" {by}")


def measure(values: Iterable[Any], unit: str, name: str = "") -> Measure:
    """The unit in which the middle one of some numbers reads best.

    Args:
        values: Numbers; what is none is passed over.
        unit: Their unit inside.
        name: Their quantity: shares are read in per cent.

    >>> measure([0.113, 0.00804, 0.00167], "USD")
    Measure(factor=100.0, unit='ct')
    >>> measure([0.004, 0.00804], "USD").text(0.113), measure([], "s"), measure([70.6e9], "parameters").unit
    ('11.3', Measure(factor=1.0, unit='s'), 'billion parameters')
    """
    sizes = sorted(abs(float(value)) for value in values if is_number(value) and value)
    middle = sizes[len(sizes) // 2] if sizes else 0.0
    number, word = _read(middle, unit, name)
    if number == 1.0:  # one day, two days
        word = _read(2.0 * middle, unit, name)[1]
    factor = 10.0 ** round(math.log10(number / middle)) if middle and number else 1.0
    return Measure(factor, word)


def is_number(value: Any) -> bool:
    """Whether a cell is a number that can be written."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _read(value: float, unit: str, name: str) -> tuple[float, str]:
    """A value as people read it: the number and its unit."""
    found = _NUMBER.fullmatch(shown({"value": value, "unit": unit or "1"}, name))
    return (float(found[1].replace(",", "")), found[2] or "") if found else (value, unit)
