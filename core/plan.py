"""The plan: every ``auto`` replaced by a number, by running parts of the graph.

The graph itself never solves. The batch is the largest whole number that memory and the latency
limits allow; times rise with the batch, so a search that narrows a bracket finds the same number
as trying them all. Layouts are expanded, each with its own best batch, and scored.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inferscope.core.bind import Bound
from inferscope.core.graph import Array
from inferscope.core.layouts import DEGREES, layouts
from inferscope.core.leaves import Leaf, Resolved
from inferscope.core.program import compile_program, split_program
from inferscope.core.units import human

MAX_BATCH = 2.0**20
"""No engine keeps more sequences in flight."""

_WIDTH = 128
"""Candidates tried at once for one scenario."""
_FEW = 8
PLANNED_BY = (
    "tpot_s",
    "ttft_s",
    "max_batch",
    "output_tok_s_per_accelerator",
    "replicas_needed",
    "decode_step_s",
    "fits_memory",
)
"""The quantities that the plan looks at, whatever is asked for."""
_SEARCHED = ("tpot_s", "ttft_s")
_LIMITS = ("slo_tpot_s", "slo_ttft_s")


def plan(bound: Bound) -> Bound:
    """Choose layouts, batches and replicas.

    Returns:
        The rows with every ``auto`` filled in; where nothing meets the limits the batch stays NaN
        and its leaf says why.

    Raises:
        ScenarioError: A layout that cannot be.
    """
    if bound.owner is None:
        own = tuple(replace(r, leaves=dict(r.leaves)) for r in bound.resolved)
        bound = replace(bound, resolved=own)
    if any("layout" in r.auto for r in bound.resolved):
        bound = _plan_layouts(bound)
    if any("batch" in r.auto for r in bound.resolved):
        bound = _plan_batches(bound)
    if any("replicas" in r.auto for r in bound.resolved):
        bound = _plan_replicas(bound)
    return bound


def replan(one: Bound, changes: Mapping[str, Array], *, held: Collection[str] = ()) -> Bound:
    """A grid over one planned scenario in which batch and replicas that are ``auto`` follow.

    Args:
        one: One planned row; its layout is held.
        changes: Inputs of the grid, ``(m,)``.
        held: ``batch`` or ``replicas``, where they are not to follow.
    """
    resolved = one.resolved[0]
    follow = {"batch": "workload_batch", "replicas": "hardware_replicas"}
    again = replace(resolved, auto=(resolved.auto & set(follow)) - set(held))
    rows = max(len(values) for values in changes.values())
    blank = {follow[name]: np.full(rows, math.nan) for name in again.auto}
    return plan(replace(one, resolved=(again,)).with_inputs({**blank, **changes}))


# --- batch ---------------------------------------------------------------------------------------


def best_batch(bound: Bound) -> tuple[Array, Array]:
    """The largest batch within memory and limits, for each row.

    Returns:
        The batch ``(n,)`` (NaN where none serves) and the largest that memory holds ``(n,)``.
    """
    once, trial = split_program((*_SEARCHED, "max_batch"), ("workload_batch",))
    fixed = once.run(bound.inputs)
    limit = np.minimum(np.broadcast_to(fixed["max_batch"], (bound.rows,)), MAX_BATCH)
    values = {**bound.inputs, **fixed}
    wanted = [name for name in (*trial.inputs, *_LIMITS) if name != "workload_batch"]
    search = _narrow if bound.rows <= _FEW else _bisect
    fits = limit >= 1
    found = search({name: values[name] for name in wanted}, np.where(fits, limit, 1.0))
    batch = np.where(np.isnan(limit), np.nan, np.where(fits, found, 1.0))
    opened = bound.inputs["workload_concurrency"]  # where clients decide, limits do not
    return np.where(np.isnan(opened) | ~fits, batch, np.minimum(limit, opened)), limit


def _meets(values: Mapping[str, Array], batch: Array) -> NDArray[np.bool_]:
    """Whether each candidate keeps both limits; an unknown time keeps none."""
    _, trial = split_program((*_SEARCHED, "max_batch"), ("workload_batch",))
    results = trial.run({**values, "workload_batch": batch})
    good = np.ones(len(batch), dtype=np.bool_)
    for name, limit in zip(_SEARCHED, _LIMITS, strict=True):
        good &= ~np.isnan(results[name]) & ~(results[name] > values[limit])
    return good


def _narrow(values: Mapping[str, Array], limit: Array) -> Array:
    """For few rows: many candidates of each at once, then the bracket between two of them."""
    rows = len(limit)
    index = np.repeat(np.arange(rows), _WIDTH)
    wide_values = {name: v if len(v) == 1 else v[index] for name, v in values.items()}
    low, high = np.zeros(rows), limit.copy()
    while np.any(high > low):
        grid = np.minimum(_candidates(low, high), high[:, None])
        good = _meets(wide_values, grid.ravel()).reshape(rows, _WIDTH)
        low = np.maximum(low, np.where(good, grid, 0.0).max(axis=1))
        high = np.maximum(np.where(good, high[:, None], grid - 1.0).min(axis=1), low)
    return np.where(low >= 1, low, np.nan)


def _candidates(low: Array, high: Array) -> Array:
    """Whole numbers above ``low`` up to ``high``: evenly spaced, or evenly in ratio where far apart."""
    steps = np.linspace(0.0, 1.0, _WIDTH + 1)[1:]
    start = np.maximum(low, 1.0)[:, None]
    ratio = high[:, None] / start
    even = np.ceil((high - low)[:, None] * steps) + low[:, None]
    return np.where(ratio > 4.0, np.ceil(start * ratio**steps), even)


def _bisect(values: Mapping[str, Array], limit: Array) -> Array:
    """For many rows: halve the bracket of each row until it closes."""
    low = np.where(_meets(values, limit), limit, 0.0)
    high = limit.copy()
    while np.any(high > low):
        middle = np.ceil(0.5 * (low + high))
        good = _meets(values, middle)
        low, high = np.where(good, middle, low), np.where(good, high, np.minimum(middle - 1.0, high))
        high = np.maximum(high, low)
    return np.where(low >= 1, low, np.nan)


def _plan_batches(bound: Bound) -> Bound:
    chosen, limit = best_batch(bound)
    wanted = bound.is_open("batch")
    given = np.broadcast_to(bound.inputs["workload_batch"], (bound.rows,))
    batch = np.where(wanted, chosen, given)
    result = bound.with_inputs({"workload_batch": batch})
    for row in np.flatnonzero(wanted) if bound.is_recorded else ():
        _record_batch(result, int(row), float(batch[row]), float(limit[row]))
    return result


def _record_batch(bound: Bound, row: int, batch: float, limit: float) -> None:
    """Keep the batch, or why there is none."""
    key = "workload.batch"
    if math.isnan(batch):
        why, text = _why_no_batch(bound, row, limit)
        bound.set_leaves(row, {"workload_batch": Leaf(math.nan, "planned", text, why=why, key=key)})
        return
    bound.set_leaves(row, {"workload_batch": Leaf(batch, "planned", key=key)})


def planned_sentence(bound: Bound, name: str, row: int = 0) -> str:
    """Why the plan chose a number, for an input that it filled in.

    For example ``batch 143: tpot 49.8 ms; 144 gives 50.1 ms > 50 ms (SLO)``.
    """
    leaf = bound.leaf(name, row)
    if name != "workload_batch" or math.isnan(leaf.value):
        return leaf.source
    batch = leaf.value
    one = bound.take([row]).with_inputs({"workload_batch": np.array([batch, batch + 1.0])})
    found = _run(one, (*_SEARCHED, "max_batch"))
    limit = float(found["max_batch"][0])
    if batch == float(one.inputs["workload_concurrency"][0]):
        return f"batch {batch:g}: as many as clients keep open"
    if batch >= limit:
        return f"batch {batch:g}: memory holds {limit:g} sequences" if limit >= 1 else f"batch {batch:g}"
    for time, key in zip(_SEARCHED, _LIMITS, strict=True):
        allowed = float(one.inputs[key][0])
        here, there = (float(v) for v in np.broadcast_to(found[time], (2,)))
        if there > allowed:
            title = time.removesuffix("_s")
            digits = next((d for d in range(3, 9) if _apart(here, there, allowed, d)), 9)
            times = f"{human(here, 's', digits)}; {batch + 1:g} gives {human(there, 's', digits)}"
            return f"batch {batch:g}: {title} {times} > {human(allowed, 's')} (SLO)"
    return f"batch {batch:g}: the most that is tried"


def _apart(here: float, there: float, allowed: float, digits: int) -> bool:
    """Whether so many digits tell a time that is allowed from one that is not."""
    shown, beyond, limit = (human(time, "s", digits) for time in (here, there, allowed))
    return shown != beyond != limit and (shown != limit or here == allowed)


def _why_no_batch(bound: Bound, row: int, limit: float) -> tuple[str, str]:
    """The reason that no batch serves, and the sentence that says by how much."""
    one = bound.take([row]).with_inputs({"workload_batch": np.array([1.0])})
    times = {} if math.isnan(limit) else _run(one, _SEARCHED)
    if not times or any(np.isnan(times[name]).any() for name in _SEARCHED):
        return "upstream", "no batch can be planned: a figure it needs is missing"
    missed = []
    for name, key in zip(_SEARCHED, _LIMITS, strict=True):
        here, allowed = float(times[name][0]), float(one.inputs[key][0])
        if here > allowed:
            title = name.removesuffix("_s")
            missed.append(f"{title} is {human(here, 's')} with one sequence, above {human(allowed, 's')}")
    return f"slo_unreachable: {'; '.join(missed)}", "; ".join(missed)


# --- layout --------------------------------------------------------------------------------------


def _plan_layouts(bound: Bound) -> Bound:
    """Try the legal layouts of each row that leaves them open, and keep the best of each."""
    rows = np.flatnonzero(bound.is_open("layout"))
    table, first, count = _legal(bound, rows)
    index = np.repeat(rows, count)
    expanded = bound.take(index) if bound.rows > 1 else replace(bound, rows=len(index))
    expanded = expanded.with_inputs({name: table[:, i] for i, name in enumerate(DEGREES)})
    score, limit, unknown = (_ragged(values, first, count) for values in _score(expanded))
    serves = ~np.isnan(score)
    holds = limit >= 1
    pick = np.where(
        serves.any(axis=1),
        np.argmax(np.where(serves, score, -np.inf), axis=1),
        _fall_back(holds, ~(unknown == 0), count),
    )
    chosen = table[first + pick]
    columns = {name: np.array(np.broadcast_to(bound.inputs[name], (bound.rows,))) for name in DEGREES}
    for i, name in enumerate(DEGREES):
        columns[name][rows] = chosen[:, i]
    recorded = rows if bound.is_recorded else rows[:1] if bound.owner is None else ()
    for place, row in enumerate(int(row) for row in recorded):
        about = _layout_words(serves[place], holds[place], unknown[place], int(count[place]))
        bound.set_leaves(row, _layout_leaves(chosen[place], about, bound.of(row)))
    return bound.with_inputs(columns)


def _legal(bound: Bound, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.intp], NDArray[np.intp]]:
    """The layouts of each row one below the other, where each row's begin, and how many it has.

    Fewer accelerators come first, then less splitting.
    """
    owner = rows if bound.owner is None else bound.owner[rows]
    owner = np.minimum(owner, len(bound.resolved) - 1)
    cases, case = np.unique(owner, return_inverse=True)
    tables = [np.array(layouts(bound.resolved[i]), dtype=np.float64) for i in cases]
    sizes = np.array([len(table) for table in tables], dtype=np.intp)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    count = sizes[case]
    first = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.intp)
    within = np.arange(count.sum()) - np.repeat(first, count)
    return np.concatenate(tables)[np.repeat(starts[case], count) + within], first, count


def _ragged(values: Array | NDArray[np.bool_], first: NDArray[np.intp], count: NDArray[np.intp]) -> Array:
    """What stands one below the other, one row a line; NaN where a row has fewer than the longest."""
    places = np.arange(count.max())
    inside = places < count[:, None]
    taken = values[np.minimum(first[:, None] + places, len(values) - 1)]
    return np.where(inside, taken, np.nan)


def _fall_back(
    holds: NDArray[np.bool_], unknown: NDArray[np.bool_], count: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Where no layout serves: the first while figures are missing, else the last that holds a sequence."""
    last = holds.shape[1] - 1 - np.argmax(holds[:, ::-1], axis=1)
    return np.where(unknown.all(axis=1), 0, np.where(holds.any(axis=1), last, count - 1))


