"""What the cost stands on: owning an accelerator, or the list price of tokens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.errors import CatalogError, ScenarioError
from inferscope.core.leaves.leaf import NEEDS_INPUT, Leaf, catalog_leaf, given_or, number_leaf
from inferscope.core.quantities.owning import BASES
from inferscope.core.scenario.schema import Scenario

_OWNING = (
    "lifetime_years", "residual_share", "wacc", "network_share", "opex_share", "colocation_usd_per_kw_month",
)  # fmt: skip
_API = ("input", "cached_input", "output")


def economics_leaves(scenario: Scenario, record: Record) -> dict[str, Leaf]:
    """The basis of the cost, what owning takes, and the list price on the scenario's date."""
    economics = scenario.economics
    said = economics.model_fields_set
    found = {
        "economics_basis": Leaf(
            float(BASES.index(economics.basis)),
            "scenario" if "basis" in said else "default",
            key="economics.basis",
        ),
        "economics_capex_usd_per_accelerator": number_leaf(
            economics.capex_usd_per_accelerator, "economics.capex_usd_per_accelerator"
        ),
        "economics_api_discount": number_leaf(
            economics.api_discount,
            "economics.api_discount",
            is_set="api_discount" in said,
        ),
    }
    for name in ("utilization", "power_share"):
        usual = catalog.world_default("flop_method", name)
        mine = getattr(scenario.flop_method, name)
        found[f"flop_method_{name}"] = given_or(mine, usual, f"flop_method.{name}")
    for name in _OWNING:
        usual = catalog.world_default("economics", name)
        found[f"economics_{name}"] = given_or(getattr(economics, name), usual, f"economics.{name}")
    return found | _listed(scenario, record)


def purchase_leaves(chip: Record, leaves: Mapping[str, Leaf], section: str) -> dict[str, Leaf]:
    """Purchase of an accelerator, and what its server adds to what the catalogue prices."""
    priced = catalog_leaf(chip.values["purchase_usd"], f"{section}.purchase_usd")
    if math.isnan(priced.value):
        priced = replace(priced, why=f"{NEEDS_INPUT}: economics.capex_usd_per_accelerator")
    given = leaves.get("hardware_purchase_usd", priced)
    return {"hardware_purchase_usd": given, "economics_server_cost_factor": server_factor(chip)}


def server_factor(chip: Record) -> Leaf:
    """What a server costs over what the catalogue prices: nothing more where that is a share of one."""
    scope, key = str(chip.text.get("purchase_scope", "chip")), "economics.capex_usd_per_accelerator"
    if scope in ("chip", "board_share"):
        return catalog_leaf(catalog.world_default("economics", f"server_cost_factor_{scope}"), key)
    return Leaf(1.0, "derived", note=f"the catalogue prices a {scope.replace('_', ' ')}", key=key)


def _listed(scenario: Scenario, record: Record) -> dict[str, Leaf]:
    """List prices of tokens: given, or the provider's on the scenario's date."""
    economics, found = scenario.economics, {}
    listed, why = _price(scenario, record) if economics.basis == "api" else (None, "")
    for kind in _API:
        name = f"api_usd_per_million_{kind}_tokens"
        key, mine = f"economics.{name}", getattr(economics, name)
        if mine is not None:
            found[f"economics_{name}"] = number_leaf(mine, key)
            continue
        value = None if listed is None else getattr(listed, f"usd_per_million_{kind}_tokens")
        note = "" if listed is None else f"{listed.provider}'s list price of {listed.model}"
        if kind == "cached_input" and value is None:
            fresh = found["economics_api_usd_per_million_input_tokens"]
            found[f"economics_{name}"] = replace(fresh, key=key, note="cached input has no price of its own")
        elif value is None or listed is None:
            found[f"economics_{name}"] = Leaf(math.nan, why=f"{NEEDS_INPUT}: {key}{why}", key=key)
        else:
            since = listed.effective_from or listed.date
            found[f"economics_{name}"] = Leaf(value, listed.kind, listed.source, since, note, key=key)
    return found


def _price(scenario: Scenario, record: Record) -> tuple[catalog.Price | None, str]:
    """The list price on the scenario's date; else what more is to be said of there being none.

    Raises:
        ScenarioError: The provider that is named does not sell the model.
    """
    provider = scenario.economics.api_provider
    try:
        found = catalog.price(record.id, provider, scenario.as_of)
    except CatalogError as error:
        if provider is not None:
            raise ScenarioError(error.message, key="economics.api_provider") from None
        return None, ""
    if found is None:
        return None, f" (no list price of {record.id} on {scenario.as_of})"
    return found, ""
