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
    return np.where(np.isnan(limit), np.nan, np.where(fits, found, 1.0)), limit


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
    wanted = np.array([("batch" in _row(bound, i).auto) for i in range(bound.rows)])
    given = np.broadcast_to(bound.inputs["workload_batch"], (bound.rows,))
    batch = np.where(wanted, chosen, given)
    result = bound.with_inputs({"workload_batch": batch})
    for row in np.flatnonzero(wanted) if len(bound.resolved) == bound.rows else ():
        _record_batch(result, int(row), float(batch[row]), float(limit[row]))
    return result


def _row(bound: Bound, row: int) -> Resolved:
    return bound.resolved[row if row < len(bound.resolved) else 0]


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
    columns = {name: np.array(np.broadcast_to(bound.inputs[name], (bound.rows,))) for name in DEGREES}
    open_rows = [row for row in range(bound.rows) if "layout" in _row(bound, row).auto]
    options = {row: layouts(_row(bound, row)) for row in open_rows}
    index = [row for row in open_rows for _ in options[row]]
    table = np.array([option for row in open_rows for option in options[row]], dtype=np.float64)
    expanded = bound.take(index) if bound.rows > 1 else replace(bound, rows=len(index))
    expanded = expanded.with_inputs({name: table[:, i] for i, name in enumerate(DEGREES)})
    score, limit, unknown = _score(expanded)
    start = 0
    for row in open_rows:
        part = slice(start, start + len(options[row]))
        start = part.stop
        pick, text = _best_layout(score[part], table[part], limit[part], is_unknown=bool(unknown[part].all()))
        for i, name in enumerate(DEGREES):
            columns[name][row] = table[part][pick, i]
        leaves = _layout_leaves(table[part][pick], text, _row(bound, row))
        bound.set_leaves(row if row < len(bound.resolved) else 0, leaves)
    return bound.with_inputs(columns)


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


def _best_layout(score: Array, table: Array, limit: Array, *, is_unknown: bool) -> tuple[int, str]:
    """The layout with most tokens per accelerator; fewer accelerators and less splitting break ties."""
    order = np.lexsort((table[:, 1], table[:, 0]))
    usable = [int(i) for i in order if not math.isnan(score[i])]
    if usable:
        pick = max(usable, key=lambda i: (score[i], -table[i, 0], -table[i, 1]))
        if len(score) == 1:
            return pick, "the only legal layout"
        return (
            pick,
            f"best of {len(score)} legal layouts by output tokens per accelerator; {len(usable)} serve",
        )
    if is_unknown:
        return int(order[0]), "no layout can be planned: a figure it needs is missing"
    roomy = [int(i) for i in order if limit[i] >= 1]
    pick = roomy[-1] if roomy else int(order[-1])
    shown = "one that holds a sequence" if roomy else "the largest"
    return pick, f"none of {len(score)} legal layouts serves; shown is {shown}"


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
    for row in range(bound.rows) if len(bound.resolved) == bound.rows else ():
        if "replicas" in _row(bound, row).auto:
            text = "no demand is given" if none[row if len(none) > 1 else 0] else "carries the peak demand"
            why = "upstream" if math.isnan(replicas[row]) else ""
            leaf = Leaf(float(replicas[row]), "planned", text, why=why, key="hardware.replicas")
            bound.set_leaves(row, {"hardware_replicas": leaf})
    return bound.with_inputs({"hardware_replicas": replicas})


def _run(bound: Bound, outputs: tuple[str, ...]) -> dict[str, Array]:
    return compile_program(outputs).run(bound.inputs)
