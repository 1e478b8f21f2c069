"""What serving costs: accelerator-seconds of prompt and output, priced apart."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.owning import API

_RENTAL = "accelerator-hours x what an hour costs on the scenario's basis"
_API = "; api: the list price of its tokens"


@quantity(
    unit="s",
    label="Prefill accelerator-seconds per query",
    better="lower",
    formula="prefill_service_s * prefill_hardware_count",
    source="time a prompt takes from the pool x accelerators in it",
)
def prefill_accelerator_s(prefill_service_s: Array, prefill_hardware_count: Array) -> Array:
    """Accelerator-seconds of one prompt. 20 ms of eight accelerators: 0.16."""
    return prefill_service_s * prefill_hardware_count


@quantity(
    unit="s",
    label="Decode accelerator-seconds per query",
    better="lower",
    formula=(
        "hardware_count / replica_requests_per_s - where(hardware_disaggregated > 0, 0, prefill_accelerator_s)"
    ),
    source="accelerator-seconds of the decode replica per completed query, less its prefill",
)
def decode_accelerator_s(
    hardware_count: Array,
    replica_requests_per_s: Array,
    hardware_disaggregated: Array,
    prefill_accelerator_s: Array,
) -> Array:
    """Accelerator-seconds of one answer. Eight accelerators at 6.4 queries/s, prompt 0.16: 1.09."""
    own = np.where(hardware_disaggregated > 0, 0.0, prefill_accelerator_s)
    return hardware_count / replica_requests_per_s - own


@quantity(
    unit="USD/h",
    label="Price of a replica-hour",
    better="lower",
    formula=(
        "hardware_count * decode_accelerator_usd_per_hour + where(prefill_units == 0, 0, prefill_units"
        " * prefill_hardware_count * prefill_accelerator_usd_per_hour)"
    ),
    source=_RENTAL,
)
def replica_usd_per_hour(
    hardware_count: Array,
    decode_accelerator_usd_per_hour: Array,
    prefill_units: Array,
    prefill_hardware_count: Array,
    prefill_accelerator_usd_per_hour: Array,
) -> Array:
    """Cost of one replica with its share of prefill. Eight accelerators at 2.95: 23.60 an hour."""
    prefill = prefill_units * prefill_hardware_count * prefill_accelerator_usd_per_hour
    beside = np.where(prefill_units == 0, 0.0, prefill)  # without a pool its price does not matter
    return hardware_count * decode_accelerator_usd_per_hour + beside


@quantity(
    unit="USD",
    label="Cost per day",
    better="lower",
    formula=(
        "where(economics_basis == 2, queries_per_day * (api_input_usd + api_output_usd),"
        " 24 * fleet_accelerators * replica_usd_per_hour / accelerators_per_replica)"
    ),
    source=_RENTAL + _API,
)
def usd_per_day(
    economics_basis: Array,
    queries_per_day: Array,
    api_input_usd: Array,
    api_output_usd: Array,
    fleet_accelerators: Array,
    replica_usd_per_hour: Array,
    accelerators_per_replica: Array,
) -> Array:
    """Cost of the fleet for a day, busy or not. 1,814 accelerators at 2 USD: 87,072."""
    own = units.HOURS_PER_DAY * fleet_accelerators * replica_usd_per_hour / accelerators_per_replica
    if not np.any(economics_basis == API):
        return own
    return np.where(economics_basis == API, queries_per_day * (api_input_usd + api_output_usd), own)


@quantity(
    unit="USD",
    label="Cost per query",
    better="lower",
    formula=(
        "where(economics_basis == 2, api_input_usd + api_output_usd, where(isnan(workload_requests_per_s),"
        " replica_usd_per_hour / (3600 * replica_requests_per_s * economics_utilization),"
        " where(load_utilization <= 1, usd_per_day / queries_per_day, nan)))"
    ),
    source=_RENTAL + "; fleet over demand, or a replica at the stated utilisation" + _API,
    null="slo_unreachable: the demand is above what the fleet takes",
)
def usd_per_query(
    economics_basis: Array,
    api_input_usd: Array,
    api_output_usd: Array,
    workload_requests_per_s: Array,
    replica_usd_per_hour: Array,
    replica_requests_per_s: Array,
    economics_utilization: Array,
    load_utilization: Array,
    usd_per_day: Array,
    queries_per_day: Array,
) -> Array:
    """Cost of one query. With demand: the fleet's day over its queries; utilisation enters once.

    None where the planned replicas cannot take the demand. A stated fleet is paid for as stated, even
    where `accelerators_needed` says that the demand needs more.
    """
    alone = replica_usd_per_hour / (units.SECONDS_PER_HOUR * replica_requests_per_s * economics_utilization)
    served = np.where(load_utilization <= 1.0, usd_per_day / queries_per_day, np.nan)
    own = np.where(np.isnan(workload_requests_per_s), alone, served)
    if not np.any(economics_basis == API):
        return own
    return np.where(economics_basis == API, api_input_usd + api_output_usd, own)


@quantity(
    unit="USD",
    label="Revenue of a day at list price",
    better="higher",
    formula="queries_per_day * (api_input_usd + api_output_usd)",
    source="tokens of the day x list price, whatever the basis of the cost",
)
def list_revenue_usd_per_day(queries_per_day: Array, api_input_usd: Array, api_output_usd: Array) -> Array:
    """What all tokens would bring if each were sold. 138.8e6 queries at 0.405 ct: 562,000 USD."""
    return queries_per_day * (api_input_usd + api_output_usd)


@quantity(
    unit="1",
    label="Profit over cost at list price",
    better="higher",
    formula="where(economics_basis == 2, nan, (api_input_usd + api_output_usd) / usd_per_query - 1)",
    source="list price of a query less its cost, over that cost",
    null="unsupported: on the basis of a list price the cost is the price",
)
def list_profit_over_cost(
    economics_basis: Array, api_input_usd: Array, api_output_usd: Array, usd_per_query: Array
) -> Array:
    """A query that costs 0.0627 ct and sells at 0.405: 5.45, or 545 %; of all that are served, the same."""
    return np.where(economics_basis == API, np.nan, (api_input_usd + api_output_usd) / usd_per_query - 1.0)


@quantity(
    unit="1",
    label="Gross margin at list price",
    better="higher",
    formula="where(economics_basis == 2, nan, 1 - usd_per_query / (api_input_usd + api_output_usd))",
    source="what of a query's list price is not its cost",
    null="unsupported: on the basis of a list price the cost is the price",
)
def list_gross_margin(
    economics_basis: Array, usd_per_query: Array, api_input_usd: Array, api_output_usd: Array
) -> Array:
    """0.0627 ct of cost and 0.405 of price: 0.845."""
    return np.where(economics_basis == API, np.nan, 1.0 - usd_per_query / (api_input_usd + api_output_usd))


@quantity(
    unit="1",
    label="Prefill share of cost",
    formula=(
        "where(economics_basis == 2, api_input_usd / (api_input_usd + api_output_usd),"
        " where(hardware_disaggregated > 0, 1 - hardware_count * decode_accelerator_usd_per_hour"
        " / replica_usd_per_hour, prefill_accelerator_s * replica_requests_per_s / hardware_count))"
    ),
    source=_RENTAL + _API,
)
def prefill_cost_share(
    economics_basis: Array,
    api_input_usd: Array,
    api_output_usd: Array,
    hardware_disaggregated: Array,
    hardware_count: Array,
    decode_accelerator_usd_per_hour: Array,
    replica_usd_per_hour: Array,
    prefill_accelerator_s: Array,
    replica_requests_per_s: Array,
) -> Array:
    """Share of the rent that prompts take; the rest is output and the wait for it."""
    apart = 1.0 - hardware_count * decode_accelerator_usd_per_hour / replica_usd_per_hour
    shared = prefill_accelerator_s * replica_requests_per_s / hardware_count
    own = np.where(hardware_disaggregated > 0, apart, shared)
    if not np.any(economics_basis == API):
        return own
    return np.where(economics_basis == API, api_input_usd / (api_input_usd + api_output_usd), own)


@quantity(
    unit="USD",
    label="Cost per million input tokens",
    better="lower",
    formula=(
        "where(workload_input_tokens > 0, 1e6 * usd_per_query * prefill_cost_share / workload_input_tokens, nan)"
    ),
    source=_RENTAL + "; cached prompt tokens count as input",
    null="unsupported: a query without input tokens",
)
def usd_per_million_input_tokens(
    usd_per_query: Array, prefill_cost_share: Array, workload_input_tokens: Array
) -> Array:
    """Rent of the prompts over the prompt tokens."""
    share = usd_per_query * prefill_cost_share / workload_input_tokens
    return np.where(workload_input_tokens > 0, units.MILLION * share, np.nan)


@quantity(
    unit="USD",
    label="Cost per million fresh input tokens",
    better="lower",
    formula=(
        "where(workload_input_tokens * (1 - optimizations_prefix_cache_hit_rate) > 0, where(economics_basis == 2,"
        " (1 - economics_api_discount) * economics_api_usd_per_million_input_tokens, 1e6 * usd_per_query"
        " * prefill_cost_share / (workload_input_tokens * (1 - optimizations_prefix_cache_hit_rate))), nan)"
    ),
    source=_RENTAL
    + "; all of the prompts' on the tokens that are computed, a hit costs nothing of its own"
    + _API,
    null="unsupported: a query without fresh input tokens",
)
def usd_per_million_fresh_input_tokens(
    workload_input_tokens: Array,
    optimizations_prefix_cache_hit_rate: Array,
    economics_basis: Array,
    economics_api_discount: Array,
    economics_api_usd_per_million_input_tokens: Array,
    usd_per_query: Array,
    prefill_cost_share: Array,
) -> Array:
    """A hit is read while the fresh tokens attend to it: its time is theirs."""
    fresh = workload_input_tokens * (1.0 - optimizations_prefix_cache_hit_rate)
    listed = (1.0 - economics_api_discount) * economics_api_usd_per_million_input_tokens
    own = units.MILLION * usd_per_query * prefill_cost_share / fresh
    return np.where(fresh > 0, np.where(economics_basis == API, listed, own), np.nan)


@quantity(
    unit="USD",
    label="Cost per million output tokens",
    better="lower",
    formula="1e6 * usd_per_query * (1 - prefill_cost_share) / generated_tokens",
    source=_RENTAL + "; reasoning tokens count as output",
)
def usd_per_million_output_tokens(
    usd_per_query: Array, prefill_cost_share: Array, generated_tokens: Array
) -> Array:
    """Rent of the decoding over the generated tokens."""
    return units.MILLION * usd_per_query * (1.0 - prefill_cost_share) / generated_tokens
