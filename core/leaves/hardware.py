"""The accelerators: their figures, price and layout, and the pool that only prefills."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from inferscope.core import DATA_DATE, catalog
from inferscope.core.catalog import Format, Record, Value
from inferscope.core.catalog.sources import remember
from inferscope.core.errors import ScenarioError
from inferscope.core.leaves.economics import purchase_leaves
from inferscope.core.leaves.formats import rate_leaves
from inferscope.core.leaves.leaf import (
    NEEDS_INPUT,
    UNKNOWN,
    Leaf,
    catalog_leaf,
    named,
    number_leaf,
    or_auto,
    overrides,
)
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Hardware, Optimizations, PrefillPool, Scenario

_CHIP = [
    "bf16_flop_per_s",
    "fp8_flop_per_s",
    "int8_flop_per_s",
    "fp4_flop_per_s",
    "int4_flop_per_s",
    "memory_bytes",
    "memory_bandwidth_bytes_per_s",
    "dram_bandwidth_bytes_per_s",
    "scaleup_bytes_per_s",
    "scaleup_domain",
    "scaleup_is_pcie",
    "scaleout_bytes_per_s",
    "host_link_bytes_per_s",
    "far_memory_bytes",
    "far_memory_bandwidth_bytes_per_s",
    "tdp_w",
    "server_w",
    "die_area_mm2",
    "fixed_time_factor",
]


_TERMS = ("on_demand", "reserved", "spot")
_NOTHING: Mapping[str, Leaf] = MappingProxyType({})

DEGREES = ("tensor_parallel", "pipeline_parallel", "data_parallel")


@remember(256)
def _plain_chip_leaves(identifier: str, section: str) -> Mapping[str, Leaf]:
    record = catalog.accelerator(identifier)
    return MappingProxyType(
        {f"hardware_{name}": _chip_leaf(record.values[name], name, section) for name in _CHIP}
    )


_RATES = ("fp8_flop_per_s", "int8_flop_per_s", "fp4_flop_per_s", "int4_flop_per_s")


def _chip_leaf(value: Value, name: str, section: str) -> Leaf:
    """A figure as a leaf; a format that the chip lacks counts 0 where rates are compared."""
    leaf = catalog_leaf(value, f"{section}.{name}")
    return replace(leaf, value=0.0) if name in _RATES and value.state == "unsupported" else leaf


def chip_leaves(record: Record, given: Mapping[str, Any], section: str) -> dict[str, Leaf]:
    """The figures of one accelerator, with what the scenario overrides."""
    leaves = dict(_plain_chip_leaves(record.id, section))
    for name, leaf in overrides(
        given, catalog.ACCELERATOR_VALUES, section, f"accelerators {record.id}"
    ).items():
        leaves[f"hardware_{name}"] = leaf
    _keep_rest_of_server(record, leaves, section)
    out, link = leaves["hardware_scaleout_bytes_per_s"], leaves["hardware_host_link_bytes_per_s"]
    if math.isnan(out.value) and link.value > 0 and leaves["hardware_scaleup_domain"].value == 1:
        about = f"{record.id} has no link but its host's: others are reached at host_link_bytes_per_s"
        leaves["hardware_scaleout_bytes_per_s"] = replace(link, kind="assumption", note=about, key=out.key)
    if math.isnan(leaves["hardware_scaleup_domain"].value):
        leaves["hardware_scaleup_domain"] = Leaf(
            1.0,
            "assumption",
            "no scale-up domain in the catalogue: one accelerator",
            DATA_DATE,
            key=f"{section}.scaleup_domain",
        )
    _far_leaves(record, leaves, section)
    if math.isnan(leaves["hardware_scaleup_is_pcie"].value):
        leaves["hardware_scaleup_is_pcie"] = Leaf(0.0, "default", key=f"{section}.scaleup_is_pcie")
    return leaves


def _far_leaves(record: Record, leaves: dict[str, Leaf], section: str) -> None:
    """Where weights and cache go that do not stay: the slower of link and memory, and how much it holds."""
    link, far = (leaves[f"hardware_{name}_bytes_per_s"] for name in ("host_link", "far_memory_bandwidth"))
    slower = min(link, far, key=lambda leaf: math.inf if math.isnan(leaf.value) else leaf.value)
    if math.isnan(link.value) != math.isnan(far.value):
        about = "the memory's rate; the link's" if math.isnan(link.value) else "the link's rate; the memory's"
        slower = replace(slower, note=f"{about} is not known")
    leaves["hardware_offload_bytes_per_s"] = slower
    held = leaves["hardware_far_memory_bytes"]
    if math.isnan(held.value):
        about = f"host memory beside {record.id} is not known and taken to hold all that is offloaded"
        held = Leaf(math.inf, "assumption", about, DATA_DATE, key=f"{section}.far_memory_bytes")
    leaves["hardware_offload_memory_bytes"] = held


def _keep_rest_of_server(record: Record, leaves: dict[str, Leaf], section: str) -> None:
    """A changed TDP moves the rated server power with it, unless that is given too.

    Raises:
        ScenarioError: A server that takes less than its accelerator.
    """
    tdp, server = leaves["hardware_tdp_w"], leaves["hardware_server_w"]
    if tdp.kind == "scenario" != server.kind:
        rest = server.value - catalog_leaf(record.values["tdp_w"], f"{section}.tdp_w").value
        about = "the rest of the server as in the catalogue"
        leaves["hardware_server_w"] = replace(server, value=tdp.value + rest, kind="derived", note=about)
    elif server.kind == "scenario" and server.value < tdp.value:
        message = f"must be at least the accelerator's {tdp.value:g} W, not {server.value:g}"
        raise ScenarioError(message, key=f"{section}.server_w")


def price_leaf(scenario: Scenario, chip: Record, section: str, notes: list[str]) -> Leaf:
    """The price of an accelerator-hour: given, or the catalogue's for the chosen term."""
    key = "economics.usd_per_accelerator_hour"
    economics = scenario.economics
    if section == "hardware" and economics.usd_per_accelerator_hour is not None:
        return number_leaf(economics.usd_per_accelerator_hour, key)
    hardware = scenario.hardware if section == "hardware" else scenario.hardware.prefill
    own = {} if hardware is None else hardware.overrides
    given = overrides(own, catalog.ACCELERATOR_VALUES, section, f"accelerators {chip.id}")
    return catalog_price(chip, scenario, key, notes, given)


