"""Workload, options, limits, site and training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.errors import CatalogError, ScenarioError
from inferscope.core.leaves.hardware import catalog_price
from inferscope.core.leaves.leaf import (
    NEEDS_INPUT,
    Leaf,
    catalog_leaf,
    constant,
    engine_suffix,
    named,
    number_leaf,
    or_auto,
)
from inferscope.core.leaves.place import round_trip_leaf
from inferscope.core.quantities import energy
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Optimizations, Scenario, Workload
from inferscope.core.scenario.section import Section
from inferscope.core.scenario.training import BOTH_WAYS, Training


def workload_leaves(scenario: Scenario) -> dict[str, Leaf]:
    """Options, workload and limits."""
    options, work, slo = scenario.optimizations, scenario.workload, scenario.slo
    return {
        **_numbers(
            options, "optimizations", "prefix_cache_hit_rate", "prefill_chunk_tokens", "expert_imbalance"
        ),
        **_numbers(work, "workload", "input_tokens", "output_tokens", "reasoning_tokens", "peak_to_mean"),
        **_numbers(work, "workload", "arrival_cv", "service_cv"),
        **_numbers(slo, "slo", "max_load_utilization", "percentile"),
        **_numbers(scenario.economics, "economics", "utilization"),
        **_switches(options),
        "optimizations_prompt_share_in_ttft": _prompt_share(scenario),
        "optimizations_power_cap_w": number_leaf(options.power_cap_w, "optimizations.power_cap_w"),
        **_offload(scenario),
        **_speculation(scenario),
        "workload_requests_per_s": _demand(work),
        "workload_batch": or_auto(work.batch, "workload.batch"),
        "workload_concurrency": number_leaf(work.concurrency, "workload.concurrency"),
        "slo_ttft_s": number_leaf(slo.ttft_s, "slo.ttft_s"),
        "slo_tpot_s": number_leaf(slo.tpot_s, "slo.tpot_s"),
    }


def _numbers(section: Section, title: str, *names: str) -> dict[str, Leaf]:
    """Numbers of a section that have a default, each with whether the scenario sets it."""
    return {
        f"{title}_{name}": number_leaf(
            getattr(section, name), f"{title}.{name}", is_set=name in section.model_fields_set
        )
        for name in names
    }


def _switches(options: Optimizations) -> dict[str, Leaf]:
    """What is on (1) or off (0)."""
    is_on = {
        "two_batch_overlap": ("two_batch_overlap", options.two_batch_overlap),
        "static_batching": ("continuous_batching", not options.continuous_batching),
        "chunked_prefill": ("chunked_prefill", options.chunked_prefill),
    }
    return {
        f"optimizations_{name}": Leaf(float(on), _kind(options, key), key=f"optimizations.{key}")
        for name, (key, on) in is_on.items()
    }


def _offload(scenario: Scenario) -> dict[str, Leaf]:
    """What lies in host memory; automatic offload makes room for the sequences that are asked for."""
    options, work, prefix = scenario.optimizations, scenario.workload, "optimizations"
    key = f"{prefix}.weight_offload_fraction"
    given, is_set = options.weight_offload_fraction, "weight_offload_fraction" in options.model_fields_set
    if isinstance(given, Number):
        share, is_auto = number_leaf(given, key, is_set=is_set), 0.0
    else:
        share, is_auto = Leaf(0.0, "scenario", "auto: what does not fit", key=key), 1.0
    if isinstance(work.batch, Number):
        room = number_leaf(work.batch, "workload.batch")
    elif work.concurrency is not None:
        room = number_leaf(work.concurrency, "workload.concurrency")
    else:
        room = Leaf(1.0, "derived", "one sequence: no batch is given")
    return {
        f"{prefix}_weight_offload_fraction": share,
        f"{prefix}_weight_offload_is_auto": Leaf(is_auto, _kind(options, "weight_offload_fraction"), key=key),
        f"{prefix}_offload_batch": replace(room, key=key),  # the batch itself is another leaf
        f"{prefix}_kv_offload_fraction": number_leaf(
            options.kv_offload_fraction,
            f"{prefix}.kv_offload_fraction",
            is_set="kv_offload_fraction" in options.model_fields_set,
        ),
    }


def _prompt_share(scenario: Scenario) -> Leaf:
    """How much of the other prompts comes before the first token and not between tokens."""
    options = scenario.optimizations
    if not options.continuous_batching:
        about = "static batching: all prompts come first"
        return Leaf(1.0, "derived", about, key="optimizations.continuous_batching")
    if not options.chunked_prefill:
        return constant(scenario, "prompt_share_whole")
    if scenario.workload.start == "burst":
        return constant(scenario, f"prompt_share_burst{engine_suffix(scenario)}")
    return constant(scenario, "prompt_share_chunked")


def _demand(work: Workload) -> Leaf:
    """Requests per second, as given or from what is given per day or per user."""
    prefix, demand = "workload", work.demand_per_s()
    key = f"{prefix}.requests_per_s"
    if demand is None:
        return Leaf(math.nan, why=f"{NEEDS_INPUT}: {key}", key=key)
    if work.requests_per_s is not None:
        return replace(number_leaf(work.requests_per_s, key), value=demand)
    given: dict[str, Number | None] = {"queries_per_day": work.queries_per_day}
    text = "{} a day / 86,400 s"
    if work.queries_per_day is None:
        given = {"users": work.users, "queries_per_user_per_day": work.queries_per_user_per_day}
        text = "{} users x {} queries a day / 86,400 s"
    leaves = [number_leaf(number, f"{prefix}.{name}") for name, number in given.items()]
    cited = dict.fromkeys(str(leaf.cited) for leaf in leaves)
    return Leaf(
        demand,
        "scenario",
        f"{text.format(*(f'{leaf.value:,.15g}' for leaf in leaves))}; {', '.join(cited)}",
        max(leaf.date for leaf in leaves),
        key=", ".join(leaf.key for leaf in leaves),
    )


def _kind(section: Section, name: str) -> str:
    """Whether the scenario says so, or nobody did."""
    return "scenario" if name in section.model_fields_set else "default"


def _speculation(scenario: Scenario) -> dict[str, Leaf]:
    """Draft tokens, acceptance and cost; nothing drafted where speculation is off."""
    given, prefix = scenario.optimizations.speculative, "optimizations.speculative"
    if given is None:
        off = Leaf(0.0, "default", "speculation is off", key=prefix)
        return {
            "optimizations_draft_tokens": off,
            "optimizations_draft_acceptance": off,
            "optimizations_draft_cost_ratio": off,
        }
    try:
        method = catalog.speculative_method(given.method)
    except CatalogError as error:
        known = f"; methods are {', '.join(catalog.speculative_methods())}"
        raise ScenarioError(error.message + known, key=f"{prefix}.method") from None
    found = {}
    for name, mine, theirs in (
        ("draft_tokens", given.draft_tokens, method.draft_tokens),
        ("draft_acceptance", given.acceptance, method.acceptance),
        ("draft_cost_ratio", given.draft_cost_ratio, method.draft_cost_ratio),
    ):
        key = f"{prefix}.{name.replace('draft_acceptance', 'acceptance')}"
        found[f"optimizations_{name}"] = catalog_leaf(theirs, key) if mine is None else number_leaf(mine, key)
    return found


def site_leaves(scenario: Scenario) -> dict[str, Leaf]:
    """Grid, PUE, water and the boundary of energy figures."""
    site = scenario.site
    country = named(catalog.region, site.region, "site.region")
    found = {
        f"site_{name}": catalog_leaf(country.values[name], f"site.{name}")
        if getattr(site, name) is None
        else number_leaf(getattr(site, name), f"site.{name}")
        for name in ("pue", "grid_gco2e_per_kwh", "grid_water_l_per_kwh", "electricity_usd_per_kwh")
    }
    found |= _numbers(site, "site", "wue_l_per_kwh", "sites", "power_factor")
    found["site_round_trip_s"] = round_trip_leaf(site)
    found["site_boundary"] = Leaf(
        float(energy.BOUNDARIES.index(site.boundary)), _kind(site, "boundary"), key="site.boundary"
    )
    return found


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
        **_numbers(training, "training", "mfu", "goodput", "lifetime_days"),
    }


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
