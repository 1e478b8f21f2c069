"""Where along a line of values conditions begin or cease to be met.

A *ray* is an input with the values to try from a start outwards. What it is evaluated with is left to
the caller: reach and solve differ in that and share the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferscope.core.graph import Array
from inferscope.core.study.conditions import Condition
from inferscope.core.study.inputs import Input, limits
from inferscope.core.study.spacing import even, logarithmic

__all__ = ["Bracket", "Path", "Ray", "bracket", "met", "paths", "sides"]

STEPS = 32
"""Points tried on each side of the present value."""
OCTAVES = 14.0
"""How many doublings and halvings away a value may lie."""
_PARTS, _ROUNDS = 16, 12
"""Into how many parts a gap is cut, and how often at most."""
_NARROW = 1e-6
"""Share of a value below which a gap is not cut any more."""
_GAPS = 12
"""Gaps of a ray that are cut in one round: the nearest."""


class Ray(NamedTuple):
    """An input and the values tried from the present one outwards, ``(steps + 1,)``."""

    item: Input
    now: float
    moved: Mapping[str, float]
    points: Array


class Bracket(NamedTuple):
    """Where a ray crosses.

    Attributes:
        distance: How far from the start.
        needed: The nearest value that meets all conditions; where they are met at the start, the
            farthest that still does.
        beyond: What the quantities are just on the other side, ``(conditions,)``.
        outside: The value there.
    """

    distance: float
    needed: float
    beyond: Array
    outside: float


Evaluate = Callable[[Sequence[Ray], Array], Array]
"""Quantities ``(conditions, rays, points)`` of some rays at values ``(rays, points)``."""


def met(conditions: Sequence[Condition], values: Array) -> NDArray[np.bool_]:
    """Whether all conditions hold: values ``(conditions, ...)``, the answer without the first axis."""
    good = np.ones(values.shape[1:], dtype=np.bool_)
    for condition, value in zip(conditions, values, strict=True):
        good &= condition.met(value)
    return good


def sides(item: Input, now: float) -> list[Array]:
    """The values to try on either side of a present one, closer together near it."""
    bounds = limits(item.key)
    low = bounds.ge if bounds.ge is not None else 0.0
    high = bounds.le if bounds.le is not None else math.inf
    steps = (np.arange(STEPS + 1) / STEPS) ** 2
    if high <= 1.0:
        found = [now + (end - now) * steps for end in (low or 1e-6, high) if end != now]
    elif now == 0.0:
        first = 1.0 if item.is_whole else 1e-3
        found = [np.append(0.0, np.geomspace(first, first * 2.0 ** (OCTAVES + 6), STEPS))]
    else:
        with np.errstate(over="ignore"):  # what is no number lies beyond every bound
            found = [now * 2.0 ** (OCTAVES * steps), now * 2.0 ** (-OCTAVES * steps)]
        if bounds.ge == 0.0:
            found[1][-1] = 0.0
    if item.is_whole:
        found = [np.concatenate([side[:1], np.round(side[1:])]) for side in found]
    return [clipped for side in found if np.any((clipped := np.clip(side, low, high)) != now)]


class Path(NamedTuple):
    """A ray with every value tried on it, from the start outwards.

    Attributes:
        ray: The ray.
        points: The values, ``(n,)``.
        values: The quantities there, ``(conditions, n)``.
    """

    ray: Ray
    points: Array
    values: Array

    def with_more(self, points: Array, values: Array) -> Path:
        """The path with more values tried, in order."""
        every, first = np.unique(np.concatenate([self.points, points]), return_index=True)
        order = np.arange(len(every)) if self.points[-1] >= self.points[0] else np.arange(len(every))[::-1]
        joined = np.concatenate([self.values, values], axis=1)
        return Path(self.ray, every[order], joined[:, first[order]])


def paths(
    rays: Sequence[Ray], grid: Array, values: Array, conditions: Sequence[Condition], evaluate: Evaluate
) -> list[Path]:
    """Rays tried more closely wherever a condition turns, or a quantity begins or ceases to have a value.

    Each condition is looked at alone, so that conditions are also met together where they are only
    between two values of the grid. Beyond the first place where all of them turn nothing is looked at.

    Args:
        rays: n rays.
        grid: Their values, ``(n, points)``.
        values: The quantities there, ``(conditions, n, points)``.
        conditions: What is to be met.
        evaluate: Computes the quantities elsewhere.
    """
    found = [Path(ray, grid[i], values[:, i]) for i, ray in enumerate(rays)]
    for _ in range(_ROUNDS):
        open_ = [(i, k) for i, path in enumerate(found) for k in _gaps(path, conditions) if _is_wide(path, k)]
        if not open_:
            break
        found = _tried(
            found, open_, [_between(found[i].ray, *found[i].points[k : k + 2]) for i, k in open_], evaluate
        )
    ends = [(i, k) for i, path in enumerate(found) for k in _gaps(path, conditions)]
    polished = [
        _candidates(found[i].ray, found[i].points[k : k + 2], found[i].values[:, k : k + 2], conditions)
        for i, k in ends
    ]
    return _tried(found, ends, polished, evaluate)


def _tried(
    found: Sequence[Path], where: Sequence[tuple[int, int]], parts: Sequence[Array], evaluate: Evaluate
) -> list[Path]:
    """Paths with more points: some in each of some gaps."""
    result = list(found)
    if where:
        inner = evaluate([found[i].ray for i, _ in where], np.stack(parts))
        for row, (i, _) in enumerate(where):
            result[i] = result[i].with_more(parts[row], inner[:, row])
    return result


def _gaps(path: Path, conditions: Sequence[Condition]) -> list[int]:
    """The places after which a condition turns or a value begins or ends, up to where all of them turn."""
    alone = np.stack([c.met(v) for c, v in zip(conditions, path.values, strict=True)])
    signs = np.concatenate([alone, np.isfinite(path.values)])
    changes = np.flatnonzero(np.any(signs[:, 1:] != signs[:, :-1], axis=0))
    first = _turn(met(conditions, path.values))
    return [int(k) for k in changes if not first or k < first][:_GAPS]


def _is_wide(path: Path, place: int) -> bool:
    """Whether another value may lie between one and the next."""
    start, end = float(path.points[place]), float(path.points[place + 1])
    least = 1.0 if path.ray.item.is_whole else _NARROW * max(abs(start), abs(end))
    return abs(end - start) > least


def _turn(good: NDArray[np.bool_]) -> int:
    """The first place that differs from the start; 0 where none does."""
    return int(np.argmax(good != good[0]))


def bracket(path: Path, conditions: Sequence[Condition]) -> Bracket | None:
    """Where on a path the conditions begin or cease to be met together; None where they do not."""
    good = met(conditions, path.values)
    place = _turn(good)
    if not place:
        return None
    inside, outside = (place - 1, place) if good[0] else (place, place - 1)
    needed = float(path.points[inside])
    return Bracket(_away(needed, path.ray), needed, path.values[:, outside], float(path.points[outside]))


def _between(ray: Ray, start: float, end: float) -> Array:
    """Points of a bracket with both ends: even in ratio, or even where a ratio has no meaning."""
    share = np.arange(_PARTS + 1) / _PARTS
    if start > 0 and end > 0 and limits(ray.item.key).le != 1:
        points = logarithmic(start, end, share)
    else:
        points = even(start, end, share)
    points[0], points[-1] = start, end
    return np.round(points) if ray.item.is_whole else points


def _candidates(ray: Ray, ends: Array, there: Array, conditions: Sequence[Condition]) -> Array:
    """Both ends of a bracket, and where a power law or a straight line through them meets a target."""
    x, end = ends
    inside: list[float] = []
    for condition, (y, beyond) in zip(conditions, there, strict=True):
        target = condition.target
        with np.errstate(all="ignore"):
            bent = x * (end / x) ** (np.log(target / y) / np.log(beyond / y))
            straight = x + (end - x) * (target - y) / (beyond - y)
        inside += [float(f"{p:.12g}") for p in (bent, straight) if min(x, end) <= p <= max(x, end)]
    if ray.item.is_whole:
        inside = [p for p in inside if p == round(p)]
    room = 2 + 2 * len(conditions)
    return np.array([x, end, *inside, *[x] * room][:room])


def _away(x: float, ray: Ray) -> float:
    """How far a value lies from the present one."""
    return (
        abs(math.log(x / ray.now))
        if x > 0 and ray.now > 0
        else abs(x - (0.0 if math.isnan(ray.now) else ray.now))
    )
