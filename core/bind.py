"""Scenarios as arrays: one row a scenario, one array an input."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from inferscope.core.errors import QuantityError, ScenarioError, nearest
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.leaves import Leaf, Resolved, resolve
from inferscope.core.quantities import architecture  # noqa: F401  (fills the registry)
from inferscope.core.scenario.schema import Scenario

_POOL = "prefill_"


@dataclass(frozen=True, slots=True)
class Bound:
    """Inputs as arrays, with the scenarios they came from.

    Attributes:
        inputs: Every input by name, ``(n,)`` or ``(1,)``, or with a trailing slot axis.
        rows: Number of rows n.
        resolved: The scenarios, one a row, or one for all rows of a grid, or those that ``owner`` names.
        pins: Quantities set by the user; NaN where a row has none.
        owner: The place of each row's scenario in ``resolved``, ``(n,)``, where rows share scenarios.
    """

    inputs: Mapping[str, Array]
    rows: int
    resolved: tuple[Resolved, ...]
    pins: Mapping[str, Array] = field(default_factory=dict)
    owner: NDArray[np.intp] | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether each row has a scenario of its own, in which the plan records what it chose."""
        return self.owner is None and len(self.resolved) == self.rows

    def of(self, row: int) -> Resolved:
        """The scenario of a row."""
        if self.owner is not None:
            return self.resolved[int(self.owner[row])]
        return self.resolved[row if row < len(self.resolved) else 0]

    def is_open(self, part: str) -> NDArray[np.bool_]:
        """Of which rows the plan has still to choose the ``batch``, ``layout`` or ``replicas``, ``(n,)``."""
        found = np.array([part in item.auto for item in self.resolved], dtype=np.bool_)
        return found[self.owner] if self.owner is not None else np.broadcast_to(found, (self.rows,))

    def spread(self, owner: NDArray[np.intp]) -> Bound:
        """Rows that share the scenarios of this one: the plan records nothing in them.

        Args:
            owner: The place of each row's scenario, ``(n,)``.
        """
        own = replace(self, owner=np.arange(self.rows))
        return replace(own.take(owner), owner=owner)

    def with_inputs(self, changes: Mapping[str, Array]) -> Bound:
        """The same rows, or a grid over one row, with some inputs replaced.

        Args:
            changes: Arrays ``(m,)``; m is n, or anything where there is one row.

        Raises:
            QuantityError: A name that is no input.
        """
        for name in changes:
            if name not in REGISTRY.inputs:
                message = f"unknown input {name!r}: {nearest(name, REGISTRY.inputs)}"
                raise QuantityError(message)
        merged = dict(self.inputs)
        for name, values in changes.items():
            merged[name] = values
            pool = _POOL + name
            if pool not in merged or pool in changes:
                continue
            if merged[pool] is self.inputs[name]:
                merged[pool] = values
            else:  # rows without a prefill pool of their own follow the main figure
                merged[pool] = np.where(self.inputs["hardware_disaggregated"] > 0, merged[pool], values)
        rows = max((len(v) for v in changes.values()), default=self.rows)
        return replace(self, inputs=merged, rows=max(rows, self.rows))

    def take(self, index: NDArray[np.intp] | Sequence[int]) -> Bound:
        """Chosen rows, in order; a row may come more than once."""
        places = np.asarray(index, dtype=np.intp)
        if self.rows == 1:
            owner = None if self.owner is None else self.owner[places]
            return replace(self, rows=len(places), owner=owner)

        def gather(values: Array) -> Array:
            return values[places] if len(values) == self.rows else values

        cache: dict[int, Array] = {}
        inputs = {name: cache.setdefault(id(v), gather(v)) for name, v in self.inputs.items()}
        pins = {name: gather(v) for name, v in self.pins.items()}
        if self.owner is not None:
            return Bound(inputs, len(places), self.resolved, pins, self.owner[places])
        resolved = (
            tuple(self.resolved[i] for i in places) if len(self.resolved) == self.rows else self.resolved
        )
        return Bound(inputs, len(places), resolved, pins)

    def leaf(self, name: str, row: int = 0) -> Leaf:
        """Where an input of a row came from."""
        leaves = self.of(row).leaves
        return leaves.get(name) or leaves[name.removeprefix(_POOL)]

    def set_leaves(self, row: int, changes: Mapping[str, Leaf]) -> None:
        """Record what the plan chose for a row."""
        self.resolved[row].leaves.update(changes)


def bind(scenarios: Iterable[Scenario]) -> Bound:
    """Resolve scenarios and lay their numbers out as arrays.

    Returns:
        Arrays ``(n,)``; what is ``auto`` is NaN until the plan has chosen.

    Raises:
        ScenarioError: A scenario names something that does not exist.
    """
    return bind_resolved(resolve(scenario) for scenario in scenarios)


def bind_resolved(scenarios: Iterable[Resolved]) -> Bound:
    """The same for scenarios that are resolved already."""
    resolved = tuple(scenarios)
    return Bound(_arrays(resolved), len(resolved), resolved, _pins(resolved))


def _arrays(resolved: Sequence[Resolved]) -> dict[str, Array]:
    """One array an input; a pool shares the main array where it has no figure of its own."""
    found: dict[str, Array] = {}
    for name in REGISTRY.inputs:
        plain = name.removeprefix(_POOL)
        if plain != name and not any(name in r.leaves for r in resolved):
            continue
        found[name] = np.array([_value(r.leaves, name, plain) for r in resolved], dtype=np.float64)
    for name in REGISTRY.inputs:
        if name not in found:
            found[name] = found[name.removeprefix(_POOL)]
    return found


def _value(leaves: Mapping[str, Leaf], name: str, plain: str) -> float | tuple[float, ...]:
    leaf = leaves.get(name)
    leaf = leaves[plain] if leaf is None else leaf
    return leaf.slots or leaf.value


def _pins(resolved: Sequence[Resolved]) -> dict[str, Array]:
    """Pinned quantities, NaN where a row pins nothing."""
    names: dict[str, None] = {}
    for item in resolved:
        for name in item.scenario.pins:
            if name not in REGISTRY.quantities:
                hint = nearest(name, REGISTRY.quantities)
                message = f"no quantity of this name{f': {hint}' if hint else ''}"
                raise ScenarioError(message, key=f"pins.{name}")
            if REGISTRY.quantities[name].unit == "code" or REGISTRY.quantities[name].slotted:
                message = "cannot be pinned: it is not a single number"
                raise ScenarioError(message, key=f"pins.{name}")
            names[name] = None
    return {
        name: np.array([r.scenario.pins[name].mid if name in r.scenario.pins else math.nan for r in resolved])
        for name in names
    }
