"""Workload, options, limits, site and training."""

from __future__ import annotations

import math
from dataclasses import replace

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.errors import CatalogError, ScenarioError
from inferscope.core.leaves.leaf import (
    NEEDS_INPUT,
    Leaf,
    catalog_leaf,
    constant,
    engine_suffix,
    given_or,
    named,
    number_leaf,
    numbers,
    or_auto,
    said_kind,
)
from inferscope.core.leaves.place import round_trip_leaf
from inferscope.core.quantities import energy
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Optimizations, Scenario, Site, Workload


def workload_leaves(scenario: Scenario) -> dict[str, Leaf]:
    """Options, workload and limits."""
    options, work, slo = scenario.optimizations, scenario.workload, scenario.slo
    return {
        **numbers(
            options, "optimizations", "prefix_cache_hit_rate", "prefill_chunk_tokens", "expert_imbalance"
        ),
        **numbers(work, "workload", "input_tokens", "output_tokens", "reasoning_tokens", "peak_to_mean"),
        **numbers(work, "workload", "arrival_cv", "service_cv"),
        **numbers(slo, "slo", "max_load_utilization", "percentile"),
        **numbers(scenario.economics, "economics", "utilization"),
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


def _switches(options: Optimizations) -> dict[str, Leaf]:
    """What is on (1) or off (0)."""
    is_on = {
        "two_batch_overlap": ("two_batch_overlap", options.two_batch_overlap),
        "static_batching": ("continuous_batching", not options.continuous_batching),
        "chunked_prefill": ("chunked_prefill", options.chunked_prefill),
    }
    return {
        f"optimizations_{name}": Leaf(float(on), said_kind(options, key), key=f"optimizations.{key}")
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
        f"{prefix}_weight_offload_is_auto": Leaf(
            is_auto, said_kind(options, "weight_offload_fraction"), key=key
        ),
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
        found[f"optimizations_{name}"] = given_or(mine, theirs, key)
    return found


def site_leaves(scenario: Scenario, chip: Record) -> dict[str, Leaf]:
    """Grid, PUE, water, the making of hardware, and the boundary of energy figures."""
    site = scenario.site
    country = named(catalog.region, site.region, "site.region")
    found = {
        f"site_{name}": catalog_leaf(country.values[name], f"site.{name}")
        if getattr(site, name) is None
        else number_leaf(getattr(site, name), f"site.{name}")
        for name in ("pue", "grid_gco2e_per_kwh", "grid_water_l_per_kwh", "electricity_usd_per_kwh")
    }
    found |= _made(site, chip)
    if site.carbon == "market":
        key = "site.market_gco2e_per_kwh"
        bought = number_leaf(site.market_gco2e_per_kwh, key, why=f"{NEEDS_INPUT}: {key}")
        found["site_grid_gco2e_per_kwh"] = replace(bought, note="by contract, in place of the grid's")
    found |= numbers(site, "site", "wue_l_per_kwh", "sites", "power_factor")
    found["site_round_trip_s"] = round_trip_leaf(site)
    found["site_boundary"] = Leaf(
        float(energy.BOUNDARIES.index(site.boundary)), said_kind(site, "boundary"), key="site.boundary"
    )
    return found


def _as_an_h100(made: Leaf, chip: Record) -> Leaf:
    """What making an H100 with its share of a server took, for other graphics processors in data centres."""
    if "gpu" not in str(chip.text["kind"]) or chip.text.get("datacenter_marketed") is False:
        return Leaf(math.nan, why=f"{NEEDS_INPUT}: {made.key}", key=made.key)
    if chip.id.startswith("h100"):
        return made
    return replace(made, kind="assumption", note=f"of an H100, for want of a figure for {chip.id}")


def _made(site: Site, chip: Record) -> dict[str, Leaf]:
    """The battery, and what making an accelerator with its server took: known of an H100 alone."""
    key = "site.battery_wh"
    found = {"site_battery_wh": number_leaf(site.battery_wh, key, why=f"{NEEDS_INPUT}: {key}")}
    for name in ("embodied_kg_per_accelerator", "embodied_years"):
        mine, key = getattr(site, name), f"site.{name}"
        found[f"site_{name}"] = given_or(mine, catalog.world_default("embodied", name), key)
        if mine is None and name == "embodied_kg_per_accelerator":
            found[f"site_{name}"] = _as_an_h100(found[f"site_{name}"], chip)
    return found
