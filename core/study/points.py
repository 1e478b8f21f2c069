"""Many points of few scenarios: what every study evaluates.

A point is a scenario (a *case*) with some numbers set. Numbers that reach the graph unchanged, or
through a straight line, are laid out as arrays without making a scenario of each point; what a
number does to a case is found by setting it and looking, never assumed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferscope.core.bind import Bound, bind_resolved
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.layouts import DEGREES, layouts
from inferscope.core.leaves import Resolved, resolve
from inferscope.core.plan import PLANNED_BY, plan
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.tables import value_at
from inferscope.core.study.table import Watch

__all__ = ["Line", "Points", "Span", "number_keys", "straight_lines"]

Index = NDArray[np.intp]
Span = tuple[float, float]

CHUNK = 8192
"""Points computed together: most of their inputs are single numbers, so that the rest fits into the cache."""
_TOGETHER = 256
"""Points of one case from which on they are evaluated apart from those of other cases."""
_PINS = "pins."
_LAID_OUT = frozenset({*DEGREES, "hardware_scaleup_domain", "model_experts"})
"""Inputs that decide which layouts are legal."""
_SLOTS = (
    "model_slot_kv_elements",
    "model_slot_index_bytes",
    "model_slot_decode_flop",
    "model_slot_prefill_flop",
    "model_slot_index_flop",
)
"""Inputs that are all zero in an attention slot that a model does not have."""


class Line(NamedTuple):
    """How an input follows a number: ``start + slope * number``."""

    start: float
    slope: float

    def at(self, values: Array) -> Array:
        """The input at each value; the very same figures where it is the number itself."""
        if self.start == 0.0:
            return values if self.slope == 1.0 else self.slope * values
        return self.start + self.slope * values


Lines = Mapping[str, Mapping[str, Line]]
"""By key, then by input."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A scenario with its numbers set, and what they move."""

    resolved: Resolved
    lines: Lines


