"""Choices that no other choice beats in everything, and by which of them the others are beaten."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inferscope.core.graph import Array

__all__ = ["beaten_by", "undominated"]

_BLOCK = 512
"""Rows compared with the frontier at once."""
_NONE = -1


def undominated(costs: Array) -> NDArray[np.bool_]:
    """Which rows no other row dominates: is nowhere higher and somewhere lower.

    Rows are taken in lexicographic order, in which whatever dominates a row comes before it, and each
    block of them is compared with the frontier found so far and with itself: n rows with a frontier of
    m cost of the order of n x m comparisons, not n x n. Equal rows do not dominate each other.

    Args:
        costs: ``(n, metrics)``, lower is better; no NaN.

    >>> undominated(np.array([[1.0, 4.0], [2.0, 2.0], [3.0, 3.0], [2.0, 2.0]]))
    array([ True,  True, False,  True])
    """
    order = np.lexsort(costs.T[::-1])
    found = np.zeros(len(costs), dtype=np.bool_)
    frontier = np.empty((0, costs.shape[1]))
    for start in range(0, len(order), _BLOCK):
        rows = order[start : start + _BLOCK]
        rows = rows[~_dominates(frontier, costs[rows]).any(axis=0)]
        block = costs[rows]
        rows = rows[~_dominates(block, block).any(axis=0)]
        found[rows] = True
        frontier = np.concatenate([frontier, np.unique(costs[rows], axis=0)])
    return found


def beaten_by(costs: Array, frontier: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each row the row of the frontier that beats it by most; -1 where none does.

    By most: the product of the ratios of all metrics is the greatest.

    Args:
        costs: ``(n, metrics)``, lower is better, above zero for the ratios to mean something.
        frontier: Which rows are on the frontier, ``(n,)``.

    Returns:
        Places of rows, ``(n,)``.
    """
    result = np.full(len(costs), _NONE, dtype=np.intp)
    if not frontier.any():
        return result
    with np.errstate(all="ignore"):
        total = np.log(costs).sum(axis=1)
    best = np.flatnonzero(frontier)
    best = best[np.argsort(np.nan_to_num(total[best]), kind="stable")]
    rest = np.flatnonzero(~frontier)
    for start in range(0, len(rest), _BLOCK):
        rows = rest[start : start + _BLOCK]
        beats = _dominates(costs[best], costs[rows])
        result[rows] = np.where(beats.any(axis=0), best[np.argmax(beats, axis=0)], _NONE)
    return result


def _dominates(first: Array, other: Array) -> NDArray[np.bool_]:
    """Whether each of some rows dominates each of others, ``(first, other)``."""
    no_worse = np.ones((len(first), len(other)), dtype=np.bool_)
    better = np.zeros_like(no_worse)
    for a, b in zip(first.T, other.T, strict=True):
        no_worse &= a[:, None] <= b[None, :]
        better |= a[:, None] < b[None, :]
    return no_worse & better