def catalog_price(
    chip: Record, scenario: Scenario, key: str, notes: list[str], given: Mapping[str, Leaf] = _NOTHING
) -> Leaf:
    """The rental price of the catalogue, or in its place: of a term, or on demand, else reserved.

    ``market`` is the last of the dated rents by the scenario's day.
    """
    term = scenario.economics.rental_term
    if term == "market":
        return _market_price(chip, scenario.as_of, key)
    for name in (term,) if term else _TERMS[:2]:
        if mine := given.get(f"rental_{name}_usd_per_h"):
            return mine
        value = chip.values[f"rental_{name}_usd_per_h"]
        if value.is_known:
            text = f"{chip.id}: {name.replace('_', ' ')} rental, {value.note or value.source} ({value.date})"
            if not term and name != "on_demand":
                notes.append(f"no on-demand price of {chip.id} in the catalogue: {text}")
            about = "" if value.origin else str(chip.text.get("rental_note", ""))
            return replace(catalog_leaf(value, key, text), cited=about or value.source)
    return Leaf(math.nan, why=f"{NEEDS_INPUT}: {key}", key=key)


def _market_price(chip: Record, day: dt.date, key: str) -> Leaf:
    found = catalog.rent(chip.id, day)
    if found is None:
        why = f"{NEEDS_INPUT}: {key} (no rent of {chip.id} by {day} in the series)"
        return Leaf(math.nan, why=why, key=key)
    text = f"{chip.id}: market rental, {found.what} ({found.date})"
    return replace(catalog_leaf(found.value, key, text), cited=found.value.source)


