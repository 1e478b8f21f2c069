"""Demand on a fleet of replicas: how many are needed, and how busy they are."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity


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
    label="Largest rate the paid accelerators take",
    better="higher",
    formula="fleet_accelerators / accelerators_per_replica * replica_requests_per_s",
    source="replicas that the accelerators make up x completions of each at the operating point",
)
def fleet_requests_per_s(
    fleet_accelerators: Array, accelerators_per_replica: Array, replica_requests_per_s: Array
) -> Array:
    """Requests a second at full work. 1,814 accelerators in replicas of 8 at 6.4/s: 1,451."""
    return fleet_accelerators / accelerators_per_replica * replica_requests_per_s


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
    null="slo_unreachable: the demand is above what the fleet takes",
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

    A stated fleet does not count here: it changes what is paid for and how busy that is.
    """
    return workload_requests_per_s / max_requests_per_s
