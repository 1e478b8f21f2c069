"""Draws of a scenario's uncertain numbers, and the graph evaluated at them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inferscope.core.bind import Bound
from inferscope.core.errors import InferscopeError, ScenarioError, brief, nearest
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.graph import Array
from inferscope.core.layouts import DEGREES
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.section import Section
from inferscope.core.study.draws import Uncertain, stratified
from inferscope.core.study.inputs import limits
from inferscope.core.study.options import SAMPLERS
from inferscope.core.study.points import CHUNK, Line, Points, Span, straight_lines
from inferscope.core.study.table import Watch

__all__ = ["MOST", "SAMPLERS", "At", "at_draws", "check_draws", "drawn", "ends"]

MOST = 200_000
"""Draws, of which all are held in memory; a percentile is then sure to a tenth of a per cent of the draws."""
_PINS = "pins."
_PART = 256
"""Draws with a scenario each that are computed together."""
_FEW = 8
"""Draws that a case must have on average, for its numbers to be worth a closer look."""
_KEPT = 64
_AS_IT_IS = Line(0.0, 1.0)
_STRUCTURAL = ("model", "hardware", "optimizations")
_FREE = ("workload", "slo", "economics", "site", "training", "test_time", "routes", "calibration", "pins")
_LAYOUT = frozenset(
    {
        *(f"hardware.{name}_parallel" for name in ("tensor", "pipeline", "data", "expert")),
        "hardware.count",
        "hardware.scaleup_domain",
        "model.experts",
        "model.heads",
    }
)
"""Keys that decide which layouts are legal."""

Values = Mapping[str, Array]
Lines = Mapping[str, Mapping[str, Line]]


@dataclass(frozen=True, slots=True)
class At:
    """Quantities at draws.

    Attributes:
        values: By name, ``(n,)``.
        apart: Keys that do not vary like a number: every draw of them is a scenario of its own.
        left_out: Those of them that were held at the middle instead.
        follows: Whether the plan is made at each draw, though it was to be held.
        refused: How many draws cannot be, and why the first of them cannot.
    """

    values: Values
    apart: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    follows: bool = False
    refused: tuple[int, str] = (0, "")


# --- shares and values ---------------------------------------------------------------------------


def check_draws(samples: int, seed: int, sampler: str) -> None:
    """Hold what is asked of draws to what can be.

    Raises:
        InferscopeError: It says what would be right.
    """
    if sampler not in SAMPLERS:
        message = f"unknown sampler {sampler!r}: {nearest(sampler, SAMPLERS) or 'it is lhs or sobol'}"
        raise InferscopeError(message)
    for name, value, least, most in (("samples", samples, 2, MOST), ("seed", seed, 0, 2**32 - 1)):
        if type(value) is not int or not least <= value <= most:
            message = f"{name} must be a whole number from {least:,} to {most:,}, not {brief(value)}"
            raise InferscopeError(message)


def drawn(numbers: Sequence[Uncertain], count: int, seed: int = 0, sampler: str = "lhs") -> dict[str, Array]:
    """Values of numbers at draws, by name, ``(count,)``.

    Numbers of a group share their draws. A Latin hypercube is keyed by seed and name, so that the same
    number has the same draws in any scenario; a Sobol sequence goes by the order of the names.

    Raises:
        InferscopeError: The sampler needs a library that is not there.
    """
    keys = sorted({number.shares for number in numbers})
    if sampler == "sobol" and keys:
        shares = dict(zip(keys, _sobol(len(keys), count, seed).T, strict=True))
    else:
        shares = {key: stratified(seed, key, count) for key in keys}
    return {number.name: number.at(shares[number.shares]) for number in numbers}


def _sobol(dimensions: int, count: int, seed: int) -> Array:
    """Points of a scrambled Sobol sequence, ``(count, dimensions)``."""
    try:
        from scipy.stats import qmc  # noqa: PLC0415  (an extra, and slow to import)
    except ImportError:
        message = "--sampler sobol needs SciPy: pip install scipy"
        raise InferscopeError(message) from None
    power = max(count - 1, 0).bit_length()
    points = qmc.Sobol(dimensions, rng=seed).random_base2(power)
    found: Array = np.clip(points[:count], 2.0**-53, 1.0 - 2.0**-53)
    return found


def ends(numbers: Sequence[Uncertain]) -> dict[str, Array]:
    """Rows that no draw reaches: each number alone at its low and high end, and all of them together.

    Returns:
        Values by name, ``(2 k + 2,)`` for k numbers.
    """
    count = 2 * len(numbers) + 2
    found = {}
    for place, number in enumerate(numbers):
        low, high = number.ends
        column = np.full(count, number.number.mid)
        column[2 * place : 2 * place + 2] = low, high
        column[-2:] = (high, low) if number.number.is_inverse else (low, high)
        found[number.name] = column
    return found


# --- evaluation ----------------------------------------------------------------------------------


def at_draws(
    bound: Bound,
    row: int,
    numbers: Sequence[Uncertain],
    values: Values,
    outputs: Sequence[str],
    *,
    replan: bool = False,
    quick: bool = False,
    watch: Watch | None = None,
) -> At:
    """Quantities of a planned row at draws of its numbers.

    Args:
        bound: Planned rows.
        row: Which of them.
        numbers: Its uncertain numbers.
        values: Their values at draws, ``(n,)`` by name.
        outputs: Names of quantities or inputs.
        replan: Whether batch, layout and replicas that are ``auto`` are planned at each draw; else they
            stay as the row has them.
        quick: Whether keys that do not vary like a number are held at the middle.
        watch: Told what is done.

    Raises:
        ScenarioError: Not one draw is possible.
    """
    scenario = bound.resolved[row].scenario
    inputs = {number.name: values[number.name] for number in numbers if number.is_input}
    spans = _spans(numbers, values)
    lines = _lines(scenario, spans)
    apart = tuple(key for key in spans if key not in lines)
    if not replan and (quick or not apart):
        taken = {key: values[key] for key in lines}
        return At(_held(bound, row, lines, (taken, inputs), outputs, _rows(values), watch), left_out=apart)
    return _by_cases(bound, row, values, inputs, outputs, apart=apart, replan=replan, watch=watch)


def _rows(values: Values) -> int:
    return max((len(column) for column in values.values()), default=1)


def _spans(numbers: Sequence[Uncertain], values: Values) -> dict[str, Span]:
    """The least and largest value of each key."""
    keys = [number.name for number in numbers if not number.is_input]
    return {key: (float(values[key].min()), float(values[key].max())) for key in keys}


def _held(
    bound: Bound,
    row: int,
    lines: Lines,
    given: tuple[Values, Values],
    outputs: Sequence[str],
    rows: int,
    watch: Watch | None,
) -> dict[str, Array]:
    """What a planned row gives with its inputs moved, some draws at a time: the plan stays."""
    one, (values, inputs) = bound.take([row]), given
    moved = {name: line.at(column) for key, column in values.items() for name, line in lines[key].items()}
    columns = {**moved, **inputs}
    pins = {key.removeprefix(_PINS): column for key, column in values.items() if key.startswith(_PINS)}
    found = {name: np.full(rows, math.nan) for name in outputs}
    for start in range(0, rows, CHUNK):
        part, count = slice(start, start + CHUNK), min(CHUNK, rows - start)
        laid = one.with_inputs({name: column[part] for name, column in columns.items()})
        fixed = {**one.pins, **{name: column[part] for name, column in pins.items()}}
        result = evaluate_bound(replace(laid, rows=count, pins=fixed), outputs)
        for name in outputs:
            found[name][part] = result[name]
        if watch is not None:
            watch(start + count, rows)
    return found


def _by_cases(
    bound: Bound,
    row: int,
    values: Values,
    inputs: Values,
    outputs: Sequence[str],
    *,
    apart: tuple[str, ...],
    replan: bool,
    watch: Watch | None,
) -> At:
    """Scenarios of their own for keys that do not vary like a number; the others vary within each."""
    follows = not replan and _follows(bound, row, apart)
    scenario = bound.resolved[row].scenario
    if not replan and not follows:
        scenario = with_values(scenario, _plan_keys(bound, row))
    keys = {key: column for key, column in values.items() if key not in inputs}
    some = {key: keys[key] for key in apart}
    owner, changes = _distinct(some, _rows(values))
    if len(changes) > max(len(owner) // _FEW, 1):
        some, (owner, changes) = keys, _distinct(keys, _rows(values))
    found = _in_parts(scenario, changes, owner, (keys, some, inputs), outputs, watch)
    if found.refused[0] and some is not keys:  # perhaps a number that bends in some of the cases
        owner, changes = _distinct(keys, _rows(values))
        found = _in_parts(scenario, changes, owner, (keys, keys, inputs), outputs, watch)
    return replace(found, apart=apart, follows=follows)


def _in_parts(
    scenario: Scenario,
    changes: Sequence[Mapping[str, float]],
    owner: NDArray[np.intp],
    given: tuple[Values, Values, Values],
    outputs: Sequence[str],
    watch: Watch | None,
) -> At:
    """Each change a case, some of them at a time, with the numbers that it leaves open varying in it."""
    keys, set_already, inputs = given
    values = {key: column for key, column in keys.items() if key not in set_already}
    spans = {key: (float(v.min()), float(v.max())) for key, v in values.items()}
    found = {name: np.full(len(owner), math.nan) for name in outputs}
    refused, why = 0, ""
    for start in range(0, len(changes), _PART):
        cases = [_changed(scenario, change) for change in changes[start : start + _PART]]
        possible = [case for case in cases if isinstance(case, Scenario)]
        here = np.flatnonzero((owner >= start) & (owner < start + len(cases)))
        place = np.cumsum([isinstance(case, Scenario) for case in cases]) - 1
        why = why or next((case for case in cases if isinstance(case, str)), "")
        kept = here[[isinstance(cases[i], Scenario) for i in owner[here] - start]]
        refused += len(here) - len(kept)
        if possible:
            own = place[owner[kept] - start].astype(np.intp)
            there = [{key: column[kept] for key, column in part.items()} for part in (values, inputs)]
            before = int(np.count_nonzero(owner < start))
            tick = None if watch is None else partial(_counted, watch, before, len(owner))
            more, text = _into(found, kept, possible, spans, own, there, outputs, tick)
            refused, why = refused + more, why or text
        if watch is not None:
            watch(int(np.count_nonzero(owner < start + len(cases))), len(owner))
    if refused == len(owner):
        raise ScenarioError(why)
    return At(found, refused=(refused, why))


def _counted(watch: Watch, before: int, of: int, done: int, _: int) -> None:
    """Tell how many draws are done, of which some were before."""
    watch(before + done, of)


def _into(
    found: dict[str, Array],
    rows: NDArray[np.intp],
    cases: Sequence[Scenario],
    spans: Mapping[str, Span],
    owner: NDArray[np.intp],
    there: Sequence[Values],
    outputs: Sequence[str],
    watch: Watch | None,
) -> tuple[int, str]:
    """Fill in the rows of some cases; how many of them cannot be, and why the first cannot."""
    try:
        points = Points(cases, spans)
    except ScenarioError as error:
        return len(rows), error.said
    result = points.evaluate(outputs, there[0], owner, inputs=there[1], watch=watch)
    for name in outputs:
        found[name][rows] = result[name]
    return int(np.isin(owner, list(points.refused)).sum()), next(iter(points.refused.values()), "")


def _distinct(values: Values, rows: int) -> tuple[NDArray[np.intp], list[dict[str, float]]]:
    """Which of the distinct draws of some keys each draw is, and what each of them sets."""
    if not values:
        return np.zeros(rows, dtype=np.intp), [{}]
    table, owner = np.unique(np.stack(list(values.values()), axis=1), axis=0, return_inverse=True)
    return owner.ravel(), [dict(zip(values, (float(v) for v in line), strict=True)) for line in table]


def _changed(scenario: Scenario, change: Mapping[str, float]) -> Scenario | str:
    """The scenario with a draw set, or why it cannot be."""
    whole = {key: int(v) if limits(key).whole else v for key, v in change.items()}
    try:
        return with_values(scenario, whole)
    except ScenarioError as error:
        return error.said


# --- what the plan decided -----------------------------------------------------------------------


def _follows(bound: Bound, row: int, apart: Sequence[str]) -> bool:
    """Whether the plan cannot be held: what is drawn decides the layout, or nothing serves at the middle."""
    auto = bound.resolved[row].auto
    if "layout" in auto and any(key in _LAYOUT for key in apart):
        return True
    return "batch" in auto and math.isnan(bound.leaf("workload_batch", row).value)


def _plan_keys(bound: Bound, row: int) -> dict[str, float]:
    """What the plan chose, as keys of the scenario."""
    leaves = {name: bound.leaf(name, row) for name in (*DEGREES, "workload_batch", "hardware_replicas")}
    return {
        name.replace("_", ".", 1): leaf.value
        for name, leaf in leaves.items()
        if leaf.kind == "planned" and not math.isnan(leaf.value)
    }


# --- which keys are numbers ----------------------------------------------------------------------

_known: dict[tuple[object, ...], Lines] = {}


def _lines(scenario: Scenario, spans: Mapping[str, Span]) -> Lines:
    """How each key moves the inputs; without those that do not vary like a number.

    Keys that reach the graph as they are do so whatever the other numbers: they are looked up once for
    scenarios that differ in such numbers only, so that a screen need not ask at every key.
    """
    about = (_structure(scenario), *spans)
    if about in _known:
        return _known[about]
    found = straight_lines(scenario, spans)
    if found.keys() == spans.keys() and all(
        line == _AS_IT_IS for moved in found.values() for line in moved.values()
    ):
        if len(_known) >= _KEPT:
            _known.clear()
        _known[about] = found
    return found


def _structure(scenario: Scenario) -> tuple[object, ...]:
    """What a scenario says apart from the numbers that reach the graph as they are."""
    plain = (scenario.as_of, *(repr(getattr(scenario, name)) for name in _STRUCTURAL))
    free = []
    for name in _FREE:
        section = getattr(scenario, name)
        names = section.model_fields_set if isinstance(section, Section) else section
        values = ((key, getattr(section, key, None)) for key in sorted(names))
        free.append(tuple((key, "" if isinstance(v, Number) else repr(v)) for key, v in values))
    return (*plain, *free)
