"""Speculative decoding in closed form: what drafts gain, cost and need.

Symbols: acceptance of a draft token a, draft tokens g, cost of a draft token over a step c.
Leviathan, Kalman and Matias, arXiv 2211.17192; acceptance is independent between tokens.
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array
from inferscope.core.quantities.functions import accepted_tokens


def speculative_speedup(
    acceptance: Array, draft_tokens: Array, draft_cost_ratio: Array, verify_cost: Array
) -> Array:
    """Speed-up of decoding: ``E / (g c + v)`` with E expected tokens per verification.

    ``verify_cost`` v is the cost of verifying g + 1 tokens over that of a step with one: 1 where
    memory binds, g + 1 where compute binds.

    >>> a, g, c = np.array([0.8]), np.array([4.0]), np.array([0.1])
    >>> speculative_speedup(a, g, c, np.array([1.0])).round(3)
    array([2.401])
    >>> speculative_speedup(a, g, c, g + 1.0).round(3)
    array([0.623])
    """
    return accepted_tokens(acceptance, draft_tokens) / (draft_tokens * draft_cost_ratio + verify_cost)


def operations_increase(acceptance: Array, draft_tokens: Array, draft_operations_ratio: Array) -> Array:
    """Arithmetic operations per generated token over those without drafts: ``(g c' + g + 1) / E``.

    ``draft_operations_ratio`` c' is the draft model's operations per token over the target's.

    >>> operations_increase(np.array([0.8]), np.array([5.0]), np.array([0.1])).round(4)
    array([1.7619])
    """
    spent = draft_tokens * draft_operations_ratio + draft_tokens + 1.0
    return spent / accepted_tokens(acceptance, draft_tokens)


def accepted_length(acceptance_by_position: Array) -> Array:
    """Mean tokens per verification from the share of verifications in which each draft survives.

    Args:
        acceptance_by_position: Cumulative acceptance of the first, second ... draft, ``(n, g)``.

    Returns:
        ``1 + sum``, ``(n,)``.

    >>> accepted_length(np.array([[0.76, 0.56, 0.43]]))
    array([2.75])
    """
    return 1.0 + np.add.reduce(acceptance_by_position, axis=-1)


def acceptance_from_length(length: Array, draft_tokens: Array) -> Array:
    """Independent acceptance that gives a mean accepted length: solves ``E(a, g) = length``.

    Bisection on [0, 1], in which E rises from 1 to g + 1; NaN for a length outside.

    >>> acceptance_from_length(np.array([2.8, 1.0, 4.5]), np.array([3.0, 3.0, 3.0])).round(4)
    array([0.7655, 0.    ,    nan])
    """
    low, high = np.zeros_like(length), np.ones_like(length)
    for _ in range(60):
        middle = 0.5 * (low + high)
        is_short = accepted_tokens(middle, draft_tokens) < length
        low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    return np.where((length >= 1.0) & (length <= draft_tokens + 1.0), high, np.nan)


def ridge_batch(flop_per_s: Array, bandwidth_bytes_per_s: Array, draft_tokens: Array) -> Array:
    """Batch at which verifying g + 1 tokens in 16 bit turns from memory to compute.

    A 2-byte weight read once is multiplied by ``batch (g + 1)`` tokens with 2 FLOP each, so the
    arithmetic intensity in FLOP per byte is the number of tokens: ``F / B / (g + 1)``.

    >>> ridge_batch(np.array([989e12]), np.array([3.35e12]), np.array([4.0])).round(1)
    array([59.])
    """
    return flop_per_s / bandwidth_bytes_per_s / (draft_tokens + 1.0)
