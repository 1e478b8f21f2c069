"""Serving over a model's life against training: totals under growth, and the day one passes the other.

Demand grows by users and by tokens a query; what a unit of it costs falls. All three are factors a year,
so that a day's serving grows by one rate, and its total has a closed form.
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import days_to_total
from inferscope.core.quantities.owning import API

_PASSES = "where the total of serving, growing at one rate, equals it"
_NEVER = "unreachable: serving shrinks faster than it adds up to training"


# --- growth ---------------------------------------------------------------------------------------


@quantity(
    unit="1",
    label="Growth of served compute a year",
    formula="lifecycle_users_growth_per_year * lifecycle_tokens_growth_per_year",
    source="users x tokens of a user's queries, as factors a year",
)
def served_growth_per_year(
    lifecycle_users_growth_per_year: Array, lifecycle_tokens_growth_per_year: Array
) -> Array:
    """Twice the users with half as many tokens again: 3."""
    return lifecycle_users_growth_per_year * lifecycle_tokens_growth_per_year


@quantity(
    unit="1",
    label="Growth of the cost of serving a year",
    formula="served_growth_per_year / lifecycle_cost_decline_per_year",
    source="growth of what is served over the fall of what it costs, as factors a year",
)
def spent_growth_per_year(served_growth_per_year: Array, lifecycle_cost_decline_per_year: Array) -> Array:
    """Three times as much at half the cost: 1.5."""
    return served_growth_per_year / lifecycle_cost_decline_per_year


# --- what stands against serving ------------------------------------------------------------------


@quantity(
    unit="FLOP",
    label="Training compute of all runs",
    formula="training_flop * lifecycle_all_runs_factor",
    source="the final run x what all runs took over it",
)
def all_runs_flop(training_flop: Array, lifecycle_all_runs_factor: Array) -> Array:
    """Failed, smaller and later runs included. 2.1e25 x 2: 4.2e25."""
    return training_flop * lifecycle_all_runs_factor


@quantity(
    unit="FLOP",
    label="Compute of all research and development",
    formula="training_flop * lifecycle_all_rnd_factor",
    source="the final run x what all research and development took over it",
)
def all_rnd_flop(training_flop: Array, lifecycle_all_rnd_factor: Array) -> Array:
    """2.1e25 x 10: 2.1e26."""
    return training_flop * lifecycle_all_rnd_factor


@quantity(
    unit="USD",
    label="Training cost of all runs",
    better="lower",
    formula="training_usd * lifecycle_all_runs_factor",
    source="the final run x what all runs took over it",
)
def all_runs_usd(training_usd: Array, lifecycle_all_runs_factor: Array) -> Array:
    """0.5e9 x 2: 1e9 USD."""
    return training_usd * lifecycle_all_runs_factor


@quantity(
    unit="USD",
    label="Cost of all research and development",
    better="lower",
    formula="training_usd * lifecycle_all_rnd_factor",
    source="the final run x what all research and development took over it",
)
def all_rnd_usd(training_usd: Array, lifecycle_all_rnd_factor: Array) -> Array:
    """OpenAI in 2024: 0.5e9 x 10, 5e9 USD."""
    return training_usd * lifecycle_all_rnd_factor


# --- serving over the life ------------------------------------------------------------------------


@quantity(
    unit="FLOP/d",
    label="Compute served a day",
    formula=(
        "where((load_utilization > 1) & (economics_basis != 2), nan,"
        " flop_per_query * scaled_cost_factor * queries_per_day)"
    ),
    source="queries x FLOP of one, more inference per query included",
    null="slo_unreachable: the demand is above what the fleet takes",
)
def served_flop_per_day(
    load_utilization: Array,
    economics_basis: Array,
    flop_per_query: Array,
    scaled_cost_factor: Array,
    queries_per_day: Array,
) -> Array:
    """At the scenario's demand. 2.5e9 queries x 1e14: 2.5e23. Who buys tokens has no fleet to overload."""
    served = flop_per_query * scaled_cost_factor * queries_per_day
    return np.where((load_utilization > 1.0) & (economics_basis != API), np.nan, served)


