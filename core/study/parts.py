"""The points of one block of a sweep: their numbers, and why where there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.leaves import Resolved
from inferscope.core.plan import PLANNED_BY
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.axes import plain
from inferscope.core.study.grid import CASES
from inferscope.core.study.points import Index, Points, Span, number_keys

__all__ = ["Evaluator", "Vocabulary"]

_TELLING = ("fits_memory", "batch", "ttft_s", "tpot_s")
"""What tells reasons apart, where it has no number itself."""
_WORD_ONLY = ("does_not_fit", "slo_unreachable")
"""Reasons whose words behind the colon hold the numbers of one row."""
_HUGE = "unknown: larger than any number"


class Vocabulary:
    """Texts numbered in the order in which they come; the first is none."""

    def __init__(self) -> None:
        self.known: list[str | None] = [None]
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """The number of a text, a new one where it is new."""
        if text not in self._places:
            self._places[text] = len(self.known)
            self.known.append(text)
        return self._places[text]


@dataclass(frozen=True, slots=True)
class _Block:
    """What is filled in for a block: quantities by name, and the number of each row's reason."""

    values: Mapping[str, Array]
    found: dict[str, Array]
    whys: Index


class Evaluator:
    """Computes quantities of a scenario in which some keys make cases and others are numbers.

    Args:
        scenario: The scenario.
        spans: The least and largest value of the keys that are numbers.
        outputs: Quantities to compute.
        explained: Those of them that a row has to have a number of, or a reason.
    """

    def __init__(
        self, scenario: Scenario, spans: Mapping[str, Span], outputs: Sequence[str], explained: Sequence[str]
    ) -> None:
        self.scenario = scenario
        self.spans = dict(spans)
        self.outputs = tuple(outputs)
        self.explained = tuple(explained)
        self.reasons = Vocabulary()
        self._last: tuple[Any, Points] | None = None

    def compute(
        self, cases: Sequence[Mapping[str, Any]], values: Mapping[str, Array], owner: Index
    ) -> tuple[dict[str, Array], Index]:
        """The quantities and the reasons of points.

        Args:
            cases: What the keys that make cases are set to.
            values: The numbers by key, ``(n,)``.
            owner: The case of each point, ``(n,)``.

        Returns:
            Arrays ``(n,)`` by name, NaN where there is no number; the place in ``reasons`` of why, 0
            where all that is explained has one.
        """
        rows = len(owner)
        found = {name: np.full(rows, np.nan) for name in self.outputs}
        block = _Block(values, found, np.zeros(rows, dtype=np.intp))
        if rows:
            self._fill(block, np.arange(rows), self.scenario, cases, self.spans, owner)
        return block.found, block.whys

    def _fill(
        self,
        block: _Block,
        rows: Index,
        base: Scenario,
        cases: Sequence[Mapping[str, Any]],
        spans: Mapping[str, Span],
        owner: Index,
    ) -> None:
        """Rows of a block, whose cases are a scenario with keys set."""
        lowest = {key: plain(span[0]) for key, span in spans.items()}  # some keys need one another
        scenarios: list[Scenario] = []
        places: list[int] = []
        for place, changes in enumerate(cases):
            try:
                scenarios.append(with_values(base, {**lowest, **changes}) if spans or changes else base)
            except ScenarioError as error:
                self._refuse(block, rows[owner == place], error.said)
            else:
                places.append(place)
        if len(places) < len(cases):
            keep = np.isin(owner, places)
            rows, owner = rows[keep], np.searchsorted(places, owner[keep])
        points, refused = self._points(scenarios, spans, base)
        for place, why in refused.items():
            self._divide(block, rows[owner == place], scenarios[place], spans, why)
        if points is None or not len(rows):
            return
        if refused:
            keep = ~np.isin(owner, list(refused))
            rows, owner = rows[keep], owner[keep]
        values = {key: block.values[key][rows] for key in spans}
        found = points.evaluate(self.outputs, values, owner)
        for name, column in found.items():
            block.found[name][rows] = column
        block.whys[rows] = self._whys(points, scenarios, values, owner, found)

    def _points(
        self, scenarios: Sequence[Scenario], spans: Mapping[str, Span], base: Scenario
    ) -> tuple[Points | None, Mapping[int, str]]:
        """The cases made ready, and why some cannot be."""
        key = (tuple(map(id, scenarios)), tuple(spans), id(base))
        if self._last is not None and self._last[0] == key:
            return self._last[1], self._last[1].refused
        try:
            points = Points(scenarios, spans)
        except ScenarioError:  # none can be
            return None, {place: _alone(scenario, spans) for place, scenario in enumerate(scenarios)}
        if len(scenarios) == 1 and scenarios[0] is self.scenario:
            self._last = key, points  # a sweep of numbers only comes back to it block by block
        return points, points.refused

    def _divide(
        self, block: _Block, rows: Index, scenario: Scenario, spans: Mapping[str, Span], why: str
    ) -> None:
        """Rows of a case that cannot vary in all its numbers: those that it cannot make cases of its own."""
        if not spans or _is_hopeless(scenario, spans):
            self._refuse(block, rows, why)
            return
        kept = number_keys(scenario, spans)
        split = [key for key in spans if key not in kept] or list(spans)
        columns = np.stack([block.values[key][rows] for key in split], axis=1)
        combined, owner = np.unique(columns, axis=0, return_inverse=True)
        owner = owner.reshape(-1)
        for start in range(0, len(combined), CASES):
            part = combined[start : start + CASES]
            own = np.flatnonzero((owner >= start) & (owner < start + CASES))
            cases = [{k: plain(float(v)) for k, v in zip(split, line, strict=True)} for line in part]
            inner = {key: spans[key] for key in kept}
            self._fill(block, rows[own], scenario, cases, inner, owner[own] - start)

    def _refuse(self, block: _Block, rows: Index, why: str) -> None:
        block.whys[rows] = self.reasons.place(f"refused: {why}")

    # --- why -------------------------------------------------------------------------------------

    def _whys(
        self,
        points: Points,
        scenarios: Sequence[Scenario],
        values: Mapping[str, Array],
        owner: Index,
        found: Mapping[str, Array],
    ) -> Index:
        """Why the first number that a row lacks is absent, once for all rows of a case that lack the same."""
        whys = np.zeros(len(owner), dtype=np.intp)
        missing = np.zeros(len(owner), dtype=np.bool_)
        for name in self.explained:
            missing |= ~np.isfinite(found[name])
        rows = np.flatnonzero(missing)
        if not len(rows):
            return whys
        telling = {name: found[name][rows] for name in _TELLING if name in found}
        if beside := [name for name in _TELLING if name not in found]:
            some = {key: column[rows] for key, column in values.items()}
            telling |= points.evaluate(beside, some, owner[rows])
        lacks = {name: ~np.isfinite(found[name][rows]) for name in self.explained}
        flags = [*lacks.values(), *(~np.isfinite(v) for v in telling.values()), telling["fits_memory"] > 0]
        first, group = _groups([owner[rows], *flags])
        seen: dict[Any, int] = {}
        places = np.zeros(len(first), dtype=np.intp)
        for place, row in enumerate(first):
            case = int(owner[rows[row]])
            name = next(name for name, lack in lacks.items() if lack[row])
            # cases in which the same inputs are absent lack a number for the same reason
            signature = (name, tuple(bool(flag[row]) for flag in flags), _absent(points.resolved(case), name))
            if signature not in seen:
                numbers = {key: plain(float(column[rows[row]])) for key, column in values.items()}
                seen[signature] = self.reasons.place(_reason(scenarios[case], numbers, name))
            places[place] = seen[signature]
        whys[rows] = places[group]
        return whys


