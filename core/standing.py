"""What a figure stands on: the basis of a cost, what its price is from, and the boundary of an energy."""

from __future__ import annotations

import math

from inferscope.core.bind import Bound
from inferscope.core.evaluate import Result, evaluate_bound
from inferscope.core.leaves import Leaf
from inferscope.core.quantities.training_cost import ACCOUNTS

__all__ = [
    "carbon_basis",
    "cost_basis",
    "is_carbon",
    "is_cost",
    "is_energy",
    "stands_on",
    "training_basis",
]

_COST = (
    "usd_per_query",
    "usd_per_million_input_tokens",
    "usd_per_million_fresh_input_tokens",
    "usd_per_million_output_tokens",
    "usd_per_day",
)
_BY_FLOP = ("flop_method_usd_per_query", "flop_method_usd_per_day")
_SOLD = ("list_revenue_usd_per_day", "list_profit_over_cost", "list_gross_margin")
_TRAINING = ("training_usd", *(f"training_{account}_usd" for account in ACCOUNTS))
_ENERGY = (
    "wh_per_query",
    "joules_per_output_token",
    "gco2e_per_query",
    "liters_per_query",
    "facility_mw",
    "twh_per_year",
    "flop_method_wh_per_query",
    "flop_method_mwh_per_day",
    "ecologits_wh_per_query",
    "battery_share_per_query",
)
_BOUNDARIES = {"ecologits_wh_per_query": "facility"}
"""Of methods that have one of their own."""
_CARBON = ("gco2e_per_query",)


def stands_on(result: Result, name: str, row: int = 0) -> dict[str, str]:
    """The ``basis`` of a cost or of carbon and the ``boundary`` of an energy, as far as it has them."""
    found = {}
    if is_cost(name):
        found["basis"] = cost_basis(result, row, name)
    elif name in _TRAINING:
        found["basis"] = training_basis(result, row, name)
    elif is_carbon(name):
        found["basis"] = carbon_basis(result, row)
    elif name == "embodied_gco2e_per_query":
        found["basis"] = _embodied_basis(result, row)
    if is_energy(name):
        found["boundary"] = _BOUNDARIES.get(name, result.bound.resolved[row].scenario.site.boundary)
    return found


def cost_basis(result: Result, row: int = 0, name: str = "usd_per_query") -> str:
    """What a cost stands on: the basis, the price and where it comes from, and the hours paid for."""
    bound, scenario = result.bound, result.bound.resolved[row].scenario
    leaf = bound.leaf("economics_usd_per_accelerator_hour", row)
    if name in scenario.pins:
        return "pinned in the scenario"
    is_listed = scenario.economics.basis == "api" and name not in _BY_FLOP
    if is_listed or name == "list_revenue_usd_per_day":
        return _listed(bound, row)
    if name in _SOLD:
        return f"{_listed(bound, row)}; against {cost_basis(result, row)}"
    if scenario.economics.basis == "owned":
        parts = [_owned(result, row)]
    elif math.isnan(leaf.value):
        return "rental"
    else:
        parts = [f"rental, {_priced(leaf)}"]
    prefill = bound.leaf("prefill_economics_usd_per_accelerator_hour", row)
    if name in _BY_FLOP:
        return f"{parts[0]}; only busy hours are paid"
    is_rented = scenario.economics.basis == "rental"
    if is_rented and scenario.hardware.prefill is not None and prefill.value != leaf.value:
        parts.append(f"prefill {_priced(prefill)}")
    if scenario.workload.demand_per_s() is not None:
        stated = scenario.hardware.fleet_accelerators
        fleet = "the fleet" if stated is None else f"the stated fleet of {stated.mid:,.0f} accelerators"
        parts.append(f"all hours of {fleet} are paid")
    elif name != "usd_per_day":
        parts.append(f"{100 * scenario.economics.utilization.mid:.3g} % of paid hours busy")
    return "; ".join(parts)


def carbon_basis(result: Result, row: int = 0) -> str:
    """How carbon is counted, with the intensity that it stands on."""
    scenario = result.bound.resolved[row].scenario
    leaf = result.bound.leaf("site_grid_gco2e_per_kwh", row)
    if math.isnan(leaf.value):
        return f"{scenario.site.carbon}-based"
    return f"{scenario.site.carbon}-based, {leaf.value:.4g} g/kWh ({_cited(leaf)}); operation alone"


