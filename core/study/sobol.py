"""Which numbers carry the variance of a function: Sobol's first-order and total indices.

The first-order index of a number is the share of the variance that it carries alone, the total index
the share in which it has a part, also together with others. The design and both estimators are those
of Saltelli et al., Computer Physics Communications 181 (2010), as SALib has them; the points are a
scrambled Sobol sequence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from inferscope.core.errors import InferscopeError
from inferscope.core.graph import Array
from inferscope.core.scenario.ranges import Number
from inferscope.core.study.draws import quantiles
from inferscope.core.study.table import Watch

__all__ = ["MOST", "Indices", "check_draw", "libraries", "points_needed", "sobol_indices", "variance_shares"]

MOST = 2**17
"""Largest number of samples: the confidence intervals take a kilobyte of memory for each."""
_AT_ONCE = 2**13
"""Points that the function is called with together."""
_RESAMPLES = 100
_LOST = 0.05
"""Share of the samples that may be without a value."""


@dataclass(frozen=True, eq=False)
class Indices:
    """Sobol indices, one a number.

    Attributes:
        first: First-order indices, ``(numbers,)``.
        first_error: Half the width of their 95 % confidence intervals.
        total: Total indices, ``(numbers,)``.
        total_error: Half the width of theirs.
        samples: How many samples they rest on.
        lost: How many were left out, because the function has no value somewhere in them.
        why: Why there are none; all of them are NaN then.
    """

    first: Array
    first_error: Array
    total: Array
    total_error: Array
    samples: int
    lost: int = 0
    why: str = ""


def libraries() -> tuple[ModuleType, ModuleType]:
    """The sequence (SciPy) and the estimators (SALib).

    Raises:
        InferscopeError: They are not installed.
    """
    try:
        from SALib.analyze import sobol as analyze  # noqa: PLC0415  (an extra, and slow to import)
        from scipy.stats import qmc  # noqa: PLC0415  (the same)
    except ImportError:
        message = "Sobol indices need SALib and SciPy: pip install scipy SALib"
        raise InferscopeError(message) from None
    return qmc, analyze


def check_draw(samples: int, seed: int) -> None:
    """Hold the size and the seed of a draw to what the sequence takes.

    Raises:
        InferscopeError: It says what would be right.
    """
    if not (2 <= samples <= MOST and samples & (samples - 1) == 0):
        message = f"samples must be a power of two from 2 to {MOST:,}, such as 1024, not {samples:,}"
        raise InferscopeError(message)
    if not 0 <= seed < 2**32 - 1:
        message = f"seed must be a whole number from 0 to {2**32 - 2:,}, not {seed}"
        raise InferscopeError(message)


def points_needed(numbers: int, samples: int) -> int:
    """At how many points a function is evaluated.

    >>> points_needed(3, 1024)
    5120
    """
    return samples * (numbers + 2)


def sobol_indices(
    function: Callable[[Mapping[str, Array]], Array],
    numbers: Mapping[str, Number],
    samples: int = 1024,
    seed: int = 0,
) -> Indices:
    """Sobol indices of a function of independent numbers.

    Args:
        function: From columns ``(n,)`` by name to ``(n,)``; NaN where it has no value.
        numbers: The range or distribution of each.
        samples: A power of two, up to 131,072; the function is evaluated at ``samples * (numbers + 2)``
            points.
        seed: Of the sequence and of the confidence intervals.

    Returns:
        The indices, in the order of the numbers, with 95 % confidence intervals.

    Raises:
        InferscopeError: SALib and SciPy are not installed, or ``samples`` is no such number.
    """

    def at(shares: Array) -> Array:
        columns = {name: quantiles(number, shares[:, i]) for i, (name, number) in enumerate(numbers.items())}
        return function(columns)[:, None]

    (found,) = variance_shares(at, len(numbers), samples, seed)
    return found


def variance_shares(
    function: Callable[[Array], Array],
    numbers: int,
    samples: int,
    seed: int,
    watch: Watch | None = None,
) -> tuple[Indices, ...]:
    """Sobol indices of several functions of the same independent numbers.

    Args:
        function: From shares of probability ``(n, numbers)`` to values ``(n, functions)``.
        numbers: How many numbers.
        samples: As for :func:`sobol_indices`.
        seed: The same.
        watch: Told how many points are done.

    Returns:
        The indices of each function.

    Raises:
        InferscopeError: As :func:`sobol_indices`.
    """
    check_draw(samples, seed)
    qmc, analyze = libraries()
    pairs = qmc.Sobol(2 * numbers, rng=seed).random_base2(samples.bit_length() - 1)
    step, parts = max(_AT_ONCE // (numbers + 2), 1), []
    for start in range(0, samples, step):
        parts.append(function(_crossed(pairs[start : start + step])))
        if watch is not None:
            watch(points_needed(numbers, min(start + step, samples)), points_needed(numbers, samples))
    values = np.concatenate(parts).reshape(samples, numbers + 2, -1)
    return tuple(_indices(values[:, :, i], analyze, seed) for i in range(values.shape[2]))


def _crossed(pairs: Array) -> Array:
    """Saltelli's design: for each sample A, then A with one number of B at a time, then B.

    Args:
        pairs: A beside B, ``(n, 2 numbers)``.

    Returns:
        ``(n (numbers + 2), numbers)``, strictly between 0 and 1.

    >>> _crossed(np.array([[0.1, 0.2, 0.6, 0.7]]))
    array([[0.1, 0.2],
           [0.6, 0.2],
           [0.1, 0.7],
           [0.6, 0.7]])
    """
    count = pairs.shape[1] // 2
    first, second = np.clip(pairs[:, :count], 2.0**-53, 1.0 - 2.0**-53), pairs[:, count:]
    second = np.clip(second, 2.0**-53, 1.0 - 2.0**-53)
    design = np.repeat(first[:, None, :], count + 2, axis=1)
    for number in range(count):
        design[:, number + 1, number] = second[:, number]
    design[:, -1] = second
    return design.reshape(-1, count)


def _indices(values: Array, analyze: ModuleType, seed: int) -> Indices:
    """The estimators on the values of one function, ``(samples, numbers + 2)``."""
    samples, numbers = len(values), values.shape[1] - 2
    known = values[np.isfinite(values).all(axis=1)]
    lost = samples - len(known)
    none, zero = np.full(numbers, math.nan), np.zeros(numbers)
    if lost > _LOST * samples:
        why = f"{100 * lost / samples:.0f} % of the samples have a point without a value"
        return Indices(none, none, none, none, samples, lost, why)
    if np.ptp(known) <= 1e-12 * np.abs(known).max():
        return Indices(zero, zero, zero, zero, samples, lost, "it does not vary")
    problem = {
        "num_vars": numbers,
        "names": [str(i) for i in range(numbers)],
        "bounds": [[0.0, 1.0]] * numbers,
    }
    found = analyze.analyze(
        problem,
        known.ravel(),
        calc_second_order=False,
        num_resamples=_RESAMPLES,
        seed=seed + 1,  # SALib takes 0 for no seed
    )
    first, first_error, total, total_error = (
        np.asarray(found[name], dtype=np.float64) for name in ("S1", "S1_conf", "ST", "ST_conf")
    )
    return Indices(first, first_error, total, total_error, samples, lost)
