"""Where along a line of values conditions begin or cease to be met.

A *ray* is an input with the values to try from a start outwards. What it is evaluated with is left to
the caller: reach and solve differ in that and share the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferscope.core.errors import QuantityError, brief
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.study.inputs import Input, limits
from inferscope.core.units import human

__all__ = ["Bracket", "Condition", "Ray", "brackets", "met", "parse_condition", "sides", "turn"]

STEPS = 32
"""Points tried on each side of the present value."""
OCTAVES = 14.0
"""How many doublings and halvings away a value may lie."""
_PARTS, _ROUNDS = 16, 5
"""Into how many parts a bracket is cut, and how often."""
_SLACK = 1e-9
"""A target counts as met within this share of it."""
_CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|<|>)\s*(\S+)\s*")
_UNCOUNTED = "code"


@dataclass(frozen=True, slots=True)
class Condition:
    """A quantity and the side of a target on which it is to be.

    Attributes:
        quantity: Its name.
        sign: ``<=`` or ``>=``, met within 1e-9 of the target; ``<`` or ``>``, met exactly.
        target: In the quantity's unit.
    """

    quantity: str
    sign: str
    target: float

    def met(self, values: Array) -> NDArray[np.bool_]:
        """Whether each value is on the right side; an unknown one is not."""
        slack = _SLACK * abs(self.target)
        if self.sign == "<":
            return values < self.target
        if self.sign == ">":
            return values > self.target
        return values >= self.target - slack if self.sign == ">=" else values <= self.target + slack

    def missed_by(self, values: Array) -> Array:
        """By which share of the target each value is on the wrong side; 0 where it is met."""
        away = values - self.target if self.sign.startswith("<") else self.target - values
        return np.where(self.met(values), 0.0, np.maximum(away, 0.0) / (abs(self.target) or 1.0))

    def shown(self, value: float) -> str:
        """A value of the quantity with its unit."""
        return human(value, REGISTRY.node(self.quantity).unit, 4)

    def __str__(self) -> str:
        """As it is written on the command line."""
        return f"{self.quantity}{self.sign}{self.target:.12g}"


def parse_condition(text: str) -> Condition:
    """``QUANTITY<=VALUE`` of the command line, in the quantity's unit; also with >=, < or >.

    Raises:
        QuantityError: It is none, or there is no such quantity; the message says what would be right.

    >>> parse_condition("tpot_s<=0.05")
    Condition(quantity='tpot_s', sign='<=', target=0.05)
    """
    found = _CONDITION.fullmatch(text)
    try:
        target = float(found[3]) if found else math.nan
    except ValueError:
        target = math.nan
    if found is None or not math.isfinite(target):
        example = "write QUANTITY<=VALUE, for example 'tpot_s<=0.05', or with >=, < or >"
        message = f"{brief(text)} is no condition: {example}"
        raise QuantityError(message)
    return Condition(number_quantity(found[1]), found[2], target)


def number_quantity(name: str) -> str:
    """The name of a quantity that is a single number.

    Raises:
        QuantityError: There is none, or it is a word or a list.
    """
    node = REGISTRY.node(name)
    if node.unit == _UNCOUNTED or node.slotted:
        message = f"{name} is not a single number"
        raise QuantityError(message)
    return name


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


def turn(good: NDArray[np.bool_]) -> int:
    """The first place that differs from the start; 0 where none does."""
    return int(np.argmax(good != good[0]))


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
        found = [now * 2.0 ** (OCTAVES * steps), now * 2.0 ** (-OCTAVES * steps)]
        if bounds.ge == 0.0:
            found[1][-1] = 0.0
    if item.is_whole:
        found = [np.concatenate([side[:1], np.round(side[1:])]) for side in found]
    return [clipped for side in found if np.any((clipped := np.clip(side, low, high)) != now)]


def brackets(
    rays: Sequence[Ray], grid: Array, values: Array, conditions: Sequence[Condition], evaluate: Evaluate
) -> dict[int, Bracket]:
    """For each ray on which the conditions begin or cease to be met together: where.

    Args:
        rays: n rays.
        grid: Their values, ``(n, points)``.
        values: The quantities there, ``(conditions, n, points)``.
        conditions: What is to be met.
        evaluate: Computes the quantities elsewhere.
    """
    good = met(conditions, values)
    live = [i for i in range(len(rays)) if turn(good[i])]
    if not live:
        return {}
    some = [rays[i] for i in live]
    turns = [turn(good[i]) for i in live]
    ends = np.array([(grid[i][k - 1], grid[i][k]) for i, k in zip(live, turns, strict=True)])
    there = np.stack([values[:, i, k - 1 : k + 1] for i, k in zip(live, turns, strict=True)])
    for _ in range(_ROUNDS):
        parts = np.stack([_between(ray, *end) for ray, end in zip(some, ends, strict=True)])
        inner = evaluate(some, parts)
        for row, ok in enumerate(met(conditions, inner)):
            if k := turn(ok):
                ends[row], there[row] = parts[row][k - 1 : k + 1], inner[:, row, k - 1 : k + 1]
    polished = np.stack([_candidates(*row, conditions) for row in zip(some, ends, there, strict=True)])
    fine = met(conditions, evaluate(some, polished))
    found = {}
    for row, i in enumerate(live):
        if fine[row].any():
            # Where the target is met at the start, the farthest that still meets it; else the nearest.
            away = {_away(float(x), rays[i]): float(x) for x in polished[row][fine[row]]}
            needed = away[max(away) if good[i][0] else min(away)]
            other = 1 if good[i][0] else 0
            found[i] = Bracket(min(away), needed, there[row][:, other], float(ends[row][other]))
    return found


def _between(ray: Ray, start: float, end: float) -> Array:
    """Points of a bracket with both ends: even in ratio, or even where a ratio has no meaning."""
    share = np.arange(_PARTS + 1) / _PARTS
    if start > 0 and end > 0 and limits(ray.item.key).le != 1:
        points = start * (end / start) ** share
    else:
        points = start + (end - start) * share
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