@quantity(
    unit="USD",
    label="Cost of serving a day, more inference per query included",
    better="lower",
    formula=(
        "where(isnan(workload_requests_per_s) | ((load_utilization > 1) & (economics_basis != 2)), nan,"
        " usd_per_day * scaled_cost_factor)"
    ),
    source="cost of the fleet, where it takes the demand; or of its tokens at the list price",
    null="slo_unreachable: the demand is above what the fleet takes",
)
def served_usd_per_day(
    workload_requests_per_s: Array,
    load_utilization: Array,
    economics_basis: Array,
    usd_per_day: Array,
    scaled_cost_factor: Array,
) -> Array:
    """At the scenario's demand; a number of its own only with one. DeepSeek's day: 87,072 USD."""
    is_overloaded = (load_utilization > 1.0) & (economics_basis != API)
    is_open = np.isnan(workload_requests_per_s) | is_overloaded
    return np.where(is_open, np.nan, usd_per_day * scaled_cost_factor)


@quantity(
    unit="1",
    label="Inference share of lifetime compute",
    formula="served_flop / (served_flop + training_flop)",
    source="served / (served + trained) FLOP over the days in service",
)
def inference_share_of_lifetime_flop(served_flop: Array, training_flop: Array) -> Array:
    """Share of a model's compute that serving takes. 9.1e25 served, 2.1e25 trained: 0.81."""
    return served_flop / (served_flop + training_flop)


# --- the day of passing ---------------------------------------------------------------------------


@quantity(
    unit="days",
    label="Days until serving compute passes training",
    formula="days_to_total(training_flop / served_flop_per_day, served_growth_per_year)",
    source=_PASSES,
    null=_NEVER,
)
def crossover_days_flop(
    training_flop: Array, served_flop_per_day: Array, served_growth_per_year: Array
) -> Array:
    """Day on which FLOP served equal FLOP trained. 2.1e25 at 2.5e9 x 1e14 a day: 84."""
    return days_to_total(training_flop / served_flop_per_day, served_growth_per_year)


@quantity(
    unit="days",
    label="Days until serving compute passes all runs",
    formula="days_to_total(all_runs_flop / served_flop_per_day, served_growth_per_year)",
    source=_PASSES,
    null=_NEVER,
)
def crossover_days_all_runs_flop(
    all_runs_flop: Array, served_flop_per_day: Array, served_growth_per_year: Array
) -> Array:
    """4.2e25 at 2.5e23 a day: 168."""
    return days_to_total(all_runs_flop / served_flop_per_day, served_growth_per_year)


@quantity(
    unit="days",
    label="Days until serving compute passes all R&D",
    formula="days_to_total(all_rnd_flop / served_flop_per_day, served_growth_per_year)",
    source=_PASSES,
    null=_NEVER,
)
def crossover_days_all_rnd_flop(
    all_rnd_flop: Array, served_flop_per_day: Array, served_growth_per_year: Array
) -> Array:
    """2.1e26 at 2.5e23 a day: 840."""
    return days_to_total(all_rnd_flop / served_flop_per_day, served_growth_per_year)


@quantity(
    unit="days",
    label="Days until serving cost passes training",
    formula="days_to_total(training_usd / served_usd_per_day, spent_growth_per_year)",
    source=_PASSES,
    null=_NEVER,
)
def crossover_days_usd(training_usd: Array, served_usd_per_day: Array, spent_growth_per_year: Array) -> Array:
    """Day on which the money spent on serving equals the final run's. 5.576e6 at 87,072 a day: 64."""
    return days_to_total(training_usd / served_usd_per_day, spent_growth_per_year)


@quantity(
    unit="days",
    label="Days until serving cost passes all runs",
    formula="days_to_total(all_runs_usd / served_usd_per_day, spent_growth_per_year)",
    source=_PASSES,
    null=_NEVER,
)
def crossover_days_all_runs_usd(
    all_runs_usd: Array, served_usd_per_day: Array, spent_growth_per_year: Array
) -> Array:
    """157e6 at 694,444 a day: 226."""
    return days_to_total(all_runs_usd / served_usd_per_day, spent_growth_per_year)


@quantity(
    unit="days",
    label="Days until serving cost passes all R&D",
    formula="days_to_total(all_rnd_usd / served_usd_per_day, spent_growth_per_year)",
    source=_PASSES,
    null=_NEVER,
)
def crossover_days_all_rnd_usd(
    all_rnd_usd: Array, served_usd_per_day: Array, spent_growth_per_year: Array
) -> Array:
    """OpenAI in 2024: 5e9 at 2e9 a year, 913."""
    return days_to_total(all_rnd_usd / served_usd_per_day, spent_growth_per_year)
