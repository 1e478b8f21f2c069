"""What a changed scenario is called, and the inputs in which it differs from what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from inferscope.core.scenario.check import validate
from inferscope.core.scenario.files import Loaded
from inferscope.core.scenario.saving import ABOUT
from inferscope.core.scenario.schema import LONGEST_NAME, Scenario
from inferscope.core.scenario.tables import NUMBER_KEYS, canonical

_NAMED = 4
"""Changed inputs that a title names; the rest it counts."""
_LONGEST_VALUE = 40
"""Letters of a value in a title."""


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
        own["name"] = _said(title(then), found)
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


def _said(name: str, found: tuple[Difference, ...]) -> str:
    """A name with as many of the changes as a title has room for; the rest is counted.

    >>> _said("base", (Difference("a.b", 1, 2), Difference("a.c", 1, 3)))
    'base, with a.b=2, a.c=3'
    >>> _said("b" * 183, (Difference("a.b", 1, 2), Difference("a.c", 1, 3)))[183:]
    ', with 2 changes'
    """
    texts = (f"{name}{_WITH}{_words(found, count)}" for count in range(_NAMED, -1, -1))
    fitting = next((text for text in texts if len(text) <= LONGEST_NAME), None)
    return fitting or f"{name[: LONGEST_NAME - 30].rstrip()}...{_WITH}{_words(found, 0)}"


def _words(found: tuple[Difference, ...], count: int) -> str:
    """The first changes with their values, and how many there are beside them."""
    if not count:
        return f"{len(found)} change{'s' * (len(found) != 1)}"
    words = [f"{key}={_short(word(now))}" for key, _, now in found[:count]]
    more = len(found) - count
    return ", ".join(words) + (f" and {more} more" if more > 0 else "")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


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
