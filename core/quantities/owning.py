"""What an hour of an accelerator costs its owner: capital, space, electricity and the rest."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity

RENTAL, OWNED, API = range(3)
BASES = ("rental", "owned", "api")
"""What a cost stands on; they are not compared silently."""
_POOLS = ("decode", "prefill")


@quantity(
    unit="1/yr",
    label="Capital recovery factor",
    better="lower",
    formula=(
        "where(economics_wacc < 1e-9, 1 / economics_lifetime_years,"
        " economics_wacc / (1 - (1 + economics_wacc) ** -economics_lifetime_years))"
    ),
    source="annuity that pays a loan back over its life",
)
def capital_recovery_factor(economics_wacc: Array, economics_lifetime_years: Array) -> Array:
    """Share of a purchase that has to come back each year. 10 % over 4 years: 0.3155."""
    with np.errstate(divide="ignore", invalid="ignore"):
        annuity = economics_wacc / (1.0 - (1.0 + economics_wacc) ** -economics_lifetime_years)
    return np.where(economics_wacc < 1e-9, 1.0 / economics_lifetime_years, annuity)


@quantity(
    unit="USD",
    label="Purchase per accelerator, server and network included",
    better="lower",
    pools=_POOLS,
    formula=(
        "where(isnan(economics_capex_usd_per_accelerator), hardware_purchase_usd * economics_server_cost_factor"
        " / (1 - economics_network_share), economics_capex_usd_per_accelerator)"
    ),
    source="as given, else the catalogue's price x server / (1 - share of the network)",
)
def capex_usd(
    economics_capex_usd_per_accelerator: Array,
    hardware_purchase_usd: Array,
    economics_server_cost_factor: Array,
    economics_network_share: Array,
) -> Array:
    """All that one accelerator takes to buy. 33,800 / 0.81: 41,728 USD for an H100."""
    listed = hardware_purchase_usd * economics_server_cost_factor / (1.0 - economics_network_share)
    given = economics_capex_usd_per_accelerator
    return np.where(np.isnan(given), listed, given)


@quantity(
    unit="USD/h",
    label="Capital per accelerator-hour",
    better="lower",
    pools=_POOLS,
    formula=(
        "capital_recovery_factor * (capex_usd - economics_residual_share * capex_usd"
        " / (1 + economics_wacc) ** economics_lifetime_years) / 8766"
    ),
    source="capital recovery of the purchase less what is left of it at the end, over all hours",
)
def capital_usd_per_hour(
    capital_recovery_factor: Array,
    capex_usd: Array,
    economics_residual_share: Array,
    economics_wacc: Array,
    economics_lifetime_years: Array,
) -> Array:
    """Paid busy or not. 50,000 USD, 4 years, 10 % left, 10 % a year: 1.68 USD/h."""
    left = economics_residual_share * capex_usd / (1.0 + economics_wacc) ** economics_lifetime_years
    return capital_recovery_factor * (capex_usd - left) / units.HOURS_PER_YEAR


@quantity(
    unit="USD/h",
    label="Colocation per accelerator-hour",
    better="lower",
    pools=_POOLS,
    formula="12 * economics_colocation_usd_per_kw_month * hardware_server_w / 1000 / 8766",
    source="space, cooling and connection by rated power of the servers",
)
def colocation_usd_per_hour(economics_colocation_usd_per_kw_month: Array, hardware_server_w: Array) -> Array:
    """Paid busy or not. 184.06 USD per kW and month x 1.275 kW: 0.321 USD/h."""
    return (
        12.0 * economics_colocation_usd_per_kw_month * hardware_server_w / units.KILO / units.HOURS_PER_YEAR
    )


@quantity(
    unit="USD/h",
    label="Electricity per accelerator-hour",
    better="lower",
    pools=_POOLS,
    formula=(
        "site_electricity_usd_per_kwh * site_pue / 1000 * (hardware_tdp_w * (busy_share * busy_power_share"
        " + (1 - busy_share) * calibration_idle_share) + (hardware_server_w - hardware_tdp_w)"
        " * calibration_server_average_share)"
    ),
    source="busy hours at busy power, the others at idle power, the rest of the server at its mean; x PUE",
)
def electricity_usd_per_hour(
    site_electricity_usd_per_kwh: Array,
    site_pue: Array,
    hardware_tdp_w: Array,
    busy_share: Array,
    busy_power_share: Array,
    calibration_idle_share: Array,
    hardware_server_w: Array,
    calibration_server_average_share: Array,
) -> Array:
    """Mean over busy and idle hours. 0.8 kW x 1.2 x 0.0813 USD/kWh: 0.078 USD/h."""
    mean = busy_share * busy_power_share + (1.0 - busy_share) * calibration_idle_share
    rest = (hardware_server_w - hardware_tdp_w) * calibration_server_average_share
    kilowatts = (hardware_tdp_w * mean + rest) / units.KILO
    return site_electricity_usd_per_kwh * site_pue * kilowatts


@quantity(
    unit="USD/h",
    label="Cost of an owned accelerator-hour",
    better="lower",
    pools=_POOLS,
    formula="(capital_usd_per_hour + colocation_usd_per_hour + electricity_usd_per_hour) / (1 - economics_opex_share)",
    source="capital, space and electricity; staff, spares and software as their share of all",
)
def owned_usd_per_hour(
    capital_usd_per_hour: Array,
    colocation_usd_per_hour: Array,
    electricity_usd_per_hour: Array,
    economics_opex_share: Array,
) -> Array:
    """Paid for every hour. 1.68 + 0.32 + 0.08 with a fifth for the rest: 2.60 USD/h."""
    parts = capital_usd_per_hour + colocation_usd_per_hour + electricity_usd_per_hour
    return parts / (1.0 - economics_opex_share)


@quantity(
    unit="USD/h",
    label="Cost of an accelerator-hour",
    better="lower",
    pools=_POOLS,
    formula="where(economics_basis == 1, owned_usd_per_hour, economics_usd_per_accelerator_hour)",
    source="the rent, or what owning takes",
)
def accelerator_usd_per_hour(
    economics_basis: Array, owned_usd_per_hour: Array, economics_usd_per_accelerator_hour: Array
) -> Array:
    """On the scenario's basis."""
    if not np.any(economics_basis == OWNED):
        return economics_usd_per_accelerator_hour
    return np.where(economics_basis == OWNED, owned_usd_per_hour, economics_usd_per_accelerator_hour)


