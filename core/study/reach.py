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
from inferscope.core.study.conditions import Condition
from inferscope.core.study.inputs import INPUTS, Input, limits, present
from inferscope.core.study.search import OCTAVES, STEPS, Ray, bracket, paths, sides
from inferscope.core.units import human

__all__ = ["Goal", "Reached", "computed", "reach"]

_SAME = 1e-9
"""Relative difference below which a quantity counts as not moved."""
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

    @property
    def condition(self) -> Condition:
        """What is to be met: the better side of the target."""
        sign = ">=" if REGISTRY.node(self.quantity).better == "higher" else "<="
        return Condition(self.quantity, sign, self.target)

    def met(self, values: Array) -> NDArray[np.bool_]:
        """Whether each value is on the right side; an unknown one is not."""
        return self.condition.met(values)

    def shown(self, value: float) -> str:
        """A value of the quantity with its unit."""
        return human(value, REGISTRY.node(self.quantity).unit, 4)


def reach(
    scenario: Scenario, quantity: str, target: float, inputs: Sequence[Input] = INPUTS
) -> tuple[Reached, ...]:
    """For every single number of a scenario, the value nearest to the present one that meets a target.

    Where the target is met already, how far each number may go until it no longer is. Batch and
    replicas that are ``auto`` follow. What is found is set in the scenario and computed again, with
    everything that it plans.

    Args:
        scenario: What stands.
        quantity: A quantity's name; of one that is better in neither direction the value is hit from below.
        target: In the quantity's unit.
        inputs: The numbers to try.

    Returns:
        The inputs that reach it, the least moved first, then those that do not, with why.

    Raises:
        ScenarioError: The scenario cannot be evaluated.
        QuantityError: There is no such quantity.
    """
    REGISTRY.node(quantity)
    one = plan(bind([scenario]))
    goal = Goal(quantity, target, float(evaluate_bound(one, (quantity,))[quantity][0]))
    rays = _rays(one, inputs)
    if not rays:
        return ()
    grid = np.stack([ray.points for ray in rays])
    values = _values(one, rays, grid, quantity)

    def evaluate_at(some: Sequence[Ray], points: Array) -> Array:
        return _values(one, some, points, quantity)[np.newaxis]

    tried = paths(rays, grid, values[np.newaxis], (goal.condition,), evaluate_at)
    found = []
    for item in dict.fromkeys(ray.item for ray in rays):
        mine = [path for path in tried if path.ray.item is item]
        ends = [end for path in mine if (end := bracket(path, (goal.condition,))) is not None]
        needed = min(ends, key=lambda end: end.distance).needed if ends else None
        points, seen = (
            np.concatenate(parts) for parts in zip(*((p.points, p.values[0]) for p in mine), strict=True)
        )
        found.append(_reached(mine[0].ray, needed, points, seen, goal))
    return tuple(sorted(_checked(scenario, found, goal), key=lambda item: item.distance))


# --- where to look -------------------------------------------------------------------------------


def _rays(one: Bound, inputs: Sequence[Input]) -> list[Ray]:
    """Those inputs that the scenario has, each up and down from its present value."""
    rays = []
    for item in inputs:
        if (found := present(one, item)) is None:
            continue
        now, moved = found
        rays += [Ray(item, now, moved, points) for points in _sides(one, item, now)]
    return rays


def _sides(one: Bound, item: Input, now: float) -> list[Array]:
    """The values to try on either side; for a number that is not set, from the loose side."""
    return _unset(one, item) if math.isnan(now) else sides(item, now)


def _unset(one: Bound, item: Input) -> list[Array]:
    """For a number that is not set: from far on the loose side."""
    if isinstance(item.start, float):
        return [np.geomspace(item.start, item.start * 1e7, STEPS + 1)]
    if not item.start:
        return []
    loose = 2.0 * float(evaluate_bound(one, (item.start,))[item.start][0])
    return [] if math.isnan(loose) else [loose * 2.0 ** (-np.linspace(0.0, OCTAVES, STEPS + 1))]


def _values(one: Bound, rays: Sequence[Ray], grid: Array, quantity: str) -> Array:
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


# --- what is said of it --------------------------------------------------------------------------


def _reached(ray: Ray, needed: float | None, points: Array, values: Array, goal: Goal) -> Reached:
    """One line of the answer, before it is computed again."""
    item, now = ray.item, None if math.isnan(ray.now) else ray.now
    plain = Reached(item.key, item.label, now, None, None, None, unit=item.unit)
    if needed is not None:
        return _moved(plain, needed)
    known = np.isfinite(values)
    if not known.any():
        return replace(plain, why="at no value tried can it be computed")
    place = int(np.nanargmin(np.where(known, np.abs(values - goal.target), np.nan)))
    value = float(values[place])
    if np.ptp(values[known]) <= _SAME * abs(value) and known.all():
        return replace(plain, value=value, why="does not move it")
    if goal.met(values).all():
        return replace(plain, value=value, why="meets the target at every value tried")
    if abs(value - goal.here) <= _SAME * abs(goal.here):
        return replace(plain, value=value, why="brings it no nearer")
    nearest = float(points[place])
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
            found.append(error.said)
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
        return error.said


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
