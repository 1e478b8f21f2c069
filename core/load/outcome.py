"""What a replay says: waits and rates with their percentiles, limits kept, cost and energy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inferscope.core import units
from inferscope.core.bind import Bound
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.graph import Array
from inferscope.core.load.replay import Replayed
from inferscope.core.quantities.energy import FACILITY, FACILITY_WITH_RESERVE

__all__ = ["Latency", "Outcome", "outcome_of"]

_GROWN = 1.5
_LEAST_QUEUE = 10
_QUEUE_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Latency:
    """Mean and percentiles of a time in seconds; NaN where there is none."""

    mean: float
    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A replay in numbers.

    Attributes:
        answered: Requests that were answered.
        ttft: Time to first token, without the requests of the warm-up.
        tpot: Time per output token, of requests with at least two.
        e2e: From the request to the last token.
        met: Share of counted requests within both limits; NaN without limits.
        met_ttft: Share within the limit of the time to first token.
        met_tpot: Share within the limit of the time per output token.
        answered_per_s: Requests answered a second.
        met_per_s: Requests a second that were answered within the limits.
        output_tok_s: Tokens generated a second.
        input_tok_s: Prompt tokens taken a second.
        sequences: Decoding sequences of a replica on average.
        prefill_share: Share of time that replicas, or the ranks of prefill pools, work on prompts.
        decode_share: Share of time that replicas decode.
        most_queued: The most requests that waited at once.
        left: Requests that waited when the last one came.
        is_growing: Whether the queue still grew then.
        usd_per_query: Rent of the fleet over the requests answered in that time.
        wh_per_query: Energy of the fleet over them, within the scenario's boundary.
    """

    answered: int
    ttft: Latency
    tpot: Latency
    e2e: Latency
    met: float
    met_ttft: float
    met_tpot: float
    answered_per_s: float
    met_per_s: float
    output_tok_s: float
    input_tok_s: float
    sequences: float
    prefill_share: float
    decode_share: float
    most_queued: int
    left: int
    is_growing: bool
    usd_per_query: float
    wh_per_query: float


def outcome_of(replayed: Replayed, one: Bound, warm_up: float = 0.0) -> Outcome:
    """Sum a replay up.

    Args:
        replayed: The replay.
        one: The planned scenario it was made of.
        warm_up: Share of the requests, the first ones, that latencies leave out.
    """
    answered = np.isfinite(replayed.done_s)
    counted = answered & (np.arange(len(answered)) >= int(warm_up * len(answered)))
    times = _times(replayed, counted, float(one.inputs["site_round_trip_s"][0]))
    limits = {name: float(one.inputs[f"slo_{name}_s"][0]) for name in ("ttft", "tpot")}
    within = {name: ~(times[name] > limit) for name, limit in limits.items()}
    both = within["ttft"] & within["tpot"]
    start, stop = replayed.window_s
    inside = answered & (replayed.done_s >= start) & (replayed.done_s <= stop)
    number, span = int(inside.sum()), max(stop - start, 1e-12)
    usage, machine = replayed.usage, replayed.machine
    prompts = usage.prefill_s / machine.replicas
    if machine.servers:
        prompts = replayed.pool_busy_s / machine.servers
    met = _share(both) if any(not math.isnan(limit) for limit in limits.values()) else math.nan
    left, is_growing = _queue(replayed)
    return Outcome(
        answered=int(answered.sum()),
        ttft=_latency(times["ttft"]),
        tpot=_latency(times["tpot"]),
        e2e=_latency(times["e2e"]),
        met=met,
        met_ttft=math.nan if math.isnan(limits["ttft"]) else _share(within["ttft"]),
        met_tpot=math.nan if math.isnan(limits["tpot"]) else _share(within["tpot"]),
        answered_per_s=number / span,
        met_per_s=met * number / span,
        output_tok_s=float(replayed.trace.output_tokens[inside].sum()) / span,
        input_tok_s=float(replayed.trace.input_tokens[inside].sum()) / span,
        sequences=usage.sequence_s / machine.replicas / span,
        prefill_share=prompts / span,
        decode_share=usage.decode_s / machine.replicas / span,
        most_queued=replayed.most_queued,
        left=left,
        is_growing=is_growing,
        **_costs(replayed, one, number),
    )


def _times(replayed: Replayed, counted: NDArray[np.bool_], trip_s: float) -> dict[str, Array]:
    """Latencies that users see of the counted requests, ``(n,)``; NaN per token where there is one."""
    first, done = replayed.first_s[counted], replayed.done_s[counted]
    arrival, steps = replayed.arrival_s[counted], replayed.trace.output_tokens[counted] - 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        tpot = np.where(steps > 0, (done - first) / steps, np.nan)
    return {"ttft": first - arrival + trip_s, "tpot": tpot, "e2e": done - arrival + trip_s}


def _latency(values: Array) -> Latency:
    known = values[np.isfinite(values)]
    if not len(known):
        return Latency(math.nan, math.nan, math.nan, math.nan)
    return Latency(float(known.mean()), *(float(v) for v in np.quantile(known, (0.5, 0.9, 0.99))))


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else math.nan


def _queue(replayed: Replayed) -> tuple[int, bool]:
    """Requests that waited when the last one came, and whether the queue was still growing.

    It grows where at the end it is half as long again as in the middle, and no small matter.
    """
    order = np.argsort(replayed.arrival_s, kind="stable")
    queued = replayed.queued[order]
    if not len(queued) or replayed.concurrency is not None:
        return 0, False
    tenth = max(len(queued) // 10, 1)
    middle = queued[(len(queued) - tenth) // 2 :][:tenth].mean()
    end = queued[-tenth:].mean()
    least = max(_LEAST_QUEUE, _QUEUE_SHARE * len(queued))
    return int(queued[-1]), bool(end > _GROWN * middle and end > least)


def _costs(replayed: Replayed, one: Bound, answered: int) -> Mapping[str, float]:
    """Rent and energy of the whole fleet in the window, over the requests answered in it."""
    names = ("usd_per_day", "prefill_busy_w", "decode_idle_w", "prefill_idle_w")
    found = {name: float(values[0]) for name, values in evaluate_bound(one, names).values.items()}
    at = {name: float(values.flat[0]) for name, values in one.inputs.items()}
    machine, usage = replayed.machine, replayed.usage
    seconds = replayed.window_s[1] - replayed.window_s[0]
    busy_s = (usage.prefill_s + usage.decode_s) * at["hardware_count"]
    joules = usage.joules * at["hardware_count"]
    lanes = machine.prompt_lanes * machine.prompt_stages
    pool_s = replayed.pool_busy_s * at["prefill_hardware_count"] / lanes
    joules += pool_s * found["prefill_busy_w"] if machine.servers else 0.0
    if at["site_boundary"] >= FACILITY_WITH_RESERVE:
        own = machine.replicas * at["hardware_count"] * seconds
        joules += (own - busy_s) * found["decode_idle_w"]
        if machine.servers:
            pools = machine.servers / lanes * at["prefill_hardware_count"] * seconds
            joules += (pools - pool_s) * found["prefill_idle_w"]
    pue = at["site_pue"] if at["site_boundary"] >= FACILITY else 1.0
    each = answered or math.nan
    return {
        "usd_per_query": found["usd_per_day"] / units.SECONDS_PER_DAY * seconds / each,
        "wh_per_query": joules * pue / units.WH / each,
    }
