"""Demand on a fleet of replicas: utilisation, waiting, and how many are needed."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import erlang_c

_QUEUE = "open loop, M/M/c by Erlang's C with the Allen-Cunneen factor (ca^2 + cs^2)/2"


@quantity(
    unit="1/d",
    label="Queries per day",
    formula="86400 * workload_requests_per_s",
    source="definition",
)
def queries_per_day(workload_requests_per_s: Array) -> Array:
    """Mean demand. 1,606 a second: 138.8e6 a day."""
    return units.SECONDS_PER_DAY * workload_requests_per_s


@quantity(
    unit="tokens/d",
    label="Input tokens per day",
    formula="queries_per_day * workload_input_tokens",
    source="definition",
)
def input_tokens_per_day(queries_per_day: Array, workload_input_tokens: Array) -> Array:
    """Prompt tokens a day, cache hits included. DeepSeek's day: 1,606 x 86,400 x 4,383 = 608e9."""
    return queries_per_day * workload_input_tokens


@quantity(
    unit="tokens/d",
    label="Output tokens per day",
    formula="queries_per_day * generated_tokens",
    source="definition",
)
def output_tokens_per_day(queries_per_day: Array, generated_tokens: Array) -> Array:
    """Generated tokens a day. DeepSeek's day: 1,606 x 86,400 x 1,211 = 168e9."""
    return queries_per_day * generated_tokens


@quantity(
    unit="1",
    label="Replicas needed",
    better="lower",
    formula=(
        "maximum(ceil(workload_requests_per_s * workload_peak_to_mean"
        " / (replica_requests_per_s * slo_max_load_utilization) - 1e-9), 1)"
    ),
    source="peak demand over what a replica takes at the planned load",
)
def replicas_needed(
    workload_requests_per_s: Array,
    workload_peak_to_mean: Array,
    replica_requests_per_s: Array,
    slo_max_load_utilization: Array,
) -> Array:
    """Whole replicas that carry the peak at the highest planned load. 100/s over 6.4/s at 0.85: 19."""
    peak = workload_requests_per_s * workload_peak_to_mean
    return np.maximum(np.ceil(peak / (replica_requests_per_s * slo_max_load_utilization) - 1e-9), 1.0)


@quantity(
    unit="accelerators",
    label="Accelerators needed",
    better="lower",
    formula=(
        "replicas_needed * hardware_count + ceil(replicas_needed * prefill_units - 1e-9) * prefill_hardware_count"
    ),
    source="replicas with their rate-matched prefill pools, whole ones over the fleet",
)
def accelerators_needed(
    replicas_needed: Array, hardware_count: Array, prefill_units: Array, prefill_hardware_count: Array
) -> Array:
    """Accelerators that this program's model says the demand needs. 8 x 144 + 37 x 32 = 2,336."""
    pools = np.ceil(replicas_needed * prefill_units - 1e-9)
    return replicas_needed * hardware_count + pools * prefill_hardware_count


@quantity(
    unit="accelerators",
    label="Accelerators in the fleet",
    better="lower",
    formula=(
        "where(isnan(hardware_fleet_accelerators), hardware_replicas * hardware_count"
        " + ceil(hardware_replicas * prefill_units - 1e-9) * prefill_hardware_count,"
        " hardware_fleet_accelerators)"
    ),
    source="as stated in the scenario, else replicas and whole prefill pools",
)
def fleet_accelerators(
    hardware_fleet_accelerators: Array,
    hardware_replicas: Array,
    hardware_count: Array,
    prefill_units: Array,
    prefill_hardware_count: Array,
) -> Array:
    """Accelerators that are paid for. DeepSeek's day states 226.75 nodes x 8 = 1,814."""
    pools = np.ceil(hardware_replicas * prefill_units - 1e-9)
    planned = hardware_replicas * hardware_count + pools * prefill_hardware_count
    return np.where(np.isnan(hardware_fleet_accelerators), planned, hardware_fleet_accelerators)


@quantity(
    unit="1/s",
    label="Largest rate the replicas take",
    better="higher",
    formula="hardware_replicas * replica_requests_per_s",
    source="replicas x completions of each at the operating point",
)
def max_requests_per_s(hardware_replicas: Array, replica_requests_per_s: Array) -> Array:
    """Requests a second at which the planned replicas are saturated; a stated fleet does not count."""
    return hardware_replicas * replica_requests_per_s


@quantity(
    unit="tokens/s",
    label="Output tokens per second of the fleet",
    better="higher",
    formula="where(load_utilization > 1, nan, workload_requests_per_s * generated_tokens)",
    source="demand x tokens per query",
    null="slo_unreachable: the demand is at or above what the fleet takes",
)
def fleet_output_tok_s(
    load_utilization: Array, workload_requests_per_s: Array, generated_tokens: Array
) -> Array:
    """Tokens a second that the demand makes the fleet generate; none where it cannot."""
    return np.where(load_utilization > 1.0, np.nan, workload_requests_per_s * generated_tokens)


@quantity(
    unit="1",
    label="Load",
    better="lower",
    formula="workload_requests_per_s / max_requests_per_s",
    source="mean demand over the largest rate",
)
def load_utilization(workload_requests_per_s: Array, max_requests_per_s: Array) -> Array:
    """Mean share of the planned replicas' places that are taken; at or above 1 no wait is finite.

    A stated fleet does not count here: it changes the cost alone.
    """
    return workload_requests_per_s / max_requests_per_s


