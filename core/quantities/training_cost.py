"""What the final run cost, in three accounts that differ tenfold: rent, wear with electricity, purchase.

The method is that of Cottier et al. (arXiv 2405.21015) and its code; their figures are in the dollars of
a later year, 1 % more for GPT-4 and 5 % for GPT-3.
"""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity

RENTAL, AMORTISED, ACQUISITION = range(3)
ACCOUNTS = ("rental", "amortised", "acquisition")
"""What the cost of a run counts: hours at a rent, the hardware's loss of value and power, or all it took to buy."""

_COTTIER = "Cottier et al., arXiv 2405.21015"


@quantity(
    unit="USD",
    label="Training cost by rent",
    better="lower",
    formula="training_accelerator_hours * training_usd_per_accelerator_hour",
    source="accelerator-hours of the final run x rent; no staff, data or failed runs",
)
def training_rental_usd(training_accelerator_hours: Array, training_usd_per_accelerator_hour: Array) -> Array:
    """DeepSeek-V3: 2.788e6 h x 2 USD = 5.576e6. GPT-4: 57e6 h x 1.36 USD = 77.5e6."""
    return training_accelerator_hours * training_usd_per_accelerator_hour


@quantity(
    unit="USD",
    label="Value of an accelerator with its server at the start of training",
    formula="training_purchase_usd * 10 ** (-training_price_decay_oom_per_year * training_years_owned)",
    source=_COTTIER + ": the price falls as fast as price for performance of new hardware",
)
def training_value_usd(
    training_purchase_usd: Array, training_price_decay_oom_per_year: Array, training_years_owned: Array
) -> Array:
    """24,875 USD, 1.75 years at 0.14 orders a year: 14,150 USD."""
    return training_purchase_usd * 10.0 ** (-training_price_decay_oom_per_year * training_years_owned)


@quantity(
    unit="USD",
    label="Hardware worn by training",
    better="lower",
    formula=(
        "training_value_usd * training_price_decay_oom_per_year * log(10) / 8766 * training_accelerator_hours"
        " / (1 - economics_network_share)"
    ),
    source=_COTTIER + ": value at the start x its loss a year x hours, network on top",
)
def training_hardware_usd(
    training_value_usd: Array,
    training_price_decay_oom_per_year: Array,
    training_accelerator_hours: Array,
    economics_network_share: Array,
) -> Array:
    """14,150 USD x 0.14 x 2.303 / 8,766 h x 57e6 h / 0.81: 36.6e6 USD."""
    loss_per_hour = (
        training_value_usd * training_price_decay_oom_per_year * np.log(10.0) / units.HOURS_PER_YEAR
    )
    return loss_per_hour * training_accelerator_hours / (1.0 - economics_network_share)


@quantity(
    unit="USD",
    label="Electricity of training",
    better="lower",
    formula=(
        "training_accelerator_hours * training_server_w / 1000 * training_power_share * training_pue"
        " * training_electricity_usd_per_kwh"
    ),
    source=_COTTIER + ": rated power of the servers x the share drawn x PUE x price",
)
def training_electricity_usd(
    training_accelerator_hours: Array,
    training_server_w: Array,
    training_power_share: Array,
    training_pue: Array,
    training_electricity_usd_per_kwh: Array,
) -> Array:
    """57e6 h x 0.8125 kW x 0.75 x 1.25 x 0.0806 USD: 3.5e6 USD."""
    kwh = training_accelerator_hours * training_server_w / units.KILO * training_power_share * training_pue
    return kwh * training_electricity_usd_per_kwh


@quantity(
    unit="USD",
    label="Training cost by wear and electricity",
    better="lower",
    formula="training_hardware_usd + training_electricity_usd",
    source=_COTTIER + ": amortised hardware and energy",
)
def training_amortised_usd(training_hardware_usd: Array, training_electricity_usd: Array) -> Array:
    """GPT-4: 36.6e6 + 3.5e6 = 40.1e6 USD."""
    return training_hardware_usd + training_electricity_usd


@quantity(
    unit="USD",
    label="Purchase of the training cluster",
    better="lower",
    formula="training_accelerators * training_purchase_usd / (1 - economics_network_share)",
    source=_COTTIER + ": all accelerators with servers and network, as new",
)
def training_acquisition_usd(
    training_accelerators: Array, training_purchase_usd: Array, economics_network_share: Array
) -> Array:
    """GPT-4: 25,000 x 24,875 USD / 0.81 = 768e6 USD."""
    return training_accelerators * training_purchase_usd / (1.0 - economics_network_share)


@quantity(
    unit="USD",
    label="Training cost",
    better="lower",
    formula=(
        "where(isnan(training_usd_given), where(training_account == 2, training_acquisition_usd,"
        " where(training_account == 1, training_amortised_usd, training_rental_usd)), training_usd_given)"
    ),
    source="as given, else the final run in the scenario's account; no staff, data or failed runs",
)
def training_usd(
    training_usd_given: Array,
    training_account: Array,
    training_acquisition_usd: Array,
    training_amortised_usd: Array,
    training_rental_usd: Array,
) -> Array:
    """Cost of the final run. By rent unless said. DeepSeek-V3: 5.576e6."""
    counted = np.where(training_account == AMORTISED, training_amortised_usd, training_rental_usd)
    counted = np.where(training_account == ACQUISITION, training_acquisition_usd, counted)
    return np.where(np.isnan(training_usd_given), counted, training_usd_given)
