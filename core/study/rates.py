"""Elasticities: by how many per cent a quantity changes for one per cent more of an input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inferscope.core.graph import Array
from inferscope.core.study.factors import Factor, Trial
from inferscope.core.study.inputs import limits
from inferscope.core.study.table import Watch

__all__ = ["ABOUT", "NONE", "Rate", "elasticities"]

ABOUT = (
    "elasticity: per cent for one per cent more, from 1 % to either side, with batch, layout and replicas "
    "held at what is planned for the scenario as it stands; none where the quantity jumps there"
)

_STEP, _INNER = 0.01, 0.0025
_STEPS = (-_STEP, -_INNER, _INNER, _STEP)
_TOLERANCE = 0.02, 0.1
"""By how much rates may differ, and by what share of the larger, before it is said."""


@dataclass(frozen=True, slots=True)
class Rate:
    """An elasticity.

    Attributes:
        value: d ln q / d ln x by a central difference; NaN where there is none.
        below: The same from below.
        above: The same from above.
        note: Where it bends, jumps, or was taken from one side.
    """

    value: float = math.nan
    below: float = math.nan
    above: float = math.nan
    note: str = ""


NONE = Rate()


def elasticities(trial: Trial, names: Sequence[str], watch: Watch | None = None) -> dict[str, list[Rate]]:
    """The elasticity of each quantity in each factor; that of a group has no meaning.

    Args:
        trial: A scenario in which nothing is left to plan, so that no whole batch jumps.
        names: Names of quantities.
        watch: Told between parts how many points are done.

    Returns:
        By quantity, one a factor.
    """
    places = _places(trial.factors)  # (factors, 4)
    rows = places.size + 1
    columns: dict[str, Array] = {}
    for i, factor in enumerate(trial.factors):
        if len(factor.members) == 1:
            key = factor.members[0].name
            columns[key] = np.full(rows, trial.now[key])
            columns[key][4 * i : 4 * i + 4] = places[i]
    found = trial.at(names, columns, rows, watch)
    result = {}
    for name in names:
        values = found[name]
        grid = values[:-1].reshape(-1, 4)
        result[name] = [
            _rate(trial.factors[i], places[i], grid[i], float(values[-1])) for i in range(len(places))
        ]
    return result


def _places(factors: Sequence[Factor]) -> Array:
    """Four values of each factor about the present one, within its bounds, ``(factors, 4)``."""
    found = np.full((len(factors), 4), math.nan)
    for i, factor in enumerate(factors):
        steps = factor.now * (1.0 + np.array(_STEPS))
        if _is_coarse(factor):
            steps = factor.now + np.array([-1.0, -1.0, 1.0, 1.0]) * max(round(_STEP * factor.now), 1)
        elif factor.is_whole:
            steps = np.round(steps)
        if not factor.members[0].is_input:
            bounds = limits(factor.name)
            low = bounds.ge if bounds.ge is not None else 0.5 * factor.now
            steps = np.clip(steps, low, math.inf if bounds.le is None else bounds.le)
        found[i] = steps
    return found


def _is_coarse(factor: Factor) -> bool:
    """Whether whole numbers are too few for the smaller step."""
    return factor.is_whole and factor.now * _INNER < 1.0


def _rate(factor: Factor, x: Array, y: Array, base: float) -> Rate:
    """The elasticity of a quantity from its values at four places."""
    if len(factor.members) > 1 or not math.isfinite(base) or base == 0.0:
        return NONE
    below, inner_below, inner_above, above = (
        _slope(factor.now, float(at), base, float(value)) for at, value in zip(x, y, strict=True)
    )
    if math.isnan(below) or math.isnan(above):
        note = "from above only" if math.isnan(below) else "from below only"
        value = above if math.isnan(below) else below
        return Rate(value, below, above, "" if math.isnan(value) else note)
    value, inner = 0.5 * (below + above), 0.5 * (inner_below + inner_above)
    limit = _TOLERANCE[0] + _TOLERANCE[1] * max(abs(below), abs(above))
    note = ""
    if _is_coarse(factor):
        note = "by whole steps" if value else ""
    elif abs(inner) > 2.0 * abs(value) + limit:  # the nearer, the steeper
        value, note = math.nan, "jumps here"
    elif abs(inner - value) > limit:
        value, note = inner, "bends or jumps within 1 %"
    elif abs(inner_above - inner_below) > max(limit, 0.5 * abs(above - below)):
        note = f"bends here: {below:+.2f} below, {above:+.2f} above"
    return Rate(value, below, above, note)


def _slope(now: float, x: float, base: float, y: float) -> float:
    """The elasticity between two points; by shares of the base where a logarithm has no meaning."""
    if x == now or math.isnan(y):
        return math.nan
    if y * base > 0 and x * now > 0:
        return math.log(y / base) / math.log(x / now) + 0.0  # no -0.0
    return (y - base) / base / ((x - now) / now) + 0.0
