"""Facts of rules over draws of a scenario's uncertain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from inferscope.core.evaluate import Result
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.policy.predicates import Fact

CHIP = ("tpp", "performance_density", "dram_bandwidth_gb_s", "io_bandwidth_gb_s")
"""Quantities that are judged for each kind of accelerator."""


def inputs_read(result: Result, row: int = 0) -> tuple[str, ...]:
    """The inputs that facts of a row are made from, beside quantities of the report."""
    pool = result.bound.resolved[row].scenario.hardware.prefill
    chip = _chip_inputs()
    own = (f"prefill_{name}" for name in chip if pool is not None)
    return ("site_pue", *chip, *(name for name in own if name in REGISTRY.inputs))


@cache
def _chip_inputs() -> tuple[str, ...]:
    needed = REGISTRY.needed(CHIP)
    read = {parent for name in needed for parent in REGISTRY.quantities[name].parents}
    return tuple(sorted(read & REGISTRY.inputs.keys()))


def ranged(fact: Fact, *columns: Array) -> Fact:
    """A fact whose range takes in what it is over draws; as it was where that does not move.

    Args:
        fact: A number, or the least that one can be; anything else stays as it is.
        columns: Its values at draws, ``(n,)`` each; NaN where there is none.
    """
    if not isinstance(fact.value, float) and fact.low is None:
        return fact
    found = np.concatenate(columns) if columns else np.empty(0)
    found = found[~np.isnan(found)]
    if not len(found) or found.min() == found.max():
        return fact
    low, high = fact.low, fact.high
    if isinstance(fact.value, float):
        low, high = (fact.value if end is None else end for end in (low, high))
    return fact._replace(
        low=None if low is None else min(low, float(found.min())),
        high=None if high is None else max(high, float(found.max())),
    )


def widened_by_draws(known: Mapping[str, Fact], result: Result, row: int, pool: str = "") -> dict[str, Fact]:
    """Facts of a row with the ranges that its draws give them."""
    if row not in result.spreads:
        return dict(known)
    at_draws, beside = columns(result, row, pool), _beside(result, row, pool)
    return {
        name: ranged(fact, *(part[name] for part in (at_draws, beside) if name in part))
        for name, fact in known.items()
    }


def columns(result: Result, row: int, pool: str = "") -> dict[str, Array]:
    """Numbers that rules read, at the draws of a row, ``(n,)``; empty where nothing was drawn.

    Args:
        result: A result with spreads.
        row: The row.
        pool: ``prefill_`` for the accelerators of the prefill pool.
    """
    if row not in result.spreads:
        return {}
    values = _values(result, row, pool)
    chip = {name: _of_pool(values, name, pool) for name in CHIP}
    links = _links(values, pool)
    chip["ops_times_bits"] = chip["tpp"]
    chip["interconnect_bandwidth_gb_s"] = np.where(links > 0, links, chip["io_bandwidth_gb_s"])
    for part in ("io", "interconnect"):
        whole = chip["dram_bandwidth_gb_s"] + chip[f"{part}_bandwidth_gb_s"]
        chip[f"dram_plus_{part}_bandwidth_gb_s"] = whole
    return {
        **chip,
        "training_flop": values["training_flop"],
        "planned_training_flop": values["training_flop"],
        "effective_training_flop": values["effective_training_flop"],
        "training_cost_usd": values["training_usd"],
        "pue": values["site_pue"],
        "it_power_kw": 1e3 * values["site_it_mw"],
        "site_rated_input_mw": values["site_load_mw"],
        "site_nominal_load_kw": 1e3 * values["site_load_mw"],
        "site_mic_mva": values["site_load_mva"],
    }


def _beside(result: Result, row: int, pool: str) -> dict[str, Array]:
    """What else a number can be at each draw: training compute by the other count, links as all I/O."""
    values = _values(result, row, pool)
    scenario = result.bound.resolved[row].scenario
    found: dict[str, Array] = {"interconnect_bandwidth_gb_s": _of_pool(values, "io_bandwidth_gb_s", pool)}
    training, is_pinned = scenario.training, "training_flop" in scenario.pins
    if training.flop is None and training.pretraining is None and not is_pinned:
        both = np.concatenate([values["training_flop_6nd"], values["training_flop_published"]])
        found |= {"training_flop": both, "planned_training_flop": both}
    return found


def _values(result: Result, row: int, pool: str) -> Mapping[str, Array]:
    """What is known at the draws, with the figures of a pool's accelerator that no quantity reads."""
    values = result.spreads[row].values
    missing = [name for name in _chip_inputs() if pool and pool + name not in values]
    drawn = {name: values.get(name.replace("hardware_", "hardware.prefill.", 1)) for name in missing}
    leaf = result.bound.leaf
    rows = len(values["site_pue"])
    found = {
        pool + name: np.full(rows, leaf(pool + name, row).value) if column is None else column
        for name, column in drawn.items()
    }
    return {**values, **found}


def _links(values: Mapping[str, Array], pool: str) -> Array:
    """Bandwidth of chip-to-chip links in both directions, GB/s; 0 where they are the host's."""
    own: Array = 2e-9 * values[f"{pool}hardware_scaleup_bytes_per_s"]
    return np.where(values[f"{pool}hardware_scaleup_is_pcie"] > 0, 0.0, own)


def _of_pool(values: Mapping[str, Array], name: str, pool: str) -> Array:
    """A quantity of the chip at draws, with the inputs of a pool."""
    if not pool:
        return values[name]
    node = REGISTRY.quantities[name]
    given: list[Any] = [
        _of_pool(values, parent, pool) if parent in REGISTRY.quantities else values[pool + parent]
        for parent in node.parents
    ]
    return node.function(*given)
