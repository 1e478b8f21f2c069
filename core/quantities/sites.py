"""Sites: what the fleet and the training run draw from the grid, and electricity of a year."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import query_joules

_DRAWN = "accelerators at busy power with their share of the server; PUE on top for what the grid gives"


@quantity(
    unit="MW",
    label="IT power of the fleet",
    better="lower",
    formula=(
        "fleet_requests_per_s * (decode_accelerator_s * decode_busy_server_w"
        " + prefill_accelerator_s * prefill_busy_server_w) / 1e6"
    ),
    source=_DRAWN,
)
def fleet_it_mw(
    fleet_requests_per_s: Array,
    decode_accelerator_s: Array,
    decode_busy_server_w: Array,
    prefill_accelerator_s: Array,
    prefill_busy_server_w: Array,
) -> Array:
    """Servers of the whole fleet at full work, whatever the energy boundary. 1,814 x 934.5 W: 1.7 MW."""
    each = query_joules(
        decode_accelerator_s, decode_busy_server_w, prefill_accelerator_s, prefill_busy_server_w
    )
    return fleet_requests_per_s * each / units.MEGA


@quantity(
    unit="MW",
    label="IT power of one site",
    better="lower",
    formula="fleet_it_mw / site_sites",
    source="the fleet in equal parts on so many sites",
)
def site_it_mw(fleet_it_mw: Array, site_sites: Array) -> Array:
    """What the European reporting line looks at. 1.7 MW on 4 sites: 0.42."""
    return fleet_it_mw / site_sites


@quantity(
    unit="MW",
    label="Load of one site on the grid",
    better="lower",
    formula="site_it_mw * site_pue",
    source=_DRAWN,
)
def site_load_mw(site_it_mw: Array, site_pue: Array) -> Array:
    """Rated input at full work. 1.7 MW at PUE 1.2: 2.0."""
    return site_it_mw * site_pue


@quantity(
    unit="MVA",
    label="Apparent power of one site",
    better="lower",
    formula="site_load_mw / site_power_factor",
    source="apparent power = real power / power factor",
)
def site_load_mva(site_load_mw: Array, site_power_factor: Array) -> Array:
    """What a connection has to import at least. 9.5 MW at a power factor of 0.95: 10."""
    return site_load_mw / site_power_factor


@quantity(
    unit="accelerators",
    label="Accelerators of the training run",
    formula="training_accelerator_hours / (24 * training_days)",
    source="accelerator-hours of the final run over its hours",
)
def training_accelerators(training_accelerator_hours: Array, training_days: Array) -> Array:
    """How many ran at once. Llama 3.1 405B: 30.84e6 h in 80 days: 16,063."""
    return training_accelerator_hours / (24.0 * training_days)


@quantity(
    unit="MW",
    label="Load of the training site on the grid",
    better="lower",
    formula=(
        "training_accelerators * (training_tdp_w * prefill_free_power_share"
        " + (training_server_w - training_tdp_w) * calibration_server_average_share) * training_pue / 1e6"
    ),
    source="all accelerators of the run at one site, drawing what prefill draws; x PUE",
)
def training_site_mw(
    training_accelerators: Array,
    training_tdp_w: Array,
    prefill_free_power_share: Array,
    training_server_w: Array,
    calibration_server_average_share: Array,
    training_pue: Array,
) -> Array:
    """The training run wants one place. 16,063 H100 x 1,089 W x 1.2: 21 MW."""
    rest = (training_server_w - training_tdp_w) * calibration_server_average_share
    busy = training_tdp_w * prefill_free_power_share
    return training_accelerators * (busy + rest) * training_pue / units.MEGA


@quantity(
    unit="TWh/yr",
    label="Electricity of a year",
    better="lower",
    formula="where(load_utilization > 1, nan, 365.25 * wh_per_query * queries_per_day / 1e12)",
    null="slo_unreachable: the demand is above what the fleet takes",
    source="energy of a query within its boundary x queries of a year",
)
def twh_per_year(load_utilization: Array, wh_per_query: Array, queries_per_day: Array) -> Array:
    """At constant demand. 0.34 Wh x 2.5e9 queries a day: 0.31."""
    year = units.DAYS_PER_YEAR * wh_per_query * queries_per_day / units.TERA
    return np.where(load_utilization > 1.0, np.nan, year)
