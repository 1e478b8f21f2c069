"""Which single inputs bring a quantity to a target, and how far each must move."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferscope.core.bind import Bound, bind
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate, evaluate_bound
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.plan import plan, replan
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.inputs import INPUTS, Input, limits, present
from inferscope.core.units import human

__all__ = ["Goal", "Reached", "computed", "reach"]

_STEPS = 32
"""Points tried on each side of the present value."""
_OCTAVES = 14.0
"""How many doublings and halvings away a value may lie."""
_PARTS, _ROUNDS = 16, 5
"""Into how many parts a bracket is cut, and how often."""
_SLACK = 1e-9
"""A target counts as met within this share of it."""
_PUSHES = (1.0, 1.002, 1.02, 1.1, 1.5)
"""By how much an input is pushed where the whole scenario, planned anew, misses the target by a little."""
_WHOLE = frozenset(item.key for item in INPUTS if item.is_whole)
_HELD = {"workload.batch": "batch", "hardware.replicas": "replicas"}
"""Inputs that the plan would otherwise choose."""


@dataclass(frozen=True)
class Reached:
    """What one input can do.

    Attributes:
        key: The scenario's dotted key.
        label: What it is called in tables.
        now: Its present value; None where none is set.
        needed: The nearest value that meets the target; None where none does.
        factor: Needed over present.
        value: What the quantity then is, or the nearest it comes to the target.
        nearest: The value at which it comes nearest, where it does not reach it.
        why: Why the target is not reached.
        unit: Unit of the input.
        changes: The keys to set for it.
    """

    key: str
    label: str
    now: float | None
    needed: float | None
    factor: float | None
    value: float | None
    nearest: float | None = None
    why: str = ""
    unit: str = "1"
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def distance(self) -> tuple[bool, float]:
        """By how much the input must move, in ratio; what cannot reach the target comes last."""
        moved = abs(math.log(self.factor)) if self.factor else math.inf
        return self.needed is None, moved


class Goal(NamedTuple):
    """A quantity and where it is to be."""

    quantity: str
    target: float
    here: float

    def met(self, values: Array) -> NDArray[np.bool_]:
        """Whether each value is on the right side; an unknown one is not."""
        slack = _SLACK * abs(self.target)
        if REGISTRY.node(self.quantity).better == "higher":
            return values >= self.target - slack
        return values <= self.target + slack

    def shown(self, value: float) -> str:
        """A value of the quantity with its unit."""
        return human(value, REGISTRY.node(self.quantity).unit, 4)


class _Ray(NamedTuple):
    """An input and the values tried from the present one outwards, ``(steps + 1,)``."""

    item: Input
    now: float
    moved: Mapping[str, float]
    points: Array


def reach(scenario: Scenario, quantity: str, target: float) -> tuple[Reached, ...]:
    """For every single number of a scenario, the value nearest to the present one that meets a target.

    Where the target is met already, how far each number may go until it no longer is. Batch and
    replicas that are ``auto`` follow. What is found is set in the scenario and computed again, with
    everything that it plans.

    Args:
        scenario: What stands.
        quantity: A quantity's name; of one that is better in neither direction the value is hit from below.
        target: In the quantity's unit.

    Returns:
        The inputs that reach it, the least moved first, then those that do not, with why.

    Raises:
        ScenarioError: The scenario cannot be evaluated.
        QuantityError: There is no such quantity.
    """
    REGISTRY.node(quantity)
    one = plan(bind([scenario]))
    goal = Goal(quantity, target, float(evaluate_bound(one, (quantity,))[quantity][0]))
    rays = _rays(one)
    grid = np.stack([ray.points for ray in rays])
    values = _values(one, rays, grid, quantity)
    ends = _brackets(one, rays, grid, values, goal)
    found = []
    for item in dict.fromkeys(ray.item for ray in rays):
        mine = [i for i, ray in enumerate(rays) if ray.item is item]
        best = min((end for i in mine if (end := ends.get(i))), key=lambda end: end[0], default=None)
        found.append(
            _reached(rays[mine[0]], None if best is None else best[1], grid[mine], values[mine], goal)
        )
    return tuple(sorted(_checked(scenario, found, goal), key=lambda item: item.distance))


# --- where to look -------------------------------------------------------------------------------


def _rays(one: Bound) -> list[_Ray]:
    """The inputs that the scenario has, each up and down from its present value."""
    rays = []
    for item in INPUTS:
        if (found := present(one, item)) is None:
            continue
        now, moved = found
        rays += [_Ray(item, now, moved, points) for points in _sides(one, item, now)]
    return rays


def _sides(one: Bound, item: Input, now: float) -> list[Array]:
    """The values to try on either side, closer together near the present one."""
    bounds = limits(item.key)
    low = bounds.ge if bounds.ge is not None else 0.0
    high = bounds.le if bounds.le is not None else math.inf
    steps = (np.arange(_STEPS + 1) / _STEPS) ** 2
    if math.isnan(now):
        return _unset(one, item)
    if high <= 1.0:
        sides = [now + (end - now) * steps for end in (low or 1e-6, high) if end != now]
    elif now == 0.0:
        first = 1.0 if item.is_whole else 1e-3
        sides = [np.append(0.0, np.geomspace(first, first * 2.0 ** (_OCTAVES + 6), _STEPS))]
    else:
        sides = [now * 2.0 ** (_OCTAVES * steps), now * 2.0 ** (-_OCTAVES * steps)]
        if bounds.ge == 0.0:
            sides[1][-1] = 0.0
    if item.is_whole:
        sides = [np.concatenate([side[:1], np.round(side[1:])]) for side in sides]
    return [clipped for side in sides if np.any((clipped := np.clip(side, low, high)) != now)]


def _unset(one: Bound, item: Input) -> list[Array]:
    """For a number that is not set: from far on the loose side."""
    if isinstance(item.start, float):
        return [np.geomspace(item.start, item.start * 1e7, _STEPS + 1)]
    if not item.start:
        return []
    loose = 2.0 * float(evaluate_bound(one, (item.start,))[item.start][0])
    return [] if math.isnan(loose) else [loose * 2.0 ** (-np.linspace(0.0, _OCTAVES, _STEPS + 1))]


def _values(one: Bound, rays: Sequence[_Ray], grid: Array, quantity: str) -> Array:
    """The quantity at every point of every ray, ``(rays, points)``."""
    found = np.full(grid.shape, math.nan)
    for held in ("", *_HELD.values()):
        mine = [i for i, ray in enumerate(rays) if _HELD.get(ray.item.key, "") == held]
        if not mine:
            continue
        names = dict.fromkeys(name for i in mine for name in rays[i].moved)
        changes = {name: np.full((len(mine), grid.shape[1]), one.inputs[name][0]) for name in names}
        for row, i in enumerate(mine):
            for name, ratio in rays[i].moved.items():
                changes[name][row] = grid[i] * ratio
        bound = replan(one, {name: column.ravel() for name, column in changes.items()}, held=(held,))
        found[mine] = evaluate_bound(bound, (quantity,))[quantity].reshape(len(mine), -1)
    return found


# --- where it turns ------------------------------------------------------------------------------


def _turn(met: NDArray[np.bool_]) -> int:
    """The first place that differs from the start; 0 where none does."""
    return int(np.argmax(met != met[0]))


def _brackets(
    one: Bound, rays: Sequence[_Ray], grid: Array, values: Array, goal: Goal
) -> dict[int, tuple[float, float]]:
    """For each ray on which the target is crossed: how far away, and the nearest value that meets it."""
    met = goal.met(values)
    live = [i for i in range(len(rays)) if _turn(met[i])]
    if not live:
        return {}
    some = [rays[i] for i in live]
    turns = [_turn(met[i]) for i in live]
    ends = np.array([(grid[i][k - 1], grid[i][k]) for i, k in zip(live, turns, strict=True)])
    sides = np.array([(values[i][k - 1], values[i][k]) for i, k in zip(live, turns, strict=True)])
    for _ in range(_ROUNDS):
        parts = np.stack([_between(ray, *end) for ray, end in zip(some, ends, strict=True)])
        inner = _values(one, some, parts, goal.quantity)
        for row, good in enumerate(goal.met(inner)):
            if k := _turn(good):
                ends[row], sides[row] = parts[row][k - 1 : k + 1], inner[row][k - 1 : k + 1]
    polished = np.stack([_candidates(*row, goal.target) for row in zip(some, ends, sides, strict=True)])
    good = goal.met(_values(one, some, polished, goal.quantity))
    found = {}
    for i, ray, tried, ok in zip(live, some, polished, good, strict=True):
        if ok.any():
            # Where the target is met at the start, the farthest that still meets it; else the nearest.
            places = [float(x) for x, is_met in zip(tried, ok, strict=True) if is_met]
            away = {_away(x, ray): x for x in places}
            found[i] = (min(away), away[max(away) if met[i][0] else min(away)])
    return found


def _between(ray: _Ray, start: float, end: float) -> Array:
    """Points of a bracket with both ends: even in ratio, or even where a ratio has no meaning."""
    share = np.arange(_PARTS + 1) / _PARTS
    if start > 0 and end > 0 and limits(ray.item.key).le != 1:
        points = start * (end / start) ** share
    else:
        points = start + (end - start) * share
    points[0], points[-1] = start, end
    return np.round(points) if ray.item.is_whole else points


def _candidates(ray: _Ray, ends: Array, sides: Array, target: float) -> Array:
    """Both ends of a bracket, and where a power law or a straight line through them meets the target."""
    (x, end), (y, there) = ends, sides
    with np.errstate(all="ignore"):
        bent = x * (end / x) ** (np.log(target / y) / np.log(there / y))
        straight = x + (end - x) * (target - y) / (there - y)
    inside = [float(f"{p:.12g}") for p in (bent, straight) if min(x, end) <= p <= max(x, end)]
    if ray.item.is_whole:
        inside = [p for p in inside if p == round(p)]
    return np.array([x, end, *inside, x, x][:4])


def _away(x: float, ray: _Ray) -> float:
    """How far a value lies from the present one."""
    return (
        abs(math.log(x / ray.now))
        if x > 0 and ray.now > 0
        else abs(x - (0.0 if math.isnan(ray.now) else ray.now))
    )


# --- what is said of it --------------------------------------------------------------------------


def _reached(ray: _Ray, needed: float | None, grid: Array, values: Array, goal: Goal) -> Reached:
    """One line of the answer, before it is computed again."""
    item, now = ray.item, None if math.isnan(ray.now) else ray.now
    plain = Reached(item.key, item.label, now, None, None, None, unit=item.unit)
    if needed is not None:
        return _moved(plain, needed)
    known = np.isfinite(values)
    if not known.any():
        return replace(plain, why="at no value tried can it be computed")
    place = np.unravel_index(
        int(np.nanargmin(np.where(known, np.abs(values - goal.target), np.nan))), values.shape
    )
    value = float(values[place])
    if np.ptp(values[known]) <= _SLACK * abs(value) and known.all():
        return replace(plain, value=value, why="does not move it")
    if goal.met(values).all():
        return replace(plain, value=value, why="meets the target at every value tried")
    if abs(value - goal.here) <= _SLACK * abs(goal.here):
        return replace(plain, value=value, why="brings it no nearer")
    nearest = float(grid[place])
    at = human(nearest, item.unit, 4)
    why = f"comes nearest at {at}: {goal.shown(value)}"
    return replace(plain, value=value, nearest=nearest, why=why)


def _checked(scenario: Scenario, found: Sequence[Reached], goal: Goal) -> list[Reached]:
    """What was found, set in the scenario and computed with everything that it plans.

    Where the plan then chooses a layout that misses the target, the input is pushed a little further; where
    the target is met already, back towards where it is.
    """
    back = bool(goal.met(np.array([goal.here]))[0])
    result = list(found)
    open_ = [i for i, item in enumerate(found) if item.changes]
    for push in _PUSHES:
        pushed = {i: _pushed(found[i], push, back=back) for i in open_}
        values = computed(scenario, [item.changes for item in pushed.values()], goal.quantity)
        for (i, item), value in zip(pushed.items(), values, strict=True):
            result[i] = _settled(item, value, goal)
        open_ = [i for i in open_ if result[i].needed is None]
        if not open_:
            break
    return result


def _pushed(item: Reached, push: float, *, back: bool) -> Reached:
    """The same, so much further from the present value or back towards it, within bounds."""
    if push == 1.0 or item.needed is None:
        return item
    now = math.inf if item.now is None else item.now
    down = (item.needed < now) != back
    bounds = limits(item.key)
    needed = item.needed / push if down else item.needed * push
    if back:
        needed = max(needed, now) if down else min(needed, now)
    if item.key in _WHOLE:
        needed = math.floor(needed) if down else math.ceil(needed)
    least = bounds.ge if bounds.ge is not None else 0.0
    return _moved(item, min(max(needed, least), bounds.le or math.inf))


def _moved(item: Reached, needed: float) -> Reached:
    """A line with the value that is needed, in twelve digits, whole numbers as such."""
    is_whole = needed == int(needed) and abs(needed) < 1e15
    figure = int(needed) if is_whole else float(f"{needed:.12g}")
    factor = figure / item.now if item.now else None
    return replace(item, needed=figure, factor=factor, changes={item.key: figure})


def computed(scenario: Scenario, changes: Sequence[Mapping[str, Any]], quantity: str) -> list[float | str]:
    """A quantity with each of some changes made; the words of the refusal where one is refused."""
    found: list[float | str] = []
    tried = []
    for change in changes:
        try:
            tried.append(with_values(scenario, change))
            found.append(math.nan)
        except ScenarioError as error:
            found.append(f"{error.key} {error.message}")
    places = [i for i, value in enumerate(found) if not isinstance(value, str)]
    try:
        values = evaluate(tried, (quantity,))[quantity].tolist() if tried else []
    except ScenarioError:
        values = [_one(other, quantity) for other in tried]
    for i, value in zip(places, values, strict=True):
        found[i] = value
    return found


def _one(scenario: Scenario, quantity: str) -> float | str:
    try:
        return float(evaluate(scenario, (quantity,))[quantity][0])
    except ScenarioError as error:
        return f"{error.key} {error.message}"


def _settled(item: Reached, value: float | str, goal: Goal) -> Reached:
    """A line with what the whole scenario gives; none where that does not meet the target."""
    missed = replace(item, needed=None, factor=None, changes={})
    if isinstance(value, str):
        return replace(missed, why=value)
    if goal.met(np.array([value])).all():
        return replace(item, value=value)
    at = human(item.needed or 0.0, item.unit, 4)
    if math.isnan(value):
        return replace(missed, value=None, why=f"at {at} and planned anew it has no value")
    return replace(missed, value=value, why=f"at {at} and planned anew it is {goal.shown(value)}")
