"""A query's accelerators, energy and cost from FLOP and one assumed utilisation, as published estimates do it.

SemiAnalysis (2023) and Epoch AI (2025) divide 2 FLOP per active parameter and token by the peak and a
utilisation that they assume. Here the serving model says what is reached; this is a cross-check beside it.
"""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.energy import FACILITY

_EPOCH = "Epoch AI, GPT-4o energy sheet (2025-02)"


@quantity(
    unit="s",
    label="Accelerator-seconds per query, FLOP method",
    better="lower",
    formula=(
        "2 * active_parameters * generated_tokens / (hardware_bf16_flop_per_s * flop_method_utilization)"
    ),
    source=_EPOCH + ": 2 FLOP per active parameter and token over an assumed share of the bf16 peak",
)
def flop_method_accelerator_s(
    active_parameters: Array,
    generated_tokens: Array,
    hardware_bf16_flop_per_s: Array,
    flop_method_utilization: Array,
) -> Array:
    """Prompt left out, as there. 2 x 100e9 x 500 / (989e12 x 0.1): 1.011 s."""
    flop = 2.0 * active_parameters * generated_tokens
    return flop / (hardware_bf16_flop_per_s * flop_method_utilization)


@quantity(
    unit="Wh",
    label="Energy per query, FLOP method",
    better="lower",
    formula=(
        "flop_method_accelerator_s * hardware_server_w * flop_method_power_share"
        " * where(site_boundary >= 2, site_pue, 1) / 3600"
    ),
    source=_EPOCH + ": accelerator-seconds x an assumed share of the rated power of the server, x PUE",
)
def flop_method_wh_per_query(
    flop_method_accelerator_s: Array,
    hardware_server_w: Array,
    flop_method_power_share: Array,
    site_boundary: Array,
    site_pue: Array,
) -> Array:
    """Server power whatever the boundary. 1.011 s x 1,275 W x 0.7 x 1.2: 0.3008 Wh."""
    joules = flop_method_accelerator_s * hardware_server_w * flop_method_power_share
    return joules * np.where(site_boundary >= FACILITY, site_pue, 1.0) / units.WH


@quantity(
    unit="accelerators",
    label="Accelerators needed, FLOP method",
    formula="queries_per_day * flop_method_accelerator_s / 86400",
    source="accelerator-seconds of a day's queries over the day; none idle",
)
def flop_method_accelerators(queries_per_day: Array, flop_method_accelerator_s: Array) -> Array:
    """195e6 queries x 12.821 s over 86,400 s: 28,936."""
    return queries_per_day * flop_method_accelerator_s / units.SECONDS_PER_DAY


@quantity(
    unit="USD",
    label="Cost per query, FLOP method",
    better="lower",
    formula="flop_method_accelerator_s * decode_accelerator_usd_per_hour / 3600",
    source="accelerator-seconds x what an hour costs, rented unless the scenario owns",
)
def flop_method_usd_per_query(
    flop_method_accelerator_s: Array, decode_accelerator_usd_per_hour: Array
) -> Array:
    """12.82 s at 1 USD an hour: 0.356 ct."""
    return flop_method_accelerator_s * decode_accelerator_usd_per_hour / units.SECONDS_PER_HOUR


@quantity(
    unit="USD",
    label="Cost per day, FLOP method",
    better="lower",
    formula="queries_per_day * flop_method_usd_per_query",
    source="queries x cost of one",
)
def flop_method_usd_per_day(queries_per_day: Array, flop_method_usd_per_query: Array) -> Array:
    """195e6 queries at 0.356 ct: 694,000 USD."""
    return queries_per_day * flop_method_usd_per_query


@quantity(
    unit="MWh/d",
    label="Energy per day, FLOP method",
    better="lower",
    formula="queries_per_day * flop_method_wh_per_query / 1e6",
    source="queries x energy of one",
)
def flop_method_mwh_per_day(queries_per_day: Array, flop_method_wh_per_query: Array) -> Array:
    """195e6 queries at 2.894 Wh: 564 MWh."""
    return queries_per_day * flop_method_wh_per_query / units.MILLION
