"""What quantities are over many draws of a scenario's uncertain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from inferscope.core.graph import Array

P5, P50, P95 = 0.05, 0.5, 0.95


@dataclass(frozen=True, eq=False)
class Spread:
    """Quantities and inputs of one scenario over draws of its uncertain numbers.

    Attributes:
        values: By name, ``(draws + ends,)``: first the draws, then rows that no draw reaches, each number
            alone at its ends and all of them together; NaN where there is no number.
        draws: How many rows are draws.
        names: What was drawn.
        missed: Share of the draws that miss each limit, by the limit's key.
        notes: What a reader has to know.
    """

    values: Mapping[str, Array]
    draws: int
    names: tuple[str, ...]
    missed: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def _middles(self) -> Mapping[str, tuple[float, float]]:
        """5th and 95th percentile of everything, at once."""
        names = list(self.values)
        table = np.array([self.values[name][: self.draws] for name in names])
        found = sorted_quantiles(table, (P5, P95))
        return {name: (float(low), float(high)) for name, (low, high) in zip(names, found, strict=True)}

    def quantiles(self, name: str) -> tuple[float, float]:
        """5th and 95th percentile over the draws that have a value; NaN where none has."""
        return self._middles[name]

    def ends(self, name: str) -> tuple[float, float]:
        """Least and most over all rows; NaN where none has a value."""
        values = self.values[name]
        known = values[~np.isnan(values)]
        return (float(known.min()), float(known.max())) if len(known) else (np.nan, np.nan)


def sorted_quantiles(table: Array, shares: Sequence[float]) -> Array:
    """Quantiles of each row over its numbers, interpolated between neighbours as NumPy does.

    Args:
        table: ``(m, n)``; NaN counts as no number.
        shares: Shares of probability, k of them.

    Returns:
        ``(m, k)``; NaN for a row without numbers.

    >>> sorted_quantiles(np.array([[4.0, np.nan, 0.0, 2.0]]), (0.5, 0.75))
    array([[2., 3.]])
    """
    ordered = np.sort(table, axis=1)  # NaN comes last
    count = np.sum(~np.isnan(ordered), axis=1)
    place = np.asarray(shares) * np.maximum(count - 1, 0)[:, None]
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(count - 1, 0)[:, None])
    low, high = (np.take_along_axis(ordered, index, axis=1) for index in (below, above))
    with np.errstate(invalid="ignore"):  # between two infinities
        found: Array = np.where(low == high, low, low + (place - below) * (high - low))
    return found
