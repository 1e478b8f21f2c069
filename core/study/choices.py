"""Which other accelerator, format or country brings a quantity to a target."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inferscope.core import catalog
from inferscope.core.leaves import model_record
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.reach import Goal, computed

__all__ = ["CHOICES", "Chosen", "choose"]

Options = Callable[[Scenario], dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Chosen:
    """What another choice can do.

    Attributes:
        key: The scenario's dotted key.
        label: What it is called in tables.
        now: The present choice.
        needed: The choice that meets the target most closely; None where none does.
        value: What the quantity then is, or the nearest that any choice brings it.
        reaching: How many choices meet it.
        tried: Of how many, without the present one.
        nearest: The choice that comes nearest, where none meets it.
        changes: The keys to set for it.
    """

    key: str
    label: str
    now: str
    needed: str | None
    value: float | None
    reaching: int
    tried: int
    nearest: str | None
    changes: Mapping[str, Any]


def choose(scenario: Scenario, quantity: str, target: float) -> tuple[Chosen, ...]:
    """For every choice of a scenario, the other one that just meets a target, and how many do.

    Those that leave the quantity as it is are left out.

    Raises:
        QuantityError: There is no such quantity.
    """
    offers = [(key, label, now(scenario), options(scenario)) for key, label, now, options in CHOICES]
    changes = [change for *_, options in offers for change in options.values()]
    here, *values = computed(scenario, [{}, *changes], quantity)
    goal = Goal(quantity, target, here if isinstance(here, float) else math.nan)
    found, start = [], 0
    for key, label, now, options in offers:
        part = values[start : start + len(options)]
        start += len(options)
        if (chosen := _best(goal, key, label, now, options, part)) is not None:
            found.append(chosen)
    return tuple(sorted(found, key=lambda item: item.needed is None))


def _best(
    goal: Goal,
    key: str,
    label: str,
    now: str,
    options: Mapping[str, Mapping[str, Any]],
    values: Sequence[float | str],
) -> Chosen | None:
    """The choice nearest to the target, among those that meet it where any does."""
    known = {
        name: value
        for name, value in zip(options, values, strict=True)
        if isinstance(value, float) and math.isfinite(value)
    }
    if all(value == goal.here for value in known.values()):
        return None
    good = [name for name, value in known.items() if goal.met(np.array([value])).all()]
    name = min(good or known, key=lambda other: abs(known[other] - goal.target))
    return Chosen(
        key,
        label,
        now,
        name if good else None,
        known[name],
        len(good),
        len(options),
        None if good else name,
        options[name] if good else {},
    )


def _accelerators(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """All others; what was changed in the present one and its price go with it."""
    hardware = scenario.hardware
    gone = {f"hardware.{name}": None for name in hardware.overrides}
    if scenario.economics.usd_per_accelerator_hour is not None:
        gone["economics.usd_per_accelerator_hour"] = None
    now = catalog.accelerator(hardware.accelerator).id
    return {
        name: {"hardware.accelerator": name, **gone} for name in catalog.ids("accelerator") if name != now
    }


def _regions(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """All others; figures given for the present one go with it."""
    site, now = scenario.site, catalog.region(scenario.site.region).id
    names = ("pue", "grid_gco2e_per_kwh", "grid_water_l_per_kwh")
    gone = {f"site.{name}": None for name in names if getattr(site, name) is not None}
    return {name: {"site.region": name, **gone} for name in catalog.ids("region") if name != now}


def _formats(key: str, names: Callable[[], Sequence[str]]) -> Options:
    def others(scenario: Scenario) -> dict[str, dict[str, Any]]:
        now = getattr(scenario.optimizations, key)
        return {name: {f"optimizations.{key}": name} for name in names() if name != now}

    return others


def _methods(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Off, and the methods that the model can draft by: ``mtp`` needs heads trained with it."""
    key, given = "optimizations.speculative", scenario.optimizations.speculative
    has_heads = (model_record(scenario.model).architecture or {}).get("mtp_depth")
    now = "off" if given is None else given.method
    known = ["off", *(name for name in catalog.speculative_methods() if name != "mtp" or has_heads)]
    return {
        name: {key: None} if name == "off" else {key: None, f"{key}.method": name}
        for name in known
        if name != now
    }


def _cache_formats() -> list[str]:
    return [name for name, form in catalog.formats().items() if form.kv_bits.is_known]


CHOICES: tuple[tuple[str, str, Callable[[Scenario], str], Options], ...] = (
    ("hardware.accelerator", "Accelerator", lambda s: s.hardware.accelerator, _accelerators),
    (
        "optimizations.weight_format",
        "Weights",
        lambda s: s.optimizations.weight_format,
        _formats("weight_format", lambda: ["native", *catalog.formats()]),
    ),
    (
        "optimizations.kv_format",
        "KV cache",
        lambda s: s.optimizations.kv_format,
        _formats("kv_format", _cache_formats),
    ),
    (
        "optimizations.speculative",
        "Speculation",
        lambda s: "off" if s.optimizations.speculative is None else s.optimizations.speculative.method,
        _methods,
    ),
    ("site.region", "Region", lambda s: s.site.region, _regions),
)
"""Key, label, the present choice, and the changes of every other, for what is chosen from a list."""