def _absent(case: Resolved, name: str) -> frozenset[tuple[str, str]]:
    """The inputs of a quantity that a case lacks, and why."""
    leaves = case.leaves
    return frozenset((n, leaf.why) for n in _read_by(name) if (leaf := leaves.get(n)) and leaf.why)


@cache
def _read_by(name: str) -> tuple[str, ...]:
    """The inputs that a quantity and the plan read."""
    needed = REGISTRY.needed((name, *PLANNED_BY))
    return tuple({p: None for n in needed for p in REGISTRY.quantities[n].parents if p in REGISTRY.inputs})


def _groups(columns: Sequence[Any]) -> tuple[Index, Index]:
    """Rows that are alike in all columns: the first of each group, and the group of each row."""
    code = np.asarray(columns[0], dtype=np.int64)
    for flag in columns[1:]:
        if code.max(initial=0) > 2**60:
            code = np.unique(code, return_inverse=True)[1].reshape(-1)
        code = 2 * code + flag
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    return first, group.reshape(-1)


def _reason(scenario: Scenario, numbers: Mapping[str, Any], name: str) -> str:
    """Why a quantity of one point has no number."""
    try:
        result = evaluate(with_values(scenario, numbers) if numbers else scenario, [name])
    except ScenarioError as error:
        return f"refused: {error.said}"
    why = result.why(name) or _HUGE
    return next((word for word in _WORD_ONLY if why.startswith(word)), why)


def _alone(scenario: Scenario, spans: Mapping[str, Span]) -> str:
    """Why a case cannot be."""
    try:
        Points([scenario], spans)
    except ScenarioError as error:
        return error.said
    return "cannot be beside the others"


def _is_hopeless(scenario: Scenario, spans: Mapping[str, Span]) -> bool:
    """Whether a case is refused for the same reason whatever its numbers are."""
    whys = set()
    for share in (0.0, 1.0, 0.5):
        numbers = {key: _within(span, share) for key, span in spans.items()}
        try:
            Points([with_values(scenario, numbers)], {})
        except ScenarioError as error:
            whys.add(error.said)
        else:
            return False
    return len(whys) == 1


def _within(span: Span, share: float) -> float:
    """A value of a span; whole where both ends are."""
    value = span[0] + share * (span[1] - span[0])
    return plain(float(round(value)) if all(end == int(end) for end in span) else value)
