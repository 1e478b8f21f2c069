"""What one scenario changes against another, in groups that can be varied apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.layouts import layouts
from inferscope.core.leaves import resolve
from inferscope.core.plan import PLANNED_BY
from inferscope.core.scenario.check import schema_keys, validate
from inferscope.core.scenario.groups import DEMAND, LAYOUT
from inferscope.core.scenario.ranges import Number, parse_number
from inferscope.core.scenario.saving import ABOUT
from inferscope.core.scenario.schema import Hardware, Scenario
from inferscope.core.scenario.tables import canonical, is_section, merge
from inferscope.core.scenario.training import of_rules_alone
from inferscope.core.study.records import RECORDS
from inferscope.core.study.shapley import Values

_WATCHED = 128
"""Mixtures evaluated at once where somebody waits."""

_NO_NUMBER = (*ABOUT, "schema_version", "policy")
"""Tables and keys that change no quantity."""

_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "prefill pool": ("hardware.prefill.",),
    "layout": LAYOUT,
    "speculative decoding": ("optimizations.speculative.",),
    "demand": ("hardware.fleet_accelerators", *DEMAND),
}
"""Keys that only mean something together; a dot at the end stands for a whole table."""

_READ_BY = {
    "as_of": ("economics_", "prefill_economics_", "training_"),
    "economics": ("economics_", "prefill_economics_", "training_"),
    "training": ("training_",),
    "site": ("site_",),
    "test_time": ("test_time_",),
    "routes": ("routes_",),
}
"""Tables that only these inputs of the graph read."""
_WAY = "site_round_trip_s"
_OF_OWNERS = {"site_electricity_usd_per_kwh", "site_pue"}
"""What a place means for the cost of who owns the hardware."""

_WORDS = {
    "as_of": "date",
    "model.id": "model",
    "model.config": "model",
    "hardware.accelerator": "accelerator",
    "hardware.fleet_accelerators": "stated fleet",
    "optimizations.kv_format": "cache format",
    "optimizations.prefix_cache_hit_rate": "prefix cache",
    "slo.ttft_s": "TTFT limit",
    "slo.tpot_s": "TPOT limit",
    "economics.usd_per_accelerator_hour": "price of an accelerator-hour",
    "economics.rental_term": "rental term",
    "economics.utilization": "busy share of paid hours",
    "optimizations.power_cap_w": "power cap",
    "site.pue": "PUE",
    "site.grid_gco2e_per_kwh": "grid carbon",
    "training.usd": "training cost",
    "training.flop": "training compute",
    "training.accelerator": "training accelerator",
    "training.usd_per_accelerator_hour": "training price",
}


@dataclass(frozen=True, slots=True)
class Change:
    """Keys that change together.

    Attributes:
        label: What to call them.
        keys: Their dotted names.
    """

    label: str
    keys: tuple[str, ...]


def words(key: str) -> str:
    """A key for people.

    >>> words("slo.tpot_s"), words("workload.output_tokens")
    ('TPOT limit', 'output tokens')
    """
    return _WORDS.get(key) or key.rpartition(".")[2].replace("_", " ")


def flat(scenario: Scenario) -> dict[str, Any]:
    """What a scenario sets, by dotted key; records of the catalogue under their own ids."""
    found = dict(_leaves(scenario.to_dict()))
    for key, kind in RECORDS.items():
        if key in found:
            found[key] = catalog.resolve(kind, found[key])
    return found


def _leaves(tables: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in tables.items():
        if is_section(value):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def number(value: Any) -> Number | None:
    """A value of a scenario as a number, where it is one."""
    try:
        return parse_number(value)
    except ValueError:
        return None


def _figure(value: Any) -> Any:
    """What evaluation makes of a value: the middle of a range."""
    found = number(value)
    return canonical(value) if found is None else found.mid


def changes(first: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Change, ...]:
    """The groups of keys in which two scenarios differ, in the order of the schema.

    What lies over the accelerators is one group (the layout), so are the prefill pool, speculative
    decoding, the demand with the fleet stated for it, and an accelerator or a model with its
    overridden figures where another is chosen. Every other key stands alone.
    """
    groups: dict[str, list[str]] = {}
    naming = ("model.id", "model.config", "hardware.accelerator")
    chosen = {key for key in naming if first.get(key) != other.get(key)}
    for key in in_order([*first, *other]):
        if _is_of_rules(key) or _figure(first.get(key)) == _figure(other.get(key)):
            continue
        groups.setdefault(_group(key, chosen), []).append(key)
    return tuple(
        Change(words(keys[0]) if name in keys else name, tuple(keys)) for name, keys in groups.items()
    )


def _is_of_rules(key: str) -> bool:
    """Whether a key changes no quantity."""
    return key.partition(".")[0] in _NO_NUMBER or of_rules_alone(key)


def in_order(keys: Iterable[str]) -> list[str]:
    """Each key once, in the order of the schema; overridden catalogue figures end their table."""
    places = {key: place for place, key in enumerate(schema_keys())}
    sections = list(Scenario.model_fields)

    def place(key: str) -> tuple[int, int]:
        return sections.index(key.partition(".")[0]), places.get(key, len(places))

    return sorted(dict.fromkeys(keys), key=place)


def together(key: str) -> str:
    """The name of the group that a key only means something in; its own where there is none."""
    return _group(key, set())


def _group(key: str, chosen: set[str]) -> str:
    """The name of the group a key belongs to; its own where it stands alone."""
    for name, keys in _TOGETHER.items():
        if key in keys or any(k.endswith(".") and key.startswith(k) for k in keys):
            return name
    section, _, name = key.rpartition(".")
    if section == "model" and {"model.id", "model.config"} & chosen:
        return "model"
    of_chip = section == "hardware" and (name == "accelerator" or name not in Hardware.model_fields)
    return "accelerator" if of_chip and "hardware.accelerator" in chosen else key


class Game:
    """Every mixture of two scenarios, evaluated when it is asked for, and once.

    Args:
        first: The scenario without the changes.
        other: The scenario with all of them.
        outputs: Names of quantities.

    Attributes:
        changes: The groups of keys that differ.
        watch: Called between batches of rows where somebody waits; what it raises ends the work.
    """

    watch: Callable[[], None] | None = None

    def __init__(self, first: Scenario, other: Scenario, outputs: Sequence[str]) -> None:
        self._first, self._other = flat(first), flat(other)
        self._outputs = tuple(outputs)
        self.changes = changes(self._first, self._other)
        self._known: dict[int, tuple[float, ...]] = {}
        self._sections: dict[tuple[str, int], Any] = {}
        self._bits = {name: self._touching(name) for name in Scenario.model_fields if name not in ABOUT}

    def _touching(self, section: str) -> int:
        """The changes that touch a table, as a bit mask."""
        touching = (any(key.partition(".")[0] == section for key in c.keys) for c in self.changes)
        return sum(1 << i for i, touches in enumerate(touching) if touches)

    def players(self, output: str) -> list[int]:
        """The changes that may move a quantity: not those of tables that nothing under it reads."""
        asked = (output, *PLANNED_BY)
        read = {p for n in REGISTRY.needed(asked) for p in REGISTRY.quantities[n].parents} - set(
            REGISTRY.quantities
        )
        return [
            place
            for place, change in enumerate(self.changes)
            if any(self._is_read(key, read, output) for key in change.keys)
        ]

    def _is_read(self, key: str, read: set[str], output: str) -> bool:
        """Whether a key may reach one of the inputs that are read."""
        table, _, name = key.partition(".")
        if table not in _READ_BY:
            return True
        inputs = {found for found in read if found.startswith(_READ_BY[table])}
        owned = any(values.get("economics.basis") == "owned" for values in (self._first, self._other))
        if table == "site" and output.startswith("usd_") and not owned:  # a rent or a list price has no place
            inputs -= _OF_OWNERS
        if table == "site" and inputs == {_WAY}:  # all that a time reads of a place is the way to the users
            has_users = any("site.users_region" in values for values in (self._first, self._other))
            return name in {"users_region", "round_trip_s"} or (name == "region" and has_users)
        return bool(inputs)

    def worth(self, output: str, masks: Sequence[int]) -> Values:
        """One quantity with the changes of each bit mask; NaN where they cannot go together."""
        new = [mask for mask in dict.fromkeys(masks) if mask not in self._known]
        size = len(new) if self.watch is None else _WATCHED
        for start in range(0, len(new), size or 1):
            if self.watch is not None:
                self.watch()
            self._evaluate(new[start : start + size])
        place = self._outputs.index(output)
        return {mask: self._known[mask][place] for mask in masks}

    def _evaluate(self, masks: Sequence[int]) -> None:
        nothing = (math.nan,) * len(self._outputs)
        self._known.update(dict.fromkeys(masks, nothing))
        mixed = {mask: found for mask in masks if (found := self._mixture(mask)) is not None}
        try:
            self._keep(mixed)
        except ScenarioError:  # somewhere a layout or a format that cannot be
            self._keep({mask: scenario for mask, scenario in mixed.items() if _can_be(scenario)})

    def _keep(self, mixed: Mapping[int, Scenario]) -> None:
        if not mixed:
            return
        result = evaluate(list(mixed.values()), self._outputs)
        columns = [result[name].tolist() for name in self._outputs]
        self._known.update(zip(mixed, zip(*columns, strict=True), strict=True))

    def _mixture(self, mask: int) -> Scenario | None:
        """The first scenario with some of the changes; None where the schema refuses it."""
        try:
            return validate({name: self._section(name, mask & bits) for name, bits in self._bits.items()})
        except ScenarioError:
            return None

    def _section(self, name: str, mask: int) -> Any:
        """One table, checked; kept, for most mixtures differ in others.

        Raises:
            ScenarioError: The schema refuses it.
        """
        if (name, mask) not in self._sections:
            changed = {key for i, change in enumerate(self.changes) if mask >> i & 1 for key in change.keys}
            tables: dict[str, Any] = {}
            for key in dict.fromkeys([*self._first, *self._other]):
                value = (self._other if key in changed else self._first).get(key)
                if value is not None and key.partition(".")[0] == name:
                    for part in reversed(key.split(".")):
                        value = {part: value}
                    tables = merge(tables, value)
            self._sections[name, mask] = getattr(validate(tables), name)
        return self._sections[name, mask]


def _can_be(scenario: Scenario) -> bool:
    """Whether a scenario can be bound and laid out."""
    try:
        resolved = resolve(scenario)
        if "layout" in resolved.auto:
            layouts(resolved)
    except InferscopeError:
        return False
    return True
