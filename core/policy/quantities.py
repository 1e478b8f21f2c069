"""The quantities that rules may name: unit, scope and where each comes from."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

SCOPES: Final = ("model", "deployment", "company", "chip", "shipment", "site", "memory_stack")


class Quantity(NamedTuple):
    """One quantity of a rule.

    Attributes:
        unit: Its unit; ``bool``, ``code`` and ``date`` are no numbers.
        scope: What it is a property of.
        origin: ``graph``, ``catalogue``, ``region``, ``derived`` or ``policy``.
        has_key: Whether ``[policy]`` has a key of the same name, which comes before the origin.
    """

    unit: str
    scope: str
    origin: str = "policy"
    has_key: bool = True


def _of(scope: str, unit: str, *names: str, origin: str = "policy", key: bool = True) -> dict[str, Quantity]:
    return {name: Quantity(unit, scope, origin, key) for name in names}


QUANTITIES: Final = MappingProxyType(
    {
        **_of("model", "FLOP", "training_flop", origin="graph", key=False),
        **_of("model", "FLOP", "planned_training_flop", origin="derived"),
        **_of("model", "FLOP", "modification_flop"),
        **_of("model", "USD", "training_cost_usd", origin="graph"),
        **_of("model", "USD", "modification_cost_usd"),
        **_of("model", "1", "modification_flop_ratio", "frontier_ratio"),
        **_of("model", "bool", "weights_published", "generates_language_or_t2i_or_t2v", origin="catalogue"),
        **_of("model", "bool", "original_flop_known", "original_is_systemic", "bio_sequence_data"),
        **_of("model", "bool", "is_finetune_of_covered", "is_distilled_from_frontier"),
        **_of("model", "bool", "inference_scaling_post_training", "eu_designated_systemic_risk"),
        **_of("model", "bool", "us_designated_frontier", "us_isinformed_model", "us_iaas_large_model"),
        **_of("deployment", "FLOP", "effective_training_flop", origin="graph", key=False),
        **_of("deployment", "1/month", "monthly_users", "monthly_downloads"),
        **_of("company", "USD/yr", "developer_revenue_usd"),
        **_of("company", "USD", "aggregate_training_spend_usd"),
        **_of("company", "bool", "trained_frontier_model"),
        **_of("chip", "TOPS*bit", "tpp", origin="graph", key=False),
        **_of("chip", "TOPS*bit", "ops_times_bits", origin="derived", key=False),
        **_of("chip", "TOPS*bit/mm2", "performance_density", origin="graph", key=False),
        **_of("chip", "GB/s", "dram_bandwidth_gb_s", "io_bandwidth_gb_s", origin="graph", key=False),
        **_of("chip", "GB/s", "dram_plus_io_bandwidth_gb_s", origin="derived", key=False),
        **_of("chip", "GB/s", "interconnect_bandwidth_gb_s", origin="derived"),
        **_of("chip", "GB/s", "dram_plus_interconnect_bandwidth_gb_s", origin="derived", key=False),
        **_of("chip", "bool", "datacenter_marketed", "non_planar_16nm_or_below", origin="catalogue"),
        **_of("chip", "code", "chip_origin", origin="catalogue"),
        **_of("chip", "code", "chip_designer", origin="catalogue", key=False),
        **_of("chip", "1e9", "transistor_count_bn"),
        **_of("memory_stack", "GB/s/mm2", "memory_bandwidth_density"),
        **_of("shipment", "TOPS*bit", "shipment_tpp"),
        **_of("shipment", "1", "china_to_us_shipment_ratio"),
        **_of("shipment", "code", "destination", "hq_country"),
        **_of("shipment", "code", "destination_group", "hq_group", origin="derived"),
        **_of("shipment", "bool", "us_import_non_exempt", "exported_from_us"),
        **_of("site", "code", "site_country", origin="region", key=False),
        **_of("site", "1", "pue", origin="graph", key=False),
        **_of("site", "kW", "it_power_kw", origin="derived"),
        **_of("site", "MW", "site_rated_input_mw", origin="derived"),
        **_of("site", "kW", "site_nominal_load_kw", origin="derived"),
        **_of("site", "MVA", "site_mic_mva", origin="derived"),
        **_of("site", "kV", "grid_voltage_kv"),
        **_of("site", "1", "pue_design_full_load", "energy_reuse_factor", "new_renewable_share"),
        **_of("site", "FLOP/s", "cluster_flop_per_s"),
        **_of("site", "Gbit/s", "cluster_network_gbit_s"),
        **_of("site", "date", "site_commissioned"),
        **_of("site", "yr", "site_age_years", origin="derived", key=False),
        **_of("site", "code", "grid_operator"),
        **_of("site", "bool", "state_funded", "new_grid_connection", "new_capacity_allocation"),
    }
)
"""Every quantity of the shipped rules, and those that qualify one."""


def where(name: str) -> str:
    """What to give for a missing quantity: a key of ``[policy]``, or the quantity itself.

    >>> where("monthly_users"), where("training_flop")
    ('policy.monthly_users', 'training_flop')
    """
    known = QUANTITIES.get(name)
    return f"policy.{name}" if known is not None and known.has_key else name


def unit(name: str) -> str:
    """The unit of a quantity that a rule names, from here or from the graph."""
    from inferscope.core.graph import REGISTRY  # noqa: PLC0415  (a screen may ask before NumPy is loaded)

    known = QUANTITIES.get(name)
    if known is not None:
        return known.unit
    return REGISTRY.quantities[name].unit if name in REGISTRY.quantities else "1"