class Points:
    """A few scenarios in which the same numbers vary.

    Args:
        cases: Scenarios.
        spans: The numbers that vary, by dotted key, each with its least and largest value. All must
            be among :func:`number_keys`.

    Attributes:
        refused: Why a case cannot be, by its place; all its points are NaN.

    Raises:
        ScenarioError: A number is out of bounds, or moves a case in another way than a straight line.
    """

    def __init__(self, cases: Sequence[Scenario], spans: Mapping[str, Span]) -> None:
        self.refused: dict[int, str] = {}
        self._keys = tuple(spans)
        found: dict[int, _Case] = {}
        owners: Mapping[str, frozenset[str]] | None = None
        for place, scenario in enumerate(cases):
            try:
                found[place], owners = _probed(_set(scenario, spans), spans, owners)
            except ScenarioError as error:
                self.refused[place] = error.said
        if not found and self.refused:
            raise ScenarioError(next(iter(self.refused.values())))
        self._places = {place: row for row, place in enumerate(found)}
        self._cases = tuple(found.values())
        self._bound = bind_resolved(case.resolved for case in self._cases)
        self._held: Bound | None = None

    def resolved(self, case: int = 0) -> Resolved:
        """One case with its leaves, its numbers as the scenario has them."""
        return self._cases[self._places[case]].resolved

    def bound(self, case: int = 0, *, held: bool = False) -> Bound:
        """One case, bound, with its numbers as the scenario has them."""
        return (self._planned() if held else self._bound).take([self._places[case]])

    def _planned(self) -> Bound:
        """All cases with everything that is ``auto`` decided at the scenarios' own numbers."""
        if self._held is None:
            planned = plan(self._bound)
            fixed = tuple(replace(item, auto=set()) for item in planned.resolved)
            self._held = replace(planned, resolved=fixed)
        return self._held

    def evaluate(
        self,
        outputs: Iterable[str],
        values: Mapping[str, Array],
        owner: Index | None = None,
        *,
        inputs: Mapping[str, Array] | None = None,
        held: bool = False,
        chunk: int = CHUNK,
        watch: Watch | None = None,
    ) -> dict[str, Array]:
        """Quantities at points.

        Args:
            outputs: Names of quantities.
            values: The numbers by dotted key, ``(n,)``.
            owner: The case of each point, ``(n,)``; by default the first.
            inputs: Inputs of the graph set beside them, ``(n,)``.
            held: Whether what is ``auto`` is decided once for each case instead of at each point.
            chunk: Points computed together.
            watch: Told between chunks how many points are done.

        Returns:
            Arrays ``(n,)`` by name, NaN where there is no number.
        """
        names = tuple(outputs)
        beside = dict(inputs or {})
        rows = max((len(v) for v in (*values.values(), *beside.values())), default=1)
        owner = np.zeros(rows, dtype=np.intp) if owner is None else owner
        rows = max(rows, len(owner))
        results = {name: np.full(rows, math.nan) for name in names}
        bound = self._planned() if held else self._bound
        kept = _wanted(names)
        bound = replace(bound, inputs={n: v for n, v in bound.inputs.items() if n in kept})
        done = 0
        for case, own in self._parts(owner):
            one = None if case is None else _trimmed(bound.take([case]))
            for start in range(0, len(own), chunk):
                points = own[start : start + chunk]
                part = {key: np.asarray(v, dtype=np.float64)[points] for key, v in values.items()}
                more = {name: v[points] for name, v in beside.items()}
                if one is not None and case is not None:
                    laid = self._laid(one, {**self._moved(case, part), **more}, part, len(points))
                else:
                    rows_of = np.array([self._places[int(place)] for place in owner[points]], dtype=np.intp)
                    spread = _trimmed(bound).spread(rows_of)
                    laid = self._laid(
                        spread, {**self._mixed(rows_of, part, spread), **more}, part, len(points)
                    )
                found = evaluate_bound(laid if held else plan(laid), names, chunk=chunk)
                for name in names:
                    results[name][points] = found[name]
                done += len(points)
                if watch is not None:
                    watch(done, rows)
        return results

    def _parts(self, owner: Index) -> Iterable[tuple[int | None, Index]]:
        """Points to compute together: those of one case where it has many, then the rest, mixed."""
        if len(self._cases) == 1 and not self.refused:
            yield 0, np.arange(len(owner))
            return
        count = np.bincount(owner, minlength=len(self._cases) + len(self.refused))
        order = np.argsort(owner, kind="stable")
        ends = np.cumsum(count)
        mixed: list[Index] = []
        for place in np.flatnonzero(count):
            own = order[ends[place] - count[place] : ends[place]]
            if place in self.refused:
                continue
            if count[place] < _TOGETHER:
                mixed.append(own)
            else:
                yield self._places[int(place)], own
        if mixed:
            yield None, np.concatenate(mixed)

    @staticmethod
    def _laid(rows: Bound, changes: Mapping[str, Array], values: Mapping[str, Array], count: int) -> Bound:
        """Rows with what varies set in them; what they share stays a single number."""
        pins = {key.removeprefix(_PINS): v for key, v in values.items() if key.startswith(_PINS)}
        return replace(rows.with_inputs(changes), rows=count, pins={**rows.pins, **pins})

    def _moved(self, case: int, values: Mapping[str, Array]) -> dict[str, Array]:
        """The inputs of one case that its numbers move."""
        lines = self._cases[case].lines
        return {name: line.at(column) for key, column in values.items() for name, line in lines[key].items()}

    def _mixed(self, rows: Index, values: Mapping[str, Array], spread: Bound) -> dict[str, Array]:
        """The inputs that numbers move in rows of several cases; where they move nothing, as they were."""
        changes: dict[str, Array] = {}
        for key, column in values.items():
            every = [case.lines[key] for case in self._cases]
            for name in dict.fromkeys(name for lines in every for name in lines):
                if name not in spread.inputs:
                    continue
                known = [lines.get(name) for lines in every]
                if all(line == (0.0, 1.0) for line in known):
                    changes[name] = column
                    continue
                start = np.array([math.nan if line is None else line.start for line in known])[rows]
                slope = np.array([0.0 if line is None else line.slope for line in known])[rows]
                line_at = start + slope * column
                changes[name] = np.where(np.isnan(start), spread.inputs[name], line_at)
        return changes


