"""The points of a sweep without a list of them: which cases and numbers each block holds.

Keys that are numbers to the graph vary inside a case; all others make cases. Points of a case lie
together: keys that make cases vary slowest, the last axis fastest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inferscope.core.errors import ScenarioError
from inferscope.core.graph import Array
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.axes import Axis
from inferscope.core.study.points import Index, Span, number_keys

__all__ = ["MOST_POINTS", "Grid", "Part", "number_axes"]

MOST_POINTS = 10_000_000_000
"""Points of one sweep: days of work, and already more than anybody reads."""
BLOCK = 131_072
"""Points computed together: some ten megabytes, and a second or less."""
CASES = 256
"""Scenarios held together: each takes some hundred kilobytes."""
_TRIED = 12
"""Combinations of values in which keys are tried for being numbers."""


@dataclass(frozen=True, slots=True)
class Part:
    """The points of one block.

    Attributes:
        first: The place of its first point in the sweep.
        index: The place of each point on every axis, ``(n,)`` by key.
        cases: What the keys that make cases are set to.
        owner: The case of each point, ``(n,)``.
    """

    first: int
    index: Mapping[str, Index]
    cases: tuple[Mapping[str, Any], ...]
    owner: Index

    def __len__(self) -> int:
        """How many points."""
        return len(self.owner)


def number_axes(scenario: Scenario, axes: Sequence[Axis]) -> tuple[str, ...]:
    """The axes that can be columns of numbers; of those that act together the longest.

    What others are set to may forbid it, so that a few combinations of them are tried.
    """
    spans = {axis.key: span(axis.numbers) for axis in axes if axis.numbers is not None}
    sizes = {axis.key: len(axis) for axis in axes}
    best: tuple[str, ...] = ()
    for sample in _samples(axes):
        try:
            found = _fitting(with_values(scenario, sample), spans, sizes)
        except ScenarioError:  # its points say why
            continue
        best = max(best, found, key=lambda keys: math.prod(sizes[key] for key in keys))
        if len(best) == len(spans):
            break
    return tuple(axis.key for axis in axes if axis.key in best)


def _samples(axes: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """A few different combinations of values, the first ones first."""
    tried = min(math.prod(len(axis) for axis in axes), _TRIED)
    for i in range(tried):
        yield {axis.key: axis.at(i * (2 * j + 1) % len(axis)) for j, axis in enumerate(axes)}


def _fitting(scenario: Scenario, spans: Mapping[str, Span], sizes: Mapping[str, int]) -> tuple[str, ...]:
    """The keys that can vary together in one scenario, long axes before short ones."""
    found = number_keys(scenario, spans)
    if len(found) == len(spans):
        return found
    alone = [key for key in spans if key in found or number_keys(scenario, {key: spans[key]})]
    kept: dict[str, Span] = {}
    for key in sorted(alone, key=lambda key: -sizes[key]):
        trial = {**kept, key: spans[key]}
        if len(number_keys(scenario, trial)) == len(trial):
            kept = trial
    return tuple(kept)


def span(values: Array) -> Span:
    """The least and the largest of some numbers."""
    return float(values.min()), float(values.max())


@dataclass(frozen=True)
class Grid:
    """All combinations of the values of axes, or the axes walked together.

    Args:
        axes: The axes.
        numbers: Keys that vary inside a case.
        zipped: Whether all axes are walked together.

    Raises:
        ScenarioError: Axes walked together differ in length, or there are too many points.
    """

    axes: tuple[Axis, ...]
    numbers: tuple[str, ...]
    zipped: bool = False
    _groups: list[tuple[Index, int]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Count before anything is laid out."""
        if self.zipped and len({len(axis) for axis in self.axes}) > 1:
            sizes = ", ".join(f"{axis.key} {len(axis):,}" for axis in self.axes)
            message = f"axes that are walked together need the same number of values: {sizes}"
            raise ScenarioError(message)
        if self.points > MOST_POINTS:
            message = f"the axes ask for {self.points:,} points; a sweep has at most {MOST_POINTS:,}"
            raise ScenarioError(message)

    @property
    def points(self) -> int:
        """How many points."""
        if self.zipped:
            return len(self.axes[0]) if self.axes else 1
        return math.prod(len(axis) for axis in self.axes)

    @property
    def _outer(self) -> tuple[Axis, ...]:
        return tuple(axis for axis in self.axes if axis.key not in self.numbers)

    @property
    def _inner(self) -> tuple[Axis, ...]:
        return tuple(axis for axis in self.axes if axis.key in self.numbers)

    def _shape(self) -> tuple[int, int, int, int]:
        """Cases, points of each, cases and points of a block."""
        cases = math.prod(len(axis) for axis in self._outer)
        inner = math.prod(len(axis) for axis in self._inner)
        together = min(max(BLOCK // inner, 1), CASES)
        return cases, inner, together, min(inner, BLOCK)

    @property
    def blocks(self) -> int:
        """How many blocks."""
        if self.zipped:
            return -(-self.points // self._zipped_block())
        cases, inner, together, points = self._shape()
        return -(-cases // together) * -(-inner // points)

    def before(self, number: int) -> int:
        """How many points come before a block."""
        if self.zipped:
            return min(number * self._zipped_block(), self.points)
        _, inner, together, points = self._shape()
        group, piece = divmod(number, -(-inner // points))
        return min(group * together * inner + piece * points, self.points)

    def block(self, number: int) -> Part:
        """One block, by its place from 0."""
        return self._walked(number) if self.zipped else self._crossed(number)

    def _crossed(self, number: int) -> Part:
        cases, inner, together, points = self._shape()
        group, piece = divmod(number, -(-inner // points))
        first_case, first = group * together, piece * points
        last_case, last = min(first_case + together, cases), min(first + points, inner)
        chosen, places = np.arange(first_case, last_case), np.arange(first, last)
        outer = _unravelled(self._outer, chosen)
        repeated = {key: np.repeat(index, len(places)) for key, index in outer.items()}
        tiled = {key: np.tile(index, len(chosen)) for key, index in _unravelled(self._inner, places).items()}
        settings = tuple(
            {axis.key: axis.at(int(outer[axis.key][i])) for axis in self._outer} for i in range(len(chosen))
        )
        owner = np.repeat(np.arange(len(chosen)), len(places))
        return Part(first_case * inner + first, {**repeated, **tiled}, settings, owner)

    def _zipped_block(self) -> int:
        """Points of a block in which few enough cases can come."""
        if not self._outer:
            return BLOCK
        return BLOCK if self._combined()[1] <= CASES else CASES

    def _combined(self) -> tuple[Index, int]:
        """For axes walked together a number for each combination of what makes cases, ``(n,)``; and how many.

        Found once: every block asks for it.
        """
        if not self._groups:
            combined = np.zeros(self.points, dtype=np.intp)
            for axis in self._outer:
                seen: dict[Any, int] = {}
                codes = np.array([seen.setdefault((type(v), v), len(seen)) for v in axis.values])
                combined = np.unique(combined * len(seen) + codes, return_inverse=True)[1].reshape(-1)
            self._groups.append((combined, len(np.unique(combined))))
        return self._groups[0]

    def _walked(self, number: int) -> Part:
        size = self._zipped_block()
        places = np.arange(number * size, min((number + 1) * size, self.points))
        index = {axis.key: places for axis in self.axes}
        if not self._outer:
            return Part(int(places[0]), index, ({},), np.zeros(len(places), dtype=np.intp))
        _, rows, owner = np.unique(self._combined()[0][places], return_index=True, return_inverse=True)
        settings = tuple({axis.key: axis.at(int(places[row])) for axis in self._outer} for row in rows)
        return Part(int(places[0]), index, settings, owner.reshape(-1))


def _unravelled(axes: Sequence[Axis], places: Index) -> dict[str, Index]:
    """The place on each axis of points counted with the last axis fastest."""
    found: dict[str, Index] = {}
    for axis in reversed(axes):
        places, found[axis.key] = np.divmod(places, len(axis))
    return found
