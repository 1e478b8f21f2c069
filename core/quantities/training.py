"""Training against serving: compute, cost, and the day on which serving has caught up."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity


@quantity(
    unit="FLOP",
    label="Training compute by 6ND",
    formula="6 * active_parameters * model_training_tokens",
    source="6 FLOP per active parameter (without input embedding) and token",
)
def training_flop_6nd(active_parameters: Array, model_training_tokens: Array) -> Array:
    """Forward and backward pass over the training tokens. DeepSeek-V3: 6 x 36.6e9 x 14.8e12 = 3.25e24."""
    return 6.0 * active_parameters * model_training_tokens


@quantity(
    unit="FLOP",
    label="Training compute in the catalogue",
    formula="model_training_flop",
    source="the catalogue's figure, mostly Epoch AI's estimate",
)
def training_flop_published(model_training_flop: Array) -> Array:
    """What others say the training took; shown beside this program's count. DeepSeek-V3: 3.41e24."""
    return model_training_flop


@quantity(
    unit="FLOP",
    label="Training compute",
    formula=(
        "where(isnan(training_flop_given), where(isnan(training_flop_6nd), model_training_flop,"
        " training_flop_6nd), training_flop_given)"
    ),
    source="the scenario's figure, else 6ND where tokens are known, else the catalogue's figure",
)
def training_flop(training_flop_given: Array, training_flop_6nd: Array, model_training_flop: Array) -> Array:
    """Training compute of the final run; the catalogue's figure stands beside it."""
    counted = np.where(np.isnan(training_flop_6nd), model_training_flop, training_flop_6nd)
    return np.where(np.isnan(training_flop_given), counted, training_flop_given)


@quantity(
    unit="h",
    label="Training accelerator-hours",
    formula=(
        "where(isnan(training_accelerator_hours_given), where(isnan(model_training_accelerator_hours),"
        " training_flop / (3600 * training_bf16_flop_per_s * training_mfu * training_goodput),"
        " model_training_accelerator_hours), training_accelerator_hours_given)"
    ),
    source="as given, else as published, else training compute over peak x MFU x goodput",
)
def training_accelerator_hours(
    training_accelerator_hours_given: Array,
    model_training_accelerator_hours: Array,
    training_flop: Array,
    training_bf16_flop_per_s: Array,
    training_mfu: Array,
    training_goodput: Array,
) -> Array:
    """Accelerator-hours of the final run. Llama 3.1 405B: 3.8e25 / (3,600 x 9.9e14 x 0.4 x 0.86) = 31e6."""
    rate = training_bf16_flop_per_s * training_mfu * training_goodput
    counted = training_flop / (units.SECONDS_PER_HOUR * rate)
    known = np.where(np.isnan(model_training_accelerator_hours), counted, model_training_accelerator_hours)
    return np.where(np.isnan(training_accelerator_hours_given), known, training_accelerator_hours_given)


@quantity(
    unit="USD",
    label="Training cost",
    better="lower",
    formula=(
        "where(isnan(training_usd_given), training_accelerator_hours * training_usd_per_accelerator_hour,"
        " training_usd_given)"
    ),
    source="as given, else rental of the final run's accelerator-hours; no staff, data or failed runs",
)
def training_usd(
    training_usd_given: Array, training_accelerator_hours: Array, training_usd_per_accelerator_hour: Array
) -> Array:
    """Cost of the final run. DeepSeek-V3: 2.788e6 h x 2 USD = 5.576e6."""
    rented = training_accelerator_hours * training_usd_per_accelerator_hour
    return np.where(np.isnan(training_usd_given), rented, training_usd_given)


@quantity(
    unit="days",
    label="Days until serving compute passes training",
    formula="where(load_utilization > 1, nan, training_flop / (flop_per_query * queries_per_day))",
    null="slo_unreachable: the demand is at or above what the fleet takes",
    source="training compute over the compute served a day, at constant demand",
)
def crossover_days_flop(
    load_utilization: Array, training_flop: Array, flop_per_query: Array, queries_per_day: Array
) -> Array:
    """Day on which FLOP served equal FLOP trained. 2.1e25 at 2.5e9 x 1e14 a day: 84."""
    return np.where(load_utilization > 1.0, np.nan, training_flop / (flop_per_query * queries_per_day))


@quantity(
    unit="days",
    label="Days until serving cost passes training",
    formula="where(isnan(workload_requests_per_s) | (load_utilization > 1), nan, training_usd / usd_per_day)",
    null="slo_unreachable: the demand is at or above what the fleet takes",
    source="training cost of the final run over the cost of a day, at constant demand",
)
def crossover_days_usd(
    workload_requests_per_s: Array, load_utilization: Array, training_usd: Array, usd_per_day: Array
) -> Array:
    """Day on which the money spent on serving equals the final run's. 5.576e6 at 87,072 a day: 64."""
    is_open = np.isnan(workload_requests_per_s) | (load_utilization > 1.0)
    return np.where(is_open, np.nan, training_usd / usd_per_day)


@quantity(
    unit="1",
    label="Inference share of lifetime compute",
    formula="training_lifetime_days / (training_lifetime_days + crossover_days_flop)",
    source="served / (served + trained) FLOP over the days in service",
)
def inference_share_of_lifetime_flop(training_lifetime_days: Array, crossover_days_flop: Array) -> Array:
    """Share of a model's compute that serving takes. Crossover after 84 of 365 days: 0.81."""
    return training_lifetime_days / (training_lifetime_days + crossover_days_flop)
