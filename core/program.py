"""Running a part of the graph: only what the outputs need, freeing arrays after last use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inferscope.core.errors import QuantityError
from inferscope.core.graph import REGISTRY, Array, Function, Registry


@dataclass(frozen=True, slots=True)
class Step:
    """One function call: which registers it reads, writes, and which it lets go."""

    name: str
    function: Function
    reads: tuple[int, ...]
    writes: int
    frees: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A straight list of function calls that computes ``outputs`` from ``inputs``."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    steps: tuple[Step, ...]
    registers: int
    places: tuple[int, ...]

    def run(self, values: Mapping[str, Array], pins: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Compute the outputs.

        Args:
            values: Every input, ``(n,)`` or ``(1,)`` (or with a trailing slot axis).
            pins: Quantities set by the user; NaN where a row has no pin.

        Returns:
            The outputs by name; shapes broadcast as NumPy does.
        """
        registers: list[Array | None] = [values[name] for name in self.inputs]
        registers.extend([None] * (self.registers - len(registers)))
        with np.errstate(all="ignore"):
            for step in self.steps:
                result = step.function(*[registers[i] for i in step.reads])
                if pins and step.name in pins:
                    pin = pins[step.name]
                    result = np.where(np.isnan(pin), result, pin)
                registers[step.writes] = result
                for i in step.frees:
                    registers[i] = None
        return {name: registers[i] for name, i in zip(self.outputs, self.places, strict=True)}  # type: ignore[misc]


def compile_program(outputs: Iterable[str], registry: Registry = REGISTRY) -> Program:
    """The program for these outputs (kept: asking again costs nothing).

    Raises:
        QuantityError: An output is neither a quantity nor an input.
    """
    return _compile(tuple(dict.fromkeys(outputs)), registry)


@lru_cache(maxsize=256)
def _compile(outputs: tuple[str, ...], registry: Registry) -> Program:
    names = registry.needed(outputs)
    nodes = [registry.node(name) for name in names]
    inputs = sorted(
        {parent for node in nodes for parent in node.parents if parent in registry.inputs}
        | {name for name in outputs if name in registry.inputs}
    )
    place = {name: i for i, name in enumerate([*inputs, *names])}
    last_use: dict[str, int] = {}
    for position, node in enumerate(nodes):
        last_use.update(dict.fromkeys(node.parents, position))
    kept = set(outputs) | set(inputs)
    steps = []
    for position, node in enumerate(nodes):
        frees = tuple(
            place[p] for p in dict.fromkeys(node.parents) if last_use[p] == position and p not in kept
        )
        steps.append(
            Step(node.name, node.function, tuple(place[p] for p in node.parents), place[node.name], frees)
        )
    if unknown := [name for name in outputs if name not in place]:
        message = f"unknown quantity {unknown[0]!r}"
        raise QuantityError(message)
    return Program(tuple(inputs), outputs, tuple(steps), len(place), tuple(place[name] for name in outputs))
