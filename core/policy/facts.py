"""What a scenario says of every quantity that rules name, with ranges and origins.

Order of origins: the user's key in ``[policy]``, then the graph, the catalogue, the site's region,
and what follows from those. What nobody says stays unknown and names the key that would settle it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.evaluate import Result
from inferscope.core.graph import REGISTRY
from inferscope.core.leaves import Leaf
from inferscope.core.policy import figures
from inferscope.core.policy.groups import group_of
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.quantities import QUANTITIES
from inferscope.core.policy.spreads import ranged, widened_by_draws
from inferscope.core.scenario.ranges import Number, parse_number
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.training import BOTH_WAYS

USER = "set by the user in [policy]"
_CHIP = ("tpp", "performance_density", "dram_bandwidth_gb_s")
SITE_POWER: Mapping[str, tuple[str, float, str, bool]] = {
    "it_power_kw": ("site_it_mw", 1e3, "busy power of the fleet's servers", False),
    "site_rated_input_mw": ("site_load_mw", 1.0, "busy power of the fleet's servers x PUE", False),
    "site_nominal_load_kw": ("site_load_mw", 1e3, "busy power of the fleet's servers x PUE", True),
    "site_mic_mva": ("site_load_mva", 1.0, "busy power x PUE / power factor", True),
}
"""Facts of a site by name: quantity, factor, words, and whether it is what a site may draw."""


def facts(result: Result, row: int, on: dt.date) -> dict[str, dict[str, Fact]]:
    """The facts of a row on a day, one set for each kind of accelerator in use.

    Args:
        result: A result that holds the outputs of a report.
        row: The row.
        on: The day that is judged.

    Returns:
        Facts by the accelerator's id; the main one first.
    """
    resolved = result.bound.resolved[row]
    common = widened_by_draws({**_model(result, row), **_site(result, row)}, result, row)
    common |= _set(resolved.scenario.policy)
    common["site_age_years"] = _age(common.get("site_commissioned"), on)
    for group, country in (("destination_group", "destination"), ("hq_group", "hq_country")):
        common.setdefault(group, _group(common.get(country), country, group))
    pools = {
        resolved.accelerator.id: widened_by_draws(_chip(result, row, resolved.accelerator, ""), result, row)
    }
    prefill = resolved.scenario.hardware.prefill
    if prefill is not None and prefill.accelerator is not None:
        record = catalog.accelerator(prefill.accelerator)
        own = widened_by_draws(_chip(result, row, record, "prefill_"), result, row, "prefill_")
        pools.setdefault(record.id, own)
    return {chip: figures.sums({**of_chip, **common}) for chip, of_chip in pools.items()}


def computed(result: Result, row: int, name: str) -> Fact:
    """A quantity of the report as a fact."""
    value = float(result[name][row])
    pinned = name in result.bound.resolved[row].scenario.pins
    about = "pinned by the user" if pinned else f"computed: {REGISTRY.quantities[name].label}"
    fact = _number(value, about)
    return ranged(fact, result.spreads[row].values[name]) if row in result.spreads else fact


def decides_verdict(result: Result, row: int = 0) -> bool:
    """Whether the training compute may decide a verdict: not a third party's figure of the catalogue."""
    resolved = result.bound.resolved[row]
    if resolved.model.values["training_flop"].decides_verdict or "training_flop" in resolved.scenario.pins:
        return True
    given = result.bound.leaf("training_flop_given", row), result.bound.leaf("model_training_flop", row)
    return any(leaf.kind == "scenario" for leaf in given)


# --- the user's keys ------------------------------------------------------------------------------


def _set(policy: Any) -> dict[str, Fact]:
    """What the scenario sets under ``[policy]``."""
    found = {}
    for name in policy.model_fields_set & set(QUANTITIES):
        value = getattr(policy, name)
        if isinstance(value, Number):
            low, high = min(value.ends()), max(value.ends())
            found[name] = Fact(value.mid, low, high, value.source or USER)
        elif value is not None:
            found[name] = Fact(value, origin=USER)
    return found


