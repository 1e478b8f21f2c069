"""The training run: its compute, hours and prices, and the life that follows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.leaves.economics import server_factor
from inferscope.core.leaves.hardware import catalog_price
from inferscope.core.leaves.leaf import (
    NEEDS_INPUT,
    Leaf,
    catalog_leaf,
    given_or,
    named,
    number_leaf,
    numbers,
    said_kind,
)
from inferscope.core.quantities.training_cost import ACCOUNTS
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.training import BOTH_WAYS, Training

_OF_SITE = ("pue", "electricity_usd_per_kwh")
"""What a training run takes over from the site of serving; its PUE not from a home or a pocket."""


def training_leaves(
    scenario: Scenario, record: Record, chip: Record, leaves: Mapping[str, Leaf]
) -> dict[str, Leaf]:
    """Training figures given, and the accelerator and price to derive the rest with."""
    training, key = scenario.training, "training.accelerator"
    published = _training_accelerator(scenario, record)
    trained_on = published or chip
    about = f"trained on {trained_on.id}"
    peak = replace(catalog_leaf(trained_on.values["bf16_flop_per_s"], key), note=about)
    if published is None:
        about = f"training hours are counted on {chip.id}, for want of the accelerator it was trained on"
        peak = replace(peak, kind="assumption", note=about)
    watts = {
        f"training_{name}": replace(catalog_leaf(trained_on.values[name], key), note=f"of {trained_on.id}")
        for name in ("tdp_w", "server_w")
    }
    return {
        "model_training_accelerator_hours": _published_hours(scenario, record, trained_on, leaves),
        "training_flop_given": _final_run(training),
        "training_usd_given": number_leaf(training.usd, "training.usd"),
        "training_accelerator_hours_given": number_leaf(
            training.accelerator_hours, "training.accelerator_hours"
        ),
        "training_usd_per_accelerator_hour": _training_price(scenario, chip, trained_on, leaves),
        "training_bf16_flop_per_s": peak,
        "training_days": number_leaf(training.days, "training.days"),
        **watts,
        **_account(scenario, chip, trained_on, leaves),
        **_life(scenario),
        **numbers(training, "training", "mfu", "goodput", "lifetime_days", "years_owned"),
    }


def _account(
    scenario: Scenario, chip: Record, trained_on: Record, leaves: Mapping[str, Leaf]
) -> dict[str, Leaf]:
    """What the three accounts of a run's cost take besides its hours."""
    training = scenario.training
    kind = said_kind(training, "account")
    found = {"training_account": Leaf(float(ACCOUNTS.index(training.account)), kind, key="training.account")}
    for name in ("price_decay_oom_per_year", "power_share"):
        usual = catalog.world_default("training", name)
        found[f"training_{name}"] = given_or(getattr(training, name), usual, f"training.{name}")
    serving = {name: replace(leaves[f"site_{name}"], note="as the site of serving") for name in _OF_SITE}
    if chip.text.get("datacenter_marketed") is False:
        country = named(catalog.region, scenario.site.region, "site.region")
        serving["pue"] = catalog_leaf(country.values["pue"], "training.pue")
    for name, of_site in serving.items():
        mine, key = getattr(training, name), f"training.{name}"
        found[f"training_{name}"] = replace(of_site, key=key) if mine is None else number_leaf(mine, key)
    if training.purchase_usd is not None:
        found["training_purchase_usd"] = number_leaf(training.purchase_usd, "training.purchase_usd")
    else:
        found["training_purchase_usd"] = _listed_purchase(trained_on)
    return found


def _listed_purchase(chip: Record) -> Leaf:
    """The catalogue's price of an accelerator with its share of the server, as for an owner of serving."""
    key = "training.purchase_usd"
    listed, server = catalog_leaf(chip.values["purchase_usd"], key), server_factor(chip).value
    if math.isnan(listed.value):
        return Leaf(math.nan, why=f"{NEEDS_INPUT}: {key}", key=key)
    about = f"the catalogue's price of {chip.id}" + (f" x {server:g} for its server" if server != 1 else "")
    return replace(listed, value=server * listed.value, note=about)


def _life(scenario: Scenario) -> dict[str, Leaf]:
    """Growth, and what stands beside the final run."""
    life = scenario.lifecycle
    names = ("users_growth_per_year", "tokens_growth_per_year", "cost_decline_per_year")
    found = numbers(life, "lifecycle", *names)
    for name in ("all_runs_factor", "all_rnd_factor"):
        key = f"lifecycle.{name}"
        found[f"lifecycle_{name}"] = number_leaf(getattr(life, name), key, why=f"{NEEDS_INPUT}: {key}")
    return found


def _training_price(scenario: Scenario, chip: Record, trained_on: Record, leaves: Mapping[str, Leaf]) -> Leaf:
    """Price of an accelerator-hour: as given, as that of serving on the same chip, else the catalogue's."""
    given, key = scenario.training.usd_per_accelerator_hour, "training.usd_per_accelerator_hour"
    if given is not None:
        return number_leaf(given, key)
    if trained_on.id == chip.id:
        return leaves["economics_usd_per_accelerator_hour"]
    return catalog_price(trained_on, scenario, key, [])


def _published_hours(
    scenario: Scenario, record: Record, trained_on: Record, leaves: Mapping[str, Leaf]
) -> Leaf:
    """Accelerator-hours of the model's own run; none where the scenario is about another run."""
    training, hours = scenario.training, leaves["model_training_accelerator_hours"]
    known = _published_accelerator(record)
    is_changed = (
        training.flop is not None
        or training.pretraining is not None
        or "training_flop" in scenario.pins
        or leaves["model_training_tokens"].kind == "scenario"
        or leaves["model_training_flop"].kind == "scenario"
        or (training.accelerator is not None and (known is None or trained_on.id != known.id))
    )
    if is_changed and hours.kind != "scenario":
        return Leaf(math.nan, "derived", "published hours belong to another training run", key=hours.key)
    return hours


def _final_run(training: Training) -> Leaf:
    """Compute of the final run as given: in FLOP, or 6 FLOP for each parameter and token."""
    part, key = training.pretraining, "training.pretraining"
    if part is None:
        return number_leaf(training.flop, "training.flop")
    if part.flop is not None or part.parameters is None or part.tokens is None:
        return number_leaf(part.flop, f"{key}.flop")
    given = {name: number_leaf(getattr(part, name), f"{key}.{name}") for name in ("parameters", "tokens")}
    figures = " x ".join(f"{leaf.value:.6g} {name}" for name, leaf in given.items())
    said = ", ".join(dict.fromkeys(leaf.source for leaf in given.values()))
    return Leaf(
        part.ends(BOTH_WAYS)[1],
        "scenario",
        f"6 x {figures}; {said}".replace("e+", "e"),
        max(leaf.date for leaf in given.values()),
        key=", ".join(leaf.key for leaf in given.values()),
    )


def _training_accelerator(scenario: Scenario, record: Record) -> Record | None:
    """What the model was trained on: as given, else as published."""
    if scenario.training.accelerator is not None:
        return named(catalog.accelerator, scenario.training.accelerator, "training.accelerator")
    return _published_accelerator(record)


def _published_accelerator(record: Record) -> Record | None:
    """What the catalogue says the model was trained on, where that is one accelerator."""
    for name in (record.text.get("training_accelerator"), record.text.get("training_hardware")):
        if name:
            try:
                return catalog.accelerator(str(name))
            except catalog.UnknownIdError:
                continue
    return None
