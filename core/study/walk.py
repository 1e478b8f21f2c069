"""Walking along one input: where to look, and what the quantities are there with everything planned anew."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferscope.core.errors import ScenarioError
from inferscope.core.graph import Array
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.conditions import Condition
from inferscope.core.study.inputs import Input, limits
from inferscope.core.study.points import Points
from inferscope.core.study.search import OCTAVES, STEPS, Ray, sides

__all__ = ["Prefer", "Question", "Walk", "around", "settable", "where_to_look"]

Prefer = Literal["nearest", "least", "most"]
_ALL = 256
"""Whole numbers up to which every one in a range is tried."""
_NAMED = 12
"""Values that can be that are named."""
_FEW = 8
"""Values up to which each is made a scenario at once."""


class Question(NamedTuple):
    """What is asked: the scenarios in which the key is set, and what has to hold."""

    scenarios: tuple[Scenario, ...]
    item: Input
    now: float
    span: tuple[float, float] | None
    prefer: Prefer
    conditions: tuple[Condition, ...]

    @property
    def quantities(self) -> tuple[str, ...]:
        """Those that the conditions name, each once."""
        return tuple(dict.fromkeys(condition.name for condition in self.conditions))


def settable(item: Input, value: float) -> float | int:
    """A value as it is set: in twelve digits, whole numbers as such."""
    is_whole = item.is_whole or (value == int(value) and abs(value) < 1e15)
    return int(value) if is_whole else float(f"{value:.12g}")


def _rounded(item: Input, points: Array) -> Array:
    """Values as they are set (see :func:`settable`)."""
    return np.array([settable(item, value) for value in points.ravel().tolist()], dtype=np.float64)


class Walk:
    """The conditions' quantities along the key, each value a scenario of its own."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._is_bent = False
        self._tried: dict[float, bool] = {}
        self.refusal = ""

    @property
    def tried(self) -> int:
        """How many values were tried."""
        return len(self._tried)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which values can be at all, where some cannot."""
        can = sorted(value for value, is_possible in self._tried.items() if is_possible)
        if len(can) in (0, len(self._tried)):
            return ()
        shown = ", ".join(f"{value:g}" for value in can[:_NAMED])
        more = f", ... ({len(can):,} in all)" if len(can) > _NAMED else ""
        every, key = len(self._tried), self._question.item.key
        about = f"{every - len(can):,} of {every:,} values of {key} tried"
        return (f"{about} cannot be ({self.refusal}); these can: {shown}{more}",)

    def at(self, _rays: Sequence[Ray], points: Array) -> Array:
        """``(conditions, rays, points)``; a ratio of two scenarios where there are two."""
        values, place = np.unique(_rounded(self._question.item, points), return_inverse=True)
        found = [self.raw(scenario, values) for scenario in self._question.scenarios]
        with np.errstate(all="ignore"):
            columns = found[0] if len(found) == 1 else found[0] / found[1]
        names = self._question.quantities
        order = [names.index(condition.name) for condition in self._question.conditions]
        return columns[order][:, place.reshape(points.shape)]

    def raw(self, scenario: Scenario, values: Array) -> Array:
        """The quantities of one scenario with the key at some values, ``(quantities, values)``.

        Where a value is NaN, the scenario as it is.
        """
        if len(values) > _FEW and not np.isnan(values).any() and not self._is_bent:
            span = {self._question.item.key: (float(values.min()), float(values.max()))}
            try:
                found = self._evaluated(Points([scenario], span), {self._question.item.key: values})
            except ScenarioError:  # it does not move what is computed along straight lines
                self._is_bent = True
            else:
                self._tried.update(dict.fromkeys(values.tolist(), True))
                return found
        return self._each(scenario, values)

    def _each(self, scenario: Scenario, values: Array) -> Array:
        """The same, each value a scenario of its own; NaN where one cannot be."""
        result = np.full((len(self._question.quantities), len(values)), math.nan)
        cases: dict[int, Scenario] = {}
        for value in values[~np.isnan(values)].tolist():
            self._tried.setdefault(value, False)
        for i, value in enumerate(values.tolist()):
            change = (
                {} if math.isnan(value) else {self._question.item.key: settable(self._question.item, value)}
            )
            try:
                cases[i] = with_values(scenario, change)
            except ScenarioError as error:
                self.refusal = self.refusal or str(error)
        try:
            points = Points(list(cases.values()), {})
        except ScenarioError as error:  # none of them can be
            self.refusal = self.refusal or str(error)
            return result
        self.refusal = self.refusal or next(iter(points.refused.values()), "")
        can = [float(values[i]) for row, i in enumerate(cases) if row not in points.refused]
        self._tried.update({value: True for value in can if not math.isnan(value)})
        result[:, list(cases)] = self._evaluated(points, {}, np.arange(len(cases)))
        return result

    def _evaluated(
        self, points: Points, values: Mapping[str, Array], owner: NDArray[np.intp] | None = None
    ) -> Array:
        names = self._question.quantities
        found = points.evaluate(names, values, owner)
        return np.array([found[name] for name in names])


# --- where to look -------------------------------------------------------------------------------


def where_to_look(question: Question) -> list[Ray]:
    """Where to look: outwards from the present value, or through the whole range from one end."""
    item, now, span, prefer = question.item, question.now, question.span, question.prefer
    if prefer != "nearest":
        points = _range(item, now, span)
        points = points if prefer == "least" else points[::-1]
        return [Ray(item, float(points[0]), {}, points)]
    if math.isnan(now):
        message = f"has no present value to start from: ask for the least or the most of {item.key}=LOW:HIGH"
        raise ScenarioError(message, key=item.key)
    if span is None:
        return [Ray(item, now, {}, points) for points in sides(item, now)]
    low, high = span
    if not low < high or not low <= now <= high:
        ends = (low, high) if now < low else (high, low)
        return [Ray(item, ends[0], {}, _spaced(item, *ends))]
    return [Ray(item, now, {}, _spaced(item, now, end)) for end in (high, low) if end != now]


def _range(item: Input, now: float, span: tuple[float, float] | None) -> Array:
    """The values of a whole range, rising."""
    if span is not None:
        return _spaced(item, *span)
    if math.isnan(now):
        message = f"has no present value: give a range, {item.key}=LOW:HIGH"
        raise ScenarioError(message, key=item.key)
    return np.unique(np.concatenate(sides(item, now)))


def _spaced(item: Input, start: float, end: float) -> Array:
    """Values from one end to the other: every whole number of few, else even, in ratio where that is far."""
    if item.is_whole and abs(end - start) <= _ALL:
        return np.arange(abs(end - start) + 1.0) * math.copysign(1.0, end - start) + start
    low, high = min(start, end), max(start, end)
    count = 4 * STEPS + 1
    if low > 0 and high > 4.0 * low:
        points = np.geomspace(low, high, count)
    elif low == 0 and not item.is_whole and high > 0:
        points = np.append(0.0, np.geomspace(high * 2.0**-OCTAVES, high, count - 1))
    else:
        points = np.linspace(low, high, count)
    points[-1] = high
    points = np.unique(np.round(points)) if item.is_whole else points
    return points if start < end else points[::-1]


def around(item: Input, now: float, at: float | None) -> Array:
    """Values for a plot: from half the lesser of two to twice the greater, within bounds."""
    ends = [value for value in (now, at) if value is not None and value > 0]
    if not ends:
        return np.empty(0)
    bounds = limits(item.key)
    points = np.geomspace(min(ends) / 2.0, max(ends) * 2.0, STEPS + 1)
    points = np.clip(points, bounds.ge, bounds.le)
    return np.unique(np.round(points) if item.is_whole else points)