def _age(commissioned: Fact | None, on: dt.date) -> Fact:
    if commissioned is None or not isinstance(commissioned.value, dt.date):
        return Fact(None, missing=("policy.site_commissioned",))
    return Fact(years(commissioned.value, on), origin="site_commissioned to the day judged")


def years(start: dt.date, end: dt.date) -> float:
    """Years between two days; whole at an anniversary.

    >>> years(dt.date(2026, 7, 1), dt.date(2028, 7, 1))
    2.0
    """
    whole = end.year - start.year - ((end.month, end.day) < (start.month, start.day))
    last = _anniversary(start, start.year + whole)
    length = (_anniversary(start, start.year + whole + 1) - last).days
    return whole + (end - last).days / length


def _anniversary(day: dt.date, year: int) -> dt.date:
    """The day in another year; 29 February moves to 1 March."""
    try:
        return day.replace(year=year)
    except ValueError:
        return dt.date(year, 3, 1)


def _group(country: Fact | None, name: str, group: str) -> Fact:
    if country is None or not isinstance(country.value, str):
        return Fact(None, missing=(f"policy.{name}",))
    found = group_of(country.value)
    if found is None:
        return Fact(None, missing=(f"policy.{group}",))
    return Fact(found, origin=f"15 CFR part 740, supplement no. 1: {country.value}")


# --- model ----------------------------------------------------------------------------------------


def _model(result: Result, row: int) -> dict[str, Fact]:
    resolved = result.bound.resolved[row]
    training = _training(result, row)
    hidden = not decides_verdict(result, row)
    nothing = Fact(None, missing=("training_flop",))
    cost = computed(result, row, "training_usd")
    public = resolved.model.text.get("open_weights")
    return {
        "training_flop": training,
        "planned_training_flop": training._replace(origin=f"a finished model: {training.origin}"),
        "effective_training_flop": nothing if hidden else computed(result, row, "effective_training_flop"),
        "training_cost_usd": nothing if hidden else cost._replace(missing=("policy.training_cost_usd",)),
        "weights_published": Fact(None, missing=("policy.weights_published",))
        if public is None
        else Fact(public, origin=f"catalogue: {resolved.model.id}"),
        "generates_language_or_t2i_or_t2v": Fact(
            value=True, origin="catalogue: every model in it generates language"
        ),
    }


def _training(result: Result, row: int) -> Fact:
    """Compute of the final run; its range spans 6ND and the published figure with its own, or is as given."""
    if not decides_verdict(result, row):
        return Fact(None, missing=("training_flop",))
    scenario = result.bound.resolved[row].scenario
    fact = computed(result, row, "training_flop")
    if fact.value is None or "training_flop" in scenario.pins:
        return fact
    if scenario.training.flop is not None:
        ends = scenario.training.flop.ends()
        return Fact(fact.value, min(ends), max(ends), "training.flop of the scenario")
    if scenario.training.pretraining is not None:
        low, _, high = scenario.training.pretraining.ends(BOTH_WAYS)
        return Fact(fact.value, low, high, "training.pretraining of the scenario")
    leaf = result.bound.leaf("model_training_flop", row)
    names = ("training_flop", "training_flop_6nd", "training_flop_published")
    value, by_tokens, published = (float(result[name][row]) for name in names)
    known = [v for v in (value, by_tokens, published, *_stated(scenario, leaf)) if not math.isnan(v)]
    about = f"the {'scenario' if leaf.kind == 'scenario' else 'catalogue'}'s figure"
    about += f" ({leaf.note})" if leaf.note else ""
    parts = [*(["6ND"] if not math.isnan(by_tokens) else []), *([about] if not math.isnan(published) else [])]
    return Fact(value, min(known), max(known), " and ".join(parts))


def _stated(scenario: Scenario, leaf: Leaf) -> tuple[float, ...]:
    """The range that comes with a published figure; it belongs to the verdict as the figure does."""
    if leaf.kind == "scenario":
        return parse_number(scenario.model.overrides["training_flop"]).ends()
    ends = () if isinstance(leaf.cited, str) else (leaf.cited.low, leaf.cited.high)
    return tuple(end for end in ends if end is not None)


