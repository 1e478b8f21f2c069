"""Energy, carbon and water of a query, with the boundary of the figure stated."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import query_joules

ACCELERATOR, SERVER, FACILITY, FACILITY_WITH_RESERVE = range(4)
BOUNDARIES = ("accelerator", "server", "facility", "facility_with_reserve")
"""What an energy figure includes; each contains the one before."""

_MEASURED = "busy power as share of TDP; the rest of the server at its mean share of rated power"


@quantity(
    unit="W",
    label="Power per accelerator with its server",
    better="lower",
    pools=("prefill", "decode"),
    formula=(
        "hardware_tdp_w * busy_power_share + (hardware_server_w - hardware_tdp_w)"
        " * calibration_server_average_share"
    ),
    source=_MEASURED,
)
def busy_server_w(
    hardware_tdp_w: Array,
    busy_power_share: Array,
    hardware_server_w: Array,
    calibration_server_average_share: Array,
) -> Array:
    """Draw of a busy accelerator and its share of the server, whatever the energy boundary.

    H100, decoding at batch 47: 700 x 0.76 + (1,275 - 700) x 0.7 = 934.5 W.
    """
    rest = (hardware_server_w - hardware_tdp_w) * calibration_server_average_share
    return hardware_tdp_w * busy_power_share + rest


@quantity(
    unit="W",
    label="Power per accelerator, IT",
    better="lower",
    pools=("prefill", "decode"),
    formula="where(site_boundary >= 1, busy_server_w, hardware_tdp_w * busy_power_share)",
    source=_MEASURED,
)
def busy_w(
    site_boundary: Array, busy_server_w: Array, hardware_tdp_w: Array, busy_power_share: Array
) -> Array:
    """Draw of a busy accelerator, from the server boundary on with its share of the server.

    H100, decoding at batch 47: 934.5 W with the server, 700 x 0.76 = 532 W without.
    """
    return np.where(site_boundary >= SERVER, busy_server_w, hardware_tdp_w * busy_power_share)


@quantity(
    unit="W",
    label="Idle power per accelerator, IT",
    better="lower",
    pools=("prefill", "decode"),
    formula=(
        "hardware_tdp_w * calibration_idle_share + (hardware_server_w - hardware_tdp_w)"
        " * calibration_server_average_share"
    ),
    source="idle share of TDP with a loaded model; the rest of the server as when busy",
)
def idle_w(
    hardware_tdp_w: Array,
    calibration_idle_share: Array,
    hardware_server_w: Array,
    calibration_server_average_share: Array,
) -> Array:
    """Draw of a waiting accelerator with its server share. H100: 700 x 0.14 + 402.5 = 500.5 W."""
    rest = (hardware_server_w - hardware_tdp_w) * calibration_server_average_share
    return hardware_tdp_w * calibration_idle_share + rest


@quantity(
    unit="1",
    label="Busy share of the fleet",
    formula=(
        "where(isnan(workload_requests_per_s), economics_utilization,"
        " minimum(workload_requests_per_s / fleet_requests_per_s, 1))"
    ),
    source="demand over what the paid accelerators take, where demand is given, else the stated utilisation",
)
def busy_share(
    workload_requests_per_s: Array, economics_utilization: Array, fleet_requests_per_s: Array
) -> Array:
    """Share of time that paid accelerators work, stated or planned. 100 requests/s of 160: 0.625."""
    busy = np.minimum(workload_requests_per_s / fleet_requests_per_s, 1.0)
    return np.where(np.isnan(workload_requests_per_s), economics_utilization, busy)


@quantity(
    unit="J",
    label="IT energy per query",
    better="lower",
    formula=(
        "decode_accelerator_s * (decode_busy_w + where(site_boundary >= 3, decode_idle_w * (1 / busy_share - 1), 0))"
        " + prefill_accelerator_s * (prefill_busy_w + where(site_boundary >= 3, prefill_idle_w"
        " * (1 / busy_share - 1), 0))"
    ),
    source="accelerator-seconds x power; with reserve, the idle time behind each busy second",
)
def it_joules_per_query(
    decode_accelerator_s: Array,
    decode_busy_w: Array,
    site_boundary: Array,
    decode_idle_w: Array,
    busy_share: Array,
    prefill_accelerator_s: Array,
    prefill_busy_w: Array,
    prefill_idle_w: Array,
) -> Array:
    """Energy at the server (or accelerator) of one query. 1.25 accelerator-seconds at 934.5 W: 1,168 J."""
    reserve = site_boundary >= FACILITY_WITH_RESERVE
    waiting = 1.0 / busy_share - 1.0
    decode = decode_accelerator_s * (decode_busy_w + np.where(reserve, decode_idle_w * waiting, 0.0))
    prefill = prefill_accelerator_s * (prefill_busy_w + np.where(reserve, prefill_idle_w * waiting, 0.0))
    return decode + prefill


@quantity(
    unit="Wh",
    label="Energy per query",
    better="lower",
    formula="it_joules_per_query / 3600 * where(site_boundary >= 2, site_pue, 1)",
    source="IT energy x PUE at the facility boundary",
)
def wh_per_query(it_joules_per_query: Array, site_boundary: Array, site_pue: Array) -> Array:
    """Energy of one query within the stated boundary. 1,168 J at PUE 1.2: 0.39 Wh."""
    return it_joules_per_query / units.WH * np.where(site_boundary >= FACILITY, site_pue, 1.0)


@quantity(
    unit="J",
    label="Energy per output token",
    better="lower",
    formula="3600 * wh_per_query / generated_tokens",
    source="all energy of a query over its generated tokens",
)
def joules_per_output_token(wh_per_query: Array, generated_tokens: Array) -> Array:
    """Prompt included. 0.39 Wh over 500 tokens: 2.8 J."""
    return units.WH * wh_per_query / generated_tokens


@quantity(
    unit="g",
    label="Carbon per query",
    better="lower",
    formula="wh_per_query / 1000 * site_grid_gco2e_per_kwh",
    source="energy x intensity of the grid, or of contracts for electricity; operation alone",
)
def gco2e_per_query(wh_per_query: Array, site_grid_gco2e_per_kwh: Array) -> Array:
    """Grams of CO2 equivalent from electricity. 0.39 Wh at 384 g/kWh: 0.15 g."""
    return wh_per_query / units.KILO * site_grid_gco2e_per_kwh


@quantity(
    unit="1",
    label="Share of a battery per query",
    better="lower",
    formula="wh_per_query / site_battery_wh",
    source="energy within the boundary over the capacity; losses of the battery left out",
)
def battery_share_per_query(wh_per_query: Array, site_battery_wh: Array) -> Array:
    """Of a phone or a laptop. 0.02 Wh of 14: 0.0014."""
    return wh_per_query / site_battery_wh


@quantity(
    unit="g",
    label="Embodied carbon per query",
    better="lower",
    formula=(
        "1000 * site_embodied_kg_per_accelerator / (site_embodied_years * 8766 * 3600)"
        " * (decode_accelerator_s + prefill_accelerator_s) / busy_share"
    ),
    source="making of server and accelerator over their life, by the seconds that a query takes, idle ones included",
)
def embodied_gco2e_per_query(
    site_embodied_kg_per_accelerator: Array,
    site_embodied_years: Array,
    decode_accelerator_s: Array,
    prefill_accelerator_s: Array,
    busy_share: Array,
) -> Array:
    """In no other figure. 985.5 kg over 3 years, 1.25 s at a busy share of 0.6: 0.0217 g."""
    seconds = site_embodied_years * units.HOURS_PER_YEAR * units.SECONDS_PER_HOUR
    per_second = site_embodied_kg_per_accelerator * units.KILO / seconds
    return per_second * (decode_accelerator_s + prefill_accelerator_s) / busy_share


@quantity(
    unit="L",
    label="Water per query, on site",
    better="lower",
    formula="it_joules_per_query / 3.6e6 * site_wue_l_per_kwh",
    source="IT energy x WUE of the site",
)
def site_liters_per_query(it_joules_per_query: Array, site_wue_l_per_kwh: Array) -> Array:
    """Cooling. 1,168 J at 0.3 L/kWh: 0.097 mL."""
    return it_joules_per_query / units.KWH * site_wue_l_per_kwh


@quantity(
    unit="L",
    label="Water per query, power generation",
    better="lower",
    formula="wh_per_query / 1000 * site_grid_water_l_per_kwh",
    source="energy x water of power generation",
)
def grid_liters_per_query(wh_per_query: Array, site_grid_water_l_per_kwh: Array) -> Array:
    """0.39 Wh at 3.13 L/kWh: 1.22 mL."""
    return wh_per_query / units.KILO * site_grid_water_l_per_kwh


@quantity(
    unit="L",
    label="Water per query",
    better="lower",
    formula="site_liters_per_query + grid_liters_per_query",
    source="on site and of power generation (EcoLogits' method)",
)
def liters_per_query(site_liters_per_query: Array, grid_liters_per_query: Array) -> Array:
    """Water of one query, cooling and power generation. 0.39 Wh in the US: 1.3 mL."""
    return site_liters_per_query + grid_liters_per_query


@quantity(
    unit="MW",
    label="Facility power",
    better="lower",
    formula=(
        "fleet_requests_per_s * (decode_accelerator_s * decode_busy_w + prefill_accelerator_s * prefill_busy_w)"
        " * where(site_boundary >= 2, site_pue, 1) / 1e6"
    ),
    source="busy power of the whole fleet at once x PUE at the facility boundary",
)
def facility_mw(
    fleet_requests_per_s: Array,
    decode_accelerator_s: Array,
    decode_busy_w: Array,
    prefill_accelerator_s: Array,
    prefill_busy_w: Array,
    site_boundary: Array,
    site_pue: Array,
) -> Array:
    """Power of the fleet at full work, one replica where no demand is given. 1,814 x 934.5 W x 1.2: 2.0 MW.

    Accelerators that share prompts and decoding draw for each as long as it takes.
    """
    each = query_joules(decode_accelerator_s, decode_busy_w, prefill_accelerator_s, prefill_busy_w)
    return fleet_requests_per_s * each * np.where(site_boundary >= FACILITY, site_pue, 1.0) / units.MEGA
