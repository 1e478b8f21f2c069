"""The closed forms of the quantities at what a trace brings on average, to stand beside its replay."""

from __future__ import annotations

import math

import numpy as np

from inferscope.core.bind import Bound
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.load.trace import Trace

__all__ = ["at_trace", "closed_loop", "goodput_requests_per_s", "open_loop"]

_GRID = 512
_ROUNDS = 3
_OPEN = (
    "load_utilization",
    "load_batch",
    "prefill_utilization",
    "ttft_mean_s",
    "ttft_p50_s",
    "ttft_p99_s",
    "load_tpot_s",
    "generated_tokens",
    "max_requests_per_s",
    "fleet_output_tok_s",
    "usd_per_query",
    "wh_per_query",
)
_CLOSED = ("ttft_s", "tpot_s", "e2e_latency_s", "output_tok_s")


def at_trace(one: Bound, trace: Trace) -> Bound:
    """The planned scenario at a trace's mean lengths, rate and variation; batch and replicas are held.

    Where memory holds fewer sequences of these lengths than were planned, the batch is what it holds.

    Args:
        one: One planned row.
        trace: Requests that do not come all at once.
    """
    answers = trace.output_tokens
    changes = {
        "workload_input_tokens": float(trace.input_tokens.mean()),
        "workload_output_tokens": float(answers.mean()),
        "workload_reasoning_tokens": 0.0,
        "workload_requests_per_s": trace.rate_per_s,
        "workload_arrival_cv": trace.arrival_cv,
        "workload_service_cv": float(answers.std() / answers.mean()),
    }
    moved = one.with_inputs({name: np.array([value]) for name, value in changes.items()})
    most = evaluate_bound(moved, ("max_batch",))["max_batch"]
    return moved.with_inputs({"workload_batch": np.minimum(moved.inputs["workload_batch"], most)})


def open_loop(moved: Bound) -> dict[str, float]:
    """Quantities under load, by name; NaN where there is none, as for waits at saturation."""
    found = {name: float(values[0]) for name, values in evaluate_bound(moved, _OPEN).values.items()}
    found["e2e_mean_s"] = found["ttft_mean_s"] + (found["generated_tokens"] - 1.0) * found["load_tpot_s"]
    nine_of_ten = moved.with_inputs({"slo_percentile": np.array([0.9])})
    found["ttft_p90_s"] = float(evaluate_bound(nine_of_ten, ("ttft_percentile_s",))["ttft_percentile_s"][0])
    found["goodput_requests_per_s"] = goodput_requests_per_s(moved)
    return found


def closed_loop(moved: Bound, concurrency: int) -> dict[str, float]:
    """Quantities with so many users who ask again as soon as they are answered; NaN where some wait."""
    replicas = float(moved.inputs["hardware_replicas"][0])
    each = min(concurrency / replicas, float(moved.inputs["workload_batch"][0]))
    changes = {"workload_batch": np.array([each]), "workload_requests_per_s": np.array([math.nan])}
    found = evaluate_bound(moved.with_inputs(changes), _CLOSED).values
    values = {name: float(array[0]) for name, array in found.items()}
    is_crowded = concurrency > each * replicas
    return {
        "ttft_mean_s": math.nan if is_crowded else values["ttft_s"],
        "load_tpot_s": values["tpot_s"],
        "e2e_mean_s": math.nan if is_crowded else values["e2e_latency_s"],
        "fleet_output_tok_s": values["output_tok_s"] * replicas,
    }


def goodput_requests_per_s(one: Bound) -> float:
    """The largest rate of requests at which the scenario's limits hold, for its planned fleet.

    The time to first token is held to its limit at ``slo.percentile``, the time per output token at its
    mean. Without limits it is the largest rate of all; 0 where no rate keeps them; NaN where it cannot be
    computed. A grid of loads is evaluated at once, then one between the last that holds and the next.

    Args:
        one: One planned row.
    """
    most = float(evaluate_bound(one, ("max_requests_per_s",))["max_requests_per_s"][0])
    low, high = 0.0, 1.0
    for _ in range(_ROUNDS):
        loads = low + (high - low) * np.arange(1, _GRID + 1) / (_GRID + 1)
        found = evaluate_bound(
            one.with_inputs({"workload_requests_per_s": loads * most}), ("ttft_percentile_s", "load_tpot_s")
        )
        ttft, tpot = found["ttft_percentile_s"], found["load_tpot_s"]
        if np.isnan(ttft).all() or np.isnan(tpot).all():
            return math.nan
        kept = ~np.isnan(ttft) & ~(ttft > one.inputs["slo_ttft_s"]) & ~(tpot > one.inputs["slo_tpot_s"])
        count = int(np.argmin(kept)) if not kept.all() else _GRID
        edges = np.concatenate([[low], loads, [high]])
        low, high = float(edges[count]), float(edges[count + 1])
    return low * most