# --- chip -----------------------------------------------------------------------------------------


def _chip(result: Result, row: int, record: Record, pool: str) -> dict[str, Fact]:
    """The facts of one accelerator; of a prefill pool's from its own leaves."""

    def get(name: str) -> Leaf:
        leaf: Leaf = result.bound.leaf(pool + name, row)
        return leaf

    found = {name: _chip_figure(result, row, name, pool, get) for name in _CHIP}
    found["ops_times_bits"] = found["tpp"]
    whole = _chip_figure(result, row, "io_bandwidth_gb_s", pool, get)
    found["io_bandwidth_gb_s"], found["interconnect_bandwidth_gb_s"] = figures.links(get, whole)
    origin = f"catalogue: {record.id}"
    found["datacenter_marketed"] = Fact(record.text.get("datacenter_marketed"), origin=origin)
    found["chip_origin"] = Fact(record.text.get("designed_in"), origin=origin)
    found["chip_designer"] = Fact(record.text.get("vendor"), origin=origin)
    process = figures.non_planar(record.text.get("process", ""))
    found["non_planar_16nm_or_below"] = Fact(process, origin=origin)
    return found


def _chip_figure(result: Result, row: int, name: str, pool: str, get: figures.Get) -> Fact:
    """A figure as it was computed; where it is unknown, the bounds that the catalogue states."""
    if pool:
        fact = _number(figures.ends(name, get).value, "computed for the prefill pool")
    else:
        fact = computed(result, row, name)
        fact = fact if fact.value is not None else fact._replace(missing=_needed(result, row, name))
    if fact.value is None and (found := figures.ends(name, get)).is_bounded:
        return fact._replace(low=found.low, high=found.high)
    return fact


def _needed(result: Result, row: int, name: str) -> tuple[str, ...]:
    """The quantity, and the scenario key that would give it."""
    _, _, key = result.why(name, row).partition(": ")
    return (name, key) if re.fullmatch(r"[a-z0-9_.]+\.[a-z0-9_]+", key) else (name,)


# --- site -----------------------------------------------------------------------------------------


def _site(result: Result, row: int) -> dict[str, Fact]:
    resolved = result.bound.resolved[row]
    region = catalog.region(resolved.scenario.site.region)
    leaf = result.bound.leaf("site_pue", row)
    return {
        "site_country": Fact(str(region.text["iso2"]), origin=f"site.region: {region.name}"),
        "pue": _number(leaf.value, _origin(leaf, region))._replace(missing=("site.pue",)),
        **_power(result, row),
    }


def _origin(leaf: Leaf, region: Record) -> str:
    """Where a figure of the site comes from; its source is a page of its own, read when asked for."""
    return "site.pue of the scenario" if leaf.kind == "scenario" else f"site.region: {region.name}"


def _power(result: Result, row: int) -> dict[str, Fact]:
    """What one site draws with the fleet at full work.

    Without a demand or a stated fleet the graph counts one replica: then what is counted is only the
    least it can be. So it is where a line is drawn at what a site may draw, not at what it does.
    """
    scenario = result.bound.resolved[row].scenario
    sized = scenario.hardware.fleet_accelerators is not None or scenario.workload.demand_per_s() is not None
    found = {}
    for name, (quantity, factor, origin, is_contracted) in SITE_POWER.items():
        key = f"policy.{name}"
        missing = (key,) if sized else (key, "workload.requests_per_s")
        value = factor * float(result[quantity][row])
        found[name] = _least(value, origin, missing, whole=sized and not is_contracted)
    return found


def _least(value: float, origin: str, missing: Sequence[str], *, whole: bool) -> Fact:
    if math.isnan(value):
        return Fact(None, missing=tuple(missing))
    if whole:
        return Fact(value, origin=origin)
    return Fact(None, value, math.inf, f"{origin}, at least", tuple(missing))


def _number(value: float, origin: str) -> Fact:
    return Fact(None if math.isnan(value) else value, origin=origin)
