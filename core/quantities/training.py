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