def _layout_words(serves: NDArray[np.bool_], holds: NDArray[np.bool_], unknown: Array, count: int) -> str:
    """Why this layout was chosen."""
    if serves.any():
        best = f"best of {count} legal layouts by output tokens per accelerator; {serves.sum()} serve"
        return "the only legal layout" if count == 1 else best
    if (unknown[:count] > 0).all():
        return "no layout can be planned: a figure it needs is missing"
    shown = "one that holds a sequence" if holds.any() else "the largest"
    return f"none of {count} legal layouts serves; shown is {shown}"


def _score(expanded: Bound) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Output per accelerator at each layout's batch, what memory holds, and whether times are unknown."""
    shape = (expanded.rows,)
    given = np.broadcast_to(expanded.inputs["workload_batch"], shape)
    batch, limit = best_batch(expanded) if np.isnan(given).any() else (given, given)
    at_batch = expanded.with_inputs({"workload_batch": np.where(np.isnan(given), batch, given)})
    score = _run(at_batch, ("output_tok_s_per_accelerator",))["output_tok_s_per_accelerator"]
    alone = _run(expanded.with_inputs({"workload_batch": np.ones(shape)}), ("decode_step_s", "fits_memory"))
    unknown = np.isnan(alone["decode_step_s"]) & (alone["fits_memory"] > 0) | np.isnan(limit)
    return np.broadcast_to(score, shape), np.broadcast_to(limit, shape), np.broadcast_to(unknown, shape)


