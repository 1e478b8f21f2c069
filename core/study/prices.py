"""What has to be said of prices where accelerators are compared: what all keep, and terms that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inferscope.core.errors import InferscopeError
from inferscope.core.leaves import resolve
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Scenario

__all__ = ["FLEET", "PRICE", "kept_for_all", "price_term", "terms_that_differ"]

PRICE, FLEET = "economics.usd_per_accelerator_hour", "hardware.fleet_accelerators"
_NAMED = 4
"""Accelerators that are named; more are counted."""


def kept_for_all(scenario: Scenario, varied: Iterable[str]) -> tuple[str, ...]:
    """What a scenario says of its own accelerator and a sweep over accelerators keeps for each of them."""
    given = {PRICE: scenario.economics.usd_per_accelerator_hour, FLEET: scenario.hardware.fleet_accelerators}
    left = set(varied)
    return tuple(
        f"{key} {number.mid:g} is kept for every accelerator: "
        f"--over {key}=... varies it, --set {key}= drops it"
        for key, number in given.items()
        if isinstance(number, Number) and key not in left
    )


def price_term(scenario: Scenario) -> str:
    """On which terms the catalogue's price is that a scenario pays; empty where it pays another or none.

    Raises:
        InferscopeError: The scenario cannot be.
    """
    resolved = resolve(scenario)
    record, leaf = resolved.accelerator, resolved.leaves["economics_usd_per_accelerator_hour"]
    name, rental, _ = leaf.note.removeprefix(f"{record.id}: ").partition(" rental")
    if not rental or leaf.kind == "scenario":
        return ""
    term = str(record.text.get("rental_reserved_term", "")) if name == "reserved" else ""
    return f"{name}, {term}" if term else name


def terms_that_differ(scenarios: Mapping[str, Scenario]) -> tuple[str, ...]:
    """That accelerators are priced on different terms, where they are.

    Args:
        scenarios: By the accelerator's name.
    """
    found: dict[str, list[str]] = {}
    for name, scenario in scenarios.items():
        try:
            term = price_term(scenario)
        except InferscopeError:  # its rows say why
            continue
        if term:
            found.setdefault(term, []).append(name)
    if len(found) < 2:
        return ()
    said = [f"{_named(names)} {term}" for term, names in found.items()]
    return (f"prices of different terms are compared: {'; '.join(said)}",)


def _named(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} accelerators"
