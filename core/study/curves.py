"""The plots of one scenario, each from its planned inputs in one evaluation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from inferscope.core.bind import Bound
from inferscope.core.evaluate import Result, evaluate_bound
from inferscope.core.graph import Array
from inferscope.core.plan import MAX_BATCH, replan
from inferscope.core.reasons import reasons
from inferscope.core.sentences import money
from inferscope.core.study.drawing import Axis, Curve, Mark, Series, line
from inferscope.core.study.roofline import roofline
from inferscope.core.units import human

__all__ = ["KINDS", "Axis", "Curve", "Mark", "Series", "curve"]

POINTS = 96
"""Points of a curve."""
_BEYOND = (1.0, 1.05, 1.1)
"""Loads at and above saturation; nothing finite may come of them."""
_SPAN = 32.0
"""How many times shorter and longer outputs are shown."""


def curve(of: Result | Bound, kind: str) -> Curve:
    """One plot of the first scenario of a planned result.

    Args:
        of: Planned inputs, or a result with them.
        kind: One of :data:`KINDS`.

    Returns:
        The plot; without series, and with a ``why``, where nothing can be computed.

    Raises:
        KeyError: There is no such kind.
    """
    bound = of.bound if isinstance(of, Result) else of
    return _DRAWN[kind](bound.take([0]))


def _at(one: Bound, name: str) -> float:
    """An input of the scenario."""
    return float(one.inputs[name][0])


def _scalars(one: Bound, *names: str) -> tuple[float, ...]:
    """Quantities of the scenario."""
    found = evaluate_bound(one, names)
    return tuple(float(found[name][0]) for name in names)


# --- throughput against latency ------------------------------------------------------------------


def _throughput_latency(one: Bound) -> Curve:
    """Every batch from one to what memory holds."""
    blank = Curve(
        "throughput_latency",
        "Throughput against latency",
        Axis("tpot_s", "s", "time per output token", log=True),
        Axis("output_tok_s_per_accelerator", "tokens/s", "output per accelerator", log=True),
    )
    (limit,) = _scalars(one, "max_batch")
    if not limit >= 1:
        return replace(blank, why=_why(one, "tpot_s"))
    batch, most = _at(one, "workload_batch"), min(limit, MAX_BATCH)
    grid = np.unique(np.floor(np.geomspace(1.0, most, POINTS)))
    if 1 <= batch <= most:
        grid = np.unique(np.append(grid, batch))
    found = evaluate_bound(one.with_inputs({"workload_batch": grid}), (blank.x.name, blank.y.name, "ttft_s"))
    shown = line("batch 1 to " + f"{most:,.0f}", found[blank.x.name], found[blank.y.name])
    if not shown.x:
        return replace(blank, why=_why(one, "tpot_s"))
    marks = []
    place = int(np.searchsorted(grid, batch))
    if place < len(grid) and grid[place] == batch and math.isfinite(found[blank.x.name][place]):
        here = float(found[blank.x.name][place]), float(found[blank.y.name][place])
        marks.append(Mark(f"batch {batch:,.0f}", *here))
    limits = {"tpot_s": _at(one, "slo_tpot_s"), "ttft_s": _at(one, "slo_ttft_s")}
    if not math.isnan(limits["tpot_s"]):
        marks.append(Mark("TPOT limit", limits["tpot_s"], None))
    if (kept := found["ttft_s"] <= limits["ttft_s"]).any():
        last = int(np.flatnonzero(kept)[-1])
        marks.append(Mark("TTFT limit", float(found["tpot_s"][last]), float(found[blank.y.name][last])))
    sentence = _throughput_sentence(shown, marks, most)
    return replace(blank, series=(shown,), marks=tuple(marks), sentence=sentence)


def _throughput_sentence(shown: Series, marks: list[Mark], most: float) -> str:
    def point(i: int) -> str:
        return f"{human(shown.y[i], 'tokens/s')} at {human(shown.x[i], 's')} a token"

    text = f"Per accelerator, one sequence alone gives {point(0)}"
    if most > 1:
        text += f", the {most:,.0f} that memory holds {point(-1)}"
    here = next(
        (m for m in marks if m.label.startswith("batch") and m.x is not None and m.y is not None), None
    )
    if here is None:
        return f"{text}; no batch is planned."
    return f"{text}; {here.label} gives {human(here.y or 0, 'tokens/s')} at {human(here.x or 0, 's')}."


# --- latency against load ------------------------------------------------------------------------


def _latency_load(one: Bound) -> Curve:
    """The planned fleet, or one replica without demand, from idle to beyond saturation.

    The knee is where requests per second over the 99th percentile are most (Kleinrock's power):
    beyond it the wait grows faster than the load.
    """
    blank = Curve(
        "latency_load",
        "Latency against load",
        Axis("workload_requests_per_s", "1/s", "requests offered to the fleet"),
        Axis("ttft_p99_s", "s", "time to first token", log=True),
    )
    (most,) = _scalars(one, "max_requests_per_s")
    if not most > 0:
        return replace(blank, why=_why(one, "max_requests_per_s"))
    share = np.concatenate(
        [
            np.geomspace(1e-3, 0.1, POINTS // 4, endpoint=False),
            np.linspace(0.1, 0.9, POINTS // 4),
            1 - np.geomspace(0.099, 1e-3, POINTS // 2),
            _BEYOND,
        ]
    )
    load = share * most
    names = ("ttft_p50_s", "ttft_mean_s", "ttft_p99_s")
    found = evaluate_bound(one.with_inputs({"workload_requests_per_s": load}), names)
    labels = ("p50", "mean", "p99")
    series = tuple(line(label, load, found[name]) for label, name in zip(labels, names, strict=True))
    slow = series[-1]
    if not slow.x:
        return replace(blank, why=_why(one.with_inputs({"workload_requests_per_s": load[:1]}), "ttft_p99_s"))
    knee = max(range(len(slow.x)), key=lambda i: slow.x[i] / slow.y[i])
    marks = [Mark("knee", slow.x[knee], slow.y[knee]), Mark("saturated", most, None)]
    now, then = _at(one, "workload_requests_per_s"), math.nan
    if 0 < now < most:
        (then,) = _scalars(one, "ttft_p99_s")
        marks.append(Mark("demand", now, then if math.isfinite(then) else None))
    elif now >= most:
        marks.append(Mark("demand", now, None))
    if not math.isnan(limit := _at(one, "slo_ttft_s")):
        marks.append(Mark("TTFT limit", None, limit))
    sentence = _load_sentence(slow, knee, most, _at(one, "hardware_replicas"), now)
    return replace(blank, series=series, marks=tuple(marks), sentence=sentence)


def _load_sentence(slow: Series, knee: int, most: float, replicas: float, now: float) -> str:
    fleet = "One replica" if replicas == 1 else f"The fleet of {replicas:,.0f} replicas"
    text = f"{fleet} saturates at {human(most, 'requests/s')}"
    share = f"{100 * slow.x[knee] / most:.3g} %"
    wait = f"{human(slow.y[knee], 's')} ({human(slow.y[0], 's')} when idle)"
    knee_text = f"{human(slow.x[knee], 'requests/s')} ({share})"
    text += f"; up to the knee at {knee_text} 99 of 100 first tokens come within {wait}"
    if math.isnan(now):
        return f"{text}; no demand is given."
    if now >= most:
        return f"{text}; the demand of {human(now, 'requests/s')} is more than it takes."
    return f"{text}; the demand of {human(now, 'requests/s')} is {100 * now / most:.3g} % of it."


# --- cost against output length ------------------------------------------------------------------


def _cost_length(one: Bound) -> Curve:
    """Shorter and longer outputs; what is ``auto`` is planned anew for each, the layout is held."""
    blank = Curve(
        "cost_length",
        "Cost against output length",
        Axis("workload_output_tokens", "tokens", "visible output tokens", log=True),
        Axis("usd_per_query", "USD", "cost", log=True),
    )
    now = _at(one, "workload_output_tokens")
    grid = np.geomspace(max(now / _SPAN, 1.0), min(now * _SPAN, 1e8), POINTS)
    grid = np.unique(np.append(np.round(grid), (now, min(10.0 * now, 1e8))))
    planned = replan(one, {"workload_output_tokens": grid})
    needs = ("workload_requests_per_s", "fleet_requests_per_s")
    found = evaluate_bound(planned, ("usd_per_query", "usd_per_million_output_tokens", needs[1]))
    too_small = found[needs[1]] < planned.inputs[needs[0]]
    query = line("a query", grid, found["usd_per_query"])
    million = line("a million output tokens", grid, found["usd_per_million_output_tokens"])
    if not query.x:
        return replace(blank, why=_why(one, "usd_per_query"))
    marks = tuple(
        Mark(label, now, shown.y[shown.x.index(now)])
        for label, shown in (("now", query), ("now, a million", million))
        if now in shown.x
    )
    sentence = _cost_sentence(one, query, million, now, grid[too_small])
    if len(query.x) < len(grid):
        first = int(np.flatnonzero(np.isnan(found["usd_per_query"]))[0])
        why = reasons(planned, ("usd_per_query",), first)["usd_per_query"]
        sentence += f" {len(grid) - len(query.x)} of {len(grid)} lengths are left out ({why})."
    return replace(blank, series=(query, million), marks=marks, sentence=sentence)


def _cost_sentence(one: Bound, query: Series, million: Series, now: float, too_long: Array) -> str:
    """What ten times the length costs; which of batch and fleet were planned anew."""
    auto = one.resolved[0].auto
    batch = "the batch planned anew for each length" if "batch" in auto else "the batch held"
    places = [i for i in (now, 10.0 * now) if i in query.x]
    texts = [
        f"{i:,.0f} output tokens cost {money(query.y[query.x.index(i)])} a query and"
        f" {money(million.y[million.x.index(i)])} a million"
        for i in places
        if i in million.x
    ]
    if not texts:
        ends = (query.x[0], query.x[-1])
        texts = [
            f"{ends[0]:,.0f} to {ends[1]:,.0f} output tokens cost {money(query.y[0])} to {money(query.y[-1])}"
        ]
    stated = ""
    if one.resolved[0].scenario.hardware.fleet_accelerators is not None:
        stated = " on the stated fleet"
        if len(too_long):
            stated += f", too small for the demand from {too_long[0]:,.0f} tokens on"
    return f"{'; '.join(texts)}{stated}, with {batch}."


def _why(one: Bound, name: str) -> str:
    return reasons(one, (name,), 0)[name]


_DRAWN: Mapping[str, Callable[[Bound], Curve]] = {
    "throughput_latency": _throughput_latency,
    "latency_load": _latency_load,
    "cost_length": _cost_length,
    "roofline": roofline,
}
KINDS = tuple(_DRAWN)
"""The plots there are."""