@lru_cache(maxsize=64)
def _wanted(outputs: tuple[str, ...]) -> frozenset[str]:
    """The inputs that outputs and the plan read."""
    needed = REGISTRY.needed((*outputs, *PLANNED_BY))
    read = {parent for name in needed for parent in REGISTRY.quantities[name].parents}
    plain = {
        *DEGREES,
        "slo_tpot_s",
        "slo_ttft_s",
        "workload_batch",
        "hardware_replicas",
        "hardware_disaggregated",
    }
    plain |= {"workload_requests_per_s", *(name for name in outputs if name in REGISTRY.inputs)}
    return frozenset((read & REGISTRY.inputs.keys()) | plain)


def _trimmed(bound: Bound) -> Bound:
    """Without the attention slots that no case has; the last stays, for recurrent state."""
    shown = [bound.inputs[name] for name in _SLOTS if name in bound.inputs]
    if not shown:
        return bound
    used = np.any([np.any(values != 0, axis=0) for values in shown], axis=0)
    if "model_state_bytes" in bound.inputs:
        used[-1] |= bool(np.any(bound.inputs["model_state_bytes"] != 0))
    if used.all():
        return bound
    if not used.any():
        used[-1] = True
    return replace(bound, inputs={n: v[:, used] if v.ndim > 1 else v for n, v in bound.inputs.items()})


# --- what a number moves -------------------------------------------------------------------------


def number_keys(scenario: Scenario, spans: Mapping[str, Span]) -> tuple[str, ...]:
    """Those of some keys whose numbers :class:`Points` can vary in a scenario; others need a case each.

    A key is not among them where it moves what is looked up or laid out, where it does not fit, or
    where it acts together with another of them.
    """
    found = []
    for key, span in spans.items():
        if key.startswith(_PINS):
            found.append(key)
            continue
        try:
            _probed(_set(scenario, {key: span}), {key: span}, None)
        except ScenarioError:
            continue
        found.append(key)
    try:
        some = {key: spans[key] for key in found}
        _probed(_set(scenario, some), some, None)
    except _BentError as error:  # they act on each other
        return tuple(key for key in found if key not in error.keys)
    except ScenarioError:  # the scenario cannot be, whatever they are
        return ()
    return tuple(found)


def straight_lines(scenario: Scenario, spans: Mapping[str, Span]) -> Lines:
    """How each of some keys moves the inputs of a scenario that sets them all.

    Returns:
        Lines by key and input; without the keys that :class:`Points` cannot vary.
    """
    try:
        return _probed(_set(scenario, spans), spans, None)[0].lines
    except ScenarioError:
        keys = number_keys(scenario, spans)
        some = {key: spans[key] for key in keys}
        return _probed(_set(scenario, some), some, None)[0].lines


