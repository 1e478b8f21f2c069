"""Where the ticks of an axis stand and how they are written."""

from __future__ import annotations

import math

_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_MANY_FLOP = 1e18
"""From here no prefix is in use: a count of training is read by its exponent."""
_STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0))


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between two, evenly spread on a logarithmic axis.

    >>> log_ticks(0.9, 130, 6)
    [1.0, 3.0, 10.0, 30.0, 100.0]
    >>> log_ticks(21, 48, 6)
    [25.0, 30.0, 35.0, 40.0, 45.0]
    >>> log_ticks(1e3, 1e9, 3)
    [1000.0, 1000000.0, 1000000000.0]
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found: list[float] = []
    for steps in _STEPS:
        values = [float(f"{step}e{decade}") for decade in range(first, last + 1) for step in steps]
        inside = [value for value in values if low <= value <= high]
        if len(inside) <= most:
            found = inside
    if len(found) >= 3 or (found and high / low > 30):
        return found
    if high / low > 30:
        decades = [float(f"1e{decade}") for decade in range(first, last + 1)]
        inside = [value for value in decades if low <= value <= high]
        return inside[:: -(-len(inside) // max(most, 1))]
    return linear_ticks(low, high, most)


def linear_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between two, evenly spread.

    >>> linear_ticks(0, 3.9, 5)
    [0.0, 1.0, 2.0, 3.0]
    """
    if not high > low or most < 1:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    values = [float(f"{(first + place) * step:.9g}") for place in range(most + 2)]
    return [value for value in values if value <= high * (1 + 1e-9)]


def tick_text(value: float, unit: str) -> str:
    """A tick in few characters; times carry their unit, all else has it beside the axis.

    >>> tick_text(0.02, "s"), tick_text(1e3, "s"), tick_text(0.0028, "USD"), tick_text(2048, "tokens")
    ('20ms', '1000s', '0.0028', '2.05k')
    >>> tick_text(2e15, "FLOP/s"), tick_text(1e4, "s"), tick_text(1e25, "FLOP"), tick_text(3e24, "FLOP")
    ('2P', '10000s', '1e25', '3e24')
    """
    if unit == "s":
        for factor, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
            if value >= factor:
                return f"{value / factor:.{3 if value < 1e3 else 6}g}{name}"
        return f"{value:.3g}s" if value else "0"
    if unit == "FLOP" and abs(value) >= _MANY_FLOP:
        return f"{value:.3g}".replace("e+", "e")
    for factor, name in _PREFIXES:
        if abs(value) >= factor:
            return f"{value / factor:.3g}{name}"
    return f"{value:.3g}"
