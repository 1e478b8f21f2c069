"""The graph of quantities: small pure functions wired by parameter name.

A quantity is a function on NumPy arrays, named after what it computes, whose parameters are
named after the quantities and inputs it needs. Declaring one is enough: evaluation, explanation,
tables, JSON keys and documentation all read the same registry.

Inputs are named ``section_key`` and are declared with :func:`declare`; plain names are results.
Everything is checked when the quantities are imported: a cycle, an unknown parameter, or a
quantity without unit, label, formula or source stops the program.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inferscope.core.errors import GraphError, QuantityError, nearest

Array = NDArray[np.float64]
Function = Callable[..., Array]
Better = Literal["lower", "higher", ""]


@dataclass(frozen=True, slots=True)
class Input:
    """A leaf of the graph: a number that the scenario, the catalogue or the plan supplies."""

    name: str
    unit: str
    label: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A node of the graph: one function with everything a reader needs to trust it.

    Attributes:
        name: What it is called everywhere.
        function: The pure function; its arrays are ``(n,)`` or ``(n, slot)``.
        parents: What each parameter resolved to, in order.
        parameters: The parameter names as written in the function and the formula.
        unit: SI or a stated unit; ``code`` for an index into ``codes``.
        label: For tables and panels.
        better: Which direction is an improvement, if either.
        formula: A Python expression over the parameters that equals the function.
        source: Where the formula comes from.
        meaning: The docstring.
        pool: ``prefill``, ``decode`` or ``draft`` for a quantity that exists per pool.
        codes: Labels of the integer codes of a text answer.
        slotted: Whether its array has an axis of attention slots.
        null: The reason this function itself introduces when it returns NaN.
    """

    name: str
    function: Function
    parents: tuple[str, ...]
    parameters: tuple[str, ...]
    unit: str
    label: str
    better: Better
    formula: str
    source: str
    meaning: str
    pool: str = ""
    codes: tuple[str, ...] = ()
    null: str = ""
    slotted: bool = False


@dataclass(slots=True, eq=False)
class Registry:
    """All inputs and quantities, and the order in which they can be computed."""

    inputs: dict[str, Input] = field(default_factory=dict)
    quantities: dict[str, Quantity] = field(default_factory=dict)
    _order: dict[str, int] | None = None

    def declare(self, name: str, unit: str, label: str, *, pools: Iterable[str] = ()) -> None:
        """Declare an input, and its counterpart for each pool that may differ from the main one."""
        if not (unit and label):
            message = f"input {name!r} needs a unit and a label"
            raise GraphError(message)
        for pool in ("", *pools):
            full = f"{pool}_{name}" if pool else name
            if full in self.inputs:
                message = f"input {full!r} is declared twice"
                raise GraphError(message)
            self.inputs[full] = Input(full, unit, f"{label} ({pool} pool)" if pool else label)
        self._order = None

    def quantity(
        self,
        *,
        unit: str = "",
        label: str = "",
        formula: str = "",
        source: str = "",
        better: Better = "",
        pools: Iterable[str] = (),
        codes: Iterable[str] = (),
        null: str = "",
        slotted: bool = False,
    ) -> Callable[[Function], Function]:
        """Register the decorated function as a quantity (see :class:`Quantity`).

        Raises:
            GraphError: A part is missing, or the name is taken.
        """

        def register(function: Function) -> Function:
            name = function.__name__
            meaning = inspect.getdoc(function) or ""
            given = {"unit": unit, "label": label, "formula": formula, "source": source, "docstring": meaning}
            if missing := [part for part, text in given.items() if not text]:
                message = f"quantity {name!r} has no {', '.join(missing)}"
                raise GraphError(message)
            parameters = tuple(inspect.signature(function).parameters)
            for pool in pools or ("",):
                full = f"{pool}_{name}" if pool else name
                if full in self.quantities or full in self.inputs:
                    message = f"quantity {full!r} is declared twice"
                    raise GraphError(message)
                self.quantities[full] = Quantity(
                    name=full,
                    function=function,
                    parents=parameters,
                    parameters=parameters,
                    unit=unit,
                    label=f"{label} ({pool})" if pool else label,
                    better=better,
                    formula=formula,
                    source=source,
                    meaning=meaning,
                    pool=pool,
                    codes=tuple(codes),
                    null=null,
                    slotted=slotted,
                )
            self._order = None
            return function

        return register

    def close(self) -> None:
        """Resolve every parameter and find the order of computation.

        Raises:
            GraphError: A parameter that nothing supplies, or a cycle.
        """
        for name, node in self.quantities.items():
            parents = tuple(self._resolve(node, parameter) for parameter in node.parameters)
            self.quantities[name] = _with_parents(node, parents)
        graph = {
            name: [p for p in node.parents if p in self.quantities] for name, node in self.quantities.items()
        }
        try:
            ordered = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            message = f"quantities form a cycle: {' -> '.join(error.args[1])}"
            raise GraphError(message) from error
        self._order = {name: position for position, name in enumerate(ordered)}

    def _resolve(self, node: Quantity, parameter: str) -> str:
        """A parameter means its own pool's name first, then the plain one."""
        for candidate in (f"{node.pool}_{parameter}" if node.pool else parameter, parameter):
            if candidate in self.inputs or candidate in self.quantities:
                return candidate
        known = [*self.inputs, *self.quantities]
        hint = nearest(parameter, known)
        message = f"quantity {node.name!r} asks for {parameter!r}, which nothing supplies; {hint}"
        raise GraphError(message)

    @property
    def order(self) -> Mapping[str, int]:
        """Position of each quantity in a valid order of computation."""
        if self._order is None:
            self.close()
        assert self._order is not None  # noqa: S101  (close() sets it or raises)
        return self._order

    def node(self, name: str) -> Quantity:
        """The quantity of that name.

        Raises:
            QuantityError: There is none; the message names the nearest.
        """
        try:
            return self.quantities[name]
        except KeyError:
            hint = nearest(name, self.quantities)
            message = f"unknown quantity {name!r}: {hint or 'see `inferscope list quantities`'}"
            raise QuantityError(message) from None

    def needed(self, outputs: Iterable[str], given: Iterable[str] = ()) -> list[str]:
        """The quantities that the outputs need, in order; names in ``given`` are not recomputed."""
        stop = set(given)
        wanted: set[str] = set()
        stack = [name for name in outputs if name not in stop and name not in self.inputs]
        while stack:
            name = stack.pop()
            if name in wanted:
                continue
            wanted.add(name)
            stack.extend(p for p in self.node(name).parents if p in self.quantities and p not in stop)
        return sorted(wanted, key=self.order.__getitem__)

    def descendants(self, names: Iterable[str]) -> set[str]:
        """Everything that depends on any of the names, directly or not."""
        reached = set(names)
        for name in self.order:
            if any(parent in reached for parent in self.quantities[name].parents):
                reached.add(name)
        return reached - set(names)


def _with_parents(node: Quantity, parents: tuple[str, ...]) -> Quantity:
    values = {slot: getattr(node, slot) for slot in Quantity.__slots__}
    return Quantity(**{**values, "parents": parents})


REGISTRY = Registry()
"""The registry of the program; importing :mod:`inferscope.core.quantities` fills and closes it."""

quantity = REGISTRY.quantity
declare = REGISTRY.declare