def _layout_leaves(degrees: Array, text: str, resolved: Resolved) -> Mapping[str, Leaf]:
    return {
        name: Leaf(float(value), "planned", text, key=name.replace("_", ".", 1))
        for name, value in zip(DEGREES, degrees, strict=True)
        if resolved.leaves[name].why == "auto"
    }


# --- replicas ------------------------------------------------------------------------------------


def _plan_replicas(bound: Bound) -> Bound:
    """As many replicas as the demand needs; one where there is no demand."""
    given = np.broadcast_to(bound.inputs["hardware_replicas"], (bound.rows,))
    none = np.isnan(bound.inputs["workload_requests_per_s"])
    needed = np.ones(bound.rows)
    if not none.all():
        needed = np.broadcast_to(_run(bound, ("replicas_needed",))["replicas_needed"], (bound.rows,))
    replicas = np.where(np.isnan(given), np.where(none, 1.0, needed), given)
    for row in range(bound.rows) if bound.is_recorded else ():
        if "replicas" in bound.of(row).auto:
            text = "no demand is given" if none[row if len(none) > 1 else 0] else "carries the peak demand"
            why = "upstream" if math.isnan(replicas[row]) else ""
            leaf = Leaf(float(replicas[row]), "planned", text, why=why, key="hardware.replicas")
            bound.set_leaves(row, {"hardware_replicas": leaf})
    return bound.with_inputs({"hardware_replicas": replicas})


def _run(bound: Bound, outputs: tuple[str, ...]) -> dict[str, Array]:
    return compile_program(outputs).run(bound.inputs)