@quantity(
    unit="1",
    label="Probability of waiting for a place",
    better="lower",
    formula=(
        "where(load_utilization < 1, erlang_c(maximum(hardware_replicas * batch, 1), load_utilization), nan)"
    ),
    source=_QUEUE,
    null="slo_unreachable: the demand is at or above what the fleet takes",
)
def wait_probability(load_utilization: Array, hardware_replicas: Array, batch: Array) -> Array:
    """Chance that all places of all replicas are taken when a request arrives."""
    chance = erlang_c(np.maximum(hardware_replicas * batch, 1.0), load_utilization)
    return np.where(load_utilization < 1.0, chance, np.nan)


@quantity(
    unit="s",
    label="Mean wait once all places are taken",
    better="lower",
    formula=(
        "where(optimizations_static_batching > 0, nan, (workload_arrival_cv ** 2 + workload_service_cv ** 2) / 2"
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
    burst = 0.5 * (workload_arrival_cv**2 + workload_service_cv**2)
    wait = burst / (max_requests_per_s * (1.0 - load_utilization))
    return np.where(optimizations_static_batching > 0, np.nan, wait)


@quantity(
    unit="1",
    label="Load of prefill",
    better="lower",
    formula=(
        "where(hardware_disaggregated > 0, load_utilization,"
        " workload_requests_per_s * prefill_service_s / hardware_replicas)"
    ),
    source="prompts a second x the time each takes from a replica",
)
def prefill_utilization(
    hardware_disaggregated: Array,
    load_utilization: Array,
    workload_requests_per_s: Array,
    prefill_service_s: Array,
    hardware_replicas: Array,
) -> Array:
    """Share of time that a replica's prefill is busy; a rate-matched pool is as busy as decode."""
    busy = workload_requests_per_s * prefill_service_s / hardware_replicas
    return np.where(hardware_disaggregated > 0, load_utilization, busy)


@quantity(
    unit="s",
    label="Mean wait for prefill",
    better="lower",
    formula=(
        "where(prefill_utilization < 1, prefill_service_s * prefill_utilization / (1 - prefill_utilization)"
        " * (workload_arrival_cv ** 2 + workload_service_cv ** 2) / 2, nan)"
    ),
    source="single server per replica, Kingman's formula: rho/(1 - rho) x s x (ca^2 + cs^2)/2",
    null="slo_unreachable: the demand is at or above what the fleet takes",
)
def prefill_wait_s(
    prefill_utilization: Array,
    prefill_service_s: Array,
    workload_arrival_cv: Array,
    workload_service_cv: Array,
) -> Array:
    """Mean wait behind other prompts, arrivals spread evenly over replicas.

    Load 0.5, s = 0.1 s, Poisson arrivals: 0.05 s for equal prompts (M/D/1), 0.1 s for cs = 1.
    """
    wait = prefill_service_s * prefill_utilization / (1.0 - prefill_utilization)
    burst = 0.5 * (workload_arrival_cv**2 + workload_service_cv**2)
    return np.where(prefill_utilization < 1.0, wait * burst, np.nan)


@quantity(
    unit="s",
    label="Mean time to first token under load",
    better="lower",
    formula="prefill_latency_s + prefill_wait_s + wait_probability * place_wait_s",
    source=_QUEUE + "; the mean waits for prefill and for a place added",
)
def ttft_mean_s(
    prefill_latency_s: Array, prefill_wait_s: Array, wait_probability: Array, place_wait_s: Array
) -> Array:
    """Time to first token on average, at the mean demand.

    0.3 s on an idle replica, 0.05 s behind other prompts, and 0.2 of all wait 1 s for a place: 0.55 s.
    """
    return prefill_latency_s + prefill_wait_s + wait_probability * place_wait_s


@quantity(
    unit="s",
    label="Median time to first token under load",
    better="lower",
    formula=(
        "prefill_latency_s + prefill_wait_s * maximum(log(prefill_utilization / 0.5), 0)"
        " / maximum(prefill_utilization, 1e-9) + place_wait_s * maximum(log(wait_probability / 0.5), 0)"
    ),
    source=_QUEUE + "; exponential tails, quantiles of the two waits added (an upper estimate)",
)
def ttft_p50_s(
    prefill_latency_s: Array,
    prefill_wait_s: Array,
    prefill_utilization: Array,
    place_wait_s: Array,
    wait_probability: Array,
) -> Array:
    """Time to first token that half of all requests beat, at the mean demand."""
    return _ttft_quantile(
        0.5, prefill_latency_s, prefill_wait_s, prefill_utilization, place_wait_s, wait_probability
    )


@quantity(
    unit="s",
    label="99th percentile of time to first token under load",
    better="lower",
    formula=(
        "prefill_latency_s + prefill_wait_s * maximum(log(prefill_utilization / 0.01), 0)"
        " / maximum(prefill_utilization, 1e-9) + place_wait_s * maximum(log(wait_probability / 0.01), 0)"
    ),
    source=_QUEUE + "; exponential tails, quantiles of the two waits added (an upper estimate)",
)
def ttft_p99_s(
    prefill_latency_s: Array,
    prefill_wait_s: Array,
    prefill_utilization: Array,
    place_wait_s: Array,
    wait_probability: Array,
) -> Array:
    """Time to first token that 99 of 100 requests beat, at the mean demand."""
    return _ttft_quantile(
        0.01, prefill_latency_s, prefill_wait_s, prefill_utilization, place_wait_s, wait_probability
    )


def _ttft_quantile(
    beyond: float,
    latency: Array,
    prefill_wait: Array,
    prefill_busy: Array,
    place_wait: Array,
    waits: Array,
) -> Array:
    """Latency plus the quantile of each wait: P(W > t) = p exp(-t / tau), tau = mean / p."""
    prompt = prefill_wait / np.maximum(prefill_busy, 1e-9) * np.maximum(np.log(prefill_busy / beyond), 0.0)
    place = place_wait * np.maximum(np.log(waits / beyond), 0.0)
    return latency + prompt + place