@quantity(
    unit="USD",
    label="List price of the input of a query",
    better="lower",
    formula=(
        "(1 - economics_api_discount) * workload_input_tokens / 1e6 * ((1 - optimizations_prefix_cache_hit_rate)"
        " * economics_api_usd_per_million_input_tokens + where(optimizations_prefix_cache_hit_rate > 0,"
        " optimizations_prefix_cache_hit_rate * economics_api_usd_per_million_cached_input_tokens, 0))"
    ),
    source="tokens x list price, cached ones at their own",
)
def api_input_usd(
    economics_api_discount: Array,
    workload_input_tokens: Array,
    optimizations_prefix_cache_hit_rate: Array,
    economics_api_usd_per_million_input_tokens: Array,
    economics_api_usd_per_million_cached_input_tokens: Array,
) -> Array:
    """4,383 tokens, 56.3 % cached, at 0.14 and 0.55 USD: 0.00140 USD."""
    hits = optimizations_prefix_cache_hit_rate
    cached = np.where(hits > 0, hits * economics_api_usd_per_million_cached_input_tokens, 0.0)
    each = (1.0 - hits) * economics_api_usd_per_million_input_tokens + cached
    return (1.0 - economics_api_discount) * workload_input_tokens / units.MILLION * each


@quantity(
    unit="USD",
    label="List price of the output of a query",
    better="lower",
    formula=(
        "(1 - economics_api_discount) * generated_tokens * economics_api_usd_per_million_output_tokens / 1e6"
    ),
    source="tokens x list price, reasoning included",
)
def api_output_usd(
    economics_api_discount: Array, generated_tokens: Array, economics_api_usd_per_million_output_tokens: Array
) -> Array:
    """1,211 tokens at 2.19 USD: 0.00265 USD."""
    listed = generated_tokens * economics_api_usd_per_million_output_tokens / units.MILLION
    return (1.0 - economics_api_discount) * listed
