"""The numbers that a user may turn: one row each, with bounds from the scenario's schema."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from inferscope.core.bind import Bound
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.bounds import Limits
from inferscope.core.scenario.check import model_at
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Scenario

__all__ = ["INPUTS", "Input", "limits", "present"]


@dataclass(frozen=True, slots=True)
class Input:
    """A number of the scenario.

    Attributes:
        key: Its dotted key; any figure of the accelerator or model may be among them, as a what-if.
        label: What it is called in tables.
        unit: Its unit.
        is_whole: Whether it stays a whole number.
        start: Where to look for it while it is not set: downward from a quantity's value, or upward from
            a number; nowhere where there is none.
        basis: The basis of cost on which it matters; any where there is none.
    """

    key: str
    label: str
    unit: str = "1"
    is_whole: bool = False
    start: str | float = ""
    basis: str = ""


INPUTS: tuple[Input, ...] = (
    Input("workload.input_tokens", "Prompt", "tokens", is_whole=True),
    Input("workload.output_tokens", "Output", "tokens", is_whole=True),
    Input("workload.reasoning_tokens", "Reasoning", "tokens", is_whole=True),
    Input("workload.batch", "Batch", is_whole=True),
    Input("workload.requests_per_s", "Demand", "1/s"),
    Input("workload.queries_per_day", "Queries per day", "1/d"),
    Input("workload.users", "Users"),
    Input("workload.queries_per_user_per_day", "Queries per user", "1/d"),
    Input("workload.peak_to_mean", "Peak over mean"),
    Input("workload.arrival_cv", "Variation of arrivals"),
    Input("workload.service_cv", "Variation of service"),
    Input("slo.ttft_s", "TTFT limit", "s", start="ttft_s"),
    Input("slo.tpot_s", "TPOT limit", "s", start="tpot_s"),
    Input("slo.max_load_utilization", "Load limit"),
    Input("economics.usd_per_accelerator_hour", "Price", "USD/h", start=1e-3),
    Input("economics.utilization", "Busy share"),
    Input("economics.lifetime_years", "Life of hardware", "yr", basis="owned"),
    Input("economics.wacc", "Cost of capital", basis="owned"),
    Input("economics.residual_share", "Residual value", basis="owned"),
    Input("economics.network_share", "Network share", basis="owned"),
    Input("economics.opex_share", "Staff and upkeep", basis="owned"),
    Input("economics.colocation_usd_per_kw_month", "Colocation", "USD/kW*month", basis="owned"),
    Input("economics.api_usd_per_million_input_tokens", "Price of input", "USD", basis="api"),
    Input("economics.api_usd_per_million_cached_input_tokens", "Price of cached input", "USD", basis="api"),
    Input("economics.api_usd_per_million_output_tokens", "Price of output", "USD", basis="api"),
    Input("economics.api_discount", "Discount", basis="api"),
    Input("site.electricity_usd_per_kwh", "Electricity", "USD/kWh", basis="owned"),
    Input("site.pue", "PUE"),
    Input("site.grid_gco2e_per_kwh", "Grid carbon", "g/kWh"),
    Input("site.grid_water_l_per_kwh", "Water of generation", "L/kWh"),
    Input("site.wue_l_per_kwh", "Water on site", "L/kWh"),
    Input("optimizations.prefix_cache_hit_rate", "Cache hits"),
    Input("optimizations.speculative.acceptance", "Draft acceptance"),
    Input("optimizations.speculative.draft_tokens", "Draft tokens", "tokens", is_whole=True),
    Input("optimizations.prefill_chunk_tokens", "Prefill chunk", "tokens", is_whole=True),
    Input("optimizations.expert_imbalance", "Expert imbalance"),
    Input("hardware.replicas", "Replicas", is_whole=True),
    Input("hardware.fleet_accelerators", "Fleet", "accelerators", is_whole=True),
    Input("hardware.memory_bytes", "Memory", "byte"),
    Input("hardware.memory_bandwidth_bytes_per_s", "Memory bandwidth", "byte/s"),
    Input("hardware.bf16_flop_per_s", "bf16 peak", "FLOP/s"),
    Input("hardware.fp8_flop_per_s", "fp8 peak", "FLOP/s"),
    Input("hardware.int8_flop_per_s", "int8 peak", "FLOP/s"),
    Input("hardware.fp4_flop_per_s", "fp4 peak", "FLOP/s"),
    Input("hardware.scaleup_bytes_per_s", "Scale-up bandwidth", "byte/s"),
    Input("hardware.scaleout_bytes_per_s", "Scale-out bandwidth", "byte/s"),
    Input("hardware.die_area_mm2", "Die area", "mm2"),
    Input("hardware.purchase_usd", "Purchase price", "USD", basis="owned"),
    Input("model.training_tokens", "Training tokens", "tokens"),
    Input("training.mfu", "Training MFU"),
    Input("training.goodput", "Training goodput"),
    Input("training.lifetime_days", "Days in service", "days"),
    Input("training.usd_per_accelerator_hour", "Training price", "USD/h"),
    Input("test_time.multiplier", "Test-time compute"),
    Input("test_time.exponent", "Test-time exponent"),
)
"""Every number that is worth turning, in the order of the scenario file."""


def limits(key: str) -> Limits:
    """The bounds of a key; those of any catalogue figure where the schema has none.

    >>> limits("economics.utilization").le, limits("hardware.count").whole
    (1, True)
    """
    *sections, last = key.split(".")
    if sections == ["calibration"] and "_share" in last:
        return Limits(gt=0, le=1)
    section = model_at(sections)
    field = None if section is None else section.model_fields.get(last)
    kept = () if field is None else (*field.metadata, *_metadata(field.annotation))
    return next((item for item in kept if isinstance(item, Limits)), Limits(gt=0, le=1e40))


def _metadata(annotation: Any) -> Iterator[Any]:
    """What stands beside the types of a union."""
    for part in get_args(annotation):
        yield from getattr(part, "__metadata__", ())


def present(bound: Bound, item: Input) -> tuple[float, dict[str, float]] | None:
    """The present number, NaN where none is set, and the graph's inputs it moves with their ratio to it.

    None where the scenario has no such number.
    """
    resolved = bound.resolved[0]
    if item.basis not in ("", resolved.scenario.economics.basis):
        return None
    moved = {
        name: leaf.value
        for name, leaf in resolved.leaves.items()
        if item.key in leaf.key.split(", ") and name in REGISTRY.inputs
    }
    if not moved:
        return None
    given = _given(resolved.scenario, item.key)
    now = next(iter(moved.values())) if given is None else given
    is_plain = math.isnan(now) or now == 0
    return now, {name: 1.0 if is_plain or math.isnan(v) else v / now for name, v in moved.items()}


def _given(scenario: Scenario, key: str) -> float | None:
    """What the scenario itself says."""
    found: Any = scenario
    for part in key.split("."):
        found = getattr(found, part, None)
    return found.mid if isinstance(found, Number) else None
