"""A scenario under a trace: its fleet is planned, tabulated, and the requests are replayed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inferscope.core.bind import Bound, bind
from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.load.closed import at_trace, closed_loop, open_loop
from inferscope.core.load.machine import Machine, machine_of
from inferscope.core.load.outcome import Outcome, outcome_of
from inferscope.core.load.replay import Replayed, replay
from inferscope.core.load.synthetic import synthetic
from inferscope.core.load.trace import Trace
from inferscope.core.plan import plan
from inferscope.core.reasons import reasons
from inferscope.core.scenario.files import Loaded, locate
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.table import Watch

__all__ = ["REQUESTS", "WARM_UP", "CannotReplayError", "LoadStudy", "load_study"]

WARM_UP = 0.1
"""Share of drawn requests that come before latencies are counted."""
REQUESTS = 20_000
"""Requests that are drawn where nothing else is said."""


class CannotReplayError(InferscopeError):
    """The scenario has no times to replay with: it does not fit, or a figure is missing."""


@dataclass(frozen=True, slots=True)
class LoadStudy:
    """A replay with the scenario it was made of.

    Attributes:
        title: The scenario's name.
        bound: The planned scenario, one row.
        replayed: What happened.
        outcome: The same in numbers.
        closed: Closed forms at the trace's means, by name; NaN where there is none.
        is_drawn: Whether the requests were drawn.
        load: Demand over what the fleet takes: as drawn, or as asked for where that is more; NaN where
            there is no demand to speak of.
    """

    title: str
    bound: Bound
    replayed: Replayed
    outcome: Outcome
    closed: dict[str, float]
    is_drawn: bool
    load: float

    @property
    def percentile(self) -> float:
        """Share of requests that must keep the limits."""
        return float(self.bound.inputs["slo_percentile"][0])

    @property
    def is_saturated(self) -> bool:
        """Whether the demand is at or above what the fleet takes, so that no wait is a steady one."""
        return self.load >= 1.0 or self.outcome.is_growing

    @property
    def is_no(self) -> bool:
        """Whether the demand cannot be carried, or too few requests keep the limits."""
        return self.is_saturated or self.outcome.met < self.percentile


def load_study(
    loaded: Loaded | Scenario,
    trace: Trace | None = None,
    *,
    requests: int = REQUESTS,
    seed: int = 0,
    concurrency: int | None = None,
    watch: Watch | None = None,
) -> LoadStudy:
    """Replay a trace, or requests drawn as the scenario describes them.

    Args:
        loaded: The scenario, with or without where it came from.
        trace: The requests; without them they are drawn.
        requests: How many are drawn.
        seed: Of what is drawn.
        concurrency: So many users in a closed loop, in place of the arrivals.
        watch: Told how many requests are done.

    Raises:
        ScenarioError: The scenario cannot be bound.
        InferscopeError: Requests are to be drawn and the scenario has no demand, or batches statically.
        CannotReplayError: The scenario does not fit, or a figure that its times need is missing.
    """
    item = Loaded(loaded, None, {}) if isinstance(loaded, Scenario) else loaded
    try:
        bound = plan(bind([item.scenario]))
    except ScenarioError as error:
        raise locate(error, item) from None
    if not item.scenario.optimizations.continuous_batching:
        message = "a replay batches continuously and takes no static batch: must be true, not false"
        raise InferscopeError(message, key="optimizations.continuous_batching")
    _check(bound)
    played = _drawn(bound, requests, seed, is_open=concurrency is None) if trace is None else trace
    warm_up = WARM_UP if trace is None or concurrency is not None else 0.0
    machine = _machine(bound, played)
    replayed = replay(played, machine, concurrency=concurrency, warm_up=warm_up, watch=watch)
    taken = played.take(np.flatnonzero(np.isfinite(replayed.done_s)))
    least = 1 if trace is None else machine.places * machine.replicas
    closed = _closed(bound, taken, concurrency, least)
    return LoadStudy(
        title=item.scenario.name,
        bound=bound,
        replayed=replayed,
        outcome=outcome_of(replayed, bound, warm_up),
        closed=closed,
        is_drawn=trace is None,
        load=_load(bound, closed, is_asked=trace is None and concurrency is None),
    )


def _load(bound: Bound, closed: dict[str, float], *, is_asked: bool) -> float:
    found = closed.get("load_utilization", math.nan)
    if not is_asked:
        return found
    return float(np.fmax(found, evaluate_bound(bound, ("load_utilization",))["load_utilization"][0]))


def _check(bound: Bound) -> None:
    """Refuse what has no times.

    Raises:
        CannotReplayError: With the reason.
    """
    names = ("tpot_s", "prefill_latency_s", "hardware_replicas")
    found = evaluate_bound(bound, names)
    missing = [name for name in names if math.isnan(float(found[name][0]))]
    if missing:
        why = reasons(bound, [name for name in missing if name in names[:2]] or ["tpot_s"], 0)
        message = f"nothing can be replayed: {next(iter(why.values()))}"
        raise CannotReplayError(message)


def _drawn(bound: Bound, requests: int, seed: int, *, is_open: bool) -> Trace:
    """Requests with the scenario's demand, variation and lengths.

    Raises:
        InferscopeError: It has no demand.
    """
    at = {name: float(values.flat[0]) for name, values in bound.inputs.items()}
    rate = at["workload_requests_per_s"]
    if math.isnan(rate) and is_open:
        message = "no demand to draw from: give it with --set workload.requests_per_s=..., or --concurrency"
        raise InferscopeError(message, key="workload.requests_per_s")
    return synthetic(
        rate if is_open else math.inf,
        at["workload_input_tokens"],
        at["workload_output_tokens"] + at["workload_reasoning_tokens"],
        arrival_cv=at["workload_arrival_cv"],
        length_cv=at["workload_service_cv"],
        requests=requests,
        seed=seed,
    )


def _machine(bound: Bound, trace: Trace) -> Machine:
    longest = float((trace.input_tokens + trace.output_tokens).max())
    return machine_of(bound, float(trace.input_tokens.max()), longest)


def _closed(bound: Bound, trace: Trace, concurrency: int | None, least: int) -> dict[str, float]:
    """Closed forms; none where requests are no more than ``least``, which have no load to speak of.

    Args:
        bound: The planned scenario.
        trace: The requests that were taken.
        concurrency: Users of a closed loop.
        least: The places of the fleet, for a trace that is as long as it is.
    """
    if not len(trace) or (concurrency is None and (len(trace) <= least or trace.span_s == 0)):
        return {}
    moved = at_trace(bound, trace)
    return open_loop(moved) if concurrency is None else closed_loop(moved, concurrency)
