"""Values between two ends, however far those lie apart."""

from __future__ import annotations

import math

import numpy as np

from inferscope.core.graph import Array

__all__ = ["even", "logarithmic"]


def logarithmic(start: float, end: float, share: Array) -> Array:
    """Values even in ratio at shares of the way between two ends above 0, either of which may be the larger.

    >>> logarithmic(1.0, 16.0, np.array([0.0, 0.5, 1.0])).tolist()
    [1.0, 4.0, 16.0]
    >>> f"{logarithmic(1e-300, 1e40, np.array([0.5]))[0]:.6g}"
    '1e-130'
    """
    with np.errstate(over="ignore", under="ignore"):
        ratio = float(np.float64(end) / np.float64(start))
    if ratio > 0.0 and math.isfinite(ratio):
        return np.asarray(start * ratio**share)
    return np.exp(math.log(start) + (math.log(end) - math.log(start)) * share)  # the ratio is no number


def even(start: float, end: float, share: Array) -> Array:
    """Values even in difference at shares of the way between two ends.

    >>> even(-1e308, 1e308, np.array([0.0, 0.5, 1.0])).tolist()
    [-1e+308, 0.0, 1e+308]
    """
    if math.isfinite(end - start):
        return start + (end - start) * share
    return start * (1.0 - share) + end * share