def _embodied_basis(result: Result, row: int = 0) -> str:
    """What making the hardware took, and of which hardware that is known."""
    made = result.bound.leaf("site_embodied_kg_per_accelerator", row)
    years = result.bound.leaf("site_embodied_years", row).value
    if math.isnan(made.value):
        return "making of accelerator and server"
    whose = {"scenario": "", "assumption": " as of an H100, for want of another figure,"}.get(made.kind, "")
    return (
        f"making of accelerator and server, {made.value:.4g} kg{whose} over {years:g} years ({_cited(made)})"
    )


def is_cost(name: str) -> bool:
    """Whether a quantity is a price or a cost of serving, which stands on a basis."""
    return name in (*_COST, *_BY_FLOP, *_SOLD)


def is_energy(name: str) -> bool:
    """Whether a quantity has a boundary."""
    return name in _ENERGY


def is_carbon(name: str) -> bool:
    """Whether a quantity is carbon of operation."""
    return name in _CARBON


def training_basis(result: Result, row: int = 0, name: str = "training_usd") -> str:
    """What a training cost counts, and the prices it stands on."""
    bound, scenario = result.bound, result.bound.resolved[row].scenario
    if name in scenario.pins:
        return "pinned in the scenario"
    leaf = bound.leaf("training_usd_given", row)
    if name == "training_usd" and not math.isnan(leaf.value):
        return f"as given ({_cited(leaf)})"
    account = scenario.training.account if name == "training_usd" else name.split("_")[1]
    if account == "rental":
        return f"rental, {_priced(bound.leaf('training_usd_per_accelerator_hour', row))}"
    price = bound.leaf("training_purchase_usd", row)
    bought = "a purchase price that is not given"
    if not math.isnan(price.value):
        bought = f"{price.value:,.0f} USD per accelerator with its server ({_cited(price, price.note)})"
    return f"{account}, {bought}"


def _owned(result: Result, row: int) -> str:
    """What an owned hour is made of."""
    names = (
        "owned_usd_per_hour",
        "capex_usd",
        "capital_usd_per_hour",
        "colocation_usd_per_hour",
        "electricity_usd_per_hour",
    )
    found = evaluate_bound(result.bound.take([row]), [f"decode_{name}" for name in names])
    whole, bought, *parts = (float(found[f"decode_{name}"][0]) for name in names)
    if math.isnan(whole):
        return "owned"
    given = result.bound.leaf("economics_capex_usd_per_accelerator", row)
    listed = result.bound.leaf("hardware_purchase_usd", row)
    is_given = not math.isnan(given.value) or listed.kind == "scenario"
    when = "as given" if is_given else f"by the catalogue's price of {listed.date}"
    capital, space, power = (f"{part:.3g}" for part in parts)
    years = result.bound.leaf("economics_lifetime_years", row).value
    wacc = result.bound.leaf("economics_wacc", row).value
    return (
        f"owned, {whole:.3g} USD per accelerator-hour (bought for {bought:,.0f} USD with server and network,"
        f" {when}; capital {capital} over {years:g} years at {100 * wacc:g} %,"
        f" space {space}, electricity {power}, the rest staff and upkeep)"
    )


def _listed(bound: Bound, row: int) -> str:
    """The list price that a cost stands on, with its seller and date."""
    fresh, out = (
        bound.leaf(f"economics_api_usd_per_million_{kind}_tokens", row) for kind in ("input", "output")
    )
    if math.isnan(fresh.value) or math.isnan(out.value):
        return "api list price"
    off = bound.leaf("economics_api_discount", row).value
    less = f", {100 * off:g} % off" if off else ""
    said = [_cited(leaf, leaf.note) for leaf in (fresh, out)]
    cited = said[0] if said[0] == said[1] else f"in: {said[0]}; out: {said[1]}"
    return (
        f"api list price, {fresh.value:g} and {out.value:g} USD per million tokens in and out{less}"
        f" ({cited}); margin unknown"
    )


def _priced(leaf: Leaf) -> str:
    if math.isnan(leaf.value):
        return "price not given"
    return f"{leaf.value:g} USD per accelerator-hour ({_cited(leaf, leaf.note)})"


def _cited(leaf: Leaf, words: str = "") -> str:
    """Where it was read, or what it is in other words, with the day where they do not hold it."""
    words = words or leaf.source
    return words if not leaf.date or leaf.date in words else f"{words}, {leaf.date}"
