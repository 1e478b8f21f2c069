"""What costs and energies of a study stand on, said once beside its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from inferscope.core.bind import bind
from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import Result
from inferscope.core.plan import plan
from inferscope.core.scenario.schema import Scenario
from inferscope.core.standing import carbon_basis, cost_basis, is_carbon, is_cost, is_energy

__all__ = ["differ", "stands_on"]

BASIS, BOUNDARY, CARBON = "economics.basis", "site.boundary", "site.carbon"
_PRICED = (
    *("hardware.accelerator", "economics.usd_per_accelerator_hour", "economics.rental_term", "as_of"),
    *("economics.utilization", "economics.wacc", "site.region", "site.electricity_usd_per_kwh", "site.pue"),
)
_DIFFERENT = {
    BASIS: "costs stand on different bases: rent, owning and a list price count different things",
    BOUNDARY: "energies have different boundaries: what differs is what is counted, not only what is used",
    CARBON: "carbon is counted in different ways: by the grid of the place, and by contract",
}


def stands_on(scenario: Scenario, names: Iterable[str], varied: Iterable[str] = ()) -> tuple[str, ...]:
    """The basis of costs and the boundary of energies among columns, or that rows differ in them.

    Args:
        scenario: What the rows are of.
        names: The quantities that are shown.
        varied: The keys in which rows differ.
    """
    shown, keys = list(names), set(varied)
    found = [text for key, text in _DIFFERENT.items() if key in keys and _concerns(key, shown)]
    if any(map(is_cost, shown)) and BASIS not in keys:
        basis = scenario.economics.basis if keys & set(_PRICED) else _cost_basis(scenario)
        found.append(f"costs: basis {basis}")
    if any(map(is_energy, shown)) and BOUNDARY not in keys:
        found.append(f"energies: boundary {scenario.site.boundary.replace('_', ' ')}")
    if any(map(is_carbon, shown)) and not keys & {CARBON, "site.region"}:
        found.append(f"carbon: {carbon_basis(Result({}, bind([scenario])))}")
    return tuple(found)


def _concerns(key: str, names: list[str]) -> bool:
    return any(map({BASIS: is_cost, BOUNDARY: is_energy, CARBON: is_carbon}[key], names))


def _cost_basis(scenario: Scenario) -> str:
    try:
        return cost_basis(Result({}, plan(bind([scenario]))))
    except InferscopeError:  # its rows say why there is no number
        return scenario.economics.basis


def differ(reports: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """That reports set side by side stand on different bases or boundaries, where they do."""
    entries = [report["quantities"] for report in reports]
    bases = {str(found["usd_per_query"]["basis"]).split(",")[0].split(" ")[0] for found in entries} - {"set"}
    boundaries = {found["wh_per_query"]["boundary"] for found in entries}
    carbons = {str(found["gco2e_per_query"]["basis"]).split(",")[0] for found in entries}
    sides = ((BASIS, bases), (BOUNDARY, boundaries), (CARBON, carbons))
    return tuple(_DIFFERENT[key] for key, words in sides if len(words) > 1)