class _BentError(ScenarioError):
    """Numbers that do not move inputs along straight lines of their own."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__("does not vary along a straight line", key=", ".join(keys))
        self.keys = tuple(keys)


def _set(scenario: Scenario, spans: Mapping[str, Span]) -> Scenario:
    """The scenario with every varying number set: where it is not, to its least value."""
    tables = scenario.model_dump(mode="python", exclude_unset=True)
    unset = {key: span[0] for key, span in spans.items() if value_at(tables, key) in (None, "auto")}
    return with_values(scenario, unset) if unset else scenario


def _probed(
    scenario: Scenario, spans: Mapping[str, Span], owners: Mapping[str, frozenset[str]] | None
) -> tuple[_Case, Mapping[str, frozenset[str]]]:
    """What each number moves in a scenario, found by setting them; and which inputs each moves.

    Args:
        scenario: With all numbers set.
        spans: The numbers.
        owners: What they moved in another case, to be tried first.

    Raises:
        ScenarioError: A value does not fit.
        _BentError: A number moves an input otherwise than along a straight line of its own.
    """
    numbers = {key: span for key, span in spans.items() if not key.startswith(_PINS)}
    base = resolve(scenario)
    if "layout" in base.auto:
        layouts(base)  # refuses what has none
    if not numbers:
        return _Case(base, {key: {} for key in spans}), owners or {}
    low, high, between = (
        {key: _between(span, share) for key, span in numbers.items()} for share in (0.0, 1.0, 0.37)
    )
    ends = [resolve(with_values(scenario, values)) for values in (low, high)]
    moved = _differing(*ends)
    if owners is None or moved != frozenset().union(*owners.values()):
        owners = {key: _moved_by(key, span, scenario) for key, span in numbers.items()}
    shared = [key for key in owners if any(owners[key] & owners[other] for other in owners if other != key)]
    if shared:
        raise _BentError(shared)
    lines: dict[str, Mapping[str, Line]] = {key: {} for key in spans}
    for key, names in owners.items():
        span = (low[key], high[key])
        lines[key] = {n: _line(span, ends[0].leaves[n].value, ends[1].leaves[n].value) for n in names}
    inside = resolve(with_values(scenario, between))
    wrong = [key for key in owners if not _is_straight(lines[key], between[key], inside)]
    laid_out = [key for key in owners if "layout" in base.auto and owners[key] & _LAID_OUT]
    if wrong or laid_out or not moved <= frozenset().union(*owners.values()):
        raise _BentError([*wrong, *laid_out] or list(numbers))
    if any(item.auto != base.auto for item in (*ends, inside)):
        raise _BentError(list(numbers))
    return _Case(base, lines), owners


def _between(span: Span, share: float) -> float:
    """A value of a span; whole where both ends are, for some keys take no others."""
    low, high = span
    value = low + share * (high - low)
    return float(round(value)) if low == int(low) and high == int(high) else value


def _moved_by(key: str, span: Span, scenario: Scenario) -> frozenset[str]:
    """The inputs that differ between the ends of a span."""
    low, high = (resolve(with_values(scenario, {key: value})) for value in span)
    return _differing(low, high)


def _differing(first: Resolved, other: Resolved) -> frozenset[str]:
    """The inputs that differ between two scenarios.

    Raises:
        _BentError: One has an input that the other lacks, or another architecture.
    """
    if first.leaves.keys() != other.leaves.keys():
        raise _BentError([])
    if any(leaf.slots != other.leaves[name].slots for name, leaf in first.leaves.items()):
        raise _BentError([])
    return frozenset(
        name
        for name, leaf in first.leaves.items()
        if name in REGISTRY.inputs and not _same(leaf.value, other.leaves[name].value)
    )


def _same(first: float, other: float) -> bool:
    return first == other or (math.isnan(first) and math.isnan(other))


def _line(span: Span, low: float, high: float) -> Line:
    """The straight line through two points; the number itself, or a multiple of it, exactly so."""
    if span[1] == span[0]:
        return Line(low, 0.0)
    if (low, high) == span:
        return Line(0.0, 1.0)
    slope = (high - low) / (span[1] - span[0])
    start = low - slope * span[0]
    scale = max(abs(low), abs(high))
    if abs(start) <= 1e-12 * scale:
        return Line(0.0, high / span[1] if span[1] else slope)
    return Line(start, slope)


def _is_straight(lines: Mapping[str, Line], value: float, inside: Resolved) -> bool:
    """Whether inputs are where their lines say."""
    return all(
        math.isclose(float(line.at(np.array([value]))[0]), inside.leaves[name].value, rel_tol=1e-12)
        for name, line in lines.items()
    )