_USED = {*_CHIP, "fp32_flop_per_s", *(f"rental_{term}_usd_per_h" for term in _TERMS)}
_USED_OF_MODEL = {
    *("training_flop", "training_tokens", "training_accelerator_hours"),
    *("total_params_estimate", "total_params_stated", "active_params_estimate", "active_params_stated"),
}


def unused_overrides(scenario: Scenario) -> list[str]:
    """What to say of catalogue figures that the scenario sets and no quantity reads."""
    hardware, pool, model = scenario.hardware, scenario.hardware.prefill, scenario.model
    used_of_model = catalog.ARCHITECTURE_KEYS | _USED_OF_MODEL
    keys = [f"model.{name}" for name in model.overrides if name not in used_of_model]
    keys += [f"hardware.{name}" for name in hardware.overrides if name not in _USED]
    if pool is not None:
        keys += [f"hardware.prefill.{name}" for name in pool.overrides if name not in _USED]
    return [f"{key} is set, but no quantity reads it" for key in keys]


def confidential_leaf(options: Optimizations, chip: Record) -> Leaf:
    """Time more with memory and links encrypted: none without, unknown where nobody has measured it."""
    key = "optimizations.confidential_overhead"
    if not options.confidential_computing:
        return Leaf(0.0, "default", key="optimizations.confidential_computing")
    if options.confidential_overhead is not None:
        return number_leaf(options.confidential_overhead, key)
    if chip.values["fixed_time_factor"].kind != "fitted":
        return Leaf(
            math.nan, why=f"{UNKNOWN}: {key} of {chip.id}: measured on Hopper and Blackwell only", key=key
        )
    return catalog_leaf(catalog.technique_default("confidential_computing_overhead"), key)


def layout_leaves(hardware: Hardware, section: str) -> dict[str, Leaf]:
    """Counts and degrees as given; what is ``auto`` is left to the plan."""
    found = {
        f"hardware_{name}": or_auto(getattr(hardware, name), f"{section}.{name}")
        for name in ("count", *DEGREES, "replicas")
    }
    given = {name: found[f"hardware_{name}"].value for name in ("count", *DEGREES)}
    degrees = [given[name] for name in DEGREES]
    if not any(math.isnan(v) for v in degrees):
        product = math.prod(degrees)
        if math.isnan(given["count"]):
            found["hardware_count"] = Leaf(
                product, "derived", "tensor x pipeline x data", key=f"{section}.count"
            )
        elif given["count"] != product:
            parts = " x ".join(
                f"{name.removesuffix('_parallel')} {v:g}" for name, v in zip(DEGREES, degrees, strict=True)
            )
            message = (
                f"must be {parts} = {product:g}, not {given['count']:g}; change the degrees or leave it out"
            )
            raise ScenarioError(message, key=f"{section}.count")
    found["hardware_fleet_accelerators"] = number_leaf(
        hardware.fleet_accelerators, f"{section}.fleet_accelerators"
    )
    return found


def check_experts(hardware: Hardware, leaves: Mapping[str, Leaf], notes: list[str]) -> None:
    """Refuse expert parallelism that no layout can have: experts lie over tensor x data ranks.

    Raises:
        ScenarioError: The model has no experts, or the ranks do not divide.
    """
    if not isinstance(hardware.expert_parallel, Number):
        return
    ranks, key = hardware.expert_parallel.mid, "hardware.expert_parallel"
    if ranks > 1 and leaves["model_experts"].value <= 1:
        message = f"must be 1 for a model without routed experts, not {ranks:g}"
        raise ScenarioError(message, key=key)
    tensor, data = (leaves[f"hardware_{name}"].value for name in ("tensor_parallel", "data_parallel"))
    over, what = tensor * data, f"tensor {tensor:g} x data {data:g}"
    if math.isnan(over):
        over, what = leaves["hardware_count"].value, "count"
    if math.isnan(over):  # the plan has still to choose
        return
    if over % ranks:
        message = f"must divide the {over:g} accelerators that experts lie over ({what}), not {ranks:g}"
        raise ScenarioError(message, key=key)
    if ranks < tensor * data:  # false where the plan has still to choose
        notes.append(f"expert_parallel {ranks:g} is not modelled apart: experts lie over {over:g} ranks")


