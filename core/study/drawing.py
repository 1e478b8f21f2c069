"""What a plot is made of: axes with units, lines, marked places, and one sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inferscope.core.graph import Array


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        name: The quantity or input along it; empty where there is no single one.
        unit: Its unit.
        label: What stands beside it.
        log: Whether it is logarithmic.
    """

    name: str
    unit: str
    label: str
    log: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or points where ``is_points``; all numbers are finite."""

    label: str
    x: list[float]
    y: list[float]
    is_points: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked place; a line across the plot where one coordinate is None."""

    label: str
    x: float | None
    y: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """Everything a plot shows.

    Attributes:
        kind: Which plot.
        title: What stands above it.
        x: The axis across.
        y: The axis up.
        series: Lines and points; none where it cannot be drawn.
        marks: Marked places.
        sentence: What it says, with numbers.
        why: Why there is nothing to draw.
    """

    kind: str
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    sentence: str = ""
    why: str = ""


def line(label: str, x: Array, y: Array, *, is_points: bool = False) -> Series:
    """The finite points of two arrays."""
    pairs = [(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True) if math.isfinite(a + b)]
    return Series(label, [a for a, _ in pairs], [b for _, b in pairs], is_points)


def listed(parts: Sequence[str]) -> str:
    """Parts as a sentence has them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)
