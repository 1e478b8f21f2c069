"""Running a part of the graph: only what the outputs need, freeing arrays after last use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inferscope.core.graph import REGISTRY, Array, Function, Quantity, Registry


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


def compile_program(
    outputs: Iterable[str],
    registry: Registry = REGISTRY,
    *,
    given: Iterable[str] = (),
    is_merged: bool = False,
) -> Program:
    """The program for these outputs (kept: asking again costs nothing).

    Args:
        outputs: Names of quantities or inputs.
        registry: Where they are declared.
        given: Quantities that are computed already and read like inputs.
        is_merged: Whether every pool has the main figures, so that what is the same in two of them is
            computed once.

    Raises:
        QuantityError: An output is neither a quantity nor an input.
    """
    return _compile(tuple(dict.fromkeys(outputs)), registry, frozenset(given), is_merged=is_merged)


@lru_cache(maxsize=256)
def split_program(outputs: tuple[str, ...], varying: tuple[str, ...]) -> tuple[Program, Program]:
    """Two programs for a search: what does not depend on some inputs, and what does.

    Args:
        outputs: What the search looks at.
        varying: The inputs that it tries.

    Returns:
        A program to run once, whose outputs are read by the second, which is run for each trial.
    """
    moving = REGISTRY.descendants(varying)
    needed = REGISTRY.needed(outputs)
    borders = {p for n in needed if n in moving for p in REGISTRY.quantities[n].parents}
    still = tuple(n for n in needed if n not in moving and (n in borders or n in outputs))
    return compile_program(still), compile_program(outputs, given=still)


POOL = "prefill_"
"""What the name of an input of the prefill pool begins with."""


def is_merged(values: Mapping[str, Array], registry: Registry = REGISTRY) -> bool:
    """Whether the inputs of the prefill pool that are there are the very arrays of the main one."""
    return all(
        values[name] is values[plain]
        for name in values
        if name.startswith(POOL) and name in registry.inputs and (plain := name.removeprefix(POOL)) in values
    )


@lru_cache(maxsize=256)
def _compile(
    outputs: tuple[str, ...], registry: Registry, given: frozenset[str], *, is_merged: bool
) -> Program:
    names = registry.needed(outputs, given)
    nodes = [registry.node(name) for name in names]
    leaves = registry.inputs.keys() | given
    same = _same(nodes, leaves, registry) if is_merged else {}
    nodes = [node for node in nodes if same.get(node.name, node.name) == node.name]
    parents = {node.name: tuple(same.get(p, p) for p in node.parents) for node in nodes}
    found = tuple(same.get(name, name) for name in outputs)
    inputs = sorted({p for read in parents.values() for p in read if p in leaves} | (leaves & set(found)))
    place = {name: i for i, name in enumerate([*inputs, *parents])}
    last_use: dict[str, int] = {}
    for position, read in enumerate(parents.values()):
        last_use.update(dict.fromkeys(read, position))
    kept = set(found) | set(inputs)
    steps = []
    for position, node in enumerate(nodes):
        read = parents[node.name]
        frees = tuple(place[p] for p in dict.fromkeys(read) if last_use[p] == position and p not in kept)
        steps.append(Step(node.name, node.function, tuple(place[p] for p in read), place[node.name], frees))
    places = tuple(place[name] for name in found)
    return Program(tuple(inputs), outputs, tuple(steps), len(place), places)


def _same(nodes: Iterable[Quantity], leaves: Iterable[str], registry: Registry) -> dict[str, str]:
    """What each input and quantity is the same as, where pools have the main figures."""
    known = set(leaves)
    same = {
        name: plain
        for name in known
        if name.startswith(POOL) and name in registry.inputs and (plain := name.removeprefix(POOL)) in known
    }
    made: dict[tuple[Function, tuple[str, ...]], str] = {}
    for node in nodes:
        call = node.function, tuple(same.get(p, p) for p in node.parents)
        same[node.name] = made.setdefault(call, node.name)
    return same
