"""Who carries a difference: Shapley values of the inputs that changed.

A *player* is a change, a *coalition* the changes made so far, written as a bit mask. The Shapley
value of a player is what it adds, averaged over all orders in which the changes can be made. It is
the one division that adds up to the whole, treats equal changes equally and gives nothing to a
change without effect (L. S. Shapley, A Value for n-Person Games, 1953).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

EXACT_UP_TO = 10
"""Players up to which every coalition is evaluated: 1,024 of them."""
PAIRS = 64
"""Pairs of an order and its reverse that are drawn beyond."""

Values = Mapping[int, float]
Valuation = Callable[[Sequence[int]], Values]
"""The worth of coalitions given as bit masks; NaN or infinite where one cannot be."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a player, or several that cannot be told apart, carries.

    Attributes:
        players: Their numbers.
        value: Their part of the difference.
        error: Its standard error; 0 where it is exact.
    """

    players: tuple[int, ...]
    value: float
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class Shares:
    """A difference and its parts, which add up to it.

    Attributes:
        difference: The worth of all changes together.
        parts: What each carries, in the order of the players.
        exact: Whether every coalition was counted rather than a sample of orders.
    """

    difference: float
    parts: tuple[Share, ...]
    exact: bool = True


def shapley(players: int, worth: Valuation, *, pairs: int = PAIRS, seed: int = 0) -> Shares:
    """Divide the difference between all changes and none.

    A coalition without a value says that players cannot be told apart: of all pairs of groups, the
    two are joined whose joining leaves the fewest such coalitions, the first pair on ties, until
    there are none. Up to ten groups count every coalition; beyond, orders are drawn, each with its
    reverse.

    Args:
        players: How many there are.
        worth: Their coalitions' worth; that of none and of all has to be finite.
        pairs: Orders drawn, without their reverses.
        seed: Of the draw.

    Returns:
        The parts; what rounding leaves over goes to the largest of them.

    Raises:
        ValueError: None or all of the changes have no value.

    >>> shapley(2, lambda masks: {m: [2.0, 6.0, 4.0, 12.0][m] for m in masks}).parts[0].value
    6.0
    """
    everyone = (1 << players) - 1
    ends = worth(range(everyone + 1) if players <= EXACT_UP_TO else [0, everyone])
    total = ends[everyone] - ends[0]
    if not math.isfinite(total):
        message = "no difference to divide: an end has no value"
        raise ValueError(message)
    groups = [1 << player for player in range(players)]
    while True:
        exact = len(groups) <= EXACT_UP_TO
        orders = [] if exact else _orders(len(groups), pairs, seed)
        masks = list(_unions(groups)) if exact else sorted({m for o in orders for m in _path(o, groups)})
        values = worth(masks)
        undefined = [mask for mask in masks if not math.isfinite(values[mask])]
        if not undefined:
            break
        groups = _joined(groups, undefined)
    shares = _exact(groups, values) if exact else _sampled(groups, orders, values)
    return Shares(total, _settled(groups, shares, total), exact)


def _unions(groups: Sequence[int]) -> Iterator[int]:
    """Every union of groups, the small ones first."""
    for size in range(len(groups) + 1):
        for chosen in combinations(groups, size):
            yield sum(chosen)


def _joined(groups: Sequence[int], undefined: Sequence[int]) -> list[int]:
    """The groups after joining pairs until every undefined coalition splits one."""
    found, left = list(groups), list(undefined)
    while left:
        first, second = max(combinations(found, 2), key=lambda pair: sum(_splits(m, *pair) for m in left))
        left = [mask for mask in left if not _splits(mask, first, second)]
        found = [first | second if group == first else group for group in found if group != second]
    return found


def _splits(mask: int, first: int, second: int) -> bool:
    """Whether a coalition holds one of two groups without the other."""
    return bool(mask & first) != bool(mask & second)


def _exact(groups: Sequence[int], values: Values) -> list[tuple[float, float]]:
    """What each group adds to every coalition without it, weighted by the orders that come by it."""
    n = len(groups)
    weights = [math.factorial(k) * math.factorial(n - k - 1) / math.factorial(n) for k in range(n)]
    found = []
    for group in groups:
        others = [other for other in groups if other != group]
        added = (
            weights[size] * (values[sum(chosen) | group] - values[sum(chosen)])
            for size in range(n)
            for chosen in combinations(others, size)
        )
        found.append((math.fsum(added), 0.0))
    return found


def _orders(count: int, pairs: int, seed: int) -> list[list[int]]:
    """Drawn orders, each followed by its reverse."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(pairs):
        order = generator.permutation(count).tolist()
        found += [order, order[::-1]]
    return found


def _path(order: Sequence[int], groups: Sequence[int]) -> list[int]:
    """The coalitions that an order comes by, from none to all."""
    masks = [0]
    for place in order:
        masks.append(masks[-1] | groups[place])
    return masks


def _sampled(
    groups: Sequence[int], orders: Sequence[Sequence[int]], values: Values
) -> list[tuple[float, float]]:
    """The mean of what each group adds over the orders, and its standard error."""
    added = np.zeros((len(orders), len(groups)))
    for row, order in enumerate(orders):
        steps = [values[after] - values[before] for before, after in pairwise(_path(order, groups))]
        added[row, order] = steps
    halves = added.reshape(-1, 2, len(groups)).mean(axis=1)  # an order and its reverse are one draw
    means, errors = halves.mean(axis=0), halves.std(axis=0, ddof=1) / math.sqrt(len(halves))
    return list(zip(means.tolist(), errors.tolist(), strict=True))


def _settled(groups: Sequence[int], shares: Sequence[tuple[float, float]], total: float) -> tuple[Share, ...]:
    """The shares with what rounding left over added to the largest."""
    values = [value for value, _ in shares]
    if values:
        largest = max(range(len(values)), key=lambda place: abs(values[place]))
        values[largest] += total - math.fsum(values)
    return tuple(
        Share(tuple(p for p in range(group.bit_length()) if group >> p & 1), value, error)
        for group, value, (_, error) in zip(groups, values, shares, strict=True)
    )
