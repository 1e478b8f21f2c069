"""What stands for what in a plot: signs, so that colour is not needed to tell points apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inferscope.core.study.drawing import Curve, Mark

SIGNS = ("◆", "○", "▪", "+")
"""Signs of points, in order; they differ in ASCII too."""
CLOUD, PLACE, ALONE = "·", "●", "◉"
"""The signs of many points, of a marked place on a line, and of one among points."""
_MANY = 50
"""Points from which those of a later series are a cloud behind the first."""


def signs(curve: Curve) -> list[str]:
    """The sign of each series; empty for a line."""
    found, left = list[str](), iter((*SIGNS, *SIGNS))
    for series in curve.series:
        is_cloud = len(series.x) > _MANY and any(found)
        found.append("" if not series.is_points else CLOUD if is_cloud else next(left))
    return found


def sign_of(mark: Mark, curve: Curve) -> str:
    """The sign of a marked place: that of the points where it names one of them."""
    points = [(series, sign) for series, sign in zip(curve.series, signs(curve), strict=True) if sign]
    for series, sign in points:
        if any(mark.x == x and mark.y == y for x, y in zip(series.x, series.y, strict=True)):
            return sign
    return ALONE if points else PLACE


def legend(curve: Curve) -> str:
    """What the signs of points mean; lines and marked places have their names beside them."""
    named = zip(curve.series, signs(curve), strict=True)
    return "  ".join(f"{sign} {series.label}" for series, sign in named if sign and series.x)


def is_bars(curve: Curve) -> bool:
    """Whether it is bars with names, one below the other: nothing is measured upwards."""
    flat = all(len(set(series.y)) == 1 and len(series.x) == 2 for series in curve.series)
    return bool(curve.series) and not curve.y.name and not curve.y.unit and flat
