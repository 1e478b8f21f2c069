"""What a comparison of scenarios found: inputs, outputs and verdicts, each with its value in every one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from inferscope.core.study.table import Column, Table

__all__ = [
    "HEADLINE",
    "UNCOUNTED",
    "Carried",
    "Cell",
    "Comparison",
    "Contribution",
    "Input",
    "Output",
    "Rule",
    "is_same",
]

HEADLINE = (
    "usd_per_query",
    "usd_per_million_output_tokens",
    "ttft_s",
    "tpot_s",
    "wh_per_query",
    "output_tok_s_per_accelerator",
    "accelerators_needed",
    "quality_recovery",
)
"""Quantities whose difference is divided among the inputs."""

_SAME = 1e-12
"""Relative difference below which two results are the same."""
UNCOUNTED = ("bool", "code")
"""Units of what is no number to divide."""


def is_same(value: Any, first: Any) -> bool:
    """Whether two results are the same but for rounding."""
    if isinstance(value, float) and isinstance(first, float):
        return math.isclose(value, first, rel_tol=_SAME)
    return bool(value == first)


@dataclass(frozen=True, slots=True)
class Cell:
    """The value of an input in one scenario.

    Attributes:
        value: A number, a word, or None where it has none.
        kind: ``set``, ``default``, ``planned`` or ``catalogue``.
        low: Lower end of a range.
        high: Upper end.
    """

    value: Any
    kind: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A key of the scenario with its value in each.

    Attributes:
        key: Its dotted name.
        values: One a scenario.
        differs: Whether they are not all the same.
    """

    key: str
    values: tuple[Cell, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Output:
    """A quantity with its value in each scenario.

    Attributes:
        quantity: Its name.
        label: Its name for people.
        unit: Its unit.
        entries: What a report says of it, one a scenario.
        ratios: Value over that of the first scenario; None where that says nothing.
        lower: Share of the draws, which the scenarios share, in which it is lower than in the first; None
            where nothing was drawn.
        differs: Whether they are not all the same.
    """

    quantity: str
    label: str
    unit: str
    entries: tuple[Mapping[str, Any], ...]
    ratios: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    differs: bool

    @property
    def values(self) -> tuple[Any, ...]:
        """The bare values; None where there is none."""
        return tuple(entry["value"] for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy rule with its verdict on each scenario.

    Attributes:
        id: Its id.
        title: Its title.
        verdicts: ``applies``, ``does_not_apply``, ``unknown``, or ``not_judged`` by a scenario that does
            not have the rule.
        words: The verdicts as the rule means them.
        margins: Orders of magnitude above the line; None where there is none.
        differs: Whether the verdicts are not all the same.
    """

    id: str
    title: str
    verdicts: tuple[str, ...]
    words: tuple[str, ...]
    margins: tuple[float | None, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a group of changed inputs carries of a difference.

    Attributes:
        label: What to call them.
        keys: The keys in it.
        value: Its part, in the quantity's unit.
        share: Its part of the difference; 1 is all of it.
        error: Standard error of the part; 0 where it is exact.
    """

    label: str
    keys: tuple[str, ...]
    value: float
    share: float
    error: float


@dataclass(frozen=True, slots=True)
class Carried:
    """The difference of one quantity between the first scenario and another, divided.

    Attributes:
        quantity: Its name.
        other: Place of the other scenario.
        first: Value in the first scenario.
        then: Value in the other.
        contributions: The parts, largest first; they add up to the difference.
        exact: Whether every mixture of the two was evaluated, rather than a sample.
        why: Why there is nothing to divide, in words.
    """

    quantity: str
    other: int
    first: float | None
    then: float | None
    contributions: tuple[Contribution, ...] = ()
    exact: bool = True
    why: str = ""

    @property
    def difference(self) -> float:
        """Other minus first; NaN where one has no value."""
        return math.nan if self.first is None or self.then is None else self.then - self.first


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two to six scenarios side by side.

    Attributes:
        names: What to call them, in order.
        reports: The report of each.
        inputs: Every key that any of them could set, with resolved and planned values.
        outputs: Quantities.
        policy: Verdicts.
        carried: For each further scenario, each headline quantity's difference divided.
    """

    names: tuple[str, ...]
    reports: tuple[Mapping[str, Any], ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    policy: tuple[Rule, ...]
    carried: tuple[tuple[Carried, ...], ...] = ()

    def differing(self) -> Comparison:
        """Only the rows that are not the same in all scenarios."""
        inputs = tuple(row for row in self.inputs if row.differs)
        outputs = tuple(row for row in self.outputs if row.differs)
        policy = tuple(row for row in self.policy if row.differs)
        return replace(self, inputs=inputs, outputs=outputs, policy=policy)

    def divisible(self, other: int) -> tuple[str, ...]:
        """Numbers that the first scenario and another both have and that differ, the headline's first."""
        found = [
            row.quantity
            for row in self.outputs
            if row.unit not in UNCOUNTED
            and None not in (row.values[0], row.values[other])
            and not is_same(row.values[other], row.values[0])
        ]
        return (*(name for name in HEADLINE if name in found), *(n for n in found if n not in HEADLINE))

    def table(self) -> Table:
        """The quantities, one row each, with a column a scenario."""
        letters = "ABCDEF"[: len(self.names)]
        about = (Column("quantity", label="Quantity"), Column("unit"))
        shown = tuple(
            Column(letter, "", name, "unit") for letter, name in zip(letters, self.names, strict=True)
        )
        rows = tuple((row.quantity, row.unit, *row.values) for row in self.outputs)
        return Table(" against ".join(self.names), (*about, *shown), rows)
