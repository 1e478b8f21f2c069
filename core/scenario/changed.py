"""What a changed scenario is called, and the inputs in which it differs from what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from inferscope.core.scenario.check import validate
from inferscope.core.scenario.files import Loaded
from inferscope.core.scenario.saving import ABOUT
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.tables import NUMBER_KEYS, canonical

_NAMED = 4
"""Changed inputs that a title names; the rest it counts."""


class Difference(NamedTuple):
    """One key that differs; None where it is not set."""

    key: str
    then: Any
    now: Any


def differences(now: Scenario, then: Scenario) -> tuple[Difference, ...]:
    """Every key, defaults included, in which two scenarios differ; what they say about themselves aside."""
    old, new = _flat(then), _flat(now)
    return tuple(
        Difference(key, old.get(key), new.get(key))
        for key in {**old, **new}
        if canonical(old.get(key)) != canonical(new.get(key))
    )


def as_changed(now: Scenario, then: Scenario) -> Scenario:
    """A changed scenario, which says so in its name.

    What was asked and published is about the unchanged one, and is left out unless it is its own.
    """
    found = differences(now, then)
    if not found:
        return now
    kept = {"published": (), "question": ""}
    own: dict[str, Any] = {
        key: empty for key, empty in kept.items() if getattr(now, key) == getattr(then, key)
    }
    if now.name == then.name or now.name.startswith(f"{then.name}{_WITH}"):
        own["name"] = f"{title(then)}{_WITH}{_words(found)}"
    return now.model_copy(update=own)


def named(loaded: Loaded) -> Loaded:
    """A file that has no name of its own is called after what it extends, with what it changes."""
    if loaded.scenario.name or loaded.parent is None:
        return loaded
    parent = validate(loaded.parent)
    nameless = loaded.scenario.model_copy(update={"name": parent.name})
    return replace(loaded, scenario=as_changed(nameless, parent), base=parent)


_WITH = ", with "


def title(scenario: Scenario) -> str:
    """The scenario's name, or what it is about."""
    return scenario.name or f"{scenario.model.label} on {scenario.hardware.accelerator}"


def _words(found: tuple[Difference, ...]) -> str:
    words = [f"{key}={word(now)}" for key, _, now in found[:_NAMED]]
    more = len(found) - _NAMED
    return ", ".join(words) + (f" and {more} more" if more > 0 else "")


def word(value: Any) -> str:
    """A value of a scenario as one would set it.

    >>> word(2000), word(0.05), word(True), word(None), word({"low": 1, "high": 3})
    ('2000', '0.05', 'true', 'none', '1 to 3')
    >>> word({"dist": "lognormal", "p5": 1, "p95": 4}), word({"dist": "discrete", "values": [4, 8]})
    ('1 to 4', '4, 8')
    """
    if isinstance(value, Mapping):
        if "values" in value:
            return word(value["values"])
        ends = [value.get(low, value.get(p)) for low, p in (("low", "p5"), ("high", "p95"))]
        return word(value["value"]) if None in ends and "value" in value else " to ".join(map(word, ends))
    if isinstance(value, list | tuple):
        return ", ".join(map(word, value)) or "none"
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _flat(scenario: Scenario) -> dict[str, Any]:
    """Every key of a scenario with its value, defaults included."""
    found: dict[str, Any] = {}

    def walk(values: Mapping[str, Any], prefix: str) -> None:
        for key, value in values.items():
            if isinstance(value, Mapping) and not NUMBER_KEYS & set(value):
                walk(value, f"{prefix}{key}.")
            else:
                found[f"{prefix}{key}"] = value

    walk(scenario.model_dump(exclude=set(ABOUT)), "")
    if scenario.model.config is not None:  # which stands in its place
        found["model.id"] = None
    return found
