"""Exact unit conversions, used at the edges only: inside, everything is SI.

>>> KWH
3600000
>>> gib(80)
85899345920
"""

from __future__ import annotations

import math

KILO, MEGA, GIGA, TERA = 10**3, 10**6, 10**9, 10**12
MILLION = 10**6
GIB = 2**30
SECONDS_PER_HOUR = 3600
SECONDS_PER_DAY = 86_400
HOURS_PER_DAY = 24
DAYS_PER_YEAR = 365.25
"""Of the Julian year."""
HOURS_PER_YEAR = HOURS_PER_DAY * DAYS_PER_YEAR
MONTHS_PER_YEAR = 12
WH = 3600
"""Joules in a watt-hour."""
KWH = 3_600_000
"""Joules in a kilowatt-hour."""


def gib(count: float) -> float:
    """Bytes of ``count`` GiB: memory labels of accelerators are binary."""
    return count * GIB


_PREFIXES = (
    (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"),
    (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"),
)  # fmt: skip
_COUNTED = {"parameters", "tokens/d"}


def human(value: float, unit: str, digits: int = 3) -> str:
    """A number for people: three significant figures, decimal prefix, unit.

    >>> human(0.0498, "s")
    '49.8 ms'
    >>> human(3.35e12, "byte/s")
    '3.35 TB/s'
    >>> human(70.6e9, "parameters")
    '70.6 billion parameters'
    >>> human(0.9996, "s")
    '1 s'
    """
    if not math.isfinite(value):
        return "n/a" if math.isnan(value) else f"{value:g} {unit}".strip()
    if unit == "bool":
        return "yes" if value else "no"
    if unit in _PREFIXED and value:
        return _prefixed(value, unit, digits)
    if unit == "FLOP" and abs(value) >= MEGA:
        return f"{value:.{digits - 1}e} FLOP"
    if unit in _COUNTED and abs(value) >= GIGA:
        return f"{_plain(value / GIGA, digits)} billion {unit}"
    return f"{_plain(value, digits)} {'' if unit == '1' else unit}".strip()


def _prefixed(value: float, unit: str, digits: int) -> str:
    """A value with the largest prefix that leaves at least one before the point; no kiloseconds."""
    scales = [s for s in _PREFIXES if unit != "s" or s[0] <= 1.0]
    size = abs(float(f"{value:.{digits}g}"))  # as it will be read: 0.9996 s is 1 s, not 1,000 ms
    scale, prefix = next((s for s in scales if size >= s[0]), scales[-1])
    return f"{_plain(value / scale, digits)} {prefix}{_PREFIXED[unit]}"


_PREFIXED = {
    "s": "s",
    "byte": "B",
    "byte/s": "B/s",
    "FLOP/s": "FLOP/s",
    "W": "W",
}


def _plain(value: float, digits: int) -> str:
    """Significant digits without an exponent where that is short, thousands separated."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e15 or size < 1e-4:
        return f"{value:.{digits - 1}e}"
    if size >= 10**digits:
        return f"{math.floor(value + 0.5):,}"
    text = f"{value:.{digits}g}"
    return text if "e" not in text else f"{value:,.0f}"
