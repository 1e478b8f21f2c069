"""Waiting under load: for a step, for other prompts, for a place; and the time to first token with it."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import erlang_c
from inferscope.core.quantities.queues import burst_factor

_QUEUE = "open loop, M/M/c by Erlang's C with the Allen-Cunneen factor (ca^2 + cs^2)/2"
_BURSTS = (
    "; bursts as fewer, larger places (Hayward's approximation, Fredericks 1980) by the peakedness"
    " 1 + (ca^2 - 1)/(1 + cs^2) (Whitt 2004)"
)


@quantity(
    unit="1",
    label="Peakedness of the demand",
    better="lower",
    formula="maximum(1 + (workload_arrival_cv ** 2 - 1) / (1 + workload_service_cv ** 2), 0.05)",
    source="variance over mean of the busy places were there enough for all; Whitt 2004, Operations Research 52(6)",
)
def peakedness(workload_arrival_cv: Array, workload_service_cv: Array) -> Array:
    """How much bursts crowd the places: 1 for Poisson arrivals. Arrivals with cv 2: 4 for equal service, 2.5 for cs = 1."""
    return np.maximum(1.0 + (workload_arrival_cv**2 - 1.0) / (1.0 + workload_service_cv**2), 0.05)


@quantity(
    unit="1",
    label="Probability of waiting for a place",
    better="lower",
    formula=(
        "where(load_utilization < 1, erlang_c(maximum(hardware_replicas * batch / peakedness, 1),"
        " load_utilization), nan)"
    ),
    source=_QUEUE + _BURSTS,
    null="slo_unreachable: the demand is at or above what the fleet takes",
)
def wait_probability(
    load_utilization: Array, hardware_replicas: Array, batch: Array, peakedness: Array
) -> Array:
    """Chance that all places of all replicas are taken when a request arrives.

    Erlang's C for Poisson arrivals; bursts meet as many places as there are for each of their requests.
    """
    chance = erlang_c(np.maximum(hardware_replicas * batch / peakedness, 1.0), load_utilization)
    return np.where(load_utilization < 1.0, chance, np.nan)


@quantity(
    unit="s",
    label="Mean wait once all places are taken",
    better="lower",
    formula=(
        "where(optimizations_static_batching > 0, nan, burst_factor(workload_arrival_cv, workload_service_cv)"
        " / (max_requests_per_s * (1 - load_utilization)))"
    ),
    source=_QUEUE,
    null="not_in_this_version: wait for a static batch",
)
def place_wait_s(
    optimizations_static_batching: Array,
    workload_arrival_cv: Array,
    workload_service_cv: Array,
    max_requests_per_s: Array,
    load_utilization: Array,
) -> Array:
    """Time constant of the exponential tail of the wait for a place: 1/(c mu - lambda), scaled.

    Places free up one by one only under continuous batching; how long a query waits until a
    static batch is full, and the one before it done, is not modelled.
    """
    burst = burst_factor(workload_arrival_cv, workload_service_cv)
    wait = burst / (max_requests_per_s * (1.0 - load_utilization))
    return np.where(optimizations_static_batching > 0, np.nan, wait)


@quantity(
    unit="1",
    label="Load of prefill",
    better="lower",
    formula=(
        "workload_requests_per_s * where(hardware_disaggregated > 0, prefill_work_s / prefill_servers,"
        " prefill_service_s / hardware_replicas)"
    ),
    source="prompts a second x the time each takes from a replica, or from all prefill pools",
)
def prefill_utilization(
    workload_requests_per_s: Array,
    hardware_disaggregated: Array,
    prefill_work_s: Array,
    prefill_servers: Array,
    prefill_service_s: Array,
    hardware_replicas: Array,
) -> Array:
    """Share of time that a replica's prefill, or the ranks of all pools, are busy.

    Pools are whole, so that they are at most as busy as decoding: where 0.2 of a pool would do, the one that
    there is works a fifth as much.
    """
    each = np.where(
        hardware_disaggregated > 0, prefill_work_s / prefill_servers, prefill_service_s / hardware_replicas
    )
    return workload_requests_per_s * each


@quantity(
    unit="1",
    label="Prompts that prefill computes at once",
    formula=(
        "where(hardware_disaggregated > 0, maximum(ceil(hardware_replicas * prefill_units - 1e-9), 1)"
        " * prefill_hardware_data_parallel * prefill_hardware_pipeline_parallel, 1)"
    ),
    source="ranks and stages of all prefill pools; a replica without one is a single server",
)
def prefill_servers(
    hardware_disaggregated: Array,
    hardware_replicas: Array,
    prefill_units: Array,
    prefill_hardware_data_parallel: Array,
    prefill_hardware_pipeline_parallel: Array,
) -> Array:
    """Servers of the line in which prompts wait. 37 pools of 32 ranks: 1,184."""
    pools = np.maximum(np.ceil(hardware_replicas * prefill_units - 1e-9), 1.0)
    servers = pools * prefill_hardware_data_parallel * prefill_hardware_pipeline_parallel
    return np.where(hardware_disaggregated > 0, servers, 1.0)


@quantity(
    unit="1",
    label="Probability of waiting for prefill",
    better="lower",
    formula=(
        "where(prefill_utilization < 1, where(hardware_disaggregated > 0,"
        " erlang_c(maximum(prefill_servers / peakedness, 1), prefill_utilization), prefill_utilization), nan)"
    ),
    source=_QUEUE + _BURSTS + "; rho for the single server of a replica",
    null="slo_unreachable: the demand is at or above what the fleet takes",
)
def prefill_wait_probability(
    prefill_utilization: Array, hardware_disaggregated: Array, prefill_servers: Array, peakedness: Array
) -> Array:
    """Chance that a prompt finds its replica, or all ranks of the prefill pools, at work on others."""
    if np.any(hardware_disaggregated > 0):
        pooled = erlang_c(np.maximum(prefill_servers / peakedness, 1.0), prefill_utilization)
    else:
        pooled = prefill_utilization
    chance = np.where(hardware_disaggregated > 0, pooled, prefill_utilization)
    return np.where(prefill_utilization < 1.0, chance, np.nan)


@quantity(
    unit="s",
    label="Mean wait once prefill is busy",
    better="lower",
    formula=(
        "where(prefill_utilization < 1, where(hardware_disaggregated > 0, prefill_work_s / prefill_servers,"
        " prefill_service_s) / (1 - prefill_utilization)"
        " * burst_factor(workload_arrival_cv, workload_service_cv), nan)"
    ),
    source=_QUEUE,
    null="slo_unreachable: the demand is at or above what the fleet takes",
)
def prompt_wait_s(
    prefill_utilization: Array,
    hardware_disaggregated: Array,
    prefill_work_s: Array,
    prefill_servers: Array,
    prefill_service_s: Array,
    workload_arrival_cv: Array,
    workload_service_cv: Array,
) -> Array:
    """Time constant of the exponential tail of the wait behind other prompts. Load 0.5, 0.1 s, Poisson: 0.2 s."""
    each = np.where(hardware_disaggregated > 0, prefill_work_s / prefill_servers, prefill_service_s)
    burst = burst_factor(workload_arrival_cv, workload_service_cv)
    wait = each / (1.0 - prefill_utilization) * burst
    return np.where(prefill_utilization < 1.0, wait, np.nan)


@quantity(
    unit="s",
    label="Mean wait for prefill",
    better="lower",
    formula="prefill_wait_probability * prompt_wait_s",
    source="Kingman's formula for the single server of a replica: rho/(1 - rho) x s x (ca^2 + cs^2)/2",
)
def prefill_wait_s(prefill_wait_probability: Array, prompt_wait_s: Array) -> Array:
    """Mean wait behind other prompts, arrivals spread evenly over replicas.

    Load 0.5, s = 0.1 s, Poisson arrivals: 0.05 s for equal prompts (M/D/1), 0.1 s for cs = 1.
    """
    return prefill_wait_probability * prompt_wait_s


@quantity(
    unit="s",
    label="Mean time to first token under load",
    better="lower",
    formula=(
        "prefill_latency_s + running_step_s * (0.5 + optimizations_chunked_prefill) + prefill_wait_s"
        " + wait_probability * place_wait_s + site_round_trip_s"
    ),
    source=_QUEUE + "; the mean waits for a step, for prefill and for a place added",
)
def ttft_mean_s(
    prefill_latency_s: Array,
    running_step_s: Array,
    optimizations_chunked_prefill: Array,
    prefill_wait_s: Array,
    wait_probability: Array,
    place_wait_s: Array,
    site_round_trip_s: Array,
) -> Array:
    """Time to first token on average, at the mean demand.

    0.3 s on an idle replica, half a step of 20 ms and a further one that the prompt shares, 0.05 s behind
    other prompts, and 0.2 of all wait 1 s for a place: 0.58 s.
    """
    step = running_step_s * (0.5 + optimizations_chunked_prefill)
    return prefill_latency_s + step + prefill_wait_s + wait_probability * place_wait_s + site_round_trip_s


@quantity(
    unit="s",
    label="Median time to first token under load",
    better="lower",
    formula=(
        "prefill_latency_s + running_step_s * (0.5 + optimizations_chunked_prefill)"
        " + prompt_wait_s * maximum(log(prefill_wait_probability / 0.5), 0)"
        " + place_wait_s * maximum(log(wait_probability / 0.5), 0) + site_round_trip_s"
    ),
    source=_QUEUE + "; exponential tails, quantiles of the two waits added (an upper estimate)",
)
def ttft_p50_s(
    prefill_latency_s: Array,
    running_step_s: Array,
    optimizations_chunked_prefill: Array,
    prompt_wait_s: Array,
    prefill_wait_probability: Array,
    place_wait_s: Array,
    wait_probability: Array,
    site_round_trip_s: Array,
) -> Array:
    """Time to first token that half of all requests beat, at the mean demand."""
    step = running_step_s * (0.5 + optimizations_chunked_prefill)
    once = prefill_latency_s + site_round_trip_s
    return ttft_quantile(
        0.5, once, step, prompt_wait_s, prefill_wait_probability, place_wait_s, wait_probability
    )


@quantity(
    unit="s",
    label="99th percentile of time to first token under load",
    better="lower",
    formula=(
        "prefill_latency_s + running_step_s * (0.99 + optimizations_chunked_prefill)"
        " + prompt_wait_s * maximum(log(prefill_wait_probability / 0.01), 0)"
        " + place_wait_s * maximum(log(wait_probability / 0.01), 0) + site_round_trip_s"
    ),
    source=_QUEUE + "; exponential tails, quantiles of the two waits added (an upper estimate)",
)
def ttft_p99_s(
    prefill_latency_s: Array,
    running_step_s: Array,
    optimizations_chunked_prefill: Array,
    prompt_wait_s: Array,
    prefill_wait_probability: Array,
    place_wait_s: Array,
    wait_probability: Array,
    site_round_trip_s: Array,
) -> Array:
    """Time to first token that 99 of 100 requests beat, at the mean demand."""
    step = running_step_s * (0.99 + optimizations_chunked_prefill)
    once = prefill_latency_s + site_round_trip_s
    return ttft_quantile(
        0.01, once, step, prompt_wait_s, prefill_wait_probability, place_wait_s, wait_probability
    )


@quantity(
    unit="s",
    label="Time to first token at the percentile",
    better="lower",
    formula=(
        "prefill_latency_s + running_step_s * (slo_percentile + optimizations_chunked_prefill)"
        " + prompt_wait_s * maximum(log(prefill_wait_probability / (1 - slo_percentile)), 0)"
        " + place_wait_s * maximum(log(wait_probability / (1 - slo_percentile)), 0) + site_round_trip_s"
    ),
    source=_QUEUE + "; exponential tails, quantiles of the two waits added (an upper estimate)",
)
def ttft_percentile_s(
    slo_percentile: Array,
    prefill_latency_s: Array,
    running_step_s: Array,
    optimizations_chunked_prefill: Array,
    prompt_wait_s: Array,
    prefill_wait_probability: Array,
    place_wait_s: Array,
    wait_probability: Array,
    site_round_trip_s: Array,
) -> Array:
    """Time to first token that the stated share of all requests beats, at the mean demand."""
    beyond = 1.0 - slo_percentile
    step = running_step_s * (slo_percentile + optimizations_chunked_prefill)
    return ttft_quantile(
        beyond,
        prefill_latency_s + site_round_trip_s,
        step,
        prompt_wait_s,
        prefill_wait_probability,
        place_wait_s,
        wait_probability,
    )


def ttft_quantile(
    beyond: Array | float,
    latency: Array,
    step: Array,
    prompt_wait: Array,
    prompt_waits: Array,
    place_wait: Array,
    place_waits: Array,
) -> Array:
    """Latency, steps, and the quantile of each wait: P(W > t) = p exp(-t / tau).

    Args:
        beyond: Share of requests that take longer.
        latency: Time of the prompt itself, s.
        step: Decode steps that it waits for, s.
        prompt_wait: tau of the wait for other prompts, s.
        prompt_waits: p of it.
        place_wait: tau of the wait for a place, s.
        place_waits: p of it.

    >>> one = np.ones(1)
    >>> ttft_quantile(0.01, 0.3 * one, 0 * one, 0.05 * one, 0.01 * one, 2 * one, 0.2 * one).round(3)
    array([6.291])
    """
    prompt = prompt_wait * np.maximum(np.log(prompt_waits / beyond), 0.0)
    place = place_wait * np.maximum(np.log(place_waits / beyond), 0.0)
    return latency + step + prompt + place
