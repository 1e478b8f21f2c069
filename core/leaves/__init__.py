"""From one scenario to the leaves of the graph: each a number with where it came from.

No text enters the graph. Catalogue names, formats and regions become numbers here; a number that
is not there stays NaN with the reason why.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.leaves.economics import economics_leaves, purchase_leaves
from inferscope.core.leaves.formats import format_leaves, formats_in_use, rate_leaves
from inferscope.core.leaves.hardware import (
    DEGREES,
    check_experts,
    chip_leaves,
    confidential_leaf,
    layout_leaves,
    prefill_leaves,
    price_leaf,
    unused_overrides,
)
from inferscope.core.leaves.leaf import Leaf, calibration, constant_leaves, is_auto, named
from inferscope.core.leaves.model import model_leaves, model_record
from inferscope.core.leaves.scaling import scaling_leaves
from inferscope.core.leaves.training import training_leaves
from inferscope.core.leaves.workload import site_leaves, workload_leaves
from inferscope.core.scenario.schema import Scenario

__all__ = ["Leaf", "Resolved", "calibration", "model_record", "resolve"]


@dataclass(slots=True)
class Resolved:
    """A scenario with all its leaves.

    Attributes:
        scenario: The scenario.
        leaves: Every input by name.
        notes: Fall-backs and other things that must be said.
        model: The model's record.
        accelerator: The main accelerator's record.
        texts: Text facts for reports and rules.
        auto: What the plan still has to choose: ``batch``, ``layout``, ``replicas``.
    """

    scenario: Scenario
    leaves: dict[str, Leaf]
    notes: list[str]
    model: Record
    accelerator: Record
    texts: dict[str, str]
    auto: set[str] = field(default_factory=set)


def resolve(scenario: Scenario) -> Resolved:
    """Look everything up and keep where each number came from.

    Raises:
        ScenarioError: A name, format or key that does not exist, or a layout that cannot be.
        CatalogError: A catalogue file is damaged.
    """
    notes: list[str] = []
    record = model_record(scenario.model)
    chip = named(catalog.accelerator, scenario.hardware.accelerator, "hardware.accelerator")
    leaves: dict[str, Leaf] = {}
    leaves.update(model_leaves(scenario, record, notes))
    leaves.update(chip_leaves(chip, scenario.hardware.overrides, "hardware"))
    formats = formats_in_use(scenario, record)
    leaves.update(format_leaves(scenario, formats, record, leaves))
    rate_leaves(leaves, formats, chip, "", notes)
    leaves["economics_usd_per_accelerator_hour"] = price_leaf(scenario, chip, "hardware", notes)
    leaves.update(workload_leaves(scenario))
    leaves.update(scaling_leaves(scenario, record))
    leaves.update(economics_leaves(scenario, record))
    leaves.update(purchase_leaves(chip, leaves, "hardware"))
    leaves["optimizations_confidential_overhead"] = confidential_leaf(scenario.optimizations, chip)
    leaves.update(site_leaves(scenario, chip))
    leaves.update(constant_leaves(scenario, chip))
    leaves.update(layout_leaves(scenario.hardware, "hardware"))
    check_experts(scenario.hardware, leaves, notes)
    prefill_leaves(scenario, chip, leaves, formats, notes)
    notes += unused_overrides(scenario)
    notes += _own_records(scenario, record)
    leaves.update(training_leaves(scenario, record, chip, leaves))
    auto = {
        name
        for name, key in (("batch", "workload_batch"), ("replicas", "hardware_replicas"))
        if is_auto(leaves[key])
    }
    if any(is_auto(leaves[f"hardware_{part}"]) for part in ("count", *DEGREES)):
        auto.add("layout")
    texts = {
        "weight_format": formats["linear"].name,
        "expert_weight_format": formats["expert"].name,
        "activation_format": formats["activation"].name,
        "kv_format": formats["kv"].name,
    }
    return Resolved(scenario, leaves, notes, record, chip, texts, auto)


def _own_records(scenario: Scenario, model: Record) -> list[str]:
    """Say which of the records come from the user's files, and what a configuration left to assume."""
    pool = scenario.hardware.prefill
    used = (
        (catalog.model, scenario.model.architecture_like),
        (catalog.accelerator, scenario.hardware.accelerator),
        (catalog.accelerator, None if pool is None else pool.accelerator),
        (catalog.region, scenario.site.region),
    )
    records = [model, *(look_up(name) for look_up, name in used if name is not None)]
    own = {record.origin: f"{record.kind} {record.id}" for record in records if record.origin}
    said = [f"{what} is the user's own: {origin}" for origin, what in own.items()]
    assumed = model.text.get("note", "") if scenario.model.config is not None else ""
    return [*said, f"model {model.id}: {assumed[:1].lower()}{assumed[1:]}"] if assumed else said
