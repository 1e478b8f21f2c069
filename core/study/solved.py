"""What solving for an input found, in words, rows and a plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inferscope.core.graph import REGISTRY, Array
from inferscope.core.study.conditions import Condition
from inferscope.core.study.drawing import Axis, Curve, Mark, line, listed
from inferscope.core.study.table import Column, Table
from inferscope.core.units import human

__all__ = ["NO_VALUE", "RANGE", "Solution"]

RANGE = "range"
"""What binds where the range ends before a condition does."""
NO_VALUE = "no value"
"""What binds where a quantity ceases to have a value."""
_FAR = 20.0
"""Ratio of ends from which an axis is logarithmic."""


@dataclass(frozen=True)
class Solution:
    """The value of an input that meets conditions, or that comes nearest.

    Attributes:
        key: The input's dotted key.
        label: What it is called in tables.
        unit: Its unit.
        conditions: What had to be met; none for a break-even.
        quantities: The quantities in them.
        prefer: Which of the values that meet them was asked for.
        now: The present value; None where none is set.
        value: The answer; None where nothing meets the conditions.
        factor: Answer over present.
        here: The quantities now, for each scenario ``(quantities,)``; NaN where there is none.
        there: The same at the answer, or at the nearest value; empty where there is neither.
        binding: The conditions that fail just beyond the answer; :data:`RANGE` where the range ends,
            :data:`NO_VALUE` where a quantity ceases to have a value.
        beyond: Why it does.
        nearest: The value that comes nearest, where nothing meets the conditions.
        why: Why there is no answer, or why nothing binds.
        is_met: Whether the conditions can be met; also true where they are, with the input not set.
        names: The titles of the scenarios: two for a break-even.
        along: Values of the input for a plot.
        curves: The first quantity there, one array a scenario.
        notes: What a reader has to know.
    """

    key: str
    label: str
    unit: str
    conditions: tuple[Condition, ...]
    quantities: tuple[str, ...]
    prefer: str
    now: float | None
    value: float | None
    factor: float | None
    here: tuple[tuple[float, ...], ...]
    there: tuple[tuple[float, ...], ...]
    binding: tuple[str, ...] = ()
    beyond: str = ""
    nearest: float | None = None
    why: str = ""
    is_met: bool = False
    names: tuple[str, ...] = ()
    along: Array = field(default_factory=lambda: np.empty(0))
    curves: tuple[Array, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> Mapping[str, Any]:
        """The key to set for the answer."""
        return {} if self.value is None else {self.key: self.value}

    @property
    def is_equal(self) -> bool:
        """Whether a break-even is one, rather than a jump past it."""
        return len(self.there) > 1 and math.isclose(self.there[0][0], self.there[1][0], rel_tol=1e-6)

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if self.is_met and self.why:
            return f"{self.why}: {self._shown(self.here)}."
        if self.value is None:
            near = f"; nearest is {self._at(self.nearest)}: {self._shown(self.there)}" if self.there else ""
            return f"{self.why}{near}."
        if len(self.names) > 1:
            return self._break_even()
        met = listed([str(condition) for condition in self.conditions])
        bound = f"; {listed(list(self.binding))} binds" if self.binding else ""
        if self.binding == (RANGE,):
            bound = "; the range ends there"
        elif self.binding == (NO_VALUE,):
            bound = f"; beyond it there is no value ({self.beyond})"
        if self.prefer == "nearest" and not self._cells(self.here)[-1]:  # met already: how far it may go
            there = f"{self.key} may go to {human(self.value, self.unit, 4)}{self._moved()} with {met}"
            return f"{there}: {self._shown(self.there)}{bound}."
        found = f"{self._at(self.value)} is the {self.prefer} that gives {met}"
        return f"{found}{self._moved()}: {self._shown(self.there)}{bound}."

    def _break_even(self) -> str:
        name, (first, other) = self.quantities[0], self.names
        unit = REGISTRY.node(name).unit
        a, b = (human(values[0], unit, 6) for values in self.there)
        if self.is_equal:
            both = f"{name} of {first} and of {other} is the same, {a}"
            return f"{both}, at {self._at(self.value)}{self._moved()}."
        passes = f"{name} of {first}, {a}, passes that of {other}, {b}"
        return f"{passes}, at {self._at(self.value)}{self._moved()}, without being equal to it."

    def _at(self, value: float | None) -> str:
        return f"{self.key} {human(math.nan if value is None else value, self.unit, 4)}"

    def _moved(self) -> str:
        if self.now is None or self.factor is None:
            return ""
        return f" ({human(self.now, self.unit, 4)} now, times {self.factor:.4g})"

    def _shown(self, values: tuple[tuple[float, ...], ...]) -> str:
        """The quantities as a list; of two scenarios one against the other."""
        texts = [
            [
                human(value, REGISTRY.node(name).unit, 4)
                for name, value in zip(self.quantities, column, strict=True)
            ]
            for column in values
        ]
        against = [" against ".join(both) for both in zip(*texts, strict=True)]
        return listed([f"{name} {text}" for name, text in zip(self.quantities, against, strict=True)])

    def table(self) -> Table:
        """Two rows: now, and the answer or what comes nearest."""
        others = [f"{name}_against" for name in self.quantities] if len(self.names) > 1 else []
        units = [REGISTRY.node(name).unit for name in self.quantities]
        columns = (
            Column("at"),
            Column(self.key, self.unit, self.label),
            Column("factor", "1"),
            *(Column(n, u) for n, u in zip((*self.quantities, *others), units * 2, strict=False)),
            Column("misses"),
            Column("binds"),
        )
        rows = [("now", self.now, 1.0 if self.now else None, *self._cells(self.here), "")]
        changes: list[Mapping[str, Any]] = [{}]
        at = self.value if self.value is not None else self.nearest
        if at is not None:
            word = "answer" if self.value is not None else "nearest"
            factor = at / self.now if self.now else None
            rows.append((word, at, factor, *self._cells(self.there), ", ".join(self.binding)))
            changes.append({self.key: at})
        what = (
            listed([str(condition) for condition in self.conditions]) or f"break-even of {self.quantities[0]}"
        )
        return Table(
            f"{self.key} for {what}",
            columns,
            tuple(rows),
            self.sentence,
            tuple(changes),
            self._curve(),
            self.notes,
        )

    def _cells(self, values: tuple[tuple[float, ...], ...]) -> tuple[Any, ...]:
        """The quantities of each scenario, and the conditions that they miss."""
        flat = [value if math.isfinite(value) else None for column in values for value in column]
        by_name = dict(zip(self.quantities, values[0], strict=True)) if values else {}
        missed = [
            str(condition)
            for condition in self.conditions
            if not condition.met(np.array([by_name.get(condition.name, math.nan)]))[0]
        ]
        return (*flat, ", ".join(missed))

    def _curve(self) -> Curve | None:
        """The first quantity along the input, with the target and both places."""
        if not self.curves or not any(np.isfinite(curve).any() for curve in self.curves):
            return None
        name, at = self.quantities[0], self.value if self.value is not None else self.nearest
        node = REGISTRY.node(name)
        known = np.concatenate([curve[np.isfinite(curve)] for curve in self.curves])
        is_far = bool(known.min() > 0 and known.max() > _FAR * known.min())
        marks = [Mark(str(c), None, c.target) for c in self.conditions if c.name == name]
        places = (
            ("now", self.now, self.here),
            ("answer" if self.value is not None else "nearest", at, self.there),
        )
        marks += [Mark(word, x, y[0][0]) for word, x, y in places if x and y and math.isfinite(y[0][0])]
        return Curve(
            "solve",
            f"{node.label} along {self.label.lower()}",
            Axis(self.key, self.unit, self.label, bool(self.along.max() > _FAR * self.along.min())),
            Axis(name, node.unit, node.label, is_far),
            tuple(
                line(label, self.along, curve) for label, curve in zip(self.names, self.curves, strict=True)
            ),
            tuple(marks),
            self.sentence,
        )