def prefill_leaves(
    scenario: Scenario, chip: Record, leaves: dict[str, Leaf], formats: Mapping[str, Format], notes: list[str]
) -> None:
    """The prefill pool's own figures; the same as the main ones where there is no such pool."""
    pool = scenario.hardware.prefill
    kind = "default" if pool is None else "scenario"
    leaves["hardware_disaggregated"] = Leaf(float(pool is not None), kind, key="hardware.prefill")
    if pool is None:
        return
    section = "hardware.prefill"
    record = (
        chip
        if pool.accelerator is None
        else named(catalog.accelerator, pool.accelerator, f"{section}.accelerator")
    )
    if pool.accelerator is None:
        own = chip_leaves(record, {**scenario.hardware.overrides, **pool.overrides}, section)
        own = {name: leaves[name] if leaves[name].value == leaf.value else leaf for name, leaf in own.items()}
    else:
        own = chip_leaves(record, pool.overrides, section)
    leaves.update({f"prefill_{name}": leaf for name, leaf in own.items()})
    rate_leaves(leaves, formats, record, "prefill_", notes)
    if pool.usd_per_accelerator_hour is not None:
        price = number_leaf(pool.usd_per_accelerator_hour, f"{section}.usd_per_accelerator_hour")
    elif record.id == chip.id:
        price = leaves["economics_usd_per_accelerator_hour"]
    else:
        price = price_leaf(scenario, record, section, notes)
        if math.isnan(price.value) and price.why.startswith(NEEDS_INPUT):
            price = replace(price, why=f"{NEEDS_INPUT}: {section}.usd_per_accelerator_hour")
    leaves["prefill_economics_usd_per_accelerator_hour"] = price
    leaves.update({f"prefill_{name}": leaf for name, leaf in purchase_leaves(record, own, section).items()})
    leaves["prefill_economics_capex_usd_per_accelerator"] = leaves["economics_capex_usd_per_accelerator"]
    leaves.update({f"prefill_{name}": leaf for name, leaf in _pool_layout(pool, scenario).items()})


def _pool_layout(pool: PrefillPool, scenario: Scenario) -> dict[str, Leaf]:
    """Degrees of the prefill pool: as given, else one kind of parallelism over all of it."""
    count = pool.count.mid
    given = {name: getattr(pool, name) for name in DEGREES}
    known = math.prod(v.mid for v in given.values() if v is not None)
    rest = count / known
    if rest != int(rest):
        message = f"{count:g} accelerators cannot be split by {known:g}"
        raise ScenarioError(message, key="hardware.prefill.count")
    free = [name for name in ("tensor_parallel", "data_parallel") if given[name] is None]
    main_data = scenario.hardware.data_parallel
    spread = "data_parallel" if isinstance(main_data, Number) and main_data.mid > 1 else "tensor_parallel"
    takes_rest = spread if spread in free else (free[0] if free else None)
    if takes_rest is None and rest != 1:
        message = f"must be tensor x pipeline x data = {known:g}, not {count:g}"
        raise ScenarioError(message, key="hardware.prefill.count")
    found = {"hardware_count": number_leaf(pool.count, "hardware.prefill.count")}
    for name, number in given.items():
        key = f"hardware.prefill.{name}"
        if number is not None:
            found[f"hardware_{name}"] = number_leaf(number, key)
        else:
            found[f"hardware_{name}"] = Leaf(
                rest if name == takes_rest else 1.0, "derived", "fills the prefill pool", key=key
            )
    return found
